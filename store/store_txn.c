
/*
 * Transactions, from begin to end; store_access.c has what is done in one.
 *
 * What always holds: a transaction that is live holds map_lock shared (see
 * store_lmdb.h), and one that is not holds neither lock nor snapshot.
 */

#include "store_lmdb.h"

#include <stdlib.h>
#include <unistd.h>


/* How often a begin follows a growing map before it gives up.  Each time
 * another process must have grown it meanwhile. */
#define STORE_MOVES_MAX   8


static store_status_t store_txn_make(store_t *store, bool writer,
    store_txn_t **txn);
static int store_txn_start(store_txn_t *txn);
static int store_follow_map(store_t *store, unsigned moves);
static int store_held_line(const char *line, void *data);


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


/* LMDB's locks and reader slots do not cross fork(): a child that went on
 * with its parent's environment would write under the parent's lock. */
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
            store_mapping_look(txn);
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

    /* Waits until every transaction of the process has ended: a thread that
     * began a second one while it holds a first would wait for itself. */

    rc = pthread_rwlock_wrlock(&store->map_lock);

    if (rc != 0) {
        return rc;
    }

    if (store->moves == moves && !store->lost) {
        rc = mdb_env_set_mapsize(store->env, 0);

        /* LMDB has unmapped the old map before it fails to make the new */

        store->lost = rc != 0;
        store->moves++;

        store_mapping_close(store);

        if (!store->lost) {
            store_mapping_open(store);
        }
    }

    pthread_rwlock_unlock(&store->map_lock);

    return rc;
}


/* A renewed transaction begins without its old failure: what could not be
 * read in one snapshot may be read in the next. */
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


/* A process is cleared whole, so any slot of it will do. */
bool
store_read_held(store_txn_t *txn)
{
    bool  held = false;

    (void) mdb_reader_list(txn->store->env, store_held_line, &held);

    return held;
}


/* "       pid     thread     txnid", and so the lines after it. */
static int
store_held_line(const char *line, void *data)
{
    bool  *held = data;

    *held = *held || strtol(line, NULL, 10) == (long) getpid();

    return 0;
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
        return store_status_of(rc);
    }

    /* Not into a file that nobody will look at, and not under a lock that
     * other writers do not know. */

    if (store_replaced(store)) {
        store_abort(*txn);
        *txn = NULL;
        return STORE_REOPEN;
    }

    return STORE_OK;
}


store_status_t
store_commit(store_txn_t *txn, const lease_clock_mark_t *mark)
{
    store_t         *store;
    store_status_t   status;

    /* Only with something else: a mark alone would be a commit, and so a wait
     * for the disk, of each request that changes nothing. */

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
