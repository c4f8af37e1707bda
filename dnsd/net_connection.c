
/*
 * A TCP connection.
 *
 * It answers in order, one message at a time, and reads nothing while a reply
 * is not yet sent: a client that does not read its replies is held by its own
 * window.  Its deadline moves only when a whole reply has gone out, so neither
 * dripping bytes nor reading slowly holds a place for longer than the idle
 * time.
 *
 * What a peer has sent at once is answered in turns, between which UDP and
 * the other connections have theirs: a few clients that fill a connection with
 * queries would otherwise stop all others.
 */

#include "net_connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


#define NET_TCP_IDLE_BUSY  2000    /* ms, where three quarters are in use */

/* Before others have their turn.  Replies of one turn take some 50 us; with
 * twice as many a crowd of connections delays UDP by twice the time. */
#define NET_TCP_TURN       8

/* Bytes at a time: a turn's queries, and little is left to be moved. */
#define NET_TCP_READ       2048


static bool net_connection_read(net_thread_t *thread,
    net_connection_t *connection, unsigned *turn);
static bool net_connection_serve(net_thread_t *thread,
    net_connection_t *connection, unsigned *turn);
static bool net_connection_answer(net_thread_t *thread,
    net_connection_t *connection, size_t at, size_t len);
static bool net_connection_flush(net_thread_t *thread,
    net_connection_t *connection);
static bool net_connection_wait(net_thread_t *thread,
    net_connection_t *connection, uint32_t events);


void
net_connection_handler(net_thread_t *thread, net_event_t *event,
    uint32_t events)
{
    unsigned           turn = NET_TCP_TURN;
    net_connection_t  *connection = (net_connection_t *) event;

    if (connection->event.fd == -1) {
        return;                     /* closed earlier in this round */
    }

    if ((events & (EPOLLERR | EPOLLHUP))
        || !net_connection_flush(thread, connection)
        || !net_connection_serve(thread, connection, &turn)
        || !net_connection_read(thread, connection, &turn))
    {
        net_connection_close(thread->tcp, connection);
    }
}


/* Reads and answers; false where the connection is at its end. */

static bool
net_connection_read(net_thread_t *thread, net_connection_t *connection,
    unsigned *turn)
{
    size_t   room;
    ssize_t  n;

    /* there is room: with no reply waiting, and some of the turn left, less
     * than one message is there */

    while (*turn > 0 && connection->out_len == 0) {
        room = NET_TCP_MESSAGE - connection->in_len;

        n = recv(connection->event.fd, connection->in + connection->in_len,
                 room < NET_TCP_READ ? room : NET_TCP_READ, 0);

        if (n == -1) {
            return errno == EAGAIN || errno == EINTR;
        }

        /* a client may close its side once it has asked all */

        connection->ended = n == 0;
        connection->in_len += (size_t) n;
        (*turn)--;

        if (!net_connection_serve(thread, connection, turn)) {
            return false;
        }
    }

    return true;
}


/* Answers what is there whole, as long as replies go out and the turn lasts.
 * False where the connection is at its end. */

static bool
net_connection_serve(net_thread_t *thread, net_connection_t *connection,
    unsigned *turn)
{
    bool    alive = true, more = false;
    size_t  at = 0, len;

    while (alive && connection->out_len == 0 && connection->in_len - at >= 2) {
        len = wire_get16(connection->in + at);

        if (connection->in_len - at - 2 < len) {
            break;
        }

        if (*turn == 0) {
            more = true;
            break;
        }

        (*turn)--;
        alive = net_connection_answer(thread, connection, at + 2, len);
        at += 2 + len;
    }

    connection->in_len -= at;
    memmove(connection->in, connection->in + at, connection->in_len);

    /* the socket is writable, so that epoll tells of it in the next round */

    if (more) {
        return net_connection_wait(thread, connection, EPOLLOUT);
    }

    /* with a reply still waiting, there may be more to answer after it */

    return alive && !(connection->ended && connection->out_len == 0);
}


/* One snapshot a message, let go before anything is sent: a peer that reads
 * slowly must not pin the pages that the registrar frees. */
static bool
net_connection_answer(net_thread_t *thread, net_connection_t *connection,
    size_t at, size_t len)
{
    answer_t  answer = {
        .query = connection->in + at,
        .query_len = len,
        .client = net_client((const struct sockaddr *) &connection->peer),
        .reply = connection->out + 2,
        .reply_size = WIRE_MESSAGE_MAX
    };
    answer_context_t  context = {
        .policy = &thread->policy->answer,
        .stream = true,
        .now = net_wall()
    };
    net_exchange_t  exchange = {
        .transport = NET_TCP,
        .peer = (const struct sockaddr *) &connection->peer,
        .local = (const struct sockaddr *) &connection->local->sockaddr,
        .now = net_now()
    };

    (void) lookup_begin(thread->lookup);
    answer_queries(thread->lookup, &context, &answer, 1);
    lookup_end(thread->lookup);

    net_settle(thread, &answer, &exchange);

    /* a peer that sends what is not a query is no client */

    if (answer.reply_len == 0) {
        return false;
    }

    connection->out[0] = (uint8_t) (answer.reply_len >> 8);
    connection->out[1] = (uint8_t) answer.reply_len;
    connection->out_at = 0;
    connection->out_len = answer.reply_len + 2;

    return net_connection_flush(thread, connection);
}


/* Sends what can be sent now; false where the connection is broken. */
static bool
net_connection_flush(net_thread_t *thread, net_connection_t *connection)
{
    ssize_t  n;

    while (connection->out_at < connection->out_len) {
        n = send(connection->event.fd, connection->out + connection->out_at,
                 connection->out_len - connection->out_at, MSG_NOSIGNAL);

        if (n > 0) {
            connection->out_at += (size_t) n;

        } else if (errno == EAGAIN) {
            return net_connection_wait(thread, connection, EPOLLOUT);

        } else if (errno != EINTR) {
            return false;
        }
    }

    if (connection->out_len != 0) {
        connection->out_len = 0;
        connection->out_at = 0;
        net_connection_extend(thread->tcp, connection);
    }

    return net_connection_wait(thread, connection, EPOLLIN);
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


/* A crowded table serves those who ask, not those who stay. */
void
net_connection_extend(net_tcp_t *tcp, net_connection_t *connection)
{
    connection->deadline = net_now()
                           + (tcp->used > tcp->size / 4 * 3
                              ? NET_TCP_IDLE_BUSY : NET_TCP_TIME);

    if (connection->deadline < tcp->next) {
        tcp->next = connection->deadline;
    }
}


void
net_connection_close(net_tcp_t *tcp, net_connection_t *connection)
{
    close(connection->event.fd);
    connection->event.fd = -1;
    tcp->used--;
}
