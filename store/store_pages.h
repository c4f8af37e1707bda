
/*
 * Internal to store/: the pages of an LMDB 0.9 file, for the one file that
 * reads them and for its tests; docs/store-format.md, section "Pages".
 *
 * Numbers are in the machine's own order, as LMDB writes them; nodes are
 * aligned to two bytes.
 */

#ifndef STORE_PAGES_H
#define STORE_PAGES_H


#include <stdint.h>
#include <string.h>


/* Of LMDB 0.9: what its mdb.c calls MDB_MAGIC and MDB_DATA_VERSION. */
#define STORE_PAGES_MAGIC   0xbeefc0de
#define STORE_PAGES_VERSION 1

/* A power of two; LMDB takes the system's, up to 32 KiB. */
#define STORE_PAGE_MIN      512
#define STORE_PAGE_MAX      32768

/* A page's header: number 8, pad 2, flags 2, lower 2, upper 2.  Instead of
 * the last two an overflow page has the number of its pages. */
#define STORE_AT_NUMBER     0
#define STORE_AT_FLAGS      10
#define STORE_AT_LOWER      12
#define STORE_AT_PAGES      12
#define STORE_PAGE_HEADER   16

#define STORE_PAGE_BRANCH   0x01
#define STORE_PAGE_LEAF     0x02
#define STORE_PAGE_OVERFLOW 0x04
#define STORE_PAGE_META     0x08
#define STORE_PAGE_FIXED    0x20     /* values of one size: none of ours */

/* A meta page, from its beginning. */
#define STORE_AT_MAGIC      16
#define STORE_AT_VERSION    20
#define STORE_AT_PAGE_SIZE  40
#define STORE_AT_DB_FLAGS   92
#define STORE_AT_ROOT       128
#define STORE_AT_LAST       136
#define STORE_AT_TXN        144
#define STORE_META_LEN      152

/* A node: in a leaf data size 4, flags 2; in a branch the number of a page,
 * 6; in both key size 2, then the key. */
#define STORE_AT_NODE_FLAGS 4
#define STORE_AT_NODE_KEY   6
#define STORE_NODE_HEADER   8

#define STORE_NODE_OVERFLOW 0x01


static inline uint16_t
store_load16(const uint8_t *p)
{
    uint16_t  n;

    memcpy(&n, p, sizeof(n));

    return n;
}


static inline uint32_t
store_load32(const uint8_t *p)
{
    uint32_t  n;

    memcpy(&n, p, sizeof(n));

    return n;
}


static inline uint64_t
store_load64(const uint8_t *p)
{
    uint64_t  n;

    memcpy(&n, p, sizeof(n));

    return n;
}


/* Eight bytes as a number that is in order where they are. */
static inline uint64_t
store_load_order(const uint8_t *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap64(store_load64(p));
#else
    return store_load64(p);
#endif
}


#endif /* STORE_PAGES_H */
