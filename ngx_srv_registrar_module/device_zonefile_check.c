
/*
 * What the RRs of a zone say about each other.  Enters: RRs that are good
 * each.  Leaves: RRs sorted by label, owner, type and RDATA, none twice, that
 * make a zone; or a refusal that names lines.  Pure.
 */

#include "device_zonefile_rr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define MINIMUM_WARN  300    /* s; longer, and a device that has just enrolled
                                stays unknown to resolvers that asked early */

#define TYPE_A        1
#define TYPE_NS       2
#define TYPE_CNAME    5
#define TYPE_SOA      6
#define TYPE_AAAA     28


typedef struct {
    device_zone_rr_t  **rrs;
    size_t              n;
    store_span_t        zone;
    device_error_t     *error;
} device_zone_rrs_t;


static int device_zone_rr_compare(const void *one, const void *two);
static bool device_zone_same_owner(const device_zone_rr_t *a,
    const device_zone_rr_t *b);
static void device_zone_unique(device_zone_rrs_t *all);
static bool device_zone_neighbours(device_zone_rrs_t *all);
static bool device_zone_apex(device_zone_rrs_t *all,
    char warning[DEVICE_WARNING_MAX]);
static void device_zone_minimum(const device_zone_rr_t *soa,
    char warning[DEVICE_WARNING_MAX]);
static bool device_zone_ns(device_zone_rrs_t *all,
    const device_zone_rr_t *ns);
static bool device_zone_fail(device_zone_rrs_t *all, const char *what);


bool
device_zone_check_all(device_zone_rr_t **rrs, size_t *n, store_span_t zone,
    device_error_t *error, char warning[DEVICE_WARNING_MAX])
{
    device_zone_rrs_t  all;

    all = (device_zone_rrs_t) { rrs, *n, zone, error };

    if (all.n == 0) {
        return device_zone_fail(&all, "the file has no records");
    }

    qsort(rrs, all.n, sizeof(device_zone_rr_t *), device_zone_rr_compare);

    device_zone_unique(&all);
    *n = all.n;

    return device_zone_neighbours(&all) && device_zone_apex(&all, warning);
}


/* Also by line, so that of two equal ones the first stays. */
static int
device_zone_rr_compare(const void *one, const void *two)
{
    int                      order;
    const device_zone_rr_t  *a, *b;

    a = *(device_zone_rr_t *const *) one;
    b = *(device_zone_rr_t *const *) two;

    order = device_span_compare(a->label, b->label);

    if (order == 0) {
        order = device_span_compare(a->below, b->below);
    }

    if (order == 0) {
        order = (int) a->type - (int) b->type;
    }

    if (order == 0) {
        order = device_span_compare(a->rdata, b->rdata);
    }

    if (order == 0) {
        order = (a->line > b->line) - (a->line < b->line);
    }

    return order;
}


int
device_span_compare(store_span_t a, store_span_t b)
{
    int  order;

    order = memcmp(a.data, b.data, (a.len < b.len) ? a.len : b.len);

    return (order != 0) ? order : (a.len > b.len) - (a.len < b.len);
}


static bool
device_zone_same_owner(const device_zone_rr_t *a, const device_zone_rr_t *b)
{
    return device_span_compare(a->owner, b->owner) == 0;
}


bool
device_zone_same_rrset(const device_zone_rr_t *a, const device_zone_rr_t *b)
{
    return a->type == b->type && device_zone_same_owner(a, b);
}


/* RFC 2181 5: an RRset has no equal RRs */
static void
device_zone_unique(device_zone_rrs_t *all)
{
    size_t             i, n;
    device_zone_rr_t  *rr, *last;

    for (i = 1, n = 1; i < all->n; i++) {
        rr = all->rrs[i];
        last = all->rrs[n - 1];

        if (device_zone_same_rrset(rr, last) && rr->ttl == last->ttl
            && device_span_compare(rr->rdata, last->rdata) == 0)
        {
            free(rr);
            continue;
        }

        all->rrs[n++] = rr;
    }

    all->n = n;
}


/* Sorted as they are, whatever two RRs say about each other they say as
 * neighbours. */
static bool
device_zone_neighbours(device_zone_rrs_t *all)
{
    size_t             i;
    const char        *problem;
    device_zone_rr_t  *rr, *last;

    for (i = 1; i < all->n; i++) {
        rr = all->rrs[i];
        last = all->rrs[i - 1];
        problem = NULL;

        if (!device_zone_same_owner(rr, last)) {
            continue;
        }

        /* sorted by type: a CNAME stands behind A and NS alone, so that both
         * orders occur; RFC 1034 3.6.2 */

        if (rr->type == TYPE_CNAME || last->type == TYPE_CNAME) {
            problem = "a CNAME stands beside other data";

        } else if (rr->type == last->type && rr->ttl != last->ttl) {
            problem = "one RRset has two TTLs (RFC 2181 section 5.2)";

        } else if (rr->type == TYPE_SOA && last->type == TYPE_SOA) {
            problem = "a second SOA";
        }

        if (problem != NULL) {
            device_refuse(all->error, DEVICE_RDATA_INVALID, NULL,
                          "line %u: %s; see line %u",
                          (rr->line > last->line) ? rr->line : last->line,
                          problem,
                          (rr->line > last->line) ? last->line : rr->line);
            return false;
        }
    }

    return true;
}


/* RFC 1035 5.2, RFC 2181 6: a zone has one SOA and NS at its apex, whose empty
 * label sorts first. */
static bool
device_zone_apex(device_zone_rrs_t *all, char warning[DEVICE_WARNING_MAX])
{
    bool                     soa, ns;
    size_t                   i;
    const device_zone_rr_t  *rr;

    soa = false;
    ns = false;

    for (i = 0; i < all->n && all->rrs[i]->label.len == 0; i++) {
        rr = all->rrs[i];

        if (rr->type == TYPE_NS) {
            ns = true;

            if (!device_zone_ns(all, rr)) {
                return false;
            }
        }

        if (rr->type == TYPE_SOA) {
            soa = true;
            device_zone_minimum(rr, warning);
        }
    }

    if (!soa) {
        return device_zone_fail(all, "the zone has no SOA");
    }

    return ns || device_zone_fail(all, "the zone has no NS");
}


/* The last field of SOA is the TTL of negative answers (RFC 2308 4). */
static void
device_zone_minimum(const device_zone_rr_t *soa,
    char warning[DEVICE_WARNING_MAX])
{
    uint32_t        minimum;
    const uint8_t  *end;

    if (soa->rdata.len < 4) {
        return;
    }

    end = soa->rdata.data + soa->rdata.len;
    minimum = (uint32_t) end[-4] << 24 | (uint32_t) end[-3] << 16
              | (uint32_t) end[-2] << 8 | end[-1];

    if (minimum > MINIMUM_WARN) {
        snprintf(warning, DEVICE_WARNING_MAX,
                 "line %u: SOA MINIMUM is %u s: a name that was asked for "
                 "too early stays unknown that long; %u s or less is better",
                 soa->line, (unsigned) minimum, (unsigned) MINIMUM_WARN);
    }
}


/* A name server inside the zone needs an address here: nothing else has
 * one. */
static bool
device_zone_ns(device_zone_rrs_t *all, const device_zone_rr_t *ns)
{
    size_t                   i;
    store_span_t             zone, name;
    const device_zone_rr_t  *rr;

    zone = all->zone;
    name = ns->rdata;

    for (i = 0; i + zone.len < name.len; i += 1 + (size_t) name.data[i]) {
        /* void */
    }

    if (i + zone.len != name.len
        || memcmp(name.data + i, zone.data, zone.len) != 0)
    {
        return true;
    }

    for (i = 0; i < all->n; i++) {
        rr = all->rrs[i];

        if ((rr->type == TYPE_A || rr->type == TYPE_AAAA)
            && device_span_compare(rr->owner, name) == 0)
        {
            return true;
        }
    }

    device_refuse(all->error, DEVICE_RDATA_INVALID, NULL,
                  "line %u: the name server lies in the zone and has no A or "
                  "AAAA there", ns->line);

    return false;
}


static bool
device_zone_fail(device_zone_rrs_t *all, const char *what)
{
    device_refuse(all->error, DEVICE_RDATA_INVALID, NULL, "%s", what);

    return false;
}
