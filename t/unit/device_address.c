/* units: ngx_srv_registrar_module/device_address.c store/store_value.c
   store/store_value_check.c store/store_writer.c store/store_key.c
   store/crc32c.c */

/*
 * Addresses: their forms, and which may be published.
 */

#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>

#include "device_text.h"
#include "device_address.h"


/* First and last address of each block, and the neighbours that matter. */
static void
test_reachable(void **state)
{
    static const struct {
        const char  *text;
        bool         allowed;
    } cases[] = {
        { "0.0.0.0", false }, { "0.255.255.255", false },
        { "1.0.0.0", true }, { "9.255.255.255", true },
        { "10.0.0.0", false }, { "10.255.255.255", false },
        { "11.0.0.0", true },
        { "100.63.255.255", true }, { "100.64.0.0", false },
        { "100.127.255.255", false }, { "100.128.0.0", true },
        { "126.255.255.255", true }, { "127.0.0.1", false },
        { "127.255.255.255", false }, { "128.0.0.0", true },
        { "169.253.255.255", true }, { "169.254.0.0", false },
        { "169.254.255.255", false }, { "169.255.0.0", true },
        { "172.15.255.255", true }, { "172.16.0.0", false },
        { "172.31.255.255", false }, { "172.32.0.0", true },
        { "191.255.255.255", true }, { "192.0.0.0", false },
        { "192.0.0.7", false }, { "192.0.0.8", false },
        { "192.0.0.9", true }, { "192.0.0.10", true },
        { "192.0.0.11", false }, { "192.0.0.170", false },
        { "192.0.0.171", false }, { "192.0.0.255", false },
        { "192.0.1.0", true }, { "192.0.2.1", false },
        { "192.0.3.0", true }, { "192.31.196.1", true },
        { "192.52.193.1", true }, { "192.88.98.255", true },
        { "192.88.99.1", false }, { "192.88.99.2", false },
        { "192.88.100.0", true }, { "192.167.255.255", true },
        { "192.168.0.0", false }, { "192.168.255.255", false },
        { "192.169.0.0", true }, { "192.175.48.1", true },
        { "198.17.255.255", true }, { "198.18.0.0", false },
        { "198.19.255.255", false }, { "198.20.0.0", true },
        { "198.51.100.1", false }, { "198.51.101.0", true },
        { "203.0.112.255", true }, { "203.0.113.7", false },
        { "203.0.114.0", true }, { "223.255.255.255", true },
        { "224.0.0.1", false }, { "239.255.255.255", false },
        { "240.0.0.0", false }, { "255.255.255.254", false },
        { "255.255.255.255", false },

        { "::", false }, { "::1", false }, { "::2", false },
        { "::ffff:10.0.0.1", false }, { "::ffff:8.8.8.8", true },
        { "::8.8.8.8", false },
        { "64:ff9b::808:808", false }, { "64:ff9b:1::1", false },
        { "100::1", false }, { "100:0:0:1::1", false },
        { "1fff:ffff::1", false }, { "2000::", true },
        { "2001::1", false }, { "2001:0:ffff::1", false },
        { "2001:1::", false }, { "2001:1::1", true },
        { "2001:1::2", true }, { "2001:1::3", true },
        { "2001:1::4", false }, { "2001:2::1", false },
        { "2001:2:1::1", false }, { "2001:3::1", true },
        { "2001:4::1", false }, { "2001:4:112::1", true },
        { "2001:4:113::1", false }, { "2001:10::1", false },
        { "2001:1f:ffff::1", false }, { "2001:20::1", true },
        { "2001:2f:ffff::1", true }, { "2001:30::1", true },
        { "2001:3f:ffff::1", true }, { "2001:40::1", false },
        { "2001:1ff:ffff::1", false }, { "2001:200::1", true },
        { "2001:db7:ffff::1", true }, { "2001:db8::1", false },
        { "2001:db8:ffff::1", false }, { "2001:db9::1", true },
        { "2002::1", false }, { "2002:808:808::1", false },
        { "2003::1", true }, { "2620:4f:8000::1", true },
        { "2a00:1450:4001::1", true },
        { "3ffe:ffff::1", true }, { "3fff::1", false },
        { "3fff:fff:ffff::1", false }, { "3fff:1000::1", true },
        { "4000::1", false }, { "5f00::1", false },
        { "fbff::1", false }, { "fc00::1", false }, { "fdff::1", false },
        { "fe80::1", false }, { "febf::1", false }, { "fec0::1", false },
        { "ff02::1", false }, { "ff0e::1", false }
    };

    size_t            i;
    device_zone_t     zone;
    device_address_t  address;

    (void) state;
    memset(&zone, 0, sizeof(zone));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(device_address_parse(&address, span(cases[i].text)));

        if (device_address_allowed(&zone, &address) != cases[i].allowed) {
            fail_msg("%s: not %d", cases[i].text, cases[i].allowed);
        }
    }

    memset(&address, 0, sizeof(address));
    assert_false(device_address_allowed(&zone, &address));
}


static void
test_operator_allows(void **state)
{
    device_zone_t     zone;
    device_address_t  address;

    (void) state;
    memset(&zone, 0, sizeof(zone));

    zone.nallowed = 2;
    assert_true(device_cidr_parse(&zone.allowed[0], span("10.0.0.0/15")));
    assert_true(device_cidr_parse(&zone.allowed[1], span("fd00::/9")));

    assert_true(device_address_parse(&address, span("10.1.255.255")));
    assert_true(device_address_allowed(&zone, &address));
    assert_true(device_address_parse(&address, span("10.0.0.1")));
    assert_true(device_address_allowed(&zone, &address));
    assert_true(device_address_parse(&address, span("10.2.0.1")));
    assert_false(device_address_allowed(&zone, &address));
    assert_true(device_address_parse(&address, span("::ffff:10.0.0.1")));
    assert_true(device_address_allowed(&zone, &address));
    assert_true(device_address_parse(&address, span("fd7f::1")));
    assert_true(device_address_allowed(&zone, &address));
    assert_true(device_address_parse(&address, span("fd80::1")));
    assert_false(device_address_allowed(&zone, &address));
}


static void
test_parse(void **state)
{
    static const struct {
        const char  *text;
        const char  *out;            /* NULL: refused */
    } cases[] = {
        { "203.0.113.7", "203.0.113.7" },
        { "2001:DB8:0:0::1", "2001:db8::1" },
        { "::ffff:203.0.113.7", "203.0.113.7" },
        { "::ffff:cb00:7107", "203.0.113.7" },
        { "", NULL }, { "1.2.3", NULL }, { "1.2.3.4.5", NULL },
        { "256.1.1.1", NULL }, { "01.2.3.4", NULL }, { "0x1.2.3.4", NULL },
        { "1.2.3.4 ", NULL }, { " 1.2.3.4", NULL }, { "1.2.3.4/32", NULL },
        { "fe80::1%eth0", NULL }, { "[::1]", NULL }, { "::1::", NULL },
        { "localhost", NULL }, { "16909060", NULL },
        { "1111:2222:3333:4444:5555:6666:7777:8888:9999", NULL },
        { "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL }
    };

    char              out[DEVICE_ADDRESS_TEXT_MAX];
    size_t            i;
    device_address_t  address;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        if (!device_address_parse(&address, span(cases[i].text))) {
            assert_null(cases[i].out);
            continue;
        }

        assert_non_null(cases[i].out);
        device_address_write(out, &address);
        assert_string_equal(out, cases[i].out);
    }

    assert_false(device_address_parse(&address,
                            (store_span_t) { (uint8_t *) "1.2.3.4\0", 8 }));
}


static void
test_cidr(void **state)
{
    static const struct {
        const char  *text;
        int          bits;           /* -1: refused */
    } cases[] = {
        { "192.0.2.0/24", 24 }, { "192.0.2.1", 32 }, { "0.0.0.0/0", 0 },
        { "192.0.2.1/32", 32 }, { "2001:db8::/32", 32 }, { "::/0", 0 },
        { "2001:db8::1", 128 }, { "2001:db8::1/128", 128 },
        { "10.1.0.0/15", -1 }, { "10.0.0.0/15", 15 },
        { "192.0.2.1/24", -1 }, { "192.0.2.0/33", -1 },
        { "192.0.2.0/", -1 }, { "192.0.2.0/08", -1 }, { "/8", -1 },
        { "10.0.0.0/8/8", -1 }, { "10.0.0.0/-8", -1 }, { "10.0.0.0/8 ", -1 },
        { "10.0.0.0/0008", -1 }, { "10.0.0.0/4294967304", -1 },
        { "2001:db8::1/64", -1 }, { "2001:db8::/129", -1 },
        { "::ffff:10.0.0.0/104", -1 }, { "::ffff:10.0.0.1", 32 },
        { "", -1 }, { "x/8", -1 }
    };

    size_t         i;
    device_cidr_t  cidr;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        if (!device_cidr_parse(&cidr, span(cases[i].text))) {
            if (cases[i].bits != -1) {
                fail_msg("%s was refused", cases[i].text);
            }

            continue;
        }

        if (cidr.bits != cases[i].bits) {
            fail_msg("%s: %d bits", cases[i].text, cidr.bits);
        }
    }
}


static void
test_sockaddr(void **state)
{
    struct sockaddr_in    sin = { .sin_family = AF_INET };
    struct sockaddr_in6   sin6 = { .sin6_family = AF_INET6 };
    struct sockaddr_un    sun = { .sun_family = AF_UNIX };
    device_address_t      address, expected;

    (void) state;

    sin.sin_addr.s_addr = htonl(0xcb007107);
    device_address_from_sockaddr(&address, (struct sockaddr *) &sin);
    assert_true(device_address_parse(&expected, span("203.0.113.7")));
    assert_memory_equal(&address, &expected, sizeof(address));

    memcpy(sin6.sin6_addr.s6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0\x71\7",
           16);
    device_address_from_sockaddr(&address, (struct sockaddr *) &sin6);
    assert_memory_equal(&address, &expected, sizeof(address));

    sin6.sin6_addr.s6_addr[0] = 0x20;
    device_address_from_sockaddr(&address, (struct sockaddr *) &sin6);
    assert_int_equal(address.family, 6);

    device_address_from_sockaddr(&address, (struct sockaddr *) &sun);
    assert_int_equal(address.family, 0);
}


static void
test_same_site(void **state)
{
    static const struct {
        const char  *a;
        const char  *b;
        bool         equal;
        bool         site;
    } cases[] = {
        { "192.0.2.1", "192.0.2.1", true, true },
        { "192.0.2.1", "192.0.2.2", false, false },
        { "2001:db8::1", "2001:db8::1", true, true },
        { "2001:db8::1", "2001:db8::ffff:1", false, true },
        { "2001:db8::1", "2001:db8:0:1::1", false, false },
        { "::ffff:192.0.2.1", "192.0.2.1", true, true },
        { "192.0.2.1", "c000:201::", false, false }
    };

    size_t            i;
    device_address_t  a, b;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(device_address_parse(&a, span(cases[i].a)));
        assert_true(device_address_parse(&b, span(cases[i].b)));
        assert_int_equal(device_address_equal(&a, &b), cases[i].equal);
        assert_int_equal(device_address_same_site(&a, &b), cases[i].site);
    }
}


static void
test_vouches(void **state)
{
    static const struct {
        const char  *source;
        uint16_t     type;
        const char  *data[2];        /* NULL: no second RR */
        bool         vouches;
    } cases[] = {
        { "192.0.2.1", 1, { "192.0.2.1", NULL }, true },
        { "192.0.2.1", 1, { "192.0.2.2", NULL }, false },
        { "192.0.2.1", 1, { "192.0.2.1", "192.0.2.2" }, false },
        { "192.0.2.1", 28, { "2001:db8::1", NULL }, false },
        { "2001:db8::1", 28, { "2001:db8::2", "2001:db8::3" }, true },
        { "2001:db8::1", 28, { "2001:db8:0:1::1", NULL }, false },
        { "2001:db8::1", 1, { "192.0.2.1", NULL }, false },
        { "192.0.2.1", 1, { "2001:db8::1", NULL }, false },
        { "192.0.2.1", 16, { "192.0.2.2", NULL }, true }
    };

    size_t            i, k;
    uint8_t          *at, bytes[64];
    store_rr_t        rr;
    store_rrset_t     rrset = { 0 };
    device_address_t  source, address;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        at = bytes;

        for (k = 0; k < 2 && cases[i].data[k] != NULL; k++) {
            assert_true(device_address_parse(&address,
                                             span(cases[i].data[k])));
            rr.data = address.bytes;
            rr.len = address.family == 4 ? 4 : 16;
            rr.splice = -1;
            assert_true(store_rr_write(&at, bytes + sizeof(bytes), &rr));
        }

        rrset.type = cases[i].type;
        rrset.count = (uint8_t) k;
        rrset.rrs.data = bytes;
        rrset.rrs.len = (size_t) (at - bytes);

        assert_true(device_address_parse(&source, span(cases[i].source)));
        assert_int_equal(device_address_vouches(&source, &rrset),
                         cases[i].vouches);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reachable),
        cmocka_unit_test(test_operator_allows),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_cidr),
        cmocka_unit_test(test_sockaddr),
        cmocka_unit_test(test_same_site),
        cmocka_unit_test(test_vouches)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
