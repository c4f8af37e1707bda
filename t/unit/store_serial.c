/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/store_zone.c store/store_zones.c store/store_labels.c
   store/store_serial.c store/crc32c.c */

/* Serials only ever grow. */

#include "store_zone_file.h"


static void
test_touch(void **state)
{
    bool            changed;
    file_t         *file = malloc(sizeof(file_t));
    place_t        *place = *state;
    store_t        *store;
    store_key_t     key;
    store_txn_t    *txn;
    store_span_t    bytes;
    store_value_t   value;

    const store_span_t  second = { (const uint8_t *) "\6second\0", 8 };

    store = must_open(place->dir, true, 0);

    file_make(file, example, 1, 5, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_zone_touch(txn, second, NOW), STORE_NOT_FOUND);
    assert_int_equal(store_zone_touch(txn, example, NOW), STORE_OK);
    assert_int_equal(store_commit(txn, NULL), STORE_OK);
    assert_int_equal(serial_of(store), NOW + 1);

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_zone_touch(txn, example, NOW + 100), STORE_OK);

    /* but for the serial it is as it was */

    make_key(&key, "");
    assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);
    assert_true(store_value_open(&value,
                                 (store_span_t) { key.data, key.len },
                                 bytes));
    assert_int_equal(bytes.len, file->content.apex.len);
    assert_int_equal(memcmp(bytes.data + 4, file->content.apex.data + 4, 40),
                     0);
    assert_memory_equal(store_value_digest(&value), file->content.digest,
                        STORE_DIGEST_LEN);
    assert_int_equal(store_commit(txn, NULL), STORE_OK);
    assert_int_equal(serial_of(store), NOW + 100);

    /* the file is not new: a touched zone is still this one */

    assert_int_equal(publish(store, file, NOW + 200, &changed), STORE_OK);
    assert_false(changed);

    assert_int_equal(put_alone(store, "", "damaged"), STORE_OK);
    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_zone_touch(txn, example, NOW), STORE_DAMAGED);
    store_abort(txn);

    store_close(store);
    free(file);
}


/* An RRSIG of the SOA of before would be taken for one of the new: it goes,
 * and the others stay. */
static void
test_touch_signed(void **state)
{
    size_t           i, n;
    uint8_t          buffer[STORE_VALUE_MAX];
    place_t         *place = *state;
    store_t         *store;
    store_rr_t       rr;
    store_key_t      key;
    store_txn_t     *txn;
    store_span_t     bytes, k;
    store_value_t    value;
    store_rrset_t    rrset;
    store_writer_t   writer;
    store_rr_iter_t  rrs;

    static const uint8_t  digest[STORE_DIGEST_LEN], soa[26] = "\1a\0\1b";

    /* types that are covered, up to 0 */

    static const uint8_t  covered[][4] = {
        { 2, 6, 47 }, { 6 }, { 6, 6, 2 }, { 2, 47 }
    };
    static const size_t   left[] = { 2, 0, 1, 2 };

    store = must_open(place->dir, true, 0);
    make_key(&key, "");
    k = (store_span_t) { key.data, key.len };

    for (i = 0; i < 4; i++) {
        store_writer_apex(&writer, buffer, sizeof(buffer), digest);
        write_rr(&writer, 6, soa, sizeof(soa));
        memset(&rrset, 0, sizeof(rrset));
        rrset.type = STORE_TYPE_RRSIG;
        rrset.ttl = 300;
        store_writer_rrset_begin(&writer, &rrset);

        for (n = 0; covered[i][n] != 0; n++) {
            uint8_t  rdata[100] = { 0, covered[i][n] };

            rr = (store_rr_t) { rdata, sizeof(rdata), -1 };
            store_writer_rr(&writer, &rr);
        }

        store_writer_rrset_end(&writer);
        assert_true(store_writer_finish(&writer, k, &bytes));

        assert_int_equal(store_write_begin(store, &txn), STORE_OK);
        assert_int_equal(store_put(txn, &key, bytes), STORE_OK);
        assert_int_equal(store_zone_touch(txn, example, NOW + (int64_t) i),
                         STORE_OK);
        assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);
        assert_true(store_value_open(&value, k, bytes));

        n = 0;

        if (store_rrset_find(&value, none, STORE_TYPE_RRSIG, &rrset)) {
            assert_int_equal(rrset.ttl, 300);
            store_rr_begin(&rrs, &rrset);

            while (store_rr_next(&rrs, &rr)) {
                assert_int_not_equal(rr.data[1], 6);
                n++;
            }
        }

        assert_int_equal(n, left[i]);
        assert_int_equal(store_commit(txn, NULL), STORE_OK);
        assert_int_equal(serial_of(store), NOW + i);
    }

    store_close(store);
}


static void
test_serial_floor(void **state)
{
    bool      changed;
    file_t   *file = malloc(sizeof(file_t));
    place_t  *place = *state;
    store_t  *store;

    store = must_open(place->dir, true, 0);

    /* a serial of the date kind lies above the time, and is the floor */

    file_make(file, example, 1, 2026112301, nothing);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    assert_int_equal(serial_of(store), 2026112301);

    file_make(file, example, 2, 2026112301, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    assert_int_equal(serial_of(store), 2026112302);

    /* the file's goes ahead, and ours with it */

    file_make(file, example, 4, 2026112400, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    assert_int_equal(serial_of(store), 2026112400);

    /* the file's goes back: ours does not */

    file_make(file, example, 3, 7, two);
    assert_int_equal(publish(store, file, NOW, &changed), STORE_OK);
    assert_int_equal(serial_of(store), 2026112401);

    store_close(store);
    free(file);
}


static void
test_serial_next(void **state)
{
    size_t  i;

    static const struct {
        uint32_t  serial;
        int64_t   now;
        uint32_t  next;
    } cases[] = {
        { 1, 5, 5 },
        { 5, 5, 6 },
        { 5, 6, 6 },
        { 5, 7, 7 },
        { 9, 5, 10 },
        { 0xffffffff, 0xffffffff, 1 },                /* never 0 */
        { 0xfffffffe, 0xffffffff, 0xffffffff },
        { 0xfffffff0, 5, 5 },                         /* 5 lies above */
        { 0, 0x7fffffff, 0x7fffffff },
        { 0, 0x80000000, 0x80000000 },
        { 0, 0x80000001, 1 },                         /* not ordered */
        { 0, 0x80000002, 1 },                         /* lies below */
        { 5, 0x100000007, 7 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(store_zone_serial_next(cases[i].serial,
                                                cases[i].now),
                         cases[i].next);
    }
}


#define TEST(name)                                                           \
    cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_touch),
        TEST(test_touch_signed),
        TEST(test_serial_floor),
        cmocka_unit_test(test_serial_next)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
