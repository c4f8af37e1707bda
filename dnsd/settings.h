
/*
 * What the operator has set: from the configuration file, and from the command
 * line, which wins.  One table (settings_table.c) has every setting's name,
 * form, bounds, field and help for both.
 *
 * A setting is fixed from the start, or live: SIGHUP changes it.
 */

#ifndef SETTINGS_H
#define SETTINGS_H


#include "config.h"
#include "dnstap.h"
#include "metrics.h"
#include "net.h"

#include <limits.h>


#define SETTINGS_NAME_MAX  256     /* of a user or a group */
#define SETTINGS_ROWS_MAX  64
#define SETTINGS_OPTION    -1


/* Values, no pointers: it is copied and compared whole, and owns nothing.
 * A text that is not set is empty. */
typedef struct {
    char             store[PATH_MAX];
    char             user[SETTINGS_NAME_MAX];
    char             group[SETTINGS_NAME_MAX];
    bool             verbose;
    bool             sandbox;
    unsigned         threads;        /* 1 to NET_THREADS_MAX */
    unsigned         naddresses;
    net_address_t    addresses[NET_ADDRESSES_MAX];
    unsigned         nxdp;
    net_interface_t  xdp[NET_XDP_MAX];
    unsigned         nproxy_addresses;
    net_address_t    proxy_addresses[NET_ADDRESSES_MAX];
    unsigned         tcp_connections;   /* 0: net's default */
    char             keys[PATH_MAX]; /* the directory */
    bool             cookies;
    char             cookie_secrets[PATH_MAX];
    metrics_options_t  metrics;
    dnstap_options_t dnstap;
    net_policy_t     policy;         /* all of it live; but for the secrets of
                                        cookies, see watch_secrets */

    /* Where each was said, rightly or not: its line in the file, 0: nowhere,
     * SETTINGS_OPTION: on the command line.  Of a list the last one. */
    int              lines[SETTINGS_ROWS_MAX];
    bool             unread;         /* a file was not: what is missing may
                                        stand there */
} settings_t;


/* Where settings come from, and what it has said so far. */
typedef struct {
    settings_t      *settings;
    log_t           *log;
    const char      *file;           /* NULL: the command line */
    unsigned         line;
    unsigned         seen[SETTINGS_ROWS_MAX];   /* line, 0: not yet */
} settings_source_t;


typedef enum {
    SETTINGS_UNKNOWN = 0,
    SETTINGS_VALUE,
    SETTINGS_FLAG                    /* alone means on */
} settings_form_t;


/* What holds where nothing is said. */
void settings_init(settings_t *settings);

/* Whether there is such a setting, and whether it needs a value. */
settings_form_t settings_form(const char *name);

/* Begins a source; `file` must outlive it.  A list's first element replaces
 * what an earlier source said. */
void settings_source_init(settings_source_t *source, settings_t *settings,
    const char *file, log_t *log);

/* Sets one.  False where it is wrong, which is logged with where it stands and
 * with what was expected. */
bool settings_set(settings_source_t *source, const char *name,
    const char *value);

/* Where a setting was said, as in settings_t's lines. */
int settings_line(const settings_t *settings, const char *name);

/* Reads a file: every mistake is logged, and any makes it false. */
bool settings_read(settings_t *settings, const char *path, log_t *log);

/* What must be there, and what does not go together; of what was said wrongly
 * no more is said.  Where sockets were handed over none has to be named.  Each
 * mistake is logged, and any makes it false. */
bool settings_complete(const settings_t *settings, bool handed, log_t *log);

/* Makes `next` what can hold from now on: of fixed settings the running value
 * stays, and each that differs is logged. */
void settings_keep_fixed(settings_t *next, const settings_t *running,
    log_t *log);

/* Prints the table as --help has it. */
void settings_help(void);

/*
 * Files that SIGHUP reads again, but for the configuration file: number i, or
 * NULL behind the last.  A sandbox has to leave their directories readable.
 */
const char *settings_reread(const settings_t *settings, unsigned i);


#endif /* SETTINGS_H */
