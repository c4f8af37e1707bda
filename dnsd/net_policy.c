
/*
 * How a policy reaches the threads.
 *
 * Each thread has a box.  Whoever sets a policy makes one copy for all, puts
 * it into each box and wakes the threads; a thread takes it out between two
 * events.  Nobody waits, and a query's path sees a plain pointer.
 *
 * A copy is counted by its holders: boxes that it lies in, and threads that
 * work with it.  Who takes away the last one frees it, so that neither a
 * thread which is slow nor one that missed a copy keeps more than its own.
 */

#include "net_policy.h"

#include <stdlib.h>


struct net_policy_copy_s {
    _Atomic unsigned  holders;
    net_policy_t      policy;
};


static void net_policy_let_go(net_policy_copy_t *copy);


net_policy_copy_t *
net_policy_copy(const net_policy_t *policy, unsigned holders)
{
    net_policy_copy_t  *copy = malloc(sizeof(*copy));

    if (copy != NULL) {
        atomic_init(&copy->holders, holders);
        copy->policy = *policy;
    }

    return copy;
}


/* What still lay in the box was missed by the thread. */
void
net_policy_put(net_policy_box_t *box, net_policy_copy_t *copy)
{
    net_policy_let_go(atomic_exchange_explicit(&box->next, copy,
                                               memory_order_acq_rel));
}


const net_policy_t *
net_policy_take(net_policy_box_t *box)
{
    net_policy_copy_t  *next;

    next = atomic_exchange_explicit(&box->next, NULL, memory_order_acq_rel);

    if (next != NULL) {
        net_policy_let_go(box->taken);
        box->taken = next;
    }

    return box->taken == NULL ? NULL : &box->taken->policy;
}


void
net_policy_empty(net_policy_box_t *box)
{
    net_policy_put(box, NULL);
    net_policy_let_go(box->taken);
    box->taken = NULL;
}


/* What others read of the copy is read before it is freed. */
static void
net_policy_let_go(net_policy_copy_t *copy)
{
    if (copy != NULL
        && atomic_fetch_sub_explicit(&copy->holders, 1, memory_order_acq_rel)
           == 1)
    {
        free(copy);
    }
}
