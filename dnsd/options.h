
/*
 * The command line.
 */

#ifndef OPTIONS_H
#define OPTIONS_H


#include "net.h"


/* Strings are argv's. */
typedef struct {
    const char      *store;          /* a directory */
    const char      *user;           /* NULL: none was given */
    const char      *group;
    bool             verbose;
    unsigned         threads;        /* 1 to NET_THREADS_MAX */
    net_policy_t     policy;
    unsigned         naddresses;
    net_address_t    addresses[NET_ADDRESSES_MAX];
} options_t;


typedef enum {
    OPTIONS_RUN = 0,
    OPTIONS_DONE,                    /* --help, --version: all is said */
    OPTIONS_WRONG                    /* logged; exit with failure */
} options_result_t;


/* Fills *options whole, defaults included; see dnsd(8). */
options_result_t options_parse(options_t *options, int argc, char **argv,
    log_t *log);


#endif /* OPTIONS_H */
