
/*
 * The RR types that devices may register, and their RDATA from presentation
 * form.  Enters: hostile text.  Leaves: RDATA in wire form, targets under the
 * device's own name spliced, so that a value does not repeat its own key.
 *
 * Why not ldns, which parses all of these types: it wraps numbers silently
 * (port 65536 becomes 0, TLSA usage 300 becomes 44) and takes more syntax than
 * we allow.  Once each token has been checked, writing its bytes is one more
 * line, and no second parser sees what strangers send.  Pure; any thread.
 */

#include "device_presentation.h"

#include <string.h>

#include "device_address.h"


#define STRING_MAX    255    /* a character-string, RFC 1035 3.3 */
#define CAA_TAG_MAX   15     /* the longest in IANA's registry has 12 */
#define CAA_CRITICAL  128    /* RFC 8659 4.1: the other bits are zero */


typedef void (*device_rdata_handler_t)(device_presentation_t *form);

typedef struct {
    uint16_t                type;
    const char             *name;
    device_rdata_handler_t  handler;
} device_rdata_type_t;


static void device_rdata_a(device_presentation_t *form);
static void device_rdata_aaaa(device_presentation_t *form);
static void device_rdata_txt(device_presentation_t *form);
static void device_rdata_srv(device_presentation_t *form);
static void device_rdata_tlsa(device_presentation_t *form);
static void device_rdata_sshfp(device_presentation_t *form);
static void device_rdata_svcb(device_presentation_t *form);
static void device_rdata_uri(device_presentation_t *form);
static void device_rdata_caa(device_presentation_t *form);

static void device_rdata_address(device_presentation_t *form, uint8_t family,
    const char *what);
static void device_rdata_string(device_presentation_t *form,
    const device_token_t *token);
static void device_rdata_digest(device_presentation_t *form, size_t expected);
static void device_rdata_visible(device_presentation_t *form, size_t from,
    uint8_t least, const char *what);


static const device_rdata_type_t  device_rdata_types[] = {
    { DEVICE_TYPE_SRV,   "SRV",   device_rdata_srv },
    { DEVICE_TYPE_TXT,   "TXT",   device_rdata_txt },
    { DEVICE_TYPE_A,     "A",     device_rdata_a },
    { DEVICE_TYPE_AAAA,  "AAAA",  device_rdata_aaaa },
    { DEVICE_TYPE_TLSA,  "TLSA",  device_rdata_tlsa },
    { DEVICE_TYPE_SSHFP, "SSHFP", device_rdata_sshfp },
    { DEVICE_TYPE_SVCB,  "SVCB",  device_rdata_svcb },
    { DEVICE_TYPE_HTTPS, "HTTPS", device_rdata_svcb },
    { DEVICE_TYPE_URI,   "URI",   device_rdata_uri },
    { DEVICE_TYPE_CAA,   "CAA",   device_rdata_caa }
};

#define RDATA_TYPES                                                          \
    (sizeof(device_rdata_types) / sizeof(device_rdata_types[0]))


static const store_span_t  device_no_text = { NULL, 0 };


uint16_t
device_type_parse(store_span_t text)
{
    size_t       i;
    const char  *name;

    for (i = 0; i < RDATA_TYPES; i++) {
        name = device_rdata_types[i].name;

        if (text.len == strlen(name)
            && memcmp(text.data, name, text.len) == 0)
        {
            return device_rdata_types[i].type;
        }
    }

    return 0;
}


const char *
device_type_name(uint16_t type)
{
    size_t  i;

    for (i = 0; i < RDATA_TYPES; i++) {
        if (device_rdata_types[i].type == type) {
            return device_rdata_types[i].name;
        }
    }

    return NULL;
}


size_t
device_types_default(uint16_t types[DEVICE_TYPES_MAX])
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < RDATA_TYPES; i++) {

        /* a device's CAA overrides the apex's: only where the operator says */

        if (device_rdata_types[i].type != DEVICE_TYPE_CAA) {
            types[n++] = device_rdata_types[i].type;
        }
    }

    return n;
}


device_reason_t
device_rdata_parse(uint16_t type, store_span_t text, store_span_t fqdn,
    uint8_t **at, const uint8_t *end, const char *member,
    device_error_t *error)
{
    size_t                 i;
    store_rr_t             rr;
    device_presentation_t  form;

    for (i = 0; i < RDATA_TYPES; i++) {
        if (device_rdata_types[i].type == type) {
            break;
        }
    }

    if (i == RDATA_TYPES) {
        return device_refuse(error, DEVICE_TYPE_NOT_ALLOWED, member,
                             "type %u cannot be registered", (unsigned) type);
    }

    /* a handler reads its fields and looks at no error: the form keeps the
     * first one */

    device_presentation_init(&form, text, fqdn, member, error);

    device_rdata_types[i].handler(&form);
    device_presentation_finish(&form);

    if (form.reason != DEVICE_OK) {
        return form.reason;
    }

    rr.data = form.data;
    rr.len = (uint16_t) form.len;
    rr.splice = form.splice;

    if (!store_rr_write(at, end, &rr)) {
        return device_refuse(error, DEVICE_TOO_MUCH, member,
                             "the registration's data has no room for it");
    }

    return DEVICE_OK;
}


static void
device_rdata_a(device_presentation_t *form)
{
    device_rdata_address(form, 4, "not an IPv4 address");
}


static void
device_rdata_aaaa(device_presentation_t *form)
{
    device_rdata_address(form, 6, "not an IPv6 address");
}


/* As an RR below the FQDN: whether it may be published is device_wish.c's. */
static void
device_rdata_address(device_presentation_t *form, uint8_t family,
    const char *what)
{
    device_token_t    token;
    device_address_t  address;

    if (!device_presentation_token(form, &token, "the address")) {
        return;
    }

    if (token.quoted || !device_address_parse(&address, token.raw)
        || address.family != family)
    {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID, what,
                                   token.raw);
        return;
    }

    device_presentation_append(form, address.bytes, (family == 4) ? 4 : 16);
}


static void
device_rdata_txt(device_presentation_t *form)
{
    device_token_t  token;

    if (!device_presentation_token(form, &token, "the text")) {
        return;
    }

    do {
        device_rdata_string(form, &token);
    } while (device_presentation_next(form, &token, false));
}


/* RFC 1035 3.3: the length comes first, and is known when the escapes are
 * undone. */
static void
device_rdata_string(device_presentation_t *form, const device_token_t *token)
{
    size_t   from, len;
    uint8_t  octet;

    octet = 0;
    from = form->len;

    device_presentation_append(form, &octet, 1);
    len = device_presentation_unescape(form, token->raw,
                                       "an escape is \\DDD, at most \\255");

    if (len > STRING_MAX) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "a string has more than 255 bytes",
                                   token->raw);
        return;
    }

    if (form->reason == DEVICE_OK) {
        form->data[from] = (uint8_t) len;
    }
}


/* RFC 2782 */
static void
device_rdata_srv(device_presentation_t *form)
{
    bool      offered;
    uint32_t  port;

    device_presentation_integer(form, "the priority", 2, 65535);
    device_presentation_integer(form, "the weight", 2, 65535);
    port = device_presentation_integer(form, "the port", 2, 65535);
    offered = device_rdata_target(form);

    if (offered && port == 0) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "port 0 goes with the target \".\" alone",
                                   device_no_text);
    }
}


/* RFC 6698 2.1, without the private values */
static void
device_rdata_tlsa(device_presentation_t *form)
{
    uint32_t  matching;

    static const size_t  lengths[] = { 0, 32, 64 };

    device_presentation_integer(form, "the certificate usage", 1, 3);
    device_presentation_integer(form, "the selector", 1, 1);
    matching = device_presentation_integer(form, "the matching type", 1, 2);

    device_rdata_digest(form, lengths[matching]);
}


/* RFC 4255 3.1, RFC 6594, RFC 7479, RFC 8709 */
static void
device_rdata_sshfp(device_presentation_t *form)
{
    uint32_t  algorithm, type;

    static const size_t  lengths[] = { 0, 20, 32 };

    algorithm = device_presentation_integer(form, "the algorithm", 1, 6);
    type = device_presentation_integer(form, "the fingerprint type", 1, 2);

    if (algorithm == 0 || algorithm == 5 || type == 0) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "algorithms are 1, 2, 3, 4 and 6, "
                                   "fingerprint types 1 and 2",
                                   device_no_text);
    }

    device_rdata_digest(form, lengths[type]);
}


/* expected 0: of any length */
static void
device_rdata_digest(device_presentation_t *form, size_t expected)
{
    size_t  len;

    len = device_presentation_hex(form, "whole hexadecimal bytes are missing");

    if (expected != 0 && len != expected) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   (expected == 20) ? "SHA-1 has 20 bytes"
                                   : (expected == 32) ? "SHA-256 has 32 bytes"
                                                      : "SHA-512 has 64 bytes",
                                   device_no_text);
    }
}


/* RFC 9460 2.2 */
static void
device_rdata_svcb(device_presentation_t *form)
{
    uint32_t  priority;

    priority = device_presentation_integer(form, "the priority", 2, 65535);
    device_rdata_target(form);

    /* AliasMode: parameters would be ignored (RFC 9460 2.4.2), so whoever
     * sends some is mistaken, and finish refuses them */

    if (priority != 0) {
        device_svcb_params(form);
    }
}


/* RFC 7553 4.4 */
static void
device_rdata_uri(device_presentation_t *form)
{
    size_t          from;
    device_token_t  token;

    device_presentation_integer(form, "the priority", 2, 65535);
    device_presentation_integer(form, "the weight", 2, 65535);

    if (!device_presentation_token(form, &token, "the URI")) {
        return;
    }

    if (!token.quoted || token.raw.len == 0) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "the URI stands in quotes", token.raw);
        return;
    }

    from = form->len;
    device_presentation_unescape(form, token.raw, "not an escape in a URI");
    device_rdata_visible(form, from, 0x21,
                         "a URI has no spaces, and is ASCII (RFC 3986)");
}


/* RFC 8659 4.1 */
static void
device_rdata_caa(device_presentation_t *form)
{
    size_t          i, from;
    uint8_t         c, len;
    uint32_t        flags;
    device_token_t  token;

    flags = device_presentation_integer(form, "flags", 1, 255);

    if (flags != 0 && flags != CAA_CRITICAL) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "flags are 0 or 128", device_no_text);
    }

    if (!device_presentation_token(form, &token, "the tag")) {
        return;
    }

    len = (token.raw.len > CAA_TAG_MAX) ? 0 : (uint8_t) token.raw.len;
    device_presentation_append(form, &len, 1);

    for (i = 0; i < len; i++) {
        c = token.raw.data[i];
        c = (c >= 'A' && c <= 'Z') ? (c | 0x20) : c;

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
            len = 0;
            break;
        }

        device_presentation_append(form, &c, 1);
    }

    if (len == 0 || token.quoted) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "a tag has 1 to 15 letters and digits",
                                   token.raw);
        return;
    }

    if (!device_presentation_token(form, &token, "the value")) {
        return;
    }

    /* RFC 8659 4.2 has ";" for it; ldns prints an empty one as none */

    if (token.raw.len == 0) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "the empty value is written \";\"",
                                   device_no_text);
        return;
    }

    from = form->len;
    device_presentation_unescape(form, token.raw, "not an escape in a value");
    device_rdata_visible(form, from, 0x20, "a value is printable ASCII");
}


/* What was appended since `from` lies within least and '~'. */
static void
device_rdata_visible(device_presentation_t *form, size_t from, uint8_t least,
    const char *what)
{
    size_t  i;

    for (i = from; i < form->len; i++) {
        if (form->data[i] < least || form->data[i] > 0x7e) {
            device_presentation_refuse(form, DEVICE_RDATA_INVALID, what,
                                       device_no_text);
            return;
        }
    }
}


