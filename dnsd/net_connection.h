
/*
 * A TCP connection, and what the connections of a thread share.  Touched by
 * its thread alone.
 */

#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H


#include "net_crowd.h"
#include "net_endpoint.h"
#include "net_internal.h"
#include "net_pool.h"


#define NET_TCP_MESSAGE   (2 + WIRE_MESSAGE_MAX)

/* What a connection may keep from one event to the next without one of the
 * large buffers: a query as resolvers send it, and most replies of which a
 * part could not be sent. */
#define NET_TCP_FRAGMENT  512


typedef struct {
    net_event_t    event;
    net_address_t  address;
    bool           proxied;              /* each connection has a header */
} net_listener_t;


/* Some 200 bytes; what it keeps lies elsewhere, in memory that an idle one
 * never touches. */
typedef struct net_connection_s  net_connection_t;

struct net_connection_s {
    net_event_t            event;        /* fd -1: closed */
    uint64_t               born;         /* the thread's round then */
    net_member_t           member;
    net_endpoint_t         peer;         /* the client, also behind a proxy */
    net_endpoint_t         local;        /* AF_UNSPEC: nobody has asked */
    const net_listener_t  *listener;
    net_connection_t      *next;         /* unused */
    net_transport_t        transport;
    uint32_t               waits;        /* what epoll was told */
    bool                   greeted;      /* no proxy's header is awaited */
    bool                   ended;        /* the peer sends no more */
    uint32_t               in_len;
    uint32_t               out_at;       /* sent so far */
    uint32_t               out_len;      /* 0: nothing to send */
    net_block_t           *in_block;     /* holds one unit, or a part of it */
    net_block_t           *out_block;
};


struct net_tcp_s {
    int64_t             paused;      /* until when nothing is accepted, or 0 */
    unsigned            share;       /* one in so many: of limits of all */
    unsigned            size;        /* places */
    unsigned            touched;     /* of them, ever used */
    net_crowd_t        *crowd;
    net_pool_t         *pool;
    net_connection_t   *places;
    net_connection_t   *unused;
    uint8_t            *kept;        /* of each place, in and out */
    uint8_t            *out;         /* where replies are written */
    unsigned            n;
    uint8_t             in[NET_TCP_FRAGMENT];
    net_listener_t      listeners[];
};


/* Called by epoll's loop: answers what has come, sends what can be sent. */
void net_connection_handler(net_thread_t *thread, net_event_t *event,
    uint32_t events);

/* Closes it and counts why: STATS_TCP_CLOSED where its own end has come. */
void net_connection_close(net_thread_t *thread, net_connection_t *connection,
    stats_event_t why);

/* Where a connection keeps what has come; NET_TCP_FRAGMENT further, what is
 * still to be sent. */
uint8_t *net_connection_kept(const net_tcp_t *tcp,
    const net_connection_t *connection);

/* Answers one message.  The reply has gone out, or the rest of it is kept;
 * false where the connection is at its end. */
bool net_connection_answer(net_thread_t *thread, net_connection_t *connection,
    const uint8_t *query, size_t len);

/* Sends what was kept, as far as the peer takes it; false where the
 * connection is broken. */
bool net_connection_flush(net_thread_t *thread, net_connection_t *connection);


/* How long a connection may be idle now, in ms: less where places are few. */
int64_t net_tcp_idle(const net_thread_t *thread);

/* Makes room for one more of the address: where it has as many as it may have,
 * its oldest goes. */
void net_tcp_limit(net_thread_t *thread, const struct sockaddr *address);

/* A large buffer; where all are taken, the connection that has held one the
 * longest is closed.  NULL where that would be the connection itself. */
net_block_t *net_tcp_block(net_thread_t *thread,
    net_connection_t *connection);


#endif /* NET_CONNECTION_H */
