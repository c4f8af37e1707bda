
/*
 * Publication of the zone files, by the leader's first task: their contents
 * were checked when the configuration was read, so what can still go wrong is
 * the store, or a device that has taken a static name's label.
 */

#include "ngx_srv_registrar_store.h"


static store_status_t ngx_srv_registrar_publish_zones(
    ngx_srv_registrar_work_t *work, store_txn_t *txn, ngx_log_t *log);
static store_status_t ngx_srv_registrar_publish_zone(
    ngx_srv_registrar_work_t *work, store_txn_t *txn,
    ngx_srv_registrar_zone_t *zone, int64_t now, bool *changed,
    char conflict[STORE_LABEL_MAX + 1], ngx_log_t *log);
static store_status_t ngx_srv_registrar_publish_sign(
    ngx_srv_registrar_work_t *work, store_txn_t *txn,
    ngx_srv_registrar_zone_t *zone, int64_t now,
    store_zone_content_t *content, ngx_pool_t *pool);
static store_status_t ngx_srv_registrar_publish_value(
    ngx_srv_registrar_work_t *work, store_txn_t *txn,
    ngx_srv_registrar_zone_t *zone, int64_t now, store_span_t label,
    store_span_t *bytes, ngx_pool_t *pool);
static store_status_t ngx_srv_registrar_publish_keys(
    ngx_srv_registrar_work_t *work, store_txn_t *txn,
    ngx_srv_registrar_zone_t *zone, int64_t now, store_span_t wanted,
    ngx_log_t *log);
static bool ngx_srv_registrar_publish_rekey(const store_value_t *old,
    const store_value_t *wanted, store_writer_t *writer);
static ngx_uint_t ngx_srv_registrar_publish_is_key(uint16_t type);


void
ngx_srv_registrar_publish(ngx_srv_registrar_work_t *work, ngx_log_t *log)
{
    store_txn_t         *txn;
    store_status_t       status;
    lease_clock_mark_t   mark;

    status = store_write_begin(work->env, &txn);

    if (status == STORE_OK) {
        status = ngx_srv_registrar_publish_zones(work, txn, log);

        if (status == STORE_OK) {
            lease_clock_mark(&work->clock, &mark);
            status = store_commit(txn, &mark);

        } else {
            store_abort(txn);
        }
    }

    if (status != STORE_OK) {
        work->status = status;
        work->failed |= NGX_SRV_REGISTRAR_PUBLISH;
        return;
    }

    work->wrote = 1;
}


static store_status_t
ngx_srv_registrar_publish_zones(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_log_t *log)
{
    bool                        changed;
    char                        conflict[STORE_LABEL_MAX + 1];
    int64_t                     now;
    ngx_uint_t                  i, n;
    store_span_t                names[STORE_ZONES_MAX];
    store_status_t              status;
    ngx_srv_registrar_zone_t  **zones;

    zones = work->conf->zones.elts;
    n = work->conf->zones.nelts;

    now = ngx_srv_registrar_work_now(work, txn);

    for (i = 0; i < n; i++) {

        names[i].data = zones[i]->policy.name;
        names[i].len = zones[i]->policy.name_len;

        status = ngx_srv_registrar_publish_zone(work, txn, zones[i], now,
                                                &changed, conflict, log);

        if (status == STORE_CONFLICT) {

            /* the operator's to solve; the old data stays and is served,
             * beside the keys that sign it from now on */

            ngx_log_error(NGX_LOG_ALERT, log, 0,
                          "srv_registrar: the file of zone \"%s\" has the "
                          "name \"%s\", which is a device's: the zone stays "
                          "as it was published before",
                          zones[i]->policy.text, conflict);
            continue;
        }

        if (status != STORE_OK) {
            return status;
        }

        if (changed) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0,
                          "srv_registrar: zone \"%s\" published",
                          zones[i]->policy.text);
        }
    }

    return store_zones_withdraw_others(txn, names, n, &changed);
}


/*
 * A signed zone's values are signed before they are put: what stands there now
 * gives its signatures to what stays the same.  That leaves the SOA, whose
 * serial is known only behind.
 */
static store_status_t
ngx_srv_registrar_publish_zone(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_srv_registrar_zone_t *zone, int64_t now,
    bool *changed, char conflict[STORE_LABEL_MAX + 1], ngx_log_t *log)
{
    ngx_pool_t            *pool;
    store_status_t         status;
    store_zone_content_t   content;

    content = *device_zonefile_content(zone->file);

    if (zone->signer == NULL) {
        status = store_zone_publish(txn, &content, now, changed, conflict);

        return status == STORE_CONFLICT
               ? ngx_srv_registrar_publish_keys(work, txn, zone, now,
                                                content.apex, log)
               : status;
    }

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, log);
    if (pool == NULL) {
        return STORE_NO_MEMORY;
    }

    status = ngx_srv_registrar_publish_sign(work, txn, zone, now, &content,
                                            pool);

    if (status == STORE_OK) {
        status = store_zone_publish(txn, &content, now, changed, conflict);
    }

    if (status == STORE_OK && *changed) {
        status = ngx_srv_registrar_zone_sign(work, txn, zone, now);

    } else if (status == STORE_CONFLICT) {
        status = ngx_srv_registrar_publish_keys(work, txn, zone, now,
                                                content.apex, log);
    }

    ngx_destroy_pool(pool);

    return status;
}


static store_status_t
ngx_srv_registrar_publish_sign(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_srv_registrar_zone_t *zone, int64_t now,
    store_zone_content_t *content, ngx_pool_t *pool)
{
    size_t           i;
    store_span_t     apex;
    store_static_t  *statics;
    store_status_t   status;

    statics = ngx_palloc(pool, (content->nstatics + 1)
                               * sizeof(store_static_t));
    if (statics == NULL) {
        return STORE_NO_MEMORY;
    }

    apex.data = NULL;
    apex.len = 0;

    status = ngx_srv_registrar_publish_value(work, txn, zone, now, apex,
                                             &content->apex, pool);

    for (i = 0; i < content->nstatics && status == STORE_OK; i++) {
        statics[i] = content->statics[i];

        status = ngx_srv_registrar_publish_value(work, txn, zone, now,
                                                 statics[i].label,
                                                 &statics[i].bytes, pool);
    }

    content->statics = statics;

    return status;
}


static store_status_t
ngx_srv_registrar_publish_value(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_srv_registrar_zone_t *zone, int64_t now,
    store_span_t label, store_span_t *bytes, ngx_pool_t *pool)
{
    u_char          *copy;
    uint8_t          buffer[STORE_VALUE_MAX];
    store_key_t      key;
    store_span_t     name;
    store_status_t   status;

    name.data = zone->policy.name;
    name.len = zone->policy.name_len;

    if (!store_key_make(&key, name, label)) {
        return STORE_DAMAGED;
    }

    status = ngx_srv_registrar_sign(work, txn, zone, &key, now, bytes, buffer);

    if (status != STORE_OK) {
        return status;
    }

    copy = ngx_pnalloc(pool, bytes->len);
    if (copy == NULL) {
        return STORE_NO_MEMORY;
    }

    ngx_memcpy(copy, bytes->data, bytes->len);
    bytes->data = copy;

    return STORE_OK;
}


/*
 * The keys of a zone that cannot be published otherwise: what signs its values
 * is in force, and without its DNSKEY none of that would validate.  The digest
 * stays, so that the rest is tried again.  Always CONFLICT where nothing
 * failed.
 */
static store_status_t
ngx_srv_registrar_publish_keys(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_srv_registrar_zone_t *zone, int64_t now,
    store_span_t wanted, ngx_log_t *log)
{
    uint8_t          plain[STORE_VALUE_MAX], buffer[STORE_VALUE_MAX];
    store_key_t      key;
    store_span_t     name, none, span, bytes;
    store_value_t    old, apex;
    store_status_t   status;
    store_writer_t   writer;

    name.data = zone->policy.name;
    name.len = zone->policy.name_len;
    none.data = NULL;
    none.len = 0;

    if (!store_key_make(&key, name, none)) {
        return STORE_DAMAGED;
    }

    span.data = key.data;
    span.len = key.len;

    status = store_get(txn, &key, &bytes);

    if (status != STORE_OK) {
        return status == STORE_NOT_FOUND ? STORE_CONFLICT : status;
    }

    if (!store_value_open(&old, span, bytes)
        || !store_value_open(&apex, span, wanted))
    {
        return STORE_CONFLICT;
    }

    store_writer_apex(&writer, plain, STORE_VALUE_MAX,
                      store_value_digest(&old));

    if (!ngx_srv_registrar_publish_rekey(&old, &apex, &writer)) {
        return STORE_CONFLICT;
    }

    status = STORE_TOO_LARGE;

    if (store_writer_finish(&writer, span, &bytes)) {
        status = ngx_srv_registrar_sign(work, txn, zone, &key, now, &bytes,
                                        buffer);
    }

    if (status == STORE_TOO_LARGE) {
        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "srv_registrar: the keys of zone \"%s\" and their "
                      "signatures find no room beside what was published "
                      "before: it is not signed by them",
                      zone->policy.text);
        return STORE_CONFLICT;
    }

    if (status == STORE_OK) {
        status = store_put(txn, &key, bytes);
    }

    if (status == STORE_OK) {
        status = ngx_srv_registrar_zone_touch(work, txn, zone, now);
    }

    return status == STORE_OK ? STORE_CONFLICT : status;
}


/* The old apex with the keys of the other.  False where it has them already. */
static bool
ngx_srv_registrar_publish_rekey(const store_value_t *old,
    const store_value_t *wanted, store_writer_t *writer)
{
    bool                 differs;
    ngx_uint_t           nold, nwanted;
    store_rrset_t        rrset, there;
    store_rrset_iter_t   iter;

    differs = false;
    nold = 0;
    nwanted = 0;

    store_rrset_begin(&iter, old);

    while (store_rrset_next(&iter, &rrset)) {

        if (ngx_srv_registrar_publish_is_key(rrset.type)) {
            nold++;

        } else if (store_rrset_is_data(&rrset)) {
            store_writer_rrset(writer, &rrset);
        }
    }

    store_rrset_begin(&iter, wanted);

    while (store_rrset_next(&iter, &rrset)) {

        if (!ngx_srv_registrar_publish_is_key(rrset.type)) {
            continue;
        }

        nwanted++;
        differs = differs
                  || !store_rrset_find(old, rrset.owner, rrset.type, &there)
                  || there.ttl != rrset.ttl
                  || !store_span_equal(there.rrs, rrset.rrs);

        store_writer_rrset(writer, &rrset);
    }

    return differs || nold != nwanted;
}


static ngx_uint_t
ngx_srv_registrar_publish_is_key(uint16_t type)
{
    return type == DNSSEC_TYPE_DNSKEY || type == DNSSEC_TYPE_CDS
           || type == DNSSEC_TYPE_CDNSKEY;
}
