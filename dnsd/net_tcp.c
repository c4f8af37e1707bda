
/*
 * TCP (RFC 7766, RFC 9210): listeners, and the places of a thread's
 * connections.  All memory is had at start; its pages are touched only as far
 * as peers use them.
 *
 * Every limit is a thread's share of what the operator said: threads count
 * nothing together, and the kernel deals connections out evenly.  Nobody is
 * refused: a newcomer gets the place of whoever has the least claim to it.
 */

#include "net_connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


#define NET_TCP_PAUSE    1000      /* ms without accepting: no descriptors */

/* Before others have their turn: a flood of connections, or thousands whose
 * time is up at once, must not stop UDP.  Each takes some 10 us. */
#define NET_TCP_ACCEPTS  8
#define NET_TCP_CLOSES   8

/* A thread's large buffers.  Hardly any client makes use of one, and more
 * would only let somebody who never reads hold more: 8 MiB at worst. */
#define NET_TCP_BLOCKS   128

#define NET_TCP_IDLE_LEAST  1000   /* ms, or what the operator said if less */


static bool net_tcp_memory(net_tcp_t *tcp, unsigned places);
static bool net_tcp_listen(net_tcp_t *tcp, const net_address_t *address,
    bool proxied, net_handed_t *handed, log_t *log);
static void net_tcp_accept(net_thread_t *thread, net_event_t *event,
    uint32_t events);
static bool net_tcp_exhausted(net_thread_t *thread);
static void net_tcp_pause(net_thread_t *thread, bool pause);
static void net_tcp_open(net_thread_t *thread, const net_listener_t *listener,
    int fd, const net_endpoint_t *peer);
static void net_tcp_stranger(net_thread_t *thread,
    const net_listener_t *listener, const net_endpoint_t *peer);
static net_connection_t *net_tcp_place(net_thread_t *thread);
static void net_tcp_evict(net_thread_t *thread, net_member_t *member,
    stats_event_t why);


net_tcp_t *
net_tcp_create(const net_options_t *options, unsigned places, log_t *log)
{
    bool        good;
    unsigned    i;
    net_tcp_t  *tcp;

    tcp = calloc(1, sizeof(*tcp)
                    + (options->naddresses + options->nproxy_addresses)
                      * sizeof(net_listener_t));

    if (tcp == NULL || !net_tcp_memory(tcp, places)) {
        log_line(log, "no memory for the TCP connections");
        net_tcp_destroy(tcp);
        return NULL;
    }

    tcp->share = options->nthreads;
    good = true;

    for (i = 0; good && i < options->naddresses; i++) {
        good = net_tcp_listen(tcp, &options->addresses[i], false,
                              options->handed, log);
    }

    for (i = 0; good && i < options->nproxy_addresses; i++) {
        good = net_tcp_listen(tcp, &options->proxy_addresses[i], true,
                              options->handed, log);
    }

    if (!good) {
        net_tcp_destroy(tcp);
        return NULL;
    }

    return tcp;
}


void
net_tcp_destroy(net_tcp_t *tcp)
{
    unsigned  i;

    if (tcp == NULL) {
        return;
    }

    for (i = 0; i < tcp->touched; i++) {
        if (tcp->places[i].event.fd != -1) {
            close(tcp->places[i].event.fd);
        }
    }

    for (i = 0; i < tcp->n; i++) {
        close(tcp->listeners[i].event.fd);
    }

    net_crowd_destroy(tcp->crowd);
    net_pool_destroy(tcp->pool);
    free(tcp->places);
    free(tcp->kept);
    free(tcp->out);
    free(tcp);
}


bool
net_tcp_start(net_thread_t *thread)
{
    unsigned  i;

    for (i = 0; i < thread->tcp->n; i++) {
        if (!net_event_add(thread, &thread->tcp->listeners[i].event,
                           EPOLLIN))
        {
            return false;
        }
    }

    return true;
}


/* Called before each wait, so it has to cost nothing where nothing is due. */
int
net_tcp_expire(net_thread_t *thread)
{
    int64_t        now, wait;
    unsigned       i;
    net_tcp_t     *tcp = thread->tcp;
    net_member_t  *oldest;

    if (net_crowd_used(tcp->crowd) == 0 && tcp->paused == 0) {
        return -1;
    }

    now = net_now();

    if (tcp->paused != 0 && tcp->paused <= now) {
        net_tcp_pause(thread, false);
    }

    wait = tcp->paused != 0 ? tcp->paused - now : INT32_MAX;

    for (i = 0; (oldest = net_crowd_oldest(tcp->crowd)) != NULL; i++) {
        if (oldest->since + net_tcp_idle(thread) > now) {
            break;
        }

        if (i == NET_TCP_CLOSES) {
            return 0;
        }

        net_tcp_evict(thread, oldest, STATS_TCP_IDLE);
    }

    if (oldest != NULL && oldest->since + net_tcp_idle(thread) - now < wait) {
        wait = oldest->since + net_tcp_idle(thread) - now;
    }

    return (int) wait;
}


/* The whole time while half of the places are free, and from there the less
 * the fewer are, down to a tenth: the more come, the more it is those who ask
 * that stay.  It is asked anew each time, so it holds for all at once. */
int64_t
net_tcp_idle(const net_thread_t *thread)
{
    int64_t           least, whole = thread->policy->tcp.idle * INT64_C(1000);
    unsigned          spare, half;
    const net_tcp_t  *tcp = thread->tcp;

    half = tcp->size / 2;
    spare = tcp->size - net_crowd_used(tcp->crowd);

    if (spare >= half) {
        return whole;
    }

    least = whole / 10 > NET_TCP_IDLE_LEAST ? whole / 10 : NET_TCP_IDLE_LEAST;

    return least < whole ? least + (whole - least) * spare / half : whole;
}


void
net_tcp_limit(net_thread_t *thread, const struct sockaddr *address)
{
    unsigned       limit = thread->policy->tcp.per_address;
    net_tcp_t     *tcp = thread->tcp;
    net_member_t  *member;

    /* by default a quarter of all: one address alone cannot bring the others'
     * idle time down */

    limit = limit != 0 ? (limit + tcp->share - 1) / tcp->share
                       : (tcp->size + 3) / 4;

    member = net_crowd_surplus(tcp->crowd, address, limit);

    if (member != NULL) {
        net_tcp_evict(thread, member, STATS_TCP_LIMITED);
    }
}


net_block_t *
net_tcp_block(net_thread_t *thread, net_connection_t *connection)
{
    net_block_t       *block;
    net_connection_t  *holder;

    block = net_pool_take(thread->tcp->pool, connection);

    if (block != NULL) {
        return block;
    }

    holder = net_pool_holder(thread->tcp->pool);

    if (holder == connection) {
        return NULL;
    }

    net_connection_close(thread, holder, STATS_TCP_PRESSED);

    return net_pool_take(thread->tcp->pool, connection);
}


/* calloc gives large tables as untouched pages. */
static bool
net_tcp_memory(net_tcp_t *tcp, unsigned places)
{
    tcp->size = places;
    tcp->crowd = net_crowd_create(places);
    tcp->pool = net_pool_create(NET_TCP_BLOCKS, NET_TCP_MESSAGE);
    tcp->places = calloc(places, sizeof(net_connection_t));
    tcp->kept = calloc(places, (size_t) 2 * NET_TCP_FRAGMENT);
    tcp->out = calloc(1, NET_TCP_MESSAGE);

    return tcp->crowd != NULL && tcp->pool != NULL && tcp->places != NULL
           && tcp->kept != NULL && tcp->out != NULL;
}


static bool
net_tcp_listen(net_tcp_t *tcp, const net_address_t *address, bool proxied,
    net_handed_t *handed, log_t *log)
{
    net_listener_t  *listener = &tcp->listeners[tcp->n];

    listener->address = *address;
    listener->proxied = proxied;
    listener->event.handler = net_tcp_accept;
    listener->event.fd = net_address_open(address, SOCK_STREAM,
                                          handed, log);

    if (listener->event.fd == -1) {
        return false;
    }

    tcp->n++;

    return true;
}


/* EAGAIN ends it: the backlog is empty.  A peer that has left again costs
 * nothing (ECONNABORTED). */
static void
net_tcp_accept(net_thread_t *thread, net_event_t *event, uint32_t events)
{
    int              fd;
    socklen_t        len;
    unsigned         i;
    net_endpoint_t   peer;
    net_listener_t  *listener = (net_listener_t *) event;

    (void) events;

    for (i = 0; i < NET_TCP_ACCEPTS; i++) {
        len = sizeof(peer);
        fd = accept4(event->fd, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd != -1) {
            net_tcp_open(thread, listener, fd, &peer);

        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
                   || errno == ENOMEM)
        {
            if (!net_tcp_exhausted(thread)) {
                return;
            }

        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}


/* The listener stays readable: without a pause this would be a busy loop.
 * True where a descriptor was set free instead. */
static bool
net_tcp_exhausted(net_thread_t *thread)
{
    net_member_t  *worst = net_crowd_worst(thread->tcp->crowd);

    log_peer(thread->log, "accept(): %s", strerror(errno));

    if (worst == NULL) {
        net_tcp_pause(thread, true);
        return false;
    }

    net_tcp_evict(thread, worst, STATS_TCP_PRESSED);

    return true;
}


/* While paused the kernel's backlog holds newcomers. */
static void
net_tcp_pause(net_thread_t *thread, bool pause)
{
    unsigned    i;
    net_tcp_t  *tcp = thread->tcp;

    tcp->paused = pause ? net_now() + NET_TCP_PAUSE : 0;

    for (i = 0; i < tcp->n; i++) {
        (void) net_event_set(thread, &tcp->listeners[i].event,
                             pause ? 0 : EPOLLIN);
    }
}


static void
net_tcp_open(net_thread_t *thread, const net_listener_t *listener, int fd,
    const net_endpoint_t *peer)
{
    net_tcp_t               *tcp = thread->tcp;
    net_connection_t        *connection;
    const net_tcp_policy_t  *policy = &thread->policy->tcp;

    if (listener->proxied
        && !net_prefix_match(policy->proxies, policy->nproxies, &peer->any))
    {
        net_tcp_stranger(thread, listener, peer);
        close(fd);
        return;
    }

    /* a proxy's own address has no limit: whom it carries has */

    if (!listener->proxied) {
        net_tcp_limit(thread, &peer->any);
    }

    connection = net_tcp_place(thread);
    memset(connection, 0, sizeof(*connection));
    connection->event.handler = net_connection_handler;
    connection->event.fd = fd;
    connection->born = thread->round;
    connection->peer = *peer;
    connection->listener = listener;
    connection->transport = NET_TCP;
    connection->waits = EPOLLIN;
    connection->greeted = !listener->proxied;

    net_crowd_join(tcp->crowd, &connection->member, &peer->any, net_now());
    stats_event(&thread->stats, STATS_TCP_ACCEPTED);

    if (!net_event_add(thread, &connection->event, EPOLLIN)) {
        net_connection_close(thread, connection, STATS_TCP_CLOSED);
    }
}


/* An operator who forgot a proxy has to find out which. */
static void
net_tcp_stranger(net_thread_t *thread, const net_listener_t *listener,
    const net_endpoint_t *peer)
{
    char         text[INET6_ADDRSTRLEN] = "";
    const void  *address = peer->any.sa_family == AF_INET6
                           ? (const void *) &peer->v6.sin6_addr
                           : (const void *) &peer->v4.sin_addr;

    (void) inet_ntop(peer->any.sa_family, address, text, sizeof(text));
    log_peer(thread->log, "%s: %s is not in proxy-from: closed",
             listener->address.text, text);
    stats_event(&thread->stats, STATS_PROXY_UNTRUSTED);
}


/* Always finds one. */
static net_connection_t *
net_tcp_place(net_thread_t *thread)
{
    net_tcp_t         *tcp = thread->tcp;
    net_connection_t  *connection;

    if (net_crowd_used(tcp->crowd) == tcp->size) {
        net_tcp_evict(thread, net_crowd_worst(tcp->crowd), STATS_TCP_PRESSED);
    }

    connection = tcp->unused;

    if (connection == NULL) {
        return &tcp->places[tcp->touched++];
    }

    tcp->unused = connection->next;

    return connection;
}


static void
net_tcp_evict(net_thread_t *thread, net_member_t *member,
    stats_event_t why)
{
    net_connection_t  *connection;

    connection = (net_connection_t *) ((char *) member
                                       - offsetof(net_connection_t, member));

    net_connection_close(thread, connection, why);
}
