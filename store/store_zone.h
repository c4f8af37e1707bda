
/*
 * Zones in the store: the table of them, the contents that came from zone
 * files, and serials.  Built on store.h; the same rules of transactions.
 */

#ifndef STORE_ZONE_H
#define STORE_ZONE_H


#include "store.h"


#define STORE_ZONES_MAX  256


typedef struct {
    uint8_t   name[STORE_NAME_MAX];   /* wire, lower case, with root byte */
    uint8_t   name_len;
    bool      withdrawn;              /* no longer configured: REFUSED */
} store_zone_t;


/* The table.  Large: callers keep it, they do not put it on a stack. */
typedef struct {
    uint32_t      generation;     /* another after each change of the table */
    uint16_t      n;
    store_zone_t  zones[STORE_ZONES_MAX];
} store_zones_t;


/* The table's generation alone: cheap, for a cache.  0 where none. */
store_status_t store_zones_generation(store_txn_t *txn, uint32_t *generation);

/* The table; n == 0 where none was ever published. */
store_status_t store_zones_read(store_txn_t *txn, store_zones_t *zones);


/* One zone as its file says it.  Values are sealed under their keys; the
 * apex's SOA carries the file's serial. */
typedef struct {
    store_span_t   label;             /* lower case; never empty */
    store_span_t   bytes;
} store_static_t;

typedef struct {
    store_span_t           name;      /* wire, lower case */
    uint8_t                digest[STORE_DIGEST_LEN];
    store_span_t           apex;      /* value of STORE_KIND_APEX */
    const store_static_t  *statics;
    size_t                 nstatics;
} store_zone_content_t;


/*
 * Puts a zone's contents into a write transaction where the digest differs
 * from what stands there: the apex (its serial above the one before,
 * store_zone_serial_next, and not below the file's), the static values, and
 * away with static values that are no longer in the file.  Adds the zone to
 * the table, or takes back its withdrawal.  *changed says whether anything
 * was put.
 * STORE_CONFLICT: a device has one of the labels: conflict gets it, nothing
 * of this zone has been put and the transaction remains usable.  The same
 * holds for STORE_DAMAGED (the content, or what stands there of table and
 * list, fails its checks) and STORE_TOO_LARGE (a zone too many).
 */
store_status_t store_zone_publish(store_txn_t *txn,
    const store_zone_content_t *content, int64_t now, bool *changed,
    char conflict[STORE_LABEL_MAX + 1]);

/* Marks the zones of the table that are not among names as withdrawn. */
store_status_t store_zones_withdraw_others(store_txn_t *txn,
    const store_span_t *names, size_t n, bool *changed);

/*
 * Moves the zone's serial for a commit that changes what DNS shows: once a
 * commit, the caller remembers which zones it touched.  STORE_NOT_FOUND and
 * STORE_DAMAGED (of the apex) leave the transaction usable.
 */
store_status_t store_zone_touch(store_txn_t *txn, store_span_t zone,
    int64_t now);

/* max(serial + 1, now) in serial arithmetic (RFC 1982), never 0. */
uint32_t store_zone_serial_next(uint32_t serial, int64_t now);

/* The apex's SOA: its serial, and whether there is one. */
bool store_zone_serial(const store_value_t *apex, uint32_t *serial);


#endif /* STORE_ZONE_H */
