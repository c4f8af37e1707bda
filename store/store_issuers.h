
/*
 * The certificate authorities that devices enrolled with, so that an operator
 * can suspend all devices of one at once: a device's value holds the number
 * of its issuer, and the table says which numbers are suspended.
 *
 * An issuer is known by the SHA-256 of its SubjectPublicKeyInfo, which stays
 * when its certificate is renewed; the name is for people.  Numbers are given
 * once and stay.  Built on store.h; the same rules of transactions.
 */

#ifndef STORE_ISSUERS_H
#define STORE_ISSUERS_H


#include "store.h"


/* A manufacturer has a handful; an operator of many has some dozens. */
#define STORE_ISSUERS_MAX      1024
#define STORE_ISSUER_NAME_MAX  255

#define STORE_ISSUER_UNKNOWN   0     /* no issuer's number */


/* What has to be known of all issuers to serve a device. */
typedef struct {
    uint32_t  generation;            /* another after each change of the table;
                                        0: there is none */
    uint8_t   suspended[STORE_ISSUERS_MAX / 8 + 1];  /* a bit a number */
} store_issuers_t;


typedef struct {
    uint16_t      number;            /* 1 to STORE_ISSUERS_MAX */
    bool          suspended;
    const uint8_t *digest;           /* STORE_DIGEST_LEN bytes; as name, lives
                                        as store_get's values do */
    store_span_t  name;              /* printable ASCII */
} store_issuer_t;


/* The table's generation alone: cheap, for a cache.  0 where none. */
store_status_t store_issuers_generation(store_txn_t *txn,
    uint32_t *generation);

/* Who is suspended: besides those of which the table says so, every number that
 * it does not have.  After a failure that is all of them: fail closed. */
store_status_t store_issuers_read(store_txn_t *txn, store_issuers_t *issuers);

/* True for a number that is suspended, or that nobody has. */
static inline bool
store_issuer_suspended(const store_issuers_t *issuers, uint16_t number)
{
    return number > STORE_ISSUERS_MAX
           || (issuers->suspended[number / 8] >> number % 8 & 1) != 0;
}

/* Visits all, in the order of their numbers; the visitor returns false to stop
 * early. */
typedef bool (*store_issuer_visitor_t)(void *data,
    const store_issuer_t *issuer);

store_status_t store_issuers_visit(store_txn_t *txn,
    store_issuer_visitor_t visitor, void *data);

/* STORE_NOT_FOUND where no device has enrolled with it. */
store_status_t store_issuer_find(store_txn_t *txn,
    const uint8_t digest[STORE_DIGEST_LEN], store_issuer_t *issuer);


/*
 * The number of an issuer, given to it now where it has none.  Bytes of name
 * that are not printable ASCII become '?', what is too long is cut.
 * STORE_TOO_LARGE where all numbers are given; the transaction stays usable.
 */
store_status_t store_issuer_add(store_txn_t *txn,
    const uint8_t digest[STORE_DIGEST_LEN], store_span_t name,
    uint16_t *number);

/* Suspends an issuer or takes that back; one that is not yet known is added,
 * so that a stolen authority can be shut out before its first device comes.
 * *changed says whether anything was put. */
store_status_t store_issuer_suspend(store_txn_t *txn,
    const uint8_t digest[STORE_DIGEST_LEN], store_span_t name, bool suspended,
    bool *changed);


#endif /* STORE_ISSUERS_H */
