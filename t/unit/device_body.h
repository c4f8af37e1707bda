
/*
 * What the tests of updates' bodies share: a zone with its bounds and the
 * device whose body it is.
 */

#ifndef DEVICE_BODY_H
#define DEVICE_BODY_H


#include "device_text.h"
#include "device_request.h"


#define SERVICE  "{\"service\":\"_xmpp-server._tcp\",\"port\":15269"
#define RECORD   "{\"name\":\"x\",\"type\":\"TXT\",\"data\":[\"a\"]"


static device_zone_t    zone;
static device_update_t  update;
static uint8_t          fqdn_bytes[STORE_NAME_MAX];
static device_subject_t subject = { &zone, { fqdn_bytes, 0 }, { 0 } };


static inline int
setup(void **state)
{
    (void) state;

    memset(&zone, 0, sizeof(zone));
    zone.ttl = 60;
    zone.lease_min = 30;
    zone.lease_default = 7200;
    zone.lease_max = 86400;
    zone.ntypes = device_types_default(zone.types);
    zone.max_rrsets = 16;
    zone.max_rrs = 8;
    zone.max_bytes = 4096;

    zone.nservices = 2;
    zone.services[0] = span("\14_xmpp-server\4_tcp");
    zone.services[1] = span("\15_xmpps-server\4_tcp");

    if (!device_name_parse(span("d1.devices.example"), fqdn_bytes,
                           &subject.fqdn.len)
        || !device_address_parse(&subject.source, span("198.41.0.4")))
    {
        return -1;
    }

    return 0;
}


#endif /* DEVICE_BODY_H */
