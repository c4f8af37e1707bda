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
 * Keys: who may enrol, rotate and sign in each state of a name, what that
 * leaves behind, and that a signature counts once.  What an update does to
 * records is device_update.c.
 */

#include "device_world.h"


#define LAST  (NOW - 50)      /* last_created of the active key */


typedef enum {
    NOTHING = 0, PENDING, ACTIVE, BOTH, PENDING_OVER, BOTH_OVER, TOMBSTONE,
    OTHER, STATIC, SUSPENDED, DAMAGED, STATES
} state_t;

typedef enum {
    ENROLL = 0, ENROLL_PROOF, ENROLL_NO_PROOF, ENROLL_BY_PENDING,
    ENROLL_EXPIRED, ROTATE, ROTATE_PENDING, PUT, PUT_PENDING, PATCH, DELETE,
    DELETE_PENDING, OPERATIONS
} operation_t;


static const char *const state_names[] = {
    "nothing", "pending", "active", "both", "pending over", "both, over",
    "tombstone", "another's", "static", "suspended", "damaged"
};

#define GO    DEVICE_OK
#define TAKE  DEVICE_LABEL_TAKEN
#define SUSP  DEVICE_SUSPENDED
#define DAMG  DEVICE_STORE_UNAVAILABLE
#define PROOF DEVICE_PROOF_REQUIRED
#define LIVE  DEVICE_ENROLLED_ALREADY
#define UNKN  DEVICE_UNKNOWN_KEY

static const device_reason_t reasons[STATES][OPERATIONS] = {
    /*  enroll: always proof no proof by pend. expired  rotate, pending
        PUT, pending, PATCH, DELETE, pending */
    [NOTHING] =      { GO, GO, GO, GO, GO, UNKN, UNKN,
                       UNKN, UNKN, UNKN, UNKN, UNKN },
    [PENDING] =      { GO, GO, GO, GO, GO, UNKN, UNKN,
                       UNKN, GO, UNKN, UNKN, GO },
    [ACTIVE] =       { GO, GO, PROOF, PROOF, LIVE, GO, UNKN,
                       GO, UNKN, GO, GO, UNKN },
    [BOTH] =         { GO, GO, PROOF, PROOF, LIVE, GO, UNKN,
                       GO, GO, GO, GO, GO },
    [PENDING_OVER] = { GO, GO, GO, GO, GO, UNKN, UNKN,
                       UNKN, UNKN, UNKN, UNKN, UNKN },
    [BOTH_OVER] =    { GO, GO, PROOF, PROOF, LIVE, GO, UNKN,
                       GO, UNKN, GO, GO, UNKN },
    [TOMBSTONE] =    { GO, GO, PROOF, PROOF, GO, GO, UNKN,
                       GO, UNKN, GO, GO, UNKN },
    [OTHER] =        { TAKE, TAKE, TAKE, TAKE, TAKE, GO, UNKN,
                       GO, GO, GO, GO, GO },
    [STATIC] =       { TAKE, TAKE, TAKE, TAKE, TAKE, UNKN, UNKN,
                       UNKN, UNKN, UNKN, UNKN, UNKN },
    [SUSPENDED] =    { SUSP, SUSP, SUSP, SUSP, SUSP, SUSP, SUSP,
                       SUSP, SUSP, SUSP, SUSP, SUSP },
    [DAMAGED] =      { DAMG, DAMG, DAMG, DAMG, DAMG, DAMG, DAMG,
                       DAMG, DAMG, DAMG, DAMG, DAMG }
};


static device_update_t  update;


static void
make_static(world_t *world)
{
    store_span_t    bytes;
    store_writer_t  writer;

    store_writer_static(&writer, world->value, sizeof(world->value));
    assert_true(store_writer_finish(&writer, world_key(world), &bytes));
    world->len = bytes.len;
}


static void
make_state(world_t *world, state_t state)
{
    store_device_t  device;

    world_init(world);
    memset(&update, 0, sizeof(update));

    if (state == NOTHING) {
        return;
    }

    if (state == STATIC) {
        make_static(world);
        return;
    }

    memset(&device, 0, sizeof(device));
    memset(device.identity, state == OTHER ? 'o' : IDENTITY,
           sizeof(device.identity));
    device.state = (state == SUSPENDED);
    device.enrolled = NOW - 5000;
    device.seen = NOW - 100;
    device.rekeyed = 4;

    if (state != PENDING && state != PENDING_OVER) {
        device.has_active = true;
        device.active = world_device_key('a');
        device.active.last_created = LAST;
        device.lease = 600;
        device.lease_end = state == TOMBSTONE ? 0 : NOW + 500;
    }

    if (state != ACTIVE && state != TOMBSTONE) {
        device.has_pending = true;
        device.pending = world_device_key('p');
        device.pending.expires = state == PENDING_OVER || state == BOTH_OVER
                                 ? NOW : NOW + 1;
    }

    world_store(world, &device, NULL, 0);

    if (state == DAMAGED) {
        world->value[20] ^= 1;
    }
}


static device_reason_t
operate(world_t *world, operation_t operation)
{
    device_claim_t       active, pending;
    device_enrollment_t  enrollment;

    active = world_claim('a', LAST + 1);
    pending = world_claim('p', 1);
    enrollment = world_enrollment('n');

    switch (operation) {

    case ENROLL:
        return world_enroll(world, &enrollment);

    case ENROLL_PROOF:
        enrollment.policy = DEVICE_REENROLL_PROOF;
        enrollment.claim = &active;
        return world_enroll(world, &enrollment);

    case ENROLL_NO_PROOF:
        enrollment.policy = DEVICE_REENROLL_PROOF;
        return world_enroll(world, &enrollment);

    case ENROLL_BY_PENDING:
        enrollment.policy = DEVICE_REENROLL_PROOF;
        enrollment.claim = &pending;
        return world_enroll(world, &enrollment);

    case ENROLL_EXPIRED:
        enrollment.policy = DEVICE_REENROLL_EXPIRED;
        return world_enroll(world, &enrollment);

    case ROTATE:
        return world_rotate(world, &active, &enrollment);

    case ROTATE_PENDING:
        return world_rotate(world, &pending, &enrollment);

    case PUT:
        return world_apply(world, &active, DEVICE_REPLACE, &update);

    case PUT_PENDING:
        return world_apply(world, &pending, DEVICE_REPLACE, &update);

    case PATCH:
        return world_apply(world, &active, DEVICE_MERGE, &update);

    case DELETE:
        return world_apply(world, &active, DEVICE_WITHDRAW, NULL);

    default:
        return world_apply(world, &pending, DEVICE_WITHDRAW, NULL);
    }
}


/* What must hold of the device after an operation that was accepted. */
static void
check_accepted(state_t state, operation_t operation,
    const store_device_t *before, const world_t *world)
{
    bool            enrolls, by_pending;
    store_device_t  device;

    device = world_device(world);
    enrolls = operation <= ROTATE_PENDING;
    by_pending = operation == PUT_PENDING || operation == DELETE_PENDING;

    assert_true(world->outcome.put);
    assert_false(world->outcome.dns_changed);
    assert_memory_equal(&device, &world->outcome.device, sizeof(device));

    assert_int_equal(device.seen, NOW);
    assert_int_equal(world->outcome.created, state == NOTHING);
    assert_int_equal(device.enrolled, state == NOTHING ? NOW : NOW - 5000);
    assert_int_equal(device.rekeyed,
                     state == NOTHING ? 0 : enrolls ? 5 : 4);

    if (enrolls) {
        assert_true(device.has_pending);
        assert_int_equal(device.pending.generation[0], 'n');
        assert_int_equal(device.pending.expires, NOW + 3600);
        assert_int_equal(device.pending.last_created, 0);
        assert_int_equal(device.epoch, operation == ROTATE ? 0 : 3);

        assert_int_equal(device.has_active, before->has_active);
        assert_int_equal(device.lease_end, before->lease_end);
        assert_memory_equal(device.active.generation,
                            before->active.generation,
                            STORE_GENERATION_LEN);
        assert_int_equal(device.active.last_created,
                         before->active.last_created
                         + (before->has_active && (operation == ROTATE
                            || operation == ENROLL_PROOF)));

    } else {
        assert_true(device.has_active);
        assert_int_equal(device.active.generation[0], by_pending ? 'p' : 'a');
        assert_int_equal(device.active.last_created,
                         by_pending ? 1 : LAST + 1);
        assert_int_equal(device.active.expires, 0);
        assert_int_equal(device.has_pending,
                         by_pending ? false : before->has_pending);
    }
}


static void
test_states(void **unused)
{
    state_t           state;
    world_t           world;
    operation_t       operation;
    store_device_t    before;
    device_reason_t   reason;

    (void) unused;

    for (state = NOTHING; state < STATES; state++) {
        for (operation = ENROLL; operation < OPERATIONS; operation++) {

            make_state(&world, state);

            memset(&before, 0, sizeof(before));
            if (state != NOTHING && state != STATIC && state != DAMAGED) {
                before = world_device(&world);
            }

            reason = operate(&world, operation);

            if (reason != reasons[state][operation]) {
                fail_msg("%s, operation %d: reason %d, not %d",
                         state_names[state], operation, reason,
                         reasons[state][operation]);
            }

            if (reason == DEVICE_OK) {
                check_accepted(state, operation, &before, &world);

            } else {
                assert_int_equal(world.error.reason, reason);
                assert_int_not_equal(world.error.detail[0], 0);
            }
        }
    }
}


static void
test_replay(void **unused)
{
    size_t               i;
    world_t              world;
    store_device_t       device;
    device_claim_t       claim;
    device_enrollment_t  enrollment;

    static const struct {
        int64_t          last, created, held_wall;
        device_reason_t  reason;
    } cases[] = {
        { NOW,       NOW + 1,   0, DEVICE_OK },
        { NOW,       NOW,       0, DEVICE_STALE_SIGNATURE },
        { NOW,       NOW - 1,   0, DEVICE_STALE_SIGNATURE },
        { 0,         1,         0, DEVICE_OK },
        { 0,         0,         0, DEVICE_STALE_SIGNATURE },
        { 0,         -5,        0, DEVICE_STALE_SIGNATURE },
        { NOW + 60,  NOW + 60,  0, DEVICE_STALE_SIGNATURE },
        { NOW + 61,  NOW + 60,  0, DEVICE_RE_ENROLL },
        { NOW + 61,  NOW + 62,  0, DEVICE_OK },
        { NOW + 9000, NOW,      NOW + 8940, DEVICE_STALE_SIGNATURE },
        { NOW + 9001, NOW,      NOW + 8940, DEVICE_RE_ENROLL },
        { NOW + 9001, NOW,      NOW - 9000, DEVICE_RE_ENROLL },
        { NOW + 60,  NOW,       NOW - 9000, DEVICE_STALE_SIGNATURE },
    };

    (void) unused;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_state(&world, ACTIVE);
        device = world_device(&world);
        device.active.last_created = cases[i].last;
        world_store(&world, &device, NULL, 0);

        claim = world_claim('a', cases[i].created);
        claim.held_wall = cases[i].held_wall;
        enrollment = world_enrollment('n');

        assert_int_equal(world_rotate(&world, &claim, &enrollment),
                         cases[i].reason);
        assert_int_equal(world.outcome.last_created,
                         cases[i].reason == DEVICE_OK ? 0 : cases[i].last);

        world_store(&world, &device, NULL, 0);
        enrollment.policy = DEVICE_REENROLL_PROOF;
        enrollment.claim = &claim;
        assert_int_equal(world_enroll(&world, &enrollment), cases[i].reason);

        world_store(&world, &device, NULL, 0);
        assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                         cases[i].reason);

        if (cases[i].reason == DEVICE_OK) {
            assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE,
                                         &update),
                             cases[i].created > NOW + 60
                             ? DEVICE_RE_ENROLL : DEVICE_STALE_SIGNATURE);
            assert_int_equal(world.outcome.last_created, cases[i].created);
        }
    }
}


/* The replies to two enrolments are lost; the third key arrives.  All the
 * while the key in use goes on working, and dies by the new one's first use. */
static void
test_lost_replies(void **unused)
{
    world_t              world;
    device_claim_t       claim;
    device_enrollment_t  enrollment;

    (void) unused;

    make_state(&world, NOTHING);

    enrollment = world_enrollment('1');
    enrollment.policy = DEVICE_REENROLL_PROOF;
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);
    assert_true(world.outcome.created);

    enrollment.key = world_device_key('2');
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);
    assert_false(world.outcome.created);

    claim = world_claim('1', NOW);
    assert_int_equal(world_apply(&world, &claim, DEVICE_REPLACE, &update),
                     DEVICE_UNKNOWN_KEY);

    claim = world_claim('2', NOW);
    assert_int_equal(world_apply(&world, &claim, DEVICE_REPLACE, &update),
                     DEVICE_OK);

    enrollment.policy = DEVICE_REENROLL_ALWAYS;
    enrollment.key = world_device_key('3');
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);

    claim = world_claim('2', NOW + 1);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);

    /* a key's created counts by itself: this one is below the other's */

    claim = world_claim('3', NOW - 10);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_OK);

    claim = world_claim('2', NOW + 2);
    assert_int_equal(world_apply(&world, &claim, DEVICE_MERGE, &update),
                     DEVICE_UNKNOWN_KEY);
    assert_int_equal(world_device(&world).rekeyed, 2);
}


static void
test_limit(void **unused)
{
    size_t               i;
    world_t              world;
    device_enrollment_t  enrollment;

    /* burst 3, one in 100 s: at which second, and when to come again */
    static const struct {
        int64_t  at, retry_after;
    } cases[] = {
        { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 100 }, { 99, 1 }, { 100, 0 },
        { 100, 100 }, { 250, 0 }, { 250, 50 }, { 300, 0 }, { 2000, 0 },
        { 2000, 0 }, { 2000, 0 }, { 2000, 100 },
        { -50000, 100 }             /* the clock was set back: cut */
    };

    (void) unused;

    make_state(&world, NOTHING);
    enrollment = world_enrollment('n');
    enrollment.limit_interval = 100;
    enrollment.limit_burst = 3;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world.now = NOW + cases[i].at;

        assert_int_equal(world_enroll(&world, &enrollment),
                         cases[i].retry_after == 0
                         ? DEVICE_OK : DEVICE_TOO_MANY_ENROLLMENTS);
        assert_int_equal(world.outcome.retry_after, cases[i].retry_after);
    }

    /* the largest numbers overflow nothing */

    enrollment.limit_interval = UINT32_MAX;
    enrollment.limit_burst = UINT32_MAX;
    enrollment.pending_lifetime = UINT32_MAX;
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);
    assert_int_equal(world_device(&world).enroll_limit, UINT32_MAX);
    assert_int_equal(world_device(&world).pending.expires, UINT32_MAX);

    /* a rotation counts, and a burst of 0 is one of 1 */

    make_state(&world, ACTIVE);
    enrollment = world_enrollment('n');
    enrollment.limit_interval = 100;

    assert_int_equal(operate(&world, ROTATE), DEVICE_OK);
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);
    assert_int_equal(world_enroll(&world, &enrollment),
                     DEVICE_TOO_MANY_ENROLLMENTS);
}


static void
test_details(void **unused)
{
    world_t         world;
    store_device_t  device;

    (void) unused;

    make_state(&world, ACTIVE);
    assert_int_equal(operate(&world, ENROLL_EXPIRED), LIVE);
    assert_int_equal(world.outcome.retry_after, 500);

    /* the counter stays at its end */

    device = world_device(&world);
    device.rekeyed = UINT16_MAX;
    world_store(&world, &device, NULL, 0);
    assert_int_equal(operate(&world, ENROLL), DEVICE_OK);
    assert_int_equal(world_device(&world).rekeyed, UINT16_MAX);
}


static void
test_find(void **unused)
{
    size_t                     i;
    uint8_t                    tag[4];
    world_t                    world;
    store_device_t             device;
    const store_device_key_t  *key;

    static const struct {
        state_t  state;
        char     generation, found;
    } cases[] = {
        { ACTIVE, 'a', 'a' }, { ACTIVE, 'p', 0 }, { BOTH, 'a', 'a' },
        { BOTH, 'p', 'p' }, { BOTH, 'x', 0 }, { PENDING, 'p', 'p' },
        { PENDING, 'a', 0 }, { PENDING_OVER, 'p', 0 },
        { BOTH_OVER, 'p', 0 }, { BOTH_OVER, 'a', 'a' }
    };

    (void) unused;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_state(&world, cases[i].state);
        device = world_device(&world);

        assert_true(device_generation_tag(tag,
                        world_device_key(cases[i].generation).generation));

        key = device_key_find(&device, tag, NOW);
        assert_int_equal(key != NULL ? key->generation[0] : 0,
                         cases[i].found);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_lost_replies),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_details),
        cmocka_unit_test(test_find),
    };

    return cmocka_run_group_tests_name("device_transaction", tests, NULL,
                                       NULL);
}
