
/*
 * Sockets that a supervisor handed over.  What they are and where they are
 * bound is asked of the kernel, never believed.
 */

#include "net_handed.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define NET_HANDED_PORT  6         /* "65535" */


typedef struct {
    int                      fd;
    int                      type;     /* SOCK_DGRAM, SOCK_STREAM */
    unsigned                 taken;    /* by so many threads */
    net_address_t            address;
} net_handed_socket_t;


struct net_handed_s {
    unsigned                 n;
    net_handed_socket_t      sockets[];
};


static const char *net_handed_look(net_handed_socket_t *sock, int fd);
static int net_handed_option(int fd, int level, int option);
static const char *net_handed_kind(const net_handed_socket_t *sock);
static net_handed_socket_t *net_handed_find(net_handed_t *handed,
    const net_address_t *address, int type);


net_handed_t *
net_handed_create(int first, unsigned n, log_t *log)
{
    unsigned       i;
    const char    *failed;
    net_handed_t  *handed;

    handed = calloc(1, sizeof(*handed) + n * sizeof(net_handed_socket_t));

    if (handed == NULL) {
        log_line(log, "no memory for the sockets handed over");
        return NULL;
    }

    for (i = 0; i < n; i++) {
        failed = net_handed_look(&handed->sockets[i], first + (int) i);

        if (failed != NULL) {
            log_line(log, "descriptor %d was handed over, but: %s",
                     first + (int) i, failed);
            net_handed_destroy(handed);
            return NULL;
        }

        handed->n++;
    }

    return handed;
}


void
net_handed_destroy(net_handed_t *handed)
{
    unsigned  i;

    if (handed == NULL) {
        return;
    }

    for (i = 0; i < handed->n; i++) {
        close(handed->sockets[i].fd);
    }

    free(handed);
}


unsigned
net_handed_addresses(const net_handed_t *handed, net_address_t *addresses,
    unsigned max)
{
    unsigned              i, k, n = 0;
    const net_address_t  *address;

    for (i = 0; i < handed->n && n < max; i++) {
        address = &handed->sockets[i].address;

        for (k = 0; k < n; k++) {
            if (net_address_equal(&addresses[k], address)) {
                break;
            }
        }

        if (k == n) {
            addresses[n++] = *address;
        }
    }

    return n;
}


bool
net_handed_taken(const net_handed_t *handed, log_t *log)
{
    bool                        taken = true;
    unsigned                    i;
    const net_handed_socket_t  *sock;

    for (i = 0; i < handed->n; i++) {
        sock = &handed->sockets[i];

        if (sock->taken == 0) {
            log_line(log, "descriptor %d, %s (%s), was handed over, but "
                     "nobody answers there: not a --listen, or more of them "
                     "than threads", sock->fd, sock->address.text,
                     net_handed_kind(sock));
            taken = false;
        }
    }

    return taken;
}


bool
net_handed_has(net_handed_t *handed, const net_address_t *address, int type)
{
    return handed != NULL && net_handed_find(handed, address, type) != NULL;
}


/* A descriptor of its own for each thread, so that each closes its own. */
int
net_handed_take(net_handed_t *handed, const net_address_t *address, int type)
{
    int                   fd;
    net_handed_socket_t  *sock = net_handed_find(handed, address, type);

    fd = fcntl(sock->fd, F_DUPFD_CLOEXEC, 0);

    if (fd != -1) {
        sock->taken++;
    }

    return fd;
}


/* Returns what is wrong with it, or NULL. */
static const char *
net_handed_look(net_handed_socket_t *sock, int fd)
{
    bool            v6;
    char            host[NET_ADDRESS_TEXT - NET_HANDED_PORT - 1];
    char            port[NET_HANDED_PORT];
    net_address_t  *address = &sock->address;

    sock->fd = fd;
    sock->type = net_handed_option(fd, SOL_SOCKET, SO_TYPE);
    address->len = sizeof(address->sockaddr);

    if (sock->type == -1
        || getsockname(fd, (struct sockaddr *) &address->sockaddr,
                       &address->len) == -1)
    {
        return strerror(errno);
    }

    v6 = address->sockaddr.ss_family == AF_INET6;

    if ((!v6 && address->sockaddr.ss_family != AF_INET)
        || (sock->type != SOCK_DGRAM && sock->type != SOCK_STREAM))
    {
        return "neither UDP nor TCP";
    }

    if (sock->type == SOCK_STREAM
        && net_handed_option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1)
    {
        return "a connection, not a listener (Accept=no is what is needed)";
    }

    /* an IPv4 address in IPv6's clothes is another one for every list of
     * prefixes; bound, the socket cannot be changed any more */

    if (v6 && net_handed_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) != 1) {
        return "IPv6 and IPv4 in one (BindIPv6Only=ipv6-only is needed)";
    }

    if (getnameinfo((struct sockaddr *) &address->sockaddr, address->len,
                    host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST|NI_NUMERICSERV|NI_DGRAM) != 0
        || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1
        || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == -1)
    {
        return "its address or its flags cannot be had";
    }

    snprintf(address->text, sizeof(address->text), "%s@%s", host, port);
    address->wildcard = net_address_wildcard(address);

    return NULL;
}


/* -1, which is none of them, where it cannot be had. */
static int
net_handed_option(int fd, int level, int option)
{
    int        value = -1;
    socklen_t  len = sizeof(value);

    return getsockopt(fd, level, option, &value, &len) == -1 ? -1 : value;
}


static const char *
net_handed_kind(const net_handed_socket_t *sock)
{
    return sock->type == SOCK_DGRAM ? "UDP" : "TCP";
}


/* Of several, that which was taken least often: all are, sooner or later. */
static net_handed_socket_t *
net_handed_find(net_handed_t *handed, const net_address_t *address, int type)
{
    unsigned              i;
    net_handed_socket_t  *sock, *found = NULL;

    for (i = 0; i < handed->n; i++) {
        sock = &handed->sockets[i];

        if (sock->type == type && net_address_equal(&sock->address, address)
            && (found == NULL || sock->taken < found->taken))
        {
            found = sock;
        }
    }

    return found;
}
