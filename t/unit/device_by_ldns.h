
/*
 * An RR's presentation form by ldns alone, for tests that compare.
 */

#ifndef DEVICE_BY_LDNS_H
#define DEVICE_BY_LDNS_H


#include <string.h>

#include <ldns/ldns.h>

#include "store_value.h"


#define LDNS_RDATA_MAX  2048
#define LDNS_TEXT_MAX   (4 * LDNS_RDATA_MAX + 1)
#define LDNS_HEAD_LEN   11       /* root owner, type, class, TTL, RDLENGTH */


/* The RR with its splice filled in.  Returns its length. */
static inline size_t
ldns_wire(uint8_t *wire, uint16_t type, const store_rr_t *rr,
    store_span_t fqdn)
{
    size_t    head;
    uint8_t  *at;

    memset(wire, 0, LDNS_HEAD_LEN);
    at = wire + LDNS_HEAD_LEN;
    head = (rr->splice >= 0) ? (size_t) rr->splice : rr->len;

    memcpy(at, rr->data, head);
    at += head;

    if (rr->splice >= 0) {
        memcpy(at, fqdn.data, fqdn.len);
        at += fqdn.len;
        memcpy(at, rr->data + head, rr->len - head);
        at += rr->len - head;
    }

    ldns_write_uint16(wire + 1, type);
    ldns_write_uint16(wire + 3, LDNS_RR_CLASS_IN);
    ldns_write_uint16(wire + 9, (uint16_t) (at - wire - LDNS_HEAD_LEN));

    return (size_t) (at - wire);
}


/* As dig shows it: ldns leaves a tab as it is.  RDATA of LDNS_RDATA_MAX bytes
 * at most, the name among them; out has LDNS_TEXT_MAX.  False where ldns finds
 * it is not what its type says. */
static inline bool
by_ldns(uint16_t type, const store_rr_t *rr, store_span_t fqdn, char *out)
{
    size_t        i, len, at;
    uint8_t       wire[LDNS_HEAD_LEN + LDNS_RDATA_MAX];
    ldns_rr      *parsed;
    ldns_buffer  *buffer;

    at = 0;
    len = ldns_wire(wire, type, rr, fqdn);

    if (ldns_wire2rr(&parsed, wire, len, &at, LDNS_SECTION_ANSWER)
        != LDNS_STATUS_OK)
    {
        return false;
    }

    buffer = ldns_buffer_new(LDNS_MIN_BUFLEN);
    len -= LDNS_HEAD_LEN;

    for (i = 0; i < ldns_rr_rd_count(parsed); i++) {

        if (i != 0) {
            ldns_buffer_printf(buffer, " ");
        }

        len -= ldns_rdf_size(ldns_rr_rdf(parsed, i));
        (void) ldns_rdf2buffer_str(buffer, ldns_rr_rdf(parsed, i));
    }

    for (at = 0; at < ldns_buffer_position(buffer); at++) {

        if (*ldns_buffer_at(buffer, at) == '\t') {
            memcpy(out, "\\009", 4);
            out += 4;

        } else {
            *out++ = (char) *ldns_buffer_at(buffer, at);
        }
    }

    *out = '\0';
    ldns_buffer_free(buffer);
    ldns_rr_free(parsed);

    /* a compression pointer would have been followed */

    return i != 0 && len == 0;
}


#endif /* DEVICE_BY_LDNS_H */
