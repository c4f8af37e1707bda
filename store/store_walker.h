
/*
 * Internal to store/: looks keys up in the pages of an LMDB 0.9 file, many at
 * once, so that the cache misses of one search are spent on the others.
 *
 * It knows the pages alone, no LMDB: what they have to look like is in
 * docs/store-format.md, section "Pages".  They are hostile: nothing outside
 * the map is ever read, and whatever the pages say the walk ends.  They must
 * not change while it goes on, which is what a reader's slot is for.
 *
 * Pure but for the map; any thread.
 */

#ifndef STORE_WALKER_H
#define STORE_WALKER_H


#include "store.h"


/* A snapshot of the tree of the main database. */
typedef struct {
    const uint8_t  *map;         /* the file, from its first byte */
    uint64_t        pages;       /* none at or above this is looked at */
    uint64_t        last;        /* page that the snapshot says is its last */
    uint64_t        root;        /* STORE_NO_PAGE: the tree is empty */
    uint32_t        page_size;   /* bytes */
} store_view_t;


#define STORE_NO_PAGE  UINT64_MAX


/*
 * Finds the snapshot of a transaction, by the meta page that carries its
 * number.  map is aligned to 8 bytes; size: how much of it may be read.
 * False where it is not there any more, or where the file is none that this
 * code reads: *view is then unset, and LMDB is to be asked instead.
 */
bool store_view_find(store_view_t *view, const uint8_t *map, size_t size,
    uint64_t txn);

/*
 * Looks n keys up.  statuses[i] becomes STORE_OK, STORE_NOT_FOUND or
 * STORE_DAMAGED (a page that cannot be, on the way to that key); values[i]
 * points into the map, or is empty.
 */
void store_view_get(const store_view_t *view, const store_key_t *const *keys,
    size_t n, store_span_t *values, store_status_t *statuses);


#endif /* STORE_WALKER_H */
