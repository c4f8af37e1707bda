
/*
 * Writes what the text gathered: values of apex, static names and devices.
 */

#include "fill.h"

#include <err.h>
#include <inttypes.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot_clock.h"


static void fill_publish(fill_t *fill);
static void fill_statics_keep(fill_zone_t *zone,
    const store_static_t *statics, size_t n);
static void fill_write_rrs(fill_zone_t *zone, store_writer_t *writer,
    const uint8_t *label, size_t len);
static void fill_put_device(fill_t *fill);
static void fill_device_facts(const fill_t *fill, store_device_t *device);


void
fill_zone_end(fill_t *fill)
{
    fill_flush(fill);

    if (fill->zone.touched) {
        fill_check(fill, store_zone_touch(fill->txn,
                   (store_span_t) { fill->zone.name, fill->zone.name_len },
                   lease_clock_now(&fill->clock)), "touch");
    }

    fill_sign_zone(fill);
    fill->zone.touched = false;
    fill->zone.name_len = 0;
}


/* Writes what was gathered: the zone's own RRs, or a device. */
void
fill_flush(fill_t *fill)
{
    size_t        i;
    fill_zone_t  *zone;

    zone = &fill->zone;

    if (zone->label_len != 0) {
        fill_put_device(fill);

    } else if (zone->n != 0) {
        fill_publish(fill);
    }

    for (i = 0; i < zone->n; i++) {
        free(zone->rrs[i].rdata);
    }

    free(zone->rrs);
    zone->rrs = NULL;
    zone->n = 0;
    zone->label_len = 0;
}


static void
fill_publish(fill_t *fill)
{
    bool                   changed;
    char                   conflict[STORE_LABEL_MAX + 1];
    size_t                 i;
    uint8_t               *p;
    fill_rr_t             *rr;
    store_key_t            key;
    store_span_t           name;
    store_writer_t         writer;
    store_static_t        *statics;
    store_status_t         status;
    lease_clock_reading_t  reading;
    store_zone_content_t   content = { 0 };

    name = (store_span_t) { fill->zone.name, fill->zone.name_len };
    statics = calloc(fill->zone.n, sizeof(store_static_t));
    p = malloc((fill->zone.n + 1) * STORE_VALUE_MAX);

    if (statics == NULL || p == NULL) {
        err(1, "malloc");
    }

    content.name = name;
    content.statics = statics;

    /* Each text's contents are new: the digest only has to differ. */

    boot_clock_read(&reading);
    snprintf((char *) content.digest, sizeof(content.digest), "%" PRId64
             ".%d", reading.wall, (int) getpid());

    store_writer_apex(&writer, p, STORE_VALUE_MAX, content.digest);
    fill_write_rrs(&fill->zone, &writer, NULL, 0);
    fill_keys_write(fill, &writer);
    (void) store_key_make(&key, name, (store_span_t) { NULL, 0 });

    if (!store_writer_finish(&writer, (store_span_t) { key.data, key.len },
                             &content.apex))
    {
        errx(1, "the apex cannot be written");
    }

    for (i = 0; i < fill->zone.n; i++) {
        rr = &fill->zone.rrs[i];

        if (rr->done) {
            continue;
        }

        p += STORE_VALUE_MAX;
        statics[content.nstatics].label = (store_span_t) { rr->label,
                                                           rr->label_len };

        store_writer_static(&writer, p, STORE_VALUE_MAX);
        fill_write_rrs(&fill->zone, &writer, rr->label, rr->label_len);
        (void) store_key_make(&key, name, statics[content.nstatics].label);

        if (!store_writer_finish(&writer,
                                 (store_span_t) { key.data, key.len },
                                 &statics[content.nstatics].bytes))
        {
            errx(1, "%.*s: cannot be written", (int) rr->label_len,
                 (char *) rr->label);
        }

        content.nstatics++;
    }

    status = store_zone_publish(fill->txn, &content,
                                lease_clock_now(&fill->clock), &changed,
                                conflict);

    fill_statics_keep(&fill->zone, statics, content.nstatics);

    if (status == STORE_CONFLICT) {
        warnx("label %s is a device's", conflict);
    }

    fill_check(fill, status, "publish");
    free((void *) content.apex.data);
    free(statics);
}


/* They are signed when the zone ends. */
static void
fill_statics_keep(fill_zone_t *zone, const store_static_t *statics, size_t n)
{
    size_t    i;
    uint8_t  *copy;

    zone->statics = calloc(n + 1, sizeof(store_span_t));

    if (zone->statics == NULL) {
        err(1, "calloc");
    }

    for (i = 0; i < n; i++) {
        copy = malloc(statics[i].label.len);

        if (copy == NULL) {
            err(1, "malloc");
        }

        memcpy(copy, statics[i].label.data, statics[i].label.len);
        zone->statics[i] = (store_span_t) { copy, statics[i].label.len };
    }

    zone->nstatics = n;
}


/* All RRs under one label, gathered to RRsets in the order of their first. */
static void
fill_write_rrs(fill_zone_t *zone, store_writer_t *writer,
    const uint8_t *label, size_t len)
{
    size_t          i, k;
    fill_rr_t      *a, *b;
    store_rr_t      rr;
    store_rrset_t   rrset;

    for (i = 0; i < zone->n; i++) {
        a = &zone->rrs[i];

        if (a->done || a->label_len != len
            || (len != 0 && memcmp(a->label, label, len) != 0))
        {
            continue;
        }

        memset(&rrset, 0, sizeof(rrset));
        rrset.owner = (store_span_t) { a->owner, a->owner_len };
        rrset.type = a->type;
        rrset.ttl = a->ttl;
        rrset.expires = a->expires;

        if (zone->label_len != 0) {
            rrset.door = a->owner_len == 0 && (a->type == LDNS_RR_TYPE_A
                                         || a->type == LDNS_RR_TYPE_AAAA)
                         ? STORE_DOOR_ADDRESS : STORE_DOOR_RECORDS;
        }

        store_writer_rrset_begin(writer, &rrset);

        for (k = i; k < zone->n; k++) {
            b = &zone->rrs[k];

            if (b->type != a->type || b->label_len != len
                || (len != 0 && memcmp(b->label, label, len) != 0)
                || b->owner_len != a->owner_len
                || memcmp(b->owner, a->owner, a->owner_len) != 0)
            {
                continue;
            }

            rr.data = b->rdata;
            rr.len = b->len;
            rr.splice = b->splice;

            store_writer_rr(writer, &rr);
            b->done = true;
        }

        store_writer_rrset_end(writer);
    }
}


static void
fill_put_device(fill_t *fill)
{
    uint8_t          buffer[STORE_VALUE_MAX], made[STORE_VALUE_MAX];
    store_key_t      key;
    store_span_t     bytes;
    fill_zone_t     *zone;
    store_device_t   device;
    store_writer_t   writer;

    zone = &fill->zone;

    fill_device_facts(fill, &device);

    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    fill_write_rrs(zone, &writer, NULL, 0);

    if (!store_key_make(&key, (store_span_t) { zone->name, zone->name_len },
                        (store_span_t) { zone->label, zone->label_len })
        || !store_writer_finish(&writer,
                                (store_span_t) { key.data, key.len }, &bytes))
    {
        errx(1, "line %u: device %.*s cannot be written", fill->line,
             (int) zone->label_len, (char *) zone->label);
    }

    fill_sign(fill, &key, made, &bytes);
    fill_check(fill, store_put(fill->txn, &key, bytes), "put");
    zone->touched = true;
}


static void
fill_device_facts(const fill_t *fill, store_device_t *device)
{
    int64_t              now;
    const fill_zone_t   *zone;

    zone = &fill->zone;
    now = lease_clock_now(&fill->clock);

    memset(device, 0, sizeof(store_device_t));

    device->state = zone->state;
    memcpy(device->identity, zone->label,
           zone->label_len < STORE_IDENTITY_LEN ? zone->label_len
                                                : STORE_IDENTITY_LEN);
    device->enrolled = now;
    device->seen = now;
    device->lease = 7200;
    device->has_active = true;
    device->active.algorithm = STORE_HMAC_SHA256;
    device->active.secret = 1;
    device->active.last_created = now;
    memcpy(device->active.generation, device->identity, STORE_IDENTITY_LEN);
}
