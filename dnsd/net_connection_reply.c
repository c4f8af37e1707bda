
/*
 * What a TCP connection is answered.  A reply is written where all
 * connections of the thread write theirs, and goes out at once; what the peer
 * does not take is kept, in a large buffer only where it is large.
 */

#include "net_connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>


static const struct sockaddr *net_connection_local(
    const net_thread_t *thread, net_connection_t *connection);
static bool net_connection_send(net_thread_t *thread,
    net_connection_t *connection, const uint8_t *bytes, size_t len,
    size_t *sent);
static bool net_connection_keep(net_thread_t *thread,
    net_connection_t *connection, const uint8_t *bytes, size_t len);


/* One snapshot a message, let go before anything is sent: a peer that reads
 * slowly must not pin the pages that the registrar frees. */
bool
net_connection_answer(net_thread_t *thread, net_connection_t *connection,
    const uint8_t *query, size_t len)
{
    size_t     sent;
    int64_t    received = stats_received(&thread->stats);
    uint8_t   *out = thread->tcp->out;
    answer_t   answer = {
        .query = query,
        .query_len = len,
        .client = net_client(&connection->peer.any),
        .reply = out + 2,
        .reply_size = WIRE_MESSAGE_MAX
    };
    answer_context_t  context = {
        .policy = &thread->policy->answer,
        .stream = true,
        .keepalive = (uint16_t) (net_tcp_idle(thread) / 100),
        .padded = connection->transport == NET_TLS,
        .now = net_wall(),
        .sign = thread->sign
    };
    net_exchange_t  exchange = {
        .transport = connection->transport,
        .peer = &connection->peer.any,
        .local = net_connection_local(thread, connection),
        .now = net_now()
    };

    net_tap_received(thread, &exchange);

    (void) lookup_begin(thread->lookup);
    answer_queries(thread->lookup, &context, &answer, 1);
    lookup_end(thread->lookup);

    net_settle(thread, &answer, &exchange);

    /* a peer that sends what is not a query is no client */

    if (answer.reply_len == 0) {
        return false;
    }

    out[0] = (uint8_t) (answer.reply_len >> 8);
    out[1] = (uint8_t) answer.reply_len;
    len = answer.reply_len + 2;

    if (!net_connection_send(thread, connection, out, len, &sent)) {
        return false;
    }

    stats_sent(&thread->stats, received, 1);

    return sent == len || net_connection_keep(thread, connection, out + sent,
                                              len - sent);
}


/* Of a wildcard listener the address that was connected to: found out once, and
 * only where dnstap is to hear of it. */
static const struct sockaddr *
net_connection_local(const net_thread_t *thread, net_connection_t *connection)
{
    socklen_t             len = sizeof(connection->local);
    const net_address_t  *listener = &connection->listener->address;

    if (!listener->wildcard || !net_tapped(thread)) {
        return (const struct sockaddr *) &listener->sockaddr;
    }

    if (connection->local.any.sa_family == AF_UNSPEC
        && getsockname(connection->event.fd, &connection->local.any, &len)
           == -1)
    {
        connection->local.any.sa_family = AF_UNSPEC;
        return (const struct sockaddr *) &listener->sockaddr;
    }

    return &connection->local.any;
}


/* Sends what can be sent now; false where the connection is broken. */
static bool
net_connection_send(net_thread_t *thread, net_connection_t *connection,
    const uint8_t *bytes, size_t len, size_t *sent)
{
    ssize_t  n;

    *sent = 0;

    while (*sent < len) {
        n = send(connection->event.fd, bytes + *sent, len - *sent,
                 MSG_NOSIGNAL);

        if (n > 0) {
            *sent += (size_t) n;

        } else if (errno == EAGAIN) {
            return true;

        } else if (errno != EINTR) {
            return false;
        }
    }

    net_crowd_touch(thread->tcp->crowd, &connection->member, net_now());

    return true;
}


/* The rest of a reply, for when the peer has read. */
static bool
net_connection_keep(net_thread_t *thread, net_connection_t *connection,
    const uint8_t *bytes, size_t len)
{
    uint8_t  *kept = net_connection_kept(thread->tcp, connection)
                     + NET_TCP_FRAGMENT;

    if (len > NET_TCP_FRAGMENT) {
        connection->out_block = net_tcp_block(thread, connection);

        if (connection->out_block == NULL) {
            return false;
        }

        kept = connection->out_block->bytes;
    }

    memcpy(kept, bytes, len);
    connection->out_at = 0;
    connection->out_len = (uint32_t) len;

    return true;
}


/* What was kept, if anything; false where the connection is broken. */
bool
net_connection_flush(net_thread_t *thread, net_connection_t *connection)
{
    size_t          sent;
    const uint8_t  *kept;

    if (connection->out_len == 0) {
        return true;
    }

    kept = connection->out_block != NULL ? connection->out_block->bytes
           : net_connection_kept(thread->tcp, connection) + NET_TCP_FRAGMENT;

    if (!net_connection_send(thread, connection, kept + connection->out_at,
                             connection->out_len - connection->out_at, &sent))
    {
        return false;
    }

    connection->out_at += (uint32_t) sent;

    if (connection->out_at < connection->out_len) {
        return true;
    }

    connection->out_len = 0;

    if (connection->out_block != NULL) {
        net_pool_give(thread->tcp->pool, connection->out_block);
        connection->out_block = NULL;
    }

    return true;
}
