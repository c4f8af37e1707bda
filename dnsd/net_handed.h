
/*
 * Sockets that were bound before dnsd was started, by a supervisor that keeps
 * them: while one dnsd ends and the next one starts, the kernel queues what
 * comes in them, and nothing is lost.
 *
 * A thread takes the one of an address that fewest threads have taken.  With
 * one for each thread that is one each, as if they had been bound here; with
 * fewer, threads share one queue.  Sockets of our own beside them would not
 * do: what lies in their queues when they are closed is lost, and they could
 * not even be bound, since SO_REUSEPORT wants one user for all.
 */

#ifndef NET_HANDED_H
#define NET_HANDED_H


#include "net_address.h"


typedef struct net_handed_s  net_handed_t;


/*
 * Takes over n descriptors from `first` on: UDP sockets and listening TCP
 * ones.  NULL where one is neither, or cannot be used; that is logged.
 */
net_handed_t *net_handed_create(int first, unsigned n, log_t *log);

/* Closes them here; whoever handed them over has them still.  NULL is
 * allowed. */
void net_handed_destroy(net_handed_t *handed);

/* The addresses that they are bound to, each once; at most max.  Returns
 * their number. */
unsigned net_handed_addresses(const net_handed_t *handed,
    net_address_t *addresses, unsigned max);

/* True where there is one of that address and type.  NULL has none. */
bool net_handed_has(net_handed_t *handed, const net_address_t *address,
    int type);

/* One of those, for a thread; the caller closes it.  -1 with errno where
 * there are no descriptors left. */
int net_handed_take(net_handed_t *handed, const net_address_t *address,
    int type);

/* True where each was taken: nobody would ever answer in one that was not,
 * so that is logged. */
bool net_handed_taken(const net_handed_t *handed, log_t *log);


#endif /* NET_HANDED_H */
