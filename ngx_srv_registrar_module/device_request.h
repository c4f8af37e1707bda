
/*
 * The body of PUT and PATCH /v1/records: JSON to an update that has passed
 * every check that needs no stored state.  And the body of POST /v1/enroll and
 * /v1/key.
 */

#ifndef DEVICE_REQUEST_H
#define DEVICE_REQUEST_H


#include "device_address.h"
#include "device_rdata.h"


#define DEVICE_BODY_MAX     16384    /* bytes of a request body */
#define DEVICE_RRSETS_MAX   64       /* of one update */
#define DEVICE_TTL_MAX      86400    /* s: a device's address may change any
                                        day; longer would outlive its lease
                                        anyhow */
#define DEVICE_IGNORED_MAX  16
#define DEVICE_IGNORED_LEN  64


typedef enum {
    DEVICE_ADDRESS_UNSTATED = 0,     /* the default: observed if the source is
                                        of the family, else kept */
    DEVICE_ADDRESS_SET,
    DEVICE_ADDRESS_KEEP,
    DEVICE_ADDRESS_NONE
} device_address_mode_t;

typedef struct {
    device_address_mode_t  mode;
    device_address_t       address;  /* of SET */
} device_address_wish_t;


typedef struct {
    store_rrset_t  rrset;            /* owner, type, ttl, own_lease, count,
                                        rrs; door and expires come later */
    uint32_t       lease;            /* of its own, granted, s; or 0 */
} device_wish_t;                     /* count 0: the RRset is to go */


/* An update while it is made.  Large (about 17 KiB): on the stack of the event
 * loop, or static in a test.  Its spans point into itself. */
typedef struct {
    uint32_t               lease;    /* granted, s; 0: not stated */
    device_address_wish_t  ipv4;     /* UNSTATED resolved already */
    device_address_wish_t  ipv6;
    device_address_t       source;   /* of the request */
    device_wish_t          wishes[DEVICE_RRSETS_MAX];
    size_t                 nwishes;
    char                   ignored[DEVICE_IGNORED_MAX][DEVICE_IGNORED_LEN];
    size_t                 nignored; /* members that are not known, as paths;
                                        beyond MAX only the first are kept */
    uint8_t                names[4096];
    uint8_t                rrs[STORE_VALUE_MAX];
} device_update_t;


/* An update as it waits for its transaction: no larger than it has to be.
 * Fields as above; all that it points at lies behind it. */
typedef struct {
    uint32_t                  lease;
    device_address_wish_t     ipv4;
    device_address_wish_t     ipv6;
    device_address_t          source;
    const device_wish_t      *wishes;
    size_t                    nwishes;
    const char              (*ignored)[DEVICE_IGNORED_LEN];
    size_t                    nignored;
} device_change_t;


typedef struct {
    const device_zone_t     *zone;
    store_span_t             fqdn;       /* the device's, wire form */
    device_address_t         source;     /* of the request */
} device_subject_t;


/*
 * Parses and checks a body; empty counts as {}.  With `services` the default
 * SRV values are: priority 0, weight 0, target the FQDN, TTL the zone's.
 * Leases are granted here: clamped to the zone's bounds.
 * Two ways to say one RRset are a DUPLICATE, as are equal RRs in one; `A` and
 * `AAAA` at the FQDN itself belong to `address` (MEMBER_INVALID).  A and AAAA
 * elsewhere pass the same address checks.
 */
device_reason_t device_update_parse(device_update_t *update,
    const device_subject_t *subject, store_span_t body,
    device_error_t *error);

/* change: what an update takes as it waits, and that, made in memory of this
 * size, aligned for any type.  Up to 20 KiB; some 300 bytes of a device with
 * one service. */
size_t device_change_size(const device_update_t *update);
device_change_t *device_change_make(const device_update_t *update,
    void *memory);

/*
 * `{}`, nothing, or {"public_key": {JWK}, "new_name": true}: fills algorithm
 * and public key of key where given and sets *given; *new_name likewise.
 */
device_reason_t device_key_request_parse(store_device_key_t *key, bool *given,
    bool *new_name, store_span_t body, device_error_t *error);


#endif /* DEVICE_REQUEST_H */
