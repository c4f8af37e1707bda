/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/store_zone.c store/store_zones.c store/store_labels.c
   store/store_serial.c store/crc32c.c */

/*
 * Publication of zone files, and their conflicts with devices.
 */

#include "store_zone_file.h"


static void
test_publish(void **state)
{
    bool            changed;
    file_t         *file = malloc(sizeof(file_t));
    place_t        *place = *state;
    store_t        *store;
    store_zones_t  *zones = malloc(sizeof(store_zones_t));

    store = must_open(place->dir, true, 0);

    read_table(store, zones);
    assert_int_equal(zones->n, 0);
    assert_int_equal(zones->generation, 0);

    file_make(file, example, 1, 5, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    assert_true(changed);
    assert_int_equal(kind_of(store, ""), STORE_KIND_APEX);
    assert_int_equal(kind_of(store, "www"), STORE_KIND_STATIC);
    assert_int_equal(kind_of(store, "ns"), STORE_KIND_STATIC);
    assert_int_equal(serial_of(store), NOW);

    read_table(store, zones);
    assert_int_equal(zones->n, 1);
    assert_int_equal(zones->generation, 1);
    assert_int_equal(zones->zones[0].name_len, example.len);
    assert_memory_equal(zones->zones[0].name, example.data, example.len);
    assert_false(zones->zones[0].withdrawn);

    /* the same again changes nothing */

    assert_int_equal(publish(store, file, NOW + 10, &changed), STORE_OK);
    assert_false(changed);
    assert_int_equal(serial_of(store), NOW);

    /* another file: what is no longer in it goes */

    file_make(file, example, 2, 5, other);
    assert_int_equal(publish(store, file, NOW + 20, &changed), STORE_OK);
    assert_true(changed);
    assert_int_equal(kind_of(store, "www"), 0);
    assert_int_equal(kind_of(store, "ns"), STORE_KIND_STATIC);
    assert_int_equal(kind_of(store, "mail"), STORE_KIND_STATIC);
    assert_int_equal(serial_of(store), NOW + 20);

    read_table(store, zones);
    assert_int_equal(zones->generation, 1);

    file_make(file, example, 3, 5, nothing);
    assert_int_equal(publish(store, file, NOW + 20, &changed), STORE_OK);
    assert_int_equal(kind_of(store, "mail"), 0);
    assert_int_equal(serial_of(store), NOW + 21);

    store_close(store);
    free(zones);
    free(file);
}


static void
test_conflict(void **state)
{
    bool           changed;
    char           conflict[STORE_LABEL_MAX + 1];
    file_t        *file = malloc(sizeof(file_t));
    place_t       *place = *state;
    store_t       *store;
    store_txn_t   *txn;

    store = must_open(place->dir, true, 0);

    file_make(file, example, 1, 5, nothing);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    put_device(store, "www");

    file_make(file, example, 2, 5, two);
    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_zone_publish(txn, &file->content, NOW, &changed,
                                        conflict), STORE_CONFLICT);
    assert_string_equal(conflict, "www");
    assert_false(changed);

    /* the transaction goes on */

    assert_int_equal(put(txn, "tv", "x"), STORE_OK);
    assert_int_equal(store_commit(txn, NULL), STORE_OK);

    assert_int_equal(kind_of(store, "www"), STORE_KIND_DEVICE);
    assert_int_equal(kind_of(store, "ns"), 0);
    assert_int_equal(serial_of(store), NOW);

    store_close(store);
    free(file);
}


/* What cannot be read may be a device's: it stays, unless it is known to
 * have come from a zone file. */
static void
test_damaged_label(void **state)
{
    bool      changed;
    file_t   *file = malloc(sizeof(file_t));
    place_t  *place = *state;
    store_t  *store;

    store = must_open(place->dir, true, 0);
    assert_int_equal(put_alone(store, "www", "damaged"), STORE_OK);

    file_make(file, example, 1, 5, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_CONFLICT);
    assert_int_equal(kind_of(store, "www"), -1);

    file_make(file, example, 1, 5, other);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    assert_int_equal(put_alone(store, "mail", "damaged"), STORE_OK);
    assert_int_equal(put_alone(store, "", "damaged"), STORE_OK);

    file_make(file, example, 2, 5, other);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    assert_int_equal(kind_of(store, "mail"), STORE_KIND_STATIC);
    assert_int_equal(kind_of(store, ""), STORE_KIND_APEX);

    store_close(store);
    free(file);
}


/* A static name that became a device's after the list was written. */
static void
test_device_survives_the_list(void **state)
{
    bool      changed;
    file_t   *file = malloc(sizeof(file_t));
    place_t  *place = *state;
    store_t  *store;

    store = must_open(place->dir, true, 0);

    file_make(file, example, 1, 5, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    put_device(store, "www");

    file_make(file, example, 2, 5, other);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    assert_int_equal(kind_of(store, "www"), STORE_KIND_DEVICE);

    store_close(store);
    free(file);
}


/* Contents that a reader would refuse are refused, and nothing is put. */
static void
test_bad_content(void **state)
{
    size_t    i;
    bool      changed;
    file_t   *file = malloc(sizeof(file_t));
    place_t  *place = *state;
    store_t  *store;

    static const char *const  twice[] = { "www", "www", NULL };

    store = must_open(place->dir, true, 0);

    for (i = 0; i < 6; i++) {
        file_make(file, example, 1, 5, i == 0 ? twice : two);

        switch (i) {
        case 1: file->content.digest[0]++; break;
        case 2: file->values[8][20]++; break;
        case 3: file->values[1][8]++; break;
        case 4: file->statics[1].label = file->statics[0].label; break;
        case 5: file->statics[1].label = none; break;
        }

        assert_int_equal(publish(store, file, NOW, &changed),
                         STORE_DAMAGED);
        assert_false(changed);
        assert_int_equal(kind_of(store, ""), 0);
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
        TEST(test_publish),
        TEST(test_conflict),
        TEST(test_damaged_label),
        TEST(test_device_survives_the_list),
        TEST(test_bad_content)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
