/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_walker.c store/store_mapping.c
   store/store_access.c store/store_status.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/store_zone.c store/store_zones.c store/store_labels.c
   store/store_serial.c store/crc32c.c store/lease_clock.c store/boot_clock.c
   ngx_srv_registrar_module/device_sign.c
   ngx_srv_registrar_module/device_sign_make.c
   ngx_srv_registrar_module/device_sign_nsec.c
   dnssec/dnssec_key.c dnssec/dnssec_key_file.c dnssec/dnssec_key_pem.c
   dnssec/dnssec_rrsig.c
   t/tools/fill/fill_sign.c t/tools/fill/fill_text.c
   t/tools/fill/fill_write.c t/tools/fleet/fleet.c */

/*
 * store_fill DIR < text                    writes what the text says
 * store_fill DIR --devices N [ZONE [KEY]]  writes N devices made up
 *
 * DIR is made where it is not there.  The text, a line each ('#' begins a
 * comment line):
 *
 *   zone NAME            what follows belongs to this zone.  With rr lines it
 *                        is published, as a zone file would be; without them
 *                        it has to stand in the store already
 *   key BASE             the zone and what follows is signed with that key
 *                        (dnssec_key.h), as ZSK and KSK; before rr lines
 *   rr RR                an RR in presentation form, names relative to the
 *                        zone: rr @ 60 IN SOA ns hostmaster 1 3600 600 86400 60
 *   device LABEL [suspended]
 *                        replaces the device; it gets an HMAC key
 *   set OWNER TYPE TTL EXPIRES RDATA
 *                        one RR of the device, OWNER and names in RDATA
 *                        relative to the FQDN ('@').  EXPIRES is 0, lease time
 *                        in seconds, or +N from now.  Lines of one owner and
 *                        type make one RRset.  Targets inside the device's
 *                        subtree are spliced, as the registrar does it
 *   delete LABEL         the device goes
 *   withdraw-others      zones that the text does not name become withdrawn
 *
 * All of a text is one transaction.  Zones with devices get a new serial.
 */

#include "fill/fill.h"
#include "fleet/fleet.h"

#include <err.h>
#include <errno.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "boot_clock.h"


/* Small enough never to spill pages, large enough to amortise a commit. */
#define FILL_BATCH  20000


static store_t *fill_open(const char *path, fill_t *fill);
static void fill_begin(fill_t *fill, store_t *store);
static void fill_commit(fill_t *fill);
static void fill_made_up(fill_t *fill, store_t *store, unsigned long n,
    const char *zone, const char *key);
static void fill_made_up_rrs(fill_t *fill, unsigned long i);


int
main(int argc, char **argv)
{
    store_t  *store;
    fill_t   *fill;

    if (argc != 2 && (argc < 4 || strcmp(argv[2], "--devices") != 0)) {
        errx(2, "usage: store_fill DIR [--devices N [ZONE [KEY]]]");
    }

    fill = calloc(1, sizeof(fill_t));

    if (fill == NULL) {
        err(1, "calloc");
    }

    store = fill_open(argv[1], fill);

    if (argc == 2) {
        fill_begin(fill, store);
        fill_text(fill);
        fill_commit(fill);

    } else {
        fill_made_up(fill, store, strtoul(argv[3], NULL, 10),
                     argc > 4 ? argv[4] : "devices.example",
                     argc > 5 ? argv[5] : NULL);
    }

    store_close(store);
    free(fill);

    return 0;
}


static store_t *
fill_open(const char *path, fill_t *fill)
{
    store_t                *store;
    store_txn_t            *txn;
    store_error_t           error;
    store_options_t         options = { .path = path, .writer = true };
    lease_clock_mark_t      mark;
    lease_clock_reading_t   reading;

    if (mkdir(path, 0750) == -1 && errno != EEXIST) {
        err(1, "%s", path);
    }

    if (store_open(&store, &options, &error) != STORE_OK) {
        errx(1, "%s", error.text);
    }

    boot_clock_read(&reading);

    fill_check(fill, store_read_open(store, &txn), "read");
    fill_check(fill, store_read_renew(txn), "read");

    (void) lease_clock_init(&fill->clock, &reading,
                            store_get_mark(txn, &mark) == STORE_OK ? &mark
                                                                   : NULL);
    store_read_close(txn);

    return store;
}


static void
fill_begin(fill_t *fill, store_t *store)
{
    fill_check(fill, store_write_begin(store, &fill->txn), "begin");
}


static void
fill_commit(fill_t *fill)
{
    lease_clock_mark_t  mark;

    lease_clock_mark(&fill->clock, &mark);
    fill_check(fill, store_commit(fill->txn, &mark), "commit");
}


/* Labels rise, so that the tree's pages fill one after the other. */
static void
fill_made_up(fill_t *fill, store_t *store, unsigned long n, const char *zone,
    const char *key)
{
    char            label[FLEET_LABEL_LEN];
    unsigned long   i;

    fill_begin(fill, store);
    fill_zone_line(fill, zone);

    if (key != NULL) {
        fill_key_line(fill, key);
    }

    fill_rr_line(fill, "@ 60 IN SOA ns hostmaster 1 3600 600 86400 60");
    fill_rr_line(fill, "@ 60 IN NS ns");
    fill_rr_line(fill, "ns 60 IN A 192.0.2.53");
    fill_flush(fill);

    for (i = 0; i < n; i++) {

        if (i != 0 && i % FILL_BATCH == 0) {
            fill_commit(fill);
            fill_begin(fill, store);
        }

        fleet_label(label, i, n);

        fill->zone.label_len = FLEET_LABEL_LEN;
        fill->zone.state = STORE_DEVICE_ACTIVE;
        memcpy(fill->zone.label, label, FLEET_LABEL_LEN);

        fill_made_up_rrs(fill, i);
        fill_flush(fill);
    }

    fill_zone_end(fill);
    fill_commit(fill);
    free((void *) fill->names[0].data);
}


static void
fill_made_up_rrs(fill_t *fill, unsigned long i)
{
    uint8_t      *rdata;
    fill_rr_t    *rrs;
    const uint8_t srv[] = { 0, 0, 0, 0, FLEET_PORT >> 8, FLEET_PORT & 0xff };

    rrs = calloc(2, sizeof(fill_rr_t));
    rdata = malloc(sizeof(srv));

    if (rrs == NULL || rdata == NULL) {
        err(1, "malloc");
    }

    memcpy(rdata, srv, sizeof(srv));

    rrs[0].owner_len = sizeof("\014_xmpp-server\004_tcp") - 1;
    memcpy(rrs[0].owner, "\014_xmpp-server\004_tcp", rrs[0].owner_len);
    rrs[0].type = LDNS_RR_TYPE_SRV;
    rrs[0].rdata = rdata;
    rrs[0].len = sizeof(srv);
    rrs[0].splice = sizeof(srv);

    rdata = malloc(4);

    if (rdata == NULL) {
        err(1, "malloc");
    }

    fleet_address(rdata, i);

    rrs[1].type = LDNS_RR_TYPE_A;
    rrs[1].rdata = rdata;
    rrs[1].len = 4;
    rrs[1].splice = -1;

    rrs[0].ttl = rrs[1].ttl = FLEET_TTL;
    rrs[0].expires = rrs[1].expires = lease_clock_now(&fill->clock) + 2592000;

    fill->zone.rrs = rrs;
    fill->zone.n = 2;
}


void
fill_check(const fill_t *fill, store_status_t status, const char *what)
{
    if (status != STORE_OK) {
        errx(1, "line %u: %s: %s", fill->line, what,
             store_status_text(status));
    }
}
