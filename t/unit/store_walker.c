/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/crc32c.c */

/*
 * The walker finds what LMDB finds: in trees of every size, beside a writer,
 * after the map has grown.
 */

#include "store_walk.h"


#define BATCH  32


/* What LMDB says, asked past the walker. */
static store_status_t
lmdb_get(store_txn_t *txn, const store_key_t *key, store_span_t *bytes)
{
    int      rc;
    MDB_val  k = { key->len, (void *) key->data }, v = { 0, NULL };

    rc = mdb_get(txn->txn, txn->store->dbi, &k, &v);
    *bytes = (store_span_t) { v.mv_data, v.mv_size };

    return store_status_of(rc);
}


/* Returns how many of the keys were there. */
static size_t
compare(store_txn_t *txn, const store_key_t *keys, size_t n)
{
    size_t              i, found = 0;
    uint64_t            walked = txn->walked;
    store_span_t        values[BATCH + 8], bytes;
    store_status_t      statuses[BATCH + 8];
    const store_key_t  *pointers[BATCH + 8];

    for (i = 0; i < n; i++) {
        pointers[i] = &keys[i];
    }

    assert_true(txn->viewed);
    assert_int_equal(store_get_batch(txn, pointers, n, values, statuses),
                     STORE_OK);
    assert_int_equal(txn->walked, walked + n);

    for (i = 0; i < n; i++) {
        assert_int_equal(statuses[i], lmdb_get(txn, &keys[i], &bytes));

        if (statuses[i] == STORE_OK) {
            assert_int_equal(values[i].len, bytes.len);
            assert_memory_equal(values[i].data, bytes.data, bytes.len);
            found++;
        }

        assert_int_equal(store_get(txn, &keys[i], &bytes), statuses[i]);
        assert_ptr_equal(bytes.data, values[i].data);
    }

    assert_int_equal(txn->walked, walked + 2 * n);

    return found;
}


/* Half of the keys are there; batches are longer than what is searched for at
 * once, too. */
static void
compare_some(store_txn_t *txn, uint64_t n, unsigned rounds)
{
    size_t       i, size, found;
    uint64_t     seed = 88172645463325252u;
    unsigned     round;
    store_key_t  keys[BATCH + 8];

    for (round = 0; round < rounds; round++) {
        size = round % 4 == 0 ? BATCH + 8 : 1 + round % BATCH;

        for (i = 0; i < size; i++) {
            number_key(&keys[i], random_next(&seed) % (n + 1), i % 2 == 0);
        }

        number_key(&keys[0], round % (n + 1), true);
        found = compare(txn, keys, size);

        assert_true(n == 0 ? found == 0 : found <= (size + 1) / 2);
    }
}


static void
test_trees_of_every_size(void **state)
{
    size_t        i;
    place_t      *place = *state;
    store_t      *writer, *reader;
    uint64_t      have = 0;
    store_key_t   keys[3];
    store_txn_t  *txn;

    static const uint64_t  sizes[] = {
        0, 1, 2, 3, 10, 30, 100, 1000, 20000
    };

    writer = must_open(place->dir, true, 0);

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {

        if (sizes[i] > have) {
            fill(writer, have, sizes[i]);
            have = sizes[i];
        }

        /* one process has one environment of a file at a time */

        store_close(writer);
        reader = must_open(place->dir, false, 0);
        txn = read_now(reader);

        compare_some(txn, have, 400);

        /* before the first, the store's own, and behind the last */

        make_key(&keys[0], "");
        store_key_meta(&keys[1], 'F', (store_span_t) { NULL, 0 });
        memset(keys[2].data, 0xff, sizeof(keys[2].data));
        keys[2].len = STORE_KEY_MAX;
        assert_int_equal(compare(txn, keys, 3), 1);

        store_read_close(txn);
        store_close(reader);
        writer = must_open(place->dir, true, 0);
    }

    store_close(writer);
}


/* Where a key stands is guessed from its label's first digits: keys whose
 * digits say nothing, or the wrong thing, are found all the same. */
static void
test_labels_of_every_kind(void **state)
{
    char          label[STORE_LABEL_MAX + 1];
    size_t        i, k, kind;
    place_t      *place = *state;
    store_t      *store;
    store_key_t   keys[BATCH];
    store_txn_t  *txn;

    static const char *const  kinds[] = {
        "%08zx",                     /* small numbers */
        "00000000%04zx",             /* the first digits alike, least */
        "ffffffff%04zx",             /* and greatest */
        "tv-%zu",                    /* no digits */
        "zzzzzzzz%zu",               /* what digits are not worth */
        "9:;<=>?@%04zx"              /* what lies between digits and letters */
    };

    store = must_open(place->dir, true, 0);
    assert_int_equal(store_write_begin(store, &txn), STORE_OK);

    for (kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        for (i = 0; i < 3000; i += 2) {
            snprintf(label, sizeof(label), kinds[kind], i);
            make_key(&keys[0], label);
            assert_int_equal(store_put(txn, &keys[0],
                                       (store_span_t) { (uint8_t *) label,
                                                        strlen(label) }),
                             STORE_OK);
        }
    }

    assert_int_equal(store_commit(txn, NULL), STORE_OK);
    store_close(store);

    store = must_open(place->dir, false, 0);
    txn = read_now(store);

    for (kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        for (i = 0; i + BATCH <= 3000; i += BATCH) {
            for (k = 0; k < BATCH; k++) {
                snprintf(label, sizeof(label), kinds[kind], i + k);
                make_key(&keys[k], label);
            }

            assert_int_equal(compare(txn, keys, BATCH), BATCH / 2);
        }
    }

    store_read_close(txn);
    store_close(store);
}


/* Puts, replaces and deletes at random, a dozen commits a step; where the map
 * is full it is opened again with a larger one. */
static bool
write_some(store_t **store, const char *dir, size_t *map, uint64_t *seed,
    unsigned step)
{
    bool            grow = false;
    unsigned        i, k;
    store_key_t     key;
    store_txn_t    *txn;
    store_status_t  status;

    for (i = 0; i < 12 && !grow; i++) {
        if (store_write_begin(*store, &txn) != STORE_OK) {
            return false;
        }

        for (k = 0; k < 12; k++) {
            number_key(&key, random_next(seed) % 2000, true);
            (void) store_delete(txn, &key);
        }

        for (k = 0; k < 36 && store_txn_status(txn) == STORE_OK; k++) {
            uint8_t       value[LONG_VALUE];
            uint64_t      n = random_next(seed) % 2000;
            store_span_t  bytes = { value, number_value(value, n, step) };

            number_key(&key, n, true);
            (void) store_put(txn, &key, bytes);
        }

        status = store_commit(txn, NULL);
        grow = status == STORE_FULL;

        if (status != STORE_OK && !grow) {
            return false;
        }
    }

    if (grow) {
        store_close(*store);
        *map *= 2;
        *store = must_open(dir, true, *map);
    }

    return true;
}


static void
run_writer(int command, int answer, void *data)
{
    size_t     map = SMALL_MAP;
    store_t   *store;
    uint64_t   seed = 2463534242u;
    unsigned   step;

    store = must_open(data, true, map);

    for (step = 0; ; step++) {
        peer_answer(answer, write_some(&store, data, &map, &seed, step));
        peer_await(command);
    }
}


/* The writer does all of its steps while this process reads as fast as it
 * can. */
static void
run_busy_writer(int command, int answer, void *data)
{
    size_t     map = SMALL_MAP;
    store_t   *store;
    uint64_t   seed = 2463534242u;
    unsigned   step;

    store = must_open(data, true, map);
    peer_answer(answer, write_some(&store, data, &map, &seed, 0));
    peer_await(command);

    for (step = 1; step < 30; step++) {
        if (!write_some(&store, data, &map, &seed, step)) {
            _exit(1);
        }
    }

    store_close(store);
    _exit(map > SMALL_MAP ? 0 : 2);
}


static void
random_keys(store_key_t *keys, uint64_t *seed)
{
    size_t  i;

    for (i = 0; i < BATCH; i++) {
        number_key(&keys[i], random_next(seed) % 2000, true);
    }
}


static void
test_beside_a_busy_writer(void **state)
{
    int           status;
    peer_t        peer;
    place_t      *place = *state;
    store_t      *reader;
    uint64_t      seed = 88172645463325252u, last = 0;
    unsigned      snapshots = 0, viewed = 0;
    store_key_t   keys[BATCH];
    store_txn_t  *txn;

    peer_start(&peer, run_busy_writer, place->dir);
    assert_int_equal(read(peer.answer, keys, 1), 1);

    reader = must_open(place->dir, false, 0);
    txn = read_now(reader);
    assert_int_equal(write(peer.command, "x", 1), 1);

    while (waitpid(peer.pid, &status, WNOHANG) == 0) {
        store_read_reset(txn);
        assert_int_equal(store_read_renew(txn), STORE_OK);

        snapshots += store_txn_id(txn) != last;
        last = store_txn_id(txn);

        /* not where two commits came between LMDB's look at the meta page
         * and the walker's: LMDB is asked then */

        if (txn->viewed) {
            viewed++;
            random_keys(keys, &seed);
            (void) compare(txn, keys, BATCH);
        }
    }

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(snapshots > 20);
    assert_true(viewed > 20);

    /* the map that grew is mapped, all of it */

    store_read_reset(txn);
    assert_int_equal(store_read_renew(txn), STORE_OK);
    random_keys(keys, &seed);
    assert_true(compare(txn, keys, BATCH) > 0);
    assert_true(reader->map_size > SMALL_MAP);

    close(peer.command);
    close(peer.answer);
    store_read_close(txn);
    store_close(reader);
}


/* A snapshot stays what it was, although both meta pages are another's. */
static void
test_held_snapshot(void **state)
{
    size_t           i, len[BATCH];
    peer_t           peer;
    place_t         *place = *state;
    store_t         *reader;
    uint8_t        (*copies)[LONG_VALUE] = calloc(BATCH, LONG_VALUE);
    uint64_t         seed = 88172645463325252u;
    unsigned         step;
    store_key_t      keys[BATCH];
    store_txn_t     *txn;
    store_span_t     bytes;
    store_status_t   statuses[BATCH];

    peer_start(&peer, run_writer, place->dir);
    assert_int_equal(read(peer.answer, keys, 1), 1);

    reader = must_open(place->dir, false, 0);
    txn = read_now(reader);
    random_keys(keys, &seed);
    assert_true(compare(txn, keys, BATCH) > 0);

    for (i = 0; i < BATCH; i++) {
        statuses[i] = store_get(txn, &keys[i], &bytes);
        len[i] = bytes.len;

        if (bytes.len != 0) {
            memcpy(copies[i], bytes.data, bytes.len);
        }
    }

    for (step = 0; step < 5; step++) {
        assert_true(peer_step(&peer));
        (void) compare(txn, keys, BATCH);

        for (i = 0; i < BATCH; i++) {
            assert_int_equal(store_get(txn, &keys[i], &bytes), statuses[i]);
            assert_int_equal(bytes.len, len[i]);

            if (bytes.len != 0) {
                assert_memory_equal(bytes.data, copies[i], bytes.len);
            }
        }
    }

    free(copies);
    store_read_close(txn);
    store_close(reader);
    peer_end(&peer, SIGKILL);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_trees_of_every_size,
                                        place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_labels_of_every_kind,
                                        place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_beside_a_busy_writer,
                                        place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_held_snapshot,
                                        place_setup, place_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
