
/*
 * RRsets into a reply, whole or not at all.
 */

#ifndef ANSWER_RRSET_H
#define ANSWER_RRSET_H


#include "lookup.h"
#include "wire.h"


/* Addresses that one answer may ask for.  A device's SRV records have one
 * target, or a few; more would let one packet cost many lookups. */
#define ANSWER_TARGETS_MAX  16


/* Names in the reply's RDATA whose addresses belong into the additional
 * section, each once. */
typedef struct {
    size_t      n;
    uint16_t    at[ANSWER_TARGETS_MAX];     /* offsets in the message */
} answer_targets_t;


/*
 * Writes an RRset and adds its number of RRs to *count; its targets are noted
 * where targets is not NULL.  False, with nothing written and targets unset,
 * where it does not fit.
 */
bool answer_rrset_write(wire_writer_t *writer, wire_span_t owner,
    const lookup_rrset_t *rrset, uint16_t *count, answer_targets_t *targets);

/* The same for the signatures of an RRset that goes out with this TTL. */
bool answer_signatures_write(wire_writer_t *writer, wire_span_t owner,
    uint32_t ttl, const lookup_signatures_t *signatures, uint16_t *count);

/* Owner, type, class IN and TTL of an RR; RDLENGTH and RDATA follow. */
void answer_rr_head(wire_writer_t *writer, wire_span_t owner, uint16_t type,
    uint32_t ttl);

/* The only name of a CNAME's RDATA, into target.  False for broken RDATA. */
bool answer_rrset_cname(const lookup_rrset_t *rrset, wire_name_t *target);

/* min(TTL, MINIMUM) of a SOA RRset (RFC 2308 5); false for broken RDATA. */
bool answer_rrset_negative_ttl(const lookup_rrset_t *rrset, uint32_t *ttl);


#endif /* ANSWER_RRSET_H */
