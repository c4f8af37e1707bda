
/*
 * TCP (RFC 7766).  A thread's connections live in a table that is made at
 * start; its pages are touched only as far as peers use them.
 *
 * A connection answers in order, one message at a time, and reads nothing
 * while a reply is not yet sent: a client that does not read its replies is
 * held by its own window.  Its deadline moves only when a whole reply has
 * gone out, so neither dripping bytes nor reading slowly holds a place for
 * longer than the idle time.  A full table gives the place of the connection
 * that is nearest to its deadline to the newcomer.
 */

#include "net_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


#define NET_TCP_IDLE        10000  /* ms; RFC 7766 6.2.3: a few seconds */
#define NET_TCP_IDLE_BUSY   2000   /* where three quarters are in use */
#define NET_TCP_PAUSE       1000   /* ms without accepting: no descriptors */
#define NET_TCP_ACCEPTS     16     /* before others have their turn */
#define NET_TCP_READS       4
#define NET_TCP_MESSAGE     (2 + WIRE_MESSAGE_MAX)


typedef struct {
    net_event_t   event;             /* fd -1: free */
    uint32_t      waits;             /* what epoll was told */
    int64_t       deadline;          /* ms */
    bool          ended;             /* the peer sends no more */
    size_t        in_len;
    size_t        out_at;            /* sent so far */
    size_t        out_len;           /* 0: nothing to send */
    uint8_t      *in;                /* NET_TCP_MESSAGE each */
    uint8_t      *out;
} net_connection_t;


struct net_tcp_s {
    int64_t             paused;      /* until when nothing is accepted, or 0 */
    int64_t             next;        /* no deadline is earlier */
    unsigned            used;
    unsigned            size;
    net_connection_t   *connections;
    uint8_t            *buffers;
    unsigned            n;
    net_event_t         listeners[];
};


static void net_tcp_expire_at(net_thread_t *thread, int64_t now);
static void net_tcp_accept(net_thread_t *thread, net_event_t *event,
    uint32_t events);
static void net_tcp_handler(net_thread_t *thread, net_event_t *event,
    uint32_t events);
static bool net_tcp_read(net_thread_t *thread, net_connection_t *connection);
static net_connection_t *net_tcp_place(net_thread_t *thread);
static net_connection_t *net_tcp_oldest(net_tcp_t *tcp);
static void net_tcp_pause(net_thread_t *thread, bool pause);
static void net_tcp_open(net_thread_t *thread, int fd);
static void net_tcp_close(net_tcp_t *tcp, net_connection_t *connection);
static bool net_tcp_serve(net_thread_t *thread, net_connection_t *connection);
static bool net_tcp_answer(net_thread_t *thread, net_connection_t *connection,
    size_t at, size_t len);
static bool net_tcp_flush(net_thread_t *thread, net_connection_t *connection);
static bool net_tcp_wait(net_thread_t *thread, net_connection_t *connection,
    uint32_t events);
static void net_tcp_deadline(net_tcp_t *tcp, net_connection_t *connection);


/* calloc gives large tables as untouched pages: 256 connections cost their
 * memory only once somebody fills them. */

net_tcp_t *
net_tcp_create(const net_options_t *options, unsigned connections, log_t *log)
{
    net_tcp_t  *tcp;

    tcp = calloc(1, sizeof(*tcp)
                    + options->naddresses * sizeof(net_event_t));

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

    for (unsigned i = 0; i < connections; i++) {
        tcp->connections[i].event.fd = -1;
        tcp->connections[i].in = tcp->buffers
                                 + (size_t) i * 2 * NET_TCP_MESSAGE;
        tcp->connections[i].out = tcp->connections[i].in + NET_TCP_MESSAGE;
    }

    for (unsigned i = 0; i < options->naddresses; i++) {
        tcp->listeners[i].handler = net_tcp_accept;
        tcp->listeners[i].fd = net_address_open(&options->addresses[i],
                                                SOCK_STREAM, log);

        if (tcp->listeners[i].fd == -1) {
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
    if (tcp == NULL) {
        return;
    }

    for (unsigned i = 0; i < tcp->size; i++) {
        if (tcp->connections[i].event.fd != -1) {
            net_tcp_close(tcp, &tcp->connections[i]);
        }
    }

    for (unsigned i = 0; i < tcp->n; i++) {
        close(tcp->listeners[i].fd);
    }

    free(tcp->buffers);
    free(tcp->connections);
    free(tcp);
}


bool
net_tcp_start(net_thread_t *thread)
{
    for (unsigned i = 0; i < thread->tcp->n; i++) {
        if (!net_event_add(thread, &thread->tcp->listeners[i], EPOLLIN)) {
            return false;
        }
    }

    return true;
}


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


static void
net_tcp_expire_at(net_thread_t *thread, int64_t now)
{
    net_tcp_t         *tcp = thread->tcp;
    net_connection_t  *connection;

    if (tcp->paused != 0 && tcp->paused <= now) {
        net_tcp_pause(thread, false);
    }

    tcp->next = tcp->paused != 0 ? tcp->paused : now + NET_TCP_IDLE;

    for (unsigned i = 0; i < tcp->size; i++) {
        connection = &tcp->connections[i];

        if (connection->event.fd == -1) {
            continue;
        }

        if (connection->deadline <= now) {
            net_tcp_close(tcp, connection);

        } else if (connection->deadline < tcp->next) {
            tcp->next = connection->deadline;
        }
    }
}


static void
net_tcp_accept(net_thread_t *thread, net_event_t *event, uint32_t events)
{
    int                fd;
    net_connection_t  *oldest;

    (void) events;

    for (unsigned i = 0; i < NET_TCP_ACCEPTS; i++) {
        fd = accept4(event->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd != -1) {
            net_tcp_open(thread, fd);
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

            net_tcp_close(thread->tcp, oldest);
            continue;
        }

        if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}


static void
net_tcp_handler(net_thread_t *thread, net_event_t *event, uint32_t events)
{
    net_connection_t  *connection = (net_connection_t *) event;

    if (connection->event.fd == -1) {
        return;                     /* closed earlier in this round */
    }

    if ((events & (EPOLLERR | EPOLLHUP))
        || !net_tcp_flush(thread, connection)
        || !net_tcp_serve(thread, connection)
        || !net_tcp_read(thread, connection))
    {
        net_tcp_close(thread->tcp, connection);
    }
}


/* Reads and answers; false where the connection is at its end. */

static bool
net_tcp_read(net_thread_t *thread, net_connection_t *connection)
{
    ssize_t  n;

    /* there is room: with no reply waiting, less than one message is left */

    for (unsigned i = 0; i < NET_TCP_READS && connection->out_len == 0; i++) {
        n = recv(connection->event.fd, connection->in + connection->in_len,
                 NET_TCP_MESSAGE - connection->in_len, 0);

        if (n == -1) {
            return errno == EAGAIN || errno == EINTR;
        }

        /* a client may close its side once it has asked all */

        connection->ended = n == 0;
        connection->in_len += (size_t) n;

        if (!net_tcp_serve(thread, connection)) {
            return false;
        }
    }

    return true;
}


/* Always finds one: where all are taken, that which would be closed next. */

static net_connection_t *
net_tcp_place(net_thread_t *thread)
{
    net_tcp_t         *tcp = thread->tcp;
    net_connection_t  *oldest;

    for (unsigned i = 0; tcp->used < tcp->size && i < tcp->size; i++) {
        if (tcp->connections[i].event.fd == -1) {
            return &tcp->connections[i];
        }
    }

    oldest = net_tcp_oldest(tcp);
    net_tcp_close(tcp, oldest);

    return oldest;
}


/* The scan is as long as the table, but only a full table is scanned. */

static net_connection_t *
net_tcp_oldest(net_tcp_t *tcp)
{
    net_connection_t  *oldest = NULL, *connection;

    for (unsigned i = 0; i < tcp->size; i++) {
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
    net_tcp_t  *tcp = thread->tcp;

    tcp->paused = pause ? net_now() + NET_TCP_PAUSE : 0;

    if (pause && tcp->paused < tcp->next) {
        tcp->next = tcp->paused;
    }

    for (unsigned i = 0; i < tcp->n; i++) {
        (void) net_event_set(thread, &tcp->listeners[i], pause ? 0 : EPOLLIN);
    }
}


static void
net_tcp_open(net_thread_t *thread, int fd)
{
    net_tcp_t         *tcp = thread->tcp;
    net_connection_t  *connection = net_tcp_place(thread);

    connection->event.handler = net_tcp_handler;
    connection->event.fd = fd;
    connection->waits = EPOLLIN;
    connection->ended = false;
    connection->in_len = 0;
    connection->out_len = 0;
    connection->out_at = 0;
    tcp->used++;
    net_tcp_deadline(tcp, connection);

    if (!net_event_add(thread, &connection->event, EPOLLIN)) {
        net_tcp_close(tcp, connection);
    }
}


static void
net_tcp_close(net_tcp_t *tcp, net_connection_t *connection)
{
    close(connection->event.fd);
    connection->event.fd = -1;
    tcp->used--;
}


/* Answers what is there whole, as long as replies go out.  False where the
 * connection is at its end. */

static bool
net_tcp_serve(net_thread_t *thread, net_connection_t *connection)
{
    bool    alive = true;
    size_t  at = 0, len;

    while (alive && connection->out_len == 0 && connection->in_len - at >= 2) {
        len = wire_get16(connection->in + at);

        if (connection->in_len - at - 2 < len) {
            break;
        }

        alive = net_tcp_answer(thread, connection, at + 2, len);
        at += 2 + len;
    }

    connection->in_len -= at;
    memmove(connection->in, connection->in + at, connection->in_len);

    /* with a reply still waiting, there may be more to answer after it */

    return alive && !(connection->ended && connection->out_len == 0);
}


/* One snapshot a message, let go before anything is sent: a peer that reads
 * slowly must not pin the pages that the registrar frees. */

static bool
net_tcp_answer(net_thread_t *thread, net_connection_t *connection, size_t at,
    size_t len)
{
    answer_t  answer = {
        .query = connection->in + at,
        .query_len = len,
        .reply = connection->out + 2,
        .reply_size = WIRE_MESSAGE_MAX,
        .udp_size = thread->udp_size,
        .stream = true
    };

    (void) lookup_begin(thread->lookup);
    answer_queries(thread->lookup, &answer, 1);
    lookup_end(thread->lookup);

    net_count(thread, answer.outcome);

    /* a peer that sends what is not a query is no client */

    if (answer.reply_len == 0) {
        return false;
    }

    connection->out[0] = (uint8_t) (answer.reply_len >> 8);
    connection->out[1] = (uint8_t) answer.reply_len;
    connection->out_at = 0;
    connection->out_len = answer.reply_len + 2;

    return net_tcp_flush(thread, connection);
}


/* Sends what can be sent now; false where the connection is broken. */

static bool
net_tcp_flush(net_thread_t *thread, net_connection_t *connection)
{
    ssize_t  n;

    while (connection->out_at < connection->out_len) {
        n = send(connection->event.fd, connection->out + connection->out_at,
                 connection->out_len - connection->out_at, MSG_NOSIGNAL);

        if (n > 0) {
            connection->out_at += (size_t) n;

        } else if (errno == EAGAIN) {
            return net_tcp_wait(thread, connection, EPOLLOUT);

        } else if (errno != EINTR) {
            return false;
        }
    }

    if (connection->out_len != 0) {
        connection->out_len = 0;
        connection->out_at = 0;
        net_tcp_deadline(thread->tcp, connection);
    }

    return net_tcp_wait(thread, connection, EPOLLIN);
}


/* One direction at a time; a system call only where it changes. */

static bool
net_tcp_wait(net_thread_t *thread, net_connection_t *connection,
    uint32_t events)
{
    if (connection->waits == events) {
        return true;
    }

    connection->waits = events;

    return net_event_set(thread, &connection->event, events);
}


/* A crowded table serves those who ask, not those who stay. */

static void
net_tcp_deadline(net_tcp_t *tcp, net_connection_t *connection)
{
    connection->deadline = net_now()
                           + (tcp->used > tcp->size / 4 * 3
                              ? NET_TCP_IDLE_BUSY : NET_TCP_IDLE);

    if (connection->deadline < tcp->next) {
        tcp->next = connection->deadline;
    }
}
