
/*
 * An RRset as JSON, as DNS shows it: names relative to the FQDN, data in
 * presentation form.  Any thread.
 */

#include "device_json.h"

#include "device_rdata.h"


/* Presentation form of the largest RDATA: each byte of a TXT as \DDD, quotes
 * and a space for each of its strings, and a target that was spliced in. */
#define RDATA_TEXT_MAX  (5 * STORE_VALUE_MAX)


static json_t *rrset_data(const store_rrset_t *rrset, store_span_t fqdn);


json_t *
device_json_rrset(const store_rrset_t *rrset, store_span_t fqdn)
{
    char            owner[DEVICE_NAME_TEXT_MAX];
    const char     *type;
    device_json_t   json;

    type = device_type_name(rrset->type);

    if (type == NULL) {
        return NULL;
    }

    device_owner_write(owner, rrset->owner);

    device_json_begin(&json);
    device_json_text(&json, "name", owner);
    device_json_text(&json, "type", type);
    device_json_integer(&json, "ttl", rrset->ttl);

    if (rrset->expires > 0) {
        device_json_integer(&json, "expires_at", rrset->expires);
    }

    device_json_set(&json, "data", rrset_data(rrset, fqdn));

    if (json.failed) {
        json_decref(json.object);
        return NULL;
    }

    return json.object;
}


/* RDATA that cannot be shown as text was never accepted as text: the value is
 * not one of ours, and no reply is better than a wrong one. */
static json_t *
rrset_data(const store_rrset_t *rrset, store_span_t fqdn)
{
    char             text[RDATA_TEXT_MAX];
    json_t          *data;
    store_rr_t       rr;
    store_rr_iter_t  iter;

    data = json_array();

    store_rr_begin(&iter, rrset);

    while (store_rr_next(&iter, &rr)) {

        if (!device_rdata_write(rrset->type, &rr, fqdn, text, sizeof(text))
            || json_array_append_new(data, device_json_string(text)) != 0)
        {
            json_decref(data);
            return NULL;
        }
    }

    return data;
}
