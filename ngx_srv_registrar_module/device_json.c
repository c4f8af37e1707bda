
/*
 * JSON (RFC 8259) without a tree.  Enters: values of our own making and texts
 * that a peer may have written.  Leaves: one line, valid UTF-8, members in
 * the order in which they were written.  Always: a buffer that has become too
 * small is cleansed before it is freed, since it may hold a key.  Pure; any
 * thread.
 */

#include "device_json.h"

#include <stdlib.h>
#include <string.h>

#include "device_address.h"
#include "device_key.h"


/* What a usual reply needs.  Half would make each of them grow once; double
 * would only be freed again. */
#define TEXT_SIZE        1024

/* "-9223372036854775808" */
#define INTEGER_MAX      20

#define REPLACEMENT      "\xEF\xBF\xBD"     /* U+FFFD */
#define REPLACEMENT_LEN  3


static void json_name(device_json_t *json, const char *name);
static void json_begin(device_json_t *json, const char *name, char bracket);
static void json_end(device_json_t *json, char bracket);
static void json_string(device_json_t *json, const uint8_t *text, size_t len);
static void json_escape(device_json_t *json, uint8_t c);
static void json_add(device_json_t *json, const void *data, size_t len);
static void json_grow(device_json_t *json, size_t len);
static size_t utf8_length(const uint8_t *s, size_t left);


void
device_json_begin(device_json_t *json)
{
    memset(json, 0, sizeof(*json));
    json_add(json, "{", 1);
}


void
device_json_object(device_json_t *json, const char *name)
{
    json_begin(json, name, '{');
}


void
device_json_object_end(device_json_t *json)
{
    json_end(json, '}');
}


void
device_json_array(device_json_t *json, const char *name)
{
    json_begin(json, name, '[');
}


void
device_json_array_end(device_json_t *json)
{
    json_end(json, ']');
}


void
device_json_integer(device_json_t *json, const char *name, int64_t value)
{
    char       digits[INTEGER_MAX], *at;
    uint64_t   left;

    json_name(json, name);

    /* without a sign: the least integer has no positive counterpart */

    left = (value < 0) ? -(uint64_t) value : (uint64_t) value;
    at = digits + sizeof(digits);

    do {
        *--at = (char) ('0' + left % 10);
        left /= 10;
    } while (left != 0);

    if (value < 0) {
        *--at = '-';
    }

    json_add(json, at, (size_t) (digits + sizeof(digits) - at));
}


void
device_json_boolean(device_json_t *json, const char *name, bool value)
{
    json_name(json, name);
    json_add(json, value ? "true" : "false", value ? 4 : 5);
}


void
device_json_text(device_json_t *json, const char *name, const char *text)
{
    json_name(json, name);
    json_string(json, (const uint8_t *) text, strlen(text));
}


void
device_json_span(device_json_t *json, const char *name, store_span_t text)
{
    json_name(json, name);
    json_string(json, text.data, text.len);
}


void
device_json_ignored(device_json_t *json,
    const char (*ignored)[DEVICE_IGNORED_LEN], size_t n)
{
    size_t  i;

    if (n == 0) {
        return;
    }

    device_json_array(json, "ignored");

    for (i = 0; i < n && i < DEVICE_IGNORED_MAX; i++) {
        device_json_text(json, NULL, ignored[i]);
    }

    device_json_array_end(json);
}


void
device_json_address(device_json_t *json, const char *name,
    const device_address_t *address)
{
    char  text[DEVICE_ADDRESS_TEXT_MAX];

    if (address == NULL || address->family == 0) {
        return;
    }

    device_address_write(text, address);
    device_json_text(json, name, text);
}


char *
device_json_finish(device_json_t *json)
{
    json_add(json, "}", 2);

    if (json->failed && json->text != NULL) {
        device_cleanse(json->text, json->len);
        free(json->text);
        json->text = NULL;
    }

    return json->text;
}


/* Names are ours: there is nothing in them to escape. */
static void
json_name(device_json_t *json, const char *name)
{
    if (json->comma) {
        json_add(json, ",", 1);
    }

    if (name != NULL) {
        json_add(json, "\"", 1);
        json_add(json, name, strlen(name));
        json_add(json, "\":", 2);
    }

    json->comma = true;
}


static void
json_begin(device_json_t *json, const char *name, char bracket)
{
    json_name(json, name);
    json_add(json, &bracket, 1);
    json->comma = false;
}


static void
json_end(device_json_t *json, char bracket)
{
    json_add(json, &bracket, 1);
    json->comma = true;
}


/* RFC 8259 7.  What needs nothing done is copied in stretches. */
static void
json_string(device_json_t *json, const uint8_t *text, size_t len)
{
    size_t  i, n, plain;

    json_add(json, "\"", 1);

    plain = 0;

    for (i = 0; i < len; i += n) {

        n = utf8_length(text + i, len - i);

        if (n > 1 || (n == 1 && text[i] >= 0x20 && text[i] != '"'
                      && text[i] != '\\'))
        {
            continue;
        }

        json_add(json, text + plain, i - plain);

        if (n == 0) {
            json_add(json, REPLACEMENT, REPLACEMENT_LEN);
            n = 1;

        } else {
            json_escape(json, text[i]);
        }

        plain = i + n;
    }

    /* an empty text may have no pointer, and nothing is added to that */

    if (plain < len) {
        json_add(json, text + plain, len - plain);
    }

    json_add(json, "\"", 1);
}


static void
json_escape(device_json_t *json, uint8_t c)
{
    size_t       i;
    char         escape[6] = { '\\', 'u', '0', '0' };

    static const char  known[] = "\"\\\b\f\n\r\t";

    for (i = 0; i < sizeof(known) - 1; i++) {
        if (c == (uint8_t) known[i]) {
            escape[1] = "\"\\bfnrt"[i];
            json_add(json, escape, 2);
            return;
        }
    }

    escape[4] = "0123456789ABCDEF"[c >> 4];
    escape[5] = "0123456789ABCDEF"[c & 0x0F];
    json_add(json, escape, sizeof(escape));
}


static void
json_add(device_json_t *json, const void *data, size_t len)
{
    if (len > json->size - json->len) {
        json_grow(json, len);
    }

    if (len == 0 || json->failed) {
        return;
    }

    memcpy(json->text + json->len, data, len);
    json->len += len;
}


/* Not by realloc, which would leave the old bytes where they were. */
static void
json_grow(device_json_t *json, size_t len)
{
    char    *text;
    size_t   size;

    if (json->failed) {
        return;
    }

    size = (json->size != 0) ? json->size : TEXT_SIZE;

    while (size - json->len < len) {
        size *= 2;
    }

    text = malloc(size);

    if (text == NULL) {
        json->failed = true;
        return;
    }

    if (json->text != NULL) {
        memcpy(text, json->text, json->len);
        device_cleanse(json->text, json->len);
        free(json->text);
    }

    json->text = text;
    json->size = size;
}


/*
 * The length of the UTF-8 character at s, or 0 where there is none: RFC 3629
 * 4.  Overlong forms, surrogates and what lies above U+10FFFF are excluded by
 * the range of the second byte.
 */
static size_t
utf8_length(const uint8_t *s, size_t left)
{
    size_t   i, n;
    uint8_t  low, high;

    if (s[0] < 0x80) {
        return 1;
    }

    if (s[0] < 0xC2 || s[0] > 0xF4) {
        return 0;
    }

    n = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;

    if (n > left) {
        return 0;
    }

    low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;

    if (s[1] < low || s[1] > high) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
    }

    return n;
}
