
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
#include "watch.h"

#include <stdlib.h>


static int main_serve(const options_t *options, settings_t *settings,
    net_t *net, log_t *log);
static const char *main_text(const char *text);


int
main(int argc, char **argv)
{
    log_t          log;
    net_t         *net;
    options_t      options;
    settings_t     settings;
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

    if (!options_load(&options, &settings, &log)
        || !privileges_find(&privileges, main_text(settings.user),
                            main_text(settings.group), &log))
    {
        return EXIT_FAILURE;
    }

    if (options.check) {
        return check_settings(&settings, &log) ? EXIT_SUCCESS : EXIT_FAILURE;
    }

    log.verbose = settings.verbose;

    net = net_create(&(net_options_t) {
                         .addresses = settings.addresses,
                         .naddresses = settings.naddresses,
                         .nthreads = settings.threads
                     }, &settings.policy, &log);

    if (net == NULL) {
        return EXIT_FAILURE;
    }

    if (!privileges_drop(&privileges, &log)) {
        net_destroy(net);
        return EXIT_FAILURE;
    }

    return main_serve(&options, &settings, net, &log);
}


/* Owns net from here on: its threads end before the store does. */
static int
main_serve(const options_t *options, settings_t *settings, net_t *net,
    log_t *log)
{
    bool              good;
    unsigned          i;
    watch_t           watch;
    lookup_source_t  *source;

    source = lookup_source_create(settings->store, settings->threads, log);

    if (source == NULL) {
        log_line(log, "no memory for the store's readers");
    }

    watch.options = options;
    watch.settings = settings;
    watch.net = net;
    watch.source = source;
    watch.log = log;

    good = source != NULL && watch_init(&watch)
           && cookie_secrets_random(&watch.own, log)
           && watch_secrets(&watch, settings)
           && net_set_policy(net, &settings->policy)
           && lookup_source_check(source) != LOOKUP_SOURCE_UNLOCKED
           && net_start(net, source);

    if (good) {
        for (i = 0; i < settings->naddresses; i++) {
            log_line(log, "listening on %s", settings->addresses[i].text);
        }

        good = watch_run(&watch);
    }

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
