
/*
 * A zone file (RFC 1035 5.1) to the values that the store publishes: the
 * apex and the static names.  ldns parses; this file refuses what a registrar
 * zone cannot have and makes values.
 *
 * Refused, with the line: wildcards, DNAME, NS or DS below the apex, DNSSEC
 * types (RRSIG, NSEC*, DNSKEY, CDS, CDNSKEY, KEY, SIG), names outside the
 * zone, a CNAME beside other data, other classes than IN, $INCLUDE, no or two
 * SOA, no NS, an NS whose name in the zone has no address, values above
 * STORE_VALUE_MAX, more than DEVICE_STATICS_MAX labels.
 * A static name belongs to the label next to the apex.
 */

#ifndef DEVICE_ZONEFILE_H
#define DEVICE_ZONEFILE_H


#include "device_reason.h"
#include "device_zone.h"
#include "store_zone.h"


/* The operator's own names; whoever has more lists devices, which enrol. */
#define DEVICE_STATICS_MAX  4096

#define DEVICE_WARNING_MAX  224      /* as a device_error_t's detail */


typedef struct device_zonefile_s  device_zonefile_t;


/* What the apex of a signed zone has beside the file's records: DNSKEY, CDS
 * and CDNSKEY, with the TTL of the SOA.  The spans have to live only while the
 * file is read. */
typedef struct {
    uint16_t      type;
    store_span_t  rdata;
} device_zone_extra_t;

typedef struct {
    const device_zone_extra_t  *extra;
    size_t                      n;
    store_span_t                state;   /* what else the signatures depend
                                            on: another one publishes anew */
} device_zone_extras_t;

/* Times of the zone as a whole, s. */
typedef struct {
    uint32_t  expire;                /* the SOA's: of secondaries */
    uint32_t  negative;              /* of negative answers (RFC 2308 5) */
    uint32_t  ttl_max;               /* the greatest TTL */
} device_zone_times_t;


/*
 * Reads and checks the file for a zone (wire name, lower case).  NULL with
 * error->detail ("line 7: ...") on a mistake; error->member is unused.
 * extras is NULL for a zone that is not signed.
 * warning gets "" or a sentence (SOA MINIMUM above 300 s).
 * Blocks on the disk: configuration time only.  Owned by the caller.
 */
device_zonefile_t *device_zonefile_read(const char *path, store_span_t zone,
    const device_zone_extras_t *extras, device_error_t *error,
    char warning[DEVICE_WARNING_MAX]);

/* The contents, for store_zone_publish; they live as long as the file. */
const store_zone_content_t *device_zonefile_content(
    const device_zonefile_t *file);

void device_zonefile_times(const device_zonefile_t *file,
    device_zone_times_t *times);

/* True where the label (lower case) is a static one. */
bool device_zonefile_has(const device_zonefile_t *file, store_span_t label);

void device_zonefile_free(device_zonefile_t *file);


#endif /* DEVICE_ZONEFILE_H */
