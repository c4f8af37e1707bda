
/*
 * RDATA and names from presentation form, checked before ldns sees them
 * (which wraps numbers silently and takes more syntax than we allow).
 */

#ifndef DEVICE_RDATA_H
#define DEVICE_RDATA_H


#include "device_reason.h"
#include "device_zone.h"
#include "store_value.h"


/* The RR types that devices may register. */
enum {
    DEVICE_TYPE_A = 1,
    DEVICE_TYPE_TXT = 16,
    DEVICE_TYPE_AAAA = 28,
    DEVICE_TYPE_SRV = 33,
    DEVICE_TYPE_SSHFP = 44,
    DEVICE_TYPE_TLSA = 52,
    DEVICE_TYPE_SVCB = 64,
    DEVICE_TYPE_HTTPS = 65,
    DEVICE_TYPE_URI = 256,
    DEVICE_TYPE_CAA = 257
};


/* RR types by mnemonic, upper case: those that devices may register (SRV,
 * TXT, A, AAAA, TLSA, SSHFP, SVCB, HTTPS, URI, CAA).  0 for any other. */
uint16_t device_type_parse(store_span_t text);

/* Their mnemonic, or NULL. */
const char *device_type_name(uint16_t type);

/* The types of a zone that names none: all but CAA. */
size_t device_types_default(uint16_t types[DEVICE_TYPES_MAX]);

/*
 * A relative owner, presentation form, to relative wire form without root
 * byte, lower case: "@" is the empty one; labels of letters, digits, '-' and
 * '_' (RFC 2782, 8552); no wildcard, no escape, no final dot.  out has
 * STORE_NAME_MAX bytes; *len its length.  fqdn_len: wire length of what it is
 * relative to, for the bound of 255.
 */
bool device_owner_parse(store_span_t text, size_t fqdn_len,
    uint8_t out[STORE_NAME_MAX], size_t *len);

/* The text of such an owner ("@" for the empty one). */
void device_owner_write(char out[DEVICE_NAME_TEXT_MAX], store_span_t owner);

/*
 * One RR's RDATA in presentation form, appended to *at (store_rr_write) with
 * targets under fqdn spliced.  fqdn: the device's own name, wire form; targets
 * of SRV, SVCB and HTTPS lie at or below it, or are "." (SVCB, HTTPS AliasMode
 * excepted where "." would mean the owner: as RFC 9460 2.5 says).  A relative
 * target is relative to the FQDN.
 * RDATA_INVALID, TARGET_OUTSIDE, TOO_MUCH or OK; member is what the error
 * shall name.
 */
device_reason_t device_rdata_parse(uint16_t type, store_span_t text,
    store_span_t fqdn, uint8_t **at, const uint8_t *end, const char *member,
    device_error_t *error);

/*
 * An RR's RDATA in presentation form, NUL-terminated, names with final dots;
 * false where it does not fit or is not what its type says.
 */
bool device_rdata_write(uint16_t type, const store_rr_t *rr,
    store_span_t fqdn, char *out, size_t size);

/* A wire name's presentation form, without final dot, NUL-terminated; for
 * LDH names up to 253 bytes, others escaped (RFC 1035 5.1). */
bool device_name_write(char out[DEVICE_NAME_TEXT_MAX], store_span_t name);

/* A fully qualified presentation name (final dot optional) to wire, lower
 * case; out has STORE_NAME_MAX bytes. */
bool device_name_parse(store_span_t text, uint8_t *out, size_t *len);


#endif /* DEVICE_RDATA_H */
