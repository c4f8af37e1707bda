
/*
 * A bucket that holds a second's worth, kept as the one number that tells its
 * level: the time up to which everything has been spent.  It lies a second
 * back where the bucket is full, and at now where it is empty.
 */

#include "sign_budget.h"


unsigned
sign_budget_left(const sign_budget_t *budget, unsigned rate, int64_t now)
{
    int64_t  left = now - atomic_load_explicit(&budget->spent,
                                               memory_order_relaxed);

    if (left > SIGN_BUDGET_SECOND) {
        left = SIGN_BUDGET_SECOND;
    }

    return left > 0 ? (unsigned) (left / (SIGN_BUDGET_SECOND / rate)) : 0;
}


bool
sign_budget_take(sign_budget_t *budget, unsigned rate, int64_t now)
{
    int64_t  spent, next;

    spent = atomic_load_explicit(&budget->spent, memory_order_relaxed);

    do {
        next = spent > now - SIGN_BUDGET_SECOND ? spent
                                                : now - SIGN_BUDGET_SECOND;
        next += SIGN_BUDGET_SECOND / rate;

        if (next > now) {
            return false;
        }

    } while (!atomic_compare_exchange_weak_explicit(&budget->spent, &spent,
                                                    next,
                                                    memory_order_relaxed,
                                                    memory_order_relaxed));

    return true;
}
