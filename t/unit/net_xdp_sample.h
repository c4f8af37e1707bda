
/*
 * Frames for the tests of AF_XDP: whole and right, to be damaged by them.
 * Sums are made the slow way, byte by byte, unlike in dnsd.
 */

#ifndef NET_XDP_SAMPLE_H
#define NET_XDP_SAMPLE_H


#include <stdbool.h>
#include <stdint.h>
#include <string.h>


#define SAMPLE_SIZE      2048
#define SAMPLE_TEXT      "a payload of odd length"
#define SAMPLE_LEN       (sizeof(SAMPLE_TEXT) - 1)
#define SAMPLE_V4_UDP    34
#define SAMPLE_V6_UDP    54

#define SAMPLE_MAC       "\x02\x00\x00\x00\x00\x01"
#define SAMPLE_PEER_MAC  "\x02\x00\x00\x00\x00\x02"
#define SAMPLE_V4        "\xc0\x00\x02\x35"               /* 192.0.2.53 */
#define SAMPLE_PEER_V4   "\xc6\x33\x64\x07"               /* 198.51.100.7 */
#define SAMPLE_V6        "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x53"
#define SAMPLE_PEER_V6   "\x20\x01\x0d\xb8\0\1\0\0\0\0\0\0\0\0\0\x07"
#define SAMPLE_PORT      "\0\x35"
#define SAMPLE_PEER_PORT "\x30\x39"                       /* 12345 */


static inline uint32_t
sample_sum(const uint8_t *bytes, size_t len)
{
    size_t    i;
    uint32_t  sum = 0;

    for (i = 0; i < len; i++) {
        sum += (uint32_t) bytes[i] << (i % 2 == 0 ? 8 : 0);
    }

    while (sum > 0xffff) {
        sum = (sum >> 16) + (sum & 0xffff);
    }

    return sum;
}


static inline void
sample_put(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t) (value >> 8);
    bytes[1] = (uint8_t) value;
}


static inline uint32_t
sample_get(const uint8_t *bytes)
{
    return (uint32_t) (bytes[0] << 8 | bytes[1]);
}


/* The pseudo-header's sum and the UDP packet's. */
static inline uint32_t
sample_udp_sum(const uint8_t *frame, bool v6, bool pseudo_only)
{
    uint8_t         pseudo[36];
    size_t          n = v6 ? 32 : 8;
    const uint8_t  *udp = frame + (v6 ? SAMPLE_V6_UDP : SAMPLE_V4_UDP);
    uint32_t        len = sample_get(udp + 4), sum;

    memcpy(pseudo, frame + (v6 ? 22 : 26), n);
    sample_put(pseudo + n, 17);
    sample_put(pseudo + n + 2, len);

    sum = sample_sum(pseudo, n + 4);

    if (!pseudo_only) {
        sum += sample_sum(udp, len);
    }

    return (sum & 0xffff) + (sum >> 16);
}


/* Sums of a frame whose lengths are right. */
static inline void
sample_seal(uint8_t *frame, bool v6)
{
    uint8_t  *udp = frame + (v6 ? SAMPLE_V6_UDP : SAMPLE_V4_UDP);

    if (!v6) {
        sample_put(frame + 24, 0);
        sample_put(frame + 24, 0xffff - sample_sum(frame + 14, 20));
    }

    sample_put(udp + 6, 0);
    sample_put(udp + 6, 0xffff - sample_udp_sum(frame, v6, false));

    if (sample_get(udp + 6) == 0) {
        sample_put(udp + 6, 0xffff);
    }
}


/* A query's frame, from PEER to us; returns its length. */
static inline size_t
sample_frame(uint8_t *frame, bool v6, const void *payload, size_t len)
{
    size_t    at = v6 ? SAMPLE_V6_UDP : SAMPLE_V4_UDP;
    uint8_t  *ip = frame + 14, *udp = frame + at;

    memset(frame, 0, at + 8);
    memcpy(frame, SAMPLE_MAC, 6);
    memcpy(frame + 6, SAMPLE_PEER_MAC, 6);

    if (v6) {
        memcpy(frame + 12, "\x86\xdd", 2);
        ip[0] = 0x60;
        sample_put(ip + 4, (uint32_t) len + 8);
        ip[6] = 17;
        ip[7] = 57;
        memcpy(ip + 8, SAMPLE_PEER_V6, 16);
        memcpy(ip + 24, SAMPLE_V6, 16);

    } else {
        memcpy(frame + 12, "\x08\x00", 2);
        ip[0] = 0x45;
        sample_put(ip + 2, (uint32_t) len + 28);
        sample_put(ip + 4, 4711);
        ip[8] = 57;
        ip[9] = 17;
        memcpy(ip + 12, SAMPLE_PEER_V4, 4);
        memcpy(ip + 16, SAMPLE_V4, 4);
    }

    memcpy(udp, SAMPLE_PEER_PORT, 2);
    memcpy(udp + 2, SAMPLE_PORT, 2);
    sample_put(udp + 4, (uint32_t) len + 8);
    memcpy(udp + 8, payload, len);

    sample_seal(frame, v6);

    return at + 8 + len;
}


#endif /* NET_XDP_SAMPLE_H */
