/* units: store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/crc32c.c */

/*
 * Values: what the writer makes the reader gives back, and every other byte
 * is refused: each truncation, each flipped bit (also with the checksum made
 * right again, where then nothing may be read outside), each broken bound.
 */

#include "store_sample.h"

#include "store_layout.h"


static void (*const  makers[])(sample_t *) = {
    make_usual, make_full, make_static, make_apex
};

#define MAKERS  (sizeof(makers) / sizeof(makers[0]))


/* Walks all that a value gives; the sanitizers see where that leads. */
static unsigned
read_all(const store_value_t *value)
{
    size_t              i;
    unsigned            sum;
    store_rr_t          rr;
    store_rrset_t       rrset;
    store_device_t      device;
    store_rr_iter_t     rrs;
    store_rrset_iter_t  rrsets;

    sum = 0;

    if (value->kind == STORE_KIND_DEVICE) {
        store_value_device(value, &device);
        sum += device.active.public_key[0];
    }

    if (value->kind == STORE_KIND_APEX) {
        sum += store_value_digest(value)[STORE_DIGEST_LEN - 1];
    }

    store_rrset_begin(&rrsets, value);

    while (store_rrset_next(&rrsets, &rrset)) {
        store_rr_begin(&rrs, &rrset);

        for (i = 0; store_rr_next(&rrs, &rr); i++) {
            sum += rr.len != 0 ? rr.data[rr.len - 1] : 0;
        }

        assert_int_equal(i, rrset.count);
    }

    return sum;
}


static void
test_usual_is_small(void **state)
{
    sample_t  sample;

    (void) state;

    make_usual(&sample);
    assert_int_equal(sample.bytes.len, 130);
}


static void
test_round_trip(void **state)
{
    sample_t            sample;
    store_rr_t          rr;
    store_rrset_t       rrset;
    store_value_t       value;
    store_device_t      in, out;
    store_rr_iter_t     rrs;
    store_rrset_iter_t  rrsets;

    (void) state;

    sample_device(&in);
    make_device(&sample, &in);

    assert_true(store_value_open(&value, sample.name, sample.bytes));
    assert_int_equal(value.kind, STORE_KIND_DEVICE);
    assert_true(store_value_served(&value));

    store_value_device(&value, &out);
    assert_int_equal(out.state, in.state);
    assert_memory_equal(out.identity, in.identity, STORE_IDENTITY_LEN);
    assert_int_equal(out.epoch, in.epoch);
    assert_int_equal(out.rekeyed, in.rekeyed);
    assert_int_equal(out.enrolled, in.enrolled);
    assert_int_equal(out.seen, in.seen);
    assert_int_equal(out.enroll_limit, in.enroll_limit);
    assert_int_equal(out.lease, in.lease);
    assert_int_equal(out.lease_end, in.lease_end);
    assert_true(out.has_active);
    assert_false(out.has_pending);
    assert_int_equal(out.active.algorithm, in.active.algorithm);
    assert_int_equal(out.active.secret, in.active.secret);
    assert_int_equal(out.active.last_created, in.active.last_created);
    assert_memory_equal(out.active.generation, in.active.generation,
                        STORE_GENERATION_LEN);

    store_rrset_begin(&rrsets, &value);
    assert_true(store_rrset_next(&rrsets, &rrset));
    assert_int_equal(rrset.owner.len, xmpp.len);
    assert_memory_equal(rrset.owner.data, xmpp.data, xmpp.len);
    assert_int_equal(rrset.type, SRV);
    assert_int_equal(rrset.ttl, 60);
    assert_int_equal(rrset.expires, 1790007200);
    assert_int_equal(rrset.door, STORE_DOOR_RECORDS);
    assert_false(rrset.own_lease);
    assert_int_equal(rrset.count, 1);

    store_rr_begin(&rrs, &rrset);
    assert_true(store_rr_next(&rrs, &rr));
    assert_int_equal(rr.len, 6);
    assert_int_equal(rr.splice, 6);
    assert_memory_equal(rr.data, "\0\0\0\0\x3b\xa5", 6);
    assert_false(store_rr_next(&rrs, &rr));

    assert_true(store_rrset_next(&rrsets, &rrset));
    assert_int_equal(rrset.type, A);
    assert_int_equal(rrset.owner.len, 0);
    store_rr_begin(&rrs, &rrset);
    assert_true(store_rr_next(&rrs, &rr));
    assert_int_equal(rr.splice, -1);
    assert_false(store_rrset_next(&rrsets, &rrset));
}


static void
test_keys_round_trip(void **state)
{
    sample_t        sample;
    store_value_t   value;
    store_device_t  out;

    (void) state;

    make_full(&sample);

    assert_true(store_value_open(&value, sample.name, sample.bytes));
    assert_false(store_value_served(&value));

    store_value_device(&value, &out);
    assert_int_equal(out.active.algorithm, STORE_ECDSA_P256_SHA256);
    assert_int_equal(out.active.public_key_len, 64);
    assert_int_equal(out.active.public_key[63], 0x33);
    assert_int_equal(out.active.expires, 0);
    assert_true(out.has_pending);
    assert_int_equal(out.pending.algorithm, STORE_ED25519);
    assert_int_equal(out.pending.public_key_len, 32);
    assert_int_equal(out.pending.public_key[31], 0x44);
    assert_int_equal(out.pending.expires, 1790086400);
    assert_int_equal(out.acme_dns.counter, 65535);
    assert_int_equal(out.acme_dns.secret, 7);
    assert_int_equal(out.dyndns2.counter, 1);
    assert_int_equal(out.dyndns2.secret, 8);
}


/* Each credential can be there without the other. */
static void
test_credentials_round_trip(void **state)
{
    int             i;
    size_t          len;
    sample_t        sample;
    store_value_t   value;
    store_device_t  device, out;

    (void) state;

    make_usual(&sample);
    len = sample.bytes.len;

    for (i = 1; i < 4; i++) {
        sample_device(&device);
        device.acme_dns.counter = (i & 1) ? 0x0102 : 0;
        device.acme_dns.secret = (i & 1) ? 3 : 0;
        device.dyndns2.counter = (i & 2) ? 0x0304 : 0;
        device.dyndns2.secret = (i & 2) ? 4 : 0;
        make_device(&sample, &device);

        assert_int_equal(sample.bytes.len, len + (i == 3 ? 8 : 4));
        assert_true(store_value_open(&value, sample.name, sample.bytes));

        store_value_device(&value, &out);
        assert_memory_equal(&out.acme_dns, &device.acme_dns,
                            sizeof(out.acme_dns));
        assert_memory_equal(&out.dyndns2, &device.dyndns2,
                            sizeof(out.dyndns2));
    }
}


/* A credential that was never issued is left out: there is one encoding. */
static void
test_credential_never_issued(void **state)
{
    /* they follow a header with one HMAC key, of 70 bytes */
    enum { CREDENTIAL = 70 };

    sample_t        sample;
    store_value_t   value;
    store_device_t  device;

    (void) state;

    sample_device(&device);
    device.dyndns2.counter = 256;
    make_device(&sample, &device);
    assert_int_equal(sample.buffer[CREDENTIAL], 1);

    sample.buffer[CREDENTIAL] = 0;
    store_seal(sample.name, sample.buffer, sample.bytes.len);
    assert_false(store_value_open(&value, sample.name, sample.bytes));
}


static void
test_copied_rrset(void **state)
{
    uint8_t             buffer[STORE_VALUE_MAX];
    sample_t            sample;
    store_span_t        bytes;
    store_rrset_t       rrset;
    store_value_t       value;
    store_device_t      device;
    store_writer_t      writer;
    store_rrset_iter_t  rrsets;

    (void) state;

    make_full(&sample);
    assert_true(store_value_open(&value, sample.name, sample.bytes));
    store_value_device(&value, &device);

    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    store_rrset_begin(&rrsets, &value);

    while (store_rrset_next(&rrsets, &rrset)) {
        store_writer_rrset(&writer, &rrset);
    }

    assert_true(store_writer_finish(&writer, sample.name, &bytes));
    assert_int_equal(bytes.len, sample.bytes.len);
    assert_memory_equal(bytes.data, sample.bytes.data, bytes.len);
}


/* Each truncation, in a block of its own so that a sanitizer sees a read
 * behind the end; with the checksum as it was and made right. */
static void
test_truncations(void **state)
{
    size_t         i, len, opened;
    uint8_t       *copy;
    sample_t       sample;
    store_value_t  value;

    (void) state;

    for (i = 0; i < MAKERS; i++) {
        makers[i](&sample);
        opened = 0;

        for (len = 0; len < sample.bytes.len; len++) {
            copy = malloc(len + 1);
            assert_non_null(copy);
            memcpy(copy, sample.buffer, len);
            copy = realloc(copy, len != 0 ? len : 1);
            assert_non_null(copy);

            assert_false(store_value_open(&value, sample.name,
                                          (store_span_t) { copy, len }));

            if (len >= STORE_HEAD_LEN) {
                store_seal(sample.name, copy, len);

                if (store_value_open(&value, sample.name,
                                     (store_span_t) { copy, len }))
                {
                    (void) read_all(&value);
                    opened++;
                }
            }

            free(copy);
        }

        /* none of its two RRsets, or the first */

        assert_int_equal(opened, 2);
    }
}


static void
test_flipped_bits(void **state)
{
    size_t         i, bit;
    sample_t       sample;
    store_value_t  value;

    (void) state;

    for (i = 0; i < MAKERS; i++) {
        makers[i](&sample);

        for (bit = 0; bit < sample.bytes.len * 8; bit++) {
            sample.buffer[bit / 8] ^= (uint8_t) (1 << bit % 8);

            assert_false(store_value_open(&value, sample.name,
                                          sample.bytes));

            store_seal(sample.name, sample.buffer, sample.bytes.len);

            if (store_value_open(&value, sample.name, sample.bytes)) {
                (void) read_all(&value);
            }

            sample.buffer[bit / 8] ^= (uint8_t) (1 << bit % 8);
            store_seal(sample.name, sample.buffer, sample.bytes.len);
        }

        assert_true(store_value_open(&value, sample.name, sample.bytes));
    }
}


static void
test_wrong_key(void **state)
{
    size_t         i, bit;
    sample_t       sample;
    store_key_t    other;
    store_value_t  value;

    const store_span_t  www2 = BYTES("www2");

    (void) state;

    for (i = 0; i < MAKERS; i++) {
        makers[i](&sample);

        for (bit = 0; bit < sample.name.len * 8; bit++) {
            sample.key.data[bit / 8] ^= (uint8_t) (1 << bit % 8);
            assert_false(store_value_open(&value, sample.name,
                                          sample.bytes));
            sample.key.data[bit / 8] ^= (uint8_t) (1 << bit % 8);
        }
    }

    make_static(&sample);
    assert_true(store_key_make(&other, zone, www2));
    assert_false(store_value_open(&value,
                                  (store_span_t) { other.data, other.len },
                                  sample.bytes));
}


/* Under a right checksum too: what a writer never leaves. */
static void
test_broken_bytes(void **state)
{
    size_t         i;
    sample_t       sample;
    store_value_t  value;

    /* the SRV's RRset follows a header of 70 bytes */
    enum { RRSET = 70, TYPE = RRSET + 19, RR = TYPE + 12 };

    static const struct {
        size_t       at;
        uint8_t      byte;
        const char  *what;
    } cases[] = {
        { STORE_AT_KIND, 0, "no such kind" },
        { STORE_AT_KIND, 1, "an apex under a label" },
        { STORE_AT_KIND, 4, "no such kind" },
        { STORE_AT_STATE, 3, "no such state" },
        { STORE_AT_KEYS, 0x11, "a reserved bit" },
        { STORE_AT_KEYS, 0x81, "a reserved bit" },
        { STORE_AT_KEYS, 5, "a credential that is not there" },
        { STORE_AT_KEYS, 9, "a credential that is not there" },
        { STORE_AT_KEYS, 3, "a pending key that is not there" },
        { STORE_DEVICE_LEN, 0, "no such algorithm" },
        { STORE_DEVICE_LEN, 4, "no such algorithm" },
        { STORE_DEVICE_LEN, 2, "a public key that is not there" },
        { RRSET, 17, "an owner that ends inside its label" },
        { RRSET + 1, 0, "an empty label" },
        { RRSET + 1, 64, "a label of 64" },
        { RRSET + 1, 200, "a pointer" },
        { RRSET + 2, 'A', "upper case" },
        { TYPE + 1, 0, "type 0" },
        { TYPE + 1, 41, "OPT" },
        { TYPE + 1, 255, "ANY" },
        { TYPE + 2, 0x80, "a TTL of 32 bits" },
        { TYPE + 10, 5, "no such door" },
        { TYPE + 10, 0x11, "a reserved bit" },
        { TYPE + 11, 0, "no RR" },
        { TYPE + 11, 3, "RRs that are not there" },
        { RR + 1, 5, "RDATA too short" },
        { RR + 1, 255, "RDATA too long" },
        { RR + 3, 7, "a splice behind the RDATA" },
        { RR, 0, "no splice where one stands" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_usual(&sample);
        assert_int_not_equal(sample.buffer[cases[i].at], cases[i].byte);

        sample.buffer[cases[i].at] = cases[i].byte;
        store_seal(sample.name, sample.buffer, sample.bytes.len);

        if (store_value_open(&value, sample.name, sample.bytes)) {
            fail_msg("opened: %s", cases[i].what);
        }
    }

    make_usual(&sample);
    sample.buffer[sample.bytes.len] = 0;
    sample.bytes.len++;
    store_seal(sample.name, sample.buffer, sample.bytes.len);
    assert_false(store_value_open(&value, sample.name, sample.bytes));
}


static void
test_find_and_live(void **state)
{
    sample_t       sample;
    store_value_t  value;
    store_rrset_t  rrset;

    const store_span_t  tcp = BYTES("\4_tcp");

    (void) state;

    make_usual(&sample);
    assert_true(store_value_open(&value, sample.name, sample.bytes));

    assert_true(store_rrset_find(&value, xmpp, SRV, &rrset));
    assert_true(store_rrset_live(&rrset, 1790007199));
    assert_false(store_rrset_live(&rrset, 1790007200));
    assert_true(store_rrset_find(&value, none, A, &rrset));
    assert_false(store_rrset_find(&value, none, SRV, &rrset));
    assert_false(store_rrset_find(&value, tcp, SRV, &rrset));

    rrset.expires = 0;
    assert_true(store_rrset_live(&rrset, INT64_MAX));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_usual_is_small),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_keys_round_trip),
        cmocka_unit_test(test_credentials_round_trip),
        cmocka_unit_test(test_credential_never_issued),
        cmocka_unit_test(test_copied_rrset),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_wrong_key),
        cmocka_unit_test(test_broken_bytes),
        cmocka_unit_test(test_find_and_live)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
