
/*
 * Publishes a zone file.  What the file says enters as sealed values; it
 * leaves under the zone's keys with a serial that only ever grows.
 *
 * What always holds: a device's value is never overwritten or deleted here,
 * and memory is taken before the first put, so that a failure leaves nothing
 * half done in a transaction that remains usable.
 */

#include "store_zone_parts.h"

#include <stdlib.h>
#include <string.h>


/* One zone's publication on its way. */
typedef struct {
    store_txn_t                 *txn;
    const store_zone_content_t  *content;
    int64_t                      now;
    store_zones_t               *zones;
    store_span_t                *labels;    /* of the file, ascending */
    store_span_t                 old;       /* list of those that stand */
    uint8_t                     *old_copy;  /* a put may move the map's */
    uint8_t                     *buffer;    /* for a list or the table */
    char                        *conflict;
} store_publication_t;


static bool store_publication_init(store_publication_t *pub);
static void store_publication_cleanup(store_publication_t *pub);
static store_status_t store_publish(store_publication_t *pub, bool *changed);
static bool store_content_valid(const store_publication_t *pub);
static bool store_apex_valid(const store_zone_content_t *content);
static bool store_static_valid(const store_zone_content_t *content,
    const store_static_t *item);
static store_status_t store_apex_read(const store_publication_t *pub,
    store_value_t *apex);
static bool store_is_published(const store_publication_t *pub,
    const store_value_t *apex);
static store_status_t store_old_read(store_publication_t *pub);
static store_status_t store_conflicts(const store_publication_t *pub);
static bool store_is_ours(const store_publication_t *pub, store_span_t label,
    const store_key_t *key, store_span_t bytes);
static uint32_t store_first_serial(const store_publication_t *pub,
    const store_value_t *apex);
static store_status_t store_put_all(const store_publication_t *pub,
    uint32_t serial);
static store_status_t store_put_statics(const store_publication_t *pub);
static store_status_t store_delete_statics(const store_publication_t *pub);
static store_status_t store_delete_static(const store_publication_t *pub,
    store_span_t label);
static store_status_t store_enter_zone(const store_publication_t *pub);


store_status_t
store_zone_publish(store_txn_t *txn, const store_zone_content_t *content,
    int64_t now, bool *changed, char conflict[STORE_LABEL_MAX + 1])
{
    store_status_t       status;
    store_publication_t  pub;

    memset(&pub, 0, sizeof(pub));

    pub.txn = txn;
    pub.content = content;
    pub.now = now;
    pub.conflict = conflict;

    *changed = false;
    conflict[0] = '\0';

    status = store_publication_init(&pub) ? store_publish(&pub, changed)
                                          : STORE_NO_MEMORY;

    store_publication_cleanup(&pub);

    return status;
}


/* One buffer serves twice, for the list of labels and then for the table. */
static bool
store_publication_init(store_publication_t *pub)
{
    size_t  i, n, size;

    n = pub->content->nstatics;
    size = STORE_LABELS_SIZE(n);

    pub->zones = malloc(sizeof(store_zones_t));
    pub->labels = malloc((n + 1) * sizeof(store_span_t));
    pub->buffer = malloc(size > STORE_TABLE_MAX ? size : STORE_TABLE_MAX);

    if (pub->zones == NULL || pub->labels == NULL || pub->buffer == NULL) {
        return false;
    }

    for (i = 0; i < n; i++) {
        pub->labels[i] = pub->content->statics[i].label;
    }

    qsort(pub->labels, n, sizeof(store_span_t), store_label_compare);

    return true;
}


static void
store_publication_cleanup(store_publication_t *pub)
{
    free(pub->zones);
    free(pub->labels);
    free(pub->buffer);
    free(pub->old_copy);
}


/* Everything that can refuse comes before store_put_all, which is the first
 * to write. */
static store_status_t
store_publish(store_publication_t *pub, bool *changed)
{
    bool            has_apex;
    uint32_t        serial;
    store_value_t   apex;
    store_status_t  status;

    if (!store_content_valid(pub)) {
        return STORE_DAMAGED;
    }

    status = store_zones_read(pub->txn, pub->zones);

    if (status != STORE_OK) {
        return status;
    }

    status = store_apex_read(pub, &apex);

    if (status != STORE_OK && status != STORE_NOT_FOUND) {
        return status;
    }

    has_apex = status == STORE_OK;

    if (has_apex && store_is_published(pub, &apex)) {
        return STORE_OK;
    }

    status = store_old_read(pub);

    if (status == STORE_OK) {
        status = store_conflicts(pub);
    }

    if (status != STORE_OK) {
        return status;
    }

    if (pub->zones->n == STORE_ZONES_MAX
        && store_zones_find(pub->zones, pub->content->name) == NULL)
    {
        return STORE_TOO_LARGE;
    }

    *changed = true;
    serial = store_first_serial(pub, has_apex ? &apex : NULL);

    return store_put_all(pub, serial);
}


/* What the caller sealed has to pass what a reader will ask of it. */
static bool
store_content_valid(const store_publication_t *pub)
{
    size_t                       i;
    const store_zone_content_t  *content;

    content = pub->content;

    if (!store_apex_valid(content)) {
        return false;
    }

    for (i = 0; i < content->nstatics; i++) {

        if (!store_static_valid(content, &content->statics[i])) {
            return false;
        }

        if (i != 0 && store_label_compare(&pub->labels[i - 1],
                                          &pub->labels[i]) == 0)
        {
            return false;
        }
    }

    return true;
}


/* The digest stands in the apex and beside it: a caller that mixed up two zones
 * would publish one under the other's, and then never again. */
static bool
store_apex_valid(const store_zone_content_t *content)
{
    uint32_t       serial;
    store_key_t    key;
    store_value_t  value;

    return store_key_make(&key, content->name, (store_span_t) { NULL, 0 })
           && memcmp(key.data, content->name.data, key.len) == 0
           && store_value_open(&value, (store_span_t) { key.data, key.len },
                               content->apex)
           && store_zone_serial(&value, &serial)
           && memcmp(store_value_digest(&value), content->digest,
                     STORE_DIGEST_LEN) == 0;
}


static bool
store_static_valid(const store_zone_content_t *content,
    const store_static_t *item)
{
    store_key_t    key;
    store_value_t  value;

    return item->label.len != 0
           && store_key_make(&key, content->name, item->label)
           && memcmp(key.data + key.zone_len, item->label.data,
                     item->label.len) == 0
           && store_value_open(&value, (store_span_t) { key.data, key.len },
                               item->bytes)
           && value.kind == STORE_KIND_STATIC;
}


/* The apex that stands.  A damaged one is as good as none: the file's heals
 * it. */
static store_status_t
store_apex_read(const store_publication_t *pub, store_value_t *apex)
{
    store_key_t     key;
    store_span_t    bytes;
    store_status_t  status;

    (void) store_key_make(&key, pub->content->name,
                          (store_span_t) { NULL, 0 });

    status = store_get(pub->txn, &key, &bytes);

    if (status == STORE_OK
        && !store_value_open(apex, (store_span_t) { key.data, key.len },
                             bytes))
    {
        return STORE_NOT_FOUND;
    }

    return status;
}


/* Nothing to do: these contents stand there, and the zone is served. */
static bool
store_is_published(const store_publication_t *pub, const store_value_t *apex)
{
    store_zone_t  *zone;

    zone = store_zones_find(pub->zones, pub->content->name);

    return zone != NULL && !zone->withdrawn
           && memcmp(store_value_digest(apex), pub->content->digest,
                     STORE_DIGEST_LEN) == 0;
}


/* Damage of the list is told and not healed: it says which values are ours to
 * delete, and without it that cannot be known. */
static store_status_t
store_old_read(store_publication_t *pub)
{
    store_span_t    list;
    store_status_t  status;

    status = store_labels_read(pub->txn, pub->content->name, &list);

    if (status != STORE_OK || list.len == 0) {
        return status;
    }

    pub->old_copy = malloc(list.len);

    if (pub->old_copy == NULL) {
        return STORE_NO_MEMORY;
    }

    memcpy(pub->old_copy, list.data, list.len);

    pub->old.data = pub->old_copy;
    pub->old.len = list.len;

    return STORE_OK;
}


/* A label of the file under which a device lives: the operator has to choose,
 * and until then the zone stays as it was. */
static store_status_t
store_conflicts(const store_publication_t *pub)
{
    size_t          i;
    store_key_t     key;
    store_span_t    bytes, label;
    store_status_t  status;

    for (i = 0; i < pub->content->nstatics; i++) {
        label = pub->labels[i];

        (void) store_key_make(&key, pub->content->name, label);
        status = store_get(pub->txn, &key, &bytes);

        if (status == STORE_OK && !store_is_ours(pub, label, &key, bytes)) {
            memcpy(pub->conflict, label.data, label.len);
            pub->conflict[label.len] = '\0';
            return STORE_CONFLICT;
        }

        if (status != STORE_OK && status != STORE_NOT_FOUND) {
            return status;
        }
    }

    return STORE_OK;
}


/* A value that cannot be read may be a device's, unless its label is known
 * to have come from a zone file. */
static bool
store_is_ours(const store_publication_t *pub, store_span_t label,
    const store_key_t *key, store_span_t bytes)
{
    store_value_t  value;

    if (store_value_open(&value, (store_span_t) { key->data, key->len },
                         bytes))
    {
        return value.kind == STORE_KIND_STATIC;
    }

    return store_labels_have(pub->old, label);
}


/* apex: what stands there, or NULL.  Without it the zone may have been
 * served from a store that was lost: then secondaries have seen serials up
 * to the time of the loss. */
static uint32_t
store_first_serial(const store_publication_t *pub, const store_value_t *apex)
{
    uint32_t       file, serial;
    store_key_t    key;
    store_value_t  value;

    (void) store_key_make(&key, pub->content->name,
                          (store_span_t) { NULL, 0 });
    (void) store_value_open(&value, (store_span_t) { key.data, key.len },
                            pub->content->apex);

    file = 0;
    (void) store_zone_serial(&value, &file);

    /* so that the next one is the file's own, or the time if that is later */

    if (apex == NULL || !store_zone_serial(apex, &serial)) {
        serial = file - 1;
    }

    serial = store_zone_serial_next(serial, pub->now);

    return store_serial_above(file, serial) ? file : serial;
}


/* The table last: a zone that is in it has its contents. */
static store_status_t
store_put_all(const store_publication_t *pub, uint32_t serial)
{
    store_key_t                  key;
    store_value_t                apex;
    store_status_t               status;
    const store_zone_content_t  *content;

    content = pub->content;

    (void) store_key_make(&key, content->name, (store_span_t) { NULL, 0 });
    (void) store_value_open(&apex, (store_span_t) { key.data, key.len },
                            content->apex);

    status = store_put_apex(pub->txn, content->name, &apex, serial);

    if (status == STORE_OK) {
        status = store_put_statics(pub);
    }

    if (status == STORE_OK) {
        status = store_delete_statics(pub);
    }

    if (status == STORE_OK) {
        status = store_labels_put(pub->txn, content->name, pub->labels,
                                  content->nstatics, pub->buffer);
    }

    if (status == STORE_OK) {
        status = store_enter_zone(pub);
    }

    return status;
}


static store_status_t
store_put_statics(const store_publication_t *pub)
{
    size_t                 i;
    store_key_t            key;
    store_status_t         status;
    const store_static_t  *item;

    status = STORE_OK;

    for (i = 0; i < pub->content->nstatics && status == STORE_OK; i++) {
        item = &pub->content->statics[i];

        (void) store_key_make(&key, pub->content->name, item->label);
        status = store_put(pub->txn, &key, item->bytes);
    }

    return status;
}


/* Those that are in the old list and not in the file. */
static store_status_t
store_delete_statics(const store_publication_t *pub)
{
    store_span_t    list, label;
    store_status_t  status;

    list = pub->old;
    status = STORE_OK;

    while (status == STORE_OK && store_labels_next(&list, &label)) {

        if (bsearch(&label, pub->labels, pub->content->nstatics,
                    sizeof(store_span_t), store_label_compare) == NULL)
        {
            status = store_delete_static(pub, label);
        }
    }

    return status;
}


/* A list that lies must not cost a device its registration. */
static store_status_t
store_delete_static(const store_publication_t *pub, store_span_t label)
{
    store_key_t     key;
    store_span_t    bytes;
    store_status_t  status;

    if (!store_key_make(&key, pub->content->name, label)) {
        return STORE_OK;
    }

    status = store_get(pub->txn, &key, &bytes);

    if (status == STORE_OK && store_is_ours(pub, label, &key, bytes)) {
        status = store_delete(pub->txn, &key);
    }

    return status == STORE_NOT_FOUND ? STORE_OK : status;
}


/* Into the table, or out of its withdrawal. */
static store_status_t
store_enter_zone(const store_publication_t *pub)
{
    store_span_t   name;
    store_zone_t  *zone;

    name = pub->content->name;
    zone = store_zones_find(pub->zones, name);

    if (zone != NULL && !zone->withdrawn) {
        return STORE_OK;
    }

    if (zone == NULL) {
        zone = &pub->zones->zones[pub->zones->n++];
        memcpy(zone->name, name.data, name.len);
        zone->name_len = (uint8_t) name.len;
    }

    zone->withdrawn = false;

    return store_zones_put(pub->txn, pub->zones, pub->buffer);
}
