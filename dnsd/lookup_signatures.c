
/*
 * What a value says about signatures, at the lease time of the batch.
 *
 * They are RRsets like others (docs/store-format.md): one of type RRSIG for
 * each owner, which covers all of that owner's others, and one NSEC for the
 * value's own name.  An RRset of signatures has no life of its own: each of
 * them is judged by its own two times, and what it covers by its lease.
 */

#include "lookup_internal.h"

#include "store_layout.h"

#include <string.h>


/* Within an RRSIG's RDATA (RFC 4034 3.1). */
#define RRSIG_ALGORITHM   2
#define RRSIG_EXPIRATION  8
#define RRSIG_INCEPTION   12
#define RRSIG_TAG         16
#define RRSIG_SIGNER      18

#define SERIAL_HALF       0x80000000u


_Static_assert(LOOKUP_TYPES_MAX == STORE_RRSETS_MAX, "a type for each RRset");


static bool lookup_stored(const lookup_node_t *node, uint16_t type,
    store_rrset_t *rrset);
static bool lookup_signature_covers(lookup_signatures_t *signatures,
    wire_span_t *rdata);
static lookup_validity_t lookup_validity(wire_span_t rdata, uint32_t now);
static bool lookup_signers_read(lookup_t *lookup, lookup_node_t *apex);
static void lookup_signer_add(lookup_signers_t *signers, wire_span_t rdata);


const lookup_signers_t *
lookup_signers(lookup_t *lookup, const lookup_node_t *node)
{
    lookup_node_t  apex;

    lookup_node_apex(&apex, node);

    if (lookup->signers_txn == lookup->txn_id
        && lookup->signers_len == apex.name.len
        && memcmp(lookup->signers_zone, apex.name.data, apex.name.len) == 0)
    {
        return &lookup->signers;
    }

    if (!lookup_node_share(node, &apex)) {
        lookup_fetch_apex(lookup, &apex);
    }

    if (!lookup_signers_read(lookup, &apex)) {
        lookup->signers_len = 0;
        return NULL;
    }

    lookup->signers_txn = lookup->txn_id;
    lookup->signers_len = apex.name.len;
    memcpy(lookup->signers_zone, apex.name.data, apex.name.len);

    return &lookup->signers;
}


/* Where some are in their time, the others are passed over: during a roll of
 * keys one is enough. */
lookup_validity_t
lookup_signatures(const lookup_t *lookup, const lookup_node_t *node,
    uint16_t covered, lookup_signatures_t *signatures)
{
    wire_span_t          rdata;
    store_rrset_t        stored;
    lookup_validity_t    last = LOOKUP_UNSIGNED;
    lookup_signatures_t  iter;

    if (!lookup_stored(node, WIRE_TYPE_RRSIG, &stored)) {
        return LOOKUP_UNSIGNED;
    }

    signatures->rrs = (wire_span_t) { stored.rrs.data, stored.rrs.len };
    signatures->covered = covered;
    signatures->now = (uint32_t) lookup->now;

    iter = *signatures;

    while (last != LOOKUP_SIGNED && lookup_signature_covers(&iter, &rdata)) {
        last = lookup_validity(rdata, signatures->now);
    }

    return last;
}


bool
lookup_signature_next(lookup_signatures_t *signatures, wire_span_t *rdata)
{
    while (lookup_signature_covers(signatures, rdata)) {
        if (lookup_validity(*rdata, signatures->now) == LOOKUP_SIGNED) {
            return true;
        }
    }

    return false;
}


bool
lookup_denial(const lookup_t *lookup, const lookup_node_t *node,
    lookup_rrset_t *nsec)
{
    store_rrset_t  stored;

    if (!lookup_stored(node, WIRE_TYPE_NSEC, &stored)
        || !store_rrset_live(&stored, lookup->now))
    {
        return false;
    }

    lookup_rrset_set(lookup, node, &stored, nsec);

    return true;
}


/* Sorted as they come: a name has a handful. */
size_t
lookup_types(const lookup_t *lookup, const lookup_node_t *node,
    uint16_t types[LOOKUP_TYPES_MAX])
{
    size_t              at, n = 0;
    store_value_t       value;
    store_rrset_t       found;
    store_rrset_iter_t  iter;

    if (node->place != LOOKUP_PLACE_FOUND) {
        return 0;
    }

    value = lookup_value(node);
    store_rrset_begin(&iter, &value);

    while (n < LOOKUP_TYPES_MAX && store_rrset_next(&iter, &found)) {
        if (found.owner.len != node->label_at
            || lookup_is_meta(found.type)
            || !store_rrset_live(&found, lookup->now)
            || (found.owner.len != 0
                && memcmp(found.owner.data, node->name.data,
                          found.owner.len) != 0))
        {
            continue;
        }

        for (at = n++; at > 0 && types[at - 1] > found.type; at--) {
            types[at] = types[at - 1];
        }

        types[at] = found.type;
    }

    return n;
}


/* Live or not. */
static bool
lookup_stored(const lookup_node_t *node, uint16_t type, store_rrset_t *rrset)
{
    store_value_t  value;

    if (node->place != LOOKUP_PLACE_FOUND) {
        return false;
    }

    value = lookup_value(node);

    return store_rrset_find(&value,
                            (store_span_t) { node->name.data, node->label_at },
                            type, rrset);
}


/* The next one that covers the type, in its time or not.  What is too short to
 * be one, or is spliced, is no signature. */
static bool
lookup_signature_covers(lookup_signatures_t *signatures, wire_span_t *rdata)
{
    lookup_rr_t       rr;
    lookup_rr_iter_t  iter = { .rrs = signatures->rrs };

    while (lookup_rr_next(&iter, &rr)) {
        signatures->rrs = iter.rrs;

        if (rr.head.len > RRSIG_SIGNER && rr.tail.data == NULL
            && wire_get16(rr.head.data) == signatures->covered)
        {
            *rdata = rr.head;
            return true;
        }
    }

    return false;
}


/* RFC 4035 5.3.1, in the arithmetic of RFC 1982; at the end itself it is
 * over, as a lease is. */
static lookup_validity_t
lookup_validity(wire_span_t rdata, uint32_t now)
{
    uint32_t  inception = wire_get32(rdata.data + RRSIG_INCEPTION);
    uint32_t  expiration = wire_get32(rdata.data + RRSIG_EXPIRATION);

    if (now - inception >= SERIAL_HALF) {
        return LOOKUP_NOT_YET;
    }

    return expiration - now - 1 >= SERIAL_HALF ? LOOKUP_EXPIRED
                                               : LOOKUP_SIGNED;
}


/* False where there is no apex to read. */
static bool
lookup_signers_read(lookup_t *lookup, lookup_node_t *apex)
{
    wire_span_t          rdata;
    store_rrset_t        rrset;
    lookup_signers_t    *signers = &lookup->signers;
    lookup_signatures_t  signatures;

    if (apex->place != LOOKUP_PLACE_FOUND) {
        return false;
    }

    signers->is_signed = lookup_stored(apex, WIRE_TYPE_DNSKEY, &rrset);
    signers->n = 0;

    if (!signers->is_signed || !lookup_stored(apex, WIRE_TYPE_RRSIG, &rrset)) {
        return true;
    }

    signatures.rrs = (wire_span_t) { rrset.rrs.data, rrset.rrs.len };
    signatures.covered = WIRE_TYPE_SOA;

    while (lookup_signature_covers(&signatures, &rdata)) {
        lookup_signer_add(signers, rdata);
    }

    return true;
}


/* Each key once. */
static void
lookup_signer_add(lookup_signers_t *signers, wire_span_t rdata)
{
    unsigned  i;
    uint8_t   algorithm = rdata.data[RRSIG_ALGORITHM];
    uint16_t  tag = wire_get16(rdata.data + RRSIG_TAG);

    for (i = 0; i < signers->n; i++) {
        if (signers->signers[i].algorithm == algorithm
            && signers->signers[i].tag == tag)
        {
            return;
        }
    }

    if (i < LOOKUP_SIGNERS_MAX) {
        signers->signers[i].algorithm = algorithm;
        signers->signers[i].tag = tag;
        signers->n++;
    }
}
