
/*
 * A query's whole life: parsed, placed in a zone, its value fetched (for a
 * batch at once), the sections written until something does not fit, and one
 * header to finish it.
 */

#include "answer.h"

#include "answer_edns.h"
#include "answer_internal.h"


static void answer_parse(lookup_t *lookup, answer_t *answer);
static void answer_write(lookup_t *lookup, const answer_context_t *context,
    answer_t *answer);
static size_t answer_limit(const answer_context_t *context,
    const answer_t *answer);
static bool answer_tsig_fits(const answer_edns_t *edns,
    const answer_t *answer, size_t limit);
static wire_rcode_t answer_content(answer_work_t *work,
    const answer_context_t *context, const answer_t *answer);
static wire_rcode_t answer_cookie_only(const answer_t *answer);
static wire_rcode_t answer_refusal(answer_work_t *work,
    const answer_context_t *context, const answer_t *answer);
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


void
answer_shorten(answer_t *answer)
{
    wire_rcode_t  rcode = WIRE_BADCOOKIE;

    switch (answer->outcome) {

    case ANSWER_NOERROR:
    case ANSWER_NODATA:
    case ANSWER_NXDOMAIN:
    case ANSWER_TRUNCATED:
        break;

    default:
        return;
    }

    /* NXDOMAIN stays what it is: with TC it is asked again all the same */

    if (answer->cookie == ANSWER_COOKIE_NONE) {
        rcode = (wire_rcode_t) (answer->reply[3] & 0x0F);
    }

    answer->reply_len = wire_shorten(answer->reply, answer->reply_len,
                                     &answer->parsed, answer->opt_len, rcode,
                                     rcode != WIRE_BADCOOKIE);
    answer->outcome = rcode == WIRE_BADCOOKIE ? ANSWER_BADCOOKIE
                                              : ANSWER_TRUNCATED;
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
        [ANSWER_BADCOOKIE] = "BADCOOKIE",
        [ANSWER_NOTAUTH] = "NOTAUTH"
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
    bool           tsig = false;
    size_t         limit;
    wire_mark_t    question;
    wire_rcode_t   rcode;
    answer_edns_t  edns;
    answer_work_t  work;

    answer->reply_len = 0;
    answer->outcome = ANSWER_DROPPED;
    answer->dnssec = ANSWER_DNSSEC_NONE;
    answer->cookie = ANSWER_COOKIE_NONE;
    answer->limit = ANSWER_LIMIT_PASSED;
    answer->ede = ANSWER_EDE_NONE;

    if (answer->verdict == WIRE_VERDICT_DROP) {
        return;
    }

    work.lookup = lookup;
    work.context = context;
    work.answer = answer;
    work.finish = (wire_finish_t) { .udp_size = context->policy->udp_size };
    work.targets.n = 0;
    work.signers = NULL;
    work.secure = false;
    work.dnssec = ANSWER_DNSSEC_NONE;
    work.negative = false;
    work.absent = false;
    work.ede = ANSWER_EDE_NONE;

    /* room for the OPT is kept from the start: it is never what is cut off */

    rcode = answer_edns_begin(&edns, context, answer);
    limit = answer_limit(context, answer);

    if (answer->verdict == WIRE_VERDICT_NOTAUTH) {
        tsig = answer_tsig_fits(&edns, answer, limit);
        limit -= tsig ? answer->parsed.tsig.reply_len : 0;
    }

    wire_writer_init(&work.writer, answer->reply,
                     limit - answer_edns_len(&edns, answer));
    wire_write_question(&work.writer, &answer->parsed, answer->query);
    question = wire_mark(&work.writer);

    if (rcode == WIRE_NOERROR) {
        rcode = answer_content(&work, context, answer);
    }

    if (rcode != WIRE_NOERROR && rcode != WIRE_NXDOMAIN) {
        rcode = answer_failed(&work, question, rcode);
    }

    answer->dnssec = work.dnssec;
    work.finish.rcode = rcode;
    work.finish.options = answer_edns_finish(&edns, context, answer, work.ede,
                                             work.writer.at, limit);

    tsig = tsig && rcode == WIRE_NOTAUTH;
    work.finish.additionals = (uint16_t) (work.finish.additionals + tsig);

    answer->opt_len = answer_edns_len(&edns, answer);
    answer->reply_len = wire_finish(&work.writer, &answer->parsed,
                                    &work.finish);

    if (tsig) {
        answer->reply_len = wire_write_tsig(&work.writer, &answer->parsed,
                                            answer->query, answer->query_len);
    }

    answer->outcome = answer_outcome(&work);
}


/* What the reply may come to with its OPT. */
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

    return limit;
}


/* Whether the reply has room for what it says of the query's TSIG.  Names as
 * long as that are nobody's keys; by TCP there is room for all. */
static bool
answer_tsig_fits(const answer_edns_t *edns, const answer_t *answer,
    size_t limit)
{
    size_t  least = WIRE_HEADER_LEN;

    if (answer->parsed.question_end != 0) {
        least = answer->parsed.question_end;
    }

    return least + answer_edns_len(edns, answer)
           + answer->parsed.tsig.reply_len <= limit;
}


/* What follows the question. */
static wire_rcode_t
answer_content(answer_work_t *work, const answer_context_t *context,
    const answer_t *answer)
{
    wire_rcode_t  rcode;

    if (answer->verdict == WIRE_VERDICT_COOKIE) {
        return answer_cookie_only(answer);
    }

    if (answer->verdict == WIRE_VERDICT_OK
        && answer->parsed.class == WIRE_CLASS_CH)
    {
        return answer_chaos(work, context->policy, &answer->parsed);
    }

    rcode = answer_refusal(work, context, answer);

    if (rcode != WIRE_NOERROR) {
        return rcode;
    }

    work->finish.flags = WIRE_FLAG_AA;

    return answer_sections(work, answer);
}


/* RFC 7873 5.4: a client asks for a cookie, or whether its own is good. */
static wire_rcode_t
answer_cookie_only(const answer_t *answer)
{
    switch (answer->cookie) {

    case ANSWER_COOKIE_CLIENT:
    case ANSWER_COOKIE_VALID:
        return WIRE_NOERROR;

    case ANSWER_COOKIE_INVALID:
        return WIRE_BADCOOKIE;

    default:
        return WIRE_FORMERR;            /* a server without cookies */
    }
}


/* NOERROR where the query is one that we answer. */
static wire_rcode_t
answer_refusal(answer_work_t *work, const answer_context_t *context,
    const answer_t *answer)
{
    switch (answer->verdict) {

    case WIRE_VERDICT_OK:
        break;

    case WIRE_VERDICT_NOTIMP:
        return WIRE_NOTIMP;

    case WIRE_VERDICT_BADVERS:
        return WIRE_BADVERS;

    case WIRE_VERDICT_NOTAUTH:
        return WIRE_NOTAUTH;

    default:
        return WIRE_FORMERR;
    }

    /* RFC 9824 3.5: it stands in bitmaps only, of whatever zone */

    if (answer->parsed.type == WIRE_TYPE_NXNAME) {
        work->ede = ANSWER_EDE_INVALID_TYPE;
        return WIRE_FORMERR;
    }

    if (answer->node.place == LOOKUP_PLACE_NONE) {
        work->ede = ANSWER_EDE_NOT_AUTHORITATIVE;
        return WIRE_REFUSED;
    }

    /* no transfers: refused as a policy (RFC 5936 2.2.1); over UDP there is
     * no AXFR at all (ibid. 4.2) */

    switch (answer->parsed.type) {

    case WIRE_TYPE_AXFR:
        work->ede = ANSWER_EDE_NOT_SUPPORTED;
        return context->stream ? WIRE_REFUSED : WIRE_NOTIMP;

    case WIRE_TYPE_IXFR:
        work->ede = ANSWER_EDE_NOT_SUPPORTED;
        return WIRE_REFUSED;

    default:
        return WIRE_NOERROR;
    }
}


/* An error reply has the question and the OPT, and the TSIG that a query with
 * one asks for, nothing else.  Who got no
 * signature over UDP may come again by TCP, where addresses are not forged. */
static wire_rcode_t
answer_failed(answer_work_t *work, wire_mark_t question, wire_rcode_t rcode)
{
    wire_restore(&work->writer, question);

    work->finish.flags = 0;
    work->finish.answers = 0;
    work->finish.authorities = 0;
    work->finish.additionals = 0;

    if ((work->dnssec == ANSWER_DNSSEC_BUDGET
         || work->dnssec == ANSWER_DNSSEC_SHARE)
        && !work->context->stream)
    {
        work->finish.flags = WIRE_FLAG_AA | WIRE_FLAG_TC;
        work->ede = ANSWER_EDE_NONE;
        return WIRE_NOERROR;
    }

    return rcode;
}


/* What the counters and the rate limit go by.  RCODE and TC say the same to the
 * peer, but for a compact denial, whose NXNAME stands for NXDOMAIN. */
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

    case WIRE_BADCOOKIE:
        return ANSWER_BADCOOKIE;

    case WIRE_NOTAUTH:
        return ANSWER_NOTAUTH;

    default:
        return ANSWER_SERVFAIL;
    }

    if (work->finish.flags & WIRE_FLAG_TC) {
        return ANSWER_TRUNCATED;
    }

    if (work->finish.rcode == WIRE_NXDOMAIN || work->absent) {
        return ANSWER_NXDOMAIN;
    }

    return work->negative ? ANSWER_NODATA : ANSWER_NOERROR;
}
