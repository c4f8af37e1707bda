/* units: ngx_srv_registrar_module/device_zonefile.c
   ngx_srv_registrar_module/device_zonefile_check.c
   ngx_srv_registrar_module/device_zonefile_lines.c
   ngx_srv_registrar_module/device_zonefile_rr.c
   ngx_srv_registrar_module/device_zonefile_number.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_reason.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/crc32c.c */

/*
 * Zone files: what is taken, what is refused and with which line, and the
 * values that come out.
 */

#include <unistd.h>

#include "device_text.h"
#include "device_rdata.h"
#include "device_zonefile.h"


/* Five lines: cases begin in the sixth. */
#define HEAD  "$TTL 1h\n" \
              "@ SOA ns1 hostmaster ( 7 3600 600\n" \
              "  1w 300 ) ; (\n" \
              "  NS ns1\n" \
              "ns1 A 192.0.2.1\n"


static const store_span_t  zone = {
    (const uint8_t *) "\7devices\7example", 17
};

static char            warning[224];
static device_error_t  error;


static device_zonefile_t *
read_bytes(const char *text, size_t len)
{
    int                 fd;
    char                path[] = "/tmp/zonefile.XXXXXX";
    device_zonefile_t  *file;

    fd = mkstemp(path);
    assert_true(fd != -1);
    assert_int_equal(write(fd, text, len), len);
    close(fd);

    memset(&error, 0, sizeof(error));
    file = device_zonefile_read(path, zone, NULL, &error, warning);
    unlink(path);

    return file;
}


static device_zonefile_t *
read_text(const char *head, const char *text)
{
    char  all[8192];

    snprintf(all, sizeof(all), "%s%s", head, text);

    return read_bytes(all, strlen(all));
}


static const struct {
    const char  *text;
    const char  *refusal;            /* begins so */
} bad[] = {
    { "x SRV 0 0 65536 ns1\n", "line 6: a number" },
    { "x SRV 65536 0 1 ns1\n", "line 6: a number" },
    { "x SRV 0 0 4294967297 ns1\n", "line 6: a number" },
    { "x SRV 0 0 -1 ns1\n", "line 6: a number" },
    { "x MX 65536 ns1\n", "line 6: a number" },
    { "x 60 IN TLSA 300 1 1 aabb\n", "line 6: a number" },
    { "x CAA 300 issue \"a\"\n", "line 6: a number" },
    { "x SSHFP 257 1 aabb\n", "line 6: a number" },
    { "x NAPTR 100 65536 \"s\" \"x\" \"\" _x\n", "line 6: a number" },
    { "x URI 65537 1 \"a:b\"\n", "line 6: a number" },
    { "x HTTPS 65537 .\n", "line 6: a number" },
    { "x HTTPS 1 . port=65536\n", "line 6: a port" },
    { "x 4294967297 A 192.0.2.9\n", "line 6: not a TTL" },
    { "x 2147483648 A 192.0.2.9\n", "line 6: not a TTL" },
    { "x 9999999w A 192.0.2.9\n", "line 6: not a TTL" },
    { "$TTL 2147483648\n", "line 6: not a TTL" },
    { "$TTL x\n", "line 6: not a TTL" },
    { "$TTL\n", "line 6: a directive" },
    { "$TTL 1 2\n", "line 6: a directive" },
    { "$INCLUDE /etc/passwd\n", "line 6: no directives but" },
    { "$GENERATE 1-2 a$ A 192.0.2.$\n", "line 6: " },
    { "$ORIGIN a..b\n", "line 6: not a name" },

    { "* A 192.0.2.9\n", "line 6: wildcards" },
    { "\n\n*.a TXT x\n", "line 8: wildcards" },
    { "a.*.b TXT x\n", "line 6: wildcards" },
    { "x DNAME a.\n", "line 6: DNAME" },
    { "x NS a.\n", "line 6: delegations" },
    { "x DS 1 8 2 "
      "0000000000000000000000000000000000000000000000000000000000000000\n",
      "line 6: delegations" },
    { "x SOA a. b. 1 2 3 4 5\n", "line 6: SOA" },
    { "@ CNAME a.\n", "line 6: CNAME cannot" },
    { "x NSEC a. A\n", "line 6: NSEC is not the file's" },
    { "@ NSEC3PARAM 1 0 0 -\n", "line 6: NSEC3PARAM is" },
    { "@ DNSKEY 256 3 8 AwEAAQ==\n", "line 6: DNSKEY is not" },
    { "x TYPE255 \\# 0\n", "line 6: " },
    { "x CH A 192.0.2.1\n", "line 6: no class" },
    { "x CH 60 A 192.0.2.1\n", "line 6: no class" },
    { "x CLASS3 60 A 192.0.2.1\n", "line 6: no class" },
    { "x IN 2147483648 A 192.0.2.1\n", "line 6: not a TTL" },
    { "x IN 60 60 A 192.0.2.1\n", "line 6: " },
    { "x IN 60 IN A 192.0.2.1\n", "line 6: " },
    { "x IN 60\n", "line 6: " },
    { "x.example.org. A 192.0.2.1\n", "line 6: the name lies outside" },
    { "xdevices.example. A 192.0.2.1\n", "line 6: the name lies outside" },
    { "example. A 192.0.2.1\n", "line 6: the name lies outside" },
    { "$ORIGIN org.\nx A 192.0.2.1\n", "line 7: the name lies outside" },

    { "x CNAME ns1\nx TXT a\n", "line 7: a CNAME stands" },
    { "x A 192.0.2.1\nx CNAME ns1\n", "line 7: a CNAME stands" },
    { "x CNAME a\nx CNAME b\n", "line 7: a CNAME stands" },
    { "ns1 60 A 192.0.2.8\n", "line 6: one RRset has two TTLs" },
    { "x A 192.0.2.1\nx 60 A 192.0.2.1\n", "line 7: one RRset has two" },
    { "@ SOA a. b. 1 2 3 4 5\n", "line 6: a second SOA" },
    { "@ NS ns2\n", "line 6: the name server" },
    { "@ NS a.b.ns1\n", "line 6: the name server" },

    { "x TXT \"a\nb\"\n", "line 6: a quote is not closed" },
    { "x TXT ( \"a\"\n", "line 6: the file ends" },
    { "x TXT \"a", "line 6: the file ends" },
    { "x TXT a )\n", "line 6: parentheses" },
    { "x TXT ( ( a ) )\n", "line 6: parentheses" },
    { "x TXT a\\\n", "line 6: a backslash" },
    { "x TXT \x01\n", "line 6: a control" },
    { "x A 1.2.3\n", "line 6: " },
    { "x A\n", "line 6: " },
    { "x\n", "line 6: " },
    { "x NOSUCH a\n", "line 6: " },
    { "a..b A 192.0.2.1\n", "line 6: " }
};


static void
test_bad(void **state)
{
    size_t              i;
    device_zonefile_t  *file;

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        file = read_text(HEAD, bad[i].text);

        if (file != NULL
            || strncmp(error.detail, bad[i].refusal,
                       strlen(bad[i].refusal)) != 0)
        {
            fail_msg("%s: %s", bad[i].text, file ? "taken" : error.detail);
        }
    }
}


static void
test_bad_whole(void **state)
{
    static const struct {
        const char  *text;
        const char  *refusal;
    } cases[] = {
        { "", "the file has no records" },
        { "; nothing\n\n$TTL 1\n", "the file has no records" },
        { "$TTL 1\n@ NS a.\n", "the zone has no SOA" },
        { "$TTL 1\n@ SOA a. b. 1 2 3 4 5\n", "the zone has no NS" },
        { "@ SOA a. b. 1 2 3 4 5\n", "line 1: no TTL" },
        { "$TTL 1\n@ SOA a. b. 4294967296 2 3 4 5\n", "line 2: a number" },
        { "$TTL 1\n@ SOA a. b. 1 2 3 4294967296 5\n", "line 2: a number" }
    };

    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(read_text("", cases[i].text));

        if (strncmp(error.detail, cases[i].refusal,
                    strlen(cases[i].refusal)) != 0)
        {
            fail_msg("%s: %s", cases[i].text, error.detail);
        }
    }

    assert_null(device_zonefile_read("/nonexistent/file", zone, NULL, &error,
                                     warning));
    assert_non_null(strstr(error.detail, "No such file"));

    assert_null(read_bytes(HEAD "x\0 A 192.0.2.1\n", sizeof(HEAD) + 15));
}


/* An RRset of a value, as text: "<ttl> <count>". */
static const char *
look(device_zonefile_t *file, const char *label, const char *owner,
    uint16_t type)
{
    static char  out[64];

    size_t                       i, len;
    uint8_t                      wire[STORE_NAME_MAX];
    store_key_t                  key;
    store_span_t                 bytes;
    store_value_t                value;
    store_rrset_t                rrset;
    const store_zone_content_t  *content;

    content = device_zonefile_content(file);
    bytes = content->apex;

    if (label[0] != '\0') {
        for (i = 0; i < content->nstatics; i++) {
            if (content->statics[i].label.len == strlen(label)
                && memcmp(content->statics[i].label.data, label,
                          strlen(label)) == 0)
            {
                break;
            }
        }

        if (i == content->nstatics) {
            return "no label";
        }

        bytes = content->statics[i].bytes;
    }

    assert_true(store_key_make(&key, zone, span(label)));
    assert_true(store_value_open(&value, (store_span_t) { key.data, key.len },
                                 bytes));
    assert_int_equal(value.kind, label[0] ? STORE_KIND_STATIC
                                          : STORE_KIND_APEX);
    assert_true(device_owner_parse(span(owner), 17, wire, &len));

    if (!store_rrset_find(&value, (store_span_t) { wire, len }, type, &rrset))
    {
        return "no RRset";
    }

    assert_int_equal(rrset.expires, 0);
    assert_int_equal(rrset.door, STORE_DOOR_NONE);
    snprintf(out, sizeof(out), "%u %u", rrset.ttl, rrset.count);

    return out;
}


static void
test_values(void **state)
{
    device_zonefile_t           *file;
    const store_zone_content_t  *content;

    (void) state;

    file = read_text(HEAD,
                     "   300 IN AAAA 2001:db8::1\n"
                     "WWW 1h30m CNAME NS1\n"
                     "a.b.deep TXT \"x;y\" \"z(\" ; c\n"
                     "deep TXT (one\n\n \"two\" ) ; ( \n"
                     "_sip._tcp SRV 0 0 5060 ns1\n"
                     "@ TXT v\n"
                     "$ORIGIN sub\n"
                     "$TTL 5\n"
                     "foo A 192.0.2.2\n"
                     "foo A 192.0.2.2\n"
                     "foo A 192.0.2.3\r\n"
                     "@ TYPE65280 \\# 2 0102\n"
                     "$ORIGIN devices.example.\n"
                     "h HTTPS 1 . alpn=h2 port=443\n"
                     "last MX 10 mail.example.");
    assert_non_null(file);
    assert_string_equal(warning, "");

    content = device_zonefile_content(file);
    assert_int_equal(content->nstatics, 7);
    assert_memory_equal(content->name.data, zone.data, zone.len);

    assert_string_equal(look(file, "", "@", 6), "3600 1");
    assert_string_equal(look(file, "", "@", 2), "3600 1");
    assert_string_equal(look(file, "", "@", 16), "3600 1");
    assert_string_equal(look(file, "ns1", "@", 1), "3600 1");
    assert_string_equal(look(file, "ns1", "@", 28), "300 1");
    assert_string_equal(look(file, "www", "@", 5), "5400 1");
    assert_string_equal(look(file, "deep", "a.b", 16), "3600 1");
    assert_string_equal(look(file, "deep", "@", 16), "3600 1");
    assert_string_equal(look(file, "_tcp", "_sip", 33), "3600 1");
    assert_string_equal(look(file, "sub", "foo", 1), "5 2");
    assert_string_equal(look(file, "sub", "@", 65280), "5 1");
    assert_string_equal(look(file, "h", "@", 65), "5 1");
    assert_string_equal(look(file, "last", "@", 15), "5 1");

    assert_true(device_zonefile_has(file, span("ns1")));
    assert_true(device_zonefile_has(file, span("_tcp")));
    assert_true(device_zonefile_has(file, span("www")));
    assert_false(device_zonefile_has(file, span("")));
    assert_false(device_zonefile_has(file, span("foo")));
    assert_false(device_zonefile_has(file, span("ns")));
    assert_false(device_zonefile_has(file, span("ns11")));

    device_zonefile_free(file);
    device_zonefile_free(NULL);
}


/* One A or SRV at "x" with a TTL of 60 s, in each way to write it. */
static void
test_forms(void **state)
{
    static const struct {
        const char  *text;
        uint16_t     type;
    } cases[] = {
        { "x 60 A 192.0.2.1\n", 1 },
        { "x 60 IN A 192.0.2.1\n", 1 },
        { "x IN 60 A 192.0.2.1\n", 1 },
        { "x in 1m A 192.0.2.1\n", 1 },
        { "x\tIN\t \t60\tA\t192.0.2.1\n", 1 },
        { "x CLASS1 60 A 192.0.2.1\n", 1 },
        { "x IN 0000000000060 A 192.0.2.1\n", 1 },
        { "x IN 60 ( A ; as one\n 192.0.2.1 )\n", 1 },
        { "x ( IN\n60\nA\n192.0.2.1 ) ; two\n", 1 },
        { "x IN 60 TYPE1 \\# 4 C0000201\n", 1 },
        { "x IN 60 SRV 0 0 5060 ns1\n", 33 },
        { "x.devices.example. IN 60 A 192.0.2.1\n", 1 },
        { "x TXT \"IN 60\"\n\n ; owner of before\n IN 60 A 192.0.2.1\n", 1 },
        { "x TXT a\n\t60 IN A 192.0.2.1\n", 1 },
        { "$TTL 60\nx IN A 192.0.2.1\n", 1 },
        { "$TTL 1m ; a minute\nx A 192.0.2.1\n", 1 },
        { "$ORIGIN x\n@ IN 60 A 192.0.2.1\n", 1 },
        { "$ORIGIN x.devices.example.\n@ IN 60 A 192.0.2.1\n", 1 },
        { "$ORIGIN example.\nx.devices IN 60 A 192.0.2.1\n", 1 }
    };

    size_t              i;
    const char         *found;
    device_zonefile_t  *file;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        file = read_text(HEAD, cases[i].text);
        found = file ? look(file, "x", "@", cases[i].type) : error.detail;

        if (strcmp(found, "60 1") != 0) {
            fail_msg("%s: %s", cases[i].text, found);
        }

        device_zonefile_free(file);
    }

    /* names that look like a class or a TTL */

    file = read_text(HEAD, "IN IN 60 A 192.0.2.1\n60 IN 60 A 192.0.2.1\n");
    assert_non_null(file);
    assert_string_equal(look(file, "in", "@", 1), "60 1");
    assert_string_equal(look(file, "60", "@", 1), "60 1");
    device_zonefile_free(file);

    /* SOA as most people write it */

    file = read_text("", "$TTL 1h\n$ORIGIN example.\n"
                     "devices\tIN\t300\tSOA\tns1 hostmaster (\n"
                     "\t\t2024010101 ; serial\n\n"
                     "\t\t1d         ; refresh (a day)\n"
                     "\t\t7200       ; \"retry\"\n"
                     "\t\t4w 300 )   ; expire, minimum\n"
                     "\n"
                     "\t\tIN NS\tns1.example.org.\n");
    assert_non_null(file);
    assert_string_equal(look(file, "", "@", 6), "300 1");
    assert_string_equal(look(file, "", "@", 2), "3600 1");
    device_zonefile_free(file);
}


/* Comments, order and case do not count; data, owners and TTLs do. */
static void
test_digest(void **state)
{
    static const struct {
        const char  *text;
        bool         same;
    } cases[] = {
        { "a TXT x\nb A 192.0.2.2\nb A 192.0.2.3\n", true },
        { "; hi\nb A 192.0.2.3\nA TXT x\nB 3600 A 192.0.2.2\n", true },
        { "a TXT x\na TXT x\nb A 192.0.2.2\nb A 192.0.2.3\n", true },
        { "a TXT y\nb A 192.0.2.2\nb A 192.0.2.3\n", false },
        { "a TXT X\nb A 192.0.2.2\nb A 192.0.2.3\n", false },
        { "a 60 TXT x\nb A 192.0.2.2\nb A 192.0.2.3\n", false },
        { "c TXT x\nb A 192.0.2.2\nb A 192.0.2.3\n", false },
        { "a TXT x\nb A 192.0.2.2\n", false }
    };

    size_t              i;
    uint8_t             digest[STORE_DIGEST_LEN];
    device_zonefile_t  *file;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        file = read_text(HEAD, cases[i].text);
        assert_non_null(file);

        if (i == 0) {
            memcpy(digest, device_zonefile_content(file)->digest,
                   sizeof(digest));
        }

        assert_int_equal(memcmp(digest, device_zonefile_content(file)->digest,
                                sizeof(digest)) == 0, cases[i].same);
        device_zonefile_free(file);
    }
}


static void
test_minimum_warns(void **state)
{
    device_zonefile_t  *file;

    (void) state;

    file = read_text("$TTL 60\n@ NS a.\n", "@ SOA a. b. 1 2 3 4 301\n");
    assert_non_null(file);
    assert_non_null(strstr(warning, "line 3: SOA MINIMUM is 301 s"));
    device_zonefile_free(file);

    file = read_text("$TTL 60\n@ NS a.\n", "@ SOA a. b. 1 2 3 4 300\n");
    assert_non_null(file);
    assert_string_equal(warning, "");
    device_zonefile_free(file);
}


static void
test_too_much(void **state)
{
    size_t              at;
    unsigned            i;
    device_zonefile_t  *file;

    static char  text[1 << 20];

    (void) state;

    at = (size_t) sprintf(text, HEAD);

    for (i = 0; i < 256; i++) {
        at += (size_t) sprintf(text + at, "many A 10.0.0.%u\n", i);
    }

    assert_null(read_bytes(text, at));
    assert_non_null(strstr(error.detail, "\"many\""));

    at = (size_t) sprintf(text, HEAD);

    for (i = 0; i < 100; i++) {
        at += (size_t) sprintf(text + at, "x%u.big TXT %0200u\n", i, i);
    }

    assert_null(read_bytes(text, at));
    assert_non_null(strstr(error.detail, "\"big\""));

    at = (size_t) sprintf(text, HEAD);

    for (i = 1; i < DEVICE_STATICS_MAX; i++) {
        at += (size_t) sprintf(text + at, "x%u A 192.0.2.1\n", i);
    }

    file = read_bytes(text, at);
    assert_non_null(file);
    assert_true(device_zonefile_has(file, span("x4095")));
    device_zonefile_free(file);

    at += (size_t) sprintf(text + at, "one-more A 192.0.2.1\n");
    assert_null(read_bytes(text, at));
    assert_non_null(strstr(error.detail, "too many"));
}


/* Beside the file's own; another state of the keys publishes anew. */
static void
test_extras(void **state)
{
    int                   fd;
    char                  path[] = "/tmp/zonefile.XXXXXX";
    const char           *text = HEAD "@ 77 CAA 0 issue \"x\"\n";
    uint8_t               digest[STORE_DIGEST_LEN];
    store_key_t           key;
    store_value_t         value;
    store_rrset_t         rrset;
    device_zonefile_t    *file;
    device_zone_times_t   times;

    const device_zone_extra_t  extra[] = {
        { 48, { (const uint8_t *) "\1\1\3\15b", 5 } },
        { 60, { (const uint8_t *) "\1\1\3\15b", 5 } },
        { 48, { (const uint8_t *) "\1\0\3\15a", 5 } }
    };
    device_zone_extras_t  extras = {
        extra, 3, { (const uint8_t *) "one", 3 }
    };

    (void) state;

    fd = mkstemp(path);
    assert_true(fd != -1);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);

    file = device_zonefile_read(path, zone, &extras, &error, warning);
    assert_non_null(file);

    assert_true(store_key_make(&key, zone, (store_span_t) { NULL, 0 }));
    assert_true(store_value_open_made(&value, &key,
                                device_zonefile_content(file)->apex));
    assert_true(store_rrset_find(&value, (store_span_t) { NULL, 0 }, 48,
                                 &rrset));
    assert_int_equal(rrset.count, 2);
    assert_int_equal(rrset.ttl, 3600);
    assert_int_equal(rrset.expires, 0);
    assert_true(store_rrset_find(&value, (store_span_t) { NULL, 0 }, 60,
                                 &rrset));
    assert_true(store_rrset_find(&value, (store_span_t) { NULL, 0 }, 257,
                                 &rrset));

    device_zonefile_times(file, &times);
    assert_int_equal(times.expire, 604800);
    assert_int_equal(times.negative, 300);
    assert_int_equal(times.ttl_max, 3600);

    memcpy(digest, device_zonefile_content(file)->digest, sizeof(digest));
    device_zonefile_free(file);

    extras.state.data = (const uint8_t *) "two";
    file = device_zonefile_read(path, zone, &extras, &error, warning);
    assert_non_null(file);
    assert_memory_not_equal(digest, device_zonefile_content(file)->digest,
                            sizeof(digest));
    device_zonefile_free(file);
    unlink(path);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_bad_whole),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_minimum_warns),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_extras)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
