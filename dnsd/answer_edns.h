
/*
 * EDNS options of a reply.
 *
 * What the protocol needs (a cookie, the keepalive) has its room before the
 * sections are written; what is only of use to people (errors in words, the
 * server's name, padding) takes what they have left, and is left out
 * otherwise: no option ever costs a record.
 */

#ifndef ANSWER_EDNS_H
#define ANSWER_EDNS_H


#include "answer.h"


/* A cookie, a keepalive, an error with its text, the longest NSID, and padding
 * to the next block: none overflows what is kept for it here. */
#define ANSWER_OPTIONS_MAX  1024


typedef struct {
    wire_writer_t  writer;
    uint8_t        data[ANSWER_OPTIONS_MAX];
} answer_edns_t;


/* Judges the options of a parsed query; sets answer->cookie and writes the
 * options that must go out.  FORMERR or NOERROR. */
wire_rcode_t answer_edns_begin(answer_edns_t *edns,
    const answer_context_t *context, answer_t *answer);

/* The OPT's length as far as it is written; 0 where there will be none. */
size_t answer_edns_len(const answer_edns_t *edns, const answer_t *answer);

/*
 * Adds what still fits: reply_len is the reply's without the OPT, limit what
 * it may come to with it.  ede is the error's INFO-CODE; answer->ede becomes
 * what is sent of it.  Returns the OPT's RDATA, which lives as edns does.
 */
wire_span_t answer_edns_finish(answer_edns_t *edns,
    const answer_context_t *context, answer_t *answer, int ede,
    size_t reply_len, size_t limit);


#endif /* ANSWER_EDNS_H */
