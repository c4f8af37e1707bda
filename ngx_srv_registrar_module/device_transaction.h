
/*
 * What one request does to one device's value: the rules of keys, replay,
 * leases and replacement, as pure functions from the old value to the new.
 * They run inside the committing transaction, on the value that is read
 * there; so a rule that holds here holds over workers, restarts and crashes.
 *
 * Each returns DEVICE_OK with the new value sealed in buffer (a sweep only
 * where there is something to put), or a reason and changes nothing.  Any
 * thread.
 */

#ifndef DEVICE_TRANSACTION_H
#define DEVICE_TRANSACTION_H


#include "device_key.h"
#include "device_request.h"
#include "store_issuers.h"


typedef enum {
    DEVICE_REENROLL_ALWAYS = 0,
    DEVICE_REENROLL_PROOF,
    DEVICE_REENROLL_EXPIRED
} device_reenroll_t;


/* What a zone is signed with (device_sign.h). */
typedef struct device_signer_s  device_signer_t;


/* The stored value that a transaction starts from. */
typedef struct {
    const store_key_t  *key;
    store_span_t        bytes;       /* as read; empty where there is none */
    const store_value_t  *value;     /* bytes, where somebody has opened them
                                        under key already; or NULL */
    int64_t             now;         /* lease time */
    uint8_t            *buffer;      /* STORE_VALUE_MAX bytes, for the new */
    const store_issuers_t  *issuers; /* who is suspended; a sweep needs none */

    const device_signer_t  *signer;  /* NULL: the zone is not signed, and
                                        signatures of before go */
    store_span_t        prepared;    /* what the same rules made of an older
                                        state, before the lock was taken: its
                                        signatures are taken where they fit;
                                        or empty.  Never in buffer */
    bool                keep_signatures; /* no keys at hand (srvctl): they
                                        stay as they are.  Only for rules
                                        that touch no RRset */
} device_place_t;

typedef struct {
    store_span_t  bytes;             /* the new value; in buffer */
    bool          put;               /* bytes are to be stored */
    bool          dns_changed;       /* the zone's serial moves: something
                                        else is shown, or what had expired
                                        left the store, or has another
                                        signature */
    bool          records_changed;   /* the records themselves do: what the
                                        device is told */
    unsigned      signatures;        /* made anew by this call */
    bool          unsigned_value;    /* of a signed zone, but there was no
                                        room for signatures */
    bool          created;           /* enrolment: the name is new */
    store_device_t  device;          /* as it is now */
    int64_t       last_created;      /* of STALE_SIGNATURE and RE_ENROLL */
    int64_t       retry_after;       /* of TOO_MANY_ENROLLMENTS and
                                        ENROLLED_ALREADY, s; else 0 */
} device_outcome_t;


/* What a verified signature claims; generation is the one it was verified
 * with. */
typedef struct {
    uint8_t   generation[STORE_GENERATION_LEN];
    int64_t   created;
    int64_t   held_wall;             /* as in device_signature_window */
} device_claim_t;


/*
 * Enrolment, and rotation of the key by the device itself.  `key` has
 * generation, secret, algorithm and public key set.  The new key becomes the
 * pending one, in place of one that is pending; it expires at
 * now + pending_lifetime if it is not used.  It may be called on a read
 * snapshot before, so that a refusal costs no transaction; what it says in
 * the transaction counts.
 *
 * Checks, in order: LABEL_TAKEN (a static value, or another identity: names
 * stay reserved while a tombstone lives), SUSPENDED (the device, its issuer, or
 * the one that it comes with now), the re-enrolment policy
 * where an active key exists (proof: claim must be given and verified with
 * the active key and pass the replay rule; expired: ENROLLED_ALREADY while
 * lease_end > now), TOO_MANY_ENROLLMENTS (GCRA: `burst` at once, then one an
 * interval; only accepted ones count).
 */
typedef struct {
    uint8_t                identity[STORE_IDENTITY_LEN];
    uint16_t               epoch;
    uint16_t               issuer;               /* store_issuers.h */
    device_reenroll_t      policy;
    store_device_key_t     key;
    uint32_t               pending_lifetime;     /* s */
    uint32_t               limit_interval;       /* s; 0: no limit */
    uint32_t               limit_burst;
    const device_claim_t  *claim;                /* or NULL */
} device_enrollment_t;

device_reason_t device_enroll(const device_place_t *place,
    const device_enrollment_t *enrollment, device_outcome_t *outcome,
    device_error_t *error);

/*
 * Another name for a device that was sold: what it has under its current one
 * goes, that name stays its for good and is nobody's else, and an enrolment
 * finds the new one by the first (epoch 0), which says the epoch that counts.
 *
 * current is the value that the device enrols at now; root the value of
 * epoch 0, which may be the same (then root->key == current->key); fresh the
 * one of enrollment->epoch.  All that may refuse an enrolment may refuse this;
 * TOO_MANY_ENROLLMENTS where the current name is younger than `interval`
 * seconds; BUSY where one of the values is not what the caller chose them by.
 * With OK all three outcomes are to be stored (root's where it is another
 * key), and fresh's is the reply's.
 */
typedef struct {
    const device_place_t  *root;
    const device_place_t  *current;
    const device_place_t  *fresh;
    uint32_t               interval;
} device_rename_t;

typedef struct {
    device_outcome_t  root;
    device_outcome_t  current;
    device_outcome_t  fresh;
} device_renamed_t;

device_reason_t device_rename(const device_rename_t *rename,
    const device_enrollment_t *enrollment, device_renamed_t *renamed,
    device_error_t *error);

/* POST /v1/key: signed by the active key, makes a pending one.  UNKNOWN_KEY,
 * SUSPENDED, STALE_SIGNATURE, RE_ENROLL, TOO_MANY_ENROLLMENTS. */
device_reason_t device_rotate(const device_place_t *place,
    const device_claim_t *claim, const device_enrollment_t *enrollment,
    device_outcome_t *outcome, device_error_t *error);

/* SUSPENDED, by the operator, alone or with all of its issuer's; or OK.
 * Whatever changes a value asks it by itself; a GET, which changes none, does
 * it here. */
device_reason_t device_check_state(const store_device_t *device,
    const store_issuers_t *issuers, device_error_t *error);


typedef enum {
    DEVICE_REPLACE = 1,              /* PUT */
    DEVICE_MERGE,                    /* PATCH */
    DEVICE_WITHDRAW                  /* DELETE */
} device_method_t;

/*
 * Applies an update (NULL for DEVICE_WITHDRAW).  First the claim: the
 * generation must be that of the active key, or of the pending one that has
 * not expired, which then becomes the active one; created must be above its
 * last_created, else STALE_SIGNATURE (outcome->last_created tells), or
 * RE_ENROLL where last_created lies beyond the window.  Then:
 *
 *   PUT    replaces all RRsets of the doors RECORDS; other doors stay.
 *   PATCH  replaces the RRsets named, removes those with count 0, and renews
 *          the lease of the rest of the registration (not of RRsets with a
 *          lease of their own).
 *   DELETE removes every RRset of every door; header and last stay.
 *
 * Addresses: SET replaces the family's RRset and renews it; NONE removes it;
 * KEEP leaves RRset and expiry as they are.  The lease where not stated: that
 * of the registration before, within the zone's bounds, or the zone's default.
 * Expired RRsets are dropped on the way, before anything is renewed.
 * TOO_MUCH where the whole passes a limit of the zone; never for DELETE.
 */
device_reason_t device_apply(const device_place_t *place,
    const device_zone_t *zone, const device_claim_t *claim,
    device_method_t method, const device_change_t *change,
    device_outcome_t *outcome, device_error_t *error);

/*
 * Sweeping: drops expired RRsets and an expired pending key.  A name whose
 * reservation has run out (seen + zone->reserve, all leases over, no key
 * pending) is to be deleted: *gone.  A suspended device is never gone.  Values
 * of other kinds are left alone; STORE_UNAVAILABLE for a damaged one.
 */
device_reason_t device_sweep(const device_place_t *place,
    const device_zone_t *zone, device_outcome_t *outcome, bool *gone);

/*
 * Which of the device's keys has this tag: the active one, or the pending one
 * not expired; NULL where none.  Two keys of one tag: active first.
 */
const store_device_key_t *device_key_find(const store_device_t *device,
    const uint8_t tag[DEVICE_TAG_LEN], int64_t now);


#endif /* DEVICE_TRANSACTION_H */
