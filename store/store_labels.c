
/*
 * The list of a zone's static labels (FF 'S' <zone>).  By it a new zone file
 * finds what it has to take away, without a walk over the zone's devices.
 */

#include "store_zone_parts.h"

#include <string.h>


/* Bytes first, then length: LMDB's own order of keys. */
int
store_label_compare(const void *a, const void *b)
{
    int                  order;
    size_t               len;
    const store_span_t  *x, *y;

    x = a;
    y = b;

    len = x->len < y->len ? x->len : y->len;
    order = len != 0 ? memcmp(x->data, y->data, len) : 0;

    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}


/* Bounded by the list alone, so that it may walk one that was not checked. */
bool
store_labels_next(store_span_t *list, store_span_t *label)
{
    if (list->len == 0 || list->len < 1u + list->data[0]) {
        return false;
    }

    label->data = list->data + 1;
    label->len = list->data[0];

    list->data += 1 + label->len;
    list->len -= 1 + label->len;

    return true;
}


/* From the front: asked only for a value that cannot be read. */
bool
store_labels_have(store_span_t list, store_span_t label)
{
    store_span_t  item;

    while (store_labels_next(&list, &item)) {
        if (store_label_compare(&item, &label) == 0) {
            return true;
        }
    }

    return false;
}


store_status_t
store_labels_read(store_txn_t *txn, store_span_t zone, store_span_t *list)
{
    store_key_t     key;
    store_span_t    bytes, rest, label, last;
    store_status_t  status;

    *list = (store_span_t) { NULL, 0 };

    store_key_meta(&key, 'S', zone);
    status = store_get(txn, &key, &bytes);

    if (status != STORE_OK) {
        return status == STORE_NOT_FOUND ? STORE_OK : status;
    }

    if (!store_sealed((store_span_t) { key.data, key.len }, bytes)
        || bytes.data[STORE_AT_KIND] != 'S')
    {
        return STORE_DAMAGED;
    }

    rest.data = bytes.data + STORE_HEAD_LEN;
    rest.len = bytes.len - STORE_HEAD_LEN;

    *list = rest;
    last.len = 0;

    /* ascending, and so without a label twice; what is left over behind the
     * last one was cut short */

    while (store_labels_next(&rest, &label)) {

        if (label.len == 0 || label.len > STORE_LABEL_MAX
            || (last.len != 0 && store_label_compare(&last, &label) >= 0))
        {
            return STORE_DAMAGED;
        }

        last = label;
    }

    return rest.len == 0 ? STORE_OK : STORE_DAMAGED;
}


store_status_t
store_labels_put(store_txn_t *txn, store_span_t zone,
    const store_span_t *labels, size_t n, uint8_t *buffer)
{
    size_t        i, len;
    uint8_t      *p;
    store_key_t   key;

    buffer[STORE_AT_KIND] = 'S';
    p = buffer + STORE_HEAD_LEN;

    for (i = 0; i < n; i++) {
        *p++ = (uint8_t) labels[i].len;
        memcpy(p, labels[i].data, labels[i].len);
        p += labels[i].len;
    }

    len = (size_t) (p - buffer);

    store_key_meta(&key, 'S', zone);
    store_seal((store_span_t) { key.data, key.len }, buffer, len);

    return store_put(txn, &key, (store_span_t) { buffer, len });
}
