/* units: dnsd/answer.c dnsd/answer_chaos.c dnsd/answer_cookie.c
   dnsd/answer_denial.c dnsd/answer_signed.c dnsd/lookup_signatures.c
   dnssec/dnssec_key.c dnssec/dnssec_key_file.c
   dnssec/dnssec_key_pem.c dnssec/dnssec_rrsig.c
   dnsd/answer_edns.c dnsd/answer_rrset.c dnsd/answer_sections.c dnsd/log.c
   dnsd/lookup.c dnsd/lookup_find.c dnsd/lookup_source.c dnsd/siphash.c
   dnsd/wire_name.c dnsd/wire_query.c dnsd/wire_writer.c store/boot_clock.c
   store/crc32c.c store/lease_clock.c store/store.c store/store_access.c
   store/store_files.c store/store_format.c store/store_issuers.c
   store/store_key.c store/store_labels.c store/store_serial.c
   store/store_status.c store/store_txn.c store/store_walker.c
   store/store_mapping.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/store_zone.c store/store_zones.c */

/*
 * Answers where one thing goes through all that it can be: the size of a
 * UDP answer, the version and the flags of an OPT, the number of OPTs, the
 * codes and the lengths of options, the words of the header.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dnsd_world.h"


#define DEV2      "\4dev2\7devices\7example\0"
#define DEV2_S    "\1s" DEV2
#define DEV5      "\4dev5\7devices\7example\0"
#define LONG63    "\77aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
                  "aaaaaaaaaaaaaaa"
#define FLAGS_OF_QUERIES  0x0110       /* RD and CD come back */


typedef struct {
    uint8_t   data[1024];
    size_t    len;
} query_t;

typedef struct {
    uint16_t      size;
    uint8_t       version;
    uint16_t      flags;
    const void   *options;
    uint16_t      options_len;
} opt_t;


static void
put16(query_t *query, uint16_t value)
{
    query->data[query->len++] = (uint8_t) (value >> 8);
    query->data[query->len++] = (uint8_t) value;
}


static void
query_begin(query_t *query, const void *name, size_t len, uint16_t type)
{
    static const uint8_t  header[] = { 0xAB, 0xCD, 0, 0, 0, 1,
                                       0, 0, 0, 0, 0, 0 };

    memcpy(query->data, header, sizeof(header));
    query->len = sizeof(header);
    memcpy(query->data + query->len, name, len);
    query->len += len;
    put16(query, type);
    put16(query, WIRE_CLASS_IN);
}


static void
query_opt(query_t *query, const opt_t *opt)
{
    query->data[11]++;
    query->data[query->len++] = 0;
    put16(query, WIRE_TYPE_OPT);
    put16(query, opt->size);
    put16(query, opt->version);
    put16(query, opt->flags);
    put16(query, opt->options_len);

    if (opt->options_len > 0) {
        memcpy(query->data + query->len, opt->options, opt->options_len);
        query->len += opt->options_len;
    }
}


static size_t
ask(world_t *world, const query_t *query, uint16_t udp_size)
{
    world_ask(world, query->data, query->len, udp_size);

    if (world->reply_len != 0) {
        world_check_reply(query->data, world->reply, world->reply_len);
    }

    return world->reply_len;
}


static uint16_t
reply16(const world_t *world, size_t at)
{
    return wire_get16(world->reply + at);
}


typedef struct {
    const char  *name;
    size_t       len;
    uint16_t     type;
    bool         courtesy;       /* has additional records */
} size_case_t;


/* All of it, or TC with nothing cut in two; TC never for a courtesy. */
static void
sweep_size(const size_case_t *example, world_t *world)
{
    size_t          full, last = 0;
    bool            truncated;
    query_t         query;
    unsigned        size;
    uint16_t        answers, authority, additional;
    opt_t           opt = { .size = 0 };
    static uint8_t  whole[WIRE_MESSAGE_MAX];

    query_begin(&query, example->name, example->len, example->type);
    query_opt(&query, &opt);
    full = ask(world, &query, 0);
    memcpy(whole, world->reply, full);
    answers = reply16(world, 6);
    authority = reply16(world, 8);
    additional = reply16(world, 10);

    for (size = 512; size <= 4096; size++) {
        opt.size = (uint16_t) size;
        query_begin(&query, example->name, example->len, example->type);
        query_opt(&query, &opt);

        assert_in_range(ask(world, &query, 4096), 1, size);
        truncated = (reply16(world, 2) & WIRE_FLAG_TC) != 0;

        if (size >= full) {
            assert_int_equal(world->reply_len, full);
            assert_false(truncated);
            assert_memory_equal(world->reply, whole, full - WIRE_OPT_LEN);
            continue;
        }

        assert_int_equal(truncated, !example->courtesy);
        assert_int_equal(world->outcome == ANSWER_TRUNCATED, truncated);

        if (truncated) {
            assert_int_equal(reply16(world, 6), 0);
            assert_int_equal(reply16(world, 8), 0);
            assert_int_equal(reply16(world, 10), 1);

        } else {
            assert_int_equal(reply16(world, 6), answers);
            assert_int_equal(reply16(world, 8), authority);
            assert_in_range(reply16(world, 10), last, additional);
            last = reply16(world, 10);
        }
    }
}


static void
sweep_sizes(void **state)
{
    size_t  i;

#define NAME(s)  s, sizeof(s) - 1

    static const size_case_t  examples[] = {
        { NAME(DEV2), WORLD_TXT, false },
        { NAME(DEV5), WORLD_TXT, false },
        { NAME(DEV2_S), WIRE_TYPE_SRV, true },
        { NAME("\1b\1a\3www" WORLD_ZONE), WIRE_TYPE_A, true },
        { NAME(LONG63 LONG63 LONG63 "\53aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaa" WORLD_ZONE), WIRE_TYPE_A, false }
    };

    for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        sweep_size(&examples[i], *state);
    }
}


/* RFC 6891 6.1.3: whatever the version, BADVERS comes in an OPT of version
 * 0. */
static void
sweep_versions(void **state)
{
    query_t   query;
    opt_t     opt = { .size = 1232 };
    world_t  *world = *state;
    unsigned  version;

    for (version = 0; version < 256; version++) {
        opt.version = (uint8_t) version;
        query_begin(&query, WORLD_BYTES(WORLD_DEV1), WIRE_TYPE_A);
        query_opt(&query, &opt);
        ask(world, &query, 1232);

        assert_int_equal(world->outcome, version == 0 ? ANSWER_NOERROR
                                                      : ANSWER_BADVERS);
        assert_int_equal(reply16(world, 2) & 0xF, 0);
        assert_int_equal(reply16(world, 6), version == 0);
        assert_int_equal(reply16(world, 10), 1);
        assert_memory_equal(world->reply + world->reply_len - 11,
                            version == 0 ? "\0\0\51\4\320\0\0\0\0\0\0"
                                         : "\0\0\51\4\320\1\0\0\0\0\0", 11);
    }
}


/* DO comes back, no other flag does. */
static void
sweep_flags(void **state)
{
    query_t   query;
    opt_t     opt = { .size = 1232 };
    world_t  *world = *state;
    unsigned  flags;

    for (flags = 0; flags < 0x10000; flags++) {
        opt.flags = (uint16_t) flags;
        query_begin(&query, WORLD_BYTES(WORLD_DEV1), WIRE_TYPE_A);
        query_opt(&query, &opt);
        ask(world, &query, 1232);

        assert_int_equal(world->outcome, ANSWER_NOERROR);
        assert_int_equal(reply16(world, world->reply_len - 4),
                         flags & WIRE_EDNS_DO);
    }
}


/* RFC 6891 6.1.1: one, or FORMERR; other records do not matter. */
static void
sweep_opts(void **state)
{
    query_t   query;
    opt_t     opt = { .size = 1232 };
    world_t  *world = *state;
    unsigned  n, i, records;

    for (n = 0; n < 20; n++) {
        for (records = 0; records < 20; records++) {
            query_begin(&query, WORLD_BYTES(WORLD_DEV1), WIRE_TYPE_A);

            for (i = 0; i < records; i++) {
                memcpy(query.data + query.len,
                       "\300\14\0\1\0\1\0\0\0\1\0\4abcd", 16);
                query.len += 16;
                query.data[11]++;
            }

            for (i = 0; i < n; i++) {
                query_opt(&query, &opt);
            }

            ask(world, &query, 1232);
            assert_int_equal(world->outcome, n < 2 ? ANSWER_NOERROR
                                                   : ANSWER_FORMERR);
            assert_int_equal(reply16(world, 10), n > 0);
        }
    }
}


/* RFC 6891 6.1.2: an option that is not known is ignored.  Cookies and
 * keepalives (10, 11) have lengths of their own. */
static void
sweep_options(void **state)
{
    size_t    len;
    query_t   query;
    uint8_t   options[64] = { 0 };
    opt_t     opt = { .size = 1232, .options = options };
    world_t  *world = *state;
    unsigned  code;

    for (code = 0; code < 0x10000; code++) {
        len = code % 20;
        options[0] = (uint8_t) (code >> 8);
        options[1] = (uint8_t) code;
        options[3] = (uint8_t) len;
        opt.options_len = (uint16_t) (4 + len);

        if (code == 10 || code == 11) {
            continue;
        }

        query_begin(&query, WORLD_BYTES(WORLD_DEV1), WIRE_TYPE_A);
        query_opt(&query, &opt);
        ask(world, &query, 1232);

        assert_int_equal(world->outcome, ANSWER_NOERROR);
        assert_int_equal(reply16(world, world->reply_len - 2), 0);
    }

    /* one that is too long by any number of bytes, or cut anywhere */

    for (len = 1; len < 40; len++) {
        memcpy(options, "\375\351\0\5hello\375\352\0\34", 13);
        opt.options_len = (uint16_t) len;
        query_begin(&query, WORLD_BYTES(WORLD_DEV1), WIRE_TYPE_A);
        query_opt(&query, &opt);
        ask(world, &query, 1232);

        assert_int_equal(world->outcome, len == 9 ? ANSWER_NOERROR
                                                  : ANSWER_FORMERR);
        assert_int_equal(reply16(world, 10), 1);
    }
}


/* The second word of the header with each value. */
static void
sweep_header(void **state)
{
    query_t   query;
    world_t  *world = *state;
    unsigned  flags;
    uint16_t  expected;

    for (flags = 0; flags < 0x10000; flags++) {
        query_begin(&query, WORLD_BYTES(WORLD_DEV1), WIRE_TYPE_A);
        query.data[2] = (uint8_t) (flags >> 8);
        query.data[3] = (uint8_t) flags;
        ask(world, &query, 1232);

        if (flags & WIRE_FLAG_QR) {
            assert_int_equal(world->outcome, ANSWER_DROPPED);
            assert_int_equal(world->reply_len, 0);
            continue;
        }

        expected = (uint16_t) (WIRE_FLAG_QR | (flags & 0x7800)
                               | (flags & FLAGS_OF_QUERIES));
        expected |= (flags & 0x7800) == 0 ? WIRE_FLAG_AA : WIRE_NOTIMP;

        assert_int_equal(reply16(world, 2), expected);
        assert_int_equal(world->reply_len > WIRE_HEADER_LEN,
                         (flags & 0x7800) == 0);
    }
}


static int
setup(void **state)
{
    static world_t  world;

    world_init(&world);
    *state = &world;

    return 0;
}


static int
teardown(void **state)
{
    world_cleanup(*state);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(sweep_sizes),
        cmocka_unit_test(sweep_versions),
        cmocka_unit_test(sweep_flags),
        cmocka_unit_test(sweep_opts),
        cmocka_unit_test(sweep_options),
        cmocka_unit_test(sweep_header)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
