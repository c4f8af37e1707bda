
/*
 * Bodies of requests: JSON (RFC 8259) to an update.  Enters: a body of any
 * bytes.  Leaves: an update whose every member has been checked for type and
 * range here, and for meaning in device_wish*.c; or a refusal that names the
 * member and its value.  Nothing is half applied: the caller uses the update
 * only after DEVICE_OK.  Any thread.
 */

#include "device_object.h"

#include <stdio.h>

#include <jansson.h>



static device_reason_t device_update_members(device_wishes_t *wishes,
    json_t *root);
static device_reason_t device_update_lease(device_object_t *object,
    uint32_t *lease);
static device_reason_t device_update_address(device_object_t *root);
static device_reason_t device_update_family(device_object_t *address,
    const char *name, uint8_t family, device_address_wish_t *wish);
static device_reason_t device_update_array(device_object_t *root,
    const char *name,
    device_reason_t (*handler)(device_object_t *entry, const char *member));
static device_reason_t device_update_service(device_object_t *entry,
    const char *member);
static device_reason_t device_service_numbers(device_object_t *entry,
    device_service_t *service);
static device_reason_t device_update_record(device_object_t *entry,
    const char *member);
static device_reason_t device_record_data(device_object_t *entry,
    json_t *data, device_wish_t *wish);


static const char *const  device_members_root[] = {
    "lease", "address", "services", "records", NULL
};

static const char *const  device_members_address[] = {
    "ipv4", "ipv6", NULL
};

static const char *const  device_members_service[] = {
    "service", "host", "port", "priority", "weight", "ttl", "lease",
    "offered", NULL
};

static const char *const  device_members_record[] = {
    "name", "type", "ttl", "lease", "data", NULL
};


device_reason_t
device_update_parse(device_update_t *update, const device_subject_t *subject,
    store_span_t body, device_error_t *error)
{
    json_t           *root;
    device_reason_t   reason;
    device_wishes_t   wishes;

    update->lease = 0;
    update->ipv4 = (device_address_wish_t) { 0 };
    update->ipv6 = (device_address_wish_t) { 0 };
    update->source = subject->source;
    update->nwishes = 0;
    update->nignored = 0;

    wishes = (device_wishes_t) { update, subject, error, 0, 0 };

    reason = device_body_load(&root, body, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = device_update_members(&wishes, root);

    json_decref(root);

    return reason;
}


/* Addresses before RRsets: a request from where nothing may be published is
 * refused for that, and not for the third record in it. */
static device_reason_t
device_update_members(device_wishes_t *wishes, json_t *root)
{
    size_t            wanted, i;
    device_object_t   object;
    device_reason_t   reason;
    device_update_t  *update;

    update = wishes->update;
    object = (device_object_t) { wishes, root, "" };

    device_object_unknown(&object, device_members_root);

    reason = device_update_lease(&object, &update->lease);

    if (reason == DEVICE_OK) {
        reason = device_update_address(&object);
    }

    if (reason == DEVICE_OK) {
        reason = device_update_array(&object, "services",
                                     device_update_service);
    }

    if (reason == DEVICE_OK) {
        reason = device_update_array(&object, "records",
                                     device_update_record);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    /* removals do not count: whoever is above a lowered limit can go down */

    for (wanted = 0, i = 0; i < update->nwishes; i++) {
        wanted += (update->wishes[i].rrset.count != 0);
    }

    if (wanted > wishes->subject->zone->max_rrsets) {
        return device_refuse(wishes->error, DEVICE_TOO_MUCH, NULL,
                             "%u RRsets, where a device may have %u",
                             (unsigned) wanted,
                             (unsigned) wishes->subject->zone->max_rrsets);
    }

    return DEVICE_OK;
}


/* Granted: within the zone's bounds, whatever was asked.  0: not stated. */
static device_reason_t
device_update_lease(device_object_t *object, uint32_t *lease)
{
    int64_t               seconds;
    device_reason_t       reason;
    const device_zone_t  *zone;

    seconds = 0;
    zone = object->wishes->subject->zone;

    reason = device_object_integer(object, "lease", 1, INT64_MAX, &seconds);

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (seconds != 0 && seconds < zone->lease_min) {
        seconds = zone->lease_min;
    }

    if (seconds > zone->lease_max) {
        seconds = zone->lease_max;
    }

    *lease = (uint32_t) seconds;

    return DEVICE_OK;
}


static device_reason_t
device_update_address(device_object_t *root)
{
    device_object_t   address;
    device_reason_t   reason;
    device_update_t  *update;

    update = root->wishes->update;

    address = (device_object_t) { root->wishes,
                                  json_object_get(root->object, "address"),
                                  "address." };

    if (address.object != NULL) {
        if (!json_is_object(address.object)) {
            return device_object_refuse(root, "address", "an object");
        }

        device_object_unknown(&address, device_members_address);
    }

    /* nothing stated and nothing observed: an update would leave the device
     * without the address that it takes for granted */

    if (root->wishes->subject->source.family == 0
        && json_object_get(address.object, "ipv4") == NULL
        && json_object_get(address.object, "ipv6") == NULL)
    {
        return device_refuse(root->wishes->error, DEVICE_ADDRESS_NOT_ALLOWED,
                             "address", "the request came over a local "
                             "socket: no address was observed");
    }

    reason = device_update_family(&address, "ipv4", 4, &update->ipv4);

    if (reason != DEVICE_OK) {
        return reason;
    }

    return device_update_family(&address, "ipv6", 6, &update->ipv6);
}


static device_reason_t
device_update_family(device_object_t *address, const char *name,
    uint8_t family, device_address_wish_t *wish)
{
    char                     member[DEVICE_PATH_MAX];
    store_span_t             text;
    device_error_t          *error;
    device_reason_t          reason;
    const device_subject_t  *subject;

    error = address->wishes->error;
    subject = address->wishes->subject;

    snprintf(member, sizeof(member), "%s%s", address->path, name);

    reason = device_object_text(address, name, false, &text);

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (text.data == NULL) {
        return device_wish_address_default(wish, subject, family, member,
                                           error);
    }

    return device_wish_address(wish, subject, family, text, member, error);
}


/* Calls handler with each entry and its name, "services[1]". */
static device_reason_t
device_update_array(device_object_t *root, const char *name,
    device_reason_t (*handler)(device_object_t *entry, const char *member))
{
    char              member[DEVICE_PATH_MAX / 2], path[DEVICE_PATH_MAX];
    size_t            i;
    json_t           *array;
    device_reason_t   reason;
    device_object_t   entry;

    array = json_object_get(root->object, name);

    if (array == NULL) {
        return DEVICE_OK;
    }

    if (!json_is_array(array)) {
        return device_object_refuse(root, name, "an array");
    }

    for (i = 0; i < json_array_size(array); i++) {
        snprintf(member, sizeof(member), "%s[%zu]", name, i);
        snprintf(path, sizeof(path), "%s.", member);

        entry = (device_object_t) { root->wishes, json_array_get(array, i),
                                    path };

        if (!json_is_object(entry.object)) {
            return device_refuse(root->wishes->error, DEVICE_MEMBER_INVALID,
                                 member, "not an object");
        }

        reason = handler(&entry, member);

        if (reason != DEVICE_OK) {
            return reason;
        }
    }

    return DEVICE_OK;
}


static device_reason_t
device_update_service(device_object_t *entry, const char *member)
{
    json_t            *offered;
    device_reason_t    reason;
    device_service_t   service;

    device_object_unknown(entry, device_members_service);

    offered = json_object_get(entry->object, "offered");

    if (offered != NULL && !json_is_boolean(offered)) {
        return device_object_refuse(entry, "offered", "true or false");
    }

    service.offered = !json_is_false(offered);

    reason = device_object_text(entry, "service", true, &service.service);

    if (reason == DEVICE_OK) {
        reason = device_object_text(entry, "host", false, &service.host);
    }

    if (reason == DEVICE_OK) {
        reason = device_service_numbers(entry, &service);
    }

    if (reason == DEVICE_OK) {
        reason = device_update_lease(entry, &service.lease);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    return device_wish_service(entry->wishes, &service, member);
}


static device_reason_t
device_service_numbers(device_object_t *entry, device_service_t *service)
{
    size_t           i;
    int64_t          number;
    device_reason_t  reason;

    struct {
        const char  *name;
        int64_t      least;
        int64_t      number;
    } numbers[] = { { "port", 1, 0 }, { "priority", 0, 0 },
                    { "weight", 0, 0 } };

    /* port 0 stands for "not offered" in DNS (RFC 2782), which is said by name
     * here */

    for (i = 0; i < 3; i++) {
        if (!service->offered
            && json_object_get(entry->object, numbers[i].name) != NULL)
        {
            return device_object_refuse(entry, numbers[i].name,
                                        "no such member where \"offered\" is "
                                        "false");
        }

        reason = device_object_integer(entry, numbers[i].name,
                                       numbers[i].least, 65535,
                                       &numbers[i].number);

        if (reason != DEVICE_OK) {
            return reason;
        }
    }

    if (service->offered && numbers[0].number == 0) {
        return device_object_refuse(entry, "port", NULL);
    }

    service->port = (uint16_t) numbers[0].number;
    service->priority = (uint16_t) numbers[1].number;
    service->weight = (uint16_t) numbers[2].number;

    number = entry->wishes->subject->zone->ttl;
    reason = device_object_integer(entry, "ttl", 1, DEVICE_TTL_MAX, &number);
    service->ttl = (uint32_t) number;

    return reason;
}


static device_reason_t
device_update_record(device_object_t *entry, const char *member)
{
    json_t           *data;
    int64_t           ttl;
    device_wish_t    *wish;
    device_record_t   record;
    device_reason_t   reason;

    device_object_unknown(entry, device_members_record);

    data = json_object_get(entry->object, "data");

    if (!json_is_array(data)) {
        return device_object_refuse(entry, "data",
                                    (data != NULL) ? "an array of strings"
                                                   : NULL);
    }

    reason = device_object_text(entry, "name", true, &record.name);

    if (reason == DEVICE_OK) {
        reason = device_object_text(entry, "type", true, &record.type);
    }

    ttl = entry->wishes->subject->zone->ttl;

    if (reason == DEVICE_OK) {
        reason = device_object_integer(entry, "ttl", 1, DEVICE_TTL_MAX, &ttl);
    }

    if (reason == DEVICE_OK) {
        reason = device_update_lease(entry, &record.lease);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    /* no data is how an RRset goes; null or a missing member is a mistake */

    record.ttl = (uint32_t) ttl;
    record.removal = (json_array_size(data) == 0);

    reason = device_wish_record(entry->wishes, &record, member, &wish);

    if (reason != DEVICE_OK) {
        return reason;
    }

    return device_record_data(entry, data, wish);
}


static device_reason_t
device_record_data(device_object_t *entry, json_t *data, device_wish_t *wish)
{
    char              member[DEVICE_PATH_MAX * 2];
    size_t            i;
    json_t           *string;
    store_span_t      text;
    device_reason_t   reason;

    for (i = 0; i < json_array_size(data); i++) {
        snprintf(member, sizeof(member), "%sdata[%zu]", entry->path, i);
        string = json_array_get(data, i);

        if (!json_is_string(string)) {
            return device_refuse(entry->wishes->error, DEVICE_MEMBER_INVALID,
                                 member, "not a string");
        }

        text.data = (const uint8_t *) json_string_value(string);
        text.len = json_string_length(string);

        reason = device_wish_data(entry->wishes, wish, text, member);

        if (reason != DEVICE_OK) {
            return reason;
        }
    }

    return DEVICE_OK;
}
