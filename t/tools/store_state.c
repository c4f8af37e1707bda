/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_access.c store/store_status.c
   store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/store_zone.c store/store_zones.c
   store/store_labels.c store/store_serial.c store/crc32c.c store/lease_clock.c
   store/boot_clock.c */

/*
 * store_state DIR ZONE LABEL active|suspended
 *
 * Sets the state of a device that is there and leaves everything else of it
 * alone, as an operator's command will.  ZONE in plain lower-case ASCII.
 */

#include "boot_clock.h"
#include "store_zone.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>


static store_span_t state_zone(const char *text, uint8_t *wire);
static store_status_t state_set(store_txn_t *txn, const store_key_t *key,
    uint8_t state);


int
main(int argc, char **argv)
{
    uint8_t                wire[STORE_NAME_MAX];
    store_t               *store;
    store_key_t            key;
    store_txn_t           *txn;
    store_span_t           zone, label;
    lease_clock_t          clock;
    store_error_t          error;
    store_status_t         status;
    store_options_t        options = { .writer = true };
    lease_clock_mark_t     mark;
    lease_clock_reading_t  reading;

    if (argc != 5) {
        errx(2, "usage: store_state DIR ZONE LABEL active|suspended");
    }

    zone = state_zone(argv[2], wire);
    label = (store_span_t) { (const uint8_t *) argv[3], strlen(argv[3]) };

    if (!store_key_make(&key, zone, label)) {
        errx(1, "%s: no label", argv[3]);
    }

    options.path = argv[1];

    if (store_open(&store, &options, &error) != STORE_OK) {
        errx(1, "%s", error.text);
    }

    status = store_write_begin(store, &txn);

    if (status == STORE_OK) {
        boot_clock_read(&reading);
        (void) lease_clock_init(&clock, &reading,
                                store_get_mark(txn, &mark) == STORE_OK
                                ? &mark : NULL);

        (void) state_set(txn, &key, strcmp(argv[4], "suspended") == 0
                                    ? STORE_DEVICE_SUSPENDED
                                    : STORE_DEVICE_ACTIVE);
        (void) store_zone_touch(txn, zone, lease_clock_now(&clock));

        lease_clock_mark(&clock, &mark);
        status = store_commit(txn, &mark);
    }

    store_close(store);

    if (status != STORE_OK) {
        errx(1, "%s: %s", argv[3], store_status_text(status));
    }

    return 0;
}


static store_span_t
state_zone(const char *text, uint8_t *wire)
{
    size_t       len;
    uint8_t     *at;
    const char  *dot;

    at = wire;

    if (strlen(text) + 2 > STORE_NAME_MAX) {
        errx(1, "%s: no zone", text);
    }

    for ( /* void */ ; *text != '\0'; text = dot + (*dot == '.')) {
        dot = text + strcspn(text, ".");
        len = (size_t) (dot - text);

        *at++ = (uint8_t) len;
        memcpy(at, text, len);
        at += len;
    }

    *at++ = 0;

    return (store_span_t) { wire, (size_t) (at - wire) };
}


static store_status_t
state_set(store_txn_t *txn, const store_key_t *key, uint8_t state)
{
    uint8_t             buffer[STORE_VALUE_MAX];
    store_span_t        bytes, name;
    store_value_t       value;
    store_rrset_t       rrset;
    store_device_t      device;
    store_writer_t      writer;
    store_status_t      status;
    store_rrset_iter_t  iter;

    name = (store_span_t) { key->data, key->len };
    status = store_get(txn, key, &bytes);

    if (status != STORE_OK) {
        errx(1, "%s", store_status_text(status));
    }

    if (!store_value_open(&value, name, bytes)
        || value.kind != STORE_KIND_DEVICE)
    {
        errx(1, "not a device");
    }

    store_value_device(&value, &device);
    device.state = state;

    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    store_rrset_begin(&iter, &value);

    while (store_rrset_next(&iter, &rrset)) {
        store_writer_rrset(&writer, &rrset);
    }

    if (!store_writer_finish(&writer, name, &bytes)) {
        errx(1, "the device cannot be written");
    }

    return store_put(txn, key, bytes);
}
