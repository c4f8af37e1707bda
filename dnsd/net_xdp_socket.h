
/*
 * An AF_XDP socket: frames of one queue of one interface, in and out.  A
 * frame that was received is the caller's until it is given back, which it
 * must be: it is sent, or room for the next one.
 */

#ifndef NET_XDP_SOCKET_H
#define NET_XDP_SOCKET_H


#include "log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* Of memory for a frame; the kernel keeps 256 bytes for itself before what
 * has come in, so an Ethernet frame of the usual 1514 fits in what is left.
 * 4096 would be twice the memory, for queries that nobody sends. */
#define NET_XDP_FRAME_SIZE  2048
#define NET_XDP_HEADROOM    256
#define NET_XDP_FRAME_ROOM  (NET_XDP_FRAME_SIZE - NET_XDP_HEADROOM)


typedef struct net_xdp_socket_s  net_xdp_socket_t;


typedef struct {
    uint8_t   *data;            /* NET_XDP_FRAME_ROOM bytes */
    size_t     len;             /* 0 when given back: is not sent */
} net_xdp_packet_t;


/* Needs CAP_NET_RAW, and memory that may be locked.  NULL where it cannot be
 * had, which is logged. */
net_xdp_socket_t *net_xdp_socket_create(const char *interface,
    unsigned queue, log_t *log);
void net_xdp_socket_destroy(net_xdp_socket_t *sock);

int net_xdp_socket_fd(const net_xdp_socket_t *sock);

/* Takes what is there, n packets at most; never waits. */
unsigned net_xdp_socket_receive(net_xdp_socket_t *sock,
    net_xdp_packet_t *packets, unsigned n);

/* Gives all n back, those with a length to be sent. */
void net_xdp_socket_send(net_xdp_socket_t *sock,
    const net_xdp_packet_t *packets, unsigned n);


#endif /* NET_XDP_SOCKET_H */
