
/*
 * What is counted.  Each thread has counters of its own and is the only one
 * that writes them: no instruction is locked, and a count costs a load and a
 * store.  Whoever sums them reads each as it is at that moment.
 */

#ifndef STATS_H
#define STATS_H


#include "answer.h"

#include <stdatomic.h>
#include <time.h>


/* What an answer came and went by. */
typedef enum {
    STATS_UDP = 0,
    STATS_TCP,
    STATS_TLS,                   /* TCP from a proxy that ended TLS */
    STATS_XDP,
    STATS_TRANSPORTS             /* their number */
} stats_transport_t;


#define STATS_FAMILIES  2        /* IPv4, IPv6 */

/* The answers' outcomes, and what the outcome "truncated" hides: NXDOMAIN with
 * TC.  So each RCODE can be told exactly. */
#define STATS_TRUNCATED_NXDOMAIN  ANSWER_OUTCOMES
#define STATS_OUTCOMES            (ANSWER_OUTCOMES + 1)

/* See stats_type_text(). */
#define STATS_TYPES     25

/* INFO-CODEs from 0 on that are counted one by one (RFC 8914 5.2). */
#define STATS_EDES      32

/* Upper bounds in stats_bounds; the last bucket has none. */
#define STATS_BUCKETS   14


/* Why nothing was answered. */
typedef enum {
    STATS_DROP_UNWANTED = 0,     /* from port 0, or larger than any query */
    STATS_DROP_SHORT,            /* less than a header */
    STATS_DROP_RESPONSE,         /* it says that it is a response */
    STATS_DROP_LIMITED,          /* by the rate limit */
    STATS_DROP_OTHER,
    STATS_DROPS                  /* their number */
} stats_drop_t;


/* Single events. */
typedef enum {
    STATS_TCP_ACCEPTED = 0,
    STATS_TCP_CLOSED,            /* whatever for */
    STATS_TCP_IDLE,              /* ... at its deadline */
    STATS_TCP_PRESSED,           /* ... to make room for another */
    STATS_TCP_LIMITED,           /* ... for another of the same address, which
                                    had too many */
    STATS_PROXY_UNTRUSTED,       /* connected from elsewhere than proxy-from */
    STATS_PROXY_MALFORMED,       /* no header, or a broken one */
    STATS_TAP_SENT,              /* dnstap frames that were queued */
    STATS_TAP_DROPPED,           /* ... and that were not */
    STATS_EVENTS                 /* their number */
} stats_event_t;


/* Where each kind begins in the one array. */
enum {
    STATS_AT_ANSWERS = 0,
    STATS_AT_TYPES = STATS_AT_ANSWERS
                     + STATS_TRANSPORTS * STATS_FAMILIES * STATS_OUTCOMES,
    STATS_AT_COOKIES = STATS_AT_TYPES + STATS_TYPES,
    STATS_AT_DNSSEC = STATS_AT_COOKIES + ANSWER_COOKIES,
    STATS_AT_LIMITS = STATS_AT_DNSSEC + STATS_TRANSPORTS * ANSWER_DNSSECS,
    STATS_AT_DROPS = STATS_AT_LIMITS + ANSWER_LIMITS,
    STATS_AT_EDES = STATS_AT_DROPS + STATS_DROPS,
    STATS_AT_EVENTS = STATS_AT_EDES + STATS_EDES,
    STATS_AT_BUCKETS = STATS_AT_EVENTS + STATS_EVENTS,
    STATS_AT_TIME = STATS_AT_BUCKETS + STATS_BUCKETS,   /* ns, of all that
                                                           the buckets hold */
    STATS_COUNTERS
};


typedef struct {
    _Atomic uint64_t  counters[STATS_COUNTERS];
    unsigned          batches;   /* for the sampling; the thread's alone */
} stats_t;


/* Sums of threads: the same places. */
typedef struct {
    uint64_t  counters[STATS_COUNTERS];
} stats_sum_t;


/* One batch of so many is timed: two looks at a clock, which a batch of one
 * query would notice. */
#define STATS_SAMPLE  8


static inline void
stats_add(stats_t *stats, unsigned at, uint64_t n)
{
    _Atomic uint64_t  *counter = &stats->counters[at];

    atomic_store_explicit(counter,
                          atomic_load_explicit(counter, memory_order_relaxed)
                          + n, memory_order_relaxed);
}


static inline void
stats_event(stats_t *stats, stats_event_t event)
{
    stats_add(stats, STATS_AT_EVENTS + event, 1);
}


/* Where a batch has been received: a time for stats_sent, 0 where this one is
 * not timed. */
int64_t stats_now(void);

static inline int64_t
stats_received(stats_t *stats)
{
    return ++stats->batches % STATS_SAMPLE == 0 ? stats_now() : 0;
}


/* n queries, received then, are answered and sent. */
void stats_sent_at(stats_t *stats, int64_t received, unsigned n);

static inline void
stats_sent(stats_t *stats, int64_t received, unsigned n)
{
    if (received != 0) {
        stats_sent_at(stats, received, n);
    }
}


/* Counts an answer, when nothing changes it any more. */
void stats_answer(stats_t *stats, stats_transport_t transport, bool v6,
    const answer_t *answer);

/* Adds a thread's counters to a sum.  Any thread. */
void stats_sum(stats_sum_t *sum, const stats_t *stats);

/* Of one outcome, all transports and families together. */
uint64_t stats_outcome(const stats_sum_t *sum, unsigned outcome);

/* The bounds of all buckets but the last, ns; names for labels.  Constants. */
extern const int64_t  stats_bounds[STATS_BUCKETS - 1];

const char *stats_type_text(unsigned type);


#endif /* STATS_H */
