/* units: ngx_srv_registrar_module/device_rdata.c
   ngx_srv_registrar_module/device_rdata_target.c
   ngx_srv_registrar_module/device_rdata_plain.c
   ngx_srv_registrar_module/device_rdata_write.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_reason.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/crc32c.c */

/*
 * RDATA from presentation form and back.  ldns is the judge of what is taken:
 * it must make the same bytes of the same text.
 */

#include <ldns/ldns.h>

#include "device_text.h"
#include "device_rdata.h"


#define FQDN_TEXT  "2247eae3.devices.example.net"
#define HEX20      "000102030405060708090a0b0c0d0e0f10111213"
#define HEX32      HEX20 "1415161718191a1b1c1d1e1f"
#define HEX64      HEX32 HEX32
#define A50        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A250       A50 A50 A50 A50 A50


static uint8_t       fqdn_bytes[STORE_NAME_MAX];
static store_span_t  fqdn = { fqdn_bytes, 0 };


static int
setup(void **state)
{
    (void) state;

    return device_name_parse(span(FQDN_TEXT), fqdn_bytes, &fqdn.len) ? 0 : -1;
}


/* Parses, and opens the one RR; its data live in buffer. */
static device_reason_t
parse(const char *type, store_span_t text, uint8_t *buffer, size_t size,
    store_rr_t *rr, device_error_t *error)
{
    uint8_t          *at;
    store_rrset_t     rrset;
    device_reason_t   reason;
    store_rr_iter_t   iter;

    at = buffer;
    memset(error, 0, sizeof(*error));
    reason = device_rdata_parse(device_type_parse(span(type)), text, fqdn,
                                &at, buffer + size, "data", error);

    if (reason != DEVICE_OK) {
        assert_ptr_equal(at, buffer);
        assert_string_equal(error->member, "data");
        assert_true(error->detail[0] != '\0');
        assert_int_equal(error->reason, reason);
        return reason;
    }

    memset(&rrset, 0, sizeof(rrset));
    rrset.rrs = (store_span_t) { buffer, (size_t) (at - buffer) };
    rrset.count = 1;

    store_rr_begin(&iter, &rrset);
    assert_true(store_rr_next(&iter, rr));
    assert_ptr_equal(iter.at, iter.end);

    return DEVICE_OK;
}


/* The RDATA in full. */
static size_t
expand(const store_rr_t *rr, uint8_t *out)
{
    size_t  head;

    head = (rr->splice < 0) ? rr->len : (size_t) rr->splice;
    memcpy(out, rr->data, head);

    if (rr->splice < 0) {
        return head;
    }

    memcpy(out + head, fqdn.data, fqdn.len);
    memcpy(out + head + fqdn.len, rr->data + head, rr->len - head);

    return rr->len + fqdn.len;
}


static void
judge(const char *type, const char *text, const store_rr_t *rr)
{
    char      line[4096];
    size_t    i, len, at;
    uint8_t   ours[STORE_VALUE_MAX + STORE_NAME_MAX];
    ldns_rr  *parsed;
    ldns_rdf *origin;

    origin = ldns_dname_new_frm_str(FQDN_TEXT ".");
    snprintf(line, sizeof(line), "x 60 IN %s %s", type, text);
    assert_int_equal(ldns_rr_new_frm_str(&parsed, line, 0, origin, NULL),
                     LDNS_STATUS_OK);
    ldns_rr2canonical(parsed);

    len = expand(rr, ours);

    for (at = 0, i = 0; i < ldns_rr_rd_count(parsed); i++) {
        const ldns_rdf *field = ldns_rr_rdf(parsed, i);

        if (ldns_rdf_size(field) == 0) {
            continue;
        }

        assert_true(at + ldns_rdf_size(field) <= len);
        if (memcmp(ours + at, ldns_rdf_data(field), ldns_rdf_size(field))) {
            fail_msg("%s %s: not as ldns", type, text);
        }
        at += ldns_rdf_size(field);
    }

    assert_int_equal(at, len);
    ldns_rr_free(parsed);
    ldns_rdf_deep_free(origin);
}


/* written NULL: as the text is. */
static const struct {
    const char  *type;
    const char  *text;
    const char  *written;
} good[] = {
    { "A", "203.0.113.7", NULL },
    { "A", "  203.0.113.7 ", "203.0.113.7" },
    { "AAAA", "2001:db8::1", NULL },
    { "AAAA", "2001:DB8:0::1", "2001:db8::1" },

    { "SRV", "0 0 15269 @", "0 0 15269 " FQDN_TEXT "." },
    { "SRV", "65535 65535 65535 " FQDN_TEXT ".", NULL },
    { "SRV", "10 5 1 host." FQDN_TEXT ".", NULL },
    { "SRV", "10 5 1 HOST.2247EAE3.devices.Example.NET.",
      "10 5 1 host." FQDN_TEXT "." },
    { "SRV", "10 5 1 a.b_c", "10 5 1 a.b_c." FQDN_TEXT "." },
    { "SRV", "0 0 0 .", NULL },
    { "SRV", "1  2  3  x", "1 2 3 x." FQDN_TEXT "." },
    { "SRV", "007 2 3 .", "7 2 3 ." },

    { "TXT", "\"v=1\"", NULL },
    { "TXT", "plain", "\"plain\"" },
    { "TXT", "one two", "\"one\" \"two\"" },
    { "TXT", "\"one\" two \"three four\"",
      "\"one\" \"two\" \"three four\"" },
    { "TXT", "\"\"", NULL },
    { "TXT", "\"a;b(c)d\"", NULL },
    { "TXT", "\"\\\"quoted\\\"\"", NULL },
    { "TXT", "\"\\000\\255\\127\"", NULL },
    { "TXT", "\"a\\009b\\010\"", NULL },
    { "TXT", "\"\\065\"", "\"A\"" },
    { "TXT", "\"back\\\\slash\"", NULL },
    { "TXT", "\"" A250 "aaaaa\"", NULL },
    { "TXT", "\"" A250 "\" \"" A250 "\"", NULL },
    { "TXT", "a\\;b", "\"a;b\"" },
    { "TXT", "k=v", "\"k=v\"" },
    { "TXT", "\"LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo\"", NULL },

    { "TLSA", "3 1 1 " HEX32, NULL },
    { "TLSA", "2 0 2 " HEX64, NULL },
    { "TLSA", "0 0 0 00", NULL },
    { "TLSA", "3 1 1 " HEX20 " 1415161718191a1b 1c1d1e1f",
      "3 1 1 " HEX32 },
    { "TLSA", "3 1 0 ABCDEF", "3 1 0 abcdef" },

    { "SSHFP", "1 1 " HEX20, NULL },
    { "SSHFP", "4 2 " HEX32, NULL },
    { "SSHFP", "2 1 " HEX20, NULL },
    { "SSHFP", "3 2 " HEX32, NULL },
    { "SSHFP", "6 2 " HEX32, NULL },

    { "SVCB", "0 .", NULL },
    { "SVCB", "0 alias", "0 alias." FQDN_TEXT "." },
    { "SVCB", "1 .", NULL },
    { "HTTPS", "1 @", "1 " FQDN_TEXT "." },
    { "HTTPS", "1 . alpn=h2,h3", NULL },
    { "HTTPS", "1 . alpn=\"h2,h3\"", "1 . alpn=h2,h3" },
    { "HTTPS", "1 . port=8443 alpn=h2", "1 . alpn=h2 port=8443" },
    { "HTTPS", "65535 svc port=65535",
      "65535 svc." FQDN_TEXT ". port=65535" },
    { "HTTPS", "1 . alpn=h3 no-default-alpn", NULL },
    { "HTTPS", "1 . port=1 mandatory=port", "1 . mandatory=port port=1" },
    { "SVCB", "1 @ alpn=h2 port=53 mandatory=port,alpn",
      "1 " FQDN_TEXT ". mandatory=alpn,port alpn=h2 port=53" },
    { "HTTPS", "1 . ech=AEX+DQBB", NULL },
    { "HTTPS", "1 . ech=AAA=", NULL },
    { "HTTPS", "1 . ech=\"AA==\"", "1 . ech=AA==" },
    { "SVCB", "1 . alpn=dot key667=hello", NULL },
    { "SVCB", "1 . key65534=\"a b\"", NULL },
    { "SVCB", "1 . key9 alpn=h2", "1 . alpn=h2 key9" },

    { "URI", "10 1 \"xmpp:device@example.net\"", NULL },
    { "URI", "65535 65535 \"ftp://ftp.example.com/public\"", NULL },

    { "CAA", "0 issue \"letsencrypt.org\"", NULL },
    { "CAA", "128 issue \";\"", NULL },
    { "CAA", "0 ISSUE \"ca.example; accounturi=https://a/1\"",
      "0 issue \"ca.example; accounturi=https://a/1\"" },
    { "CAA", "0 issuewild ca.example", "0 issuewild \"ca.example\"" },
    { "CAA", "0 iodef \"mailto:a@b.example\"", NULL }
};


static void
test_good(void **state)
{
    char             written[2 * STORE_VALUE_MAX];
    size_t           i;
    uint8_t          buffer[STORE_VALUE_MAX], again[STORE_VALUE_MAX];
    uint16_t         type;
    store_rr_t       rr, second;
    device_error_t   error;

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {

        if (parse(good[i].type, span(good[i].text), buffer, sizeof(buffer),
                  &rr, &error)
            != DEVICE_OK)
        {
            fail_msg("%s %s: %s", good[i].type, good[i].text, error.detail);
        }

        /* of CAA, ldns keeps a tag's case and takes no bare value, where RFC
         * 8659 4.1 differs */

        judge(good[i].type, (strcmp(good[i].type, "CAA") == 0
                             && good[i].written != NULL)
                            ? good[i].written : good[i].text, &rr);

        type = device_type_parse(span(good[i].type));
        assert_true(device_rdata_write(type, &rr, fqdn, written,
                                       sizeof(written)));
        assert_string_equal(written, (good[i].written != NULL)
                                     ? good[i].written : good[i].text);

        assert_int_equal(parse(good[i].type, span(written), again,
                               sizeof(again), &second, &error),
                         DEVICE_OK);
        assert_int_equal(second.len, rr.len);
        assert_int_equal(second.splice, rr.splice);
        assert_memory_equal(second.data, rr.data, rr.len);
    }
}


static const struct {
    const char       *type;
    const char       *text;
    device_reason_t   reason;
} bad[] = {
#define BAD(type, text)  { type, text, DEVICE_RDATA_INVALID }
#define OUT(type, text)  { type, text, DEVICE_TARGET_OUTSIDE }
    BAD("A", ""), BAD("A", " "), BAD("A", "1.2.3"), BAD("A", "::1"),
    BAD("A", "1.2.3.4 5.6.7.8"), BAD("A", "\"1.2.3.4\""),
    BAD("A", "1.2.3.4;c"), BAD("A", "\\# 4 01020304"), BAD("A", "1.2.3.256"),
    BAD("A", "( 1.2.3.4 )"), BAD("A", "1.2.3.4\n"), BAD("A", "1.2.3.4\t"),
    BAD("A", "@"), BAD("A", "keep"), BAD("A", "::ffff:1.2.3.4 x"),
    BAD("AAAA", "1.2.3.4"), BAD("AAAA", "::ffff:1.2.3.4"),
    BAD("AAAA", "fe80::1%lo"), BAD("AAAA", ""), BAD("AAAA", "::1/128"),

    BAD("SRV", ""), BAD("SRV", "0"), BAD("SRV", "0 0"), BAD("SRV", "0 0 1"),
    BAD("SRV", "65536 0 1 @"), BAD("SRV", "0 65536 1 @"),
    BAD("SRV", "0 0 65536 @"), BAD("SRV", "0 0 4294967297 @"),
    BAD("SRV", "0 0 18446744073709551617 @"), BAD("SRV", "0 0 -1 @"),
    BAD("SRV", "0 0 +1 @"), BAD("SRV", "0 0 1e3 @"), BAD("SRV", "0 0 0x1 @"),
    BAD("SRV", "0 0 1.0 @"), BAD("SRV", "\"0\" 0 1 @"),
    BAD("SRV", "0 0 0 @"), BAD("SRV", "0 0 0 host"),
    BAD("SRV", "0 0 1 @ x"), BAD("SRV", "0 0 1 \"@\""),
    BAD("SRV", "0 0 1 .."), BAD("SRV", "0 0 1 a..b"), BAD("SRV", "0 0 1 .a"),
    BAD("SRV", "0 0 1 a\\.b"), BAD("SRV", "0 0 1 a\\065"),
    BAD("SRV", "0 0 1 *"), BAD("SRV", "0 0 1 a*b"),
    BAD("SRV", "0 0 1 " FQDN_TEXT), BAD("SRV", "0 0 1 x." FQDN_TEXT),
    BAD("SRV", "0 0 1 other.devices.example.net"),
    BAD("SRV", "0 0 1 DEVICES.example.NET"),
    BAD("SRV", "\\# 7 00000000000100"), BAD("SRV", "0 0 1 @ ; comment"),
    BAD("SRV", "( 0 0 1 @ )"), BAD("SRV", "0 0 1 @\\"),
    BAD("SRV", "0 0 1 " A50 "aaaaaaaaaaaaaa"),
    BAD("SRV", "0 0 1 " A50 "." A50 "." A50 "." A50 "." A50),
    OUT("SRV", "0 0 1 example.net."), OUT("SRV", "0 0 1 net."),
    OUT("SRV", "0 0 1 devices.example.net."),
    OUT("SRV", "0 0 1 x2247eae3.devices.example.net."),
    OUT("SRV", "0 0 1 other.devices.example.net."),
    OUT("SRV", "0 0 1 " FQDN_TEXT ".evil.example."),

    BAD("TXT", ""), BAD("TXT", "\"open"), BAD("TXT", "\"a\"b"),
    BAD("TXT", "a\"b\""), BAD("TXT", "\"a\"\"b\""), BAD("TXT", "\"a\\256\""),
    BAD("TXT", "\"a\\999\""), BAD("TXT", "\"a\\12\""), BAD("TXT", "\"\\1x2\""),
    BAD("TXT", "\"a\\\""), BAD("TXT", "a\\"), BAD("TXT", "a;b"),
    BAD("TXT", "(a)"), BAD("TXT", "a )"), BAD("TXT", "\"a\nb\""),
    BAD("TXT", "\"a\x01\""), BAD("TXT", "\"\x7f\""), BAD("TXT", "\"\xc3\xa9\""),
    BAD("TXT", "a\x80"), BAD("TXT", "\\# 1 00"), BAD("TXT", "a \\#"),
    BAD("TXT", "\"" A250 "aaaaaa\""), BAD("TXT", A250 "aaaaaa"),
    BAD("TXT", "a\\ b"), BAD("TXT", "\"tab\there\""), BAD("TXT", "; x"),

    BAD("TLSA", "4 1 1 " HEX32), BAD("TLSA", "255 1 1 " HEX32),
    BAD("TLSA", "256 1 1 " HEX32), BAD("TLSA", "300 1 1 " HEX32),
    BAD("TLSA", "3 2 1 " HEX32), BAD("TLSA", "3 257 1 " HEX32),
    BAD("TLSA", "3 1 3 " HEX32), BAD("TLSA", "3 1 257 " HEX32),
    BAD("TLSA", "3 1 1 " HEX20), BAD("TLSA", "3 1 1 " HEX32 "00"),
    BAD("TLSA", "3 1 1 " HEX64), BAD("TLSA", "3 1 2 " HEX32),
    BAD("TLSA", "3 1 1"), BAD("TLSA", "3 1 0"), BAD("TLSA", "3 1 0 abc"),
    BAD("TLSA", "3 1 0 xx"), BAD("TLSA", "3 1 0 \"00\""),
    BAD("TLSA", "DANE-EE SPKI SHA2-256 " HEX32), BAD("TLSA", "3 1 1 0x00"),

    BAD("SSHFP", "0 1 " HEX20), BAD("SSHFP", "5 1 " HEX20),
    BAD("SSHFP", "7 1 " HEX20), BAD("SSHFP", "257 1 " HEX20),
    BAD("SSHFP", "1 0 " HEX20), BAD("SSHFP", "1 3 " HEX20),
    BAD("SSHFP", "1 1 " HEX32), BAD("SSHFP", "1 2 " HEX20),
    BAD("SSHFP", "1 258 " HEX32), BAD("SSHFP", "1 1"),

    BAD("SVCB", ""), BAD("SVCB", "1"), BAD("SVCB", "65536 ."),
    BAD("SVCB", "-1 ."), BAD("SVCB", "0 . alpn=h2"), BAD("SVCB", "0 @ port=1"),
    OUT("SVCB", "0 example.net."), OUT("HTTPS", "1 cdn.example."),
    BAD("HTTPS", "1 . ipv4hint=192.0.2.1"),
    BAD("HTTPS", "1 . ipv6hint=2001:db8::1"),
    BAD("HTTPS", "1 . key4=\\192\\000\\002\\001"), BAD("HTTPS", "1 . key6=x"),
    BAD("HTTPS", "1 . key3=ab"), BAD("HTTPS", "1 . key03=a"),
    BAD("HTTPS", "1 . key7=/dns"), BAD("HTTPS", "1 . key65535=a"),
    BAD("HTTPS", "1 . key65536=a"), BAD("HTTPS", "1 . key=a"),
    BAD("SVCB", "1 . key55=\"(b\""), BAD("SVCB", "1 . alpn=\"a;b\""),
    BAD("HTTPS", "1 . key0"), BAD("HTTPS", "1 . KEY9=a"),
    BAD("HTTPS", "1 . port"), BAD("HTTPS", "1 . port="),
    BAD("HTTPS", "1 . port=65536"), BAD("HTTPS", "1 . port=-1"),
    BAD("HTTPS", "1 . port=443 port=443"), BAD("HTTPS", "1 . alpn"),
    BAD("HTTPS", "1 . alpn="), BAD("HTTPS", "1 . alpn=h2,,h3"),
    BAD("HTTPS", "1 . alpn=h2,"), BAD("HTTPS", "1 . alpn=\"h2"),
    BAD("HTTPS", "1 . alpn=h2\"x\""), BAD("HTTPS", "1 . alpn=\"h2\"x"),
    BAD("HTTPS", "1 . alpn=h\\2"), BAD("HTTPS", "1 . \"alpn=h2\""),
    BAD("HTTPS", "1 . no-default-alpn"),
    BAD("HTTPS", "1 . alpn=h2 no-default-alpn=1"),
    BAD("HTTPS", "1 . alpn=h2 no-default-alpn="),
    BAD("HTTPS", "1 . mandatory=port"), BAD("HTTPS", "1 . mandatory"),
    BAD("HTTPS", "1 . mandatory= port=1"),
    BAD("HTTPS", "1 . mandatory=mandatory"),
    BAD("HTTPS", "1 . port=1 mandatory=port,port"),
    BAD("HTTPS", "1 . port=1 mandatory=port,"),
    BAD("HTTPS", "1 . port=1 mandatory=nosuch"),
    BAD("HTTPS", "1 . ech=AAA"), BAD("HTTPS", "1 . ech=AAB="),
    BAD("HTTPS", "1 . ech==AAA"), BAD("HTTPS", "1 . ech=A=AA"),
    BAD("HTTPS", "1 . ech=!!!!"), BAD("HTTPS", "1 . ech"),
    BAD("HTTPS", "1 . ech====="), BAD("HTTPS", "1 . =x"),
    BAD("HTTPS", "1 . nosuch=1"), BAD("SVCB", "1 . dohpath=dns{?dns}"),
    BAD("SVCB", "1 . dohpath=/dns"), BAD("HTTPS", "1 . alpn=h2 ; c"),
    BAD("HTTPS", "1 . alpn=h2 (port=1)"), BAD("HTTPS", "\\# 3 000100"),

    BAD("URI", "1 1 http://a/"), BAD("URI", "1 1 \"\""), BAD("URI", "1 1"),
    BAD("URI", "65536 1 \"a:b\""), BAD("URI", "1 65536 \"a:b\""),
    BAD("URI", "1 1 \"a b\""), BAD("URI", "1 1 \"a\\032b\""),
    BAD("URI", "1 1 \"a:\\255\""), BAD("URI", "1 1 \"a:b\" \"c:d\""),

    BAD("CAA", "1 issue \"a\""), BAD("CAA", "256 issue \"a\""),
    BAD("CAA", "-1 issue \"a\""), BAD("CAA", "0 is-sue \"a\""),
    BAD("CAA", "0 \"issue\" \"a\""), BAD("CAA", "0 issue"),
    BAD("CAA", "0 abcdefghijklmnop \"a\""), BAD("CAA", "0"),
    BAD("CAA", "0 issue \"a\" \"b\""), BAD("CAA", "0 issue \"\\001\""),
    BAD("CAA", "0 issue \"\""), BAD("CAA", "0 issue a;b"),
    BAD("CAA", "0 \"\" a")
#undef BAD
#undef OUT
};


static void
test_bad(void **state)
{
    size_t           i;
    uint8_t          buffer[STORE_VALUE_MAX];
    store_rr_t       rr;
    device_error_t   error;
    device_reason_t  reason;

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        reason = parse(bad[i].type, span(bad[i].text), buffer,
                       sizeof(buffer), &rr, &error);

        if (reason != bad[i].reason) {
            fail_msg("%s %s: reason %d", bad[i].type, bad[i].text, reason);
        }
    }
}


static void
test_refusal_names_value(void **state)
{
    uint8_t         buffer[STORE_VALUE_MAX];
    store_rr_t      rr;
    device_error_t  error;

    (void) state;

    parse("SRV", span("0 0 65536 @"), buffer, sizeof(buffer), &rr, &error);
    assert_string_equal(error.detail,
                        "the port is an integer of 0 to 65535, not 65536");

    parse("SRV", span("0 0 1 " FQDN_TEXT), buffer, sizeof(buffer), &rr,
          &error);
    assert_string_equal(error.detail, "an absolute target ends with a dot: "
                        FQDN_TEXT);
}


static void
test_room(void **state)
{
    size_t          size;
    uint8_t         buffer[64];
    store_rr_t      rr;
    device_error_t  error;

    (void) state;

    for (size = 0; size < sizeof(buffer); size++) {
        if (parse("SRV", span("0 0 1 host"), buffer, size, &rr, &error)
            == DEVICE_OK)
        {
            break;
        }

        assert_int_equal(error.reason, DEVICE_TOO_MUCH);
    }

    assert_true(size >= 11 && size < 20);
}


static void
test_no_nul(void **state)
{
    uint8_t         buffer[STORE_VALUE_MAX];
    store_rr_t      rr;
    device_error_t  error;

    (void) state;

    assert_int_equal(parse("TXT", (store_span_t) { (uint8_t *) "\"a\0b\"", 5 },
                           buffer, sizeof(buffer), &rr, &error),
                     DEVICE_RDATA_INVALID);
}


/* RDATA that no parser made: never a crash, never a wrong length. */
static void
test_write_hostile(void **state)
{
    static const struct {
        uint16_t     type;
        const char  *data;
        uint16_t     len;
        int          splice;
    } cases[] = {
        { DEVICE_TYPE_A, "\1\2\3", 3, -1 },
        { DEVICE_TYPE_A, "\1\2\3\4\5", 5, -1 },
        { DEVICE_TYPE_AAAA, "\1\2\3\4", 4, -1 },
        { DEVICE_TYPE_SRV, "\0\0\0\0\0", 5, -1 },
        { DEVICE_TYPE_SRV, "\0\0\0\0\0\1\3ab", 9, -1 },
        { DEVICE_TYPE_SRV, "\0\0\0\0\0\1\300\0", 8, -1 },
        { DEVICE_TYPE_SRV, "\0\0\0\0\0\1\0", 7, 8 },
        { DEVICE_TYPE_TXT, "\5abc", 4, -1 },
        { DEVICE_TYPE_SVCB, "\0\1", 2, -1 },
        { DEVICE_TYPE_SVCB, "\0\1\0\0", 4, -1 },
        { DEVICE_TYPE_SVCB, "\0\1\0\0\0\0\1\1", 8, -1 },
        { DEVICE_TYPE_SVCB, "\0\1\0\0\1\0\1\1", 8, -1 },
        { DEVICE_TYPE_SVCB, "\0\1\0\0\2\0\1\1", 8, -1 },
        { DEVICE_TYPE_SVCB, "\0\1\0\0\3\0\1\1", 8, -1 },
        { DEVICE_TYPE_SVCB, "\0\1\0\0\5\0\0", 7, -1 },
        { DEVICE_TYPE_SVCB, "\0\1\0\0\11\0\2\1", 8, -1 },
        { DEVICE_TYPE_SVCB, "\0\1\0\0\12\0\0\0\11\0\0", 11, -1 },
        { 2, "\0", 1, -1 }
    };

    char        out[1024];
    size_t      i;
    store_rr_t  rr;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rr.data = (const uint8_t *) cases[i].data;
        rr.len = cases[i].len;
        rr.splice = cases[i].splice;

        if (device_rdata_write(cases[i].type, &rr, fqdn, out, sizeof(out))) {
            fail_msg("case %zu was written: %s", i, out);
        }
    }

    rr = (store_rr_t) { (const uint8_t *) "\1\2\3\4", 4, -1 };
    assert_false(device_rdata_write(DEVICE_TYPE_A, &rr, fqdn, out, 7));
    assert_true(device_rdata_write(DEVICE_TYPE_A, &rr, fqdn, out, 8));
    assert_string_equal(out, "1.2.3.4");
}


static void
test_types(void **state)
{
    size_t    i, n;
    uint16_t  types[DEVICE_TYPES_MAX];

    static const char *const  no[] = {
        "", "srv", "NS", "CNAME", "DNAME", "SOA", "DS", "ANY", "MX", "PTR",
        "TYPE33", "SRVX", "AAA", "NULL"
    };

    (void) state;

    for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_int_equal(device_type_parse(span(no[i])), 0);
    }

    n = device_types_default(types);
    assert_int_equal(n, 9);

    for (i = 0; i < n; i++) {
        assert_int_not_equal(types[i], DEVICE_TYPE_CAA);
        assert_int_equal(device_type_parse(span(device_type_name(types[i]))),
                         types[i]);
    }

    assert_null(device_type_name(2));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_refusal_names_value),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_no_nul),
        cmocka_unit_test(test_write_hostile),
        cmocka_unit_test(test_types),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
