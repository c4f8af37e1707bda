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
 * Who gets a credential of a door, and when another one: by a signature, or
 * by a certificate.
 */

#include "device_doors.h"


#define ACME  (1u << STORE_DOOR_ACME_DNS)
#define DYN   (1u << STORE_DOOR_DYNDNS2)

/* the first counter at NOW */
#define FIRST  (NOW / 3600 % 65535 + 1)


static device_update_t  update;


static device_reason_t
issue(world_t *world, int64_t created, uint32_t issue, uint32_t rotate,
    uint16_t secret)
{
    device_claim_t  claim = world_claim('a', created);
    device_place_t  place = world_place(world);

    return world_commit(world, device_credentials(&place, &claim, issue,
                                                  rotate, secret,
                                                  &world->outcome,
                                                  &world->error));
}


static void
test_issue_and_rotate(void **unused)
{
    size_t          i;
    world_t         world;
    store_device_t  device;

    static const struct {
        uint32_t            issue, rotate;
        uint16_t            secret;
        store_credential_t  acme_dns, dyndns2;
    } steps[] = {
        { 0, 0, 1, { 0, 0 }, { 0, 0 } },
        { ACME, 0, 1, { FIRST, 1 }, { 0, 0 } },
        { ACME | DYN, 0, 2, { FIRST, 1 }, { FIRST, 2 } },
        { 0, ACME, 3, { FIRST + 1, 3 }, { FIRST, 2 } },
        { ACME, ACME, 3, { FIRST + 2, 3 }, { FIRST, 2 } },
        { ACME, DYN, 4, { FIRST + 2, 3 }, { FIRST + 1, 4 } },
        { 0, 0, 5, { FIRST + 2, 3 }, { FIRST + 1, 4 } }
    };

    (void) unused;

    world_init_device(&world);

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(issue(&world, NOW + (int64_t) i, steps[i].issue,
                               steps[i].rotate, steps[i].secret), DEVICE_OK);

        device = world_device(&world);
        assert_memory_equal(&device.acme_dns, &steps[i].acme_dns, 4);
        assert_memory_equal(&device.dyndns2, &steps[i].dyndns2, 4);
        assert_memory_equal(&world.outcome.device.dyndns2,
                            &steps[i].dyndns2, 4);
        assert_int_equal(device.active.last_created, NOW + (int64_t) i);
        assert_false(world.outcome.dns_changed);
    }

    /* the first request for one may be to rotate it */

    world_init_device(&world);
    assert_int_equal(issue(&world, NOW, 0, DYN, 1), DEVICE_OK);
    assert_int_equal(world_device(&world).dyndns2.counter, FIRST);
}


static void
test_issue_refused(void **unused)
{
    world_t         world;
    store_device_t  device;

    (void) unused;

    world_init_device(&world);
    assert_int_equal(issue(&world, NOW, ACME, 0, 1), DEVICE_OK);
    assert_int_equal(issue(&world, NOW, 0, ACME, 1), DEVICE_STALE_SIGNATURE);
    assert_int_equal(world.outcome.last_created, NOW);
    assert_int_equal(world_device(&world).acme_dns.counter, FIRST);

    device = world_device(&world);
    device.state = STORE_DEVICE_SUSPENDED;
    world_store(&world, &device, NULL, 0);
    assert_int_equal(issue(&world, NOW + 1, 0, ACME, 1), DEVICE_SUSPENDED);

    memset(device.active.generation, 'b', STORE_GENERATION_LEN);
    world_store(&world, &device, NULL, 0);
    assert_int_equal(issue(&world, NOW + 1, 0, ACME, 1), DEVICE_UNKNOWN_KEY);

    world.len = 0;
    assert_int_equal(issue(&world, NOW + 1, 0, ACME, 1), DEVICE_UNKNOWN_KEY);
}


/* They are the name's, not the key's: a new key, a sweep and an update leave
 * them as they are. */
static void
test_outlive(void **unused)
{
    bool                 gone;
    world_t              world;
    store_device_t       device;
    device_claim_t       claim;
    device_enrollment_t  enrollment;

    (void) unused;

    world_init_device(&world);
    assert_int_equal(issue(&world, NOW, ACME | DYN, 0, 1), DEVICE_OK);
    assert_int_equal(issue(&world, NOW + 1, 0, DYN, 2), DEVICE_OK);

    enrollment = world_enrollment('n');
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);

    memset(&update, 0, sizeof(update));
    claim = world_claim('n', NOW);
    assert_int_equal(world_apply(&world, &claim, DEVICE_REPLACE, &update),
                     DEVICE_OK);

    world.now += 500000;
    assert_int_equal(world_sweep(&world, &gone), DEVICE_OK);
    assert_false(gone);

    device = world_device(&world);
    assert_int_equal(device.active.generation[0], 'n');
    assert_int_equal(device.acme_dns.counter, FIRST);
    assert_int_equal(device.acme_dns.secret, 1);
    assert_int_equal(device.dyndns2.counter, FIRST + 1);
    assert_int_equal(device.dyndns2.secret, 2);
}


/* A registration up to the limit leaves room for them and for a key. */
static void
test_room(void **unused)
{
    uint8_t              rrs[STORE_VALUE_MAX], *at, text[250];
    world_t              world;
    store_rr_t           rr = { text, sizeof(text), -1 };
    device_claim_t       claim = world_claim('a', NOW);
    device_wish_t       *wish;
    device_enrollment_t  enrollment = world_enrollment('n');

    (void) unused;

    world_init_device(&world);
    world.zone.max_bytes = STORE_VALUE_MAX;
    world.zone.max_rrs = 255;

    memset(text, 't', sizeof(text));
    memset(&update, 0, sizeof(update));
    wish = world_wish(&update, HOST, TYPE_TXT, 'x', 1, 0);

    for (at = rrs, wish->rrset.count = 0; wish->rrset.count < 31; ) {
        assert_true(store_rr_write(&at, rrs + sizeof(rrs), &rr));
        wish->rrset.count++;
    }

    /* the last one takes what is left */

    for (rr.len = 250; rr.len > 0; rr.len--) {
        uint8_t  *end = at;

        assert_true(store_rr_write(&end, rrs + sizeof(rrs), &rr));
        wish->rrset.count = 32;
        wish->rrset.rrs = (store_span_t) { rrs, (size_t) (end - rrs) };

        if (world_apply(&world, &claim, DEVICE_REPLACE, &update)
            == DEVICE_OK)
        {
            break;
        }
    }

    assert_in_range(rr.len, 1, 249);

    enrollment.key.algorithm = STORE_ECDSA_P256_SHA256;
    enrollment.key.secret = 0;
    enrollment.key.public_key_len = 64;
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);
    assert_int_equal(issue(&world, NOW + 1, ACME | DYN, 0, 1), DEVICE_OK);
}


static device_reason_t
reg(world_t *world, const device_enrollment_t *enrollment)
{
    device_place_t  place = world_place(world);

    return world_commit(world, device_door_register(&place, enrollment, 5,
                                                    &world->outcome,
                                                    &world->error));
}


static void
test_register(void **unused)
{
    world_t              world;
    store_device_t       device;
    device_enrollment_t  enrollment = world_enrollment('n');

    (void) unused;

    world_init(&world);
    enrollment.limit_interval = 100;
    enrollment.limit_burst = 2;

    assert_int_equal(reg(&world, &enrollment), DEVICE_OK);
    assert_true(world.outcome.created);
    assert_false(world.outcome.dns_changed);

    device = world_device(&world);
    assert_false(device.has_active || device.has_pending);
    assert_int_equal(device.acme_dns.counter, FIRST);
    assert_int_equal(device.acme_dns.secret, 5);
    assert_int_equal(device.dyndns2.counter, 0);
    assert_int_equal(device.enrolled, NOW);
    assert_int_equal(device.seen, NOW);
    assert_int_equal(device.epoch, 3);
    assert_int_equal(device.identity[0], IDENTITY);

    /* again: the same */

    assert_int_equal(reg(&world, &enrollment), DEVICE_OK);
    assert_false(world.outcome.created);
    assert_int_equal(world_device(&world).acme_dns.counter, FIRST);
    assert_int_equal(world_device(&world).rekeyed, 0);

    assert_int_equal(reg(&world, &enrollment), DEVICE_TOO_MANY_ENROLLMENTS);
    assert_int_equal(world.outcome.retry_after, 100);

    /* and it can enrol, and keeps the credential */

    world.now += 1000;
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);
    assert_int_equal(world_device(&world).acme_dns.counter, FIRST);
}


static void
test_register_refused(void **unused)
{
    world_t              world;
    store_device_t       device;
    device_enrollment_t  enrollment = world_enrollment('n');

    (void) unused;

    world_init_device(&world);
    enrollment.policy = DEVICE_REENROLL_PROOF;
    assert_int_equal(reg(&world, &enrollment), DEVICE_PROOF_REQUIRED);

    enrollment.policy = DEVICE_REENROLL_ALWAYS;
    enrollment.identity[0]++;
    assert_int_equal(reg(&world, &enrollment), DEVICE_LABEL_TAKEN);

    enrollment.identity[0]--;
    device = world_device(&world);
    device.state = STORE_DEVICE_SUSPENDED;
    world_store(&world, &device, NULL, 0);
    assert_int_equal(reg(&world, &enrollment), DEVICE_SUSPENDED);

    world.value[20] ^= 1;
    assert_int_equal(reg(&world, &enrollment), DEVICE_STORE_UNAVAILABLE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_issue_and_rotate),
        cmocka_unit_test(test_issue_refused),
        cmocka_unit_test(test_outlive),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_register),
        cmocka_unit_test(test_register_refused)
    };

    return cmocka_run_group_tests_name("device_door_credentials", tests,
                                       NULL, NULL);
}
