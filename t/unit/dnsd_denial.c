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
 * Answers from a signed zone, each verified by ldns: what there is, what there
 * is not, and what is not there any more.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dnsd_proof.h"


#define STORED    ANSWER_DNSSEC_STORED
#define MADE      ANSWER_DNSSEC_MADE
#define NAME(s)   s SIGNED_ZONE, sizeof(s SIGNED_ZONE) - 1
#define ROOT(s)   s, sizeof(s) - 1


typedef struct {
    const char        *name;
    size_t             len;
    uint16_t           type;
    uint16_t           flags;        /* of EDNS */
    int                later;        /* than SIGNED_NOW, s */
    answer_outcome_t   outcome;
    wire_rcode_t       rcode;
    answer_dnssec_t    dnssec;
    unsigned           counts[3];    /* RRs, without the OPT */
    const char        *nsec;         /* NULL: there is none */
} case_t;


static const case_t  cases[] = {

    /* what there is */

    { NAME("\2v4"), 1, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 }, NULL },
    { NAME("\2v4"), 1, 0, 0, ANSWER_NOERROR, 0, 0, { 1, 0, 0 }, NULL },
    { NAME("\4_sip\4_tcp\2v4"), 33, DO, 0, ANSWER_NOERROR, 0, STORED,
      { 2, 0, 2 }, NULL },
    { NAME("\1c\3ent"), 16, DO, 0, ANSWER_NOERROR, 0, STORED, { 4, 0, 0 },
      NULL },
    { NAME(""), 6, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 }, NULL },
    { NAME(""), 2, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 }, NULL },
    { NAME(""), 48, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 }, NULL },
    { NAME("\3www"), 1, DO, 0, ANSWER_NOERROR, 0, STORED, { 4, 0, 0 }, NULL },
    { NAME("\3www"), 5, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 }, NULL },
    { NAME("\3out\3www"), 1, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 },
      NULL },
    { NAME("\2v4"), 255, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 }, NULL },
    { NAME("\2v4"), 255, 0, 0, ANSWER_NOERROR, 0, 0, { 1, 0, 0 }, NULL },
    { NAME("\5mixed"), 257, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 },
      NULL },

    /* a type that is not there: the stored record, and those made */

    { NAME("\2v4"), 28, DO, 0, ANSWER_NODATA, 0, STORED, { 0, 4, 0 },
      "\\000.v4.signed.example. A RRSIG NSEC" },
    { NAME("\2v4"), 28, 0, 0, ANSWER_NODATA, 0, 0, { 0, 1, 0 }, NULL },
    { NAME("\4_sip\4_tcp\2v4"), 1, DO, 0, ANSWER_NODATA, 0, MADE,
      { 0, 4, 0 }, "\\000._sip._tcp.v4.signed.example. SRV RRSIG NSEC" },
    { NAME(""), 43, DO, 0, ANSWER_NODATA, 0, STORED, { 0, 4, 0 },
      "\\000.signed.example. NS SOA RRSIG NSEC DNSKEY" },
    { NAME("\5mixed"), 16, DO, 0, ANSWER_NODATA, 0, STORED, { 0, 4, 0 },
      "\\000.mixed.signed.example. A AAAA RRSIG NSEC CAA" },
    { NAME("\3www"), 47, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 },
      "\\000.www.signed.example. CNAME RRSIG NSEC" },
    { NAME("\5alone"), 28, DO, 0, ANSWER_NODATA, 0, MADE, { 0, 4, 0 },
      "\\000.alone.signed.example. A RRSIG NSEC" },
    { NAME("\4half"), 28, DO, 0, ANSWER_NODATA, 0, MADE, { 0, 4, 0 },
      "\\000.half.signed.example. A RRSIG NSEC" },
    { NAME("\4slow"), 28, DO, 0, ANSWER_NODATA, 0, STORED, { 0, 4, 0 },
      "\\000.slow.signed.example. A RRSIG NSEC" },

    /* what only has something below it */

    { NAME("\3ent"), 1, DO, 0, ANSWER_NODATA, 0, STORED, { 0, 4, 0 },
      "\\000.ent.signed.example. RRSIG NSEC" },
    { NAME("\1a\3ent"), 1, DO, 0, ANSWER_NODATA, 0, MADE, { 0, 4, 0 },
      "\\000.a.ent.signed.example. RRSIG NSEC" },
    { NAME("\4_tcp\2v4"), 1, DO | CO, 0, ANSWER_NODATA, 0, MADE, { 0, 4, 0 },
      "\\000._tcp.v4.signed.example. RRSIG NSEC" },

    /* nothing at all */

    { NAME("\6absent"), 1, DO, 0, ANSWER_NXDOMAIN, 0, MADE, { 0, 4, 0 },
      "\\000.absent.signed.example. RRSIG NSEC TYPE128" },
    { NAME("\6ABSENT"), 1, DO, 0, ANSWER_NXDOMAIN, 0, MADE, { 0, 4, 0 },
      "\\000.absent.signed.example. RRSIG NSEC TYPE128" },
    { NAME("\6absent"), 1, DO | CO, 0, ANSWER_NXDOMAIN, 3, MADE,
      { 0, 4, 0 }, "\\000.absent.signed.example. RRSIG NSEC TYPE128" },
    { NAME("\6absent"), 1, CO, 0, ANSWER_NXDOMAIN, 3, 0, { 0, 1, 0 }, NULL },
    { NAME("\6absent"), 1, 0, 0, ANSWER_NXDOMAIN, 3, 0, { 0, 1, 0 }, NULL },
    { NAME("\1x\2v4"), 1, DO, 0, ANSWER_NXDOMAIN, 0, MADE, { 0, 4, 0 },
      "\\000.x.v4.signed.example. RRSIG NSEC TYPE128" },
    { NAME("\4gone\3www"), 1, DO, 0, ANSWER_NXDOMAIN, 0, MADE, { 2, 4, 0 },
      "\\000.absent.signed.example. RRSIG NSEC TYPE128" },
    { NAME("\4gone\3www"), 1, DO | CO, 0, ANSWER_NXDOMAIN, 3, MADE,
      { 2, 4, 0 }, "\\000.absent.signed.example. RRSIG NSEC TYPE128" },

    /* what goes away with its lease */

    { NAME("\5mixed"), 1, DO, 19, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 },
      NULL },
    { NAME("\5mixed"), 16, DO, 19, ANSWER_NODATA, 0, STORED, { 0, 4, 0 },
      "\\000.mixed.signed.example. A AAAA RRSIG NSEC CAA" },
    { NAME("\5mixed"), 1, DO, 20, ANSWER_NODATA, 0, MADE, { 0, 4, 0 },
      "\\000.mixed.signed.example. AAAA RRSIG NSEC CAA" },
    { NAME("\5mixed"), 28, DO, 20, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 },
      NULL },
    { NAME("\5short"), 28, DO, 19, ANSWER_NODATA, 0, STORED, { 0, 4, 0 },
      "\\000.short.signed.example. A RRSIG NSEC" },
    { NAME("\5short"), 28, DO, 20, ANSWER_NXDOMAIN, 0, MADE, { 0, 4, 0 },
      "\\000.short.signed.example. RRSIG NSEC TYPE128" },
    { NAME("\5short"), 47, 0, 20, ANSWER_NXDOMAIN, 3, 0, { 0, 1, 0 }, NULL },
    { NAME("\1a\3ent"), 1, DO, 20, ANSWER_NXDOMAIN, 0, MADE, { 0, 4, 0 },
      "\\000.a.ent.signed.example. RRSIG NSEC TYPE128" },
    { NAME("\3ent"), 1, DO, 20, ANSWER_NODATA, 0, STORED, { 0, 4, 0 },
      "\\000.ent.signed.example. RRSIG NSEC" },

    /* what is asked for by name */

    { NAME("\2v4"), 47, DO, 0, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 },
      "\\000.v4.signed.example. A RRSIG NSEC" },
    { NAME("\2v4"), 47, 0, 0, ANSWER_NOERROR, 0, 0, { 1, 0, 0 },
      "\\000.v4.signed.example. A RRSIG NSEC" },
    { NAME("\4_tcp\2v4"), 47, DO, 0, ANSWER_NOERROR, 0, MADE, { 2, 0, 0 },
      "\\000._tcp.v4.signed.example. RRSIG NSEC" },
    { NAME("\4_tcp\2v4"), 47, 0, 0, ANSWER_NOERROR, 0, 0, { 1, 0, 0 },
      "\\000._tcp.v4.signed.example. RRSIG NSEC" },
    { NAME("\6absent"), 47, DO, 0, ANSWER_NXDOMAIN, 0, MADE, { 2, 0, 0 },
      "\\000.absent.signed.example. RRSIG NSEC TYPE128" },
    { NAME("\3www"), 46, DO, 0, ANSWER_NOERROR, 0, STORED, { 1, 0, 0 }, NULL },
    { NAME("\2v4"), 46, 0, 0, ANSWER_NOERROR, 0, STORED, { 1, 0, 0 }, NULL },
    { NAME("\2v4"), 46, CO, 0, ANSWER_NOERROR, 0, STORED, { 1, 0, 0 }, NULL },
    { NAME("\6absent"), 46, 0, 0, ANSWER_NXDOMAIN, 3, 0, { 0, 1, 0 }, NULL },
    { NAME("\4bare"), 46, 0, 0, ANSWER_NODATA, 0, 0, { 0, 1, 0 }, NULL },
    { NAME("\2v4"), 128, DO, 0, ANSWER_FORMERR, 1, 0, { 0, 0, 0 }, NULL },
    { NAME("\2v4"), 128, 0, 0, ANSWER_FORMERR, 1, 0, { 0, 0, 0 }, NULL },
    { ROOT(WORLD_DEV1), 128, 0, 0, ANSWER_FORMERR, 1, 0, { 0, 0, 0 }, NULL },

    /* signatures that are out of their time, or were never made */

    { NAME("\3old"), 1, DO, 0, ANSWER_SERVFAIL, 2, ANSWER_DNSSEC_EXPIRED,
      { 0, 0, 0 }, NULL },
    { NAME("\3old"), 1, DO, -1, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 }, NULL },
    { NAME("\3old"), 1, 0, 0, ANSWER_NOERROR, 0, 0, { 1, 0, 0 }, NULL },
    { NAME("\3old"), 46, 0, 0, ANSWER_SERVFAIL, 2, ANSWER_DNSSEC_EXPIRED,
      { 0, 0, 0 }, NULL },
    { NAME("\3old"), 28, DO, 0, ANSWER_NODATA, 0, MADE, { 0, 4, 0 },
      "\\000.old.signed.example. A RRSIG NSEC" },
    { NAME("\5early"), 1, DO, 0, ANSWER_SERVFAIL, 2, ANSWER_DNSSEC_NOT_YET,
      { 0, 0, 0 }, NULL },
    { NAME("\5early"), 1, DO, 1, ANSWER_NOERROR, 0, STORED, { 2, 0, 0 },
      NULL },
    { NAME("\3far"), 33, DO, 0, ANSWER_NOERROR, 0, STORED, { 3, 0, 4 }, NULL },
    { NAME("\3far"), 33, DO, -1, ANSWER_NOERROR, 0, STORED, { 3, 0, 6 },
      NULL },

    /* a zone that is not signed */

    { ROOT("\1x" WORLD_DEV1), 1, DO | CO, 0, ANSWER_NXDOMAIN, 3, 0,
      { 0, 1, 0 }, NULL },
    { ROOT(WORLD_DEV1), 1, DO, 0, ANSWER_NOERROR, 0, 0, { 1, 0, 0 }, NULL },
    { ROOT(WORLD_DEV1), 28, DO, 0, ANSWER_NODATA, 0, 0, { 0, 1, 0 }, NULL },
    { ROOT(WORLD_DEV1), 47, DO, 0, ANSWER_NODATA, 0, 0, { 0, 1, 0 }, NULL }
};


static void
case_check(world_t *world, const case_t *c, unsigned signers)
{
    char       text[300];
    bool       only = c->type == 46 || (c->flags & DO) == 0;
    ldns_rr   *nsec;
    ldns_pkt  *pkt;

    assert_int_equal(world->outcome, c->outcome);
    assert_int_equal(world->reply[3] & 0x0F, c->rcode);
    assert_int_equal(world->answer.dnssec, c->dnssec);
    assert_int_equal(world->answer.ede,
                     c->dnssec == ANSWER_DNSSEC_EXPIRED ? ANSWER_EDE_EXPIRED
                     : c->dnssec == ANSWER_DNSSEC_NOT_YET
                     ? ANSWER_EDE_NOT_YET_VALID
                     : c->type == WIRE_TYPE_NXNAME ? ANSWER_EDE_INVALID_TYPE
                     : ANSWER_EDE_NONE);

    if (c->type == 46 && c->rcode == 0 && c->counts[0] != 0) {
        assert_int_equal(wire_get16(world->reply + 6), signers);
        return;
    }

    pkt = proof_reply(world, proof_anchors,
                      only || c->dnssec == 0 ? 0 : signers);

    if (signers == 1) {
        assert_int_equal(ldns_pkt_ancount(pkt), c->counts[0]);
        assert_int_equal(ldns_pkt_nscount(pkt), c->counts[1]);
        assert_int_equal(ldns_rr_list_rr_count(ldns_pkt_additional(pkt)),
                         c->counts[2]);
    }

    nsec = proof_find(ldns_pkt_authority(pkt), LDNS_RR_TYPE_NSEC);

    if (nsec == NULL) {
        nsec = proof_find(ldns_pkt_answer(pkt), LDNS_RR_TYPE_NSEC);
    }

    if (c->nsec == NULL) {
        assert_null(nsec);

    } else {
        proof_nsec(nsec, text, sizeof(text));
        assert_string_equal(text, c->nsec);
        assert_true(ldns_rr_ttl(nsec) <= SIGNED_MINIMUM);
    }

    ldns_pkt_free(pkt);
}


/* The reply's OPT shows DO as it came, and CO with it where denials are
 * compact. */
static void
opt_check(const world_t *world, const case_t *c)
{
    bool            compact = c->type != WIRE_TYPE_NXNAME
                              && memmem(c->name, c->len, "signed", 6) != NULL;
    const uint8_t  *opt = world->reply + world->reply_len
                          - world->answer.opt_len;

    assert_int_equal(wire_get16(opt + 7),
                     (c->flags & DO) == 0 ? 0 : compact ? c->flags : DO);
}


static void
denial_cases(void **state)
{
    size_t    i, len;
    world_t  *world = *state;
    uint8_t   query[300];

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const case_t  *c = &cases[i];

        world->now = SIGNED_NOW + c->later;
        world->sign->left[0] = world->sign->left[1] = 100;
        world->sign->made = 0;
        len = proof_query(query, c->name, c->len, c->type, c->flags);

        world_ask(world, query, len, 4096);
        world_check_reply(query, world->reply, world->reply_len);
        case_check(world, c, signed_keys.n);
        opt_check(world, c);
        assert_int_equal(world->sign->made,
                         c->dnssec == MADE ? signed_keys.n : 0);

        world_ask(world, query, len, 0);
        case_check(world, c, signed_keys.n);
    }
}


/* Each size: what comes fits, says TC or is whole, and a signature is made only
 * for a reply that has room for it. */
static void
denial_sizes(void **state)
{
    size_t     i, len, full;
    world_t   *world = *state;
    uint8_t    query[300];
    uint16_t   size;
    unsigned   made;
    ldns_pkt  *pkt;

    world->now = SIGNED_NOW;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const case_t  *c = &cases[i];

        if (c->later != 0 || (c->flags & DO) == 0 || c->type == 46) {
            continue;
        }

        world->sign->left[0] = world->sign->left[1] = 100000;
        len = proof_query(query, c->name, c->len, c->type, c->flags);
        full = world_ask(world, query, len, 0);

        for (size = 512; size <= 4096; size += size < 1400 ? 1 : 101) {
            made = world->sign->made;
            world_ask(world, query, len, size);
            assert_true(world->reply_len <= size);
            world_check_reply(query, world->reply, world->reply_len);

            if (world->reply[2] & 2) {
                assert_true(full > size);
                assert_int_equal(world->sign->made, made);

            } else if (c->dnssec == MADE) {
                assert_int_equal(world->sign->made, made + signed_keys.n);
            }

            if (i % 7 == size % 7 && world->outcome != ANSWER_SERVFAIL) {
                pkt = proof_reply(world, proof_anchors,
                                  c->dnssec == 0 ? 0 : signed_keys.n);
                ldns_pkt_free(pkt);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(denial_cases, proof_one,
                                        proof_teardown),
        cmocka_unit_test_setup_teardown(denial_sizes, proof_one,
                                        proof_teardown),
        cmocka_unit_test_setup_teardown(denial_cases, proof_two,
                                        proof_teardown),
        cmocka_unit_test_setup_teardown(denial_sizes, proof_two,
                                        proof_teardown)
    };

    return cmocka_run_group_tests_name("dnsd_denial", tests, NULL, NULL);
}
