
/*
 * Zone files for the tests of zones, and looks at what became of them.
 */

#ifndef T_STORE_ZONE_FILE_H
#define T_STORE_ZONE_FILE_H


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


static const char *const  two[] = { "www", "ns", NULL };
static const char *const  other[] = { "ns", "mail", NULL };
static const char *const  nothing[] = { NULL };


static inline void
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
static inline void
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
static inline store_status_t
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


static inline void
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
static inline int
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


static inline uint32_t
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


static inline void
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


#endif /* T_STORE_ZONE_FILE_H */
