
/*
 * Signs what store_fill writes, with the registrar's own rules.
 */

#include "fill.h"

#include "device_draft.h"
#include "device_sign.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>


static void fill_sign_with(fill_t *fill, const store_key_t *key,
    const store_value_t *value, uint32_t negative_ttl, uint8_t *buffer,
    store_span_t *bytes);
static uint32_t fill_negative_ttl(const store_value_t *apex);


void
fill_key_line(fill_t *fill, const char *base)
{
    char          error[DNSSEC_ERROR_MAX];
    fill_zone_t  *zone = &fill->zone;

    if (zone->name_len == 0 || zone->nkeys == FILL_KEYS) {
        errx(1, "line %u: key without a zone, or one too many", fill->line);
    }

    zone->keys[zone->nkeys] = dnssec_key_read(base, error);

    if (zone->keys[zone->nkeys] == NULL) {
        errx(1, "line %u: %s", fill->line, error);
    }

    zone->nkeys++;
}


void
fill_keys_write(fill_t *fill, store_writer_t *writer)
{
    size_t               i;
    dnssec_span_t        rdata;
    const store_rrset_t  rrset = { .type = DNSSEC_TYPE_DNSKEY, .ttl = 3600 };

    if (fill->zone.nkeys == 0) {
        return;
    }

    store_writer_rrset_begin(writer, &rrset);

    for (i = 0; i < fill->zone.nkeys; i++) {
        rdata = dnssec_key_rdata(fill->zone.keys[i]);
        store_writer_rr(writer, &(store_rr_t) {
                                    rdata.data, (uint16_t) rdata.len, -1 });
    }

    store_writer_rrset_end(writer);
}


/* The TTL of denials is known once the zone is published. */
void
fill_sign(fill_t *fill, const store_key_t *key, uint8_t *buffer,
    store_span_t *bytes)
{
    uint32_t       ttl;
    store_key_t    apex_key;
    store_span_t   span = { key->data, key->len }, stored;
    store_value_t  value, apex;

    if (fill->zone.nkeys == 0) {
        return;
    }

    (void) store_key_make(&apex_key,
                          (store_span_t) { fill->zone.name,
                                           fill->zone.name_len },
                          (store_span_t) { NULL, 0 });
    fill_check(fill, store_get(fill->txn, &apex_key, &stored), "apex");

    if (!store_value_open(&apex,
                          (store_span_t) { apex_key.data, apex_key.len },
                          stored)
        || !store_value_open(&value, span, *bytes))
    {
        errx(1, "line %u: damaged", fill->line);
    }

    ttl = fill_negative_ttl(&apex);
    fill_sign_with(fill, key, &value, ttl, buffer, bytes);
}


/* Apex and static names, after the serial was moved. */
void
fill_sign_zone(fill_t *fill)
{
    size_t         i;
    uint8_t        old[STORE_VALUE_MAX], made[STORE_VALUE_MAX];
    store_key_t    key;
    store_span_t   bytes;
    fill_zone_t   *zone = &fill->zone;

    for (i = 0; i <= zone->nstatics && zone->nkeys > 0; i++) {
        (void) store_key_make(&key,
                              (store_span_t) { zone->name, zone->name_len },
                              i == zone->nstatics
                              ? (store_span_t) { NULL, 0 }
                              : (store_span_t) { zone->statics[i].data,
                                                 zone->statics[i].len });
        fill_check(fill, store_get(fill->txn, &key, &bytes), "get");
        memcpy(old, bytes.data, bytes.len);
        bytes.data = old;
        fill_sign(fill, &key, made, &bytes);
        fill_check(fill, store_put(fill->txn, &key, bytes), "put");
    }

    for (i = 0; i < zone->nstatics; i++) {
        free((void *) zone->statics[i].data);
    }

    free(zone->statics);

    for (i = 0; i < zone->nkeys; i++) {
        dnssec_key_free(zone->keys[i]);
    }

    zone->statics = NULL;
    zone->nstatics = 0;
    zone->nkeys = 0;
}


static void
fill_sign_with(fill_t *fill, const store_key_t *key,
    const store_value_t *value, uint32_t negative_ttl, uint8_t *buffer,
    store_span_t *bytes)
{
    size_t              i, n = 0;
    store_device_t      device;
    store_rrset_t       rrsets[DEVICE_DRAFT_MAX];
    store_writer_t      writer;
    device_signed_t     done;
    device_place_t      place = { .key = key };
    device_signer_t     signer = { .margin = 3 * 86400,
                                   .negative_ttl = negative_ttl };
    store_rrset_iter_t  iter;

    for (i = 0; i < fill->zone.nkeys; i++) {
        signer.zsks[signer.nzsks++] = fill->zone.keys[i];
        signer.ksks[signer.nksks++] = fill->zone.keys[i];
    }

    place.signer = &signer;
    place.now = lease_clock_now(&fill->clock);
    place.buffer = buffer;

    if (value->kind == STORE_KIND_DEVICE) {
        store_value_device(value, &device);
        store_writer_device(&writer, buffer, STORE_VALUE_MAX, &device);

    } else if (value->kind == STORE_KIND_APEX) {
        store_writer_apex(&writer, buffer, STORE_VALUE_MAX,
                          store_value_digest(value));

    } else {
        store_writer_static(&writer, buffer, STORE_VALUE_MAX);
    }

    store_rrset_begin(&iter, value);

    while (n < DEVICE_DRAFT_MAX && store_rrset_next(&iter, &rrsets[n])) {
        if (store_rrset_is_data(&rrsets[n])) {
            store_writer_rrset(&writer, &rrsets[n++]);
        }
    }

    if (!device_sign_write(&place, rrsets, n, &writer, &done)
        || !store_writer_finish(&writer, (store_span_t) { key->data, key->len },
                                bytes))
    {
        errx(1, "line %u: cannot be signed", fill->line);
    }
}


/* RFC 9077 3 */
static uint32_t
fill_negative_ttl(const store_value_t *apex)
{
    uint32_t         minimum;
    store_rr_t       rr;
    store_rrset_t    soa;
    const uint8_t   *p;
    store_rr_iter_t  iter;

    if (!store_rrset_find(apex, (store_span_t) { NULL, 0 }, 6, &soa)) {
        errx(1, "a zone without a SOA");
    }

    store_rr_begin(&iter, &soa);

    if (!store_rr_next(&iter, &rr) || rr.len < 4) {
        errx(1, "a broken SOA");
    }

    p = rr.data + rr.len - 4;
    minimum = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
              | (uint32_t) p[2] << 8 | p[3];

    return minimum < soa.ttl ? minimum : soa.ttl;
}
