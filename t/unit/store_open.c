/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/crc32c.c */

/*
 * Opening: what is refused, with what status and text; that nothing foreign
 * is ever changed; and the modes of the files that are made.
 */

#include "store_env.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <lmdb.h>
#include <sched.h>
#include <sys/mount.h>

#include "store_layout.h"


typedef struct {
    uint8_t  *bytes;
    size_t    len;
} content_t;


static void
file_write(const char *path, const void *bytes, size_t len)
{
    int  fd;

    fd = open(path, O_WRONLY|O_CREAT|O_TRUNC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}


static content_t
file_read(const char *path)
{
    int          fd;
    content_t    content;
    struct stat  st;

    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);

    content.len = (size_t) st.st_size;
    content.bytes = malloc(content.len + 1);
    assert_non_null(content.bytes);
    assert_int_equal(read(fd, content.bytes, content.len), content.len);
    close(fd);

    return content;
}


/* Refused with this status, by readers and writers, and left as it is. */
static void
refused(const place_t *place, store_status_t status, const char *text)
{
    int             writer;
    store_t        *store;
    content_t       before, after;
    store_error_t   error;

    before = file_read(place->data);

    for (writer = 1; writer >= 0; writer--) {
        assert_int_equal(try_open(&store, place->dir, writer, 0, &error),
                         status);
        assert_null(store);
        assert_int_equal(error.status, status);
        assert_non_null(strstr(error.text, place->dir));

        if (strstr(error.text, text) == NULL) {
            fail_msg("%s: no \"%s\"", error.text, text);
        }

        after = file_read(place->data);
        assert_int_equal(before.len, after.len);
        assert_memory_equal(before.bytes, after.bytes, before.len);
        free(after.bytes);
    }

    free(before.bytes);
}


/* Puts one value with LMDB alone, as somebody else would. */
static void
raw_put(const char *dir, unsigned flags, const void *key, size_t key_len,
    const void *value, size_t len)
{
    MDB_dbi   dbi;
    MDB_env  *env;
    MDB_txn  *txn;
    MDB_val   k = { key_len, (void *) key };
    MDB_val   v = { len, (void *) value };

    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, dir, 0, 0640), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, flags, &dbi), 0);

    if (key_len != 0) {
        assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
    }

    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}


static void
raw_get_format(const char *dir, uint8_t *record, size_t len)
{
    MDB_dbi   dbi;
    MDB_env  *env;
    MDB_txn  *txn;
    MDB_val   v, k = { 2, "\377F" };

    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, dir, 0, 0640), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
    assert_int_equal(mdb_get(txn, dbi, &k, &v), 0);
    assert_int_equal(v.mv_size, len);
    memcpy(record, v.mv_data, len);
    mdb_txn_abort(txn);
    mdb_env_close(env);
}


static void
test_absent(void **state)
{
    place_t        *place = *state;
    store_t        *store;
    store_error_t   error;

    assert_int_equal(try_open(&store, "/nonexistent/store", true, 0, &error),
                     STORE_ABSENT);
    assert_non_null(strstr(error.text, "/nonexistent/store"));

    assert_int_equal(try_open(&store, "/dev/null", true, 0, &error),
                     STORE_ABSENT);

    /* an empty directory, and an empty file: a reader makes nothing */

    assert_int_equal(try_open(&store, place->dir, false, 0, &error),
                     STORE_ABSENT);
    assert_int_equal(access(place->data, F_OK), -1);
    assert_int_equal(access(place->lock, F_OK), -1);

    file_write(place->data, "", 0);
    assert_int_equal(try_open(&store, place->dir, false, 0, &error),
                     STORE_ABSENT);
    assert_int_equal(access(place->lock, F_OK), -1);

    /* for a writer an empty file is as good as none */

    store_close(must_open(place->dir, true, 0));
    store_close(must_open(place->dir, false, 0));
}


/* A registrar that died between making the file and marking it. */
static void
test_unmarked(void **state)
{
    place_t        *place = *state;
    store_t        *store;
    store_error_t   error;

    raw_put(place->dir, 0, NULL, 0, NULL, 0);

    assert_int_equal(try_open(&store, place->dir, false, 0, &error),
                     STORE_ABSENT);

    store_close(must_open(place->dir, true, 0));
    store_close(must_open(place->dir, false, 0));
}


static void
test_reader_makes_no_lock_file(void **state)
{
    place_t        *place = *state;
    store_t        *store;
    store_error_t   error;

    store_close(must_open(place->dir, true, 0));
    assert_int_equal(unlink(place->lock), 0);

    assert_int_equal(try_open(&store, place->dir, false, 0, &error),
                     STORE_ABSENT);
    assert_non_null(strstr(error.text, "lock.mdb"));
    assert_int_equal(access(place->lock, F_OK), -1);
}


static void
test_modes(void **state)
{
    size_t        i;
    mode_t        old;
    place_t      *place = *state;
    struct stat   st;

    static const mode_t  umasks[] = { 077, 0, 022 };

    for (i = 0; i < sizeof(umasks) / sizeof(umasks[0]); i++) {
        old = umask(umasks[i]);
        store_close(must_open(place->dir, true, 0));
        umask(old);

        assert_int_equal(stat(place->data, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0640);
        assert_int_equal(stat(place->lock, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0660);

        assert_int_equal(unlink(place->data), 0);
        assert_int_equal(unlink(place->lock), 0);
    }
}


static void
test_garbage(void **state)
{
    size_t    i;
    place_t  *place = *state;
    uint8_t   garbage[20000];

    for (i = 0; i < sizeof(garbage); i++) {
        garbage[i] = (uint8_t) (i * 7 + i / 251);
    }

    file_write(place->lock, "", 0);

    file_write(place->data, garbage, sizeof(garbage));
    refused(place, STORE_FOREIGN, "data.mdb");

    file_write(place->data, "hello", 5);
    refused(place, STORE_FOREIGN, "data.mdb");

    memset(garbage, 0, sizeof(garbage));
    file_write(place->data, garbage, sizeof(garbage));
    refused(place, STORE_FOREIGN, "data.mdb");
}


static void
test_not_a_file(void **state)
{
    place_t        *place = *state;
    store_t        *store;
    store_error_t   error;

    assert_int_equal(mkdir(place->data, 0750), 0);
    assert_int_equal(try_open(&store, place->dir, true, 0, &error),
                     STORE_FOREIGN);
    assert_int_equal(rmdir(place->data), 0);
}


static void
test_foreign_lmdb(void **state)
{
    place_t  *place = *state;

    raw_put(place->dir, 0, "user:1", 6, "somebody", 8);
    refused(place, STORE_FOREIGN, "1 entries");
}


static void
test_foreign_flags(void **state)
{
    place_t  *place = *state;

    raw_put(place->dir, MDB_CREATE|MDB_DUPSORT, "a", 1, "b", 1);
    refused(place, STORE_FOREIGN, "flags");
}


static void
test_format_record(void **state)
{
    size_t         i;
    place_t       *place = *state;
    uint8_t        record[36], changed[37];
    store_span_t   key = { (const uint8_t *) "\377F", 2 };

    static const struct {
        size_t          at;
        uint8_t         byte;
        bool            sealed;
        store_status_t  status;
        const char     *text;
    } cases[] = {
        { 0, 'X', true, STORE_FOREIGN, "not ours" },
        { 9, 2, false, STORE_NEWER, "format 2" },
        { 8, 1, true, STORE_NEWER, "format 257" },
        { 9, 0, true, STORE_DAMAGED, "version 0" },
        { 10, 2, true, STORE_FOREIGN, "another C library" },
        { 13, 1, true, STORE_DAMAGED, "damaged" },
        { 20, 0, false, STORE_DAMAGED, "damaged" }
    };

    store_close(must_open(place->dir, true, 0));
    raw_get_format(place->dir, record, sizeof(record));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(changed, record, sizeof(record));
        changed[cases[i].at] = cases[i].byte;
        changed[cases[i].at] ^= !cases[i].sealed && cases[i].at == 20;

        if (cases[i].sealed) {
            store_set32(changed + 32,
                        store_crc(key, (store_span_t) { changed, 36 }, 32));
        }

        if (memcmp(changed, record, sizeof(record)) != 0) {
            raw_put(place->dir, 0, "\377F", 2, changed, sizeof(record));
            refused(place, cases[i].status, cases[i].text);
        }
    }

    /* a byte too many, and what a later version may make of it */

    memcpy(changed, record, sizeof(record));
    raw_put(place->dir, 0, "\377F", 2, changed, sizeof(record) + 1);
    refused(place, STORE_DAMAGED, "37 bytes");

    changed[9] = 9;
    raw_put(place->dir, 0, "\377F", 2, changed, 10);
    refused(place, STORE_NEWER, "format 9");

    raw_put(place->dir, 0, "\377F", 2, record, sizeof(record));
    store_close(must_open(place->dir, true, 0));
}


static void
test_ids_differ(void **state)
{
    place_t  *place = *state;
    uint8_t   a[36], b[36];

    store_close(must_open(place->dir, true, 0));
    raw_get_format(place->dir, a, sizeof(a));

    store_close(must_open(place->dir, true, 0));
    raw_get_format(place->dir, b, sizeof(b));
    assert_memory_equal(a, b, sizeof(a));

    unlink(place->data);
    unlink(place->lock);

    store_close(must_open(place->dir, true, 0));
    raw_get_format(place->dir, b, sizeof(b));
    assert_memory_not_equal(a + 16, b + 16, 16);
}


static void
test_twice_in_one_process(void **state)
{
    place_t        *place = *state;
    store_t        *store, *other;
    store_error_t   error;

    store = must_open(place->dir, true, 0);

    assert_int_equal(try_open(&other, place->dir, false, 0, &error),
                     STORE_IO);
    assert_non_null(strstr(error.text, "already"));
    assert_int_equal(try_open(&other, place->dir, true, 0, &error),
                     STORE_IO);

    store_close(store);
    store_close(must_open(place->dir, false, 0));
}


static void
test_not_across_fork(void **state)
{
    int            status;
    pid_t          pid;
    place_t       *place = *state;
    store_t       *store, *other;
    store_txn_t   *txn;
    store_error_t  error;

    store = must_open(place->dir, true, 0);

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        status = store_read_open(store, &txn) != STORE_REOPEN
                 || store_write_begin(store, &txn) != STORE_REOPEN
                 || try_open(&other, place->dir, false, 0, &error)
                    != STORE_IO;
        store_close(store);
        _exit(status);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);

    assert_int_equal(put_alone(store, "a", "1"), STORE_OK);
    assert_true(has_now(store, "a", "1"));
    store_close(store);
}


/*
 * Only root can mount; the rest is in a child, which the mount dies with.
 * cmocka's skip() would say "not ok # SKIP", which prove counts as failed.
 */
static void
test_unlocked(void **state)
{
    int             status;
    pid_t           pid;
    place_t        *place = *state;
    store_t        *store;
    store_error_t   error;

    store_close(must_open(place->dir, true, 0));

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {

        if (unshare(CLONE_NEWNS) == -1
            || mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL) == -1
            || mount(place->dir, place->dir, NULL, MS_BIND, NULL) == -1
            || mount(NULL, place->dir, NULL, MS_BIND|MS_REMOUNT|MS_RDONLY,
                     NULL) == -1)
        {
            _exit(77);
        }

        if (try_open(&store, place->dir, false, 0, &error) != STORE_UNLOCKED
            || strstr(error.text, "lock.mdb") == NULL)
        {
            _exit(1);
        }

        status = try_open(&store, place->dir, true, 0, &error);
        _exit(status != STORE_DENIED);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("# not done: no mount namespaces here\n");
        return;
    }

    assert_int_equal(status, 0);
}


/* Without root's supplementary group either, which the files belong to. */
static void
become_nobody(void)
{
    if (setgroups(0, NULL) == -1 || setgid(65534) == -1
        || setuid(65534) == -1)
    {
        _exit(77);
    }
}


/* As somebody who may not. */
static void
test_denied(void **state)
{
    int             status;
    pid_t           pid;
    place_t        *place = *state;
    store_t        *store;
    store_error_t   error;

    if (geteuid() != 0) {
        print_message("# not done: only root can become somebody else\n");
        return;
    }

    store_close(must_open(place->dir, true, 0));
    assert_int_equal(chmod(place->dir, 0755), 0);

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {

        become_nobody();

        status = try_open(&store, place->dir, false, 0, &error);

        _exit(status != STORE_DENIED
              || strstr(error.text, "data.mdb") == NULL);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);

    /* data may be read, the lock file may not be written */

    assert_int_equal(chmod(place->data, 0644), 0);

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {

        become_nobody();

        status = try_open(&store, place->dir, false, 0, &error);

        _exit(status != STORE_DENIED
              || strstr(error.text, "lock.mdb") == NULL);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}


static void
test_status_texts(void **state)
{
    int  status;

    (void) state;

    for (status = STORE_OK; status <= STORE_CONFLICT; status++) {
        assert_non_null(store_status_text((store_status_t) status));
    }

    assert_string_equal(store_status_text((store_status_t) 999),
                        "unknown status");
}


#define TEST(name)                                                           \
    cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_absent),
        TEST(test_unmarked),
        TEST(test_reader_makes_no_lock_file),
        TEST(test_modes),
        TEST(test_garbage),
        TEST(test_not_a_file),
        TEST(test_foreign_lmdb),
        TEST(test_foreign_flags),
        TEST(test_format_record),
        TEST(test_ids_differ),
        TEST(test_twice_in_one_process),
        TEST(test_not_across_fork),
        TEST(test_unlocked),
        TEST(test_denied),
        TEST(test_status_texts)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
