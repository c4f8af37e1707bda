
/*
 * An RRset as JSON, as DNS shows it: names relative to the FQDN, data in
 * presentation form.  Any thread.
 */

#include "device_json.h"

#include "device_rdata.h"


/* Presentation form of the largest RDATA: each byte of a TXT as \DDD, quotes
 * and a space for each of its strings, and a target that was spliced in. */
#define RDATA_TEXT_MAX  (5 * STORE_VALUE_MAX)


static void rrset_data(device_json_t *json, const store_rrset_t *rrset,
    store_span_t fqdn);


void
device_json_rrset(device_json_t *json, const store_rrset_t *rrset,
    store_span_t fqdn)
{
    char         owner[DEVICE_NAME_TEXT_MAX];
    const char  *type;

    type = device_type_name(rrset->type);

    if (type == NULL) {
        json->failed = true;
        return;
    }

    device_owner_write(owner, rrset->owner);

    device_json_text(json, "name", owner);
    device_json_text(json, "type", type);
    device_json_integer(json, "ttl", rrset->ttl);

    if (rrset->expires > 0) {
        device_json_integer(json, "expires_at", rrset->expires);
    }

    rrset_data(json, rrset, fqdn);
}


/* RDATA that cannot be shown as text was never accepted as text: the value is
 * not one of ours, and no reply is better than a wrong one. */
static void
rrset_data(device_json_t *json, const store_rrset_t *rrset,
    store_span_t fqdn)
{
    char             text[RDATA_TEXT_MAX];
    store_rr_t       rr;
    store_rr_iter_t  iter;

    device_json_array(json, "data");

    store_rr_begin(&iter, rrset);

    while (store_rr_next(&iter, &rr)) {

        if (!device_rdata_write(rrset->type, &rr, fqdn, text, sizeof(text))) {
            json->failed = true;
            return;
        }

        device_json_text(json, NULL, text);
    }

    device_json_array_end(json);
}
