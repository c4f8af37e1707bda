
/*
 * RRSIG records (RFC 4034 3): an RRset in canonical form, and its signature.
 * Pure but for OpenSSL; any thread.
 */

#ifndef DNSSEC_RRSIG_H
#define DNSSEC_RRSIG_H


#include "dnssec_key.h"


#define DNSSEC_TYPE_DNSKEY   48
#define DNSSEC_TYPE_RRSIG    46
#define DNSSEC_TYPE_NSEC     47
#define DNSSEC_TYPE_CDS      59
#define DNSSEC_TYPE_CDNSKEY  60
#define DNSSEC_TYPE_NXNAME   128         /* RFC 9824 */

/* Before the signer's name: covered 2, algorithm, labels, original TTL 4,
 * expiration 4, inception 4, tag 2. */
#define DNSSEC_RRSIG_FIXED   18
#define DNSSEC_RRSIG_MAX     (DNSSEC_RRSIG_FIXED + 255 + DNSSEC_SIGNATURE_LEN)

/* An RRset that can be signed; what a value of a store can hold. */
#define DNSSEC_RRS_MAX       255


/* What a signature covers.  Names are whole, in wire form and lower case;
 * RDATA is uncompressed. */
typedef struct {
    dnssec_span_t         owner;
    uint16_t              type;
    uint32_t              ttl;           /* the original one */
    const dnssec_span_t  *rdata;         /* in any order; repetitions count
                                            once */
    size_t                n;
} dnssec_rrset_t;


/* An RRSIG's RDATA, read. */
typedef struct {
    uint16_t       covered;
    uint8_t        algorithm;
    uint8_t        labels;
    uint32_t       ttl;
    uint32_t       expiration;
    uint32_t       inception;
    uint16_t       tag;
    dnssec_span_t  signer;
} dnssec_rrsig_t;


/*
 * The RDATA of the RRSIG of an RRset, into rrsig (DNSSEC_RRSIG_MAX bytes).
 * Times are seconds since 1970, in the arithmetic of RFC 1982 (RFC 4034 3.1.5).
 * False where OpenSSL fails, memory is short, or the RRset is none (no RDATA,
 * too many, an owner that is no name in the key's zone, RDATA too short for
 * the names that its type has).
 */
bool dnssec_rrsig_make(const dnssec_key_t *key, const dnssec_rrset_t *rrset,
    int64_t inception, int64_t expiration, uint8_t *rrsig, size_t *len);

/* False where it is not an RRSIG's RDATA. */
bool dnssec_rrsig_parse(dnssec_rrsig_t *rrsig, dnssec_span_t rdata);

/* a after b in the arithmetic of RFC 1982. */
bool dnssec_time_after(uint32_t a, uint32_t b);


/*
 * The type bitmap of an NSEC record (RFC 4034 4.1.2) from types in ascending
 * order, below 256 or not; appends to out (34 bytes a window of 256 types are
 * always enough) and returns the length.
 */
size_t dnssec_bitmap_write(uint8_t *out, const uint16_t *types, size_t n);


#endif /* DNSSEC_RRSIG_H */
