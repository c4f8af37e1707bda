/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/crc32c.c */

/*
 * store_hold DIR [write]
 *
 * A reader that hangs: takes a snapshot, says "held", and keeps it until it
 * is killed.  Or a writer, with the lock and something put.
 */

#include "store.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>


static store_status_t hold_snapshot(store_t *store);
static store_status_t hold_lock(store_t *store);


int
main(int argc, char **argv)
{
    store_t          *store;
    store_error_t     error;
    store_status_t    status;
    store_options_t   options = { 0 };

    options.writer = argc == 3 && strcmp(argv[2], "write") == 0;

    if (argc != (options.writer ? 3 : 2)) {
        errx(2, "usage: store_hold DIR [write]");
    }

    options.path = argv[1];

    if (store_open(&store, &options, &error) != STORE_OK) {
        errx(1, "%s", error.text);
    }

    status = options.writer ? hold_lock(store) : hold_snapshot(store);

    if (status != STORE_OK) {
        errx(1, "%s: %s", argv[1], store_status_text(status));
    }

    puts("held");
    fflush(stdout);

    for ( ;; ) {
        (void) pause();
    }
}


/* The transaction stays with the process, so nothing has to remember it. */
static store_status_t
hold_snapshot(store_t *store)
{
    store_txn_t     *txn;
    store_status_t   status;

    status = store_read_open(store, &txn);

    return status == STORE_OK ? store_read_renew(txn) : status;
}


static store_status_t
hold_lock(store_t *store)
{
    store_key_t     key;
    store_txn_t    *txn;
    store_span_t    zone, label;
    store_status_t  status;

    zone = (store_span_t) { (const uint8_t *) "\4hold", 6 };
    label = (store_span_t) { (const uint8_t *) "hold", 4 };

    status = store_write_begin(store, &txn);

    if (status == STORE_OK && store_key_make(&key, zone, label)) {
        status = store_put(txn, &key, label);
    }

    return status;
}
