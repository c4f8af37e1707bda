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
 * What becomes of a device's signatures while its zone's keys roll.
 */

#include "device_sign_world.h"

#include "device_admin.h"


static const record_t  records[] = {
    { SELF_INIT, 1, 60, 7200, A4("\300\0\2\1") },
    { SELF_INIT, 28, 60, 3600,
      "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1", 16, -1 },
    { XMPP_INIT, TYPE_SRV, 120, 7200, "\0\0\0\0\73\245", 6, 6 },
    { HOST_INIT, 1, 60, 7200, A4("\300\0\2\2") },
};

#define RECORDS  (sizeof(records) / sizeof(records[0]))

/* With the signatures of one key these fit into a value, of two they do not. */
#define MANY     40


static void
rolls_keys(void **unused)
{
    world_t  world;

    (void) unused;

    put(&world, records, RECORDS);
    assert_int_equal(sweep(&world), RECORDS + 1);

    /* a second one beside the first: the first's stay */

    signing.signer.zsks[1] = signing.keys[3];
    signing.signer.nzsks = 2;
    assert_true(due(&world));
    assert_int_equal(sweep(&world), RECORDS + 1);
    assert_true(world.outcome.dns_changed);
    assert_false(due(&world));

    /* in another order they are the same */

    signing.signer.zsks[0] = signing.keys[3];
    signing.signer.zsks[1] = signing.keys[2];
    assert_false(due(&world));

    /* the first one goes: nothing to sign, but to put */

    signing.signer.nzsks = 1;
    assert_true(due(&world));
    assert_int_equal(sweep(&world), 0);
    assert_true(world.outcome.put);
    assert_true(world.outcome.dns_changed);
    assert_false(due(&world));

    /* and from one to the other at once */

    signing.signer.zsks[0] = signing.keys[2];
    assert_true(due(&world));
    assert_int_equal(sweep(&world), RECORDS + 1);
}


/* Two keys that an RRSIG calls the same; no signature of the one is taken for
 * the other's. */
static void
tells_keys_of_one_tag(void **unused)
{
    int            i;
    world_t        world;
    files_t        files;
    dnssec_key_t  *twins[2];

    (void) unused;

    files_begin(&files);
    twins[0] = signing_key_of(&files, 0x36, 0x36, 256);
    twins[1] = signing_key_of(&files, 0xC7, 0x07, 256);
    files_end(&files);
    assert_int_equal(dnssec_key_tag(twins[0]), dnssec_key_tag(twins[1]));

    signing.signer.zsks[0] = twins[0];
    put(&world, records, RECORDS);

    for (i = 0; i < 4; i++) {
        signing.signer.zsks[0] = twins[i % 2];
        assert_true(due(&world));
        assert_int_equal(sweep(&world), RECORDS + 1);
        assert_true(world.outcome.dns_changed);
        assert_false(due(&world));
        signing_check(&world.key, (store_span_t) { world.value, world.len },
                      &signing, world.now);
    }

    dnssec_key_free(twins[0]);
    dnssec_key_free(twins[1]);
}


/* By the first alone: the device stays proven, and is not due for ever. */
static void
signs_by_one_where_two_do_not_fit(void **unused)
{
    int              i;
    char             owners[MANY][4];
    world_t          world;
    record_t         many[MANY];
    device_claim_t   claim;

    static device_update_t  update;

    (void) unused;

    for (i = 0; i < MANY; i++) {
        (void) snprintf(owners[i], sizeof(owners[i]), "\2%c%c", 'a' + i / 26,
                        'a' + i % 26);
        many[i] = (record_t) {
            { (const uint8_t *) owners[i], 3 }, 16, 60, 7200, "\4text", 5, -1
        };
    }

    put(&world, many, MANY);
    assert_int_equal(sweep(&world), MANY + 1);

    /* a second key comes: nothing changes for this one */

    signing.room = 1;
    signing.signer.zsks[1] = signing.keys[3];
    signing.signer.nzsks = 2;
    assert_false(due(&world));
    (void) sweep(&world);
    assert_false(world.outcome.put);
    assert_false(world.outcome.unsigned_value);

    /* the first is on its way out: by the other, while both are there */

    signing.signer.zsks[0] = signing.keys[3];
    signing.signer.zsks[1] = signing.keys[2];
    assert_true(due(&world));
    assert_int_equal(sweep(&world), MANY + 1);
    assert_false(world.outcome.unsigned_value);
    assert_false(due(&world));

    /* an update is no other */

    claim = world_claim('a', world.now);
    memset(&update, 0, sizeof(update));
    world.zone.max_rrsets = MANY;
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);
    assert_int_equal(world.first.signatures, 0);
    assert_false(world.outcome.unsigned_value);
    assert_false(due(&world));

    /* it goes: there is nothing left to do */

    signing.signer.nzsks = 1;
    assert_false(due(&world));
    signing_check(&world.key, (store_span_t) { world.value, world.len },
                  &signing, world.now);

    /* one that has room has both */

    signing.room = 0;
    signing.signer.nzsks = 2;
    put(&world, many, 3);
    assert_int_equal(sweep(&world), 2 * (3 + 1));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(rolls_keys, reset),
        cmocka_unit_test_setup(tells_keys_of_one_tag, reset),
        cmocka_unit_test_setup(signs_by_one_where_two_do_not_fit, reset)
    };

    return cmocka_run_group_tests_name("device_sign_roll", tests, begin, end);
}
