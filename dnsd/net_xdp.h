
/*
 * AF_XDP: UDP packets to our addresses taken from an interface, and the
 * answers put there, past the kernel's network stack.
 *
 * Needs at start CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF (or CAP_SYS_ADMIN), and
 * CAP_IPC_LOCK or 2 MiB of RLIMIT_MEMLOCK for each queue; none of them later.
 *
 * For a sandbox: while it runs, its system calls are epoll_wait and sendto,
 * and epoll_ctl where an interface vanishes; net_xdp_destroy has getsockopt,
 * munmap and close.  net_xdp_create comes before a sandbox, with bpf, ioctl,
 * netlink and many more.
 */

#ifndef NET_XDP_H
#define NET_XDP_H


#include "net_internal.h"


/*
 * Takes over queue i of each interface for thread i mod nthreads, whose epoll
 * must exist.  NULL where something cannot be had, which is logged; then every
 * interface is as it was.
 */
net_xdp_t *net_xdp_create(const net_options_t *options,
    net_thread_t *threads, log_t *log);

/* Gives the interfaces back.  The threads must have ended.  NULL is allowed;
 * a process that is killed gives them back, too. */
void net_xdp_destroy(net_xdp_t *xdp);


#endif /* NET_XDP_H */
