
/*
 * Frames.  What comes in was let through by the filter (net_xdp_program.c),
 * whose word is not taken: every length is checked again.  Only the plain
 * forms come here, an IPv4 header without options and an IPv6 header without
 * extensions; the kernel has the others.
 */

#include "net_xdp_frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>


#define FRAME_IP_AT       14
#define FRAME_UDP_LEN     8

#define FRAME_V4_LEN      20
#define FRAME_V4_START    0x45      /* version 4, five words: no options */
#define FRAME_V4_DF       0x4000
#define FRAME_V4_PIECE    0x3fff    /* more fragments, or not the first */

#define FRAME_V6_LEN      40
#define FRAME_V6_START    0x60

/* Linux's own; no hop of the way back is known. */
#define FRAME_TTL         64


static bool net_xdp_frame_v4(const uint8_t *ip, size_t len);
static bool net_xdp_frame_v6(const uint8_t *ip, size_t len);
static bool net_xdp_frame_udp(net_xdp_frame_t *frame, size_t len);
static bool net_xdp_frame_checked(const net_xdp_frame_t *frame,
    const uint8_t *udp, size_t len);
static void net_xdp_frame_reply_v4(uint8_t *ip, size_t udp_len);
static void net_xdp_frame_reply_v6(uint8_t *ip, size_t udp_len);
static void net_xdp_address_v4(struct sockaddr_in *to, const uint8_t *address,
    const uint8_t *port);
static void net_xdp_address_v6(struct sockaddr_in6 *to,
    const uint8_t *address, const uint8_t *port);
static uint64_t net_xdp_pseudo(const uint8_t *ip, bool v6, size_t udp_len);
static uint64_t net_xdp_sum(const uint8_t *bytes, size_t len);
static uint16_t net_xdp_fold(uint64_t sum);
static void net_xdp_swap(uint8_t *a, uint8_t *b, size_t len);
static uint16_t net_xdp_get16(const uint8_t *bytes);
static void net_xdp_put16(uint8_t *bytes, uint16_t value);


bool
net_xdp_frame_parse(net_xdp_frame_t *frame, uint8_t *data, size_t len)
{
    size_t          ip_len;
    const uint8_t  *ip = data + FRAME_IP_AT;

    *frame = (net_xdp_frame_t) { .data = data };

    /* an answer goes to the machine that the frame came from: one, not all of
     * a link, whatever a neighbour writes there (IEEE 802.3 3.2.3) */

    if (len < FRAME_IP_AT + FRAME_V4_LEN || (data[ETH_ALEN] & 1)) {
        return false;
    }

    ip_len = len - FRAME_IP_AT;

    switch (net_xdp_get16(data + 12)) {

    case ETH_P_IP:
        frame->v6 = false;
        return net_xdp_frame_v4(ip, ip_len)
               && net_xdp_frame_udp(frame, net_xdp_get16(ip + 2)
                                           - FRAME_V4_LEN);

    case ETH_P_IPV6:
        frame->v6 = true;
        return net_xdp_frame_v6(ip, ip_len)
               && net_xdp_frame_udp(frame, net_xdp_get16(ip + 4));

    default:
        return false;
    }
}


size_t
net_xdp_frame_reply(net_xdp_frame_t *frame, const uint8_t *payload,
    size_t len)
{
    uint8_t   *ip = frame->data + FRAME_IP_AT;
    uint8_t   *udp = frame->payload - FRAME_UDP_LEN;
    size_t     udp_len = FRAME_UDP_LEN + len;
    uint16_t   sum;

    memcpy(frame->payload, payload, len);

    net_xdp_swap(frame->data, frame->data + ETH_ALEN, ETH_ALEN);

    if (frame->v6) {
        net_xdp_frame_reply_v6(ip, udp_len);

    } else {
        net_xdp_frame_reply_v4(ip, udp_len);
    }

    net_xdp_swap(udp, udp + 2, 2);
    net_xdp_put16(udp + 4, (uint16_t) udp_len);
    memset(udp + 6, 0, 2);

    sum = (uint16_t) ~net_xdp_fold(net_xdp_pseudo(ip, frame->v6, udp_len)
                                   + net_xdp_sum(udp, udp_len));

    /* 0 would say that there is none (RFC 768) */

    if (sum == 0) {
        sum = 0xffff;
    }

    memcpy(udp + 6, &sum, sizeof(sum));

    return (size_t) (udp - frame->data) + udp_len;
}


void
net_xdp_frame_addresses(const net_xdp_frame_t *frame,
    net_xdp_address_t *peer, net_xdp_address_t *local)
{
    const uint8_t  *ip = frame->data + FRAME_IP_AT;
    const uint8_t  *udp;

    if (frame->payload == NULL) {
        memset(peer, 0, sizeof(*peer));
        memset(local, 0, sizeof(*local));
        return;
    }

    udp = frame->payload - FRAME_UDP_LEN;

    if (frame->v6) {
        net_xdp_address_v6(&peer->v6, ip + 8, udp);
        net_xdp_address_v6(&local->v6, ip + 24, udp + 2);
        return;
    }

    net_xdp_address_v4(&peer->v4, ip + 12, udp);
    net_xdp_address_v4(&local->v4, ip + 16, udp + 2);
}


/* An answer to a broadcast, multicast or loopback address, or to ourselves,
 * would be an attacker's wish (RFC 1122 3.2.1.3). */
static bool
net_xdp_frame_v4(const uint8_t *ip, size_t len)
{
    const uint8_t  *source = ip + 12, *target = ip + 16;

    return ip[0] == FRAME_V4_START
           && ip[9] == IPPROTO_UDP
           && (net_xdp_get16(ip + 6) & FRAME_V4_PIECE) == 0
           && net_xdp_get16(ip + 2) >= FRAME_V4_LEN + FRAME_UDP_LEN
           && net_xdp_get16(ip + 2) <= len
           && net_xdp_fold(net_xdp_sum(ip, FRAME_V4_LEN)) == 0xffff
           && source[0] != 0 && source[0] != 127 && source[0] < 224
           && memcmp(source, target, 4) != 0;
}


/* The same; what begins with 80 zero bits is unspecified, loopback, or IPv4 in
 * disguise, and none of them is seen on a wire (RFC 4291 2.5). */
static bool
net_xdp_frame_v6(const uint8_t *ip, size_t len)
{
    static const uint8_t  zeros[10];
    const uint8_t        *source = ip + 8, *target = ip + 24;

    return len >= FRAME_V6_LEN + FRAME_UDP_LEN
           && (ip[0] & 0xf0) == FRAME_V6_START
           && ip[6] == IPPROTO_UDP
           && net_xdp_get16(ip + 4) >= FRAME_UDP_LEN
           && net_xdp_get16(ip + 4) <= len - FRAME_V6_LEN
           && source[0] != 0xff
           && memcmp(source, zeros, sizeof(zeros)) != 0
           && memcmp(source, target, 16) != 0;
}


/* len is what the IP header leaves, FRAME_UDP_LEN at least; behind the UDP
 * packet more may follow, which a socket does not see either. */
static bool
net_xdp_frame_udp(net_xdp_frame_t *frame, size_t len)
{
    size_t    udp_len;
    uint8_t  *udp = frame->data + FRAME_IP_AT
                    + (frame->v6 ? FRAME_V6_LEN : FRAME_V4_LEN);

    udp_len = net_xdp_get16(udp + 4);

    if (udp_len < FRAME_UDP_LEN || udp_len > len) {
        return false;
    }

    /* nobody can listen on port 0 */

    if (net_xdp_get16(udp) == 0
        || !net_xdp_frame_checked(frame, udp, udp_len))
    {
        return false;
    }

    frame->payload = udp + FRAME_UDP_LEN;
    frame->payload_len = udp_len - FRAME_UDP_LEN;

    return true;
}


/*
 * A frame that this machine itself has sent (from a container, or between
 * virtual machines) has the sum of the pseudo-header alone: its sender left
 * the rest to a network card that there is not.
 */
static bool
net_xdp_frame_checked(const net_xdp_frame_t *frame, const uint8_t *udp,
    size_t len)
{
    uint64_t  pseudo;
    uint16_t  sum;

    memcpy(&sum, udp + 6, sizeof(sum));

    if (sum == 0) {
        return !frame->v6;              /* RFC 768; RFC 8200 8.1 */
    }

    pseudo = net_xdp_pseudo(frame->data + FRAME_IP_AT, frame->v6, len);

    return net_xdp_fold(pseudo + net_xdp_sum(udp, len)) == 0xffff
           || net_xdp_fold(pseudo) == sum;
}


/* Not to be fragmented, so its number need not be one (RFC 6864 4.1): answers
 * in fragments can be forged, and are lost more often than not (RFC 9715). */
static void
net_xdp_frame_reply_v4(uint8_t *ip, size_t udp_len)
{
    uint16_t  sum;

    net_xdp_swap(ip + 12, ip + 16, 4);

    ip[1] = 0;
    net_xdp_put16(ip + 2, (uint16_t) (FRAME_V4_LEN + udp_len));
    net_xdp_put16(ip + 4, 0);
    net_xdp_put16(ip + 6, FRAME_V4_DF);
    ip[8] = FRAME_TTL;
    memset(ip + 10, 0, 2);

    sum = (uint16_t) ~net_xdp_fold(net_xdp_sum(ip, FRAME_V4_LEN));
    memcpy(ip + 10, &sum, sizeof(sum));
}


/* Neither traffic class nor flow label: what a socket sends by default. */
static void
net_xdp_frame_reply_v6(uint8_t *ip, size_t udp_len)
{
    net_xdp_swap(ip + 8, ip + 24, 16);

    ip[0] = FRAME_V6_START;
    memset(ip + 1, 0, 3);
    net_xdp_put16(ip + 4, (uint16_t) udp_len);
    ip[7] = FRAME_TTL;
}


static void
net_xdp_address_v4(struct sockaddr_in *to, const uint8_t *address,
    const uint8_t *port)
{
    memset(to, 0, sizeof(*to));
    to->sin_family = AF_INET;
    memcpy(&to->sin_addr, address, sizeof(to->sin_addr));
    memcpy(&to->sin_port, port, sizeof(to->sin_port));
}


static void
net_xdp_address_v6(struct sockaddr_in6 *to, const uint8_t *address,
    const uint8_t *port)
{
    memset(to, 0, sizeof(*to));
    to->sin6_family = AF_INET6;
    memcpy(&to->sin6_addr, address, sizeof(to->sin6_addr));
    memcpy(&to->sin6_port, port, sizeof(to->sin6_port));
}


/* RFC 768, RFC 8200 8.1; both addresses stand together in either header. */
static uint64_t
net_xdp_pseudo(const uint8_t *ip, bool v6, size_t udp_len)
{
    uint64_t  sum = v6 ? net_xdp_sum(ip + 8, 32) : net_xdp_sum(ip + 12, 8);

    return sum + htons((uint16_t) udp_len) + htons(IPPROTO_UDP);
}


/* Of 16-bit words as they lie in memory: the sum of bytes swapped is the sum
 * swapped (RFC 1071 2), so no word is.  Carries gather in the upper half. */
static uint64_t
net_xdp_sum(const uint8_t *bytes, size_t len)
{
    uint8_t   last[4] = { 0 };
    uint32_t  word;
    uint64_t  sum = 0;

    for ( /* void */ ; len >= sizeof(word); len -= sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        sum += word;
        bytes += sizeof(word);
    }

    memcpy(last, bytes, len);
    memcpy(&word, last, sizeof(word));

    return sum + word;
}


static uint16_t
net_xdp_fold(uint64_t sum)
{
    while (sum > 0xffff) {
        sum = (sum >> 16) + (sum & 0xffff);
    }

    return (uint16_t) sum;
}


/* An Ethernet or IP address, or a port. */
static void
net_xdp_swap(uint8_t *a, uint8_t *b, size_t len)
{
    uint8_t  other[16];

    memcpy(other, a, len);
    memcpy(a, b, len);
    memcpy(b, other, len);
}


static uint16_t
net_xdp_get16(const uint8_t *bytes)
{
    return (uint16_t) (bytes[0] << 8 | bytes[1]);
}


static void
net_xdp_put16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t) (value >> 8);
    bytes[1] = (uint8_t) value;
}
