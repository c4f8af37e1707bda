
/*
 * A TCP connection, and the table that it stands in.  Touched by its thread
 * alone.
 */

#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H


#include "net_internal.h"


#define NET_TCP_TIME     10000     /* ms; RFC 7766 6.2.3: a few seconds */
#define NET_TCP_MESSAGE  (2 + WIRE_MESSAGE_MAX)


typedef struct {
    net_event_t    event;
    net_address_t  address;
} net_listener_t;


typedef struct {
    net_event_t              event;      /* fd -1: free */
    struct sockaddr_storage  peer;
    const net_address_t     *local;      /* the listener's */
    uint32_t                 waits;      /* what epoll was told */
    int64_t                  deadline;   /* ms */
    bool                     ended;      /* the peer sends no more */
    size_t                   in_len;
    size_t                   out_at;     /* sent so far */
    size_t                   out_len;    /* 0: nothing to send */
    uint8_t                 *in;         /* NET_TCP_MESSAGE each */
    uint8_t                 *out;
} net_connection_t;


struct net_tcp_s {
    int64_t             paused;      /* until when nothing is accepted, or 0 */
    int64_t             next;        /* no deadline is earlier */
    unsigned            used;
    unsigned            size;
    net_connection_t   *connections;
    uint8_t            *buffers;
    unsigned            n;
    net_listener_t      listeners[];
};


/* Called by epoll's loop: answers what has come, sends what can be sent. */
void net_connection_handler(net_thread_t *thread, net_event_t *event,
    uint32_t events);

/* Moves the deadline to a whole idle time from now. */
void net_connection_extend(net_tcp_t *tcp, net_connection_t *connection);

/* Frees the connection's place. */
void net_connection_close(net_tcp_t *tcp, net_connection_t *connection);


#endif /* NET_CONNECTION_H */
