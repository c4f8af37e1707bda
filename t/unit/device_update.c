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
 * Records: doors, leases, addresses and limits of an update, and whether it
 * changes what DNS shows.
 */

#include "device_world.h"


static device_update_t  update;
static int64_t          created;


static void
begin(world_t *world)
{
    world_init_device(world);
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


/* Two targets of one RRset, of which one or the other lies below the FQDN. */
static void
test_spliced(void **unused)
{
    int         i, j;
    world_t     world;
    uint8_t    *at, rrs[2][32];
    store_rr_t  rr;

    static const struct {
        const char  *rdata;
        int          splice;
    } cases[2][2] = {
        { { "x", 1 }, { "y", -1 } },
        { { "x", -1 }, { "y", 1 } }
    };

    (void) unused;

    begin(&world);

    for (i = 0; i < 2; i++) {
        at = rrs[i];

        for (j = 0; j < 2; j++) {
            rr.data = (const uint8_t *) cases[i][j].rdata;
            rr.len = 1;
            rr.splice = cases[i][j].splice;
            assert_true(store_rr_write(&at, rrs[i] + 32, &rr));
        }

        world_wish(&update, XMPP, TYPE_SRV, 'x', 2, 0)->rrset.rrs =
            (store_span_t) { rrs[i], (size_t) (at - rrs[i]) };
        assert_true(apply(&world, DEVICE_REPLACE));
    }
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

    for (n = STORE_VALUE_MAX - 2; n > 0; n--) {
        rrs[0] = (uint8_t) (n >> 8);
        rrs[1] = (uint8_t) n;
        text = (store_span_t) { rrs, n + 2 };

        wish = world_wish(&update, HOST, TYPE_TXT, 'h', 1, 0);
        wish->rrset.rrs = text;

        if (try(&world, DEVICE_REPLACE) == DEVICE_OK) {
            break;
        }
    }

    assert_int_equal(world.len, STORE_VALUE_MAX - 128);

    enrollment = world_enrollment('n');
    enrollment.key.algorithm = STORE_ECDSA_P256_SHA256;
    enrollment.key.secret = 0;
    enrollment.key.public_key_len = 64;
    assert_int_equal(world_enroll(&world, &enrollment), DEVICE_OK);
}


/* The same registration, however it was built up, is the same value. */
static void
test_order(void **unused)
{
    size_t              n = 0;
    world_t             world;
    store_value_t       value;
    store_rrset_t       rrset;
    store_rrset_iter_t  iter;
    store_span_t        key, bytes;

    (void) unused;

    begin(&world);
    key = (store_span_t) { world.key.data, world.key.len };

    for (int round = 0; round < 2; round++) {
        world_wish(&update, XMPP, TYPE_SRV, 'x', 1, 0);
        world_wish(&update, HOST, TYPE_TXT, 't', 1, 0);
        set_address(&update.ipv4, 4, 7);
        apply(&world, DEVICE_REPLACE);
    }

    bytes = (store_span_t) { world.value, world.len };
    assert_true(store_value_open(&value, key, bytes));

    const uint16_t  types[] = { TYPE_A, TYPE_TXT, TYPE_SRV };

    for (store_rrset_begin(&iter, &value); store_rrset_next(&iter, &rrset);
         n++)
    {
        assert_true(n < 3);
        assert_int_equal(rrset.type, types[n]);
    }

    assert_int_equal(n, 3);
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
        cmocka_unit_test(test_spliced),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_room_for_a_key),
    };

    return cmocka_run_group_tests_name("device_update", tests, NULL, NULL);
}
