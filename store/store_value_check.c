
/*
 * Opens a value: the security boundary of dnsd, which runs it on each query.
 *
 * Bytes of a file that anybody may have damaged enter; true leaves only where
 * each of them is as a writer of this version leaves it.  One pass checks all,
 * so that nobody after it has to.
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


static bool store_value_check(store_value_t *value, store_span_t key,
    store_span_t label, store_span_t bytes);
static size_t store_header_check(store_span_t label, store_span_t bytes);
static size_t store_device_check(store_span_t bytes);
static size_t store_key_check(store_span_t bytes, size_t at, bool pending);
static size_t store_credential_check(store_span_t bytes, size_t at);
static bool store_rrsets_check(store_span_t rrsets, size_t room);
static bool store_rrset_check(const store_rrset_t *rrset, size_t room);
static bool store_owner_check(store_span_t owner);
static bool store_name_seen(const store_rrset_name_t *names, size_t n);


/* In three pieces and four zeroes: the file's pages are mapped read-only, so
 * that the CRC's own bytes cannot be blanked in place. */
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
    store_span_t  zone, label;

    return store_key_parse(key, &zone, &label)
           && store_value_check(value, key, label, bytes);
}


bool
store_value_open_made(store_value_t *value, const store_key_t *key,
    store_span_t bytes)
{
    store_span_t  whole = { key->data, key->len }, label;

    label.data = key->data + key->zone_len;
    label.len = (size_t) key->len - key->zone_len;

    return key->zone_len != 0 && store_value_check(value, whole, label, bytes);
}


static bool
store_value_check(store_value_t *value, store_span_t key, store_span_t label,
    store_span_t bytes)
{
    size_t  header, fqdn;

    /* The length first: it bounds what the checksum has to read. */

    if (bytes.len > STORE_VALUE_MAX || !store_sealed(key, bytes)) {
        return false;
    }

    header = store_header_check(label, bytes);

    if (header == 0) {
        return false;
    }

    /* the label's length byte is not in the key */

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


/* Bits and states that are not known are a later version's: its format number
 * would have said so, hence it is damage. */
static size_t
store_device_check(store_span_t bytes)
{
    size_t   at;
    uint8_t  keys;

    if (bytes.len < STORE_DEVICE_LEN
        || bytes.data[STORE_AT_STATE] > STORE_DEVICE_MOVED)
    {
        return 0;
    }

    keys = bytes.data[STORE_AT_KEYS];

    if (keys & ~(STORE_KEYS_ACTIVE|STORE_KEYS_PENDING
                 |STORE_KEYS_ACME_DNS|STORE_KEYS_DYNDNS2
                 |STORE_KEYS_ISSUER))
    {
        return 0;
    }

    at = STORE_DEVICE_LEN;

    if (keys & STORE_KEYS_ISSUER) {

        if (bytes.len - at < STORE_ISSUER_NUMBER_LEN
            || store_get16(bytes.data + at) == 0)
        {
            return 0;
        }

        at += STORE_ISSUER_NUMBER_LEN;
    }

    if (keys & STORE_KEYS_ACTIVE) {
        at = store_key_check(bytes, at, false);
    }

    if (at != 0 && (keys & STORE_KEYS_PENDING)) {
        at = store_key_check(bytes, at, true);
    }

    if (at != 0 && (keys & STORE_KEYS_ACME_DNS)) {
        at = store_credential_check(bytes, at);
    }

    if (at != 0 && (keys & STORE_KEYS_DYNDNS2)) {
        at = store_credential_check(bytes, at);
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

    /* algorithm, generation, last_created, expiry; a secret's number or a
     * public key */

    len = 1 + STORE_GENERATION_LEN + 4 + (pending ? 4 : 0)
          + (algorithm == STORE_HMAC_SHA256
             ? 2 : store_public_key_len(algorithm));

    return len <= bytes.len - at ? at + len : 0;
}


size_t
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


/* Where the credential that stands at `at` ends; 0 where it is wrong.  One
 * that was never issued has no place in a value. */
static size_t
store_credential_check(store_span_t bytes, size_t at)
{
    if (STORE_CREDENTIAL_LEN > bytes.len - at
        || store_get16(bytes.data + at) == 0)
    {
        return 0;
    }

    return at + STORE_CREDENTIAL_LEN;
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


/* Labels of 1 to 63 that end exactly at the end, in lower case: a query's name
 * is folded and then compared by its bytes. */
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


/* True where the last of names, at n, is among those before it.  Quadratic,
 * over a dozen RRsets as a rule; STORE_RRSETS_MAX bounds the worst. */
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
