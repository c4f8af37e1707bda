/* units: store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/crc32c.c */

/*
 * Values of any bytes under any key, the checksum made right so that the
 * checks behind it are reached.  What opens is read to its end, and must be
 * what the writer makes of its parts: a value has one encoding.
 *
 * Input: a byte that says how long the key is, the key, the value.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store_layout.h"
#include "store_value.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned fuzz_read(const store_rrset_t *rrset);
static void fuzz_write(const store_value_t *value, store_span_t key,
    store_span_t bytes);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t        *copy;
    unsigned        sum;
    store_span_t    key, bytes;
    store_value_t   value;
    store_rrset_t   rrset;

    store_rrset_iter_t  iter;

    if (size < 1 || size - 1 < data[0]) {
        return 0;
    }

    key.data = data + 1;
    key.len = data[0];
    bytes.len = size - 1 - key.len;

    /* A block of its own: the sanitizer sees a byte read behind it. */

    copy = malloc(bytes.len + 1);

    if (copy == NULL) {
        return 0;
    }

    memcpy(copy, key.data + key.len, bytes.len);
    copy = realloc(copy, bytes.len != 0 ? bytes.len : 1);
    bytes.data = copy;

    if (copy != NULL && bytes.len >= STORE_HEAD_LEN) {
        store_seal(key, copy, bytes.len);

        if (store_value_open(&value, key, bytes)) {
            sum = store_value_served(&value);
            store_rrset_begin(&iter, &value);

            while (store_rrset_next(&iter, &rrset)) {
                sum += fuzz_read(&rrset);
            }

            fuzz_write(&value, key, bytes);
            copy[0] ^= sum == 0;
        }
    }

    free(copy);

    return 0;
}


static unsigned
fuzz_read(const store_rrset_t *rrset)
{
    size_t           i, n;
    unsigned         sum;
    store_rr_t       rr;
    store_rr_iter_t  rrs;

    sum = 0;

    for (i = 0; i < rrset->owner.len; i++) {
        sum += rrset->owner.data[i];
    }

    store_rr_begin(&rrs, rrset);

    for (n = 0; store_rr_next(&rrs, &rr); n++) {

        if (rr.splice > rr.len) {
            abort();
        }

        for (i = 0; i < rr.len; i++) {
            sum += rr.data[i];
        }
    }

    if (n != rrset->count) {
        abort();
    }

    return sum;
}


static void
fuzz_write(const store_value_t *value, store_span_t key, store_span_t bytes)
{
    uint8_t              buffer[STORE_VALUE_MAX];
    store_span_t         made;
    store_rrset_t        rrset;
    store_device_t       device;
    store_writer_t       writer;
    store_rrset_iter_t   iter;

    switch (value->kind) {

    case STORE_KIND_APEX:
        store_writer_apex(&writer, buffer, sizeof(buffer),
                          store_value_digest(value));
        break;

    case STORE_KIND_STATIC:
        store_writer_static(&writer, buffer, sizeof(buffer));
        break;

    case STORE_KIND_DEVICE:
        store_value_device(value, &device);
        store_writer_device(&writer, buffer, sizeof(buffer), &device);
        break;
    }

    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)) {
        store_writer_rrset(&writer, &rrset);
    }

    if (!store_writer_finish(&writer, key, &made)
        || made.len != bytes.len
        || memcmp(made.data, bytes.data, made.len) != 0)
    {
        abort();
    }
}
