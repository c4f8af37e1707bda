
/*
 * Headers of the PROXY protocol: good ones, in pieces, and what is none.
 */

/* units: dnsd/net_proxy.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net_proxy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define START  "\r\n\r\n\0\r\nQUIT\n"
#define V4     "\xc0\0\2\1" "\xc0\0\2\x35" "\xc8\x22" "\3\x55"
#define V6     "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"                      \
               "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x35" "\xc8\x22" "\3\x55"

/* The bytes of a literal, NULs and all. */
#define BYTES(text)  text, sizeof(text) - 1


typedef struct {
    const char  *bytes;
    size_t       len;
    const char  *source;     /* "" for LOCAL, NULL: refused */
    bool         plain;
} case_t;


static const case_t  cases[] = {

    /* version 1 */

    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234 853\r\n"),
      "192.0.2.1 51234", false },
    { BYTES("PROXY TCP6 2001:db8::1 2001:db8::35 51234 853\r\n"),
      "2001:db8::1 51234", false },
    { BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 0\r\n"),
      "255.255.255.255 65535", false },
    { BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535", false },
    { BYTES("PROXY UNKNOWN\r\n"), NULL, false },
    { BYTES("PROXY UNKNOWN 192.0.2.1 192.0.2.53 1 2\r\n"), NULL, false },
    { BYTES("PROXY\r\n"), NULL, false },
    { BYTES("PROXY \r\n"), NULL, false },
    { BYTES("proxy TCP4 192.0.2.1 192.0.2.53 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP5 192.0.2.1 192.0.2.53 51234 853\r\n"), NULL, false },
    { BYTES("PROXY UDP4 192.0.2.1 192.0.2.53 51234 853\r\n"), NULL, false },
    { BYTES("PROXY  TCP4 192.0.2.1 192.0.2.53 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4  192.0.2.1 192.0.2.53 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234  853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234 853 \r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234 853 9\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1\r\n"), NULL, false },
    { BYTES("PROXY TCP4 \r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234 853\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234 853\r \n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 65536 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234 99999\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 051234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 01 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 +1 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 -1 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234 \r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.256 192.0.2.53 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2 192.0.2.53 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 2001:db8::1 192.0.2.53 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 2001:db8::1 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP6 192.0.2.1 2001:db8::1 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP6 fe80::1%lo fe80::2 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1\0 192.0.2.53 51234 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 192.0.2.1 192.0.2.53 51234\0 853\r\n"), NULL, false },
    { BYTES("PROXY TCP4 1111111111111111111111111111111111111111111111111111"
            "11111111111111111111111111111111111111111111111111\r\n"),
      NULL, false },
    { BYTES("GET / HTTP/1.1\r\n"), NULL, false },
    { BYTES("\0\x1f\x12\x34\1\0\0\1\0\0\0\0\0\0"), NULL, false },

    /* version 2 */

    { BYTES(START "\x21\x11\0\x0c" V4), "192.0.2.1 51234", false },
    { BYTES(START "\x21\x21\0\x24" V6), "2001:db8::1 51234", false },
    { BYTES(START "\x20\0\0\0"), "", true },
    { BYTES(START "\x20\x11\0\x0c" V4), "", true },
    { BYTES(START "\x20\0\0\3" "xxx"), "", true },

    /* extras: a no-op, an authority, an empty one at the end */

    { BYTES(START "\x21\x11\0\x19" V4 "\4\0\1x" "\2\0\3dot" "\xe0\0\0"),
      "192.0.2.1 51234", false },
    { BYTES(START "\x21\x11\0\x14" V4 "\x20\0\5\1\0\0\0\0"),
      "192.0.2.1 51234", false },
    { BYTES(START "\x21\x11\0\x14" V4 "\x20\0\5\0\0\0\0\0"),
      "192.0.2.1 51234", true },
    { BYTES(START "\x21\x11\0\x13" V4 "\x20\0\4\1\0\0\0"), NULL, false },
    { BYTES(START "\x21\x11\0\x0d" V4 "\4"), NULL, false },
    { BYTES(START "\x21\x11\0\x0e" V4 "\4\0"), NULL, false },
    { BYTES(START "\x21\x11\0\x0f" V4 "\4\0\1"), NULL, false },
    { BYTES(START "\x21\x11\0\x10" V4 "\4\xff\xff" "x"), NULL, false },
    { BYTES(START "\x21\x11\0\x0f" V4 "\3\0\0"), NULL, false },

    /* other versions, commands, families; too short for the family */

    { BYTES(START "\x11\x11\0\x0c" V4), NULL, false },
    { BYTES(START "\x31\x11\0\x0c" V4), NULL, false },
    { BYTES(START "\x22\x11\0\x0c" V4), NULL, false },
    { BYTES(START "\x21\0\0\0"), NULL, false },
    { BYTES(START "\x21\x12\0\x0c" V4), NULL, false },
    { BYTES(START "\x21\x22\0\x24" V6), NULL, false },
    { BYTES(START "\x21\x31\0\x0c" V4), NULL, false },
    { BYTES(START "\x21\x11\0\x0b" V4), NULL, false },
    { BYTES(START "\x21\x21\0\x0c" V4), NULL, false },
    { BYTES(START "\x21\x11\xff\xff"), NULL, false },
    { BYTES("\r\n\r\n\0\r\nQUIT\r\x21\x11\0\x0c" V4), NULL, false }
};


/* With exactly so many bytes behind the pointer, so that ASan sees a look at
 * one more. */
static net_proxy_result_t
parse(const void *bytes, size_t n, net_proxy_header_t *header)
{
    uint8_t             *copy = malloc(n);
    net_proxy_result_t   result;

    memcpy(copy, bytes, n);
    result = net_proxy_parse(copy, n, header);
    free(copy);

    return result;
}


static void
check_source(const net_endpoint_t *source, const char *expected)
{
    char  host[INET6_ADDRSTRLEN], text[64];
    bool  v6 = source->any.sa_family == AF_INET6;

    inet_ntop(source->any.sa_family,
              v6 ? (const void *) &source->v6.sin6_addr
                 : (const void *) &source->v4.sin_addr, host, sizeof(host));
    snprintf(text, sizeof(text), "%s %d", host,
             ntohs(v6 ? source->v6.sin6_port : source->v4.sin_port));
    assert_string_equal(text, expected);
}


/* Each in all pieces: it is wrong from some byte on, or right with its last
 * and not before; what follows it changes nothing. */
static void
test_cases(void **state)
{
    size_t               i, n;
    const case_t        *c;
    char                 longer[256];
    net_proxy_header_t   header;
    net_proxy_result_t   result;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        c = &cases[i];
        print_message("# case %zu\n", i);

        for (n = 0; n < c->len; n++) {
            result = parse(c->bytes, n, &header);

            if (result != NET_PROXY_MORE) {
                break;
            }

            assert_true(header.len == 0 || header.len > n);
            assert_true(header.len <= NET_PROXY_MAX);
        }

        if (c->source == NULL) {
            assert_int_equal(parse(c->bytes, c->len, &header), NET_PROXY_BAD);
            continue;
        }

        assert_int_equal(n, c->len);

        memcpy(longer, c->bytes, c->len);
        memcpy(longer + c->len, " 1 2\r\n", 6);

        for (n = c->len; n <= c->len + 6; n += 6) {
            assert_int_equal(parse(longer, n, &header), NET_PROXY_DONE);
            assert_int_equal(header.len, c->len);
            assert_int_equal(header.plain, c->plain);
            assert_int_equal(header.local, c->source[0] == '\0');

            if (!header.local) {
                check_source(&header.source, c->source);
            }
        }
    }
}


/* Any other byte makes it wrong. */
static void
test_checksum(void **state)
{
    size_t              i;
    net_proxy_header_t  header;

    /* computed apart from this program */

    uint8_t  bytes[] = START "\x21\x11\0\x17" V4 "\3\0\4" "\x5e\xf6\xb3\x64"
                       "\4\0\1x";

    (void) state;

    assert_int_equal(parse(bytes, sizeof(bytes) - 1, &header),
                     NET_PROXY_DONE);

    for (i = 16; i < sizeof(bytes) - 1; i++) {
        if (i == 28 || i == 29 || i == 30 || i == 36 || i == 37) {
            continue;                   /* then it is another extra */
        }

        bytes[i] ^= 0x10;
        assert_int_equal(parse(bytes, sizeof(bytes) - 1, &header),
                         NET_PROXY_BAD);
        bytes[i] ^= 0x10;
    }
}


/* No longer than a buffer that will be had for it. */
static void
test_length(void **state)
{
    static uint8_t      bytes[NET_PROXY_MAX + 1] = START "\x20\0";
    net_proxy_header_t  header;

    (void) state;

    bytes[14] = (NET_PROXY_MAX - 16) >> 8;
    bytes[15] = (NET_PROXY_MAX - 16) & 0xff;
    assert_int_equal(parse(bytes, 16, &header), NET_PROXY_MORE);
    assert_int_equal(header.len, NET_PROXY_MAX);
    assert_int_equal(parse(bytes, NET_PROXY_MAX, &header), NET_PROXY_DONE);

    bytes[15]++;
    assert_int_equal(parse(bytes, 16, &header), NET_PROXY_BAD);
    assert_int_equal(parse(bytes, sizeof(bytes), &header), NET_PROXY_BAD);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_length)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
