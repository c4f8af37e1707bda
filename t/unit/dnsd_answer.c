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
 * Answers out of a real store, byte by byte where that matters: truncation at
 * every size, batches, and queries damaged in every byte.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dnsd_world.h"


#define DEV2     "\4dev2\7devices\7example\0"
#define DEV2_S   "\1s\4dev2\7devices\7example\0"


typedef struct {
    uint8_t   data[512];
    size_t    len;
} query_t;


static void
query_make(query_t *query, const void *name, size_t len, uint16_t type,
    uint16_t payload)
{
    uint8_t  header[] = { 0xAB, 0xCD, 1, 0, 0, 1, 0, 0, 0, 0, 0, payload != 0 };
    uint8_t  tail[] = { (uint8_t) (type >> 8), (uint8_t) type, 0, 1 };
    uint8_t  opt[] = { 0, 0, 41, (uint8_t) (payload >> 8), (uint8_t) payload,
                       0, 0, 0, 0, 0, 0 };

    memcpy(query->data, header, sizeof(header));
    memcpy(query->data + 12, name, len);
    memcpy(query->data + 12 + len, tail, sizeof(tail));
    query->len = 12 + len + sizeof(tail);

    if (payload != 0) {
        memcpy(query->data + query->len, opt, sizeof(opt));
        query->len += sizeof(opt);
    }
}


static bool
reply_truncated(const world_t *world)
{
    return (wire_get16(world->reply + 2) & WIRE_FLAG_TC) != 0;
}


static void
answer_bytes(void **state)
{
    query_t   query;
    world_t  *world = *state;

    static const uint8_t  expected[] =
        "\xAB\xCD\x85\0\0\1\0\1\0\0\0\2"
        "\4_sip\4_tCp\4dev1\7devices\7example\0\0\41\0\1"
        "\300\14\0\41\0\1\0\0\1\54\0\34"
        "\0\0\0\0\73\245\4dev1\7devices\7example\0"
        "\300\26\0\1\0\1\0\0\1\54\0\4\300\0\2\1"
        "\0\0\51\4\320\0\0\0\0\0\0";

    query_make(&query, WORLD_BYTES("\4_sip\4_tCp" WORLD_DEV1), WIRE_TYPE_SRV,
               1232);

    /* the target stands whole in SRV's RDATA; the owner of its address is a
     * pointer into the question */

    assert_int_equal(world_ask(world, query.data, query.len, 1232),
                     sizeof(expected) - 1);
    assert_memory_equal(world->reply, expected, sizeof(expected) - 1);
    assert_int_equal(world->outcome, ANSWER_NOERROR);
}


typedef struct {
    const char        *name;
    size_t             len;
    uint16_t           type;
    answer_outcome_t   outcome;
    uint16_t           answers;
    uint16_t           authorities;
} answer_case_t;

#define CASE(s, ...)  { s, sizeof(s) - 1, __VA_ARGS__ }


static void
answer_cases(void **state)
{
    size_t    i;
    query_t   query;
    world_t  *world = *state;

    static const answer_case_t  cases[] = {
        CASE(WORLD_DEV1, WIRE_TYPE_A, ANSWER_NOERROR, 1, 0),
        CASE(WORLD_DEV1, WIRE_TYPE_AAAA, ANSWER_NODATA, 0, 1),
        CASE(WORLD_DEV1, WIRE_TYPE_ANY, ANSWER_NOERROR, 1, 0),
        CASE("\4_tcp" WORLD_DEV1, WIRE_TYPE_SRV, ANSWER_NODATA, 0, 1),
        CASE("\1x" WORLD_DEV1, WIRE_TYPE_A, ANSWER_NXDOMAIN, 0, 1),
        CASE("\4dev3" WORLD_ZONE, WIRE_TYPE_A, ANSWER_NXDOMAIN, 0, 1),
        CASE("\4dev4" WORLD_ZONE, WIRE_TYPE_A, ANSWER_NXDOMAIN, 0, 1),
        CASE(WORLD_ZONE, WIRE_TYPE_SOA, ANSWER_NOERROR, 1, 0),
        CASE(WORLD_ZONE, WIRE_TYPE_A, ANSWER_NODATA, 0, 1),
        CASE("\1b\1a\3www" WORLD_ZONE, WIRE_TYPE_A, ANSWER_NOERROR, 2, 0),
        CASE("\1b\1a\3www" WORLD_ZONE, WIRE_TYPE_CNAME, ANSWER_NOERROR, 1, 0),
        CASE("\1b\1a\3www" WORLD_ZONE, WIRE_TYPE_AAAA, ANSWER_NODATA, 1, 1),
        CASE("\1a\3www" WORLD_ZONE, WIRE_TYPE_A, ANSWER_NODATA, 0, 1),
        CASE("\7example\0", WIRE_TYPE_A, ANSWER_REFUSED, 0, 0),
        CASE("\0", WIRE_TYPE_NS, ANSWER_REFUSED, 0, 0),
        CASE("\1x\4test\0", WIRE_TYPE_A, ANSWER_REFUSED, 0, 0),
        CASE(WORLD_ZONE, WIRE_TYPE_IXFR, ANSWER_REFUSED, 0, 0),
        CASE(WORLD_ZONE, WIRE_TYPE_AXFR, ANSWER_NOTIMP, 0, 0)
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        query_make(&query, cases[i].name, cases[i].len, cases[i].type, 0);
        world_ask(world, query.data, query.len, 1232);
        world_check_reply(query.data, world->reply, world->reply_len);

        assert_int_equal(world->outcome, cases[i].outcome);
        assert_int_equal(wire_get16(world->reply + 6), cases[i].answers);
        assert_int_equal(wire_get16(world->reply + 8), cases[i].authorities);
    }
}


/* RFC 8945 5.2.1 and 5.3.2: whoever signs a query is told that we have no such
 * key, unsigned, whatever was asked: the owner and the algorithm whole, the
 * time and fudge of the query, no MAC, and the ID of this message. */
#define KEY          "\3key\7Devices\7example\0"
#define ALGORITHM    "\13hmac-sha256\0"
#define TERMS        ALGORITHM "\0\0\1\2\3\4" "\1\54"
#define TSIG_FIXED   "\0\372\0\377\0\0\0\0"
#define TSIG_REST    "\0\4MACs" "\7\7\0\0\0\0"
#define BADKEY       KEY TSIG_FIXED "\0\35" TERMS "\0\0\xAB\xCD\0\21\0\0"

static void
answer_tsig(void **state)
{
    size_t    i;
    world_t  *world = *state;

    static const struct {
        wire_span_t   query;
        wire_span_t   reply;
    } cases[] = {
        { { WORLD_BYTES("\xAB\xCD\1\0\0\1\0\0\0\0\0\1" WORLD_DEV1
                        "\0\1\0\1" KEY TSIG_FIXED "\0\41" TERMS TSIG_REST) },
          { WORLD_BYTES("\xAB\xCD\x81\11\0\1\0\0\0\0\0\1" WORLD_DEV1
                        "\0\1\0\1" BADKEY) } },

        /* behind an OPT, and a key's name that is compressed */

        { { WORLD_BYTES("\xAB\xCD\0\0\0\1\0\0\0\0\0\2"
                        "\7Devices\7example\0" "\0\374\0\1"
                        "\0\0\51\4\320\0\0\0\0\0\0"
                        "\3key\300\14" TSIG_FIXED "\0\41" TERMS TSIG_REST) },
          { WORLD_BYTES("\xAB\xCD\x80\11\0\1\0\0\0\0\0\2"
                        "\7Devices\7example\0" "\0\374\0\1"
                        "\0\0\51\4\320\0\0\0\0\0\0" BADKEY) } },

        /* of no zone of ours; and without a question */

        { { WORLD_BYTES("\xAB\xCD\0\0\0\1\0\0\0\0\0\1\0\0\1\0\1"
                        KEY TSIG_FIXED "\0\41" TERMS TSIG_REST) },
          { WORLD_BYTES("\xAB\xCD\x80\11\0\1\0\0\0\0\0\1\0\0\1\0\1"
                        BADKEY) } },
        { { WORLD_BYTES("\xAB\xCD\0\0\0\0\0\0\0\0\0\1"
                        KEY TSIG_FIXED "\0\41" TERMS TSIG_REST) },
          { WORLD_BYTES("\xAB\xCD\x80\11\0\0\0\0\0\0\0\1" BADKEY) } }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_ask(world, cases[i].query.data, cases[i].query.len, 1232);
        assert_int_equal(world->outcome, ANSWER_NOTAUTH);
        assert_int_equal(world->reply_len, cases[i].reply.len);
        assert_memory_equal(world->reply, cases[i].reply.data,
                            cases[i].reply.len);

        /* as an error it is as small as it gets */

        answer_shorten(&world->answer);
        assert_int_equal(world->answer.reply_len, cases[i].reply.len);
    }
}


/* A name of 193 bytes. */
static size_t
name_long(uint8_t *at)
{
    size_t  i;

    for (i = 0; i < 3 * 64; i += 64) {
        at[i] = 63;
        memset(at + i + 1, 'a', 63);
    }

    at[i] = 0;

    return i + 1;
}


/* A TSIG of such a key and such an algorithm, without a MAC. */
static size_t
tsig_long(uint8_t *at)
{
    size_t  len;

    len = name_long(at);
    memcpy(at + len, TSIG_FIXED "\0\321", 10);
    len += 10;
    len += name_long(at + len);
    memcpy(at + len, "\0\0\1\2\3\4\1\54\0\0\7\7\0\0\0\0", 16);

    return len + 16;
}


/* Names that are too long for a packet: the error goes out without what it
 * says of the key, and by TCP with it. */
static void
answer_tsig_long(void **state)
{
    size_t    len = 12;
    uint8_t   query[1024] = "\xAB\xCD\0\0\0\1\0\0\0\0\0\1";
    world_t  *world = *state;

    len += name_long(query + len);
    memcpy(query + len, "\0\1\0\1", 4);
    len += 4;
    len += tsig_long(query + len);

    assert_int_equal(world_ask(world, query, len, 512), 12 + 193 + 4);
    assert_int_equal(world->outcome, ANSWER_NOTAUTH);
    assert_int_equal(wire_get16(world->reply + 10), 0);

    assert_int_equal(world_ask(world, query, len, 0), len);
    assert_int_equal(wire_get16(world->reply + 10), 1);
    world_check_reply(query, world->reply, world->reply_len);
}


/* What of the key fits comes before an option that then does not. */
static void
answer_tsig_option(void **state)
{
    size_t    len = 12 + 22 + 4 + 15, reply_len;
    uint8_t   query[1024] = "\xAB\xCD\0\0\0\1\0\0\0\0\0\2" WORLD_DEV1
                            "\0\1\0\1" "\0\0\51\4\320\0\0\0\0\0\4"
                            "\0\3\0\0";         /* NSID */
    world_t  *world = *state;

    world->policy.nsid.len = 64;
    len += tsig_long(query + len);
    reply_len = len - 4;

    assert_int_equal(world_ask(world, query, len, 512), reply_len);
    assert_int_equal(world->outcome, ANSWER_NOTAUTH);
    assert_int_equal(wire_get16(world->reply + 10), 2);

    assert_int_equal(world_ask(world, query, len, 1232), reply_len + 4 + 64);
    assert_int_equal(wire_get16(world->reply + 10), 2);

    world->policy.nsid.len = 0;
}


/* A broken query is that first. */
static void
answer_tsig_broken(void **state)
{
    world_t  *world = *state;

    static const uint8_t  version[] =
        "\xAB\xCD\0\0\0\1\0\0\0\0\0\2" WORLD_DEV1 "\0\1\0\1"
        "\0\0\51\4\320\0\1\0\0\0\0"
        KEY TSIG_FIXED "\0\41" TERMS TSIG_REST;

    world->policy.secrets.n = 1;

    world_ask(world, version, sizeof(version) - 1, 1232);
    assert_int_equal(world->outcome, ANSWER_BADVERS);
    assert_int_equal(wire_get16(world->reply + 10), 1);

    world_ask(world, WORLD_BYTES("\xAB\xCD\0\0\0\1\0\0\0\0\0\2" WORLD_DEV1
                                 "\0\1\0\1" "\0\0\51\4\320\0\0\0\0\0\5"
                                 "\0\12\0\1x" KEY TSIG_FIXED "\0\41" TERMS
                                 TSIG_REST), 1232);
    assert_int_equal(world->outcome, ANSWER_FORMERR);
    assert_int_equal(wire_get16(world->reply + 10), 1);

    world->policy.secrets.n = 0;
}


/* RFC 2308 5: the SOA's TTL is 300, its MINIMUM 60. */
static void
answer_negative_ttl(void **state)
{
    query_t   query;
    world_t  *world = *state;

    query_make(&query, WORLD_BYTES("\4dev4" WORLD_ZONE), WIRE_TYPE_A, 0);
    world_ask(world, query.data, query.len, 512);

    /* behind the question, the pointer to the apex, type and class */

    assert_int_equal(wire_get32(world->reply + query.len + 6), 60);

    query_make(&query, WORLD_BYTES(WORLD_ZONE), WIRE_TYPE_SOA, 0);
    world_ask(world, query.data, query.len, 512);
    assert_int_equal(wire_get32(world->reply + query.len + 6), 300);
}


/* An RRset is there whole, or not at all and then with TC. */
static void
answer_truncation(void **state)
{
    size_t    full;
    query_t   query;
    world_t  *world = *state;
    uint16_t  size;

    query_make(&query, WORLD_BYTES(DEV2), WORLD_TXT, 4096);
    full = world_ask(world, query.data, query.len, 0);
    assert_int_equal(wire_get16(world->reply + 6), WORLD_TXTS);
    assert_in_range(full, 1200, 1499);

    for (size = 512; size <= 1500; size++) {
        world_ask(world, query.data, query.len, size);
        world_check_reply(query.data, world->reply, world->reply_len);

        assert_int_equal(reply_truncated(world), size < full);
        assert_int_equal(wire_get16(world->reply + 6),
                         size < full ? 0 : WORLD_TXTS);
        assert_int_equal(wire_get16(world->reply + 10), 1);
        assert_true(world->reply_len <= size);
    }
}


/* Addresses are a courtesy: as many as fit, and never TC for them. */
static void
answer_additional_sizes(void **state)
{
    size_t    full, last = 0;
    query_t   query;
    world_t  *world = *state;
    uint16_t  size;

    query_make(&query, WORLD_BYTES(DEV2_S), WIRE_TYPE_SRV, 4096);
    full = world_ask(world, query.data, query.len, 0);
    assert_int_equal(wire_get16(world->reply + 10), WORLD_HOSTS + 1);

    for (size = 512; size <= 1500; size++) {
        world_ask(world, query.data, query.len, size);
        world_check_reply(query.data, world->reply, world->reply_len);

        assert_false(reply_truncated(world));
        assert_int_equal(wire_get16(world->reply + 6), WORLD_HOSTS);
        assert_in_range(wire_get16(world->reply + 10), last, WORLD_HOSTS + 1);
        assert_true(world->reply_len <= size);
        last = wire_get16(world->reply + 10);
    }

    assert_int_equal(world->reply_len, full);
}


static void
answer_payload(void **state)
{
    size_t    i;
    query_t   query;
    world_t  *world = *state;

    static const struct {
        uint16_t  payload;
        uint16_t  udp_size;
        bool      truncated;
    } cases[] = {
        { 0, 4096, true }, { 1, 4096, true }, { 512, 4096, true },
        { 4096, 512, true }, { 4096, 4096, false }, { 65535, 4096, false }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        query_make(&query, WORLD_BYTES(DEV2), WORLD_TXT, cases[i].payload);
        world_ask(world, query.data, query.len, cases[i].udp_size);
        assert_int_equal(reply_truncated(world), cases[i].truncated);
    }
}


static void
answer_batch(void **state)
{
    size_t           i;
    world_t         *world = *state;
    static query_t   queries[LOOKUP_BATCH];
    static uint8_t   replies[LOOKUP_BATCH][4096];
    static answer_t  answers[LOOKUP_BATCH];

    static const answer_policy_t   policy = { .udp_size = 1232 };
    static const answer_context_t  context = { .policy = &policy };

    static const answer_case_t  cases[] = {
        CASE(WORLD_DEV1, WIRE_TYPE_A, 0, 0, 0),
        CASE(DEV2_S, WIRE_TYPE_SRV, 0, 0, 0),
        CASE("\4nope" WORLD_ZONE, WIRE_TYPE_A, 0, 0, 0),
        CASE("\1x\4test\0", WIRE_TYPE_A, 0, 0, 0),
        CASE("\1b\1a\3www" WORLD_ZONE, WIRE_TYPE_A, 0, 0, 0)
    };

    for (i = 0; i < LOOKUP_BATCH; i++) {
        query_make(&queries[i], cases[i % 5].name, cases[i % 5].len,
                   cases[i % 5].type, 1232);
        queries[i].data[0] = (uint8_t) i;
        answers[i] = (answer_t) {
            .query = queries[i].data, .query_len = i == 7 ? 3 : queries[i].len,
            .reply = replies[i], .reply_size = sizeof(replies[i])
        };
    }

    assert_true(lookup_begin(world->lookup));
    answer_queries(world->lookup, &context, answers, LOOKUP_BATCH);
    lookup_end(world->lookup);

    for (i = 0; i < LOOKUP_BATCH; i++) {
        world_ask(world, queries[i].data, answers[i].query_len, 1232);
        assert_int_equal(answers[i].reply_len, world->reply_len);
        assert_memory_equal(replies[i], world->reply, world->reply_len);
    }

    assert_int_equal(answers[7].reply_len, 0);
}


/* Every byte with every value, and every length. */
static void
answer_hostile(void **state)
{
    size_t    len, i;
    query_t   query, damaged;
    world_t  *world = *state;
    unsigned  value;

    query_make(&query, WORLD_BYTES("\4_sip\4_tcp" WORLD_DEV1), WIRE_TYPE_SRV,
               1232);

    for (len = 0; len < query.len; len++) {
        world_ask(world, query.data, len, 1232);
        assert_int_equal(world->outcome, len < WIRE_HEADER_LEN
                                         ? ANSWER_DROPPED : ANSWER_FORMERR);
    }

    for (i = 0; i < query.len; i++) {
        for (value = 0; value < 256; value++) {
            damaged = query;
            damaged.data[i] = (uint8_t) value;

            if (world_ask(world, damaged.data, damaged.len, 512) != 0) {
                world_check_reply(damaged.data, world->reply,
                                  world->reply_len);
                assert_true(world->reply_len <= 512);
            }
        }
    }
}


static void
answer_no_store(void **state)
{
    log_t             log;
    query_t           query;
    uint8_t           reply[512];
    lookup_t         *lookup;
    lookup_source_t  *source;

    (void) state;

    log_init(&log);
    source = lookup_source_create("/nonexistent", 1, &log);
    assert_non_null(source);
    lookup = lookup_source_reader(source, 0);

    query_make(&query, WORLD_BYTES(WORLD_DEV1), WIRE_TYPE_A, 0);

    answer_t  answer = {
        .query = query.data, .query_len = query.len, .reply = reply,
        .reply_size = sizeof(reply)
    };
    const answer_policy_t   policy = { .udp_size = 512 };
    const answer_context_t  context = { .policy = &policy };

    assert_false(lookup_begin(lookup));
    answer_queries(lookup, &context, &answer, 1);
    lookup_end(lookup);

    assert_int_equal(answer.outcome, ANSWER_SERVFAIL);
    world_check_reply(query.data, reply, answer.reply_len);
    lookup_source_destroy(source);
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
        cmocka_unit_test(answer_bytes),
        cmocka_unit_test(answer_cases),
        cmocka_unit_test(answer_tsig),
        cmocka_unit_test(answer_tsig_long),
        cmocka_unit_test(answer_tsig_option),
        cmocka_unit_test(answer_tsig_broken),
        cmocka_unit_test(answer_negative_ttl),
        cmocka_unit_test(answer_truncation),
        cmocka_unit_test(answer_additional_sizes),
        cmocka_unit_test(answer_payload),
        cmocka_unit_test(answer_batch),
        cmocka_unit_test(answer_hostile),
        cmocka_unit_test(answer_no_store)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
