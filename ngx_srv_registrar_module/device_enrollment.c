
/*
 * Enrolment and rotation: a new key for a name, without harm to the one that
 * works.
 *
 * The new key is always the pending one; only its first use retires the
 * active one (device_claim.c).  So a lost reply costs nothing, and who enrols
 * with a cloned certificate takes nothing away before it signs with the key
 * that it got.  The policies therefore protect an active key and nothing
 * else: a device whose first reply was lost has none, and enrols again.
 * Pure; any thread.
 */

#include <inttypes.h>
#include <string.h>

#include "device_claim.h"
#include "device_door.h"
#include "device_draft.h"


static device_reason_t rename_root(const device_rename_t *rename,
    const device_enrollment_t *enrollment, device_renamed_t *renamed,
    device_error_t *error);
static device_reason_t rename_current(const device_rename_t *rename,
    const device_enrollment_t *enrollment, device_renamed_t *renamed,
    device_error_t *error);
static device_reason_t enrollment_check(device_draft_t *draft,
    const device_enrollment_t *enrollment, device_outcome_t *outcome,
    device_error_t *error);
static device_reason_t enrollment_policy(store_device_t *device,
    const device_enrollment_t *enrollment, int64_t now,
    device_outcome_t *outcome, device_error_t *error);
static device_reason_t enrollment_proof(store_device_t *device,
    const device_claim_t *claim, int64_t now, device_outcome_t *outcome,
    device_error_t *error);
static device_reason_t enrollment_limit(store_device_t *device,
    const device_enrollment_t *enrollment, int64_t now,
    device_outcome_t *outcome, device_error_t *error);
static device_reason_t enrollment_seal(device_draft_t *draft,
    const device_enrollment_t *enrollment, device_outcome_t *outcome,
    device_error_t *error);


device_reason_t
device_enroll(const device_place_t *place,
    const device_enrollment_t *enrollment, device_outcome_t *outcome,
    device_error_t *error)
{
    device_draft_t   draft;
    device_reason_t  reason;

    memset(outcome, 0, sizeof(*outcome));

    reason = device_draft_open(&draft, place, error);

    if (reason == DEVICE_OK) {
        reason = enrollment_check(&draft, enrollment, outcome, error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    memcpy(draft.device.identity, enrollment->identity, STORE_IDENTITY_LEN);
    draft.device.epoch = enrollment->epoch;
    draft.device.issuer = enrollment->issuer;

    return enrollment_seal(&draft, enrollment, outcome, error);
}


device_reason_t
device_rename(const device_rename_t *rename,
    const device_enrollment_t *enrollment, device_renamed_t *renamed,
    device_error_t *error)
{
    bool             same;
    device_draft_t   draft;
    device_reason_t  reason;

    memset(renamed, 0, sizeof(*renamed));

    same = rename->root->key == rename->current->key;
    reason = same ? DEVICE_OK : rename_root(rename, enrollment, renamed,
                                            error);

    if (reason == DEVICE_OK) {
        reason = rename_current(rename, enrollment, renamed, error);
    }

    if (reason == DEVICE_OK) {
        reason = device_draft_open(&draft, rename->fresh, error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (draft.found != DEVICE_DRAFT_ABSENT) {
        return device_refuse(error, DEVICE_LABEL_TAKEN, NULL,
                             "the new name is taken");
    }

    memcpy(draft.device.identity, enrollment->identity, STORE_IDENTITY_LEN);
    draft.device.epoch = enrollment->epoch;
    draft.device.issuer = enrollment->issuer;
    draft.device.enroll_limit = renamed->current.device.enroll_limit;

    return enrollment_seal(&draft, enrollment, &renamed->fresh, error);
}


/* The first name only says where to go on. */
static device_reason_t
rename_root(const device_rename_t *rename,
    const device_enrollment_t *enrollment, device_renamed_t *renamed,
    device_error_t *error)
{
    device_draft_t   draft;
    device_reason_t  reason;

    reason = device_draft_open(&draft, rename->root, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (draft.found != DEVICE_DRAFT_DEVICE
        || draft.device.state != STORE_DEVICE_MOVED
        || draft.device.epoch != enrollment->epoch - 1
        || memcmp(draft.device.identity, enrollment->identity,
                  STORE_IDENTITY_LEN) != 0)
    {
        return device_refuse(error, DEVICE_BUSY, NULL,
                             "the name has changed meanwhile");
    }

    draft.device.epoch = enrollment->epoch;

    return device_draft_seal(&draft, &renamed->root) ? DEVICE_OK
                                                     : DEVICE_INTERNAL;
}


/* What is left of the current name: that it is nobody's. */
static device_reason_t
rename_current(const device_rename_t *rename,
    const device_enrollment_t *enrollment, device_renamed_t *renamed,
    device_error_t *error)
{
    int64_t          now = rename->current->now, due;
    device_draft_t   draft;
    device_reason_t  reason;
    store_device_t  *device = &draft.device;

    reason = device_draft_open(&draft, rename->current, error);

    if (reason == DEVICE_OK) {
        reason = enrollment_check(&draft, enrollment, &renamed->fresh, error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (draft.found != DEVICE_DRAFT_DEVICE
        || device->epoch != enrollment->epoch - 1)
    {
        return device_refuse(error, DEVICE_BUSY, NULL,
                             "the name has changed meanwhile");
    }

    due = device_time_add(device->enrolled, rename->interval);

    if (due > now) {
        renamed->fresh.retry_after = due - now;

        return device_refuse(error, DEVICE_TOO_MANY_ENROLLMENTS, NULL,
                             "the name is too new: try again in %" PRId64
                             " seconds", due - now);
    }

    draft.nrrsets = 0;
    device->state = STORE_DEVICE_MOVED;
    device->epoch = enrollment->epoch;
    device->lease_end = 0;
    device->has_active = false;
    device->has_pending = false;
    memset(&device->active, 0, sizeof(device->active));
    memset(&device->pending, 0, sizeof(device->pending));
    memset(&device->acme_dns, 0, sizeof(device->acme_dns));
    memset(&device->dyndns2, 0, sizeof(device->dyndns2));

    return device_draft_finish(&draft, NULL, &renamed->current, error);
}


device_reason_t
device_rotate(const device_place_t *place, const device_claim_t *claim,
    const device_enrollment_t *enrollment, device_outcome_t *outcome,
    device_error_t *error)
{
    int64_t              now = place->now;
    device_draft_t       draft;
    device_reason_t      reason;
    store_device_key_t  *key;

    memset(outcome, 0, sizeof(*outcome));

    reason = device_draft_open(&draft, place, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = device_claim_key(&draft.device, claim, place, &key, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    /* a pending key that made a pending key would replace itself */

    if (key != &draft.device.active) {
        return device_refuse(error, DEVICE_UNKNOWN_KEY, NULL,
                             "the key is pending: register with it first");
    }

    reason = device_claim_check(key, claim, now, outcome, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = enrollment_limit(&draft.device, enrollment, now, outcome, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    device_claim_accept(&draft.device, key, claim);

    return enrollment_seal(&draft, enrollment, outcome, error);
}


/* The policies hold here too: where a certificate alone may not replace the
 * key in use, it gets no password either. */
device_reason_t
device_door_register(const device_place_t *place,
    const device_enrollment_t *enrollment, uint16_t secret,
    device_outcome_t *outcome, device_error_t *error)
{
    device_draft_t   draft;
    device_reason_t  reason;
    store_device_t  *device;

    memset(outcome, 0, sizeof(*outcome));

    reason = device_draft_open(&draft, place, error);

    if (reason == DEVICE_OK) {
        reason = enrollment_check(&draft, enrollment, outcome, error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    device = &draft.device;

    memcpy(device->identity, enrollment->identity, STORE_IDENTITY_LEN);
    device->epoch = enrollment->epoch;
    device->issuer = enrollment->issuer;
    device->seen = place->now;

    if (draft.found == DEVICE_DRAFT_ABSENT) {
        device->enrolled = place->now;
    }

    device_credential_issue(&device->acme_dns, secret, place->now);

    if (!device_draft_seal(&draft, outcome)) {
        return device_refuse(error, DEVICE_TOO_MUCH, NULL,
                             "the registration leaves no room");
    }

    outcome->created = (draft.found == DEVICE_DRAFT_ABSENT);

    return DEVICE_OK;
}


/* All that may refuse an enrolment.  Changes the draft's device alone: what
 * the proof and the limit leave behind is stored only with the new key. */
static device_reason_t
enrollment_check(device_draft_t *draft, const device_enrollment_t *enrollment,
    device_outcome_t *outcome, device_error_t *error)
{
    int64_t          now = draft->place->now;
    device_reason_t  reason;
    store_device_t  *device;

    device = &draft->device;

    if (draft->found == DEVICE_DRAFT_FOREIGN) {
        return device_refuse(error, DEVICE_LABEL_TAKEN, NULL,
                             "the name belongs to the zone");
    }

    if (store_issuer_suspended(draft->place->issuers, enrollment->issuer)) {
        return device_refuse(error, DEVICE_SUSPENDED, NULL,
                             "the operator has suspended the issuer of this "
                             "certificate");
    }

    if (draft->found == DEVICE_DRAFT_DEVICE) {

        if (memcmp(device->identity, enrollment->identity,
                   STORE_IDENTITY_LEN) != 0)
        {
            return device_refuse(error, DEVICE_LABEL_TAKEN, NULL,
                                 "the name belongs to another device");
        }

        /* renamed between the caller's look and the transaction */

        if (device->state == STORE_DEVICE_MOVED) {
            return device_refuse(error, DEVICE_BUSY, NULL,
                                 "the name has changed meanwhile");
        }

        /* Another issuer than the suspended one does not help: who enrolled
         * with the stolen one may hold the key in use. */

        reason = device_check_state(device, draft->place->issuers, error);

        if (reason != DEVICE_OK) {
            return reason;
        }

        reason = enrollment_policy(device, enrollment, now, outcome, error);

        if (reason != DEVICE_OK) {
            return reason;
        }
    }

    return enrollment_limit(device, enrollment, now, outcome, error);
}


static device_reason_t
enrollment_policy(store_device_t *device,
    const device_enrollment_t *enrollment, int64_t now,
    device_outcome_t *outcome, device_error_t *error)
{
    if (!device->has_active) {
        return DEVICE_OK;
    }

    switch (enrollment->policy) {

    case DEVICE_REENROLL_ALWAYS:
        return DEVICE_OK;

    case DEVICE_REENROLL_PROOF:
        return enrollment_proof(device, enrollment->claim, now, outcome,
                                error);

    case DEVICE_REENROLL_EXPIRED:
        break;
    }

    /* also of a policy that is none: fail closed */

    if (device->lease_end > now) {
        outcome->retry_after = device->lease_end - now;

        return device_refuse(error, DEVICE_ENROLLED_ALREADY, NULL,
                             "the registration lives for another %" PRId64
                             " seconds", outcome->retry_after);
    }

    return DEVICE_OK;
}


static device_reason_t
enrollment_proof(store_device_t *device, const device_claim_t *claim,
    int64_t now, device_outcome_t *outcome, device_error_t *error)
{
    device_reason_t  reason;

    if (claim == NULL
        || memcmp(claim->generation, device->active.generation,
                  STORE_GENERATION_LEN) != 0)
    {
        return device_refuse(error, DEVICE_PROOF_REQUIRED, NULL,
                             "enrolling again needs a signature by the key "
                             "in use");
    }

    reason = device_claim_check(&device->active, claim, now, outcome, error);

    if (reason == DEVICE_OK) {
        device_claim_accept(device, &device->active, claim);
    }

    return reason;
}


/*
 * The rate of enrolments, by GCRA.  enroll_limit is the theoretical arrival
 * time: when the next enrolment would be due if they came evenly, one an
 * interval.  It may run ahead of now by interval * (burst - 1) at most, so
 * `burst` come through at once and then one an interval.
 *
 * A full bucket stands at interval * burst ahead: a value beyond that comes
 * of a clock set back or a limit that was lowered, and is cut to it, so that
 * nobody is locked out for longer than one interval.
 */
static device_reason_t
enrollment_limit(store_device_t *device,
    const device_enrollment_t *enrollment, int64_t now,
    device_outcome_t *outcome, device_error_t *error)
{
    int64_t   due, full, early;
    uint64_t  interval, burst;

    interval = enrollment->limit_interval;
    burst = enrollment->limit_burst > 0 ? enrollment->limit_burst : 1;

    if (interval == 0) {
        return DEVICE_OK;
    }

    due = device->enroll_limit > now ? device->enroll_limit : now;
    full = device_time_add(now, interval * burst);
    early = device_time_add(now, interval * (burst - 1));

    if (due > full) {
        due = full;
    }

    if (due > early) {
        outcome->retry_after = due - early;

        return device_refuse(error, DEVICE_TOO_MANY_ENROLLMENTS, NULL,
                             "enrolled too often: try again in %" PRId64
                             " seconds", outcome->retry_after);
    }

    device->enroll_limit = device_time_add(due, interval);

    return DEVICE_OK;
}


/* The new key, and what is counted.  RRsets stay as they are, expired ones
 * too: an enrolment changes nothing that DNS shows. */
static device_reason_t
enrollment_seal(device_draft_t *draft, const device_enrollment_t *enrollment,
    device_outcome_t *outcome, device_error_t *error)
{
    int64_t          now = draft->place->now;
    store_device_t  *device;

    device = &draft->device;

    device->pending = enrollment->key;
    device->pending.last_created = 0;
    device->pending.expires = device_time_add(now,
                                              enrollment->pending_lifetime);
    device->has_pending = true;
    device->seen = now;

    if (draft->found == DEVICE_DRAFT_ABSENT) {
        device->enrolled = now;

    } else if (device->rekeyed < UINT16_MAX) {
        device->rekeyed++;
    }

    if (!device_draft_seal(draft, outcome)) {
        return device_refuse(error, DEVICE_TOO_MUCH, NULL,
                             "the registration leaves no room for a key");
    }

    outcome->created = (draft->found == DEVICE_DRAFT_ABSENT);

    return DEVICE_OK;
}
