
/*
 * A device as operators see it.  Beside what DNS shows: its keys' names and
 * times, and what has expired.
 */

#include "device_admin.h"

#include <string.h>

#include "device_json.h"
#include "device_hex.h"
#include "device_rdata.h"


typedef struct {
    const device_report_t  *report;
    store_value_t           value;
    store_device_t          device;
    store_span_t            name;        /* wire */
    uint8_t                 name_bytes[1 + STORE_KEY_MAX];
    char                    fqdn[DEVICE_NAME_TEXT_MAX];
} report_t;


static bool report_open(report_t *report);
static void report_facts(const report_t *report, device_json_t *json);
static const char *report_state(const report_t *report);
static void report_keys(const report_t *report, device_json_t *json);
static void report_key(const report_t *report, device_json_t *json,
    const store_device_key_t *key, const char *status);
static void report_credentials(const report_t *report, device_json_t *json);
static void report_records(const report_t *report, device_json_t *json);


char *
device_report(const device_report_t *asked)
{
    report_t       report;
    device_json_t  json;

    report.report = asked;

    if (!report_open(&report)) {
        return NULL;
    }

    device_json_begin(&json);

    device_json_text(&json, "fqdn", report.fqdn);
    report_facts(&report, &json);
    report_keys(&report, &json);
    report_credentials(&report, &json);
    report_records(&report, &json);

    return device_json_finish(&json);
}


static bool
report_open(report_t *report)
{
    uint8_t            *p = report->name_bytes;
    store_span_t        key, zone, label;
    const store_key_t  *k = report->report->key;

    key = (store_span_t) { k->data, k->len };

    if (!store_value_open(&report->value, key, report->report->bytes)
        || report->value.kind != STORE_KIND_DEVICE
        || !store_key_parse(key, &zone, &label))
    {
        return false;
    }

    store_value_device(&report->value, &report->device);

    *p++ = (uint8_t) label.len;
    memcpy(p, label.data, label.len);
    memcpy(p + label.len, zone.data, zone.len);

    report->name.data = report->name_bytes;
    report->name.len = 1 + label.len + zone.len;

    return device_name_write(report->fqdn, report->name);
}


static void
report_facts(const report_t *report, device_json_t *json)
{
    char                   identity[2 * STORE_IDENTITY_LEN + 1];
    const store_device_t  *device = &report->device;

    device_hex_write(identity, device->identity, STORE_IDENTITY_LEN);

    device_json_text(json, "state", report_state(report));
    device_json_text(json, "identity", identity);

    if (device->issuer != STORE_ISSUER_UNKNOWN) {
        device_json_integer(json, "issuer", device->issuer);
    }

    device_json_integer(json, "enrolled_at", device->enrolled);
    device_json_integer(json, "seen_at", device->seen);
    device_json_integer(json, "rekeyed", device->rekeyed);

    if (device->lease_end != 0) {
        device_json_integer(json, "lease", device->lease);
        device_json_integer(json, "expires_at", device->lease_end);
    }
}


static const char *
report_state(const report_t *report)
{
    if (!store_value_served(&report->value)) {
        return report->device.state == STORE_DEVICE_MOVED ? "moved"
                                                          : "suspended";
    }

    return store_issuer_suspended(report->report->issuers,
                                  report->device.issuer)
           ? "issuer-suspended" : "active";
}


static void
report_keys(const report_t *report, device_json_t *json)
{
    device_json_array(json, "keys");

    if (report->device.has_active) {
        report_key(report, json, &report->device.active, "active");
    }

    if (report->device.has_pending) {
        report_key(report, json, &report->device.pending, "pending");
    }

    device_json_array_end(json);
}


static void
report_key(const report_t *report, device_json_t *json,
    const store_device_key_t *key, const char *status)
{
    char  keyid[DEVICE_KEYID_MAX + 1];

    device_json_object(json, NULL);
    device_json_text(json, "status", status);

    if (device_keyid_write(keyid, report->fqdn, key->generation)) {
        device_json_text(json, "keyid", keyid);
    }

    device_json_text(json, "algorithm",
                     device_algorithm_name(key->algorithm));

    if (key->secret != 0) {
        device_json_integer(json, "secret", key->secret);
    }

    if (key->last_created != 0) {
        device_json_integer(json, "last_created", key->last_created);
    }

    if (key->expires != 0) {
        device_json_integer(json, "expires_at", key->expires);
    }

    device_json_object_end(json);
}


static void
report_credentials(const report_t *report, device_json_t *json)
{
    device_json_array(json, "credentials");

    if (report->device.acme_dns.counter != 0) {
        device_json_text(json, NULL, "acme-dns");
    }

    if (report->device.dyndns2.counter != 0) {
        device_json_text(json, NULL, "dyndns2");
    }

    device_json_array_end(json);
}


static void
report_records(const report_t *report, device_json_t *json)
{
    store_rrset_t        rrset;
    store_rrset_iter_t   iter;

    device_json_array(json, "records");

    store_rrset_begin(&iter, &report->value);

    while (store_rrset_next(&iter, &rrset)) {
        if (!store_rrset_is_data(&rrset)) {
            continue;
        }

        device_json_object(json, NULL);
        device_json_rrset(json, &rrset, report->name);
        device_json_boolean(json, "live",
                            store_rrset_live(&rrset, report->report->now));
        device_json_object_end(json);
    }

    device_json_array_end(json);
}
