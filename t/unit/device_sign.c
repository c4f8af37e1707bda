/* units: store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/crc32c.c ngx_srv_registrar_module/device_draft.c
   ngx_srv_registrar_module/device_sign.c
   ngx_srv_registrar_module/device_sign_make.c
   ngx_srv_registrar_module/device_sign_nsec.c
   dnssec/dnssec_key.c dnssec/dnssec_key_file.c dnssec/dnssec_key_pem.c
   dnssec/dnssec_rrsig.c
   ngx_srv_registrar_module/device_admin.c
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
 * What a value's signatures are: when they are made, taken over, due, and when
 * they go.  device_model.c walks the rules at random; here stands each of them.
 */

#include "device_sign_world.h"

#include "device_admin.h"


#define DAY  86400


static const record_t  records[] = {
    { SELF_INIT, 1, 60, 7200, A4("\300\0\2\1") },
    { SELF_INIT, 28, 60, 3600,
      "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1", 16, -1 },
    { XMPP_INIT, TYPE_SRV, 120, 7200, "\0\0\0\0\73\245", 6, 6 },
    { HOST_INIT, 1, 60, 7200, A4("\300\0\2\2") },
};

#define RECORDS  (sizeof(records) / sizeof(records[0]))


static void
signs_what_is_there(void **unused)
{
    world_t  world;

    (void) unused;

    put(&world, records, RECORDS);
    assert_true(due(&world));

    /* each RRset, and the NSEC */

    assert_int_equal(sweep(&world), RECORDS + 1);
    assert_true(world.outcome.put);
    assert_true(world.outcome.dns_changed);

    assert_false(due(&world));
    assert_int_equal(sweep(&world), 0);
    assert_false(world.outcome.put);
    assert_false(world.outcome.dns_changed);
}


/* No records, no signatures. */
static void
leaves_an_empty_one_alone(void **unused)
{
    world_t  world;

    (void) unused;

    put(&world, records, 0);
    assert_false(due(&world));
    assert_int_equal(sweep(&world), 0);
    assert_false(world.outcome.put);
}


/* With a refresh, which changes no content, nothing is signed. */
static void
takes_over_what_stays(void **unused)
{
    int             i;
    world_t         world;
    device_claim_t  claim;

    static device_update_t  update;

    (void) unused;

    put(&world, records, RECORDS);
    (void) sweep(&world);
    memset(&update, 0, sizeof(update));
    update.source.family = 4;

    for (i = 0; i < 5; i++) {
        world.now += 600;
        claim = world_claim('a', world.now);
        assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                         DEVICE_OK);
        assert_int_equal(world.first.signatures, 0);
        assert_false(world.outcome.dns_changed);
        signing_check(&world.key, (store_span_t) { world.value, world.len },
                      &signing, world.now);
    }
}


/* Of a change, what has changed alone. */
static void
signs_what_changes(void **unused)
{
    world_t         world;
    device_claim_t  claim;

    static device_update_t  update;

    (void) unused;

    put(&world, records, RECORDS);
    (void) sweep(&world);
    world.now++;
    claim = world_claim('a', world.now);

    /* another type below: its own */

    memset(&update, 0, sizeof(update));
    (void) world_wish(&update, HOST, 52, 'x', 1, 0);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);
    assert_int_equal(world.first.signatures, 1);
    assert_true(world.outcome.dns_changed);

    /* another type at the name: and the NSEC, whose bitmap it is in */

    claim.created++;
    memset(&update, 0, sizeof(update));
    (void) world_wish(&update, SELF, 52, 'x', 1, 0);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);
    assert_int_equal(world.first.signatures, 2);

    /* another TTL is another signature */

    claim.created++;
    memset(&update, 0, sizeof(update));
    world_wish(&update, HOST, 52, 'x', 1, 0)->rrset.ttl = 61;
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);
    assert_int_equal(world.first.signatures, 1);

    /* one goes: its signature too, and no other is made */

    claim.created++;
    memset(&update, 0, sizeof(update));
    (void) world_wish(&update, HOST, 52, 'x', 0, 0);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);
    assert_int_equal(world.first.signatures, 0);
    assert_true(world.outcome.dns_changed);
    signing_check(&world.key, (store_span_t) { world.value, world.len },
                  &signing, world.now);

    /* and all of them */

    claim.created++;
    assert_int_equal(world_apply(&world, &claim, DEVICE_WITHDRAW, NULL),
                     DEVICE_OK);
    assert_false(due(&world));
    signing_check(&world.key, (store_span_t) { world.value, world.len },
                  &signing, world.now);
}


/* What was prepared on another state than the one that is found under the lock
 * serves as far as it goes. */
static void
prepares_on_an_older_state(void **unused)
{
    world_t           world;
    device_claim_t    claim;
    device_place_t    place;
    device_error_t    error;
    device_change_t  *change;
    device_outcome_t  outcome;
    uint8_t           prepared[STORE_VALUE_MAX];

    static device_update_t  first, second;

    (void) unused;

    put(&world, records, RECORDS);
    (void) sweep(&world);

    /* two requests: the second was prepared before the first is committed */

    world.now++;
    claim = world_claim('a', world.now + 1);
    memset(&second, 0, sizeof(second));
    (void) world_wish(&second, SELF, 52, 'y', 1, 0);
    (void) world_wish(&second, HOST, TYPE_TXT, 'y', 1, 0);

    place = world_place(&world);
    place.buffer = prepared;
    change = world_change(&second);
    assert_int_equal(device_apply(&place, &world.zone, &claim, DEVICE_MERGE,
                                  change, &outcome, &error), DEVICE_OK);
    assert_int_equal(outcome.signatures, 3);

    memset(&first, 0, sizeof(first));
    (void) world_wish(&first, SELF, TYPE_TXT, 'z', 1, 0);
    claim.created--;
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &first),
                     DEVICE_OK);
    claim.created++;

    place = world_place(&world);
    place.prepared = outcome.bytes;
    assert_int_equal(world_commit(&world, device_apply(&place, &world.zone,
                                  &claim, DEVICE_MERGE, change,
                                  &world.outcome, &world.error)), DEVICE_OK);
    free(change);

    /* the NSEC has TXT by now, all else was right */

    assert_int_equal(world.outcome.signatures, 1);
    assert_true(world.outcome.dns_changed);
    signing_check(&world.key, (store_span_t) { world.value, world.len },
                  &signing, world.now);
}


/* Of the first signature at the name itself. */
static int64_t
expiration(world_t *world)
{
    store_rr_t       rr;
    store_span_t     key = { world->key.data, world->key.len };
    store_value_t    value;
    store_rrset_t    rrset;
    dnssec_rrsig_t   rrsig;
    store_rr_iter_t  iter;

    assert_true(store_value_open(&value, key, (store_span_t) { world->value,
                                                               world->len }));
    assert_true(store_rrset_find(&value, (store_span_t) { NULL, 0 },
                                 STORE_TYPE_RRSIG, &rrset));
    store_rr_begin(&iter, &rrset);
    assert_true(store_rr_next(&iter, &rr));
    assert_true(dnssec_rrsig_parse(&rrsig, (dnssec_span_t) { rr.data,
                                                             rr.len }));

    return rrsig.expiration;
}


/* Renewed when it could run out while somebody still has it, and not before;
 * the serial moves with it, whatever made it. */
static void
renews_in_time(void **unused)
{
    int64_t         last;
    world_t         world;
    device_claim_t  claim;
    record_t        record = { SELF_INIT, 16, 60, 0, "\1x", 2, -1 };

    static device_update_t  update;

    (void) unused;

    /* no lease: the margin alone */

    put(&world, &record, 1);
    assert_int_equal(sweep(&world), 2);

    last = expiration(&world);
    assert_in_range(last, NOW + DEVICE_SIGN_AHEAD,
                    NOW + DEVICE_SIGN_AHEAD + 65535);
    last -= SIGNING_MARGIN;
    world.now = last;
    assert_false(due(&world));
    world.now = last + 1;
    assert_true(due(&world));

    /* a refresh does it, too */

    claim = world_claim('a', world.now);
    memset(&update, 0, sizeof(update));
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);
    assert_int_equal(world.first.signatures, 2);
    assert_int_equal(world.outcome.signatures, 0);
    assert_true(world.outcome.dns_changed);
    assert_false(due(&world));

    /* a long lease: a week more than is needed, for one that is renewed */

    record.lease = 30 * DAY;
    put(&world, &record, 1);
    assert_int_equal(sweep(&world), 2);
    world.now += 6 * DAY;
    update.lease = 30 * DAY;
    claim = world_claim('a', world.now);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);
    assert_int_equal(world.first.signatures, 0);
    world.now += 4 * DAY;
    assert_false(due(&world));
    claim = world_claim('a', world.now);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);
    assert_int_equal(world.first.signatures, 2);

    /* one that no circle of 32 bits can hold */

    record.lease = (int64_t) UINT32_MAX - NOW;
    put(&world, &record, 1);
    assert_int_equal(sweep(&world), 2);
    assert_false(due(&world));
}


/* Signatures of tomorrow, in a store that came back from a day when the clock
 * stood ahead. */
static void
signs_anew_where_the_clock_was_ahead(void **unused)
{
    world_t  world;

    (void) unused;

    put(&world, records, RECORDS);
    world.now += 3000;
    assert_int_equal(sweep(&world), RECORDS + 1);

    world.now -= 3000;
    assert_false(due(&world));

    world.now -= 3600;
    assert_true(due(&world));
    assert_int_equal(sweep(&world), RECORDS + 1);
    assert_false(due(&world));
}


static void
turns_off(void **unused)
{
    size_t   plain;
    world_t  world;

    (void) unused;

    put(&world, records, RECORDS);
    plain = world.len;
    assert_int_equal(sweep(&world), RECORDS + 1);
    assert_true(world.len > plain);

    world.signer = NULL;
    assert_true(due(&world));
    (void) sweep(&world);
    assert_true(world.outcome.put);
    assert_true(world.outcome.dns_changed);
    assert_int_equal(world.len, plain);
    assert_false(due(&world));

    (void) sweep(&world);
    assert_false(world.outcome.put);
}


/* Another TTL of negative answers is another NSEC. */
static void
follows_the_soa(void **unused)
{
    world_t  world;

    (void) unused;

    put(&world, records, RECORDS);
    (void) sweep(&world);

    signing.signer.negative_ttl++;
    assert_true(due(&world));
    signing.signer.negative_ttl--;
    assert_false(due(&world));

    signing.signer.margin = 13 * DAY;
    assert_false(due(&world));
    signing.signer.margin = 15 * DAY;
    assert_true(due(&world));
}


/* Puts a wrong expiry to the NSEC. */
static void
last_longer(world_t *world)
{
    size_t              n;
    uint8_t             copy[STORE_VALUE_MAX];
    store_value_t       value;
    store_rrset_t       rrsets[16];
    store_device_t      device = world_device(world);
    store_rrset_iter_t  iter;

    memcpy(copy, world->value, world->len);
    assert_true(store_value_open(&value, world_key(world),
                                 (store_span_t) { copy, world->len }));
    store_rrset_begin(&iter, &value);

    for (n = 0; store_rrset_next(&iter, &rrsets[n]); n++) {
        rrsets[n].expires += (rrsets[n].type == STORE_TYPE_NSEC);
    }

    world_store(world, &device, rrsets, n);
}


/* Types and expiry of the NSEC, by the RRsets there are. */
static void
says_what_is_at_the_name(void **unused)
{
    size_t         i;
    world_t        world;
    store_rrset_t  nsec;

    static const record_t  below[] = {
        { HOST_INIT, 1, 60, 500, A4("\300\0\2\1") },
        { CHILD_INIT, 1, 60, 700, A4("\300\0\2\1") },
    };

    static const record_t  endless[] = {
        { HOST_INIT, 1, 60, 500, A4("\300\0\2\1") },
        { CHILD_INIT, 1, 60, 0, A4("\300\0\2\1") },
    };

    static const record_t  mixed[] = {
        { SELF_INIT, 1, 60, 0, A4("\300\0\2\1") },
        { SELF_INIT, 16, 60, 900, "\1x", 2, -1 },
        { HOST_INIT, 1, 60, 100, A4("\300\0\2\1") },
    };

    static const struct {
        const record_t  *items;
        size_t           n;
        int64_t          lease;
    } cases[] = {
        { records, RECORDS, 3600 },      /* the first of the name's own */
        { records, 1, 7200 },
        { below, 2, 700 },               /* the last of what is below */
        { endless, 2, 0 },
        { mixed, 3, 900 },
    };

    (void) unused;

    /* signing_check says the same by a second way of counting */

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put(&world, cases[i].items, cases[i].n);
        (void) sweep(&world);
        assert_true(world_rrset(&world, SELF, STORE_TYPE_NSEC, &nsec));
        assert_int_equal(nsec.expires,
                         cases[i].lease ? NOW + cases[i].lease : 0);
    }

    /* one that says longer than is true is put right; nobody sees that */

    put(&world, records, RECORDS);
    (void) sweep(&world);
    last_longer(&world);
    assert_true(due(&world));
    assert_int_equal(sweep(&world), 0);
    assert_true(world.outcome.put);
    assert_false(world.outcome.dns_changed);

    /* when the first has run out, the sweep says the rest */

    put(&world, records, RECORDS);
    (void) sweep(&world);
    world.now = NOW + 3600;
    assert_true(due(&world));
    assert_int_equal(sweep(&world), 1);
    assert_true(world_rrset(&world, SELF, STORE_TYPE_NSEC, &nsec));
    assert_int_equal(nsec.expires, NOW + 7200);
}


/* Rules that touch no RRset carry signatures along where there are no keys
 * (srvctl). */
static void
keeps_what_it_cannot_make(void **unused)
{
    world_t         world;
    device_place_t  place;

    (void) unused;

    put(&world, records, RECORDS);
    (void) sweep(&world);

    place = world_place(&world);
    place.signer = NULL;
    place.keep_signatures = true;
    assert_int_equal(world_commit(&world, device_admin(&place,
                                  DEVICE_ADMIN_SUSPEND, &world.outcome,
                                  &world.error)), DEVICE_OK);
    assert_true(world.outcome.dns_changed);
    assert_false(due(&world));
    signing_check(&world.key, (store_span_t) { world.value, world.len },
                  &signing, world.now);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(signs_what_is_there, reset),
        cmocka_unit_test_setup(leaves_an_empty_one_alone, reset),
        cmocka_unit_test_setup(takes_over_what_stays, reset),
        cmocka_unit_test_setup(signs_what_changes, reset),
        cmocka_unit_test_setup(prepares_on_an_older_state, reset),
        cmocka_unit_test_setup(renews_in_time, reset),
        cmocka_unit_test_setup(signs_anew_where_the_clock_was_ahead, reset),
        cmocka_unit_test_setup(turns_off, reset),
        cmocka_unit_test_setup(follows_the_soa, reset),
        cmocka_unit_test_setup(says_what_is_at_the_name, reset),
        cmocka_unit_test_setup(keeps_what_it_cannot_make, reset),
    };

    return cmocka_run_group_tests_name("device_sign", tests, begin, end);
}
