
/*
 * Opens and closes the environment.
 *
 * A directory that the operator named enters, with whatever somebody may have
 * put there; what leaves is an open store of our own format, or a refusal
 * that says which file is wrong and how.  Files that are not ours are never
 * written to, and nothing is ever deleted or truncated.
 */

#include "store_lmdb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


/* Sparse, so it costs address space only: about fifty million devices.
 * Half would do as well; a 32-bit machine has to name a smaller one. */
#define STORE_MAP_SIZE     ((size_t) 16 << 30)

/* 64 bytes each in the lock file.  Workers and dnsd's threads take a few;
 * the rest is for the slots of the dead, until they are cleared. */
#define STORE_MAX_READERS  1024


static store_status_t store_make(store_t **made, const store_options_t *options,
    store_error_t *error);
static char *store_path(const char *directory, const char *file);
static store_status_t store_open_env(store_t *store,
    const store_options_t *options, store_error_t *error);
static store_status_t store_set_map(store_t *store, size_t size,
    store_error_t *error);
static store_status_t store_open_main(store_t *store, store_error_t *error);
static store_status_t store_open_failed(const store_t *store, int rc,
    store_error_t *error);
static int store_usage_reader(const char *line, void *data);


store_status_t
store_open(store_t **store, const store_options_t *options,
    store_error_t *error)
{
    int             cleared;
    store_t        *made;
    store_status_t  status;

    *store = NULL;
    (void) store_error_set(error, STORE_OK, "%s", "");

    /* Each step may refuse, and says why in *error; what has been opened by
     * then is closed in one place. */

    status = store_make(&made, options, error);

    if (status == STORE_OK) {
        status = store_look(made, error);
    }

    if (status == STORE_OK) {
        status = store_open_env(made, options, error);
    }

    if (status == STORE_OK) {
        status = store_open_main(made, error);
    }

    if (status == STORE_OK) {
        status = store_format_open(made, error);
    }

    if (status == STORE_OK && made->writer) {
        status = store_set_modes(made, error);
    }

    if (status != STORE_OK) {
        store_close(made);
        return status;
    }

    store_mapping_open(made);

    (void) store_clear_readers(made, &cleared);

    *store = made;

    return STORE_OK;
}


static store_status_t
store_make(store_t **made, const store_options_t *options,
    store_error_t *error)
{
    store_t  *store;

    *made = NULL;

    store = calloc(1, sizeof(store_t));

    if (store == NULL) {
        return store_error_set(error, STORE_NO_MEMORY, "out of memory");
    }

    if (pthread_rwlock_init(&store->map_lock, NULL) != 0) {
        free(store);
        return store_error_set(error, STORE_NO_MEMORY, "out of memory");
    }

    store->writer = options->writer;
    store->pid = getpid();
    store->path = store_path(options->path, "");
    store->data = store_path(options->path, "/data.mdb");
    store->lock = store_path(options->path, "/lock.mdb");

    *made = store;

    if (store->path == NULL || store->data == NULL || store->lock == NULL) {
        return store_error_set(error, STORE_NO_MEMORY, "out of memory");
    }

    return STORE_OK;
}


static char *
store_path(const char *directory, const char *file)
{
    char    *path;
    size_t   len, size;

    len = strlen(directory);
    size = len + strlen(file) + 1;

    path = malloc(size);

    if (path != NULL) {
        memcpy(path, directory, len);
        memcpy(path + len, file, size - len);
    }

    return path;
}


static store_status_t
store_open_env(store_t *store, const store_options_t *options,
    store_error_t *error)
{
    int       rc;
    unsigned  flags, readers;

    rc = mdb_env_create(&store->env);

    if (rc != 0) {
        store->env = NULL;
        return store_open_failed(store, rc, error);
    }

    readers = options->max_readers != 0 ? options->max_readers
                                        : STORE_MAX_READERS;

    (void) mdb_env_set_maxreaders(store->env, readers);

    /* NOTLS: a slot belongs to its transaction, not to its thread. */

    flags = MDB_NOTLS | (store->writer ? 0 : MDB_RDONLY);

    store_look_lock(store);
    rc = mdb_env_open(store->env, store->path, flags, STORE_DATA_MODE);
    store_look_lock(store);

    if (rc != 0) {
        return store_open_failed(store, rc, error);
    }

    if (!store->writer) {
        return STORE_OK;
    }

    return store_set_map(store, options->map_size, error);
}


/* Opened with the file's size; it is only ever made larger. */
static store_status_t
store_set_map(store_t *store, size_t size, store_error_t *error)
{
    int          rc;
    size_t       page;
    MDB_envinfo  info;

    if (size == 0) {
        size = STORE_MAP_SIZE;
    }

    /* LMDB wants whole pages of the system's */

    page = (size_t) sysconf(_SC_PAGESIZE);
    size = (size + page - 1) / page * page;

    rc = mdb_env_info(store->env, &info);

    if (rc == 0 && size > info.me_mapsize) {
        rc = mdb_env_set_mapsize(store->env, size);
    }

    if (rc != 0) {
        return store_error_set(error, store_status_of(rc),
                               "%s: map of %zu bytes: %s", store->data, size,
                               mdb_strerror(rc));
    }

    return STORE_OK;
}


/* Makes the main database known, which LMDB wants once before others use
 * it, and sees by the way whether there are locks. */
static store_status_t
store_open_main(store_t *store, store_error_t *error)
{
    int          rc;
    MDB_txn     *txn;
    unsigned     flags = 0;
    MDB_envinfo  info;

    rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

    /* slots of processes that died without a word, most likely */

    if (rc == MDB_READERS_FULL) {
        (void) mdb_reader_check(store->env, NULL);
        rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    }

    if (rc != 0) {
        return store_open_failed(store, rc, error);
    }

    rc = mdb_env_info(store->env, &info);

    if (rc == 0) {
        rc = mdb_dbi_open(txn, NULL, 0, &store->dbi);
    }

    if (rc == 0) {
        rc = mdb_dbi_flags(txn, store->dbi, &flags);
    }

    mdb_txn_abort(txn);

    if (rc != 0) {
        return store_open_failed(store, rc, error);
    }

    /* LMDB goes on silently where the lock file cannot be opened for writing
     * on a read-only file system; it then has no reader table, and pages are
     * reused under the reader. */

    if (info.me_numreaders == 0) {
        return store_error_set(error, STORE_UNLOCKED,
                               "%s: on a read-only mount, no reader slot",
                               store->lock);
    }

    if (flags != 0) {
        return store_error_set(error, STORE_FOREIGN,
                               "%s: an LMDB file, but not a store of ours "
                               "(database flags 0x%x)", store->data, flags);
    }

    return STORE_OK;
}


/* LMDB's words are for its programmers; these are for whoever has to find out
 * what is wrong with the directory. */
static store_status_t
store_open_failed(const store_t *store, int rc, store_error_t *error)
{
    store_status_t  status;

    status = store_status_of(rc);

    switch (rc) {

    case MDB_INVALID:
        return store_error_set(error, status,
                               "%s: not a file of LMDB %d.%d, or not whole",
                               store->data, MDB_VERSION_MAJOR,
                               MDB_VERSION_MINOR);

    case MDB_VERSION_MISMATCH:
        return store_error_set(error, status,
                               "%s: made by another version of LMDB than "
                               "%d.%d", store->data, MDB_VERSION_MAJOR,
                               MDB_VERSION_MINOR);

    case EAGAIN:
        return store_error_set(error, status,
                               "%s: a process of another PID namespace "
                               "reads under our PID %d", store->lock,
                               (int) store->pid);

    case EACCES:
    case EPERM:
    case EROFS:
        return store_error_set(error, status, "%s: %s",
                               store_denied_path(store), strerror(rc));

    default:
        return store_error_set(error, status, "%s: %s", store->data,
                               mdb_strerror(rc));
    }
}


void
store_close(store_t *store)
{
    if (store == NULL) {
        return;
    }

    /* In a child, LMDB 0.9.26 to 0.9.31 would destroy the mutexes that its
     * parent goes on using: leave it. */

    if (store->env != NULL && store->pid == getpid()) {
        mdb_env_close(store->env);
    }

    store_mapping_close(store);
    pthread_rwlock_destroy(&store->map_lock);
    free(store->path);
    free(store->data);
    free(store->lock);
    free(store);
}


store_status_t
store_clear_readers(store_t *store, int *cleared)
{
    *cleared = 0;

    return store_status_of(mdb_reader_check(store->env, cleared));
}


store_status_t
store_copy(store_t *store, int fd)
{
    int  rc;

    /* its snapshot is LMDB's own, so what keeps the map in its place is here */

    pthread_rwlock_rdlock(&store->map_lock);

    rc = store->lost ? MDB_PANIC
                     : mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT);

    pthread_rwlock_unlock(&store->map_lock);

    return store_status_of(rc);
}


store_status_t
store_usage(store_t *store, store_usage_t *usage)
{
    int          rc;
    MDB_stat     stat;
    MDB_envinfo  info;

    memset(usage, 0, sizeof(store_usage_t));

    /* stat and info look into the map, which nobody may move meanwhile */

    pthread_rwlock_rdlock(&store->map_lock);

    if (store->lost) {
        pthread_rwlock_unlock(&store->map_lock);
        return STORE_REOPEN;
    }

    rc = mdb_env_stat(store->env, &stat);

    if (rc == 0) {
        rc = mdb_env_info(store->env, &info);
    }

    if (rc == 0) {
        usage->txn = info.me_last_txnid;
        usage->oldest = usage->txn;
        (void) mdb_reader_list(store->env, store_usage_reader, usage);
    }

    pthread_rwlock_unlock(&store->map_lock);

    if (rc != 0) {
        return store_status_of(rc);
    }

    usage->map_size = info.me_mapsize;
    usage->used = (uint64_t) (info.me_last_pgno + 1) * stat.ms_psize;
    usage->entries = stat.ms_entries;
    usage->readers_max = info.me_maxreaders;

    return STORE_OK;
}


/* One line: process, thread, and the number of the snapshot or '-'.  The first
 * is a heading, or says that there are none. */
static int
store_usage_reader(const char *line, void *data)
{
    long            pid;
    uint64_t        txn;
    store_usage_t  *usage = data;

    if (sscanf(line, "%ld %*s %" SCNu64, &pid, &txn) == 2
        && txn < usage->oldest)
    {
        usage->oldest = txn;
        usage->oldest_pid = pid;
    }

    usage->readers += sscanf(line, "%ld", &pid) == 1;

    return 0;
}
