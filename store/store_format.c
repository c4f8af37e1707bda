
/*
 * The format record: says that an LMDB file is a store, of which format, and
 * who made it.
 *
 * The first store of a directory is marked with it, in a transaction of its
 * own, only where nothing at all stands in the file.  Magic and version stay
 * where they are in every format to come, and are looked at before all else.
 */

#include "store_lmdb.h"
#include "store_layout.h"

#include <errno.h>
#include <features.h>
#include <string.h>
#include <sys/random.h>


#define STORE_FORMAT          1      /* ours; a higher one is refused */

#define STORE_FORMAT_LEN      36
#define STORE_AT_VERSION      8
#define STORE_AT_LIBC         10
#define STORE_AT_LMDB_MAJOR   11
#define STORE_AT_LMDB_MINOR   12
#define STORE_AT_RESERVED     13
#define STORE_AT_ID           16
#define STORE_AT_FORMAT_CRC   32
#define STORE_ID_LEN          16

/* Process-shared mutexes differ between C libraries, and LMDB 0.9 does not
 * see it: two that share a lock file would hang. */
#define STORE_LIBC_GLIBC      1
#define STORE_LIBC_OTHER      2

#if defined(__GLIBC__)
#define STORE_LIBC            STORE_LIBC_GLIBC
#else
#define STORE_LIBC            STORE_LIBC_OTHER
#endif


static store_status_t store_format_read(store_t *store, store_error_t *error);
static store_status_t store_format_check(const store_t *store,
    store_txn_t *txn, store_error_t *error);
static store_status_t store_format_judge(const store_t *store,
    store_span_t key, store_span_t bytes, store_error_t *error);
static store_status_t store_format_put(store_t *store, store_error_t *error);
static int store_format_make(uint8_t record[STORE_FORMAT_LEN],
    store_span_t key);


static const uint8_t  store_magic[8] = { 'S', 'R', 'V', '-', 'R', 'E', 'G',
                                         '\n' };


store_status_t
store_format_open(store_t *store, store_error_t *error)
{
    store_status_t  status;

    status = store_format_read(store, error);

    if (status != STORE_ABSENT || !store->writer) {
        return status;
    }

    return store_format_put(store, error);
}


/* First in a snapshot: nearly always it is there, and a writer that only
 * starts must not wait for the lock of one that works. */
static store_status_t
store_format_read(store_t *store, store_error_t *error)
{
    store_txn_t     *txn;
    store_status_t   status;

    status = store_read_open(store, &txn);

    if (status == STORE_OK) {
        status = store_read_renew(txn);
    }

    if (status != STORE_OK) {
        store_read_close(txn);
        return store_error_set(error, status, "%s: cannot be read: %s",
                               store->data, store_status_text(status));
    }

    status = store_format_check(store, txn, error);

    store_read_close(txn);

    return status;
}


/* STORE_ABSENT where nothing at all was put yet. */
static store_status_t
store_format_check(const store_t *store, store_txn_t *txn,
    store_error_t *error)
{
    MDB_stat        stat;
    store_key_t     key;
    store_span_t    bytes;
    store_status_t  status;

    store_key_meta(&key, 'F', (store_span_t) { NULL, 0 });

    status = store_get(txn, &key, &bytes);

    if (status == STORE_OK) {
        return store_format_judge(store,
                                  (store_span_t) { key.data, key.len },
                                  bytes, error);
    }

    if (status != STORE_NOT_FOUND
        || mdb_stat(txn->txn, store->dbi, &stat) != 0)
    {
        return store_error_set(error, STORE_DAMAGED,
                               "%s: the format record cannot be read: %s",
                               store->data, store_status_text(status));
    }

    if (stat.ms_entries != 0) {
        return store_error_set(error, STORE_FOREIGN,
                               "%s: an LMDB file with %zu entries, but not a "
                               "store of ours (no format record)",
                               store->data, stat.ms_entries);
    }

    return store_error_set(error, STORE_ABSENT, "%s: empty so far",
                           store->data);
}


/* Magic, then version, then all else: a later format may have changed the
 * rest, and must be called newer, not damaged. */
static store_status_t
store_format_judge(const store_t *store, store_span_t key,
    store_span_t bytes, store_error_t *error)
{
    uint16_t             version;
    const uint8_t       *p;
    static const uint8_t zero[STORE_AT_ID - STORE_AT_RESERVED] = { 0 };

    p = bytes.data;

    if (bytes.len < STORE_AT_LIBC
        || memcmp(p, store_magic, sizeof(store_magic)) != 0)
    {
        return store_error_set(error, STORE_FOREIGN,
                               "%s: the format record is not ours",
                               store->data);
    }

    version = store_get16(p + STORE_AT_VERSION);

    if (version > STORE_FORMAT) {
        return store_error_set(error, STORE_NEWER,
                               "%s: format %u, this program knows %u",
                               store->data, version, STORE_FORMAT);
    }

    if (version != STORE_FORMAT
        || bytes.len != STORE_FORMAT_LEN
        || store_get32(p + STORE_AT_FORMAT_CRC)
           != store_crc(key, bytes, STORE_AT_FORMAT_CRC)
        || memcmp(p + STORE_AT_RESERVED, zero, sizeof(zero)) != 0)
    {
        return store_error_set(error, STORE_DAMAGED,
                               "%s: the format record (version %u, %zu "
                               "bytes) is damaged", store->data, version,
                               bytes.len);
    }

    if (p[STORE_AT_LIBC] != STORE_LIBC) {
        return store_error_set(error, STORE_FOREIGN,
                               "%s: made with %s (LMDB %u.%u), this program "
                               "with another C library: their locks differ",
                               store->data, p[STORE_AT_LIBC]
                               == STORE_LIBC_GLIBC ? "glibc"
                                                   : "a libc not glibc",
                               p[STORE_AT_LMDB_MAJOR],
                               p[STORE_AT_LMDB_MINOR]);
    }

    return STORE_OK;
}


static store_status_t
store_format_put(store_t *store, store_error_t *error)
{
    int              rc;
    uint8_t          record[STORE_FORMAT_LEN];
    store_key_t      key;
    store_txn_t     *txn;
    store_span_t     bytes;
    store_status_t   status;

    status = store_write_begin(store, &txn);

    if (status == STORE_OK) {

        /* Another process may have put it before we had the lock. */

        status = store_format_check(store, txn, error);

        if (status != STORE_ABSENT) {
            store_abort(txn);
            return status;
        }

        store_key_meta(&key, 'F', (store_span_t) { NULL, 0 });

        rc = store_format_make(record, (store_span_t) { key.data, key.len });

        if (rc != 0) {
            store_abort(txn);
            return store_error_set(error, STORE_IO, "getrandom: %s",
                                   strerror(rc));
        }

        bytes.data = record;
        bytes.len = sizeof(record);

        (void) store_put(txn, &key, bytes);
        status = store_commit(txn, NULL);
    }

    if (status != STORE_OK) {
        return store_error_set(error, status,
                               "%s: the format record cannot be put: %s",
                               store->data, store_status_text(status));
    }

    return store_error_set(error, STORE_OK, "%s", "");
}


/* LMDB's version and the random id are for people and for tools: which store a
 * copy was made of.  Returns an errno, or 0. */
static int
store_format_make(uint8_t record[STORE_FORMAT_LEN], store_span_t key)
{
    store_span_t  bytes;

    memset(record, 0, STORE_FORMAT_LEN);
    memcpy(record, store_magic, sizeof(store_magic));

    store_set16(record + STORE_AT_VERSION, STORE_FORMAT);
    record[STORE_AT_LIBC] = STORE_LIBC;
    record[STORE_AT_LMDB_MAJOR] = MDB_VERSION_MAJOR;
    record[STORE_AT_LMDB_MINOR] = MDB_VERSION_MINOR;

    if (getrandom(record + STORE_AT_ID, STORE_ID_LEN, 0) != STORE_ID_LEN) {
        return errno != 0 ? errno : EIO;
    }

    bytes.data = record;
    bytes.len = STORE_FORMAT_LEN;

    store_set32(record + STORE_AT_FORMAT_CRC,
                store_crc(key, bytes, STORE_AT_FORMAT_CRC));

    return 0;
}
