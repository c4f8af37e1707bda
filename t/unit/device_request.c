/* units: ngx_srv_registrar_module/device_request.c
   ngx_srv_registrar_module/device_key_request.c
   ngx_srv_registrar_module/device_object.c
   ngx_srv_registrar_module/device_wish.c
   ngx_srv_registrar_module/device_wish_service.c
   ngx_srv_registrar_module/device_wish_address.c
   ngx_srv_registrar_module/device_rdata.c
   ngx_srv_registrar_module/device_rdata_write.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_reason.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_jwk.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   store/store_key.c store/store_value.c store/store_writer.c
   store/crc32c.c */

/*
 * Bodies of updates and of key requests.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "device_key.h"
#include "device_request.h"


#define SERVICE  "{\"service\":\"_xmpp-server._tcp\",\"port\":15269"
#define RECORD   "{\"name\":\"x\",\"type\":\"TXT\",\"data\":[\"a\"]"


static device_zone_t    zone;
static device_update_t  update;
static uint8_t          fqdn_bytes[STORE_NAME_MAX];
static device_subject_t subject = { &zone, { fqdn_bytes, 0 }, { 0 } };


static store_span_t
span(const char *text)
{
    return (store_span_t) { (const uint8_t *) text, strlen(text) };
}


static int
setup(void **state)
{
    (void) state;

    memset(&zone, 0, sizeof(zone));
    zone.ttl = 60;
    zone.lease_min = 30;
    zone.lease_default = 7200;
    zone.lease_max = 86400;
    zone.ntypes = device_types_default(zone.types);
    zone.max_rrsets = 16;
    zone.max_rrs = 8;
    zone.max_bytes = 4096;

    zone.nservices = 2;
    zone.services[0] = span("\14_xmpp-server\4_tcp");
    zone.services[1] = span("\15_xmpps-server\4_tcp");

    if (!device_name_parse(span("d1.devices.example"), fqdn_bytes,
                           &subject.fqdn.len)
        || !device_address_parse(&subject.source, span("198.41.0.4")))
    {
        return -1;
    }

    return 0;
}


static void
source(const char *text)
{
    memset(&subject.source, 0, sizeof(subject.source));

    if (text != NULL) {
        assert_true(device_address_parse(&subject.source, span(text)));
    }
}


/* The whole of an update as text, to compare. */
static const char *
show(void)
{
    static char  out[65536];

    char              name[1025], data[8192], address[DEVICE_ADDRESS_TEXT_MAX];
    size_t            i, at;
    store_rr_t        rr;
    store_rr_iter_t   iter;
    device_wish_t    *wish;

    at = (size_t) sprintf(out, "lease=%u", update.lease);

    for (i = 0; i < 2; i++) {
        device_address_wish_t *family = i ? &update.ipv6 : &update.ipv4;

        device_address_write(address, &family->address);
        at += (size_t) sprintf(out + at, " ipv%c=%s", i ? '6' : '4',
                               family->mode == DEVICE_ADDRESS_SET ? address
                               : family->mode == DEVICE_ADDRESS_KEEP ? "keep"
                               : family->mode == DEVICE_ADDRESS_NONE ? "none"
                                                                     : "?");
    }

    for (i = 0; i < update.nwishes; i++) {
        wish = &update.wishes[i];
        device_owner_write(name, wish->rrset.owner);
        at += (size_t) sprintf(out + at, " | %s %u %s #%u lease=%u", name,
                               wish->rrset.ttl,
                               device_type_name(wish->rrset.type),
                               wish->rrset.count, wish->lease);
        assert_int_equal(wish->rrset.own_lease, wish->lease != 0);

        store_rr_begin(&iter, &wish->rrset);

        while (store_rr_next(&iter, &rr)) {
            assert_true(device_rdata_write(wish->rrset.type, &rr,
                                           subject.fqdn, data, sizeof(data)));
            at += (size_t) sprintf(out + at, " [%s]", data);
        }
    }

    for (i = 0; i < update.nignored; i++) {
        at += (size_t) sprintf(out + at, " ?%s", update.ignored[i]);
    }

    return out;
}


#define ADDRESSES  "lease=0 ipv4=198.41.0.4 ipv6=keep"

static const struct {
    const char  *body;
    const char  *shown;
} good[] = {
    { "", ADDRESSES },
    { "{}", ADDRESSES },
    { " {\n} ", ADDRESSES },
    { "{\"lease\":600}", "lease=600 ipv4=198.41.0.4 ipv6=keep" },
    { "{\"lease\":1}", "lease=30 ipv4=198.41.0.4 ipv6=keep" },
    { "{\"lease\":9223372036854775807}",
      "lease=86400 ipv4=198.41.0.4 ipv6=keep" },
    { "{\"lease\":4294967297}", "lease=86400 ipv4=198.41.0.4 ipv6=keep" },
    { "{\"address\":{}}", ADDRESSES },
    { "{\"address\":{\"ipv4\":\"observed\"}}", ADDRESSES },
    { "{\"address\":{\"ipv4\":\"198.41.0.4\"}}", ADDRESSES },
    { "{\"address\":{\"ipv4\":\"keep\"}}", "lease=0 ipv4=keep ipv6=keep" },
    { "{\"address\":{\"ipv4\":\"none\",\"ipv6\":\"none\"}}",
      "lease=0 ipv4=none ipv6=none" },
    { "{\"address\":{\"ipv6\":\"none\"}}",
      "lease=0 ipv4=198.41.0.4 ipv6=none" },
    { "{\"services\":[]}", ADDRESSES },
    { "{\"records\":[]}", ADDRESSES },
    { "{\"services\":[" SERVICE "}]}",
      ADDRESSES " | _xmpp-server._tcp 60 SRV #1 lease=0 "
      "[0 0 15269 d1.devices.example.]" },
    { "{\"services\":[{\"service\":\"_XMPP-Server._TCP\",\"port\":1}]}",
      ADDRESSES " | _xmpp-server._tcp 60 SRV #1 lease=0 "
      "[0 0 1 d1.devices.example.]" },
    { "{\"services\":[" SERVICE ",\"priority\":65535,\"weight\":1,"
      "\"ttl\":86400,\"lease\":100,\"offered\":true}]}",
      ADDRESSES " | _xmpp-server._tcp 86400 SRV #1 lease=100 "
      "[65535 1 15269 d1.devices.example.]" },
    { "{\"services\":[" SERVICE ",\"host\":\"conference\"}]}",
      ADDRESSES " | _xmpp-server._tcp.conference 60 SRV #1 lease=0 "
      "[0 0 15269 d1.devices.example.]" },
    { "{\"services\":[{\"service\":\"_xmpps-server._tcp\","
      "\"offered\":false}]}",
      ADDRESSES " | _xmpps-server._tcp 60 SRV #1 lease=0 [0 0 0 .]" },

    /* entries of one RRset need not stand together */
    { "{\"services\":[" SERVICE "},"
      "{\"service\":\"_xmpps-server._tcp\",\"port\":2},"
      SERVICE ",\"host\":\"c\"}," SERVICE ",\"priority\":1},"
      "{\"service\":\"_xmpps-server._tcp\",\"port\":3}]}",
      ADDRESSES " | _xmpp-server._tcp 60 SRV #2 lease=0 "
      "[0 0 15269 d1.devices.example.] [1 0 15269 d1.devices.example.]"
      " | _xmpps-server._tcp 60 SRV #2 lease=0 "
      "[0 0 2 d1.devices.example.] [0 0 3 d1.devices.example.]"
      " | _xmpp-server._tcp.c 60 SRV #1 lease=0 "
      "[0 0 15269 d1.devices.example.]" },

    { "{\"records\":[" RECORD "}]}",
      ADDRESSES " | x 60 TXT #1 lease=0 [\"a\"]" },
    { "{\"records\":[{\"name\":\"_acme-challenge\",\"type\":\"TXT\","
      "\"ttl\":30,\"lease\":600,\"data\":[\"\\\"a b\\\"\",\"c\"]}]}",
      ADDRESSES " | _acme-challenge 30 TXT #2 lease=600 [\"a b\"] [\"c\"]" },
    { "{\"records\":[{\"name\":\"@\",\"type\":\"TXT\",\"data\":[]}]}",
      ADDRESSES " | @ 60 TXT #0 lease=0" },
    { "{\"records\":[{\"name\":\"_sip._udp\",\"type\":\"SRV\","
      "\"data\":[]}]}",
      ADDRESSES " | _sip._udp 60 SRV #0 lease=0" },
    { "{\"records\":[{\"name\":\"_xmpp-server._tcp.muc\",\"type\":\"SRV\","
      "\"data\":[\"0 0 1 @\"]}]}",
      ADDRESSES " | _xmpp-server._tcp.muc 60 SRV #1 lease=0 "
      "[0 0 1 d1.devices.example.]" },
    { "{\"records\":[{\"name\":\"h\",\"type\":\"A\","
      "\"data\":[\" 198.41.0.4 \"]}]}",
      ADDRESSES " | h 60 A #1 lease=0 [198.41.0.4]" },
    { "{\"records\":[{\"name\":\"@\",\"type\":\"HTTPS\","
      "\"data\":[\"1 . alpn=h2\"]}]}",
      ADDRESSES " | @ 60 HTTPS #1 lease=0 [1 . alpn=h2]" },

    { "{\"adress\":{},\"services\":[" SERVICE ",\"prio\":1,"
      "\"target\":\"evil.example.\"}],\"address\":{\"ipv5\":1}}",
      ADDRESSES " | _xmpp-server._tcp 60 SRV #1 lease=0 "
      "[0 0 15269 d1.devices.example.] ?adress ?address.ipv5 "
      "?services[0].prio ?services[0].target" },
    { "{\"\\u0007\\n\\u00e9\":1}", ADDRESSES " ???""??" },
    { "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "\":1}",
      ADDRESSES " ?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaa" },
    { "{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,"
      "\"9\":1,\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,"
      "\"h\":1}",
      ADDRESSES " ?1 ?2 ?3 ?4 ?5 ?6 ?7 ?8 ?9 ?a ?b ?c ?d ?e ?f ?g" }
};


static void
test_good(void **state)
{
    size_t           i;
    device_error_t   error;

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (device_update_parse(&update, &subject, span(good[i].body), &error)
            != DEVICE_OK)
        {
            fail_msg("%s: %s: %s", good[i].body, error.member, error.detail);
        }

        assert_string_equal(show(), good[i].shown);
    }
}


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
test_sources(void **state)
{
    static const struct {
        const char       *source;
        const char       *body;
        device_reason_t   reason;
        const char       *shown;
    } cases[] = {
        { "2003:1:2:3::4", "{}", DEVICE_OK,
          "lease=0 ipv4=keep ipv6=2003:1:2:3::4" },
        { "2003:1:2:3::4", "{\"address\":{\"ipv6\":\"2003:1:2:3:ff::1\"}}",
          DEVICE_OK, "lease=0 ipv4=keep ipv6=2003:1:2:3:ff::1" },
        { "2003:1:2:3::4", "{\"address\":{\"ipv6\":\"2003:1:2:4::4\"}}",
          DEVICE_ADDRESS_MISMATCH, NULL },
        { "2003:1:2:3::4", "{\"address\":{\"ipv4\":\"observed\"}}",
          DEVICE_ADDRESS_MISMATCH, NULL },
        { "2003:1:2:3::4", "{\"address\":{\"ipv4\":\"198.41.0.4\"}}",
          DEVICE_ADDRESS_MISMATCH, NULL },
        { "::ffff:198.41.0.4", "{\"address\":{\"ipv4\":\"198.41.0.4\"}}",
          DEVICE_OK, "lease=0 ipv4=198.41.0.4 ipv6=keep" },
        { "10.0.0.1", "{}", DEVICE_ADDRESS_NOT_ALLOWED, NULL },
        { "10.0.0.1", "{\"address\":{\"ipv4\":\"10.0.0.1\"}}",
          DEVICE_ADDRESS_NOT_ALLOWED, NULL },
        { "10.0.0.1", "{\"address\":{\"ipv4\":\"keep\"}}", DEVICE_OK,
          "lease=0 ipv4=keep ipv6=keep" },
        { "2002:808:808::1", "{}", DEVICE_ADDRESS_NOT_ALLOWED, NULL },
        { NULL, "{}", DEVICE_ADDRESS_NOT_ALLOWED, NULL },
        { NULL, "{\"address\":{}}", DEVICE_ADDRESS_NOT_ALLOWED, NULL },
        { NULL, "{\"address\":{\"ipv4\":\"observed\"}}",
          DEVICE_ADDRESS_NOT_ALLOWED, NULL },
        { NULL, "{\"address\":{\"ipv4\":\"198.41.0.4\"}}",
          DEVICE_ADDRESS_NOT_ALLOWED, NULL },
        { NULL, "{\"address\":{\"ipv4\":\"keep\",\"ipv6\":\"none\"}}",
          DEVICE_OK, "lease=0 ipv4=keep ipv6=none" }
    };

    size_t           i;
    device_error_t   error;
    device_reason_t  reason;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        source(cases[i].source);
        reason = device_update_parse(&update, &subject, span(cases[i].body),
                                     &error);

        if (reason != cases[i].reason) {
            fail_msg("case %zu: reason %d", i, reason);
        }

        if (reason == DEVICE_OK) {
            assert_string_equal(show(), cases[i].shown);
        }
    }

    source("198.41.0.4");

    /* the refusal tells what was observed */

    device_update_parse(&update, &subject,
                        span("{\"address\":{\"ipv4\":\"198.41.0.5\"}}"),
                        &error);
    assert_non_null(strstr(error.detail, "198.41.0.4,"));
    assert_non_null(strstr(error.detail, "198.41.0.5"));
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


/* RFC 8032 7.1 test 1, RFC 8037 A.2 */
#define ED25519 "\"kty\":\"OKP\",\"crv\":\"Ed25519\"," \
                "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static void
test_key_request(void **state)
{
    static const struct {
        const char       *body;
        device_reason_t   reason;
        bool              given;
    } cases[] = {
        { "", DEVICE_OK, false },
        { "{}", DEVICE_OK, false },
        { "{\"other\":1}", DEVICE_OK, false },
        { "{\"public_key\":{" ED25519 "}}", DEVICE_OK, true },
        { "{\"public_key\":{" ED25519 ",\"kid\":\"a\"}}", DEVICE_OK, true },
        { "{\"public_key\":null}", DEVICE_MEMBER_INVALID, false },
        { "{\"public_key\":\"x\"}", DEVICE_MEMBER_INVALID, false },
        { "{\"public_key\":{}}", DEVICE_PUBLIC_KEY_INVALID, false },
        { "{\"public_key\":{\"kty\":1}}", DEVICE_PUBLIC_KEY_INVALID, false },
        { "{\"public_key\":{" ED25519 ",\"d\":\"AAAA\"}}",
          DEVICE_PUBLIC_KEY_INVALID, false },
        { "{\"public_key\":{" ED25519 ",\"d\":null}}",
          DEVICE_PUBLIC_KEY_INVALID, false },
        { "{\"public_key\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}",
          DEVICE_PUBLIC_KEY_INVALID, false },
        { "[]", DEVICE_JSON_INVALID, false },
        { "{", DEVICE_JSON_INVALID, false }
    };

    bool                given;
    size_t              i;
    device_error_t      error;
    device_reason_t     reason;
    store_device_key_t  key;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&key, 0, sizeof(key));
        reason = device_key_request_parse(&key, &given, span(cases[i].body),
                                          &error);

        if (reason != cases[i].reason || given != cases[i].given) {
            fail_msg("%s: reason %d", cases[i].body, reason);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_any_service),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_key_request)
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
