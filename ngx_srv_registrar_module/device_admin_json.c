
/*
 * What `srv_registrar admin` reads and tells beside a device itself.
 * Any thread.
 */

#include "device_admin.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "device_hex.h"
#include "device_json.h"
#include "device_object.h"


struct device_issuers_report_s {
    device_json_t  json;
};


device_reason_t
device_admin_parse(device_admin_t *action, store_span_t body,
    device_error_t *error)
{
    json_t           *root;
    const char       *state;
    device_reason_t   reason;

    reason = device_body_load(&root, body, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    state = json_string_value(json_object_get(root, "state"));

    if (state != NULL && json_object_size(root) == 1
        && strcmp(state, "suspended") == 0)
    {
        *action = DEVICE_ADMIN_SUSPEND;

    } else if (state != NULL && json_object_size(root) == 1
               && strcmp(state, "active") == 0)
    {
        *action = DEVICE_ADMIN_RESUME;

    } else {

        /* nothing else may be meant: an operator's mistake must show */

        reason = device_refuse(error, DEVICE_MEMBER_INVALID, "state",
                               "expected: \"suspended\" or \"active\", and "
                               "nothing else");
    }

    json_decref(root);

    return reason;
}


device_issuers_report_t *
device_issuers_report_begin(void)
{
    device_issuers_report_t  *report;

    report = malloc(sizeof(*report));

    if (report != NULL) {
        device_json_begin(&report->json);
        device_json_array(&report->json, "issuers");
    }

    return report;
}


bool
device_issuers_report_add(void *data, const store_issuer_t *issuer)
{
    char                      digest[2 * STORE_DIGEST_LEN + 1];
    device_json_t            *json;
    device_issuers_report_t  *report = data;

    if (report == NULL) {
        return false;
    }

    json = &report->json;
    device_hex_write(digest, issuer->digest, STORE_DIGEST_LEN);

    device_json_object(json, NULL);
    device_json_integer(json, "number", issuer->number);
    device_json_text(json, "sha256", digest);
    device_json_span(json, "name", issuer->name);
    device_json_text(json, "state",
                     issuer->suspended ? "suspended" : "active");
    device_json_object_end(json);

    return !json->failed;
}


char *
device_issuers_report_finish(device_issuers_report_t *report)
{
    char  *text;

    if (report == NULL) {
        return NULL;
    }

    device_json_array_end(&report->json);
    text = device_json_finish(&report->json);
    free(report);

    return text;
}
