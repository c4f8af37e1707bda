
/*
 * Signatures that are made while a query waits: of denials, for names that
 * nobody could sign beforehand.
 *
 * What enters: one record of a zone, and which key of the zone is to sign it.
 * What leaves: an RRSIG's RDATA, or the reason why there is none.  Holds the
 * private keys and what may be spent on them; knows wire and dnssec/ only, no
 * store and no answer.
 */

#ifndef SIGN_H
#define SIGN_H


#include "dnssec_rrsig.h"
#include "log.h"
#include "wire.h"


/* Signatures a second where the operator says nothing: together a fifth of a
 * processor that makes one in 45 us (docs/performance.md). */
#define SIGN_RATE      4000
#define SIGN_RATE_TCP  1000
#define SIGN_RATE_MAX  1000000


typedef struct sign_s  sign_t;


/* Signatures a second, 1 at least. */
typedef struct {
    unsigned      udp;
    unsigned      stream;
} sign_rates_t;


typedef enum {
    SIGN_OK = 0,
    SIGN_NO_KEY,                 /* that key was not given to us */
    SIGN_BUDGET,                 /* this second's signatures are spent */
    SIGN_SHARE,                  /* those that this client may have are */
    SIGN_FAILED                  /* OpenSSL, or a record that is none */
} sign_status_t;


/* Who is to sign, when, and for whom. */
typedef struct {
    wire_span_t   zone;          /* whole, lower case: the signer's name */
    uint8_t       algorithm;
    uint16_t      tag;           /* of a key that signs the zone's SOA now */
    bool          stream;        /* TCP has a budget of its own */
    bool          proven;        /* the client's address is not forged; always
                                    true of TCP */
    wire_span_t   client;        /* its address, 4 or 16 bytes */
    int64_t       now;           /* lease time, s */
} sign_wanted_t;


/* An RRset of one record.  Whole names, lower case. */
typedef struct {
    wire_span_t   owner;
    uint16_t      type;
    uint32_t      ttl;           /* the original one */
    wire_span_t   rdata;
} sign_record_t;


/*
 * Reads the keys in a directory, for that many threads; see sign_keys_read.
 * One for all threads.  NULL is logged.
 */
sign_t *sign_create(const char *directory, unsigned threads, log_t *log);

/* NULL is allowed. */
void sign_destroy(sign_t *sign);

/* Any thread, also while others sign. */
void sign_set_rates(sign_t *sign, const sign_rates_t *rates);

/* Once privileges are dropped and the sandbox is entered: warns of private keys
 * whose files can be read still. */
void sign_hidden(const sign_t *sign);

/*
 * The RDATA of the record's RRSIG, into rrsig (DNSSEC_RRSIG_MAX bytes): good
 * from an hour before `now` to 15 days behind it.  Takes from the budget only
 * where a signature is made.  Any thread; blocks on nothing; 20 to 60 us.
 */
sign_status_t sign_rrsig(sign_t *sign, const sign_wanted_t *wanted,
    const sign_record_t *record, uint8_t *rrsig, size_t *len);


#endif /* SIGN_H */
