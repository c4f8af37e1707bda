
/*
 * Written by hand: a dozen fields of one shape, and no memory but the
 * caller's.  A field is a key (number and wire type), then its value.
 */

#include "dnstap_frame.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>


#define DNSTAP_VARINT   0
#define DNSTAP_BYTES    2
#define DNSTAP_FIXED32  5

#define DNSTAP_KEY(number, type)  ((uint8_t) ((number) << 3 | (type)))

/* message Dnstap */
#define DNSTAP_IDENTITY          DNSTAP_KEY(1, DNSTAP_BYTES)
#define DNSTAP_VERSION           DNSTAP_KEY(2, DNSTAP_BYTES)
#define DNSTAP_MESSAGE           DNSTAP_KEY(14, DNSTAP_BYTES)
#define DNSTAP_TYPE              DNSTAP_KEY(15, DNSTAP_VARINT)
#define DNSTAP_TYPE_MESSAGE      1

/* message Message */
#define DNSTAP_MESSAGE_TYPE      DNSTAP_KEY(1, DNSTAP_VARINT)
#define DNSTAP_FAMILY            DNSTAP_KEY(2, DNSTAP_VARINT)
#define DNSTAP_PROTOCOL          DNSTAP_KEY(3, DNSTAP_VARINT)
#define DNSTAP_QUERY_ADDRESS     DNSTAP_KEY(4, DNSTAP_BYTES)
#define DNSTAP_RESPONSE_ADDRESS  DNSTAP_KEY(5, DNSTAP_BYTES)
#define DNSTAP_QUERY_PORT        DNSTAP_KEY(6, DNSTAP_VARINT)
#define DNSTAP_RESPONSE_PORT     DNSTAP_KEY(7, DNSTAP_VARINT)
#define DNSTAP_QUERY_SEC         DNSTAP_KEY(8, DNSTAP_VARINT)
#define DNSTAP_QUERY_NSEC        DNSTAP_KEY(9, DNSTAP_FIXED32)
#define DNSTAP_QUERY_MESSAGE     DNSTAP_KEY(10, DNSTAP_BYTES)
#define DNSTAP_RESPONSE_SEC      DNSTAP_KEY(12, DNSTAP_VARINT)
#define DNSTAP_RESPONSE_NSEC     DNSTAP_KEY(13, DNSTAP_FIXED32)
#define DNSTAP_RESPONSE_MESSAGE  DNSTAP_KEY(14, DNSTAP_BYTES)

#define DNSTAP_INET              1
#define DNSTAP_INET6             2


static uint8_t *dnstap_message(uint8_t *p, dnstap_type_t type,
    const dnstap_exchange_t *exchange, size_t message_len);
static uint8_t *dnstap_address(uint8_t *p, uint8_t address_key,
    uint8_t port_key, const struct sockaddr *address);
static uint8_t *dnstap_time(uint8_t *p, uint8_t sec_key, uint8_t nsec_key,
    const struct timespec *time);
static uint8_t *dnstap_text(uint8_t *p, uint8_t key, const char *text,
    size_t len);
static uint8_t *dnstap_number(uint8_t *p, uint8_t key, uint64_t value);
static uint8_t *dnstap_varint(uint8_t *p, uint64_t value);


void
dnstap_origin_init(dnstap_origin_t *origin, const char *identity,
    size_t identity_len, const char *version)
{
    uint8_t  *p = origin->bytes;

    p = dnstap_text(p, DNSTAP_IDENTITY, identity, identity_len);
    p = dnstap_text(p, DNSTAP_VERSION, version, strlen(version));
    p = dnstap_number(p, DNSTAP_TYPE, DNSTAP_TYPE_MESSAGE);

    origin->len = (size_t) (p - origin->bytes);
}


/* Fields may come in any order; the longest comes last, so that it need not be
 * copied twice. */
size_t
dnstap_frame_head(uint8_t *head, const dnstap_origin_t *origin,
    dnstap_type_t type, const dnstap_exchange_t *exchange, size_t message_len)
{
    size_t    inner, total;
    uint8_t   message[DNSTAP_HEAD_MAX], *p = head + 4;

    inner = (size_t) (dnstap_message(message, type, exchange, message_len)
                      - message);

    memcpy(p, origin->bytes, origin->len);
    p = dnstap_number(p + origin->len, DNSTAP_MESSAGE, inner + message_len);
    memcpy(p, message, inner);
    p += inner;

    total = (size_t) (p - head) - 4 + message_len;
    head[0] = (uint8_t) (total >> 24);
    head[1] = (uint8_t) (total >> 16);
    head[2] = (uint8_t) (total >> 8);
    head[3] = (uint8_t) total;

    return (size_t) (p - head);
}


static uint8_t *
dnstap_message(uint8_t *p, dnstap_type_t type,
    const dnstap_exchange_t *exchange, size_t message_len)
{
    bool  response = type == DNSTAP_AUTH_RESPONSE;

    p = dnstap_number(p, DNSTAP_MESSAGE_TYPE, type);
    p = dnstap_number(p, DNSTAP_FAMILY,
                      exchange->peer->sa_family == AF_INET6 ? DNSTAP_INET6
                                                            : DNSTAP_INET);
    p = dnstap_number(p, DNSTAP_PROTOCOL, exchange->protocol);
    p = dnstap_address(p, DNSTAP_QUERY_ADDRESS, DNSTAP_QUERY_PORT,
                       exchange->peer);

    if (exchange->local->sa_family == exchange->peer->sa_family) {
        p = dnstap_address(p, DNSTAP_RESPONSE_ADDRESS, DNSTAP_RESPONSE_PORT,
                           exchange->local);
    }

    p = dnstap_time(p, DNSTAP_QUERY_SEC, DNSTAP_QUERY_NSEC,
                    &exchange->received);

    if (response) {
        p = dnstap_time(p, DNSTAP_RESPONSE_SEC, DNSTAP_RESPONSE_NSEC,
                        &exchange->responded);
    }

    return dnstap_number(p, response ? DNSTAP_RESPONSE_MESSAGE
                                     : DNSTAP_QUERY_MESSAGE, message_len);
}


/* Where nobody knows the address of a wildcard socket, its port remains. */
static uint8_t *
dnstap_address(uint8_t *p, uint8_t address_key, uint8_t port_key,
    const struct sockaddr *address)
{
    const struct sockaddr_in   *sin = (const void *) address;
    const struct sockaddr_in6  *sin6 = (const void *) address;

    if (address->sa_family == AF_INET6) {
        if (!IN6_IS_ADDR_UNSPECIFIED(&sin6->sin6_addr)) {
            p = dnstap_text(p, address_key, (const char *) &sin6->sin6_addr,
                            16);
        }

        return dnstap_number(p, port_key, ntohs(sin6->sin6_port));
    }

    if (sin->sin_addr.s_addr != INADDR_ANY) {
        p = dnstap_text(p, address_key, (const char *) &sin->sin_addr, 4);
    }

    return dnstap_number(p, port_key, ntohs(sin->sin_port));
}


static uint8_t *
dnstap_time(uint8_t *p, uint8_t sec_key, uint8_t nsec_key,
    const struct timespec *time)
{
    unsigned  i;

    p = dnstap_number(p, sec_key, (uint64_t) time->tv_sec);
    *p++ = nsec_key;

    for (i = 0; i < 32; i += 8) {
        *p++ = (uint8_t) ((uint64_t) time->tv_nsec >> i);
    }

    return p;
}


static uint8_t *
dnstap_text(uint8_t *p, uint8_t key, const char *text, size_t len)
{
    if (len == 0) {
        return p;
    }

    if (len > DNSTAP_TEXT_MAX) {
        len = DNSTAP_TEXT_MAX;
    }

    p = dnstap_number(p, key, len);
    memcpy(p, text, len);

    return p + len;
}


/* Also the length of bytes that follow. */
static uint8_t *
dnstap_number(uint8_t *p, uint8_t key, uint64_t value)
{
    *p++ = key;

    return dnstap_varint(p, value);
}


/* Seven bits a byte, the lowest first; the top bit says that more follow. */
static uint8_t *
dnstap_varint(uint8_t *p, uint64_t value)
{
    while (value >= 0x80) {
        *p++ = (uint8_t) (value | 0x80);
        value >>= 7;
    }

    *p++ = (uint8_t) value;

    return p;
}
