
/*
 * The zone table (FF 'Z'): which zones there are and which of them are no
 * longer configured.  Its generation stands at a fixed place, so that dnsd
 * sees with one look whether the table that it keeps is still the one.
 */

#include "store_zone_parts.h"

#include <stdlib.h>
#include <string.h>


#define STORE_ZONE_WITHDRAWN  0x01


static store_status_t store_zones_get(store_txn_t *txn, store_key_t *key,
    store_span_t *bytes);
static bool store_zones_parse(store_zones_t *zones, store_span_t bytes);
static bool store_is_named(const store_zone_t *zone,
    const store_span_t *names, size_t n);


store_status_t
store_zones_generation(store_txn_t *txn, uint32_t *generation)
{
    store_key_t     key;
    store_span_t    bytes;
    store_status_t  status;

    *generation = 0;

    status = store_zones_get(txn, &key, &bytes);

    if (status != STORE_OK) {
        return status == STORE_NOT_FOUND ? STORE_OK : status;
    }

    /* Not the checksum of the whole table: a damaged one is found when it
     * is read, and where it is not read, nothing of it is used. */

    *generation = store_get32(bytes.data + STORE_AT_GENERATION);

    return STORE_OK;
}


/* The table's bytes; generation and count are there.  Not yet its checksum,
 * which is the reader's to look at. */
static store_status_t
store_zones_get(store_txn_t *txn, store_key_t *key, store_span_t *bytes)
{
    store_status_t  status;

    store_key_meta(key, 'Z', (store_span_t) { NULL, 0 });

    status = store_get(txn, key, bytes);

    if (status == STORE_OK
        && (bytes->len < STORE_TABLE_LEN
            || bytes->data[STORE_AT_KIND] != 'Z'))
    {
        return STORE_DAMAGED;
    }

    return status;
}


store_status_t
store_zones_read(store_txn_t *txn, store_zones_t *zones)
{
    store_key_t     key;
    store_span_t    bytes;
    store_status_t  status;

    zones->generation = 0;
    zones->n = 0;

    status = store_zones_get(txn, &key, &bytes);

    if (status != STORE_OK) {
        return status == STORE_NOT_FOUND ? STORE_OK : status;
    }

    if (!store_sealed((store_span_t) { key.data, key.len }, bytes)
        || !store_zones_parse(zones, bytes))
    {
        zones->generation = 0;
        zones->n = 0;
        return STORE_DAMAGED;
    }

    return STORE_OK;
}


/* Sealed is not sound: whoever can write to the file can seal, too.  So each
 * name is checked as if it came from a peer. */
static bool
store_zones_parse(store_zones_t *zones, store_span_t bytes)
{
    uint16_t        i, n;
    store_span_t    name, zone, label;
    const uint8_t  *p, *end;

    p = bytes.data + STORE_TABLE_LEN;
    end = bytes.data + bytes.len;

    zones->generation = store_get32(bytes.data + STORE_AT_GENERATION);
    n = store_get16(bytes.data + STORE_AT_ZONES);

    if (n > STORE_ZONES_MAX || zones->generation == 0) {
        return false;
    }

    for (i = 0; i < n; i++) {

        if (end - p < 2 || end - p - 2 < p[1] || p[0] & ~STORE_ZONE_WITHDRAWN)
        {
            return false;
        }

        name.data = p + 2;
        name.len = p[1];

        if (!store_key_parse(name, &zone, &label) || label.len != 0
            || store_zones_find(zones, name) != NULL)
        {
            return false;
        }

        memcpy(zones->zones[i].name, name.data, name.len);
        zones->zones[i].name_len = (uint8_t) name.len;
        zones->zones[i].withdrawn = (p[0] & STORE_ZONE_WITHDRAWN) != 0;
        zones->n++;

        p += 2 + name.len;
    }

    return p == end;
}


/* 256 at most, and off the path of queries: dnsd has a walk of its own. */
store_zone_t *
store_zones_find(store_zones_t *zones, store_span_t name)
{
    uint16_t  i;

    for (i = 0; i < zones->n; i++) {

        if (zones->zones[i].name_len == name.len
            && memcmp(zones->zones[i].name, name.data, name.len) == 0)
        {
            return &zones->zones[i];
        }
    }

    return NULL;
}


store_status_t
store_zones_put(store_txn_t *txn, store_zones_t *zones, uint8_t *buffer)
{
    size_t        len;
    uint8_t      *p;
    uint16_t      i;
    store_key_t   key;

    /* 0 is what a reader says that never saw a table. */

    zones->generation++;
    zones->generation += zones->generation == 0;

    buffer[STORE_AT_KIND] = 'Z';
    store_set32(buffer + STORE_AT_GENERATION, zones->generation);
    store_set16(buffer + STORE_AT_ZONES, zones->n);

    p = buffer + STORE_TABLE_LEN;

    for (i = 0; i < zones->n; i++) {
        *p++ = zones->zones[i].withdrawn ? STORE_ZONE_WITHDRAWN : 0;
        *p++ = zones->zones[i].name_len;
        memcpy(p, zones->zones[i].name, zones->zones[i].name_len);
        p += zones->zones[i].name_len;
    }

    len = (size_t) (p - buffer);

    store_key_meta(&key, 'Z', (store_span_t) { NULL, 0 });
    store_seal((store_span_t) { key.data, key.len }, buffer, len);

    return store_put(txn, &key, (store_span_t) { buffer, len });
}


store_status_t
store_zones_withdraw_others(store_txn_t *txn, const store_span_t *names,
    size_t n, bool *changed)
{
    uint16_t         i;
    uint8_t         *buffer;
    store_zones_t   *zones;
    store_status_t   status;

    *changed = false;

    /* the table, and behind it the bytes that it becomes: 130 KiB that no
     * thread's stack should have to hold */

    zones = malloc(sizeof(store_zones_t) + STORE_TABLE_MAX);

    if (zones == NULL) {
        return STORE_NO_MEMORY;
    }

    buffer = (uint8_t *) (zones + 1);
    status = store_zones_read(txn, zones);

    for (i = 0; i < zones->n; i++) {

        if (!zones->zones[i].withdrawn
            && !store_is_named(&zones->zones[i], names, n))
        {
            zones->zones[i].withdrawn = true;
            *changed = true;
        }
    }

    if (status == STORE_OK && *changed) {
        status = store_zones_put(txn, zones, buffer);
    }

    free(zones);

    return status;
}


/* Names of a configuration may come in any case. */
static bool
store_is_named(const store_zone_t *zone, const store_span_t *names, size_t n)
{
    size_t   i;
    uint8_t  name[STORE_NAME_MAX];

    for (i = 0; i < n; i++) {

        if (names[i].len != zone->name_len) {
            continue;
        }

        store_name_fold(name, names[i].data, names[i].len);

        if (memcmp(name, zone->name, zone->name_len) == 0) {
            return true;
        }
    }

    return false;
}
