
/*
 * The store's values: everything at or below one label under a zone's apex.
 * docs/store-format.md has every byte.  This file is the only one that knows
 * the layout; no caller casts into a value.
 *
 * A value is hostile until store_value_open has passed it: that checks the
 * CRC over key and value and every bound, so that the iterators below cannot
 * leave the value and need no error of their own.  Nothing is copied: spans
 * point into the value and die with the transaction that gave it.
 *
 * Pure; any thread.
 */

#ifndef STORE_VALUE_H
#define STORE_VALUE_H


#include "store_key.h"


/* The whole of a value, encoded.  A device with forty SRV records and six
 * TLSA stays below; a TCP answer could carry eight times as much. */
#define STORE_VALUE_MAX       8192

/* RFC 4034 3, 4 */
#define STORE_TYPE_RRSIG      46
#define STORE_TYPE_NSEC       47

#define STORE_IDENTITY_LEN    16
#define STORE_GENERATION_LEN  16
#define STORE_PUBLIC_KEY_MAX  64
#define STORE_DIGEST_LEN      32


typedef enum {
    STORE_KIND_APEX = 1,
    STORE_KIND_STATIC = 2,       /* the operator's, from the zone file */
    STORE_KIND_DEVICE = 3
} store_kind_t;


typedef enum {
    STORE_DEVICE_ACTIVE = 0,
    STORE_DEVICE_SUSPENDED = 1,  /* by the operator: not served, refused */
    STORE_DEVICE_MOVED = 2       /* the device has another name: that of the
                                    epoch given here */
} store_device_state_t;


/* Stored; never renumber. */
typedef enum {
    STORE_HMAC_SHA256 = 1,           /* 32-byte key, derived, not stored */
    STORE_ED25519 = 2,               /* public key of 32 bytes */
    STORE_ECDSA_P256_SHA256 = 3      /* public key x || y, 64 bytes */
} store_algorithm_t;


/* One key of a device. */
typedef struct {
    uint8_t   generation[STORE_GENERATION_LEN];
    uint16_t  secret;            /* number of the key secret; 0 unless HMAC */
    uint8_t   algorithm;         /* store_algorithm_t */
    uint8_t   public_key_len;    /* 0, 32 or 64, as the algorithm says */
    uint8_t   public_key[STORE_PUBLIC_KEY_MAX];
    int64_t   last_created;      /* of the last accepted signature, s; 0 none */
    int64_t   expires;           /* of a pending key, lease time; active: 0 */
} store_device_key_t;


/* A door's credential (device_credential.h derives it). */
typedef struct {
    uint16_t  counter;           /* 0: never issued */
    uint16_t  secret;            /* number of the key secret */
} store_credential_t;


/* A device's registry facts.  Times are lease time in seconds, stored in 32
 * bits unsigned (until 2106); 0 means never. */
typedef struct {
    uint8_t   state;             /* store_device_state_t */
    uint8_t   identity[STORE_IDENTITY_LEN];
    uint16_t  epoch;             /* of the label's derivation; of one that
                                    has moved, of the new label's */
    uint16_t  rekeyed;           /* enrolments and rotations after the first,
                                    stays at 65535 */
    int64_t   enrolled;          /* when the name was first given */
    int64_t   seen;              /* last accepted request */
    int64_t   enroll_limit;      /* theoretical arrival time (GCRA) of the
                                    next enrolment */
    uint32_t  lease;             /* of the registration, as granted, s */
    int64_t   lease_end;         /* of the registration; 0: none */
    bool      has_active;
    bool      has_pending;
    store_device_key_t  active;
    store_device_key_t  pending;
    store_credential_t  acme_dns;
    store_credential_t  dyndns2;
    uint16_t  issuer;            /* store_issuers.h; 0: not known */
} store_device_t;


/* Who wrote an RRset, and so whose writes replace it.  Stored. */
typedef enum {
    STORE_DOOR_NONE = 0,             /* zone file */
    STORE_DOOR_RECORDS = 1,          /* PUT and PATCH /v1/records */
    STORE_DOOR_ADDRESS = 2,          /* A and AAAA of the FQDN itself */
    STORE_DOOR_ACME_DNS = 3,
    STORE_DOOR_DYNDNS2 = 4
} store_door_t;


typedef struct {
    store_span_t  owner;         /* labels relative to the value's own name,
                                    wire form, lower case, no root byte;
                                    empty: the name itself */
    uint16_t      type;
    uint32_t      ttl;           /* as configured; served: min(ttl, left) */
    int64_t       expires;       /* lease time; 0: no lease */
    uint8_t       door;          /* store_door_t */
    bool          own_lease;     /* was given a lease of its own: a refresh
                                    of the registration leaves it alone */
    uint8_t       count;         /* of RRs, at least 1 */
    store_span_t  rrs;           /* encoded, for store_rr_next */
} store_rrset_t;


/* One RR's RDATA.  With a splice, the FQDN of the value (its label and zone,
 * wire form) is to be inserted after the first `splice` bytes: a target
 * inside the device's own subtree is stored without the suffix. */
typedef struct {
    const uint8_t  *data;
    uint16_t        len;         /* stored bytes, without what is spliced */
    int             splice;      /* -1: none; else 0 to len */
} store_rr_t;


typedef struct {
    store_kind_t  kind;
    store_span_t  rrsets;        /* encoded, for store_rrset_next */
    store_span_t  header;        /* encoded, for the readers below */
} store_value_t;


typedef struct {
    const uint8_t  *at;
    const uint8_t  *end;
} store_rrset_iter_t;

typedef store_rrset_iter_t  store_rr_iter_t;


/*
 * Checks all of a value that was read under key, and opens it.  False where
 * any byte is not as a writer of this version leaves it; *value is then
 * unset.  value's spans point into bytes.
 */
bool store_value_open(store_value_t *value, store_span_t key,
    store_span_t bytes);

/* The same for a key that store_key_make made: it is known to be one. */
bool store_value_open_made(store_value_t *value, const store_key_t *key,
    store_span_t bytes);

/* A device's facts; value must be of STORE_KIND_DEVICE. */
void store_value_device(const store_value_t *value, store_device_t *device);

/* True where the device may be served, as far as its own state goes: no need
 * to decode all of it.  True for the other kinds. */
bool store_value_served(const store_value_t *value);

/* A device's state: no need to decode all of it. */
store_device_state_t store_value_state(const store_value_t *value);

/* The number of a device's issuer (store_issuers.h); 0 where it is not known,
 * and for the other kinds. */
uint16_t store_value_issuer(const store_value_t *value);

/* The digest of the zone file that an apex came from (STORE_DIGEST_LEN). */
const uint8_t *store_value_digest(const store_value_t *value);

void store_rrset_begin(store_rrset_iter_t *iter, const store_value_t *value);
bool store_rrset_next(store_rrset_iter_t *iter, store_rrset_t *rrset);

void store_rr_begin(store_rr_iter_t *iter, const store_rrset_t *rrset);
bool store_rr_next(store_rr_iter_t *iter, store_rr_t *rr);

/* Live at a lease time: without a lease, or with some of it left. */
bool store_rrset_live(const store_rrset_t *rrset, int64_t now);

/* False for RRSIG and NSEC: signatures, and the NSEC that is signed beforehand,
 * stand beside the data, are not counted with it and make no name exist. */
bool store_rrset_is_data(const store_rrset_t *rrset);

/* The RRset of exactly this owner (relative, lower case) and type. */
bool store_rrset_find(const store_value_t *value, store_span_t owner,
    uint16_t type, store_rrset_t *rrset);


/*
 * The writer.  Begin with the kind's header, add RRsets, finish; the first
 * failure (too large, a bound broken) sticks, and finish reports it.
 *
 *     store_writer_device(&writer, buffer, sizeof(buffer), &device);
 *     store_writer_rrset(&writer, &rrset);      rrset.rrs is copied whole
 *     if (!store_writer_finish(&writer, key, &bytes)) { too large }
 *
 * An RRset made anew gets its RRs one by one:
 *
 *     store_writer_rrset_begin(&writer, &rrset);   rrs and count unused
 *     store_writer_rr(&writer, &rr);
 *     store_writer_rrset_end(&writer);
 *
 * The buffer is the caller's.  Two RRsets of one owner and type, or no RR in
 * one, are failures.
 */
typedef struct {
    uint8_t  *start;
    uint8_t  *at;
    uint8_t  *end;
    uint8_t  *rrset;             /* count byte of the RRset being made */
    bool      failed;
} store_writer_t;

void store_writer_device(store_writer_t *writer, uint8_t *buffer, size_t size,
    const store_device_t *device);
void store_writer_apex(store_writer_t *writer, uint8_t *buffer, size_t size,
    const uint8_t digest[STORE_DIGEST_LEN]);
void store_writer_static(store_writer_t *writer, uint8_t *buffer, size_t size);

void store_writer_rrset(store_writer_t *writer, const store_rrset_t *rrset);
void store_writer_rrset_begin(store_writer_t *writer,
    const store_rrset_t *rrset);
void store_writer_rr(store_writer_t *writer, const store_rr_t *rr);
void store_writer_rrset_end(store_writer_t *writer);

/* Seals the value for its key (CRC).  *bytes points into the buffer.  False
 * where anything before failed or the value is above STORE_VALUE_MAX. */
bool store_writer_finish(store_writer_t *writer, store_span_t key,
    store_span_t *bytes);

/*
 * Encodes RRs alone, for rrset.rrs, into a buffer: appends one RR at *at and
 * moves it.  False where it does not fit before end or the RR breaks a bound
 * (len + the longest name above 65535, splice beyond len).
 */
bool store_rr_write(uint8_t **at, const uint8_t *end, const store_rr_t *rr);


#endif /* STORE_VALUE_H */
