
/*
 * Sweeping, one slice a task: walk a thousand values under a read snapshot
 * and collect those with something to drop, then look at each of them again
 * in a write transaction.  dnsd enforces leases by itself; a sweep only frees
 * space and names whose reservation is over.
 */

#include "ngx_srv_registrar_store.h"


/* Values a slice.  At 1 us each a slice keeps its snapshot for about a
 * millisecond and delays a commit by as much. */
#define NGX_SRV_REGISTRAR_SLICE    1000

/* Keys that a slice hands to its write transaction.  When it is full the
 * slice ends early. */
#define NGX_SRV_REGISTRAR_EXPIRED  128


typedef struct {
    ngx_srv_registrar_work_t  *work;
    int64_t                    now;
    ngx_uint_t                 n;
    store_key_t                keys[NGX_SRV_REGISTRAR_EXPIRED];
    uint8_t                    buffer[STORE_VALUE_MAX];
} ngx_srv_registrar_slice_t;


static store_status_t ngx_srv_registrar_sweep_walk(
    ngx_srv_registrar_slice_t *slice);
static bool ngx_srv_registrar_sweep_visit(void *data, store_span_t key,
    store_span_t bytes);
static store_status_t ngx_srv_registrar_sweep_write(
    ngx_srv_registrar_slice_t *slice);
static ngx_uint_t ngx_srv_registrar_sweep_count(
    ngx_srv_registrar_slice_t *slice, const store_value_t *value);
static ngx_uint_t ngx_srv_registrar_sweep_value(
    ngx_srv_registrar_slice_t *slice, const store_key_t *key,
    store_span_t bytes, device_outcome_t *outcome, bool *gone);


void
ngx_srv_registrar_sweep(ngx_srv_registrar_work_t *work, ngx_log_t *log)
{
    store_status_t              status;
    ngx_srv_registrar_slice_t  *slice;

    slice = ngx_alloc(sizeof(ngx_srv_registrar_slice_t), log);
    if (slice == NULL) {
        return;
    }

    slice->work = work;
    slice->n = 0;

    status = ngx_srv_registrar_sweep_walk(slice);

    if (status == STORE_OK && slice->n) {
        status = ngx_srv_registrar_sweep_write(slice);
    }

    if (status != STORE_OK) {
        work->status = status;

    } else if (work->sweep_from.len) {
        work->more = 1;

    } else {
        work->census = work->counting;
        work->counted = 1;
        ngx_memzero(&work->counting, sizeof(ngx_srv_registrar_census_t));
    }

    ngx_free(slice);
}


static store_status_t
ngx_srv_registrar_sweep_walk(ngx_srv_registrar_slice_t *slice)
{
    store_txn_t     *txn;
    store_status_t   status;

    status = store_read_open(slice->work->env, &txn);

    if (status != STORE_OK) {
        return status;
    }

    status = store_read_renew(txn);

    if (status == STORE_OK) {
        slice->now = ngx_srv_registrar_work_now(slice->work, txn);

        status = store_walk(txn, &slice->work->sweep_from,
                            NGX_SRV_REGISTRAR_SLICE,
                            ngx_srv_registrar_sweep_visit, slice);
    }

    store_read_reset(txn);
    store_read_close(txn);

    return status;
}


static bool
ngx_srv_registrar_sweep_visit(void *data, store_span_t key,
    store_span_t bytes)
{
    ngx_srv_registrar_slice_t *slice = data;

    bool              gone;
    store_key_t      *slot;
    store_span_t      zone, label;
    store_value_t     value;
    device_outcome_t  outcome;

    /* nearly every value ends here: it is opened once, and nothing of it has
     * run out */

    if (!store_value_open(&value, key, bytes)
        || value.kind != STORE_KIND_DEVICE
        || !ngx_srv_registrar_sweep_count(slice, &value))
    {
        return true;
    }

    slot = &slice->keys[slice->n];

    if (!store_key_parse(key, &zone, &label)
        || !store_key_make(slot, zone, label))
    {
        return true;
    }

    if (ngx_srv_registrar_sweep_value(slice, slot, bytes, &outcome, &gone)) {
        slice->n++;
    }

    return slice->n < NGX_SRV_REGISTRAR_EXPIRED;
}


/* True where device_sweep may have something to do: it always has to look at
 * what is signed, or is to be, since signatures run out, too. */
static ngx_uint_t
ngx_srv_registrar_sweep_count(ngx_srv_registrar_slice_t *slice,
    const store_value_t *value)
{
    ngx_uint_t                   n, live;
    store_rrset_t                rrset;
    store_device_t               device;
    store_rrset_iter_t           iter;
    ngx_srv_registrar_census_t  *census;

    census = &slice->work->counting;
    live = 0;

    store_rrset_begin(&iter, value);

    for (n = 0; store_rrset_next(&iter, &rrset); n++) {
        live += store_rrset_is_data(&rrset)
                && store_rrset_live(&rrset, slice->now);
    }

    census->devices++;
    census->live += (live != 0);
    census->rrsets += live;
    census->suspended += (store_value_state(value)
                          == STORE_DEVICE_SUSPENDED);

    store_value_device(value, &device);

    return live == 0 || live != n || device.has_pending;
}


/* True where something is to be written. */
static ngx_uint_t
ngx_srv_registrar_sweep_value(ngx_srv_registrar_slice_t *slice,
    const store_key_t *key, store_span_t bytes, device_outcome_t *outcome,
    bool *gone)
{
    store_span_t               name, zone_name, label;
    store_value_t              value;
    device_place_t             place;
    ngx_srv_registrar_zone_t  *zone;

    name.data = key->data;
    name.len = key->len;

    if (!store_value_open(&value, name, bytes)
        || value.kind != STORE_KIND_DEVICE
        || !store_key_parse(name, &zone_name, &label))
    {
        return 0;
    }

    /* a withdrawn zone has no policy: its devices are kept */

    zone = ngx_srv_registrar_zone_find_wire(slice->work->conf, zone_name);
    if (zone == NULL) {
        return 0;
    }

    ngx_memzero(&place, sizeof(device_place_t));

    place.key = key;
    place.bytes = bytes;
    place.now = slice->now;
    place.buffer = slice->buffer;

    *gone = false;
    ngx_memzero(outcome, sizeof(device_outcome_t));

    return device_sweep(&place, &zone->policy, outcome, gone) == DEVICE_OK
           && (*gone || outcome->put);
}


static store_status_t
ngx_srv_registrar_sweep_write(ngx_srv_registrar_slice_t *slice)
{
    bool                 gone;
    ngx_uint_t           i;
    store_txn_t         *txn;
    store_span_t         bytes, zone, last;
    store_key_t         *key;
    store_status_t       status;
    device_outcome_t     outcome;
    lease_clock_mark_t   mark;

    status = store_write_begin(slice->work->env, &txn);
    if (status != STORE_OK) {
        return status;
    }

    slice->now = ngx_srv_registrar_work_now(slice->work, txn);

    last.len = 0;
    last.data = NULL;

    for (i = 0; i < slice->n; i++) {

        key = &slice->keys[i];

        if (store_get(txn, key, &bytes) != STORE_OK
            || !ngx_srv_registrar_sweep_value(slice, key, bytes, &outcome,
                                              &gone))
        {
            continue;
        }

        if (gone) {
            (void) store_delete(txn, key);

        } else {
            (void) store_put(txn, key, outcome.bytes);
        }

        /* keys come in order, so that a zone's are together */

        zone.data = key->data;
        zone.len = key->zone_len;

        if (outcome.dns_changed
            && (zone.len != last.len
                || ngx_memcmp(zone.data, last.data, zone.len) != 0))
        {
            (void) store_zone_touch(txn, zone, slice->now);
            last = zone;
        }
    }

    lease_clock_mark(&slice->work->clock, &mark);

    return store_commit(txn, &mark);
}
