
/*
 * Addresses that devices are published with, and which of them the world may
 * be told.  Enters: text or a socket's address, both hostile.  Always: a
 * v4-mapped IPv6 address is IPv4 from the first moment, so that no rule can
 * be passed by writing an address the other way.  Pure; any thread.
 */

#include "device_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>


#define SITE_LEN   8     /* bytes of a /64, what one customer has at least */

#define TYPE_A     1
#define TYPE_AAAA  28


typedef struct {
    uint8_t  bytes[16];
    uint8_t  bits;
    bool     reachable;
} device_block_t;


static bool device_prefix_parse(unsigned *bits,
    const device_address_t *address, store_span_t text, size_t slash);
static bool device_block_reachable(const device_address_t *address);
static bool device_block_match(const uint8_t *bytes, const uint8_t *block,
    uint8_t bits);
static uint8_t device_address_bits(const device_address_t *address);


/*
 * IANA's special-purpose registries (RFC 6890, RFC 8190), whole: the longest
 * block that matches decides, as inside 192.0.0.0/24 and 2001::/23.  What is
 * ours and not IANA's is marked so.
 */

static const device_block_t  device_blocks_ipv4[] = {
    { { 0 },                   0,  true  },  /* what no block below claims */
    { { 0 },                   8,  false },  /* RFC 791 3.2, this network */
    { { 10 },                  8,  false },  /* RFC 1918 */
    { { 100, 64 },             10, false },  /* RFC 6598, carrier's NAT */
    { { 127 },                 8,  false },  /* RFC 1122 3.2.1.3 */
    { { 169, 254 },            16, false },  /* RFC 3927, link-local */
    { { 172, 16 },             12, false },  /* RFC 1918 */
    { { 192, 0, 0 },           24, false },  /* RFC 6890 2.1; the DS-Lite,
                                                RFC 7600 and RFC 8880 blocks
                                                in it are not global either */
    { { 192, 0, 0, 9 },        32, true  },  /* RFC 7723, PCP anycast */
    { { 192, 0, 0, 10 },       32, true  },  /* RFC 8155, TURN anycast */
    { { 192, 0, 2 },           24, false },  /* RFC 5737 */
    { { 192, 31, 196 },        24, true  },  /* RFC 7535, AS112 */
    { { 192, 52, 193 },        24, true  },  /* RFC 7450, AMT */
    { { 192, 88, 99 },         24, false },  /* RFC 7526, was 6to4's anycast */
    { { 192, 168 },            16, false },  /* RFC 1918 */
    { { 192, 175, 48 },        24, true  },  /* RFC 7534, AS112 */
    { { 198, 18 },             15, false },  /* RFC 2544, benchmarks */
    { { 198, 51, 100 },        24, false },  /* RFC 5737 */
    { { 203, 0, 113 },         24, false },  /* RFC 5737 */
    { { 224 },                 4,  false },  /* RFC 5771, multicast: ours */
    { { 240 },                 4,  false },  /* RFC 1112 4 */
    { { 255, 255, 255, 255 },  32, false }   /* RFC 8190 */
};

static const device_block_t  device_blocks_ipv6[] = {
    { { 0 },                            0,   false },  /* ours: RFC 4291 2.4;
                                                 only 2000::/3 is assigned */
    { { 0x20 },                         3,   true  },  /* RFC 3587 */
    { { 0 },                            128, false },  /* RFC 4291, none */
    { { [15] = 1 },                     128, false },  /* RFC 4291, loop */
    { { [10] = 0xff, [11] = 0xff },     96,  false },  /* RFC 4291, mapped */
    { { 0x00, 0x64, 0xff, 0x9b },       96,  false },  /* RFC 6052: IANA says
                                                 global; ours: it reaches any
                                                 IPv4 address past the rules
                                                 for IPv4 */
    { { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 48,  false },  /* RFC 8215 */
    { { 0x01, 0x00 },                   64,  false },  /* RFC 6666 */
    { { 0x01, 0x00, [7] = 1 },          64,  false },  /* RFC 9780 */
    { { 0x20, 0x01 },                   23,  false },  /* RFC 2928 */
    { { 0x20, 0x01 },                   32,  false },  /* RFC 4380, Teredo */
    { { 0x20, 0x01, 0, 1, [15] = 1 },   128, true  },  /* RFC 7723 */
    { { 0x20, 0x01, 0, 1, [15] = 2 },   128, true  },  /* RFC 8155 */
    { { 0x20, 0x01, 0, 1, [15] = 3 },   128, true  },  /* RFC 9665 */
    { { 0x20, 0x01, 0, 2 },             48,  false },  /* RFC 5180 */
    { { 0x20, 0x01, 0, 3 },             32,  true  },  /* RFC 7450 */
    { { 0x20, 0x01, 0, 4, 0x01, 0x12 }, 48,  true  },  /* RFC 7535 */
    { { 0x20, 0x01, 0, 0x10 },          28,  false },  /* RFC 4843 */
    { { 0x20, 0x01, 0, 0x20 },          28,  true  },  /* RFC 7343 */
    { { 0x20, 0x01, 0, 0x30 },          28,  true  },  /* RFC 9374 */
    { { 0x20, 0x01, 0x0d, 0xb8 },       32,  false },  /* RFC 3849 */
    { { 0x20, 0x02 },                   16,  false },  /* RFC 3056, 6to4 */
    { { 0x26, 0x20, 0, 0x4f, 0x80 },    48,  true  },  /* RFC 7534 */
    { { 0x3f, 0xff },                   20,  false },  /* RFC 9637 */
    { { 0x5f, 0x00 },                   16,  false },  /* RFC 9602 */
    { { 0xfc },                         7,   false },  /* RFC 4193 */
    { { 0xfe, 0x80 },                   10,  false },  /* RFC 4291 */
    { { 0xff },                         8,   false }   /* RFC 4291 2.7 */
};

static const uint8_t  device_v4mapped[12] = { [10] = 0xff, [11] = 0xff };


static void
device_address_set(device_address_t *address, uint8_t family,
    const uint8_t *bytes)
{
    *address = (device_address_t) { 0 };

    if (family == 6
        && memcmp(bytes, device_v4mapped, sizeof(device_v4mapped)) == 0)
    {
        family = 4;
        bytes += sizeof(device_v4mapped);
    }

    address->family = family;
    memcpy(address->bytes, bytes, (family == 4) ? 4 : 16);
}


void
device_address_from_sockaddr(device_address_t *address,
    const struct sockaddr *sockaddr)
{
    struct sockaddr_in   sin;
    struct sockaddr_in6  sin6;

    /* copied, for a caller's buffer need not be aligned for the type */

    switch (sockaddr->sa_family) {

    case AF_INET:
        memcpy(&sin, sockaddr, sizeof(sin));
        device_address_set(address, 4, (uint8_t *) &sin.sin_addr);
        break;

    case AF_INET6:
        memcpy(&sin6, sockaddr, sizeof(sin6));
        device_address_set(address, 6, sin6.sin6_addr.s6_addr);
        break;

    default:
        *address = (device_address_t) { 0 };
    }
}


bool
device_address_parse(device_address_t *address, store_span_t text)
{
    char     copy[DEVICE_ADDRESS_TEXT_MAX];
    uint8_t  bytes[16];

    if (text.len == 0 || text.len >= sizeof(copy)
        || memchr(text.data, '\0', text.len) != NULL)
    {
        return false;
    }

    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';

    if (inet_pton(AF_INET, copy, bytes) == 1) {
        device_address_set(address, 4, bytes);
        return true;
    }

    if (inet_pton(AF_INET6, copy, bytes) == 1) {
        device_address_set(address, 6, bytes);
        return true;
    }

    return false;
}


void
device_address_write(char out[DEVICE_ADDRESS_TEXT_MAX],
    const device_address_t *address)
{
    int  family;

    out[0] = '\0';

    if (address->family != 0) {
        family = (address->family == 4) ? AF_INET : AF_INET6;
        inet_ntop(family, address->bytes, out, DEVICE_ADDRESS_TEXT_MAX);
    }
}


bool
device_cidr_parse(device_cidr_t *cidr, store_span_t text)
{
    size_t          i;
    unsigned        bits, most;
    store_span_t    address;
    const uint8_t  *slash;

    *cidr = (device_cidr_t) { 0 };

    slash = (text.len != 0) ? memchr(text.data, '/', text.len) : NULL;
    address = text;

    if (slash != NULL) {
        address.len = (size_t) (slash - text.data);
    }

    if (!device_address_parse(&cidr->address, address)) {
        return false;
    }

    most = device_address_bits(&cidr->address);
    bits = most;

    if (slash != NULL
        && !device_prefix_parse(&bits, &cidr->address, text, address.len))
    {
        return false;
    }

    if (bits > most) {
        return false;
    }

    cidr->bits = (uint8_t) bits;

    /* host bits mean a mistake: which of the two was meant? */

    for (i = bits; i < most; i++) {
        if (cidr->address.bytes[i / 8] & (0x80 >> (i % 8))) {
            return false;
        }
    }

    return true;
}


/* The number behind the slash, which stands at text.data[slash]. */
static bool
device_prefix_parse(unsigned *bits, const device_address_t *address,
    store_span_t text, size_t slash)
{
    size_t  i, digits;

    /* a v4-mapped prefix would count the bits of the other family */

    if (address->family == 4 && memchr(text.data, ':', slash) != NULL) {
        return false;
    }

    i = slash + 1;
    digits = text.len - i;

    if (digits == 0 || digits > 3 || (text.data[i] == '0' && digits > 1)) {
        return false;
    }

    for (*bits = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }

        *bits = *bits * 10 + (unsigned) (text.data[i] - '0');
    }

    return true;
}


bool
device_address_allowed(const device_zone_t *zone,
    const device_address_t *address)
{
    size_t                i;
    const device_cidr_t  *cidr;

    if (address->family == 0) {
        return false;
    }

    for (i = 0; i < zone->nallowed; i++) {
        cidr = &zone->allowed[i];

        if (cidr->address.family == address->family
            && device_block_match(address->bytes, cidr->address.bytes,
                                  cidr->bits))
        {
            return true;
        }
    }

    return device_block_reachable(address);
}


static bool
device_block_reachable(const device_address_t *address)
{
    bool                   reachable;
    size_t                 i, n;
    uint8_t                longest;
    const device_block_t  *blocks;

    if (address->family == 4) {
        blocks = device_blocks_ipv4;
        n = sizeof(device_blocks_ipv4) / sizeof(device_blocks_ipv4[0]);

    } else {
        blocks = device_blocks_ipv6;
        n = sizeof(device_blocks_ipv6) / sizeof(device_blocks_ipv6[0]);
    }

    reachable = false;
    longest = 0;

    for (i = 0; i < n; i++) {
        if (blocks[i].bits >= longest
            && device_block_match(address->bytes, blocks[i].bytes,
                                  blocks[i].bits))
        {
            longest = blocks[i].bits;
            reachable = blocks[i].reachable;
        }
    }

    return reachable;
}


static bool
device_block_match(const uint8_t *bytes, const uint8_t *block, uint8_t bits)
{
    size_t   whole;
    uint8_t  mask;

    whole = bits / 8;

    if (memcmp(bytes, block, whole) != 0) {
        return false;
    }

    if (bits % 8 == 0) {
        return true;
    }

    mask = (uint8_t) (0xff << (8 - bits % 8));

    return ((bytes[whole] ^ block[whole]) & mask) == 0;
}


bool
device_address_equal(const device_address_t *a, const device_address_t *b)
{
    return a->family == b->family
           && memcmp(a->bytes, b->bytes, device_address_bits(a) / 8) == 0;
}


bool
device_address_same_site(const device_address_t *a, const device_address_t *b)
{
    if (a->family == 6 && b->family == 6) {
        return memcmp(a->bytes, b->bytes, SITE_LEN) == 0;
    }

    return device_address_equal(a, b);
}


bool
device_address_vouches(const device_address_t *source,
    const store_rrset_t *rrset)
{
    store_rr_t        rr;
    store_rr_iter_t   iter;
    device_address_t  address = { 0 };

    if (rrset->type != TYPE_A && rrset->type != TYPE_AAAA) {
        return true;
    }

    address.family = (rrset->type == TYPE_A) ? 4 : 6;
    store_rr_begin(&iter, rrset);

    while (store_rr_next(&iter, &rr)) {

        if (rr.len != device_address_bits(&address) / 8) {
            return false;
        }

        memcpy(address.bytes, rr.data, rr.len);

        if (!device_address_same_site(&address, source)) {
            return false;
        }
    }

    return true;
}


static uint8_t
device_address_bits(const device_address_t *address)
{
    switch (address->family) {

    case 4:
        return 32;

    case 6:
        return 128;

    default:
        return 0;
    }
}
