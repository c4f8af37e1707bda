
/*
 * What a validator makes of a reply, by ldns: each RRset but the OPT has a
 * signature that verifies, and an NSEC says what is expected of it.
 */

#ifndef DNSD_PROOF_H
#define DNSD_PROOF_H


#include "dnsd_signed.h"

#include <ldns/ldns.h>


#define DO  0x8000
#define CO  0x4000


static ldns_rr_list  *proof_anchors;     /* what replies are verified by */


/* The zone's keys, as RRs. */
static inline ldns_rr_list *
proof_keys(void)
{
    ldns_rr       *key;
    ldns_rr_list  *keys = ldns_rr_list_new();

    WORLD_MUST(ldns_rr_new_frm_str(&key, SIGNED_P256, 0, NULL, NULL)
               == LDNS_STATUS_OK);
    ldns_rr_list_push_rr(keys, key);
    WORLD_MUST(ldns_rr_new_frm_str(&key, SIGNED_ED25519, 0, NULL, NULL)
               == LDNS_STATUS_OK);
    ldns_rr_list_push_rr(keys, key);

    return keys;
}


/* The signatures over the RRset that rr is of. */
static inline ldns_rr_list *
proof_signatures(const ldns_rr_list *section, const ldns_rr *rr)
{
    size_t         i;
    ldns_rr       *other;
    ldns_rr_list  *found = ldns_rr_list_new();

    for (i = 0; i < ldns_rr_list_rr_count(section); i++) {
        other = ldns_rr_list_rr(section, i);

        if (ldns_rr_get_type(other) == LDNS_RR_TYPE_RRSIG
            && ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(other))
               == ldns_rr_get_type(rr)
            && ldns_dname_compare(ldns_rr_owner(other), ldns_rr_owner(rr))
               == 0)
        {
            WORLD_MUST(ldns_rr_ttl(other) == ldns_rr_ttl(rr));
            WORLD_MUST(ldns_rr_ttl(rr) <= ldns_rdf2native_int32(
                           ldns_rr_rrsig_origttl(other)));
            ldns_rr_list_push_rr(found, other);
        }
    }

    return found;
}


static inline ldns_rr_list *
proof_rrset(const ldns_rr_list *section, const ldns_rr *rr)
{
    size_t         i;
    ldns_rr       *other;
    ldns_rr_list  *found = ldns_rr_list_new();

    for (i = 0; i < ldns_rr_list_rr_count(section); i++) {
        other = ldns_rr_list_rr(section, i);

        if (ldns_rr_get_type(other) == ldns_rr_get_type(rr)
            && ldns_dname_compare(ldns_rr_owner(other), ldns_rr_owner(rr))
               == 0)
        {
            ldns_rr_list_push_rr(found, ldns_rr_clone(other));
        }
    }

    return found;
}


/* Each RRset of a section is signed by `signers` keys and verifies, or none is
 * signed at all (signers 0). */
static inline void
proof_section(const ldns_rr_list *section, const ldns_rr_list *keys,
    unsigned signers, time_t now)
{
    size_t         i, j;
    ldns_rr       *rr;
    ldns_rr_list  *rrset, *signatures, *good;

    for (i = 0; i < ldns_rr_list_rr_count(section); i++) {
        rr = ldns_rr_list_rr(section, i);
        WORLD_MUST(signers > 0
                   || ldns_rr_get_type(rr) != LDNS_RR_TYPE_RRSIG);

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG || signers == 0) {
            continue;
        }

        rrset = proof_rrset(section, rr);
        signatures = proof_signatures(section, rr);
        WORLD_MUST(ldns_rr_list_rr_count(signatures) == signers);

        for (j = 0; j < signers; j++) {
            good = ldns_rr_list_new();
            WORLD_MUST(ldns_verify_rrsig_keylist_time(
                           rrset, ldns_rr_list_rr(signatures, j), keys, now,
                           good) == LDNS_STATUS_OK);
            ldns_rr_list_free(good);
        }

        ldns_rr_list_deep_free(rrset);
        ldns_rr_list_free(signatures);
    }
}


static inline ldns_pkt *
proof_reply(const world_t *world, const ldns_rr_list *keys, unsigned signers)
{
    ldns_pkt  *pkt;

    WORLD_MUST(ldns_wire2pkt(&pkt, world->reply, world->reply_len)
               == LDNS_STATUS_OK);

    proof_section(ldns_pkt_answer(pkt), keys, signers, world->now);
    proof_section(ldns_pkt_authority(pkt), keys, signers, world->now);
    proof_section(ldns_pkt_additional(pkt), keys, signers, world->now);

    return pkt;
}


/* The first RR of a type; NULL where there is none. */
static inline ldns_rr *
proof_find(const ldns_rr_list *section, ldns_rr_type type)
{
    size_t  i;

    for (i = 0; i < ldns_rr_list_rr_count(section); i++) {
        if (ldns_rr_get_type(ldns_rr_list_rr(section, i)) == type) {
            return ldns_rr_list_rr(section, i);
        }
    }

    return NULL;
}


/* The RDATA of an NSEC, as text: next name, types. */
static inline void
proof_nsec(const ldns_rr *nsec, char *text, size_t size)
{
    char  *next, *types;

    WORLD_MUST(nsec != NULL);

    next = ldns_rdf2str(ldns_rr_rdf(nsec, 0));
    types = ldns_rdf2str(ldns_rr_rdf(nsec, 1));
    snprintf(text, size, "%s %s", next, types);

    for (size = strlen(text); size > 0 && text[size - 1] == ' '; size--) {
        text[size - 1] = '\0';
    }

    free(next);
    free(types);
}


/* A query with an OPT of the largest size and these flags. */
static inline size_t
proof_query(uint8_t *query, const char *name, size_t len, uint16_t type,
    uint16_t flags)
{
    size_t  at = WIRE_HEADER_LEN + len;

    memcpy(query, "\1\2\0\0\0\1\0\0\0\0\0\1", WIRE_HEADER_LEN);
    memcpy(query + WIRE_HEADER_LEN, name, len);
    memcpy(query + at, (uint8_t []) { (uint8_t) (type >> 8), (uint8_t) type,
                                      0, 1 }, 4);
    memcpy(query + at + 4, "\0\0\51\377\377\0\0\0\0\0\0", WIRE_OPT_LEN);
    query[at + 11] = (uint8_t) (flags >> 8);

    return at + 4 + WIRE_OPT_LEN;
}


/* A world with the signed zone, by one key or by keys of two algorithms. */
static inline void
proof_setup(void **state, unsigned n, void (*more)(store_txn_t *txn))
{
    unsigned        i;
    static sign_t   sign;
    static world_t  world;

    signed_keys_init(n);
    memset(&sign, 0, sizeof(sign));
    world_init_with(&world, more);

    for (i = 0; i < n; i++) {
        sign.keys[sign.n++] = signed_keys.keys[i];
    }

    world.sign = &sign;
    proof_anchors = proof_keys();
    *state = &world;
}


static inline int
proof_one(void **state)
{
    proof_setup(state, 1, signed_zone);

    return 0;
}


static inline int
proof_two(void **state)
{
    proof_setup(state, 2, signed_zone);

    return 0;
}


static inline int
proof_teardown(void **state)
{
    world_cleanup(*state);
    signed_keys_cleanup();
    ldns_rr_list_deep_free(proof_anchors);

    return 0;
}


#endif /* DNSD_PROOF_H */
