
/*
 * A thread's view of the store: one snapshot for a batch of names.
 *
 * The zone table and the commit's mark are read again only where a commit was
 * made since the last batch, the table only where its generation is another.
 * A value is opened (its checksum and bounds checked) each time that it is
 * fetched: the file is never trusted.
 */

#include "lookup_internal.h"

#include "boot_clock.h"

#include <stddef.h>


static bool lookup_refresh(lookup_t *lookup, store_status_t *status);
static void lookup_clock(lookup_t *lookup);
static bool lookup_fail(lookup_t *lookup, store_status_t status);
static void lookup_open(lookup_t *lookup, lookup_node_t *node,
    const store_key_t *key, store_span_t bytes, store_status_t status);
static store_span_t lookup_label(const lookup_node_t *node);
static void lookup_rrset_set(const lookup_t *lookup,
    const lookup_node_t *node, const store_rrset_t *from,
    lookup_rrset_t *rrset);


store_status_t
lookup_attach(lookup_t *lookup, store_t *store)
{
    store_status_t  status;

    if (lookup->txn != NULL) {
        store_read_close(lookup->txn);
        lookup->txn = NULL;
    }

    lookup->known = false;
    lookup->ready = false;
    lookup->zones.n = 0;
    lookup->zones.generation = 0;
    lookup->failure = STORE_OK;

    if (store == NULL) {
        return STORE_OK;
    }

    status = store_read_open(store, &lookup->txn);

    if (status != STORE_OK) {
        lookup->txn = NULL;
        return status;
    }

    /* a store whose zones cannot be read is found out here, not by the first
     * query */

    status = store_read_renew(lookup->txn);

    if (status == STORE_OK) {
        (void) lookup_refresh(lookup, &status);
    }

    store_read_reset(lookup->txn);

    return status;
}


bool
lookup_begin(lookup_t *lookup)
{
    store_status_t  status;

    pthread_mutex_lock(&lookup->mutex);

    lookup->ready = false;

    if (lookup->txn == NULL) {
        return false;
    }

    status = store_read_renew(lookup->txn);

    if (status != STORE_OK) {
        return lookup_fail(lookup, status);
    }

    if (!lookup_refresh(lookup, &status)) {
        store_read_reset(lookup->txn);
        return lookup_fail(lookup, status);
    }

    lookup_clock(lookup);
    lookup->ready = true;

    return true;
}


void
lookup_end(lookup_t *lookup)
{
    if (lookup->ready) {
        store_read_reset(lookup->txn);
        lookup->ready = false;
    }

    pthread_mutex_unlock(&lookup->mutex);
}


void
lookup_node_init(lookup_t *lookup, lookup_node_t *node, wire_span_t name)
{
    size_t               at, best = name.len;
    const store_zone_t  *zone, *found = NULL;

    node->name = name;
    node->zone_at = 0;
    node->label_at = 0;
    node->place = lookup->ready ? LOOKUP_PLACE_NONE : LOOKUP_PLACE_FAILED;

    for (unsigned i = 0; i < lookup->zones.n; i++) {
        zone = &lookup->zones.zones[i];

        if (wire_name_ends_with(name,
                                (wire_span_t) { zone->name, zone->name_len },
                                &at)
            && at < best)
        {
            best = at;
            found = zone;
        }
    }

    /* a withdrawn zone is none of ours, but it hides what is above it */

    if (!lookup->ready || found == NULL || found->withdrawn) {
        return;
    }

    node->place = LOOKUP_PLACE_ABSENT;
    node->zone_at = best;

    for (at = 0; at < best; at += (size_t) name.data[at] + 1) {
        node->label_at = at;
    }
}


void
lookup_node_apex(lookup_node_t *apex, const lookup_node_t *node)
{
    apex->name.data = node->name.data + node->zone_at;
    apex->name.len = node->name.len - node->zone_at;
    apex->zone_at = 0;
    apex->label_at = 0;
    apex->place = LOOKUP_PLACE_ABSENT;
}


bool
lookup_node_share(const lookup_node_t *a, lookup_node_t *b)
{
    size_t  len = b->name.len - b->label_at;

    if (a->place != LOOKUP_PLACE_FOUND || b->place != LOOKUP_PLACE_ABSENT
        || a->name.len - a->label_at != len
        || a->name.len - a->zone_at != b->name.len - b->zone_at
        || !wire_equal(a->name.data + a->label_at, b->name.data + b->label_at,
                       len))
    {
        return false;
    }

    b->place = a->place;
    b->kind = a->kind;
    b->header = a->header;
    b->rrsets = a->rrsets;

    return true;
}


void
lookup_fetch(lookup_t *lookup, lookup_node_t *const *nodes, size_t n)
{
    size_t              nkeys = 0;
    lookup_node_t      *wanted[LOOKUP_BATCH];
    const store_key_t  *keys[LOOKUP_BATCH];

    for (size_t i = 0; i < n && nkeys < LOOKUP_BATCH; i++) {
        if (nodes[i]->place != LOOKUP_PLACE_ABSENT) {
            continue;
        }

        if (!store_key_make(&lookup->keys[nkeys],
                            (store_span_t) {
                                nodes[i]->name.data + nodes[i]->zone_at,
                                nodes[i]->name.len - nodes[i]->zone_at },
                            lookup_label(nodes[i])))
        {
            nodes[i]->place = LOOKUP_PLACE_FAILED;
            continue;
        }

        wanted[nkeys] = nodes[i];
        keys[nkeys] = &lookup->keys[nkeys];
        nkeys++;
    }

    if (nkeys == 0) {
        return;
    }

    /* a failure of the transaction is in every status too */

    (void) store_get_batch(lookup->txn, keys, nkeys, lookup->values,
                           lookup->statuses);

    for (size_t i = 0; i < nkeys; i++) {
        lookup_open(lookup, wanted[i], keys[i], lookup->values[i],
                    lookup->statuses[i]);
    }
}


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

    value.kind = (store_kind_t) node->kind;
    value.header = (store_span_t) { node->header.data, node->header.len };
    value.rrsets = (store_span_t) { node->rrsets.data, node->rrsets.len };

    store_rrset_begin(&iter, &value);

    while (result != LOOKUP_RRSET && store_rrset_next(&iter, &found)) {
        owner = (wire_span_t) { found.owner.data, found.owner.len };

        if (!store_rrset_live(&found, lookup->now)
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
                   && type != WIRE_TYPE_RRSIG && type != WIRE_TYPE_NSEC)
        {
            /* those two belong to the CNAME's own name (RFC 4035 2.5) */

            lookup_rrset_set(lookup, node, &found, rrset);
            result = LOOKUP_CNAME;
        }
    }

    return exists ? result : LOOKUP_NXDOMAIN;
}


void
lookup_rr_begin(lookup_rr_iter_t *iter, const lookup_rrset_t *rrset)
{
    iter->rrs = rrset->rrs;
    iter->fqdn = rrset->fqdn;
}


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


/* Reads what a commit may have changed. */

static bool
lookup_refresh(lookup_t *lookup, store_status_t *status)
{
    uint32_t  generation;
    uint64_t  id = store_txn_id(lookup->txn);

    if (lookup->known && lookup->txn_id == id) {
        return true;
    }

    *status = store_zones_generation(lookup->txn, &generation);

    if (*status == STORE_OK
        && (!lookup->known || generation != lookup->zones.generation))
    {
        *status = store_zones_read(lookup->txn, &lookup->zones);
        lookup->zones.generation = generation;
    }

    if (*status == STORE_NOT_FOUND) {
        lookup->zones.n = 0;            /* nothing was ever published */
        *status = STORE_OK;
    }

    if (*status != STORE_OK) {
        lookup->known = false;
        return false;
    }

    *status = store_get_mark(lookup->txn, &lookup->mark);
    lookup->marked = *status == STORE_OK;

    if (*status != STORE_OK && *status != STORE_NOT_FOUND) {
        lookup->known = false;
        return false;
    }

    *status = STORE_OK;
    lookup->txn_id = id;

    if (!lookup->known) {
        lookup->clocked = false;        /* another store: another clock */
        lookup->known = true;
    }

    return true;
}


static void
lookup_clock(lookup_t *lookup)
{
    const lease_clock_mark_t  *mark = lookup->marked ? &lookup->mark : NULL;
    lease_clock_event_t        event;
    lease_clock_reading_t      reading;

    boot_clock_read(&reading);

    event = lookup->clocked
            ? lease_clock_update(&lookup->clock, &reading, mark)
            : lease_clock_init(&lookup->clock, &reading, mark);

    lookup->clocked = true;
    lookup->now = lease_clock_now(&lookup->clock);

    if (event == LEASE_CLOCK_STEADY || !lookup->first) {
        return;
    }

    log_line(lookup->log, "clock: %s (lease time %lld, wall clock %lld)",
             event == LEASE_CLOCK_STEP_SEEN
             ? "the wall clock is more than an hour away; leases go on as "
               "they were"
             : event == LEASE_CLOCK_STEP_ADOPTED
             ? "the wall clock has stood for an hour and is believed"
             : "the wall clock has come back",
             (long long) lookup->now, (long long) reading.wall);
}


/* Lets the source open the store again; until then there is none. */

static bool
lookup_fail(lookup_t *lookup, store_status_t status)
{
    lookup->failure = (int) status;

    return false;
}


static void
lookup_open(lookup_t *lookup, lookup_node_t *node, const store_key_t *key,
    store_span_t bytes, store_status_t status)
{
    char           text[WIRE_NAME_MAX + 1];
    store_value_t  value;

    if (status == STORE_NOT_FOUND) {
        return;
    }

    if (status == STORE_OK
        && store_value_open(&value, (store_span_t) { key->data, key->len },
                            bytes))
    {
        /* a suspended device is not there at all */

        if (store_value_served(&value)) {
            node->place = LOOKUP_PLACE_FOUND;
            node->kind = (int) value.kind;
            node->header = (wire_span_t) { value.header.data,
                                           value.header.len };
            node->rrsets = (wire_span_t) { value.rrsets.data,
                                           value.rrsets.len };
        }

        return;
    }

    node->place = LOOKUP_PLACE_FAILED;

    if (status != STORE_OK && status != STORE_DAMAGED) {
        (void) lookup_fail(lookup, status);
        return;
    }

    wire_name_print(text, sizeof(text),
                    (wire_span_t) { node->name.data + node->label_at,
                                    node->name.len - node->label_at });
    log_peer(lookup->log, "damaged: the store's value of %s", text);
}


static store_span_t
lookup_label(const lookup_node_t *node)
{
    const uint8_t  *label = node->name.data + node->label_at;

    if (node->zone_at == 0) {
        return (store_span_t) { label, 0 };
    }

    return (store_span_t) { label + 1, label[0] };
}


static void
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
