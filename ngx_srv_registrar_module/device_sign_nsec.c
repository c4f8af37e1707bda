
/*
 * The NSEC of a value's own name, the only one that is signed beforehand:
 * what is asked most of what a device has not (AAAA of one that has A).
 */

#include "device_sign_parts.h"

#include <string.h>


static void sign_nsec_write(device_sign_t *sign, uint16_t *types, size_t n);
static void sign_type_add(uint16_t *types, size_t n, uint16_t type);


/*
 * The NSEC of the value's own name, with the types that are live now; its
 * lease ends with the first of theirs, so that while it lives its bitmap is
 * true.  Where nothing is at the name itself, it is there for what is below
 * (RFC 9824 3.2), and as long as that.
 */
void
device_sign_nsec(device_sign_t *sign)
{
    bool                  any, endless;
    size_t                i, n;
    int64_t               first, last;
    uint16_t              types[DEVICE_DRAFT_MAX + 2];
    const store_rrset_t  *rrset;

    n = 0;
    any = false;
    endless = false;
    first = 0;
    last = 0;

    for (i = 0; i < sign->n; i++) {
        rrset = &sign->rrsets[i];

        if (!store_rrset_live(rrset, sign->place->now)) {
            continue;
        }

        any = true;
        endless = endless || rrset->expires == 0;
        last = rrset->expires > last ? rrset->expires : last;

        if (rrset->owner.len != 0) {
            continue;
        }

        sign_type_add(types, n++, rrset->type);

        if (rrset->expires != 0 && (first == 0 || rrset->expires < first)) {
            first = rrset->expires;
        }
    }

    if (!any) {
        return;
    }

    sign->nsec.expires = (n != 0) ? first : endless ? 0 : last;

    sign_type_add(types, n++, STORE_TYPE_RRSIG);
    sign_type_add(types, n++, STORE_TYPE_NSEC);
    sign_nsec_write(sign, types, n);
}


/* Keeps them in ascending order. */
static void
sign_type_add(uint16_t *types, size_t n, uint16_t type)
{
    while (n > 0 && types[n - 1] > type) {
        types[n] = types[n - 1];
        n--;
    }

    types[n] = type;
}


static void
sign_nsec_write(device_sign_t *sign, uint16_t *types, size_t n)
{
    size_t          len;
    uint8_t         rdata[DEVICE_NSEC_MAX], *at;
    store_rr_t      rr;
    store_rrset_t  *nsec;

    rdata[0] = 1;
    rdata[1] = 0;

    len = DEVICE_NSEC_NEXT_LEN;
    len += dnssec_bitmap_write(rdata + len, types, n);

    rr.data = rdata;
    rr.len = (uint16_t) len;
    rr.splice = DEVICE_NSEC_NEXT_LEN;

    at = sign->nsec_rrs;

    if (!store_rr_write(&at, at + sizeof(sign->nsec_rrs), &rr)) {
        sign->failed = true;
        return;
    }

    nsec = &sign->nsec;
    nsec->owner = (store_span_t) { NULL, 0 };
    nsec->type = STORE_TYPE_NSEC;
    nsec->ttl = sign->place->signer->negative_ttl;
    nsec->door = STORE_DOOR_NONE;
    nsec->own_lease = false;
    nsec->count = 1;
    nsec->rrs.data = sign->nsec_rrs;
    nsec->rrs.len = (size_t) (at - sign->nsec_rrs);

    sign->has_nsec = true;
}
