
/*
 * dnsd: answers for the registrar's zones out of the store.
 *
 * The main thread binds, gives up root, opens the store, starts the threads
 * that answer, and from then on only watches: the store once a second, and
 * the signals.
 */

#include "log.h"
#include "lookup.h"
#include "net.h"
#include "options.h"
#include "privileges.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define MAIN_COUNTERS_EVERY  60    /* s, with --verbose */


static int main_serve(const options_t *options, net_t *net, log_t *log);
static bool main_signals(sigset_t *signals, log_t *log);
static bool main_watch(const sigset_t *signals, net_t *net,
    lookup_source_t *source, log_t *log);
static void main_counters(const net_t *net, log_t *log);
static void main_sigbus(int signo);


int
main(int argc, char **argv)
{
    log_t          log;
    net_t         *net;
    options_t      options;
    privileges_t   privileges;

    log_init(&log, false);

    /* The order is the point: users are looked up before anything is bound, all
     * sockets are bound as root, and the store is opened as whoever will read
     * it, so that a wrong mode shows at start. */

    switch (options_parse(&options, argc, argv, &log)) {

    case OPTIONS_DONE:
        return EXIT_SUCCESS;

    case OPTIONS_WRONG:
        return EXIT_FAILURE;

    default:
        break;
    }

    log.verbose = options.verbose;

    if (!privileges_find(&privileges, options.user, options.group, &log)) {
        return EXIT_FAILURE;
    }

    net = net_create(&(net_options_t) {
                         .addresses = options.addresses,
                         .naddresses = options.naddresses,
                         .nthreads = options.threads
                     }, &options.policy, &log);

    if (net == NULL) {
        return EXIT_FAILURE;
    }

    if (!privileges_drop(&privileges, &log)) {
        net_destroy(net);
        return EXIT_FAILURE;
    }

    return main_serve(&options, net, &log);
}


/* Owns net from here on: its threads end before the store does. */
static int
main_serve(const options_t *options, net_t *net, log_t *log)
{
    bool              good;
    unsigned          i;
    sigset_t          signals;
    lookup_source_t  *source;

    source = lookup_source_create(options->store, options->threads, log);

    if (source == NULL) {
        log_line(log, "no memory for the store's readers");
    }

    good = source != NULL && main_signals(&signals, log)
           && lookup_source_check(source) != LOOKUP_SOURCE_UNLOCKED
           && net_start(net, source);

    if (good) {
        for (i = 0; i < options->naddresses; i++) {
            log_line(log, "listening on %s", options->addresses[i].text);
        }

        good = main_watch(&signals, net, source, log);
        main_counters(net, log);
    }

    net_destroy(net);
    lookup_source_destroy(source);

    if (good) {
        log_line(log, "stopped");
    }

    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}


/* Blocked here, so that threads never see them. */
static bool
main_signals(sigset_t *signals, log_t *log)
{
    struct sigaction  action = { .sa_handler = main_sigbus };

    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGUSR1);
    sigaddset(signals, SIGHUP);

    /* a socket that is gone is an error of its send(), not the process's end */

    if (sigprocmask(SIG_BLOCK, signals, NULL) == -1
        || sigaction(SIGBUS, &action, NULL) == -1
        || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
    {
        log_line(log, "cannot set up signals: %s", strerror(errno));
        return false;
    }

    return true;
}


/* False where the process must not go on.  The store is looked at between
 * signals, once a second: what a reader found out meanwhile waits that long. */
static bool
main_watch(const sigset_t *signals, net_t *net, lookup_source_t *source,
    log_t *log)
{
    unsigned               seconds = 0;
    const struct timespec  second = { .tv_sec = 1 };

    for ( ;; ) {
        switch (sigtimedwait(signals, NULL, &second)) {

        case SIGTERM:
        case SIGINT:
            return true;

        case SIGUSR1:
            main_counters(net, log);
            continue;

        case SIGHUP:                    /* there is nothing to reload */
            continue;

        default:
            break;
        }

        if (lookup_source_check(source) == LOOKUP_SOURCE_UNLOCKED) {
            return false;
        }

        if (log->verbose && ++seconds % MAIN_COUNTERS_EVERY == 0) {
            main_counters(net, log);
        }
    }
}


/* One line of "name number", for people and for scripts. */
static void
main_counters(const net_t *net, log_t *log)
{
    int       n;
    char      text[512];
    size_t    len = 0;
    unsigned  i;
    uint64_t  counters[ANSWER_OUTCOMES];

    net_counters(net, counters);

    for (i = 0; i < ANSWER_OUTCOMES; i++) {
        n = snprintf(text + len, sizeof(text) - len, " %s %llu",
                     answer_outcome_text((answer_outcome_t) i),
                     (unsigned long long) counters[i]);

        if (n < 0 || (size_t) n >= sizeof(text) - len) {
            break;
        }

        len += (size_t) n;
    }

    log_line(log, "counters:%s", text);
}


/* The only cause is a store's file that was cut short under the mapping.
 * What is mapped cannot be trusted any more; a supervisor starts us again. */
static void
main_sigbus(int signo)
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
