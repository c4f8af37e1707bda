
/*
 * What must be known of an interface before its frames are taken.  Runs at
 * start only.
 */

#ifndef NET_XDP_INTERFACE_H
#define NET_XDP_INTERFACE_H


#include "log.h"
#include "net_address.h"
#include "net_xdp_filter.h"

#include <net/if.h>


typedef struct {
    char              name[IFNAMSIZ];
    unsigned          index;
    unsigned          mtu;          /* bytes of an IP packet */
    unsigned          queues;       /* for receiving */
    net_xdp_filter_t  filter;
} net_xdp_interface_t;


/* False where there is no such interface, or none of the addresses is to be
 * answered on it, which is logged. */
bool net_xdp_interface_get(net_xdp_interface_t *interface, const char *name,
    const net_address_t *addresses, unsigned naddresses, log_t *log);


#endif /* NET_XDP_INTERFACE_H */
