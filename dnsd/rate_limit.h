
/*
 * How many answers go to whom: a bound on what a forger of source addresses
 * can make us send to his victim.
 *
 * One table for all threads, so that the limit is what it says however many
 * there are and however the kernel spreads a client's packets.  Its size is
 * fixed; nothing is allocated after its creation.  Threads write to it with
 * plain loads and stores: a count that is lost between two of them lets one
 * answer more through.
 */

#ifndef RATE_LIMIT_H
#define RATE_LIMIT_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


#define RATE_LIMIT_DEFAULT   200
#define RATE_LIMIT_MAX       60000   /* a counter has 16 bits */
#define RATE_LIMIT_SLIP      2
#define RATE_LIMIT_SLIP_MAX  1000


typedef struct rate_limit_s  rate_limit_t;


typedef struct {
    unsigned  rate;              /* answers a second and counter; 0: no limit */
    unsigned  slip;              /* of so many limited answers one is sent,
                                    short; 0: none */
} rate_limit_policy_t;


/* What is counted apart from the others. */
typedef enum {
    RATE_LIMIT_ERRORS = 0,       /* all errors to a prefix together */
    RATE_LIMIT_ABSENT,           /* NXDOMAIN, by zone */
    RATE_LIMIT_NAMES             /* other answers, by the name below the apex */
} rate_limit_kind_t;


typedef struct {
    uint64_t           prefix;   /* never 0 */
    rate_limit_kind_t  kind;
    const uint8_t     *subject;  /* a zone or a name */
    size_t             len;
} rate_limit_answer_t;


typedef enum {
    RATE_LIMIT_PASS = 0,
    RATE_LIMIT_SLIPS,            /* to be sent short */
    RATE_LIMIT_DROPS
} rate_limit_verdict_t;


/* A table of that many rows (a power of two, 2 at least), 64 bytes each, hashed
 * by 32 random bytes.  NULL without memory. */
rate_limit_t *rate_limit_create(size_t rows, const uint8_t seed[32]);
void rate_limit_destroy(rate_limit_t *limit);

/* Counts an answer that would be sent; now is ms on any clock that does not
 * jump.  Policy's rate is not 0.  *begins becomes true where this is the first
 * of its prefix to be limited, and is left alone elsewhere.  Any thread. */
rate_limit_verdict_t rate_limit_count(rate_limit_t *limit,
    const rate_limit_policy_t *policy, const rate_limit_answer_t *answer,
    int64_t now, bool *begins);

/* Takes one prefix that has been limited but for some seconds no more; its
 * number of limited answers is in *held.  False where there is none.  To be
 * called now and then, by one thread. */
bool rate_limit_ended(rate_limit_t *limit, int64_t now, uint64_t *prefix,
    uint32_t *held);


#endif /* RATE_LIMIT_H */
