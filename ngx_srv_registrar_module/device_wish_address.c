
/*
 * The addresses that a request wishes to be found at, against the one that
 * it came from.  device_wish.h says the rules.
 */

#include "device_wish.h"

#include <string.h>


#define EXCERPT_MAX  60      /* of a peer's text in a refusal */


static device_reason_t device_address_state(device_address_wish_t *wish,
    const device_subject_t *subject, uint8_t family, store_span_t text,
    const char *member, device_error_t *error);
static device_reason_t device_address_publish(device_address_wish_t *wish,
    const device_subject_t *subject, const device_address_t *address,
    const char *member, device_error_t *error);
static device_reason_t device_address_other(const device_subject_t *subject,
    uint8_t family, const char *member, device_error_t *error);
static bool device_text_is(store_span_t text, const char *word);


device_reason_t
device_wish_address(device_address_wish_t *wish,
    const device_subject_t *subject, uint8_t family, store_span_t text,
    const char *member, device_error_t *error)
{
    if (device_text_is(text, "keep")) {
        wish->mode = DEVICE_ADDRESS_KEEP;
        return DEVICE_OK;
    }

    if (device_text_is(text, "none")) {
        wish->mode = DEVICE_ADDRESS_NONE;
        return DEVICE_OK;
    }

    if (!device_text_is(text, "observed")) {
        return device_address_state(wish, subject, family, text, member,
                                    error);
    }

    /* asked for by name, so its lack is a mistake; not asked for, it is not */

    if (subject->source.family != family) {
        return device_address_other(subject, family, member, error);
    }

    return device_address_publish(wish, subject, &subject->source, member,
                                  error);
}


device_reason_t
device_wish_address_default(device_address_wish_t *wish,
    const device_subject_t *subject, uint8_t family, const char *member,
    device_error_t *error)
{
    if (subject->source.family != family) {
        wish->mode = DEVICE_ADDRESS_KEEP;
        return DEVICE_OK;
    }

    return device_address_publish(wish, subject, &subject->source, member,
                                  error);
}


static device_reason_t
device_address_state(device_address_wish_t *wish,
    const device_subject_t *subject, uint8_t family, store_span_t text,
    const char *member, device_error_t *error)
{
    int               len;
    char              observed[DEVICE_ADDRESS_TEXT_MAX];
    device_address_t  address;

    len = (text.len > EXCERPT_MAX) ? EXCERPT_MAX : (int) text.len;

    if (!device_address_parse(&address, text) || address.family != family) {
        return device_refuse(error, DEVICE_MEMBER_INVALID, member,
                             "neither an IPv%u address nor \"observed\", "
                             "\"keep\" or \"none\": %.*s", (unsigned) family,
                             len, (const char *) text.data);
    }

    if (subject->source.family != family) {
        return device_address_other(subject, family, member, error);
    }

    /* RFC 8981: within its /64 a device may speak from one address and want to
     * be found at another */

    if (!device_address_same_site(&address, &subject->source)) {
        device_address_write(observed, &subject->source);

        return device_refuse(error, DEVICE_ADDRESS_MISMATCH, member,
                             "the request came from %s, not from %.*s",
                             observed, len, (const char *) text.data);
    }

    return device_address_publish(wish, subject, &address, member, error);
}


/* Whatever was asked, observed or default: no address is published that has not
 * passed here. */
static device_reason_t
device_address_publish(device_address_wish_t *wish,
    const device_subject_t *subject, const device_address_t *address,
    const char *member, device_error_t *error)
{
    char  text[DEVICE_ADDRESS_TEXT_MAX];

    if (!device_address_allowed(subject->zone, address)) {
        device_address_write(text, address);

        return device_refuse(error, DEVICE_ADDRESS_NOT_ALLOWED, member,
                             "%s is not reachable from everywhere, and may "
                             "not be published", text);
    }

    wish->mode = DEVICE_ADDRESS_SET;
    wish->address = *address;

    return DEVICE_OK;
}


/* The source cannot vouch for an address of this family. */
static device_reason_t
device_address_other(const device_subject_t *subject, uint8_t family,
    const char *member, device_error_t *error)
{
    char  observed[DEVICE_ADDRESS_TEXT_MAX];

    if (subject->source.family == 0) {
        return device_refuse(error, DEVICE_ADDRESS_NOT_ALLOWED, member,
                             "the request came over a local socket: no "
                             "address was observed");
    }

    device_address_write(observed, &subject->source);

    return device_refuse(error, DEVICE_ADDRESS_MISMATCH, member,
                         "the request came over IPv%u, from %s: an IPv%u "
                         "address is set by a request over IPv%u",
                         (unsigned) subject->source.family, observed,
                         (unsigned) family, (unsigned) family);
}


static bool
device_text_is(store_span_t text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.data, word, text.len) == 0;
}
