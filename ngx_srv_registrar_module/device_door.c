
/*
 * What acme-dns and dyndns2 clients write, and the credentials that let them.
 *
 * Enters: a claim that was checked on a snapshot.  Leaves: the whole new
 * value, or a reason.  Always: the claim still stands in the value that is
 * written; RRsets of other doors stay, but for the one that is written; what
 * has expired goes before anything is renewed.  Pure; any thread.
 */

#include "device_door.h"

#include <string.h>

#include "device_claim.h"
#include "device_draft.h"


/* As acme-dns serves it: a CA that has asked for one of a name's values must
 * not be told the old ones by its cache when it asks for the next. */
#define CHALLENGE_TTL   1


static device_reason_t door_open(device_draft_t *draft,
    const device_place_t *place, const device_door_claim_t *claim,
    device_outcome_t *outcome, device_error_t *error);
static bool challenge_write(uint8_t *rrs, store_rrset_t *rrset,
    const store_rrset_t *old, const store_rr_t *latest, size_t most);
static bool challenge_is(const store_rr_t *a, const store_rr_t *b);


device_reason_t
device_door_challenge(const device_place_t *place, const device_zone_t *zone,
    const device_door_claim_t *claim, const char value[DEVICE_CHALLENGE_LEN],
    uint32_t lease, device_outcome_t *outcome, device_error_t *error)
{
    bool             found;
    size_t           most;
    uint8_t          rdata[1 + DEVICE_CHALLENGE_LEN], rrs[STORE_VALUE_MAX];
    store_rr_t       latest = { rdata, sizeof(rdata), -1 };
    store_rrset_t    rrset, old;
    device_draft_t   draft;
    device_reason_t  reason;

    static const uint8_t  owner[] = "\17_acme-challenge";

    reason = door_open(&draft, place, claim, outcome, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    memset(&rrset, 0, sizeof(rrset));
    rrset.owner = (store_span_t) { owner, sizeof(owner) - 1 };
    rrset.type = DEVICE_TYPE_TXT;
    rrset.ttl = CHALLENGE_TTL;
    rrset.expires = device_time_add(place->now, lease);
    rrset.door = STORE_DOOR_ACME_DNS;
    rrset.own_lease = true;

    rdata[0] = DEVICE_CHALLENGE_LEN;
    memcpy(rdata + 1, value, DEVICE_CHALLENGE_LEN);

    /* values that came through /v1/records are taken over: a client of each
     * door may be at work for one name */

    found = store_rrset_find(&draft.old, rrset.owner, DEVICE_TYPE_TXT, &old)
            && store_rrset_live(&old, place->now);

    most = zone->max_rrs < DEVICE_CHALLENGES_MAX ? zone->max_rrs
                                                 : DEVICE_CHALLENGES_MAX;

    if (!challenge_write(rrs, &rrset, found ? &old : NULL, &latest, most)) {
        draft.overflow = true;
    }

    device_draft_set(&draft, &rrset);

    return device_draft_finish(&draft, zone, outcome, error);
}


/*
 * The old RRs without the latest one, less the oldest where they are too many,
 * then the latest.  So the place in the RRset says how old a value is.
 */
static bool
challenge_write(uint8_t *rrs, store_rrset_t *rrset, const store_rrset_t *old,
    const store_rr_t *latest, size_t most)
{
    size_t           left;
    uint8_t         *at;
    store_rr_t       rr;
    store_rr_iter_t  iter;

    at = rrs;
    left = 0;
    rrset->count = 0;

    if (old != NULL) {
        store_rr_begin(&iter, old);

        while (store_rr_next(&iter, &rr)) {
            left += !challenge_is(&rr, latest);
        }

        store_rr_begin(&iter, old);

        while (store_rr_next(&iter, &rr)) {

            if (challenge_is(&rr, latest) || left-- >= most) {
                continue;
            }

            if (!store_rr_write(&at, rrs + STORE_VALUE_MAX, &rr)) {
                return false;
            }

            rrset->count++;
        }
    }

    if (!store_rr_write(&at, rrs + STORE_VALUE_MAX, latest)) {
        return false;
    }

    rrset->count++;
    rrset->rrs.data = rrs;
    rrset->rrs.len = (size_t) (at - rrs);

    return true;
}


static bool
challenge_is(const store_rr_t *a, const store_rr_t *b)
{
    return a->len == b->len && a->splice == b->splice
           && memcmp(a->data, b->data, a->len) == 0;
}


device_reason_t
device_door_address(const device_place_t *place, const device_zone_t *zone,
    const device_door_claim_t *claim, const device_address_wish_t *ipv4,
    const device_address_wish_t *ipv6, uint32_t lease,
    device_outcome_t *outcome, device_error_t *error)
{
    store_rrset_t    like;
    device_draft_t   draft;
    device_reason_t  reason;

    reason = door_open(&draft, place, claim, outcome, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    memset(&like, 0, sizeof(like));
    like.ttl = zone->ttl;
    like.expires = device_time_add(place->now, lease);
    like.door = STORE_DOOR_DYNDNS2;
    like.own_lease = true;

    device_draft_address(&draft, ipv4, 4, &like);
    device_draft_address(&draft, ipv6, 6, &like);

    return device_draft_finish(&draft, zone, outcome, error);
}


/* Between the check and the transaction the device may have rotated the
 * credential, and the operator may have suspended the device. */
static device_reason_t
door_open(device_draft_t *draft, const device_place_t *place,
    const device_door_claim_t *claim, device_outcome_t *outcome,
    device_error_t *error)
{
    device_reason_t            reason;
    const store_credential_t  *credential;

    memset(outcome, 0, sizeof(*outcome));

    reason = device_draft_open(draft, place, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    credential = device_credential_find(&draft->device, claim->door);

    if (draft->found != DEVICE_DRAFT_DEVICE
        || credential == NULL || credential->counter == 0
        || credential->counter != claim->credential.counter
        || credential->secret != claim->credential.secret)
    {
        return device_refuse(error, DEVICE_UNKNOWN_KEY, NULL,
                             "no such credential is known");
    }

    reason = device_check_state(&draft->device, place->issuers, error);

    if (reason == DEVICE_OK) {
        draft->device.seen = place->now;
        device_draft_filter(draft, device_draft_live);
    }

    return reason;
}


device_reason_t
device_credentials(const device_place_t *place, const device_claim_t *claim,
    uint32_t issue, uint32_t rotate, uint16_t secret,
    device_outcome_t *outcome, device_error_t *error)
{
    device_draft_t   draft;
    device_reason_t  reason;

    memset(outcome, 0, sizeof(*outcome));

    reason = device_draft_open(&draft, place, error);

    if (reason == DEVICE_OK) {
        reason = device_claim_spend(&draft.device, claim, place, outcome,
                                    error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (rotate & 1u << STORE_DOOR_ACME_DNS) {
        device_credential_rotate(&draft.device.acme_dns, secret, place->now);

    } else if (issue & 1u << STORE_DOOR_ACME_DNS) {
        device_credential_issue(&draft.device.acme_dns, secret, place->now);
    }

    if (rotate & 1u << STORE_DOOR_DYNDNS2) {
        device_credential_rotate(&draft.device.dyndns2, secret, place->now);

    } else if (issue & 1u << STORE_DOOR_DYNDNS2) {
        device_credential_issue(&draft.device.dyndns2, secret, place->now);
    }

    /* RRsets stay as they are, expired ones too: DNS shows the same */

    if (!device_draft_seal(&draft, outcome)) {
        return device_refuse(error, DEVICE_TOO_MUCH, NULL,
                             "the registration leaves no room for a "
                             "credential");
    }

    return DEVICE_OK;
}
