/* units: dnsd/wire_name.c dnsd/wire_query.c dnsd/wire_writer.c */

/*
 * Where names in a message end to be compressed: beyond a pointer's reach, and
 * beyond what the writer remembers; and a question that finds no room.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire.h"


#define BYTES(s)  (const uint8_t *) (s), sizeof(s) - 1
#define SPAN(s)   ((wire_span_t) { BYTES(s) })
#define HEADER    "0123456789ab"


/* Far names are written whole: a pointer has 14 bits. */
static void
writer_far(void **state)
{
    static uint8_t  data[WIRE_MESSAGE_MAX];
    wire_writer_t   writer;

    (void) state;

    wire_writer_init(&writer, data, sizeof(data));
    writer.at = 0x3FFF;
    wire_write_name(&writer, SPAN("\1a\1b\0"));
    wire_write_name(&writer, SPAN("\1b\0"));
    wire_write_name(&writer, SPAN("\1a\1b\0"));

    assert_int_equal(writer.at, 0x3FFF + 5 + 3 + 2);
    assert_memory_equal(data + 0x3FFF, "\1a\1b\0\1b\0\377\377", 10);

    wire_writer_init(&writer, data, sizeof(data));
    writer.at = 0x4000;
    wire_write_name(&writer, SPAN("\1a\0"));
    wire_write_name(&writer, SPAN("\1a\0"));
    assert_int_equal(writer.at, 0x4000 + 3 + 3);
}


/* What is told of names has room for so many labels: later ones are written
 * whole, and those that were told go on being pointed to. */
static void
writer_many(void **state)
{
    size_t          i, before;
    uint8_t         name[] = "\2xx";
    static uint8_t  data[WIRE_MESSAGE_MAX];
    wire_writer_t   writer;

    (void) state;

    wire_writer_init(&writer, data, sizeof(data));
    wire_write(&writer, BYTES(HEADER));

    for (i = 0; i < WIRE_TARGETS_MAX + 2; i++) {
        name[1] = (uint8_t) ('a' + i / 26);
        name[2] = (uint8_t) ('a' + i % 26);
        wire_write_name(&writer, (wire_span_t) { name, sizeof(name) });
    }

    assert_int_equal(writer.at, WIRE_HEADER_LEN + i * sizeof(name));

    for (i = 0; i < WIRE_TARGETS_MAX + 2; i++) {
        name[1] = (uint8_t) ('a' + i / 26);
        name[2] = (uint8_t) ('a' + i % 26);
        before = writer.at;
        wire_write_name(&writer, (wire_span_t) { name, sizeof(name) });

        if (i >= WIRE_TARGETS_MAX) {
            assert_int_equal(writer.at - before, sizeof(name));
            continue;
        }

        assert_int_equal(writer.at - before, 2);
        assert_int_equal(wire_get16(data + before),
                         0xC000 + WIRE_HEADER_LEN + i * sizeof(name));
    }
}


/* A question that does not fit is in the reply nowhere, and no later name
 * points to where it would be. */
static void
writer_question(void **state)
{
    size_t         limit;
    uint8_t        data[64];
    wire_query_t   query;
    wire_writer_t  writer;

    (void) state;

    static const uint8_t  message[] =
        "\1\2\0\0\0\1\0\0\0\0\0\0\3www\1a\0\0\1\0\1";

    assert_int_equal(wire_query_parse(&query, message, sizeof(message) - 1),
                     WIRE_VERDICT_OK);

    for (limit = 0; limit < sizeof(message) - 1; limit++) {
        wire_writer_init(&writer, data, limit);
        wire_write_question(&writer, &query, message);
        assert_true(writer.overflow);
        assert_int_equal(writer.at, 0);
        assert_int_equal(writer.ntargets, 0);
    }

    wire_writer_init(&writer, data, sizeof(data));
    wire_write_question(&writer, &query, message);
    assert_false(writer.overflow);
    assert_int_equal(writer.at, sizeof(message) - 1);
    assert_int_equal(writer.ntargets, 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(writer_far),
        cmocka_unit_test(writer_many),
        cmocka_unit_test(writer_question)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
