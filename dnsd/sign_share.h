
/*
 * A budget of signatures, and how much of it each prefix of addresses has had:
 * nobody can take what others want.
 *
 * One for all threads, without a lock; its size is fixed.
 */

#ifndef SIGN_SHARE_H
#define SIGN_SHARE_H


#include "sign_budget.h"
#include "siphash.h"


/* Of each of the two kinds: 64 KB together.  Where 200 prefixes ask for more
 * than they get, one of 400 others meets some of them in both of its places,
 * and gets no more than they; with half as many places, one of 100. */
#define SIGN_SHARE_PLACES  4096

/* What a place can count to. */
#define SIGN_SHARE_MAX     ((1 << 20) - 1)


/* All zero, but for the key: nobody has had any. */
typedef struct {
    sign_budget_t     budget;
    uint8_t           key[SIPHASH_KEY_LEN];    /* random */
    _Atomic uint64_t  places[2][SIGN_SHARE_PLACES];
} sign_share_t;


typedef enum {
    SIGN_SHARE_TAKEN = 0,
    SIGN_SHARE_NONE,             /* there are none left */
    SIGN_SHARE_HAD               /* there are, for others */
} sign_share_verdict_t;


/*
 * Takes one signature of `rate` (1 to SIGN_SHARE_MAX) a second for a prefix;
 * now as sign_budget_take has it.
 *
 * A prefix gets one as long as it has had fewer in the last second than are
 * left.  So who asks alone gets all, of n who want as much as they can get each
 * gets an n-th, and who wants less than that gets what he wants.  Any thread.
 */
sign_share_verdict_t sign_share_take(sign_share_t *share, uint64_t prefix,
    unsigned rate, int64_t now);

#endif /* SIGN_SHARE_H */
