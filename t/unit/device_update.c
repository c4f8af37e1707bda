/* units: store/store_key.c store/store_value.c store/store_writer.c
   store/crc32c.c ngx_srv_registrar_module/device_draft.c
   ngx_srv_registrar_module/device_claim.c
   ngx_srv_registrar_module/device_enrollment.c
   ngx_srv_registrar_module/device_apply.c
   ngx_srv_registrar_module/device_sweep.c
   ngx_srv_registrar_module/device_reason.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_rdata.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_address.c */

/*
 * Records: doors, leases, addresses and limits of an update, whether it
 * changes what DNS shows, and the sweep.
 */

#include "device_world.h"


static device_update_t  update;
static int64_t          created;


/* A device with a key in use, and no records. */
static void
begin(world_t *world)
{
    store_device_t  device;

    world_init(world);

    memset(&device, 0, sizeof(device));
    memset(device.identity, IDENTITY, sizeof(device.identity));
    device.seen = NOW;
    device.has_active = true;
    device.active = world_device_key('a');

    world_store(world, &device, NULL, 0);

    memset(&update, 0, sizeof(update));
    created = 1;
}


static device_reason_t
try(world_t *world, device_method_t method)
{
    device_claim_t   claim;
    device_reason_t  reason;

    claim = world_claim('a', created++);
    reason = world_apply(world, &claim, method,
                         method == DEVICE_WITHDRAW ? NULL : &update);

    memset(&update, 0, sizeof(update));

    return reason;
}


/* Applies the update; returns whether it changes what DNS shows. */
static bool
apply(world_t *world, device_method_t method)
{
    assert_int_equal(try(world, method), DEVICE_OK);
    assert_true(world->outcome.put);

    return world->outcome.dns_changed;
}


static int64_t
expires(const world_t *world, store_span_t owner, uint16_t type)
{
    store_rrset_t  rrset;

    return world_rrset(world, owner, type, &rrset) ? rrset.expires : -1;
}


static void
set_address(device_address_wish_t *wish, uint8_t family, uint8_t last)
{
    memset(wish, 0, sizeof(*wish));
    wish->mode = DEVICE_ADDRESS_SET;
    wish->address.family = family;
    wish->address.bytes[0] = 203;
    wish->address.bytes[family == 4 ? 3 : 15] = last;
}


static void
test_put(void **unused)
{
    world_t        world;
    store_rrset_t  rrset;

    (void) unused;

    begin(&world);
    world_wish(&update, XMPP, TYPE_SRV, 'x', 2, 0);
    world_wish(&update, CHALLENGE, TYPE_TXT, 'c', 1, 0)->lease = 600;
    set_address(&update.ipv4, 4, 7);
    update.lease = 1000;
    assert_true(apply(&world, DEVICE_REPLACE));

    assert_int_equal(world_rrsets(&world), 3);
    assert_int_equal(world.outcome.device.lease, 1000);
    assert_int_equal(world.outcome.device.lease_end, NOW + 1000);

    assert_true(world_rrset(&world, XMPP, TYPE_SRV, &rrset));
    assert_int_equal(rrset.expires, NOW + 1000);
    assert_int_equal(rrset.door, STORE_DOOR_RECORDS);
    assert_int_equal(rrset.count, 2);
    assert_false(rrset.own_lease);

    assert_true(world_rrset(&world, CHALLENGE, TYPE_TXT, &rrset));
    assert_int_equal(rrset.expires, NOW + 600);
    assert_true(rrset.own_lease);

    assert_true(world_rrset(&world, SELF, TYPE_A, &rrset));
    assert_int_equal(rrset.expires, NOW + 1000);
    assert_int_equal(rrset.door, STORE_DOOR_ADDRESS);
    assert_int_equal(rrset.ttl, 60);
    assert_memory_equal(rrset.rrs.data, "\0\4\313\0\0\7", rrset.rrs.len);

    /* the whole registration: what is not in it goes, the address is kept */

    world_wish(&update, HOST, TYPE_TXT, 'h', 1, 0);
    assert_true(apply(&world, DEVICE_REPLACE));
    assert_int_equal(world_rrsets(&world), 2);
    assert_int_equal(expires(&world, HOST, TYPE_TXT), NOW + 1000);
    assert_int_equal(expires(&world, SELF, TYPE_A), NOW + 1000);
}


static void
test_patch(void **unused)
{
    world_t  world;

    (void) unused;

    begin(&world);
    world_wish(&update, XMPP, TYPE_SRV, 'x', 1, 0);
    world_wish(&update, HOST, TYPE_TXT, 'h', 1, 0);
    world_wish(&update, CHALLENGE, TYPE_TXT, 'c', 1, 0)->lease = 600;
    apply(&world, DEVICE_REPLACE);

    /* {} renews what has no lease of its own, and changes nothing */

    world.now += 100;
    assert_false(apply(&world, DEVICE_MERGE));
    assert_int_equal(expires(&world, XMPP, TYPE_SRV), NOW + 7300);
    assert_int_equal(expires(&world, CHALLENGE, TYPE_TXT), NOW + 600);
    assert_int_equal(world.outcome.device.lease_end, NOW + 7300);

    /* one replaced, one removed, one that is absent removed */

    world_wish(&update, XMPP, TYPE_SRV, 'y', 2, 0);
    world_wish(&update, HOST, TYPE_TXT, 0, 0, 0);
    world_wish(&update, HOST, TYPE_SRV, 0, 0, 0);
    assert_true(apply(&world, DEVICE_MERGE));
    assert_int_equal(world_rrsets(&world), 2);
    assert_int_equal(expires(&world, HOST, TYPE_TXT), -1);

    /* a lease of its own is renewed by a write alone, and may be lost so */

    world_wish(&update, CHALLENGE, TYPE_TXT, 'c', 1, 0);
    assert_false(apply(&world, DEVICE_MERGE));
    assert_int_equal(expires(&world, CHALLENGE, TYPE_TXT), NOW + 7300);
}


static void
test_leases(void **unused)
{
    world_t  world;

    (void) unused;

    /* the zone's default, then as before, then as stated */

    begin(&world);
    apply(&world, DEVICE_MERGE);
    assert_int_equal(world_device(&world).lease, 7200);

    update.lease = 500;
    apply(&world, DEVICE_MERGE);
    apply(&world, DEVICE_REPLACE);
    assert_int_equal(world_device(&world).lease, 500);
    assert_int_equal(world_device(&world).lease_end, NOW + 500);

    /* the one before is cut to the bounds of today */

    world.zone.lease_max = 300;
    apply(&world, DEVICE_MERGE);
    assert_int_equal(world_device(&world).lease, 300);

    world.zone.lease_min = 400;
    world.zone.lease_max = 900;
    apply(&world, DEVICE_MERGE);
    assert_int_equal(world_device(&world).lease, 400);

    /* withdrawn: no lease, but the wish for one is remembered */

    world_wish(&update, XMPP, TYPE_SRV, 'x', 1, 0);
    apply(&world, DEVICE_REPLACE);
    assert_true(apply(&world, DEVICE_WITHDRAW));
    assert_int_equal(world_device(&world).lease_end, 0);
    assert_int_equal(world_rrsets(&world), 0);
    assert_int_equal(world_device(&world).active.last_created, created - 1);

    assert_false(apply(&world, DEVICE_WITHDRAW));
    assert_false(apply(&world, DEVICE_MERGE));
    assert_int_equal(world_device(&world).lease, 400);
}


static void
test_doors(void **unused)
{
    world_t        world;
    store_rrset_t  rrset;

    (void) unused;

    begin(&world);
    world_write_door(&world, CHALLENGE, 'D', STORE_DOOR_ACME_DNS,
                     NOW + 50);
    world_write_door(&world, HOST, 'Y', STORE_DOOR_DYNDNS2, NOW + 60);
    world_wish(&update, XMPP, TYPE_SRV, 'x', 1, 0);
    apply(&world, DEVICE_REPLACE);

    assert_int_equal(world_rrsets(&world), 3);
    assert_int_equal(expires(&world, CHALLENGE, TYPE_TXT), NOW + 50);
    apply(&world, DEVICE_MERGE);
    assert_int_equal(expires(&world, HOST, TYPE_TXT), NOW + 60);

    /* who names it takes it over */

    world_wish(&update, CHALLENGE, TYPE_TXT, 'D', 1, 0);
    assert_false(apply(&world, DEVICE_MERGE));
    assert_true(world_rrset(&world, CHALLENGE, TYPE_TXT, &rrset));
    assert_int_equal(rrset.door, STORE_DOOR_RECORDS);
    assert_int_equal(rrset.expires, NOW + 7200);

    apply(&world, DEVICE_REPLACE);
    assert_int_equal(world_rrsets(&world), 1);
    apply(&world, DEVICE_WITHDRAW);
    assert_int_equal(world_rrsets(&world), 0);
}


static void
test_addresses(void **unused)
{
    world_t  world;

    (void) unused;

    begin(&world);
    set_address(&update.ipv4, 4, 1);
    set_address(&update.ipv6, 6, 1);
    update.lease = 100;
    assert_true(apply(&world, DEVICE_REPLACE));
    assert_int_equal(world_rrsets(&world), 2);

    /* each family has its own expiry; a kept one keeps it */

    world.now += 50;
    set_address(&update.ipv4, 4, 1);
    update.ipv6.mode = DEVICE_ADDRESS_KEEP;
    assert_false(apply(&world, DEVICE_MERGE));
    assert_int_equal(expires(&world, SELF, TYPE_A), NOW + 150);
    assert_int_equal(expires(&world, SELF, TYPE_AAAA), NOW + 100);

    set_address(&update.ipv6, 6, 2);
    assert_true(apply(&world, DEVICE_REPLACE));
    assert_int_equal(expires(&world, SELF, TYPE_AAAA), NOW + 150);

    update.ipv4.mode = DEVICE_ADDRESS_NONE;
    assert_true(apply(&world, DEVICE_MERGE));
    assert_int_equal(expires(&world, SELF, TYPE_A), -1);

    update.ipv4.mode = DEVICE_ADDRESS_NONE;
    assert_false(apply(&world, DEVICE_MERGE));

    /* a stale one goes, whatever is said about the rest */

    world.now = NOW + 150;
    assert_true(apply(&world, DEVICE_MERGE));
    assert_int_equal(world_rrsets(&world), 0);
}


static void
test_dns_changed(void **unused)
{
    world_t        world;
    device_wish_t *wish;

    (void) unused;

    begin(&world);
    world_wish(&update, XMPP, TYPE_SRV, 'x', 3, 0);
    assert_true(apply(&world, DEVICE_REPLACE));

    world_wish(&update, XMPP, TYPE_SRV, 'x', 3, 0);
    assert_false(apply(&world, DEVICE_REPLACE));

    /* the order of RRs means nothing; their number and contents do */

    world_wish(&update, XMPP, TYPE_SRV, 'x', 3, 1);
    assert_false(apply(&world, DEVICE_REPLACE));
    world_wish(&update, XMPP, TYPE_SRV, 'y', 3, 0);
    assert_true(apply(&world, DEVICE_REPLACE));
    world_wish(&update, XMPP, TYPE_SRV, 'y', 2, 0);
    assert_true(apply(&world, DEVICE_REPLACE));

    wish = world_wish(&update, XMPP, TYPE_SRV, 'y', 2, 0);
    wish->rrset.ttl = 61;
    assert_true(apply(&world, DEVICE_REPLACE));

    /* the same under another type, and under another name */

    wish = world_wish(&update, XMPP, TYPE_TXT, 'y', 2, 0);
    wish->rrset.ttl = 61;
    assert_true(apply(&world, DEVICE_REPLACE));
    wish = world_wish(&update, HOST, TYPE_TXT, 'y', 2, 0);
    wish->rrset.ttl = 61;
    assert_true(apply(&world, DEVICE_REPLACE));

    /* expired and written again: DNS did not show it before */

    world.now += 7200;
    wish = world_wish(&update, HOST, TYPE_TXT, 'y', 2, 0);
    wish->rrset.ttl = 61;
    assert_true(apply(&world, DEVICE_MERGE));

    /* a refresh that comes too late brings nothing back */

    world.now += 7200;
    assert_true(apply(&world, DEVICE_MERGE));
    assert_int_equal(world_rrsets(&world), 0);
    assert_false(apply(&world, DEVICE_MERGE));
}


static void
test_limits(void **unused)
{
    size_t   i, len;
    world_t  world;
    uint8_t  before[STORE_VALUE_MAX];

    static const struct {
        uint16_t     rrsets, rrs, bytes;
        const char  *names;          /* what the refusal does */
    } cases[] = {
        { 2, 3, 200,  NULL },
        { 1, 3, 200,  "2 RRsets" },
        { 2, 2, 200,  "3 RRs of type SRV at _xmpp-server._tcp" },
        { 2, 3, 120,  "120 bytes" },
        { 0, 0, 0,    "RRsets" }
    };

    (void) unused;

    begin(&world);
    world_wish(&update, HOST, TYPE_TXT, 'h', 1, 0);
    apply(&world, DEVICE_REPLACE);
    len = world.len;
    memcpy(before, world.value, len);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(world.value, before, len);
        world.len = len;
        world.zone.max_rrsets = cases[i].rrsets;
        world.zone.max_rrs = cases[i].rrs;
        world.zone.max_bytes = cases[i].bytes;

        world_wish(&update, XMPP, TYPE_SRV, 'x', 3, 0);

        if (cases[i].names == NULL) {
            assert_true(apply(&world, DEVICE_MERGE));
            continue;
        }

        assert_int_equal(try(&world, DEVICE_MERGE), DEVICE_TOO_MUCH);
        assert_non_null(strstr(world.error.detail, cases[i].names));
        assert_memory_equal(world.value, before, len);
    }

    /* the way out is open */

    assert_true(apply(&world, DEVICE_WITHDRAW));
}


/* A registration as large as the zone allows leaves room for a key. */
static void
test_room_for_a_key(void **unused)
{
    size_t               n;
    world_t              world;
    device_wish_t       *wish;
    store_span_t         text;
    device_enrollment_t  enrollment;

    static uint8_t  rrs[STORE_VALUE_MAX];

    (void) unused;

    begin(&world);
    world.zone.max_bytes = STORE_VALUE_MAX;

    for (n = STORE_VALUE_MAX - 200; n > 0; n--) {
        rrs[0] = (uint8_t) (n >> 8);
        rrs[1] = (uint8_t) n;
        text = (store_span_t) { rrs, n + 2 };

        wish = world_wish(&update, HOST, TYPE_TXT, 'h', 1, 0);
        wish->rrset.rrs = text;

        if (try(&world, DEVICE_REPLACE) == DEVICE_OK) {
            break;
        }
    }

    assert_in_range(world.len, STORE_VALUE_MAX - 128, STORE_VALUE_MAX - 1);

    enrollment = world_enrollment('n');
    enrollment.key.algorithm = STORE_ECDSA_P256_SHA256;
    enrollment.key.secret = 0;
    enrollment.key.public_key_len = 64;
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);
}


static void
test_sweep(void **unused)
{
    bool            gone;
    world_t         world;
    store_device_t  device;

    (void) unused;

    begin(&world);
    world_wish(&update, XMPP, TYPE_SRV, 'x', 1, 0);
    world_wish(&update, HOST, TYPE_TXT, 'h', 1, 0)->lease = 100;
    update.lease = 1000;
    apply(&world, DEVICE_REPLACE);

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
        begin(&world);
        world.zone.reserve = 1000;

        device = world_device(&world);
        device.state = cases[i].state;
        device.seen = cases[i].seen;
        device.lease_end = cases[i].lease_end;
        device.has_pending = cases[i].pending != 0;
        device.pending = world_device_key('p');
        device.pending.expires = cases[i].pending;

        world_wish(&update, HOST, TYPE_TXT, 'h', 1, 0);
        rrset = update.wishes[0].rrset;
        rrset.expires = cases[i].rrset;
        world_store(&world, &device, &rrset, cases[i].rrset != 0);

        assert_int_equal(world_sweep(&world, &gone), DEVICE_OK);
        assert_int_equal(gone, cases[i].gone);
        assert_int_equal(world.outcome.dns_changed, cases[i].dns_changed);
        assert_false(gone && world.outcome.put);
    }

    begin(&world);
    world.value[30] ^= 1;
    assert_int_equal(world_sweep(&world, &gone), DEVICE_STORE_UNAVAILABLE);
    assert_false(gone);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_patch),
        cmocka_unit_test(test_leases),
        cmocka_unit_test(test_doors),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_dns_changed),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_room_for_a_key),
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests_name("device_update", tests, NULL, NULL);
}
