
/*
 * Shared by the answer*.c files: a reply being written.
 */

#ifndef ANSWER_INTERNAL_H
#define ANSWER_INTERNAL_H


#include "answer.h"
#include "answer_rrset.h"


/* What is found out while a reply is written. */
typedef struct {
    lookup_t           *lookup;
    wire_writer_t       writer;
    wire_finish_t       finish;
    answer_targets_t    targets;
    bool                negative;    /* the SOA is in */
    int                 ede;         /* why it failed */
} answer_work_t;


/* The sections for a name in a zone of ours: answer_sections.c.  NOERROR and
 * NXDOMAIN leave what was written; after others it does not count. */
wire_rcode_t answer_sections(answer_work_t *work, const answer_t *answer);

/* What a server says of itself, in class CH: answer_chaos.c. */
wire_rcode_t answer_chaos(answer_work_t *work, const answer_policy_t *policy,
    const wire_query_t *query);


#endif /* ANSWER_INTERNAL_H */
