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
 * Denials that cannot be signed: for want of a key, of what may be spent, or of
 * a zone that could be read.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dnsd_proof.h"


#define NAME(s)  s SIGNED_ZONE, sizeof(s SIGNED_ZONE) - 1
#define ROOT(s)  s, sizeof(s) - 1


/* No key, no budget, no luck. */
static void
denial_refused(void **state)
{
    size_t    len;
    world_t  *world = *state;
    uint8_t   query[300];
    sign_t    none = { .n = 0 }, *sign = world->sign;

    world->now = SIGNED_NOW;
    len = proof_query(query, NAME("\6absent"), 1, DO);

    world->sign->left[0] = 0;
    world->sign->left[1] = 2;
    world_ask(world, query, len, 4096);
    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_BUDGET);
    assert_int_equal(world->outcome, ANSWER_TRUNCATED);
    assert_int_equal(wire_get16(world->reply + 2), 0x8600);
    assert_int_equal(wire_get32(world->reply + 6), 0);
    assert_int_equal(world->answer.ede, ANSWER_EDE_NONE);

    /* that of TCP is its own */

    world_ask(world, query, len, 0);
    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_MADE);
    world->sign->left[1] = 0;
    world_ask(world, query, len, 0);
    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_BUDGET);
    assert_int_equal(world->outcome, ANSWER_SERVFAIL);
    assert_int_equal(world->answer.ede, ANSWER_EDE_OTHER);
    assert_non_null(memmem(world->reply, world->reply_len,
                           "no more signatures", 18));

    world->sign->left[0] = 2;
    world->sign->fails = true;
    world_ask(world, query, len, 4096);
    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_FAILED);
    assert_int_equal(world->outcome, ANSWER_SERVFAIL);
    assert_non_null(memmem(world->reply, world->reply_len, "signing failed",
                           14));
    world->sign->fails = false;

    world->sign = &none;
    world_ask(world, query, len, 4096);
    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_NO_KEY);
    assert_int_equal(world->outcome, ANSWER_SERVFAIL);

    world->sign = NULL;
    world_ask(world, query, len, 4096);
    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_NO_KEY);
    assert_non_null(memmem(world->reply, world->reply_len, "no key", 6));

    /* what was signed beforehand needs none, nor does who asks without DO */

    len = proof_query(query, NAME("\2v4"), 28, DO);
    world_ask(world, query, len, 4096);
    assert_int_equal(world->outcome, ANSWER_NODATA);
    len = proof_query(query, NAME("\6absent"), 1, 0);
    world_ask(world, query, len, 4096);
    assert_int_equal(world->outcome, ANSWER_NXDOMAIN);

    world->sign = sign;
}


/* Who has had his share gets what he would get where nothing is left at all. */
static void
denial_share(void **state)
{
    size_t    len;
    world_t  *world = *state;
    uint8_t   query[300];
    sign_t   *sign = world->sign;

    world->now = SIGNED_NOW;
    len = proof_query(query, NAME("\6absent"), 1, DO);
    sign->left[0] = sign->left[1] = 2;
    sign->had = true;

    world_ask(world, query, len, 4096);
    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_SHARE);
    assert_int_equal(world->outcome, ANSWER_TRUNCATED);
    assert_int_equal(wire_get16(world->reply + 2), 0x8600);
    assert_int_equal(world->answer.ede, ANSWER_EDE_NONE);
    assert_false(sign->wanted.proven);
    assert_ptr_equal(sign->wanted.client.data, world->answer.client.data);
    assert_int_equal(sign->wanted.client.len, world->answer.client.len);

    world_ask(world, query, len, 0);
    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_SHARE);
    assert_int_equal(world->outcome, ANSWER_SERVFAIL);
    assert_int_equal(world->answer.ede, ANSWER_EDE_OTHER);
    assert_non_null(memmem(world->reply, world->reply_len,
                           "no more signatures", 18));
    assert_true(sign->wanted.proven);

    sign->had = false;
}


/* Two keys of one algorithm, or of two: which dnsd must have. */
static void
denial_half(void **state)
{
    size_t    len;
    world_t  *world = *state;
    uint8_t   query[300];

    world->now = SIGNED_NOW;
    world->sign->left[0] = 100;
    world->sign->n--;
    len = proof_query(query, NAME("\6absent"), 1, DO);
    world_ask(world, query, len, 4096);
    world->sign->n++;

    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_NO_KEY);
    assert_int_equal(world->outcome, ANSWER_SERVFAIL);
}


/* A zone whose apex cannot be read, and one that is signed but has no SOA. */
static void
broken_zone(store_txn_t *txn, const void *name, size_t len, bool damaged)
{
    bool                  changed;
    char                  conflict[STORE_LABEL_MAX + 1];
    uint8_t               apex[512], digest[STORE_DIGEST_LEN] = { 4 };
    store_key_t           key;
    store_span_t          none = { NULL, 0 }, bytes = WORLD_SPAN("no value");
    store_writer_t        writer;
    store_zone_content_t  content = { .name = { name, len },
                                      .digest = { 4 } };

    WORLD_MUST(store_key_make(&key, content.name, none));
    store_writer_apex(&writer, apex, sizeof(apex), digest);
    world_one(&writer, none, 6, WORLD_BYTES(SIGNED_SOA_RDATA), -1);
    WORLD_MUST(store_writer_finish(&writer,
                                   (store_span_t) { key.data, key.len },
                                   &content.apex));
    WORLD_MUST(store_zone_publish(txn, &content, SIGNED_NOW - 10, &changed,
                                  conflict) == STORE_OK);

    if (!damaged) {
        store_writer_apex(&writer, apex, sizeof(apex), digest);
        world_one(&writer, none, 48, WORLD_BYTES("\1\0\3\15key"), -1);
        WORLD_MUST(store_writer_finish(&writer,
                                       (store_span_t) { key.data, key.len },
                                       &bytes));
    }

    WORLD_MUST(store_put(txn, &key, bytes) == STORE_OK);
}


static void
broken_zones(store_txn_t *txn)
{
    signed_zone(txn);
    broken_zone(txn, ROOT("\4hurt\7example\0"), true);
    broken_zone(txn, ROOT("\4half\7example\0"), false);
}


static void
denial_broken(void **state)
{
    size_t    i, len;
    world_t  *world = *state;
    uint8_t   query[300];

    static const struct {
        const char  *name;
        size_t       len;
        uint16_t     type;
    } questions[] = {
        { ROOT("\1x\4hurt\7example\0"), 1 },
        { ROOT("\4hurt\7example\0"), 47 },
        { ROOT("\1x\4half\7example\0"), 1 },
        { ROOT("\4half\7example\0"), 47 }
    };

    world->now = SIGNED_NOW;
    world->sign->left[0] = 100;

    for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        len = proof_query(query, questions[i].name, questions[i].len,
                         questions[i].type, DO);
        world_ask(world, query, len, 4096);
        world_check_reply(query, world->reply, world->reply_len);
        assert_int_equal(world->outcome, ANSWER_SERVFAIL);
        assert_int_equal(world->sign->made, 0);
    }
}


/* Keys that dnsd has not are none of its worry while another one of their
 * algorithm signs. */
static void
denial_roll(void **state)
{
    size_t             i, len;
    world_t           *world = *state;
    uint8_t            query[300];
    lookup_signers_t  *signers = &world->lookup->signers;

    static const struct {
        uint8_t          algorithm;
        answer_dnssec_t  dnssec;
    } others[] = {
        { 13, ANSWER_DNSSEC_MADE }, { 15, ANSWER_DNSSEC_NO_KEY }
    };

    world->now = SIGNED_NOW;
    world->sign->left[0] = 100;
    len = proof_query(query, NAME("\6absent"), 1, DO);
    world_ask(world, query, len, 4096);
    assert_int_equal(signers->n, 1);

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        signers->signers[1] = signers->signers[0];
        signers->signers[0].algorithm = others[i].algorithm;
        signers->signers[0].tag ^= 1;
        signers->n = 2;
        world_ask(world, query, len, 4096);
        assert_int_equal(world->answer.dnssec, others[i].dnssec);
        signers->signers[0] = signers->signers[1];
    }

    signers->n = 0;
    world_ask(world, query, len, 4096);
    assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_NO_KEY);
}


/* One of two signatures is over: the other goes out, alone. */
static void
denial_over(void **state)
{
    size_t     i, len;
    world_t   *world = *state;
    uint8_t    query[300];

    static const struct {
        const char  *name;
        size_t       len;
        uint16_t     type;
    } questions[] = {
        { NAME("\5first"), 1 }, { NAME("\5first"), 28 },
        { NAME("\4last"), 1 }, { NAME("\4last"), 28 }
    };

    world->now = SIGNED_NOW;

    for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        bool  positive = questions[i].type == 1;

        len = proof_query(query, questions[i].name, questions[i].len,
                          questions[i].type, DO);
        world_ask(world, query, len, 4096);
        assert_int_equal(world->answer.dnssec, ANSWER_DNSSEC_STORED);
        assert_int_equal(world->outcome,
                         positive ? ANSWER_NOERROR : ANSWER_NODATA);

        /* the SOA has both */

        assert_int_equal(wire_get16(world->reply + 6), positive ? 2 : 0);
        assert_int_equal(wire_get16(world->reply + 8), positive ? 0 : 5);
    }
}


static void
over_zone(store_txn_t *txn)
{
    static const signed_how_t  first = { .over = 1 };
    static const signed_how_t  last = { .over = 2 };
    static const signed_set_t  sets[] = {
        { SIGNED_SELF, 1, SIGNED_LATER, { SIGNED_RR("\300\0\2\1") } }
    };

    signed_zone(txn);
    signed_device(txn, "first", sets, SIGNED_N(sets), &first);
    signed_device(txn, "last", sets, SIGNED_N(sets), &last);
}


static int
over(void **state)
{
    proof_setup(state, 2, over_zone);

    return 0;
}


static int
broken(void **state)
{
    proof_setup(state, 1, broken_zones);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(denial_refused, proof_one,
                                        proof_teardown),
        cmocka_unit_test_setup_teardown(denial_share, proof_one,
                                        proof_teardown),
        cmocka_unit_test_setup_teardown(denial_half, proof_one,
                                        proof_teardown),
        cmocka_unit_test_setup_teardown(denial_half, proof_two,
                                        proof_teardown),
        cmocka_unit_test_setup_teardown(denial_roll, proof_one,
                                        proof_teardown),
        cmocka_unit_test_setup_teardown(denial_over, over, proof_teardown),
        cmocka_unit_test_setup_teardown(denial_broken, broken, proof_teardown)
    };

    return cmocka_run_group_tests_name("dnsd_denial_refused", tests, NULL,
                                       NULL);
}
