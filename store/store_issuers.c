
/*
 * The table of issuers (FF 'I'), one record: an entry's place is its number.
 *
 * It is written where an issuer is seen for the first time, or suspended:
 * rarely, and so as a whole.  Readers look at its generation, and at nothing
 * else while that stays.
 */

#include "store_issuers.h"
#include "store_layout.h"

#include <stdlib.h>
#include <string.h>


/* Head, generation 4, count 2; then of each issuer flags, digest, the name's
 * length, the name. */
#define STORE_AT_GENERATION     5
#define STORE_AT_ISSUERS        9
#define STORE_ISSUERS_LEN       11

#define STORE_ISSUER_SUSPENDED  0x01

#define STORE_ISSUER_DIGEST     1
#define STORE_ISSUER_NAME_LEN   (1 + STORE_DIGEST_LEN)
#define STORE_ISSUER_LEN        (STORE_ISSUER_NAME_LEN + 1)


/* A table that has passed its checks, as store_get gave it. */
typedef struct {
    store_key_t   key;
    store_span_t  bytes;             /* empty where there is none */
    uint16_t      n;
} store_issuer_table_t;


static store_status_t store_issuer_table(store_txn_t *txn,
    store_issuer_table_t *table);
static bool store_issuer_next(const store_issuer_table_t *table, size_t *at,
    store_issuer_t *issuer);
static store_status_t store_issuer_change(store_txn_t *txn,
    const store_issuer_table_t *table, size_t at, bool suspended);
static store_status_t store_issuer_append(store_txn_t *txn,
    const store_issuer_table_t *table, const uint8_t *digest,
    store_span_t name, bool suspended);
static store_status_t store_issuer_put(store_txn_t *txn,
    const store_issuer_table_t *table, uint8_t *buffer, size_t len);


store_status_t
store_issuers_generation(store_txn_t *txn, uint32_t *generation)
{
    store_key_t     key;
    store_span_t    bytes;
    store_status_t  status;

    *generation = 0;

    store_key_meta(&key, 'I', (store_span_t) { NULL, 0 });
    status = store_get(txn, &key, &bytes);

    if (status != STORE_OK) {
        return status == STORE_NOT_FOUND ? STORE_OK : status;
    }

    if (bytes.len < STORE_ISSUERS_LEN) {
        return STORE_DAMAGED;
    }

    *generation = store_get32(bytes.data + STORE_AT_GENERATION);

    return STORE_OK;
}


store_status_t
store_issuers_read(store_txn_t *txn, store_issuers_t *issuers)
{
    size_t                at;
    store_status_t        status;
    store_issuer_t        issuer;
    store_issuer_table_t  table;

    /* a number that nobody has is taken as suspended: its value is older than
     * a table that was lost */

    memset(issuers->suspended, 0xff, sizeof(issuers->suspended));
    issuers->suspended[0] &= (uint8_t) ~(1 << STORE_ISSUER_UNKNOWN);
    issuers->generation = 0;

    status = store_issuer_table(txn, &table);

    if (status != STORE_OK || table.bytes.len == 0) {
        return status;
    }

    issuers->generation = store_get32(table.bytes.data + STORE_AT_GENERATION);

    for (at = 0; store_issuer_next(&table, &at, &issuer); /* void */ ) {
        if (!issuer.suspended) {
            issuers->suspended[issuer.number / 8] &=
                (uint8_t) ~(1 << issuer.number % 8);
        }
    }

    return STORE_OK;
}


store_status_t
store_issuers_visit(store_txn_t *txn, store_issuer_visitor_t visitor,
    void *data)
{
    size_t                at = 0;
    store_status_t        status;
    store_issuer_t        issuer;
    store_issuer_table_t  table;

    status = store_issuer_table(txn, &table);

    while (status == STORE_OK && store_issuer_next(&table, &at, &issuer)
           && visitor(data, &issuer))
    {
        /* the visitor's */
    }

    return status;
}


store_status_t
store_issuer_find(store_txn_t *txn, const uint8_t digest[STORE_DIGEST_LEN],
    store_issuer_t *issuer)
{
    size_t                at = 0;
    store_status_t        status;
    store_issuer_table_t  table;

    status = store_issuer_table(txn, &table);

    while (status == STORE_OK && store_issuer_next(&table, &at, issuer)) {
        if (memcmp(issuer->digest, digest, STORE_DIGEST_LEN) == 0) {
            return STORE_OK;
        }
    }

    return status == STORE_OK ? STORE_NOT_FOUND : status;
}


store_status_t
store_issuer_add(store_txn_t *txn, const uint8_t digest[STORE_DIGEST_LEN],
    store_span_t name, uint16_t *number)
{
    store_status_t        status;
    store_issuer_t        issuer;
    store_issuer_table_t  table;

    status = store_issuer_find(txn, digest, &issuer);

    if (status == STORE_OK) {
        *number = issuer.number;
        return STORE_OK;
    }

    if (status != STORE_NOT_FOUND) {
        return status;
    }

    status = store_issuer_table(txn, &table);

    if (status == STORE_OK) {
        *number = (uint16_t) (table.n + 1);
        status = store_issuer_append(txn, &table, digest, name, false);
    }

    return status;
}


store_status_t
store_issuer_suspend(store_txn_t *txn, const uint8_t digest[STORE_DIGEST_LEN],
    store_span_t name, bool suspended, bool *changed)
{
    size_t                at = 0, next = 0;
    store_status_t        status;
    store_issuer_t        issuer;
    store_issuer_table_t  table;

    *changed = false;

    status = store_issuer_table(txn, &table);

    if (status != STORE_OK) {
        return status;
    }

    while (store_issuer_next(&table, &next, &issuer)) {

        if (memcmp(issuer.digest, digest, STORE_DIGEST_LEN) == 0) {

            if (issuer.suspended == suspended) {
                return STORE_OK;
            }

            status = store_issuer_change(txn, &table, at, suspended);
            *changed = status == STORE_OK;

            return status;
        }

        at = next;
    }

    if (suspended) {
        status = store_issuer_append(txn, &table, digest, name, true);
        *changed = status == STORE_OK;
    }

    return status;
}


/* Reads and checks all of it: sealed is not sound, since whoever can write to
 * the file can seal, too. */
static store_status_t
store_issuer_table(store_txn_t *txn, store_issuer_table_t *table)
{
    size_t          at = 0;
    uint16_t        n;
    store_span_t    key;
    store_status_t  status;
    store_issuer_t  issuer;

    table->bytes = (store_span_t) { NULL, 0 };
    table->n = 0;

    store_key_meta(&table->key, 'I', (store_span_t) { NULL, 0 });
    key = (store_span_t) { table->key.data, table->key.len };

    status = store_get(txn, &table->key, &table->bytes);

    if (status != STORE_OK) {
        table->bytes = (store_span_t) { NULL, 0 };
        return status == STORE_NOT_FOUND ? STORE_OK : status;
    }

    if (table->bytes.len < STORE_ISSUERS_LEN
        || table->bytes.data[STORE_AT_KIND] != 'I'
        || !store_sealed(key, table->bytes))
    {
        return STORE_DAMAGED;
    }

    n = store_get16(table->bytes.data + STORE_AT_ISSUERS);

    if (n > STORE_ISSUERS_MAX
        || store_get32(table->bytes.data + STORE_AT_GENERATION) == 0)
    {
        return STORE_DAMAGED;
    }

    while (table->n < n && store_issuer_next(table, &at, &issuer)) {
        table->n++;
    }

    return table->n == n && at == table->bytes.len ? STORE_OK : STORE_DAMAGED;
}


/* The entry at *at, which is moved behind it; 0 is the first.  False at the
 * end, and where an entry breaks a bound. */
static bool
store_issuer_next(const store_issuer_table_t *table, size_t *at,
    store_issuer_t *issuer)
{
    size_t          left;
    const uint8_t  *p;

    if (*at == 0) {
        *at = STORE_ISSUERS_LEN;
        issuer->number = 0;
    }

    if (*at >= table->bytes.len) {
        return false;
    }

    p = table->bytes.data + *at;
    left = table->bytes.len - *at;

    if (left < STORE_ISSUER_LEN
        || left - STORE_ISSUER_LEN < p[STORE_ISSUER_NAME_LEN]
        || (p[0] & ~STORE_ISSUER_SUSPENDED) != 0)
    {
        return false;
    }

    issuer->number++;
    issuer->suspended = (p[0] & STORE_ISSUER_SUSPENDED) != 0;
    issuer->digest = p + STORE_ISSUER_DIGEST;
    issuer->name.data = p + STORE_ISSUER_LEN;
    issuer->name.len = p[STORE_ISSUER_NAME_LEN];

    *at += STORE_ISSUER_LEN + issuer->name.len;

    return true;
}


/* `at` as store_issuer_next takes it. */
static store_status_t
store_issuer_change(store_txn_t *txn, const store_issuer_table_t *table,
    size_t at, bool suspended)
{
    uint8_t         *buffer;
    store_status_t   status;

    buffer = malloc(table->bytes.len);

    if (buffer == NULL) {
        return STORE_NO_MEMORY;
    }

    memcpy(buffer, table->bytes.data, table->bytes.len);
    buffer[at == 0 ? STORE_ISSUERS_LEN : at] =
        suspended ? STORE_ISSUER_SUSPENDED : 0;

    status = store_issuer_put(txn, table, buffer, table->bytes.len);
    free(buffer);

    return status;
}


static store_status_t
store_issuer_append(store_txn_t *txn, const store_issuer_table_t *table,
    const uint8_t *digest, store_span_t name, bool suspended)
{
    size_t           i, len;
    uint8_t         *buffer, *p;
    store_status_t   status;

    if (table->n == STORE_ISSUERS_MAX) {
        return STORE_TOO_LARGE;
    }

    if (name.len > STORE_ISSUER_NAME_MAX) {
        name.len = STORE_ISSUER_NAME_MAX;
    }

    len = table->bytes.len != 0 ? table->bytes.len : STORE_ISSUERS_LEN;
    buffer = calloc(1, len + STORE_ISSUER_LEN + name.len);

    if (buffer == NULL) {
        return STORE_NO_MEMORY;
    }

    if (table->bytes.len != 0) {
        memcpy(buffer, table->bytes.data, table->bytes.len);
    }

    p = buffer + len;
    p[0] = suspended ? STORE_ISSUER_SUSPENDED : 0;
    memcpy(p + STORE_ISSUER_DIGEST, digest, STORE_DIGEST_LEN);
    p[STORE_ISSUER_NAME_LEN] = (uint8_t) name.len;

    for (i = 0; i < name.len; i++) {
        p[STORE_ISSUER_LEN + i] = name.data[i] >= ' ' && name.data[i] <= '~'
                                  ? name.data[i] : '?';
    }

    store_set16(buffer + STORE_AT_ISSUERS, (uint16_t) (table->n + 1));

    status = store_issuer_put(txn, table, buffer,
                              len + STORE_ISSUER_LEN + name.len);
    free(buffer);

    return status;
}


/* Under the next generation; 0 is what a reader says that never saw one. */
static store_status_t
store_issuer_put(store_txn_t *txn, const store_issuer_table_t *table,
    uint8_t *buffer, size_t len)
{
    uint32_t  generation;

    generation = store_get32(buffer + STORE_AT_GENERATION) + 1;
    generation += generation == 0;

    buffer[STORE_AT_KIND] = 'I';
    store_set32(buffer + STORE_AT_GENERATION, generation);

    store_seal((store_span_t) { table->key.data, table->key.len }, buffer,
               len);

    return store_put(txn, &table->key, (store_span_t) { buffer, len });
}
