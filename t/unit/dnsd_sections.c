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
 * Sections out of a store that an operator or a bug has filled oddly: chains
 * of CNAMEs that end nowhere, RDATA that is not what its type says, zones
 * without a SOA.  What can be answered is, and what cannot is SERVFAIL; no
 * value makes a reply that is not well formed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answer_rrset.h"
#include "dnsd_world.h"


#define ZONE_NOSOA   "\5nosoa\7example\0"
#define ZONE_BADSOA  "\6badsoa\7example\0"
#define ZONE_BIGSOA  "\6bigsoa\7example\0"
#define ZONE_OTHER   "\7another\7example\0"    /* as long as WORLD_ZONE */
#define NAME(s)      s, sizeof(s) - 1
#define LONG60       "\74" "abcdefghijabcdefghijabcdefghij" \
                     "abcdefghijabcdefghijabcdefghij"
#define LONG180      LONG60 LONG60 LONG60 "\24" "abcdefghijabcdefghij"
#define CHAIN        10
#define MANY         (ANSWER_TARGETS_MAX + 2)


typedef struct {
    const char  *label;
    uint16_t     type;
    const char  *rdata;
    size_t       len;
} odd_t;


static const odd_t  odds[] = {
    { "self", WIRE_TYPE_CNAME, NAME("\4self" WORLD_ZONE) },
    { "loop1", WIRE_TYPE_CNAME, NAME("\5loop2" WORLD_ZONE) },
    { "loop2", WIRE_TYPE_CNAME, NAME("\5loop1" WORLD_ZONE) },
    { "into", WIRE_TYPE_CNAME, NAME("\5loop1" WORLD_ZONE) },
    { "out", WIRE_TYPE_CNAME, NAME("\3www\5other\4test\0") },
    { "apart", WIRE_TYPE_CNAME, NAME("\3www" ZONE_NOSOA) },
    { "beside", WIRE_TYPE_CNAME, NAME("\3www" ZONE_OTHER) },
    { "endless", WIRE_TYPE_CNAME,
      NAME(LONG60 LONG60 LONG60 LONG60 "\12" "abcdefghij" WORLD_ZONE) },
    { "sibling", WIRE_TYPE_CNAME, NAME("\3www\7nothing\7example\0") },
    { "broken", WIRE_TYPE_CNAME, NAME("\5abc") },
    { "behind", WIRE_TYPE_CNAME, NAME("\1a\0x") },
    { "toapex", WIRE_TYPE_CNAME, NAME(WORLD_ZONE) },
    { "mx0", WIRE_TYPE_MX, NAME("\0") },
    { "mx1", WIRE_TYPE_MX, NAME("\0\1\5ab") },
    { "mx2", WIRE_TYPE_MX, NAME("\0\1\1a\0x") },
    { "mx3", WIRE_TYPE_MX, NAME("\0\1\4dev1" WORLD_ZONE) },
    { "mx4", WIRE_TYPE_MX, NAME("\0\1\3www" ZONE_NOSOA) },
    { "mx5", WIRE_TYPE_MX, NAME("\0\1\300\14") },
    { "ns1", WIRE_TYPE_NS, NAME("\4dev1\7DEVICES\7example\0") },
    { "ptr", WIRE_TYPE_PTR, NAME("\4dev1" WORLD_ZONE) },
    { "soa", WIRE_TYPE_SOA, NAME("\1a\0\1b\0\0\0\0\1") },
    { "none", WIRE_TYPE_SRV, NAME("\0\0\0\0\0\0\0") },
    { "srv0", WIRE_TYPE_SRV, NAME("\0\0\0") },
    { "srv1", WIRE_TYPE_SRV, NAME("\0\0\0\0\0\1\4dev1" WORLD_ZONE) },
    { "svcb", WIRE_TYPE_SVCB, NAME("\0\1\5https" WORLD_ZONE) },
    { "https", WIRE_TYPE_HTTPS, NAME("\0\1\4dev1" WORLD_ZONE) },
    { "alias", WIRE_TYPE_HTTPS, NAME("\0\0\5https" WORLD_ZONE) },
    { "mine", WIRE_TYPE_HTTPS, NAME("\0\1\4mine" WORLD_ZONE) }
};


static void
odd_put(store_txn_t *txn, const char *label, uint16_t type, const void *rdata,
    size_t len)
{
    uint8_t         buffer[STORE_VALUE_MAX];
    store_span_t    none = { NULL, 0 };
    store_writer_t  writer;

    store_writer_static(&writer, buffer, sizeof(buffer));
    world_one(&writer, none, type, rdata, len, -1);
    world_put(txn, &writer,
              (store_span_t) { (const uint8_t *) label, strlen(label) });
}


static store_span_t
apex_make(store_writer_t *writer, store_span_t zone, store_key_t *key,
    uint16_t type, const void *rdata, size_t len)
{
    store_span_t     none = { NULL, 0 }, bytes;
    static uint8_t   digest[STORE_DIGEST_LEN] = { 2 };
    static uint8_t   apex[1024];

    store_writer_apex(writer, apex, sizeof(apex), digest);
    world_one(writer, none, type, rdata, len, -1);
    WORLD_MUST(store_key_make(key, zone, none));
    WORLD_MUST(store_writer_finish(writer,
                                   (store_span_t) { key->data, key->len },
                                   &bytes));
    return bytes;
}


/* A zone whose apex has only this RR.  None is published without a SOA, so
 * it is put in its place later. */
static void
zone_put(store_txn_t *txn, const void *name, size_t name_len, uint16_t type,
    const void *rdata, size_t len)
{
    char                  conflict[STORE_LABEL_MAX + 1];
    bool                  changed;
    store_key_t           key;
    store_writer_t        writer;
    store_zone_content_t  content = { .name = { name, name_len },
                                      .digest = { 2 } };

    content.apex = apex_make(&writer, content.name, &key, WIRE_TYPE_SOA,
                             NAME("\1a\0\1b\0\0\0\0\1\0\0\0\2\0\0\0\3"
                                  "\0\0\0\4\0\0\0\5"));
    WORLD_MUST(store_zone_publish(txn, &content, 1800000000, &changed,
                                  conflict) == STORE_OK);

    WORLD_MUST(store_put(txn, &key, apex_make(&writer, content.name, &key,
                                              type, rdata, len))
               == STORE_OK);
}


/* A CNAME that leads to a name in the value that it stands in itself. */
static void
deep_put(store_txn_t *txn)
{
    uint8_t         buffer[STORE_VALUE_MAX];
    store_writer_t  writer;

    store_writer_static(&writer, buffer, sizeof(buffer));
    world_one(&writer, WORLD_SPAN("\4here"), WIRE_TYPE_A, "\300\0\2\11", 4,
              -1);
    world_one(&writer, WORLD_SPAN("\5there"), WIRE_TYPE_CNAME,
              NAME("\4here\4deep" WORLD_ZONE), -1);
    world_put(txn, &writer, WORLD_SPAN("deep"));
}


/* More targets than one answer adds addresses of, each with an address. */
static void
many_put(store_txn_t *txn)
{
    uint8_t         buffer[STORE_VALUE_MAX], rdata[9] = "\0\0\0\0\0\1\2hx";
    unsigned        i;
    store_span_t    none = { NULL, 0 };
    store_writer_t  writer;

    store_writer_static(&writer, buffer, sizeof(buffer));
    world_begin(&writer, none, WIRE_TYPE_SRV);

    for (i = 0; i < MANY; i++) {
        rdata[8] = (uint8_t) ('a' + i);
        world_rr(&writer, rdata, sizeof(rdata), sizeof(rdata));
    }

    store_writer_rrset_end(&writer);

    for (i = 0; i < MANY; i++) {
        rdata[8] = (uint8_t) ('a' + i);
        world_one(&writer, (store_span_t) { rdata + 6, 3 }, WIRE_TYPE_A,
                  "\300\0\2\12", 4, -1);
    }

    world_put(txn, &writer, WORLD_SPAN("many"));
}


static void
more(store_txn_t *txn)
{
    char            label[8], rdata[40];
    size_t          i, n;
    uint8_t         buffer[STORE_VALUE_MAX], large[700] = { 0 };
    store_span_t    none = { NULL, 0 };
    store_writer_t  writer;

    for (i = 0; i < sizeof(odds) / sizeof(odds[0]); i++) {
        odd_put(txn, odds[i].label, odds[i].type, odds[i].rdata, odds[i].len);
    }

    for (i = 0; i < CHAIN; i++) {
        snprintf(label, sizeof(label), "c%zu", i);
        n = (size_t) snprintf(rdata, sizeof(rdata), " c%zu", i + 1);
        rdata[0] = (char) (n - 1);
        memcpy(rdata + n, WORLD_ZONE, sizeof(WORLD_ZONE) - 1);
        odd_put(txn, label, WIRE_TYPE_CNAME, rdata,
                n + sizeof(WORLD_ZONE) - 1);
    }

    /* longer than a SOA can be, of types that are looked into */

    odd_put(txn, "soa2", WIRE_TYPE_SOA, large, sizeof(large));
    odd_put(txn, "mx6", WIRE_TYPE_MX, large, sizeof(large));
    odd_put(txn, "large", WIRE_TYPE_CNAME, large, sizeof(large));

    /* two long names, the second of which is not there */

    store_writer_static(&writer, buffer, sizeof(buffer));
    world_one(&writer, WORLD_SPAN(LONG180), WIRE_TYPE_CNAME,
              NAME(LONG180 "\14longer-still" WORLD_ZONE), -1);
    world_put(txn, &writer, WORLD_SPAN("long"));

    /* one target, said three times, twice in another case */

    store_writer_static(&writer, buffer, sizeof(buffer));
    world_begin(&writer, none, WIRE_TYPE_SRV);
    world_rr(&writer, NAME("\0\0\0\0\0\1\4dev1" WORLD_ZONE), -1);
    world_rr(&writer, NAME("\0\0\0\0\0\2\4DEV1" WORLD_ZONE), -1);
    world_rr(&writer, NAME("\0\0\0\0\0\3\4dev1\7Devices\7example\0"), -1);
    store_writer_rrset_end(&writer);
    world_put(txn, &writer, WORLD_SPAN("same"));

    deep_put(txn);
    many_put(txn);

    zone_put(txn, NAME(ZONE_NOSOA), WIRE_TYPE_A, "\300\0\2\7", 4);
    zone_put(txn, NAME(ZONE_BADSOA), WIRE_TYPE_SOA, "\0\0\0\1", 4);
    zone_put(txn, NAME(ZONE_BIGSOA), WIRE_TYPE_SOA, large, sizeof(large));
    zone_put(txn, NAME(ZONE_OTHER), WIRE_TYPE_A, "\300\0\2\10", 4);
}


typedef struct {
    const char        *name;
    size_t             len;
    uint16_t           type;
    answer_outcome_t   outcome;
    uint16_t           answers;
    uint16_t           authorities;
    uint16_t           additionals;
} odd_case_t;


static const odd_case_t  cases[] = {
    { NAME("\4self" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\4SELF" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\5loop1" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 2, 0, 0 },
    { NAME("\4into" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 3, 0, 0 },
    { NAME("\3out" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\5apart" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\6beside" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\7endless" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\5there\4deep" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 2, 0, 0 },
    { NAME("\5there\4deep" WORLD_ZONE), WIRE_TYPE_TXT, ANSWER_NODATA, 1, 1, 0 },
    { NAME("\4many" WORLD_ZONE), WIRE_TYPE_SRV, ANSWER_NOERROR, MANY, 0,
      ANSWER_TARGETS_MAX },
    { NAME("\7sibling" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\6broken" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\6behind" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\5large" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\6toapex" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NODATA, 1, 1, 0 },
    { NAME("\2c0" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NOERROR, 9, 0, 0 },
    { NAME("\2c2" WORLD_ZONE), WIRE_TYPE_A, ANSWER_NXDOMAIN, 8, 1, 0 },
    { NAME("\3mx0" WORLD_ZONE), WIRE_TYPE_MX, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\3mx1" WORLD_ZONE), WIRE_TYPE_MX, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\3mx2" WORLD_ZONE), WIRE_TYPE_MX, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\3mx3" WORLD_ZONE), WIRE_TYPE_MX, ANSWER_NOERROR, 1, 0, 1 },
    { NAME("\3mx4" WORLD_ZONE), WIRE_TYPE_MX, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\3mx5" WORLD_ZONE), WIRE_TYPE_MX, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\3mx6" WORLD_ZONE), WIRE_TYPE_MX, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\3ns1" WORLD_ZONE), WIRE_TYPE_NS, ANSWER_NOERROR, 1, 0, 1 },
    { NAME("\3ptr" WORLD_ZONE), WIRE_TYPE_PTR, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\3soa" WORLD_ZONE), WIRE_TYPE_SOA, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\4soa2" WORLD_ZONE), WIRE_TYPE_SOA, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\4none" WORLD_ZONE), WIRE_TYPE_SRV, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\4srv0" WORLD_ZONE), WIRE_TYPE_SRV, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\4srv1" WORLD_ZONE), WIRE_TYPE_SRV, ANSWER_NOERROR, 1, 0, 1 },
    { NAME("\4srv1" WORLD_ZONE), WIRE_TYPE_ANY, ANSWER_NOERROR, 1, 0, 1 },
    { NAME("\4same" WORLD_ZONE), WIRE_TYPE_SRV, ANSWER_NOERROR, 3, 0, 1 },
    { NAME("\4svcb" WORLD_ZONE), WIRE_TYPE_SVCB, ANSWER_NOERROR, 1, 0, 0 },
    { NAME("\5https" WORLD_ZONE), WIRE_TYPE_HTTPS, ANSWER_NOERROR, 1, 0, 1 },
    { NAME("\5alias" WORLD_ZONE), WIRE_TYPE_HTTPS, ANSWER_NOERROR, 1, 0, 1 },
    { NAME("\4mine" WORLD_ZONE), WIRE_TYPE_HTTPS, ANSWER_NOERROR, 1, 0, 0 },
    { NAME(ZONE_NOSOA), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 },
    { NAME(ZONE_NOSOA), WIRE_TYPE_MX, ANSWER_SERVFAIL, 0, 0, 0 },
    { NAME("\1x" ZONE_NOSOA), WIRE_TYPE_A, ANSWER_SERVFAIL, 0, 0, 0 },
    { NAME(ZONE_BADSOA), WIRE_TYPE_SOA, ANSWER_NOERROR, 1, 0, 0 },
    { NAME(ZONE_BADSOA), WIRE_TYPE_MX, ANSWER_SERVFAIL, 0, 0, 0 },
    { NAME("\1x" ZONE_BADSOA), WIRE_TYPE_A, ANSWER_SERVFAIL, 0, 0, 0 },
    { NAME(ZONE_BIGSOA), WIRE_TYPE_SOA, ANSWER_NOERROR, 1, 0, 0 },
    { NAME(ZONE_BIGSOA), WIRE_TYPE_MX, ANSWER_SERVFAIL, 0, 0, 0 },
    { NAME(ZONE_OTHER), WIRE_TYPE_A, ANSWER_NOERROR, 1, 0, 0 }
};


static size_t
query_make(uint8_t *query, const odd_case_t *odd)
{
    static const uint8_t  header[] = { 1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 };

    memcpy(query, header, sizeof(header));
    memcpy(query + sizeof(header), odd->name, odd->len);
    memcpy(query + sizeof(header) + odd->len,
           (uint8_t []) { (uint8_t) (odd->type >> 8), (uint8_t) odd->type,
                          0, WIRE_CLASS_IN }, 4);

    return sizeof(header) + odd->len + 4;
}


static void
sections_odd(void **state)
{
    size_t    i, len;
    world_t  *world = *state;
    uint8_t   query[300];

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = query_make(query, &cases[i]);
        world_ask(world, query, len, 0);
        world_check_reply(query, world->reply, world->reply_len);

        print_message("# case %zu\n", i);
        assert_int_equal(world->outcome, cases[i].outcome);
        assert_int_equal(wire_get16(world->reply + 2),
                         cases[i].outcome == ANSWER_SERVFAIL
                         ? WIRE_FLAG_QR | WIRE_SERVFAIL
                         : cases[i].outcome == ANSWER_NXDOMAIN
                           ? WIRE_FLAG_QR | WIRE_FLAG_AA | WIRE_NXDOMAIN
                           : WIRE_FLAG_QR | WIRE_FLAG_AA);
        assert_int_equal(wire_get16(world->reply + 6), cases[i].answers);
        assert_int_equal(wire_get16(world->reply + 8), cases[i].authorities);
        assert_int_equal(wire_get16(world->reply + 10),
                         cases[i].additionals);
    }
}


/* With EDNS the reason is told (RFC 8914), and nothing else is different. */
static void
sections_odd_told(void **state)
{
    size_t          i, len;
    world_t        *world = *state;
    uint8_t         query[320];

    static const char  told[] = "\0\17\0\16\0\0damaged data";

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = query_make(query, &cases[i]);
        memcpy(query + len, "\0\0\51\4\320\0\0\0\0\0\0", WIRE_OPT_LEN);
        query[11] = 1;
        world_ask(world, query, len + WIRE_OPT_LEN, 0);
        world_check_reply(query, world->reply, world->reply_len);

        assert_int_equal(world->outcome, cases[i].outcome);
        assert_int_equal(wire_get16(world->reply + 6), cases[i].answers);
        assert_int_equal(wire_get16(world->reply + 10),
                         cases[i].additionals + 1);

        if (cases[i].outcome == ANSWER_SERVFAIL) {
            assert_int_equal(world->answer.ede, ANSWER_EDE_OTHER);
            assert_memory_equal(world->reply + world->reply_len
                                - (sizeof(told) - 1), told,
                                sizeof(told) - 1);
        }
    }
}


/* A negative answer whose SOA finds no room behind the CNAMEs is truncated:
 * without it, nobody could remember it. */
static void
sections_negative_truncated(void **state)
{
    size_t    full, len;
    world_t  *world = *state;
    uint8_t   query[300];

    static const odd_case_t  odd = {
        .name = LONG180 "\4long" WORLD_ZONE,
        .len = sizeof(LONG180 "\4long" WORLD_ZONE) - 1,
        .type = WIRE_TYPE_A
    };

    len = query_make(query, &odd);
    full = world_ask(world, query, len, 0);
    assert_int_equal(world->outcome, ANSWER_NXDOMAIN);
    assert_int_equal(wire_get16(world->reply + 6), 1);
    assert_int_equal(wire_get16(world->reply + 8), 1);
    assert_in_range(full, 513, 600);

    world_ask(world, query, len, 512);
    world_check_reply(query, world->reply, world->reply_len);
    assert_int_equal(world->outcome, ANSWER_TRUNCATED);
    assert_int_equal(wire_get16(world->reply + 8), 0);
}


/* What the counters are called: all, and each its own. */
static void
outcome_texts(void **state)
{
    unsigned  i, k;

    (void) state;

    for (i = 0; i < ANSWER_OUTCOMES; i++) {
        assert_non_null(answer_outcome_text((answer_outcome_t) i));

        for (k = 0; k < i; k++) {
            assert_string_not_equal(
                answer_outcome_text((answer_outcome_t) i),
                answer_outcome_text((answer_outcome_t) k));
        }
    }
}


static int
setup(void **state)
{
    static world_t  world;

    world_init_with(&world, more);
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
        cmocka_unit_test(sections_odd),
        cmocka_unit_test(sections_odd_told),
        cmocka_unit_test(sections_negative_truncated),
        cmocka_unit_test(outcome_texts)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
