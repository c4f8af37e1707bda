/* units: store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/crc32c.c ngx_srv_registrar_module/device_json.c
   ngx_srv_registrar_module/device_json_rrset.c
   ngx_srv_registrar_module/device_reply.c
   ngx_srv_registrar_module/device_reply_records.c
   ngx_srv_registrar_module/device_change.c
   ngx_srv_registrar_module/device_reason.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_rdata.c
   ngx_srv_registrar_module/device_rdata_target.c
   ngx_srv_registrar_module/device_rdata_plain.c
   ngx_srv_registrar_module/device_rdata_write.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_address.c */

/* Replies: each text as it goes out, members and their order included. */

#include "device_world.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>

#include "device_reply.h"


#define A45   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FQDN  "2247eae3630b46565dc68ad351991292.devices.example"


static const device_address_t  ipv4 = { 4, { 203, 0, 113, 7 } };
static const device_address_t  ipv6 = { 6, { 0x20, 1, 0xd, 0xb8, [15] = 9 } };

static device_update_t  update;


static void
check_text(char *text, const char *expected)
{
    char    *again;
    json_t  *json;

    assert_non_null(text);

    if (expected != NULL) {
        assert_string_equal(text, expected);
    }

    /* jansson reads it, and writes it as we did */

    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    again = json_dumps(json, JSON_COMPACT);
    assert_non_null(again);
    assert_string_equal(text, again);
    free(again);
    json_decref(json);

    device_reply_free(text);
}


static void
test_enroll(void **unused)
{
    uint8_t                hmac_key[DEVICE_KEY_LEN];
    world_t                world;
    store_device_key_t     key;
    device_enroll_reply_t  reply;

    (void) unused;

    world_init(&world);
    world.zone.services[0] = XMPP;
    world.zone.services[1] = SPAN("\5_http\4_tcp");
    world.zone.nservices = 2;

    memset(hmac_key, 0xfb, sizeof(hmac_key));
    key = world_device_key('a');
    key.expires = NOW + 3600;

    memset(&reply, 0, sizeof(reply));
    reply.zone = &world.zone;
    reply.fqdn = FQDN;
    reply.key = &key;
    reply.hmac_key = hmac_key;
    reply.records_url = "https://registrar.example.net/v1/records";
    reply.observed = &ipv4;
    reply.now = NOW;

    /* the tag: printf a%.0s {1..16} | sha256sum */

    check_text(device_reply_enroll(&reply),
        "{\"fqdn\":\"" FQDN "\",\"keyid\":\"" FQDN "/0c0beace\","
        "\"algorithm\":\"hmac-sha256\",\"key\":{\"kty\":\"oct\","
        "\"alg\":\"HS256\","
        "\"k\":\"-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s\"},"
        "\"key_expires_at\":1800003600,"
        "\"records_url\":\"https://registrar.example.net/v1/records\","
        "\"lease\":{\"min\":30,\"default\":7200,\"max\":86400},"
        "\"services\":[\"_xmpp-server._tcp\",\"_http._tcp\"],"
        "\"observed_address\":\"203.0.113.7\",\"server_time\":1800000000}");

    /* the device's own key; any service; all that may be left out */

    key.algorithm = STORE_ED25519;
    key.expires = 0;
    world.zone.nservices = 0;
    reply.hmac_key = NULL;
    reply.records_url = NULL;
    reply.observed = NULL;

    check_text(device_reply_enroll(&reply),
        "{\"fqdn\":\"" FQDN "\",\"keyid\":\"" FQDN "/0c0beace\","
        "\"algorithm\":\"ed25519\","
        "\"lease\":{\"min\":30,\"default\":7200,\"max\":86400},"
        "\"server_time\":1800000000}");

    key.algorithm = 77;
    assert_null(device_reply_enroll(&reply));
}


static void
test_problem(void **unused)
{
    size_t            i;
    char              expected[512];
    device_problem_t  problem;

    static const struct {
        const char  *detail;
        const char  *json;
    } cases[] = {
        { "plain", "plain" },
        { "\"quoted\" \\ \n \x01", "\\\"quoted\\\" \\\\ \\n \\u0001" },
        { "h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
          "h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80" },
        { "\x80", "\xEF\xBF\xBD" },
        { "a\xFF\xFE" "b", "a\xEF\xBF\xBD\xEF\xBF\xBD" "b" },
        /* overlong, surrogate, above U+10FFFF, cut short */
        { "\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\xE0\x80\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\xF4\x90\x80\x80",
          "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "x\xE2\x82", "x\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\xF0\x9F\x98" "!", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD!" },
        { "\xED\x9F\xBF\xEE\x80\x80", "\xED\x9F\xBF\xEE\x80\x80" }
    };

    (void) unused;

    memset(&problem, 0, sizeof(problem));
    problem.type = "stale-signature";
    problem.status = 401;
    problem.title = "The signature is not newer than the last one";
    problem.last_created = -1;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        problem.detail = cases[i].detail;

        snprintf(expected, sizeof(expected),
                 "{\"type\":\"urn:srv-registrar:problem:stale-signature\","
                 "\"title\":\"The signature is not newer than the last one\","
                 "\"status\":401,\"detail\":\"%s\"}", cases[i].json);

        check_text(device_reply_problem(&problem), expected);
    }

    problem.detail = "";
    problem.member = "services[1].p\xFFrt";
    problem.observed = &ipv6;
    problem.server_time = NOW;
    problem.last_created = 0;

    check_text(device_reply_problem(&problem),
        "{\"type\":\"urn:srv-registrar:problem:stale-signature\","
        "\"title\":\"The signature is not newer than the last one\","
        "\"status\":401,\"member\":\"services[1].p\xEF\xBF\xBDrt\","
        "\"observed_address\":\"2001:db8::9\",\"server_time\":1800000000,"
        "\"last_created\":0}");

    device_reply_free(NULL);
}


/* Each byte beside each other one, in a text that grows. */
static void
test_bytes(void **unused)
{
    char              detail[2 * 255 * 16 + 1];
    unsigned          one, other, len;
    device_problem_t  problem;

    (void) unused;

    memset(&problem, 0, sizeof(problem));
    problem.type = "internal";
    problem.title = "";
    problem.detail = detail;
    problem.status = INT_MIN;
    problem.server_time = INT64_MIN;
    problem.last_created = INT64_MAX;

    for (one = 1; one < 256; one += 16) {
        len = 0;

        for (other = 1; other < 16 * 255; other++) {
            detail[len++] = (char) (one + other / 255);
            detail[len++] = (char) (1 + other % 255);
        }

        detail[len] = '\0';
        check_text(device_reply_problem(&problem), NULL);
    }
}


/* An RRset of one RR, its RDATA given. */
static void
add_rrset(device_update_t *records, store_span_t owner, uint16_t type,
    store_span_t rdata, int splice, uint8_t door, int64_t expires)
{
    uint8_t        *at, *start;
    store_rr_t      rr;
    store_rrset_t  *rrset;

    start = records->rrs + records->nwishes * 64;
    rrset = &records->wishes[records->nwishes++].rrset;
    at = start;

    rr.data = rdata.data;
    rr.len = (uint16_t) rdata.len;
    rr.splice = splice;
    assert_true(store_rr_write(&at, start + 64, &rr));

    memset(rrset, 0, sizeof(*rrset));
    rrset->owner = owner;
    rrset->type = type;
    rrset->ttl = 60;
    rrset->door = door;
    rrset->expires = expires;
    rrset->count = 1;
    rrset->rrs = (store_span_t) { start, (size_t) (at - start) };
}


static void
store_records(world_t *world, int64_t lease_end)
{
    size_t          i;
    store_rrset_t   rrsets[8];
    store_device_t  device;

    memset(&device, 0, sizeof(device));
    device.lease = 7200;
    device.lease_end = lease_end;

    for (i = 0; i < update.nwishes; i++) {
        rrsets[i] = update.wishes[i].rrset;
    }

    world_store(world, &device, rrsets, update.nwishes);
}


static void
test_records(void **unused)
{
    world_t                 world;
    device_change_t        *change;
    device_records_reply_t  reply;

    (void) unused;

    world_init(&world);
    memset(&update, 0, sizeof(update));

    add_rrset(&update, XMPP, TYPE_SRV, SPAN("\0\0\0\0\73\245"), 6,
              STORE_DOOR_RECORDS, NOW + 7200);
    add_rrset(&update, SELF, TYPE_A, SPAN("\313\0\161\7"), -1,
              STORE_DOOR_ADDRESS, NOW + 7200);
    add_rrset(&update, SELF, TYPE_AAAA,
              SPAN("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\11"), -1,
              STORE_DOOR_ADDRESS, NOW + 100);
    add_rrset(&update, CHALLENGE, TYPE_TXT, SPAN("\2\"z"), -1,
              STORE_DOOR_ACME_DNS, 0);
    add_rrset(&update, HOST, TYPE_TXT, SPAN("\1x"), -1,
              STORE_DOOR_RECORDS, NOW);
    store_records(&world, NOW + 7200);

    strcpy(update.ignored[0], "adress");
    strcpy(update.ignored[1], "services[0].\xFF");
    update.nignored = 2;

    memset(&reply, 0, sizeof(reply));
    reply.key = &world.key;
    reply.bytes = (store_span_t) { world.value, world.len };
    reply.fqdn = FQDN;
    reply.observed = &ipv4;
    reply.now = NOW;
    reply.dnssec = true;
    reply.changed = true;
    change = world_change(&update);
    reply.change = change;

    check_text(device_reply_records(&reply),
        "{\"fqdn\":\"" FQDN "\",\"records\":["
        "{\"name\":\"_xmpp-server._tcp\",\"type\":\"SRV\",\"ttl\":60,"
        "\"expires_at\":1800007200,\"data\":[\"0 0 15269 " FQDN ".\"]},"
        "{\"name\":\"@\",\"type\":\"A\",\"ttl\":60,"
        "\"expires_at\":1800007200,\"data\":[\"203.0.113.7\"]},"
        "{\"name\":\"@\",\"type\":\"AAAA\",\"ttl\":60,"
        "\"expires_at\":1800000100,\"data\":[\"2001:db8::9\"]},"
        "{\"name\":\"_acme-challenge\",\"type\":\"TXT\",\"ttl\":60,"
        "\"data\":[\"\\\"\\\\\\\"z\\\"\"]}],"
        "\"address\":{\"ipv4\":\"203.0.113.7\",\"ipv6\":\"2001:db8::9\"},"
        "\"observed_address\":\"203.0.113.7\",\"lease\":7200,"
        "\"expires_at\":1800007200,\"refresh_after\":5760,"
        "\"dnssec\":true,\"server_time\":1800000000,\"changed\":true,"
        "\"ignored\":[\"adress\",\"services[0].\xEF\xBF\xBD\"]}");

    /* withdrawn: nothing to show, nothing to refresh */

    memset(&update, 0, sizeof(update));
    reply.change = NULL;
    store_records(&world, 0);
    reply.bytes.len = world.len;
    reply.dnssec = false;
    reply.changed = false;
    reply.observed = NULL;

    check_text(device_reply_records(&reply),
        "{\"fqdn\":\"" FQDN "\",\"records\":[],\"address\":{},"
        "\"dnssec\":false,\"server_time\":1800000000,\"changed\":false}");

    world.value[10] ^= 1;
    assert_null(device_reply_records(&reply));
    free(change);
}


static void
test_refresh(void **unused)
{
    char                    *text;
    size_t                   i;
    json_t                  *json;
    world_t                  world;
    device_records_reply_t   reply;

    static const struct {
        int64_t                  a, aaaa, srv, own;  /* leases left */
        const device_address_t  *observed;
        uint32_t                 jitter;
        int64_t                  refresh_after;
    } cases[] = {
        { 1000, 1000, 1000, 1000, &ipv4, 0,              800 },
        { 1000, 1000, 1000, 1000, &ipv4, UINT32_MAX,     850 },
        { 1000, 1000, 1000, 1000, &ipv4, UINT32_MAX / 2, 824 },
        /* the other family is not renewed from here */
        { 100,  500,  1000, 1000, &ipv4, 0,              80 },
        { 100,  500,  1000, 1000, &ipv6, 0,              400 },
        { 100,  500,  1000, 1000, NULL,  0,              800 },
        { 1000, 1000, 300,  1000, &ipv4, 0,              240 },
        { 1000, 1000, 1000, 10,   &ipv4, 0,              800 },
        { 1000, 1000, 1,    1000, &ipv4, 0,              1 },
        /* what has expired is no reason to hurry */
        { 0,    0,    -5,   0,    &ipv4, 0,              800 },
    };

    (void) unused;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_init(&world);
        memset(&update, 0, sizeof(update));

        add_rrset(&update, SELF, TYPE_A, SPAN("\313\0\161\7"), -1,
                  STORE_DOOR_ADDRESS, NOW + cases[i].a);
        add_rrset(&update, SELF, TYPE_AAAA,
                  SPAN("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\11"), -1,
                  STORE_DOOR_ADDRESS, NOW + cases[i].aaaa);
        add_rrset(&update, XMPP, TYPE_SRV, SPAN("\0\0\0\0\73\245"), 6,
                  STORE_DOOR_RECORDS, NOW + cases[i].srv);
        add_rrset(&update, HOST, TYPE_TXT, SPAN("\1x"), -1,
                  STORE_DOOR_RECORDS, NOW + cases[i].own);
        update.wishes[3].rrset.own_lease = true;
        store_records(&world, NOW + 1000);

        memset(&reply, 0, sizeof(reply));
        reply.key = &world.key;
        reply.bytes = (store_span_t) { world.value, world.len };
        reply.fqdn = FQDN;
        reply.observed = cases[i].observed;
        reply.now = NOW;
        reply.jitter = cases[i].jitter;

        text = device_reply_records(&reply);
        assert_non_null(text);
        json = json_loads(text, 0, NULL);
        assert_int_equal(json_integer_value(json_object_get(json,
                                                            "refresh_after")),
                         cases[i].refresh_after);
        json_decref(json);
        device_reply_free(text);
    }
}


/* What is wiped is looked at first: a text that grows is copied, and no copy of
 * a key may stay behind.  OpenSSL's function is ours in this program. */

static size_t  wiped;

void OPENSSL_cleanse(void *memory, size_t len);


void
OPENSSL_cleanse(void *memory, size_t len)
{
    wiped += memmem(memory, len, "-_v7-_v7", 8) != NULL;
    memset(memory, 0, len);
}


static void
test_cleansed(void **unused)
{
    size_t                 i;
    char                  *text;
    uint8_t                hmac_key[DEVICE_KEY_LEN];
    world_t                world;
    store_device_key_t     key;
    device_enroll_reply_t  reply;

    (void) unused;

    world_init(&world);
    memset(hmac_key, 0xfb, sizeof(hmac_key));
    key = world_device_key('a');

    memset(&reply, 0, sizeof(reply));
    reply.zone = &world.zone;
    reply.fqdn = FQDN;
    reply.key = &key;
    reply.hmac_key = hmac_key;
    reply.now = NOW;

    /* so many services that the text grows after the key was written, once and
     * once more */

    for (i = 0; i < 48; i++) {
        world.zone.services[i] = SPAN("\56_" A45 "\4_tcp");
    }

    world.zone.nservices = i;
    wiped = 0;
    text = device_reply_enroll(&reply);

    assert_non_null(text);
    assert_non_null(strstr(text, "-_v7-_v7"));
    assert_int_equal(wiped, 3);      /* and the key's own text */

    device_reply_free(text);
    assert_int_equal(wiped, 4);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_enroll),
        cmocka_unit_test(test_problem),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_cleansed),
    };

    return cmocka_run_group_tests_name("device_reply", tests, NULL, NULL);
}
