
/*
 * The store: one LMDB environment, the only channel between the registrar
 * (its one kind of writer) and dnsd (a reader).
 *
 * It knows no nginx, no sockets, no OpenSSL, no configuration and no clock.
 * LMDB's errors are translated in one place; a transaction keeps its first
 * failure, later calls on it become no-ops, one check at the end is enough
 * and abort is always safe.  Nothing here ever deletes or truncates a store.
 *
 * Processes: open once per process and directory, never across fork().  The
 * caller sees to that; store_open refuses what it can detect.
 */

#ifndef STORE_H
#define STORE_H


#include "lease_clock.h"
#include "store_key.h"
#include "store_value.h"


typedef enum {
    STORE_OK = 0,
    STORE_NOT_FOUND,             /* no value under the key */
    STORE_ABSENT,                /* no store at the path, or an empty one */
    STORE_FOREIGN,               /* not LMDB, or LMDB but not a store of ours,
                                    or written with another libc */
    STORE_NEWER,                 /* a format version that we do not know */
    STORE_DAMAGED,               /* a value or record fails its checks */
    STORE_UNLOCKED,              /* a reader got no slot: the lock file is on
                                    a read-only mount (LMDB is silent then) */
    STORE_READERS_FULL,
    STORE_FULL,                  /* the map size is reached */
    STORE_NO_SPACE,              /* ENOSPC, EDQUOT */
    STORE_DENIED,                /* EACCES, EPERM, EROFS */
    STORE_IO,                    /* any other error of the system */
    STORE_REOPEN,                /* the environment is dead (MDB_PANIC): close
                                    it when its last transaction has ended,
                                    and open again */
    STORE_NO_MEMORY,
    STORE_TOO_LARGE,             /* a value above STORE_VALUE_MAX */
    STORE_CONFLICT               /* a zone file's label is a device's */
} store_status_t;


/* What went wrong, for a log line: names the path and what was found. */
typedef struct {
    store_status_t  status;
    char            text[256];
} store_error_t;


typedef struct {
    const char  *path;           /* a directory */
    bool         writer;         /* creates the files where absent, and may
                                    begin write transactions */
    size_t       map_size;       /* bytes; a writer's 0: 16 GiB.  Never made
                                    smaller than the file's; readers take
                                    that */
    unsigned     max_readers;    /* slots; 0: the default, 1024 */
} store_options_t;


typedef struct store_s      store_t;
typedef struct store_txn_s  store_txn_t;


/* "the map is full", ...; a constant. */
const char *store_status_text(store_status_t status);

/*
 * Opens the store; a writer creates it where the directory is there and
 * empty (data.mdb 0640, lock.mdb 0660 whatever the umask).  A reader of an
 * absent or still empty one gets STORE_ABSENT.  A reader checks that it holds
 * a slot in the reader table (STORE_UNLOCKED).  Stale slots are cleared.
 * On failure *store is NULL and error says what was found.
 * May block on the disk and on other openers: not on an event loop that
 * serves.
 */
store_status_t store_open(store_t **store, const store_options_t *options,
    store_error_t *error);

/* All transactions must have ended.  NULL is allowed. */
void store_close(store_t *store);

/*
 * True where the path now leads to another data file than the one that is
 * open, or to another lock file: the store was replaced, or who opens it from
 * now on shares no locks with us.  Where it leads to no data file at all, what
 * is open goes on: false; for a reader so, too, while there is no lock file
 * yet, which a writer makes when it opens the store again.  A stat; no open of
 * the lock file, which would drop LMDB's locks.
 */
bool store_replaced(const store_t *store);

/* Frees the slots of dead readers; *cleared gets their number.  Writers call
 * it on a timer, since a dead reader pins pages.  Any thread. */
store_status_t store_clear_readers(store_t *store, int *cleared);

/* Fill of the map, for alarms and metrics. */
typedef struct {
    uint64_t  map_size;          /* bytes */
    uint64_t  used;              /* bytes up to the last page */
    uint64_t  entries;
    uint64_t  txn;               /* id of the last commit */
    uint64_t  oldest;            /* of the oldest snapshot that is held; txn
                                    where none is */
    long      oldest_pid;        /* who holds it; 0: nobody */
    unsigned  readers;           /* slots in use */
    unsigned  readers_max;
} store_usage_t;

store_status_t store_usage(store_t *store, store_usage_t *usage);

/*
 * Writes a copy of the store's data file to fd, from one snapshot and without
 * its free pages; commits go on meanwhile, and the pages that they free wait
 * for it.  The caller syncs fd.  No transaction of the calling thread may hold
 * a snapshot.
 */
store_status_t store_copy(store_t *store, int fd);


/*
 * Reading.  A read transaction is made once per thread and then renewed and
 * reset; between reset and renew it holds no snapshot (a held one pins every
 * page that is freed).  It starts reset.  Values die at reset.
 * renew follows a map that another process has grown (MDB_MAP_RESIZED); where
 * other threads of the process hold snapshots it waits for them, so hold none
 * while blocking.
 */
store_status_t store_read_open(store_t *store, store_txn_t **txn);
store_status_t store_read_renew(store_txn_t *txn);
void store_read_reset(store_txn_t *txn);
void store_read_close(store_txn_t *txn);

/*
 * True where the reader table still has this process: otherwise somebody took
 * it for dead, and pages of a snapshot that it holds may have been written
 * over.  Reads the whole table: for who was stopped while it held one.
 */
bool store_read_held(store_txn_t *txn);

/* The snapshot's number: it grows with each commit. */
uint64_t store_txn_id(const store_txn_t *txn);

/*
 * The value under a key, raw: pass it to store_value_open.  Lives until the
 * snapshot is reset, or in a write transaction until the next put or commit.
 */
store_status_t store_get(store_txn_t *txn, const store_key_t *key,
    store_span_t *bytes);

/*
 * Many at once, so that their cache misses can overlap; statuses[i] and
 * values[i] as from store_get for keys[i].  Returns the transaction's own
 * status.
 */
store_status_t store_get_batch(store_txn_t *txn, const store_key_t *const *keys,
    size_t n, store_span_t *values, store_status_t *statuses);

/*
 * Visits values in key order, meta keys left out, from the first key that is
 * not below *from (len 0: the very first), at most `limit` of them but for
 * keys above STORE_KEY_MAX, which only a damaged file has; the visitor returns
 * false to stop early.  *from becomes the key to go on with, len 0 when the
 * end was reached.  Works in both kinds of transaction; the visitor must not
 * write.
 */
typedef bool (*store_visitor_t)(void *data, store_span_t key,
    store_span_t bytes);

store_status_t store_walk(store_txn_t *txn, store_key_t *from, size_t limit,
    store_visitor_t visitor, void *data);

/* The mark of the last commit; STORE_NOT_FOUND where there was none. */
store_status_t store_get_mark(store_txn_t *txn, lease_clock_mark_t *mark);


/*
 * Writing.  begin waits for the writer's lock, which another process may
 * hold, gives STORE_REOPEN where the store was replaced, and commit waits for
 * the disk: only on a thread that may block, and all of a transaction on one
 * thread.  A failed commit has changed nothing.
 */
store_status_t store_write_begin(store_t *store, store_txn_t **txn);
store_status_t store_put(store_txn_t *txn, const store_key_t *key,
    store_span_t bytes);
store_status_t store_delete(store_txn_t *txn, const store_key_t *key);

/* The transaction's first failure so far. */
store_status_t store_txn_status(const store_txn_t *txn);

/*
 * Commits durably and frees txn, whatever is returned.  Where nothing was
 * put, nothing is written.  The mark goes into the same transaction (NULL:
 * the old one stays).  After STORE_FULL, STORE_NO_SPACE or STORE_IO the next
 * transaction may work; after STORE_REOPEN none will.
 */
store_status_t store_commit(store_txn_t *txn, const lease_clock_mark_t *mark);

/* Drops everything and frees txn.  NULL is allowed. */
void store_abort(store_txn_t *txn);


#endif /* STORE_H */
