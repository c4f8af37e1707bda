
/*
 * What stands for dnsd/sign.c in tests of answers: keys of the test's own, a
 * budget that it counts down, and failures on demand.
 */

#ifndef DNSD_SIGNER_H
#define DNSD_SIGNER_H


#include "sign.h"

#include <string.h>


#define SIGNER_KEYS  4


struct sign_s {
    const dnssec_key_t  *keys[SIGNER_KEYS];
    unsigned             n;
    unsigned             left[2];        /* signatures, UDP's and TCP's */
    unsigned             made;
    bool                 fails;
    bool                 had;            /* others' share alone is left */
    sign_wanted_t        wanted;         /* the last */
};


sign_status_t
sign_rrsig(sign_t *sign, const sign_wanted_t *wanted,
    const sign_record_t *record, uint8_t *rrsig, size_t *len)
{
    unsigned              i;
    const dnssec_key_t   *key = NULL;
    const dnssec_span_t   rdata = { record->rdata.data, record->rdata.len };
    const dnssec_rrset_t  rrset = {
        { record->owner.data, record->owner.len }, record->type, record->ttl,
        &rdata, 1
    };

    sign->wanted = *wanted;

    for (i = 0; i < sign->n; i++) {
        dnssec_span_t  zone = dnssec_key_zone(sign->keys[i]);

        if (dnssec_key_algorithm(sign->keys[i]) == wanted->algorithm
            && dnssec_key_tag(sign->keys[i]) == wanted->tag
            && zone.len == wanted->zone.len
            && memcmp(zone.data, wanted->zone.data, zone.len) == 0)
        {
            key = sign->keys[i];
        }
    }

    if (key == NULL) {
        return SIGN_NO_KEY;
    }

    if (sign->left[wanted->stream] == 0) {
        return SIGN_BUDGET;
    }

    if (sign->had) {
        return SIGN_SHARE;
    }

    sign->left[wanted->stream]--;

    if (sign->fails
        || !dnssec_rrsig_make(key, &rrset, wanted->now - 3600,
                              wanted->now + 86400, rrsig, len))
    {
        return SIGN_FAILED;
    }

    sign->made++;

    return SIGN_OK;
}


#endif /* DNSD_SIGNER_H */
