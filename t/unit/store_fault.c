/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/crc32c.c */

/*
 * A disk that fails under the writer.  This program stands before libc for
 * the calls by which LMDB writes, so that one of them can be made to fail.
 */

#include "store_env.h"

#include <errno.h>
#include <lmdb.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "store_lmdb.h"


#define META_PAGES  (2 * 4096)

/* Declared here: which of them LMDB calls depends on how it was built. */
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at);


typedef enum {
    FAIL_NOTHING = 0,
    FAIL_DATA,                   /* pages of data */
    FAIL_SYNC,                   /* fdatasync */
    FAIL_META                    /* the meta page, which ends a commit */
} fail_t;


static struct {
    fail_t  what;
    int     error;
} fault;


static ssize_t
failing_write(int fd, const struct iovec *iov, int n, off64_t at)
{
    fail_t  what;

    what = at < META_PAGES ? FAIL_META : FAIL_DATA;

    if (fault.what == what) {
        errno = fault.error;
        return -1;
    }

    return syscall(SYS_pwritev, fd, iov, n, at, 0);
}


ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
    struct iovec  iov = { (void *) data, len };

    return failing_write(fd, &iov, 1, at);
}


ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    struct iovec  iov = { (void *) data, len };

    return failing_write(fd, &iov, 1, at);
}


ssize_t
pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
    return failing_write(fd, iov, n, at);
}


/* Only pages that follow one another are written so, after an lseek. */
ssize_t
writev(int fd, const struct iovec *iov, int n)
{
    if (fault.what == FAIL_DATA) {
        errno = fault.error;
        return -1;
    }

    return syscall(SYS_writev, fd, iov, n);
}


int
fdatasync(int fd)
{
    if (fault.what == FAIL_SYNC) {
        errno = fault.error;
        return -1;
    }

    return (int) syscall(SYS_fdatasync, fd);
}


static void
test_data_page(void **state)
{
    place_t  *place = *state;
    store_t  *store;

    store = must_open(place->dir, true, 0);
    assert_int_equal(put_alone(store, "a", "1"), STORE_OK);

    fault.what = FAIL_DATA;
    fault.error = ENOSPC;
    assert_int_equal(put_alone(store, "a", "2"), STORE_NO_SPACE);
    fault.error = EDQUOT;
    assert_int_equal(put_alone(store, "a", "2"), STORE_NO_SPACE);
    fault.error = EIO;
    assert_int_equal(put_alone(store, "a", "2"), STORE_IO);
    fault.what = FAIL_NOTHING;

    assert_true(has_now(store, "a", "1"));
    assert_int_equal(put_alone(store, "a", "3"), STORE_OK);
    assert_true(has_now(store, "a", "3"));

    store_close(store);
}


static void
test_sync(void **state)
{
    place_t  *place = *state;
    store_t  *store;

    store = must_open(place->dir, true, 0);
    assert_int_equal(put_alone(store, "a", "1"), STORE_OK);

    fault.what = FAIL_SYNC;
    fault.error = EIO;
    assert_int_equal(put_alone(store, "a", "2"), STORE_IO);
    fault.what = FAIL_NOTHING;

    assert_true(has_now(store, "a", "1"));
    assert_int_equal(put_alone(store, "a", "3"), STORE_OK);

    store_close(store);
}


/* LMDB gives its environment up; opened again, it is whole. */
static void
test_meta_page(void **state)
{
    place_t      *place = *state;
    store_t      *store;
    store_txn_t  *txn, *reader;

    store = must_open(place->dir, true, 0);
    assert_int_equal(put_alone(store, "a", "1"), STORE_OK);
    assert_int_equal(store_read_open(store, &reader), STORE_OK);

    fault.what = FAIL_META;
    fault.error = ENOSPC;
    assert_int_equal(put_alone(store, "a", "2"), STORE_NO_SPACE);
    fault.what = FAIL_NOTHING;

    assert_int_equal(put_alone(store, "a", "3"), STORE_REOPEN);
    assert_int_equal(store_write_begin(store, &txn), STORE_REOPEN);
    assert_null(txn);
    assert_int_equal(store_read_renew(reader), STORE_REOPEN);
    assert_int_equal(store_txn_status(reader), STORE_REOPEN);
    store_read_close(reader);
    store_close(store);

    store = must_open(place->dir, true, 0);
    assert_true(has_now(store, "a", "1"));
    assert_int_equal(put_alone(store, "a", "3"), STORE_OK);
    assert_true(has_now(store, "a", "3"));
    store_close(store);
}


/* The disk is full when the store is to be made. */
static void
test_creation(void **state)
{
    place_t        *place = *state;
    store_t        *store;
    store_error_t   error;

    fault.what = FAIL_DATA;
    fault.error = ENOSPC;
    assert_int_equal(try_open(&store, place->dir, true, 0, &error),
                     STORE_NO_SPACE);
    assert_non_null(strstr(error.text, "data.mdb"));
    fault.what = FAIL_NOTHING;

    assert_int_equal(try_open(&store, place->dir, false, 0, &error),
                     STORE_ABSENT);
    store_close(must_open(place->dir, true, 0));
}


/* Each of these flags would trade what was acknowledged for speed, or a full
 * disk for SIGBUS. */
static void
test_flags(void **state)
{
    place_t   *place = *state;
    store_t   *store;
    unsigned   flags;

    store = must_open(place->dir, true, 0);
    assert_int_equal(mdb_env_get_flags(store->env, &flags), 0);
    assert_int_equal(flags & (MDB_WRITEMAP|MDB_NOSYNC|MDB_NOMETASYNC
                              |MDB_MAPASYNC|MDB_NOLOCK), 0);
    assert_int_equal(flags & MDB_NOTLS, MDB_NOTLS);
    store_close(store);
}


#define TEST(name)                                                           \
    cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_data_page),
        TEST(test_sync),
        TEST(test_meta_page),
        TEST(test_creation),
        TEST(test_flags)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
