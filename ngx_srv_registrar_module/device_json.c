
/*
 * Objects for replies.  Enters: values of our own making and texts that a
 * peer may have written.  Leaves: one line of JSON, valid UTF-8, members in
 * the order in which they were set.  Pure; any thread.
 */

#include "device_json.h"

#include <stdlib.h>
#include <string.h>

#include "device_address.h"


#define REPLACEMENT      "\xEF\xBF\xBD"     /* U+FFFD */
#define REPLACEMENT_LEN  3


static size_t utf8_length(const uint8_t *s);


void
device_json_begin(device_json_t *json)
{
    json->object = json_object();
    json->failed = (json->object == NULL);
}


void
device_json_set(device_json_t *json, const char *name, json_t *value)
{
    /* takes value also where it fails, and refuses NULL */

    if (json_object_set_new(json->object, name, value) != 0) {
        json->failed = true;
    }
}


void
device_json_integer(device_json_t *json, const char *name, int64_t value)
{
    device_json_set(json, name, json_integer(value));
}


void
device_json_text(device_json_t *json, const char *name, const char *text)
{
    device_json_set(json, name, device_json_string(text));
}


json_t *
device_json_string(const char *text)
{
    char           *out;
    size_t          n, len;
    json_t         *string;
    const uint8_t  *s;

    out = malloc(strlen(text) * REPLACEMENT_LEN + 1);

    if (out == NULL) {
        return NULL;
    }

    s = (const uint8_t *) text;
    len = 0;

    while (*s != '\0') {
        n = utf8_length(s);

        if (n > 0) {
            memcpy(out + len, s, n);
            len += n;
            s += n;

        } else {
            memcpy(out + len, REPLACEMENT, REPLACEMENT_LEN);
            len += REPLACEMENT_LEN;
            s++;
        }
    }

    string = json_stringn(out, len);
    free(out);

    return string;
}


/*
 * The length of the UTF-8 character at s, or 0 where there is none: RFC 3629
 * 4.  Overlong forms, surrogates and what lies above U+10FFFF are excluded by
 * the range of the second byte.  The final NUL is no continuation, so that
 * nothing is read beyond it.
 */
static size_t
utf8_length(const uint8_t *s)
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


json_t *
device_json_ignored(const char (*ignored)[DEVICE_IGNORED_LEN], size_t n)
{
    size_t   i;
    json_t  *names;

    names = json_array();

    for (i = 0; i < n && i < DEVICE_IGNORED_MAX; i++) {

        if (json_array_append_new(names, device_json_string(ignored[i]))
            != 0)
        {
            json_decref(names);
            return NULL;
        }
    }

    return names;
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
    device_json_set(json, name, json_string(text));
}


char *
device_json_finish(device_json_t *json)
{
    char    *text;
    size_t   len;

    text = NULL;
    len = 0;

    if (!json->failed) {
        len = json_dumpb(json->object, NULL, 0, JSON_COMPACT);
    }

    if (len > 0) {
        text = malloc(len + 1);
    }

    if (text != NULL) {
        len = json_dumpb(json->object, text, len, JSON_COMPACT);
        text[len] = '\0';
    }

    json_decref(json->object);
    json->object = NULL;

    return text;
}
