
/*
 * Internal to store/: the only header that shows LMDB's types.
 *
 * The map may be moved (mdb_env_set_mapsize) only while the process holds no
 * transaction, and several threads may hold some.  So every transaction holds
 * map_lock shared from begin or renew until it ends, and whoever moves the
 * map holds it alone.
 */

#ifndef STORE_LMDB_H
#define STORE_LMDB_H


#include <lmdb.h>
#include <pthread.h>
#include <sys/types.h>

#include "store_walker.h"


struct store_s {
    MDB_env          *env;
    MDB_dbi           dbi;       /* the main, unnamed one */
    pthread_rwlock_t  map_lock;
    unsigned          moves;     /* of the map; under map_lock */
    bool              lost;      /* the map could not be moved: there is none;
                                    under map_lock */
    const uint8_t    *map;       /* our own, for the walker; NULL: there is
                                    none; under map_lock */
    size_t            map_size;  /* bytes */
    bool              writer;
    pid_t             pid;       /* that opened it: not used across fork() */
    char             *path;      /* the directory, as it was given */
    char             *data;      /* its data.mdb */
    char             *lock;      /* its lock.mdb */
    bool              lock_known;
    dev_t             lock_device;  /* of the lock file that LMDB opened */
    ino_t             lock_inode;
};


struct store_txn_s {
    store_t          *store;
    MDB_txn          *txn;
    store_status_t    status;    /* the first failure */
    bool              writer;
    bool              live;      /* holds a snapshot, and map_lock shared */
    bool              dirty;     /* something was put or deleted */
    bool              viewed;    /* view is set: the walker can be used */
    store_view_t      view;
    uint64_t          file_size; /* bytes that are safe to look at; 0: not
                                    asked for yet */
    uint64_t          walked;    /* keys that the walker looked up, ever */
};


/* The one place where LMDB's and the system's error numbers are judged. */
store_status_t store_status_of(int rc);

/* Puts the mark of this commit, unless the one that stands there is later:
 * workers' clocks differ a little, and the mark never goes back. */
store_status_t store_put_mark(store_txn_t *txn,
    const lease_clock_mark_t *mark);

/* The walker's own mapping, for readers; where it cannot be had, there is none.
 * The caller holds map_lock alone, or is the only one to know the store. */
void store_mapping_open(store_t *store);
void store_mapping_close(store_t *store);

/* Sets viewed, and view, for the snapshot that txn has just got. */
void store_mapping_look(store_txn_t *txn);

/* Sets *error, which may be NULL, and returns status. */
store_status_t store_error_set(store_error_t *error, store_status_t status,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

#define STORE_DATA_MODE  0640


/* What can be told of the files before LMDB touches anything. */
store_status_t store_look(const store_t *store, store_error_t *error);

/* Remembers which lock file stands at the path, unless one is known.  Called
 * before LMDB opens it and after: it may be LMDB that makes it. */
void store_look_lock(store_t *store);

/* Gives the files their modes, where we own them, whatever the umask. */
store_status_t store_set_modes(const store_t *store, store_error_t *error);

/* Which of the paths denies access; LMDB does not say. */
const char *store_denied_path(const store_t *store);

/*
 * Checks the format record of a store just opened; a writer puts it where
 * nothing at all stands in the environment.
 */
store_status_t store_format_open(store_t *store, store_error_t *error);


#endif /* STORE_LMDB_H */
