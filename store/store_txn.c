
/*
 * Transactions: begin and end, reading, writing, walking.
 *
 * What always holds: a transaction that is live holds map_lock shared (see
 * store_lmdb.h); its first failure stays, and makes later calls return it.
 * A value that is not there, or is damaged, is no failure of a transaction.
 */

#include "store_lmdb.h"
#include "store_layout.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>


/* Records of the store's own (the zone table, a zone's static labels) are
 * longer than values, but something has gone wrong above this. */
#define STORE_META_MAX    (1024 * 1024)

/* How often a begin follows a growing map before it gives up.  Each time
 * another process must have grown it meanwhile. */
#define STORE_MOVES_MAX   8


static store_status_t store_txn_make(store_t *store, bool writer,
    store_txn_t **txn);
static int store_txn_start(store_txn_t *txn);
static int store_follow_map(store_t *store, unsigned moves);
static store_status_t store_txn_keep(store_txn_t *txn, int rc);
static store_status_t store_put_mark(store_txn_t *txn,
    const lease_clock_mark_t *mark);
static void store_walk_next(store_key_t *from, const MDB_val *key);


store_status_t
store_read_open(store_t *store, store_txn_t **txn)
{
    int             rc;
    store_status_t  status;

    status = store_txn_make(store, false, txn);

    if (status != STORE_OK) {
        return status;
    }

    rc = store_txn_start(*txn);

    if (rc == MDB_READERS_FULL) {
        (void) mdb_reader_check(store->env, NULL);
        rc = store_txn_start(*txn);
    }

    if (rc != 0) {
        free(*txn);
        *txn = NULL;
        return store_status_of(rc);
    }

    store_read_reset(*txn);

    return STORE_OK;
}


static store_status_t
store_txn_make(store_t *store, bool writer, store_txn_t **txn)
{
    store_txn_t  *made;

    *txn = NULL;

    if (writer && !store->writer) {
        return STORE_DENIED;
    }

    if (store->pid != getpid()) {
        return STORE_REOPEN;
    }

    made = calloc(1, sizeof(store_txn_t));

    if (made == NULL) {
        return STORE_NO_MEMORY;
    }

    made->store = store;
    made->writer = writer;

    *txn = made;

    return STORE_OK;
}


/* Begins, or renews a reader; afterwards live and holding map_lock, or
 * neither.  Returns LMDB's error. */
static int
store_txn_start(store_txn_t *txn)
{
    int       rc, tries;
    store_t  *store;
    unsigned  moves;

    store = txn->store;
    rc = MDB_MAP_RESIZED;

    for (tries = 0; tries < STORE_MOVES_MAX; tries++) {

        pthread_rwlock_rdlock(&store->map_lock);

        moves = store->moves;

        if (store->lost) {
            rc = MDB_PANIC;

        } else if (txn->txn != NULL) {
            rc = mdb_txn_renew(txn->txn);

        } else {
            rc = mdb_txn_begin(store->env, NULL,
                               txn->writer ? 0 : MDB_RDONLY, &txn->txn);
        }

        if (rc == 0) {
            txn->live = true;
            return 0;
        }

        pthread_rwlock_unlock(&store->map_lock);

        if (rc != MDB_MAP_RESIZED) {
            return rc;
        }

        rc = store_follow_map(store, moves);

        if (rc != 0) {
            return rc;
        }
    }

    return MDB_MAP_RESIZED;
}


/* Takes the size that another process gave the map.  moves: as it was when
 * that showed; another thread may have followed meanwhile. */
static int
store_follow_map(store_t *store, unsigned moves)
{
    int  rc;

    rc = pthread_rwlock_wrlock(&store->map_lock);

    if (rc != 0) {
        return rc;
    }

    if (store->moves == moves && !store->lost) {
        rc = mdb_env_set_mapsize(store->env, 0);

        /* LMDB has unmapped the old map before it fails to make the new */

        store->lost = rc != 0;
        store->moves++;
    }

    pthread_rwlock_unlock(&store->map_lock);

    return rc;
}


store_status_t
store_read_renew(store_txn_t *txn)
{
    if (txn->live) {
        return txn->status;
    }

    txn->status = store_status_of(store_txn_start(txn));

    return txn->status;
}


void
store_read_reset(store_txn_t *txn)
{
    if (!txn->live) {
        return;
    }

    mdb_txn_reset(txn->txn);
    txn->live = false;

    pthread_rwlock_unlock(&txn->store->map_lock);
}


void
store_read_close(store_txn_t *txn)
{
    if (txn == NULL) {
        return;
    }

    store_read_reset(txn);
    mdb_txn_abort(txn->txn);
    free(txn);
}


uint64_t
store_txn_id(const store_txn_t *txn)
{
    return mdb_txn_id(txn->txn);
}


store_status_t
store_txn_status(const store_txn_t *txn)
{
    return txn->status;
}


/* Notes the transaction's first failure. */
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
    int      rc;
    MDB_val  k, v;

    bytes->data = NULL;
    bytes->len = 0;

    if (txn->status != STORE_OK) {
        return txn->status;
    }

    if (!txn->live || key->len == 0) {
        return STORE_NOT_FOUND;
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


store_status_t
store_get_batch(store_txn_t *txn, const store_key_t *const *keys, size_t n,
    store_span_t *values, store_status_t *statuses)
{
    size_t  i;

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

    rc = mdb_cursor_open(txn->txn, txn->store->dbi, &cursor);

    if (rc != 0) {
        return store_txn_keep(txn, rc);
    }

    k.mv_data = from->data;
    k.mv_size = from->len;
    more = true;

    rc = mdb_cursor_get(cursor, &k, &v,
                        from->len != 0 ? MDB_SET_RANGE : MDB_FIRST);

    /* Meta keys begin with FF and so stand behind all others. */

    while (rc == 0 && *(uint8_t *) k.mv_data != UINT8_MAX) {

        if (limit == 0 || !more) {
            break;
        }

        key.data = k.mv_data;
        key.len = k.mv_size;
        bytes.data = v.mv_data;
        bytes.len = v.mv_size;

        more = visitor(data, key, bytes);
        limit--;

        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }

    store_walk_next(from, rc == 0 ? &k : NULL);
    mdb_cursor_close(cursor);

    rc = rc == MDB_NOTFOUND ? 0 : rc;

    return store_txn_keep(txn, rc);
}


/* Where a walk goes on.  A key that is longer than any of ours (somebody
 * damaged the file) is found again by its beginning. */
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
    bytes.len = key->mv_size < STORE_KEY_MAX ? key->mv_size : STORE_KEY_MAX;

    memcpy(from->data, bytes.data, bytes.len);
    from->len = (uint16_t) bytes.len;

    if (store_key_parse(bytes, &zone, &label)) {
        from->zone_len = (uint8_t) zone.len;
    }
}


store_status_t
store_write_begin(store_t *store, store_txn_t **txn)
{
    int             rc;
    store_status_t  status;

    status = store_txn_make(store, true, txn);

    if (status != STORE_OK) {
        return status;
    }

    rc = store_txn_start(*txn);

    if (rc != 0) {
        free(*txn);
        *txn = NULL;
    }

    return store_status_of(rc);
}


store_status_t
store_put(store_txn_t *txn, const store_key_t *key, store_span_t bytes)
{
    size_t   max;
    MDB_val  k, v;

    if (txn->status != STORE_OK) {
        return txn->status;
    }

    max = key->zone_len != 0 ? STORE_VALUE_MAX : STORE_META_MAX;

    if (bytes.len > max) {
        return store_txn_keep(txn, MDB_BAD_VALSIZE);
    }

    k.mv_data = (void *) key->data;
    k.mv_size = key->len;
    v.mv_data = (void *) bytes.data;
    v.mv_size = bytes.len;

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

    if (rc == 0) {
        txn->dirty = true;
    }

    return store_txn_keep(txn, rc);
}


store_status_t
store_commit(store_txn_t *txn, const lease_clock_mark_t *mark)
{
    store_t         *store;
    store_status_t   status;

    if (txn->dirty && mark != NULL) {
        (void) store_put_mark(txn, mark);
    }

    status = txn->status;

    if (!txn->dirty || status != STORE_OK) {
        store_abort(txn);
        return status;
    }

    store = txn->store;

    /* Frees LMDB's transaction, whatever it returns. */

    status = store_status_of(mdb_txn_commit(txn->txn));

    pthread_rwlock_unlock(&store->map_lock);
    free(txn);

    return status;
}


/* Workers' clocks differ a little, and the mark never goes back. */
static store_status_t
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


void
store_abort(store_txn_t *txn)
{
    if (txn == NULL) {
        return;
    }

    mdb_txn_abort(txn->txn);
    pthread_rwlock_unlock(&txn->store->map_lock);
    free(txn);
}
