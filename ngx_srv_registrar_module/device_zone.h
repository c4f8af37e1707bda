
/*
 * An operator's policy for one zone, as configuration leaves it.  Plain
 * data: made once by the configuration (and by tests), read everywhere.
 */

#ifndef DEVICE_ZONE_H
#define DEVICE_ZONE_H


#include "store_key.h"


#define DEVICE_SERVICES_MAX  64
#define DEVICE_TYPES_MAX     16
#define DEVICE_CIDRS_MAX     32

/* A wire name of 255 bytes as text, where each byte may take four characters
 * (RFC 1035 5.1), with its NUL. */
#define DEVICE_NAME_TEXT_MAX  1025


/* An address: IPv4 in 4 bytes or IPv6 in 16, network order.  A v4-mapped
 * address is IPv4 from the first moment (device_address.h). */
typedef struct {
    uint8_t   family;                /* 4 or 6; 0: none */
    uint8_t   bytes[16];
} device_address_t;

typedef struct {
    device_address_t  address;
    uint8_t           bits;
} device_cidr_t;


typedef struct {
    uint8_t       name[STORE_NAME_MAX];     /* wire, lower case */
    uint8_t       name_len;
    char          text[DEVICE_NAME_TEXT_MAX];   /* lower case, no final dot:
                                                   as in JSON */

    uint32_t      ttl;                      /* default of RRsets, s */
    uint32_t      lease_min;                /* s */
    uint32_t      lease_default;
    uint32_t      lease_max;
    uint32_t      reserve;                  /* how long a name outlives its
                                               last request, s */

    uint32_t      challenge_lease;          /* of acme-dns's TXT, s */
    uint32_t      dyndns2_lease;            /* of addresses of dyndns2, s */
    bool          stated_address;           /* dyndns2 may name an address of
                                               the family that the request
                                               did not come over */

    /* owners of SRV that may be registered: "_xmpp-server._tcp" as relative
     * wire names without root byte, lower case; n 0: any service */
    store_span_t  services[DEVICE_SERVICES_MAX];
    size_t        nservices;

    /* RR types that `records` may carry; SRV, TXT, ... see device_rdata.h */
    uint16_t      types[DEVICE_TYPES_MAX];
    size_t        ntypes;

    /* ranges that are not globally reachable and are allowed all the same */
    device_cidr_t  allowed[DEVICE_CIDRS_MAX];
    size_t         nallowed;

    uint16_t      max_rrsets;               /* of a device */
    uint16_t      max_rrs;                  /* of an RRset */
    uint16_t      max_bytes;                /* of a device's value */
} device_zone_t;


#endif /* DEVICE_ZONE_H */
