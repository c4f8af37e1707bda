
/*
 * HTTP Message Signatures: our profile of RFC 9421 and RFC 9530
 * (docs/http-api.md).
 *
 * Enters: a request as it was received.  Leaves: one signature that claims
 * one of our keys, its base, and reasons.  Always: nothing of a signature is
 * believed before device_key_verify has passed its base; the algorithm comes
 * from the stored key, `alg` may only agree with it.
 *
 * Which signature: of the members of Signature-Input, the one whose keyid has
 * the form <fqdn>/<8 hex> and whose tag, where there is one, is "srv-reg".
 * Others are left alone.  More than one such, or more than
 * DEVICE_SIGNATURES_MAX members in all, is malformed.
 */

#ifndef DEVICE_SIGNATURE_H
#define DEVICE_SIGNATURE_H


#include "device_key.h"


#define DEVICE_SIGNATURES_MAX     8      /* members of Signature-Input */
#define DEVICE_COMPONENTS_MAX     24     /* curl sends 16 at most */
#define DEVICE_SIGNATURE_LEN_MAX  64
#define DEVICE_BASE_MAX           16384

/* The window of `created` around the lease clock, s. */
#define DEVICE_CREATED_PAST    300
#define DEVICE_CREATED_FUTURE  60


/* One field line, in the order received; names in any case. */
typedef struct {
    store_span_t  name;
    store_span_t  value;
} device_header_t;

/* A request, as received.  The body is what the transfer coding carried. */
typedef struct {
    store_span_t            method;
    store_span_t            scheme;      /* "https" */
    store_span_t            authority;   /* Host or :authority, raw */
    store_span_t            path;        /* raw, before '?', not empty */
    store_span_t            query;       /* raw, after '?' */
    bool                    has_query;   /* there was a '?' */
    const device_header_t  *headers;
    size_t                  nheaders;
    store_span_t            body;
} device_message_t;

typedef struct {
    store_span_t  keyid;                 /* as sent */
    char          fqdn[DEVICE_FQDN_MAX + 1];     /* its first part, lower case,
                                                    NUL-terminated */
    uint8_t       tag[DEVICE_TAG_LEN];   /* its second: of the generation */
    store_span_t  alg;                   /* "" where not given */
    int64_t       created;
    int64_t       expires;               /* 0 where not given */
    store_span_t  components;            /* the inner list's text */
    store_span_t  params;                /* raw member value */
    uint8_t       signature[DEVICE_SIGNATURE_LEN_MAX];
    size_t        signature_len;
} device_signature_t;


/*
 * Finds our signature and checks everything that needs no key: form,
 * parameters, that @method, @authority, @path (or @target-uri for the latter
 * two and @query), @query where there is one, and content-digest where there
 * is a body are covered, no component twice, no component parameters.
 * REQUIRED, MALFORMED, INCOMPLETE, or OK.
 * Spans point into the message or into scratch, where field lines had to be
 * joined (scratch_size bytes, the caller's, living as long as *signature).  No
 * field may be longer than that in either case; where nothing is to be joined
 * (device_signature_split) scratch may be NULL all the same.
 */
device_reason_t device_signature_parse(const device_message_t *message,
    device_signature_t *signature, uint8_t *scratch, size_t scratch_size,
    device_error_t *error);

/* True where a field that belongs to signatures came in several lines. */
bool device_signature_split(const device_message_t *message);

/*
 * Recomputes Content-Digest (RFC 9530) over the body: at least one of sha-256
 * and sha-512, all known ones right, others ignored.  A body needs one; where
 * there is no body but a digest, it must be right too.
 * DIGEST_REQUIRED, DIGEST_MISMATCH, SIGNATURE_MALFORMED or OK.
 */
device_reason_t device_signature_digest(const device_message_t *message,
    device_error_t *error);

/*
 * Writes the signature base (RFC 9421 2.5) into out, *len its room and then
 * its length.  MALFORMED where a component is missing in the message or the
 * base is larger than the room.
 */
device_reason_t device_signature_base(const device_message_t *message,
    const device_signature_t *signature, uint8_t *out, size_t *len,
    device_error_t *error);

/*
 * created and expires against the clock.  held_wall is the second centre of
 * the window while a step is held back (lease_clock_held), or 0.
 * CLOCK_SKEW, SIGNATURE_EXPIRED or OK.
 */
device_reason_t device_signature_window(const device_signature_t *signature,
    int64_t now, int64_t held_wall, device_error_t *error);

/* True where `alg` was not given or names this store_algorithm_t (RFC 9421
 * 3.2 step 6); else the signature is INVALID. */
bool device_signature_alg_agrees(const device_signature_t *signature,
    uint8_t algorithm);


#endif /* DEVICE_SIGNATURE_H */
