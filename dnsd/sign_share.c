
/*
 * How many a prefix has had in the last second is what it has had in this one,
 * and of the one before as much as the last second reaches into it: two counts
 * and the second they are of, in one word that is exchanged.
 *
 * The places have no names in them: a table that knew its prefixes would have
 * to turn one out for each newcomer, and forged ones come without number.  So a
 * prefix is counted in two places, either of which it may share, and has had no
 * more than the lesser says.
 */

#include "sign_share.h"


/* A place: the number of a second, the count of the one before, its count. */
#define SIGN_SHARE_BITS     20
#define SIGN_SHARE_SECONDS  ((1 << 24) - 1)


typedef struct {
    uint32_t  second;
    uint32_t  before;
    uint32_t  had;
} sign_share_place_t;


static unsigned sign_share_last(_Atomic uint64_t *const words[2], int64_t now);
static void sign_share_count(_Atomic uint64_t *word, int64_t now);
static sign_share_place_t sign_share_open(uint64_t word, int64_t now);
static uint64_t sign_share_close(const sign_share_place_t *place);
static unsigned sign_share_had(const sign_share_place_t *place, int64_t now);


/* Between the question and the count other threads may take one for the same
 * prefix: as many more as there are threads. */
sign_share_verdict_t
sign_share_take(sign_share_t *share, uint64_t prefix, unsigned rate,
    int64_t now)
{
    unsigned           left;
    uint64_t           hash;
    _Atomic uint64_t  *words[2];

    left = sign_budget_left(&share->budget, rate, now);

    if (left == 0) {
        return SIGN_SHARE_NONE;
    }

    hash = siphash_2_4(share->key, (const uint8_t *) &prefix, sizeof(prefix));
    words[0] = &share->places[0][hash % SIGN_SHARE_PLACES];
    words[1] = &share->places[1][(hash >> 32) % SIGN_SHARE_PLACES];

    if (sign_share_last(words, now) >= left) {
        return SIGN_SHARE_HAD;
    }

    if (!sign_budget_take(&share->budget, rate, now)) {
        return SIGN_SHARE_NONE;
    }

    sign_share_count(words[0], now);
    sign_share_count(words[1], now);

    return SIGN_SHARE_TAKEN;
}


/* What a prefix has had in the second that ends now. */
static unsigned
sign_share_last(_Atomic uint64_t *const words[2], int64_t now)
{
    unsigned            i, had[2];
    sign_share_place_t  place;

    for (i = 0; i < 2; i++) {
        place = sign_share_open(atomic_load_explicit(words[i],
                                                     memory_order_relaxed),
                                now);
        had[i] = sign_share_had(&place, now);
    }

    return had[0] < had[1] ? had[0] : had[1];
}


static void
sign_share_count(_Atomic uint64_t *word, int64_t now)
{
    uint64_t            old = atomic_load_explicit(word, memory_order_relaxed);
    sign_share_place_t  place;

    do {
        place = sign_share_open(old, now);

        if (place.had < SIGN_SHARE_MAX) {
            place.had++;
        }

    } while (!atomic_compare_exchange_weak_explicit(word, &old,
                                                    sign_share_close(&place),
                                                    memory_order_relaxed,
                                                    memory_order_relaxed));
}


/* As it is now.  A second ahead of ours is that of a thread whose clock was
 * read after ours. */
static sign_share_place_t
sign_share_open(uint64_t word, int64_t now)
{
    uint32_t            second, passed;
    sign_share_place_t  place = {
        .second = (uint32_t) (word >> 2 * SIGN_SHARE_BITS),
        .before = word >> SIGN_SHARE_BITS & SIGN_SHARE_MAX,
        .had = word & SIGN_SHARE_MAX
    };

    second = (uint32_t) (now / SIGN_BUDGET_SECOND) & SIGN_SHARE_SECONDS;
    passed = (second - place.second) & SIGN_SHARE_SECONDS;

    if (passed == 0 || passed == SIGN_SHARE_SECONDS) {
        return place;
    }

    place.before = passed == 1 ? place.had : 0;
    place.had = 0;
    place.second = second;

    return place;
}


static uint64_t
sign_share_close(const sign_share_place_t *place)
{
    return (uint64_t) place->second << 2 * SIGN_SHARE_BITS
           | (uint64_t) place->before << SIGN_SHARE_BITS | place->had;
}


static unsigned
sign_share_had(const sign_share_place_t *place, int64_t now)
{
    int64_t  rest = SIGN_BUDGET_SECOND - now % SIGN_BUDGET_SECOND;

    return place->had
           + (unsigned) (place->before * rest / SIGN_BUDGET_SECOND);
}
