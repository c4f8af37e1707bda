/* units: dnsd/wire_name.c dnsd/wire_query.c dnsd/wire_writer.c */

/*
 * Names, queries and the writer: tables of good and broken bytes, and every
 * limit that a message may have.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"


#define BYTES(s)  (const uint8_t *) (s), sizeof(s) - 1
#define SPAN(s)   ((wire_span_t) { BYTES(s) })
#define HEADER    "0123456789ab"
#define L63       "\77aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
                  "aaaaaaaaaaaaaaaaaaaaaaa"


/* A copy of exactly that size, so that a sanitizer sees each read behind. */
static uint8_t *
exact(const uint8_t *data, size_t len)
{
    uint8_t  *copy = malloc(len + (len == 0));

    assert_non_null(copy);
    memcpy(copy, data, len);

    return copy;
}


static void
name_parse(void **state)
{
    size_t  i;

    (void) state;

    static const struct {
        const char  *message;
        size_t       len;
        size_t       at;
        const char  *name;       /* NULL: broken */
        size_t       name_len;
        size_t       end;
    } cases[] = {
#define MESSAGE(s)  HEADER s, sizeof(HEADER s) - 1
#define NAME(s)     s, sizeof(s) - 1
        { MESSAGE("\0"), 12, NAME("\0"), 13 },
        { MESSAGE("\1a\0x"), 12, NAME("\1a\0"), 15 },
        { MESSAGE("\3WwW\2Ab\0"), 12, NAME("\3WwW\2Ab\0"), 20 },
        { MESSAGE("\1a\0\1b\300\14"), 15, NAME("\1b\1a\0"), 19 },
        { MESSAGE("\1a\0\300\14"), 15, NAME("\1a\0"), 17 },
        { MESSAGE("\0\300\14\300\15"), 15, NAME("\0"), 17 },
        { MESSAGE("\1a\0\1b\300\14\1c\300\17"), 19, NAME("\1c\1b\1a\0"), 23 },
        { MESSAGE(L63 L63 L63 "\75aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                  "aaaaaaaaaaaaaaaaa\0"), 12,
          NAME(L63 L63 L63 "\75aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaa\0"), 267 },
        { MESSAGE(L63 L63 L63 "\76aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                  "aaaaaaaaaaaaaaaaaa\0"), 12, NULL, 0, 0 },
        { MESSAGE(L63 L63 L63 "\0" L63 "\300\14"), 205, NULL, 0, 0 },
        { MESSAGE(""), 12, NULL, 0, 0 },
        { MESSAGE("\1"), 12, NULL, 0, 0 },
        { MESSAGE("\1a"), 12, NULL, 0, 0 },
        { MESSAGE("\2a\0"), 12, NULL, 0, 0 },
        { MESSAGE("\100a\0"), 12, NULL, 0, 0 },
        { MESSAGE("\200a\0"), 12, NULL, 0, 0 },
        { MESSAGE("\300"), 12, NULL, 0, 0 },
        { MESSAGE("\300\14"), 12, NULL, 0, 0 },
        { MESSAGE("\300\15\0"), 12, NULL, 0, 0 },
        { MESSAGE("\300\0\0"), 12, NULL, 0, 0 },
        { MESSAGE("\300\13\0"), 12, NULL, 0, 0 },
        { "\1a\0 a header\300\0", 14, 12, NULL, 0, 0 },
        { MESSAGE("\1a\300\14"), 12, NULL, 0, 0 },
        { MESSAGE("\1a\300\14\300\16"), 16, NULL, 0, 0 },
        { MESSAGE("\377\377"), 12, NULL, 0, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t       at = cases[i].at;
        uint8_t     *message = exact((const uint8_t *) cases[i].message,
                                     cases[i].len);
        wire_name_t  name;

        assert_int_equal(wire_name_parse(&name, message, cases[i].len, &at),
                         cases[i].name != NULL);

        if (cases[i].name != NULL) {
            assert_int_equal(name.len, cases[i].name_len);
            assert_memory_equal(name.data, cases[i].name, name.len);
            assert_int_equal(at, cases[i].end);
        }

        free(message);
    }
}


/* A chain of pointers, each to the one before, is long but ends. */
static void
name_pointers(void **state)
{
    size_t       at, last = 0;
    uint8_t      message[4096] = HEADER;
    wire_name_t  name;

    (void) state;

    memcpy(message + 12, "\1a", 3);

    for (at = 15; at + 2 <= sizeof(message); at += 2) {
        last = at;
        message[at] = (uint8_t) (0xC0 | (at == 15 ? 12 : at - 2) >> 8);
        message[at + 1] = (uint8_t) (at == 15 ? 12 : at - 2);
    }

    at = last;
    assert_true(wire_name_parse(&name, message, sizeof(message), &at));
    assert_int_equal(name.len, 3);
    assert_int_equal(at, last + 2);
}


static void
name_fold(void **state)
{
    uint8_t  bytes[256];
    unsigned  i;

    (void) state;

    for (i = 0; i < 256; i++) {
        bytes[i] = (uint8_t) i;
    }

    wire_fold(bytes, sizeof(bytes));

    for (i = 0; i < 256; i++) {
        assert_int_equal(bytes[i], i >= 'A' && i <= 'Z' ? i + 32 : i);
    }

    assert_true(wire_equal((const uint8_t *) "\3aBc",
                           (const uint8_t *) "\3AbC", 4));
    assert_false(wire_equal((const uint8_t *) "[", (const uint8_t *) "{", 1));
    assert_false(wire_equal((const uint8_t *) "\301", (const uint8_t *) "\341",
                            1));
}


/* Names are folded by words: every byte, at every place of a word and in what
 * is left behind the last, is what tolower() of the C locale makes of it. */
static void
name_fold_every_byte(void **state)
{
    size_t    at, len;
    uint8_t   name[24], lower[24];
    unsigned  byte;

    (void) state;

    for (byte = 0; byte < 256; byte++) {
        for (at = 0; at < sizeof(name); at++) {
            for (len = at + 1; len <= sizeof(name); len++) {
                memset(name, at % 2 == 0 ? 0xff : 'Z', sizeof(name));
                name[at] = (uint8_t) byte;

                memset(lower, at % 2 == 0 ? 0xff : 'z', sizeof(lower));
                lower[at] = (uint8_t) (byte >= 'A' && byte <= 'Z'
                                       ? byte + 32 : byte);

                assert_true(wire_equal(name, lower, len));
                lower[at] ^= 1;
                assert_false(wire_equal(name, lower, len));
                lower[at] ^= 1;

                wire_fold(name, len);
                assert_memory_equal(name, lower, len);
                assert_true(len == sizeof(name)
                            || name[len] == (at % 2 == 0 ? 0xff : 'Z'));
            }
        }
    }
}


static void
name_ends_with(void **state)
{
    size_t  i;

    (void) state;

    static const struct {
        wire_span_t  name;
        wire_span_t  suffix;
        int          at;         /* -1: it does not */
    } cases[] = {
        { { BYTES("\1a\1b\0") }, { BYTES("\1b\0") }, 2 },
        { { BYTES("\1a\1b\0") }, { BYTES("\1a\1b\0") }, 0 },
        { { BYTES("\1a\1b\0") }, { BYTES("\0") }, 4 },
        { { BYTES("\1a\1b\0") }, { BYTES("\1c\0") }, -1 },
        { { BYTES("\1b\0") }, { BYTES("\1a\1b\0") }, -1 },
        /* the bytes of a label are no label */
        { { BYTES("\4x\1b\0\0") }, { BYTES("\1b\0\0") }, -1 },
        { { BYTES("\3x\1b\0") }, { BYTES("\1b\0") }, -1 },
        { { BYTES("\1a\0") }, { BYTES("") }, -1 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t  at;
        bool    found = wire_name_ends_with(cases[i].name, cases[i].suffix,
                                            &at);

        assert_int_equal(found, cases[i].at != -1);
        assert_true(!found || (int) at == cases[i].at);
    }

    assert_true(wire_owner_ends_with(SPAN("\1a\1b"), SPAN("")));
    assert_true(wire_owner_ends_with(SPAN(""), SPAN("")));
    assert_true(wire_owner_ends_with(SPAN("\1a\1b"), SPAN("\1b")));
    assert_true(wire_owner_ends_with(SPAN("\1a\1b"), SPAN("\1a\1b")));
    assert_false(wire_owner_ends_with(SPAN("\1b"), SPAN("\1a\1b")));
    assert_false(wire_owner_ends_with(SPAN("\3x\1b"), SPAN("\1b")));
    assert_false(wire_owner_ends_with(SPAN("\1a\1b"), SPAN("\1a")));

    /* no name: its last label is longer than what is left */

    assert_false(wire_owner_ends_with(SPAN("\7ab"), SPAN("b")));
}


static void
name_print(void **state)
{
    char  text[32];
    size_t  i, size;

    (void) state;

    static const struct {
        wire_span_t  name;
        const char  *text;
    } cases[] = {
        { { BYTES("\0") }, "." },
        { { BYTES("\3www\1b\0") }, "www.b." },
        { { BYTES("\5a.b\\\n\0") }, "a\\046b\\092\\010." },
        { { BYTES("\2 \377\0") }, "\\032\\255." }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wire_name_print(text, sizeof(text), cases[i].name);
        assert_string_equal(text, cases[i].text);
    }

    for (size = 5; size < sizeof(text); size++) {
        memset(text, '#', sizeof(text));
        wire_name_print(text, size, SPAN(L63 "\0"));
        assert_true(strlen(text) < size);
    }
}


/* ID, then what is given: flags, four counts and the rest. */
#define QUERY(s)  { BYTES("\1\2" s) }
#define Q         "\1a\0\0\1\0\1"
#define OPT(s)    "\0\0\51\4\320\0\0\0\0" s
#define TSIG_RR(class, ttl, len)  "\1k\0\0\372" class ttl len
#define TERMS     "\1a\0" "\0\0\1\2\3\4" "\1\54"
#define TSIG      TSIG_RR("\0\377", "\0\0\0\0", "\0\26")                      \
                  TERMS "\0\2mm" "\1\2\0\0" "\0\1o"


static void
query_parse(void **state)
{
    size_t  i;

    (void) state;

    static const struct {
        wire_span_t     message;
        wire_verdict_t  verdict;
    } cases[] = {
        { QUERY("\0\0\0\1\0\0\0\0\0\0" Q), WIRE_VERDICT_OK },
        { QUERY("\1\40\0\1\0\0\0\0\0\1" Q OPT("\0\0")), WIRE_VERDICT_OK },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q OPT("\0\4\0\1\0\0")),
          WIRE_VERDICT_OK },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q OPT("\0\5\0\1\0\1x")),
          WIRE_VERDICT_OK },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q OPT("\0\5\0\1\0\2x")),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q OPT("\0\3\0\1\0")),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\2" Q OPT("\0\0") OPT("\0\0")),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\2" Q OPT("\0\0") TSIG),
          WIRE_VERDICT_NOTAUTH },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q TSIG), WIRE_VERDICT_NOTAUTH },
        { QUERY("\0\0\0\0\0\0\0\0\0\1" TSIG), WIRE_VERDICT_NOTAUTH },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q TSIG "x"), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\2" Q "\0\0\51\4\320\0\1\0\0\0\0"
                TSIG), WIRE_VERDICT_BADVERS },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q
                TSIG_RR("\0\1", "\0\0\0\0", "\0\23")
                TERMS "\0\0" "\1\2\0\0\0\0"), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q
                TSIG_RR("\0\377", "\0\0\0\1", "\0\23")
                TERMS "\0\0" "\1\2\0\0\0\0"), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q
                TSIG_RR("\0\377", "\0\0\0\0", "\0\23")
                TERMS "\0\0" "\1\2\0\0\0\0"), WIRE_VERDICT_NOTAUTH },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q
                TSIG_RR("\0\377", "\0\0\0\0", "\0\22")
                TERMS "\0\0" "\1\2\0\0\0"), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q
                TSIG_RR("\0\377", "\0\0\0\0", "\0\23")
                TERMS "\0\1" "\1\2\0\0\0\0"), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q
                TSIG_RR("\0\377", "\0\0\0\0", "\0\23")
                TERMS "\0\0" "\1\2\0\0\0\1"), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q
                TSIG_RR("\0\377", "\0\0\0\0", "\0\24")
                TERMS "\0\0" "\1\2\0\0\0\0x"), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q
                TSIG_RR("\0\377", "\0\0\0\0", "\0\3") "\7ab"),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q
                TSIG_RR("\0\377", "\0\0\0\0", "\0\24")
                "\1a\300\0" "\0\0\1\2\3\4\1\54\0\0" "\1\2\0\0\0\0"),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\2" Q TSIG OPT("\0\0")),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\2" Q TSIG TSIG),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q "\1x\0\0\51\4\320\0\0\0\0\0\0"),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\1\0\0\1a\0\0\373\0\1\1a\0\0\6"),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\1\0\0\1a\0\0\373\0\1\1a\0\0\6\0\1"
                "\0\0\0\0\0\1x"), WIRE_VERDICT_OK },
        { QUERY("\0\0\0\1\0\0\0\2\0\0\1a\0\0\373\0\1\1a\0\0\6\0\1"
                "\0\0\0\0\0\1x\1a\0\0\6\0\1\0\0\0\0\0\1x"),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q "\0\0\51\4\320\0\1\0\0\0\0"),
          WIRE_VERDICT_BADVERS },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q "\0\0\51\4\320\0\1\0\0\0\3abc"),
          WIRE_VERDICT_BADVERS },
        { QUERY("\0\0\0\1\0\0\0\0\0\1" Q "\0\0\51\4\320\0\1\0\0\0\0x"),
          WIRE_VERDICT_FORMERR },
        { QUERY("\200\0\0\1\0\0\0\0\0\0" Q), WIRE_VERDICT_DROP },
        { QUERY("\0\0\0\1\0\0\0\0\0"), WIRE_VERDICT_DROP },
        { QUERY("\10\0\0\1\0\0\0\0\0\0" Q), WIRE_VERDICT_NOTIMP },
        { QUERY("\170\0\0\0\0\0\0\0\0\0"), WIRE_VERDICT_NOTIMP },
        { QUERY("\0\0\0\0\0\0\0\0\0\0"), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\2\0\0\0\0\0\0" Q Q), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\0\0" Q "x"), WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\1\0\0\0\0" Q OPT("\0\0")),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\0\0\0\0\1\0\0" OPT("\0\0")),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\1\0\0" Q OPT("\0\0")),
          WIRE_VERDICT_FORMERR },
        { QUERY("\0\0\0\1\0\0\0\0\377\377" Q), WIRE_VERDICT_FORMERR }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t       *message = exact(cases[i].message.data,
                                       cases[i].message.len);
        wire_query_t   query;

        assert_int_equal(wire_query_parse(&query, message,
                                          cases[i].message.len),
                         cases[i].verdict);
        free(message);
    }
}


static void
query_fields(void **state)
{
    size_t        len;
    wire_query_t  query;

    (void) state;

    static const uint8_t  message[] =
        "\1\2\1\20\0\1\0\0\0\0\0\1\3WwW\0\0\34\0\3"
        "\0\0\51\377\377\0\0\200\0\0\0";

    assert_int_equal(wire_query_parse(&query, message, sizeof(message) - 1),
                     WIRE_VERDICT_OK);
    assert_int_equal(query.name.len, 5);
    assert_memory_equal(query.name.data, "\3www", 5);
    assert_int_equal(query.type, WIRE_TYPE_AAAA);
    assert_int_equal(query.class, 3);
    assert_int_equal(query.question_end, 21);
    assert_true(query.edns && query.dnssec_ok);
    assert_int_equal(query.payload, 65535);

    for (len = 0; len < sizeof(message) - 1; len++) {
        uint8_t  *cut = exact(message, len);

        assert_int_equal(wire_query_parse(&query, cut, len),
                         len < WIRE_HEADER_LEN ? WIRE_VERDICT_DROP
                                               : WIRE_VERDICT_FORMERR);
        free(cut);
    }
}


/* The message of writer_limits: three names, compressed, and some bytes. */
static void
writer_write(wire_writer_t *writer)
{
    wire_write(writer, BYTES(HEADER));
    wire_write_name(writer, SPAN("\3www\7example\0"));
    wire_write_name(writer, SPAN("\1a\3WWW\7Example\0"));
    wire_write_name(writer, SPAN("\7example\0"));
    wire_write_name(writer, SPAN("\0"));
    wire_write_name(writer, SPAN("\2ww\7example\0"));
    wire_write32(writer, 0x01020304);
    wire_write16(writer, 0x0506);
}

#define WRITTEN  HEADER "\3www\7example\0" "\1a\300\14" "\300\20" "\0" \
                 "\2ww\300\20" "\1\2\3\4\5\6"


static void
writer_limits(void **state)
{
    size_t          limit;
    uint8_t        *data;
    wire_mark_t     mark;
    wire_writer_t   writer;

    (void) state;

    for (limit = 0; limit < sizeof(WRITTEN) + 8; limit++) {
        data = malloc(limit + 1);
        assert_non_null(data);
        wire_writer_init(&writer, data, limit);
        mark = wire_mark(&writer);
        writer_write(&writer);

        assert_int_equal(writer.overflow, limit < sizeof(WRITTEN) - 1);
        assert_true(writer.at <= limit);

        if (writer.overflow) {
            wire_restore(&writer, mark);
            assert_int_equal(writer.at, 0);
            assert_int_equal(writer.ntargets, 0);
            assert_false(writer.overflow);

        } else {
            assert_int_equal(writer.at, sizeof(WRITTEN) - 1);
            assert_memory_equal(data, WRITTEN, sizeof(WRITTEN) - 1);
        }

        free(data);
    }
}


/* Names that were taken back are pointed to no more. */
static void
writer_restore(void **state)
{
    uint8_t        data[64];
    wire_mark_t    mark;
    wire_writer_t  writer;

    (void) state;

    wire_writer_init(&writer, data, sizeof(data));
    wire_write(&writer, BYTES(HEADER));
    mark = wire_mark(&writer);
    wire_write_name(&writer, SPAN("\1a\0"));
    wire_restore(&writer, mark);
    wire_write_name(&writer, SPAN("\1b\1a\0"));

    assert_int_equal(writer.at, 17);
    assert_memory_equal(data + 12, "\1b\1a", 5);
}


static void
writer_finish(void **state)
{
    uint8_t        data[64];
    wire_query_t   query;
    wire_finish_t  finish = {
        .rcode = WIRE_BADVERS, .flags = WIRE_FLAG_AA, .answers = 1,
        .authorities = 2, .additionals = 3, .udp_size = 1232
    };
    wire_writer_t  writer;

    (void) state;

    static const uint8_t  message[] =
        "\1\2\13\377\0\1\0\0\0\0\0\1\1a\0\0\1\0\1\0\0\51\4\320\0\0\200\0\0\0";
    static const uint8_t  expected[] =
        "\1\2\215\20\0\1\0\1\0\2\0\4\1a\0\0\1\0\1\0\0\51\4\320\1\0\200\0\0\0";

    memset(&query, 0, sizeof(query));
    query.flags = 0x0BFF;
    query.question_end = 19;
    query.name.len = 3;
    query.edns = true;
    query.dnssec_ok = true;

    wire_writer_init(&writer, data, 30 - WIRE_OPT_LEN);
    wire_write_question(&writer, &query, message);

    assert_int_equal(wire_finish(&writer, &query, &finish), 30);
    assert_memory_equal(data, expected, 30);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(name_parse),
        cmocka_unit_test(name_pointers),
        cmocka_unit_test(name_fold),
        cmocka_unit_test(name_fold_every_byte),
        cmocka_unit_test(name_ends_with),
        cmocka_unit_test(name_print),
        cmocka_unit_test(query_parse),
        cmocka_unit_test(query_fields),
        cmocka_unit_test(writer_limits),
        cmocka_unit_test(writer_restore),
        cmocka_unit_test(writer_finish)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
