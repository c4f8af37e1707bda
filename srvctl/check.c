
/*
 * check and stats: whether the store is sound, and how full it is.
 */

#include "srvctl.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>


typedef struct {
    const srvctl_t  *ctl;
    int64_t          now;
    size_t           apexes, statics, devices, suspended;
    size_t           rrsets, live, signatures, bytes, damaged;
} check_t;


static bool check_value(void *data, store_span_t key, store_span_t bytes);
static void check_count(check_t *check, const store_value_t *value);
static void check_table(check_t *check, store_status_t status,
    const char *what);
static bool check_zone(check_t *check, const store_zone_t *zone);


/* As dnsd would: each value that it would not serve is named. */
int
srvctl_check(srvctl_t *ctl, int argc, char **argv)
{
    unsigned            i;
    check_t             check = { .ctl = ctl };
    store_usage_t       usage;
    lease_clock_mark_t  mark;

    (void) argv;

    if (argc != 1) {
        return SRVCTL_USAGE;
    }

    srvctl_open(ctl, false);
    check.now = lease_clock_now(&ctl->clock);

    check_table(&check, store_get_mark(ctl->txn, &mark), "the commit mark");
    check_table(&check, store_zones_read(ctl->txn, ctl->zones),
                "the table of zones");
    check_table(&check, store_issuers_read(ctl->txn, &ctl->issuers),
                "the table of issuers");

    for (i = 0; i < ctl->zones->n; i++) {
        check.damaged += !check_zone(&check, &ctl->zones->zones[i]);
    }

    if (srvctl_walk(ctl, check_value, &check) != EXIT_SUCCESS
        || store_usage(ctl->store, &usage) != STORE_OK)
    {
        return EXIT_FAILURE;
    }

    printf("zones %u apexes %zu statics %zu devices %zu (%zu suspended) "
           "rrsets %zu live %zu signatures %zu bytes %zu map %" PRIu64
           "/%" PRIu64 " txn %" PRIu64 " readers %u time %" PRId64
           " damaged %zu\n",
           ctl->zones->n, check.apexes, check.statics, check.devices,
           check.suspended, check.rrsets, check.live,
           check.signatures, check.bytes, usage.used, usage.map_size,
           usage.txn, usage.readers, check.now, check.damaged);

    srvctl_close(ctl);

    return check.damaged == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}


static void
check_table(check_t *check, store_status_t status, const char *what)
{
    if (status != STORE_OK && status != STORE_NOT_FOUND) {
        printf("damaged: %s (%s)\n", what, store_status_text(status));
        check->damaged++;
    }
}


/* A zone of the table has an apex with a SOA, or it cannot be answered for. */
static bool
check_zone(check_t *check, const store_zone_t *zone)
{
    char            text[SRVCTL_NAME_MAX];
    uint32_t        serial;
    store_key_t     key;
    store_span_t    bytes, name = { zone->name, zone->name_len };
    store_value_t   apex;
    store_status_t  status;

    if (!store_key_make(&key, name, (store_span_t) { NULL, 0 })) {
        return false;
    }

    status = store_get(check->ctl->txn, &key, &bytes);

    /* one that is there and damaged is the walk's to name */

    if (status == STORE_OK
        && (!store_value_open(&apex, (store_span_t) { key.data, key.len },
                              bytes)
            || store_zone_serial(&apex, &serial)))
    {
        return true;
    }

    srvctl_name(text, name);
    printf("damaged: %s has no apex with a SOA\n", text);

    return false;
}


static bool
check_value(void *data, store_span_t key, store_span_t bytes)
{
    char           text[SRVCTL_NAME_MAX];
    check_t       *check = data;
    store_value_t  value;

    check->bytes += key.len + bytes.len;

    if (store_value_open(&value, key, bytes)) {
        check_count(check, &value);
        return true;
    }

    srvctl_name(text, key);
    printf("damaged: %s\n", text);
    check->damaged++;

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
        check->suspended += store_value_state(value)
                            == STORE_DEVICE_SUSPENDED
                            || store_issuer_suspended(&check->ctl->issuers,
                                                  store_value_issuer(value));
        break;
    }

    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)) {
        if (!store_rrset_is_data(&rrset)) {
            check->signatures += rrset.type == STORE_TYPE_RRSIG
                                 ? rrset.count : 0;
            continue;
        }

        check->rrsets++;
        check->live += store_rrset_live(&rrset, check->now);
    }
}


/* What can be told without a walk. */
int
srvctl_stats(srvctl_t *ctl, int argc, char **argv)
{
    char            text[SRVCTL_NAME_MAX];
    unsigned        i;
    uint32_t        serial;
    store_key_t     key;
    store_span_t    name, bytes;
    store_usage_t   usage;
    store_value_t   apex;
    store_zone_t   *zone;

    (void) argv;

    if (argc != 1) {
        return SRVCTL_USAGE;
    }

    srvctl_open(ctl, false);

    if (store_usage(ctl->store, &usage) != STORE_OK) {
        errx(EXIT_FAILURE, "%s: cannot be read", ctl->path);
    }

    printf("map_size %" PRIu64 "\nused %" PRIu64 "\nfill_percent %.1f\n"
           "entries %" PRIu64 "\ncommit %" PRIu64 "\nreaders %u\n"
           "readers_max %u\nlease_time %" PRId64 "\nzones %u\n",
           usage.map_size, usage.used,
           100.0 * (double) usage.used / (double) usage.map_size,
           usage.entries, usage.txn, usage.readers, usage.readers_max,
           lease_clock_now(&ctl->clock), ctl->zones->n);

    for (i = 0; i < ctl->zones->n; i++) {
        zone = &ctl->zones->zones[i];
        name = (store_span_t) { zone->name, zone->name_len };
        srvctl_name(text, name);

        if (store_key_make(&key, name, (store_span_t) { NULL, 0 })
            && store_get(ctl->txn, &key, &bytes) == STORE_OK
            && store_value_open(&apex,
                                (store_span_t) { key.data, key.len }, bytes)
            && store_zone_serial(&apex, &serial))
        {
            printf("zone %s serial %" PRIu32 "%s\n", text, serial,
                   zone->withdrawn ? " withdrawn" : "");

        } else {
            printf("zone %s without a SOA\n", text);
        }
    }

    srvctl_close(ctl);

    return EXIT_SUCCESS;
}
