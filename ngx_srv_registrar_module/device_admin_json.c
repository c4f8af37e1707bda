
/*
 * What `srv_registrar admin` reads and tells beside a device itself.
 * Any thread.
 */

#include "device_admin.h"

#include <stdlib.h>
#include <string.h>

#include "device_hex.h"
#include "device_json.h"
#include "device_object.h"


struct device_issuers_report_s {
    json_t  *list;
    bool     failed;
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

    report = calloc(1, sizeof(*report));

    if (report != NULL) {
        report->list = json_array();
    }

    return report;
}


bool
device_issuers_report_add(void *data, const store_issuer_t *issuer)
{
    char                      digest[2 * STORE_DIGEST_LEN + 1];
    json_t                   *item;
    device_issuers_report_t  *report = data;

    if (report == NULL) {
        return false;
    }

    device_hex_write(digest, issuer->digest, STORE_DIGEST_LEN);

    item = json_pack("{si ss ss# ss}", "number", issuer->number,
                     "sha256", digest,
                     "name", (const char *) issuer->name.data,
                     (int) issuer->name.len,
                     "state", issuer->suspended ? "suspended" : "active");

    report->failed = json_array_append_new(report->list, item) != 0;

    return !report->failed;
}


char *
device_issuers_report_finish(device_issuers_report_t *report)
{
    device_json_t  json;

    if (report == NULL) {
        return NULL;
    }

    device_json_begin(&json);
    device_json_set(&json, "issuers", report->list);
    json.failed = json.failed || report->failed;
    free(report);

    return device_json_finish(&json);
}
