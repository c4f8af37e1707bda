/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/crc32c.c */

/*
 * A real store's file, three levels deep, with any bytes of it changed: what
 * the walker finds lies inside of it and is the key's own, and it comes to an
 * end.  The input: how many pages are cut off 1, where to begin with the keys
 * 1, then changes: page 1, offset 2, length 1 (its low three bits), bytes.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_walker.h"
#include "store_pages.h"


#define ENTRIES  300
#define BATCH    8                   /* keys that one input looks up */
#define CHANGES  64
#define MUST(x)  do { if (!(x)) { abort(); } } while (0)


typedef struct {
    uint8_t            *bytes;       /* exactly as long as the file */
    uint8_t            *good;        /* the same, never changed */
    size_t              size;
    size_t              changes[CHANGES];    /* where; 8 bytes each */
    unsigned            nchanges;
    uint64_t            txn;
    store_key_t         keys[ENTRIES];
    const store_key_t  *pointers[ENTRIES];
} image_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A long zone, so that few keys have room in a page. */
static void
image_key(store_key_t *key, unsigned n)
{
    char           label[32];
    uint8_t        zone[STORE_NAME_MAX];
    unsigned       i;
    store_span_t   spans[2] = { { zone, 0 }, { (uint8_t *) label, 0 } };

    for (i = 0; i < 4; i++) {
        zone[i * 51] = 50;
        memset(zone + i * 51 + 1, (int) ('a' + i), 50);
    }

    zone[4 * 51] = 0;
    spans[0].len = 4 * 51 + 1;
    spans[1].len = (size_t) snprintf(label, sizeof(label), "%u",
                                     n * 2654435761u);

    MUST(store_key_make(key, spans[0], spans[1]));
}


static void
image_fill(image_t *image, store_t *store)
{
    uint8_t       value[6000];
    unsigned      i;
    store_txn_t  *txn;

    memset(value, 'v', sizeof(value));
    MUST(store_write_begin(store, &txn) == STORE_OK);

    /* every other key is there, some with pages of its own */

    for (i = 0; i < ENTRIES; i++) {
        store_span_t  bytes = { value, i % 50 == 0 ? sizeof(value) : 250 };

        image_key(&image->keys[i], i);
        image->pointers[i] = &image->keys[i];

        if (i % 3 != 2) {
            MUST(store_put(txn, &image->keys[i], bytes) == STORE_OK);
        }
    }

    MUST(store_commit(txn, NULL) == STORE_OK);
    MUST(store_read_open(store, &txn) == STORE_OK);
    MUST(store_read_renew(txn) == STORE_OK);
    image->txn = store_txn_id(txn);
    store_read_close(txn);
}


static void
image_make(image_t *image)
{
    int              fd;
    char             dir[] = "/tmp/fuzz-walker-XXXXXX", data[64], lock[64];
    store_t         *store;
    struct stat      st;
    store_options_t  options = { .path = dir, .writer = true };

    MUST(mkdtemp(dir) != NULL);
    snprintf(data, sizeof(data), "%s/data.mdb", dir);
    snprintf(lock, sizeof(lock), "%s/lock.mdb", dir);

    MUST(store_open(&store, &options, NULL) == STORE_OK);
    image_fill(image, store);
    store_close(store);

    fd = open(data, O_RDONLY|O_CLOEXEC);
    MUST(fd != -1 && fstat(fd, &st) == 0);
    image->size = (size_t) st.st_size;
    image->bytes = malloc(image->size);
    image->good = malloc(image->size);
    MUST(image->bytes != NULL && image->good != NULL);
    MUST(read(fd, image->good, image->size) == (ssize_t) image->size);

    close(fd);
    unlink(data);
    unlink(lock);
    rmdir(dir);
}


/* What was found is touched, so that a sanitizer sees where it lies; before
 * it stands its key, unless it has pages of its own. */
static void
check_found(const image_t *image, size_t size, const store_key_t *key,
    store_span_t value)
{
    size_t         at;
    const uint8_t *p;

    MUST(value.data >= image->bytes && value.len <= size);
    at = (size_t) (value.data - image->bytes);
    MUST(at <= size - value.len);

    for (p = value.data; p < value.data + value.len; p += 64) {
        MUST(*(const volatile uint8_t *) p <= UINT8_MAX);
    }

    MUST(at % STORE_PAGE_MIN == STORE_PAGE_HEADER
         || memcmp(value.data - key->len, key->data, key->len) == 0);
}


static void
check_image(const image_t *image, size_t size, unsigned from, bool whole)
{
    size_t          i;
    store_view_t    view;
    store_span_t    values[BATCH];
    store_status_t  statuses[BATCH];

    if (!store_view_find(&view, image->bytes, size, image->txn)) {
        MUST(!whole);
        return;
    }

    store_view_get(&view, &image->pointers[from], BATCH, values, statuses);

    for (i = 0; i < BATCH; i++) {
        if (statuses[i] == STORE_OK) {
            check_found(image, size, &image->keys[from + i], values[i]);

        } else {
            MUST(statuses[i] == STORE_NOT_FOUND
                 || statuses[i] == STORE_DAMAGED);
            MUST(values[i].data == NULL && values[i].len == 0);
        }

        MUST(!whole || statuses[i] == ((from + i) % 3 != 2 ? STORE_OK
                                                           : STORE_NOT_FOUND));
    }
}


static void
image_change(image_t *image, const uint8_t *data, const uint8_t *end)
{
    size_t  at, len;

    while (end - data >= 5 && image->nchanges < CHANGES) {
        len = 1 + (data[3] & 7);
        at = ((size_t) data[0] * 4096 + ((size_t) data[1] << 8 | data[2]))
             % (image->size - 8);
        data += 4;

        if (len > (size_t) (end - data)) {
            return;
        }

        memcpy(image->bytes + at, data, len);
        image->changes[image->nchanges++] = at;
        data += len;
    }
}


static void
image_restore(image_t *image)
{
    size_t  at;

    while (image->nchanges > 0) {
        at = image->changes[--image->nchanges];
        memcpy(image->bytes + at, image->good + at, 8);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t    cut;
    unsigned  i;

    static image_t  image;

    if (image.bytes == NULL) {
        image_make(&image);
        memcpy(image.bytes, image.good, image.size);

        for (i = 0; i + BATCH <= ENTRIES; i += BATCH) {
            check_image(&image, image.size, i, true);
        }
    }

    if (size < 2) {
        return 0;
    }

    cut = (size_t) data[0] * 4096;
    image_change(&image, data + 2, data + size);
    check_image(&image, cut < image.size ? image.size - cut : 0, data[1],
                false);
    image_restore(&image);

    return 0;
}
