
/*
 * RRsets with their signatures, as they were stored beside them.
 *
 * An RRset and its signatures are one thing here: a reply has both or none of
 * them.  One that was never signed goes out as it is (a zone that is just
 * being signed has no DS yet); one whose signatures are out of their time is
 * a failure, since no validator could take it.
 */

#include "answer_internal.h"


static answer_piece_t answer_signed_failed(answer_work_t *work,
    lookup_validity_t validity);


/* The usual query has no DO bit and asks for neither of the two types, and
 * pays for no more than finding that out. */
bool
answer_signed_begin(answer_work_t *work, const answer_t *answer)
{
    uint16_t                 type = answer->parsed.type;
    const lookup_signers_t  *signers;

    if (!answer->parsed.dnssec_ok && type != WIRE_TYPE_RRSIG
        && type != WIRE_TYPE_NSEC)
    {
        return true;
    }

    signers = lookup_signers(work->lookup, &answer->node);

    if (signers == NULL) {
        return false;
    }

    if (signers->is_signed) {
        work->signers = signers;
        work->secure = answer->parsed.dnssec_ok;    /* RFC 4035 3.1 */
        work->finish.compact = answer->parsed.compact_ok;
    }

    return true;
}


answer_piece_t
answer_signed_write(answer_work_t *work, const lookup_node_t *node,
    const lookup_rrset_t *rrset, uint16_t *count, answer_targets_t *targets)
{
    uint16_t             n = *count;
    wire_mark_t          mark;
    lookup_validity_t    validity = LOOKUP_UNSIGNED;
    lookup_signatures_t  signatures;

    if (work->secure) {
        validity = lookup_signatures(work->lookup, node, rrset->type,
                                     &signatures);
    }

    if (validity == LOOKUP_UNSIGNED) {
        return answer_rrset_write(&work->writer, node->name, rrset, count,
                                  targets)
               ? ANSWER_PIECE_WRITTEN : ANSWER_PIECE_TOO_LARGE;
    }

    if (validity != LOOKUP_SIGNED) {
        return answer_signed_failed(work, validity);
    }

    mark = wire_mark(&work->writer);

    if (!answer_rrset_write(&work->writer, node->name, rrset, &n, targets)
        || !answer_signatures_write(&work->writer, node->name, rrset->ttl,
                                    &signatures, &n))
    {
        wire_restore(&work->writer, mark);
        return ANSWER_PIECE_TOO_LARGE;
    }

    *count = n;

    if (work->dnssec == ANSWER_DNSSEC_NONE) {
        work->dnssec = ANSWER_DNSSEC_STORED;
    }

    return ANSWER_PIECE_WRITTEN;
}


/* As QTYPE ANY gets one RRset (RFC 8482 4.1), and with the same one's TTL. */
answer_piece_t
answer_signed_only(answer_work_t *work, const lookup_node_t *node, bool *found)
{
    lookup_rrset_t       rrset;
    lookup_validity_t    validity;
    lookup_signatures_t  signatures;

    *found = false;

    if (lookup_find(work->lookup, node, WIRE_TYPE_ANY, &rrset)
        != LOOKUP_RRSET)
    {
        return ANSWER_PIECE_WRITTEN;
    }

    validity = lookup_signatures(work->lookup, node, rrset.type, &signatures);

    if (validity == LOOKUP_UNSIGNED) {
        return ANSWER_PIECE_WRITTEN;
    }

    *found = true;

    if (validity != LOOKUP_SIGNED) {
        return answer_signed_failed(work, validity);
    }

    work->dnssec = ANSWER_DNSSEC_STORED;

    return answer_signatures_write(&work->writer, node->name, rrset.ttl,
                                   &signatures, &work->finish.answers)
           ? ANSWER_PIECE_WRITTEN : ANSWER_PIECE_TOO_LARGE;
}


static answer_piece_t
answer_signed_failed(answer_work_t *work, lookup_validity_t validity)
{
    if (validity == LOOKUP_EXPIRED) {
        work->dnssec = ANSWER_DNSSEC_EXPIRED;
        work->ede = ANSWER_EDE_EXPIRED;

    } else {
        work->dnssec = ANSWER_DNSSEC_NOT_YET;
        work->ede = ANSWER_EDE_NOT_YET_VALID;
    }

    return ANSWER_PIECE_FAILED;
}
