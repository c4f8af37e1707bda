/* units: store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/crc32c.c */

/*
 * The writer of values: its bounds, and what it refuses to seal.
 */

#include "store_sample.h"

#include "store_layout.h"


/* A device's value under a label that no device can have. */
static void
test_label_of_kind(void **state)
{
    sample_t        sample;
    store_span_t    bytes;
    store_device_t  device;
    store_writer_t  writer;

    const store_span_t  tcp = BYTES("_tcp");

    (void) state;

    sample_device(&device);
    sample_key(&sample, tcp);
    store_writer_device(&writer, sample.buffer, sizeof(sample.buffer),
                        &device);
    assert_false(store_writer_finish(&writer, sample.name, &bytes));

    sample_key(&sample, none);
    assert_false(store_writer_finish(&writer, sample.name, &bytes));

    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));
    assert_false(store_writer_finish(&writer, sample.name, &bytes));

    sample_key(&sample, tcp);
    assert_true(store_writer_finish(&writer, sample.name, &bytes));
}


static void
test_duplicates(void **state)
{
    sample_t        sample;
    store_span_t    bytes;
    store_writer_t  writer;

    (void) state;

    sample_key(&sample, www);

    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));
    write_usual(&writer);
    write_rrset(&writer, xmpp, A, NULL, 0, -1);
    write_rrset(&writer, none, SRV, NULL, 0, -1);
    assert_true(store_writer_finish(&writer, sample.name, &bytes));

    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));
    write_usual(&writer);
    write_rrset(&writer, xmpp, SRV, NULL, 0, -1);
    assert_false(store_writer_finish(&writer, sample.name, &bytes));
}


static void
test_rrsets_limit(void **state)
{
    uint16_t        i;
    sample_t        sample;
    store_span_t    bytes;
    store_writer_t  writer;

    (void) state;

    sample_key(&sample, www);
    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));

    for (i = 0; i < STORE_RRSETS_MAX; i++) {
        write_rrset(&writer, none, (uint16_t) (1000 + i), NULL, 0, -1);
    }

    assert_true(store_writer_finish(&writer, sample.name, &bytes));

    write_rrset(&writer, none, 2000, NULL, 0, -1);
    assert_false(store_writer_finish(&writer, sample.name, &bytes));
}


static void
test_owner_limit(void **state)
{
    size_t          i;
    uint8_t         owner[256];
    sample_t        sample;
    store_span_t    bytes;
    store_writer_t  writer;

    (void) state;

    /* www.devices.example. has 21 bytes: 234 are left */

    memset(owner, 'a', sizeof(owner));

    for (i = 0; i < 234; i += 39) {
        owner[i] = 38;
    }

    sample_key(&sample, www);

    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));
    write_rrset(&writer, (store_span_t) { owner, 234 }, A, NULL, 0, -1);
    assert_true(store_writer_finish(&writer, sample.name, &bytes));

    owner[195] = 39;

    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));
    write_rrset(&writer, (store_span_t) { owner, 235 }, A, NULL, 0, -1);
    assert_false(store_writer_finish(&writer, sample.name, &bytes));
}


static void
test_value_limit(void **state)
{
    uint8_t         rdata[STORE_VALUE_MAX], big[STORE_VALUE_MAX + 100];
    sample_t        sample;
    store_span_t    bytes;
    store_writer_t  writer;

    (void) state;

    memset(rdata, 0, sizeof(rdata));
    sample_key(&sample, www);

    /* head 5, RRset 13, RR 2: the RDATA that just fits has 20 less */

    store_writer_static(&writer, big, sizeof(big));
    write_rrset(&writer, none, A, rdata, STORE_VALUE_MAX - 20, -1);
    assert_true(store_writer_finish(&writer, sample.name, &bytes));
    assert_int_equal(bytes.len, STORE_VALUE_MAX);

    store_writer_static(&writer, big, sizeof(big));
    write_rrset(&writer, none, A, rdata, STORE_VALUE_MAX - 19, -1);
    assert_false(store_writer_finish(&writer, sample.name, &bytes));

    /* a buffer that is too small for the head already */

    store_writer_static(&writer, big, 3);
    write_usual(&writer);
    assert_false(store_writer_finish(&writer, sample.name, &bytes));
}


static void
test_writer_misuse(void **state)
{
    sample_t        sample;
    store_rr_t      rr = { NULL, 0, -1 };
    store_span_t    bytes;
    store_rrset_t   rrset = { .type = A, .ttl = 60 };
    store_writer_t  writer;

    (void) state;

    sample_key(&sample, www);

    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));
    store_writer_rrset_begin(&writer, &rrset);
    assert_false(store_writer_finish(&writer, sample.name, &bytes));

    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));
    store_writer_rrset_begin(&writer, &rrset);
    store_writer_rrset_end(&writer);                     /* no RR */
    assert_false(store_writer_finish(&writer, sample.name, &bytes));

    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));
    store_writer_rr(&writer, &rr);                       /* no RRset */
    assert_false(store_writer_finish(&writer, sample.name, &bytes));

    store_writer_static(&writer, sample.buffer, sizeof(sample.buffer));
    rrset.expires = (int64_t) UINT32_MAX + 1;
    store_writer_rrset_begin(&writer, &rrset);
    store_writer_rr(&writer, &rr);
    store_writer_rrset_end(&writer);
    assert_false(store_writer_finish(&writer, sample.name, &bytes));
}


static void
test_device_misuse(void **state)
{
    size_t          i;
    sample_t        sample;
    store_span_t    bytes;
    store_device_t  device;
    store_writer_t  writer;

    (void) state;

    sample_key(&sample, hex);

    for (i = 0; i < 7; i++) {
        sample_device(&device);

        switch (i) {
        case 0: device.seen = -1; break;
        case 1: device.active.expires = 1; break;
        case 2: device.active.public_key_len = 32; break;
        case 3: device.active.algorithm = 9; break;
        case 4: device.active.algorithm = STORE_ED25519; break;
        case 5: device.state = 3; break;
        case 6: device.dyndns2.secret = 1; break;
        }

        store_writer_device(&writer, sample.buffer, sizeof(sample.buffer),
                            &device);
        assert_false(store_writer_finish(&writer, sample.name, &bytes));
    }
}


static void
test_rr_write(void **state)
{
    uint8_t     buffer[16] = { 0 }, *at;
    store_rr_t  rr = { (const uint8_t *) "abcd", 4, -1 };

    (void) state;

    at = buffer;
    assert_true(store_rr_write(&at, buffer + 6, &rr));
    assert_ptr_equal(at, buffer + 6);

    at = buffer;
    assert_false(store_rr_write(&at, buffer + 5, &rr));
    assert_ptr_equal(at, buffer);

    rr.splice = 4;
    assert_true(store_rr_write(&at, buffer + 8, &rr));

    at = buffer;
    assert_false(store_rr_write(&at, buffer + 7, &rr));

    rr.splice = 5;
    assert_false(store_rr_write(&at, buffer + 16, &rr));

    rr.splice = -1;
    rr.len = 0x8000;
    assert_false(store_rr_write(&at, buffer + 16, &rr));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_label_of_kind),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_rrsets_limit),
        cmocka_unit_test(test_owner_limit),
        cmocka_unit_test(test_value_limit),
        cmocka_unit_test(test_writer_misuse),
        cmocka_unit_test(test_device_misuse),
        cmocka_unit_test(test_rr_write)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
