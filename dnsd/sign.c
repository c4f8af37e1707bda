
/*
 * Signing.  A thread that asks for a signature waits for it; what others can
 * have it do so is bounded by a budget for each transport, of which nobody gets
 * what others want (sign_share.h).  A flood over UDP, where sources can be
 * forged, leaves TCP its own.
 */

#include "sign.h"

#include "client.h"
#include "sign_keys.h"
#include "sign_share.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>


/* As long as what the registrar signs.  A validator holds a denial for no
 * longer than its TTL; but its clock may be late by an hour, and ours by days
 * while a step of the wall clock is not believed yet (lease_clock.h).  Who
 * could replay a denial in that time could as well replay an address. */
#define SIGN_BEFORE  3600
#define SIGN_BEHIND  (15 * 86400)

_Static_assert(SIGN_RATE_MAX <= SIGN_SHARE_MAX, "a second's can be counted");


/* Of one transport. */
typedef struct {
    _Alignas(64) sign_share_t  share;
    _Atomic unsigned           rate;     /* signatures a second */
} sign_way_t;


struct sign_s {
    sign_way_t    udp;
    sign_way_t    stream;
    sign_keys_t  *keys;
    log_t        *log;
};


static bool sign_seed(sign_way_t *way);
static sign_status_t sign_allowed(sign_t *sign, const sign_wanted_t *wanted);
static sign_status_t sign_take(sign_way_t *way, uint64_t prefix, int64_t now);
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

    if (!sign_seed(&sign->udp) || !sign_seed(&sign->stream)) {
        log_line(log, "no random numbers for the shares of signatures");
        sign_destroy(sign);
        return NULL;
    }

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
    dnssec_span_t        rdata = { record->rdata.data, record->rdata.len };
    dnssec_rrset_t       rrset = {
        .owner = { record->owner.data, record->owner.len },
        .type = record->type,
        .ttl = record->ttl,
        .rdata = &rdata,
        .n = 1
    };
    sign_status_t        status;
    const dnssec_key_t  *key;

    key = sign_keys_find(sign->keys, wanted->zone, wanted->algorithm,
                         wanted->tag);

    if (key == NULL) {
        return SIGN_NO_KEY;
    }

    status = sign_allowed(sign, wanted);

    if (status != SIGN_OK) {
        return status;
    }

    return dnssec_rrsig_make(key, &rrset, wanted->now - SIGN_BEFORE,
                             wanted->now + SIGN_BEHIND, rrsig, len)
           ? SIGN_OK : SIGN_FAILED;
}


/*
 * Forged addresses can spend UDP's budget, and the shares of those that they
 * name; that of TCP is for those who have shown that theirs is their own.  A
 * cookie shows it as well as a connection does.
 */
static sign_status_t
sign_allowed(sign_t *sign, const sign_wanted_t *wanted)
{
    int64_t        now = sign_clock();
    uint64_t       host = client_prefix(wanted->client, CLIENT_HOST);
    sign_status_t  status;

    if (wanted->stream) {
        return sign_take(&sign->stream, host, now);
    }

    if (!wanted->proven) {
        return sign_take(&sign->udp,
                         client_prefix(wanted->client, CLIENT_NETWORK), now);
    }

    status = sign_take(&sign->udp, host, now);

    return status == SIGN_OK ? SIGN_OK : sign_take(&sign->stream, host, now);
}


static sign_status_t
sign_take(sign_way_t *way, uint64_t prefix, int64_t now)
{
    switch (sign_share_take(&way->share, prefix, atomic_load(&way->rate),
                            now))
    {

    case SIGN_SHARE_TAKEN:
        return SIGN_OK;

    case SIGN_SHARE_HAD:
        return SIGN_SHARE;

    default:
        return SIGN_BUDGET;
    }
}


/* Nobody is to choose with whom he shares. */
static bool
sign_seed(sign_way_t *way)
{
    return getrandom(way->share.key, SIPHASH_KEY_LEN, 0) == SIPHASH_KEY_LEN;
}


/* Asked here alone, so that who signs nothing asks no clock.  It stands for
 * some milliseconds at a time, of the second that the budget counts in. */
static int64_t
sign_clock(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);

    return (int64_t) now.tv_sec * SIGN_BUDGET_SECOND + now.tv_nsec;
}
