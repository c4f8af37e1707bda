/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/store_zone.c store/store_zones.c store/store_labels.c
   store/store_serial.c store/crc32c.c */

/* The zone table: withdrawal, its bound, and damage. */

#include "store_zone_file.h"


static void
test_withdraw(void **state)
{
    bool            changed;
    file_t         *file = malloc(sizeof(file_t));
    place_t        *place = *state;
    store_t        *store;
    store_txn_t    *txn;
    store_zones_t  *zones = malloc(sizeof(store_zones_t));

    const store_span_t  second = { (const uint8_t *) "\6second\0", 8 };
    const store_span_t  upper = { (const uint8_t *) "\6SECOND\0", 8 };

    store = must_open(place->dir, true, 0);

    file_make(file, second, 1, 5, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    file_make(file, example, 1, 5, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_zones_withdraw_others(txn, &upper, 1, &changed),
                     STORE_OK);
    assert_true(changed);
    assert_int_equal(store_zones_withdraw_others(txn, &upper, 1, &changed),
                     STORE_OK);
    assert_false(changed);
    assert_int_equal(store_commit(txn, NULL), STORE_OK);

    read_table(store, zones);
    assert_int_equal(zones->n, 2);
    assert_int_equal(zones->generation, 3);
    assert_false(zones->zones[0].withdrawn);
    assert_true(zones->zones[1].withdrawn);
    assert_int_equal(kind_of(store, "www"), STORE_KIND_STATIC);

    /* the same file takes the withdrawal back, and counts as a change */

    assert_int_equal(publish(store, file, NOW + 5, &changed), STORE_OK);
    assert_true(changed);
    read_table(store, zones);
    assert_int_equal(zones->generation, 4);
    assert_false(zones->zones[1].withdrawn);

    store_close(store);
    free(zones);
    free(file);
}


static void
test_damaged_table(void **state)
{
    bool            changed;
    file_t         *file = malloc(sizeof(file_t));
    uint8_t         table[64];
    place_t        *place = *state;
    store_t        *store;
    store_key_t     key;
    store_txn_t    *txn;
    store_span_t    bytes;
    store_zones_t  *zones = malloc(sizeof(store_zones_t));

    store = must_open(place->dir, true, 0);
    file_make(file, example, 1, 5, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);

    store_key_meta(&key, 'Z', none);
    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);
    assert_int_equal(bytes.len, 11 + 2 + example.len);
    memcpy(table, bytes.data, bytes.len);
    bytes.data = table;

    while (bytes.len > 0) {
        bytes.len--;

        if (bytes.len >= STORE_HEAD_LEN) {
            store_seal((store_span_t) { key.data, key.len }, table,
                       bytes.len);
        }

        assert_int_equal(store_put(txn, &key, bytes), STORE_OK);
        assert_int_equal(store_zones_read(txn, zones), STORE_DAMAGED);
        assert_int_equal(zones->n, 0);
    }

    store_abort(txn);
    store_close(store);
    free(zones);
    free(file);
}


static void
test_table_is_full(void **state)
{
    char            name[16];
    bool            changed;
    file_t         *file = malloc(sizeof(file_t));
    place_t        *place = *state;
    store_t        *store;
    unsigned        i;
    store_status_t  status;

    store = must_open(place->dir, true, 8 * SMALL_MAP);

    for (i = 0; i <= STORE_ZONES_MAX; i++) {
        snprintf(name, sizeof(name), "\5z%04u", i);

        file_make(file, (store_span_t) { (uint8_t *) name, 7 }, 1, 5,
                  nothing);
        status = publish(store, file, NOW, &changed);

        assert_int_equal(status, i < STORE_ZONES_MAX ? STORE_OK
                                                     : STORE_TOO_LARGE);
    }

    store_close(store);
    free(file);
}


#define TEST(name)                                                           \
    cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_withdraw),
        TEST(test_damaged_table),
        TEST(test_table_is_full)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
