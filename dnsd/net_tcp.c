
/*
 * TCP (RFC 7766): listeners, and the table of a thread's connections.  It is
 * made at start; its pages are touched only as far as peers use them.
 *
 * A full table gives the place of the connection that is nearest to its
 * deadline to the newcomer.
 */

#include "net_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


#define NET_TCP_PAUSE       1000   /* ms without accepting: no descriptors */
#define NET_TCP_ACCEPTS     16     /* before others have their turn: a flood of
                                      connections must not stop UDP */


static void net_tcp_expire_at(net_thread_t *thread, int64_t now);
static void net_tcp_accept(net_thread_t *thread, net_event_t *event,
    uint32_t events);
static net_connection_t *net_tcp_place(net_thread_t *thread);
static net_connection_t *net_tcp_oldest(net_tcp_t *tcp);
static void net_tcp_pause(net_thread_t *thread, bool pause);
static void net_tcp_open(net_thread_t *thread, const net_listener_t *listener,
    int fd, const struct sockaddr_storage *peer);


/* calloc gives large tables as untouched pages: 256 connections cost their
 * memory only once somebody fills them. */
net_tcp_t *
net_tcp_create(const net_options_t *options, unsigned connections, log_t *log)
{
    unsigned         i;
    net_tcp_t       *tcp;
    net_listener_t  *listener;

    tcp = calloc(1, sizeof(*tcp)
                    + options->naddresses * sizeof(net_listener_t));

    if (tcp == NULL) {
        log_line(log, "no memory for the TCP listeners");
        return NULL;
    }

    tcp->size = connections;
    tcp->connections = calloc(connections, sizeof(net_connection_t));
    tcp->buffers = calloc(connections, (size_t) 2 * NET_TCP_MESSAGE);

    if (tcp->connections == NULL || tcp->buffers == NULL) {
        log_line(log, "no memory for the TCP connections");
        tcp->size = 0;
        net_tcp_destroy(tcp);
        return NULL;
    }

    for (i = 0; i < connections; i++) {
        tcp->connections[i].event.fd = -1;
        tcp->connections[i].in = tcp->buffers
                                 + (size_t) i * 2 * NET_TCP_MESSAGE;
        tcp->connections[i].out = tcp->connections[i].in + NET_TCP_MESSAGE;
    }

    for (i = 0; i < options->naddresses; i++) {
        listener = &tcp->listeners[i];
        listener->address = options->addresses[i];
        listener->event.handler = net_tcp_accept;
        listener->event.fd = net_address_open(&listener->address, SOCK_STREAM,
                                              options->handed, log);

        if (listener->event.fd == -1) {
            net_tcp_destroy(tcp);
            return NULL;
        }

        tcp->n++;
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

    for (i = 0; i < tcp->size; i++) {
        if (tcp->connections[i].event.fd != -1) {
            net_connection_close(tcp, &tcp->connections[i]);
        }
    }

    for (i = 0; i < tcp->n; i++) {
        close(tcp->listeners[i].event.fd);
    }

    free(tcp->buffers);
    free(tcp->connections);
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


/* Called before each wait, so it has to cost nothing where nothing is due:
 * `next` is a lower bound of all deadlines. */
int
net_tcp_expire(net_thread_t *thread)
{
    int64_t     now;
    net_tcp_t  *tcp = thread->tcp;

    if (tcp->used == 0 && tcp->paused == 0) {
        return -1;
    }

    now = net_now();

    if (now >= tcp->next) {
        net_tcp_expire_at(thread, now);
    }

    return (int) (tcp->next - now);
}


/* Closes what is due, and finds the next deadline anew. */
static void
net_tcp_expire_at(net_thread_t *thread, int64_t now)
{
    unsigned           i;
    net_tcp_t         *tcp = thread->tcp;
    net_connection_t  *connection;

    if (tcp->paused != 0 && tcp->paused <= now) {
        net_tcp_pause(thread, false);
    }

    tcp->next = tcp->paused != 0 ? tcp->paused : now + NET_TCP_TIME;

    for (i = 0; i < tcp->size; i++) {
        connection = &tcp->connections[i];

        if (connection->event.fd == -1) {
            continue;
        }

        if (connection->deadline <= now) {
            net_connection_close(tcp, connection);

        } else if (connection->deadline < tcp->next) {
            tcp->next = connection->deadline;
        }
    }
}


/* EAGAIN ends it: the backlog is empty.  A peer that has left again costs
 * nothing (ECONNABORTED). */
static void
net_tcp_accept(net_thread_t *thread, net_event_t *event, uint32_t events)
{
    int                       fd;
    socklen_t                 len;
    unsigned                  i;
    net_listener_t           *listener = (net_listener_t *) event;
    net_connection_t         *oldest;
    struct sockaddr_storage   peer;

    (void) events;

    for (i = 0; i < NET_TCP_ACCEPTS; i++) {
        len = sizeof(peer);
        fd = accept4(event->fd, (struct sockaddr *) &peer, &len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd != -1) {
            net_tcp_open(thread, listener, fd, &peer);
            continue;
        }

        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
            || errno == ENOMEM)
        {
            /* the listener stays readable: without a pause this would be a
             * busy loop */

            log_peer(thread->log, "accept(): %s", strerror(errno));
            oldest = net_tcp_oldest(thread->tcp);

            if (oldest == NULL) {
                net_tcp_pause(thread, true);
                return;
            }

            net_connection_close(thread->tcp, oldest);
            continue;
        }

        if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}


/* Always finds one: where all are taken, that which would be closed next. */
static net_connection_t *
net_tcp_place(net_thread_t *thread)
{
    unsigned           i;
    net_tcp_t         *tcp = thread->tcp;
    net_connection_t  *oldest;

    for (i = 0; tcp->used < tcp->size && i < tcp->size; i++) {
        if (tcp->connections[i].event.fd == -1) {
            return &tcp->connections[i];
        }
    }

    oldest = net_tcp_oldest(tcp);
    net_connection_close(tcp, oldest);

    return oldest;
}


/* The scan is as long as the table, but only a full table is scanned. */
static net_connection_t *
net_tcp_oldest(net_tcp_t *tcp)
{
    unsigned           i;
    net_connection_t  *oldest = NULL, *connection;

    for (i = 0; i < tcp->size; i++) {
        connection = &tcp->connections[i];

        if (connection->event.fd != -1
            && (oldest == NULL || connection->deadline < oldest->deadline))
        {
            oldest = connection;
        }
    }

    return oldest;
}


/* While paused the kernel's backlog holds newcomers. */
static void
net_tcp_pause(net_thread_t *thread, bool pause)
{
    unsigned    i;
    net_tcp_t  *tcp = thread->tcp;

    tcp->paused = pause ? net_now() + NET_TCP_PAUSE : 0;

    if (pause && tcp->paused < tcp->next) {
        tcp->next = tcp->paused;
    }

    for (i = 0; i < tcp->n; i++) {
        (void) net_event_set(thread, &tcp->listeners[i].event,
                             pause ? 0 : EPOLLIN);
    }
}


/* The buffers keep what an earlier connection left in them; in_len says that
 * none of it counts. */
static void
net_tcp_open(net_thread_t *thread, const net_listener_t *listener, int fd,
    const struct sockaddr_storage *peer)
{
    net_tcp_t         *tcp = thread->tcp;
    net_connection_t  *connection = net_tcp_place(thread);

    connection->event.handler = net_connection_handler;
    connection->event.fd = fd;
    connection->peer = *peer;
    connection->local = &listener->address;
    connection->waits = EPOLLIN;
    connection->ended = false;
    connection->in_len = 0;
    connection->out_len = 0;
    connection->out_at = 0;
    tcp->used++;
    net_connection_extend(tcp, connection);

    if (!net_event_add(thread, &connection->event, EPOLLIN)) {
        net_connection_close(tcp, connection);
    }
}
