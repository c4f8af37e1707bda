
/*
 * What the tests of the environment share: a directory of the test's own,
 * short ways to put and get, and a second process that does what it is told.
 */

#ifndef T_STORE_ENV_H
#define T_STORE_ENV_H


#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store.h"


/* LMDB makes no smaller one. */
#define SMALL_MAP  (1024 * 1024)


typedef struct {
    char  dir[64];
    char  data[80];
    char  lock[80];
} place_t;


static inline int
place_setup(void **state)
{
    place_t  *place;

    place = calloc(1, sizeof(place_t));

    if (place == NULL) {
        return -1;
    }

    strcpy(place->dir, "/tmp/store-test-XXXXXX");

    if (mkdtemp(place->dir) == NULL) {
        free(place);
        return -1;
    }

    snprintf(place->data, sizeof(place->data), "%s/data.mdb", place->dir);
    snprintf(place->lock, sizeof(place->lock), "%s/lock.mdb", place->dir);

    *state = place;

    return 0;
}


static inline int
place_teardown(void **state)
{
    place_t  *place = *state;

    unlink(place->data);
    unlink(place->lock);
    rmdir(place->dir);
    free(place);

    return 0;
}


static inline store_status_t
try_open(store_t **store, const char *dir, bool writer, size_t map_size,
    store_error_t *error)
{
    store_options_t  options = {
        .path = dir, .writer = writer, .map_size = map_size
    };

    return store_open(store, &options, error);
}


static inline store_t *
must_open(const char *dir, bool writer, size_t map_size)
{
    store_t        *store;
    store_error_t   error;

    if (try_open(&store, dir, writer, map_size, &error) != STORE_OK) {
        fail_msg("%s", error.text);
    }

    return store;
}


static inline void
make_key(store_key_t *key, const char *label)
{
    const store_span_t  zone = { (const uint8_t *) "\7example\0", 9 };
    const store_span_t  span = { (const uint8_t *) label, strlen(label) };

    assert_true(store_key_make(key, zone, span));
}


static inline store_status_t
put(store_txn_t *txn, const char *label, const char *value)
{
    store_key_t   key;
    store_span_t  bytes = { (const uint8_t *) value, strlen(value) };

    make_key(&key, label);

    return store_put(txn, &key, bytes);
}


/* One value in a transaction of its own. */
static inline store_status_t
put_alone(store_t *store, const char *label, const char *value)
{
    store_txn_t     *txn;
    store_status_t   status;

    status = store_write_begin(store, &txn);

    if (status != STORE_OK) {
        return status;
    }

    (void) put(txn, label, value);

    return store_commit(txn, NULL);
}


static inline bool
has(store_txn_t *txn, const char *label, const char *value)
{
    store_key_t   key;
    store_span_t  bytes;

    make_key(&key, label);

    return store_get(txn, &key, &bytes) == STORE_OK
           && bytes.len == strlen(value)
           && memcmp(bytes.data, value, bytes.len) == 0;
}


static inline bool
has_now(store_t *store, const char *label, const char *value)
{
    bool          found;
    store_txn_t  *txn;

    assert_int_equal(store_read_open(store, &txn), STORE_OK);
    assert_int_equal(store_read_renew(txn), STORE_OK);
    found = has(txn, label, value);
    store_read_close(txn);

    return found;
}


/* Another process.  It is forked before this one opens the store, waits for
 * each command, and answers each with a byte. */
typedef struct {
    pid_t  pid;
    int    command;              /* written by the test */
    int    answer;               /* read by the test */
} peer_t;


static inline void
peer_start(peer_t *peer, void (*run)(int command, int answer, void *data),
    void *data)
{
    int  down[2], up[2];

    assert_int_equal(pipe(down), 0);
    assert_int_equal(pipe(up), 0);

    peer->pid = fork();
    assert_true(peer->pid >= 0);

    if (peer->pid == 0) {
        close(down[1]);
        close(up[0]);
        run(down[0], up[1], data);
        _exit(0);
    }

    close(down[0]);
    close(up[1]);

    peer->command = down[1];
    peer->answer = up[0];
}


/* In the peer. */
static inline void
peer_await(int command)
{
    char  c;

    if (read(command, &c, 1) != 1) {
        _exit(1);
    }
}


static inline void
peer_answer(int answer, bool good)
{
    if (write(answer, good ? "y" : "n", 1) != 1) {
        _exit(1);
    }
}


/* In the test: one step of the peer; what it answered. */
static inline bool
peer_step(peer_t *peer)
{
    char  c;

    assert_int_equal(write(peer->command, "x", 1), 1);
    assert_int_equal(read(peer->answer, &c, 1), 1);

    return c == 'y';
}


static inline void
peer_end(peer_t *peer, int signal)
{
    int  status;

    if (signal != 0) {
        kill(peer->pid, signal);
    }

    close(peer->command);
    close(peer->answer);

    assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
}


#endif /* T_STORE_ENV_H */
