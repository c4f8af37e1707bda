
/*
 * Calls of dyndns2 to wishes, and the words that answer them.
 * device_dyndns2.h says the rules.  device_dyndns2_query.c reads the query.
 */

#include "device_dyndns2.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>


/* RR types, RFC 1035 3.2.2 and RFC 3596 2.1. */
#define TYPE_A     1
#define TYPE_AAAA  28


static device_reason_t device_dyndns2_family(device_address_wish_t *wish,
    const device_dyndns2_family_t *family, const device_subject_t *subject,
    const store_value_t *stored, device_error_t *error);
static device_reason_t device_dyndns2_join(device_address_t *address,
    const device_dyndns2_family_t *family, const store_value_t *stored,
    device_error_t *error);
static bool device_dyndns2_stored(device_address_t *address,
    const store_value_t *stored, uint8_t family);
static device_reason_t device_dyndns2_vouch(const device_address_t *address,
    const device_subject_t *subject, device_error_t *error);
static device_reason_t device_dyndns2_publish(device_address_wish_t *wish,
    const device_address_t *address, const device_subject_t *subject,
    device_error_t *error);
static void device_dyndns2_result(char *out, size_t size,
    device_reason_t reason, bool changed, const device_address_wish_t *ipv4,
    const device_address_wish_t *ipv6);
static bool device_dyndns2_host(store_span_t *hosts, store_span_t *host);
static bool device_dyndns2_is(store_span_t host, const char *fqdn);


device_reason_t
device_dyndns2_update(device_address_wish_t *ipv4,
    device_address_wish_t *ipv6, const device_dyndns2_call_t *call,
    const device_subject_t *subject, const store_value_t *stored,
    device_error_t *error)
{
    bool                            source4;
    device_reason_t                 reason;
    const device_dyndns2_family_t  *own;

    reason = device_dyndns2_family(ipv4, &call->ipv4, subject, stored, error);

    if (reason == DEVICE_OK) {
        reason = device_dyndns2_family(ipv6, &call->ipv6, subject, stored,
                                       error);
    }

    source4 = (subject->source.family == 4);
    own = source4 ? &call->ipv4 : &call->ipv6;

    if (reason != DEVICE_OK || !call->observed
        || own->mode != DEVICE_DYNDNS2_UNNAMED)
    {
        return reason;
    }

    return device_dyndns2_publish(source4 ? ipv4 : ipv6, &subject->source,
                                  subject, error);
}


static device_reason_t
device_dyndns2_family(device_address_wish_t *wish,
    const device_dyndns2_family_t *family, const device_subject_t *subject,
    const store_value_t *stored, device_error_t *error)
{
    device_reason_t   reason;
    device_address_t  address;

    switch (family->mode) {

    case DEVICE_DYNDNS2_UNNAMED:
    case DEVICE_DYNDNS2_KEEP:
        wish->mode = DEVICE_ADDRESS_KEEP;
        return DEVICE_OK;

    case DEVICE_DYNDNS2_REMOVE:
        wish->mode = DEVICE_ADDRESS_NONE;
        return DEVICE_OK;

    case DEVICE_DYNDNS2_STATED:
        address = family->address;
        break;

    default: /* DEVICE_DYNDNS2_PREFIX */
        reason = device_dyndns2_join(&address, family, stored, error);

        if (reason != DEVICE_OK) {
            return reason;
        }
    }

    reason = device_dyndns2_vouch(&address, subject, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    return device_dyndns2_publish(wish, &address, subject, error);
}


/* The network that the router has now, and the host's part from before. */
static device_reason_t
device_dyndns2_join(device_address_t *address,
    const device_dyndns2_family_t *family, const store_value_t *stored,
    device_error_t *error)
{
    size_t   i;
    uint8_t  mask;

    if (!device_dyndns2_stored(address, stored, family->address.family)) {
        return device_refuse(error, DEVICE_MEMBER_INVALID, NULL,
                             "a network, and no address is known whose "
                             "host it could take over");
    }

    for (i = 0; i < sizeof(address->bytes); i++) {

        if (8 * (i + 1) <= family->bits) {
            mask = 0xff;

        } else if (8 * i >= family->bits) {
            mask = 0;

        } else {
            mask = (uint8_t) (0xff << (8 * (i + 1) - family->bits));
        }

        address->bytes[i] = (family->address.bytes[i] & mask)
                            | (address->bytes[i] & (uint8_t) ~mask);
    }

    return DEVICE_OK;
}


/* Whatever is left of it will do, expired or not. */
static bool
device_dyndns2_stored(device_address_t *address, const store_value_t *stored,
    uint8_t family)
{
    size_t           len;
    store_rr_t       rr;
    store_span_t     self = { NULL, 0 };
    store_rrset_t    rrset;
    store_rr_iter_t  iter;

    len = (family == 4) ? 4 : 16;

    if (stored == NULL
        || !store_rrset_find(stored, self, family == 4 ? TYPE_A : TYPE_AAAA,
                             &rrset))
    {
        return false;
    }

    store_rr_begin(&iter, &rrset);

    if (!store_rr_next(&iter, &rr) || rr.len != len) {
        return false;
    }

    memset(address, 0, sizeof(*address));
    address->family = family;
    memcpy(address->bytes, rr.data, len);

    return true;
}


/* A stated address against what can be seen of the sender. */
static device_reason_t
device_dyndns2_vouch(const device_address_t *address,
    const device_subject_t *subject, device_error_t *error)
{
    char  text[DEVICE_ADDRESS_TEXT_MAX];
    char  observed[DEVICE_ADDRESS_TEXT_MAX];

    if (subject->source.family == 0) {
        return device_refuse(error, DEVICE_ADDRESS_NOT_ALLOWED, NULL,
                             "the request came over a local socket: no "
                             "address was observed");
    }

    if (subject->source.family != address->family) {

        if (subject->zone->stated_address) {
            return DEVICE_OK;
        }

        return device_refuse(error, DEVICE_ADDRESS_MISMATCH, NULL,
                             "an IPv%u address is set by a request over "
                             "IPv%u here", (unsigned) address->family,
                             (unsigned) address->family);
    }

    if (device_address_same_site(address, &subject->source)) {
        return DEVICE_OK;
    }

    device_address_write(text, address);
    device_address_write(observed, &subject->source);

    return device_refuse(error, DEVICE_ADDRESS_MISMATCH, NULL,
                         "the request came from %s, not from %s", observed,
                         text);
}


static device_reason_t
device_dyndns2_publish(device_address_wish_t *wish,
    const device_address_t *address, const device_subject_t *subject,
    device_error_t *error)
{
    char  text[DEVICE_ADDRESS_TEXT_MAX];

    if (address->family == 0) {
        return device_refuse(error, DEVICE_ADDRESS_NOT_ALLOWED, NULL,
                             "the request came over a local socket: no "
                             "address was observed");
    }

    if (!device_address_allowed(subject->zone, address)) {
        device_address_write(text, address);

        return device_refuse(error, DEVICE_ADDRESS_NOT_ALLOWED, NULL,
                             "%s is not reachable from everywhere, and may "
                             "not be published", text);
    }

    wish->mode = DEVICE_ADDRESS_SET;
    wish->address = *address;

    return DEVICE_OK;
}


void
device_dyndns2_delete(device_address_wish_t *ipv4,
    device_address_wish_t *ipv6, const device_dyndns2_call_t *call)
{
    bool  both;

    both = (call->ipv4.mode == DEVICE_DYNDNS2_UNNAMED
            && call->ipv6.mode == DEVICE_DYNDNS2_UNNAMED);

    ipv4->mode = (both || call->ipv4.mode >= DEVICE_DYNDNS2_REMOVE)
                 ? DEVICE_ADDRESS_NONE : DEVICE_ADDRESS_KEEP;
    ipv6->mode = (both || call->ipv6.mode >= DEVICE_DYNDNS2_REMOVE)
                 ? DEVICE_ADDRESS_NONE : DEVICE_ADDRESS_KEEP;
}


void
device_dyndns2_answer(char out[DEVICE_DYNDNS2_ANSWER_MAX],
    const device_dyndns2_call_t *call, const char *fqdn,
    device_reason_t reason, bool changed, const device_address_wish_t *ipv4,
    const device_address_wish_t *ipv6)
{
    char          own[2 * DEVICE_ADDRESS_TEXT_MAX + 16];
    size_t        used;
    const char   *line;
    store_span_t  hosts, host;

    device_dyndns2_result(own, sizeof(own), reason, changed, ipv4, ipv6);

    if (call->hosts.data == NULL) {
        snprintf(out, DEVICE_DYNDNS2_ANSWER_MAX, "%s\n", own);
        return;
    }

    used = 0;
    out[0] = '\0';
    hosts = call->hosts;

    while (device_dyndns2_host(&hosts, &host)) {

        if (device_dyndns2_is(host, fqdn)) {
            line = own;

        } else if (host.len == 0 || memchr(host.data, '.', host.len) == NULL)
        {
            line = device_dyndns2_word(DEVICE_NAME_INVALID);

        } else {
            line = device_dyndns2_word(DEVICE_NOT_FOUND);
        }

        used += (size_t) snprintf(out + used, DEVICE_DYNDNS2_ANSWER_MAX - used,
                                  "%s\n", line);
    }
}


/* "good 192.0.2.1,2001:db8::1": the addresses that were set. */
static void
device_dyndns2_result(char *out, size_t size, device_reason_t reason,
    bool changed, const device_address_wish_t *ipv4,
    const device_address_wish_t *ipv6)
{
    bool  set4, set6;
    char  text4[DEVICE_ADDRESS_TEXT_MAX], text6[DEVICE_ADDRESS_TEXT_MAX];

    if (reason != DEVICE_OK) {
        snprintf(out, size, "%s", device_dyndns2_word(reason));
        return;
    }

    set4 = (ipv4->mode == DEVICE_ADDRESS_SET);
    set6 = (ipv6->mode == DEVICE_ADDRESS_SET);
    text4[0] = '\0';
    text6[0] = '\0';

    if (set4) {
        device_address_write(text4, &ipv4->address);
    }

    if (set6) {
        device_address_write(text6, &ipv6->address);
    }

    snprintf(out, size, "%s%s%s%s%s",
             changed ? device_dyndns2_word(DEVICE_OK) : "nochg",
             set4 || set6 ? " " : "", text4, set4 && set6 ? "," : "", text6);
}


bool
device_dyndns2_own(const device_dyndns2_call_t *call, const char *fqdn)
{
    store_span_t  hosts, host;

    if (call->hosts.data == NULL) {
        return true;
    }

    hosts = call->hosts;

    while (device_dyndns2_host(&hosts, &host)) {
        if (device_dyndns2_is(host, fqdn)) {
            return true;
        }
    }

    return false;
}


/* Takes the next host off the list; an empty list has one that is empty. */
static bool
device_dyndns2_host(store_span_t *hosts, store_span_t *host)
{
    const uint8_t  *comma;

    if (hosts->data == NULL) {
        return false;
    }

    comma = (hosts->len == 0) ? NULL : memchr(hosts->data, ',', hosts->len);

    *host = *hosts;

    if (comma == NULL) {
        hosts->data = NULL;
        hosts->len = 0;
        return true;
    }

    host->len = (size_t) (comma - hosts->data);
    hosts->data = comma + 1;
    hosts->len -= host->len + 1;

    return true;
}


/* Names compare without case (RFC 4343); a final dot says the same. */
static bool
device_dyndns2_is(store_span_t host, const char *fqdn)
{
    size_t  len;

    len = strlen(fqdn);

    if (host.len == len + 1 && host.data[len] == '.') {
        host.len--;
    }

    return host.len == len
           && strncasecmp((const char *) host.data, fqdn, len) == 0;
}


const char *
device_dyndns2_word(device_reason_t reason)
{
    switch (reason) {

    case DEVICE_OK:
        return "good";

    case DEVICE_TLS_REQUIRED:
    case DEVICE_SIGNATURE_REQUIRED:
    case DEVICE_SIGNATURE_INVALID:
    case DEVICE_UNKNOWN_KEY:
        return "badauth";

    case DEVICE_SUSPENDED:
        return "abuse";

    case DEVICE_NAME_INVALID:
        return "notfqdn";

    case DEVICE_NOT_FOUND:
        return "nohost";

    case DEVICE_DUPLICATE:
        return "numhost";

    case DEVICE_MEMBER_INVALID:
    case DEVICE_ADDRESS_MISMATCH:
    case DEVICE_ADDRESS_NOT_ALLOWED:
    case DEVICE_TOO_MUCH:
        return "dnserr";

    case DEVICE_BAD_REQUEST:
    case DEVICE_METHOD_NOT_ALLOWED:
    case DEVICE_BODY_TOO_LARGE:
        return "badagent";

    default:
        return "911";
    }
}
