
/*
 * Answers queries: bytes in, bytes out.  The one function here is what UDP,
 * TCP and the tests use alike; it knows no socket, and but for the snapshot
 * that the reader holds it depends on its arguments alone.
 */

#ifndef ANSWER_H
#define ANSWER_H


#include "lookup.h"
#include "wire.h"


/* The DNSSEC-less answers of a device fit; larger UDP packets get lost in
 * fragments (DNS flag day 2020). */
#define ANSWER_UDP_SIZE  1232


/* How a packet ended, for the counters. */
typedef enum {
    ANSWER_DROPPED = 0,          /* nothing is sent */
    ANSWER_NOERROR,
    ANSWER_NODATA,               /* NOERROR with the SOA */
    ANSWER_NXDOMAIN,
    ANSWER_TRUNCATED,            /* NOERROR or NXDOMAIN, with TC */
    ANSWER_REFUSED,
    ANSWER_FORMERR,
    ANSWER_NOTIMP,
    ANSWER_BADVERS,
    ANSWER_SERVFAIL,
    ANSWER_OUTCOMES              /* their number */
} answer_outcome_t;


/* What the operator says about answers.  Many threads read one; none of it
 * changes while they do. */
typedef struct {
    uint16_t  udp_size;              /* that our OPT offers */
} answer_policy_t;


/* What all queries of a batch have in common. */
typedef struct {
    const answer_policy_t  *policy;
    bool                    stream;  /* no limit but reply_size */
    uint16_t                keepalive;   /* a stream's idle time, 100 ms
                                            (RFC 7828 3.1) */
} answer_context_t;


/* One query.  The caller sets the first group and reads the second; the third
 * is answer's own, and lasts from one of its steps to the next. */
typedef struct {
    const uint8_t     *query;
    size_t             query_len;
    uint8_t           *reply;        /* does not overlap query */
    size_t             reply_size;   /* WIRE_MESSAGE_MAX for TCP; for UDP at
                                        least the size that we offer */

    size_t             reply_len;    /* 0: send nothing */
    answer_outcome_t   outcome;

    wire_verdict_t     verdict;
    wire_query_t       parsed;
    lookup_node_t      node;
} answer_t;


/*
 * Answers n queries, LOOKUP_BATCH at most, between lookup_begin and
 * lookup_end.  Allocates nothing, cannot fail: what cannot be answered gets
 * an error reply or none.
 */
void answer_queries(lookup_t *lookup, const answer_context_t *context,
    answer_t *answers, size_t n);

/* "NXDOMAIN", ...; a constant. */
const char *answer_outcome_text(answer_outcome_t outcome);


#endif /* ANSWER_H */
