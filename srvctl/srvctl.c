
/*
 * The store as the commands see it: opened, its tables and its time read,
 * names made keys and keys made names.
 */

#include "srvctl.h"

#include "boot_clock.h"
#include "device_hex.h"
#include "device_rdata.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


static bool srvctl_try_files(srvctl_t *ctl, bool writer);
static bool srvctl_unlocked(const srvctl_t *ctl);
static bool srvctl_read(srvctl_t *ctl);


void
srvctl_open(srvctl_t *ctl, bool writer)
{
    if (!srvctl_try(ctl, writer)) {
        exit(EXIT_FAILURE);
    }
}


bool
srvctl_try(srvctl_t *ctl, bool writer)
{
    srvctl_yield(ctl->path);

    if (!srvctl_try_files(ctl, writer)) {
        return false;
    }

    ctl->zones = malloc(sizeof(store_zones_t));

    if (ctl->zones == NULL || !srvctl_read(ctl)) {
        srvctl_close(ctl);
        return false;
    }

    return true;
}


static bool
srvctl_try_files(srvctl_t *ctl, bool writer)
{
    char              data[PATH_MAX];
    struct stat       file;
    store_error_t     error;
    store_options_t   options = {
        .path = ctl->path,
        .writer = writer,
        .map_size = 1                /* as large as it is */
    };

    /* a writer would make what is not there */

    if (snprintf(data, sizeof(data), "%s/data.mdb", ctl->path)
        >= (int) sizeof(data) || stat(data, &file) == -1)
    {
        warn(errno == ENOENT ? "%s: no store" : "%s", ctl->path);
        return false;
    }

    if (!writer && file.st_size != 0) {
        options.writer = srvctl_unlocked(ctl);
    }

    if (ctl->room != 0) {
        options.map_size = (size_t) file.st_size + ctl->room;
    }

    if (store_open(&ctl->store, &options, &error) != STORE_OK) {
        warnx("%s", error.text);
        return false;
    }

    return true;
}


/* A copy has no lock file until somebody makes one; as a reader LMDB would not.
 * Who is not the directory's owner leaves it to those who are: the registrar
 * could not write to his. */
static bool
srvctl_unlocked(const srvctl_t *ctl)
{
    char         lock[PATH_MAX];
    struct stat  directory, file;

    return snprintf(lock, sizeof(lock), "%s/lock.mdb", ctl->path)
           < (int) sizeof(lock)
           && stat(ctl->path, &directory) == 0
           && directory.st_uid == geteuid()
           && stat(lock, &file) == -1 && errno == ENOENT;
}


/* Damage of a table is for `check` to tell; others do without it. */
static bool
srvctl_read(srvctl_t *ctl)
{
    store_status_t  status;

    status = store_read_open(ctl->store, &ctl->txn);

    if (status == STORE_OK) {
        status = store_read_renew(ctl->txn);
    }

    if (status != STORE_OK) {
        warnx("%s: %s", ctl->path, store_status_text(status));
        return false;
    }

    srvctl_time(ctl, ctl->txn);

    if (store_zones_read(ctl->txn, ctl->zones) != STORE_OK) {
        warnx("%s: the table of zones is damaged", ctl->path);
    }

    if (store_issuers_read(ctl->txn, &ctl->issuers) != STORE_OK) {
        warnx("%s: the table of issuers is damaged", ctl->path);
    }

    return true;
}


void
srvctl_time(srvctl_t *ctl, store_txn_t *txn)
{
    lease_clock_mark_t     mark;
    lease_clock_reading_t  reading;

    boot_clock_read(&reading);
    (void) lease_clock_init(&ctl->clock, &reading,
                            store_get_mark(txn, &mark) == STORE_OK ? &mark
                                                                   : NULL);
}


void
srvctl_close(srvctl_t *ctl)
{
    if (ctl->txn != NULL) {
        store_read_close(ctl->txn);
    }

    store_close(ctl->store);
    free(ctl->zones);
}


/* Nothing may be held while waiting for the writer's lock: a snapshot would
 * pin what the one who has it frees. */
store_txn_t *
srvctl_begin(srvctl_t *ctl)
{
    store_txn_t     *txn;
    store_status_t   status;

    store_read_reset(ctl->txn);

    status = store_write_begin(ctl->store, &txn);

    if (status != STORE_OK) {
        errx(EXIT_FAILURE, "%s: %s", ctl->path, store_status_text(status));
    }

    srvctl_time(ctl, txn);

    if (store_issuers_read(txn, &ctl->issuers) != STORE_OK) {
        store_abort(txn);
        errx(EXIT_FAILURE, "%s: the table of issuers is damaged", ctl->path);
    }

    return txn;
}


int
srvctl_commit(srvctl_t *ctl, store_txn_t *txn)
{
    store_status_t      status;
    lease_clock_mark_t  mark;

    lease_clock_mark(&ctl->clock, &mark);
    status = store_commit(txn, &mark);

    if (status != STORE_OK) {
        warnx("%s: nothing was changed: %s", ctl->path,
              store_status_text(status));
        return EXIT_FAILURE;
    }

    return EXIT_SUCCESS;
}


bool
srvctl_key(const srvctl_t *ctl, const char *name, store_key_t *key)
{
    size_t               len;
    uint8_t              wire[STORE_NAME_MAX];
    unsigned             i;
    store_span_t         label, zone;
    const store_zone_t  *known;

    if (!device_name_parse((store_span_t) { (const uint8_t *) name,
                                            strlen(name) }, wire, &len)
        || wire[0] == 0)
    {
        warnx("%s: not a domain name", name);
        return false;
    }

    label = (store_span_t) { wire + 1, wire[0] };
    zone = (store_span_t) { wire + 1 + label.len, len - 1 - label.len };

    for (i = 0; i < ctl->zones->n; i++) {
        known = &ctl->zones->zones[i];

        if (known->name_len == zone.len
            && memcmp(known->name, zone.data, zone.len) == 0)
        {
            return store_key_make(key, zone, label);
        }
    }

    warnx("%s: not a name directly below a zone of this store", name);

    return false;
}


void
srvctl_name(char text[SRVCTL_NAME_MAX], store_span_t key)
{
    uint8_t       wire[1 + STORE_KEY_MAX], *p = wire;
    store_span_t  zone, label;

    if (key.len <= STORE_KEY_MAX && store_key_parse(key, &zone, &label)) {

        if (label.len != 0) {
            *p++ = (uint8_t) label.len;
            memcpy(p, label.data, label.len);
            p += label.len;
        }

        memcpy(p, zone.data, zone.len);
        p += zone.len;

        if (device_name_write(text, (store_span_t) { wire,
                                                     (size_t) (p - wire) }))
        {
            return;
        }
    }

    device_hex_write(text, key.data,
                     key.len < STORE_KEY_MAX ? key.len : STORE_KEY_MAX);
}


int
srvctl_walk(srvctl_t *ctl, store_visitor_t visitor, void *data)
{
    store_key_t     from = { .len = 0 };
    store_status_t  status;

    do {
        status = store_walk(ctl->txn, &from, SRVCTL_SLICE, visitor, data);

        if (status == STORE_OK && from.len != 0) {
            store_read_reset(ctl->txn);
            status = store_read_renew(ctl->txn);
        }

    } while (status == STORE_OK && from.len != 0);

    if (status != STORE_OK) {
        warnx("%s: %s", ctl->path, store_status_text(status));
        return EXIT_FAILURE;
    }

    return EXIT_SUCCESS;
}
