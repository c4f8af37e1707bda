
/*
 * RRsets that a request wishes.  Enters: the texts and numbers of `records`,
 * in range already, and what device_wish_service.c made of `services`.
 * Leaves: RRsets in the update, each named once, each within the zone's
 * bounds and its lists of services and types.
 */

#include "device_wish.h"

#include <stdio.h>
#include <string.h>


#define EXCERPT_MAX  60      /* of a peer's text in a refusal */
#define COUNT_MAX    255     /* store_rrset_t.count */


static device_reason_t device_record_type(device_wishes_t *wishes,
    const device_record_t *record, const char *member, uint16_t *type);
static device_reason_t device_record_allowed(device_wishes_t *wishes,
    const device_record_t *record, uint16_t type, store_span_t owner,
    const char *member);
static bool device_wish_has(const device_wish_t *wish, store_span_t rr);


/* The name, the type, then whether both together may be registered: a refusal
 * names the first member that is wrong. */
device_reason_t
device_wish_record(device_wishes_t *wishes, const device_record_t *record,
    const char *member, device_wish_t **wish)
{
    uint8_t          wire[STORE_NAME_MAX];
    uint16_t         type;
    store_span_t     owner;
    device_reason_t  reason;

    owner.data = wire;

    if (!device_owner_parse(record->name, wishes->subject->fqdn.len, wire,
                            &owner.len))
    {
        return device_wish_refuse(wishes, DEVICE_NAME_INVALID, member,
                                  ".name", "not a name relative to the FQDN",
                                  record->name);
    }

    reason = device_record_type(wishes, record, member, &type);

    if (reason == DEVICE_OK) {
        reason = device_record_allowed(wishes, record, type, owner, member);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (device_wish_find(wishes, owner, type) != NULL) {
        return device_wish_refuse(wishes, DEVICE_DUPLICATE, member, "",
                                  "the RRset is named twice", record->name);
    }

    reason = device_wish_add(wishes, owner, type, member, wish);

    if (reason == DEVICE_OK) {
        (*wish)->rrset.ttl = record->ttl;
        (*wish)->rrset.own_lease = (record->lease != 0);
        (*wish)->lease = record->lease;
    }

    return reason;
}


static device_reason_t
device_record_type(device_wishes_t *wishes, const device_record_t *record,
    const char *member, uint16_t *type)
{
    size_t                i;
    const device_zone_t  *zone;

    zone = wishes->subject->zone;
    *type = device_type_parse(record->type);

    for (i = 0; i < zone->ntypes && *type != 0; i++) {
        if (zone->types[i] == *type) {
            return DEVICE_OK;
        }
    }

    return device_wish_refuse(wishes, DEVICE_TYPE_NOT_ALLOWED, member,
                              ".type", "not a type that the zone takes",
                              record->type);
}


static device_reason_t
device_record_allowed(device_wishes_t *wishes, const device_record_t *record,
    uint16_t type, store_span_t owner, const char *member)
{
    if (owner.len == 0
        && (type == DEVICE_TYPE_A || type == DEVICE_TYPE_AAAA))
    {
        return device_wish_refuse(wishes, DEVICE_MEMBER_INVALID, member, "",
                                  "addresses of the FQDN itself belong into "
                                  "`address`", record->type);
    }

    /* what is no longer allowed can still be withdrawn */

    if (type == DEVICE_TYPE_SRV && !record->removal
        && !device_wish_listed(wishes->subject->zone, owner, false))
    {
        return device_wish_refuse(wishes, DEVICE_SERVICE_NOT_ALLOWED, member,
                                  ".name", "the zone does not offer this "
                                  "service", record->name);
    }

    return DEVICE_OK;
}


device_reason_t
device_wish_data(device_wishes_t *wishes, device_wish_t *wish,
    store_span_t text, const char *member)
{
    uint8_t                *at, encoded[STORE_VALUE_MAX];
    uint16_t                type;
    store_span_t            bytes;
    device_reason_t         reason;
    device_address_wish_t   address;
    const device_subject_t *subject;

    type = wish->rrset.type;
    subject = wishes->subject;

    at = encoded;
    reason = device_rdata_parse(type, text, subject->fqdn, &at,
                                encoded + sizeof(encoded), member,
                                wishes->error);

    /* a name below the FQDN is no way around the rules for the FQDN's own
     * address: these RRs pass the same, once they are known to be addresses */

    if (reason == DEVICE_OK
        && (type == DEVICE_TYPE_A || type == DEVICE_TYPE_AAAA))
    {
        /* one token, or it would not have parsed: only spaces around it */

        while (text.data[0] == ' ') {
            text.data++;
            text.len--;
        }

        while (text.data[text.len - 1] == ' ') {
            text.len--;
        }

        reason = device_wish_address(&address, subject,
                                     (type == DEVICE_TYPE_A) ? 4 : 6, text,
                                     member, wishes->error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    bytes.data = encoded;
    bytes.len = (size_t) (at - encoded);

    return device_wish_insert(wishes, wish, bytes, member);
}


device_wish_t *
device_wish_find(device_wishes_t *wishes, store_span_t owner, uint16_t type)
{
    size_t          i;
    device_wish_t  *wish;

    for (i = 0; i < wishes->update->nwishes; i++) {
        wish = &wishes->update->wishes[i];

        if (wish->rrset.type == type && wish->rrset.owner.len == owner.len
            && memcmp(wish->rrset.owner.data, owner.data, owner.len) == 0)
        {
            return wish;
        }
    }

    return NULL;
}


/* The owner is copied into the update, so that the wish outlives the JSON. */
device_reason_t
device_wish_add(device_wishes_t *wishes, store_span_t owner, uint16_t type,
    const char *member, device_wish_t **added)
{
    uint8_t          *name;
    device_wish_t    *wish;
    device_update_t  *update;

    update = wishes->update;

    if (update->nwishes == DEVICE_RRSETS_MAX
        || owner.len > sizeof(update->names) - wishes->names_len)
    {
        return device_refuse(wishes->error, DEVICE_TOO_MUCH, member,
                             "more than %u RRsets, or too long names, in one "
                             "request", (unsigned) DEVICE_RRSETS_MAX);
    }

    name = update->names + wishes->names_len;
    memcpy(name, owner.data, owner.len);
    wishes->names_len += owner.len;

    wish = &update->wishes[update->nwishes++];
    *wish = (device_wish_t) { 0 };

    wish->rrset.owner = (store_span_t) { name, owner.len };
    wish->rrset.type = type;
    wish->rrset.rrs.data = update->rrs + wishes->rrs_len;
    *added = wish;

    return DEVICE_OK;
}


/* Behind the RRset's last RR; entries of one service need not stand together,
 * so RRsets behind it move. */
device_reason_t
device_wish_insert(device_wishes_t *wishes, device_wish_t *wish,
    store_span_t rr, const char *member)
{
    uint8_t              *at;
    size_t                i, most, behind;
    device_update_t      *update;
    const device_zone_t  *zone;

    update = wishes->update;
    zone = wishes->subject->zone;

    /* RFC 2181 5: an RRset is a set */

    if (device_wish_has(wish, rr)) {
        return device_refuse(wishes->error, DEVICE_DUPLICATE, member,
                             "the same data stands twice in one RRset");
    }

    most = (zone->max_rrs > COUNT_MAX) ? COUNT_MAX : zone->max_rrs;

    if (wish->rrset.count >= most) {
        return device_refuse(wishes->error, DEVICE_TOO_MUCH, member,
                             "more than %u records in one RRset",
                             (unsigned) most);
    }

    most = (zone->max_bytes > sizeof(update->rrs)) ? sizeof(update->rrs)
                                                   : zone->max_bytes;

    if (rr.len > most || wishes->rrs_len > most - rr.len) {
        return device_refuse(wishes->error, DEVICE_TOO_MUCH, member,
                             "more than %u bytes of data", (unsigned) most);
    }

    /* written so that the bytes are reached through the update, which is not
     * const as a span is */

    at = update->rrs + (wish->rrset.rrs.data - update->rrs)
         + wish->rrset.rrs.len;
    behind = (size_t) (update->rrs + wishes->rrs_len - at);

    memmove(at + rr.len, at, behind);
    memcpy(at, rr.data, rr.len);

    wishes->rrs_len += rr.len;
    wish->rrset.rrs.len += rr.len;
    wish->rrset.count++;

    for (i = (size_t) (wish - update->wishes) + 1; i < update->nwishes; i++) {
        update->wishes[i].rrset.rrs.data += rr.len;
    }

    return DEVICE_OK;
}


/* Encoded RRs are compared, splice and all: one RR has one encoding here. */
static bool
device_wish_has(const device_wish_t *wish, store_span_t rr)
{
    store_rr_t       one;
    const uint8_t   *from;
    store_rr_iter_t  iter;

    store_rr_begin(&iter, &wish->rrset);

    for (from = iter.at; store_rr_next(&iter, &one); from = iter.at) {
        if ((size_t) (iter.at - from) == rr.len
            && memcmp(from, rr.data, rr.len) == 0)
        {
            return true;
        }
    }

    return false;
}


/* An owner begins with an allowed service, or is one.  Wire labels: a prefix
 * of bytes is one of whole labels. */
bool
device_wish_listed(const device_zone_t *zone, store_span_t owner,
    bool whole)
{
    size_t               i;
    const store_span_t  *service;

    for (i = 0; i < zone->nservices; i++) {
        service = &zone->services[i];

        if (owner.len >= service->len && (!whole || owner.len == service->len)
            && memcmp(owner.data, service->data, service->len) == 0)
        {
            return true;
        }
    }

    return zone->nservices == 0;
}


device_reason_t
device_wish_refuse(device_wishes_t *wishes, device_reason_t reason,
    const char *member, const char *name, const char *what,
    store_span_t text)
{
    int   len;
    char  path[sizeof(wishes->error->member)];

    snprintf(path, sizeof(path), "%s%s", member, name);
    len = (text.len > EXCERPT_MAX) ? EXCERPT_MAX : (int) text.len;

    return device_refuse(wishes->error, reason, path, "%s: %.*s", what, len,
                         (const char *) text.data);
}
