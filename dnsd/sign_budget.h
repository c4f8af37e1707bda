
/*
 * How many signatures a second: a bound on the processor time that anybody
 * can have spent by asking for names that do not exist.
 *
 * One for all threads, without a lock: a word that they exchange.
 */

#ifndef SIGN_BUDGET_H
#define SIGN_BUDGET_H


#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>


#define SIGN_BUDGET_SECOND  INT64_C(1000000000)    /* ns */


/* All zero is a full one. */
typedef struct {
    _Atomic int64_t  spent;          /* ns: up to when all has been spent */
} sign_budget_t;


/* Takes one signature of `rate` (1 at least) a second; now is ns on a clock
 * that never goes back, and is a second at least.  False: none is left.  A
 * second in which nothing was taken is kept for later, longer ones are not.
 * Any thread. */
bool sign_budget_take(sign_budget_t *budget, unsigned rate, int64_t now);

/* How many could be taken now. */
unsigned sign_budget_left(const sign_budget_t *budget, unsigned rate,
    int64_t now);


#endif /* SIGN_BUDGET_H */
