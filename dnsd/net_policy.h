
/*
 * Policies on their way to the threads.
 */

#ifndef NET_POLICY_H
#define NET_POLICY_H


#include "net.h"

#include <stdatomic.h>


typedef struct net_policy_copy_s  net_policy_copy_t;


/* A thread's; all zero: empty. */
typedef struct {
    _Atomic(net_policy_copy_t *)  next;     /* put in, not yet taken */
    net_policy_copy_t            *taken;    /* the thread's alone */
} net_policy_box_t;


/* A copy for so many boxes, each of which it must be put into.  NULL where
 * there is no memory. */
net_policy_copy_t *net_policy_copy(const net_policy_t *policy,
    unsigned holders);

/* Any thread.  Replaces what lies in the box. */
void net_policy_put(net_policy_box_t *box, net_policy_copy_t *copy);

/* The box's own thread: the policy to work with from now on, which is good
 * until the next call. */
const net_policy_t *net_policy_take(net_policy_box_t *box);

/* Once the box's thread has ended. */
void net_policy_empty(net_policy_box_t *box);


#endif /* NET_POLICY_H */
