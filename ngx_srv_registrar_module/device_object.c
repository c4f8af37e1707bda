
/*
 * Reading JSON objects of hostile bodies.  Enters: bytes.  Leaves: integers
 * in range, texts without NUL in valid UTF-8 (jansson sees to both), or a
 * refusal that names the member and shows its value.
 */

#include "device_object.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>


#define EXCERPT_MAX  60          /* of a peer's value in a refusal */


device_reason_t
device_body_load(json_t **root, store_span_t body, device_error_t *error)
{
    json_error_t  json_error;

    if (body.len > DEVICE_BODY_MAX) {
        return device_refuse(error, DEVICE_BODY_TOO_LARGE, NULL,
                             "a body has at most %d bytes", DEVICE_BODY_MAX);
    }

    if (body.len == 0) {
        *root = json_object();

        return (*root != NULL) ? DEVICE_OK
               : device_refuse(error, DEVICE_INTERNAL, NULL, "no memory");
    }

    /* jansson itself refuses \u0000, invalid UTF-8, integers above 64 bits
     * and nesting deeper than 2048 */

    *root = json_loadb((const char *) body.data, body.len,
                       JSON_REJECT_DUPLICATES, &json_error);

    if (*root == NULL) {
        return device_refuse(error, DEVICE_JSON_INVALID, NULL,
                             "%s, in line %d, column %d", json_error.text,
                             json_error.line, json_error.column);
    }

    if (!json_is_object(*root)) {
        json_decref(*root);

        return device_refuse(error, DEVICE_JSON_INVALID, NULL,
                             "the body is not an object");
    }

    return DEVICE_OK;
}


/* 60.0 and "60" are no integers: what a device means by them is a guess. */
device_reason_t
device_object_integer(device_object_t *object, const char *name,
    int64_t least, int64_t most, int64_t *number)
{
    char     expected[64];
    json_t  *value;

    value = json_object_get(object->object, name);

    if (value == NULL) {
        return DEVICE_OK;
    }

    if (json_is_integer(value) && json_integer_value(value) >= least
        && json_integer_value(value) <= most)
    {
        *number = json_integer_value(value);
        return DEVICE_OK;
    }

    if (most == INT64_MAX) {
        snprintf(expected, sizeof(expected), "an integer of %lld or more",
                 (long long) least);

    } else {
        snprintf(expected, sizeof(expected), "an integer of %lld to %lld",
                 (long long) least, (long long) most);
    }

    return device_object_refuse(object, name, expected);
}


device_reason_t
device_object_text(device_object_t *object, const char *name, bool required,
    store_span_t *text)
{
    json_t  *value;

    *text = (store_span_t) { NULL, 0 };
    value = json_object_get(object->object, name);

    if (value == NULL) {
        return required ? device_object_refuse(object, name, NULL)
                        : DEVICE_OK;
    }

    if (!json_is_string(value) || json_string_length(value) == 0) {
        return device_object_refuse(object, name, "a string, not empty");
    }

    text->data = (const uint8_t *) json_string_value(value);
    text->len = json_string_length(value);

    return DEVICE_OK;
}


device_reason_t
device_object_refuse(device_object_t *object, const char *name,
    const char *expected)
{
    char            member[DEVICE_PATH_MAX * 2], value[EXCERPT_MAX];
    size_t          len;
    json_t         *json;
    device_error_t *error;

    error = object->wishes->error;
    snprintf(member, sizeof(member), "%s%s", object->path, name);

    if (expected == NULL) {
        return device_refuse(error, DEVICE_MEMBER_INVALID, member,
                             "the member is missing");
    }

    json = json_object_get(object->object, name);
    len = json_dumpb(json, value, sizeof(value) - 1,
                     JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);

    /* what did not fit was not written at all, or in part */

    if (len > sizeof(value) - 1) {
        len = 0;
    }

    value[len] = '\0';

    return device_refuse(error, DEVICE_MEMBER_INVALID, member,
                         (len != 0) ? "expected: %s; got %s"
                                    : "expected: %s%s", expected, value);
}


/* Noted and not refused (unlike types and ranges): a device that is newer than
 * its registrar still gets the rest of what it wants. */
void
device_object_unknown(device_object_t *object, const char *const *known)
{
    size_t             i;
    json_t            *value;
    const char        *name;
    device_update_t   *update;

    update = object->wishes->update;

    json_object_foreach(object->object, name, value) {

        for (i = 0; known[i] != NULL && strcmp(known[i], name) != 0; i++) {
            /* void */
        }

        if (known[i] == NULL) {
            device_ignored_note(update->ignored, &update->nignored,
                                object->path, name);
        }
    }
}


void
device_ignored_note(char (*ignored)[DEVICE_IGNORED_LEN], size_t *n,
    const char *path, const char *name)
{
    char  *p;

    if (*n == DEVICE_IGNORED_MAX) {
        return;
    }

    p = ignored[(*n)++];
    snprintf(p, DEVICE_IGNORED_LEN, "%s%s", path, name);

    /* cut anywhere, and bound for logs: ASCII alone */

    for ( /* void */ ; *p != '\0'; p++) {
        if (*p < 0x20 || *p > 0x7e) {
            *p = '?';
        }
    }
}
