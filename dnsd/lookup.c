
/*
 * A thread's view of the store: one snapshot for a batch of names.
 *
 * The tables of zones and issuers and the commit's mark are read again only
 * where a commit was made since the last batch, a table only where its
 * generation is another.
 * A value is opened (its checksum and bounds checked) each time that it is
 * fetched: the file is never trusted.
 */

#include "lookup_internal.h"

#include "boot_clock.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


/* A batch takes well under a millisecond, and a page from a slow disk not a
 * second; a writer clears slots every 30 s.  Below a second the check costs
 * nothing but two looks at the clock. */
#define LOOKUP_STOPPED  1000         /* ms */


static void lookup_make_sure(lookup_t *lookup);
static int64_t lookup_now(void);
static bool lookup_refresh(lookup_t *lookup, store_status_t *status);
static store_status_t lookup_zones(lookup_t *lookup);
static store_status_t lookup_issuers(lookup_t *lookup);
static void lookup_clock(lookup_t *lookup);
static void lookup_show(lookup_t *lookup);
static bool lookup_fail(lookup_t *lookup, store_status_t status);
static void lookup_open(lookup_t *lookup, lookup_node_t *node,
    const store_key_t *key, store_span_t bytes, store_status_t status);
static store_span_t lookup_label(const lookup_node_t *node);


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
    lookup->signers_len = 0;            /* numbers of commits start anew */
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

    /* costs no lock of the writer's: commits never wait for readers; but a
     * snapshot that is kept pins every page that they free */

    lookup->begun = lookup_now();
    status = store_read_renew(lookup->txn);

    if (status != STORE_OK) {
        return lookup_fail(lookup, status);
    }

    if (!lookup_refresh(lookup, &status)) {
        store_read_reset(lookup->txn);
        return lookup_fail(lookup, status);
    }

    lookup_clock(lookup);
    lookup->apex.place = LOOKUP_PLACE_NONE;
    lookup->ready = true;

    return true;
}


void
lookup_end(lookup_t *lookup)
{
    if (lookup->ready) {
        if (lookup_now() - lookup->begun >= LOOKUP_STOPPED) {
            lookup_make_sure(lookup);
        }

        atomic_store_explicit(&lookup->shown.held, 0, memory_order_relaxed);
        store_read_reset(lookup->txn);
        lookup->ready = false;
    }

    pthread_mutex_unlock(&lookup->mutex);
}


/*
 * After SIGCONT the snapshot is as good as its slot: the writer clears the
 * slots of those it finds dead, and then uses their pages again.  It does not
 * find a stopped process dead (it looks at a lock, which stays), but a tool
 * may, or a kernel that does not share its locks.
 *
 * The slot may be another reader's by now, and to let go of ours would end
 * that one's snapshot: so the process ends without.
 */
static void
lookup_make_sure(lookup_t *lookup)
{
    if (store_read_held(lookup->txn)) {
        return;
    }

    log_line(lookup->log, "store: stopped while reading, and the reader slot "
             "is gone: ending, since what was read may be wrong");

    _exit(EXIT_FAILURE);
}


/* The cheapest clock: it is asked twice a batch. */
static int64_t
lookup_now(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);

    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}


bool
lookup_ready(const lookup_t *lookup)
{
    return lookup->ready;
}


int64_t
lookup_time(const lookup_t *lookup)
{
    return lookup->now;
}


/* Zones are few as a rule, and 256 at most, so the table is walked.  None lies
 * below another; the longest match is taken nevertheless, since the table is
 * the store's word and not ours. */
void
lookup_node_init(lookup_t *lookup, lookup_node_t *node, wire_span_t name)
{
    size_t               at, best = name.len;
    unsigned             i;
    const store_zone_t  *zone, *found = NULL;

    node->name = name;
    node->zone_at = 0;
    node->label_at = 0;
    node->place = lookup->ready ? LOOKUP_PLACE_NONE : LOOKUP_PLACE_FAILED;

    for (i = 0; i < lookup->zones.n; i++) {
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


/* Saves the lookup of nearly every additional section: the target of a
 * device's SRV is in the value that gave the SRV. */
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


/* All keys first, then one call, so that the store can overlap the cache
 * misses of a batch; opening a value touches it, and comes last. */
void
lookup_fetch(lookup_t *lookup, lookup_node_t *const *nodes, size_t n)
{
    size_t              i, nkeys = 0;
    lookup_node_t      *wanted[LOOKUP_BATCH];
    const store_key_t  *keys[LOOKUP_BATCH];

    for (i = 0; i < n && nkeys < LOOKUP_BATCH; i++) {
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

    for (i = 0; i < nkeys; i++) {
        lookup_open(lookup, wanted[i], keys[i], lookup->values[i],
                    lookup->statuses[i]);
    }
}


/* Its name is copied: nodes' names may live shorter than the batch. */
void
lookup_fetch_apex(lookup_t *lookup, lookup_node_t *apex)
{
    if (lookup_node_share(&lookup->apex, apex)) {
        return;
    }

    lookup_fetch(lookup, &apex, 1);

    lookup->apex = *apex;
    lookup->apex.name.data = lookup->apex_name;
    memcpy(lookup->apex_name, apex->name.data, apex->name.len);
}


/* Reads what a commit may have changed. */
static bool
lookup_refresh(lookup_t *lookup, store_status_t *status)
{
    uint64_t  id = store_txn_id(lookup->txn);

    if (lookup->known && lookup->txn_id == id) {
        return true;
    }

    *status = lookup_zones(lookup);

    if (*status == STORE_OK) {
        *status = lookup_issuers(lookup);
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

    lookup_show(lookup);

    return true;
}


/* Only where something is new: an ordinary batch pays nothing for it. */
static void
lookup_show(lookup_t *lookup)
{
    lookup_shown_t  *shown = &lookup->shown;

    atomic_store_explicit(&shown->txn_id, lookup->txn_id,
                          memory_order_relaxed);
    atomic_store_explicit(&shown->committed,
                          lookup->marked ? lookup->mark.time : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&shown->zones, (unsigned) lookup->zones.n,
                          memory_order_relaxed);
}


static store_status_t
lookup_zones(lookup_t *lookup)
{
    uint32_t        generation;
    store_status_t  status;

    status = store_zones_generation(lookup->txn, &generation);

    if (status == STORE_OK
        && (!lookup->known || generation != lookup->zones.generation))
    {
        status = store_zones_read(lookup->txn, &lookup->zones);
        lookup->zones.generation = generation;
    }

    if (status == STORE_NOT_FOUND) {
        lookup->zones.n = 0;            /* nothing was ever published */
        status = STORE_OK;
    }

    return status;
}


static store_status_t
lookup_issuers(lookup_t *lookup)
{
    uint32_t        generation;
    store_status_t  status;

    status = store_issuers_generation(lookup->txn, &generation);

    if (status == STORE_OK
        && (!lookup->known || generation != lookup->issuers.generation))
    {
        status = store_issuers_read(lookup->txn, &lookup->issuers);
    }

    return status;
}


/* Once a batch: three reads without a system call (vDSO).  A mark is passed
 * each time, since another process may have moved the lease time on. */
static void
lookup_clock(lookup_t *lookup)
{
    const lease_clock_mark_t  *mark = lookup->marked ? &lookup->mark : NULL;
    lease_clock_event_t        event;
    lease_clock_reading_t      reading;

    boot_clock_read(&reading);

    event = lookup->clocked
            ? lease_clock_follow(&lookup->clock, &reading, mark)
            : lease_clock_init(&lookup->clock, &reading, mark);

    lookup->clocked = true;
    lookup->now = lease_clock_now(&lookup->clock);
    atomic_store_explicit(&lookup->shown.held, reading.boottime,
                          memory_order_relaxed);
    atomic_store_explicit(&lookup->shown.clock_stepped,
                          lookup->clock.stepped, memory_order_relaxed);

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

    if (status == STORE_OK && store_value_open_made(&value, key, bytes)) {
        /* a suspended device is not there at all, whether it was suspended
         * itself or with all of its issuer's */

        if (store_value_served(&value)
            && !store_issuer_suspended(&lookup->issuers,
                                       store_value_issuer(&value)))
        {
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

    atomic_fetch_add(&lookup->shown.damaged, 1);
    wire_name_print(text, sizeof(text),
                    (wire_span_t) { node->name.data + node->label_at,
                                    node->name.len - node->label_at });
    log_peer(lookup->log, "damaged: the store's value of %s", text);
}


/* The label next to the apex, without its length byte; empty at the apex. */
static store_span_t
lookup_label(const lookup_node_t *node)
{
    const uint8_t  *label = node->name.data + node->label_at;

    if (node->zone_at == 0) {
        return (store_span_t) { label, 0 };
    }

    return (store_span_t) { label + 1, label[0] };
}
