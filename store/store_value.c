
/*
 * Reads a value that store_value_open has passed: its header, and its RRsets
 * and RRs one after the other.
 *
 * The iterators take bounded steps all the same, so that they could not leave
 * the value even where it was never opened; the check in store_value_check.c
 * is made of these very steps, and so can have no other idea of a bound.
 */

#include "store_value.h"
#include "store_layout.h"

#include <string.h>


static const uint8_t *store_key_read(store_device_key_t *key,
    const uint8_t *p, bool pending);
static const uint8_t *store_credential_read(store_credential_t *credential,
    const uint8_t *p);


/* Bounds were checked: each key that its bit announces is there whole. */
void
store_value_device(const store_value_t *value, store_device_t *device)
{
    uint8_t         keys;
    const uint8_t  *p;

    memset(device, 0, sizeof(store_device_t));

    p = value->header.data;
    keys = p[STORE_AT_KEYS];

    device->state = p[STORE_AT_STATE];
    memcpy(device->identity, p + STORE_AT_IDENTITY, STORE_IDENTITY_LEN);
    device->epoch = store_get16(p + STORE_AT_EPOCH);
    device->rekeyed = store_get16(p + STORE_AT_REKEYED);
    device->enrolled = store_get32(p + STORE_AT_ENROLLED);
    device->seen = store_get32(p + STORE_AT_SEEN);
    device->enroll_limit = store_get32(p + STORE_AT_LIMIT);
    device->lease = store_get32(p + STORE_AT_LEASE);
    device->lease_end = store_get32(p + STORE_AT_END);

    device->issuer = store_value_issuer(value);

    p += STORE_DEVICE_LEN;

    if (keys & STORE_KEYS_ISSUER) {
        p += STORE_ISSUER_NUMBER_LEN;
    }

    if (keys & STORE_KEYS_ACTIVE) {
        device->has_active = true;
        p = store_key_read(&device->active, p, false);
    }

    if (keys & STORE_KEYS_PENDING) {
        device->has_pending = true;
        p = store_key_read(&device->pending, p, true);
    }

    if (keys & STORE_KEYS_ACME_DNS) {
        p = store_credential_read(&device->acme_dns, p);
    }

    if (keys & STORE_KEYS_DYNDNS2) {
        store_credential_read(&device->dyndns2, p);
    }
}


/* Returns where the key ends. */
static const uint8_t *
store_key_read(store_device_key_t *key, const uint8_t *p, bool pending)
{
    key->algorithm = *p++;

    memcpy(key->generation, p, STORE_GENERATION_LEN);
    p += STORE_GENERATION_LEN;

    key->last_created = store_get32(p);
    p += 4;

    if (pending) {
        key->expires = store_get32(p);
        p += 4;
    }

    if (key->algorithm == STORE_HMAC_SHA256) {
        key->secret = store_get16(p);
        return p + 2;
    }

    key->public_key_len = (uint8_t) store_public_key_len(key->algorithm);
    memcpy(key->public_key, p, key->public_key_len);

    return p + key->public_key_len;
}


static const uint8_t *
store_credential_read(store_credential_t *credential, const uint8_t *p)
{
    credential->counter = store_get16(p);
    credential->secret = store_get16(p + 2);

    return p + STORE_CREDENTIAL_LEN;
}


/* Any state but active, also one of a later version: fail closed. */
bool
store_value_served(const store_value_t *value)
{
    return value->kind != STORE_KIND_DEVICE
           || value->header.data[STORE_AT_STATE] == STORE_DEVICE_ACTIVE;
}


uint16_t
store_value_issuer(const store_value_t *value)
{
    return value->kind == STORE_KIND_DEVICE
           && (value->header.data[STORE_AT_KEYS] & STORE_KEYS_ISSUER)
           ? store_get16(value->header.data + STORE_DEVICE_LEN) : 0;
}


store_device_state_t
store_value_state(const store_value_t *value)
{
    return (store_device_state_t) value->header.data[STORE_AT_STATE];
}


const uint8_t *
store_value_digest(const store_value_t *value)
{
    return value->header.data + STORE_AT_DIGEST;
}


void
store_rrset_begin(store_rrset_iter_t *iter, const store_value_t *value)
{
    iter->at = value->rrsets.data;
    iter->end = value->rrsets.data + value->rrsets.len;
}


bool
store_rrset_next(store_rrset_iter_t *iter, store_rrset_t *rrset)
{
    size_t           n;
    uint8_t          bits;
    store_rr_t       rr;
    const uint8_t   *p;
    store_rr_iter_t  rrs;

    p = iter->at;

    /* the length of the owner counts itself in: 1 and the bytes of it */

    if (p == iter->end
        || (size_t) (iter->end - p) < 1u + p[0] + STORE_RRSET_LEN)
    {
        return false;
    }

    rrset->owner.len = *p++;
    rrset->owner.data = p;
    p += rrset->owner.len;

    bits = p[10];

    rrset->type = store_get16(p);
    rrset->ttl = store_get32(p + 2);
    rrset->expires = store_get32(p + 6);
    rrset->door = bits & (uint8_t) ~STORE_RRSET_OWN;
    rrset->own_lease = (bits & STORE_RRSET_OWN) != 0;
    rrset->count = p[11];

    /* RRs carry no length over all of them: where the RRset ends is known
     * once each of them has been stepped over. */

    rrs.at = p + STORE_RRSET_LEN;
    rrs.end = iter->end;
    rrset->rrs.data = rrs.at;

    for (n = 0; n < rrset->count; n++) {
        if (!store_rr_next(&rrs, &rr)) {
            return false;
        }
    }

    /* RFC 2181 section 5: an RRset of no RRs is none */

    if (n == 0) {
        return false;
    }

    rrset->rrs.len = (size_t) (rrs.at - rrset->rrs.data);
    iter->at = rrs.at;

    return true;
}


void
store_rr_begin(store_rr_iter_t *iter, const store_rrset_t *rrset)
{
    iter->at = rrset->rrs.data;
    iter->end = rrset->rrs.data + rrset->rrs.len;
}


bool
store_rr_next(store_rr_iter_t *iter, store_rr_t *rr)
{
    size_t          left;
    uint16_t        word;
    const uint8_t  *p;

    p = iter->at;
    left = (size_t) (iter->end - p);

    if (left < 2) {
        return false;
    }

    word = store_get16(p);
    p += 2;
    left -= 2;

    rr->len = word & STORE_RR_LEN;
    rr->splice = -1;

    if (word & STORE_RR_SPLICED) {

        if (left < 2) {
            return false;
        }

        rr->splice = store_get16(p);
        p += 2;
        left -= 2;
    }

    /* at the very end is allowed: a name may be the last thing in RDATA */

    if (rr->len > left || rr->splice > rr->len) {
        return false;
    }

    rr->data = p;
    iter->at = p + rr->len;

    return true;
}


/* At `expires` itself it has run out: a TTL of what is left would be 0. */
bool
store_rrset_live(const store_rrset_t *rrset, int64_t now)
{
    return rrset->expires == 0 || rrset->expires > now;
}


bool
store_rrset_is_data(const store_rrset_t *rrset)
{
    return rrset->type != STORE_TYPE_RRSIG && rrset->type != STORE_TYPE_NSEC;
}


bool
store_rrset_find(const store_value_t *value, store_span_t owner,
    uint16_t type, store_rrset_t *rrset)
{
    store_rrset_iter_t  iter;

    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, rrset)) {

        if (rrset->type == type
            && rrset->owner.len == owner.len
            && (owner.len == 0       /* then it may have no pointer */
                || memcmp(rrset->owner.data, owner.data, owner.len) == 0))
        {
            return true;
        }
    }

    return false;
}
