/* units: store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/crc32c.c ngx_srv_registrar_module/device_draft.c
   ngx_srv_registrar_module/device_sign.c
   ngx_srv_registrar_module/device_sign_make.c
   ngx_srv_registrar_module/device_sign_nsec.c
   dnssec/dnssec_key.c dnssec/dnssec_key_file.c dnssec/dnssec_key_pem.c
   dnssec/dnssec_rrsig.c
   ngx_srv_registrar_module/device_claim.c
   ngx_srv_registrar_module/device_credential.c
   ngx_srv_registrar_module/device_enrollment.c
   ngx_srv_registrar_module/device_apply.c
   ngx_srv_registrar_module/device_change.c
   ngx_srv_registrar_module/device_sweep.c
   ngx_srv_registrar_module/device_reason.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_rdata.c
   ngx_srv_registrar_module/device_rdata_plain.c
   ngx_srv_registrar_module/device_rdata_target.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_address.c */

/*
 * Signatures of the apex and of static values, of values that have no room for
 * them, and of such as somebody else has written.
 */

#include "device_sign_world.h"

#include "device_signing_ldns.h"


#define ZONE  SPAN("\7devices\7example\0")

#define TYPE_NS    2
#define TYPE_SOA   6

#define DNSKEY(c)  "\1\1\3\17" c c c c c c c c c c c c c c c c

#define SOA \
    "\2ns\7devices\7example\0\4mail\7devices\7example\0" \
    "\0\0\0\1\0\0\16\20\0\0\2\130\0\1\121\200\0\0\0\74"

static const record_t  apex_records[] = {
    { SELF_INIT, TYPE_SOA, 3600, 0, SOA, sizeof(SOA) - 1, -1 },
    { SELF_INIT, TYPE_NS, 3600, 0, "\2ns", 3, 3 },
    { SELF_INIT, 48, 3600, 0, DNSKEY("ab"), 36, -1 },
    { SELF_INIT, 59, 3600, 0, "\0\1\17\2aaaaaaaabbbbbbbbccccccccdddddddd", 36,
      -1 },
    { SELF_INIT, 60, 3600, 0, DNSKEY("ab"), 36, -1 },
};

static const record_t  static_records[] = {
    { SELF_INIT, 1, 300, 0, A4("\300\0\2\1") },
    { XMPP_INIT, TYPE_SRV, 300, 0, "\0\0\0\0\73\245", 6, 6 },
    { HOST_INIT, 5, 300, 0, "\5OTHER\7Example\0", 15, -1 },
    { CHILD_INIT, 16, 300, 0, "\1x", 2, -1 },
};

#define N(items)  (sizeof(items) / sizeof((items)[0]))

typedef struct {
    store_key_t      key;
    uint8_t          plain[STORE_VALUE_MAX], buffer[STORE_VALUE_MAX];
    store_span_t     bytes;
    device_signed_t  done;
} value_t;


/* A value of the zone's own, unsigned. */
static store_span_t
make(value_t *value, const char *label, const record_t *items, size_t n)
{
    size_t          i;
    store_rr_t      rr;
    store_span_t    bytes;
    store_rrset_t   rrset;
    store_writer_t  writer;

    static const uint8_t  digest[STORE_DIGEST_LEN];

    assert_true(store_key_make(&value->key, ZONE,
                               (store_span_t) { (const uint8_t *) label,
                                                strlen(label) }));

    if (label[0] == '\0') {
        store_writer_apex(&writer, value->plain, STORE_VALUE_MAX, digest);

    } else {
        store_writer_static(&writer, value->plain, STORE_VALUE_MAX);
    }

    for (i = 0; i < n; i++) {
        memset(&rrset, 0, sizeof(rrset));
        rrset.owner = items[i].owner;
        rrset.type = items[i].type;
        rrset.ttl = items[i].ttl;
        rr = (store_rr_t) { (const uint8_t *) items[i].rdata,
                            (uint16_t) items[i].len, items[i].splice };

        store_writer_rrset_begin(&writer, &rrset);
        store_writer_rr(&writer, &rr);
        store_writer_rrset_end(&writer);
    }

    assert_true(store_writer_finish(&writer,
                                    (store_span_t) { value->key.data,
                                                     value->key.len },
                                    &bytes));

    return bytes;
}


static device_reason_t
sign(value_t *value, store_span_t plain, store_span_t old,
    store_span_t prepared, int64_t now)
{
    device_place_t   place;
    device_reason_t  reason;

    memset(&place, 0, sizeof(place));
    place.key = &value->key;
    place.bytes = old;
    place.prepared = prepared;
    place.now = now;
    place.buffer = value->buffer;
    place.signer = &signing.signer;

    reason = device_sign_value(&place, plain, &value->bytes, &value->done);

    if (reason == DEVICE_OK) {
        signing_check(&value->key, value->bytes, &signing, now);
        place.bytes = value->bytes;
        assert_false(device_sign_due(&place));
    }

    return reason;
}


/* DNSKEY, CDS and CDNSKEY by the KSK, all else by the ZSK. */
static void
signs_the_apex(void **unused)
{
    value_t        value, again;
    store_span_t   plain, none = { NULL, 0 };

    (void) unused;

    plain = make(&value, "", apex_records, N(apex_records));
    assert_int_equal(sign(&value, plain, none, none, NOW), DEVICE_OK);
    assert_int_equal(value.done.made, 6);
    assert_int_equal(verify(&value.key, value.bytes, signing.keys[0], NOW), 3);
    assert_int_equal(verify(&value.key, value.bytes, signing.keys[2], NOW), 3);

    /* from itself, and from what was prepared: nothing to make */

    (void) make(&again, "", apex_records, N(apex_records));
    assert_int_equal(sign(&again, value.bytes, value.bytes, none, NOW + 9),
                     DEVICE_OK);
    assert_int_equal(again.done.made, 0);
    assert_int_equal(again.done.fresh, 0);

    assert_int_equal(sign(&again, plain, none, value.bytes, NOW + 9),
                     DEVICE_OK);
    assert_int_equal(again.done.made, 0);
    assert_int_equal(again.done.fresh, 6);
}


/* Several owners, of which one has the NSEC; names in RDATA keep their case
 * and are signed without it. */
static void
signs_statics(void **unused)
{
    value_t       value;
    store_span_t  plain, none = { NULL, 0 };

    (void) unused;

    plain = make(&value, "static", static_records, N(static_records));
    assert_int_equal(sign(&value, plain, none, none, NOW), DEVICE_OK);
    assert_int_equal(value.done.made, 5);
    assert_int_equal(verify(&value.key, value.bytes, signing.keys[2], NOW), 5);

    /* nothing at the name itself */

    plain = make(&value, "static", static_records + 1, 3);
    assert_int_equal(sign(&value, plain, none, none, NOW), DEVICE_OK);
    assert_int_equal(verify(&value.key, value.bytes, signing.keys[2], NOW), 4);

    /* without keys, without signatures */

    memcpy(value.plain, value.bytes.data, value.bytes.len);
    value.bytes.data = value.plain;

    {
        device_place_t  place = { .key = &value.key, .now = NOW,
                                  .buffer = value.buffer,
                                  .bytes = value.bytes };
        store_span_t    bare;

        assert_true(device_sign_due(&place));
        assert_int_equal(device_sign_value(&place, value.bytes, &bare,
                                           &value.done), DEVICE_OK);
        place.bytes = bare;
        assert_false(device_sign_due(&place));
    }
}


static void
refuses_what_is_none(void **unused)
{
    size_t        i;
    value_t       value;
    store_span_t  plain, none = { NULL, 0 };
    uint8_t       long_name[255];

    (void) unused;

    plain = make(&value, "static", static_records, N(static_records));

    for (i = 0; i < plain.len; i++) {
        value.plain[i] ^= 1;
        assert_int_equal(sign(&value, plain, none, none, NOW),
                         DEVICE_STORE_UNAVAILABLE);
        value.plain[i] ^= 1;
    }

    /* no room for a label more in the NSEC's next name */

    memset(long_name, 'a', sizeof(long_name));
    for (i = 0; i < 252; i += 63) {
        long_name[i] = 62;
    }
    long_name[189] = 59;
    long_name[249] = 0;
    assert_true(store_key_make(&value.key,
                               (store_span_t) { long_name, 250 },
                               SPAN("xyz")));
    {
        store_writer_t  writer;
        store_rrset_t   rrset = { .type = 1, .ttl = 1 };
        store_rr_t      rr = { (const uint8_t *) "abcd", 4, -1 };

        store_writer_static(&writer, value.plain, STORE_VALUE_MAX);
        store_writer_rrset_begin(&writer, &rrset);
        store_writer_rr(&writer, &rr);
        store_writer_rrset_end(&writer);
        assert_true(store_writer_finish(&writer,
                                        (store_span_t) { value.key.data,
                                                         value.key.len },
                                        &plain));
    }
    assert_int_equal(sign(&value, plain, none, none, NOW), DEVICE_INTERNAL);

    {
        device_place_t  place = { .key = &value.key, .now = NOW,
                                  .bytes = plain,
                                  .signer = &signing.signer };

        assert_true(device_sign_due(&place));
    }
}


/* Puts another RRSIG RRset, of one RR, into a signed device's value. */
static void
forge(world_t *world, uint8_t *rrsig, size_t len, int splice)
{
    size_t              n;
    uint8_t             rrs[512], *at = rrs, copy[STORE_VALUE_MAX];
    store_rr_t          rr = { rrsig, (uint16_t) len, splice };
    store_value_t       value;
    store_rrset_t       rrsets[16];
    store_device_t      device = world_device(world);
    store_rrset_iter_t  iter;

    memcpy(copy, world->value, world->len);
    assert_true(store_value_open(&value, world_key(world),
                                 (store_span_t) { copy, world->len }));
    assert_true(store_rr_write(&at, rrs + sizeof(rrs), &rr));
    store_rrset_begin(&iter, &value);

    for (n = 0; store_rrset_next(&iter, &rrsets[n]); n++) {
        if (rrsets[n].type == STORE_TYPE_RRSIG) {
            rrsets[n].count = 1;
            rrsets[n].rrs = (store_span_t) { rrs, (size_t) (at - rrs) };
        }
    }

    world_store(world, &device, rrsets, n);
}


/* An RRSIG that is not one of ours for this RRset is not taken. */
static void
takes_no_strange_signature(void **unused)
{
    size_t          i;
    uint8_t         good[DNSSEC_RRSIG_MAX], bad[DNSSEC_RRSIG_MAX + 1];
    world_t         world;
    store_rr_t      rr;
    store_rrset_t   rrset;
    store_rr_iter_t  rrs;

    static const record_t  record = { HOST_INIT, 1, 60, 7200,
                                      A4("\300\0\2\1") };

    static const struct {
        int      at;                     /* this byte is another */
        uint8_t  bits;
        int      more;                   /* bytes at the end */
        int      splice;
    } cases[] = {
        { 1, 28, 0, -1 },                /* covers AAAA */
        { 2, 2, 0, -1 },                 /* algorithm 13 */
        { 7, 1, 0, -1 },                 /* another original TTL */
        { 8, 0x08, 0, -1 },              /* expired 4 years ago */
        { 12, 0x10, 0, -1 },             /* not yet valid */
        { 16, 1, 0, -1 },                /* another key */
        { 20, 1, 0, -1 },                /* another zone */
        { 0, 0, -1, -1 },
        { 0, 0, 1, -1 },
        { 0, 0, 0, 18 },
        { 0, 0, 0, 0 },
    };

    (void) unused;

    put(&world, &record, 1);
    (void) sweep(&world);
    assert_true(world_rrset(&world, HOST, STORE_TYPE_RRSIG, &rrset));
    store_rr_begin(&rrs, &rrset);
    assert_true(store_rr_next(&rrs, &rr));
    memcpy(good, rr.data, rr.len);

    for (i = 0; i < N(cases); i++) {
        put(&world, &record, 1);
        (void) sweep(&world);
        memcpy(bad, good, rr.len);
        bad[rr.len] = 0;
        bad[cases[i].at] ^= cases[i].bits;
        forge(&world, bad, (size_t) (rr.len + cases[i].more),
              cases[i].splice);

        assert_true(due(&world));

        /* that of the host, and of the NSEC, which forge() took away */

        assert_int_equal(sweep(&world), 2);
        assert_false(due(&world));
    }
}


/* Signatures count in no limit but the format's. */
static void
keeps_to_the_limits(void **unused)
{
    size_t          i, n;
    char            owners[64][4];
    size_t          plain;
    record_t        many[64];
    world_t         world;
    device_claim_t  claim;

    static device_update_t  update;

    (void) unused;

    for (i = 0; i < 64; i++) {
        memcpy(owners[i], "\2a", 3);
        owners[i][1] = (char) ('a' + i / 26);
        owners[i][2] = (char) ('a' + i % 26);
        many[i] = (record_t) { { (const uint8_t *) owners[i], 3 }, 16, 60,
                               7200, "\1x", 2, -1 };
    }

    /* as many RRsets and bytes as the zone allows, signed: fits */

    n = 20;
    put(&world, many, n);
    plain = world.len;
    world.zone.max_rrsets = (uint16_t) n;
    world.zone.max_bytes = (uint16_t) plain;
    (void) sweep(&world);
    assert_true(world.len > plain + 20 * 90);

    memset(&update, 0, sizeof(update));
    claim = world_claim('a', NOW);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);

    /* what fits, but leaves no room for another key, is refused already */

    for (n = 30; world.len <= STORE_VALUE_MAX - 128; n++) {
        put(&world, many, n);
        world.zone.max_rrsets = 100;
        (void) sweep(&world);
        assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                         world.len > STORE_VALUE_MAX - 128
                         ? DEVICE_TOO_MUCH : DEVICE_OK);
    }

    assert_true(n < 64);

    /* more than a value holds with signatures: a request is refused, and no
     * sweep comes to an end with it, but the keys of the device still work */

    put(&world, many, 64);
    plain = world.len;
    world.zone.max_rrsets = 100;
    assert_true(due(&world));
    assert_int_equal(sweep(&world), 0);
    assert_false(world.outcome.put);
    assert_false(world.outcome.dns_changed);
    assert_int_equal(world.len, plain);

    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_TOO_MUCH);

    {
        device_enrollment_t  enrollment = world_enrollment('b');

        enrollment.limit_burst = 1;
        assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);
        assert_true(world.outcome.unsigned_value);
        assert_false(world.outcome.dns_changed);
        assert_int_equal(world_rrsets(&world), 64);
    }

    assert_int_equal(world_apply(&world, &claim, DEVICE_WITHDRAW, NULL),
                     DEVICE_OK);
    assert_false(due(&world));
}


/* RDATA without a canonical form: a request is refused, the way out is open.
 */
static void
refuses_where_nothing_can_be_signed(void **unused)
{
    world_t         world;
    device_claim_t  claim;

    static device_update_t  update;

    static const record_t  no_srv = { XMPP_INIT, TYPE_SRV, 60, 7200, "abc", 3,
                                      -1 };

    (void) unused;

    put(&world, &no_srv, 1);
    memset(&update, 0, sizeof(update));
    claim = world_claim('a', NOW);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_INTERNAL);
    assert_int_equal(world_apply(&world, &claim, DEVICE_WITHDRAW, NULL),
                     DEVICE_OK);
}


/* The name that a device leaves behind has neither records nor signatures. */
static void
leaves_no_signature_behind(void **unused)
{
    world_t              world;
    store_key_t          key;
    device_place_t       current, fresh;
    device_error_t       error;
    device_rename_t      rename = { &current, &current, &fresh, 0 };
    device_renamed_t     renamed;
    uint8_t              buffer[STORE_VALUE_MAX];
    device_enrollment_t  enrollment = world_enrollment('b');

    (void) unused;

    put(&world, static_records, N(static_records));
    (void) sweep(&world);
    assert_true(store_key_make(&key, ZONE, SPAN("another")));
    enrollment.epoch = 1;

    current = world_place(&world);
    fresh = current;
    fresh.key = &key;
    fresh.bytes = (store_span_t) { NULL, 0 };
    fresh.buffer = buffer;

    assert_int_equal(device_rename(&rename, &enrollment, &renamed, &error),
                     DEVICE_OK);
    assert_true(renamed.current.dns_changed);

    signing_check(&world.key, renamed.current.bytes, &signing, NOW);
    signing_check(&key, renamed.fresh.bytes, &signing, NOW);
    current.bytes = renamed.current.bytes;
    current.signer = NULL;
    assert_false(device_sign_due(&current));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(signs_the_apex, reset),
        cmocka_unit_test_setup(signs_statics, reset),
        cmocka_unit_test_setup(refuses_what_is_none, reset),
        cmocka_unit_test_setup(takes_no_strange_signature, reset),
        cmocka_unit_test_setup(keeps_to_the_limits, reset),
        cmocka_unit_test_setup(refuses_where_nothing_can_be_signed, reset),
        cmocka_unit_test_setup(leaves_no_signature_behind, reset),
    };

    return cmocka_run_group_tests_name("device_sign_value", tests, begin,
                                       end);
}
