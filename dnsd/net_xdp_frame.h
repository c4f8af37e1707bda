
/*
 * Ethernet frames with a UDP packet in them, as bytes: what the kernel's
 * stack does for a socket, and nobody does for AF_XDP.  No socket, no state.
 */

#ifndef NET_XDP_FRAME_H
#define NET_XDP_FRAME_H


#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* All before the payload, IPv6 being the longer one: 14 + 40 + 8. */
#define NET_XDP_HEADERS_MAX  62
#define NET_XDP_IP_HEADERS   48     /* the same without Ethernet, for an MTU */


/* A packet in a frame; the bytes are the caller's. */
typedef struct {
    uint8_t  *data;             /* the Ethernet header */
    uint8_t  *payload;          /* NULL where parsing failed */
    size_t    payload_len;
    bool      v6;
} net_xdp_frame_t;


typedef union {
    struct sockaddr      any;
    struct sockaddr_in   v4;
    struct sockaddr_in6  v6;
} net_xdp_address_t;


/*
 * False where the frame holds no UDP packet that a socket would have been
 * given, or none that may be answered: lengths and checksums are looked at,
 * and where the packet says that it came from.
 */
bool net_xdp_frame_parse(net_xdp_frame_t *frame, uint8_t *data, size_t len);

/*
 * Makes of a parsed frame, in place, the one that takes the payload back to
 * where it came from; returns its length.  There must be room for it behind
 * frame->payload, which the payload does not overlap.
 */
size_t net_xdp_frame_reply(net_xdp_frame_t *frame, const uint8_t *payload,
    size_t len);

/* Addresses and ports between which a frame went; of no family (AF_UNSPEC)
 * where it could not be parsed. */
void net_xdp_frame_addresses(const net_xdp_frame_t *frame,
    net_xdp_address_t *peer, net_xdp_address_t *local);


#endif /* NET_XDP_FRAME_H */
