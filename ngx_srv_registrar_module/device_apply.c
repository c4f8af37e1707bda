
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


/* The leases that one update hands out. */
typedef struct {
    device_draft_t  *draft;
    int64_t          lease_end;      /* of the registration */
} apply_t;


static void apply_update(device_draft_t *draft, const device_zone_t *zone,
    device_method_t method, const device_change_t *change);
static uint32_t apply_lease(const device_draft_t *draft,
    const device_zone_t *zone, const device_change_t *change);
static bool apply_keep_doors(const device_draft_t *draft,
    const store_rrset_t *rrset);
static void apply_renew(const apply_t *apply, const device_change_t *change);
static void apply_wish(const apply_t *apply, const device_wish_t *wish);


device_reason_t
device_apply(const device_place_t *place, const device_zone_t *zone,
    const device_claim_t *claim, device_method_t method,
    const device_change_t *change, device_outcome_t *outcome,
    device_error_t *error)
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

    /* DELETE only takes away: the way out of every limit */

    if (method == DEVICE_WITHDRAW) {
        draft.nrrsets = 0;
        draft.device.lease_end = 0;

        return device_draft_finish(&draft, NULL, outcome, error);
    }

    apply_update(&draft, zone, method, change);

    return device_draft_finish(&draft, zone, outcome, error);
}


static void
apply_update(device_draft_t *draft, const device_zone_t *zone,
    device_method_t method, const device_change_t *change)
{
    size_t           i;
    apply_t          apply;
    store_rrset_t    addresses;
    store_device_t  *device;

    device = &draft->device;
    device->lease = apply_lease(draft, zone, change);
    device->lease_end = device_time_add(draft->place->now, device->lease);

    apply.draft = draft;
    apply.lease_end = device->lease_end;

    /* what has expired goes before anything is renewed: whether a refresh
     * brought it back must not hang on when the sweep came by */

    device_draft_filter(draft, device_draft_live);

    if (method == DEVICE_REPLACE) {
        device_draft_filter(draft, apply_keep_doors);

    } else {
        apply_renew(&apply, change);
    }

    for (i = 0; i < change->nwishes; i++) {
        apply_wish(&apply, &change->wishes[i]);
    }

    memset(&addresses, 0, sizeof(addresses));
    addresses.ttl = zone->ttl;
    addresses.expires = apply.lease_end;
    addresses.door = STORE_DOOR_ADDRESS;

    device_draft_address(draft, &change->ipv4, 4, &addresses);
    device_draft_address(draft, &change->ipv6, 6, &addresses);
}


/* A lease from before is cut to the bounds of today: the operator may have
 * changed them.  A stated one has been already. */
static uint32_t
apply_lease(const device_draft_t *draft, const device_zone_t *zone,
    const device_change_t *change)
{
    uint32_t  lease;

    if (change->lease > 0) {
        return change->lease;
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
apply_renew(const apply_t *apply, const device_change_t *change)
{
    size_t          i;
    store_rrset_t  *rrset;

    for (i = 0; i < apply->draft->nrrsets; i++) {
        rrset = &apply->draft->rrsets[i];

        if (rrset->door == STORE_DOOR_RECORDS && !rrset->own_lease
            && device_address_vouches(&change->source, rrset))
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
