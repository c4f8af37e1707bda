
/*
 * Why a request is refused.  The device_* files return a reason; what HTTP
 * status, log level and words belong to it is said once, in the module's
 * reason table (ngx_srv_registrar_problem.c).  The name after DEVICE_, in
 * lower case with hyphens, is the problem's type (RFC 9457 3.1.1) and stable.
 */

#ifndef DEVICE_REASON_H
#define DEVICE_REASON_H


typedef enum {
    DEVICE_OK = 0,

    /* the request's form */
    DEVICE_BAD_REQUEST,
    DEVICE_NOT_FOUND,
    DEVICE_METHOD_NOT_ALLOWED,
    DEVICE_BODY_TOO_LARGE,
    DEVICE_MISDIRECTED,              /* TLS of another virtual server */
    DEVICE_TLS_REQUIRED,
    DEVICE_TOO_EARLY,                /* before the TLS handshake has ended */

    /* enrolment */
    DEVICE_CERTIFICATE_REQUIRED,
    DEVICE_CERTIFICATE_REFUSED,
    DEVICE_IDENTITY_MISSING,
    DEVICE_LABEL_INVALID,
    DEVICE_LABEL_TAKEN,              /* by another identity, or the zone's */
    DEVICE_ENROLLED_ALREADY,         /* reenroll expired: the lease lives */
    DEVICE_PROOF_REQUIRED,           /* reenroll proof */
    DEVICE_TOO_MANY_ENROLLMENTS,
    DEVICE_SUSPENDED,
    DEVICE_PUBLIC_KEY_INVALID,

    /* signatures */
    DEVICE_SIGNATURE_REQUIRED,
    DEVICE_SIGNATURE_MALFORMED,
    DEVICE_SIGNATURE_INCOMPLETE,     /* a required component is not covered */
    DEVICE_SIGNATURE_INVALID,        /* ours, and wrong; or its algorithm */
    DEVICE_SIGNATURE_EXPIRED,        /* its own `expires` */
    DEVICE_UNKNOWN_KEY,
    DEVICE_CLOCK_SKEW,
    DEVICE_STALE_SIGNATURE,          /* created not above the last one */
    DEVICE_RE_ENROLL,                /* the last one lies beyond the window */
    DEVICE_DIGEST_REQUIRED,
    DEVICE_DIGEST_MISMATCH,
    DEVICE_TARGET_MISMATCH,          /* absolute-form target against Host */

    /* the registration */
    DEVICE_JSON_INVALID,
    DEVICE_MEMBER_INVALID,
    DEVICE_NAME_INVALID,
    DEVICE_RDATA_INVALID,
    DEVICE_DUPLICATE,
    DEVICE_SERVICE_NOT_ALLOWED,
    DEVICE_TYPE_NOT_ALLOWED,
    DEVICE_TARGET_OUTSIDE,
    DEVICE_TOO_MUCH,                 /* RRsets, RRs or bytes */
    DEVICE_ADDRESS_MISMATCH,
    DEVICE_ADDRESS_NOT_ALLOWED,

    /* ours */
    DEVICE_STORE_FULL,               /* map or file system */
    DEVICE_STORE_UNAVAILABLE,
    DEVICE_SECRET_UNAVAILABLE,       /* this worker lacks its version */
    DEVICE_BUSY,                     /* the queue is full */
    DEVICE_INTERNAL,

    DEVICE_REASONS                   /* their number */
} device_reason_t;


/* What a refusal names.  Text is ASCII or the peer's UTF-8; whoever writes
 * it out escapes it (JSON, logs). */
typedef struct {
    device_reason_t  reason;
    char             member[96];     /* "services[1].port"; "" where none */
    char             detail[224];    /* a sentence, with the bad value in it */
} device_error_t;


#if (__GNUC__)
#define DEVICE_PRINTF  __attribute__((format(printf, 4, 5)))
#else
#define DEVICE_PRINTF
#endif

/* Fills an error and returns its reason, so that callers can return the
 * call.  Member NULL means none; longer texts are cut at a character. */
device_reason_t device_refuse(device_error_t *error, device_reason_t reason,
    const char *member, const char *format, ...) DEVICE_PRINTF;


#endif /* DEVICE_REASON_H */
