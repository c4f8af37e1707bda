
/*
 * Keys and replay.
 *
 * There is no table of nonces: a key's last accepted `created` lies in the
 * same value as the effect of the request and is stored in the same put, so
 * it survives whatever the effect survives.  A signature counts once, and none
 * that is older than the last one counts at all.  Pure; any thread.
 */

#include "device_claim.h"

#include <inttypes.h>
#include <string.h>

#include "device_signature.h"


static store_device_key_t *device_claim_find(store_device_t *device,
    const uint8_t generation[STORE_GENERATION_LEN], int64_t now);
static bool key_has_tag(const store_device_key_t *key,
    const uint8_t tag[DEVICE_TAG_LEN]);


const store_device_key_t *
device_key_find(const store_device_t *device, const uint8_t tag[DEVICE_TAG_LEN],
    int64_t now)
{
    if (device->has_active && key_has_tag(&device->active, tag)) {
        return &device->active;
    }

    if (device_pending_usable(device, now)
        && key_has_tag(&device->pending, tag))
    {
        return &device->pending;
    }

    return NULL;
}


static bool
key_has_tag(const store_device_key_t *key, const uint8_t tag[DEVICE_TAG_LEN])
{
    uint8_t  own[DEVICE_TAG_LEN];

    return device_generation_tag(own, key->generation)
           && memcmp(own, tag, sizeof(own)) == 0;
}


device_reason_t
device_claim_key(store_device_t *device, const device_claim_t *claim,
    const device_place_t *place, store_device_key_t **key,
    device_error_t *error)
{
    /* a name without a device has no keys: the same refusal */

    *key = device_claim_find(device, claim->generation, place->now);

    if (*key == NULL) {
        return device_refuse(error, DEVICE_UNKNOWN_KEY, NULL,
                             "no such key is known");
    }

    return device_check_state(device, place->issuers, error);
}


static store_device_key_t *
device_claim_find(store_device_t *device,
    const uint8_t generation[STORE_GENERATION_LEN], int64_t now)
{
    if (device->has_active
        && memcmp(device->active.generation, generation,
                  STORE_GENERATION_LEN) == 0)
    {
        return &device->active;
    }

    if (device_pending_usable(device, now)
        && memcmp(device->pending.generation, generation,
                  STORE_GENERATION_LEN) == 0)
    {
        return &device->pending;
    }

    return NULL;
}


bool
device_pending_usable(const store_device_t *device, int64_t now)
{
    return device->has_pending && device->pending.expires > now;
}


device_reason_t
device_check_state(const store_device_t *device,
    const store_issuers_t *issuers, device_error_t *error)
{
    /* also for a state that a later version may add: not served, refused */

    if (device->state != STORE_DEVICE_ACTIVE) {
        return device_refuse(error, DEVICE_SUSPENDED, NULL,
                             "the operator has suspended this device");
    }

    if (store_issuer_suspended(issuers, device->issuer)) {
        return device_refuse(error, DEVICE_SUSPENDED, NULL,
                             "the operator has suspended the issuer of this "
                             "device's certificate");
    }

    return DEVICE_OK;
}


device_reason_t
device_claim_check(const store_device_key_t *key,
    const device_claim_t *claim, int64_t now, device_outcome_t *outcome,
    device_error_t *error)
{
    int64_t  last;

    last = key->last_created;

    if (claim->created > last) {
        return DEVICE_OK;
    }

    outcome->last_created = last;

    /*
     * A device catches up by signing with last + 1, but the window of
     * signatures refuses that while the last one lies beyond it (the clock
     * was set back, or the device's ran ahead of a clock that did): such a
     * key may be of no use for years.
     */

    if (last > now + DEVICE_CREATED_FUTURE
        && (claim->held_wall == 0
            || last > claim->held_wall + DEVICE_CREATED_FUTURE))
    {
        return device_refuse(error, DEVICE_RE_ENROLL, NULL,
                             "the last accepted signature was created at %"
                             PRId64 ", beyond what is accepted now", last);
    }

    return device_refuse(error, DEVICE_STALE_SIGNATURE, NULL,
                         "created %" PRId64 " is not above %" PRId64
                         ", the last one accepted", claim->created, last);
}


void
device_claim_accept(store_device_t *device, store_device_key_t *key,
    const device_claim_t *claim)
{
    key->last_created = claim->created;

    if (key != &device->pending) {
        return;
    }

    /* used, so the device has it: the one before is retired */

    device->active = device->pending;
    device->active.expires = 0;
    device->has_active = true;

    device->has_pending = false;
    memset(&device->pending, 0, sizeof(device->pending));
}


/* What a device signed last is told only to a key that is its own. */
device_reason_t
device_claim_spend(store_device_t *device, const device_claim_t *claim,
    const device_place_t *place, device_outcome_t *outcome,
    device_error_t *error)
{
    device_reason_t      reason;
    store_device_key_t  *key;

    reason = device_claim_key(device, claim, place, &key, error);

    if (reason == DEVICE_OK) {
        reason = device_claim_check(key, claim, place->now, outcome, error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    device_claim_accept(device, key, claim);
    device->seen = place->now;

    return DEVICE_OK;
}
