
/*
 * What a request wishes, piece by piece, into a device_update_t: the rules
 * of the registration that do not depend on JSON.  Each function returns
 * DEVICE_OK or a refusal that names `member`.  Pure; any thread.
 */

#ifndef DEVICE_WISH_H
#define DEVICE_WISH_H


#include "device_request.h"


typedef struct {
    device_update_t         *update;
    const device_subject_t  *subject;
    device_error_t          *error;
    size_t                   names_len;      /* used of update->names */
    size_t                   rrs_len;        /* used of update->rrs */
} device_wishes_t;

/* One member of `services`. */
typedef struct {
    store_span_t  service;           /* text */
    store_span_t  host;              /* text; len 0: the FQDN itself */
    bool          offered;
    uint16_t      port;
    uint16_t      priority;
    uint16_t      weight;
    uint32_t      ttl;               /* s */
    uint32_t      lease;             /* granted, s; 0: the registration's */
} device_service_t;

/* One member of `records`. */
typedef struct {
    store_span_t  name;              /* text */
    store_span_t  type;              /* text */
    uint32_t      ttl;               /* s */
    uint32_t      lease;             /* granted, s; 0: the registration's */
    bool          removal;           /* no data */
} device_record_t;


/* member is "services[1]" here, and the refusal appends what is wrong. */
device_reason_t device_wish_service(device_wishes_t *wishes,
    const device_service_t *service, const char *member);

/* Opens an RRset, to be filled with device_wish_data. */
device_reason_t device_wish_record(device_wishes_t *wishes,
    const device_record_t *record, const char *member, device_wish_t **wish);
device_reason_t device_wish_data(device_wishes_t *wishes,
    device_wish_t *wish, store_span_t text, const char *member);

/*
 * "observed", "keep", "none" or an address, for family 4 or 6.  A stated
 * address must be the source's own (or in its /64): what a relay or a
 * carrier's NAT changed on the way must not be published.
 */
device_reason_t device_wish_address(device_address_wish_t *wish,
    const device_subject_t *subject, uint8_t family, store_span_t text,
    const char *member, device_error_t *error);

/* Where `address` says nothing of a family: observed if the source is of it,
 * else kept. */
device_reason_t device_wish_address_default(device_address_wish_t *wish,
    const device_subject_t *subject, uint8_t family, const char *member,
    device_error_t *error);


/* For the two files that make RRsets.  find: NULL where there is none.  add:
 * the caller knows that it is new.  insert: an encoded RR, at the end of its
 * RRset. */
device_wish_t *device_wish_find(device_wishes_t *wishes, store_span_t owner,
    uint16_t type);
device_reason_t device_wish_add(device_wishes_t *wishes, store_span_t owner,
    uint16_t type, const char *member, device_wish_t **added);
device_reason_t device_wish_insert(device_wishes_t *wishes,
    device_wish_t *wish, store_span_t rr, const char *member);

/* The zone's list of services has the owner (whole), or what it begins
 * with; true where there is no list. */
bool device_wish_listed(const device_zone_t *zone, store_span_t owner,
    bool whole);

/* Refuses `<member><name>`: "<what>: <text>". */
device_reason_t device_wish_refuse(device_wishes_t *wishes,
    device_reason_t reason, const char *member, const char *name,
    const char *what, store_span_t text);


#endif /* DEVICE_WISH_H */
