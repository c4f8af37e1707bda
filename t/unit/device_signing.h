
/*
 * A signed zone for the tests of device_sign.h: keys, and whether a value's
 * signatures are as they should be.  Of Ed25519, whose signatures are the same
 * each time they are made (RFC 8032 8.2): a stored one is right where it is
 * what is made anew with its times.
 */

#ifndef DEVICE_SIGNING_H
#define DEVICE_SIGNING_H


#include "dnssec_files.h"
#include "device_sign.h"

#include <openssl/evp.h>


#define SIGNING_ZONE    "devices.example."
#define SIGNING_MARGIN  (3 * 86400)
#define SIGNING_TTL     40

#define SIGNING_KEYS    4        /* two KSKs, two ZSKs */


typedef struct {
    dnssec_key_t     *keys[SIGNING_KEYS];
    device_signer_t   signer;
    size_t            room;          /* ZSKs whose signatures fit; 0: all */
} signing_t;


/* A key whose private half is two bytes in turn. */
static inline dnssec_key_t *
signing_key_of(files_t *files, uint8_t even, uint8_t odd, int flags)
{
    int        i;
    char       public[256], private[256], text[64];
    size_t     len;
    uint8_t    seed[32], raw[32];
    EVP_PKEY  *pkey;

    for (i = 0; i < 32; i++) {
        seed[i] = i % 2 ? odd : even;
    }

    len = sizeof(raw);

    pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, raw, &len), 1);
    EVP_PKEY_free(pkey);

    (void) EVP_EncodeBlock((uint8_t *) text, raw, 32);
    (void) snprintf(public, sizeof(public),
                    SIGNING_ZONE " IN DNSKEY %d 3 15 %s\n", flags, text);

    (void) EVP_EncodeBlock((uint8_t *) text, seed, 32);
    (void) snprintf(private, sizeof(private), "Private-key-format: v1.2\n"
                    "Algorithm: 15 (ED25519)\nPrivateKey: %s\n", text);

    return files_key(files, public, private);
}


/* Signed by the first KSK and the first ZSK. */
static inline void
signing_begin(signing_t *signing)
{
    int      i;
    files_t  files;

    memset(signing, 0, sizeof(*signing));
    files_begin(&files);

    for (i = 0; i < SIGNING_KEYS; i++) {
        signing->keys[i] = signing_key_of(&files, (uint8_t) ('A' + i),
                                          (uint8_t) ('A' + i),
                                          i < 2 ? 257 : 256);
    }

    files_end(&files);

    signing->signer.ksks[0] = signing->keys[0];
    signing->signer.nksks = 1;
    signing->signer.zsks[0] = signing->keys[2];
    signing->signer.nzsks = 1;
    signing->signer.margin = SIGNING_MARGIN;
    signing->signer.negative_ttl = SIGNING_TTL;
}


static inline void
signing_end(signing_t *signing)
{
    int  i;

    for (i = 0; i < SIGNING_KEYS; i++) {
        dnssec_key_free(signing->keys[i]);
    }
}


/* The value's own name. */
static inline size_t
signing_name(const store_key_t *key, uint8_t *name)
{
    size_t    label = (size_t) key->len - key->zone_len;
    uint8_t  *p = name;

    if (label > 0) {
        *p++ = (uint8_t) label;
        memcpy(p, key->data + key->zone_len, label);
        p += label;
    }

    memcpy(p, key->data, key->zone_len);

    return (size_t) (p - name) + key->zone_len;
}


/* The RRSIG over an RRset with the times of one, made anew. */
static inline void
signing_again(const store_key_t *key, const dnssec_key_t *signer,
    const store_rrset_t *rrset, const dnssec_rrsig_t *times, uint8_t *rrsig,
    size_t *len)
{
    size_t           n, fqdn_len, at;
    uint8_t          fqdn[256], owner[512], *p;
    store_rr_t       rr;
    dnssec_span_t    rdata[255];
    dnssec_rrset_t   whole;
    store_rr_iter_t  iter;
    static uint8_t   bytes[STORE_VALUE_MAX * 8];

    fqdn_len = signing_name(key, fqdn);

    if (rrset->owner.len > 0) {
        memcpy(owner, rrset->owner.data, rrset->owner.len);
    }

    memcpy(owner + rrset->owner.len, fqdn, fqdn_len);

    n = 0;
    p = bytes;
    store_rr_begin(&iter, rrset);

    while (store_rr_next(&iter, &rr)) {
        rdata[n].data = p;

        for (at = 0; at <= rr.len; at++) {
            if ((int) at == rr.splice) {
                memcpy(p, fqdn, fqdn_len);
                p += fqdn_len;
            }

            if (at < rr.len) {
                *p++ = rr.data[at];
            }
        }

        rdata[n].len = (size_t) (p - rdata[n].data);
        n++;
    }

    whole.owner = (dnssec_span_t) { owner, rrset->owner.len + fqdn_len };
    whole.type = rrset->type;
    whole.ttl = rrset->ttl;
    whole.rdata = rdata;
    whole.n = n;

    assert_true(dnssec_rrsig_make(signer, &whole, times->inception,
                                  times->expiration, rrsig, len));
}


/* One RRset has exactly one good RRSIG by this key.  now 0: it was signed at
 * another time. */
static inline void
signing_check_one(const store_key_t *key, const store_value_t *value,
    const signing_t *signing, const dnssec_key_t *signer,
    const store_rrset_t *rrset, int64_t now)
{
    int              found;
    size_t           len;
    int64_t          left, need;
    uint8_t          again[DNSSEC_RRSIG_MAX];
    store_rr_t       rr;
    store_rrset_t    signatures;
    dnssec_rrsig_t   rrsig;
    store_rr_iter_t  iter;

    found = 0;
    assert_true(store_rrset_find(value, rrset->owner, STORE_TYPE_RRSIG,
                                 &signatures));
    store_rr_begin(&iter, &signatures);

    while (store_rr_next(&iter, &rr)) {
        assert_int_equal(rr.splice, -1);
        assert_true(dnssec_rrsig_parse(&rrsig, (dnssec_span_t) { rr.data,
                                                                 rr.len }));

        if (rrsig.covered != rrset->type
            || rrsig.tag != dnssec_key_tag(signer))
        {
            continue;
        }

        found++;
        signing_again(key, signer, rrset, &rrsig, again, &len);
        assert_int_equal(len, rr.len);
        assert_memory_equal(again, rr.data, len);

        if (now != 0) {
            left = rrset->expires > now ? rrset->expires - now : 0;
            need = left + signing->signer.margin;

            /* what the circle of RFC 1982 cannot hold comes in time */

            need = need < 1 << 30 ? need : 1 << 30;

            assert_true(rrsig.inception <= now);
            assert_true(rrsig.expiration >= now + need);
        }
    }

    assert_int_equal(found, 1);
}


/* The NSEC says what is live now, and until when that is true. */
static inline void
signing_check_nsec(const store_value_t *value,
    int64_t now)
{
    bool                below, endless;
    size_t              n, len;
    int64_t             first, last;
    uint8_t             bitmap[34 * 4];
    uint16_t            types[64];
    store_rr_t          rr;
    store_rrset_t       rrset, nsec;
    store_rr_iter_t     rrs;
    store_rrset_iter_t  iter;

    n = 0;
    below = endless = false;
    first = last = 0;
    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)) {

        if (!store_rrset_is_data(&rrset) || !store_rrset_live(&rrset, now)) {
            continue;
        }

        below = below || rrset.owner.len > 0;
        endless = endless || rrset.expires == 0;
        last = rrset.expires > last ? rrset.expires : last;

        if (rrset.owner.len == 0) {
            types[n++] = rrset.type;

            if (rrset.expires != 0 && (first == 0 || rrset.expires < first)) {
                first = rrset.expires;
            }
        }
    }

    if (n == 0 && !below) {
        assert_false(store_rrset_find(value, (store_span_t) { NULL, 0 },
                                      STORE_TYPE_NSEC, &nsec));
        return;
    }

    assert_true(store_rrset_find(value, (store_span_t) { NULL, 0 },
                                 STORE_TYPE_NSEC, &nsec));
    assert_int_equal(nsec.expires, n > 0 ? first : endless ? 0 : last);
    assert_int_equal(nsec.ttl, SIGNING_TTL);
    assert_int_equal(nsec.count, 1);

    types[n++] = STORE_TYPE_RRSIG;
    types[n++] = STORE_TYPE_NSEC;

    /* few: in order by exchange */

    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            if (types[j] < types[i]) {
                uint16_t  t = types[i];

                types[i] = types[j];
                types[j] = t;
            }
        }
    }

    len = dnssec_bitmap_write(bitmap, types, n);

    store_rr_begin(&rrs, &nsec);
    assert_true(store_rr_next(&rrs, &rr));
    assert_int_equal(rr.splice, 2);
    assert_int_equal(rr.len, 2 + len);
    assert_memory_equal(rr.data, "\1\0", 2);
    assert_memory_equal(rr.data + 2, bitmap, len);
}


/*
 * Every RRset has exactly one good signature by each key that signs it, and
 * there is nothing else.  now: of the seal, or 0 where that was before.
 */
static inline void
signing_check(const store_key_t *key, store_span_t bytes,
    const signing_t *signing, int64_t now)
{
    size_t                     i, n, wanted, found;
    store_span_t               k = { key->data, key->len };
    store_value_t              value;
    store_rrset_t              rrset;
    store_rrset_iter_t         iter;
    const dnssec_key_t *const *keys;

    assert_true(store_value_open(&value, k, bytes));

    wanted = found = 0;
    store_rrset_begin(&iter, &value);

    while (store_rrset_next(&iter, &rrset)) {

        if (rrset.type == STORE_TYPE_RRSIG) {
            found += rrset.count;
            assert_int_equal(rrset.door, STORE_DOOR_NONE);
            continue;
        }

        keys = signing->signer.zsks;
        n = signing->room ? signing->room : signing->signer.nzsks;

        if (rrset.type == 48 || rrset.type == 59 || rrset.type == 60) {
            keys = signing->signer.ksks;
            n = signing->signer.nksks;
        }

        for (i = 0; i < n; i++) {
            signing_check_one(key, &value, signing, keys[i], &rrset, now);
        }

        wanted += n;
    }

    assert_int_equal(found, wanted);

    if (now != 0) {
        signing_check_nsec(&value, now);
    }
}


#endif /* DEVICE_SIGNING_H */
