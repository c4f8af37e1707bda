/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_access.c store/store_status.c
   store/store_key.c store/store_value.c store/store_value_check.c
   store/crc32c.c */

/*
 * store_hold DIR
 *
 * A reader that hangs: takes a snapshot, says "held", and keeps it until it
 * is killed.
 */

#include "store.h"

#include <err.h>
#include <stdio.h>
#include <unistd.h>


int
main(int argc, char **argv)
{
    store_t          *store;
    store_txn_t      *txn;
    store_error_t     error;
    store_options_t   options = { 0 };

    if (argc != 2) {
        errx(2, "usage: store_hold DIR");
    }

    options.path = argv[1];

    if (store_open(&store, &options, &error) != STORE_OK) {
        errx(1, "%s", error.text);
    }

    if (store_read_open(store, &txn) != STORE_OK
        || store_read_renew(txn) != STORE_OK)
    {
        errx(1, "%s: cannot be read", argv[1]);
    }

    puts("held");
    fflush(stdout);

    for ( ;; ) {
        (void) pause();
    }
}
