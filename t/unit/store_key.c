/* units: store/store_key.c */

/* Names, labels and keys: their bounds, their case, and hostile bytes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store_key.h"


#define BYTES(s)  { (const uint8_t *) (s), sizeof(s) - 1 }


/* A wire name of labels of 63, `len` bytes in all. */
static store_span_t
long_name(uint8_t *buffer, size_t len)
{
    size_t  at, label;

    memset(buffer, 'a', len);

    for (at = 0; at + 1 < len; at += 1 + label) {
        label = len - at - 2 < 63 ? len - at - 2 : 63;
        buffer[at] = (uint8_t) label;
    }

    buffer[len - 1] = 0;

    return (store_span_t) { buffer, len };
}


static void
test_name_valid(void **state)
{
    size_t   i;
    uint8_t  buffer[300];

    static const struct {
        store_span_t  name;
        bool          valid;
    } cases[] = {
        { BYTES("\0"), true },
        { BYTES("\1a\0"), true },
        { BYTES("\7devices\7example\0"), true },
        { BYTES("\1\0\0"), true },                /* any byte in a label */
        { BYTES(""), false },
        { BYTES("\1a"), false },                  /* no root */
        { BYTES("\2a\0"), false },                /* the label eats it */
        { BYTES("\1a\0\0"), false },              /* more behind the root */
        { BYTES("\300\14"), false },              /* a pointer */
        { BYTES("\1a\300\0"), false },
        { BYTES("\100a\0"), false },              /* a label of 64 */
        { BYTES("\77a\0"), false }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(store_name_valid(cases[i].name), cases[i].valid);
    }

    assert_true(store_name_valid(long_name(buffer, 255)));
    assert_false(store_name_valid(long_name(buffer, 256)));
}


static void
test_make_and_parse(void **state)
{
    store_key_t   key;
    store_span_t  zone, label, bytes;

    const store_span_t  given = BYTES("\7DEVices\7Example\0");
    const store_span_t  tv = BYTES("TV-1");
    const store_span_t  want = BYTES("\7devices\7example\0tv-1");
    const store_span_t  none = { NULL, 0 };

    (void) state;

    assert_true(store_key_make(&key, given, tv));
    assert_int_equal(key.len, want.len);
    assert_int_equal(key.zone_len, given.len);
    assert_memory_equal(key.data, want.data, want.len);

    bytes = (store_span_t) { key.data, key.len };
    assert_true(store_key_parse(bytes, &zone, &label));
    assert_int_equal(zone.len, given.len);
    assert_int_equal(label.len, tv.len);
    assert_memory_equal(label.data, "tv-1", 4);

    assert_true(store_key_make(&key, given, none));
    assert_int_equal(key.len, given.len);

    bytes.len = key.len;
    assert_true(store_key_parse(bytes, &zone, &label));
    assert_int_equal(label.len, 0);
}


static void
test_make_bounds(void **state)
{
    uint8_t       name[300], label[80];
    store_key_t   key;
    store_span_t  zone;

    const store_span_t  root = BYTES("\0");
    const store_span_t  bad = BYTES("\1a");
    const store_span_t  small = BYTES("\1a\0");

    (void) state;

    memset(label, 'b', sizeof(label));

    assert_false(store_key_make(&key, root, small));
    assert_false(store_key_make(&key, bad, (store_span_t) { label, 1 }));
    assert_int_equal(key.len, 0);

    assert_true(store_key_make(&key, small, (store_span_t) { label, 63 }));
    assert_false(store_key_make(&key, small, (store_span_t) { label, 64 }));

    /* the FQDN has 255 bytes and one more */

    zone = long_name(name, 200);
    assert_true(store_key_make(&key, zone, (store_span_t) { label, 54 }));
    assert_false(store_key_make(&key, zone, (store_span_t) { label, 55 }));

    zone = long_name(name, 255);
    assert_true(store_key_make(&key, zone, (store_span_t) { label, 0 }));
    assert_false(store_key_make(&key, zone, (store_span_t) { label, 1 }));
}


static void
test_parse_hostile(void **state)
{
    size_t        i;
    uint8_t       bytes[400];
    store_span_t  zone, label;

    static const store_span_t  cases[] = {
        BYTES(""),
        BYTES("\0"),
        BYTES("\0x"),                        /* below the root */
        BYTES("\377F"),                      /* a meta key */
        BYTES("\7devices"),
        BYTES("\7Devices\0tv"),              /* not lower case */
        BYTES("\7devices\0Tv"),
        BYTES("\300\14tv")
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_false(store_key_parse(cases[i], &zone, &label));
    }

    memset(bytes, 'a', sizeof(bytes));
    memcpy(bytes, "\1a\0", 3);

    assert_true(store_key_parse((store_span_t) { bytes, 3 + 63 }, &zone,
                                &label));
    assert_false(store_key_parse((store_span_t) { bytes, 3 + 64 }, &zone,
                                 &label));

    (void) long_name(bytes, 200);
    assert_true(store_key_parse((store_span_t) { bytes, 200 }, &zone,
                                &label));

    memset(bytes + 200, 'a', 60);
    assert_true(store_key_parse((store_span_t) { bytes, 254 }, &zone,
                                &label));
    assert_false(store_key_parse((store_span_t) { bytes, 255 }, &zone,
                                 &label));
}


static void
test_meta(void **state)
{
    uint8_t       buffer[255];
    store_key_t   key;
    store_span_t  zone, label;

    const store_span_t  given = BYTES("\1A\0");

    (void) state;

    store_key_meta(&key, 'S', given);
    assert_int_equal(key.len, 5);
    assert_int_equal(key.zone_len, 0);
    assert_memory_equal(key.data, "\377S\1a\0", 5);

    store_key_meta(&key, 'F', (store_span_t) { NULL, 0 });
    assert_int_equal(key.len, 2);
    assert_false(store_key_parse((store_span_t) { key.data, key.len },
                                 &zone, &label));

    store_key_meta(&key, 'S', long_name(buffer, 255));
    assert_int_equal(key.len, 257);
}


static void
test_fold(void **state)
{
    unsigned  i;
    uint8_t   c, want;

    (void) state;

    for (i = 0; i < 256; i++) {
        c = (uint8_t) i;
        want = c >= 'A' && c <= 'Z' ? (uint8_t) (c + 32) : c;

        store_name_fold(&c, &c, 1);
        assert_int_equal(c, want);
    }
}


/* It goes by words: every byte, at every place of one and behind the last. */
static void
test_fold_every_byte(void **state)
{
    size_t    at, len;
    uint8_t   name[24], folded[25];
    unsigned  byte;

    (void) state;

    for (byte = 0; byte < 256; byte++) {
        for (at = 0; at < sizeof(name); at++) {
            len = at + 1 + byte % (sizeof(name) - at);
            memset(name, at % 2 == 0 ? 0xff : 'a', sizeof(name));
            memset(folded, 1, sizeof(folded));
            name[at] = (uint8_t) byte;

            store_name_fold(folded, name, len);
            assert_int_equal(folded[len], 1);

            name[at] = (uint8_t) (byte >= 'A' && byte <= 'Z' ? byte + 32
                                                             : byte);
            assert_memory_equal(folded, name, len);
        }
    }
}


static void
test_device_label(void **state)
{
    size_t   i;
    uint8_t  label[64];

    static const struct {
        store_span_t  label;
        bool          device;
    } cases[] = {
        { BYTES("a"), true },
        { BYTES("2247eae3630b46565dc68ad351991292"), true },
        { BYTES("tv-1"), true },
        { BYTES(""), false },
        { BYTES("-a"), false },
        { BYTES("a-"), false },
        { BYTES("_tcp"), false },
        { BYTES("a_b"), false },
        { BYTES("A"), false },
        { BYTES("a.b"), false },
        { BYTES("a\0b"), false },
        { BYTES("\303\244"), false },
        { BYTES("*"), false }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(store_label_is_device(cases[i].label),
                         cases[i].device);
    }

    memset(label, 'a', sizeof(label));
    assert_true(store_label_is_device((store_span_t) { label, 63 }));
    assert_false(store_label_is_device((store_span_t) { label, 64 }));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_name_valid),
        cmocka_unit_test(test_make_and_parse),
        cmocka_unit_test(test_make_bounds),
        cmocka_unit_test(test_parse_hostile),
        cmocka_unit_test(test_meta),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_every_byte),
        cmocka_unit_test(test_device_label)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
