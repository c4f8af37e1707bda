
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
static wire_rcode_t answer_negative(answer_work_t *work,
    const lookup_node_t *node, wire_rcode_t rcode);
static void answer_additional(answer_work_t *work, const lookup_node_t *node,
    const lookup_rrset_t *answered);
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
    lookup_result_t        result;
    const lookup_node_t   *node = &answer->node;

    chain.n = 0;

    for ( ;; ) {
        result = lookup_find(work->lookup, node, answer->parsed.type, &rrset);

        switch (result) {

        case LOOKUP_RRSET:
        case LOOKUP_CNAME:
            break;

        case LOOKUP_NODATA:
            return answer_negative(work, node, WIRE_NOERROR);

        case LOOKUP_NXDOMAIN:
            return answer_negative(work, node, WIRE_NXDOMAIN);

        default:
            return answer_lookup_failed(work);
        }

        if (!answer_rrset_write(&work->writer, node->name, &rrset,
                                &work->finish.answers, &work->targets))
        {
            work->finish.flags |= WIRE_FLAG_TC;
            return WIRE_NOERROR;
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


/* RFC 2308 2 and 3: the SOA, with the time for which the absence may be
 * believed. */
static wire_rcode_t
answer_negative(answer_work_t *work, const lookup_node_t *node,
    wire_rcode_t rcode)
{
    lookup_node_t   apex;
    lookup_rrset_t  soa;

    lookup_node_apex(&apex, node);

    if (!lookup_node_share(node, &apex)) {
        lookup_fetch_apex(work->lookup, &apex);
    }

    if (lookup_find(work->lookup, &apex, WIRE_TYPE_SOA, &soa) != LOOKUP_RRSET
        || !answer_rrset_negative_ttl(&soa, &soa.ttl))
    {
        return answer_lookup_failed(work);
    }

    /* a negative answer without its SOA would not be cached: better TC */

    if (!answer_rrset_write(&work->writer, apex.name, &soa,
                            &work->finish.authorities, NULL))
    {
        work->finish.flags |= WIRE_FLAG_TC;
    }

    work->negative = true;

    return rcode;
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
                (void) answer_rrset_write(&work->writer, target.name, &rrset,
                                          &work->finish.additionals, NULL);
            }
        }
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
