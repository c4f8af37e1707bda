
/*
 * The files of the store that srvctl's `load` makes.
 */

#ifndef SRVCTL_LOAD_FILES_H
#define SRVCTL_LOAD_FILES_H


#include "srvctl.h"


/* Ends the process with a complaint where there is a store already. */
void load_unused(const srvctl_t *ctl);

/* Once the store is closed again: removes them. */
void load_undo(const srvctl_t *ctl);


#endif /* SRVCTL_LOAD_FILES_H */
