
/*
 * The sections of an answer: records for the name or what its CNAMEs lead to,
 * the SOA where there are none, and addresses of targets.
 *
 * Positive answers carry no authority section (nobody uses it, and it costs
 * half of the bytes); negative ones carry the SOA.
 */

#include "answer_internal.h"


/* CNAMEs followed in one zone.  Resolvers give up at about as many; twice
 * that only makes a loop of the operator's more expensive. */
#define ANSWER_CNAMES_MAX  8


/* The names that a chain of CNAMEs went through: a node points to its name. */
typedef struct {
    unsigned        n;
    wire_name_t     names[ANSWER_CNAMES_MAX];
    lookup_node_t   node;            /* the one looked at */
} answer_chain_t;


static bool answer_chain_next(answer_work_t *work, answer_chain_t *chain,
    const lookup_node_t *start, const lookup_rrset_t *cname);
static wire_rcode_t answer_end(answer_work_t *work, const answer_t *answer,
    const lookup_node_t *node, bool absent);
static wire_rcode_t answer_meta(answer_work_t *work, uint16_t type,
    const lookup_node_t *node, bool *found);
static wire_rcode_t answer_negative(answer_work_t *work,
    const answer_t *answer, const lookup_node_t *node);
static bool answer_soa(answer_work_t *work, const lookup_node_t *node,
    lookup_node_t *apex, lookup_rrset_t *soa);
static wire_rcode_t answer_piece(answer_work_t *work, answer_piece_t piece);
static void answer_additional(answer_work_t *work, const lookup_node_t *node,
    const lookup_rrset_t *answered);
static void answer_extra(answer_work_t *work, const lookup_node_t *node,
    const lookup_rrset_t *rrset);
static wire_rcode_t answer_lookup_failed(answer_work_t *work);


/*
 * Follows CNAMEs to the last name, whose result decides (RFC 6604 3).  What
 * does not fit ends the reply with TC; lost additional records do not.
 */
wire_rcode_t
answer_sections(answer_work_t *work, const answer_t *answer)
{
    lookup_rrset_t         rrset;
    answer_chain_t         chain;
    answer_piece_t         piece;
    lookup_result_t        result;
    const lookup_node_t   *node = &answer->node;

    chain.n = 0;

    if (!answer_signed_begin(work, answer)) {
        return answer_lookup_failed(work);
    }

    for ( ;; ) {
        result = lookup_find(work->lookup, node, answer->parsed.type, &rrset);

        switch (result) {

        case LOOKUP_RRSET:
        case LOOKUP_CNAME:
            break;

        case LOOKUP_NODATA:
        case LOOKUP_NXDOMAIN:
            return answer_end(work, answer, node, result == LOOKUP_NXDOMAIN);

        default:
            return answer_lookup_failed(work);
        }

        piece = answer_signed_write(work, node, &rrset, &work->finish.answers,
                                    &work->targets);

        if (piece != ANSWER_PIECE_WRITTEN) {
            return answer_piece(work, piece);
        }

        if (result == LOOKUP_RRSET) {
            answer_additional(work, node, &rrset);
            return WIRE_NOERROR;
        }

        if (!answer_chain_next(work, &chain, &answer->node, &rrset)) {
            return WIRE_NOERROR;
        }

        node = &chain.node;
    }
}


/* Goes on to a CNAME's target; false where the answer ends with that CNAME:
 * it leads out of the zone, in a circle, or too far. */
static bool
answer_chain_next(answer_work_t *work, answer_chain_t *chain,
    const lookup_node_t *start, const lookup_rrset_t *cname)
{
    unsigned        i;
    wire_name_t    *name;
    wire_span_t     zone, target;
    lookup_node_t  *node = &chain->node;

    if (chain->n == ANSWER_CNAMES_MAX) {
        return false;
    }

    name = &chain->names[chain->n];

    /* broken RDATA is the operator's zone file, not the peer's: the CNAME is
     * given as it stands */

    if (!answer_rrset_cname(cname, name)) {
        return false;
    }

    target = (wire_span_t) { name->data, name->len };

    if (target.len == start->name.len
        && wire_equal(target.data, start->name.data, target.len))
    {
        return false;
    }

    for (i = 0; i < chain->n; i++) {
        if (chain->names[i].len == name->len
            && wire_equal(chain->names[i].data, name->data, name->len))
        {
            return false;
        }
    }

    zone.data = start->name.data + start->zone_at;
    zone.len = start->name.len - start->zone_at;

    /* another zone of ours is left to the resolver, as others do it */

    lookup_node_init(work->lookup, node, target);

    if (node->place == LOOKUP_PLACE_NONE
        || target.len - node->zone_at != zone.len
        || !wire_equal(target.data + node->zone_at, zone.data, zone.len))
    {
        return false;
    }

    if (!lookup_node_share(start, node)) {
        lookup_fetch(work->lookup, &node, 1);
    }

    chain->n++;

    return true;
}


/* Nothing of the type is stored at the name, but of two types something may
 * be made. */
static wire_rcode_t
answer_end(answer_work_t *work, const answer_t *answer,
    const lookup_node_t *node, bool absent)
{
    bool          found = false;
    wire_rcode_t  rcode;

    work->absent = absent;

    if (work->signers != NULL) {
        rcode = answer_meta(work, answer->parsed.type, node, &found);

        if (found) {
            return rcode;
        }
    }

    return answer_negative(work, answer, node);
}


/*
 * QTYPE NSEC: each name has its record, also one that does not exist, for a
 * validator would not believe a denial of NSEC that is an NSEC record.  Without
 * DO nothing is shown that is not there.  QTYPE RRSIG is like ANY.
 */
static wire_rcode_t
answer_meta(answer_work_t *work, uint16_t type, const lookup_node_t *node,
    bool *found)
{
    lookup_node_t   apex;
    answer_piece_t  piece;
    lookup_rrset_t  soa;

    if (type == WIRE_TYPE_RRSIG) {
        piece = answer_signed_only(work, node, found);
        return answer_piece(work, piece);
    }

    if (type != WIRE_TYPE_NSEC || (work->absent && !work->secure)) {
        return WIRE_NOERROR;
    }

    *found = true;

    if (!answer_soa(work, node, &apex, &soa)) {
        return answer_lookup_failed(work);
    }

    piece = answer_denial(work, node, soa.ttl, &work->finish.answers);

    return answer_piece(work, piece);
}


/* RFC 2308 2 and 3: the SOA, with the time for which the absence may be
 * believed; and its proof, where it was asked for. */
static wire_rcode_t
answer_negative(answer_work_t *work, const answer_t *answer,
    const lookup_node_t *node)
{
    lookup_node_t   apex;
    answer_piece_t  piece;
    lookup_rrset_t  soa;

    if (!answer_soa(work, node, &apex, &soa)) {
        return answer_lookup_failed(work);
    }

    work->negative = true;
    piece = answer_signed_write(work, &apex, &soa, &work->finish.authorities,
                                NULL);

    if (piece == ANSWER_PIECE_WRITTEN && work->secure) {
        piece = answer_denial(work, node, soa.ttl,
                              &work->finish.authorities);
    }

    /* a negative answer without its SOA would not be cached: better TC */

    if (answer_piece(work, piece) != WIRE_NOERROR) {
        return WIRE_SERVFAIL;
    }

    /* RFC 9824 3.1 and 5.1: the proof is one of no data, and an older
     * validator wants the RCODE of that */

    return work->absent && (!work->secure || answer->parsed.compact_ok)
           ? WIRE_NXDOMAIN : WIRE_NOERROR;
}


/* The SOA of a node's zone, with the TTL that negative answers have. */
static bool
answer_soa(answer_work_t *work, const lookup_node_t *node,
    lookup_node_t *apex, lookup_rrset_t *soa)
{
    lookup_node_apex(apex, node);

    if (!lookup_node_share(node, apex)) {
        lookup_fetch_apex(work->lookup, apex);
    }

    return lookup_find(work->lookup, apex, WIRE_TYPE_SOA, soa) == LOOKUP_RRSET
           && answer_rrset_negative_ttl(soa, &soa->ttl);
}


/* What a piece that had to be there means for the whole reply. */
static wire_rcode_t
answer_piece(answer_work_t *work, answer_piece_t piece)
{
    if (piece == ANSWER_PIECE_FAILED) {
        return WIRE_SERVFAIL;
    }

    if (piece == ANSWER_PIECE_TOO_LARGE) {
        work->finish.flags |= WIRE_FLAG_TC;
    }

    return WIRE_NOERROR;
}


/*
 * Addresses of the targets that lie in the same zone, and of those of SVCB and
 * HTTPS the records of that type, too (RFC 9460 4.1).  A device's are in the
 * value that gave the answer; others cost a lookup each.  One that fails, is
 * absent or does not fit is left out.
 */
static void
answer_additional(answer_work_t *work, const lookup_node_t *node,
    const lookup_rrset_t *answered)
{
    size_t          i, at, zone_len = node->name.len - node->zone_at;
    unsigned        t, ntypes = 2;
    uint16_t        types[] = { WIRE_TYPE_A, WIRE_TYPE_AAAA, answered->type };
    wire_name_t     name;
    lookup_node_t   target, *fetched = &target;
    lookup_rrset_t  rrset;

    if (answered->type == WIRE_TYPE_SVCB || answered->type == WIRE_TYPE_HTTPS) {
        ntypes = 3;
    }

    for (i = 0; i < work->targets.n; i++) {
        at = work->targets.at[i];

        if (!wire_name_parse(&name, work->writer.data, work->writer.at, &at)) {
            continue;
        }

        wire_fold(name.data, name.len);
        lookup_node_init(work->lookup, &target,
                         (wire_span_t) { name.data, name.len });

        if (target.place == LOOKUP_PLACE_NONE
            || name.len - target.zone_at != zone_len)
        {
            continue;
        }

        if (!lookup_node_share(node, &target)) {
            lookup_fetch(work->lookup, &fetched, 1);
        }

        for (t = 0; t < ntypes; t++) {
            if (lookup_find(work->lookup, &target, types[t], &rrset)
                == LOOKUP_RRSET
                && rrset.rrs.data != answered->rrs.data)
            {
                answer_extra(work, &target, &rrset);
            }
        }
    }
}


/* Nothing that goes wrong with it is any harm to the answer. */
static void
answer_extra(answer_work_t *work, const lookup_node_t *node,
    const lookup_rrset_t *rrset)
{
    answer_dnssec_t  dnssec = work->dnssec;

    if (answer_signed_write(work, node, rrset, &work->finish.additionals, NULL)
        == ANSWER_PIECE_FAILED)
    {
        work->dnssec = dnssec;
        work->ede = ANSWER_EDE_NONE;
    }
}


/* With a store at hand it can only be what is in it. */
static wire_rcode_t
answer_lookup_failed(answer_work_t *work)
{
    work->ede = lookup_ready(work->lookup) ? ANSWER_EDE_OTHER
                                           : ANSWER_EDE_NOT_READY;

    return WIRE_SERVFAIL;
}
