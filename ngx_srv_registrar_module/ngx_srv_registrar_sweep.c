
/*
 * Sweeping, one slice a task: walk a thousand values under a read snapshot
 * and collect those with something to drop, or without a signature that they
 * need, then look at each of them again in a write transaction.  dnsd enforces
 * leases by itself; a sweep frees space and names whose reservation is over.
 *
 * What is signed is signed before the write lock is taken; behind it only what
 * has changed in between.  That a zone has just begun to be signed, or has
 * other keys, or that nobody has touched a device for two weeks, is all one
 * here.
 */

#include "ngx_srv_registrar_store.h"


/* Values a slice.  At 1 us each a slice keeps its snapshot for about a
 * millisecond and delays a commit by as much. */
#define NGX_SRV_REGISTRAR_SLICE    1000

/* Keys that a slice hands to its write transaction, and signatures that it
 * makes: at 50 us each a slice that signs delays a commit by some ten
 * milliseconds, and signs a million devices in a few minutes.  When one of
 * both is reached the slice ends early. */
#define NGX_SRV_REGISTRAR_EXPIRED  128
#define NGX_SRV_REGISTRAR_MADE     200


/* What a sweep makes of a value. */
typedef struct {
    store_span_t               bytes;        /* to be put; or */
    bool                       gone;         /* to be deleted */
    bool                       dns_changed;
} ngx_srv_registrar_swept_t;

typedef struct {
    ngx_srv_registrar_work_t  *work;
    ngx_log_t                 *log;
    int64_t                    now;
    ngx_uint_t                 counting;     /* on the way to the lock */
    ngx_uint_t                 expired;      /* more than signatures are to
                                                be looked at */
    ngx_uint_t                 made;         /* signatures of the task before
                                                the slice began */
    ngx_uint_t                 n;
    store_key_t                keys[NGX_SRV_REGISTRAR_EXPIRED];
    store_span_t               prepared[NGX_SRV_REGISTRAR_EXPIRED];
    uint8_t                    buffer[STORE_VALUE_MAX];
} ngx_srv_registrar_slice_t;


static void ngx_srv_registrar_sweep_end(ngx_srv_registrar_work_t *work,
    ngx_log_t *log);
static void ngx_srv_registrar_sweep_lacks(ngx_srv_registrar_work_t *work,
    const store_key_t *key, ngx_uint_t n);
static store_status_t ngx_srv_registrar_sweep_walk(
    ngx_srv_registrar_slice_t *slice);
static bool ngx_srv_registrar_sweep_visit(void *data, store_span_t key,
    store_span_t bytes);
static void ngx_srv_registrar_sweep_keep(ngx_srv_registrar_slice_t *slice,
    store_span_t bytes);
static ngx_uint_t ngx_srv_registrar_sweep_count(
    ngx_srv_registrar_slice_t *slice, const store_value_t *value);
static ngx_uint_t ngx_srv_registrar_sweep_value(
    ngx_srv_registrar_slice_t *slice, const store_key_t *key,
    const store_value_t *value, store_span_t bytes, store_span_t prepared,
    ngx_srv_registrar_swept_t *swept);
static bool ngx_srv_registrar_sweep_device(ngx_srv_registrar_slice_t *slice,
    const device_place_t *place, ngx_srv_registrar_zone_t *zone,
    ngx_srv_registrar_swept_t *swept);
static bool ngx_srv_registrar_sweep_static(ngx_srv_registrar_slice_t *slice,
    const device_place_t *place, ngx_srv_registrar_swept_t *swept);
static store_status_t ngx_srv_registrar_sweep_write(
    ngx_srv_registrar_slice_t *slice);
static store_status_t ngx_srv_registrar_sweep_put(
    ngx_srv_registrar_slice_t *slice, store_txn_t *txn);


void
ngx_srv_registrar_sweep(ngx_srv_registrar_work_t *work, ngx_log_t *log)
{
    ngx_uint_t                  i;
    store_status_t              status;
    ngx_srv_registrar_slice_t  *slice;

    slice = ngx_alloc(sizeof(ngx_srv_registrar_slice_t), log);
    if (slice == NULL) {
        return;
    }

    slice->work = work;
    slice->log = log;
    slice->counting = 1;
    slice->made = work->signatures;
    slice->n = 0;

    status = ngx_srv_registrar_sweep_walk(slice);

    if (status == STORE_OK && slice->n) {
        status = ngx_srv_registrar_sweep_write(slice);

        if (status != STORE_OK) {
            ngx_srv_registrar_sweep_lacks(work, &slice->keys[0], slice->n);
        }
    }

    if (status != STORE_OK) {
        work->status = status;

    } else if (work->sweep_from.len) {
        work->more = 1;

    } else {
        ngx_srv_registrar_sweep_end(work, log);
    }

    for (i = 0; i < slice->n; i++) {
        if (slice->prepared[i].len) {
            ngx_free((void *) slice->prepared[i].data);
        }
    }

    ngx_free(slice);
}


/* Told once, and again when it has been otherwise: by then an operator may tell
 * the parent of the keys. */
static void
ngx_srv_registrar_sweep_end(ngx_srv_registrar_work_t *work, ngx_log_t *log)
{
    ngx_uint_t                 told;
    store_span_t               key, name, label;
    ngx_srv_registrar_zone_t  *zone;

    work->census = work->counting;
    work->counted = 1;
    ngx_memzero(&work->counting, sizeof(ngx_srv_registrar_census_t));

    if (work->census.to_sign == 0) {
        work->told = 0;
        return;
    }

    /* 0: nothing */

    told = work->census.lacking + 1;

    if (told == work->told) {
        return;
    }

    work->told = told;

    if (work->census.lacking) {
        key.data = work->lacks.data;
        key.len = work->lacks.len;
        label.len = 0;

        zone = store_key_parse(key, &name, &label)
               ? ngx_srv_registrar_zone_find_wire(work->conf, name) : NULL;

        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "srv_registrar: %ui of the %ui values of signed zones "
                      "lack signatures, which cannot be made or find no room; "
                      "the first is \"%*s\" in \"%s\"",
                      work->census.lacking, work->census.to_sign,
                      label.len ? label.len : 1,
                      label.len ? label.data : (const uint8_t *) "@",
                      zone ? zone->policy.text : "?");
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "srv_registrar: all %ui values of signed zones are signed",
                  work->census.to_sign);
}


/* n values, the first of which has that key. */
static void
ngx_srv_registrar_sweep_lacks(ngx_srv_registrar_work_t *work,
    const store_key_t *key, ngx_uint_t n)
{
    if (work->counting.lacking == 0) {
        work->lacks = *key;
    }

    work->counting.lacking += n;
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

    store_key_t                *slot;
    store_span_t                zone, label, none;
    store_value_t               value;
    ngx_srv_registrar_swept_t   swept;

    if (!store_value_open(&value, key, bytes)) {
        return true;
    }

    /* nearly every value ends here: it is opened once, and nothing of it has
     * run out */

    slice->expired = value.kind == STORE_KIND_DEVICE
                     && ngx_srv_registrar_sweep_count(slice, &value);

    if (!slice->expired && !slice->work->conf->signing) {
        return true;
    }

    slot = &slice->keys[slice->n];

    if (!store_key_parse(key, &zone, &label)
        || !store_key_make(slot, zone, label))
    {
        return true;
    }

    none.data = NULL;
    none.len = 0;

    if (ngx_srv_registrar_sweep_value(slice, slot, &value, bytes, none,
                                      &swept))
    {
        ngx_srv_registrar_sweep_keep(slice, swept.bytes);
        slice->n++;
    }

    return slice->n < NGX_SRV_REGISTRAR_EXPIRED
           && slice->work->signatures - slice->made < NGX_SRV_REGISTRAR_MADE;
}


/* Without memory it is signed in the transaction. */
static void
ngx_srv_registrar_sweep_keep(ngx_srv_registrar_slice_t *slice,
    store_span_t bytes)
{
    u_char        *copy;
    store_span_t  *prepared;

    prepared = &slice->prepared[slice->n];
    prepared->data = NULL;
    prepared->len = 0;

    copy = bytes.len ? ngx_alloc(bytes.len, slice->log) : NULL;
    if (copy == NULL) {
        return;
    }

    ngx_memcpy(copy, bytes.data, bytes.len);

    prepared->data = copy;
    prepared->len = bytes.len;
}


/* True where something may have run out, or has signatures that nobody asks
 * for any more.  What else there is about signatures device_sign_due says. */
static ngx_uint_t
ngx_srv_registrar_sweep_count(ngx_srv_registrar_slice_t *slice,
    const store_value_t *value)
{
    ngx_uint_t                   n, live, rest;
    store_rrset_t                rrset;
    store_device_t               device;
    store_rrset_iter_t           iter;
    ngx_srv_registrar_census_t  *census;

    census = &slice->work->counting;
    n = 0;
    live = 0;
    rest = 0;

    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)) {

        if (!store_rrset_is_data(&rrset)) {
            rest++;
            continue;
        }

        n++;
        live += store_rrset_live(&rrset, slice->now);
    }

    census->devices++;
    census->live += (live != 0);
    census->rrsets += live;
    census->suspended += (store_value_state(value)
                          == STORE_DEVICE_SUSPENDED);

    store_value_device(value, &device);

    return live == 0 || live != n || device.has_pending
           || (rest && !slice->work->conf->signing);
}


/* True where something is to be written.  The value is the bytes'. */
static ngx_uint_t
ngx_srv_registrar_sweep_value(ngx_srv_registrar_slice_t *slice,
    const store_key_t *key, const store_value_t *value, store_span_t bytes,
    store_span_t prepared, ngx_srv_registrar_swept_t *swept)
{
    store_span_t               name;
    device_place_t             place;
    ngx_srv_registrar_zone_t  *zone;

    name.data = key->data;
    name.len = key->zone_len;

    /* a withdrawn zone has no policy: its devices are kept */

    zone = ngx_srv_registrar_zone_find_wire(slice->work->conf, name);
    if (zone == NULL) {
        return 0;
    }

    ngx_memzero(swept, sizeof(ngx_srv_registrar_swept_t));
    ngx_memzero(&place, sizeof(device_place_t));

    place.key = key;
    place.bytes = bytes;
    place.value = value;
    place.now = slice->now;
    place.buffer = slice->buffer;
    place.signer = zone->signer;
    place.prepared = prepared;

    if (!slice->expired && !device_sign_due(&place)) {
        slice->work->counting.to_sign += (zone->signer != NULL);
        return 0;
    }

    if (value->kind == STORE_KIND_DEVICE) {
        return ngx_srv_registrar_sweep_device(slice, &place, zone, swept);
    }

    /* what is no longer to be signed a publication has replaced */

    return zone->signer
           && ngx_srv_registrar_sweep_static(slice, &place, swept);
}


static bool
ngx_srv_registrar_sweep_device(ngx_srv_registrar_slice_t *slice,
    const device_place_t *place, ngx_srv_registrar_zone_t *zone,
    ngx_srv_registrar_swept_t *swept)
{
    device_reason_t    reason;
    device_outcome_t   outcome;

    ngx_memzero(&outcome, sizeof(device_outcome_t));

    reason = device_sweep(place, &zone->policy, &outcome, &swept->gone);

    slice->work->signatures += outcome.signatures;

    if (place->signer && slice->counting) {
        slice->work->counting.to_sign++;

        if (reason != DEVICE_OK || outcome.unsigned_value) {
            ngx_srv_registrar_sweep_lacks(slice->work, place->key, 1);
        }
    }

    swept->dns_changed = outcome.dns_changed;

    if (outcome.put) {
        swept->bytes = outcome.bytes;
    }

    return reason == DEVICE_OK && (swept->gone || outcome.put);
}


static bool
ngx_srv_registrar_sweep_static(ngx_srv_registrar_slice_t *slice,
    const device_place_t *place, ngx_srv_registrar_swept_t *swept)
{
    device_signed_t  done;
    device_reason_t  reason;

    if (!device_sign_due(place)) {
        return false;
    }

    ngx_memzero(&done, sizeof(device_signed_t));

    reason = device_sign_value(place, place->bytes, &swept->bytes, &done);
    slice->work->signatures += done.made;

    if (slice->counting) {
        slice->work->counting.to_sign++;

        if (reason != DEVICE_OK) {
            ngx_srv_registrar_sweep_lacks(slice->work, place->key, 1);
        }
    }

    swept->dns_changed = true;

    return reason == DEVICE_OK;
}


static store_status_t
ngx_srv_registrar_sweep_write(ngx_srv_registrar_slice_t *slice)
{
    store_txn_t         *txn;
    store_status_t       status;
    lease_clock_mark_t   mark;

    status = store_write_begin(slice->work->env, &txn);
    if (status != STORE_OK) {
        return status;
    }

    slice->counting = 0;
    slice->expired = 1;
    slice->now = ngx_srv_registrar_work_now(slice->work, txn);

    status = ngx_srv_registrar_sweep_put(slice, txn);

    if (status != STORE_OK) {
        store_abort(txn);
        return status;
    }

    lease_clock_mark(&slice->work->clock, &mark);

    return store_commit(txn, &mark);
}


static store_status_t
ngx_srv_registrar_sweep_put(ngx_srv_registrar_slice_t *slice,
    store_txn_t *txn)
{
    ngx_uint_t                  i;
    store_key_t                *key;
    store_span_t                bytes, name;
    store_value_t               value;
    store_status_t              status;
    ngx_srv_registrar_zone_t   *zone, *last;
    ngx_srv_registrar_swept_t   swept;

    status = STORE_OK;
    last = NULL;

    for (i = 0; i < slice->n && status == STORE_OK; i++) {

        key = &slice->keys[i];

        if (store_get(txn, key, &bytes) != STORE_OK
            || !store_value_open_made(&value, key, bytes)
            || !ngx_srv_registrar_sweep_value(slice, key, &value, bytes,
                                              slice->prepared[i], &swept))
        {
            continue;
        }

        if (swept.gone) {
            (void) store_delete(txn, key);

        } else {
            (void) store_put(txn, key, swept.bytes);
        }

        /* keys come in order, so that a zone's are together */

        name.data = key->data;
        name.len = key->zone_len;
        zone = ngx_srv_registrar_zone_find_wire(slice->work->conf, name);

        if (swept.dns_changed && zone && zone != last) {
            status = ngx_srv_registrar_zone_touch(slice->work, txn, zone,
                                                  slice->now);
            last = zone;
        }
    }

    return status;
}
