
/*
 * Keys of the store, and the names and labels that they are made of.
 *
 * What enters may be hostile; a key that leaves is within its bounds and in
 * lower case, so that a lookup without case is one comparison of bytes.
 */

#include "store_key.h"

#include <assert.h>
#include <string.h>


#define STORE_META_BYTE  0xff     /* no wire name begins with it */


static size_t store_name_scan(store_span_t bytes);
static bool store_is_lower(const uint8_t *data, size_t len);


bool
store_key_make(store_key_t *key, store_span_t zone, store_span_t label)
{
    size_t  name;

    key->len = 0;
    key->zone_len = 0;

    if (!store_name_valid(zone) || zone.len < 2) {
        return false;
    }

    /* the name that the key stands for has a length byte more than the key */

    name = zone.len + (label.len != 0 ? label.len + 1 : 0);

    if (label.len > STORE_LABEL_MAX || name > STORE_NAME_MAX) {
        return false;
    }

    store_name_fold(key->data, zone.data, zone.len);

    if (label.len != 0) {
        store_name_fold(key->data + zone.len, label.data, label.len);
    }

    key->zone_len = (uint8_t) zone.len;
    key->len = (uint16_t) (zone.len + label.len);

    return true;
}


bool
store_key_parse(store_span_t bytes, store_span_t *zone, store_span_t *label)
{
    size_t  len, name;

    len = store_name_scan(bytes);

    if (len < 2 || bytes.len - len > STORE_LABEL_MAX) {
        return false;
    }

    name = bytes.len + (bytes.len != len);

    if (name > STORE_NAME_MAX || !store_is_lower(bytes.data, bytes.len)) {
        return false;
    }

    zone->data = bytes.data;
    zone->len = len;
    label->data = bytes.data + len;
    label->len = bytes.len - len;

    return true;
}


void
store_key_meta(store_key_t *key, uint8_t which, store_span_t zone)
{
    /* a programmer's mistake: zones have passed store_key_make or _parse */

    assert(zone.len <= STORE_NAME_MAX);

    key->data[0] = STORE_META_BYTE;
    key->data[1] = which;

    if (zone.len != 0) {
        store_name_fold(key->data + 2, zone.data, zone.len);
    }

    key->len = (uint16_t) (2 + zone.len);
    key->zone_len = 0;
}


bool
store_name_valid(store_span_t name)
{
    return name.len != 0 && store_name_scan(name) == name.len;
}


/* The length of the wire name that bytes begin with; 0 where none does. */
static size_t
store_name_scan(store_span_t bytes)
{
    size_t  at, limit;

    limit = bytes.len < STORE_NAME_MAX ? bytes.len : STORE_NAME_MAX;

    for (at = 0; at < limit; at += bytes.data[at] + 1u) {

        if (bytes.data[at] == 0) {
            return at + 1;
        }

        /* RFC 1035 section 4.1.4: above 63 are pointers, never stored */

        if (bytes.data[at] > STORE_LABEL_MAX) {
            return 0;
        }
    }

    return 0;
}


void
store_name_fold(uint8_t *dst, const uint8_t *src, size_t len)
{
    size_t          i;
    uint8_t         c;
    uint64_t        word, low, upper;
    const uint64_t  ones = 0x0101010101010101;

    /* A length byte is at most 63, below 'A', and stays as it is.  Eight at
     * once, since the key of each query is made here; without their high
     * bits, so that no sum runs over into the next byte. */

    for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
        memcpy(&word, src + i, sizeof(word));

        low = word & ones * 0x7f;
        upper = (low + ones * (0x80 - 'A')) & ~(low + ones * (0x7f - 'Z'))
                & ~word & ones * 0x80;
        word |= upper >> 2;

        memcpy(dst + i, &word, sizeof(word));
    }

    for ( ; i < len; i++) {
        c = src[i];
        dst[i] = (uint8_t) (c | ((c >= 'A' && c <= 'Z') << 5));
    }
}


/* Without a branch for each byte, since every value that is opened comes by
 * here; what lies below 'A' wraps to above 25. */
static bool
store_is_lower(const uint8_t *data, size_t len)
{
    size_t    i;
    unsigned  upper;

    upper = 0;

    for (i = 0; i < len; i++) {
        upper |= (uint8_t) (data[i] - 'A') < 26;
    }

    return upper == 0;
}


bool
store_label_is_device(store_span_t label)
{
    size_t    i;
    uint8_t   c;
    unsigned  good = 1;

    if (label.len == 0 || label.len > STORE_LABEL_MAX) {
        return false;
    }

    for (i = 0; i < label.len; i++) {
        c = label.data[i];

        good &= (unsigned) ((uint8_t) (c - 'a') < 26)
                | ((uint8_t) (c - '0') < 10) | (c == '-');
    }

    return good && label.data[0] != '-' && label.data[label.len - 1] != '-';
}
