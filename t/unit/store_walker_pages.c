/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/crc32c.c */

/*
 * Pages that are not as they have to be: the walker leaves the file to LMDB
 * where it is of another kind, and says "damaged" where a page cannot be.
 */

#include "store_walk.h"

#include <fcntl.h>
#include <sys/mman.h>


static void
patch(const place_t *place, off_t at, const void *data, size_t len)
{
    int  fd;

    fd = open(place->data, O_WRONLY|O_CLOEXEC);
    assert_true(fd != -1);
    assert_int_equal(pwrite(fd, data, len, at), len);
    close(fd);
}


/* Meta pages that are of another kind: LMDB, which looked at them when it
 * opened the file, is asked, and the walker is not. */
static void
test_other_pages_are_left_to_lmdb(void **state)
{
    size_t        i;
    place_t      *place = *state;
    store_t      *store;
    uint16_t      good;
    uint64_t      page;
    store_key_t   key;
    store_txn_t  *txn;
    store_span_t  bytes;

    static const struct {
        off_t     at;
        uint16_t  bad;
    } cases[] = {
        { STORE_AT_VERSION, 2 },
        { STORE_AT_VERSION, 999 },
        { STORE_AT_MAGIC, 0 },
        { STORE_AT_DB_FLAGS, 4 },
        { STORE_AT_FLAGS, 0 },
        { STORE_AT_TXN, 77 }
    };

    store = must_open(place->dir, true, 0);
    fill(store, 0, 100);
    fill(store, 100, 200);
    store_close(store);

    store = must_open(place->dir, false, 0);
    txn = read_now(store);

    page = (store_txn_id(txn) & 1) * txn->view.page_size;
    number_key(&key, 5, true);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(&good, store->map + page + cases[i].at, sizeof(good));
        patch(place, (off_t) page + cases[i].at, &cases[i].bad, sizeof(good));

        store_mapping_look(txn);
        assert_false(txn->viewed);
        assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);
        assert_int_equal(txn->walked, 2 * i);

        patch(place, (off_t) page + cases[i].at, &good, sizeof(good));
        store_mapping_look(txn);
        assert_true(txn->viewed);
        assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);
        assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);
        assert_int_equal(txn->walked, 2 * (i + 1));
    }

    store_read_close(txn);
    store_close(store);
}


/* A page that cannot be costs the names below it, and no more. */
static void
test_damaged_page(void **state)
{
    size_t            i;
    place_t          *place = *state;
    store_t          *store;
    uint64_t          page, seed = 1;
    unsigned          good = 0, bad = 0;
    store_key_t       key;
    store_txn_t      *txn;
    store_span_t      bytes;

    static const struct {
        off_t     at;
        uint16_t  value;
    } cases[] = {
        { STORE_AT_NUMBER, 0x7777 },
        { STORE_AT_FLAGS, 0 },
        { STORE_AT_FLAGS, STORE_PAGE_OVERFLOW },
        { STORE_AT_FLAGS, STORE_PAGE_LEAF | STORE_PAGE_FIXED },
        { STORE_AT_LOWER, 15 },
        { STORE_AT_LOWER, 0xffff },
        { STORE_AT_FLAGS, STORE_PAGE_BRANCH }
    };

    store = must_open(place->dir, true, 0);
    fill(store, 0, 2000);
    store_close(store);

    store = must_open(place->dir, false, 0);
    txn = read_now(store);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t  n = random_next(&seed) % 2000;
        uint16_t  old;

        n -= n % 50;                    /* an ordinary value: in its leaf */
        number_key(&key, n, true);
        assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);

        page = (uint64_t) (bytes.data - store->map);
        page -= page % txn->view.page_size;
        memcpy(&old, store->map + page + cases[i].at, sizeof(old));
        patch(place, (off_t) page + cases[i].at, &cases[i].value, 2);

        assert_int_equal(store_get(txn, &key, &bytes), STORE_DAMAGED);
        assert_int_equal(bytes.len, 0);

        for (n = 0; n < 2000; n++) {
            number_key(&key, n, true);

            if (store_get(txn, &key, &bytes) == STORE_OK) {
                good++;
            } else {
                bad++;
            }
        }

        assert_int_equal(store_txn_status(txn), STORE_OK);
        patch(place, (off_t) page + cases[i].at, &old, 2);
    }

    assert_true(good > 50 * bad);
    store_read_close(txn);
    store_close(store);
}


/* What the meta page says of the file's size is not believed. */
static void
test_page_behind_the_end(void **state)
{
    place_t       *place = *state;
    store_t       *store;
    uint64_t       far = 1u << 20;
    store_key_t    key;
    store_txn_t   *txn;
    store_span_t   bytes;

    store = must_open(place->dir, true, 0);
    fill(store, 0, 200);
    store_close(store);

    store = must_open(place->dir, false, 0);
    txn = read_now(store);
    number_key(&key, 5, true);
    assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);

    /* the transaction is the second: its meta page is the first */

    patch(place, STORE_AT_ROOT, &far, sizeof(far));
    far++;
    patch(place, STORE_AT_LAST, &far, sizeof(far));
    store_mapping_look(txn);

    assert_true(txn->viewed);
    assert_int_equal(store_get(txn, &key, &bytes), STORE_DAMAGED);

    store_read_close(txn);
    store_close(store);
}


/* A leaf of eight nodes, the last page of its map, which nothing follows. */
static void
disordered_leaf(uint8_t *page, size_t size)
{
    size_t        i, at = size;
    uint8_t      *node;
    uint16_t      offset, len, flags = STORE_PAGE_LEAF;
    uint64_t      number = 2;

    static const char *const  keys[] = {
        "aaaaaaaaa", "aaaaaaaaaa", "aaaaaaaaaaa", "a",
        "aaaaaaaaz", "aaaaaaaazz", "aaaaaaaazzz", "aaaaaaaazzzz"
    };
    static const unsigned  places[] = { 3, 0, 1, 2, 4, 5, 6, 7 };

    memcpy(page + STORE_AT_NUMBER, &number, sizeof(number));
    memcpy(page + STORE_AT_FLAGS, &flags, sizeof(flags));
    len = STORE_PAGE_HEADER + 2 * 8;
    memcpy(page + STORE_AT_LOWER, &len, sizeof(len));

    /* the fourth is the one that is too short, and ends with the page */

    for (i = 0; i < 8; i++) {
        len = (uint16_t) strlen(keys[places[i]]);
        at -= STORE_NODE_HEADER + len;
        node = page + at;
        offset = (uint16_t) at;

        memcpy(page + STORE_PAGE_HEADER + 2 * places[i], &offset, 2);
        memcpy(node + STORE_AT_NODE_KEY, &len, sizeof(len));
        memcpy(node + STORE_NODE_HEADER, keys[places[i]], len);
    }
}


/* A key that is shorter than what its neighbours have in common is not read
 * beyond its end. */
static void
test_key_out_of_order_at_the_end(void **state)
{
    size_t              size = (size_t) sysconf(_SC_PAGESIZE);
    uint8_t            *map;
    store_key_t         key = { .len = 12 };
    store_span_t        value;
    store_view_t        view;
    store_status_t      status;
    const store_key_t  *asked = &key;

    (void) state;

    memcpy(key.data, "aaaaaaaabbbb", 12);

    map = mmap(NULL, 4 * size, PROT_READ|PROT_WRITE,
               MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_int_equal(mprotect(map + 3 * size, size, PROT_NONE), 0);
    disordered_leaf(map + 2 * size, size);

    view = (store_view_t) {
        .map = map,
        .page_size = (uint32_t) size,
        .pages = 3,
        .root = 2
    };

    store_view_get(&view, &asked, 1, &value, &status);
    assert_int_equal(status, STORE_DAMAGED);

    munmap(map, 4 * size);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_other_pages_are_left_to_lmdb,
                                        place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_page,
                                        place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_page_behind_the_end,
                                        place_setup, place_teardown),
        cmocka_unit_test(test_key_out_of_order_at_the_end)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
