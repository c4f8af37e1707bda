
/*
 * DNS cookies (RFC 7873) of the kind that servers of any make can share
 * (RFC 9018): a client that shows ours has received an answer of ours at its
 * address, so its packets are not spoofed.
 */

#ifndef ANSWER_COOKIE_H
#define ANSWER_COOKIE_H


#include "siphash.h"
#include "wire.h"


#define ANSWER_COOKIE_CLIENT_LEN  8
#define ANSWER_COOKIE_SERVER_LEN  16
#define ANSWER_COOKIE_LEN         (ANSWER_COOKIE_CLIENT_LEN \
                                   + ANSWER_COOKIE_SERVER_LEN)
#define ANSWER_SECRETS_MAX        2


/* The first makes cookies, all are accepted (RFC 9018 5). */
typedef struct {
    unsigned  n;                     /* 0: cookies are off */
    uint8_t   secrets[ANSWER_SECRETS_MAX][SIPHASH_KEY_LEN];
} answer_secrets_t;


/* What a query's COOKIE option was worth. */
typedef enum {
    ANSWER_COOKIE_NONE = 0,      /* none came, or cookies are off */
    ANSWER_COOKIE_CLIENT,        /* the client's part alone */
    ANSWER_COOKIE_VALID,         /* ours, for that address: not spoofed */
    ANSWER_COOKIE_INVALID,       /* not ours, or too old */
    ANSWER_COOKIE_MALFORMED,     /* FORMERR */
    ANSWER_COOKIES               /* their number */
} answer_cookie_t;


/*
 * Judges a COOKIE option from the address `client` (4 or 16 bytes) at `now`
 * (s since 1970; what is above 32 bits does not matter).  Sets cookie, the
 * option to be sent back, but where the result is MALFORMED.  There is at
 * least one secret.
 */
answer_cookie_t answer_cookie_check(const answer_secrets_t *secrets,
    wire_span_t option, wire_span_t client, uint32_t now,
    uint8_t cookie[ANSWER_COOKIE_LEN]);


#endif /* ANSWER_COOKIE_H */
