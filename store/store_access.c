
/*
 * What is done in a transaction: reading, writing, walking, and the mark.
 *
 * Keys of our own making enter; bytes as they stand in the file leave,
 * unchecked: store_value_open is the one that trusts them.  What always holds:
 * a transaction's first failure stays, and makes later calls return it.  A
 * value that is not there, or is damaged, is no failure of a transaction.
 */

#include "store_lmdb.h"
#include "store_layout.h"

#include <string.h>


/* Records of the store's own (the zone table, a zone's static labels) are
 * longer than values, but something has gone wrong above this. */
#define STORE_META_MAX    (1024 * 1024)


static store_status_t store_txn_keep(store_txn_t *txn, int rc);
static void store_walk_next(store_key_t *from, const MDB_val *key);


/* Translates rc, and keeps it where it is the transaction's first failure. */
static store_status_t
store_txn_keep(store_txn_t *txn, int rc)
{
    store_status_t  status;

    status = store_status_of(rc);

    if (status != STORE_OK && status != STORE_NOT_FOUND
        && txn->status == STORE_OK)
    {
        txn->status = status;
    }

    return status;
}


store_status_t
store_get(store_txn_t *txn, const store_key_t *key, store_span_t *bytes)
{
    int             rc;
    MDB_val         k, v;
    store_status_t  status;

    bytes->data = NULL;
    bytes->len = 0;

    if (txn->status != STORE_OK) {
        return txn->status;
    }

    /* A reset reader has no snapshot to look into, and LMDB takes no empty
     * key: neither is worth the transaction. */

    if (!txn->live || key->len == 0) {
        return STORE_NOT_FOUND;
    }

    if (txn->viewed) {
        (void) store_get_batch(txn, &key, 1, bytes, &status);
        return status;
    }

    k.mv_data = (void *) key->data;
    k.mv_size = key->len;

    rc = mdb_get(txn->txn, txn->store->dbi, &k, &v);

    if (rc == 0) {
        bytes->data = v.mv_data;
        bytes->len = v.mv_size;
    }

    return store_txn_keep(txn, rc);
}


/* A page that cannot be is no failure of the transaction here, unlike LMDB's:
 * it is known which keys it concerns. */
store_status_t
store_get_batch(store_txn_t *txn, const store_key_t *const *keys, size_t n,
    store_span_t *values, store_status_t *statuses)
{
    size_t  i;

    if (txn->status == STORE_OK && txn->live && txn->viewed) {
        store_view_get(&txn->view, keys, n, values, statuses);
        txn->walked += n;

        return STORE_OK;
    }

    for (i = 0; i < n; i++) {
        statuses[i] = store_get(txn, keys[i], &values[i]);
    }

    return txn->status;
}


store_status_t
store_walk(store_txn_t *txn, store_key_t *from, size_t limit,
    store_visitor_t visitor, void *data)
{
    int            rc;
    bool           more;
    MDB_val        k, v;
    MDB_cursor    *cursor;
    store_span_t   key, bytes;

    if (txn->status != STORE_OK || !txn->live) {
        return txn->status;
    }

    /* A cursor of this call alone: one that outlived a reset would have to be
     * renewed, and LMDB frees those of a write transaction by itself. */

    rc = mdb_cursor_open(txn->txn, txn->store->dbi, &cursor);

    if (rc != 0) {
        return store_txn_keep(txn, rc);
    }

    k.mv_data = from->data;
    k.mv_size = from->len;
    more = true;

    rc = mdb_cursor_get(cursor, &k, &v,
                        from->len != 0 ? MDB_SET_RANGE : MDB_FIRST);

    /* Meta keys begin with FF and so stand behind all others.  No walk ends
     * before a key that is longer than any of ours (somebody damaged the
     * file). */

    while (rc == 0 && *(uint8_t *) k.mv_data != UINT8_MAX) {

        if ((limit == 0 || !more) && k.mv_size <= STORE_KEY_MAX) {
            break;
        }

        key.data = k.mv_data;
        key.len = k.mv_size;
        bytes.data = v.mv_data;
        bytes.len = v.mv_size;

        more = more && visitor(data, key, bytes);
        limit -= limit != 0;

        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }

    /* Copied before the cursor goes: the key lies in the map. */

    store_walk_next(from, rc == 0 ? &k : NULL);
    mdb_cursor_close(cursor);

    rc = rc == MDB_NOTFOUND ? 0 : rc;

    return store_txn_keep(txn, rc);
}


/* Where a walk goes on: at a key that *from has room for, or it would come by
 * the same ones again. */
static void
store_walk_next(store_key_t *from, const MDB_val *key)
{
    store_span_t  bytes, zone, label;

    from->len = 0;
    from->zone_len = 0;

    if (key == NULL || *(const uint8_t *) key->mv_data == UINT8_MAX) {
        return;
    }

    bytes.data = key->mv_data;
    bytes.len = key->mv_size;

    memcpy(from->data, bytes.data, bytes.len);
    from->len = (uint16_t) bytes.len;

    if (store_key_parse(bytes, &zone, &label)) {
        from->zone_len = (uint8_t) zone.len;
    }
}


store_status_t
store_put(store_txn_t *txn, const store_key_t *key, store_span_t bytes)
{
    size_t   max;
    MDB_val  k, v;

    if (txn->status != STORE_OK) {
        return txn->status;
    }

    /* LMDB itself would take 4 GiB, in overflow pages that are hard to get
     * together once the file has been written to for long. */

    max = key->zone_len != 0 ? STORE_VALUE_MAX : STORE_META_MAX;

    if (bytes.len > max) {
        return store_txn_keep(txn, MDB_BAD_VALSIZE);
    }

    k.mv_data = (void *) key->data;
    k.mv_size = key->len;
    v.mv_data = (void *) bytes.data;
    v.mv_size = bytes.len;

    /* Also where it fails: what LMDB has done by then must not be committed,
     * and the status sees to that. */

    txn->dirty = true;

    return store_txn_keep(txn, mdb_put(txn->txn, txn->store->dbi, &k, &v, 0));
}


store_status_t
store_delete(store_txn_t *txn, const store_key_t *key)
{
    int      rc;
    MDB_val  k;

    if (txn->status != STORE_OK) {
        return txn->status;
    }

    k.mv_data = (void *) key->data;
    k.mv_size = key->len;

    rc = mdb_del(txn->txn, txn->store->dbi, &k, NULL);

    /* a key that was not there: nothing that needs a commit */

    if (rc == 0) {
        txn->dirty = true;
    }

    return store_txn_keep(txn, rc);
}


store_status_t
store_put_mark(store_txn_t *txn, const lease_clock_mark_t *mark)
{
    uint8_t             record[STORE_MARK_LEN];
    store_key_t         key;
    store_span_t        bytes;
    lease_clock_mark_t  old;

    if (store_get_mark(txn, &old) == STORE_OK && old.time > mark->time) {
        return STORE_OK;
    }

    store_key_meta(&key, 'C', (store_span_t) { NULL, 0 });

    bytes.data = record;
    bytes.len = sizeof(record);

    record[STORE_AT_KIND] = 'C';
    store_set32(record + STORE_AT_TIME, (uint32_t) mark->time);
    store_set32(record + STORE_AT_BOOTTIME, (uint32_t) mark->boottime);
    memcpy(record + STORE_AT_BOOT_ID, mark->boot_id, LEASE_CLOCK_BOOT_ID_LEN);

    store_seal((store_span_t) { key.data, key.len }, record, sizeof(record));

    return store_put(txn, &key, bytes);
}


store_status_t
store_get_mark(store_txn_t *txn, lease_clock_mark_t *mark)
{
    store_key_t     key;
    store_span_t    bytes;
    store_status_t  status;

    store_key_meta(&key, 'C', (store_span_t) { NULL, 0 });

    status = store_get(txn, &key, &bytes);

    if (status != STORE_OK) {
        return status;
    }

    if (bytes.len != STORE_MARK_LEN
        || bytes.data[STORE_AT_KIND] != 'C'
        || !store_sealed((store_span_t) { key.data, key.len }, bytes))
    {
        return STORE_DAMAGED;
    }

    mark->time = store_get32(bytes.data + STORE_AT_TIME);
    mark->boottime = store_get32(bytes.data + STORE_AT_BOOTTIME);
    memcpy(mark->boot_id, bytes.data + STORE_AT_BOOT_ID,
           LEASE_CLOCK_BOOT_ID_LEN);

    return STORE_OK;
}
