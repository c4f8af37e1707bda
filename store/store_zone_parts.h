
/*
 * Internal to store/: what the files behind store_zone.h share.
 */

#ifndef STORE_ZONE_PARTS_H
#define STORE_ZONE_PARTS_H


#include "store_layout.h"
#include "store_zone.h"


/* The zone table's record: head, generation 4, count 2; then for each zone
 * its flags, its name's length and its name. */
#define STORE_AT_GENERATION  5
#define STORE_AT_ZONES       9
#define STORE_TABLE_LEN      11
#define STORE_TABLE_MAX      (STORE_TABLE_LEN                                \
                              + STORE_ZONES_MAX * (2 + STORE_NAME_MAX))

/* What store_zones_put needs for a table, and store_labels_put for n. */
#define STORE_LABELS_SIZE(n)  (STORE_HEAD_LEN + (n) * (1 + STORE_LABEL_MAX))


/* The zone of a name in lower case; NULL where the table has none. */
store_zone_t *store_zones_find(store_zones_t *zones, store_span_t name);

/* Puts a table that was changed, under a new generation.  buffer has
 * STORE_TABLE_MAX bytes. */
store_status_t store_zones_put(store_txn_t *txn, store_zones_t *zones,
    uint8_t *buffer);


/* Puts an apex's contents with another serial in its SOA. */
store_status_t store_put_apex(store_txn_t *txn, store_span_t zone,
    const store_value_t *apex, uint32_t serial);

/* a above b in the arithmetic of RFC 1982. */
bool store_serial_above(uint32_t a, uint32_t b);


/*
 * A zone's static labels, in ascending order: a list is a span of them, each
 * with its length before it.
 */

int store_label_compare(const void *a, const void *b);

/* Takes the first label off a list; false at its end. */
bool store_labels_next(store_span_t *list, store_span_t *label);

bool store_labels_have(store_span_t list, store_span_t label);

/* The list that stands in the store (it lives as store_get's values do);
 * empty where there is none. */
store_status_t store_labels_read(store_txn_t *txn, store_span_t zone,
    store_span_t *list);

/* buffer has STORE_LABELS_SIZE(n) bytes. */
store_status_t store_labels_put(store_txn_t *txn, store_span_t zone,
    const store_span_t *labels, size_t n, uint8_t *buffer);


#endif /* STORE_ZONE_PARTS_H */
