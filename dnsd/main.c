
/*
 * dnsd: answers for the registrar's zones out of the store.
 *
 * The main thread reads the settings, binds, gives up root, opens the store,
 * starts the threads that answer, and from then on only watches.
 */

#include "check.h"
#include "cookie_secrets.h"
#include "log.h"
#include "lookup.h"
#include "net.h"
#include "options.h"
#include "privileges.h"
#include "supervisor.h"
#include "watch.h"

#include <stdlib.h>


/* All that is there from start to end. */
typedef struct {
    log_t           log;
    options_t       options;
    settings_t      settings;
    supervisor_t    supervisor;
    net_options_t   listen;
    net_address_t   handed[NET_ADDRESSES_MAX];   /* where none is named */
} main_t;


static int main_start(main_t *all);
static net_t *main_bind(main_t *all);
static int main_serve(main_t *all, net_t *net);
static const char *main_text(const char *text);


int
main(int argc, char **argv)
{
    int      status;
    main_t   all;
    log_t   *log = &all.log;

    log_init(log, false);

    switch (options_parse(&all.options, argc, argv, log)) {

    case OPTIONS_DONE:
        return EXIT_SUCCESS;

    case OPTIONS_WRONG:
        return EXIT_FAILURE;

    default:
        break;
    }

    status = EXIT_FAILURE;

    if (supervisor_open(&all.supervisor, log)) {
        all.options.handed = all.supervisor.nsockets != 0;
        status = main_start(&all);
    }

    supervisor_close(&all.supervisor);

    return status;
}


/* The order is the point: users are looked up before anything is bound, all
 * sockets are bound as root, and the store is opened as whoever will read it,
 * so that a wrong mode shows at start. */
static int
main_start(main_t *all)
{
    net_t         *net;
    log_t         *log = &all->log;
    settings_t    *settings = &all->settings;
    privileges_t   privileges;

    if (!options_load(&all->options, settings, log)
        || !privileges_find(&privileges, main_text(settings->user),
                            main_text(settings->group), log))
    {
        return EXIT_FAILURE;
    }

    if (all->options.check) {
        return check_settings(settings, log) ? EXIT_SUCCESS : EXIT_FAILURE;
    }

    log->verbose = settings->verbose;

    net = main_bind(all);

    if (net == NULL) {
        return EXIT_FAILURE;
    }

    if (!privileges_drop(&privileges, log)) {
        net_destroy(net);
        return EXIT_FAILURE;
    }

    return main_serve(all, net);
}


/* What was handed over is closed again here: each thread has descriptors of
 * its own for it. */
static net_t *
main_bind(main_t *all)
{
    net_t         *net = NULL;
    net_handed_t  *handed;

    handed = net_handed_create(SUPERVISOR_SOCKETS, all->supervisor.nsockets,
                               &all->log);

    if (handed == NULL) {
        return NULL;
    }

    all->listen = (net_options_t) {
        .addresses = all->settings.addresses,
        .naddresses = all->settings.naddresses,
        .nthreads = all->settings.threads,
        .handed = handed
    };

    if (all->listen.naddresses == 0) {
        all->listen.addresses = all->handed;
        all->listen.naddresses = net_handed_addresses(handed, all->handed,
                                                      NET_ADDRESSES_MAX);
    }

    net = net_create(&all->listen, &all->settings.policy, &all->log);

    if (net != NULL && !net_handed_taken(handed, &all->log)) {
        net_destroy(net);
        net = NULL;
    }

    net_handed_destroy(handed);
    all->listen.handed = NULL;

    return net;
}


/* Owns net from here on: its threads end before the store does. */
static int
main_serve(main_t *all, net_t *net)
{
    bool              good;
    unsigned          i;
    log_t            *log = &all->log;
    watch_t           watch;
    lookup_source_t  *source;

    source = lookup_source_create(all->settings.store, all->settings.threads,
                                  log);

    if (source == NULL) {
        log_line(log, "no memory for the store's readers");
    }

    watch.options = &all->options;
    watch.settings = &all->settings;
    watch.supervisor = &all->supervisor;
    watch.net = net;
    watch.source = source;
    watch.log = log;

    good = source != NULL && watch_init(&watch)
           && cookie_secrets_random(&watch.own, log)
           && watch_secrets(&watch, &all->settings)
           && net_set_policy(net, &all->settings.policy)
           && lookup_source_check(source) != LOOKUP_SOURCE_UNLOCKED
           && net_start(net, source);

    if (good) {
        for (i = 0; i < all->listen.naddresses; i++) {
            log_line(log, "listening on %s", all->listen.addresses[i].text);
        }

        good = watch_run(&watch);
    }

    supervisor_tell(&all->supervisor, SUPERVISOR_STOPPING, "stopping");
    net_destroy(net);
    lookup_source_destroy(source);

    if (good) {
        log_line(log, "stopped");
    }

    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}


/* A text that is not set is NULL to those who know no settings. */
static const char *
main_text(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}
