/* units: ngx_srv_registrar_module/device_request.c
   ngx_srv_registrar_module/device_key_request.c
   ngx_srv_registrar_module/device_object.c
   ngx_srv_registrar_module/device_wish.c
   ngx_srv_registrar_module/device_wish_service.c
   ngx_srv_registrar_module/device_wish_address.c
   ngx_srv_registrar_module/device_rdata.c
   ngx_srv_registrar_module/device_rdata_target.c
   ngx_srv_registrar_module/device_rdata_plain.c
   ngx_srv_registrar_module/device_rdata_write.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_reason.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_jwk.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/crc32c.c */

/*
 * Bodies of updates that are refused: with which reason, naming which member,
 * and from which size on.
 */

#include "device_body.h"


#define INVALID    DEVICE_MEMBER_INVALID
#define S(more)    "{\"services\":[" SERVICE more "}]}"
#define R(n, t, d) "{\"records\":[{\"name\":\"" n "\",\"type\":\"" t \
                   "\",\"data\":[" d "]}]}"

static const struct {
    const char       *body;
    device_reason_t   reason;
    const char       *member;
} bad[] = {
    { " ", DEVICE_JSON_INVALID, "" },
    { "[]", DEVICE_JSON_INVALID, "" },
    { "null", DEVICE_JSON_INVALID, "" },
    { "\"x\"", DEVICE_JSON_INVALID, "" },
    { "{", DEVICE_JSON_INVALID, "" },
    { "{}x", DEVICE_JSON_INVALID, "" },
    { "{}{}", DEVICE_JSON_INVALID, "" },
    { "{\"lease\":60,\"lease\":60}", DEVICE_JSON_INVALID, "" },
    { "{\"a\":{\"b\":1,\"b\":1}}", DEVICE_JSON_INVALID, "" },
    { "{\"a\":\"\\u0000\"}", DEVICE_JSON_INVALID, "" },
    { "{\"a\\u0000\":1}", DEVICE_JSON_INVALID, "" },
    { "{\"a\":\"\xff\"}", DEVICE_JSON_INVALID, "" },
    { "{\"a\":1,}", DEVICE_JSON_INVALID, "" },
    { "{'a':1}", DEVICE_JSON_INVALID, "" },
    { "{\"a\":NaN}", DEVICE_JSON_INVALID, "" },
    { "{\"lease\":9223372036854775808}", DEVICE_JSON_INVALID, "" },
    { "{\"a\":1e999}", DEVICE_JSON_INVALID, "" },

    { "{\"lease\":0}", INVALID, "lease" },
    { "{\"lease\":-1}", INVALID, "lease" },
    { "{\"lease\":60.0}", INVALID, "lease" },
    { "{\"lease\":\"60\"}", INVALID, "lease" },
    { "{\"lease\":null}", INVALID, "lease" },
    { "{\"lease\":true}", INVALID, "lease" },
    { "{\"lease\":[60]}", INVALID, "lease" },

    { "{\"address\":\"198.41.0.4\"}", INVALID, "address" },
    { "{\"address\":null}", INVALID, "address" },
    { "{\"address\":[]}", INVALID, "address" },
    { "{\"address\":{\"ipv4\":null}}", INVALID, "address.ipv4" },
    { "{\"address\":{\"ipv4\":1}}", INVALID, "address.ipv4" },
    { "{\"address\":{\"ipv4\":\"\"}}", INVALID, "address.ipv4" },
    { "{\"address\":{\"ipv4\":\"Observed\"}}", INVALID, "address.ipv4" },
    { "{\"address\":{\"ipv4\":\"2001:db8::1\"}}", INVALID, "address.ipv4" },
    { "{\"address\":{\"ipv6\":\"198.41.0.4\"}}", INVALID, "address.ipv6" },
    { "{\"address\":{\"ipv6\":\"::ffff:198.41.0.4\"}}", INVALID,
      "address.ipv6" },
    { "{\"address\":{\"ipv4\":\"198.41.0.5\"}}", DEVICE_ADDRESS_MISMATCH,
      "address.ipv4" },
    { "{\"address\":{\"ipv4\":\"10.0.0.1\"}}", DEVICE_ADDRESS_MISMATCH,
      "address.ipv4" },
    { "{\"address\":{\"ipv6\":\"2003::1\"}}", DEVICE_ADDRESS_MISMATCH,
      "address.ipv6" },
    { "{\"address\":{\"ipv6\":\"observed\"}}", DEVICE_ADDRESS_MISMATCH,
      "address.ipv6" },

    { "{\"services\":{}}", INVALID, "services" },
    { "{\"services\":null}", INVALID, "services" },
    { "{\"services\":[1]}", INVALID, "services[0]" },
    { "{\"services\":[" SERVICE "},null]}", INVALID, "services[1]" },
    { "{\"services\":[{}]}", INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_xmpp-server._tcp\"}]}", INVALID,
      "services[0].port" },
    { "{\"services\":[{\"service\":1,\"port\":1}]}", INVALID,
      "services[0].service" },
    { "{\"services\":[{\"service\":\"\",\"port\":1}]}", INVALID,
      "services[0].service" },
    { "{\"services\":[{\"service\":\"_xmpp-server._tcp\",\"port\":0}]}",
      INVALID, "services[0].port" },
    { "{\"services\":[{\"service\":\"_xmpp-server._tcp\",\"port\":65536}]}",
      INVALID, "services[0].port" },
    { "{\"services\":[{\"service\":\"_xmpp-server._tcp\","
      "\"port\":4294982565}]}", INVALID, "services[0].port" },
    { "{\"services\":[{\"service\":\"_xmpp-server._tcp\",\"port\":\"1\"}]}",
      INVALID, "services[0].port" },
    { "{\"services\":[{\"service\":\"_xmpp-server._tcp\",\"port\":1.5}]}",
      INVALID, "services[0].port" },
    { S(",\"priority\":65536"), INVALID, "services[0].priority" },
    { S(",\"priority\":-1"), INVALID, "services[0].priority" },
    { S(",\"weight\":65536"), INVALID, "services[0].weight" },
    { S(",\"ttl\":0"), INVALID, "services[0].ttl" },
    { S(",\"ttl\":86401"), INVALID, "services[0].ttl" },
    { S(",\"ttl\":4294967297"), INVALID, "services[0].ttl" },
    { S(",\"lease\":0"), INVALID, "services[0].lease" },
    { S(",\"offered\":0"), INVALID, "services[0].offered" },
    { S(",\"offered\":null"), INVALID, "services[0].offered" },
    { S(",\"offered\":false"), INVALID, "services[0].port" },
    { S(",\"host\":null"), INVALID, "services[0].host" },
    { S(",\"host\":\"\""), INVALID, "services[0].host" },
    { S(",\"host\":\"a.\""), DEVICE_NAME_INVALID, "services[0].host" },
    { S(",\"host\":\"*\""), DEVICE_NAME_INVALID, "services[0].host" },
    { S(",\"host\":\"a..b\""), DEVICE_NAME_INVALID, "services[0].host" },
    { "{\"services\":[{\"service\":\"xmpp-server._tcp\",\"port\":1}]}",
      DEVICE_NAME_INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_xmpp-server\",\"port\":1}]}",
      DEVICE_NAME_INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_xmpp-server._tcp.a\",\"port\":1}]}",
      DEVICE_NAME_INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_xmpp--server._tcp\",\"port\":1}]}",
      DEVICE_NAME_INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_-a._tcp\",\"port\":1}]}",
      DEVICE_NAME_INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_a-._tcp\",\"port\":1}]}",
      DEVICE_NAME_INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_123._tcp\",\"port\":1}]}",
      DEVICE_NAME_INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_abcdefghijklmnop._tcp\",\"port\":1}]}",
      DEVICE_NAME_INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_._tcp\",\"port\":1}]}",
      DEVICE_NAME_INVALID, "services[0].service" },
    { "{\"services\":[{\"service\":\"_sip._udp\",\"port\":1}]}",
      DEVICE_SERVICE_NOT_ALLOWED, "services[0].service" },
    { "{\"services\":[{\"service\":\"_xmpp-server._udp\",\"port\":1}]}",
      DEVICE_SERVICE_NOT_ALLOWED, "services[0].service" },
    { "{\"services\":[" SERVICE "}," SERVICE "}]}", DEVICE_DUPLICATE,
      "services[1]" },
    { "{\"services\":[" SERVICE "}," SERVICE ",\"host\":\"a\"},"
      SERVICE "}]}", DEVICE_DUPLICATE, "services[2]" },
    { "{\"services\":[" SERVICE "}," SERVICE ",\"weight\":1,\"ttl\":30}]}",
      INVALID, "services[1].ttl" },
    { "{\"services\":[" SERVICE "}," SERVICE ",\"weight\":1,\"lease\":30}]}",
      INVALID, "services[1].lease" },
    { "{\"services\":[" SERVICE "},{\"service\":\"_xmpp-server._tcp\","
      "\"offered\":false}]}", INVALID, "services[1].offered" },
    { "{\"services\":[{\"service\":\"_xmpp-server._tcp\",\"offered\":false},"
      SERVICE "}]}", INVALID, "services[1].offered" },
    { "{\"services\":[{\"service\":\"_xmpp-server._tcp\",\"offered\":false},"
      "{\"service\":\"_xmpp-server._tcp\",\"offered\":false}]}", INVALID,
      "services[1].offered" },

    { "{\"records\":{}}", INVALID, "records" },
    { "{\"records\":[\"x\"]}", INVALID, "records[0]" },
    { "{\"records\":[{}]}", INVALID, "records[0].data" },
    { "{\"records\":[{\"name\":\"x\",\"data\":[]}]}", INVALID,
      "records[0].type" },
    { "{\"records\":[{\"type\":\"TXT\",\"data\":[]}]}", INVALID,
      "records[0].name" },
    { "{\"records\":[{\"name\":\"x\",\"type\":\"TXT\",\"data\":\"a\"}]}",
      INVALID, "records[0].data" },
    { "{\"records\":[{\"name\":\"x\",\"type\":\"TXT\",\"data\":null}]}",
      INVALID, "records[0].data" },
    { "{\"records\":[{\"name\":\"x\",\"type\":16,\"data\":[\"a\"]}]}",
      INVALID, "records[0].type" },
    { "{\"records\":[{\"name\":null,\"type\":\"TXT\",\"data\":[]}]}",
      INVALID, "records[0].name" },
    { R("x", "TXT", "1"), INVALID, "records[0].data[0]" },
    { R("x", "TXT", "\"a\",null"), INVALID, "records[0].data[1]" },
    { R("x", "TXT", "\"a\",\"\\\"a\\\"\""), DEVICE_DUPLICATE,
      "records[0].data[1]" },
    { R("x", "TXT", "\"\""), DEVICE_RDATA_INVALID, "records[0].data[0]" },
    { R("x", "TXT", "\"\\\"open\""), DEVICE_RDATA_INVALID,
      "records[0].data[0]" },
    { R("x", "TXT", "\"a\\n\""), DEVICE_RDATA_INVALID,
      "records[0].data[0]" },
    { R("", "TXT", "\"a\""), INVALID, "records[0].name" },
    { R("a.", "TXT", "\"a\""), DEVICE_NAME_INVALID, "records[0].name" },
    { R("*", "TXT", "\"a\""), DEVICE_NAME_INVALID, "records[0].name" },
    { R("a b", "TXT", "\"a\""), DEVICE_NAME_INVALID, "records[0].name" },
    { R("x", "NS", "\"a.\""), DEVICE_TYPE_NOT_ALLOWED, "records[0].type" },
    { R("x", "CNAME", "\"a.\""), DEVICE_TYPE_NOT_ALLOWED,
      "records[0].type" },
    { R("x", "txt", "\"a\""), DEVICE_TYPE_NOT_ALLOWED, "records[0].type" },
    { R("x", "TYPE16", "\"a\""), DEVICE_TYPE_NOT_ALLOWED,
      "records[0].type" },
    { R("x", "CAA", "\"0 issue a\""), DEVICE_TYPE_NOT_ALLOWED,
      "records[0].type" },
    { R("@", "A", "\"198.41.0.4\""), INVALID, "records[0]" },
    { R("@", "A", ""), INVALID, "records[0]" },
    { R("@", "AAAA", "\"2003::1\""), INVALID, "records[0]" },
    { R("h", "A", "\"198.41.0.5\""), DEVICE_ADDRESS_MISMATCH,
      "records[0].data[0]" },
    { R("h", "A", "\"10.0.0.1\""), DEVICE_ADDRESS_MISMATCH,
      "records[0].data[0]" },
    { R("h", "A", "\"keep\""), DEVICE_RDATA_INVALID, "records[0].data[0]" },
    { R("h", "A", "\"198.41.0.4\",\"198.41.0.4\""), DEVICE_DUPLICATE,
      "records[0].data[1]" },
    { R("h", "AAAA", "\"2003::1\""), DEVICE_ADDRESS_MISMATCH,
      "records[0].data[0]" },
    { R("_sip._udp", "SRV", "\"0 0 1 @\""), DEVICE_SERVICE_NOT_ALLOWED,
      "records[0].name" },
    { R("x._xmpp-server._tcp", "SRV", "\"0 0 1 @\""),
      DEVICE_SERVICE_NOT_ALLOWED, "records[0].name" },
    { R("@", "SRV", "\"0 0 1 @\""), DEVICE_SERVICE_NOT_ALLOWED,
      "records[0].name" },
    { R("_xmpp-server._tcp", "SRV", "\"0 0 65536 @\""), DEVICE_RDATA_INVALID,
      "records[0].data[0]" },
    { R("_xmpp-server._tcp", "SRV", "\"0 0 1 evil.example.\""),
      DEVICE_TARGET_OUTSIDE, "records[0].data[0]" },
    { "{\"records\":[" RECORD ",\"ttl\":0}]}", INVALID, "records[0].ttl" },
    { "{\"records\":[" RECORD ",\"ttl\":86401}]}", INVALID,
      "records[0].ttl" },
    { "{\"records\":[" RECORD ",\"lease\":\"1\"}]}", INVALID,
      "records[0].lease" },
    { "{\"records\":[" RECORD "}," RECORD "}]}", DEVICE_DUPLICATE,
      "records[1]" },
    { "{\"records\":[" RECORD "},{\"name\":\"X\",\"type\":\"TXT\","
      "\"data\":[]}]}", DEVICE_DUPLICATE, "records[1]" },
    { "{\"services\":[" SERVICE "}],\"records\":[{\"name\":"
      "\"_xmpp-server._tcp\",\"type\":\"SRV\",\"data\":[\"0 0 1 @\"]}]}",
      DEVICE_DUPLICATE, "records[0]" },
    { R("x", "TXT", "\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\""),
      DEVICE_TOO_MUCH, "records[0].data[8]" }
};


static void
test_bad(void **state)
{
    size_t           i;
    device_error_t   error;
    device_reason_t  reason;

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&error, 0, sizeof(error));
        reason = device_update_parse(&update, &subject, span(bad[i].body),
                                     &error);

        if (reason != bad[i].reason || strcmp(error.member, bad[i].member)) {
            fail_msg("%s: reason %d, member %s, %s", bad[i].body, reason,
                     error.member, error.detail);
        }

        assert_true(error.detail[0] != '\0');
        assert_int_equal(error.reason, reason);
    }
}


/* Each entry has a name of its own; `step` bytes of data. */
static device_reason_t
parse_many(unsigned n, unsigned data, device_error_t *error)
{
    static char  body[65536];

    size_t    at;
    unsigned  i;

    at = (size_t) sprintf(body, "{\"records\":[");

    for (i = 0; i < n; i++) {
        at += (size_t) sprintf(body + at, "%s{\"name\":\"x%u\",\"type\":"
                               "\"TXT\",\"data\":[\"%0*u\"]}",
                               i ? "," : "", i, (int) data, 1);
    }

    at += (size_t) sprintf(body + at, "]}");

    return device_update_parse(&update, &subject,
                               (store_span_t) { (uint8_t *) body, at },
                               error);
}


static void
test_limits(void **state)
{
    device_error_t  error;

    (void) state;

    assert_int_equal(parse_many(16, 3, &error), DEVICE_OK);
    assert_int_equal(parse_many(17, 3, &error), DEVICE_TOO_MUCH);

    zone.max_rrsets = 200;
    assert_int_equal(parse_many(64, 3, &error), DEVICE_OK);
    assert_int_equal(parse_many(65, 3, &error), DEVICE_TOO_MUCH);

    assert_int_equal(parse_many(16, 250, &error), DEVICE_OK);
    assert_int_equal(parse_many(17, 250, &error), DEVICE_TOO_MUCH);
    assert_int_equal(parse_many(120, 250, &error), DEVICE_BODY_TOO_LARGE);
    zone.max_rrsets = 16;
}


static void
test_any_service(void **state)
{
    device_error_t  error;

    (void) state;
    zone.nservices = 0;

    assert_int_equal(device_update_parse(&update, &subject,
        span("{\"services\":[{\"service\":\"_sip._udp\",\"port\":5060}]}"),
        &error), DEVICE_OK);
    assert_int_equal(device_update_parse(&update, &subject,
        span(R("_sip._udp", "SRV", "\"0 0 1 @\"")), &error), DEVICE_OK);

    zone.nservices = 2;
}


static void
test_deep(void **state)
{
    char            body[DEVICE_BODY_MAX + 1];
    device_error_t  error;

    (void) state;
    memset(body, '[', sizeof(body));

    assert_int_equal(device_update_parse(&update, &subject,
                     (store_span_t) { (uint8_t *) body, DEVICE_BODY_MAX },
                     &error), DEVICE_JSON_INVALID);
    assert_int_equal(device_update_parse(&update, &subject,
                     (store_span_t) { (uint8_t *) body, sizeof(body) },
                     &error), DEVICE_BODY_TOO_LARGE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_any_service),
        cmocka_unit_test(test_deep),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
