
/*
 * The sweep of one value: what has run out is taken out of the store.
 *
 * Nothing that DNS shows hangs on it: dnsd looks at the leases when it
 * answers.  It gives room back, moves the serial for those who transfer the
 * zone, and frees names at last; and it signs what is due.  Pure; any thread.
 */

#include <string.h>

#include "device_claim.h"
#include "device_draft.h"
#include "device_sign.h"


static bool sweep_gone(const device_draft_t *draft,
    const device_zone_t *zone);


device_reason_t
device_sweep(const device_place_t *place, const device_zone_t *zone,
    device_outcome_t *outcome, bool *gone)
{
    size_t           n;
    bool             due, forgotten;
    device_draft_t   draft;
    device_error_t   error;
    device_reason_t  reason;

    memset(outcome, 0, sizeof(*outcome));
    *gone = false;

    reason = device_draft_open(&draft, place, &error);

    if (reason != DEVICE_OK || draft.found != DEVICE_DRAFT_DEVICE) {
        return reason;
    }

    n = draft.nrrsets;
    device_draft_filter(&draft, device_draft_live);

    forgotten = draft.device.has_pending
                && !device_pending_usable(&draft.device, place->now);

    if (forgotten) {
        draft.device.has_pending = false;
        memset(&draft.device.pending, 0, sizeof(draft.device.pending));
    }

    outcome->device = draft.device;
    outcome->dns_changed = device_draft_differs(&draft);
    due = (place->signer != NULL) ? device_sign_due(place)
                                  : draft.stripped != 0;

    if (sweep_gone(&draft, zone)) {
        *gone = true;
        return DEVICE_OK;
    }

    if (draft.nrrsets == n && !forgotten && !due) {
        return DEVICE_OK;
    }

    /* less than what was read, so it fits; and signatures that do not are
     * left out */

    if (!device_draft_seal(&draft, outcome)) {
        return DEVICE_INTERNAL;
    }

    /* signatures that are due and have no room, once more */

    outcome->put = outcome->bytes.len != place->bytes.len
                   || memcmp(outcome->bytes.data, place->bytes.data,
                             place->bytes.len) != 0;

    return DEVICE_OK;
}


/* A name is kept for its identity long after its last lease.  A suspended one
 * is kept for good: its deletion would lift the suspension at the next
 * enrolment. */
static bool
sweep_gone(const device_draft_t *draft, const device_zone_t *zone)
{
    int64_t                now = draft->place->now;
    const store_device_t  *device;

    device = &draft->device;

    return device->state == STORE_DEVICE_ACTIVE
           && draft->nrrsets == 0
           && device->lease_end <= now
           && !device->has_pending
           && device_time_add(device->seen, zone->reserve) <= now;
}
