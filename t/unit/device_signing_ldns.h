
/*
 * The signatures of a value, verified by ldns.
 */

#ifndef DEVICE_SIGNING_LDNS_H
#define DEVICE_SIGNING_LDNS_H


#include "device_signing.h"

#include <ldns/ldns.h>


static inline ldns_rr *
to_ldns(const store_key_t *key, const store_rrset_t *rrset,
    const store_rr_t *rr)
{
    size_t    at, len;
    uint8_t   fqdn[256], wire[2048], *p = wire, *length;
    ldns_rr  *made;

    len = signing_name(key, fqdn);

    if (rrset->owner.len > 0) {
        memcpy(p, rrset->owner.data, rrset->owner.len);
        p += rrset->owner.len;
    }

    memcpy(p, fqdn, len);
    p += len;

    ldns_write_uint16(p, rrset->type);
    ldns_write_uint16(p + 2, 1);
    ldns_write_uint32(p + 4, rrset->ttl);
    length = p + 8;
    p += 10;

    for (at = 0; at <= rr->len; at++) {
        if ((int) at == rr->splice) {
            memcpy(p, fqdn, len);
            p += len;
        }

        if (at < rr->len) {
            *p++ = rr->data[at];
        }
    }

    ldns_write_uint16(length, (uint16_t) (p - length - 2));
    at = 0;
    assert_int_equal(ldns_wire2rr(&made, wire, (size_t) (p - wire), &at,
                                  LDNS_SECTION_ANSWER), LDNS_STATUS_OK);

    return made;
}


/* By ldns, for what is one RR: signing_check counts, but believes our own
 * canonical form. */
static inline unsigned
verify(const store_key_t *owner, store_span_t bytes, const dnssec_key_t *key,
    int64_t now)
{
    unsigned            n;
    ldns_rr            *rr, *dnskey, *signature;
    store_rr_t          one;
    ldns_rdf           *name;
    ldns_rr_list       *list;
    store_value_t       opened;
    store_rrset_t       rrset, signatures, self;
    store_rr_iter_t     rrs;
    store_rrset_iter_t  iter;

    n = 0;
    memset(&self, 0, sizeof(self));
    self.type = 48;
    one = (store_rr_t) { dnssec_key_rdata(key).data,
                         (uint16_t) dnssec_key_rdata(key).len, -1 };
    dnskey = to_ldns(owner, &self, &one);
    ldns_rdf_deep_free(ldns_rr_owner(dnskey));
    name = ldns_dname_new_frm_str(SIGNING_ZONE);
    ldns_rr_set_owner(dnskey, name);

    assert_true(store_value_open(&opened,
                                 (store_span_t) { owner->data, owner->len },
                                 bytes));
    store_rrset_begin(&iter, &opened);

    while (store_rrset_next(&iter, &rrset)) {

        if (rrset.type == STORE_TYPE_RRSIG) {
            continue;
        }

        store_rr_begin(&rrs, &rrset);
        assert_true(store_rr_next(&rrs, &one));
        rr = to_ldns(owner, &rrset, &one);
        list = ldns_rr_list_new();
        ldns_rr_list_push_rr(list, rr);

        assert_true(store_rrset_find(&opened, rrset.owner, STORE_TYPE_RRSIG,
                                     &signatures));
        store_rr_begin(&rrs, &signatures);

        while (store_rr_next(&rrs, &one)) {
            signature = to_ldns(owner, &signatures, &one);

            if (ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(signature))
                == rrset.type
                && ldns_rdf2native_int16(ldns_rr_rrsig_keytag(signature))
                   == dnssec_key_tag(key))
            {
                assert_int_equal(ldns_verify_rrsig_time(list, signature,
                                                        dnskey, now),
                                 LDNS_STATUS_OK);
                n++;
            }

            ldns_rr_free(signature);
        }

        ldns_rr_list_deep_free(list);
    }

    ldns_rr_free(dnskey);

    return n;
}


#endif /* DEVICE_SIGNING_LDNS_H */
