
/*
 * Suspension and removal of one device.
 *
 * Nothing of the registration is lost by a suspension: it shows again, as far
 * as its leases still live, when the device is resumed.
 */

#include "device_admin.h"

#include <string.h>

#include "device_draft.h"


static device_reason_t admin_state(device_draft_t *draft,
    store_device_state_t state, device_outcome_t *outcome,
    device_error_t *error);
static bool admin_shows(const device_draft_t *draft);


device_reason_t
device_admin(const device_place_t *place, device_admin_t action,
    device_outcome_t *outcome, device_error_t *error)
{
    device_draft_t   draft;
    device_reason_t  reason;

    memset(outcome, 0, sizeof(*outcome));

    reason = device_draft_open(&draft, place, error);

    if (reason == DEVICE_OK && draft.found != DEVICE_DRAFT_DEVICE) {
        return device_refuse(error, DEVICE_NOT_FOUND, NULL,
                             "there is no device of this name");
    }

    switch (action) {

    case DEVICE_ADMIN_SUSPEND:
        return reason != DEVICE_OK ? reason
               : admin_state(&draft, STORE_DEVICE_SUSPENDED, outcome, error);

    case DEVICE_ADMIN_RESUME:
        return reason != DEVICE_OK ? reason
               : admin_state(&draft, STORE_DEVICE_ACTIVE, outcome, error);

    default: /* DEVICE_ADMIN_REMOVE */

        /* the only way to get rid of a value that is damaged */

        outcome->dns_changed = true;
        return DEVICE_OK;
    }
}


static device_reason_t
admin_state(device_draft_t *draft, store_device_state_t state,
    device_outcome_t *outcome, device_error_t *error)
{
    if (draft->device.state == STORE_DEVICE_MOVED) {
        return device_refuse(error, DEVICE_NOT_FOUND, NULL,
                             "the device of this name has another by now");
    }

    if (draft->device.state == state) {
        outcome->device = draft->device;
        return DEVICE_OK;
    }

    draft->device.state = (uint8_t) state;

    if (!device_draft_seal(draft, outcome)) {
        return device_refuse(error, DEVICE_INTERNAL, NULL,
                             "the value cannot be written");
    }

    outcome->dns_changed = outcome->dns_changed || admin_shows(draft);

    return DEVICE_OK;
}


/* Whether there is anything that comes or goes. */
static bool
admin_shows(const device_draft_t *draft)
{
    size_t  i;

    for (i = 0; i < draft->nrrsets; i++) {
        if (store_rrset_is_data(&draft->rrsets[i])
            && store_rrset_live(&draft->rrsets[i], draft->place->now))
        {
            return true;
        }
    }

    return false;
}
