
/*
 * Prefixes of addresses: what is one, and which addresses it contains.
 */

/* units: dnsd/net_prefix.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net_prefix.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>


static struct sockaddr_storage
address(const char *text)
{
    struct sockaddr_storage  ss;
    struct sockaddr_in      *sin = (void *) &ss;
    struct sockaddr_in6     *sin6 = (void *) &ss;

    memset(&ss, 0, sizeof(ss));

    if (inet_pton(AF_INET, text, &sin->sin_addr) == 1) {
        ss.ss_family = AF_INET;
        return ss;
    }

    assert_int_equal(inet_pton(AF_INET6, text, &sin6->sin6_addr), 1);
    ss.ss_family = AF_INET6;

    return ss;
}


static void
test_match(void **state)
{
    size_t                   i;
    net_prefix_t             prefix;
    struct sockaddr_storage  ss;

    static const struct {
        const char  *prefix;
        const char  *address;
        bool         match;
    } cases[] = {
        { "192.0.2.0/24",          "192.0.2.0",           true },
        { "192.0.2.0/24",          "192.0.2.255",         true },
        { "192.0.2.0/24",          "192.0.3.0",           false },
        { "192.0.2.0/24",          "::ffff:192.0.2.7",    true },
        { "::ffff:192.0.2.0/120",  "192.0.2.7",           true },
        { "::ffff:192.0.2.0/120",  "::ffff:192.0.2.7",    true },
        { "192.0.2.1",             "192.0.2.1",           true },
        { "192.0.2.1/32",          "192.0.2.1",           true },
        { "192.0.2.1",             "192.0.2.0",           false },
        { "192.0.2.128/25",        "192.0.2.127",         false },
        { "192.0.2.128/25",        "192.0.2.128",         true },
        { "0.0.0.0/0",             "203.0.113.9",         true },
        { "0.0.0.0/0",             "2001:db8::1",         false },
        { "::/0",                  "2001:db8::1",         true },
        { "::/0",                  "203.0.113.9",         false },
        { "2001:db8::/32",         "2001:db8:ffff::1",    true },
        { "2001:db8::/32",         "2001:db9::",          false },
        { "2001:db8::/33",         "2001:db8:8000::",     false },
        { "2001:db8::1",           "2001:db8::1",         true },
        { "2001:db8::1",           "2001:db8::2",         false },
        { "::1",                   "127.0.0.1",           false },
        { "c000:200::/24",         "192.0.2.0",           false }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        print_message("# %s %s\n", cases[i].prefix, cases[i].address);
        ss = address(cases[i].address);
        assert_true(net_prefix_parse(&prefix, cases[i].prefix));
        assert_int_equal(net_prefix_match(&prefix, 1, (void *) &ss),
                         cases[i].match);
    }
}


static void
test_bad(void **state)
{
    size_t        i;
    net_prefix_t  prefix;

    static const char  *cases[] = {
        "", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/256",
        "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/ 8", "192.0.2.0/24 ",
        "192.0.2.0/24x", "192.0.2.0/24/24", "192.0.2/24", "192.0.2.1/24",
        "2001:db8::/129", "2001:db8::/28", "2001:db8::1/64", "2001:db8::%lo",
        "192.0.2.0/0000", "localhost", "::ffff:192.0.2.1/120",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        print_message("# \"%s\"\n", cases[i]);
        assert_false(net_prefix_parse(&prefix, cases[i]));
    }
}


static void
test_several(void **state)
{
    net_prefix_t             prefixes[2];
    struct sockaddr_storage  in = address("2001:db8::9"),
                             out = address("192.0.2.9"),
                             other = { .ss_family = AF_UNIX };

    (void) state;

    assert_true(net_prefix_parse(&prefixes[0], "198.51.100.0/24"));
    assert_true(net_prefix_parse(&prefixes[1], "2001:db8::/64"));

    assert_true(net_prefix_match(prefixes, 2, (void *) &in));
    assert_false(net_prefix_match(prefixes, 1, (void *) &in));
    assert_false(net_prefix_match(prefixes, 0, (void *) &in));
    assert_false(net_prefix_match(prefixes, 2, (void *) &out));
    assert_false(net_prefix_match(prefixes, 2, (void *) &other));
}


/* Whom a limit counts as one, in equal bytes. */
static void
test_of(void **state)
{
    size_t                   i;
    net_prefix_t             a, b;
    struct sockaddr_storage  first, second;

    static const struct {
        const char  *first;
        const char  *second;
        bool         same;
    } cases[] = {
        { "192.0.2.1",     "192.0.2.1",            true },
        { "192.0.2.1",     "::ffff:192.0.2.1",     true },
        { "192.0.2.1",     "192.0.2.2",            false },
        { "2001:db8::1",   "2001:db8::ffff:0:1",   true },
        { "2001:db8::1",   "2001:db8:0:1::1",      false },
        { "c000:201::",    "192.0.2.1",            false }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        first = address(cases[i].first);
        second = address(cases[i].second);
        net_prefix_of(&a, (void *) &first, 32, 64);
        net_prefix_of(&b, (void *) &second, 32, 64);
        assert_int_equal(memcmp(&a, &b, sizeof(a)) == 0, cases[i].same);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_of)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
