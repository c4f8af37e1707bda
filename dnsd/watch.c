
/*
 * Signals and the once-a-second look at the store.
 *
 * Nothing here is on an answer's way: what takes long here, a file that is
 * read again for instance, delays the next look and no query.
 */

#include "watch.h"

#include "cookie_secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define WATCH_COUNTERS_EVERY  60   /* s, with --verbose */


static bool watch_second(watch_t *watch, unsigned seconds);
static void watch_reload(watch_t *watch);
static void watch_sigbus(int signo);


bool
watch_init(watch_t *watch)
{
    struct sigaction  action = { .sa_handler = watch_sigbus };

    sigemptyset(&watch->signals);
    sigaddset(&watch->signals, SIGTERM);
    sigaddset(&watch->signals, SIGINT);
    sigaddset(&watch->signals, SIGUSR1);
    sigaddset(&watch->signals, SIGHUP);

    /* a socket that is gone is an error of its send(), not the process's end */

    if (sigprocmask(SIG_BLOCK, &watch->signals, NULL) == -1
        || sigaction(SIGBUS, &action, NULL) == -1
        || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
    {
        log_line(watch->log, "cannot set up signals: %s", strerror(errno));
        return false;
    }

    return true;
}


bool
watch_secrets(const watch_t *watch, settings_t *settings)
{
    answer_secrets_t  *secrets = &settings->policy.answer.secrets;

    secrets->n = 0;

    if (!settings->cookies) {
        return true;
    }

    if (settings->cookie_secrets[0] != '\0') {
        return cookie_secrets_read(secrets, settings->cookie_secrets,
                                   watch->log);
    }

    *secrets = watch->own;

    return true;
}


bool
watch_run(watch_t *watch)
{
    unsigned         seconds = 0;
    struct timespec  wait;

    health_init(&watch->health, watch->net, watch->supervisor, watch->log);

    for ( ;; ) {
        wait = health_wait(&watch->health);

        switch (sigtimedwait(&watch->signals, NULL, &wait)) {

        case SIGTERM:
        case SIGINT:
            metrics_counters(watch->metrics);
            return true;

        case SIGUSR1:
            metrics_dump(watch->metrics);
            metrics_counters(watch->metrics);
            continue;

        case SIGHUP:
            health_reload(&watch->health, true);
            watch_reload(watch);
            health_reload(&watch->health, false);
            continue;

        default:
            break;
        }

        if (!watch_second(watch, ++seconds)) {
            return false;
        }
    }
}


/* What a reader found out meanwhile has waited for this. */
static bool
watch_second(watch_t *watch, unsigned seconds)
{
    /* no orderly end: it would wait for the thread that hangs, and so would
     * the store's */

    if (!health_check(&watch->health)) {
        _exit(EXIT_FAILURE);
    }

    if (lookup_source_check(watch->source) == LOOKUP_SOURCE_UNLOCKED) {
        return false;
    }

    net_second(watch->net);

    if (watch->settings->verbose && seconds % WATCH_COUNTERS_EVERY == 0) {
        metrics_counters(watch->metrics);
    }

    return true;
}


/* All of the new settings or none: a file with a mistake changes nothing. */
static void
watch_reload(watch_t *watch)
{
    bool        done;
    settings_t  next;

    done = options_load(watch->options, &next, watch->log)
           && watch_secrets(watch, &next);

    if (done) {
        settings_keep_fixed(&next, watch->settings, watch->log);
        done = net_set_policy(watch->net, &next.policy);
    }

    metrics_reloaded(watch->metrics, done);

    if (!done) {
        log_line(watch->log, "not reloaded: the settings stay as they were");
        return;
    }

    *watch->settings = next;

    log_line(watch->log, "reloaded");

    /* whether they are others by now could be told only by reading them, and
     * the right to is gone */

    if (next.keys[0] != '\0') {
        log_line(watch->log, "keys: those of the start stay; others in %s take "
                 "a restart", next.keys);
    }
}


/* The only cause is a store's file that was cut short under the mapping.
 * What is mapped cannot be trusted any more; a supervisor starts us again. */
static void
watch_sigbus(int signo)
{
    ssize_t            ignored;
    static const char  text[] =
        "dnsd: SIGBUS: the store's file was truncated while it was open\n";

    (void) signo;

    /* no stdio and no exit handlers: the thread may hold any lock */

    ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void) ignored;

    _exit(EXIT_FAILURE);
}
