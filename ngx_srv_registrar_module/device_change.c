
/*
 * An update as it waits: copied out of the large structure in which it was
 * made, into memory of its own size.  Thousands may wait while a disk stalls.
 * Pure; any thread.
 */

#include "device_request.h"

#include <string.h>


static store_span_t change_keep(uint8_t **at, store_span_t span);


size_t
device_change_size(const device_update_t *update)
{
    size_t                i, size;
    const store_rrset_t  *rrset;

    size = sizeof(device_change_t)
           + update->nwishes * sizeof(device_wish_t)
           + update->nignored * DEVICE_IGNORED_LEN;

    for (i = 0; i < update->nwishes; i++) {
        rrset = &update->wishes[i].rrset;
        size += rrset->owner.len + rrset->rrs.len;
    }

    return size;
}


device_change_t *
device_change_make(const device_update_t *update, void *memory)
{
    size_t            i, ignored;
    uint8_t          *at;
    device_wish_t    *wishes;
    device_change_t  *change;

    change = memory;

    /* in the order of their alignment: bytes come last */

    wishes = (device_wish_t *) (change + 1);
    at = (uint8_t *) (wishes + update->nwishes);

    *change = (device_change_t) {
        .lease = update->lease,
        .ipv4 = update->ipv4,
        .ipv6 = update->ipv6,
        .source = update->source,
        .wishes = wishes,
        .nwishes = update->nwishes,
        .ignored = (const char (*)[DEVICE_IGNORED_LEN]) at,
        .nignored = update->nignored,
    };

    ignored = update->nignored * DEVICE_IGNORED_LEN;
    memcpy(at, update->ignored, ignored);
    at += ignored;

    for (i = 0; i < update->nwishes; i++) {
        wishes[i] = update->wishes[i];
        wishes[i].rrset.owner = change_keep(&at, wishes[i].rrset.owner);
        wishes[i].rrset.rrs = change_keep(&at, wishes[i].rrset.rrs);
    }

    return change;
}


static store_span_t
change_keep(uint8_t **at, store_span_t span)
{
    store_span_t  kept;

    kept = (store_span_t) { *at, span.len };

    if (span.len > 0) {
        memcpy(*at, span.data, span.len);
        *at += span.len;
    }

    return kept;
}
