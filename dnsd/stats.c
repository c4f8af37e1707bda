
/*
 * Counting.  An ordinary answer costs two counts here: what is rare (a cookie,
 * a limit, an extended error, a drop) is looked at by a branch, and what is
 * the rest is found by subtraction when somebody asks.
 */

#include "stats.h"


#define STATS_NS  1000000000


/* Places of the types among their counters. */
enum {
    STATS_TYPE_NONE = 0,         /* no question could be read */
    STATS_TYPE_OTHER,
    STATS_TYPE_A,
    STATS_TYPE_NS,
    STATS_TYPE_CNAME,
    STATS_TYPE_SOA,
    STATS_TYPE_PTR,
    STATS_TYPE_MX,
    STATS_TYPE_TXT,
    STATS_TYPE_AAAA,
    STATS_TYPE_SRV,
    STATS_TYPE_NAPTR,
    STATS_TYPE_DS,
    STATS_TYPE_SSHFP,
    STATS_TYPE_RRSIG,
    STATS_TYPE_NSEC,
    STATS_TYPE_DNSKEY,
    STATS_TYPE_TLSA,
    STATS_TYPE_SVCB,
    STATS_TYPE_HTTPS,
    STATS_TYPE_IXFR,
    STATS_TYPE_AXFR,
    STATS_TYPE_ANY,
    STATS_TYPE_URI,
    STATS_TYPE_CAA,
    STATS_TYPE_PLACES
};

_Static_assert(STATS_TYPE_PLACES == STATS_TYPES, "a type without a counter");


/* From numbers of types to places (0 means other). */
static const uint8_t  stats_types[258] = {
    [1] = STATS_TYPE_A,
    [2] = STATS_TYPE_NS,
    [5] = STATS_TYPE_CNAME,
    [6] = STATS_TYPE_SOA,
    [12] = STATS_TYPE_PTR,
    [15] = STATS_TYPE_MX,
    [16] = STATS_TYPE_TXT,
    [28] = STATS_TYPE_AAAA,
    [33] = STATS_TYPE_SRV,
    [35] = STATS_TYPE_NAPTR,
    [43] = STATS_TYPE_DS,
    [44] = STATS_TYPE_SSHFP,
    [46] = STATS_TYPE_RRSIG,
    [47] = STATS_TYPE_NSEC,
    [48] = STATS_TYPE_DNSKEY,
    [52] = STATS_TYPE_TLSA,
    [64] = STATS_TYPE_SVCB,
    [65] = STATS_TYPE_HTTPS,
    [251] = STATS_TYPE_IXFR,
    [252] = STATS_TYPE_AXFR,
    [255] = STATS_TYPE_ANY,
    [256] = STATS_TYPE_URI,
    [257] = STATS_TYPE_CAA
};


/* From a cached answer (some us) to a thread that had to wait for its turn;
 * roughly 1, 2, 5 a decade. */
const int64_t  stats_bounds[STATS_BUCKETS - 1] = {
    10000, 20000, 50000, 100000, 200000, 500000,
    1000000, 2000000, 5000000, 10000000, 50000000, 100000000, 1000000000
};


static unsigned stats_type(const answer_t *answer);
static stats_drop_t stats_drop(const answer_t *answer);


void
stats_answer(stats_t *stats, stats_transport_t transport, bool v6,
    const answer_t *answer)
{
    unsigned  outcome = answer->outcome;

    if (outcome == ANSWER_TRUNCATED && answer->reply_len > 3
        && (answer->reply[3] & 0x0f) == WIRE_NXDOMAIN)
    {
        outcome = STATS_TRUNCATED_NXDOMAIN;
    }

    stats_add(stats, STATS_AT_ANSWERS
                     + (transport * STATS_FAMILIES + v6) * STATS_OUTCOMES
                     + outcome, 1);
    stats_add(stats, STATS_AT_TYPES + stats_type(answer), 1);

    if (answer->cookie != ANSWER_COOKIE_NONE) {
        stats_add(stats, STATS_AT_COOKIES + answer->cookie, 1);
    }

    if (answer->dnssec != ANSWER_DNSSEC_NONE) {
        stats_add(stats, STATS_AT_DNSSEC + transport * ANSWER_DNSSECS
                         + answer->dnssec, 1);
    }

    if (answer->limit != ANSWER_LIMIT_PASSED) {
        stats_add(stats, STATS_AT_LIMITS + answer->limit, 1);
    }

    if (outcome == ANSWER_DROPPED) {
        stats_add(stats, STATS_AT_DROPS + stats_drop(answer), 1);

    } else if (answer->ede >= 0 && answer->ede < STATS_EDES) {
        stats_add(stats, STATS_AT_EDES + (unsigned) answer->ede, 1);
    }
}


/* Of a query that was dropped unread nothing is known. */
static unsigned
stats_type(const answer_t *answer)
{
    unsigned  place;

    if (answer->verdict == WIRE_VERDICT_DROP
        || answer->parsed.question_end == 0)
    {
        return STATS_TYPE_NONE;
    }

    if (answer->parsed.type >= sizeof(stats_types)) {
        return STATS_TYPE_OTHER;
    }

    place = stats_types[answer->parsed.type];

    return place != 0 ? place : STATS_TYPE_OTHER;
}


static stats_drop_t
stats_drop(const answer_t *answer)
{
    if (answer->limit == ANSWER_LIMIT_DROPPED) {
        return STATS_DROP_LIMITED;
    }

    if (answer->query_len == 0) {
        return STATS_DROP_UNWANTED;
    }

    if (answer->query_len < WIRE_HEADER_LEN) {
        return STATS_DROP_SHORT;
    }

    return wire_get16(answer->query + 2) & WIRE_FLAG_QR ? STATS_DROP_RESPONSE
                                                        : STATS_DROP_OTHER;
}


int64_t
stats_now(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (int64_t) now.tv_sec * STATS_NS + now.tv_nsec;
}


/* All of a batch have waited for its last answer. */
void
stats_sent_at(stats_t *stats, int64_t received, unsigned n)
{
    int64_t   took = stats_now() - received;
    unsigned  i;

    for (i = 0; i < STATS_BUCKETS - 1 && took > stats_bounds[i]; i++) {
        continue;
    }

    stats_add(stats, STATS_AT_BUCKETS + i, n);
    stats_add(stats, STATS_AT_TIME, (uint64_t) took * n);
}


void
stats_sum(stats_sum_t *sum, const stats_t *stats)
{
    unsigned  i;

    for (i = 0; i < STATS_COUNTERS; i++) {
        sum->counters[i] += atomic_load_explicit(&stats->counters[i],
                                                 memory_order_relaxed);
    }
}


uint64_t
stats_outcome(const stats_sum_t *sum, unsigned outcome)
{
    uint64_t  n = 0;
    unsigned  i;

    for (i = 0; i < STATS_TRANSPORTS * STATS_FAMILIES; i++) {
        n += sum->counters[STATS_AT_ANSWERS + i * STATS_OUTCOMES + outcome];
    }

    return n;
}


const char *
stats_type_text(unsigned type)
{
    static const char *const  texts[STATS_TYPES] = {
        [STATS_TYPE_NONE] = "none",
        [STATS_TYPE_OTHER] = "other",
        [STATS_TYPE_A] = "A",
        [STATS_TYPE_NS] = "NS",
        [STATS_TYPE_CNAME] = "CNAME",
        [STATS_TYPE_SOA] = "SOA",
        [STATS_TYPE_PTR] = "PTR",
        [STATS_TYPE_MX] = "MX",
        [STATS_TYPE_TXT] = "TXT",
        [STATS_TYPE_AAAA] = "AAAA",
        [STATS_TYPE_SRV] = "SRV",
        [STATS_TYPE_NAPTR] = "NAPTR",
        [STATS_TYPE_DS] = "DS",
        [STATS_TYPE_SSHFP] = "SSHFP",
        [STATS_TYPE_RRSIG] = "RRSIG",
        [STATS_TYPE_NSEC] = "NSEC",
        [STATS_TYPE_DNSKEY] = "DNSKEY",
        [STATS_TYPE_TLSA] = "TLSA",
        [STATS_TYPE_SVCB] = "SVCB",
        [STATS_TYPE_HTTPS] = "HTTPS",
        [STATS_TYPE_IXFR] = "IXFR",
        [STATS_TYPE_AXFR] = "AXFR",
        [STATS_TYPE_ANY] = "ANY",
        [STATS_TYPE_URI] = "URI",
        [STATS_TYPE_CAA] = "CAA"
    };

    return texts[type];
}
