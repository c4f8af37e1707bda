/* units: store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/crc32c.c ngx_srv_registrar_module/device_draft.c
   ngx_srv_registrar_module/device_sign.c
   ngx_srv_registrar_module/device_sign_make.c
   ngx_srv_registrar_module/device_sign_nsec.c
   dnssec/dnssec_key.c dnssec/dnssec_key_file.c
   dnssec/dnssec_key_pem.c dnssec/dnssec_rrsig.c
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
   ngx_srv_registrar_module/device_rdata_target.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_door.c */

/*
 * What acme-dns and dyndns2 clients may write, which of them, and what stays.
 */

#include "device_doors.h"


static device_update_t  update;


static void
test_challenges(void **unused)
{
    size_t         i;
    world_t        world;
    store_rrset_t  rrset;

    static const struct {
        char         content;
        const char  *after;
        bool         changed;
    } steps[] = {
        { 'a', "a", true },
        { 'b', "ab", true },
        { 'c', "abc", true },
        { 'd', "abcd", true },       /* four live side by side */
        { 'e', "bcde", true },       /* a fifth replaces the oldest */
        { 'c', "bdec", false },      /* said again, it is the newest */
        { 'c', "bdec", false },
        { 'f', "decf", true },
    };

    (void) unused;

    door_world(&world);

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        world.now += 10;
        assert_int_equal(door_challenge(&world, steps[i].content), DEVICE_OK);
        assert_string_equal(door_challenges(&world), steps[i].after);
        assert_int_equal(world.outcome.dns_changed, steps[i].changed);

        /* one lease, renewed by each write */
        assert_true(world_rrset(&world, CHALLENGE, TYPE_TXT, &rrset));
        assert_int_equal(rrset.expires, world.now + DOOR_LEASE);
        assert_int_equal(rrset.ttl, 1);
        assert_int_equal(rrset.door, STORE_DOOR_ACME_DNS);
        assert_true(rrset.own_lease);
        assert_int_equal(world_device(&world).seen, world.now);
    }

    /* what has expired does not come back with the next one */

    world.now += DOOR_LEASE;
    assert_int_equal(door_challenge(&world, 'z'), DEVICE_OK);
    assert_string_equal(door_challenges(&world), "z");
}


static void
test_challenge_bytes(void **unused)
{
    world_t          world;
    store_rr_t       rr;
    store_rrset_t    rrset;
    store_rr_iter_t  iter;

    (void) unused;

    door_world(&world);
    assert_int_equal(door_challenge(&world, 'x'), DEVICE_OK);
    assert_true(world_rrset(&world, CHALLENGE, TYPE_TXT, &rrset));

    store_rr_begin(&iter, &rrset);
    assert_true(store_rr_next(&iter, &rr));
    assert_int_equal(rr.len, 44);
    assert_int_equal(rr.splice, -1);
    assert_memory_equal(rr.data, "\53xxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                        "xxxxxxxxxxxxxxx", 44);
}


/* PUT, PATCH and a refresh leave a challenge in flight alone; DELETE takes
 * all. */
static void
test_registration_beside_challenge(void **unused)
{
    world_t         world;
    store_rrset_t   rrset;
    device_claim_t  claim;

    static const device_method_t  methods[] = {
        DEVICE_REPLACE, DEVICE_MERGE, DEVICE_REPLACE
    };

    (void) unused;

    door_world(&world);
    assert_int_equal(door_challenge(&world, 'a'), DEVICE_OK);
    assert_int_equal(door_address(&world, '4', '6'), DEVICE_OK);

    for (size_t i = 0; i < 3; i++) {
        memset(&update, 0, sizeof(update));
        (void) world_wish(&update, XMPP, TYPE_SRV, 's', 1, 0);
        world.now += 100;
        claim = world_claim('a', world.now);

        assert_int_equal(world_apply(&world, &claim, methods[i], &update),
                         DEVICE_OK);
        assert_string_equal(door_challenges(&world), "a");
        assert_true(world_rrset(&world, CHALLENGE, TYPE_TXT, &rrset));
        assert_int_equal(rrset.expires, NOW + DOOR_LEASE);
        assert_true(world_rrset(&world, SELF, TYPE_A, &rrset));
        assert_int_equal(rrset.expires, NOW + DOOR_LEASE);
    }

    claim = world_claim('a', world.now + 1);
    assert_int_equal(world_apply(&world, &claim, DEVICE_WITHDRAW, NULL),
                     DEVICE_OK);
    assert_int_equal(world_rrsets(&world), 0);
    assert_int_equal(world_device(&world).acme_dns.counter, 7);
}


/* Written through /v1/records before: a client of each door at one name. */
static void
test_challenge_takes_over(void **unused)
{
    world_t         world;
    store_rrset_t   rrset;
    device_claim_t  claim = world_claim('a', NOW);

    (void) unused;

    door_world(&world);
    memset(&update, 0, sizeof(update));
    (void) world_wish(&update, CHALLENGE, TYPE_TXT, 'r', 2, 0);
    assert_int_equal(world_apply(&world, &claim, DEVICE_REPLACE, &update),
                     DEVICE_OK);

    assert_int_equal(door_challenge(&world, 'a'), DEVICE_OK);
    assert_true(world_rrset(&world, CHALLENGE, TYPE_TXT, &rrset));
    assert_int_equal(rrset.count, 3);
    assert_int_equal(rrset.door, STORE_DOOR_ACME_DNS);

    world.zone.max_rrs = 2;
    assert_int_equal(door_challenge(&world, 'b'), DEVICE_OK);
    assert_string_equal(door_challenges(&world), "ab");
}


static void
test_addresses(void **unused)
{
    size_t   i;
    world_t  world;

    static const struct {
        char  ipv4, ipv6;            /* wishes */
        char  a, aaaa;               /* what is there then; 0: nothing */
        bool  changed;
    } steps[] = {
        { '-', '-', 0, 0, false },
        { '1', '-', '1', 0, true },
        { '1', '-', '1', 0, false },
        { '-', '5', '1', '5', true },
        { '2', '5', '2', '5', true },
        { '-', '-', '2', '5', false },
        { '0', '-', 0, '5', true },
        { '0', '6', 0, '6', true },
        { '3', '0', '3', 0, true },
        { '0', '0', 0, 0, true },
        { '0', '0', 0, 0, false }
    };

    (void) unused;

    door_world(&world);

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        store_rrset_t  a, aaaa;

        world.now++;
        assert_int_equal(door_address(&world, steps[i].ipv4, steps[i].ipv6),
                         DEVICE_OK);
        assert_int_equal(world.outcome.dns_changed, steps[i].changed);
        assert_int_equal(world_rrset(&world, SELF, TYPE_A, &a),
                         steps[i].a != 0);
        assert_int_equal(world_rrset(&world, SELF, TYPE_AAAA, &aaaa),
                         steps[i].aaaa != 0);

        if (steps[i].a) {
            assert_int_equal(a.rrs.data[2], steps[i].a);
            assert_int_equal(a.door, STORE_DOOR_DYNDNS2);
            assert_true(a.own_lease);
        }

        if (steps[i].aaaa) {
            assert_int_equal(aaaa.rrs.data[17], steps[i].aaaa);
        }

        /* each family's lease is renewed by its own address alone */

        if (steps[i].ipv4 > '0') {
            assert_int_equal(a.expires, world.now + DOOR_LEASE);

        } else if (steps[i].a) {
            assert_in_range(a.expires, NOW, world.now + DOOR_LEASE - 1);
        }
    }
}


/* What changed between the check on a snapshot and the transaction. */
static void
test_claim(void **unused)
{
    int              i;
    world_t          world;
    device_place_t   place;
    store_device_t   device;
    device_reason_t  reason, expected;

    static const char  value[DEVICE_CHALLENGE_LEN];

    (void) unused;

    for (i = 0; i < 10; i++) {
        device_door_claim_t  claim = { STORE_DOOR_ACME_DNS, door_acme_dns };

        door_world(&world);
        device = world_device(&world);
        expected = DEVICE_UNKNOWN_KEY;

        switch (i) {
        case 0: expected = DEVICE_OK; break;
        case 1: device.acme_dns.counter++; break;
        case 2: device.acme_dns.secret++; break;
        case 3: memset(&device.acme_dns, 0, sizeof(device.acme_dns)); break;
        case 4: claim.door = STORE_DOOR_DYNDNS2; break;
        case 5: claim.door = STORE_DOOR_RECORDS; break;
        case 6: device.state = STORE_DEVICE_SUSPENDED;
                expected = DEVICE_SUSPENDED; break;
        case 7: device.state = STORE_DEVICE_SUSPENDED;
                claim.credential.counter--; break;
        case 8: memset(&device.acme_dns, 0, sizeof(device.acme_dns));
                memset(&claim.credential, 0, sizeof(claim.credential)); break;
        }

        world_store(&world, &device, NULL, 0);
        world.len = (i == 9) ? 0 : world.len;
        place = world_place(&world);

        reason = world_commit(&world, device_door_challenge(&place,
                                  &world.zone, &claim, value, DOOR_LEASE,
                                  &world.outcome, &world.error));
        if (reason != expected) {
            fail_msg("case %d: reason %d", i, reason);
        }
    }

    door_world(&world);
    world.value[20] ^= 1;
    assert_int_equal(door_challenge(&world, 'a'), DEVICE_STORE_UNAVAILABLE);
    assert_int_equal(door_address(&world, '1', '-'),
                     DEVICE_STORE_UNAVAILABLE);
}


/* The zone's limits hold here as for PUT: else the next PUT would fail. */
static void
test_limits(void **unused)
{
    world_t  world;

    (void) unused;

    door_world(&world);
    world.zone.max_rrsets = 2;

    assert_int_equal(door_address(&world, '1', '2'), DEVICE_OK);
    assert_int_equal(door_challenge(&world, 'a'), DEVICE_TOO_MUCH);
    assert_int_equal(door_address(&world, '0', '-'), DEVICE_OK);
    assert_int_equal(door_challenge(&world, 'a'), DEVICE_OK);
    assert_int_equal(door_address(&world, '1', '-'), DEVICE_TOO_MUCH);

    door_world(&world);
    world.zone.max_bytes = 180;
    assert_int_equal(door_challenge(&world, 'a'), DEVICE_OK);
    assert_int_equal(door_challenge(&world, 'b'), DEVICE_TOO_MUCH);
    assert_string_equal(door_challenges(&world), "a");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_challenges),
        cmocka_unit_test(test_challenge_bytes),
        cmocka_unit_test(test_registration_beside_challenge),
        cmocka_unit_test(test_challenge_takes_over),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_claim),
        cmocka_unit_test(test_limits)
    };

    return cmocka_run_group_tests_name("device_door", tests, NULL, NULL);
}
