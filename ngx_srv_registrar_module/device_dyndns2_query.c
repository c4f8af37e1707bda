
/*
 * The query string of a dyndns2 call.  Enters: any bytes; some routers escape
 * nothing at all.  Leaves: a list of hosts and, for each family, what the
 * call says of it; everything that is not understood and speaks of an address
 * is refused, since a guess would be published.
 */

#include "device_dyndns2.h"

#include <string.h>


#define EXCERPT_MAX  60      /* of a peer's text in a refusal */


/* The parameters that we read; legacy ones (system, wildcard, mx, backmx,
 * offline, url) change nothing that is ours. */
enum {
    HOSTNAME = 0, HOST_ID, MYIP, MYIPV4, IP, MYIPV6, IPV6, PARAMETERS
};

static const char *const  device_dyndns2_names[PARAMETERS] = {
    "hostname", "host_id", "myip", "myipv4", "ip", "myipv6", "ipv6"
};

/* One parameter that speaks of addresses, by family. */
typedef struct {
    device_dyndns2_family_t  ipv4;
    device_dyndns2_family_t  ipv6;
} device_dyndns2_value_t;


static device_reason_t device_dyndns2_split(store_span_t *values,
    uint8_t *query, size_t len, device_error_t *error);
static size_t device_dyndns2_decode(uint8_t *text, size_t len);
static int device_dyndns2_digit(uint8_t c);
static device_reason_t device_dyndns2_hosts(device_dyndns2_call_t *call,
    const store_span_t *values, device_error_t *error);
static device_reason_t device_dyndns2_value(device_dyndns2_value_t *value,
    store_span_t text, int parameter, device_error_t *error);
static device_reason_t device_dyndns2_entry(device_dyndns2_value_t *value,
    store_span_t text, int parameter, device_error_t *error);
static bool device_dyndns2_length(device_dyndns2_family_t *found,
    store_span_t text);
static void device_dyndns2_pick(device_dyndns2_call_t *call,
    const device_dyndns2_value_t *parsed);
static device_reason_t device_dyndns2_invalid(device_error_t *error,
    int parameter, store_span_t text);


device_reason_t
device_dyndns2_parse(device_dyndns2_call_t *call, uint8_t *query, size_t len,
    device_error_t *error)
{
    int                     i;
    bool                    stated, named, shared;
    store_span_t            values[PARAMETERS];
    device_reason_t         reason;
    device_dyndns2_value_t  parsed[PARAMETERS];

    memset(call, 0, sizeof(*call));
    memset(values, 0, sizeof(values));
    memset(parsed, 0, sizeof(parsed));

    reason = device_dyndns2_split(values, query, len, error);

    if (reason == DEVICE_OK) {
        reason = device_dyndns2_hosts(call, values, error);
    }

    shared = (values[MYIP].data != NULL || values[IP].data != NULL);
    named = shared;
    stated = false;

    for (i = MYIP; i < PARAMETERS; i++) {
        named |= (values[i].data != NULL);
        stated |= (values[i].len > 0);
    }

    call->observed = !named || (shared && !stated);

    for (i = MYIP; i < PARAMETERS && reason == DEVICE_OK; i++) {

        if (values[i].data == NULL
            || (!stated && (i == MYIP || i == IP)))
        {
            continue;
        }

        reason = device_dyndns2_value(&parsed[i], values[i], i, error);
    }

    device_dyndns2_pick(call, parsed);

    return reason;
}


/* The value of each parameter of ours, decoded; data NULL: not there. */
static device_reason_t
device_dyndns2_split(store_span_t *values, uint8_t *query, size_t len,
    device_error_t *error)
{
    int       i;
    size_t    size, name, value;
    uint8_t  *end, *at, *equals;

    for (at = query; len > 0; at = end + 1) {

        end = memchr(at, '&', len);
        size = (end == NULL) ? len : (size_t) (end - at);
        len -= (end == NULL) ? size : size + 1;

        equals = memchr(at, '=', size);
        name = (equals == NULL) ? size : (size_t) (equals - at);
        value = (equals == NULL) ? 0 : size - name - 1;

        for (i = 0; i < PARAMETERS; i++) {

            if (strlen(device_dyndns2_names[i]) != name
                || memcmp(at, device_dyndns2_names[i], name) != 0)
            {
                continue;
            }

            if (values[i].data != NULL) {
                return device_refuse(error, DEVICE_MEMBER_INVALID,
                                     device_dyndns2_names[i],
                                     "said more than once");
            }

            values[i].data = at + size - value;
            values[i].len = device_dyndns2_decode(at + size - value, value);
        }

        if (end == NULL) {
            break;
        }
    }

    return DEVICE_OK;
}


/* RFC 3986 2.1; a `%` that begins no escape stays, and is no address. */
static size_t
device_dyndns2_decode(uint8_t *text, size_t len)
{
    int     high, low;
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++) {

        if (text[i] == '%' && len - i > 2) {

            high = device_dyndns2_digit(text[i + 1]);
            low = device_dyndns2_digit(text[i + 2]);

            if (high >= 0 && low >= 0) {
                text[n++] = (uint8_t) (high << 4 | low);
                i += 2;
                continue;
            }
        }

        text[n++] = text[i];
    }

    return n;
}


static int
device_dyndns2_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


static device_reason_t
device_dyndns2_hosts(device_dyndns2_call_t *call, const store_span_t *values,
    device_error_t *error)
{
    size_t        i, n;
    store_span_t  hosts;

    hosts = values[HOSTNAME];

    /* old clients say so, and mean the user's only host */

    if (hosts.len == 3 && memcmp(hosts.data, "YES", 3) == 0) {
        hosts.data = NULL;
    }

    call->hosts = (hosts.data == NULL) ? values[HOST_ID] : hosts;

    for (i = 0, n = 1; i < call->hosts.len; i++) {
        n += (call->hosts.data[i] == ',');
    }

    if (n > DEVICE_DYNDNS2_HOSTS_MAX) {
        return device_refuse(error, DEVICE_DUPLICATE, "hostname",
                             "more than %d hosts", DEVICE_DYNDNS2_HOSTS_MAX);
    }

    return DEVICE_OK;
}


static device_reason_t
device_dyndns2_value(device_dyndns2_value_t *value, store_span_t text,
    int parameter, device_error_t *error)
{
    bool                      any;
    size_t                    len;
    store_span_t              entry;
    const uint8_t            *comma;
    device_reason_t           reason;
    device_dyndns2_family_t  *own;

    own = (parameter >= MYIPV6) ? &value->ipv6 : &value->ipv4;

    if (text.len == 8 && memcmp(text.data, "preserve", 8) == 0) {
        own->mode = DEVICE_DYNDNS2_KEEP;
        return DEVICE_OK;
    }

    for (any = false; text.len > 0; text.data += len, text.len -= len) {

        comma = memchr(text.data, ',', text.len);

        entry.data = text.data;
        entry.len = (comma == NULL) ? text.len
                                    : (size_t) (comma - text.data);
        len = entry.len + (comma != NULL);

        if (entry.len == 0) {
            /* "myip=192.0.2.1,": a router without IPv6 */
            continue;
        }

        any = true;
        reason = device_dyndns2_entry(value, entry, parameter, error);

        if (reason != DEVICE_OK) {
            return reason;
        }
    }

    if (!any) {
        own->mode = DEVICE_DYNDNS2_REMOVE;
    }

    return DEVICE_OK;
}


/* "192.0.2.1" or "2001:db8::1/64". */
static device_reason_t
device_dyndns2_entry(device_dyndns2_value_t *value, store_span_t text,
    int parameter, device_error_t *error)
{
    store_span_t              alone, length;
    const uint8_t            *slash;
    device_dyndns2_family_t   found, *family;

    memset(&found, 0, sizeof(found));

    slash = memchr(text.data, '/', text.len);

    alone = text;

    if (slash != NULL) {
        alone.len = (size_t) (slash - text.data);
    }

    if (!device_address_parse(&found.address, alone)) {
        return device_dyndns2_invalid(error, parameter, text);
    }

    found.mode = DEVICE_DYNDNS2_STATED;

    if (slash != NULL) {
        length.data = slash + 1;
        length.len = text.len - alone.len - 1;

        if (!device_dyndns2_length(&found, length)) {
            return device_dyndns2_invalid(error, parameter, text);
        }
    }

    if ((parameter == MYIPV4 && found.address.family != 4)
        || (parameter >= MYIPV6 && found.address.family != 6))
    {
        return device_dyndns2_invalid(error, parameter, text);
    }

    family = (found.address.family == 4) ? &value->ipv4 : &value->ipv6;

    if (family->mode != DEVICE_DYNDNS2_UNNAMED) {
        return device_refuse(error, DEVICE_DUPLICATE,
                             device_dyndns2_names[parameter],
                             "more than one IPv%u address",
                             (unsigned) found.address.family);
    }

    *family = found;

    return DEVICE_OK;
}


/* A length after an address says nothing; after a network, whose host bits
 * are zero, it says that the host's part is to be kept. */
static bool
device_dyndns2_length(device_dyndns2_family_t *found, store_span_t text)
{
    size_t    i, size;
    unsigned  bits;

    size = (found->address.family == 4) ? 4 : 16;

    if (text.len < 1 || text.len > 3) {
        return false;
    }

    for (i = 0, bits = 0; i < text.len; i++) {

        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }

        bits = 10 * bits + (unsigned) (text.data[i] - '0');
    }

    if (bits > 8 * size) {
        return false;
    }

    if (bits == 8 * size) {
        return true;
    }

    for (i = bits / 8; i < size; i++) {

        if ((found->address.bytes[i]
             & (i == bits / 8 ? 0xff >> bits % 8 : 0xff)) != 0)
        {
            return true;
        }
    }

    found->mode = DEVICE_DYNDNS2_PREFIX;
    found->bits = (uint8_t) bits;

    return true;
}


static void
device_dyndns2_pick(device_dyndns2_call_t *call,
    const device_dyndns2_value_t *parsed)
{
    size_t  i;

    static const int  order4[] = { MYIP, MYIPV4, IP };
    static const int  order6[] = { MYIPV6, IPV6, MYIP, IP };

    for (i = sizeof(order4) / sizeof(order4[0]); i-- > 0; /* void */ ) {
        if (parsed[order4[i]].ipv4.mode != DEVICE_DYNDNS2_UNNAMED) {
            call->ipv4 = parsed[order4[i]].ipv4;
        }
    }

    for (i = sizeof(order6) / sizeof(order6[0]); i-- > 0; /* void */ ) {
        if (parsed[order6[i]].ipv6.mode != DEVICE_DYNDNS2_UNNAMED) {
            call->ipv6 = parsed[order6[i]].ipv6;
        }
    }
}


static device_reason_t
device_dyndns2_invalid(device_error_t *error, int parameter,
    store_span_t text)
{
    return device_refuse(error, DEVICE_MEMBER_INVALID,
                         device_dyndns2_names[parameter],
                         "not an address: %.*s",
                         text.len > EXCERPT_MAX ? EXCERPT_MAX : (int) text.len,
                         (const char *) text.data);
}
