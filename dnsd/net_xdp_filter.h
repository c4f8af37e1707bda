
/*
 * The program that the kernel runs on each frame that an interface receives:
 * what is for us alone goes to an AF_XDP socket, all else its usual way.
 */

#ifndef NET_XDP_FILTER_H
#define NET_XDP_FILTER_H


#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* Addresses of one interface; those of a host with more stay with the
 * sockets.  A frame for somebody else is compared with all of one family. */
#define NET_XDP_TARGETS_MAX  64

/* The fixed part is 37 instructions; an address takes up to 7. */
#define NET_XDP_FILTER_MAX   (64 + 8 * NET_XDP_TARGETS_MAX)


/* All as in a packet. */
typedef struct {
    bool      v6;
    uint8_t   address[16];
    uint8_t   port[2];
} net_xdp_target_t;


typedef struct {
    uint8_t            mac[ETH_ALEN];
    unsigned           n;
    net_xdp_target_t   targets[NET_XDP_TARGETS_MAX];
} net_xdp_filter_t;


/*
 * Writes the program, whose sockets stand in the map by the number of the
 * queue; returns the number of instructions.  It redirects a frame
 *
 *     to the interface's own address, with
 *     IPv4 without options and no fragment, or IPv6 without extensions, and
 *     UDP to the address and port of a target,
 *
 * if there is a socket for its queue.
 */
size_t net_xdp_filter_write(const net_xdp_filter_t *filter, int map,
    struct bpf_insn instructions[NET_XDP_FILTER_MAX]);


#endif /* NET_XDP_FILTER_H */
