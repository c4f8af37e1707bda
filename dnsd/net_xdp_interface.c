
/*
 * An interface: its Ethernet address, MTU and queues, and the addresses that
 * are to be answered on it.
 */

#include "net_xdp_interface.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>


static const char *net_xdp_interface_ask(net_xdp_interface_t *interface,
    int fd);
static unsigned net_xdp_interface_queues(struct ifreq *request, int fd);
static bool net_xdp_interface_targets(net_xdp_interface_t *interface,
    const net_address_t *addresses, unsigned naddresses, log_t *log);
static void net_xdp_interface_own(net_xdp_interface_t *interface,
    const net_address_t *address, const struct ifaddrs *own);
static void net_xdp_interface_target(net_xdp_interface_t *interface,
    const struct sockaddr *address, const struct sockaddr *listener);


bool
net_xdp_interface_get(net_xdp_interface_t *interface, const char *name,
    const net_address_t *addresses, unsigned naddresses, log_t *log)
{
    int          fd;
    const char  *failed;

    memset(interface, 0, sizeof(*interface));

    if (strlen(name) >= sizeof(interface->name)) {
        log_line(log, "--xdp %s: not the name of an interface", name);
        return false;
    }

    strcpy(interface->name, name);

    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd == -1) {
        log_line(log, "--xdp %s: socket(): %s", name, strerror(errno));
        return false;
    }

    failed = net_xdp_interface_ask(interface, fd);

    if (failed != NULL) {
        log_line(log, "--xdp %s: %s", name, failed);
    }

    close(fd);

    return failed == NULL
           && net_xdp_interface_targets(interface, addresses, naddresses, log);
}


/* Returns what is wrong, or NULL. */
static const char *
net_xdp_interface_ask(net_xdp_interface_t *interface, int fd)
{
    struct ifreq  request;

    interface->index = if_nametoindex(interface->name);

    if (interface->index == 0) {
        return "there is no such interface";
    }

    memset(&request, 0, sizeof(request));
    strcpy(request.ifr_name, interface->name);

    if (ioctl(fd, SIOCGIFHWADDR, &request) == -1) {
        return strerror(errno);
    }

    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
        return "not an Ethernet interface";
    }

    memcpy(interface->filter.mac, request.ifr_hwaddr.sa_data, ETH_ALEN);

    if (ioctl(fd, SIOCGIFMTU, &request) == -1) {
        return strerror(errno);
    }

    interface->mtu = (unsigned) request.ifr_mtu;
    interface->queues = net_xdp_interface_queues(&request, fd);

    return NULL;
}


/* A driver that does not say has one. */
static unsigned
net_xdp_interface_queues(struct ifreq *request, int fd)
{
    struct ethtool_channels  channels = { .cmd = ETHTOOL_GCHANNELS };

    request->ifr_data = (void *) &channels;

    if (ioctl(fd, SIOCETHTOOL, request) == -1
        || channels.combined_count + channels.rx_count == 0)
    {
        return 1;
    }

    return channels.combined_count + channels.rx_count;
}


/*
 * A wildcard stands for the addresses that this machine has now.  Any address
 * at all would take queries that it only forwards; one that is added later is
 * answered through the sockets.
 */
static bool
net_xdp_interface_targets(net_xdp_interface_t *interface,
    const net_address_t *addresses, unsigned naddresses, log_t *log)
{
    unsigned              i;
    struct ifaddrs       *all;
    const struct ifaddrs *own;

    if (getifaddrs(&all) == -1) {
        log_line(log, "--xdp %s: getifaddrs(): %s", interface->name,
                 strerror(errno));
        return false;
    }

    for (i = 0; i < naddresses; i++) {
        if (!addresses[i].wildcard) {
            net_xdp_interface_target(interface,
                            (const struct sockaddr *) &addresses[i].sockaddr,
                            (const struct sockaddr *) &addresses[i].sockaddr);
            continue;
        }

        for (own = all; own != NULL; own = own->ifa_next) {
            net_xdp_interface_own(interface, &addresses[i], own);
        }
    }

    freeifaddrs(all);

    if (interface->filter.n == 0) {
        log_line(log, "--xdp %s: no address to listen on can be asked there",
                 interface->name);
        return false;
    }

    if (interface->filter.n == NET_XDP_TARGETS_MAX) {
        log_line(log, "--xdp %s: takes %d addresses; the others are answered "
                 "through sockets", interface->name, NET_XDP_TARGETS_MAX);
    }

    return true;
}


/* One of the machine's own addresses, for a listener on all of a family; a
 * link-local one belongs to its own interface. */
static void
net_xdp_interface_own(net_xdp_interface_t *interface,
    const net_address_t *address, const struct ifaddrs *own)
{
    if (own->ifa_addr != NULL
        && own->ifa_addr->sa_family == address->sockaddr.ss_family)
    {
        net_xdp_interface_target(interface, own->ifa_addr,
                              (const struct sockaddr *) &address->sockaddr);
    }
}


/* Loopback addresses and other links' are not seen on this wire. */
static void
net_xdp_interface_target(net_xdp_interface_t *interface,
    const struct sockaddr *address, const struct sockaddr *listener)
{
    net_xdp_target_t           *target;
    const struct sockaddr_in   *in = (const struct sockaddr_in *) address;
    const struct sockaddr_in6  *in6 = (const struct sockaddr_in6 *) address;

    if (interface->filter.n == NET_XDP_TARGETS_MAX) {
        return;
    }

    target = &interface->filter.targets[interface->filter.n];
    target->v6 = address->sa_family == AF_INET6;

    if (target->v6) {
        if (IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr)
            || IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)
            || (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr)
                && in6->sin6_scope_id != interface->index))
        {
            return;
        }

        memcpy(target->address, &in6->sin6_addr, sizeof(in6->sin6_addr));
        memcpy(target->port,
               &((const struct sockaddr_in6 *) listener)->sin6_port,
               sizeof(target->port));

    } else {
        if (ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) {
            return;
        }

        memcpy(target->address, &in->sin_addr, sizeof(in->sin_addr));
        memcpy(target->port,
               &((const struct sockaddr_in *) listener)->sin_port,
               sizeof(target->port));
    }

    interface->filter.n++;
}
