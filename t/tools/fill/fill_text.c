
/*
 * Reads the text: lines to RRs, which are gathered until a zone or a device
 * is complete.
 */

#include "fill.h"

#include <err.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static void fill_line(fill_t *fill, char *line);
static void fill_set_line(fill_t *fill, char *text);
static void fill_device_line(fill_t *fill, char *text);
static void fill_delete_line(fill_t *fill, const char *label);
static fill_rr_t *fill_add(fill_t *fill, ldns_rr *rr, const uint8_t *base,
    size_t base_len);
static void fill_splice(fill_rr_t *rr, const uint8_t *fqdn, size_t len);
static size_t fill_fqdn(const fill_zone_t *zone, uint8_t *fqdn);


void
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

    } else if (strcmp(line, "key") == 0) {
        fill_key_line(fill, rest);

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


void
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


void
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
