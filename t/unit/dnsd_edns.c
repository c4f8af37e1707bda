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
 * EDNS options in answers, byte by byte; what is told in class CH; and what
 * the rate limit leaves of a reply.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dnsd_world.h"


#define DEV1_A    WORLD_DEV1 "\0\1\0\1"
#define CLIENT    "\1\2\3\4\5\6\7\10"
#define NSID      "\0\3\0\0"
#define COOKIE    "\0\12\0\10" CLIENT
#define KEEPALIVE "\0\13\0\0"
#define PADDING   "\0\14\0\2\0\0"

#define TCP       0


/* Asks a question (empty: none) with an OPT of these options. */
static void
ask(world_t *world, wire_span_t question, uint16_t payload,
    wire_span_t options, uint16_t udp_size)
{
    size_t   len = 12;
    uint8_t  query[2048] = { 0xAB, 0xCD, 1, 0, 0, question.len > 0, 0, 0, 0, 0,
                             0, 1 };
    uint8_t  opt[] = { 0, 0, 41, (uint8_t) (payload >> 8), (uint8_t) payload,
                       0, 0, 0, 0, (uint8_t) (options.len >> 8),
                       (uint8_t) options.len };

    if (question.len > 0) {
        memcpy(query + len, question.data, question.len);
        len += question.len;
    }

    memcpy(query + len, opt, sizeof(opt));
    len += sizeof(opt);

    if (options.len > 0) {
        memcpy(query + len, options.data, options.len);
        len += options.len;
    }

    world_ask(world, query, len, udp_size);
    world_check_reply(query, world->reply, world->reply_len);
}

#define ASK(world, question, options, udp_size)                               \
    ask(world, (wire_span_t) { WORLD_BYTES(question) }, 4096,                 \
        (wire_span_t) { WORLD_BYTES(options) }, udp_size)


static wire_span_t
reply_options(const world_t *world)
{
    size_t  len = world->answer.opt_len;

    WORLD_MUST(len >= WIRE_OPT_LEN && len <= world->answer.reply_len);

    return (wire_span_t) {
        world->reply + world->answer.reply_len - len + WIRE_OPT_LEN,
        len - WIRE_OPT_LEN
    };
}


/* The data of an option; NULL where there is none. */
static const uint8_t *
reply_option(const world_t *world, uint16_t code, size_t *len)
{
    wire_span_t  options = reply_options(world);

    while (options.len > 0) {
        WORLD_MUST(options.len >= 4);
        *len = wire_get16(options.data + 2);
        WORLD_MUST(options.len - 4 >= *len);

        if (wire_get16(options.data) == code) {
            return options.data + 4;
        }

        options.data += 4 + *len;
        options.len -= 4 + *len;
    }

    return NULL;
}


static int
reply_rcode(const world_t *world)
{
    const uint8_t  *opt = reply_options(world).data - WIRE_OPT_LEN;

    return opt[5] << 4 | (world->reply[3] & 0x0F);
}


static void
options_none(void **state)
{
    world_t  *world = *state;

    ASK(world, DEV1_A, "\xFF\xFF\0\3abc", 1232);
    assert_int_equal(world->outcome, ANSWER_NOERROR);
    assert_int_equal(reply_options(world).len, 0);
    assert_int_equal(world->answer.cookie, ANSWER_COOKIE_NONE);
    assert_int_equal(world->answer.ede, ANSWER_EDE_NONE);
}


static void
options_all(void **state)
{
    size_t          len;
    world_t        *world = *state;
    const uint8_t  *data;

    ASK(world, DEV1_A, NSID COOKIE KEEPALIVE PADDING, TCP);
    assert_int_equal(world->outcome, ANSWER_NOERROR);
    assert_int_equal(world->answer.cookie, ANSWER_COOKIE_CLIENT);

    data = reply_option(world, WIRE_OPTION_NSID, &len);
    assert_int_equal(len, 4);
    assert_memory_equal(data, "fra1", 4);

    data = reply_option(world, WIRE_OPTION_COOKIE, &len);
    assert_int_equal(len, 24);
    assert_memory_equal(data, CLIENT "\1\0\0\0\x6B\x49\xD2\0", 16);

    data = reply_option(world, WIRE_OPTION_KEEPALIVE, &len);
    assert_int_equal(len, 2);
    assert_int_equal(wire_get16(data), 100);

    /* RFC 8467 4.1: the next multiple of 468 */

    assert_non_null(reply_option(world, WIRE_OPTION_PADDING, &len));
    assert_int_equal(world->reply_len, 468);
}


/* RFC 8467 4.1: whatever a padded reply holds, its length is a multiple of the
 * block, also where it is one already. */
static void
options_padding(void **state)
{
    size_t    len, none = 0;
    world_t  *world = *state;
    uint8_t   old = world->policy.nsid.len;
    unsigned  n;

    for (n = 1; n <= ANSWER_TEXT_MAX; n++) {
        world->policy.nsid.len = (uint8_t) n;
        ASK(world, "\4dev2" WORLD_ZONE "\0\20\0\1", NSID PADDING, TCP);

        assert_int_equal(world->outcome, ANSWER_NOERROR);
        assert_int_equal(world->reply_len % 468, 0);
        assert_non_null(reply_option(world, WIRE_OPTION_PADDING, &len));
        assert_in_range(len, 0, 467);
        none += len == 0;

        ASK(world, "\4test\0\0\1\0\1", NSID PADDING, TCP);
        assert_int_equal(world->reply_len, 468);
    }

    assert_int_equal(none, 1);
    world->policy.nsid.len = old;
}


/* A connection that is about to be closed is offered no time: no option, and
 * none that says 0, which would ask the client to close (RFC 7828 3.4). */
static void
options_keepalive_none(void **state)
{
    size_t    len;
    world_t  *world = *state;

    world->hurried = true;
    ASK(world, DEV1_A, KEEPALIVE, TCP);
    assert_int_equal(world->outcome, ANSWER_NOERROR);
    assert_null(reply_option(world, WIRE_OPTION_KEEPALIVE, &len));

    /* with data it is wrong all the same (RFC 7828 3.2.1) */

    ASK(world, DEV1_A, "\0\13\0\2\0\1", TCP);
    assert_int_equal(world->outcome, ANSWER_FORMERR);
    world->hurried = false;
}


/* By UDP there is no connection to keep, and nothing is encrypted. */
static void
options_udp(void **state)
{
    size_t    len;
    world_t  *world = *state;

    ASK(world, DEV1_A, "\0\13\0\2\0\1" PADDING, 1232);
    assert_int_equal(world->outcome, ANSWER_NOERROR);
    assert_null(reply_option(world, WIRE_OPTION_KEEPALIVE, &len));
    assert_null(reply_option(world, WIRE_OPTION_PADDING, &len));

    ASK(world, DEV1_A, "\0\13\0\2\0\1", TCP);
    assert_int_equal(world->outcome, ANSWER_FORMERR);
}


static void
options_cookie(void **state)
{
    size_t          len;
    uint8_t         option[28] = "\0\12\0\30";
    world_t        *world = *state;
    const uint8_t  *data;

    ASK(world, DEV1_A, COOKIE, 1232);
    data = reply_option(world, WIRE_OPTION_COOKIE, &len);
    memcpy(option + 4, data, 24);

    ask(world, (wire_span_t) { WORLD_BYTES(DEV1_A) }, 1232,
        (wire_span_t) { option, sizeof(option) }, 1232);
    assert_int_equal(world->answer.cookie, ANSWER_COOKIE_VALID);
    data = reply_option(world, WIRE_OPTION_COOKIE, &len);
    assert_memory_equal(data, option + 4, 24);

    /* a bad one alone refuses nothing */

    option[27] ^= 1;
    ask(world, (wire_span_t) { WORLD_BYTES(DEV1_A) }, 1232,
        (wire_span_t) { option, sizeof(option) }, 1232);
    assert_int_equal(world->answer.cookie, ANSWER_COOKIE_INVALID);
    assert_int_equal(world->outcome, ANSWER_NOERROR);

    ASK(world, DEV1_A, "\0\12\0\11" CLIENT "x", 1232);
    assert_int_equal(world->answer.cookie, ANSWER_COOKIE_MALFORMED);
    assert_int_equal(world->outcome, ANSWER_FORMERR);
    assert_null(reply_option(world, WIRE_OPTION_COOKIE, &len));

    /* the first of two counts */

    ASK(world, DEV1_A, COOKIE "\0\12\0\1x", 1232);
    assert_int_equal(world->answer.cookie, ANSWER_COOKIE_CLIENT);

    /* errors have one, too */

    ASK(world, "\4test\0\0\1\0\1", COOKIE, 1232);
    assert_int_equal(world->outcome, ANSWER_REFUSED);
    assert_non_null(reply_option(world, WIRE_OPTION_COOKIE, &len));
}


/* RFC 7873 5.4. */
static void
options_cookie_alone(void **state)
{
    size_t    len;
    world_t  *world = *state;

    ASK(world, "", COOKIE, 1232);
    assert_int_equal(world->outcome, ANSWER_NOERROR);
    assert_int_equal(world->reply_len, 12 + 11 + 28);
    assert_non_null(reply_option(world, WIRE_OPTION_COOKIE, &len));

    ASK(world, "", "\0\12\0\20" CLIENT CLIENT, 1232);
    assert_int_equal(world->outcome, ANSWER_BADCOOKIE);
    assert_int_equal(reply_rcode(world), WIRE_BADCOOKIE);
    assert_non_null(reply_option(world, WIRE_OPTION_COOKIE, &len));

    ASK(world, "", NSID, 1232);
    assert_int_equal(world->outcome, ANSWER_FORMERR);
    ASK(world, "", "\0\12\0\1x", 1232);
    assert_int_equal(world->outcome, ANSWER_FORMERR);
}


typedef struct {
    wire_span_t        question;
    answer_outcome_t   outcome;
    int                ede;
} ede_case_t;


static void
options_errors(void **state)
{
    size_t          i, len;
    world_t        *world = *state;
    const uint8_t  *data;

    static const ede_case_t  cases[] = {
        { { WORLD_BYTES("\4test\0\0\1\0\1") }, ANSWER_REFUSED, 20 },
        { { WORLD_BYTES(WORLD_DEV1 "\0\1\0\4") }, ANSWER_REFUSED, 20 },
        { { WORLD_BYTES("\2id\6server\0\0\20\0\3") }, ANSWER_REFUSED, 20 },
        { { WORLD_BYTES(WORLD_ZONE "\0\374\0\1") }, ANSWER_NOTIMP, 21 },
        { { WORLD_BYTES(WORLD_ZONE "\0\373\0\1") }, ANSWER_REFUSED, 21 },
        { { WORLD_BYTES("\4dev8" WORLD_ZONE "\0\1\0\1") }, ANSWER_SERVFAIL, 0 },
        { { WORLD_BYTES("\4dev9" WORLD_ZONE "\0\1\0\1") }, ANSWER_NXDOMAIN,
          ANSWER_EDE_NONE }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ask(world, cases[i].question, 1232, (wire_span_t) { WORLD_BYTES("") },
            1232);
        assert_int_equal(world->outcome, cases[i].outcome);
        assert_int_equal(world->answer.ede, cases[i].ede);

        data = reply_option(world, WIRE_OPTION_EDE, &len);
        assert_int_equal(data != NULL ? wire_get16(data) : ANSWER_EDE_NONE,
                         cases[i].ede);
    }

    /* by TCP an AXFR is something that might be had: refused as a policy
     * (RFC 5936 2.2.1) */

    ASK(world, WORLD_ZONE "\0\374\0\1", "", TCP);
    assert_int_equal(world->outcome, ANSWER_REFUSED);
    assert_int_equal(world->answer.ede, 21);

    /* nothing is told without EDNS */

    world_ask(world, WORLD_BYTES("\1\2\0\0\0\1\0\0\0\0\0\0\4test\0\0\1\0\1"),
              1232);
    assert_int_equal(world->outcome, ANSWER_REFUSED);
    assert_int_equal(world->answer.ede, ANSWER_EDE_NONE);
    assert_int_equal(world->reply_len, 22);
}


/* No option costs a record, and none makes a reply too long. */
static void
options_sizes(void **state)
{
    size_t    len, full;
    world_t  *world = *state;
    uint16_t  size;

    ASK(world, "\4dev2" WORLD_ZONE "\0\20\0\1", NSID COOKIE, TCP);
    full = world->reply_len;
    assert_in_range(full, 1200, 1400);

    for (size = 512; size < 1500; size++) {
        ASK(world, "\4dev2" WORLD_ZONE "\0\20\0\1", NSID COOKIE, size);

        assert_true(world->reply_len <= size);
        assert_non_null(reply_option(world, WIRE_OPTION_COOKIE, &len));
        assert_int_equal(world->outcome, size < full - 8 ? ANSWER_TRUNCATED
                                                         : ANSWER_NOERROR);
        assert_int_equal(reply_option(world, WIRE_OPTION_NSID, &len) != NULL,
                         size >= full || size < full - 8);
    }
}


static void
chaos(void **state)
{
    world_t  *world = *state;

    static const uint8_t  expected[] =
        "\xAB\xCD\x85\0\0\1\0\1\0\0\0\1" "\7VERSION\4bind\0\0\20\0\3"
        "\300\14\0\20\0\3\0\0\0\0\0\4\0031.2" "\0\0\51\4\320\0\0\0\0\0\0";

    ASK(world, "\7VERSION\4bind\0\0\20\0\3", "", 1232);
    assert_int_equal(world->reply_len, sizeof(expected) - 1);
    assert_memory_equal(world->reply, expected, sizeof(expected) - 1);

    ASK(world, "\7version\6server\0\0\377\0\3", "", 1232);
    assert_int_equal(world->outcome, ANSWER_NOERROR);
    ASK(world, "\7version\4bind\0\0\1\0\3", "", 1232);
    assert_int_equal(world->outcome, ANSWER_NODATA);
    ASK(world, "\7version\4bind\0\0\20\0\1", "", 1232);
    assert_int_equal(world->outcome, ANSWER_REFUSED);
    ASK(world, "\10hostname\4bind\0\0\20\0\3", "", 1232);
    assert_int_equal(world->outcome, ANSWER_REFUSED);

    /* as long as a name that we know, and another one */

    ASK(world, "\7version\4bond\0\0\20\0\3", "", 1232);
    assert_int_equal(world->outcome, ANSWER_REFUSED);
    ASK(world, WORLD_DEV1 "\0\1\0\3", "", 1232);
    assert_int_equal(world->outcome, ANSWER_REFUSED);
}


static void
shorten(void **state)
{
    world_t  *world = *state;

    static const uint8_t  truncated[] =
        "\xAB\xCD\x87\0\0\1\0\0\0\0\0\1" DEV1_A "\0\0\51\4\320\0\0\0\0\0\0";
    static const uint8_t  absent[] =
        "\xAB\xCD\x87\3\0\1\0\0\0\0\0\1" "\4dev9" WORLD_ZONE "\0\1\0\1"
        "\0\0\51\4\320\0\0\0\0\0\0";
    static const uint8_t  badcookie[] =
        "\xAB\xCD\x81\7\0\1\0\0\0\0\0\1" DEV1_A "\0\0\51\4\320\1\0\0\0\0\34"
        "\0\12\0\30" CLIENT "\1\0\0\0\x6B\x49\xD2\0";

    ASK(world, DEV1_A, "", 1232);
    answer_shorten(&world->answer);
    assert_int_equal(world->answer.outcome, ANSWER_TRUNCATED);
    assert_int_equal(world->answer.reply_len, sizeof(truncated) - 1);
    assert_memory_equal(world->reply, truncated, sizeof(truncated) - 1);

    ASK(world, "\4dev9" WORLD_ZONE "\0\1\0\1", "", 1232);
    answer_shorten(&world->answer);
    assert_int_equal(world->answer.reply_len, sizeof(absent) - 1);
    assert_memory_equal(world->reply, absent, sizeof(absent) - 1);

    /* a client that knows of cookies is told to come again with this one */

    ASK(world, DEV1_A, COOKIE, 1232);
    answer_shorten(&world->answer);
    assert_int_equal(world->answer.outcome, ANSWER_BADCOOKIE);
    assert_int_equal(world->answer.reply_len, sizeof(badcookie) - 1 + 8);
    assert_memory_equal(world->reply, badcookie, sizeof(badcookie) - 1);

    /* RFC 7873 5.4: a query for a cookie alone has no question to echo */

    ASK(world, "", COOKIE, 1232);
    answer_shorten(&world->answer);
    assert_int_equal(world->answer.outcome, ANSWER_BADCOOKIE);
    assert_int_equal(world->answer.reply_len, 12 + 11 + 28);
    assert_memory_equal(world->reply,
                        "\xAB\xCD\x81\7\0\0\0\0\0\0\0\1"
                        "\0\0\51\4\320\1\0\0\0\0\34\0\12\0\30" CLIENT,
                        12 + 11 + 4 + 8);

    /* an error could not get shorter */

    ASK(world, "\4test\0\0\1\0\1", "", 1232);
    answer_shorten(&world->answer);
    assert_int_equal(world->answer.outcome, ANSWER_REFUSED);
    assert_int_equal(world->answer.reply_len, world->reply_len);

    /* and without EDNS there is no OPT to keep */

    world_ask(world, WORLD_BYTES("\1\2\0\0\0\1\0\0\0\0\0\0" DEV1_A), 1232);
    answer_shorten(&world->answer);
    assert_int_equal(world->answer.reply_len, 12 + sizeof(DEV1_A) - 1);
    assert_int_equal(world->reply[11], 0);
}


/* A server without cookies knows no such option, and then a query without a
 * question has nothing to ask (RFC 7873 5.4). */
static void
options_cookie_off(void **state)
{
    size_t     len;
    world_t   *world = *state;
    unsigned   n = world->policy.secrets.n;

    world->policy.secrets.n = 0;

    ASK(world, DEV1_A, NSID COOKIE, 1232);
    assert_int_equal(world->outcome, ANSWER_NOERROR);
    assert_int_equal(world->answer.cookie, ANSWER_COOKIE_NONE);
    assert_null(reply_option(world, WIRE_OPTION_COOKIE, &len));
    assert_non_null(reply_option(world, WIRE_OPTION_NSID, &len));

    ASK(world, "", COOKIE, 1232);
    assert_int_equal(world->outcome, ANSWER_FORMERR);
    assert_int_equal(reply_options(world).len, 0);

    world->policy.secrets.n = n;
}


static int
setup(void **state)
{
    static world_t  world;

    world_init(&world);
    world.policy = (answer_policy_t) {
        .secrets = { .n = 1, .secrets = { "sixteen bytes .." } },
        .nsid = { 4, "fra1" },
        .version = { 3, "1.2" }
    };
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
        cmocka_unit_test(options_none),
        cmocka_unit_test(options_all),
        cmocka_unit_test(options_padding),
        cmocka_unit_test(options_keepalive_none),
        cmocka_unit_test(options_udp),
        cmocka_unit_test(options_cookie),
        cmocka_unit_test(options_cookie_alone),
        cmocka_unit_test(options_cookie_off),
        cmocka_unit_test(options_errors),
        cmocka_unit_test(options_sizes),
        cmocka_unit_test(chaos),
        cmocka_unit_test(shorten)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
