
/*
 * Prefixes of addresses.
 *
 * A socket of IPv6 never shows IPv4 here (IPV6_V6ONLY), but a proxy's header
 * and a file of an operator may write it in mapped form; it is one address
 * however it is written, or a limit would be two.
 */

#include "net_prefix.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>


#define NET_PREFIX_MAPPED  96      /* the length of ::ffff:0:0 */


static bool net_prefix_length(const char *text, unsigned max, uint8_t *bits);
static bool net_prefix_address(net_prefix_t *prefix, const void *v6);
static void net_prefix_clear(uint8_t *address, unsigned bits);


bool
net_prefix_parse(net_prefix_t *prefix, const char *text)
{
    char             host[INET6_ADDRSTRLEN];
    size_t           len = strcspn(text, "/");
    uint8_t          given[16];
    struct in6_addr  v6;

    if (len >= sizeof(host)) {
        return false;
    }

    memcpy(host, text, len);
    host[len] = '\0';
    memset(prefix, 0, sizeof(*prefix));

    if (inet_pton(AF_INET, host, prefix->address) == 1) {
        if (!net_prefix_length(text + len, 32, &prefix->bits)) {
            return false;
        }

    } else if (inet_pton(AF_INET6, host, &v6) == 1) {
        if (!net_prefix_length(text + len, 128, &prefix->bits)) {
            return false;
        }

        /* ::/0 and ::ffff:0:0/90 are more than IPv4, and stay IPv6 */

        if (prefix->bits >= NET_PREFIX_MAPPED
            && net_prefix_address(prefix, &v6))
        {
            prefix->bits -= NET_PREFIX_MAPPED;

        } else {
            prefix->v6 = 1;
            memcpy(prefix->address, &v6, sizeof(v6));
        }

    } else {
        return false;
    }

    memcpy(given, prefix->address, sizeof(given));
    net_prefix_clear(prefix->address, prefix->bits);

    return memcmp(given, prefix->address, sizeof(given)) == 0;
}


void
net_prefix_of(net_prefix_t *prefix, const struct sockaddr *address,
    unsigned v4_bits, unsigned v6_bits)
{
    const struct sockaddr_in   *sin = (const void *) address;
    const struct sockaddr_in6  *sin6 = (const void *) address;

    memset(prefix, 0, sizeof(*prefix));

    if (address->sa_family == AF_INET) {
        memcpy(prefix->address, &sin->sin_addr, sizeof(sin->sin_addr));
        prefix->bits = (uint8_t) v4_bits;

    } else if (address->sa_family != AF_INET6) {
        prefix->v6 = 1;

    } else if (net_prefix_address(prefix, &sin6->sin6_addr)) {
        prefix->bits = (uint8_t) v4_bits;

    } else {
        memcpy(prefix->address, &sin6->sin6_addr, sizeof(sin6->sin6_addr));
        prefix->v6 = 1;
        prefix->bits = (uint8_t) v6_bits;
    }

    net_prefix_clear(prefix->address, prefix->bits);
}


bool
net_prefix_match(const net_prefix_t *prefixes, unsigned n,
    const struct sockaddr *address)
{
    unsigned      i;
    net_prefix_t  own, cut;

    if (n == 0 || (address->sa_family != AF_INET
                   && address->sa_family != AF_INET6))
    {
        return false;
    }

    net_prefix_of(&own, address, 32, 128);

    for (i = 0; i < n; i++) {
        if (prefixes[i].v6 != own.v6) {
            continue;
        }

        cut = own;
        net_prefix_clear(cut.address, prefixes[i].bits);

        if (memcmp(cut.address, prefixes[i].address, sizeof(cut.address))
            == 0)
        {
            return true;
        }
    }

    return false;
}


/* "/24", or nothing for the longest. */
static bool
net_prefix_length(const char *text, unsigned max, uint8_t *bits)
{
    size_t         len;
    unsigned long  number = max;

    if (text[0] == '/') {
        text++;
        len = strspn(text, "0123456789");

        if (len == 0 || len > 3 || text[len] != '\0') {
            return false;
        }

        number = strtoul(text, NULL, 10);
    }

    *bits = (uint8_t) number;

    return number <= max;
}


/* Takes the IPv4 address out of a mapped one; false where it is not one. */
static bool
net_prefix_address(net_prefix_t *prefix, const void *v6)
{
    const struct in6_addr  *address = v6;

    if (!IN6_IS_ADDR_V4MAPPED(address)) {
        return false;
    }

    memcpy(prefix->address, address->s6_addr + 12, 4);

    return true;
}


static void
net_prefix_clear(uint8_t *address, unsigned bits)
{
    unsigned  at = bits / 8;

    if (at >= 16) {
        return;
    }

    address[at] &= (uint8_t) (0xff00 >> bits % 8);
    memset(address + at + 1, 0, 16 - at - 1);
}
