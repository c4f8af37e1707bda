
/*
 * The command line: what to do, where the configuration file is, and settings
 * that win over that file's.
 */

#ifndef OPTIONS_H
#define OPTIONS_H


#include "settings.h"


typedef struct {
    int              argc;
    char           **argv;
    const char      *config;         /* NULL: no file */
    bool             check;          /* look at everything, start nothing */
    bool             handed;         /* sockets are there: none to be named.
                                        The caller's; options_parse: false */
} options_t;


typedef enum {
    OPTIONS_RUN = 0,
    OPTIONS_DONE,                    /* --help, --version: all is said */
    OPTIONS_WRONG                    /* logged; exit with failure */
} options_result_t;


/* Fills *options; argv must outlive it.  The settings among the options are
 * looked at by options_load. */
options_result_t options_parse(options_t *options, int argc, char **argv,
    log_t *log);

/*
 * All settings: what holds where nothing is said, the file's, the command
 * line's.  False where any is wrong; all mistakes are logged.  The same at
 * start, for --check and at SIGHUP.
 */
bool options_load(const options_t *options, settings_t *settings, log_t *log);


#endif /* OPTIONS_H */
