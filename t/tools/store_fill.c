/* units: store/store.c store/store_files.c store/store_format.c
   store/store_txn.c store/store_status.c store/store_key.c store/store_value.c
   store/store_writer.c store/store_zone.c store/store_zones.c
   store/store_labels.c store/store_serial.c store/crc32c.c
   store/lease_clock.c store/boot_clock.c */

/*
 * store_fill DIR < text                    writes what the text says
 * store_fill DIR --devices N [ZONE]        writes N devices made up
 *
 * DIR is made where it is not there.  The text, a line each ('#' begins a
 * comment line):
 *
 *   zone NAME            what follows belongs to this zone.  With rr lines it
 *                        is published, as a zone file would be; without them
 *                        it has to stand in the store already
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

#include "boot_clock.h"
#include "store_zone.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


/* Small enough never to spill pages, large enough to amortise a commit. */
#define FILL_BATCH  20000


typedef struct {
    uint8_t   label[STORE_LABEL_MAX];
    size_t    label_len;
    uint8_t   owner[STORE_NAME_MAX];
    size_t    owner_len;
    uint16_t  type;
    uint32_t  ttl;
    int64_t   expires;
    uint8_t  *rdata;
    uint16_t  len;
    int       splice;
    bool      done;
} fill_rr_t;


typedef struct {
    uint8_t       name[STORE_NAME_MAX];      /* wire, lower case */
    size_t        name_len;
    fill_rr_t    *rrs;                       /* of the zone or the device */
    size_t        n;
    uint8_t       label[STORE_LABEL_MAX];    /* of the device; len 0: none */
    size_t        label_len;
    uint8_t       state;
    bool          touched;
} fill_zone_t;


typedef struct {
    store_txn_t         *txn;
    lease_clock_t        clock;
    fill_zone_t          zone;
    store_span_t         names[STORE_ZONES_MAX];
    size_t               nnames;
    unsigned             line;
} fill_t;


static store_t *fill_open(const char *path, fill_t *fill);
static void fill_begin(fill_t *fill, store_t *store);
static void fill_commit(fill_t *fill);
static void fill_text(fill_t *fill);
static void fill_line(fill_t *fill, char *line);
static void fill_zone_line(fill_t *fill, const char *name);
static void fill_zone_end(fill_t *fill);
static void fill_flush(fill_t *fill);
static void fill_rr_line(fill_t *fill, const char *text);
static void fill_set_line(fill_t *fill, char *text);
static void fill_device_line(fill_t *fill, char *text);
static void fill_delete_line(fill_t *fill, const char *label);
static fill_rr_t *fill_add(fill_t *fill, ldns_rr *rr, const uint8_t *base,
    size_t base_len);
static void fill_splice(fill_rr_t *rr, const uint8_t *fqdn, size_t len);
static size_t fill_fqdn(const fill_zone_t *zone, uint8_t *fqdn);
static void fill_publish(fill_t *fill);
static void fill_write_rrs(fill_zone_t *zone, store_writer_t *writer,
    const uint8_t *label, size_t len);
static void fill_put_device(fill_t *fill);
static void fill_device_facts(const fill_t *fill, store_device_t *device);
static void fill_made_up(fill_t *fill, store_t *store, unsigned long n,
    const char *zone);
static void fill_made_up_rrs(fill_t *fill, unsigned long i);
static void fill_check(const fill_t *fill, store_status_t status,
    const char *what);


int
main(int argc, char **argv)
{
    store_t  *store;
    fill_t   *fill;

    if (argc != 2 && (argc < 4 || strcmp(argv[2], "--devices") != 0)) {
        errx(2, "usage: store_fill DIR [--devices N [ZONE]]");
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
                     argc > 4 ? argv[4] : "devices.example");
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


static void
fill_text(fill_t *fill)
{
    char     *line;
    size_t    size;
    ssize_t   len;

    line = NULL;
    size = 0;

    while ((len = getline(&line, &size, stdin)) != -1) {
        fill->line++;
        line[strcspn(line, "\n")] = '\0';

        if (line[0] != '\0' && line[0] != '#') {
            fill_line(fill, line);
        }
    }

    fill_zone_end(fill);
    free(line);

    while (fill->nnames != 0) {
        free((void *) fill->names[--fill->nnames].data);
    }
}


static void
fill_line(fill_t *fill, char *line)
{
    bool   changed;
    char  *rest;

    rest = line + strcspn(line, " \t");

    if (*rest != '\0') {
        *rest++ = '\0';
        rest += strspn(rest, " \t");
    }

    if (strcmp(line, "zone") == 0) {
        fill_zone_line(fill, rest);

    } else if (strcmp(line, "rr") == 0) {
        fill_rr_line(fill, rest);

    } else if (strcmp(line, "device") == 0) {
        fill_device_line(fill, rest);

    } else if (strcmp(line, "set") == 0) {
        fill_set_line(fill, rest);

    } else if (strcmp(line, "delete") == 0) {
        fill_delete_line(fill, rest);

    } else if (strcmp(line, "withdraw-others") == 0) {
        fill_zone_end(fill);
        fill_check(fill, store_zones_withdraw_others(fill->txn, fill->names,
                   fill->nnames, &changed), "withdraw-others");

    } else {
        errx(1, "line %u: unknown word \"%s\"", fill->line, line);
    }
}


static void
fill_zone_line(fill_t *fill, const char *name)
{
    uint8_t   *copy;
    ldns_rdf  *wire;

    fill_zone_end(fill);

    wire = ldns_dname_new_frm_str(name);

    if (wire == NULL || fill->nnames == STORE_ZONES_MAX) {
        errx(1, "line %u: bad zone \"%s\"", fill->line, name);
    }

    fill->zone.name_len = ldns_rdf_size(wire);
    store_name_fold(fill->zone.name, ldns_rdf_data(wire),
                    fill->zone.name_len);

    copy = malloc(fill->zone.name_len);

    if (copy == NULL) {
        err(1, "malloc");
    }

    memcpy(copy, fill->zone.name, fill->zone.name_len);

    fill->names[fill->nnames].data = copy;
    fill->names[fill->nnames++].len = fill->zone.name_len;

    ldns_rdf_deep_free(wire);
}


static void
fill_zone_end(fill_t *fill)
{
    fill_flush(fill);

    if (fill->zone.touched) {
        fill_check(fill, store_zone_touch(fill->txn,
                   (store_span_t) { fill->zone.name, fill->zone.name_len },
                   lease_clock_now(&fill->clock)), "touch");
    }

    fill->zone.touched = false;
    fill->zone.name_len = 0;
}


/* Writes what was gathered: the zone's own RRs, or a device. */
static void
fill_flush(fill_t *fill)
{
    size_t        i;
    fill_zone_t  *zone;

    zone = &fill->zone;

    if (zone->label_len != 0) {
        fill_put_device(fill);

    } else if (zone->n != 0) {
        fill_publish(fill);
    }

    for (i = 0; i < zone->n; i++) {
        free(zone->rrs[i].rdata);
    }

    free(zone->rrs);
    zone->rrs = NULL;
    zone->n = 0;
    zone->label_len = 0;
}


static void
fill_rr_line(fill_t *fill, const char *text)
{
    size_t        at, label;
    ldns_rr      *rr;
    ldns_rdf     *origin;
    fill_rr_t    *added;
    ldns_status   status;

    if (fill->zone.name_len == 0 || fill->zone.label_len != 0) {
        errx(1, "line %u: rr belongs behind zone", fill->line);
    }

    origin = ldns_dname_new_frm_data((uint16_t) fill->zone.name_len,
                                     fill->zone.name);
    status = ldns_rr_new_frm_str(&rr, text, 0, origin, NULL);

    if (status != LDNS_STATUS_OK) {
        errx(1, "line %u: %s", fill->line,
             ldns_get_errorstr_by_id(status));
    }

    added = fill_add(fill, rr, fill->zone.name, fill->zone.name_len);

    /* The label next to the apex is the value's; what is below stays. */

    for (at = label = 0; at < added->owner_len; at += added->owner[at] + 1u) {
        label = at;
    }

    if (added->owner_len != 0) {
        added->label_len = added->owner[label];
        memcpy(added->label, added->owner + label + 1, added->label_len);
        added->owner_len = label;
    }

    ldns_rr_free(rr);
    ldns_rdf_deep_free(origin);
}


static void
fill_set_line(fill_t *fill, char *text)
{
    char         *word[4], *line;
    size_t        i, len;
    uint8_t       fqdn[STORE_NAME_MAX];
    ldns_rr      *rr;
    ldns_rdf     *origin;
    fill_rr_t    *added;
    ldns_status   status;

    for (i = 0; i < 4; i++) {
        word[i] = strsep(&text, " \t");
    }

    if (text == NULL || fill->zone.label_len == 0) {
        errx(1, "line %u: set OWNER TYPE TTL EXPIRES RDATA, behind device",
             fill->line);
    }

    if (asprintf(&line, "%s %s IN %s %s", word[0], word[2], word[1], text)
        == -1)
    {
        err(1, "asprintf");
    }

    len = fill_fqdn(&fill->zone, fqdn);
    origin = ldns_dname_new_frm_data((uint16_t) len, fqdn);
    status = ldns_rr_new_frm_str(&rr, line, 0, origin, NULL);

    if (status != LDNS_STATUS_OK) {
        errx(1, "line %u: %s", fill->line,
             ldns_get_errorstr_by_id(status));
    }

    added = fill_add(fill, rr, fqdn, len);
    fill_splice(added, fqdn, len);

    added->expires = strtoll(word[3], NULL, 10);

    if (word[3][0] == '+') {
        added->expires += lease_clock_now(&fill->clock);
    }

    ldns_rr_free(rr);
    ldns_rdf_deep_free(origin);
    free(line);
}


static void
fill_device_line(fill_t *fill, char *text)
{
    char  *label;

    fill_flush(fill);

    label = strsep(&text, " \t");

    if (fill->zone.name_len == 0
        || !store_label_is_device((store_span_t) { (uint8_t *) label,
                                                   strlen(label) }))
    {
        errx(1, "line %u: bad device \"%s\"", fill->line, label);
    }

    fill->zone.label_len = strlen(label);
    memcpy(fill->zone.label, label, fill->zone.label_len);

    fill->zone.state = text != NULL && strcmp(text, "suspended") == 0
                       ? STORE_DEVICE_SUSPENDED : STORE_DEVICE_ACTIVE;
}


static void
fill_delete_line(fill_t *fill, const char *label)
{
    store_key_t  key;

    fill_flush(fill);

    if (!store_key_make(&key,
                        (store_span_t) { fill->zone.name,
                                         fill->zone.name_len },
                        (store_span_t) { (const uint8_t *) label,
                                         strlen(label) }))
    {
        errx(1, "line %u: bad label", fill->line);
    }

    fill_check(fill, store_delete(fill->txn, &key), "delete");
    fill->zone.touched = true;
}


/* Takes an RR over; base is the name that its owner has to lie under. */
static fill_rr_t *
fill_add(fill_t *fill, ldns_rr *rr, const uint8_t *base, size_t base_len)
{
    size_t        i, len;
    uint8_t       owner[STORE_NAME_MAX];
    ldns_rdf     *rdf;
    fill_rr_t    *added;
    fill_zone_t  *zone;

    zone = &fill->zone;
    len = ldns_rdf_size(ldns_rr_owner(rr));

    store_name_fold(owner, ldns_rdf_data(ldns_rr_owner(rr)), len);

    if (len < base_len
        || memcmp(owner + len - base_len, base, base_len) != 0)
    {
        errx(1, "line %u: the owner lies outside", fill->line);
    }

    zone->rrs = reallocarray(zone->rrs, zone->n + 1, sizeof(fill_rr_t));

    if (zone->rrs == NULL) {
        err(1, "malloc");
    }

    added = &zone->rrs[zone->n++];
    memset(added, 0, sizeof(fill_rr_t));

    added->owner_len = len - base_len;
    memcpy(added->owner, owner, added->owner_len);
    added->type = (uint16_t) ldns_rr_get_type(rr);
    added->ttl = ldns_rr_ttl(rr);
    added->splice = -1;
    added->rdata = malloc(UINT16_MAX);

    if (added->rdata == NULL) {
        err(1, "malloc");
    }

    for (i = 0; i < ldns_rr_rd_count(rr); i++) {
        rdf = ldns_rr_rdf(rr, i);
        memcpy(added->rdata + added->len, ldns_rdf_data(rdf),
               ldns_rdf_size(rdf));
        added->len += (uint16_t) ldns_rdf_size(rdf);
    }

    return added;
}


/* An SRV's target is the end of its RDATA; an SVCB's stands behind the
 * priority (RFC 9460 section 2.2). */
static void
fill_splice(fill_rr_t *rr, const uint8_t *fqdn, size_t len)
{
    size_t   at, start;

    if (rr->type == LDNS_RR_TYPE_SRV) {
        start = 6;

    } else if (rr->type == LDNS_RR_TYPE_SVCB
               || rr->type == LDNS_RR_TYPE_HTTPS)
    {
        start = 2;

    } else {
        return;
    }

    for (at = start; at < rr->len && rr->rdata[at] != 0;
         at += rr->rdata[at] + 1u)
    {
        if (rr->len - at >= len && memcmp(rr->rdata + at, fqdn, len) == 0) {
            memmove(rr->rdata + at, rr->rdata + at + len,
                    rr->len - at - len);
            rr->len -= (uint16_t) len;
            rr->splice = (int) at;
            return;
        }
    }
}


static size_t
fill_fqdn(const fill_zone_t *zone, uint8_t *fqdn)
{
    if (1 + zone->label_len + zone->name_len > STORE_NAME_MAX) {
        errx(1, "name too long");
    }

    fqdn[0] = (uint8_t) zone->label_len;
    memcpy(fqdn + 1, zone->label, zone->label_len);
    memcpy(fqdn + 1 + zone->label_len, zone->name, zone->name_len);

    return 1 + zone->label_len + zone->name_len;
}


static void
fill_publish(fill_t *fill)
{
    bool                   changed;
    char                   conflict[STORE_LABEL_MAX + 1];
    size_t                 i;
    uint8_t               *p;
    fill_rr_t             *rr;
    store_key_t            key;
    store_span_t           name;
    store_writer_t         writer;
    store_static_t        *statics;
    store_status_t         status;
    lease_clock_reading_t  reading;
    store_zone_content_t   content = { 0 };

    name = (store_span_t) { fill->zone.name, fill->zone.name_len };
    statics = calloc(fill->zone.n, sizeof(store_static_t));
    p = malloc((fill->zone.n + 1) * STORE_VALUE_MAX);

    if (statics == NULL || p == NULL) {
        err(1, "malloc");
    }

    content.name = name;
    content.statics = statics;

    /* Each text's contents are new: the digest only has to differ. */

    boot_clock_read(&reading);
    snprintf((char *) content.digest, sizeof(content.digest), "%" PRId64
             ".%d", reading.wall, (int) getpid());

    store_writer_apex(&writer, p, STORE_VALUE_MAX, content.digest);
    fill_write_rrs(&fill->zone, &writer, NULL, 0);
    (void) store_key_make(&key, name, (store_span_t) { NULL, 0 });

    if (!store_writer_finish(&writer, (store_span_t) { key.data, key.len },
                             &content.apex))
    {
        errx(1, "the apex cannot be written");
    }

    for (i = 0; i < fill->zone.n; i++) {
        rr = &fill->zone.rrs[i];

        if (rr->done) {
            continue;
        }

        p += STORE_VALUE_MAX;
        statics[content.nstatics].label = (store_span_t) { rr->label,
                                                           rr->label_len };

        store_writer_static(&writer, p, STORE_VALUE_MAX);
        fill_write_rrs(&fill->zone, &writer, rr->label, rr->label_len);
        (void) store_key_make(&key, name, statics[content.nstatics].label);

        if (!store_writer_finish(&writer,
                                 (store_span_t) { key.data, key.len },
                                 &statics[content.nstatics].bytes))
        {
            errx(1, "%.*s: cannot be written", (int) rr->label_len,
                 (char *) rr->label);
        }

        content.nstatics++;
    }

    status = store_zone_publish(fill->txn, &content,
                                lease_clock_now(&fill->clock), &changed,
                                conflict);

    if (status == STORE_CONFLICT) {
        warnx("label %s is a device's", conflict);
    }

    fill_check(fill, status, "publish");
    free((void *) content.apex.data);
    free(statics);
}


/* All RRs under one label, gathered to RRsets in the order of their first. */
static void
fill_write_rrs(fill_zone_t *zone, store_writer_t *writer,
    const uint8_t *label, size_t len)
{
    size_t          i, k;
    fill_rr_t      *a, *b;
    store_rr_t      rr;
    store_rrset_t   rrset;

    for (i = 0; i < zone->n; i++) {
        a = &zone->rrs[i];

        if (a->done || a->label_len != len
            || (len != 0 && memcmp(a->label, label, len) != 0))
        {
            continue;
        }

        memset(&rrset, 0, sizeof(rrset));
        rrset.owner = (store_span_t) { a->owner, a->owner_len };
        rrset.type = a->type;
        rrset.ttl = a->ttl;
        rrset.expires = a->expires;

        if (zone->label_len != 0) {
            rrset.door = a->owner_len == 0 && (a->type == LDNS_RR_TYPE_A
                                         || a->type == LDNS_RR_TYPE_AAAA)
                         ? STORE_DOOR_ADDRESS : STORE_DOOR_RECORDS;
        }

        store_writer_rrset_begin(writer, &rrset);

        for (k = i; k < zone->n; k++) {
            b = &zone->rrs[k];

            if (b->type != a->type || b->label_len != len
                || (len != 0 && memcmp(b->label, label, len) != 0)
                || b->owner_len != a->owner_len
                || memcmp(b->owner, a->owner, a->owner_len) != 0)
            {
                continue;
            }

            rr.data = b->rdata;
            rr.len = b->len;
            rr.splice = b->splice;

            store_writer_rr(writer, &rr);
            b->done = true;
        }

        store_writer_rrset_end(writer);
    }
}


static void
fill_put_device(fill_t *fill)
{
    uint8_t          buffer[STORE_VALUE_MAX];
    store_key_t      key;
    store_span_t     bytes;
    fill_zone_t     *zone;
    store_device_t   device;
    store_writer_t   writer;

    zone = &fill->zone;

    fill_device_facts(fill, &device);

    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    fill_write_rrs(zone, &writer, NULL, 0);

    if (!store_key_make(&key, (store_span_t) { zone->name, zone->name_len },
                        (store_span_t) { zone->label, zone->label_len })
        || !store_writer_finish(&writer,
                                (store_span_t) { key.data, key.len }, &bytes))
    {
        errx(1, "line %u: device %.*s cannot be written", fill->line,
             (int) zone->label_len, (char *) zone->label);
    }

    fill_check(fill, store_put(fill->txn, &key, bytes), "put");
    zone->touched = true;
}


static void
fill_device_facts(const fill_t *fill, store_device_t *device)
{
    int64_t              now;
    const fill_zone_t   *zone;

    zone = &fill->zone;
    now = lease_clock_now(&fill->clock);

    memset(device, 0, sizeof(store_device_t));

    device->state = zone->state;
    memcpy(device->identity, zone->label,
           zone->label_len < STORE_IDENTITY_LEN ? zone->label_len
                                                : STORE_IDENTITY_LEN);
    device->enrolled = now;
    device->seen = now;
    device->lease = 7200;
    device->has_active = true;
    device->active.algorithm = STORE_HMAC_SHA256;
    device->active.secret = 1;
    device->active.last_created = now;
    memcpy(device->active.generation, device->identity, STORE_IDENTITY_LEN);
}


/* Labels rise, so that the tree's pages fill one after the other. */
static void
fill_made_up(fill_t *fill, store_t *store, unsigned long n, const char *zone)
{
    char            text[64];
    unsigned long   i;

    fill_begin(fill, store);
    fill_zone_line(fill, zone);

    fill_rr_line(fill, "@ 60 IN SOA ns hostmaster 1 3600 600 86400 60");
    fill_rr_line(fill, "@ 60 IN NS ns");
    fill_rr_line(fill, "ns 60 IN A 192.0.2.53");
    fill_flush(fill);

    for (i = 0; i < n; i++) {

        if (i != 0 && i % FILL_BATCH == 0) {
            fill_commit(fill);
            fill_begin(fill, store);
        }

        snprintf(text, sizeof(text), "%016lx%016lx",
                 (ULONG_MAX / n) * i, i * 0x9e3779b97f4a7c15ul);

        fill->zone.label_len = 32;
        fill->zone.state = STORE_DEVICE_ACTIVE;
        memcpy(fill->zone.label, text, fill->zone.label_len);

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
    const uint8_t srv[] = { 0, 0, 0, 0, 15269 >> 8, 15269 & 0xff };

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

    rdata[0] = 198;
    rdata[1] = (uint8_t) (18 + (i >> 16 & 1));
    rdata[2] = (uint8_t) (i >> 8);
    rdata[3] = (uint8_t) i;

    rrs[1].type = LDNS_RR_TYPE_A;
    rrs[1].rdata = rdata;
    rrs[1].len = 4;
    rrs[1].splice = -1;

    rrs[0].ttl = rrs[1].ttl = 60;
    rrs[0].expires = rrs[1].expires = lease_clock_now(&fill->clock) + 2592000;

    fill->zone.rrs = rrs;
    fill->zone.n = 2;
}


static void
fill_check(const fill_t *fill, store_status_t status, const char *what)
{
    if (status != STORE_OK) {
        errx(1, "line %u: %s: %s", fill->line, what,
             store_status_text(status));
    }
}
