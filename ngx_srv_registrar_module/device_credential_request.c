
/*
 * Reading which credentials a device wants.  Enters: a hostile body.  Leaves:
 * sets of doors, or a refusal that names the member.
 */

#include "device_credential_request.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "device_object.h"


static device_reason_t request_doors(uint32_t *doors, json_t *root,
    const char *name, device_error_t *error);
static void request_ignored(device_credential_request_t *request,
    json_t *root);


device_reason_t
device_credential_request_parse(device_credential_request_t *request,
    store_span_t body, device_error_t *error)
{
    json_t           *root;
    device_reason_t   reason;

    memset(request, 0, sizeof(*request));

    reason = device_body_load(&root, body, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = request_doors(&request->issue, root, "issue", error);

    if (reason == DEVICE_OK) {
        reason = request_doors(&request->rotate, root, "rotate", error);
    }

    if (reason == DEVICE_OK) {
        request_ignored(request, root);
    }

    json_decref(root);

    return reason;
}


static device_reason_t
request_doors(uint32_t *doors, json_t *root, const char *name,
    device_error_t *error)
{
    char          member[DEVICE_PATH_MAX];
    size_t        i;
    json_t       *array, *value;
    uint8_t       door;
    store_span_t  text;

    array = json_object_get(root, name);

    if (array == NULL) {
        return DEVICE_OK;
    }

    if (!json_is_array(array)) {
        return device_refuse(error, DEVICE_MEMBER_INVALID, name,
                             "expected: an array of doors");
    }

    json_array_foreach(array, i, value) {
        door = STORE_DOOR_NONE;

        if (json_is_string(value)) {
            text.data = (const uint8_t *) json_string_value(value);
            text.len = json_string_length(value);
            door = device_door_parse(text);
        }

        if (door == STORE_DOOR_NONE) {
            snprintf(member, sizeof(member), "%s[%zu]", name, i);

            return device_refuse(error, DEVICE_MEMBER_INVALID, member,
                                 "expected: \"acme-dns\" or \"dyndns2\"");
        }

        *doors |= 1u << door;
    }

    return DEVICE_OK;
}


static void
request_ignored(device_credential_request_t *request, json_t *root)
{
    json_t      *value;
    const char  *name;

    json_object_foreach(root, name, value) {

        if (strcmp(name, "issue") != 0 && strcmp(name, "rotate") != 0) {
            device_ignored_note(request->ignored, &request->nignored, "",
                                name);
        }
    }
}
