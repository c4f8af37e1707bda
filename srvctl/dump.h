
/*
 * Shared by dump and load: the form of a dump.
 */

#ifndef SRVCTL_DUMP_H
#define SRVCTL_DUMP_H


#include "srvctl.h"

#include <jansson.h>


#define DUMP_FORMAT  1

/* By store_kind_t. */
static const char *const  dump_kinds[] = {
    [STORE_KIND_APEX] = "apex",
    [STORE_KIND_STATIC] = "static",
    [STORE_KIND_DEVICE] = "device"
};


#endif /* SRVCTL_DUMP_H */
