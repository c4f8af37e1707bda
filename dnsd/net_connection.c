
/*
 * A TCP connection.
 *
 * It answers in order, one message at a time, and reads nothing while a reply
 * is not yet sent: a client that does not read its replies is held by its own
 * window.  Its time begins anew only when a whole reply has gone out, so
 * neither dripping bytes nor reading slowly holds a place for longer than the
 * idle time.
 *
 * What a peer has sent at once is answered in turns, between which UDP and
 * the other connections have theirs: a few clients that fill a connection with
 * queries would otherwise stop all others.
 *
 * Between two events a connection keeps what has come of a unit (a message, or
 * the header of a proxy) and what could not be sent of a reply; most keep
 * nothing.  Only a unit that is larger than a query gets a large buffer, for
 * itself alone.
 */

#include "net_connection.h"
#include "net_proxy.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


/* Before others have their turn.  Replies of one turn take some 50 us; with
 * twice as many a crowd of connections delays UDP by twice the time. */
#define NET_TCP_TURN  8


static bool net_connection_turn(net_thread_t *thread,
    net_connection_t *connection);
static bool net_connection_read(net_thread_t *thread,
    net_connection_t *connection, unsigned *turn);
static bool net_connection_room(net_thread_t *thread,
    net_connection_t *connection, size_t *room);
static size_t net_connection_wanted(const net_tcp_t *tcp,
    const net_connection_t *connection);
static bool net_connection_serve(net_thread_t *thread,
    net_connection_t *connection, unsigned *turn);
static void net_connection_consume(net_tcp_t *tcp,
    net_connection_t *connection, size_t n);
static bool net_connection_greet(net_thread_t *thread,
    net_connection_t *connection);
static bool net_connection_wait(net_thread_t *thread,
    net_connection_t *connection, uint32_t events);
static uint8_t *net_connection_in(net_tcp_t *tcp,
    const net_connection_t *connection);


/* An event may be older than the connection: of one that was closed in this
 * round, in whose place this one stands. */
void
net_connection_handler(net_thread_t *thread, net_event_t *event,
    uint32_t events)
{
    net_connection_t  *connection = (net_connection_t *) event;

    if (event->fd == -1 || connection->born == thread->round) {
        return;
    }

    if ((events & (EPOLLERR | EPOLLHUP))
        || !net_connection_turn(thread, connection))
    {
        net_connection_close(thread, connection, STATS_TCP_CLOSED);
    }
}


/* A peer that would not take its replies in time gets a reset, and the kernel
 * its memory back. */
void
net_connection_close(net_thread_t *thread, net_connection_t *connection,
    stats_event_t why)
{
    net_tcp_t      *tcp = thread->tcp;
    struct linger   reset = { .l_onoff = 1 };

    stats_event(&thread->stats, STATS_TCP_CLOSED);

    if (why != STATS_TCP_CLOSED) {
        stats_event(&thread->stats, why);
    }

    if (connection->out_len != 0) {
        (void) setsockopt(connection->event.fd, SOL_SOCKET, SO_LINGER, &reset,
                          sizeof(reset));
    }

    close(connection->event.fd);
    connection->event.fd = -1;

    if (connection->in_block != NULL) {
        net_pool_give(tcp->pool, connection->in_block);
    }

    if (connection->out_block != NULL) {
        net_pool_give(tcp->pool, connection->out_block);
    }

    net_crowd_leave(tcp->crowd, &connection->member);

    connection->next = tcp->unused;
    tcp->unused = connection;
}


uint8_t *
net_connection_kept(const net_tcp_t *tcp, const net_connection_t *connection)
{
    return tcp->kept + (size_t) (connection - tcp->places)
                       * 2 * NET_TCP_FRAGMENT;
}


/* False where the connection is at its end. */
static bool
net_connection_turn(net_thread_t *thread, net_connection_t *connection)
{
    size_t      wanted;
    unsigned    turn = NET_TCP_TURN;
    uint32_t    events = EPOLLIN;
    uint8_t    *kept = net_connection_kept(thread->tcp, connection);
    net_tcp_t  *tcp = thread->tcp;

    if (connection->in_block == NULL && connection->in_len != 0) {
        memcpy(tcp->in, kept, connection->in_len);
    }

    if (!net_connection_flush(thread, connection)
        || !net_connection_serve(thread, connection, &turn)
        || !net_connection_read(thread, connection, &turn))
    {
        return false;
    }

    wanted = net_connection_wanted(tcp, connection);

    if (connection->out_len != 0) {
        events = EPOLLOUT;

    } else if (wanted != 0 && wanted <= connection->in_len) {

        /* more to answer: the socket is writable, so that epoll tells of it in
         * the next round */

        events = EPOLLOUT;

    } else if (connection->ended) {
        return false;
    }

    if (connection->in_block == NULL && connection->in_len != 0) {
        memcpy(kept, tcp->in, connection->in_len);
    }

    return net_connection_wait(thread, connection, events);
}


/* Reads and answers, until nothing more is there or the turn is over. */
static bool
net_connection_read(net_thread_t *thread, net_connection_t *connection,
    unsigned *turn)
{
    size_t   room;
    ssize_t  n;

    /* there is room: with no reply waiting, and some of the turn left, less
     * than one unit is there */

    while (*turn > 0 && connection->out_len == 0 && !connection->ended) {
        if (!net_connection_room(thread, connection, &room)) {
            return false;
        }

        n = recv(connection->event.fd,
                 net_connection_in(thread->tcp, connection)
                 + connection->in_len, room, 0);

        if (n == -1) {
            return errno == EAGAIN || errno == EINTR;
        }

        /* a client may close its side once it has asked all */

        connection->ended = n == 0;
        connection->in_len += (uint32_t) n;
        (*turn)--;

        if (!net_connection_serve(thread, connection, turn)) {
            return false;
        }

        if ((size_t) n < room) {
            return true;
        }
    }

    return true;
}


/* Where to read to: never beyond a unit that has a buffer for itself. */
static bool
net_connection_room(net_thread_t *thread, net_connection_t *connection,
    size_t *room)
{
    size_t  wanted = net_connection_wanted(thread->tcp, connection);

    if (wanted > NET_TCP_FRAGMENT && connection->in_block == NULL) {
        connection->in_block = net_tcp_block(thread, connection);

        if (connection->in_block == NULL) {
            return false;
        }

        memcpy(connection->in_block->bytes, thread->tcp->in,
               connection->in_len);
    }

    *room = (connection->in_block != NULL ? wanted : NET_TCP_FRAGMENT)
            - connection->in_len;

    return true;
}


/* The length of the unit that begins here; 0 where it is not known yet. */
static size_t
net_connection_wanted(const net_tcp_t *tcp, const net_connection_t *connection)
{
    const uint8_t       *in = net_connection_in((net_tcp_t *) tcp, connection);
    net_proxy_header_t   header;

    if (!connection->greeted) {
        (void) net_proxy_parse(in, connection->in_len, &header);
        return header.len;
    }

    return connection->in_len < 2 ? 0 : 2 + (size_t) wire_get16(in);
}


/* Answers what is there whole, as long as replies go out and the turn lasts.
 * False where the connection is at its end. */
static bool
net_connection_serve(net_thread_t *thread, net_connection_t *connection,
    unsigned *turn)
{
    bool            alive = true;
    size_t          at = 0, len;
    const uint8_t  *in;

    if (!connection->greeted && !net_connection_greet(thread, connection)) {
        return false;
    }

    in = net_connection_in(thread->tcp, connection);

    while (connection->greeted && alive && *turn > 0
           && connection->out_len == 0 && connection->in_len - at >= 2)
    {
        len = wire_get16(in + at);

        if (connection->in_len - at - 2 < len) {
            break;
        }

        (*turn)--;
        alive = net_connection_answer(thread, connection, in + at + 2, len);
        at += 2 + len;
    }

    net_connection_consume(thread->tcp, connection, at);

    return alive;
}


/* A unit with a buffer for itself is consumed whole. */
static void
net_connection_consume(net_tcp_t *tcp, net_connection_t *connection, size_t n)
{
    if (n == 0) {
        return;
    }

    connection->in_len -= (uint32_t) n;

    if (connection->in_block != NULL) {
        net_pool_give(tcp->pool, connection->in_block);
        connection->in_block = NULL;

    } else {
        memmove(tcp->in, tcp->in + n, connection->in_len);
    }
}


/* From now on the client is who the proxy says, for limits too.  True also
 * where the header is not all there. */
static bool
net_connection_greet(net_thread_t *thread, net_connection_t *connection)
{
    net_tcp_t           *tcp = thread->tcp;
    net_member_t        *member = &connection->member;
    net_proxy_header_t   header;
    net_proxy_result_t   result;

    result = net_proxy_parse(net_connection_in(tcp, connection),
                             connection->in_len, &header);

    if (result == NET_PROXY_MORE) {
        return true;
    }

    if (result == NET_PROXY_BAD) {
        stats_event(&thread->stats, STATS_PROXY_MALFORMED);
        log_peer(thread->log, "%s: no good header of the PROXY protocol: "
                 "closed",
                 connection->listener->address.text);
        return false;
    }

    net_connection_consume(tcp, connection, header.len);
    connection->greeted = true;
    connection->transport = header.plain ? NET_TCP : NET_TLS;

    if (!header.local) {
        connection->peer = header.source;
        net_crowd_leave(tcp->crowd, member);
        net_tcp_limit(thread, &header.source.any);
        net_crowd_join(tcp->crowd, member, &header.source.any, net_now());
    }

    return true;
}


/* One direction at a time; a system call only where it changes. */
static bool
net_connection_wait(net_thread_t *thread, net_connection_t *connection,
    uint32_t events)
{
    if (connection->waits == events) {
        return true;
    }

    connection->waits = events;

    return net_event_set(thread, &connection->event, events);
}


/* Where its bytes are during an event. */
static uint8_t *
net_connection_in(net_tcp_t *tcp, const net_connection_t *connection)
{
    return connection->in_block != NULL ? connection->in_block->bytes
                                        : tcp->in;
}
