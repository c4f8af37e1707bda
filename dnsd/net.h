
/*
 * The network: threads, each with its own sockets, one reader of the store,
 * and nothing shared with the others.
 */

#ifndef NET_H
#define NET_H


#include "answer.h"
#include "dnstap.h"
#include "log.h"
#include "lookup.h"
#include "net_handed.h"
#include "net_prefix.h"
#include "rate_limit.h"
#include "sign.h"
#include "stats.h"

#include <net/if.h>


#define NET_THREADS_MAX    64
#define NET_ADDRESSES_MAX  32
#define NET_UDP_SIZE_MAX   4096
#define NET_PROXIES_MAX    32
#define NET_EXEMPT_MAX     32
#define NET_XDP_MAX        16

/* What tcp-idle may be: seconds; longer than 65535 tenths cannot be told to a
 * client (RFC 7828). */
#define NET_TCP_IDLE       10
#define NET_TCP_IDLE_MAX   3600

/* The most that tcp-connections takes: a number that no descriptor table
 * exceeds. */
#define NET_TCP_CONNECTIONS_MAX  1000000


typedef struct net_s  net_t;


/* The name of a network interface, ended with NUL. */
typedef struct {
    char                  name[IFNAMSIZ];
} net_interface_t;


/* What is fixed from the start. */
typedef struct {
    const net_address_t  *addresses;
    unsigned              naddresses;
    const net_address_t  *proxy_addresses;  /* behind a proxy, TCP alone */
    unsigned              nproxy_addresses;
    const net_interface_t *xdp;             /* whose UDP goes by AF_XDP */
    unsigned              nxdp;
    unsigned              nthreads;
    dnstap_t             *dnstap;           /* outlives the threads; or NULL */
    sign_t               *sign;             /* the same */
    unsigned              tcp_connections;  /* all threads'; 0: a default */
    net_handed_t         *handed;           /* sockets bound already; NULL */
} net_options_t;


typedef struct {
    unsigned              idle;             /* s, where nothing presses */
    unsigned              per_address;      /* connections; 0: a default */
    unsigned              nproxies;
    net_prefix_t          proxies[NET_PROXIES_MAX];   /* that are believed */
} net_tcp_policy_t;


typedef struct {
    rate_limit_policy_t   rate;
    unsigned              nexempt;
    net_prefix_t          exempt[NET_EXEMPT_MAX];
} net_limit_policy_t;


/* What may be changed while the threads run: each works with one policy, the
 * same for all, and takes up a new one between two events. */
typedef struct {
    bool                  tap;              /* dnstap has messages */
    answer_policy_t       answer;
    net_tcp_policy_t      tcp;
    net_limit_policy_t    limit;
    sign_rates_t          sign;
} net_policy_t;


/* Binds every socket; may need root.  NULL where one cannot be had, which is
 * logged.  Both structures are copied as far as they are needed. */
net_t *net_create(const net_options_t *options, const net_policy_t *policy,
    log_t *log);

/* Starts the threads.  False where one cannot be started, which is logged. */
bool net_start(net_t *net, lookup_source_t *source);

/* From now on each thread works with a copy of this, as soon as it has ended
 * what it is at; nobody waits.  False where there is no memory: then nothing
 * has changed. */
bool net_set_policy(net_t *net, const net_policy_t *policy);

/*
 * Asks each thread to answer a question of our own, unless the last one is
 * still unanswered.  Returns how many calls the slowest thread has let pass
 * so: 0 where all have answered since the call before.
 */
unsigned net_pulse(net_t *net);

/* True where all threads found a store, the last time that they answered;
 * *all: every thread has answered the last question. */
bool net_pulse_served(const net_t *net, bool *all);

/* Ends the threads and waits for them.  NULL is allowed. */
void net_destroy(net_t *net);

/* What is to be looked at about once a second: logs rate limits that have
 * ended.  Always the same thread, never one that answers. */
void net_second(net_t *net);

/* What was counted, all threads together.  Any thread. */
void net_stats(const net_t *net, stats_sum_t *sum);


#endif /* NET_H */
