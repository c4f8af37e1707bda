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
 * Thousands of random calls at the doors, with refreshes by PUT and sweeps
 * between them, against the rules said once more over a string and two
 * letters.
 */

#include "device_doors.h"
#include "device_signing.h"


#define STEPS  20000


typedef struct {
    char     challenges[8];          /* oldest first */
    int64_t  challenges_end;
    char     address[2];             /* 0: none */
    int64_t  address_end[2];
} model_t;


static device_update_t  update;
static uint32_t         seed;


/* 0 to n - 1; xorshift, the same on each machine. */
static uint32_t
roll(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;

    return (seed >> 8) % n;
}


static void
model_expire(model_t *model, int64_t now)
{
    int  i;

    if (model->challenges_end <= now) {
        model->challenges[0] = '\0';
    }

    for (i = 0; i < 2; i++) {
        if (model->address_end[i] <= now) {
            model->address[i] = 0;
        }
    }
}


static void
model_challenge(model_t *model, char content, int64_t now)
{
    char    *at;
    size_t   len;

    at = strchr(model->challenges, content);

    if (at != NULL) {
        memmove(at, at + 1, strlen(at));

    } else if (strlen(model->challenges) == 4) {
        memmove(model->challenges, model->challenges + 1, 4);
    }

    len = strlen(model->challenges);
    model->challenges[len] = content;
    model->challenges[len + 1] = '\0';
    model->challenges_end = now + DOOR_LEASE;
}


static void
model_address(model_t *model, int i, char wish, int64_t now)
{
    if (wish == '-') {
        return;
    }

    model->address[i] = (wish == '0') ? 0 : wish;
    model->address_end[i] = now + DOOR_LEASE;
}


/* A string's letters count as a set. */
static bool
model_same(const model_t *a, const model_t *b)
{
    return memcmp(a->address, b->address, 2) == 0
           && strlen(a->challenges) == strlen(b->challenges)
           && strspn(a->challenges, b->challenges) == strlen(a->challenges);
}


static void
check(const world_t *world, const model_t *model)
{
    int            i;
    bool           there;
    store_rrset_t  rrset;

    static const uint16_t  types[] = { TYPE_A, TYPE_AAAA };

    assert_string_equal(door_challenges(world), model->challenges);

    if (world_rrset(world, CHALLENGE, TYPE_TXT, &rrset)) {
        assert_int_equal(rrset.expires, model->challenges_end);
    }

    for (i = 0; i < 2; i++) {
        there = world_rrset(world, SELF, types[i], &rrset);
        assert_int_equal(there, model->address[i] != 0);

        if (there) {
            assert_int_equal(rrset.rrs.data[2], model->address[i]);
            assert_int_equal(rrset.expires, model->address_end[i]);
        }
    }

    assert_memory_equal(&world->outcome.device.acme_dns, &door_acme_dns, 4);
    assert_memory_equal(&world->outcome.device.dyndns2, &door_dyndns2, 4);
}


/* A refresh: the registration's own lease is renewed, nothing else. */
static device_reason_t
step_refresh(world_t *world, int64_t created)
{
    device_claim_t  claim = world_claim('a', created);

    memset(&update, 0, sizeof(update));
    update.ipv4.mode = DEVICE_ADDRESS_KEEP;
    update.ipv6.mode = DEVICE_ADDRESS_KEEP;

    return world_apply(world, &claim, roll(2) ? DEVICE_REPLACE : DEVICE_MERGE,
                       &update);
}


static void
walk(int steps, const signing_t *signing)
{
    int               step;
    bool              gone;
    char              content, v4, v6;
    world_t           world;
    model_t           model, old;
    device_reason_t   reason;

    static const char  wishes[] = "--0123";

    door_world(&world);
    world.signer = (signing != NULL) ? &signing->signer : NULL;
    memset(&model, 0, sizeof(model));
    seed = 2463534242;

    for (step = 0; step < steps; step++) {
        world.now += roll(20) ? roll(120) : roll(2 * DOOR_LEASE);

        /* what has expired since stood there: its end is a change */

        old = model;
        model_expire(&model, world.now);

        switch (roll(8)) {

        case 0:
            reason = world_sweep(&world, &gone);
            assert_false(gone);
            break;

        case 1:
            reason = step_refresh(&world, NOW + step);
            break;

        case 2:
        case 3:
        case 4:
            v4 = wishes[roll(6)];
            v6 = wishes[roll(6)];
            model_address(&model, 0, v4, world.now);
            model_address(&model, 1, v6, world.now);
            reason = door_address(&world, v4, v6);
            break;

        default:
            content = (char) ('a' + roll(6));
            model_challenge(&model, content, world.now);
            reason = door_challenge(&world, content);
        }

        assert_int_equal(reason, DEVICE_OK);
        check(&world, &model);

        if (signing != NULL && world.outcome.put) {
            signing_check(&world.key,
                          (store_span_t) { world.value, world.len }, signing,
                          world.now);
            continue;
        }

        if (old.challenges_end > world.now && old.address_end[0] > world.now
            && old.address_end[1] > world.now)
        {
            assert_int_equal(world.outcome.dns_changed,
                             !model_same(&old, &model));
        }
    }
}


static void
test_model(void **unused)
{
    (void) unused;

    walk(STEPS, NULL);
}


/* In a signed zone: everything has its signatures, whichever door it came
 * by. */
static void
test_signed(void **unused)
{
    signing_t  signing;

    (void) unused;

    signing_begin(&signing);
    walk(STEPS / 10, &signing);
    signing_end(&signing);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_signed)
    };

    return cmocka_run_group_tests_name("device_door_model", tests, NULL,
                                       NULL);
}
