
/*
 * Signatures of what is no device's: the apex and the static names.  On the
 * task's thread, inside of a transaction.
 *
 * What always holds: a transaction that moves a zone's serial also signs the
 * SOA; where that fails, none of it may be committed, for resolvers would take
 * the whole zone for forged.
 */

#include "ngx_srv_registrar_store.h"


static bool ngx_srv_registrar_sign_is_left(store_txn_t *txn,
    const ngx_srv_registrar_zone_t *zone, store_span_t name);
static store_status_t ngx_srv_registrar_sign_status(device_reason_t reason);


store_status_t
ngx_srv_registrar_zone_touch(ngx_srv_registrar_work_t *work, store_txn_t *txn,
    ngx_srv_registrar_zone_t *zone, int64_t now)
{
    store_span_t    name;
    store_status_t  status;

    name.data = zone->policy.name;
    name.len = zone->policy.name_len;

    if (ngx_srv_registrar_sign_is_left(txn, zone, name)) {
        return STORE_OK;
    }

    status = store_zone_touch(txn, name, now);

    if (status == STORE_NOT_FOUND || status == STORE_DAMAGED) {

        /* not published yet, or for the publication to heal */

        return STORE_OK;
    }

    return status == STORE_OK ? ngx_srv_registrar_zone_sign(work, txn, zone,
                                                            now)
                              : status;
}


/* True in an old worker that has no keys, where new ones have published
 * theirs: an SOA without a signature would be worth nothing until their next
 * commit, and that moves the serial as well. */
static bool
ngx_srv_registrar_sign_is_left(store_txn_t *txn,
    const ngx_srv_registrar_zone_t *zone, store_span_t name)
{
    store_key_t     key;
    store_span_t    none, bytes;
    store_rrset_t   rrset;
    store_value_t   apex;

    none.data = NULL;
    none.len = 0;

    return zone->signer == NULL
           && store_key_make(&key, name, none)
           && store_get(txn, &key, &bytes) == STORE_OK
           && store_value_open_made(&apex, &key, bytes)
           && store_rrset_find(&apex, none, DNSSEC_TYPE_DNSKEY, &rrset);
}


store_status_t
ngx_srv_registrar_zone_sign(ngx_srv_registrar_work_t *work, store_txn_t *txn,
    ngx_srv_registrar_zone_t *zone, int64_t now)
{
    uint8_t         buffer[STORE_VALUE_MAX];
    store_key_t     key;
    store_span_t    name, none, bytes;
    store_status_t  status;

    if (zone->signer == NULL) {
        return STORE_OK;
    }

    name.data = zone->policy.name;
    name.len = zone->policy.name_len;
    none.data = NULL;
    none.len = 0;

    if (!store_key_make(&key, name, none)) {
        return STORE_DAMAGED;
    }

    status = store_get(txn, &key, &bytes);

    if (status == STORE_OK) {
        status = ngx_srv_registrar_sign(work, txn, zone, &key, now, &bytes,
                                        buffer);
    }

    if (status == STORE_TOO_LARGE) {

        /* an apex of an older configuration, which a conflict of names keeps
         * from being replaced: it has no keys, and is not served as signed.
         * Publication tells of it, the sweep counts it and names it */

        return STORE_OK;
    }

    return status == STORE_OK ? store_put(txn, &key, bytes) : status;
}


store_status_t
ngx_srv_registrar_sign(ngx_srv_registrar_work_t *work, store_txn_t *txn,
    ngx_srv_registrar_zone_t *zone, const store_key_t *key, int64_t now,
    store_span_t *bytes, uint8_t *buffer)
{
    store_span_t     value;
    store_status_t   status;
    device_place_t   place;
    device_signed_t  done;
    device_reason_t  reason;

    ngx_memzero(&place, sizeof(device_place_t));

    place.key = key;
    place.now = now;
    place.buffer = buffer;
    place.signer = zone->signer;

    status = store_get(txn, key, &place.bytes);

    if (status == STORE_NOT_FOUND) {
        place.bytes.data = NULL;
        place.bytes.len = 0;

    } else if (status != STORE_OK) {
        return status;
    }

    value = *bytes;
    reason = device_sign_value(&place, value, bytes, &done);
    work->signatures += done.made;

    return ngx_srv_registrar_sign_status(reason);
}


static store_status_t
ngx_srv_registrar_sign_status(device_reason_t reason)
{
    switch (reason) {

    case DEVICE_OK:
        return STORE_OK;

    case DEVICE_TOO_MUCH:
        return STORE_TOO_LARGE;

    case DEVICE_STORE_UNAVAILABLE:
        return STORE_DAMAGED;

    default: /* DEVICE_INTERNAL: OpenSSL, which gives no reason but that */
        return STORE_NO_MEMORY;
    }
}
