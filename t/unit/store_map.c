/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/crc32c.c */

/*
 * The map: other processes see what is committed, it can be full, and who
 * has it open follows when it grows.
 */

#include "store_env.h"

#include <pthread.h>
#include <stdatomic.h>


/* A reader that follows what is committed, one renew a step. */
static void
run_reader(int command, int answer, void *data)
{
    char         value[8];
    store_t     *store;
    unsigned     i;
    store_txn_t *txn;

    peer_await(command);
    store = must_open(data, false, 0);
    peer_answer(answer, store_read_open(store, &txn) == STORE_OK);

    for (i = 0; ; i++) {
        peer_await(command);
        snprintf(value, sizeof(value), "%u", i);
        peer_answer(answer, store_read_renew(txn) == STORE_OK
                            && has(txn, "a", value));
        store_read_reset(txn);
    }
}


static void
test_other_process_sees_commits(void **state)
{
    char       value[8];
    peer_t     peer;
    place_t   *place = *state;
    store_t   *store;
    unsigned   i;

    peer_start(&peer, run_reader, place->dir);
    store = must_open(place->dir, true, 0);
    assert_true(peer_step(&peer));

    for (i = 0; i < 50; i++) {
        snprintf(value, sizeof(value), "%u", i);
        assert_int_equal(put_alone(store, "a", value), STORE_OK);
        assert_true(peer_step(&peer));
    }

    peer_end(&peer, 0);
    store_close(store);
}


static void
test_full_map(void **state)
{
    char          label[16], value[3000];
    place_t      *place = *state;
    store_t      *store;
    unsigned      i, n;
    store_txn_t  *txn;

    memset(value, 'x', sizeof(value));
    value[sizeof(value) - 1] = '\0';

    store = must_open(place->dir, true, SMALL_MAP);
    assert_int_equal(put_alone(store, "first", "1"), STORE_OK);

    for (n = 0; n < 1000; n++) {
        snprintf(label, sizeof(label), "n%u", n);

        if (put_alone(store, label, value) != STORE_OK) {
            break;
        }
    }

    assert_in_range(n, 10, 999);

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);

    for (i = 0; i < 500 && put(txn, "more", value) == STORE_OK; i++) {
        snprintf(label, sizeof(label), "m%u", i);
        (void) put(txn, label, value);
    }

    assert_int_equal(store_txn_status(txn), STORE_FULL);
    assert_int_equal(put(txn, "tiny", "1"), STORE_FULL);
    assert_int_equal(store_commit(txn, NULL), STORE_FULL);

    assert_true(has_now(store, "first", "1"));
    assert_true(has_now(store, "n0", value));
    assert_false(has_now(store, "more", value));

    store_close(store);

    store = must_open(place->dir, true, 4 * SMALL_MAP);
    assert_true(has_now(store, "first", "1"));
    assert_true(has_now(store, "n0", value));
    assert_int_equal(put_alone(store, "first", "2"), STORE_OK);
    assert_int_equal(put_alone(store, "more", value), STORE_OK);
    store_close(store);

    /* a smaller size than the file's is not taken */

    store = must_open(place->dir, true, SMALL_MAP);
    assert_int_equal(put_alone(store, "more2", value), STORE_OK);
    store_close(store);
}


/* The reader has the small map; the writer grows it and fills it beyond. */
static void
test_growth_is_followed(void **state)
{
    char         label[16], value[3000];
    peer_t       peer;
    place_t     *place = *state;
    store_t     *store;
    unsigned     i, k;

    memset(value, 'x', sizeof(value));
    value[sizeof(value) - 1] = '\0';

    peer_start(&peer, run_reader, place->dir);

    store = must_open(place->dir, true, SMALL_MAP);
    assert_int_equal(put_alone(store, "a", "0"), STORE_OK);
    assert_true(peer_step(&peer));
    assert_true(peer_step(&peer));
    store_close(store);

    for (k = 1; k <= 3; k++) {
        store = must_open(place->dir, true, SMALL_MAP << k);

        for (i = 0; i < 270u << (k - 1); i++) {
            snprintf(label, sizeof(label), "n%u-%u", k, i);
            assert_int_equal(put_alone(store, label, value), STORE_OK);
        }

        snprintf(label, sizeof(label), "%u", k);
        assert_int_equal(put_alone(store, "a", label), STORE_OK);
        assert_true(peer_step(&peer));
        store_close(store);
    }

    peer_end(&peer, 0);
}


/* A writer of the old size follows too. */
static void
run_writer(int command, int answer, void *data)
{
    store_t  *store;

    peer_await(command);
    store = must_open(data, true, SMALL_MAP);
    peer_answer(answer, true);

    for ( ;; ) {
        peer_await(command);
        peer_answer(answer, put_alone(store, "a", "peer") == STORE_OK
                            && has_now(store, "a", "peer"));
    }
}


static void
test_writer_follows_growth(void **state)
{
    char         label[16], value[3000];
    peer_t       peer;
    place_t     *place = *state;
    store_t     *store;
    unsigned     i;

    memset(value, 'x', sizeof(value));
    value[sizeof(value) - 1] = '\0';

    peer_start(&peer, run_writer, place->dir);
    assert_true(peer_step(&peer));

    store = must_open(place->dir, true, 8 * SMALL_MAP);

    for (i = 0; i < 600; i++) {
        snprintf(label, sizeof(label), "n%u", i);
        assert_int_equal(put_alone(store, label, value), STORE_OK);
    }

    assert_true(peer_step(&peer));
    assert_true(has_now(store, "a", "peer"));

    peer_end(&peer, 0);
    store_close(store);
}


#define THREADS  3


/* Threads that take snapshots without a pause while the map moves. */
typedef struct {
    store_t       *store;
    _Atomic bool   stop;
    _Atomic int    failed;
} crowd_t;


static void *
run_thread(void *data)
{
    bool           good;
    crowd_t       *crowd = data;
    store_txn_t   *txn;

    good = store_read_open(crowd->store, &txn) == STORE_OK;

    while (good && !crowd->stop) {
        good = store_read_renew(txn) == STORE_OK && has(txn, "first", "1");
        store_read_reset(txn);
    }

    crowd->failed += !good;
    store_read_close(txn);

    return NULL;
}


static void
run_crowd(int command, int answer, void *data)
{
    crowd_t    crowd = { 0 };
    unsigned   i;
    pthread_t  threads[THREADS];

    peer_await(command);
    crowd.store = must_open(data, false, 0);

    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, run_thread, &crowd) != 0) {
            _exit(1);
        }
    }

    peer_answer(answer, true);
    peer_await(command);
    crowd.stop = true;

    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }

    peer_answer(answer, crowd.failed == 0
                        && has_now(crowd.store, "last", "1"));
    store_close(crowd.store);
}


/* The map has room, but on a busy machine a thread may be off its processor
 * within a snapshot for long, and no page is used again meanwhile. */
static store_status_t
put_patiently(store_t *store, const char *label, const char *value)
{
    unsigned        tries;
    store_status_t  status;

    status = put_alone(store, label, value);

    for (tries = 0; status == STORE_FULL && tries < 1000; tries++) {
        usleep(10000);
        status = put_alone(store, label, value);
    }

    return status;
}


static void
test_threads_follow_growth(void **state)
{
    char         label[16], value[3000];
    peer_t       peer;
    place_t     *place = *state;
    store_t     *store;
    unsigned     i, k;

    memset(value, 'x', sizeof(value));
    value[sizeof(value) - 1] = '\0';

    peer_start(&peer, run_crowd, place->dir);

    store = must_open(place->dir, true, SMALL_MAP);
    assert_int_equal(put_alone(store, "first", "1"), STORE_OK);
    assert_true(peer_step(&peer));

    for (k = 1; k <= 6; k++) {
        store_close(store);
        store = must_open(place->dir, true, (k + 1) * SMALL_MAP);

        for (i = 0; i < 200; i++) {
            snprintf(label, sizeof(label), "n%u-%u", k, i);
            assert_int_equal(put_patiently(store, label, value), STORE_OK);
        }
    }

    assert_int_equal(put_patiently(store, "last", "1"), STORE_OK);
    assert_true(peer_step(&peer));

    peer_end(&peer, 0);
    store_close(store);
}


#define TEST(name)                                                           \
    cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_other_process_sees_commits),
        TEST(test_full_map),
        TEST(test_growth_is_followed),
        TEST(test_writer_follows_growth),
        TEST(test_threads_follow_growth)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
