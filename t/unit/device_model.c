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

/*
 * Thousands of random requests against a model of the rules: the value in the
 * store must at each step be what the model says, and so must each reason.  In
 * a signed zone, too, whose keys roll meanwhile and which is unsigned at times:
 * then everything has its signatures, and nothing else has.
 */

#include "device_world.h"

#include "device_model.h"
#include "device_signing.h"


#define STEPS         20000
#define STEPS_SIGNED  5000

#define TYPE_TLSA     52


/* What the device's name can hold: one RRset for each slot. */
static const struct {
    store_span_t  owner;
    uint16_t      type;
} slots[SLOTS] = {
    { { (const uint8_t *) "\14_xmpp-server\4_tcp", 18 }, TYPE_TLSA },
    { { (const uint8_t *) "\4host", 5 }, TYPE_TXT },
    { { (const uint8_t *) "\17_acme-challenge", 16 }, TYPE_TXT },
    { { (const uint8_t *) "\4host", 5 }, TYPE_A },
    { { NULL, 0 }, TYPE_A },
    { { NULL, 0 }, TYPE_AAAA }
};

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


/* The store must say what the model says. */
static void
check_rrsets(const world_t *world, const model_t *model)
{
    int                   i;
    size_t                n;
    store_rr_t            rr;
    store_rrset_t         rrset;
    store_rr_iter_t       iter;
    const model_rrset_t  *expected;

    for (i = 0, n = 0; i < SLOTS; i++) {
        expected = &model->rrsets[i];

        if (expected->n == 0) {
            continue;
        }

        n++;
        assert_true(world_rrset(world, slots[i].owner, slots[i].type,
                                &rrset));
        assert_int_equal(rrset.count, expected->n);
        assert_int_equal(rrset.ttl, expected->ttl);
        assert_int_equal(rrset.expires, expected->expires);
        assert_int_equal(rrset.door, expected->door);
        assert_int_equal(rrset.own_lease, expected->own);

        store_rr_begin(&iter, &rrset);
        assert_true(store_rr_next(&iter, &rr));
        assert_int_equal(rr.data[0], expected->content);
    }

    assert_int_equal(world_rrsets(world), n);
}


static void
check(const world_t *world, const model_t *model)
{
    store_device_t  device;

    assert_int_equal(world->len > 0, model->there);

    if (!model->there) {
        return;
    }

    device = world_device(world);
    assert_int_equal(device.has_active, model->active != 0);
    assert_int_equal((char) device.active.generation[0], model->active);
    assert_int_equal(device.active.last_created, model->last);
    assert_int_equal(device.has_pending, model->pending != 0);
    assert_int_equal((char) device.pending.generation[0], model->pending);
    assert_int_equal(device.pending.expires,
                     model->pending ? model->pending_expires : 0);
    assert_int_equal(device.enrolled, model->enrolled);
    assert_int_equal(device.seen, model->seen);
    assert_int_equal(device.enroll_limit, model->limit);
    assert_int_equal(device.lease, model->lease);
    assert_int_equal(device.lease_end, model->lease_end);
    assert_int_equal(device.rekeyed, model->rekeyed);

    check_rrsets(world, model);
}


/* A claim by one of the keys there are, or by an older one; its time lies
 * near the last one's or near now, a few times in the far future. */
static device_claim_t
random_claim(const model_t *model, char generation, int64_t now)
{
    char     key, keys[] = { model->active, model->active, model->pending };
    int64_t  created;

    key = roll(5) ? keys[roll(3)] : 0;
    created = roll(3) ? now - 2 + roll(5) : model->last - 1 + roll(3);

    return world_claim(key ? key : generation,
                       roll(200) ? created : now + 5000);
}


static void
random_address(device_address_wish_t *wish, int slot, model_rrset_t *expected,
    bool *named)
{
    wish->mode = (device_address_mode_t) roll(4);
    named[slot] = wish->mode == DEVICE_ADDRESS_SET
                  || wish->mode == DEVICE_ADDRESS_NONE;

    memset(expected, 0, sizeof(*expected));

    if (wish->mode == DEVICE_ADDRESS_SET) {
        expected->n = 1;
        expected->content = (char) ('1' + roll(2));
        expected->ttl = 60;
        expected->door = STORE_DOOR_ADDRESS;
        wish->address.bytes[0] = (uint8_t) expected->content;
    }
}


static void
random_update(model_rrset_t *wishes, bool *named, int64_t now)
{
    int             i;
    device_wish_t  *wish;
    model_rrset_t  *expected;

    memset(&update, 0, sizeof(update));
    memset(wishes, 0, SLOTS * sizeof(*wishes));
    memset(named, 0, SLOTS * sizeof(*named));

    update.lease = roll(2) ? 0 : 30 + roll(9000);

    for (i = 0; i < 4; i++) {

        if (roll(2)) {
            continue;
        }

        expected = &wishes[i];
        named[i] = true;
        expected->n = (uint8_t) (roll(8) ? roll(3) : roll(5));
        expected->content = (char) ('x' + roll(2));
        expected->ttl = 60 + roll(2);
        expected->door = STORE_DOOR_RECORDS;

        wish = world_wish(&update, slots[i].owner, slots[i].type,
                          expected->content, expected->n, 0);
        wish->rrset.ttl = expected->ttl;
        wish->lease = roll(4) ? 0 : 30 + roll(5000);

        expected->own = wish->lease > 0;
        expected->expires = now + wish->lease;
    }

    random_address(&update.ipv4, 4, &wishes[4], named);
    random_address(&update.ipv6, 5, &wishes[5], named);
}


static device_reason_t
step_enroll(world_t *world, model_t *model, const device_claim_t *claim,
    char generation, device_reason_t *expected)
{
    device_enrollment_t  enrollment;

    enrollment = world_enrollment(generation);
    enrollment.limit_interval = INTERVAL;
    enrollment.limit_burst = BURST;

    if (roll(3) == 0) {
        *expected = model_claim(model, claim, true, world->now);

        if (*expected == DEVICE_OK) {
            *expected = model_new_key(model, generation, world->now);
        }

        return world_rotate(world, claim, &enrollment);
    }

    enrollment.policy = (device_reenroll_t) roll(3);
    enrollment.claim = claim;
    *expected = model_enroll(model, generation, enrollment.policy, claim,
                             world->now);

    return world_enroll(world, &enrollment);
}


static device_reason_t
step_apply(world_t *world, model_t *model, const device_claim_t *claim,
    device_reason_t *expected)
{
    bool             named[SLOTS];
    model_rrset_t    wishes[SLOTS];
    device_method_t  method;

    random_update(wishes, named, world->now);
    method = (device_method_t) (roll(20) ? 1 + roll(2) : DEVICE_WITHDRAW);

    *expected = model_claim(model, claim, false, world->now);

    if (*expected == DEVICE_OK) {
        *expected = model_apply(model, method, update.lease, wishes, named,
                                world->now);
    }

    return world_apply(world, claim, method, &update);
}


/* RRs of RRSIG and NSEC in a that are not in b. */
static size_t
signatures_beyond(const world_t *world, store_span_t a, store_span_t b)
{
    size_t              n;
    store_rr_t          rr, other;
    store_value_t       value, values;
    store_rrset_t       rrset, there;
    store_rr_iter_t     rrs, others;
    store_rrset_iter_t  iter;

    n = 0;
    assert_true(store_value_open(&value, world_key(world), a));
    assert_true(store_value_open(&values, world_key(world), b));
    store_rrset_begin(&iter, &value);

    while (store_rrset_next(&iter, &rrset)) {

        if (store_rrset_is_data(&rrset)) {
            continue;
        }

        store_rr_begin(&rrs, &rrset);

        while (store_rr_next(&rrs, &rr)) {
            n++;

            if (!store_rrset_find(&values, rrset.owner, rrset.type, &there)) {
                continue;
            }

            store_rr_begin(&others, &there);

            while (store_rr_next(&others, &other)) {
                n -= store_span_equal((store_span_t) { rr.data, rr.len },
                                 (store_span_t) { other.data, other.len });
            }
        }
    }

    return n;
}


/* Whether the serial was to move. */
static bool
changed(const world_t *world, const world_t *before, const model_t *old,
    const model_t *model)
{
    store_span_t  a = { before->value, before->len };
    store_span_t  b = { world->value, world->len };

    if (model_changed(old, model, world->now)) {
        return true;
    }

    return a.len != 0 && b.len != 0
           && (signatures_beyond(world, a, b) != 0
               || signatures_beyond(world, b, a) != 0);
}


/* What was put has every signature; in a zone that is not signed, none. */
static void
check_signed(world_t *world, const signing_t *signing)
{
    device_place_t  place = world_place(world);

    if (signing == NULL || !world->outcome.put || world->len == 0) {
        return;
    }

    assert_false(device_sign_due(&place));

    if (world->signer != NULL) {
        signing_check(&world->key, place.bytes, signing, world->now);
        return;
    }

    place.signer = &signing->signer;
    assert_int_equal(device_sign_due(&place), world_rrsets(world) != 0);
}


/* As an operator would: one key, both, the other, or none. */
static void
roll_keys(world_t *world, signing_t *signing)
{
    uint32_t  first = roll(2);

    if (signing == NULL || roll(100) != 0) {
        return;
    }

    world->signer = roll(5) ? &signing->signer : NULL;
    signing->signer.nzsks = 1 + roll(2);
    signing->signer.zsks[0] = signing->keys[2 + first];
    signing->signer.zsks[1] = signing->keys[3 - first];
}


static void
step_sweep(world_t *world, model_t *model)
{
    bool            gone, expected;
    model_t         old;
    static world_t  before;

    before = *world;
    old = *model;
    expected = model_sweep(model, world->now, world->zone.reserve);

    assert_int_equal(world_sweep(world, &gone), DEVICE_OK);
    assert_int_equal(gone, expected);
    assert_int_equal(world->outcome.dns_changed,
                     changed(world, &before, &old, model));

    if (gone) {
        memset(model, 0, sizeof(*model));
        world->len = 0;
    }
}


/* What comes from elsewhere: another door, or the operator. */
static void
step_other(world_t *world, model_t *model)
{
    store_device_t  device;

    if (!model->there || model->rrsets[2].n > 0) {
        return;
    }

    world_write_door(world, slots[2].owner, 'D', STORE_DOOR_ACME_DNS,
                     world->now + 600);
    model->rrsets[2] = (model_rrset_t) { 1, 'D', 60, world->now + 600,
                                         STORE_DOOR_ACME_DNS, false };

    /* suspended for a while, in a value without RRsets */

    if (roll(4) == 0 || model->suspended) {
        memset(model->rrsets, 0, sizeof(model->rrsets));
        model->suspended = !model->suspended;

        device = world_device(world);
        device.state = model->suspended;
        world_store(world, &device, NULL, 0);
    }
}


static void
walk(int steps, signing_t *signing)
{
    int              step, times[DEVICE_REASONS] = { 0 };
    char             generation;
    model_t          model, old;
    world_t          world;
    static world_t   before;
    device_claim_t   claim;
    device_reason_t  reason, expected;

    static const device_reason_t  common[] = {
        DEVICE_OK, DEVICE_UNKNOWN_KEY, DEVICE_STALE_SIGNATURE,
        DEVICE_RE_ENROLL, DEVICE_TOO_MUCH, DEVICE_SUSPENDED,
        DEVICE_PROOF_REQUIRED, DEVICE_ENROLLED_ALREADY,
        DEVICE_TOO_MANY_ENROLLMENTS
    };

    world_init(&world);
    world.signer = (signing != NULL) ? &signing->signer : NULL;
    world.zone.max_rrsets = MAX_RRSETS;
    world.zone.max_rrs = MAX_RRS;
    world.zone.reserve = 20000;
    memset(&model, 0, sizeof(model));
    seed = 2463534242;

    for (step = 0; step < steps; step++) {
        world.now += roll(100) ? roll(400) : roll(60000);
        generation = (char) (1 + step % 120);
        old = model;
        before = world;
        roll_keys(&world, signing);

        switch (roll(10)) {

        case 0:
            step_sweep(&world, &model);
            check(&world, &model);
            check_signed(&world, signing);
            continue;

        case 1:
            step_other(&world, &model);
            continue;

        case 2:
        case 3:
            claim = random_claim(&model, (char) (generation + 1), world.now);
            reason = step_enroll(&world, &model, &claim, generation,
                                 &expected);
            break;

        default:
            claim = random_claim(&model, generation, world.now);
            reason = step_apply(&world, &model, &claim, &expected);
        }

        assert_int_equal(reason, expected);
        times[reason]++;

        if (reason != DEVICE_OK) {
            model = old;

        } else {
            assert_int_equal(world.outcome.dns_changed,
                             changed(&world, &before, &old, &model));
        }

        check(&world, &model);
        check_signed(&world, signing);
    }

    /* the walk came by everywhere */

    for (step = 0; step < (int) (sizeof(common) / sizeof(common[0])); step++) {
        assert_in_range(times[common[step]], steps / 1000, steps);
    }
}


static void
test_model(void **unused)
{
    (void) unused;

    walk(STEPS, NULL);
}


static void
test_signed(void **unused)
{
    signing_t  signing;

    (void) unused;

    signing_begin(&signing);
    walk(STEPS_SIGNED, &signing);
    signing_end(&signing);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_signed),
    };

    return cmocka_run_group_tests_name("device_model", tests, NULL, NULL);
}
