
/*
 * Shared by the answer*.c files: a reply being written.
 */

#ifndef ANSWER_INTERNAL_H
#define ANSWER_INTERNAL_H


#include "answer.h"
#include "answer_rrset.h"


/* What is found out while a reply is written. */
typedef struct {
    lookup_t                *lookup;
    const answer_context_t  *context;
    const answer_t          *answer;     /* who asks */
    wire_writer_t            writer;
    wire_finish_t            finish;
    answer_targets_t         targets;
    const lookup_signers_t  *signers;    /* of the zone; NULL: it is not
                                            signed, or nobody has asked */
    bool                     secure;     /* signatures go out with it */
    answer_dnssec_t          dnssec;
    bool                     negative;   /* the SOA is in */
    bool                     absent;     /* there is no such name */
    int                      ede;        /* why it failed */
} answer_work_t;


/* What became of a piece of a reply. */
typedef enum {
    ANSWER_PIECE_WRITTEN = 0,
    ANSWER_PIECE_TOO_LARGE,      /* nothing was written */
    ANSWER_PIECE_FAILED          /* nothing either; work->dnssec says why */
} answer_piece_t;


/* The sections for a name in a zone of ours: answer_sections.c.  NOERROR and
 * NXDOMAIN leave what was written; after others it does not count. */
wire_rcode_t answer_sections(answer_work_t *work, const answer_t *answer);

/* What a server says of itself, in class CH: answer_chaos.c. */
wire_rcode_t answer_chaos(answer_work_t *work, const answer_policy_t *policy,
    const wire_query_t *query);


/* Signed answers: answer_signed.c. */

/* Finds out whether the query is to be answered with signatures.  False where
 * the zone's apex cannot be read. */
bool answer_signed_begin(answer_work_t *work, const answer_t *answer);

/* An RRset of the node's name, with its signatures where they belong to it:
 * both or none. */
answer_piece_t answer_signed_write(answer_work_t *work,
    const lookup_node_t *node, const lookup_rrset_t *rrset, uint16_t *count,
    answer_targets_t *targets);

/* The signatures of one RRset of the node's name, which QTYPE RRSIG asks for.
 * *found is false where there are none. */
answer_piece_t answer_signed_only(answer_work_t *work,
    const lookup_node_t *node, bool *found);


/*
 * That the node's name has none of other types, or does not exist: an NSEC
 * record (RFC 9824) for `ttl` seconds, with its signatures: answer_denial.c.
 */
answer_piece_t answer_denial(answer_work_t *work, const lookup_node_t *node,
    uint32_t ttl, uint16_t *count);

/* The name next to `name` in the canonical order of a zone whose own name is
 * the last zone_len bytes: what an NSEC record's first field says. */
void answer_successor(wire_name_t *next, wire_span_t name, size_t zone_len);


#endif /* ANSWER_INTERNAL_H */
