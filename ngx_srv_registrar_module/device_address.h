
/*
 * Addresses that devices are published with.  Enters: text, or a socket's
 * address.  Leaves: a device_address_t, and whether the world may be told of
 * it.  Pure; any thread.
 */

#ifndef DEVICE_ADDRESS_H
#define DEVICE_ADDRESS_H


#include "device_zone.h"
#include "store_value.h"


#define DEVICE_ADDRESS_TEXT_MAX  46


struct sockaddr;

/* AF_INET and AF_INET6; v4-mapped becomes IPv4; anything else (AF_UNIX) gives
 * family 0. */
void device_address_from_sockaddr(device_address_t *address,
    const struct sockaddr *sockaddr);

/* Strict presentation form (inet_pton), no scope, no prefix. */
bool device_address_parse(device_address_t *address, store_span_t text);

void device_address_write(char out[DEVICE_ADDRESS_TEXT_MAX],
    const device_address_t *address);

/* "192.0.2.0/24", "2001:db8::/32", or an address alone; host bits must be
 * zero. */
bool device_cidr_parse(device_cidr_t *cidr, store_span_t text);

/*
 * May be published: globally reachable by IANA's special-purpose registries
 * (RFC 6890, 8190), not multicast, not 6to4, Teredo or 64:ff9b::/96, or in one
 * of the zone's allowed ranges.
 */
bool device_address_allowed(const device_zone_t *zone,
    const device_address_t *address);

/* Equal; or, for IPv6, within one /64. */
bool device_address_equal(const device_address_t *a,
    const device_address_t *b);
bool device_address_same_site(const device_address_t *a,
    const device_address_t *b);

/* True where a request from source may renew an RRset: all addresses in it, if
 * it has any, are such as the source may state. */
bool device_address_vouches(const device_address_t *source,
    const store_rrset_t *rrset);


#endif /* DEVICE_ADDRESS_H */
