
/*
 * A value while it is signed, for the files of device_sign.h.
 */

#ifndef DEVICE_SIGN_PARTS_H
#define DEVICE_SIGN_PARTS_H


#include "device_draft.h"
#include "device_sign.h"


/* A label of one zero byte in front of the name: the next one in the order of
 * RFC 4034 6.1, so that nothing lies between (RFC 9824 3.1). */
#define DEVICE_NSEC_NEXT_LEN  2

/* 256 windows of the type bitmap; no value holds so many types. */
#define DEVICE_NSEC_MAX       (DEVICE_NSEC_NEXT_LEN + 256 * 34)

/* The stored value, and one that was prepared. */
#define DEVICE_SIGN_DONORS    2


typedef struct {
    const device_place_t  *place;
    const store_rrset_t   *rrsets;
    size_t                 n;
    bool                   own;          /* they are the first donor's */
    store_writer_t        *writer;       /* NULL: only looking */
    size_t                 nzsks;        /* of the signer's, those that find
                                            room */
    bool                   trial;        /* only how much it takes */

    store_value_t          donors[DEVICE_SIGN_DONORS];
    bool                   donates[DEVICE_SIGN_DONORS];

    uint8_t                fqdn[1 + STORE_KEY_MAX];      /* wire */
    size_t                 fqdn_len;

    bool                   has_nsec;
    store_rrset_t          nsec;
    uint8_t                nsec_rrs[4 + DEVICE_NSEC_MAX];

    device_signed_t        done;
    size_t                 owners;       /* that have an RRSIG RRset */
    bool                   missing;      /* looking: a signature */
    bool                   failed;
} device_sign_t;


/* Sets nsec, where there is anything to have one for. */
void device_sign_nsec(device_sign_t *sign);

/* The keys that sign a type; returns how many. */
size_t device_sign_keys(const device_sign_t *sign, uint16_t type,
    const dnssec_key_t *const **keys);

/* Finds a good signature of an RRset by a key, in the first of the donors that
 * has one. */
bool device_sign_take(const device_sign_t *sign, const store_rrset_t *rrset,
    const dnssec_key_t *key, store_rr_t *rr, size_t *donor);

/* Makes one, into rrsig (DNSSEC_RRSIG_MAX). */
bool device_sign_make(device_sign_t *sign, const store_rrset_t *rrset,
    const dnssec_key_t *key, uint8_t *rrsig, size_t *len);

/* Of two RRsets of one owner and type: the same signature covers both. */
bool device_sign_same(const store_rrset_t *a, const store_rrset_t *b);


#endif /* DEVICE_SIGN_PARTS_H */
