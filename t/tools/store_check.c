/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_access.c store/store_status.c
   store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/store_zone.c store/store_zones.c
   store/store_labels.c store/store_serial.c store/crc32c.c store/lease_clock.c
   store/boot_clock.c */

/*
 * store_check DIR
 *
 * Opens every value of a store as dnsd would, prints the key of each that is
 * damaged, in hex, and one line that sums up:
 *
 *   zones 1 apexes 1 statics 2 devices 40 (1 suspended) rrsets 90 live 88
 *   bytes 6100 map 8192/1073741824 txn 12 readers 1 time 1790000000 damaged 0
 *
 * (on one line).  Exits 1 where anything is damaged or cannot be read.
 */

#include "boot_clock.h"
#include "store_zone.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>


/* Values to a snapshot: a check of a large store must not pin its pages. */
#define CHECK_SLICE  10000


typedef struct {
    int64_t  now;
    size_t   apexes, statics, devices, suspended;
    size_t   rrsets, live, bytes, damaged;
} check_t;


static void check_walk(store_txn_t *txn, check_t *check);
static bool check_value(void *data, store_span_t key, store_span_t bytes);
static void check_count(check_t *check, const store_value_t *value);
static void check_print(store_t *store, const check_t *check,
    const store_zones_t *zones);


int
main(int argc, char **argv)
{
    check_t                check = { 0 };
    store_t               *store;
    store_txn_t           *txn;
    store_zones_t         *zones;
    store_error_t          error;
    lease_clock_t          clock;
    store_options_t        options = { 0 };
    lease_clock_mark_t     mark;
    lease_clock_reading_t  reading;
    store_status_t         status;

    if (argc != 2) {
        errx(2, "usage: store_check DIR");
    }

    options.path = argv[1];

    if (store_open(&store, &options, &error) != STORE_OK) {
        errx(1, "%s", error.text);
    }

    zones = malloc(sizeof(store_zones_t));

    if (zones == NULL || store_read_open(store, &txn) != STORE_OK
        || store_read_renew(txn) != STORE_OK)
    {
        errx(1, "%s: cannot be read", argv[1]);
    }

    status = store_get_mark(txn, &mark);

    if (status == STORE_DAMAGED) {
        printf("damaged: commit mark\n");
        check.damaged++;
    }

    boot_clock_read(&reading);
    (void) lease_clock_init(&clock, &reading,
                            status == STORE_OK ? &mark : NULL);
    check.now = lease_clock_now(&clock);

    if (store_zones_read(txn, zones) != STORE_OK) {
        printf("damaged: zone table\n");
        check.damaged++;
    }

    check_walk(txn, &check);
    check_print(store, &check, zones);

    store_read_close(txn);
    store_close(store);
    free(zones);

    return check.damaged != 0;
}


static void
check_walk(store_txn_t *txn, check_t *check)
{
    store_key_t     from;
    store_status_t  status;

    from.len = 0;

    do {
        status = store_walk(txn, &from, CHECK_SLICE, check_value, check);

        if (status == STORE_OK && from.len != 0) {
            store_read_reset(txn);
            status = store_read_renew(txn);
        }

    } while (status == STORE_OK && from.len != 0);

    if (status != STORE_OK) {
        errx(1, "the walk ended: %s", store_status_text(status));
    }
}


static bool
check_value(void *data, store_span_t key, store_span_t bytes)
{
    size_t          i;
    check_t        *check = data;
    store_value_t   value;

    check->bytes += key.len + bytes.len;

    if (store_value_open(&value, key, bytes)) {
        check_count(check, &value);
        return true;
    }

    check->damaged++;
    printf("damaged: ");

    for (i = 0; i < key.len; i++) {
        printf("%02x", key.data[i]);
    }

    printf("\n");

    return true;
}


static void
check_count(check_t *check, const store_value_t *value)
{
    store_rrset_t       rrset;
    store_rrset_iter_t  iter;

    switch (value->kind) {

    case STORE_KIND_APEX:
        check->apexes++;
        break;

    case STORE_KIND_STATIC:
        check->statics++;
        break;

    case STORE_KIND_DEVICE:
        check->devices++;
        check->suspended += !store_value_served(value);
        break;
    }

    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)) {
        check->rrsets++;
        check->live += store_rrset_live(&rrset, check->now);
    }
}


static void
check_print(store_t *store, const check_t *check, const store_zones_t *zones)
{
    store_usage_t  usage;

    if (store_usage(store, &usage) != STORE_OK) {
        errx(1, "no usage");
    }

    printf("zones %u apexes %zu statics %zu devices %zu (%zu suspended) "
           "rrsets %zu live %zu bytes %zu map %" PRIu64 "/%" PRIu64
           " txn %" PRIu64 " readers %u time %" PRId64 " damaged %zu\n",
           zones->n, check->apexes, check->statics, check->devices,
           check->suspended, check->rrsets, check->live, check->bytes,
           usage.used, usage.map_size, usage.txn, usage.readers, check->now,
           check->damaged);
}
