
/*
 * Shared by the net*.c files: a thread and what it waits for.  All of a
 * thread's state is touched by that thread alone, but for the counters, which
 * others read.
 */

#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H


#include "net_policy.h"
#include "net_pulse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>


typedef struct net_thread_s      net_thread_t;
typedef struct net_event_s       net_event_t;
typedef struct net_udp_s         net_udp_t;
typedef struct net_tcp_s         net_tcp_t;
typedef struct net_xdp_s         net_xdp_t;


/* What epoll waits for: the first member of whatever handles it. */
struct net_event_s {
    void   (*handler)(net_thread_t *thread, net_event_t *event,
                      uint32_t events);
    int      fd;
};


typedef enum {
    NET_UDP = STATS_UDP,
    NET_TCP = STATS_TCP,
    NET_TLS = STATS_TLS,
    NET_XDP = STATS_XDP,
    NET_TRANSPORTS               /* their number */
} net_transport_t;


/* Between whom a query and its answer went. */
typedef struct {
    net_transport_t         transport;
    const struct sockaddr  *peer;    /* who asked, also behind a proxy */
    const struct sockaddr  *local;   /* the listener's; where net_tapped(), of
                                        a wildcard the address asked */
    struct timespec         received;    /* where net_tapped() */
    int64_t                 now;     /* net_now() of the batch */
} net_exchange_t;


/* In cache lines of its own: what one counts must not slow the next. */
struct net_thread_s {
    _Alignas(64) pthread_t  id;
    bool                started;
    int                 epoll;
    uint64_t            round;       /* how often epoll was waited for */
    bool                stopped;     /* the loop's own view of stopping */
    _Atomic bool        stopping;
    log_t              *log;
    lookup_t           *lookup;
    const net_policy_t *policy;
    net_policy_box_t    policies;
    net_event_t         wake;
    net_pulse_t         pulse;
    net_udp_t          *udp;
    net_tcp_t          *tcp;
    rate_limit_t       *limit;       /* all threads' */
    stats_t             stats;
    dnstap_t           *dnstap;      /* all threads'; NULL: none */
    sign_t             *sign;        /* the same */
    unsigned            number;      /* of this thread, from 0 */
};


struct net_s {
    log_t          *log;
    rate_limit_t   *limit;
    net_xdp_t      *xdp;             /* NULL: not asked for */
    sign_t         *sign;            /* NULL: no keys */
    unsigned        n;
    net_thread_t    threads[];
};


/* Makes a thread come by; what it is to find was stored before.  Any
 * thread. */
void net_wake(net_thread_t *thread);

/* Milliseconds since some start, for deadlines. */
int64_t net_now(void);

/* Seconds since 1970, for cookies. */
uint32_t net_wall(void);

/* The bytes of a peer's address, for answer_t's client. */
wire_span_t net_client(const struct sockaddr *peer);

/* Adds an event to the thread's epoll, or changes what it waits for. */
bool net_event_add(net_thread_t *thread, net_event_t *event, uint32_t events);
bool net_event_set(net_thread_t *thread, net_event_t *event, uint32_t events);

/*
 * Every answer passes here, whatever it came by, after the snapshot was let go
 * and before it is sent: what limits, counts and reports answers does so in
 * this one place.  It may replace the reply, or take it back (reply_len 0).
 */
void net_settle(net_thread_t *thread, answer_t *answer,
    const net_exchange_t *exchange);

/* Makes a reply short, or takes it back, where its peer has had too many:
 * net_limit.c.  There is a limit, and the transport shows no address. */
void net_limit(net_thread_t *thread, answer_t *answer,
    const net_exchange_t *exchange);

/* The table.  NULL where it cannot be had. */
rate_limit_t *net_limit_create(void);

/* Logs limits that have ended.  One thread, about once a second. */
void net_limit_tell(rate_limit_t *limit, int64_t now, log_t *log);

/* Whether messages go to dnstap: what is for that alone is behind this. */
static inline bool
net_tapped(const net_thread_t *thread)
{
    return thread->dnstap != NULL && thread->policy->tap;
}

/* Notes when a query or a batch of them has come, for dnstap. */
static inline void
net_tap_received(const net_thread_t *thread, net_exchange_t *exchange)
{
    if (net_tapped(thread)) {
        clock_gettime(CLOCK_REALTIME, &exchange->received);
    }
}

/* Gives a query and its response, if there is one, to dnstap. */
void net_tap(net_thread_t *thread, const answer_t *answer,
    const net_exchange_t *exchange);

/* The sockets of a thread and all memory that it will ever use.  NULL where
 * it cannot be had, which is logged. */
net_udp_t *net_udp_create(const net_options_t *options, log_t *log);
void net_udp_destroy(net_udp_t *udp);
bool net_udp_start(net_thread_t *thread);

/* With `places` connections of this thread. */
net_tcp_t *net_tcp_create(const net_options_t *options, unsigned places,
    log_t *log);
void net_tcp_destroy(net_tcp_t *tcp);
bool net_tcp_start(net_thread_t *thread);

/* Closes connections whose time is up; returns when to call again, in ms, -1
 * where none is waited for. */
int net_tcp_expire(net_thread_t *thread);


#endif /* NET_INTERNAL_H */
