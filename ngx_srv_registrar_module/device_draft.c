
/*
 * The working copy of a device's value.  Enters: a value as it was read,
 * hostile until opened.  Leaves: a sealed value in the caller's buffer.
 * Always: one RRset for each owner and type; what nobody touched goes into
 * the new value byte for byte.  Pure; any thread.
 */

#include "device_draft.h"
#include "device_sign.h"

#include <string.h>


static bool draft_load(device_draft_t *draft);
static store_rrset_t *draft_find(device_draft_t *draft, store_span_t owner,
    uint16_t type);
static bool draft_shows(const device_draft_t *draft,
    const store_rrset_t *old);
static bool rrs_equal(const store_rrset_t *a, const store_rrset_t *b);
static bool rrs_contain(const store_rrset_t *rrset, const store_rr_t *rr);
static device_reason_t draft_limits(const device_draft_t *draft,
    const device_zone_t *zone, device_error_t *error);
static bool draft_sign(device_draft_t *draft, store_writer_t *writer,
    device_outcome_t *outcome);
static void draft_sort(device_draft_t *draft);
static int rrset_compare(const store_rrset_t *a, const store_rrset_t *b);


device_reason_t
device_draft_open(device_draft_t *draft, const device_place_t *place,
    device_error_t *error)
{
    store_span_t  key = { place->key->data, place->key->len };

    draft->place = place;
    draft->found = DEVICE_DRAFT_ABSENT;
    draft->nrrsets = 0;
    draft->overflow = false;
    draft->stripped = 0;
    draft->sign_failed = false;
    draft->data_len = 0;
    memset(&draft->device, 0, sizeof(draft->device));

    if (place->bytes.len == 0) {
        return DEVICE_OK;
    }

    /* the transaction reads what anybody may have damaged since the caller
     * looked: it is checked here, whoever checked it before */

    if (!store_value_open(&draft->old, key, place->bytes)) {
        return device_refuse(error, DEVICE_STORE_UNAVAILABLE, NULL,
                             "the stored registration is damaged");
    }

    if (draft->old.kind != STORE_KIND_DEVICE) {
        draft->found = DEVICE_DRAFT_FOREIGN;
        return DEVICE_OK;
    }

    draft->found = DEVICE_DRAFT_DEVICE;
    store_value_device(&draft->old, &draft->device);

    if (!draft_load(draft)) {
        return device_refuse(error, DEVICE_STORE_UNAVAILABLE, NULL,
                             "the stored registration has too many RRsets");
    }

    return DEVICE_OK;
}


static bool
draft_load(device_draft_t *draft)
{
    store_rrset_t       rrset;
    store_rrset_iter_t  iter;

    store_rrset_begin(&iter, &draft->old);

    while (store_rrset_next(&iter, &rrset)) {

        /* signatures are none of the rules' affair: those that still fit
         * are taken over from the old value in the end */

        if (!store_rrset_is_data(&rrset) && !draft->place->keep_signatures) {
            draft->stripped += rrset.count;
            continue;
        }

        if (draft->nrrsets == DEVICE_DRAFT_MAX) {
            return false;
        }

        draft->rrsets[draft->nrrsets++] = rrset;
    }

    return true;
}


void
device_draft_set(device_draft_t *draft, const store_rrset_t *rrset)
{
    store_rrset_t  *there;

    there = draft_find(draft, rrset->owner, rrset->type);

    if (there != NULL) {
        *there = *rrset;
        return;
    }

    if (draft->nrrsets == DEVICE_DRAFT_MAX) {
        draft->overflow = true;
        return;
    }

    draft->rrsets[draft->nrrsets++] = *rrset;
}


void
device_draft_remove(device_draft_t *draft, store_span_t owner, uint16_t type)
{
    size_t          after;
    store_rrset_t  *there;

    there = draft_find(draft, owner, type);

    if (there == NULL) {
        return;
    }

    after = (size_t) (draft->rrsets + draft->nrrsets - (there + 1));
    memmove(there, there + 1, after * sizeof(*there));
    draft->nrrsets--;
}


void
device_draft_filter(device_draft_t *draft,
    bool (*keep)(const device_draft_t *draft, const store_rrset_t *rrset))
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < draft->nrrsets; i++) {

        if (keep(draft, &draft->rrsets[i])) {
            draft->rrsets[n++] = draft->rrsets[i];
        }
    }

    draft->nrrsets = n;
}


bool
device_draft_live(const device_draft_t *draft, const store_rrset_t *rrset)
{
    return store_rrset_live(rrset, draft->place->now);
}


static store_rrset_t *
draft_find(device_draft_t *draft, store_span_t owner, uint16_t type)
{
    size_t          i;
    store_rrset_t  *rrset;

    for (i = 0; i < draft->nrrsets; i++) {
        rrset = &draft->rrsets[i];

        if (rrset->type == type && store_span_equal(rrset->owner, owner)) {
            return rrset;
        }
    }

    return NULL;
}


bool
device_draft_differs(const device_draft_t *draft)
{
    size_t              n;
    store_rrset_t       old;
    store_rrset_iter_t  iter;

    n = 0;

    if (draft->found == DEVICE_DRAFT_DEVICE) {
        store_rrset_begin(&iter, &draft->old);

        while (store_rrset_next(&iter, &old)) {

            if (!store_rrset_is_data(&old)) {
                continue;
            }

            if (!device_draft_live(draft, &old)
                || !draft_shows(draft, &old))
            {
                return true;
            }

            n++;
        }
    }

    /* every old one is shown as it was, and no owner and type is there twice:
     * any more than those are new ones */

    return n != draft->nrrsets;
}


/* The expiry is left out on purpose: a refresh that moves nothing else must
 * not move the serial, or each of a million refreshes makes each secondary
 * transfer the zone. */
static bool
draft_shows(const device_draft_t *draft, const store_rrset_t *old)
{
    size_t                i;
    const store_rrset_t  *rrset;

    for (i = 0; i < draft->nrrsets; i++) {
        rrset = &draft->rrsets[i];

        if (rrset->type == old->type
            && store_span_equal(rrset->owner, old->owner))
        {
            return rrset->ttl == old->ttl && rrs_equal(rrset, old);
        }
    }

    return false;
}


/* The order of RRs in an RRset means nothing (RFC 2181 5); neither has an RR
 * twice, so equal numbers and one inclusion make them equal. */
static bool
rrs_equal(const store_rrset_t *a, const store_rrset_t *b)
{
    store_rr_t       rr;
    store_rr_iter_t  iter;

    if (a->count != b->count || a->rrs.len != b->rrs.len) {
        return false;
    }

    /* a device that refreshes sends the same bytes again, nearly always */

    if (store_span_equal(a->rrs, b->rrs)) {
        return true;
    }

    store_rr_begin(&iter, a);

    while (store_rr_next(&iter, &rr)) {

        if (!rrs_contain(b, &rr)) {
            return false;
        }
    }

    return true;
}


/* What is spliced in is the same name for both, so that the stored bytes and
 * the place decide.  One target stored in both ways would count as a change:
 * a serial too many does no harm. */
static bool
rrs_contain(const store_rrset_t *rrset, const store_rr_t *rr)
{
    store_rr_t       other;
    store_span_t     a, b;
    store_rr_iter_t  iter;

    a = (store_span_t) { rr->data, rr->len };
    store_rr_begin(&iter, rrset);

    while (store_rr_next(&iter, &other)) {
        b = (store_span_t) { other.data, other.len };

        if (other.splice == rr->splice && store_span_equal(a, b)) {
            return true;
        }
    }

    return false;
}


/* By owner and type, so that equal registrations give equal values and
 * replies, whatever order they were built up in.  Few and nearly sorted: an
 * insertion sort. */
static void
draft_sort(device_draft_t *draft)
{
    size_t         i, at;
    store_rrset_t  rrset;

    for (i = 1; i < draft->nrrsets; i++) {
        rrset = draft->rrsets[i];

        for (at = i; at > 0; at--) {
            if (rrset_compare(&draft->rrsets[at - 1], &rrset) <= 0) {
                break;
            }

            draft->rrsets[at] = draft->rrsets[at - 1];
        }

        draft->rrsets[at] = rrset;
    }
}


static int
rrset_compare(const store_rrset_t *a, const store_rrset_t *b)
{
    int     order;
    size_t  len = a->owner.len < b->owner.len ? a->owner.len : b->owner.len;

    order = len != 0 ? memcmp(a->owner.data, b->owner.data, len) : 0;

    if (order == 0 && a->owner.len != b->owner.len) {
        return a->owner.len < b->owner.len ? -1 : 1;
    }

    return order != 0 ? order : (int) a->type - (int) b->type;
}


/*
 * Each family has its own expiry: what keeps one of them leaves its lease to
 * run out, so that an address from which the device never speaks any more
 * does not stay published.
 */
void
device_draft_address(device_draft_t *draft,
    const device_address_wish_t *wish, uint8_t family,
    const store_rrset_t *like)
{
    uint8_t       *start, *at;
    store_rr_t     rr;
    store_rrset_t  rrset;

    rrset = *like;
    rrset.owner = (store_span_t) { NULL, 0 };
    rrset.type = (family == 4) ? DEVICE_TYPE_A : DEVICE_TYPE_AAAA;

    if (wish->mode == DEVICE_ADDRESS_NONE) {
        device_draft_remove(draft, rrset.owner, rrset.type);
        return;
    }

    if (wish->mode != DEVICE_ADDRESS_SET) {
        return;
    }

    start = draft->addresses[family == 4 ? 0 : 1];
    at = start;

    rr.data = wish->address.bytes;
    rr.len = (family == 4) ? 4 : 16;
    rr.splice = -1;

    if (!store_rr_write(&at, start + sizeof(draft->addresses[0]), &rr)) {
        draft->overflow = true;
        return;
    }

    rrset.count = 1;
    rrset.rrs.data = start;
    rrset.rrs.len = (size_t) (at - start);

    device_draft_set(draft, &rrset);
}


device_reason_t
device_draft_finish(device_draft_t *draft, const device_zone_t *zone,
    device_outcome_t *outcome, device_error_t *error)
{
    bool             sealed;
    size_t           room;
    device_reason_t  reason;

    room = STORE_VALUE_MAX;

    if (zone != NULL) {
        room -= DEVICE_KEY_ROOM;
        room = zone->max_bytes < room ? zone->max_bytes : room;

        reason = draft_limits(draft, zone, error);

        if (reason != DEVICE_OK) {
            return reason;
        }
    }

    sealed = device_draft_seal(draft, outcome);

    if (zone != NULL && draft->sign_failed) {
        memset(outcome, 0, sizeof(*outcome));

        return device_refuse(error, DEVICE_INTERNAL, NULL,
                             "the records cannot be signed");
    }

    if (zone != NULL && sealed
        && (outcome->unsigned_value
            || outcome->bytes.len > STORE_VALUE_MAX - DEVICE_KEY_ROOM))
    {
        memset(outcome, 0, sizeof(*outcome));

        return device_refuse(error, DEVICE_TOO_MUCH, "records",
                             "the registration and its signatures take more "
                             "than %d bytes",
                             STORE_VALUE_MAX - DEVICE_KEY_ROOM);
    }

    if (!sealed || draft->data_len > room) {
        memset(outcome, 0, sizeof(*outcome));

        return device_refuse(error, DEVICE_TOO_MUCH, "records",
                             "the registration takes more than %zu bytes",
                             room);
    }

    outcome->records_changed = device_draft_differs(draft);
    outcome->dns_changed = outcome->dns_changed || outcome->records_changed;

    return DEVICE_OK;
}


/* Limits hold for what would stand in the store, not for what was sent: many
 * small PATCHes are one large PUT. */
static device_reason_t
draft_limits(const device_draft_t *draft, const device_zone_t *zone,
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


/* The buffer is written to before it is known whether all of it fits: what
 * stood in it is lost either way, the old value never lies in it. */
bool
device_draft_seal(device_draft_t *draft, device_outcome_t *outcome)
{
    size_t          i;
    store_span_t    key = { draft->place->key->data, draft->place->key->len };
    store_writer_t  writer, plain;

    store_writer_device(&writer, draft->place->buffer, STORE_VALUE_MAX,
                        &draft->device);

    draft_sort(draft);

    for (i = 0; i < draft->nrrsets; i++) {
        store_writer_rrset(&writer, &draft->rrsets[i]);
    }

    if (draft->overflow || writer.failed) {
        return false;
    }

    draft->data_len = (size_t) (writer.at - writer.start);
    plain = writer;

    if (!draft_sign(draft, &writer, outcome)
        && !store_writer_finish(&plain, key, &outcome->bytes))
    {
        return false;
    }

    outcome->put = true;
    outcome->device = draft->device;

    return true;
}


/*
 * The one place where a device's value gets its signatures, and is sealed with
 * them.  Where they find no room, or cannot be made, it is sealed without: the
 * sweep tries again and counts it, resolvers that validate get SERVFAIL for it
 * meanwhile.  What a device asks for is refused then (device_draft_finish),
 * but a value that was large before its zone was signed must not lose its keys
 * over it.
 */
static bool
draft_sign(device_draft_t *draft, store_writer_t *writer,
    device_outcome_t *outcome)
{
    store_span_t     key = { draft->place->key->data, draft->place->key->len };
    device_signed_t  done;

    outcome->unsigned_value = (draft->place->signer != NULL);

    if (draft->place->signer != NULL) {
        draft->sign_failed = !device_sign_write(draft->place, draft->rrsets,
                                                draft->nrrsets, writer, &done);

        if (!draft->sign_failed
            && store_writer_finish(writer, key, &outcome->bytes))
        {
            outcome->unsigned_value = false;
            outcome->signatures = done.made;
            outcome->dns_changed = outcome->dns_changed || done.fresh != 0
                                   || done.total != draft->stripped;
            return true;
        }
    }

    outcome->dns_changed = outcome->dns_changed || draft->stripped != 0;

    return false;
}


/* Saturates: a lease that the format cannot hold ends with the format. */
int64_t
device_time_add(int64_t now, uint64_t seconds)
{
    if (now >= UINT32_MAX || seconds >= UINT32_MAX - (uint64_t) now) {
        return UINT32_MAX;
    }

    return now + (int64_t) seconds;
}
