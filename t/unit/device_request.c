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
 * Bodies of updates that are taken, and where the addresses in them come
 * from.
 */

#include "device_body.h"


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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_sources),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
