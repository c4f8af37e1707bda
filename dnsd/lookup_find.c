
/*
 * What a value says about a name and a type, at the lease time of the batch.
 *
 * The value was checked when it was fetched, so nothing here can fail; spans
 * point into it and end with the snapshot.
 */

#include "lookup_internal.h"


/* One walk over the value's RRsets decides everything: whether the type is
 * there, or a CNAME, or at least something below, or nothing.  A device has a
 * dozen RRsets at most; an index would cost more than it saves. */
lookup_result_t
lookup_find(const lookup_t *lookup, const lookup_node_t *node, uint16_t type,
    lookup_rrset_t *rrset)
{
    bool                apex = node->zone_at == 0, exists = apex;
    wire_span_t         owner, wanted = { node->name.data, node->label_at };
    store_value_t       value;
    store_rrset_t       found;
    lookup_result_t     result = LOOKUP_NODATA;
    store_rrset_iter_t  iter;

    if (node->place != LOOKUP_PLACE_FOUND) {
        return node->place == LOOKUP_PLACE_NONE ? LOOKUP_NO_ZONE
               : node->place == LOOKUP_PLACE_FAILED || apex ? LOOKUP_FAILED
               : LOOKUP_NXDOMAIN;
    }

    value = lookup_value(node);
    store_rrset_begin(&iter, &value);

    while (result != LOOKUP_RRSET && store_rrset_next(&iter, &found)) {
        owner = (wire_span_t) { found.owner.data, found.owner.len };

        if (!store_rrset_live(&found, lookup->now)
            || lookup_is_meta(found.type)
            || !wire_owner_ends_with(owner, wanted))
        {
            continue;
        }

        /* the name is there if anything lives at it or below it */

        exists = true;

        if (owner.len != wanted.len) {
            continue;
        }

        if (found.type == type || type == WIRE_TYPE_ANY) {
            lookup_rrset_set(lookup, node, &found, rrset);
            result = LOOKUP_RRSET;

        } else if (found.type == WIRE_TYPE_CNAME
                   && !lookup_is_meta(type))
        {
            /* those two belong to the CNAME's own name (RFC 4035 2.5) */

            lookup_rrset_set(lookup, node, &found, rrset);
            result = LOOKUP_CNAME;
        }
    }

    return exists ? result : LOOKUP_NXDOMAIN;
}


store_value_t
lookup_value(const lookup_node_t *node)
{
    return (store_value_t) {
        .kind = (store_kind_t) node->kind,
        .header = { node->header.data, node->header.len },
        .rrsets = { node->rrsets.data, node->rrsets.len }
    };
}


void
lookup_rr_begin(lookup_rr_iter_t *iter, const lookup_rrset_t *rrset)
{
    iter->rrs = rrset->rrs;
    iter->fqdn = rrset->fqdn;
}


/* The store's iterator is made anew from the span each time, so that no type
 * of the store shows in lookup.h; that is two pointers. */
bool
lookup_rr_next(lookup_rr_iter_t *iter, lookup_rr_t *rr)
{
    store_rr_t       found;
    store_rr_iter_t  rrs = { iter->rrs.data, iter->rrs.data + iter->rrs.len };

    if (!store_rr_next(&rrs, &found)) {
        return false;
    }

    iter->rrs.data = rrs.at;
    iter->rrs.len = (size_t) (rrs.end - rrs.at);

    rr->head = (wire_span_t) { found.data, found.len };
    rr->fqdn = (wire_span_t) { NULL, 0 };
    rr->tail = (wire_span_t) { NULL, 0 };

    if (found.splice >= 0) {
        rr->head.len = (size_t) found.splice;
        rr->fqdn = iter->fqdn;
        rr->tail.data = found.data + found.splice;
        rr->tail.len = (size_t) found.len - (size_t) found.splice;
    }

    return true;
}


/* The TTL never outlives the lease: a resolver must not go on with what has
 * been given to somebody else. */
void
lookup_rrset_set(const lookup_t *lookup, const lookup_node_t *node,
    const store_rrset_t *from, lookup_rrset_t *rrset)
{
    int64_t  left = from->expires - lookup->now;

    rrset->type = from->type;
    rrset->count = from->count;
    rrset->ttl = from->ttl;
    rrset->rrs = (wire_span_t) { from->rrs.data, from->rrs.len };
    rrset->fqdn.data = node->name.data + node->label_at;
    rrset->fqdn.len = node->name.len - node->label_at;

    if (from->expires != 0 && left < (int64_t) rrset->ttl) {
        rrset->ttl = (uint32_t) left;   /* live, so above zero */
    }
}
