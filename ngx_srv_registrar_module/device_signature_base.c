
/*
 * The signature base (RFC 9421 2.5): the bytes that were signed, made again
 * from the request.  Enters: a request and a signature whose components
 * device_signature_parse has passed.  Always: a line of the base comes from
 * one component; no value can begin another line, since values with control
 * characters are refused.
 */

#include "device_message.h"

#include <string.h>

#include "device_field.h"


/* Writes into the caller's room; sticky. */
typedef struct {
    uint8_t  *at;
    size_t    left;
    bool      full;
} device_base_t;

typedef bool (*device_base_write_pt)(device_base_t *base,
    const device_message_t *message);


static bool device_base_component(device_base_t *base,
    const device_message_t *message, store_span_t name);
static bool device_base_field(device_base_t *base,
    const device_message_t *message, store_span_t name);
static bool device_base_method(device_base_t *base,
    const device_message_t *message);
static bool device_base_authority(device_base_t *base,
    const device_message_t *message);
static bool device_base_path(device_base_t *base,
    const device_message_t *message);
static bool device_base_query(device_base_t *base,
    const device_message_t *message);
static bool device_base_scheme(device_base_t *base,
    const device_message_t *message);
static bool device_base_request_target(device_base_t *base,
    const device_message_t *message);
static bool device_base_target_uri(device_base_t *base,
    const device_message_t *message);
static size_t device_authority_host(const device_message_t *message);
static void device_base_add(device_base_t *base, store_span_t span);
static void device_base_lower(device_base_t *base, store_span_t span);
static void device_base_text(device_base_t *base, const char *text);
static bool device_base_visible(store_span_t span);


static const struct {
    const char            *name;
    device_base_write_pt   write;
} device_base_derived[] = {
    { "@method",         device_base_method },
    { "@authority",      device_base_authority },
    { "@path",           device_base_path },
    { "@query",          device_base_query },
    { "@target-uri",     device_base_target_uri },
    { "@scheme",         device_base_scheme },
    { "@request-target", device_base_request_target },
};


/*
 * "@signature-params" is the member's raw text: written anew, it would have to
 * be written as the signer did, down to the order of the parameters.  It was
 * parsed strictly before, so that it is ASCII of one line.
 */
device_reason_t
device_signature_base(const device_message_t *message,
    const device_signature_t *signature, uint8_t *out, size_t *len,
    device_error_t *error)
{
    device_base_t          base;
    device_field_parser_t  parser;
    device_field_member_t  item;

    base.at = out;
    base.left = *len;
    base.full = false;

    device_field_inner_list(&parser, signature->components);

    while (device_field_item(&parser, &item)) {
        device_base_add(&base, item.raw);
        device_base_text(&base, ": ");

        if (!device_base_component(&base, message, item.value.text)) {
            return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                 "the component %.*s is missing in the "
                                 "request or cannot be signed",
                                 (int) (item.raw.len < 64 ? item.raw.len
                                                          : 64),
                                 (const char *) item.raw.data);
        }

        device_base_text(&base, "\n");
    }

    device_base_text(&base, "\"@signature-params\": ");
    device_base_add(&base, signature->params);

    if (parser.failed || base.full) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "the signature base is larger than %zu bytes",
                             *len);
    }

    *len -= base.left;

    return DEVICE_OK;
}


/* False where the request has no such component or its value cannot stand in
 * a base; a full base is found out at the end. */
static bool
device_base_component(device_base_t *base, const device_message_t *message,
    store_span_t name)
{
    size_t  i;

    if (name.len > 0 && name.data[0] != '@') {
        return device_base_field(base, message, name);
    }

    for (i = 0;
         i < sizeof(device_base_derived) / sizeof(device_base_derived[0]);
         i++)
    {
        if (device_span_is(name, device_base_derived[i].name)) {
            return device_base_derived[i].write(base, message);
        }
    }

    return false;
}


/* RFC 9421 2.1: lines trimmed and joined with ", "; an empty value counts, a
 * missing field does not. */
static bool
device_base_field(device_base_t *base, const device_message_t *message,
    store_span_t name)
{
    size_t        at, lines;
    store_span_t  value;

    at = 0;

    for (lines = 0; device_message_line(message, name, &at, &value); lines++) {

        if (!device_message_clean(value)) {
            return false;
        }

        if (lines > 0) {
            device_base_text(base, ", ");
        }

        device_base_add(base, value);
    }

    return lines > 0;
}


/* 2.2.1: as sent, methods have a case */
static bool
device_base_method(device_base_t *base, const device_message_t *message)
{
    device_base_add(base, message->method);

    return message->method.len > 0 && device_base_visible(message->method);
}


/* 2.2.3 */
static bool
device_base_authority(device_base_t *base, const device_message_t *message)
{
    store_span_t  authority;

    authority = message->authority;

    if (authority.len == 0 || !device_base_visible(authority)) {
        return false;
    }

    authority.len = device_authority_host(message);
    device_base_lower(base, authority);

    return authority.len > 0;
}


/* 2.2.6: raw, since decoding it would make two paths one */
static bool
device_base_path(device_base_t *base, const device_message_t *message)
{
    device_base_add(base, message->path);

    return message->path.len > 0 && device_base_visible(message->path);
}


/* 2.2.7: "?" alone also where there is no query */
static bool
device_base_query(device_base_t *base, const device_message_t *message)
{
    device_base_text(base, "?");
    device_base_add(base, message->query);

    return device_base_visible(message->query);
}


/* 2.2.4 */
static bool
device_base_scheme(device_base_t *base, const device_message_t *message)
{
    device_base_lower(base, message->scheme);

    return message->scheme.len > 0 && device_base_visible(message->scheme);
}


/* 2.2.5, of the origin form: devices speak to the origin */
static bool
device_base_request_target(device_base_t *base,
    const device_message_t *message)
{
    if (!device_base_path(base, message)) {
        return false;
    }

    return !message->has_query || device_base_query(base, message);
}


/* 2.2.2 */
static bool
device_base_target_uri(device_base_t *base, const device_message_t *message)
{
    if (!device_base_scheme(base, message)) {
        return false;
    }

    device_base_text(base, "://");

    return device_base_authority(base, message)
           && device_base_request_target(base, message);
}


/*
 * The length of the authority without a port that is empty or the scheme's
 * own (RFC 9110 4.2.3).  A colon before a ']' belongs to an IPv6 literal.
 */
static size_t
device_authority_host(const device_message_t *message)
{
    size_t        at;
    store_span_t  port, authority;

    authority = message->authority;

    for (at = authority.len; at > 0; at--) {

        if (authority.data[at - 1] == ']') {
            break;
        }

        if (authority.data[at - 1] != ':') {
            continue;
        }

        port.data = authority.data + at;
        port.len = authority.len - at;

        if (port.len == 0
            || (device_span_is(message->scheme, "https")
                && device_span_is(port, "443"))
            || (device_span_is(message->scheme, "http")
                && device_span_is(port, "80")))
        {
            return at - 1;
        }

        break;
    }

    return authority.len;
}


/* After the first that does not fit nothing is written any more: a base with
 * a hole in it must not look whole. */
static void
device_base_add(device_base_t *base, store_span_t span)
{
    if (base->full || span.len > base->left) {
        base->full = true;
        return;
    }

    if (span.len > 0) {
        memcpy(base->at, span.data, span.len);
        base->at += span.len;
        base->left -= span.len;
    }
}


static void
device_base_lower(device_base_t *base, store_span_t span)
{
    size_t    i;
    uint8_t  *start;

    start = base->at;
    device_base_add(base, span);

    if (base->full) {
        return;
    }

    for (i = 0; i < span.len; i++) {
        if (start[i] >= 'A' && start[i] <= 'Z') {
            start[i] |= 0x20;
        }
    }
}


static void
device_base_text(device_base_t *base, const char *text)
{
    store_span_t  span;

    span.data = (const uint8_t *) text;
    span.len = strlen(text);

    device_base_add(base, span);
}


/* Visible ASCII: what a request line or a Host is made of. */
static bool
device_base_visible(store_span_t span)
{
    size_t  i;

    for (i = 0; i < span.len; i++) {
        if (span.data[i] < 0x21 || span.data[i] > 0x7e) {
            return false;
        }
    }

    return true;
}
