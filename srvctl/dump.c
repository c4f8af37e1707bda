
/*
 * dump: everything in the store as lines of JSON, to be looked at, compared,
 * and given to `load` of this or a later version.
 *
 *   {"format": 1, "time": 1790000000}
 *   {"issuer": "<sha256>", "name": "CN=...", "suspended": false}
 *   {"zone": "devices.example.", "withdrawn": false}
 *   {"kind": "device", "name": "tv.devices.example.", ..., "rrsets": [...]}
 *
 * RDATA is hexadecimal with a '.' where the device's own name belongs, as it
 * is stored: nothing is lost on the way through text.  It holds no secret, as
 * the store holds none.
 */

#include "dump.h"

#include "device_hex.h"

#include <err.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static bool dump_issuer(void *data, const store_issuer_t *issuer);
static bool dump_value(void *data, store_span_t key, store_span_t bytes);
static json_t *dump_key_name(store_span_t key);
static json_t *dump_device(const store_value_t *value);
static json_t *dump_key(const store_device_key_t *key);
static json_t *dump_rrsets(const store_value_t *value);
static json_t *dump_rrset(const store_rrset_t *rrset);
static json_t *dump_rr(const store_rr_t *rr);
static json_t *dump_name(store_span_t labels);
static json_t *dump_hex(const uint8_t *data, size_t len);
static bool dump_append(json_t **list, json_t *item);
static bool dump_line(json_t *line);


int
srvctl_dump(srvctl_t *ctl, int argc, char **argv)
{
    bool           good = true;
    unsigned       i;
    store_zone_t  *zone;

    (void) argv;

    if (argc != 1) {
        return SRVCTL_USAGE;
    }

    srvctl_open(ctl, false);

    good = dump_line(json_pack("{si sI}", "format", DUMP_FORMAT, "time",
                               (json_int_t) lease_clock_now(&ctl->clock)))
           && store_issuers_visit(ctl->txn, dump_issuer, &good) == STORE_OK;

    for (i = 0; good && i < ctl->zones->n; i++) {
        zone = &ctl->zones->zones[i];
        good = dump_line(json_pack("{so sb}", "zone",
                                   dump_name((store_span_t) {
                                                 zone->name,
                                                 zone->name_len - 1u }),
                                   "withdrawn", zone->withdrawn));
    }

    good = good && srvctl_walk(ctl, dump_value, &good) == EXIT_SUCCESS
           && good && fflush(stdout) == 0;

    srvctl_close(ctl);

    if (!good) {
        warnx("the dump is not whole");
    }

    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}


static bool
dump_issuer(void *data, const store_issuer_t *issuer)
{
    bool  *good = data;

    *good = dump_line(json_pack("{so ss# sb}", "issuer",
                                dump_hex(issuer->digest, STORE_DIGEST_LEN),
                                "name", (const char *) issuer->name.data,
                                (int) issuer->name.len,
                                "suspended", issuer->suspended));

    return *good;
}


/* What is damaged cannot be dumped: it is named, and the dump not whole. */
static bool
dump_value(void *data, store_span_t key, store_span_t bytes)
{
    bool           *good = data;
    char            name[SRVCTL_NAME_MAX];
    json_t         *facts;
    store_value_t   value;

    if (!store_value_open(&value, key, bytes)) {
        srvctl_name(name, key);
        warnx("damaged: %s", name);
        *good = false;
        return true;
    }

    switch (value.kind) {

    case STORE_KIND_DEVICE:
        facts = dump_device(&value);
        break;

    case STORE_KIND_APEX:
        facts = json_pack("{so}", "digest",
                          dump_hex(store_value_digest(&value),
                                   STORE_DIGEST_LEN));
        break;

    default:
        facts = json_object();
        break;
    }

    *good = dump_line(json_pack("{ss so so so}",
                                "kind", dump_kinds[value.kind],
                                "name", dump_key_name(key),
                                "facts", facts,
                                "rrsets", dump_rrsets(&value)))
            && *good;

    return true;
}


static json_t *
dump_key_name(store_span_t key)
{
    uint8_t       wire[STORE_KEY_MAX + 1], *p = wire;
    store_span_t  zone, label;

    if (!store_key_parse(key, &zone, &label)) {
        return NULL;
    }

    if (label.len != 0) {
        *p++ = (uint8_t) label.len;
        memcpy(p, label.data, label.len);
        p += label.len;
    }

    memcpy(p, zone.data, zone.len - 1);
    p += zone.len - 1;

    return dump_name((store_span_t) { wire, (size_t) (p - wire) });
}


static json_t *
dump_device(const store_value_t *value)
{
    json_t          *line;
    store_device_t   device;

    store_value_device(value, &device);

    line = json_pack("{si so si si si sI sI sI sI sI si si si si}",
                     "state", device.state,
                     "identity", dump_hex(device.identity,
                                          STORE_IDENTITY_LEN),
                     "epoch", device.epoch,
                     "rekeyed", device.rekeyed,
                     "issuer", device.issuer,
                     "enrolled", (json_int_t) device.enrolled,
                     "seen", (json_int_t) device.seen,
                     "enroll_limit", (json_int_t) device.enroll_limit,
                     "lease", (json_int_t) device.lease,
                     "lease_end", (json_int_t) device.lease_end,
                     "acme_dns", device.acme_dns.counter,
                     "acme_dns_secret", device.acme_dns.secret,
                     "dyndns2", device.dyndns2.counter,
                     "dyndns2_secret", device.dyndns2.secret);

    if ((device.has_active
         && json_object_set_new(line, "active", dump_key(&device.active)) != 0)
        || (device.has_pending
            && json_object_set_new(line, "pending",
                                   dump_key(&device.pending)) != 0))
    {
        json_decref(line);
        return NULL;
    }

    return line;
}


static json_t *
dump_key(const store_device_key_t *key)
{
    return json_pack("{si so si so sI sI}",
                     "algorithm", key->algorithm,
                     "generation", dump_hex(key->generation,
                                            STORE_GENERATION_LEN),
                     "secret", key->secret,
                     "public_key", dump_hex(key->public_key,
                                            key->public_key_len),
                     "last_created", (json_int_t) key->last_created,
                     "expires", (json_int_t) key->expires);
}


static json_t *
dump_rrsets(const store_value_t *value)
{
    json_t              *list = json_array();
    store_rrset_t        rrset;
    store_rrset_iter_t   iter;

    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)
           && dump_append(&list, dump_rrset(&rrset)))
    {
        /* each of them */
    }

    return list;
}


static json_t *
dump_rrset(const store_rrset_t *rrset)
{
    char             *type;
    json_t           *json, *list = json_array();
    store_rr_t        rr;
    store_rr_iter_t   iter;

    type = ldns_rr_type2str(rrset->type);
    store_rr_begin(&iter, rrset);

    while (store_rr_next(&iter, &rr) && dump_append(&list, dump_rr(&rr))) {
        /* each of them */
    }

    json = json_pack("{so ss sI sI si sb so}",
                     "owner", dump_name(rrset->owner),
                     "type", type != NULL ? type : "",
                     "ttl", (json_int_t) rrset->ttl,
                     "expires", (json_int_t) rrset->expires,
                     "door", rrset->door,
                     "own_lease", rrset->own_lease,
                     "rdata", list);
    free(type);

    return json;
}


static json_t *
dump_rr(const store_rr_t *rr)
{
    char    *text;
    size_t   head = rr->splice >= 0 ? (size_t) rr->splice : rr->len;
    json_t  *json;

    text = malloc(2 * (size_t) rr->len + 2);

    if (text == NULL) {
        return NULL;
    }

    device_hex_write(text, rr->data, head);

    if (rr->splice >= 0) {
        text[2 * head] = '.';
        device_hex_write(text + 2 * head + 1, rr->data + head,
                         rr->len - head);
    }

    json = json_string(text);
    free(text);

    return json;
}


/* Labels without their root byte; "." where there are none. */
static json_t *
dump_name(store_span_t labels)
{
    char      *text;
    json_t    *json;
    uint8_t    wire[STORE_NAME_MAX + 1];
    ldns_rdf  *name;

    memcpy(wire, labels.data, labels.len);
    wire[labels.len] = 0;

    name = ldns_dname_new_frm_data((uint16_t) (labels.len + 1), wire);
    text = name != NULL ? ldns_rdf2str(name) : NULL;
    json = text != NULL ? json_string(text) : NULL;

    free(text);
    ldns_rdf_deep_free(name);

    return json;
}


static json_t *
dump_hex(const uint8_t *data, size_t len)
{
    char  text[2 * STORE_NAME_MAX + 1];

    if (len > STORE_NAME_MAX) {
        return NULL;
    }

    device_hex_write(text, data, len);

    return json_string(text);
}


/* Takes item; a list that lacks one is none. */
static bool
dump_append(json_t **list, json_t *item)
{
    if (json_array_append_new(*list, item) == 0) {
        return true;
    }

    json_decref(*list);
    *list = NULL;

    return false;
}


/* Takes line; json_pack gave NULL where any of its values is NULL. */
static bool
dump_line(json_t *line)
{
    char  *text;
    bool   good;

    text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
    good = text != NULL && puts(text) != EOF;

    free(text);
    json_decref(line);

    return good;
}
