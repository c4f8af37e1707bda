
/*
 * `services`: what devices that know no DNS say, to SRV RRsets.  Enters: texts
 * and numbers in range.  Leaves: SRV RRs whose target is the device's own
 * name, or "." where a service is not offered.
 */

#include "device_wish.h"

#include <string.h>


#define SERVICE_LABEL_MAX  16     /* '_' and 15 bytes, RFC 6335 5.1 */
#define SRV_HEAD_LEN       6      /* priority, weight, port */
#define RR_MAX             32     /* of such an RR, encoded: the name is not
                                     in it */


static device_reason_t device_service_owner(device_wishes_t *wishes,
    const device_service_t *service, const char *member,
    uint8_t owner[STORE_NAME_MAX], size_t *len);
static bool device_service_name_valid(store_span_t text);
static bool device_service_label_valid(const uint8_t *label, size_t len);
static device_reason_t device_service_merge(device_wishes_t *wishes,
    const device_wish_t *wish, const device_service_t *service,
    const char *member);
static device_reason_t device_service_add(device_wishes_t *wishes,
    device_wish_t *wish, const device_service_t *service,
    const char *member);


/* Entries of one service become the RRs of one RRset, in any order. */
device_reason_t
device_wish_service(device_wishes_t *wishes, const device_service_t *service,
    const char *member)
{
    uint8_t          wire[STORE_NAME_MAX];
    store_span_t     owner;
    device_wish_t   *wish;
    device_reason_t  reason;

    owner.data = wire;
    reason = device_service_owner(wishes, service, member, wire, &owner.len);

    if (reason != DEVICE_OK) {
        return reason;
    }

    wish = device_wish_find(wishes, owner, DEVICE_TYPE_SRV);

    if (wish != NULL) {
        reason = device_service_merge(wishes, wish, service, member);

    } else {
        reason = device_wish_add(wishes, owner, DEVICE_TYPE_SRV, member,
                                 &wish);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    wish->rrset.ttl = service->ttl;
    wish->rrset.own_lease = (service->lease != 0);
    wish->lease = service->lease;

    return device_service_add(wishes, wish, service, member);
}


/* <service> or <service>.<host>, both under the FQDN. */
static device_reason_t
device_service_owner(device_wishes_t *wishes, const device_service_t *service,
    const char *member, uint8_t owner[STORE_NAME_MAX], size_t *len)
{
    size_t        fqdn_len, host_len;
    store_span_t  name;

    fqdn_len = wishes->subject->fqdn.len;

    if (!device_service_name_valid(service->service)
        || !device_owner_parse(service->service, fqdn_len, owner, len))
    {
        return device_wish_refuse(wishes, DEVICE_NAME_INVALID, member,
                                  ".service", "not _service._proto "
                                  "(RFC 6335, RFC 2782)", service->service);
    }

    name.data = owner;
    name.len = *len;

    /* without the host: the list is of services, a host has any of them */

    if (!device_wish_listed(wishes->subject->zone, name, true)) {
        return device_wish_refuse(wishes, DEVICE_SERVICE_NOT_ALLOWED, member,
                                  ".service", "the zone does not offer it",
                                  service->service);
    }

    if (service->host.len == 0) {
        return DEVICE_OK;
    }

    if (!device_owner_parse(service->host, fqdn_len + *len, owner + *len,
                            &host_len))
    {
        return device_wish_refuse(wishes, DEVICE_NAME_INVALID, member,
                                  ".host", "not a name below the FQDN",
                                  service->host);
    }

    *len += host_len;

    return DEVICE_OK;
}


static bool
device_service_name_valid(store_span_t text)
{
    size_t          len;
    const uint8_t  *dot;

    dot = (text.len != 0) ? memchr(text.data, '.', text.len) : NULL;

    if (dot == NULL) {
        return false;
    }

    len = (size_t) (dot - text.data);

    return device_service_label_valid(text.data, len)
           && device_service_label_valid(dot + 1, text.len - len - 1);
}


/* RFC 6335 5.1: letters, digits and single hyphens inside, a letter at
 * least */
static bool
device_service_label_valid(const uint8_t *label, size_t len)
{
    bool     letter;
    size_t   i;
    uint8_t  c;

    if (len < 2 || len > SERVICE_LABEL_MAX || label[0] != '_') {
        return false;
    }

    letter = false;

    for (i = 1; i < len; i++) {
        c = label[i];

        if (c == '-') {
            if (i == 1 || i == len - 1 || label[i - 1] == '-') {
                return false;
            }

            continue;
        }

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            letter = true;

        } else if (c < '0' || c > '9') {
            return false;
        }
    }

    return letter;
}


/* An RRset has one TTL (RFC 2181 5.2) and one lease, and is offered or not. */
static device_reason_t
device_service_merge(device_wishes_t *wishes, const device_wish_t *wish,
    const device_service_t *service, const char *member)
{
    store_rr_t       rr;
    store_rr_iter_t  iter;

    store_rr_begin(&iter, &wish->rrset);

    if (!service->offered
        || (store_rr_next(&iter, &rr) && rr.splice < 0))
    {
        return device_wish_refuse(wishes, DEVICE_MEMBER_INVALID, member,
                                  ".offered", "offered and not offered at "
                                  "once", service->service);
    }

    if (wish->rrset.ttl != service->ttl) {
        return device_wish_refuse(wishes, DEVICE_MEMBER_INVALID, member,
                                  ".ttl", "differs from an entry of the same "
                                  "service before", service->service);
    }

    if (wish->lease != service->lease) {
        return device_wish_refuse(wishes, DEVICE_MEMBER_INVALID, member,
                                  ".lease", "differs from an entry of the "
                                  "same service before", service->service);
    }

    return DEVICE_OK;
}


/* The target is the splice alone, with nothing before or behind it: the name
 * takes no byte of the value. */
static device_reason_t
device_service_add(device_wishes_t *wishes, device_wish_t *wish,
    const device_service_t *service, const char *member)
{
    uint8_t      *at;
    uint8_t       data[SRV_HEAD_LEN + 1], encoded[RR_MAX];
    store_rr_t    rr;
    store_span_t  bytes;

    memset(data, 0, sizeof(data));
    rr.data = data;

    if (service->offered) {
        data[0] = (uint8_t) (service->priority >> 8);
        data[1] = (uint8_t) service->priority;
        data[2] = (uint8_t) (service->weight >> 8);
        data[3] = (uint8_t) service->weight;
        data[4] = (uint8_t) (service->port >> 8);
        data[5] = (uint8_t) service->port;

        rr.len = SRV_HEAD_LEN;
        rr.splice = SRV_HEAD_LEN;

    } else {

        /* RFC 2782: the target "." says that it decidedly is not there */

        rr.len = sizeof(data);
        rr.splice = -1;
    }

    at = encoded;

    if (!store_rr_write(&at, encoded + sizeof(encoded), &rr)) {
        return device_refuse(wishes->error, DEVICE_INTERNAL, member,
                             "an SRV record cannot be encoded");
    }

    bytes.data = encoded;
    bytes.len = (size_t) (at - encoded);

    return device_wish_insert(wishes, wish, bytes, member);
}
