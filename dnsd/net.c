
/*
 * Threads and their loop.
 */

#include "net_internal.h"
#include "net_xdp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>


/* What epoll tells at once; the rest comes with the next call.  A thread has a
 * handful of sockets that are busy at a time. */
#define NET_EVENTS           64

/* TCP connections of all threads, where there are descriptors for them: some
 * 250 bytes each here, a few KiB in the kernel. */
#define NET_CONNECTIONS      32768
#define NET_CONNECTIONS_MIN  4     /* a thread's: TCP must work (RFC 7766 5) */

/* Descriptors of the process for all else: stderr, the store, epoll. */
#define NET_DESCRIPTORS      32


static void net_tell_no_key(const net_thread_t *thread,
    const answer_t *answer);
static bool net_addresses_free(const net_options_t *options, log_t *log);
static unsigned net_places(const net_options_t *options, log_t *log);
static void net_places_tell(const net_options_t *options, rlim_t places,
    rlim_t needed, log_t *log);
static bool net_thread_init(net_thread_t *thread, const net_options_t *options,
    unsigned places, log_t *log);
static void net_thread_cleanup(net_thread_t *thread);
static void *net_thread_run(void *data);
static void net_wake_handler(net_thread_t *thread, net_event_t *event,
    uint32_t events);
static bool net_event_control(net_thread_t *thread, int operation,
    net_event_t *event, uint32_t events);


/* All sockets of all threads are bound here, before privileges are dropped;
 * the kernel queues what comes until the threads read it. */
net_t *
net_create(const net_options_t *options, const net_policy_t *policy,
    log_t *log)
{
    net_t     *net;
    size_t     size;
    unsigned   i, places = net_places(options, log);

    if (!net_addresses_free(options, log)) {
        return NULL;
    }

    size = sizeof(*net) + options->nthreads * sizeof(net_thread_t);
    net = aligned_alloc(_Alignof(net_t), size);

    if (net == NULL) {
        log_line(log, "no memory for the threads");
        return NULL;
    }

    memset(net, 0, size);
    net->log = log;
    net->sign = options->sign;
    net->limit = net_limit_create();

    if (net->limit == NULL) {
        log_line(log, "no memory for the rate limit");
        net_destroy(net);
        return NULL;
    }

    for (i = 0; i < options->nthreads; i++) {

        /* counted before, so that a half-made one is cleaned up, too */

        net->n++;
        net->threads[i].limit = net->limit;
        net->threads[i].dnstap = options->dnstap;
        net->threads[i].sign = options->sign;
        net->threads[i].number = i;

        if (!net_thread_init(&net->threads[i], options, places, log)) {
            net_destroy(net);
            return NULL;
        }
    }

    if (!net_set_policy(net, policy)) {
        log_line(log, "no memory for the threads' policy");
        net_destroy(net);
        return NULL;
    }

    if (options->nxdp != 0) {
        net->xdp = net_xdp_create(options, net->threads, log);

        if (net->xdp == NULL) {
            net_destroy(net);
            return NULL;
        }
    }

    return net;
}


static bool
net_addresses_free(const net_options_t *options, log_t *log)
{
    unsigned  i;

    for (i = 0; i < options->naddresses; i++) {
        if (!net_address_free(&options->addresses[i], SOCK_DGRAM,
                              options->handed, log)
            || !net_address_free(&options->addresses[i], SOCK_STREAM,
                                 options->handed, log))
        {
            return false;
        }
    }

    for (i = 0; i < options->nproxy_addresses; i++) {
        if (!net_address_free(&options->proxy_addresses[i], SOCK_STREAM,
                              options->handed, log))
        {
            return false;
        }
    }

    return true;
}


bool
net_start(net_t *net, lookup_source_t *source)
{
    int            error;
    unsigned       i;
    net_thread_t  *thread;

    for (i = 0; i < net->n; i++) {
        thread = &net->threads[i];
        thread->lookup = lookup_source_reader(source, i);

        error = pthread_create(&thread->id, NULL, net_thread_run, thread);

        if (error != 0) {
            log_line(net->log, "cannot start a thread: %s", strerror(error));
            return false;
        }

        thread->started = true;
    }

    return true;
}


/* Also after half of net_create or net_start: what was not begun is not
 * ended. */
void
net_destroy(net_t *net)
{
    unsigned  i;

    if (net == NULL) {
        return;
    }

    for (i = 0; i < net->n; i++) {
        atomic_store(&net->threads[i].stopping, true);
        net_wake(&net->threads[i]);
    }

    for (i = 0; i < net->n; i++) {
        if (net->threads[i].started) {
            pthread_join(net->threads[i].id, NULL);
        }
    }

    net_xdp_destroy(net->xdp);

    /* only now: a reader's sockets are its own until it has ended */

    for (i = 0; i < net->n; i++) {
        net_thread_cleanup(&net->threads[i]);
    }

    rate_limit_destroy(net->limit);
    free(net);
}


bool
net_set_policy(net_t *net, const net_policy_t *policy)
{
    unsigned            i;
    net_policy_copy_t  *copy = net_policy_copy(policy, net->n);

    if (copy == NULL) {
        return false;
    }

    if (net->sign != NULL) {
        sign_set_rates(net->sign, &policy->sign);
    }

    for (i = 0; i < net->n; i++) {
        net_policy_put(&net->threads[i].policies, copy);
        net_wake(&net->threads[i]);
    }

    return true;
}


void
net_second(net_t *net)
{
    net_limit_tell(net->limit, net_now(), net->log);
}


/* Each is right, all together are of about one moment. */
void
net_stats(const net_t *net, stats_sum_t *sum)
{
    unsigned  i;
    uint64_t  lost;

    memset(sum, 0, sizeof(*sum));

    /* first: what is counted as sent later cannot be lost yet */

    lost = net->threads[0].dnstap != NULL
           ? dnstap_lost(net->threads[0].dnstap) : 0;

    for (i = 0; i < net->n; i++) {
        stats_sum(sum, &net->threads[i].stats);
    }

    sum->counters[STATS_AT_EVENTS + STATS_TAP_SENT] -= lost;
    sum->counters[STATS_AT_EVENTS + STATS_TAP_DROPPED] += lost;
}


void
net_settle(net_thread_t *thread, answer_t *answer,
    const net_exchange_t *exchange)
{
    if (thread->policy->limit.rate.rate != 0
        && exchange->transport != NET_TCP && exchange->transport != NET_TLS)
    {
        net_limit(thread, answer, exchange);
    }

    if (answer->dnssec == ANSWER_DNSSEC_NO_KEY) {
        net_tell_no_key(thread, answer);
    }

    stats_answer(&thread->stats, (stats_transport_t) exchange->transport,
                 exchange->peer->sa_family == AF_INET6, answer);

    if (net_tapped(thread)) {
        net_tap(thread, answer, exchange);
    }
}


/* The operator's mistake, but as often as peers like. */
static void
net_tell_no_key(const net_thread_t *thread, const answer_t *answer)
{
    char                  zone[WIRE_NAME_MAX + 1];
    const lookup_node_t  *node = &answer->node;

    wire_name_print(zone, sizeof(zone),
                    (wire_span_t) { node->name.data + node->zone_at,
                                    node->name.len - node->zone_at });
    log_peer(thread->log, "keys: none of ours signs %s now: there is no proof "
             "for what it has not", zone);
}


/* The coarse clock stands still for some milliseconds, which no deadline here
 * notices, and is the cheapest. */
int64_t
net_now(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);

    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}


uint32_t
net_wall(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);

    return (uint32_t) now.tv_sec;
}


wire_span_t
net_client(const struct sockaddr *peer)
{
    switch (peer->sa_family) {

    case AF_INET:
        return (wire_span_t) {
            (const uint8_t *) &((const struct sockaddr_in *) peer)->sin_addr,
            sizeof(struct in_addr)
        };

    case AF_INET6:
        return (wire_span_t) {
            (const uint8_t *) &((const struct sockaddr_in6 *) peer)->sin6_addr,
            sizeof(struct in6_addr)
        };

    default:
        return (wire_span_t) { NULL, 0 };
    }
}


bool
net_event_add(net_thread_t *thread, net_event_t *event, uint32_t events)
{
    return net_event_control(thread, EPOLL_CTL_ADD, event, events);
}


bool
net_event_set(net_thread_t *thread, net_event_t *event, uint32_t events)
{
    return net_event_control(thread, EPOLL_CTL_MOD, event, events);
}


/* A thread's share of the connections: as many as were asked for and the
 * descriptors allow.  The soft limit is raised for them, and by root the hard
 * one. */
static unsigned
net_places(const net_options_t *options, log_t *log)
{
    rlim_t         fixed, places, wanted_places, left;
    unsigned       n = options->nthreads;
    struct rlimit  limit, wanted;

    places = options->tcp_connections != 0 ? options->tcp_connections
                                           : NET_CONNECTIONS;
    places = (places + n - 1) / n;

    /* a thread has an eventfd and an epoll, and two sockets an address */

    fixed = NET_DESCRIPTORS + n * (2 + 2 * (rlim_t) options->naddresses
                                   + options->nproxy_addresses);

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1) {
        return NET_CONNECTIONS_MIN;
    }

    if (limit.rlim_cur < fixed + n * places) {
        wanted.rlim_cur = fixed + n * places;
        wanted.rlim_max = limit.rlim_max > wanted.rlim_cur ? limit.rlim_max
                                                           : wanted.rlim_cur;

        if (setrlimit(RLIMIT_NOFILE, &wanted) == -1) {
            limit.rlim_cur = limit.rlim_max;
            (void) setrlimit(RLIMIT_NOFILE, &limit);
        }

        (void) getrlimit(RLIMIT_NOFILE, &limit);
    }

    left = limit.rlim_cur > fixed ? (limit.rlim_cur - fixed) / n : 0;
    wanted_places = places;
    places = places < left ? places : left;
    places = places < NET_CONNECTIONS_MIN ? NET_CONNECTIONS_MIN : places;

    if (places < wanted_places) {
        net_places_tell(options, n * places, fixed + n * wanted_places, log);
    }

    return (unsigned) places;
}


/* Less than the default is no fault, but who wonders why clients are sent away
 * should find it. */
static void
net_places_tell(const net_options_t *options, rlim_t places, rlim_t needed,
    log_t *log)
{
    if (options->tcp_connections != 0) {
        log_line(log, "warning: --tcp-connections %u: only %llu, RLIMIT_NOFILE"
                 " has to be %llu at least", options->tcp_connections,
                 (unsigned long long) places, (unsigned long long) needed);

    } else {
        log_line(log, "tcp: %llu connections at most, for %u RLIMIT_NOFILE has"
                 " to be %llu", (unsigned long long) places, NET_CONNECTIONS,
                 (unsigned long long) needed);
    }
}


/* Everything that a thread will ever allocate. */
static bool
net_thread_init(net_thread_t *thread, const net_options_t *options,
    unsigned places, log_t *log)
{
    thread->log = log;
    thread->wake.handler = net_wake_handler;
    thread->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    thread->epoll = epoll_create1(EPOLL_CLOEXEC);

    if (thread->wake.fd == -1 || thread->epoll == -1) {
        log_line(log, "cannot make an event queue: %s", strerror(errno));
        return false;
    }

    thread->udp = net_udp_create(options, log);

    if (thread->udp == NULL) {
        return false;
    }

    thread->tcp = net_tcp_create(options, places, log);

    if (thread->tcp == NULL) {
        return false;
    }

    if (!net_event_add(thread, &thread->wake, EPOLLIN)
        || !net_udp_start(thread) || !net_tcp_start(thread))
    {
        log_line(log, "epoll_ctl(): %s", strerror(errno));
        return false;
    }

    return true;
}


static void
net_thread_cleanup(net_thread_t *thread)
{
    net_udp_destroy(thread->udp);
    net_tcp_destroy(thread->tcp);

    if (thread->epoll != -1) {
        close(thread->epoll);
    }

    if (thread->wake.fd != -1) {
        close(thread->wake.fd);
    }

    net_policy_empty(&thread->policies);
}


/* Waits for packets, or until the next connection's time is up.  An error of
 * epoll_wait is a signal's (EINTR): the loop comes round. */
static void *
net_thread_run(void *data)
{
    int                  n, i;
    net_event_t         *event;
    net_thread_t        *thread = data;
    struct epoll_event   events[NET_EVENTS];

    thread->policy = net_policy_take(&thread->policies);

    while (!thread->stopped) {
        n = epoll_wait(thread->epoll, events, NET_EVENTS,
                       net_tcp_expire(thread));
        thread->round++;

        for (i = 0; i < n; i++) {
            event = events[i].data.ptr;
            event->handler(thread, event, events[i].events);
        }
    }

    return NULL;
}


/* The eventfd counts: nothing is lost where it is written twice before it is
 * read, and it is full only where it wakes anyway. */
void
net_wake(net_thread_t *thread)
{
    ssize_t   ignored;
    uint64_t  one = 1;

    ignored = write(thread->wake.fd, &one, sizeof(one));
    (void) ignored;
}


/* Read before what it tells of is looked at: what is told later wakes
 * again. */
static void
net_wake_handler(net_thread_t *thread, net_event_t *event, uint32_t events)
{
    ssize_t   ignored;
    uint64_t  count;

    (void) events;

    ignored = read(event->fd, &count, sizeof(count));
    (void) ignored;

    thread->stopped = atomic_load(&thread->stopping);
    thread->policy = net_policy_take(&thread->policies);
    net_pulse_answer(thread);
}


static bool
net_event_control(net_thread_t *thread, int operation, net_event_t *event,
    uint32_t events)
{
    struct epoll_event  wanted = { .events = events, .data.ptr = event };

    return epoll_ctl(thread->epoll, operation, event->fd, &wanted) == 0;
}
