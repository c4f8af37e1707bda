
/*
 * Frames of AF_XDP: which are taken for a query, and the reply's every byte.
 */

/* units: dnsd/net_xdp_frame.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net_xdp_frame.h"
#include "net_xdp_sample.h"

#include <arpa/inet.h>
#include <stdlib.h>


static uint8_t  frame[SAMPLE_SIZE];


/* Parses a copy of exactly this length, so that ASan sees a step too far. */
static bool
parses(size_t len)
{
    bool             good;
    uint8_t         *copy = malloc(len);
    net_xdp_frame_t  parsed;

    assert_non_null(copy);
    memcpy(copy, frame, len);

    good = net_xdp_frame_parse(&parsed, copy, len);

    assert_int_equal(good, parsed.payload != NULL);
    free(copy);

    return good;
}


static void
test_payload(void **state)
{
    int              v6;
    size_t           len;
    net_xdp_frame_t  parsed;

    (void) state;

    for (v6 = 0; v6 <= 1; v6++) {
        len = sample_frame(frame, v6, SAMPLE_TEXT, SAMPLE_LEN);

        assert_true(net_xdp_frame_parse(&parsed, frame, len));
        assert_int_equal(parsed.v6, v6);
        assert_int_equal(parsed.payload_len, SAMPLE_LEN);
        assert_memory_equal(parsed.payload, SAMPLE_TEXT, SAMPLE_LEN);

        /* Ethernet pads what is short */

        memset(frame + len, 0xff, 30);
        assert_true(net_xdp_frame_parse(&parsed, frame, len + 30));
        assert_int_equal(parsed.payload_len, SAMPLE_LEN);

        /* a UDP packet of no bytes is one */

        len = sample_frame(frame, v6, "", 0);
        assert_true(net_xdp_frame_parse(&parsed, frame, len));
        assert_int_equal(parsed.payload_len, 0);
    }
}


static void
test_addresses(void **state)
{
    size_t             len;
    net_xdp_frame_t    parsed;
    net_xdp_address_t  peer, local;

    (void) state;

    len = sample_frame(frame, false, SAMPLE_TEXT, SAMPLE_LEN);
    assert_true(net_xdp_frame_parse(&parsed, frame, len));
    net_xdp_frame_addresses(&parsed, &peer, &local);

    assert_int_equal(peer.v4.sin_family, AF_INET);
    assert_memory_equal(&peer.v4.sin_addr, SAMPLE_PEER_V4, 4);
    assert_int_equal(ntohs(peer.v4.sin_port), 12345);
    assert_int_equal(local.v4.sin_family, AF_INET);
    assert_memory_equal(&local.v4.sin_addr, SAMPLE_V4, 4);
    assert_int_equal(ntohs(local.v4.sin_port), 53);

    len = sample_frame(frame, true, SAMPLE_TEXT, SAMPLE_LEN);
    assert_true(net_xdp_frame_parse(&parsed, frame, len));
    net_xdp_frame_addresses(&parsed, &peer, &local);

    assert_int_equal(peer.v6.sin6_family, AF_INET6);
    assert_memory_equal(&peer.v6.sin6_addr, SAMPLE_PEER_V6, 16);
    assert_int_equal(ntohs(peer.v6.sin6_port), 12345);
    assert_int_equal(local.v6.sin6_family, AF_INET6);
    assert_memory_equal(&local.v6.sin6_addr, SAMPLE_V6, 16);
    assert_int_equal(ntohs(local.v6.sin6_port), 53);

    assert_false(net_xdp_frame_parse(&parsed, frame, 20));
    net_xdp_frame_addresses(&parsed, &peer, &local);
    assert_int_equal(peer.any.sa_family, AF_UNSPEC);
    assert_int_equal(local.any.sa_family, AF_UNSPEC);
}


/* Of payloads of many lengths, so that every carry and odd byte occurs. */
static void
test_reply(void **state)
{
    int              v6;
    size_t           i, len;
    uint8_t          reply[1200], *udp;
    net_xdp_frame_t  parsed;

    (void) state;

    for (i = 0; i < sizeof(reply); i++) {
        reply[i] = (uint8_t) (i * 37 ^ i >> 3);
    }

    for (v6 = 0; v6 <= 1; v6++) {
        for (i = 1; i <= sizeof(reply); i++) {
            len = sample_frame(frame, v6, SAMPLE_TEXT, SAMPLE_LEN);
            frame[15] = v6 ? 0xff : 0x03;   /* ECN, or a flow label */
            sample_seal(frame, v6);

            assert_true(net_xdp_frame_parse(&parsed, frame, len));
            len = net_xdp_frame_reply(&parsed, reply, i);
            udp = frame + (v6 ? SAMPLE_V6_UDP : SAMPLE_V4_UDP);

            assert_int_equal(len, udp - frame + 8 + i);
            assert_memory_equal(frame, SAMPLE_PEER_MAC, 6);
            assert_memory_equal(frame + 6, SAMPLE_MAC, 6);
            assert_memory_equal(udp, SAMPLE_PORT SAMPLE_PEER_PORT, 4);
            assert_int_equal(sample_get(udp + 4), 8 + i);
            assert_memory_equal(udp + 8, reply, i);
            assert_int_not_equal(sample_get(udp + 6), 0);
            assert_int_equal(sample_udp_sum(frame, v6, false), 0xffff);
        }
    }
}


static void
test_reply_ip(void **state)
{
    size_t           len;
    uint8_t         *ip = frame + 14;
    net_xdp_frame_t  parsed;

    (void) state;

    len = sample_frame(frame, false, SAMPLE_TEXT, SAMPLE_LEN);
    assert_true(net_xdp_frame_parse(&parsed, frame, len));
    (void) net_xdp_frame_reply(&parsed, (const uint8_t *) "abc", 3);

    assert_memory_equal(ip, "\x45\0\0\x1f\0\0\x40\0\x40\x11", 10);
    assert_int_equal(sample_sum(ip, 20), 0xffff);
    assert_memory_equal(ip + 12, SAMPLE_V4 SAMPLE_PEER_V4, 8);

    len = sample_frame(frame, true, SAMPLE_TEXT, SAMPLE_LEN);
    ip[1] = 0x12;
    assert_true(net_xdp_frame_parse(&parsed, frame, len));
    (void) net_xdp_frame_reply(&parsed, (const uint8_t *) "abc", 3);

    assert_memory_equal(ip, "\x60\0\0\0\0\x0b\x11\x40", 8);
    assert_memory_equal(ip + 8, SAMPLE_V6, 16);
    assert_memory_equal(ip + 24, SAMPLE_PEER_V6, 16);
}


/* A sum that comes out as 0 is sent as all ones. */
static void
test_reply_sum_zero(void **state)
{
    size_t           len;
    uint8_t          reply[2] = { 0 };
    uint32_t         rest;
    net_xdp_frame_t  parsed;

    (void) state;

    len = sample_frame(frame, true, "xx", 2);
    assert_true(net_xdp_frame_parse(&parsed, frame, len));
    (void) net_xdp_frame_reply(&parsed, reply, sizeof(reply));

    /* what is missing to all ones becomes the payload */

    rest = sample_get(frame + SAMPLE_V6_UDP + 6);
    sample_put(reply, rest);

    len = sample_frame(frame, true, "xx", 2);
    assert_true(net_xdp_frame_parse(&parsed, frame, len));
    (void) net_xdp_frame_reply(&parsed, reply, sizeof(reply));

    assert_int_equal(sample_get(frame + SAMPLE_V6_UDP + 6), 0xffff);
}


/* One byte changed, sums made good again: the change itself is what counts. */
static void
test_refused(void **state)
{
    size_t  i, len;

    static const struct {
        const char  *what;
        bool         v6;
        size_t       at;
        uint8_t      byte;
        bool         sealed;
    } cases[] = {
        { "from a group of machines", false, 6,  0x03, true },
        { "ARP",                      false, 13, 0x06, true },
        { "VLAN",                     false, 12, 0x81, true },
        { "version 6 in version 4",   false, 14, 0x65, true },
        { "options",                  false, 14, 0x46, true },
        { "short header",             false, 14, 0x44, true },
        { "TCP",                      false, 23, 6,    true },
        { "more fragments",           false, 20, 0x20, true },
        { "a later fragment",         false, 21, 0x01, true },
        { "a total length beyond",    false, 17, 53,   true },
        { "a total length of less",   false, 17, 27,   true },
        { "header sum",               false, 24, 0x55, false },
        { "hops change the sum",      false, 22, 56,   false },
        { "from 0.0.0.0/8",           false, 26, 0,    true },
        { "from loopback",            false, 26, 127,  true },
        { "from multicast",           false, 26, 224,  true },
        { "from broadcast",           false, 26, 255,  true },
        { "from port 0",              false, 34, 0,    true },
        { "UDP length of less",       false, 39, 7,    false },
        { "UDP length beyond",        false, 39, 32,   false },
        { "UDP sum",                  false, 40, 0x55, false },
        { "payload changed",          false, 42, 'b',  false },
        { "last byte changed",        false, 64, 'b',  false },
        { "from all machines",        true,  6,  0xff, true },
        { "version 4 in version 6",   true,  14, 0x45, true },
        { "fragment header",          true,  20, 44,   true },
        { "TCP",                      true,  20, 6,    true },
        { "payload length beyond",    true,  19, 32,   false },
        { "payload length of less",   true,  19, 7,    false },
        { "from multicast",           true,  22, 0xff, true },
        { "from port 0",              true,  54, 0,    true },
        { "UDP length of less",       true,  59, 7,    false },
        { "UDP length beyond",        true,  59, 32,   false },
        { "UDP sum",                  true,  60, 0x55, false },
        { "payload changed",          true,  62, 'b',  false },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = sample_frame(frame, cases[i].v6, SAMPLE_TEXT, SAMPLE_LEN);
        assert_true(parses(len));

        frame[cases[i].at] = cases[i].byte;

        if (cases[i].at == 34 || cases[i].at == 54) {
            frame[cases[i].at + 1] = 0;
        }

        if (cases[i].sealed) {
            sample_seal(frame, cases[i].v6);
        }

        if (parses(len)) {
            fail_msg("taken: %s (IPv%d)", cases[i].what,
                     cases[i].v6 ? 6 : 4);
        }
    }
}


static void
test_sources(void **state)
{
    size_t  i, len;

    static const char *const  v6[] = {
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",             /* :: */
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1",             /* ::1 */
        "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x33\x64\7",   /* IPv4 in it */
        SAMPLE_V6
    };

    (void) state;

    for (i = 0; i < sizeof(v6) / sizeof(v6[0]); i++) {
        len = sample_frame(frame, true, SAMPLE_TEXT, SAMPLE_LEN);
        memcpy(frame + 22, v6[i], 16);
        sample_seal(frame, true);
        assert_false(parses(len));
    }

    len = sample_frame(frame, false, SAMPLE_TEXT, SAMPLE_LEN);
    memcpy(frame + 26, SAMPLE_V4, 4);
    sample_seal(frame, false);
    assert_false(parses(len));
}


static void
test_sums(void **state)
{
    size_t  len;

    (void) state;

    /* none: IPv4 may, IPv6 must not */

    len = sample_frame(frame, false, SAMPLE_TEXT, SAMPLE_LEN);
    sample_put(frame + SAMPLE_V4_UDP + 6, 0);
    assert_true(parses(len));

    len = sample_frame(frame, true, SAMPLE_TEXT, SAMPLE_LEN);
    sample_put(frame + SAMPLE_V6_UDP + 6, 0);
    assert_false(parses(len));

    /* left to the network card by this machine's own kernel */

    len = sample_frame(frame, false, SAMPLE_TEXT, SAMPLE_LEN);
    sample_put(frame + SAMPLE_V4_UDP + 6, sample_udp_sum(frame, false, true));
    assert_true(parses(len));

    len = sample_frame(frame, true, SAMPLE_TEXT, SAMPLE_LEN);
    sample_put(frame + SAMPLE_V6_UDP + 6, sample_udp_sum(frame, true, true));
    assert_true(parses(len));
}


static void
test_cut_short(void **state)
{
    int     v6;
    size_t  len, i;

    (void) state;

    for (v6 = 0; v6 <= 1; v6++) {
        len = sample_frame(frame, v6, SAMPLE_TEXT, SAMPLE_LEN);

        for (i = 1; i < len; i++) {
            assert_false(parses(i));
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_payload),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_reply),
        cmocka_unit_test(test_reply_ip),
        cmocka_unit_test(test_reply_sum_zero),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_cut_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
