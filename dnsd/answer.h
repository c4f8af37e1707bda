
/*
 * Answers queries: bytes in, bytes out.  The one function here is what UDP,
 * TCP and the tests use alike; it knows no socket, and but for the snapshot
 * that the reader holds it depends on its arguments alone.
 */

#ifndef ANSWER_H
#define ANSWER_H


#include "answer_cookie.h"
#include "lookup.h"
#include "sign.h"
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
    ANSWER_BADCOOKIE,            /* to a limited or empty query */
    ANSWER_NOTAUTH,              /* to a signed one */
    ANSWER_OUTCOMES              /* their number */
} answer_outcome_t;


/* What the rate limit made of an answer.  The outcome is what the peer then
 * gets: ANSWER_DROPPED, ANSWER_TRUNCATED or ANSWER_BADCOOKIE. */
typedef enum {
    ANSWER_LIMIT_PASSED = 0,
    ANSWER_LIMIT_SLIPPED,        /* sent, as small as it gets */
    ANSWER_LIMIT_DROPPED,
    ANSWER_LIMITS                /* their number */
} answer_limit_t;


/* What became of the signatures of a reply from a signed zone, where they were
 * asked for.  The last six leave none of it but an error or, over UDP and for
 * BUDGET and SHARE, TC. */
typedef enum {
    ANSWER_DNSSEC_NONE = 0,      /* not asked for, or the zone has none */
    ANSWER_DNSSEC_STORED,        /* all were in the store */
    ANSWER_DNSSEC_MADE,          /* a denial was signed on the spot */
    ANSWER_DNSSEC_BUDGET,        /* all that may be made are */
    ANSWER_DNSSEC_SHARE,         /* ... of those for this client */
    ANSWER_DNSSEC_NO_KEY,
    ANSWER_DNSSEC_FAILED,
    ANSWER_DNSSEC_EXPIRED,       /* stored, and out of its time */
    ANSWER_DNSSEC_NOT_YET,
    ANSWER_DNSSECS               /* their number */
} answer_dnssec_t;


/* Extended errors that are told (RFC 8914 4). */
#define ANSWER_EDE_NONE               -1
#define ANSWER_EDE_OTHER              0
#define ANSWER_EDE_EXPIRED            7
#define ANSWER_EDE_NOT_YET_VALID      8
#define ANSWER_EDE_NOT_READY          14
#define ANSWER_EDE_NOT_AUTHORITATIVE  20
#define ANSWER_EDE_NOT_SUPPORTED      21
#define ANSWER_EDE_INVALID_TYPE       30     /* RFC 9824 3.5 */


#define ANSWER_TEXT_MAX  255     /* a character-string (RFC 1035 3.3) */

/* Bytes of the operator's choice. */
typedef struct {
    uint8_t  len;                    /* 0: none were chosen */
    uint8_t  data[ANSWER_TEXT_MAX];
} answer_text_t;


/* What the operator says about answers.  Many threads read one; none of it
 * changes while they do. */
typedef struct {
    uint16_t          udp_size;      /* that our OPT offers */
    answer_secrets_t  secrets;       /* of cookies; none: they are off */
    answer_text_t     nsid;
    answer_text_t     identity;      /* id.server, hostname.bind */
    answer_text_t     version;       /* version.server, version.bind */
} answer_policy_t;


/* What all queries of a batch have in common. */
typedef struct {
    const answer_policy_t  *policy;
    sign_t                 *sign;    /* of denials; NULL: none */
    bool                    stream;  /* no limit but reply_size */
    uint16_t                keepalive;   /* a stream's idle time, 100 ms
                                            (RFC 7828 3.1) */
    bool                    padded;  /* encrypted on its way (RFC 8467) */
    uint32_t                now;     /* s since 1970, as cookies count them */
} answer_context_t;


/* One query.  The caller sets the first group and reads the second; the third
 * is answer's own, and lasts from one of its steps to the next. */
typedef struct {
    const uint8_t     *query;
    size_t             query_len;
    uint8_t           *reply;        /* does not overlap query */
    size_t             reply_size;   /* WIRE_MESSAGE_MAX for TCP; for UDP
                                        WIRE_UDP_MIN at least */
    wire_span_t        client;       /* the peer's address, 4 or 16 bytes */

    size_t             reply_len;    /* 0: send nothing */
    answer_outcome_t   outcome;
    answer_dnssec_t    dnssec;
    answer_cookie_t    cookie;
    answer_limit_t     limit;        /* after net_settle */
    int                ede;          /* the INFO-CODE sent, ANSWER_EDE_NONE */

    wire_verdict_t     verdict;
    wire_query_t       parsed;
    lookup_node_t      node;         /* after lookup_end only its name */
    size_t             opt_len;      /* of the reply's end */
} answer_t;


/*
 * Answers n queries, LOOKUP_BATCH at most, between lookup_begin and
 * lookup_end.  Allocates nothing, cannot fail: what cannot be answered gets
 * an error reply or none.
 */
void answer_queries(lookup_t *lookup, const answer_context_t *context,
    answer_t *answers, size_t n);

/*
 * Makes an answer that is there into the smallest one that still helps an
 * honest client on: TC, or BADCOOKIE with a good cookie for one that knows of
 * cookies (RFC 7873 5.2.3).  An error stays the small thing that it is.
 */
void answer_shorten(answer_t *answer);

/* "NXDOMAIN", ...; a constant. */
const char *answer_outcome_text(answer_outcome_t outcome);


#endif /* ANSWER_H */
