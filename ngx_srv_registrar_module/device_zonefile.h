
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


/*
 * Reads and checks the file for a zone (wire name, lower case).  NULL with
 * error->detail ("line 7: ...") on a mistake; error->member is unused.
 * warning gets "" or a sentence (SOA MINIMUM above 300 s).
 * Blocks on the disk: configuration time only.  Owned by the caller.
 */
device_zonefile_t *device_zonefile_read(const char *path, store_span_t zone,
    device_error_t *error, char warning[DEVICE_WARNING_MAX]);

/* The contents, for store_zone_publish; they live as long as the file. */
const store_zone_content_t *device_zonefile_content(
    const device_zonefile_t *file);

/* True where the label (lower case) is a static one. */
bool device_zonefile_has(const device_zonefile_t *file, store_span_t label);

void device_zonefile_free(device_zonefile_t *file);


#endif /* DEVICE_ZONEFILE_H */
