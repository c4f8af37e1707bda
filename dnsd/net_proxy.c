
/*
 * The header of the PROXY protocol, read strictly: it decides whom limits
 * count and what is reported, so what is not certain is refused, even where
 * the specification lets a receiver go on with the proxy's own address.  Only
 * TCP over IPv4 and IPv6 is known here.
 *
 * Nothing is kept between calls: the header is looked at from its start until
 * it is all there.  It comes in one segment as a rule, and is short.
 */

#include "net_proxy.h"

#include <arpa/inet.h>
#include <string.h>


/* "PROXY TCP6 ", two addresses and ports at their longest, and CRLF. */
#define NET_PROXY_LINE     107
#define NET_PROXY_PREFIX   16      /* of version 2: what says its length */

/* Version and command. */
#define NET_PROXY_V2_LOCAL  0x20
#define NET_PROXY_V2_PROXY  0x21

/* Family and transport. */
#define NET_PROXY_V2_TCP4   0x11
#define NET_PROXY_V2_TCP6   0x21

/* Types of the extras that are looked at; the others are skipped. */
#define NET_PROXY_V2_CRC32C  0x03
#define NET_PROXY_V2_SSL     0x20

#define NET_PROXY_V2_CLIENT_SSL  0x01


typedef struct {
    const char  *at;
    const char  *end;
} net_proxy_text_t;


static net_proxy_result_t net_proxy_v1(const uint8_t *bytes, size_t n,
    net_proxy_header_t *header);
static bool net_proxy_v1_address(net_proxy_text_t *text, int family,
    void *address);
static bool net_proxy_v1_port(net_proxy_text_t *text, in_port_t *port);
static bool net_proxy_v1_word(net_proxy_text_t *text, char *word, size_t size);
static net_proxy_result_t net_proxy_v2(const uint8_t *bytes, size_t n,
    net_proxy_header_t *header);
static size_t net_proxy_v2_source(const uint8_t *bytes, size_t n,
    net_endpoint_t *source);
static bool net_proxy_v2_extras(const uint8_t *bytes, size_t at,
    net_proxy_header_t *header);
static bool net_proxy_v2_checksum(const uint8_t *bytes, size_t n, size_t at);
static uint32_t net_proxy_crc32c(uint32_t crc, const uint8_t *bytes,
    size_t n);


static const uint8_t  net_proxy_v1_start[6] = "PROXY ";

static const uint8_t  net_proxy_v2_start[12] = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
};


net_proxy_result_t
net_proxy_parse(const uint8_t *bytes, size_t n, net_proxy_header_t *header)
{
    memset(header, 0, sizeof(*header));

    if (n == 0) {
        return NET_PROXY_MORE;
    }

    return bytes[0] == net_proxy_v2_start[0]
           ? net_proxy_v2(bytes, n, header) : net_proxy_v1(bytes, n, header);
}


/* "PROXY TCP4 192.0.2.1 192.0.2.53 51234 853" CRLF */
static net_proxy_result_t
net_proxy_v1(const uint8_t *bytes, size_t n, net_proxy_header_t *header)
{
    bool              good;
    size_t            start = sizeof(net_proxy_v1_start);
    in_port_t         port;
    const char       *end;
    struct in6_addr   unused;
    net_endpoint_t   *source = &header->source;
    net_proxy_text_t  text;

    if (memcmp(bytes, net_proxy_v1_start, n < start ? n : start) != 0) {
        return NET_PROXY_BAD;
    }

    end = memchr(bytes, '\n', n < NET_PROXY_LINE ? n : NET_PROXY_LINE);

    if (end == NULL) {
        return n < NET_PROXY_LINE ? NET_PROXY_MORE : NET_PROXY_BAD;
    }

    header->len = (size_t) (end + 1 - (const char *) bytes);
    text.at = (const char *) bytes + start;
    text.end = end - 1;

    if (text.end - text.at < 5 || *text.end != '\r') {
        return NET_PROXY_BAD;
    }

    /* also UNKNOWN: there is nobody whom a limit could count */

    if (memcmp(text.at, "TCP4 ", 5) == 0) {
        text.at += 5;
        source->v4.sin_family = AF_INET;
        good = net_proxy_v1_address(&text, AF_INET, &source->v4.sin_addr)
               && net_proxy_v1_address(&text, AF_INET, &unused)
               && net_proxy_v1_port(&text, &source->v4.sin_port);

    } else if (memcmp(text.at, "TCP6 ", 5) == 0) {
        text.at += 5;
        source->v6.sin6_family = AF_INET6;
        good = net_proxy_v1_address(&text, AF_INET6, &source->v6.sin6_addr)
               && net_proxy_v1_address(&text, AF_INET6, &unused)
               && net_proxy_v1_port(&text, &source->v6.sin6_port);

    } else {
        return NET_PROXY_BAD;
    }

    return good && net_proxy_v1_port(&text, &port) && text.at > text.end
           ? NET_PROXY_DONE : NET_PROXY_BAD;
}


static bool
net_proxy_v1_address(net_proxy_text_t *text, int family, void *address)
{
    char  word[INET6_ADDRSTRLEN];

    return net_proxy_v1_word(text, word, sizeof(word))
           && inet_pton(family, word, address) == 1;
}


/* Without leading zeros. */
static bool
net_proxy_v1_port(net_proxy_text_t *text, in_port_t *port)
{
    char      word[sizeof("65535")], *at;
    uint32_t  number = 0;

    if (!net_proxy_v1_word(text, word, sizeof(word))
        || (word[0] == '0' && word[1] != '\0'))
    {
        return false;
    }

    for (at = word; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }

        number = number * 10 + (uint32_t) (*at - '0');
    }

    *port = htons((uint16_t) number);

    return number <= 65535;
}


/* Up to one space, or to the end of the line, which is left one beyond it so
 * that it cannot be mistaken for a space more. */
static bool
net_proxy_v1_word(net_proxy_text_t *text, char *word, size_t size)
{
    size_t  len = 0;

    while (text->at + len < text->end && text->at[len] != ' ') {
        len++;
    }

    if (text->at > text->end || len == 0 || len >= size) {
        return false;
    }

    memcpy(word, text->at, len);
    word[len] = '\0';
    text->at += len + 1;

    /* inet_pton would stop at a NUL */

    return strlen(word) == len;
}


static net_proxy_result_t
net_proxy_v2(const uint8_t *bytes, size_t n, net_proxy_header_t *header)
{
    size_t  at, start = sizeof(net_proxy_v2_start);

    if (memcmp(bytes, net_proxy_v2_start, n < start ? n : start) != 0) {
        return NET_PROXY_BAD;
    }

    if (n < NET_PROXY_PREFIX) {
        return NET_PROXY_MORE;
    }

    header->len = NET_PROXY_PREFIX + (size_t) (bytes[14] << 8 | bytes[15]);

    if (header->len > NET_PROXY_MAX) {
        return NET_PROXY_BAD;
    }

    if (n < header->len) {
        return NET_PROXY_MORE;
    }

    /* LOCAL is the proxy asking for itself: its addresses are not looked at */

    if (bytes[12] == NET_PROXY_V2_LOCAL) {
        header->local = true;
        header->plain = true;
        return NET_PROXY_DONE;
    }

    at = net_proxy_v2_source(bytes, header->len, &header->source);

    return bytes[12] == NET_PROXY_V2_PROXY && at != 0
           && net_proxy_v2_extras(bytes, at, header)
           ? NET_PROXY_DONE : NET_PROXY_BAD;
}


/* Returns where the extras begin, 0 where there is no such source. */
static size_t
net_proxy_v2_source(const uint8_t *bytes, size_t n, net_endpoint_t *source)
{
    const uint8_t  *addresses = bytes + NET_PROXY_PREFIX;

    n -= NET_PROXY_PREFIX;

    if (bytes[13] == NET_PROXY_V2_TCP4 && n >= 2 * (4 + 2)) {
        source->v4.sin_family = AF_INET;
        memcpy(&source->v4.sin_addr, addresses, 4);
        memcpy(&source->v4.sin_port, addresses + 2 * 4, 2);

        return NET_PROXY_PREFIX + 2 * (4 + 2);
    }

    if (bytes[13] == NET_PROXY_V2_TCP6 && n >= 2 * (16 + 2)) {
        source->v6.sin6_family = AF_INET6;
        memcpy(&source->v6.sin6_addr, addresses, 16);
        memcpy(&source->v6.sin6_port, addresses + 2 * 16, 2);

        return NET_PROXY_PREFIX + 2 * (16 + 2);
    }

    return 0;
}


/* A type, two bytes of length, a value; one that does not end with the header
 * is no header. */
static bool
net_proxy_v2_extras(const uint8_t *bytes, size_t at,
    net_proxy_header_t *header)
{
    bool    good = true, summed = false;
    size_t  len;

    while (good && header->len - at >= 3) {
        len = (size_t) (bytes[at + 1] << 8 | bytes[at + 2]);

        if (header->len - at - 3 < len) {
            return false;
        }

        switch (bytes[at]) {

        case NET_PROXY_V2_CRC32C:
            good = len == 4 && !summed       /* one: each costs all bytes */
                   && net_proxy_v2_checksum(bytes, header->len, at + 3);
            summed = true;
            break;

        case NET_PROXY_V2_SSL:
            good = len >= 5;             /* the flags, and a verdict */
            header->plain = good && !(bytes[at + 3] & NET_PROXY_V2_CLIENT_SSL);
            break;

        default:
            break;
        }

        at += 3 + len;
    }

    return good && at == header->len;
}


/* Of the whole header, with zeros in the checksum's own place. */
static bool
net_proxy_v2_checksum(const uint8_t *bytes, size_t n, size_t at)
{
    uint32_t              crc, given;
    static const uint8_t  zeros[4];

    crc = net_proxy_crc32c(0xffffffff, bytes, at);
    crc = net_proxy_crc32c(crc, zeros, sizeof(zeros));
    crc = ~net_proxy_crc32c(crc, bytes + at + 4, n - at - 4);

    memcpy(&given, bytes + at, sizeof(given));

    return ntohl(given) == crc;
}


/* Bit by bit: it is once a connection, of some 60 bytes.  (The store's own is
 * another layer's.) */
static uint32_t
net_proxy_crc32c(uint32_t crc, const uint8_t *bytes, size_t n)
{
    size_t    i;
    unsigned  bit;

    for (i = 0; i < n; i++) {
        crc ^= bytes[i];

        for (bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
        }
    }

    return crc;
}
