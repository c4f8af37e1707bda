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
   ngx_srv_registrar_module/device_address.c */

/* The sweep of one value: what it takes away, and when a name is gone. */

#include "device_world.h"


static device_update_t  update;


static void
test_sweep(void **unused)
{
    bool            gone;
    world_t         world;
    device_claim_t  claim;
    store_device_t  device;

    (void) unused;

    world_init_device(&world);
    world_wish(&update, XMPP, TYPE_SRV, 'x', 1, 0);
    world_wish(&update, HOST, TYPE_TXT, 'h', 1, 0)->lease = 100;
    update.lease = 1000;
    claim = world_claim('a', NOW);
    assert_int_equal(world_apply(&world, &claim, DEVICE_REPLACE, &update),
                     DEVICE_OK);

    device = world_device(&world);
    assert_int_equal(world_sweep(&world, &gone), DEVICE_OK);
    assert_false(world.outcome.put || world.outcome.dns_changed || gone);

    world.now = NOW + 100;
    assert_int_equal(world_sweep(&world, &gone), DEVICE_OK);
    assert_true(world.outcome.put && world.outcome.dns_changed && !gone);
    assert_int_equal(world_rrsets(&world), 1);
    assert_int_equal(world_device(&world).seen, NOW);

    world.now = NOW + 1000;
    assert_int_equal(world_sweep(&world, &gone), DEVICE_OK);
    assert_true(world.outcome.put && world.outcome.dns_changed && !gone);
    assert_int_equal(world_rrsets(&world), 0);

    /* a pending key that nobody used */

    device.has_pending = true;
    device.pending = world_device_key('p');
    device.pending.expires = world.now;
    world_store(&world, &device, NULL, 0);
    assert_int_equal(world_sweep(&world, &gone), DEVICE_OK);
    assert_true(world.outcome.put && !world.outcome.dns_changed && !gone);
    assert_false(world_device(&world).has_pending);
    assert_true(world_device(&world).has_active);

    world.len = 0;
    assert_int_equal(world_sweep(&world, &gone), DEVICE_OK);
    assert_false(world.outcome.put || gone);
}


static void
test_gone(void **unused)
{
    bool            gone;
    size_t          i;
    world_t         world;
    store_rrset_t   rrset;
    store_device_t  device;

    static const struct {
        int64_t  seen, lease_end, pending, rrset;    /* 0: none */
        uint8_t  state;
        bool     gone, dns_changed;
    } cases[] = {
        { NOW - 1000, 0,       0,       0,       0, true,  false },
        { NOW - 999,  0,       0,       0,       0, false, false },
        { NOW - 1000, NOW,     0,       0,       0, true,  false },
        { NOW - 1000, NOW + 1, 0,       0,       0, false, false },
        { NOW - 1000, 0,       NOW,     0,       0, true,  false },
        { NOW - 1000, 0,       NOW + 1, 0,       0, false, false },
        { NOW - 1000, 0,       0,       NOW,     0, true,  true },
        { NOW - 1000, 0,       0,       NOW + 1, 0, false, false },
        { NOW - 1000, 0,       0,       0,       1, false, false },
        { NOW + 1000, 0,       0,       0,       0, false, false },
    };

    (void) unused;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_init_device(&world);
        world.zone.reserve = 1000;

        device = world_device(&world);
        device.state = cases[i].state;
        device.seen = cases[i].seen;
        device.lease_end = cases[i].lease_end;
        device.has_pending = cases[i].pending != 0;
        device.pending = world_device_key('p');
        device.pending.expires = cases[i].pending;

        update.nwishes = 0;
        world_wish(&update, HOST, TYPE_TXT, 'h', 1, 0);
        rrset = update.wishes[0].rrset;
        rrset.expires = cases[i].rrset;
        world_store(&world, &device, &rrset, cases[i].rrset != 0);

        assert_int_equal(world_sweep(&world, &gone), DEVICE_OK);
        assert_int_equal(gone, cases[i].gone);
        assert_int_equal(world.outcome.dns_changed, cases[i].dns_changed);
        assert_false(gone && world.outcome.put);
    }

    world_init_device(&world);
    world.value[30] ^= 1;
    assert_int_equal(world_sweep(&world, &gone), DEVICE_STORE_UNAVAILABLE);
    assert_false(gone);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests_name("device_sweep", tests, NULL, NULL);
}
