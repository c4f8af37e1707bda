/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/crc32c.c */

/*
 * Transactions: what is put is there, in this process and in others; what
 * fails leaves what was there before.
 */

#include "store_env.h"
#include "store_lmdb.h"


static void
test_put_get_delete(void **state)
{
    place_t       *place = *state;
    store_t       *store;
    store_key_t    key;
    store_txn_t   *txn;
    store_span_t   bytes;

    store = must_open(place->dir, true, 0);

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(put(txn, "a", "1"), STORE_OK);
    assert_int_equal(put(txn, "b", "2"), STORE_OK);
    assert_true(has(txn, "a", "1"));
    assert_int_equal(store_commit(txn, NULL), STORE_OK);

    assert_true(has_now(store, "a", "1"));

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    make_key(&key, "a");
    assert_int_equal(store_delete(txn, &key), STORE_OK);
    assert_int_equal(store_delete(txn, &key), STORE_NOT_FOUND);
    assert_int_equal(store_get(txn, &key, &bytes), STORE_NOT_FOUND);
    assert_int_equal(store_txn_status(txn), STORE_OK);
    store_abort(txn);

    assert_true(has_now(store, "a", "1"));
    assert_true(has_now(store, "b", "2"));

    store_abort(NULL);
    store_close(store);
    store_close(NULL);
}


static void
test_snapshot(void **state)
{
    place_t       *place = *state;
    store_t       *store;
    uint64_t       id;
    store_txn_t   *reader;

    store = must_open(place->dir, true, 0);
    assert_int_equal(put_alone(store, "a", "1"), STORE_OK);

    assert_int_equal(store_read_open(store, &reader), STORE_OK);
    assert_false(has(reader, "a", "1"));                  /* starts reset */

    assert_int_equal(store_read_renew(reader), STORE_OK);
    id = store_txn_id(reader);

    assert_int_equal(put_alone(store, "a", "2"), STORE_OK);
    assert_true(has(reader, "a", "1"));

    store_read_reset(reader);
    assert_int_equal(store_read_renew(reader), STORE_OK);
    assert_true(has(reader, "a", "2"));
    assert_int_equal(store_txn_id(reader), id + 1);

    store_read_close(reader);
    store_close(store);
}


static void
test_batch(void **state)
{
    size_t              i;
    place_t            *place = *state;
    store_t            *store;
    store_key_t         keys[3];
    store_txn_t        *txn;
    store_span_t        values[3];
    store_status_t      statuses[3];
    const store_key_t  *pointers[3];

    store = must_open(place->dir, true, 0);
    assert_int_equal(put_alone(store, "a", "1"), STORE_OK);
    assert_int_equal(put_alone(store, "c", "3"), STORE_OK);

    for (i = 0; i < 3; i++) {
        make_key(&keys[i], i == 0 ? "c" : i == 1 ? "b" : "a");
        pointers[i] = &keys[i];
    }

    assert_int_equal(store_read_open(store, &txn), STORE_OK);
    assert_int_equal(store_read_renew(txn), STORE_OK);
    assert_int_equal(store_get_batch(txn, pointers, 3, values, statuses),
                     STORE_OK);
    assert_int_equal(statuses[0], STORE_OK);
    assert_int_equal(statuses[1], STORE_NOT_FOUND);
    assert_int_equal(statuses[2], STORE_OK);
    assert_memory_equal(values[0].data, "3", 1);
    assert_memory_equal(values[2].data, "1", 1);
    assert_null(values[1].data);

    store_read_close(txn);
    store_close(store);
}


static bool
collect(void *data, store_span_t key, store_span_t bytes)
{
    char  *text = data;

    assert_int_equal(key.len, 10);
    strncat(text, (const char *) bytes.data, bytes.len);

    return bytes.data[0] != 'c';
}


static void
test_walk(void **state)
{
    char                 text[16];
    place_t             *place = *state;
    store_t             *store;
    store_key_t          from;
    store_txn_t         *txn;
    lease_clock_mark_t   mark = { .time = 1 };

    store = must_open(place->dir, true, 0);
    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    (void) put(txn, "d", "d");
    (void) put(txn, "b", "b");
    (void) put(txn, "a", "a");
    (void) put(txn, "c", "c");

    /* in a write transaction, from the first, two at a time */

    from.len = 0;
    text[0] = '\0';
    assert_int_equal(store_walk(txn, &from, 2, collect, text), STORE_OK);
    assert_string_equal(text, "ab");
    assert_int_equal(from.len, 10);
    assert_int_equal(from.zone_len, 9);
    assert_int_equal(from.data[9], 'c');
    assert_int_equal(store_commit(txn, &mark), STORE_OK);

    assert_int_equal(store_read_open(store, &txn), STORE_OK);
    assert_int_equal(store_read_renew(txn), STORE_OK);

    /* the visitor stops behind c */

    text[0] = '\0';
    assert_int_equal(store_walk(txn, &from, 100, collect, text), STORE_OK);
    assert_string_equal(text, "c");
    assert_int_equal(from.data[9], 'd');

    /* the end; neither the format record nor the mark is shown */

    text[0] = '\0';
    assert_int_equal(store_walk(txn, &from, 100, collect, text), STORE_OK);
    assert_string_equal(text, "d");
    assert_int_equal(from.len, 0);

    /* from between two keys, and a limit of none */

    make_key(&from, "bb");
    text[0] = '\0';
    assert_int_equal(store_walk(txn, &from, 0, collect, text), STORE_OK);
    assert_string_equal(text, "");
    assert_int_equal(from.data[9], 'c');

    store_read_close(txn);
    store_close(store);
}


static bool
count(void *data, store_span_t key, store_span_t bytes)
{
    unsigned  *n = data;

    (void) key;
    (void) bytes;
    (*n)++;

    return true;
}


/* Keys of a damaged file that differ only where no key of ours reaches: a walk
 * that goes on from the beginning of one would meet the first again. */
static void
test_walk_long_keys(void **state)
{
    char          i;
    char          bytes[STORE_KEY_MAX + 2];
    MDB_val       key = { sizeof(bytes), bytes }, value = { 1, bytes };
    place_t      *place = *state;
    store_t      *store;
    unsigned      n = 0, walks = 0;
    store_key_t   from = { .len = 0 };
    store_txn_t  *txn;

    memset(bytes, 'k', sizeof(bytes));

    store = must_open(place->dir, true, 0);
    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    (void) put(txn, "a", "a");

    for (i = '1'; i <= '5'; i++) {
        bytes[sizeof(bytes) - 1] = i;
        assert_int_equal(mdb_put(txn->txn, store->dbi, &key, &value, 0), 0);
    }

    do {
        assert_int_equal(store_walk(txn, &from, 2, count, &n), STORE_OK);
        assert_true(++walks < 10);
    } while (from.len != 0);

    assert_int_equal(n, 6);

    store_abort(txn);
    store_close(store);
}


static void
test_too_large_sticks(void **state)
{
    char          *big;
    place_t       *place = *state;
    store_t       *store;
    store_txn_t   *txn;

    store = must_open(place->dir, true, 0);

    big = malloc(STORE_VALUE_MAX + 2);
    assert_non_null(big);
    memset(big, 'x', STORE_VALUE_MAX + 1);
    big[STORE_VALUE_MAX + 1] = '\0';

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(put(txn, "a", "1"), STORE_OK);
    assert_int_equal(put(txn, "b", big + 1), STORE_OK);
    assert_int_equal(put(txn, "b", big), STORE_TOO_LARGE);
    assert_int_equal(put(txn, "c", "1"), STORE_TOO_LARGE);
    assert_int_equal(store_txn_status(txn), STORE_TOO_LARGE);
    assert_int_equal(store_commit(txn, NULL), STORE_TOO_LARGE);

    assert_false(has_now(store, "a", "1"));
    assert_int_equal(put_alone(store, "a", "1"), STORE_OK);

    free(big);
    store_close(store);
}


static void
test_mark(void **state)
{
    place_t             *place = *state;
    store_t             *store;
    uint64_t             id;
    store_txn_t         *txn, *reader;
    lease_clock_mark_t   read, mark = { .time = 1790000000, .boottime = 77 };

    memset(mark.boot_id, 5, sizeof(mark.boot_id));

    store = must_open(place->dir, true, 0);
    assert_int_equal(store_read_open(store, &reader), STORE_OK);
    assert_int_equal(store_read_renew(reader), STORE_OK);
    assert_int_equal(store_get_mark(reader, &read), STORE_NOT_FOUND);
    id = store_txn_id(reader);
    store_read_reset(reader);

    /* nothing put: nothing written, no mark either */

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_commit(txn, &mark), STORE_OK);
    assert_int_equal(store_read_renew(reader), STORE_OK);
    assert_int_equal(store_txn_id(reader), id);
    assert_int_equal(store_get_mark(reader, &read), STORE_NOT_FOUND);
    store_read_reset(reader);

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    (void) put(txn, "a", "1");
    assert_int_equal(store_commit(txn, &mark), STORE_OK);
    assert_int_equal(store_read_renew(reader), STORE_OK);
    assert_int_equal(store_get_mark(reader, &read), STORE_OK);
    assert_int_equal(read.time, mark.time);
    assert_int_equal(read.boottime, mark.boottime);
    assert_memory_equal(read.boot_id, mark.boot_id, sizeof(mark.boot_id));
    store_read_reset(reader);

    /* another worker's clock is a second behind */

    mark.time--;
    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    (void) put(txn, "a", "2");
    assert_int_equal(store_commit(txn, &mark), STORE_OK);
    assert_int_equal(store_read_renew(reader), STORE_OK);
    assert_int_equal(store_get_mark(reader, &read), STORE_OK);
    assert_int_equal(read.time, mark.time + 1);
    assert_true(has(reader, "a", "2"));

    store_read_close(reader);
    store_close(store);
}


static void
run_killed_writer(int command, int answer, void *data)
{
    store_t      *store;
    store_txn_t  *txn;

    peer_await(command);
    store = must_open(data, true, 0);
    peer_answer(answer, store_write_begin(store, &txn) == STORE_OK
                        && put(txn, "a", "half") == STORE_OK);
    peer_await(command);
}


static void
test_writer_killed_inside(void **state)
{
    peer_t    peer;
    place_t  *place = *state;
    store_t  *store;

    peer_start(&peer, run_killed_writer, place->dir);
    store = must_open(place->dir, true, 0);
    assert_int_equal(put_alone(store, "a", "1"), STORE_OK);

    assert_true(peer_step(&peer));
    peer_end(&peer, SIGKILL);

    assert_true(has_now(store, "a", "1"));
    assert_int_equal(put_alone(store, "a", "2"), STORE_OK);
    assert_true(has_now(store, "a", "2"));

    store_close(store);
}


static void
run_killed_reader(int command, int answer, void *data)
{
    store_t      *store;
    store_txn_t  *txn;

    peer_await(command);
    store = must_open(data, false, 0);
    peer_answer(answer, store_read_open(store, &txn) == STORE_OK
                        && store_read_renew(txn) == STORE_OK);
    peer_await(command);
}


static void
test_dead_reader_is_cleared(void **state)
{
    int              cleared;
    peer_t           peer;
    place_t         *place = *state;
    store_t         *store;
    store_usage_t    usage;

    peer_start(&peer, run_killed_reader, place->dir);
    store = must_open(place->dir, true, 0);

    assert_int_equal(store_usage(store, &usage), STORE_OK);
    assert_int_equal(usage.readers, 0);

    assert_true(peer_step(&peer));
    assert_int_equal(store_clear_readers(store, &cleared), STORE_OK);
    assert_int_equal(cleared, 0);
    assert_int_equal(store_usage(store, &usage), STORE_OK);
    assert_int_equal(usage.readers, 1);

    peer_end(&peer, SIGKILL);
    assert_int_equal(store_clear_readers(store, &cleared), STORE_OK);
    assert_int_equal(cleared, 1);
    assert_int_equal(store_usage(store, &usage), STORE_OK);
    assert_int_equal(usage.readers, 0);

    store_close(store);
}


static void
test_usage(void **state)
{
    place_t        *place = *state;
    store_t        *store;
    store_usage_t   usage;

    store = must_open(place->dir, true, SMALL_MAP);
    assert_int_equal(put_alone(store, "a", "1"), STORE_OK);

    /* with the format record; three pages: two of LMDB's own, one of ours */

    assert_int_equal(store_usage(store, &usage), STORE_OK);
    assert_int_equal(usage.entries, 2);
    assert_int_equal(usage.txn, 2);
    assert_in_range(usage.used, 3 * 4096, SMALL_MAP);
    assert_int_equal(usage.map_size, SMALL_MAP);
    assert_in_range(usage.readers_max, 1000, 1100);

    store_close(store);
}


static void
test_readers_full(void **state)
{
    place_t          *place = *state;
    store_t          *store;
    unsigned          i, n;
    store_txn_t      *txns[200];
    store_error_t     error;
    store_options_t   options = {
        .path = place->dir, .writer = true, .max_readers = 4
    };

    assert_int_equal(store_open(&store, &options, &error), STORE_OK);

    for (n = 0; n < 200; n++) {
        if (store_read_open(store, &txns[n]) != STORE_OK) {
            break;
        }
    }

    assert_in_range(n, 3, 199);
    assert_int_equal(store_read_open(store, &txns[n]), STORE_READERS_FULL);
    assert_null(txns[n]);

    for (i = 0; i < n; i++) {
        store_read_close(txns[i]);
    }

    assert_int_equal(store_read_open(store, &txns[0]), STORE_OK);
    store_read_close(txns[0]);
    store_close(store);
}


static void
test_reader_cannot_write(void **state)
{
    place_t       *place = *state;
    store_t       *store;
    store_txn_t   *txn;

    store_close(must_open(place->dir, true, 0));

    store = must_open(place->dir, false, 0);
    assert_int_equal(store_write_begin(store, &txn), STORE_DENIED);
    assert_null(txn);
    store_close(store);
}


#define TEST(name)                                                           \
    cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_put_get_delete),
        TEST(test_snapshot),
        TEST(test_batch),
        TEST(test_walk),
        TEST(test_walk_long_keys),
        TEST(test_too_large_sticks),
        TEST(test_mark),
        TEST(test_writer_killed_inside),
        TEST(test_dead_reader_is_cleared),
        TEST(test_usage),
        TEST(test_readers_full),
        TEST(test_reader_cannot_write)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
