/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/crc32c.c */

/*
 * When an open store counts as replaced: by what stands at its path, without
 * an open of the lock file.
 */

#include "store_env.h"

#include <fcntl.h>


static void
file_make(const char *path)
{
    int  fd;

    fd = open(path, O_WRONLY|O_CREAT|O_EXCL, 0640);
    assert_true(fd >= 0);
    close(fd);
}


static void
test_replaced(void **state)
{
    char      moved[96];
    place_t  *place = *state;
    store_t  *store;

    snprintf(moved, sizeof(moved), "%s.old", place->data);

    store = must_open(place->dir, true, 0);
    assert_false(store_replaced(store));

    assert_int_equal(rename(place->data, moved), 0);
    assert_false(store_replaced(store));

    file_make(place->data);
    assert_true(store_replaced(store));

    assert_int_equal(rename(moved, place->data), 0);
    assert_false(store_replaced(store));
    store_close(store);
}


/* A restored backup has no lock file before the registrar opens it. */
static void
test_replaced_by_backup(void **state)
{
    char      moved[96], lock[96];
    place_t  *place = *state;
    store_t  *store;

    snprintf(moved, sizeof(moved), "%s.old", place->data);
    snprintf(lock, sizeof(lock), "%s.old", place->lock);

    store_close(must_open(place->dir, true, 0));
    store = must_open(place->dir, false, 0);

    assert_int_equal(rename(place->data, moved), 0);
    assert_int_equal(rename(place->lock, lock), 0);
    file_make(place->data);
    assert_false(store_replaced(store));

    file_make(place->lock);
    assert_true(store_replaced(store));
    store_close(store);

    unlink(moved);
    unlink(lock);
}


/* Somebody clears away a lock file that looks stale: a writer makes another,
 * a reader waits for that. */
static void
test_replaced_lock(void **state)
{
    char          moved[96];
    place_t      *place = *state;
    store_t      *store;
    store_txn_t  *txn;

    snprintf(moved, sizeof(moved), "%s.old", place->lock);

    store = must_open(place->dir, true, 0);
    assert_int_equal(put_alone(store, "a", "one"), STORE_OK);
    assert_int_equal(rename(place->lock, moved), 0);
    assert_true(store_replaced(store));
    assert_int_equal(store_write_begin(store, &txn), STORE_REOPEN);
    assert_null(txn);
    assert_int_equal(put_alone(store, "a", "two"), STORE_REOPEN);
    assert_true(has_now(store, "a", "one"));

    file_make(place->lock);
    assert_true(store_replaced(store));
    assert_int_equal(rename(moved, place->lock), 0);
    assert_false(store_replaced(store));
    assert_int_equal(put_alone(store, "a", "two"), STORE_OK);
    store_close(store);

    store = must_open(place->dir, false, 0);
    assert_false(store_replaced(store));
    assert_int_equal(rename(place->lock, moved), 0);
    assert_false(store_replaced(store));
    assert_true(has_now(store, "a", "two"));
    file_make(place->lock);
    assert_true(store_replaced(store));
    store_close(store);

    unlink(moved);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_replaced, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(test_replaced_by_backup, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(test_replaced_lock, place_setup,
                                        place_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
