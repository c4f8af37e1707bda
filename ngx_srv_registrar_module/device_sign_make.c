
/*
 * One signature: taken over or made.
 *
 * Always: stored bytes are believed only as far as their checksum and the
 * bounds of an RRSIG go, and beyond that only where they cover the same bytes
 * for long enough.
 */

#include "device_sign_parts.h"

#include <stdlib.h>
#include <string.h>


/* Times in RRSIG are compared in a circle of 2^32 s (RFC 4034 3.1.5): a lease
 * of decades counts as one of 34 years, and is signed again before they end. */
#define SIGN_NEED_MAX   ((int64_t) 1 << 30)

/* Expirations are those of their key, 18 hours apart: they tell it from one of
 * the same tag and algorithm, which are all that an RRSIG has of it. */
#define SIGN_MARKS      65536


static bool sign_has(const device_sign_t *sign, size_t donor,
    const store_rrset_t *rrset);
static bool sign_is_good(const device_sign_t *sign, const store_rrset_t *rrset,
    const dnssec_key_t *key, const store_rr_t *rr);
static int64_t sign_need(const device_sign_t *sign, const store_rrset_t *rrset);
static uint32_t sign_mark(const dnssec_key_t *key);
static uint8_t *sign_rdata(const device_sign_t *sign,
    const store_rrset_t *rrset, dnssec_span_t *rdata);


size_t
device_sign_keys(const device_sign_t *sign, uint16_t type,
    const dnssec_key_t *const **keys)
{
    const device_signer_t  *signer = sign->place->signer;

    if (type == DNSSEC_TYPE_DNSKEY || type == DNSSEC_TYPE_CDS
        || type == DNSSEC_TYPE_CDNSKEY)
    {
        *keys = signer->ksks;
        return signer->nksks;
    }

    *keys = signer->zsks;

    return sign->nzsks;
}


/* From the first of the donors that has a good one. */
bool
device_sign_take(const device_sign_t *sign, const store_rrset_t *rrset,
    const dnssec_key_t *key, store_rr_t *rr, size_t *donor)
{
    size_t           i;
    store_rrset_t    signatures;
    store_rr_iter_t  iter;

    for (i = 0; i < DEVICE_SIGN_DONORS; i++) {

        if (!sign->donates[i]
            || !sign_has(sign, i, rrset)
            || !store_rrset_find(&sign->donors[i], rrset->owner,
                                 STORE_TYPE_RRSIG, &signatures))
        {
            continue;
        }

        store_rr_begin(&iter, &signatures);

        while (store_rr_next(&iter, rr)) {
            if (sign_is_good(sign, rrset, key, rr)) {
                *donor = i;
                return true;
            }
        }
    }

    return false;
}


/* A sweep comes here for every value: what is the donor's own is not looked
 * for. */
static bool
sign_has(const device_sign_t *sign, size_t donor, const store_rrset_t *rrset)
{
    store_rrset_t  there;

    return (donor == 0 && sign->own && rrset != &sign->nsec)
           || (store_rrset_find(&sign->donors[donor], rrset->owner,
                                rrset->type, &there)
               && device_sign_same(&there, rrset));
}


static bool
sign_is_good(const device_sign_t *sign, const store_rrset_t *rrset,
    const dnssec_key_t *key, const store_rr_t *rr)
{
    uint32_t        now, need;
    dnssec_span_t   rdata = { rr->data, rr->len }, zone;
    dnssec_rrsig_t  rrsig;

    zone = dnssec_key_zone(key);

    if (rr->splice != -1
        || !dnssec_rrsig_parse(&rrsig, rdata)
        || rrsig.covered != rrset->type
        || rrsig.algorithm != dnssec_key_algorithm(key)
        || rrsig.tag != dnssec_key_tag(key)
        || rrsig.expiration % SIGN_MARKS != sign_mark(key)
        || rrsig.ttl != rrset->ttl
        || rrsig.signer.len != zone.len
        || memcmp(rrsig.signer.data, zone.data, zone.len) != 0)
    {
        return false;
    }

    /* a store may come back from a day when the clock stood ahead */

    now = (uint32_t) sign->place->now;
    need = (uint32_t) (sign->place->now + sign_need(sign, rrset));

    return !dnssec_time_after(rrsig.inception, now)
           && !dnssec_time_after(need, rrsig.expiration);
}


/* How long from now a signature must hold, s: while the lease lasts, while
 * a secondary may serve it without hearing from us, while it is cached. */
static int64_t
sign_need(const device_sign_t *sign, const store_rrset_t *rrset)
{
    int64_t  left, need;

    left = rrset->expires - sign->place->now;
    need = (left > 0 ? left : 0) + sign->place->signer->margin;

    return need < SIGN_NEED_MAX ? need : SIGN_NEED_MAX;
}


/* Of the public key, of which nothing is a better hash than its own bytes. */
static uint32_t
sign_mark(const dnssec_key_t *key)
{
    dnssec_span_t  rdata = dnssec_key_rdata(key);

    return (uint32_t) rdata.data[rdata.len - 2] << 8
           | rdata.data[rdata.len - 1];
}


bool
device_sign_make(device_sign_t *sign, const store_rrset_t *rrset,
    const dnssec_key_t *key, uint8_t *rrsig, size_t *len)
{
    bool            made;
    int64_t         now, ahead;
    uint8_t         name[STORE_NAME_MAX], *spliced;
    dnssec_span_t   rdata[DNSSEC_RRS_MAX];
    dnssec_rrset_t  whole;

    if (rrset->owner.len + sign->fqdn_len > sizeof(name)) {
        return false;
    }

    if (rrset->owner.len != 0) {
        memcpy(name, rrset->owner.data, rrset->owner.len);
    }

    memcpy(name + rrset->owner.len, sign->fqdn, sign->fqdn_len);

    whole.owner.data = name;
    whole.owner.len = rrset->owner.len + sign->fqdn_len;
    whole.type = rrset->type;
    whole.ttl = rrset->ttl;
    whole.rdata = rdata;
    whole.n = rrset->count;

    spliced = sign_rdata(sign, rrset, rdata);

    if (spliced == NULL) {
        return false;
    }

    now = sign->place->now;
    ahead = sign_need(sign, rrset) + DEVICE_SIGN_SPARE;
    ahead = ahead < DEVICE_SIGN_AHEAD ? DEVICE_SIGN_AHEAD : ahead;
    ahead += (sign_mark(key) - (uint32_t) (now + ahead)) % SIGN_MARKS;

    made = dnssec_rrsig_make(key, &whole, now - DEVICE_SIGN_BACK, now + ahead,
                             rrsig, len);
    free(spliced);

    sign->done.made += made;
    sign->done.fresh += made;

    return made;
}


/* The RDATA whole, as DNS has it.  Returns memory that they lie in; NULL for
 * want of it. */
static uint8_t *
sign_rdata(const device_sign_t *sign, const store_rrset_t *rrset,
    dnssec_span_t *rdata)
{
    size_t           at;
    uint8_t         *p, *bytes;
    store_rr_t       rr;
    store_rr_iter_t  iter;

    bytes = malloc(rrset->rrs.len + rrset->count * sign->fqdn_len);

    if (bytes == NULL) {
        return NULL;
    }

    p = bytes;
    store_rr_begin(&iter, rrset);

    while (store_rr_next(&iter, &rr)) {
        rdata->data = p;
        at = (rr.splice < 0) ? rr.len : (size_t) rr.splice;

        memcpy(p, rr.data, at);
        p += at;

        if (rr.splice >= 0) {
            memcpy(p, sign->fqdn, sign->fqdn_len);
            p += sign->fqdn_len;
        }

        memcpy(p, rr.data + at, rr.len - at);
        p += rr.len - at;

        rdata->len = (size_t) (p - rdata->data);
        rdata++;
    }

    return bytes;
}


/* Owner and type are the same already. */
bool
device_sign_same(const store_rrset_t *a, const store_rrset_t *b)
{
    return a->ttl == b->ttl && a->count == b->count
           && store_span_equal(a->rrs, b->rrs);
}
