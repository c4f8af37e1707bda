/* units: ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c */

/*
 * Structured Fields: what is taken, what is refused, and that a refusal is
 * never taken back by what follows.
 */

#include "device_text.h"
#include "device_field.h"


typedef struct {
    store_span_t  input;
    int           members;           /* -1: malformed */
} dictionary_case_t;

static const dictionary_case_t  dictionaries[] = {
    { SPAN(""), 0 },
    { SPAN("   "), 0 },
    { SPAN("a=1"), 1 },
    { SPAN(" a=1 "), 1 },
    { SPAN("a=1, b=2"), 2 },
    { SPAN("a=1,b=2"), 2 },
    { SPAN("a=1 , b=2"), 2 },
    { SPAN("a, b, c;x"), 3 },
    { SPAN("*a-_.*9=?1"), 1 },
    { SPAN("a=1, a=2"), 2 },         /* the caller's to refuse */
    { SPAN("a=\"x\\\"\\\\y\";p=tok/en:*;q=:AAAA:;r=-5;s"), 1 },
    { SPAN("s=(\"a\" \"b\");created=1;keyid=\"k\""), 1 },
    { SPAN("s=()"), 1 },
    { SPAN("s=(  \"a\"  \"b\"  )"), 1 },
    { SPAN("s=(\"a)\" b;x=\")\")"), 1 },
    { SPAN("a;  p=1"), 1 },
    { SPAN("a=123456789012345"), 1 },

    { SPAN("a=1,"), -1 },
    { SPAN("a=1, "), -1 },
    { SPAN(",a=1"), -1 },
    { SPAN("a=1,,b=2"), -1 },
    { SPAN("a=1 b=2"), -1 },
    { SPAN("a=1;"), -1 },
    { SPAN("a=1; "), -1 },
    { SPAN("a=1;p=1;p=2"), -1 },     /* stricter than the RFC */
    { SPAN("a=1;A=1"), -1 },
    { SPAN("a ;p"), -1 },
    { SPAN("a="), -1 },
    { SPAN("a= 1"), -1 },
    { SPAN("a =1"), -1 },
    { SPAN("A=1"), -1 },
    { SPAN("1=1"), -1 },
    { SPAN("-a=1"), -1 },
    { SPAN("a=1.5"), -1 },
    { SPAN("a=1."), -1 },
    { SPAN("a=-"), -1 },
    { SPAN("a=+1"), -1 },
    { SPAN("a=1234567890123456"), -1 },
    { SPAN("a=@1659578233"), -1 },
    { SPAN("a=%\"x\""), -1 },
    { SPAN("a=?2"), -1 },
    { SPAN("a=?"), -1 },
    { SPAN("a=\"x"), -1 },
    { SPAN("a=\"x\\"), -1 },
    { SPAN("a=\"x\\y\""), -1 },
    { SPAN("a=\"\x7f\""), -1 },
    { SPAN("a=\"\t\""), -1 },
    { SPAN("a=\"\0\""), -1 },
    { SPAN("a=\"\xc3\xa9\""), -1 },
    { SPAN("a=:AA*A:"), -1 },
    { SPAN("a=:AAAA"), -1 },
    { SPAN("a=tok\0"), -1 },
    { SPAN("a=1\t"), -1 },
    { SPAN("a=1,\tb=1"), -1 },
    { SPAN("s=(\"a\"\"b\")"), -1 },
    { SPAN("s=(\"a\" \"b\""), -1 },
    { SPAN("s=(\"a\""), -1 },
    { SPAN("s=("), -1 },
    { SPAN("s=(("), -1 },
    { SPAN("s=((\"a\"))"), -1 },
    { SPAN("s=(\"a\",\"b\")"), -1 },
    { SPAN("s=(\"a\";p=1;p=1)"), -1 },
    { SPAN("s=(\"a\")x"), -1 },
    { SPAN("a;a;b;c;d;e;f;g;h;i;j;k;l"), 1 },
    { SPAN("a;a;b;c;d;e;f;g;h;i;j;k;l;m"), -1 },
};


static int
count_members(store_span_t input)
{
    int                    n;
    device_field_parser_t  parser;
    device_field_member_t  member;

    n = 0;
    device_field_dictionary(&parser, input);

    while (device_field_member(&parser, &member)) {
        n++;
    }

    /* sticky: no second try */
    assert_false(device_field_member(&parser, &member));

    return parser.failed ? -1 : n;
}


static void
dictionary_is_strict(void **state)
{
    int     n;
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(dictionaries) / sizeof(dictionaries[0]); i++) {
        n = count_members(dictionaries[i].input);

        if (n != dictionaries[i].members) {
            fail_msg("%s: %d members, not %d",
                     (const char *) dictionaries[i].input.data, n,
                     dictionaries[i].members);
        }
    }
}


/* Each prefix is read without a byte beyond it: the copy ends there, so that
 * a sanitizer sees one. */
static void
dictionary_ends_where_it_ends(void **state)
{
    size_t        i, len;
    uint8_t      *copy;
    store_span_t  prefix;

    (void) state;

    for (i = 0; i < sizeof(dictionaries) / sizeof(dictionaries[0]); i++) {
        for (len = 0; len <= dictionaries[i].input.len; len++) {
            copy = malloc(len == 0 ? 1 : len);
            assert_non_null(copy);
            memcpy(copy, dictionaries[i].input.data, len);

            prefix.data = copy;
            prefix.len = len;
            (void) count_members(prefix);
            free(copy);
        }
    }
}


static void
assert_text(store_span_t span, const char *text)
{
    assert_int_equal(span.len, strlen(text));
    assert_memory_equal(span.data, text, span.len);
}


static void
member_has_its_parts(void **state)
{
    store_span_t  input = SPAN("x=1, sig1=(\"@path\" \"a\";sf);created=-7"
                               ";keyid=\"k\\\"\";ok;no=?0 , y");
    device_field_parser_t  parser;
    device_field_member_t  member, item;

    (void) state;

    device_field_dictionary(&parser, input);
    assert_true(device_field_member(&parser, &member));
    assert_text(member.key, "x");
    assert_text(member.raw, "1");
    assert_int_equal(member.value.type, DEVICE_FIELD_INTEGER);
    assert_int_equal(member.value.integer, 1);

    assert_true(device_field_member(&parser, &member));
    assert_text(member.key, "sig1");
    assert_text(member.raw, "(\"@path\" \"a\";sf);created=-7;keyid=\"k\\\"\""
                            ";ok;no=?0");
    assert_int_equal(member.value.type, DEVICE_FIELD_INNER_LIST);
    assert_text(member.value.text, "\"@path\" \"a\";sf");
    assert_int_equal(member.nparams, 4);
    assert_text(member.params[0].name, "created");
    assert_int_equal(member.params[0].value.integer, -7);
    assert_text(member.params[1].value.text, "k\\\"");
    assert_int_equal(member.params[2].value.type, DEVICE_FIELD_BOOLEAN);
    assert_int_equal(member.params[2].value.integer, 1);
    assert_int_equal(member.params[3].value.integer, 0);

    device_field_inner_list(&parser, member.value.text);
    assert_true(device_field_item(&parser, &item));
    assert_text(item.value.text, "@path");
    assert_text(item.raw, "\"@path\"");
    assert_true(device_field_item(&parser, &item));
    assert_text(item.raw, "\"a\";sf");
    assert_int_equal(item.nparams, 1);
    assert_false(device_field_item(&parser, &item));
    assert_false(parser.failed);
}


static void
list_of_wrong_items_fails(void **state)
{
    size_t                 i;
    device_field_parser_t  parser;
    device_field_member_t  item;

    static const store_span_t  lists[] = {
        SPAN("\"a\"\"b\""), SPAN("\"a\",\"b\""), SPAN("\"a\" ("),
        SPAN("\"a\" \"b"), SPAN("\"a\";"), SPAN("\"a\")"),
    };

    (void) state;

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        device_field_inner_list(&parser, lists[i]);

        while (device_field_item(&parser, &item)) {
            /* to the mistake */
        }

        assert_true(parser.failed);
        assert_false(device_field_item(&parser, &item));
    }
}


typedef struct {
    store_span_t  text;
    size_t        room;
    int           len;               /* -1: refused */
    const char   *bytes;
} base64_case_t;

static const base64_case_t  base64s[] = {
    { SPAN(""), 8, 0, "" },
    { SPAN("Zg=="), 8, 1, "f" },
    { SPAN("Zm8="), 8, 2, "fo" },
    { SPAN("Zm9v"), 8, 3, "foo" },
    { SPAN("Zm9vYg=="), 4, 4, "foob" },
    { SPAN("+/+/"), 3, 3, "\xfb\xff\xbf" },
    { SPAN("Zm9vYg=="), 3, -1, NULL },       /* no room */
    { SPAN("Zh=="), 8, -1, NULL },           /* bits left over */
    { SPAN("Zm9="), 8, -1, NULL },
    { SPAN("Zg="), 8, -1, NULL },
    { SPAN("Zg"), 8, -1, NULL },
    { SPAN("Zg==="), 8, -1, NULL },
    { SPAN("===="), 8, -1, NULL },
    { SPAN("A==="), 8, -1, NULL },
    { SPAN("Zg==Zg=="), 8, -1, NULL },
    { SPAN("Zm=v"), 8, -1, NULL },
    { SPAN("Zm9-"), 8, -1, NULL },           /* base64url */
    { SPAN("Zm9 "), 8, -1, NULL },
    { SPAN("Zm\n9"), 8, -1, NULL },
    { SPAN("Zm\0v"), 8, -1, NULL },
};


static void
base64_is_canonical(void **state)
{
    bool     ok;
    size_t   i, len;
    uint8_t  out[8];

    (void) state;

    for (i = 0; i < sizeof(base64s) / sizeof(base64s[0]); i++) {
        len = base64s[i].room;
        ok = device_field_decode(base64s[i].text, out, &len);

        if (ok != (base64s[i].len >= 0)) {
            fail_msg("%s: %d", (const char *) base64s[i].text.data, ok);
        }

        if (ok) {
            assert_int_equal(len, base64s[i].len);
            assert_memory_equal(out, base64s[i].bytes, len);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(dictionary_is_strict),
        cmocka_unit_test(dictionary_ends_where_it_ends),
        cmocka_unit_test(member_has_its_parts),
        cmocka_unit_test(list_of_wrong_items_fails),
        cmocka_unit_test(base64_is_canonical),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
