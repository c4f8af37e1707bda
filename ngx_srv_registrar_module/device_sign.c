
/*
 * The signatures of one value: which belong there.
 *
 * Enters: the RRsets that are to be signed, and values whose signatures may
 * be taken.  Leaves: an RRSIG RRset for each owner, and the NSEC of the
 * value's own name.  Always: what is written covers what stands beside it.
 */

#include "device_sign_parts.h"

#include <string.h>


static bool sign_begin(device_sign_t *sign, const device_place_t *place);
static void sign_rrsets(device_sign_t *sign, const store_rrset_t *rrsets,
    size_t n);
static bool sign_write(device_sign_t *sign, store_writer_t *writer,
    device_signed_t *done);
static void sign_trim(device_sign_t *sign, const store_writer_t *writer);
static bool sign_fits(const device_sign_t *sign, store_writer_t writer);
static void sign_trim_stored(device_sign_t *sign);
static void sign_all(device_sign_t *sign);
static bool sign_is_first(const device_sign_t *sign, size_t at);
static void sign_owner(device_sign_t *sign, store_span_t owner);
static bool sign_stops(const device_sign_t *sign);
static size_t sign_head(const device_sign_t *sign, store_span_t owner,
    store_rrset_t *head);
static void sign_cover(store_rrset_t *head, const store_rrset_t *rrset);
static void sign_rrset(device_sign_t *sign, const store_rrset_t *rrset);
static void sign_rrset_room(device_sign_t *sign, size_t n);
static bool sign_is_whole(const device_sign_t *sign,
    const store_value_t *value);
static bool value_has_signatures(const store_value_t *value);
static size_t value_data(const store_value_t *value, store_rrset_t *rrsets);


bool
device_sign_write(const device_place_t *place, const store_rrset_t *rrsets,
    size_t n, store_writer_t *writer, device_signed_t *done)
{
    device_sign_t  sign;

    *done = (device_signed_t) { 0, 0, 0 };

    if (!sign_begin(&sign, place)) {
        return false;
    }

    sign_rrsets(&sign, rrsets, n);
    sign_trim(&sign, writer);

    return sign_write(&sign, writer, done);
}


bool
device_sign_due(const device_place_t *place)
{
    bool           fits;
    size_t         n;
    device_sign_t  sign;
    store_rrset_t  rrsets[DEVICE_DRAFT_MAX];

    fits = sign_begin(&sign, place);

    if (!sign.donates[0]) {
        return false;
    }

    if (place->signer == NULL) {
        return value_has_signatures(&sign.donors[0]);
    }

    n = value_data(&sign.donors[0], rrsets);

    /* of a name that is too long nothing can be signed: it stays due */

    if (!fits) {
        return n != 0;
    }

    sign_rrsets(&sign, rrsets, n);
    sign.own = true;

    /* what was prepared is not stored */

    sign.donates[1] = false;

    if (sign.donors[0].kind == STORE_KIND_DEVICE && sign.nzsks > 1) {
        sign_trim_stored(&sign);
    }

    sign_all(&sign);

    return sign.missing || !sign_is_whole(&sign, &sign.donors[0]);
}


device_reason_t
device_sign_value(const device_place_t *place, store_span_t value,
    store_span_t *bytes, device_signed_t *done)
{
    size_t          i, n;
    store_span_t    key = { place->key->data, place->key->len };
    store_value_t   old;
    device_sign_t   sign;
    store_rrset_t   rrsets[DEVICE_DRAFT_MAX];
    store_writer_t  writer;

    *done = (device_signed_t) { 0, 0, 0 };

    if (!store_value_open(&old, key, value)
        || old.kind == STORE_KIND_DEVICE)
    {
        return DEVICE_STORE_UNAVAILABLE;
    }

    if (old.kind == STORE_KIND_APEX) {
        store_writer_apex(&writer, place->buffer, STORE_VALUE_MAX,
                          store_value_digest(&old));

    } else {
        store_writer_static(&writer, place->buffer, STORE_VALUE_MAX);
    }

    n = value_data(&old, rrsets);

    for (i = 0; i < n; i++) {
        store_writer_rrset(&writer, &rrsets[i]);
    }

    if (place->signer != NULL) {

        if (!sign_begin(&sign, place)) {
            return DEVICE_INTERNAL;
        }

        sign_rrsets(&sign, rrsets, n);

        if (!sign_write(&sign, &writer, done)) {
            return DEVICE_INTERNAL;
        }
    }

    return store_writer_finish(&writer, key, bytes) ? DEVICE_OK
                                                    : DEVICE_TOO_MUCH;
}


/* Without RRsets yet.  False for a value of no zone, and one whose name leaves
 * no room for an NSEC's next one. */
static bool
sign_begin(device_sign_t *sign, const device_place_t *place)
{
    size_t              i, label;
    uint8_t            *p;
    store_span_t        bytes[DEVICE_SIGN_DONORS] = { place->bytes,
                                                      place->prepared };
    const store_key_t  *key = place->key;

    sign->place = place;
    sign->n = 0;
    sign->own = false;
    sign->writer = NULL;
    sign->nzsks = 0;
    sign->trial = false;
    sign->has_nsec = false;
    sign->done = (device_signed_t) { 0, 0, 0 };
    sign->owners = 0;
    sign->missing = false;
    sign->failed = false;

    i = 0;

    if (place->value != NULL) {
        sign->donors[0] = *place->value;
        sign->donates[0] = true;
        i = 1;
    }

    for ( /* void */ ; i < DEVICE_SIGN_DONORS; i++) {
        sign->donates[i] = bytes[i].len != 0
                           && store_value_open_made(&sign->donors[i], key,
                                                    bytes[i]);
    }

    p = sign->fqdn;
    label = (size_t) key->len - key->zone_len;

    if (label != 0) {
        *p++ = (uint8_t) label;
        memcpy(p, key->data + key->zone_len, label);
        p += label;
    }

    memcpy(p, key->data, key->zone_len);
    sign->fqdn_len = (size_t) (p - sign->fqdn) + key->zone_len;

    return key->zone_len != 0
           && sign->fqdn_len + DEVICE_NSEC_NEXT_LEN <= STORE_NAME_MAX;
}


/* What is to be signed. */
static void
sign_rrsets(device_sign_t *sign, const store_rrset_t *rrsets, size_t n)
{
    sign->rrsets = rrsets;
    sign->n = n;
    sign->nzsks = sign->place->signer->nzsks;

    device_sign_nsec(sign);
}


static bool
sign_write(device_sign_t *sign, store_writer_t *writer, device_signed_t *done)
{
    sign->writer = writer;

    if (sign->has_nsec) {
        store_writer_rrset(writer, &sign->nsec);
        sign->done.total++;
    }

    sign_all(sign);
    *done = sign->done;

    return !sign->failed;
}


/*
 * While keys roll, a device may have room for the signatures of one and not of
 * two.  By one it is still proven, to every validator that is content with one
 * (RFC 6840 5.11), and without it to nobody.  Which is the same for all who
 * look at the same RRsets: the first of the signer's.  What the operator wrote
 * has to fit, and nginx -t sees to it.
 */
static void
sign_trim(device_sign_t *sign, const store_writer_t *writer)
{
    while (sign->nzsks > 1 && !sign_fits(sign, *writer)) {
        sign->nzsks--;
    }
}


/* The copy of a writer writes where the writer itself is going to. */
static bool
sign_fits(const device_sign_t *sign, store_writer_t writer)
{
    device_sign_t  trial = *sign;

    trial.writer = &writer;
    trial.trial = true;

    if (trial.has_nsec) {
        store_writer_rrset(&writer, &trial.nsec);
    }

    sign_all(&trial);

    return !writer.failed
           && writer.at - writer.start <= STORE_VALUE_MAX - DEVICE_KEY_ROOM;
}


static void
sign_trim_stored(device_sign_t *sign)
{
    size_t          i;
    uint8_t         buffer[STORE_VALUE_MAX];
    store_device_t  device;
    store_writer_t  writer;

    store_value_device(&sign->donors[0], &device);
    store_writer_device(&writer, buffer, sizeof(buffer), &device);

    for (i = 0; i < sign->n; i++) {
        store_writer_rrset(&writer, &sign->rrsets[i]);
    }

    sign_trim(sign, &writer);
}


static void
sign_all(device_sign_t *sign)
{
    size_t  i;

    /* first, for it may have an NSEC and nothing else */

    sign_owner(sign, (store_span_t) { NULL, 0 });

    for (i = 0; i < sign->n; i++) {
        if (sign->rrsets[i].owner.len != 0 && sign_is_first(sign, i)) {
            sign_owner(sign, sign->rrsets[i].owner);
        }
    }
}


/* Of its owner's RRsets. */
static bool
sign_is_first(const device_sign_t *sign, size_t at)
{
    size_t  i;

    for (i = 0; i < at; i++) {
        if (store_span_equal(sign->rrsets[i].owner, sign->rrsets[at].owner)) {
            return false;
        }
    }

    return true;
}


/* The RRSIG RRset of one owner, where it has any RRset. */
static void
sign_owner(device_sign_t *sign, store_span_t owner)
{
    size_t         i;
    store_rrset_t  head;

    if (sign_stops(sign) || sign_head(sign, owner, &head) == 0) {
        return;
    }

    sign->owners++;

    if (sign->writer != NULL) {
        store_writer_rrset_begin(sign->writer, &head);
    }

    for (i = 0; i < sign->n; i++) {
        if (store_span_equal(sign->rrsets[i].owner, owner)) {
            sign_rrset(sign, &sign->rrsets[i]);
        }
    }

    if (owner.len == 0 && sign->has_nsec) {
        sign_rrset(sign, &sign->nsec);
    }

    if (sign->writer != NULL && !sign->failed) {
        store_writer_rrset_end(sign->writer);
    }
}


/* One that is missing is enough; something could not be signed; or no room is
 * left, and nobody will see what is signed now. */
static bool
sign_stops(const device_sign_t *sign)
{
    return sign->missing || sign->failed
           || (sign->writer != NULL && sign->writer->failed);
}


/* Returns how many signatures belong there. */
static size_t
sign_head(const device_sign_t *sign, store_span_t owner, store_rrset_t *head)
{
    size_t                     i, n;
    const dnssec_key_t *const *keys;

    n = 0;

    memset(head, 0, sizeof(*head));
    head->owner = owner;
    head->type = STORE_TYPE_RRSIG;
    head->door = STORE_DOOR_NONE;
    head->expires = 1;

    for (i = 0; i < sign->n; i++) {
        if (store_span_equal(sign->rrsets[i].owner, owner)) {
            sign_cover(head, &sign->rrsets[i]);
            n += device_sign_keys(sign, sign->rrsets[i].type, &keys);
        }
    }

    if (owner.len == 0 && sign->has_nsec) {
        sign_cover(head, &sign->nsec);
        n += device_sign_keys(sign, STORE_TYPE_NSEC, &keys);
    }

    return n;
}


/* The greatest TTL, the latest expiry; nothing is later than none. */
static void
sign_cover(store_rrset_t *head, const store_rrset_t *rrset)
{
    if (rrset->ttl > head->ttl) {
        head->ttl = rrset->ttl;
    }

    if (rrset->expires == 0 || head->expires == 0) {
        head->expires = 0;

    } else if (rrset->expires > head->expires) {
        head->expires = rrset->expires;
    }
}


/* A signature by each key that signs this type. */
static void
sign_rrset(device_sign_t *sign, const store_rrset_t *rrset)
{
    size_t                     i, n, len, donor;
    uint8_t                    rrsig[DNSSEC_RRSIG_MAX];
    store_rr_t                 rr;
    const dnssec_key_t *const *keys;

    n = device_sign_keys(sign, rrset->type, &keys);

    if (sign->trial) {
        sign_rrset_room(sign, n);
        return;
    }

    for (i = 0; i < n && !sign_stops(sign); i++) {

        if (device_sign_take(sign, rrset, keys[i], &rr, &donor)) {
            sign->done.fresh += (donor != 0);

        } else if (sign->writer == NULL) {
            sign->missing = true;
            return;

        } else if (device_sign_make(sign, rrset, keys[i], rrsig, &len)) {
            rr = (store_rr_t) { rrsig, (uint16_t) len, -1 };

        } else {
            sign->failed = true;
            return;
        }

        if (sign->writer != NULL) {
            store_writer_rr(sign->writer, &rr);
            sign->done.total++;
        }
    }
}


/* As much as n signatures take. */
static void
sign_rrset_room(device_sign_t *sign, size_t n)
{
    dnssec_span_t  zone = dnssec_key_zone(sign->place->signer->zsks[0]);
    store_rr_t     rr;

    static const uint8_t  zeros[DNSSEC_RRSIG_MAX];

    rr.data = zeros;
    rr.len = (uint16_t) (DNSSEC_RRSIG_FIXED + zone.len + DNSSEC_SIGNATURE_LEN);
    rr.splice = -1;

    while (n-- > 0) {
        store_writer_rr(sign->writer, &rr);
    }
}


/* Nothing is stored but what belongs there: as many RRSIG RRsets as owners,
 * as many in each as are wanted, and the NSEC as it would be made now. */
static bool
sign_is_whole(const device_sign_t *sign, const store_value_t *value)
{
    size_t              owners;
    bool                nsec;
    store_rrset_t       rrset, head;
    store_rrset_iter_t  iter;

    owners = 0;
    nsec = false;
    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)) {

        if (rrset.type == STORE_TYPE_RRSIG) {
            owners++;

            if (sign_head(sign, rrset.owner, &head) != rrset.count) {
                return false;
            }

        } else if (rrset.type == STORE_TYPE_NSEC) {
            nsec = true;

            if (!sign->has_nsec || rrset.owner.len != 0
                || rrset.expires != sign->nsec.expires
                || !device_sign_same(&rrset, &sign->nsec))
            {
                return false;
            }
        }
    }

    return owners == sign->owners && nsec == sign->has_nsec;
}


static bool
value_has_signatures(const store_value_t *value)
{
    store_rrset_t       rrset;
    store_rrset_iter_t  iter;

    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)) {
        if (!store_rrset_is_data(&rrset)) {
            return true;
        }
    }

    return false;
}


/* An RRset takes 14 bytes at least: DEVICE_DRAFT_MAX hold a whole value. */
static size_t
value_data(const store_value_t *value, store_rrset_t *rrsets)
{
    size_t              n;
    store_rrset_iter_t  iter;

    n = 0;
    store_rrset_begin(&iter, value);

    while (n < DEVICE_DRAFT_MAX && store_rrset_next(&iter, &rrsets[n])) {
        n += store_rrset_is_data(&rrsets[n]);
    }

    return n;
}
