/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/store_issuers.c store/crc32c.c */

/*
 * The table of issuers: numbers that stay, suspension, and damage.
 */

#include "store_env.h"

#include "store_issuers.h"
#include "store_layout.h"


static const uint8_t  first[STORE_DIGEST_LEN] = { 1 };
static const uint8_t  second[STORE_DIGEST_LEN] = { 2 };
static const uint8_t  third[STORE_DIGEST_LEN] = { 0xff };

static const store_span_t  none = { NULL, 0 };
static const store_span_t  named = { (const uint8_t *) "CN=a\tb", 6 };


static store_issuers_t
issuers_of(store_t *store, store_status_t wanted)
{
    store_txn_t      *txn;
    store_issuers_t   issuers;

    assert_int_equal(store_read_open(store, &txn), STORE_OK);
    assert_int_equal(store_read_renew(txn), STORE_OK);
    assert_int_equal(store_issuers_read(txn, &issuers), wanted);
    store_read_close(txn);

    return issuers;
}


static uint16_t
add(store_t *store, const uint8_t *digest, store_span_t name)
{
    uint16_t      number = 0;
    store_txn_t  *txn;

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_issuer_add(txn, digest, name, &number), STORE_OK);
    assert_int_equal(store_commit(txn, NULL), STORE_OK);

    return number;
}


static bool
suspend(store_t *store, const uint8_t *digest, bool suspended)
{
    bool          changed;
    store_txn_t  *txn;

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_issuer_suspend(txn, digest, none, suspended,
                                          &changed), STORE_OK);
    assert_int_equal(store_commit(txn, NULL), STORE_OK);

    return changed;
}


static bool
note(void *data, const store_issuer_t *issuer)
{
    unsigned  *seen = data;

    seen[issuer->number]++;

    if (issuer->number == 2) {
        assert_memory_equal(issuer->digest, second, STORE_DIGEST_LEN);
        assert_int_equal(issuer->name.len, 6);
        assert_memory_equal(issuer->name.data, "CN=a?b", 6);
        assert_true(issuer->suspended);
    }

    return true;
}


static void
test_numbers(void **state)
{
    place_t          *place = *state;
    store_t          *store = must_open(place->dir, true, 0);
    unsigned          seen[4] = { 0 };
    uint32_t          generation;
    store_txn_t      *txn;
    store_issuer_t    issuer;
    store_issuers_t   issuers;

    /* of nobody everything is known: unknown is served, numbers are not */

    issuers = issuers_of(store, STORE_OK);
    assert_int_equal(issuers.generation, 0);
    assert_false(store_issuer_suspended(&issuers, STORE_ISSUER_UNKNOWN));
    assert_true(store_issuer_suspended(&issuers, 1));
    assert_true(store_issuer_suspended(&issuers, STORE_ISSUERS_MAX));
    assert_true(store_issuer_suspended(&issuers, UINT16_MAX));

    assert_int_equal(add(store, first, none), 1);
    assert_int_equal(add(store, second, named), 2);
    assert_int_equal(add(store, first, named), 1);

    issuers = issuers_of(store, STORE_OK);
    assert_int_equal(issuers.generation, 2);
    assert_false(store_issuer_suspended(&issuers, 1));
    assert_false(store_issuer_suspended(&issuers, 2));
    assert_true(store_issuer_suspended(&issuers, 3));

    assert_true(suspend(store, second, true));
    assert_false(suspend(store, second, true));

    issuers = issuers_of(store, STORE_OK);
    assert_int_equal(issuers.generation, 3);
    assert_false(store_issuer_suspended(&issuers, 1));
    assert_true(store_issuer_suspended(&issuers, 2));

    assert_int_equal(store_read_open(store, &txn), STORE_OK);
    assert_int_equal(store_read_renew(txn), STORE_OK);
    assert_int_equal(store_issuers_generation(txn, &generation), STORE_OK);
    assert_int_equal(generation, 3);
    assert_int_equal(store_issuers_visit(txn, note, seen), STORE_OK);
    assert_int_equal(seen[1] + seen[2], 2);
    assert_int_equal(store_issuer_find(txn, second, &issuer), STORE_OK);
    assert_int_equal(issuer.number, 2);
    store_read_close(txn);

    assert_true(suspend(store, second, false));
    assert_true(suspend(store, first, true));

    issuers = issuers_of(store, STORE_OK);
    assert_true(store_issuer_suspended(&issuers, 1));
    assert_false(store_issuer_suspended(&issuers, 2));

    store_close(store);
}


/* One that no device has come with can be shut out, but not let in. */
static void
test_beforehand(void **state)
{
    place_t          *place = *state;
    store_t          *store = must_open(place->dir, true, 0);
    store_issuers_t   issuers;

    assert_false(suspend(store, first, false));
    assert_int_equal(issuers_of(store, STORE_OK).generation, 0);

    assert_true(suspend(store, first, true));
    assert_int_equal(add(store, first, none), 1);

    issuers = issuers_of(store, STORE_OK);
    assert_true(store_issuer_suspended(&issuers, 1));

    store_close(store);
}


static void
test_full(void **state)
{
    size_t           i;
    uint8_t          digest[STORE_DIGEST_LEN] = { 0 };
    uint16_t         number;
    place_t         *place = *state;
    store_t         *store = must_open(place->dir, true, 0);
    store_txn_t     *txn;
    store_issuers_t  issuers;

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);

    for (i = 1; i <= STORE_ISSUERS_MAX; i++) {
        store_set16(digest, (uint16_t) i);
        assert_int_equal(store_issuer_add(txn, digest, named, &number),
                         STORE_OK);
        assert_int_equal(number, i);
    }

    assert_int_equal(store_issuer_add(txn, third, named, &number),
                     STORE_TOO_LARGE);
    assert_int_equal(store_commit(txn, NULL), STORE_OK);

    issuers = issuers_of(store, STORE_OK);
    assert_false(store_issuer_suspended(&issuers, STORE_ISSUERS_MAX));
    assert_true(suspend(store, digest, true));

    issuers = issuers_of(store, STORE_OK);
    assert_true(store_issuer_suspended(&issuers, STORE_ISSUERS_MAX));
    assert_false(store_issuer_suspended(&issuers, STORE_ISSUERS_MAX - 1));

    store_close(store);
}


/* Each byte of the table changed, with and without a checksum that fits. */
static void
test_damage(void **state)
{
    size_t           i;
    uint8_t          record[256];
    place_t         *place = *state;
    store_t         *store = must_open(place->dir, true, 0);
    store_key_t      key;
    store_txn_t     *txn;
    store_span_t     bytes;
    store_status_t   status;
    store_issuers_t  issuers;

    (void) add(store, first, named);
    (void) add(store, second, named);

    store_key_meta(&key, 'I', none);

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);
    assert_true(bytes.len <= sizeof(record));
    memcpy(record, bytes.data, bytes.len);

    for (i = 0; i < bytes.len; i++) {
        record[i] ^= 0x80;
        assert_int_equal(store_put(txn, &key, (store_span_t) { record,
                                                               bytes.len }),
                         STORE_OK);
        assert_int_equal(store_issuers_read(txn, &issuers), STORE_DAMAGED);
        assert_true(store_issuer_suspended(&issuers, 1));

        store_seal((store_span_t) { key.data, key.len }, record, bytes.len);
        assert_int_equal(store_put(txn, &key, (store_span_t) { record,
                                                               bytes.len }),
                         STORE_OK);
        status = store_issuers_read(txn, &issuers);
        assert_true(status == STORE_OK || status == STORE_DAMAGED);
        record[i] ^= 0x80;
    }

    for (i = 0; i < bytes.len; i++) {
        store_seal((store_span_t) { key.data, key.len }, record,
                   i < STORE_HEAD_LEN ? STORE_HEAD_LEN : i);
        assert_int_equal(store_put(txn, &key, (store_span_t) { record, i }),
                         STORE_OK);
        assert_int_equal(store_issuers_read(txn, &issuers), STORE_DAMAGED);
    }

    store_abort(txn);
    store_close(store);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_numbers, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(test_beforehand, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(test_full, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(test_damage, place_setup,
                                        place_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
