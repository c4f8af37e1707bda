
/*
 * What the tests of the walker share: any number of keys and values, made of
 * their number.
 */

#ifndef T_STORE_WALK_H
#define T_STORE_WALK_H


#include "store_env.h"
#include "store_lmdb.h"
#include "store_pages.h"


#define LONG_VALUE 8192


static inline uint64_t
random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;

    return *seed;
}


/* Labels of all lengths, of which each is another's beginning somewhere; all
 * that end in '!' were never put. */
static inline void
number_key(store_key_t *key, uint64_t n, bool present)
{
    char  label[STORE_LABEL_MAX + 1];

    snprintf(label, sizeof(label), "%llx%.*s%s",
             (unsigned long long) (n * 0x9e3779b97f4a7c15u >> (n % 5 * 12)),
             (int) (n % 40), "----------------------------------------",
             present ? "" : "!");

    make_key(key, label);
}


/* Every 50th has pages of its own. */
static inline size_t
number_value(uint8_t *value, uint64_t n, unsigned version)
{
    size_t  len;

    len = n % 50 == 7 ? 2000 + n % (LONG_VALUE - 2000) : n * 7 % 300;
    memset(value, (int) (n + version), len);

    return len;
}


static inline void
number_put(store_txn_t *txn, uint64_t n, unsigned version)
{
    uint8_t       value[LONG_VALUE];
    store_key_t   key;
    store_span_t  bytes = { value, 0 };

    number_key(&key, n, true);
    bytes.len = number_value(value, n, version);
    assert_int_equal(store_put(txn, &key, bytes), STORE_OK);
}


static inline void
fill(store_t *store, uint64_t from, uint64_t to)
{
    uint64_t      n;
    store_txn_t  *txn;

    assert_int_equal(store_write_begin(store, &txn), STORE_OK);

    for (n = from; n < to; n++) {
        number_put(txn, n, 0);
    }

    assert_int_equal(store_commit(txn, NULL), STORE_OK);
}


static inline store_txn_t *
read_now(store_t *store)
{
    store_txn_t  *txn;

    assert_int_equal(store_read_open(store, &txn), STORE_OK);
    assert_int_equal(store_read_renew(txn), STORE_OK);

    return txn;
}


#endif /* T_STORE_WALK_H */
