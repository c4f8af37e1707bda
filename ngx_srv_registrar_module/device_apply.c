
/*
 * PUT, PATCH and DELETE of a registration.
 *
 * Enters: a verified claim and an update that has passed every check which
 * needs no stored state.  Leaves: the whole new value, or a reason.  Always:
 * nothing is half applied, the claim is spent in the same put as its effect
 * (also where the effect is none), and what has expired never comes back by a
 * refresh.  Pure; any thread.
 */

#include <string.h>

#include "device_claim.h"
#include "device_draft.h"


/* What enrolment may add to a value: a pending key with the largest public
 * key takes about 90 bytes.  A registration that filled a value to the brim
 * would lock its device out of every new key. */
#define KEY_ROOM   128


/* The leases that one update hands out. */
typedef struct {
    device_draft_t  *draft;
    uint32_t         ttl;            /* of the address RRsets, s */
    int64_t          lease_end;      /* of the registration */
} apply_t;


static device_reason_t apply_claim(device_draft_t *draft,
    const device_claim_t *claim, device_outcome_t *outcome,
    device_error_t *error);
static void apply_update(device_draft_t *draft, const device_zone_t *zone,
    device_method_t method, const device_update_t *update);
static uint32_t apply_lease(const device_draft_t *draft,
    const device_zone_t *zone, const device_update_t *update);
static bool apply_keep_doors(const device_draft_t *draft,
    const store_rrset_t *rrset);
static void apply_renew(const apply_t *apply, const device_update_t *update);
static void apply_wish(const apply_t *apply, const device_wish_t *wish);
static void apply_address(const apply_t *apply,
    const device_address_wish_t *wish, uint16_t type, uint8_t len);
static device_reason_t apply_limits(const device_draft_t *draft,
    const device_zone_t *zone, device_error_t *error);
static device_reason_t apply_seal(device_draft_t *draft,
    const device_zone_t *zone, device_method_t method,
    device_outcome_t *outcome, device_error_t *error);


device_reason_t
device_apply(const device_place_t *place, const device_zone_t *zone,
    const device_claim_t *claim, device_method_t method,
    const device_update_t *update, device_outcome_t *outcome,
    device_error_t *error)
{
    device_draft_t   draft;
    device_reason_t  reason;

    memset(outcome, 0, sizeof(*outcome));

    reason = device_draft_open(&draft, place, error);

    if (reason == DEVICE_OK) {
        reason = apply_claim(&draft, claim, outcome, error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (method == DEVICE_WITHDRAW) {
        draft.nrrsets = 0;
        draft.device.lease_end = 0;

    } else {
        apply_update(&draft, zone, method, update);
        reason = apply_limits(&draft, zone, error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    return apply_seal(&draft, zone, method, outcome, error);
}


/* What a device signed last is told only to a key that is its own. */
static device_reason_t
apply_claim(device_draft_t *draft, const device_claim_t *claim,
    device_outcome_t *outcome, device_error_t *error)
{
    int64_t              now = draft->place->now;
    device_reason_t      reason;
    store_device_key_t  *key;

    reason = device_claim_key(&draft->device, claim, now, &key, error);

    if (reason == DEVICE_OK) {
        reason = device_claim_check(key, claim, now, outcome, error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    device_claim_accept(&draft->device, key, claim);
    draft->device.seen = now;

    return DEVICE_OK;
}


static void
apply_update(device_draft_t *draft, const device_zone_t *zone,
    device_method_t method, const device_update_t *update)
{
    size_t           i;
    apply_t          apply;
    store_device_t  *device;

    device = &draft->device;
    device->lease = apply_lease(draft, zone, update);
    device->lease_end = device_time_add(draft->place->now, device->lease);

    apply.draft = draft;
    apply.ttl = zone->ttl;
    apply.lease_end = device->lease_end;

    /* what has expired goes before anything is renewed: whether a refresh
     * brought it back must not hang on when the sweep came by */

    device_draft_filter(draft, device_draft_live);

    if (method == DEVICE_REPLACE) {
        device_draft_filter(draft, apply_keep_doors);

    } else {
        apply_renew(&apply, update);
    }

    for (i = 0; i < update->nwishes; i++) {
        apply_wish(&apply, &update->wishes[i]);
    }

    apply_address(&apply, &update->ipv4, DEVICE_TYPE_A, 4);
    apply_address(&apply, &update->ipv6, DEVICE_TYPE_AAAA, 16);
}


/* A lease from before is cut to the bounds of today: the operator may have
 * changed them.  A stated one has been already. */
static uint32_t
apply_lease(const device_draft_t *draft, const device_zone_t *zone,
    const device_update_t *update)
{
    uint32_t  lease;

    if (update->lease > 0) {
        return update->lease;
    }

    lease = draft->device.lease;

    if (lease == 0) {
        return zone->lease_default;
    }

    if (lease < zone->lease_min) {
        return zone->lease_min;
    }

    return lease < zone->lease_max ? lease : zone->lease_max;
}


/* A filter: a PUT is the whole of what PUT and PATCH wrote, and says nothing
 * about the rest (an ACME challenge in flight). */
static bool
apply_keep_doors(const device_draft_t *draft, const store_rrset_t *rrset)
{
    (void) draft;

    return rrset->door != STORE_DOOR_RECORDS;
}


/* An RRset with a lease of its own was meant to end by itself, and one of
 * another door is that door's to renew.  Addresses below the FQDN are renewed
 * from where they were set only: a device that has moved must not keep what
 * is somebody else's by now. */
static void
apply_renew(const apply_t *apply, const device_update_t *update)
{
    size_t          i;
    store_rrset_t  *rrset;

    for (i = 0; i < apply->draft->nrrsets; i++) {
        rrset = &apply->draft->rrsets[i];

        if (rrset->door == STORE_DOOR_RECORDS && !rrset->own_lease
            && device_address_vouches(&update->source, rrset))
        {
            rrset->expires = apply->lease_end;
        }
    }
}


/* A wish names its RRset, so it takes it over from any other door. */
static void
apply_wish(const apply_t *apply, const device_wish_t *wish)
{
    store_rrset_t  rrset;

    rrset = wish->rrset;

    if (rrset.count == 0) {
        device_draft_remove(apply->draft, rrset.owner, rrset.type);
        return;
    }

    rrset.door = STORE_DOOR_RECORDS;
    rrset.own_lease = (wish->lease > 0);
    rrset.expires = rrset.own_lease
                    ? device_time_add(apply->draft->place->now, wish->lease)
                    : apply->lease_end;

    device_draft_set(apply->draft, &rrset);
}


static void
apply_address(const apply_t *apply, const device_address_wish_t *wish,
    uint16_t type, uint8_t len)
{
    uint8_t        *start, *at;
    store_rr_t      rr;
    store_span_t    name = { NULL, 0 };
    store_rrset_t   rrset;

    /* Each family has its own expiry: what keeps one of them leaves its lease
     * to run out, so that an address from which the device never speaks any
     * more does not stay published. */

    if (wish->mode == DEVICE_ADDRESS_NONE) {
        device_draft_remove(apply->draft, name, type);
        return;
    }

    if (wish->mode != DEVICE_ADDRESS_SET) {
        return;
    }

    start = apply->draft->addresses[type == DEVICE_TYPE_A ? 0 : 1];
    at = start;

    rr.data = wish->address.bytes;
    rr.len = len;
    rr.splice = -1;

    if (!store_rr_write(&at, start + sizeof(apply->draft->addresses[0]), &rr)) {
        apply->draft->overflow = true;
        return;
    }

    memset(&rrset, 0, sizeof(rrset));
    rrset.owner = name;
    rrset.type = type;
    rrset.ttl = apply->ttl;
    rrset.expires = apply->lease_end;
    rrset.door = STORE_DOOR_ADDRESS;
    rrset.count = 1;
    rrset.rrs.data = start;
    rrset.rrs.len = (size_t) (at - start);

    device_draft_set(apply->draft, &rrset);
}


/* Limits hold for what would stand in the store, not for what was sent: many
 * small PATCHes are one large PUT. */
static device_reason_t
apply_limits(const device_draft_t *draft, const device_zone_t *zone,
    device_error_t *error)
{
    char                  owner[DEVICE_NAME_TEXT_MAX];
    size_t                i;
    const char           *type;
    const store_rrset_t  *rrset;

    if (draft->nrrsets > zone->max_rrsets) {
        return device_refuse(error, DEVICE_TOO_MUCH, "records",
                             "%zu RRsets; a device may have %u",
                             draft->nrrsets, (unsigned) zone->max_rrsets);
    }

    for (i = 0; i < draft->nrrsets; i++) {
        rrset = &draft->rrsets[i];

        if (rrset->count > zone->max_rrs) {
            device_owner_write(owner, rrset->owner);
            type = device_type_name(rrset->type);

            return device_refuse(error, DEVICE_TOO_MUCH, "records",
                                 "%u RRs of type %s at %.100s; an RRset may "
                                 "have %u", (unsigned) rrset->count,
                                 type != NULL ? type : "?", owner,
                                 (unsigned) zone->max_rrs);
        }
    }

    return DEVICE_OK;
}


static device_reason_t
apply_seal(device_draft_t *draft, const device_zone_t *zone,
    device_method_t method, device_outcome_t *outcome, device_error_t *error)
{
    size_t  room;

    room = STORE_VALUE_MAX - KEY_ROOM;

    if (zone->max_bytes < room) {
        room = zone->max_bytes;
    }

    /* DELETE only takes away: the way out of every limit */

    if (!device_draft_seal(draft, outcome)
        || (method != DEVICE_WITHDRAW && outcome->bytes.len > room))
    {
        memset(outcome, 0, sizeof(*outcome));

        return device_refuse(error, DEVICE_TOO_MUCH, "records",
                             "the registration takes more than %zu bytes",
                             room);
    }

    outcome->dns_changed = device_draft_differs(draft);

    return DEVICE_OK;
}
