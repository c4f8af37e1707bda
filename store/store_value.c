
/*
 * Reads a value: the security boundary of dnsd, which runs it on each query.
 *
 * Bytes of a file that anybody may have damaged enter; what leaves is inside
 * them.  Everything is checked by store_value_open, in one pass; the
 * iterators use the same bounded steps, so that they could not leave the
 * value even where it was never opened.
 */

#include "store_value.h"
#include "store_layout.h"
#include "crc32c.h"

#include <string.h>


/* One RR's stored length and the longest name make at most an RDLENGTH of
 * 16 bits (RFC 1035 section 3.2.1): no check is needed on each RR. */
_Static_assert(STORE_RR_LEN + STORE_NAME_MAX <= 65535, "RDLENGTH");


/* What the check for duplicates remembers of an RRset. */
typedef struct {
    const uint8_t  *owner;
    uint8_t         owner_len;
    uint16_t        type;
} store_rrset_name_t;


static size_t store_header_check(store_span_t label, store_span_t bytes);
static size_t store_device_check(store_span_t bytes);
static size_t store_key_check(store_span_t bytes, size_t at, bool pending);
static bool store_rrsets_check(store_span_t rrsets, size_t room);
static bool store_rrset_check(const store_rrset_t *rrset, size_t room);
static bool store_owner_check(store_span_t owner);
static bool store_name_seen(const store_rrset_name_t *names, size_t n);
static size_t store_public_key_len(uint8_t algorithm);
static const uint8_t *store_key_read(store_device_key_t *key,
    const uint8_t *p, bool pending);


uint32_t
store_crc(store_span_t key, store_span_t bytes, size_t at)
{
    uint32_t       crc;
    const uint8_t  zero[4] = { 0, 0, 0, 0 };

    crc = crc32c(0, key.data, key.len);
    crc = crc32c(crc, bytes.data, at);
    crc = crc32c(crc, zero, sizeof(zero));

    return crc32c(crc, bytes.data + at + 4, bytes.len - at - 4);
}


bool
store_sealed(store_span_t key, store_span_t bytes)
{
    return bytes.len >= STORE_HEAD_LEN
           && store_get32(bytes.data + STORE_AT_CRC)
              == store_crc(key, bytes, STORE_AT_CRC);
}


void
store_seal(store_span_t key, uint8_t *bytes, size_t len)
{
    store_span_t  span;

    span.data = bytes;
    span.len = len;

    store_set32(bytes + STORE_AT_CRC, store_crc(key, span, STORE_AT_CRC));
}


bool
store_value_open(store_value_t *value, store_span_t key, store_span_t bytes)
{
    size_t        header, fqdn;
    store_span_t  zone, label;

    if (bytes.len > STORE_VALUE_MAX
        || !store_key_parse(key, &zone, &label)
        || !store_sealed(key, bytes))
    {
        return false;
    }

    header = store_header_check(label, bytes);

    if (header == 0) {
        return false;
    }

    fqdn = key.len + (label.len != 0);

    value->kind = (store_kind_t) bytes.data[STORE_AT_KIND];
    value->header.data = bytes.data;
    value->header.len = header;
    value->rrsets.data = bytes.data + header;
    value->rrsets.len = bytes.len - header;

    return store_rrsets_check(value->rrsets, STORE_NAME_MAX - fqdn);
}


/* The header's length, 0 where it is wrong.  The label says which kinds can
 * stand under it. */
static size_t
store_header_check(store_span_t label, store_span_t bytes)
{
    switch (bytes.data[STORE_AT_KIND]) {

    case STORE_KIND_APEX:
        return label.len == 0 && bytes.len >= STORE_APEX_LEN
               ? STORE_APEX_LEN : 0;

    case STORE_KIND_STATIC:
        return label.len != 0 ? STORE_HEAD_LEN : 0;

    case STORE_KIND_DEVICE:
        return store_label_is_device(label) ? store_device_check(bytes) : 0;

    default:
        return 0;
    }
}


static size_t
store_device_check(store_span_t bytes)
{
    size_t   at;
    uint8_t  keys;

    if (bytes.len < STORE_DEVICE_LEN
        || bytes.data[STORE_AT_STATE] > STORE_DEVICE_SUSPENDED)
    {
        return 0;
    }

    keys = bytes.data[STORE_AT_KEYS];

    if (keys & ~(STORE_KEYS_ACTIVE|STORE_KEYS_PENDING)) {
        return 0;
    }

    at = STORE_DEVICE_LEN;

    if (keys & STORE_KEYS_ACTIVE) {
        at = store_key_check(bytes, at, false);
    }

    if (at != 0 && (keys & STORE_KEYS_PENDING)) {
        at = store_key_check(bytes, at, true);
    }

    return at;
}


/* Where the key that stands at `at` ends; 0 where it is wrong. */
static size_t
store_key_check(store_span_t bytes, size_t at, bool pending)
{
    size_t   len;
    uint8_t  algorithm;

    if (at >= bytes.len) {
        return 0;
    }

    algorithm = bytes.data[at];

    if (algorithm < STORE_HMAC_SHA256
        || algorithm > STORE_ECDSA_P256_SHA256)
    {
        return 0;
    }

    len = 1 + STORE_GENERATION_LEN + 4 + (pending ? 4 : 0)
          + (algorithm == STORE_HMAC_SHA256
             ? 2 : store_public_key_len(algorithm));

    return len <= bytes.len - at ? at + len : 0;
}


static size_t
store_public_key_len(uint8_t algorithm)
{
    switch (algorithm) {

    case STORE_ED25519:
        return 32;

    case STORE_ECDSA_P256_SHA256:
        return 64;

    default:
        return 0;
    }
}


/* room: how long an owner may be so that the whole name stays within its
 * bound. */
static bool
store_rrsets_check(store_span_t rrsets, size_t room)
{
    size_t              n;
    store_rrset_t       rrset;
    store_rrset_iter_t  iter;
    store_rrset_name_t  names[STORE_RRSETS_MAX];
    const store_value_t  value = { .rrsets = rrsets };

    store_rrset_begin(&iter, &value);

    for (n = 0; store_rrset_next(&iter, &rrset); n++) {

        if (n == STORE_RRSETS_MAX || !store_rrset_check(&rrset, room)) {
            return false;
        }

        names[n].owner = rrset.owner.data;
        names[n].owner_len = (uint8_t) rrset.owner.len;
        names[n].type = rrset.type;

        if (store_name_seen(names, n)) {
            return false;
        }
    }

    /* the iterator stops at the first RRset that is cut short */

    return iter.at == iter.end;
}


static bool
store_rrset_check(const store_rrset_t *rrset, size_t room)
{
    /* RFC 6895 section 3.1: 0 is reserved, OPT and 128 to 255 are no data */

    if (rrset->type == 0 || rrset->type == 41
        || (rrset->type >= 128 && rrset->type <= 255))
    {
        return false;
    }

    return rrset->ttl <= STORE_TTL_MAX
           && rrset->door <= STORE_DOOR_DYNDNS2
           && rrset->owner.len <= room
           && store_owner_check(rrset->owner);
}


/* Labels of 1 to 63 that end exactly at the end, in lower case. */
static bool
store_owner_check(store_span_t owner)
{
    size_t   at, next;
    uint8_t  len;

    for (at = 0; at < owner.len; at = next) {
        len = owner.data[at];
        next = at + 1 + len;

        if (len == 0 || len > STORE_LABEL_MAX || next > owner.len) {
            return false;
        }

        while (++at < next) {
            if (owner.data[at] >= 'A' && owner.data[at] <= 'Z') {
                return false;
            }
        }
    }

    return true;
}


/* True where the last of names, at n, is among those before it. */
static bool
store_name_seen(const store_rrset_name_t *names, size_t n)
{
    size_t                     i;
    const store_rrset_name_t  *last;

    last = &names[n];

    for (i = 0; i < n; i++) {

        if (names[i].type == last->type
            && names[i].owner_len == last->owner_len
            && memcmp(names[i].owner, last->owner, last->owner_len) == 0)
        {
            return true;
        }
    }

    return false;
}


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

    p += STORE_DEVICE_LEN;

    if (keys & STORE_KEYS_ACTIVE) {
        device->has_active = true;
        p = store_key_read(&device->active, p, false);
    }

    if (keys & STORE_KEYS_PENDING) {
        device->has_pending = true;
        store_key_read(&device->pending, p, true);
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


bool
store_value_served(const store_value_t *value)
{
    return value->kind != STORE_KIND_DEVICE
           || value->header.data[STORE_AT_STATE] == STORE_DEVICE_ACTIVE;
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

    rrs.at = p + STORE_RRSET_LEN;
    rrs.end = iter->end;
    rrset->rrs.data = rrs.at;

    for (n = 0; n < rrset->count; n++) {
        if (!store_rr_next(&rrs, &rr)) {
            return false;
        }
    }

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

    if (rr->len > left || rr->splice > rr->len) {
        return false;
    }

    rr->data = p;
    iter->at = p + rr->len;

    return true;
}


bool
store_rrset_live(const store_rrset_t *rrset, int64_t now)
{
    return rrset->expires == 0 || rrset->expires > now;
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
            && (owner.len == 0
                || memcmp(rrset->owner.data, owner.data, owner.len) == 0))
        {
            return true;
        }
    }

    return false;
}
