
/*
 * The filter of AF_XDP, run by the kernel on frames of ours: which leave its
 * usual way.  Needs root; no interface's frames are touched.
 */

/* units: dnsd/net_xdp_filter.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net_xdp_filter.h"
#include "net_xdp_sample.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>


static uint8_t  frame[SAMPLE_SIZE];
static int      program = -1;


static int
bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
    return (int) syscall(__NR_bpf, command, attributes, sizeof(*attributes));
}


/* A map to a device stands for one to a socket: the helper is the same, but no
 * interface must be taken to have an entry. */
static int
device_map(void)
{
    int       map;
    uint32_t  key = 0, value = if_nametoindex("lo");

    union bpf_attr  create = {
        .map_type = BPF_MAP_TYPE_DEVMAP,
        .key_size = sizeof(key),
        .value_size = sizeof(value),
        .max_entries = 1
    };
    union bpf_attr  update = {
        .key = (uintptr_t) &key,
        .value = (uintptr_t) &value
    };

    map = bpf(BPF_MAP_CREATE, &create);

    if (map != -1) {
        update.map_fd = (uint32_t) map;
        assert_int_equal(bpf(BPF_MAP_UPDATE_ELEM, &update), 0);
    }

    return map;
}


static void
load(const net_xdp_filter_t *filter)
{
    int              map = device_map();
    char             said[16384] = "";
    struct bpf_insn  instructions[NET_XDP_FILTER_MAX];

    union bpf_attr  attributes = {
        .prog_type = BPF_PROG_TYPE_XDP,
        .insns = (uintptr_t) instructions,
        .license = (uintptr_t) "BSD",
        .log_buf = (uintptr_t) said,
        .log_size = sizeof(said),
        .log_level = 4
    };

    assert_int_not_equal(map, -1);

    if (program != -1) {
        close(program);
    }

    attributes.insn_cnt = (uint32_t) net_xdp_filter_write(filter, map,
                                                          instructions);
    assert_true(attributes.insn_cnt <= NET_XDP_FILTER_MAX);

    program = bpf(BPF_PROG_LOAD, &attributes);
    close(map);

    if (program == -1) {
        fail_msg("the kernel refuses the filter: %s", said);
    }
}


static bool
redirected(size_t len)
{
    union bpf_attr  attributes = {
        .test = {
            .prog_fd = (uint32_t) program,
            .data_in = (uintptr_t) frame,
            .data_size_in = (uint32_t) len
        }
    };

    assert_int_equal(bpf(BPF_PROG_TEST_RUN, &attributes), 0);

    if (attributes.test.retval != XDP_PASS) {
        assert_int_equal(attributes.test.retval, XDP_REDIRECT);
    }

    return attributes.test.retval == XDP_REDIRECT;
}


static void
target(net_xdp_filter_t *filter, bool v6)
{
    net_xdp_target_t  *added = &filter->targets[filter->n++];

    added->v6 = v6;
    memcpy(added->port, SAMPLE_PORT, 2);

    if (v6) {
        memcpy(added->address, SAMPLE_V6, 16);

    } else {
        memcpy(added->address, SAMPLE_V4, 4);
    }
}


static net_xdp_filter_t
one_of_each(void)
{
    net_xdp_filter_t  filter = { .n = 0 };

    memcpy(filter.mac, SAMPLE_MAC, 6);
    target(&filter, false);
    target(&filter, true);

    return filter;
}


static void
test_queries(void **state)
{
    int               v6;
    size_t            len;
    net_xdp_filter_t  filter = one_of_each();

    (void) state;

    load(&filter);

    for (v6 = 0; v6 <= 1; v6++) {
        len = sample_frame(frame, v6, SAMPLE_TEXT, SAMPLE_LEN);
        assert_true(redirected(len));

        len = sample_frame(frame, v6, "", 0);
        assert_true(redirected(len));
    }

    len = sample_frame(frame, false, SAMPLE_TEXT, SAMPLE_LEN);
    frame[20] = 0x40;                       /* DF is no fragment */
    assert_true(redirected(len));
}


static void
test_others(void **state)
{
    size_t            i, len;
    net_xdp_filter_t  filter = one_of_each();

    static const struct {
        const char  *what;
        bool         v6;
        size_t       at;
        uint8_t      byte;
    } cases[] = {
        { "broadcast",           false, 0,  0xff },
        { "another machine's",   false, 5,  0x03 },
        { "ARP",                 false, 13, 0x06 },
        { "VLAN",                false, 12, 0x81 },
        { "version",             false, 14, 0x65 },
        { "options",             false, 14, 0x46 },
        { "TCP",                 false, 23, 6 },
        { "ICMP",                false, 23, 1 },
        { "more fragments",      false, 20, 0x20 },
        { "a late fragment",     false, 20, 0x10 },
        { "a later fragment",    false, 21, 0x01 },
        { "address, first",      false, 30, 193 },
        { "address, last",       false, 33, 54 },
        { "port, high",          false, 36, 1 },
        { "port, low",           false, 37, 54 },
        { "another machine's",   true,  0,  0x06 },
        { "TCP",                 true,  20, 6 },
        { "ICMP",                true,  20, 58 },
        { "hop-by-hop options",  true,  20, 0 },
        { "fragment",            true,  20, 44 },
        { "address, first",      true,  38, 0x21 },
        { "address, middle",     true,  46, 1 },
        { "address, last",       true,  53, 0x54 },
        { "port, high",          true,  56, 1 },
        { "port, low",           true,  57, 54 },
    };

    (void) state;

    load(&filter);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = sample_frame(frame, cases[i].v6, SAMPLE_TEXT, SAMPLE_LEN);
        frame[cases[i].at] = cases[i].byte;

        if (redirected(len)) {
            fail_msg("taken from the kernel: %s (IPv%d)", cases[i].what,
                     cases[i].v6 ? 6 : 4);
        }
    }
}


static void
test_short(void **state)
{
    int               v6;
    size_t            i, len;
    net_xdp_filter_t  filter = one_of_each();

    (void) state;

    load(&filter);

    /* 14 is the least that the kernel runs a program on */

    for (v6 = 0; v6 <= 1; v6++) {
        len = sample_frame(frame, v6, "", 0);

        for (i = 14; i < len; i++) {
            assert_false(redirected(i));
        }
    }
}


/* The most there may be, half of either family; each is found, and a port
 * belongs to its address. */
static void
test_many(void **state)
{
    unsigned          i;
    size_t            len;
    net_xdp_filter_t  filter = { .n = 0 };

    (void) state;

    memcpy(filter.mac, SAMPLE_MAC, 6);

    for (i = 0; i < NET_XDP_TARGETS_MAX; i++) {
        target(&filter, i % 2);
        filter.targets[i].address[i % 2 ? 15 : 3] = (uint8_t) (100 + i);
        filter.targets[i].port[0] = (uint8_t) i;
    }

    load(&filter);

    for (i = 0; i < NET_XDP_TARGETS_MAX; i++) {
        len = sample_frame(frame, i % 2, SAMPLE_TEXT, SAMPLE_LEN);
        frame[i % 2 ? 53 : 33] = (uint8_t) (100 + i);
        frame[i % 2 ? 56 : 36] = (uint8_t) i;
        assert_true(redirected(len));

        frame[i % 2 ? 56 : 36] = (uint8_t) (i + 2);
        assert_false(redirected(len));
    }
}


/* Of one family alone: the other's part is empty. */
static void
test_one_family(void **state)
{
    int               v6;
    size_t            len;
    net_xdp_filter_t  filter;

    (void) state;

    for (v6 = 0; v6 <= 1; v6++) {
        filter = (net_xdp_filter_t) { .n = 0 };
        memcpy(filter.mac, SAMPLE_MAC, 6);
        target(&filter, v6);
        load(&filter);

        len = sample_frame(frame, v6, SAMPLE_TEXT, SAMPLE_LEN);
        assert_true(redirected(len));

        len = sample_frame(frame, !v6, SAMPLE_TEXT, SAMPLE_LEN);
        assert_false(redirected(len));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_one_family),
    };

    if (device_map() == -1) {
        printf("1..0 # SKIP a device map: %s (needs root)\n",
               strerror(errno));
        return 0;
    }

    return cmocka_run_group_tests(tests, NULL, NULL);
}
