
/*
 * A row of one cache line for each prefix of addresses.  It has a counter for
 * errors, a few for NXDOMAIN (chosen by the zone), and sixteen for other
 * answers (chosen by the name): so one name gets `rate` answers a second, and
 * any number of names together sixteen times as many.  A flood of one kind
 * leaves the counters of the others alone.
 *
 * A counter rises by one with each answer and sinks by `rate` a second; what
 * would lift it above a second's worth is over the limit.
 *
 * A prefix has its place in one of two rows.  A newcomer takes the one that
 * has been quiet for longer, so sprayed addresses push out each other, not
 * somebody who is under attack.  The hash is strongly universal under a
 * secret: nobody can choose addresses that meet.
 */

#include "rate_limit.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>


/* Counters of each kind; a row is a cache line. */
#define RATE_LIMIT_OF_ERRORS  1
#define RATE_LIMIT_OF_ABSENT  3
#define RATE_LIMIT_OF_NAMES   16
#define RATE_LIMIT_COUNTERS   (RATE_LIMIT_OF_ERRORS + RATE_LIMIT_OF_ABSENT \
                               + RATE_LIMIT_OF_NAMES)

/* ms for which counters may stand before they sink, unless it matters: it is
 * a walk over the row.  So much of a second's worth more gets through where
 * somebody begins after a pause. */
#define RATE_LIMIT_SINK       100

/* ms without a limited answer after which a prefix is at peace.  Resolvers
 * retry for about as long: with less, one attack is many log lines. */
#define RATE_LIMIT_PEACE      10000

/* ms by which another thread's time may be ahead of ours, which is a batch's
 * and older where the thread had to wait.  All else has passed: 32 bits come
 * round after 49 days, and a prefix may stay away for half of that. */
#define RATE_LIMIT_AHEAD      60000


typedef struct {
    _Atomic uint64_t  prefix;        /* 0: free */
    _Atomic uint32_t  used;          /* ms, the last answer */
    _Atomic uint32_t  time;          /* ms, up to which the counters sank */
    _Atomic uint32_t  held_at;       /* ms, the last limited one; 0: none */
    _Atomic uint32_t  held;          /* limited ones since it began */
    _Atomic uint16_t  counters[RATE_LIMIT_COUNTERS];
} rate_limit_row_t;

_Static_assert(sizeof(rate_limit_row_t) == 64, "a row is a cache line");


struct rate_limit_s {
    rate_limit_row_t  *rows;
    size_t             n;
    uint64_t           keys[4];
    _Atomic uint32_t   nlimited;     /* rows with held_at, about */
};


static rate_limit_row_t *rate_limit_row(rate_limit_t *limit, uint64_t prefix,
    uint32_t now);
static int64_t rate_limit_quiet(const rate_limit_row_t *row, uint32_t now);
static void rate_limit_row_take(rate_limit_t *limit, rate_limit_row_t *row,
    uint64_t prefix, uint32_t now);
static void rate_limit_sink(rate_limit_row_t *row, unsigned rate,
    uint32_t now);
static unsigned rate_limit_counter(const rate_limit_t *limit,
    const rate_limit_answer_t *answer);
static rate_limit_verdict_t rate_limit_hold(rate_limit_t *limit,
    rate_limit_row_t *row, unsigned slip, uint32_t now, bool *begins);
static inline uint32_t rate_limit_passed(uint32_t then, uint32_t now);
static inline uint32_t rate_limit_hash(const uint64_t keys[3], uint64_t word);


#define rate_limit_get(field)                                                 \
    atomic_load_explicit(&(field), memory_order_relaxed)
#define rate_limit_set(field, value)                                          \
    atomic_store_explicit(&(field), (value), memory_order_relaxed)


/* Pages of a mapping cost nothing until a prefix comes to lie in them. */
rate_limit_t *
rate_limit_create(size_t rows, const uint8_t seed[32])
{
    rate_limit_t  *limit = calloc(1, sizeof(*limit));

    if (limit == NULL) {
        return NULL;
    }

    limit->n = rows;
    limit->rows = mmap(NULL, rows * sizeof(rate_limit_row_t),
                       PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);

    if (limit->rows == MAP_FAILED) {
        free(limit);
        return NULL;
    }

    memcpy(limit->keys, seed, sizeof(limit->keys));

    return limit;
}


void
rate_limit_destroy(rate_limit_t *limit)
{
    if (limit != NULL) {
        munmap(limit->rows, limit->n * sizeof(rate_limit_row_t));
        free(limit);
    }
}


rate_limit_verdict_t
rate_limit_count(rate_limit_t *limit, const rate_limit_policy_t *policy,
    const rate_limit_answer_t *answer, int64_t now, bool *begins)
{
    unsigned           i, level;
    uint32_t           time = (uint32_t) now;
    rate_limit_row_t  *row = rate_limit_row(limit, answer->prefix, time);

    rate_limit_set(row->used, time);

    i = rate_limit_counter(limit, answer);
    level = rate_limit_get(row->counters[i]);

    if (level >= policy->rate
        || time - rate_limit_get(row->time) >= RATE_LIMIT_SINK)
    {
        rate_limit_sink(row, policy->rate, time);
        level = rate_limit_get(row->counters[i]);
    }

    if (level < policy->rate) {
        rate_limit_set(row->counters[i], (uint16_t) (level + 1));
        return RATE_LIMIT_PASS;
    }

    return rate_limit_hold(limit, row, policy->slip, time, begins);
}


/* The walk is over the whole table, but only while somebody is limited. */
bool
rate_limit_ended(rate_limit_t *limit, int64_t now, uint64_t *prefix,
    uint32_t *held)
{
    size_t             i;
    uint32_t           at;
    rate_limit_row_t  *row;

    for (i = 0; rate_limit_get(limit->nlimited) != 0 && i < limit->n; i++) {
        row = &limit->rows[i];
        at = rate_limit_get(row->held_at);

        if (at == 0 || (int32_t) ((uint32_t) now - at) < RATE_LIMIT_PEACE) {
            continue;
        }

        *prefix = rate_limit_get(row->prefix);
        *held = rate_limit_get(row->held);
        rate_limit_set(row->held, 0);

        /* whoever takes the mark away counts it, and nobody else */

        if (atomic_exchange(&row->held_at, 0) != 0) {
            atomic_fetch_sub(&limit->nlimited, 1);
            return true;
        }
    }

    return false;
}


/* Two neighbours: the processor fetches them as a pair. */
static rate_limit_row_t *
rate_limit_row(rate_limit_t *limit, uint64_t prefix, uint32_t now)
{
    size_t             i;
    rate_limit_row_t  *row;

    i = rate_limit_hash(limit->keys, prefix) & (limit->n - 2);
    row = &limit->rows[i];

    if (rate_limit_get(row[0].prefix) == prefix) {
        return &row[0];
    }

    if (rate_limit_get(row[1].prefix) == prefix) {
        return &row[1];
    }

    if (rate_limit_quiet(&row[0], now) < rate_limit_quiet(&row[1], now)) {
        row++;
    }

    rate_limit_row_take(limit, row, prefix, now);

    return row;
}


/* For how long, in ms.  Of two that are alike, one that is limited stays. */
static int64_t
rate_limit_quiet(const rate_limit_row_t *row, uint32_t now)
{
    if (rate_limit_get(row->prefix) == 0) {
        return INT64_MAX;
    }

    return (int64_t) rate_limit_passed(rate_limit_get(row->used), now)
           - (rate_limit_get(row->held_at) != 0);
}


/* Two threads may take one row at a time: then one prefix is counted with the
 * other's for a moment. */
static void
rate_limit_row_take(rate_limit_t *limit, rate_limit_row_t *row,
    uint64_t prefix, uint32_t now)
{
    unsigned  i;

    if (atomic_exchange_explicit(&row->held_at, 0, memory_order_relaxed)
        != 0)
    {
        atomic_fetch_sub(&limit->nlimited, 1);
    }

    rate_limit_set(row->held, 0);
    rate_limit_set(row->time, now);
    rate_limit_set(row->prefix, prefix);

    for (i = 0; i < RATE_LIMIT_COUNTERS; i++) {
        rate_limit_set(row->counters[i], 0);
    }
}


/* By whole answers: the time that is not yet worth one is kept for later.  One
 * thread of several does it. */
static void
rate_limit_sink(rate_limit_row_t *row, unsigned rate, uint32_t now)
{
    unsigned  i, level;
    uint32_t  then = rate_limit_get(row->time);
    uint64_t  sunk = (uint64_t) rate_limit_passed(then, now) * rate / 1000;

    if (sunk == 0) {
        return;
    }

    if (!atomic_compare_exchange_strong_explicit(&row->time, &then,
                      sunk >= rate ? now
                                   : then + (uint32_t) (sunk * 1000 / rate),
                      memory_order_relaxed, memory_order_relaxed))
    {
        return;
    }

    for (i = 0; i < RATE_LIMIT_COUNTERS; i++) {
        level = rate_limit_get(row->counters[i]);

        /* of a rate that has been lowered since */

        if (level > rate) {
            level = rate;
        }

        rate_limit_set(row->counters[i],
                       (uint16_t) (level > sunk ? level - sunk : 0));
    }
}


/* The first sixteen bytes tell names apart well enough: a device's label has 64
 * random bits there.  What meets in one counter only shares it. */
static unsigned
rate_limit_counter(const rate_limit_t *limit,
    const rate_limit_answer_t *answer)
{
    size_t    len = answer->len;
    uint32_t  hash;
    uint64_t  words[2] = { 0, 0 };

    if (answer->kind == RATE_LIMIT_ERRORS) {
        return 0;
    }

    /* a copy of a fixed size is two loads */

    if (len >= sizeof(words)) {
        memcpy(words, answer->subject, sizeof(words));

    } else {
        memcpy(words, answer->subject, len);
    }

    hash = rate_limit_hash(limit->keys, words[0])
           ^ rate_limit_hash(limit->keys + 1, words[1] + len);

    /* the high bits of a product are the mixed ones */

    if (answer->kind == RATE_LIMIT_ABSENT) {
        return RATE_LIMIT_OF_ERRORS
               + (unsigned) ((uint64_t) hash * RATE_LIMIT_OF_ABSENT >> 32);
    }

    return RATE_LIMIT_OF_ERRORS + RATE_LIMIT_OF_ABSENT
           + (unsigned) ((uint64_t) hash * RATE_LIMIT_OF_NAMES >> 32);
}


/* One over the limit. */
static rate_limit_verdict_t
rate_limit_hold(rate_limit_t *limit, rate_limit_row_t *row, unsigned slip,
    uint32_t now, bool *begins)
{
    uint32_t  held = rate_limit_get(row->held) + 1;

    rate_limit_set(row->held, held);

    /* 0 would say that there was none */

    if (atomic_exchange_explicit(&row->held_at, now == 0 ? 1 : now,
                                 memory_order_relaxed)
        == 0)
    {
        atomic_fetch_add(&limit->nlimited, 1);
        *begins = true;
    }

    return slip != 0 && held % slip == 0 ? RATE_LIMIT_SLIPS
                                         : RATE_LIMIT_DROPS;
}


/* In ms. */
static inline uint32_t
rate_limit_passed(uint32_t then, uint32_t now)
{
    uint32_t  passed = now - then;

    return passed > UINT32_MAX - RATE_LIMIT_AHEAD ? 0 : passed;
}


/* Pair-multiply-shift (Dietzfelbinger; Thorup): of any two words chosen without
 * the keys, the 32 bits are independent. */
static inline uint32_t
rate_limit_hash(const uint64_t keys[3], uint64_t word)
{
    return (uint32_t) (((keys[0] + (word >> 32))
                        * (keys[1] + (word & 0xFFFFFFFF)) + keys[2]) >> 32);
}
