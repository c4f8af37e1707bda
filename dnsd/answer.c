
/*
 * A query's whole life: parsed, placed in a zone, its value fetched (for a
 * batch at once), the sections written until something does not fit, and one
 * header to finish it.
 *
 * Positive answers carry no authority section (nobody uses it, and it costs
 * half of the bytes); negative ones carry the SOA.
 */

#include "answer.h"

#include "answer_rrset.h"


/* CNAMEs followed in one zone.  Resolvers give up at about as many; twice
 * that only makes a loop of the operator's more expensive. */
#define ANSWER_CNAMES_MAX  8


/* What is found out while a reply is written. */
typedef struct {
    lookup_t           *lookup;
    wire_writer_t       writer;
    wire_finish_t       finish;
    answer_targets_t    targets;
    bool                negative;    /* the SOA is in */
} answer_work_t;


/* The names that a chain of CNAMEs went through: a node points to its name. */
typedef struct {
    unsigned        n;
    wire_name_t     names[ANSWER_CNAMES_MAX];
    lookup_node_t   node;            /* the one looked at */
} answer_chain_t;


static void answer_parse(lookup_t *lookup, answer_t *answer);
static void answer_write(lookup_t *lookup, const answer_context_t *context,
    answer_t *answer);
static size_t answer_limit(const answer_context_t *context,
    const answer_t *answer);
static wire_rcode_t answer_refusal(const answer_context_t *context,
    const answer_t *answer);
static wire_rcode_t answer_sections(answer_work_t *work,
    const answer_t *answer);
static bool answer_chain_next(answer_work_t *work, answer_chain_t *chain,
    const lookup_node_t *start, const lookup_rrset_t *cname);
static wire_rcode_t answer_negative(answer_work_t *work,
    const lookup_node_t *node, wire_rcode_t rcode);
static void answer_additional(answer_work_t *work, const lookup_node_t *node,
    const lookup_rrset_t *answered);
static wire_rcode_t answer_failed(answer_work_t *work, wire_mark_t question,
    wire_rcode_t rcode);
static answer_outcome_t answer_outcome(const answer_work_t *work);


void
answer_queries(lookup_t *lookup, const answer_context_t *context,
    answer_t *answers, size_t n)
{
    size_t          i, nnodes = 0;
    lookup_node_t  *nodes[LOOKUP_BATCH] = { NULL };

    for (i = 0; i < n; i++) {
        answer_parse(lookup, &answers[i]);

        if (answers[i].verdict == WIRE_VERDICT_OK && nnodes < LOOKUP_BATCH) {
            nodes[nnodes++] = &answers[i].node;
        }
    }

    lookup_fetch(lookup, nodes, nnodes);

    for (i = 0; i < n; i++) {
        answer_write(lookup, context, &answers[i]);
    }
}


const char *
answer_outcome_text(answer_outcome_t outcome)
{
    static const char *const  texts[ANSWER_OUTCOMES] = {
        [ANSWER_DROPPED] = "dropped",
        [ANSWER_NOERROR] = "NOERROR",
        [ANSWER_NODATA] = "NODATA",
        [ANSWER_NXDOMAIN] = "NXDOMAIN",
        [ANSWER_TRUNCATED] = "truncated",
        [ANSWER_REFUSED] = "REFUSED",
        [ANSWER_FORMERR] = "FORMERR",
        [ANSWER_NOTIMP] = "NOTIMP",
        [ANSWER_BADVERS] = "BADVERS",
        [ANSWER_SERVFAIL] = "SERVFAIL",
        [ANSWER_BADCOOKIE] = "BADCOOKIE"
    };

    return texts[outcome];
}


/* Places the name, so that the values of a whole batch can be fetched before
 * the first reply is written. */
static void
answer_parse(lookup_t *lookup, answer_t *answer)
{
    answer->verdict = wire_query_parse(&answer->parsed, answer->query,
                                       answer->query_len);
    answer->node.place = LOOKUP_PLACE_NONE;

    if (answer->verdict == WIRE_VERDICT_OK
        && answer->parsed.class == WIRE_CLASS_IN)
    {
        lookup_node_init(lookup, &answer->node,
                         (wire_span_t) { answer->parsed.name.data,
                                         answer->parsed.name.len });
    }
}


/* One reply.  AA is set from the moment that the name is in a zone of ours, and
 * taken back with everything else where the reply becomes an error. */
static void
answer_write(lookup_t *lookup, const answer_context_t *context,
    answer_t *answer)
{
    wire_mark_t    question;
    answer_work_t  work;
    wire_rcode_t   rcode;

    answer->reply_len = 0;
    answer->outcome = ANSWER_DROPPED;
    answer->cookie = ANSWER_COOKIE_NONE;
    answer->limit = ANSWER_LIMIT_PASSED;
    answer->ede = ANSWER_EDE_NONE;

    if (answer->verdict == WIRE_VERDICT_DROP) {
        return;
    }

    work.lookup = lookup;
    work.finish = (wire_finish_t) { .udp_size = context->policy->udp_size };
    work.targets.n = 0;
    work.negative = false;

    wire_writer_init(&work.writer, answer->reply,
                     answer_limit(context, answer));
    wire_write_question(&work.writer, &answer->parsed, answer->query);
    question = wire_mark(&work.writer);

    rcode = answer_refusal(context, answer);

    if (rcode == WIRE_NOERROR) {
        work.finish.flags = WIRE_FLAG_AA;
        rcode = answer_sections(&work, answer);
    }

    if (rcode != WIRE_NOERROR && rcode != WIRE_NXDOMAIN) {
        rcode = answer_failed(&work, question, rcode);
    }

    work.finish.rcode = rcode;

    answer->reply_len = wire_finish(&work.writer, &answer->parsed,
                                    &work.finish);
    answer->outcome = answer_outcome(&work);
}


/* Room for the OPT is kept from the start: it is never what is cut off. */
static size_t
answer_limit(const answer_context_t *context, const answer_t *answer)
{
    size_t  limit = answer->reply_size;

    if (!context->stream) {
        if (limit > context->policy->udp_size) {
            limit = context->policy->udp_size;
        }

        if (limit > answer->parsed.payload) {
            limit = answer->parsed.payload;
        }
    }

    return answer->parsed.edns ? limit - WIRE_OPT_LEN : limit;
}


/* NOERROR where the query is one that we answer. */
static wire_rcode_t
answer_refusal(const answer_context_t *context, const answer_t *answer)
{
    switch (answer->verdict) {

    case WIRE_VERDICT_OK:
        break;

    case WIRE_VERDICT_NOTIMP:
        return WIRE_NOTIMP;

    case WIRE_VERDICT_BADVERS:
        return WIRE_BADVERS;

    default:
        return WIRE_FORMERR;
    }

    if (answer->node.place == LOOKUP_PLACE_NONE) {
        return WIRE_REFUSED;
    }

    /* no transfers: refused as a policy (RFC 5936 2.2.1); over UDP there is
     * no AXFR at all (ibid. 4.2) */

    switch (answer->parsed.type) {

    case WIRE_TYPE_AXFR:
        return context->stream ? WIRE_REFUSED : WIRE_NOTIMP;

    case WIRE_TYPE_IXFR:
        return WIRE_REFUSED;

    default:
        return WIRE_NOERROR;
    }
}


/*
 * Follows CNAMEs to the last name, whose result decides (RFC 6604 3).  What
 * does not fit ends the reply with TC; lost additional records do not.
 */
static wire_rcode_t
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
            return WIRE_SERVFAIL;
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
    lookup_node_t   apex, *fetched = &apex;
    lookup_rrset_t  soa;

    lookup_node_apex(&apex, node);

    if (!lookup_node_share(node, &apex)) {
        lookup_fetch(work->lookup, &fetched, 1);
    }

    if (lookup_find(work->lookup, &apex, WIRE_TYPE_SOA, &soa) != LOOKUP_RRSET
        || !answer_rrset_negative_ttl(&soa, &soa.ttl))
    {
        return WIRE_SERVFAIL;
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


/* An error reply has the question and the OPT, nothing else. */
static wire_rcode_t
answer_failed(answer_work_t *work, wire_mark_t question, wire_rcode_t rcode)
{
    wire_restore(&work->writer, question);

    work->finish.flags = 0;
    work->finish.answers = 0;
    work->finish.authorities = 0;
    work->finish.additionals = 0;

    return rcode;
}


/* What the counters say; RCODE and TC say the same to the peer. */
static answer_outcome_t
answer_outcome(const answer_work_t *work)
{
    switch (work->finish.rcode) {

    case WIRE_NOERROR:
    case WIRE_NXDOMAIN:
        break;

    case WIRE_FORMERR:
        return ANSWER_FORMERR;

    case WIRE_NOTIMP:
        return ANSWER_NOTIMP;

    case WIRE_REFUSED:
        return ANSWER_REFUSED;

    case WIRE_BADVERS:
        return ANSWER_BADVERS;

    default:
        return ANSWER_SERVFAIL;
    }

    if (work->finish.flags & WIRE_FLAG_TC) {
        return ANSWER_TRUNCATED;
    }

    if (work->finish.rcode == WIRE_NXDOMAIN) {
        return ANSWER_NXDOMAIN;
    }

    return work->negative ? ANSWER_NODATA : ANSWER_NOERROR;
}
