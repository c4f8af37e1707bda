/* units: ngx_srv_registrar_module/device_name.c
   store/store_key.c */

/*
 * Names and owners from presentation form and back.
 */

#include "device_text.h"
#include "device_rdata.h"


#define A50  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"


static void
test_owner(void **state)
{
    static const struct {
        const char  *text;
        const char  *wire;           /* NULL: refused */
        const char  *written;
    } cases[] = {
        { "@", "", "@" },
        { "a", "\1a", "a" },
        { "_Xmpp-Server._TCP", "\14_xmpp-server\4_tcp",
          "_xmpp-server._tcp" },
        { "_acme-challenge", "\17_acme-challenge", "_acme-challenge" },
        { "", NULL, NULL }, { ".", NULL, NULL }, { "a.", NULL, NULL },
        { ".a", NULL, NULL }, { "a..b", NULL, NULL }, { "*", NULL, NULL },
        { "*.a", NULL, NULL }, { "a\\046b", NULL, NULL },
        { "a b", NULL, NULL }, { "a@", NULL, NULL }, { "@.a", NULL, NULL },
        { "\xc3\xa9", NULL, NULL }, { A50 "aaaaaaaaaaaaaa", NULL, NULL },
        { A50 "." A50 "." A50 "." A50 "." A50, NULL, NULL }
    };

    char     out[1025];
    size_t   i, len;
    uint8_t  wire[STORE_NAME_MAX];

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        if (!device_owner_parse(span(cases[i].text), 30, wire, &len)) {
            assert_null(cases[i].wire);
            continue;
        }

        assert_non_null(cases[i].wire);
        assert_int_equal(len, strlen(cases[i].wire));
        assert_memory_equal(wire, cases[i].wire, len);

        device_owner_write(out, (store_span_t) { wire, len });
        assert_string_equal(out, cases[i].written);
    }

    /* 255 with what it is relative to, not one more */

    assert_true(device_owner_parse(span(A50), 204, wire, &len));
    assert_false(device_owner_parse(span(A50), 205, wire, &len));
}


static void
test_name(void **state)
{
    char     out[1025];
    size_t   len;
    uint8_t  wire[STORE_NAME_MAX];

    (void) state;

    assert_true(device_name_parse(span("Devices.Example."), wire, &len));
    assert_int_equal(len, 17);
    assert_memory_equal(wire, "\7devices\7example", 17);
    assert_true(device_name_write(out, (store_span_t) { wire, len }));
    assert_string_equal(out, "devices.example");

    assert_false(device_name_parse(span(""), wire, &len));
    assert_false(device_name_parse(span("."), wire, &len));
    assert_false(device_name_parse(span("a..b"), wire, &len));
    assert_false(device_name_parse(span("a.b.."), wire, &len));

    assert_true(device_name_write(out, (store_span_t) {
                                  (uint8_t *) "\4a.\1\\\0", 6 }));
    assert_string_equal(out, "a\\.\\001\\\\");
    assert_false(device_name_write(out, (store_span_t) {
                                   (uint8_t *) "\5a", 2 }));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_owner),
        cmocka_unit_test(test_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
