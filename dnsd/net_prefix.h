
/*
 * Prefixes of addresses: who is trusted, who is exempt, and whom a limit
 * counts as one.
 */

#ifndef NET_PREFIX_H
#define NET_PREFIX_H


#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>


/* One form for each: the bits beyond the length are zero, and so is all of
 * the address that IPv4 does not use.  Two that are equal are equal bytes. */
typedef struct {
    uint8_t  v6;                   /* 0: IPv4, in the first 4 bytes */
    uint8_t  bits;
    uint8_t  address[16];
} net_prefix_t;


/* "192.0.2.0/24", "2001:db8::/32", or an address, which is a prefix of its
 * own.  An IPv4-mapped one is IPv4.  False where it is none of them, or where
 * the address has bits beyond the length. */
bool net_prefix_parse(net_prefix_t *prefix, const char *text);

/* The prefix of an address, IPv4-mapped counting as IPv4; an unknown family's
 * is ::/0. */
void net_prefix_of(net_prefix_t *prefix, const struct sockaddr *address,
    unsigned v4_bits, unsigned v6_bits);

/* Whether one of n prefixes contains the address. */
bool net_prefix_match(const net_prefix_t *prefixes, unsigned n,
    const struct sockaddr *address);


#endif /* NET_PREFIX_H */
