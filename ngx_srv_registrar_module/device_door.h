
/*
 * What the doors without signatures do to a device's value; the rules of
 * device_transaction.h hold here too.  A caller has checked the credential on
 * a snapshot; the transaction checks that the same one (counter and secret)
 * still stands, and the suspension: else UNKNOWN_KEY or SUSPENDED.
 */

#ifndef DEVICE_DOOR_H
#define DEVICE_DOOR_H


#include "device_credential.h"
#include "device_transaction.h"


/* acme-dns keeps two values; renewals of a name and its wildcard overlap, so
 * four live side by side and a fifth replaces the oldest. */
#define DEVICE_CHALLENGES_MAX  4
#define DEVICE_CHALLENGE_LEN   43    /* base64url of SHA-256, RFC 8555 8.4 */


typedef struct {
    uint8_t             door;        /* store_door_t */
    store_credential_t  credential;  /* that was checked */
} device_door_claim_t;


/*
 * Adds a TXT value at _acme-challenge.  The RRset has one lease (its own),
 * renewed by each write; a value that is there already becomes the newest.
 * Values are stored oldest first.
 */
device_reason_t device_door_challenge(const device_place_t *place,
    const device_zone_t *zone, const device_door_claim_t *claim,
    const char value[DEVICE_CHALLENGE_LEN], uint32_t lease,
    device_outcome_t *outcome, device_error_t *error);

/*
 * Sets, keeps or removes the addresses of the FQDN; families are independent.
 * The RRset that is set gets a lease of its own (door DYNDNS2): such clients
 * speak only when something changes.
 */
device_reason_t device_door_address(const device_place_t *place,
    const device_zone_t *zone, const device_door_claim_t *claim,
    const device_address_wish_t *ipv4, const device_address_wish_t *ipv6,
    uint32_t lease, device_outcome_t *outcome, device_error_t *error);


/*
 * POST /v1/credentials: issues or rotates credentials of doors, bit masks of
 * (1 << store_door_t).  Issuing one that is there changes nothing; rotating
 * one that is not there issues it.  Signed: the claim's rules as for
 * device_apply.  secret: the number of the newest key secret.
 */
device_reason_t device_credentials(const device_place_t *place,
    const device_claim_t *claim, uint32_t issue, uint32_t rotate,
    uint16_t secret, device_outcome_t *outcome, device_error_t *error);

/*
 * acme-dns's /register with a client certificate: issues the credential for
 * an identity, and makes the device (without a key) where it is not there.
 * LABEL_TAKEN, SUSPENDED, PROOF_REQUIRED, ENROLLED_ALREADY and
 * TOO_MANY_ENROLLMENTS as in device_enroll.
 */
device_reason_t device_door_register(const device_place_t *place,
    const device_enrollment_t *enrollment, uint16_t secret,
    device_outcome_t *outcome, device_error_t *error);


#endif /* DEVICE_DOOR_H */
