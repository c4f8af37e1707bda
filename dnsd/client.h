
/*
 * Whom a limit counts as one: a prefix of addresses, as one word.
 */

#ifndef CLIENT_H
#define CLIENT_H


#include "wire.h"

#include <string.h>


/* The kinds of prefix, above their 56 bits at most: none is 0. */
#define CLIENT_IPV4   (UINT64_C(1) << 56)
#define CLIENT_IPV6   (UINT64_C(2) << 56)

/* Bytes of it.  Who forges has to be stopped whose victim is a network; an
 * address that is its own is one host's.  Of IPv6 a customer has a /56, and may
 * forge as much at least. */
#define CLIENT_NETWORK  3
#define CLIENT_HOST     4
#define CLIENT_SITE     7


/* Of an address of 4 or 16 bytes: so many of IPv4's, and IPv6's site.  Pure. */
static inline uint64_t
client_prefix(wire_span_t client, size_t ipv4)
{
    size_t    i, len = CLIENT_SITE;
    uint64_t  prefix = 0, kind = CLIENT_IPV6;

    static const uint8_t  mapped[12] = { [10] = 0xFF, [11] = 0xFF };

    /* as a proxy may show them */

    if (client.len == 16 && memcmp(client.data, mapped, sizeof(mapped)) == 0) {
        client.data += sizeof(mapped);
        client.len = 4;
    }

    if (client.len == 4) {
        kind = CLIENT_IPV4;
        len = ipv4;
    }

    for (i = 0; i < len && i < client.len; i++) {
        prefix = prefix << 8 | client.data[i];
    }

    return kind | prefix;
}


#endif /* CLIENT_H */
