
/*
 * Service parameters of SVCB and HTTPS (RFC 9460 2.1, 7, appendix A).
 * Enters: hostile tokens, in any order.  Leaves: parameters in wire form, in
 * ascending order of their keys (RFC 9460 2.2), each key once.
 *
 * Address hints are refused: they would be a way around the checks of
 * addresses, and the target has A and AAAA records of its own.
 * Pure; any thread.
 */

#include "device_presentation.h"

#include <string.h>

#include <openssl/evp.h>


#define PARAMS_MAX   16      /* IANA's registry has 10 keys */
#define KEY_INVALID  65535   /* RFC 9460 14.3.2 */
#define ECH_MAX      1024    /* bytes of a configuration list; a usual one has
                                under 100 */


enum {
    KEY_MANDATORY = 0,
    KEY_ALPN = 1,
    KEY_NO_DEFAULT_ALPN = 2,
    KEY_PORT = 3,
    KEY_IPV4HINT = 4,
    KEY_ECH = 5,
    KEY_IPV6HINT = 6,
    KEY_DOHPATH = 7
};


typedef struct {
    uint16_t  key;
    size_t    from;                  /* value, in the form's data */
    size_t    len;
} device_svcb_param_t;

typedef struct {
    device_presentation_t  *form;
    size_t                  n;
    device_svcb_param_t     params[PARAMS_MAX];
} device_svcb_t;


static void device_svcb_param(device_svcb_t *svcb, store_span_t raw);
static void device_svcb_value(device_presentation_t *form, uint16_t key,
    store_span_t value, bool given);
static void device_svcb_plain(device_presentation_t *form,
    store_span_t value);
static bool device_svcb_key(store_span_t text, uint32_t *key);
static void device_svcb_mandatory(device_presentation_t *form,
    store_span_t value);
static void device_svcb_alpn(device_presentation_t *form, store_span_t value);
static void device_svcb_ech(device_presentation_t *form, store_span_t value);
static void device_svcb_dohpath(device_presentation_t *form,
    store_span_t value);
static void device_svcb_check(device_svcb_t *svcb);
static device_svcb_param_t *device_svcb_find(device_svcb_t *svcb,
    uint32_t key);
static void device_svcb_write(device_svcb_t *svcb, size_t from);
static bool device_list_next(store_span_t *rest, store_span_t *item);


static const char *const  device_svcb_keys[] = {
    "mandatory",
    "alpn",
    "no-default-alpn",
    "port",
    "ipv4hint",
    "ech",
    "ipv6hint",
    "dohpath"
};

#define KEYS_KNOWN  (sizeof(device_svcb_keys) / sizeof(device_svcb_keys[0]))


static void
device_svcb_refuse(device_presentation_t *form, const char *what,
    store_span_t text)
{
    device_presentation_refuse(form, DEVICE_RDATA_INVALID, what, text);
}


void
device_svcb_params(device_presentation_t *form)
{
    size_t          from;
    device_svcb_t   svcb;
    device_token_t  token;

    svcb.form = form;
    svcb.n = 0;
    from = form->len;

    while (device_presentation_next(form, &token, true)) {

        if (token.quoted) {
            device_svcb_refuse(form, "a parameter is key or key=value",
                               token.raw);
            return;
        }

        device_svcb_param(&svcb, token.raw);
    }

    if (form->reason == DEVICE_OK) {
        device_svcb_check(&svcb);
        device_svcb_write(&svcb, from);
    }
}


/* Appends the value alone, and notes where it lies. */
static void
device_svcb_param(device_svcb_t *svcb, store_span_t raw)
{
    uint32_t              key;
    store_span_t          name, value;
    const uint8_t        *equals;
    device_svcb_param_t  *param;

    equals = memchr(raw.data, '=', raw.len);

    name = raw;
    value = (store_span_t) { raw.data + raw.len, 0 };

    if (equals != NULL) {
        name.len = (size_t) (equals - raw.data);
        value.data = equals + 1;
        value.len = raw.len - name.len - 1;

        /* the tokeniser has seen to the closing quote */

        if (value.len >= 2 && value.data[0] == '"') {
            value.data++;
            value.len -= 2;
        }
    }

    if (!device_svcb_key(name, &key)) {
        device_svcb_refuse(svcb->form, "not a parameter's key", name);
        return;
    }

    if (svcb->n == PARAMS_MAX || device_svcb_find(svcb, key) != NULL) {
        device_svcb_refuse(svcb->form, "a key stands twice, or too many",
                           name);
        return;
    }

    param = &svcb->params[svcb->n++];
    param->key = (uint16_t) key;
    param->from = svcb->form->len;

    device_svcb_value(svcb->form, param->key, value, equals != NULL);

    param->len = svcb->form->len - param->from;
}


static bool
device_svcb_key(store_span_t text, uint32_t *key)
{
    for (*key = 0; *key < KEYS_KNOWN; (*key)++) {
        if (text.len == strlen(device_svcb_keys[*key])
            && memcmp(text.data, device_svcb_keys[*key], text.len) == 0)
        {
            return true;
        }
    }

    /* keyNNNNN must not be a second spelling of a key that is checked */

    if (text.len < 4 || memcmp(text.data, "key", 3) != 0
        || text.data[3] == '0')
    {
        return false;
    }

    text.data += 3;
    text.len -= 3;

    return device_number_parse(text, KEY_INVALID - 1, key)
           && *key >= KEYS_KNOWN;
}


/* Keys that are not known pass as bytes (RFC 9460 2.1): a device may be newer
 * than its registrar. */
static void
device_svcb_value(device_presentation_t *form, uint16_t key,
    store_span_t value, bool given)
{
    size_t    from;
    uint32_t  port;

    if (key != KEY_NO_DEFAULT_ALPN && key <= KEY_DOHPATH && value.len == 0) {
        device_svcb_refuse(form, "a value is missing",
                           (store_span_t) { NULL, 0 });
        return;
    }

    switch (key) {

    case KEY_MANDATORY:
        device_svcb_mandatory(form, value);
        break;

    case KEY_ALPN:
        device_svcb_plain(form, value);
        device_svcb_alpn(form, value);
        break;

    case KEY_NO_DEFAULT_ALPN:
        if (given) {
            device_svcb_refuse(form, "no-default-alpn takes no value", value);
        }

        break;

    case KEY_PORT:
        if (!device_number_parse(value, 65535, &port)) {
            device_svcb_refuse(form, "a port is an integer of 0 to 65535",
                               value);
            return;
        }

        device_presentation_append16(form, port);
        break;

    case KEY_IPV4HINT:
    case KEY_IPV6HINT:
        device_svcb_refuse(form, "address hints are not taken, for the "
                           "target has A and AAAA records", value);
        break;

    case KEY_ECH:
        device_svcb_ech(form, value);
        break;

    case KEY_DOHPATH:
        device_svcb_plain(form, value);
        device_svcb_dohpath(form, value);
        break;

    default:
        from = form->len;
        device_presentation_unescape(form, value,
                                     "an escape is \\DDD, at most \\255");
        device_svcb_plain(form, (store_span_t) { form->data + from,
                                                 form->len - from });
    }
}


/* ldns prints values without quotes, where these bytes would mean something
 * else to whoever reads them. */
static void
device_svcb_plain(device_presentation_t *form, store_span_t value)
{
    size_t  i;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] != 0 && strchr(";()\"\\", value.data[i]) != NULL) {
            device_svcb_refuse(form, "no quote, backslash, semicolon or "
                               "parenthesis in a value",
                               (store_span_t) { NULL, 0 });
            return;
        }
    }
}


/* RFC 9460 8: keys of this RR, never `mandatory` itself, ascending on the
 * wire, none twice. */
static void
device_svcb_mandatory(device_presentation_t *form, store_span_t value)
{
    size_t        i, n;
    uint32_t      key;
    uint16_t      keys[PARAMS_MAX], swap;
    store_span_t  item;

    n = 0;

    while (device_list_next(&value, &item)) {

        if (n == PARAMS_MAX || !device_svcb_key(item, &key)
            || key == KEY_MANDATORY)
        {
            device_svcb_refuse(form, "not a key that can be mandatory", item);
            return;
        }

        keys[n] = (uint16_t) key;

        for (i = n++; i > 0 && keys[i - 1] > keys[i]; i--) {
            swap = keys[i];
            keys[i] = keys[i - 1];
            keys[i - 1] = swap;
        }

        if (i > 0 && keys[i - 1] == keys[i]) {
            device_svcb_refuse(form, "a mandatory key stands twice", item);
            return;
        }
    }

    for (i = 0; i < n; i++) {
        device_presentation_append16(form, keys[i]);
    }
}


/* RFC 9460 7.1.1; no registered protocol needs an escape */
static void
device_svcb_alpn(device_presentation_t *form, store_span_t value)
{
    uint8_t       len;
    store_span_t  item;

    while (device_list_next(&value, &item)) {

        if (item.len == 0 || item.len > 255
            || memchr(item.data, '\\', item.len) != NULL
            || memchr(item.data, ' ', item.len) != NULL)
        {
            device_svcb_refuse(form, "not a protocol's identifier", item);
            return;
        }

        len = (uint8_t) item.len;
        device_presentation_append(form, &len, 1);
        device_presentation_append(form, item.data, item.len);
    }
}


/* RFC 9848: base64.  Canonical is what gives the same text again. */
static void
device_svcb_ech(device_presentation_t *form, store_span_t value)
{
    int      len;
    size_t   padding;
    uint8_t  bytes[ECH_MAX], again[ECH_MAX / 3 * 4 + 5];

    len = -1;

    /* EVP_DecodeBlock counts the padding as bytes, and takes white space */

    if (value.len % 4 == 0 && value.len <= ECH_MAX / 3 * 4) {
        len = EVP_DecodeBlock(bytes, value.data, (int) value.len);
    }

    if (len > 0) {
        padding = (value.data[value.len - 1] == '=')
                  + (size_t) (value.data[value.len - 2] == '=');
        len -= (int) padding;

        if (EVP_EncodeBlock(again, bytes, len) != (int) value.len
            || memcmp(again, value.data, value.len) != 0)
        {
            len = -1;
        }
    }

    if (len <= 0) {
        device_svcb_refuse(form, "ech is base64", value);
        return;
    }

    device_presentation_append(form, bytes, (size_t) len);
}


/* RFC 9461 5: a relative URI template that has the variable `dns` */
static void
device_svcb_dohpath(device_presentation_t *form, store_span_t value)
{
    if (value.data[0] != '/' || memchr(value.data, '\\', value.len) != NULL
        || memchr(value.data, ' ', value.len) != NULL
        || memmem(value.data, value.len, "{?dns}", 6) == NULL)
    {
        device_svcb_refuse(form, "dohpath is a path with {?dns}", value);
        return;
    }

    device_presentation_append(form, value.data, value.len);
}


/* What parameters say about each other. */
static void
device_svcb_check(device_svcb_t *svcb)
{
    size_t                i;
    uint32_t              key;
    const uint8_t        *at;
    device_svcb_param_t  *mandatory;

    static const store_span_t  no_text = { NULL, 0 };

    if (device_svcb_find(svcb, KEY_NO_DEFAULT_ALPN) != NULL
        && device_svcb_find(svcb, KEY_ALPN) == NULL)
    {
        device_svcb_refuse(svcb->form, "no-default-alpn goes with alpn",
                           no_text);
    }

    mandatory = device_svcb_find(svcb, KEY_MANDATORY);

    for (i = 0; mandatory != NULL && i < mandatory->len; i += 2) {
        at = svcb->form->data + mandatory->from + i;
        key = (uint32_t) (at[0] << 8 | at[1]);

        if (device_svcb_find(svcb, key) == NULL) {
            device_svcb_refuse(svcb->form, "a mandatory key is not there",
                               no_text);
        }
    }
}


static device_svcb_param_t *
device_svcb_find(device_svcb_t *svcb, uint32_t key)
{
    size_t  i;

    for (i = 0; i < svcb->n; i++) {
        if (svcb->params[i].key == key) {
            return &svcb->params[i];
        }
    }

    return NULL;
}


/* Values lie one after the other from `from` on, in the order of the text:
 * writes them behind, ordered and with their heads, and moves that forward. */
static void
device_svcb_write(device_svcb_t *svcb, size_t from)
{
    size_t                  i, next, begin;
    device_svcb_param_t    *param;
    device_presentation_t  *form;

    form = svcb->form;
    begin = form->len;

    for (i = 0; i < svcb->n && form->reason == DEVICE_OK; i++) {
        param = &svcb->params[i];

        for (next = i + 1; next < svcb->n; next++) {
            if (svcb->params[next].key < param->key) {
                device_svcb_param_t  swap = *param;

                *param = svcb->params[next];
                svcb->params[next] = swap;
            }
        }

        device_presentation_append16(form, param->key);
        device_presentation_append16(form, (uint32_t) param->len);
        device_presentation_append(form, form->data + param->from,
                                   param->len);
    }

    memmove(form->data + from, form->data + begin, form->len - begin);
    form->len -= begin - from;
}


/* Items between commas; the last one has none behind it. */
static bool
device_list_next(store_span_t *rest, store_span_t *item)
{
    const uint8_t  *comma;

    if (rest->data == NULL) {
        return false;
    }

    comma = (rest->len != 0) ? memchr(rest->data, ',', rest->len) : NULL;
    *item = *rest;

    if (comma == NULL) {
        rest->data = NULL;
        return true;
    }

    item->len = (size_t) (comma - rest->data);
    rest->data = comma + 1;
    rest->len -= item->len + 1;

    return true;
}
