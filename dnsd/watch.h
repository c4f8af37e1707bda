
/*
 * What the main thread does while the others answer: looks after the store
 * once a second, and obeys signals.
 */

#ifndef WATCH_H
#define WATCH_H


#include "health.h"
#include "lookup.h"
#include "net.h"
#include "options.h"
#include "supervisor.h"

#include <signal.h>


/* The first group is the caller's, and outlives the watch. */
typedef struct {
    const options_t     *options;
    settings_t          *settings;       /* what holds; SIGHUP changes it */
    const supervisor_t  *supervisor;
    net_t               *net;
    lookup_source_t     *source;
    metrics_t           *metrics;
    log_t               *log;
    answer_secrets_t     own;            /* of cookies, where no file is set;
                                            it stays over a reload */

    sigset_t             signals;
    health_t             health;
} watch_t;


/* Blocks the signals: before any thread is started, so that none sees them.
 * False where that fails, which is logged. */
bool watch_init(watch_t *watch);

/* Puts the secrets of cookies into the settings' policy: the file's, our own or
 * none.  False where the file cannot be used, which is logged. */
bool watch_secrets(const watch_t *watch, settings_t *settings);

/* Until a signal says stop: true.  False where the process must not go on,
 * which is logged. */
bool watch_run(watch_t *watch);


#endif /* WATCH_H */
