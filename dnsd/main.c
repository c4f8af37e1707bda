
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
#include "metrics.h"
#include "net.h"
#include "options.h"
#include "privileges.h"
#include "sandbox.h"
#include "sign.h"
#include "supervisor.h"
#include "version.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


/* All that is there from start to end. */
typedef struct {
    log_t           log;
    options_t       options;
    settings_t      settings;
    supervisor_t    supervisor;
    net_options_t   listen;
    net_address_t   handed[NET_ADDRESSES_MAX];   /* where none is named */
    dnstap_t       *dnstap;                      /* NULL: none */
    sign_t         *sign;                        /* NULL: no keys */
    watch_t         watch;
} main_t;


static bool main_start(main_t *all);
static bool main_keys(main_t *all);
static bool main_bind(main_t *all);
static bool main_dnstap(main_t *all);
static bool main_serve(main_t *all);
static bool main_confine(main_t *all);
static bool main_scoped(const settings_t *settings);
static void main_end(main_t *all);
static const char *main_text(const char *text);


int
main(int argc, char **argv)
{
    bool     good;
    main_t   all = { .watch = { .log = &all.log } };
    log_t   *log = &all.log;

    log_init(log);

    switch (options_parse(&all.options, argc, argv, log)) {

    case OPTIONS_DONE:
        return EXIT_SUCCESS;

    case OPTIONS_WRONG:
        return EXIT_FAILURE;

    default:
        break;
    }

    good = supervisor_open(&all.supervisor, log) && main_start(&all);

    supervisor_close(&all.supervisor);

    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}


/* The order is the point: users are looked up before anything is bound, keys
 * are read and all sockets are bound as root, and the store is opened as
 * whoever will read it, so that a wrong mode shows at start. */
static bool
main_start(main_t *all)
{
    bool           good;
    log_t         *log = &all->log;
    settings_t    *settings = &all->settings;
    privileges_t   privileges;

    all->options.handed = all->supervisor.nsockets != 0;

    good = options_load(&all->options, settings, log);

    if (all->options.check) {
        return check_settings(settings, all->options.config, good, log);
    }

    if (!good || !privileges_find(&privileges, main_text(settings->user),
                                  main_text(settings->group), log))
    {
        return false;
    }

    good = main_keys(all) && main_bind(all)
           && privileges_drop(&privileges, log) && main_serve(all);

    main_end(all);

    if (good) {
        log_line(log, "stopped");
    }

    return good;
}


/* Nobody may look into the process by the time that they are in it. */
static bool
main_keys(main_t *all)
{
    const settings_t  *settings = &all->settings;

    if (settings->keys[0] == '\0') {
        return true;
    }

    if (!privileges_hide(&all->log)) {
        return false;
    }

    all->sign = sign_create(settings->keys, settings->threads, &all->log);

    return all->sign != NULL;
}


/* What was handed over is closed again here: each thread has descriptors of
 * its own for it. */
static bool
main_bind(main_t *all)
{
    bool           taken;
    watch_t       *watch = &all->watch;
    net_handed_t  *handed;

    if (!main_dnstap(all)) {
        return false;
    }

    handed = net_handed_create(SUPERVISOR_SOCKETS, all->supervisor.nsockets,
                               &all->log);

    if (handed == NULL) {
        return false;
    }

    all->listen = (net_options_t) {
        .addresses = all->settings.addresses,
        .naddresses = all->settings.naddresses,
        .xdp = all->settings.xdp,
        .nxdp = all->settings.nxdp,
        .proxy_addresses = all->settings.proxy_addresses,
        .nproxy_addresses = all->settings.nproxy_addresses,
        .nthreads = all->settings.threads,
        .tcp_connections = all->settings.tcp_connections,
        .dnstap = all->dnstap,
        .sign = all->sign,
        .handed = handed
    };

    if (all->listen.naddresses == 0) {
        all->listen.addresses = all->handed;
        all->listen.naddresses = net_handed_addresses(handed, all->handed,
                                                      NET_ADDRESSES_MAX);
    }

    watch->net = net_create(&all->listen, &all->settings.policy, &all->log);
    taken = watch->net != NULL && net_handed_taken(handed, &all->log);

    net_handed_destroy(handed);
    all->listen.handed = NULL;

    if (!taken) {
        return false;
    }

    watch->metrics = metrics_create(&all->settings.metrics, &all->log);

    return watch->metrics != NULL;
}


/* What it says of itself is what id.server says, or the host's name. */
static bool
main_dnstap(main_t *all)
{
    char                  host[DNSTAP_TEXT_MAX + 1] = "";
    dnstap_origin_t       origin;
    const answer_text_t  *identity = &all->settings.policy.answer.identity;

    if (all->settings.dnstap.path[0] == '\0') {
        return true;
    }

    (void) gethostname(host, sizeof(host) - 1);

    if (identity->len != 0) {
        dnstap_origin_init(&origin, (const char *) identity->data,
                           identity->len, "dnsd " DNSD_VERSION);

    } else {
        dnstap_origin_init(&origin, host, strlen(host),
                           "dnsd " DNSD_VERSION);
    }

    all->dnstap = dnstap_create(&all->settings.dnstap, &origin,
                                all->settings.threads, &all->log);

    return all->dnstap != NULL;
}


/* True where a signal ended it. */
static bool
main_serve(main_t *all)
{
    unsigned     i;
    log_t       *log = &all->log;
    watch_t     *watch = &all->watch;
    settings_t  *settings = &all->settings;

    watch->options = &all->options;
    watch->settings = settings;
    watch->supervisor = &all->supervisor;
    watch->source = lookup_source_create(settings->store, settings->threads,
                                         log);

    if (watch->source == NULL) {
        log_line(log, "no memory for the store's readers");
        return false;
    }

    /* as whoever we are now */

    if (all->options.config != NULL && access(all->options.config, R_OK) == -1)
    {
        log_line(log, "warning: %s: %s: SIGHUP will not be able to read it",
                 all->options.config, strerror(errno));
    }

    lookup_source_clear(watch->source);

    if (!watch_init(watch)
        || !cookie_secrets_random(&watch->own, log)
        || !watch_secrets(watch, settings)
        || !net_set_policy(watch->net, &settings->policy)
        || !main_confine(all)
        || lookup_source_check(watch->source) == LOOKUP_SOURCE_UNLOCKED
        || (all->dnstap != NULL && !dnstap_start(all->dnstap))
        || !net_start(watch->net, watch->source)
        || !metrics_start(watch->metrics, watch->net, watch->source,
                          settings->threads))
    {
        return false;
    }

    if (all->sign != NULL) {
        sign_hidden(all->sign);
    }

    for (i = 0; i < all->listen.naddresses; i++) {
        log_line(log, "listening on %s", all->listen.addresses[i].text);
    }

    for (i = 0; i < all->listen.nproxy_addresses; i++) {
        log_line(log, "listening on %s for proxies",
                 all->listen.proxy_addresses[i].text);
    }

    return watch_run(watch);
}


/* Before the store is opened and any thread is started: what has to be
 * possible later is then tried at once. */
static bool
main_confine(main_t *all)
{
    unsigned           i;
    sandbox_options_t  options = {
        .store = all->settings.store,
        .connects = all->dnstap != NULL,
        .links = all->options.config != NULL || main_scoped(&all->settings)
    };

    if (!all->settings.sandbox) {
        return true;
    }

    options.reread[0] = all->options.config;

    for (i = 1; i < SANDBOX_FILES; i++) {
        options.reread[i] = settings_reread(&all->settings, i - 1);

        if (options.reread[i] == NULL) {
            break;
        }
    }

    return sandbox_enter(&options, &all->log);
}


/* Whether an address names its interface (fe80::1%eth0): SIGHUP has the name
 * looked up again, although it is bound.  A file may have one by then. */
static bool
main_scoped(const settings_t *settings)
{
    bool      scoped;
    unsigned  i;

    scoped = strchr(settings->metrics.address.text, '%') != NULL;

    for (i = 0; i < settings->naddresses; i++) {
        scoped = scoped || strchr(settings->addresses[i].text, '%') != NULL;
    }

    for (i = 0; i < settings->nproxy_addresses; i++) {
        scoped = scoped
                 || strchr(settings->proxy_addresses[i].text, '%') != NULL;
    }

    return scoped;
}


/* Also after half of a start.  Who reads ends before what it reads: the
 * metrics, the threads, dnstap, the store. */
static void
main_end(main_t *all)
{
    supervisor_tell(&all->supervisor, SUPERVISOR_STOPPING, "stopping");
    metrics_destroy(all->watch.metrics);
    net_destroy(all->watch.net);
    dnstap_destroy(all->dnstap);
    sign_destroy(all->sign);
    lookup_source_destroy(all->watch.source);
}


/* A text that is not set is NULL to those who know no settings. */
static const char *
main_text(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}
