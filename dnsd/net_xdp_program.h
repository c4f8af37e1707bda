
/*
 * The filter at work: loaded, attached to an interface, given its sockets.
 */

#ifndef NET_XDP_PROGRAM_H
#define NET_XDP_PROGRAM_H


#include "log.h"
#include "net_xdp_interface.h"


/*
 * From now on the interface's frames go through the filter, until what is
 * returned is closed; the kernel does so for a process that was killed.  The
 * filter passes all of them while *map, which the caller closes, is empty.
 *
 * -1 where that cannot be had, which is logged: a program of somebody else is
 * never replaced.  Needs CAP_NET_ADMIN and CAP_BPF.
 */
int net_xdp_program_attach(const net_xdp_interface_t *interface, int *map,
    log_t *log);

/* What the filter wants of a queue's frames goes to this socket. */
bool net_xdp_program_redirect(int map, unsigned queue, int sock);


#endif /* NET_XDP_PROGRAM_H */
