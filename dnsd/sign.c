
/*
 * Signing.  A thread that asks for a signature waits for it; what others can
 * have it do so is bounded by a budget for each transport.  A flood over UDP,
 * where sources can be forged, leaves TCP its own.
 */

#include "sign.h"

#include "sign_budget.h"
#include "sign_keys.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


/* As long as what the registrar signs.  A validator holds a denial for no
 * longer than its TTL; but its clock may be late by an hour, and ours by days
 * while a step of the wall clock is not believed yet (lease_clock.h).  Who
 * could replay a denial in that time could as well replay an address. */
#define SIGN_BEFORE  3600
#define SIGN_BEHIND  (15 * 86400)

#define SIGN_NS      INT64_C(1000000000)


/* Of one transport. */
typedef struct {
    _Alignas(64) sign_budget_t  budget;
    _Atomic unsigned            rate;    /* signatures a second */
} sign_way_t;


struct sign_s {
    sign_way_t    udp;
    sign_way_t    stream;
    sign_keys_t  *keys;
    log_t        *log;
};


static int64_t sign_clock(void);


sign_t *
sign_create(const char *directory, unsigned threads, log_t *log)
{
    sign_t  *sign = aligned_alloc(_Alignof(sign_t), sizeof(*sign));

    if (sign == NULL) {
        log_line(log, "no memory for keys");
        return NULL;
    }

    memset(sign, 0, sizeof(*sign));
    sign_set_rates(sign, &(sign_rates_t) { SIGN_RATE, SIGN_RATE_TCP });

    sign->log = log;
    sign->keys = sign_keys_read(directory, threads, log);

    if (sign->keys == NULL) {
        sign_destroy(sign);
        return NULL;
    }

    return sign;
}


void
sign_destroy(sign_t *sign)
{
    if (sign != NULL) {
        sign_keys_free(sign->keys);
        free(sign);
    }
}


void
sign_set_rates(sign_t *sign, const sign_rates_t *rates)
{
    atomic_store(&sign->udp.rate, rates->udp);
    atomic_store(&sign->stream.rate, rates->stream);
}


void
sign_hidden(const sign_t *sign)
{
    sign_keys_hidden(sign->keys, sign->log);
}


/* The order of the questions: what costs nothing first, and nothing is taken
 * from the budget that is not spent. */
sign_status_t
sign_rrsig(sign_t *sign, const sign_wanted_t *wanted,
    const sign_record_t *record, uint8_t *rrsig, size_t *len)
{
    sign_way_t          *way = wanted->stream ? &sign->stream : &sign->udp;
    dnssec_span_t        rdata = { record->rdata.data, record->rdata.len };
    dnssec_rrset_t       rrset = {
        .owner = { record->owner.data, record->owner.len },
        .type = record->type,
        .ttl = record->ttl,
        .rdata = &rdata,
        .n = 1
    };
    const dnssec_key_t  *key;

    key = sign_keys_find(sign->keys, wanted->zone, wanted->algorithm,
                         wanted->tag);

    if (key == NULL) {
        return SIGN_NO_KEY;
    }

    if (!sign_budget_take(&way->budget, atomic_load(&way->rate),
                          sign_clock()))
    {
        return SIGN_BUDGET;
    }

    return dnssec_rrsig_make(key, &rrset, wanted->now - SIGN_BEFORE,
                             wanted->now + SIGN_BEHIND, rrsig, len)
           ? SIGN_OK : SIGN_FAILED;
}


/* Asked here alone, so that who signs nothing asks no clock.  It stands for
 * some milliseconds at a time, of the second that the budget counts in. */
static int64_t
sign_clock(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);

    return (int64_t) now.tv_sec * SIGN_NS + now.tv_nsec;
}
