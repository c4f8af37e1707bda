/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_status.c store/store_key.c
   store/store_value.c store/store_writer.c store/store_zone.c
   store/store_zones.c store/store_labels.c store/store_serial.c
   store/crc32c.c */

/*
 * Zones: publication, conflicts with devices, withdrawal, and serials that
 * only ever grow.
 */

#include "store_env.h"

#include "store_layout.h"
#include "store_zone.h"


#define NOW  INT64_C(1790000000)


/* The contents of a zone file, with buffers for its values. */
typedef struct {
    store_zone_content_t  content;
    store_static_t        statics[8];
    uint8_t               values[9][STORE_VALUE_MAX];
} file_t;


static const store_span_t  example = { (const uint8_t *) "\7example\0", 9 };
static const store_span_t  none = { NULL, 0 };


static void
write_rr(store_writer_t *writer, uint16_t type, const void *rdata,
    uint16_t len)
{
    store_rr_t     rr = { rdata, len, -1 };
    store_rrset_t  rrset = { .type = type, .ttl = 60 };

    store_writer_rrset_begin(writer, &rrset);
    store_writer_rr(writer, &rr);
    store_writer_rrset_end(writer);
}


/* labels: NULL at the end. */
static void
file_make(file_t *file, store_span_t zone, uint8_t digest, uint32_t serial,
    const char *const *labels)
{
    size_t           i;
    uint8_t          soa[22 + 4];
    store_key_t      key;
    store_writer_t   writer;
    store_static_t  *item;

    memset(file, 0, sizeof(file_t));

    file->content.name = zone;
    file->content.statics = file->statics;
    memset(file->content.digest, digest, STORE_DIGEST_LEN);

    memcpy(soa, "\1a\0\1b\0", 6);
    memset(soa + 6, 0, 20);
    store_set32(soa + 6, serial);

    store_writer_apex(&writer, file->values[8], STORE_VALUE_MAX,
                      file->content.digest);
    write_rr(&writer, 2, "\1n\0", 3);
    write_rr(&writer, 6, soa, sizeof(soa));
    assert_true(store_key_make(&key, zone, none));
    assert_true(store_writer_finish(&writer,
                                    (store_span_t) { key.data, key.len },
                                    &file->content.apex));

    for (i = 0; labels[i] != NULL; i++) {
        item = &file->statics[i];
        item->label.data = (const uint8_t *) labels[i];
        item->label.len = strlen(labels[i]);

        store_writer_static(&writer, file->values[i], STORE_VALUE_MAX);
        write_rr(&writer, 1, &digest, 1);
        assert_true(store_key_make(&key, zone, item->label));
        assert_true(store_writer_finish(&writer,
                                        (store_span_t) { key.data, key.len },
                                        &item->bytes));
        file->content.nstatics++;
    }
}


/* Publishes in a transaction of its own. */
static store_status_t
publish(store_t *store, const file_t *file, int64_t now, bool *changed)
{
    char             conflict[STORE_LABEL_MAX + 1];
    store_txn_t     *txn;
    store_status_t   status;

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    status = store_zone_publish(txn, &file->content, now, changed, conflict);
    assert_int_equal(store_txn_status(txn), STORE_OK);
    assert_int_equal(store_commit(txn, NULL), STORE_OK);

    return status;
}


static void
put_device(store_t *store, const char *label)
{
    uint8_t          buffer[256];
    store_key_t      key;
    store_txn_t     *txn;
    store_span_t     bytes;
    store_device_t   device = { 0 };
    store_writer_t   writer;

    make_key(&key, label);
    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    assert_true(store_writer_finish(&writer,
                                    (store_span_t) { key.data, key.len },
                                    &bytes));

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);
    assert_int_equal(store_put(txn, &key, bytes), STORE_OK);
    assert_int_equal(store_commit(txn, NULL), STORE_OK);
}


/* The kind of what stands under a label; 0: nothing, -1: damaged. */
static int
kind_of(store_t *store, const char *label)
{
    int            kind;
    store_key_t    key;
    store_txn_t   *txn;
    store_span_t   bytes;
    store_value_t  value;

    make_key(&key, label);
    assert_int_equal(store_read_open(store, &txn), STORE_OK);
    assert_int_equal(store_read_renew(txn), STORE_OK);

    kind = 0;

    if (store_get(txn, &key, &bytes) == STORE_OK) {
        kind = store_value_open(&value, (store_span_t) { key.data, key.len },
                                bytes) ? (int) value.kind : -1;
    }

    store_read_close(txn);

    return kind;
}


static uint32_t
serial_of(store_t *store)
{
    uint32_t       serial;
    store_key_t    key;
    store_txn_t   *txn;
    store_span_t   bytes;
    store_value_t  value;

    make_key(&key, "");
    assert_int_equal(store_read_open(store, &txn), STORE_OK);
    assert_int_equal(store_read_renew(txn), STORE_OK);
    assert_int_equal(store_get(txn, &key, &bytes), STORE_OK);
    assert_true(store_value_open(&value,
                                 (store_span_t) { key.data, key.len },
                                 bytes));
    assert_true(store_zone_serial(&value, &serial));
    store_read_close(txn);

    return serial;
}


static void
read_table(store_t *store, store_zones_t *zones)
{
    uint32_t      generation;
    store_txn_t  *txn;

    assert_int_equal(store_read_open(store, &txn), STORE_OK);
    assert_int_equal(store_read_renew(txn), STORE_OK);
    assert_int_equal(store_zones_read(txn, zones), STORE_OK);
    assert_int_equal(store_zones_generation(txn, &generation), STORE_OK);
    assert_int_equal(generation, zones->generation);
    store_read_close(txn);
}


static const char *const  two[] = { "www", "ns", NULL };
static const char *const  other[] = { "ns", "mail", NULL };
static const char *const  nothing[] = { NULL };


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
        TEST(test_publish),
        TEST(test_conflict),
        TEST(test_damaged_label),
        TEST(test_device_survives_the_list),
        TEST(test_withdraw),
        TEST(test_touch),
        TEST(test_serial_floor),
        cmocka_unit_test(test_serial_next),
        TEST(test_bad_content),
        TEST(test_damaged_table),
        TEST(test_table_is_full)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
