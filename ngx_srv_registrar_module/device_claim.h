
/*
 * What a verified signature may do: which key it names, and whether it comes
 * after all that this key has signed before.  Internal to the
 * device_transaction.h family; the replay rule stands here and nowhere else.
 */

#ifndef DEVICE_CLAIM_H
#define DEVICE_CLAIM_H


#include "device_transaction.h"


/*
 * The key of the device that a claim was verified with: the active one, or the
 * pending one that has not expired.  UNKNOWN_KEY, SUSPENDED or OK, in this
 * order: nobody learns that a name is suspended whose key is not known to be
 * the device's.
 */
device_reason_t device_claim_key(store_device_t *device,
    const device_claim_t *claim, const device_place_t *place,
    store_device_key_t **key, device_error_t *error);

/* The pending key is there and may be used. */
bool device_pending_usable(const store_device_t *device, int64_t now);

/*
 * The replay rule for a key of the device: OK, STALE_SIGNATURE or RE_ENROLL;
 * outcome->last_created is set with the latter two.
 */
device_reason_t device_claim_check(const store_device_key_t *key,
    const device_claim_t *claim, int64_t now, device_outcome_t *outcome,
    device_error_t *error);

/*
 * Takes note of an accepted claim: the key's last_created, and where it is the
 * pending one it becomes the active one.  key is the device's own and not to
 * be used afterwards.
 */
void device_claim_accept(store_device_t *device, store_device_key_t *key,
    const device_claim_t *claim);

/*
 * All of it for a request that any key of the device may sign: finds the key,
 * checks state and replay, accepts.  UNKNOWN_KEY, SUSPENDED, STALE_SIGNATURE,
 * RE_ENROLL or OK; device is changed only with OK.
 */
device_reason_t device_claim_spend(store_device_t *device,
    const device_claim_t *claim, const device_place_t *place,
    device_outcome_t *outcome, device_error_t *error);


#endif /* DEVICE_CLAIM_H */
