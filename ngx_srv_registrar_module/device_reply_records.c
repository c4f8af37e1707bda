
/*
 * The reply to GET, PUT, PATCH and DELETE: what is now published.
 *
 * Enters: a value as it stands in the store or is being put there.  Leaves:
 * JSON that shows each live RRset as DNS does, and the FQDN's own addresses
 * once more as a PUT would say them.  What has expired is not shown, whether
 * or not the sweep came by.  Any thread.
 */

#include "device_reply.h"

#include <string.h>

#include "device_json.h"
#include "device_rdata.h"


typedef struct {
    const device_records_reply_t  *reply;
    store_value_t                  value;
    store_device_t                 device;
    uint8_t                        fqdn_bytes[STORE_KEY_MAX + 1];
    store_span_t                   fqdn;         /* wire */
} records_t;


static bool records_open(records_t *records);
static void records_list(const records_t *records, device_json_t *json);
static void records_address(const records_t *records, device_json_t *json);
static void records_leases(const records_t *records, device_json_t *json);
static int64_t records_shortest(const records_t *records);
static int64_t records_refresh(int64_t left, uint32_t jitter);
static bool rrset_is_address(const store_rrset_t *rrset);


char *
device_reply_records(const device_records_reply_t *reply)
{
    records_t      records;
    device_json_t  json;

    records.reply = reply;

    if (!records_open(&records)) {
        return NULL;
    }

    device_json_begin(&json);

    device_json_text(&json, "fqdn", reply->fqdn);
    records_list(&records, &json);
    records_address(&records, &json);
    device_json_address(&json, "observed_address", reply->observed);
    records_leases(&records, &json);
    device_json_boolean(&json, "dnssec", reply->dnssec);
    device_json_integer(&json, "server_time", reply->now);
    device_json_boolean(&json, "changed", reply->changed);

    if (reply->change != NULL) {
        device_json_ignored(&json, reply->change->ignored,
                            reply->change->nignored);
    }

    return device_json_finish(&json);
}


/* The FQDN's wire form comes from the key, so that targets are completed with
 * the very name under which the value is stored. */
static bool
records_open(records_t *records)
{
    store_span_t        key, zone, label;
    const store_key_t  *k;

    k = records->reply->key;
    key.data = k->data;
    key.len = k->len;

    if (!store_value_open(&records->value, key, records->reply->bytes)
        || records->value.kind != STORE_KIND_DEVICE
        || !store_key_parse(key, &zone, &label))
    {
        return false;
    }

    store_value_device(&records->value, &records->device);

    records->fqdn_bytes[0] = (uint8_t) label.len;
    memcpy(records->fqdn_bytes + 1, label.data, label.len);
    memcpy(records->fqdn_bytes + 1 + label.len, zone.data, zone.len);

    records->fqdn.data = records->fqdn_bytes;
    records->fqdn.len = 1 + label.len + zone.len;

    return true;
}


static void
records_list(const records_t *records, device_json_t *json)
{
    store_rrset_t        rrset;
    store_rrset_iter_t   iter;

    device_json_array(json, "records");

    store_rrset_begin(&iter, &records->value);

    while (store_rrset_next(&iter, &rrset)) {

        if (store_rrset_is_data(&rrset)
            && store_rrset_live(&rrset, records->reply->now))
        {
            device_json_object(json, NULL);
            device_json_rrset(json, &rrset, records->fqdn);
            device_json_object_end(json);
        }
    }

    device_json_array_end(json);
}


/* As a PUT would state them: one address of each family at the FQDN. */
static void
records_address(const records_t *records, device_json_t *json)
{
    store_rr_t           rr;
    store_rrset_t        rrset;
    store_rr_iter_t      rr_iter;
    device_address_t     address;
    store_rrset_iter_t   iter;

    device_json_object(json, "address");

    store_rrset_begin(&iter, &records->value);

    while (store_rrset_next(&iter, &rrset)) {

        if (!rrset_is_address(&rrset)
            || !store_rrset_live(&rrset, records->reply->now))
        {
            continue;
        }

        memset(&address, 0, sizeof(address));
        address.family = rrset.type == DEVICE_TYPE_A ? 4 : 6;

        store_rr_begin(&rr_iter, &rrset);

        if (!store_rr_next(&rr_iter, &rr)
            || rr.len != (address.family == 4 ? 4 : 16))
        {
            json->failed = true;
            return;
        }

        memcpy(address.bytes, rr.data, rr.len);
        device_json_address(json, address.family == 4 ? "ipv4" : "ipv6",
                            &address);
    }

    device_json_object_end(json);
}


/* A registration that was withdrawn or has run out has no lease to tell of. */
static void
records_leases(const records_t *records, device_json_t *json)
{
    int64_t                now = records->reply->now;
    const store_device_t  *device;

    device = &records->device;

    if (device->lease_end <= now) {
        return;
    }

    device_json_integer(json, "lease", device->lease);
    device_json_integer(json, "expires_at", device->lease_end);
    device_json_integer(json, "refresh_after",
                        records_refresh(records_shortest(records) - now,
                                        records->reply->jitter));
}


/*
 * When the first thing runs out that a refresh from where this request came
 * from would renew: not an RRset with a lease of its own, nor addresses of
 * the other family or of another place, which no refresh from here prolongs.
 */
static int64_t
records_shortest(const records_t *records)
{
    bool                 renewed;
    uint16_t             type;
    int64_t              shortest;
    store_rrset_t        rrset;
    device_address_t     source = { 0 };
    store_rrset_iter_t   iter;

    shortest = records->device.lease_end;
    type = 0;

    if (records->reply->observed != NULL) {
        source = *records->reply->observed;
        type = records->reply->observed->family == 4 ? DEVICE_TYPE_A
               : records->reply->observed->family == 6 ? DEVICE_TYPE_AAAA : 0;
    }

    store_rrset_begin(&iter, &records->value);

    while (store_rrset_next(&iter, &rrset)) {

        renewed = rrset_is_address(&rrset)
                  ? rrset.type == type
                  : rrset.door == STORE_DOOR_RECORDS && !rrset.own_lease
                    && device_address_vouches(&source, &rrset);

        if (renewed && rrset.expires > 0 && rrset.expires < shortest
            && store_rrset_live(&rrset, records->reply->now))
        {
            shortest = rrset.expires;
        }
    }

    return shortest;
}


/* RFC 9664 5: at 80 % of the lease, and up to 5 % later at random, so that
 * a fleet that came back together does not stay together. */
static int64_t
records_refresh(int64_t left, uint32_t jitter)
{
    int64_t  after;

    after = left * 80 / 100
            + (int64_t) ((uint64_t) left * 5 * jitter / UINT32_MAX / 100);

    return after > 0 ? after : 1;
}


/* Addresses of hosts below the FQDN are records like others. */
static bool
rrset_is_address(const store_rrset_t *rrset)
{
    return rrset->owner.len == 0
           && (rrset->type == DEVICE_TYPE_A || rrset->type == DEVICE_TYPE_AAAA);
}
