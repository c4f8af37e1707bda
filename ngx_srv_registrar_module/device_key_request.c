
/*
 * The body of POST /v1/enroll and /v1/key: nothing, a public key of the
 * device's own, the wish for another name.  device_key_from_jwk decides about
 * the key; here, about JSON.
 */

#include "device_object.h"

#include <stdio.h>

#include <jansson.h>

#include "device_key.h"


static const char *device_jwk_text(json_t *jwk, const char *name,
    device_error_t *error);


device_reason_t
device_key_request_parse(store_device_key_t *key, bool *given,
    bool *new_name, store_span_t body, device_error_t *error)
{
    size_t            i;
    json_t           *root, *jwk, *name;
    const char       *texts[5];
    device_reason_t   reason;

    static const char *const  names[] = { "kty", "crv", "x", "y", "d" };

    *given = false;
    *new_name = false;
    reason = device_body_load(&root, body, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    name = json_object_get(root, "new_name");

    if (name != NULL && !json_is_boolean(name)) {
        json_decref(root);
        return device_refuse(error, DEVICE_MEMBER_INVALID, "new_name",
                             "expected: true or false");
    }

    *new_name = json_is_true(name);
    jwk = json_object_get(root, "public_key");

    if (jwk == NULL) {
        json_decref(root);
        return DEVICE_OK;
    }

    if (!json_is_object(jwk)) {
        reason = device_refuse(error, DEVICE_MEMBER_INVALID, "public_key",
                               "expected: a JWK object (RFC 7517)");
    }

    error->reason = reason;

    for (i = 0; i < 5; i++) {
        texts[i] = device_jwk_text(jwk, names[i], error);
    }

    reason = error->reason;

    if (reason == DEVICE_OK) {
        reason = device_key_from_jwk(key, texts[0], texts[1], texts[2],
                                     texts[3], texts[4], error);
    }

    *given = (reason == DEVICE_OK);
    json_decref(root);

    return reason;
}


/* NULL where absent, or refused: then error->reason says so. */
static const char *
device_jwk_text(json_t *jwk, const char *name, device_error_t *error)
{
    char     member[DEVICE_PATH_MAX];
    json_t  *value;

    value = json_object_get(jwk, name);

    if (value == NULL || error->reason != DEVICE_OK) {
        return NULL;
    }

    if (!json_is_string(value)) {
        snprintf(member, sizeof(member), "public_key.%s", name);
        device_refuse(error, DEVICE_PUBLIC_KEY_INVALID, member,
                      "expected: a string");
        return NULL;
    }

    return json_string_value(value);
}
