
/*
 * The network: threads, each with its own sockets, one reader of the store,
 * and nothing shared with the others.
 */

#ifndef NET_H
#define NET_H


#include "answer.h"
#include "log.h"
#include "lookup.h"
#include "net_address.h"


#define NET_THREADS_MAX    64
#define NET_ADDRESSES_MAX  32
#define NET_UDP_SIZE_MAX   4096


typedef struct net_s  net_t;


/* What is fixed from the start. */
typedef struct {
    const net_address_t  *addresses;
    unsigned              naddresses;
    unsigned              nthreads;
} net_options_t;


/* What may be changed while the threads run: each works with one policy, the
 * same for all, and takes up a new one between two events. */
typedef struct {
    answer_policy_t       answer;
} net_policy_t;


/* Binds every socket; may need root.  NULL where one cannot be had, which is
 * logged.  Both structures are copied as far as they are needed. */
net_t *net_create(const net_options_t *options, const net_policy_t *policy,
    log_t *log);

/* Starts the threads.  False where one cannot be started, which is logged. */
bool net_start(net_t *net, lookup_source_t *source);

/* Ends the threads and waits for them.  NULL is allowed. */
void net_destroy(net_t *net);

/* Packets by outcome, all threads together.  Any thread. */
void net_counters(const net_t *net, uint64_t counters[ANSWER_OUTCOMES]);


#endif /* NET_H */
