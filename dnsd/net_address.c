
/*
 * Addresses and sockets.  Runs at start only, perhaps as root.
 */

#include "net_handed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define NET_PORT          "53"

/* A burst of 4000 queries; half has been seen to drop some while a thread
 * waits for its turn on a busy machine.  The kernel may grant less. */
#define NET_RECEIVE_BUFFER  (1024 * 1024)

/* Newcomers of a busy moment, who otherwise come again after a second; the
 * kernel bounds it by somaxconn. */
#define NET_BACKLOG       1024


static unsigned net_address_port(const net_address_t *address);
static const char *net_address_prepare(int fd, const net_address_t *address,
    int type, bool shared);
static const char *net_address_udp(int fd, int family, bool wildcard);
static bool net_set(int fd, int level, int option, int value);


/* Numbers only: a name would be looked up in the DNS that is to be served. */
bool
net_address_parse(net_address_t *address, const char *text)
{
    char              host[NET_ADDRESS_TEXT - sizeof("@65535")], *at;
    const char       *port = NET_PORT;
    struct in_addr    v4;
    struct addrinfo  *found, hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_DGRAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    };

    if (strlen(text) >= sizeof(host)) {
        return false;
    }

    strcpy(host, text);
    at = strchr(host, '@');

    if (at != NULL) {
        *at = '\0';
        port = at + 1;
    }

    /* getaddrinfo takes port numbers modulo 65536, and 127.1 or 010.0.0.1
     * for addresses; but it knows the zones of link-local ones */

    if (strchr(host, ':') == NULL && inet_pton(AF_INET, host, &v4) != 1) {
        return false;
    }

    if (port[0] == '\0' || strlen(port) > 5
        || strspn(port, "0123456789") != strlen(port)
        || getaddrinfo(host, port, &hints, &found) != 0)
    {
        return false;
    }

    /* padding too: two addresses are compared as bytes */

    memset(address, 0, sizeof(*address));
    memcpy(&address->sockaddr, found->ai_addr, found->ai_addrlen);
    address->len = found->ai_addrlen;
    freeaddrinfo(found);

    snprintf(address->text, sizeof(address->text), "%s@%.5s", host, port);

    address->wildcard = net_address_wildcard(address);

    return net_address_port(address) != 0
           && strtoul(port, NULL, 10) == net_address_port(address);
}


bool
net_address_wildcard(const net_address_t *address)
{
    const struct sockaddr_in   *sin = (const void *) &address->sockaddr;
    const struct sockaddr_in6  *sin6 = (const void *) &address->sockaddr;

    return address->sockaddr.ss_family == AF_INET6
           ? IN6_IS_ADDR_UNSPECIFIED(&sin6->sin6_addr)
           : sin->sin_addr.s_addr == INADDR_ANY;
}


/* Not byte by byte: a socket's own name has a flow label where a parsed one
 * has nothing. */
bool
net_address_equal(const net_address_t *a, const net_address_t *b)
{
    const struct sockaddr_in   *a4 = (const void *) &a->sockaddr;
    const struct sockaddr_in   *b4 = (const void *) &b->sockaddr;
    const struct sockaddr_in6  *a6 = (const void *) &a->sockaddr;
    const struct sockaddr_in6  *b6 = (const void *) &b->sockaddr;

    if (a->sockaddr.ss_family != b->sockaddr.ss_family
        || net_address_port(a) != net_address_port(b))
    {
        return false;
    }

    return a->sockaddr.ss_family == AF_INET6
           ? a6->sin6_scope_id == b6->sin6_scope_id
             && IN6_ARE_ADDR_EQUAL(&a6->sin6_addr, &b6->sin6_addr)
           : a4->sin_addr.s_addr == b4->sin_addr.s_addr;
}


static unsigned
net_address_port(const net_address_t *address)
{
    const struct sockaddr_in   *sin = (const void *) &address->sockaddr;
    const struct sockaddr_in6  *sin6 = (const void *) &address->sockaddr;

    return ntohs(address->sockaddr.ss_family == AF_INET6 ? sin6->sin6_port
                                                         : sin->sin_port);
}


/* Bound without SO_REUSEPORT and closed again: the kernel then refuses where
 * anybody, with that option or without, has the port. */
bool
net_address_free(const net_address_t *address, int type,
    net_handed_t *handed, log_t *log)
{
    int          fd;
    const char  *failed = "socket()";

    if (net_handed_has(handed, address, type)) {
        return true;                    /* bound */
    }

    fd = socket(address->sockaddr.ss_family, type | SOCK_CLOEXEC, 0);

    if (fd != -1) {
        failed = net_address_prepare(fd, address, type, false);
    }

    if (failed != NULL) {
        log_line(log, "cannot listen on %s (%s): %s: %s", address->text,
                 type == SOCK_DGRAM ? "UDP" : "TCP", failed,
                 strerror(errno));
    }

    if (fd != -1) {
        close(fd);
    }

    return failed == NULL;
}


int
net_address_open(const net_address_t *address, int type, net_handed_t *handed,
    log_t *log)
{
    int          fd;
    bool         bound = net_handed_has(handed, address, type);
    const char  *failed = "socket()";

    fd = bound
         ? net_handed_take(handed, address, type)
         : socket(address->sockaddr.ss_family,
                  type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd != -1) {
        failed = bound ? NULL : net_address_prepare(fd, address, type, true);
    }

    if (failed == NULL && type == SOCK_DGRAM) {
        failed = net_address_udp(fd, address->sockaddr.ss_family,
                                 address->wildcard);
    }

    /* without TCP_NODELAY a second answer waits for the first one's ACK */

    if (failed == NULL && type == SOCK_STREAM) {
        (void) net_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);

        /* RFC 7413, where the administrator allows it (tcp_fastopen): a query
         * may come twice without harm.  Not TCP_DEFER_ACCEPT: who never asks
         * would wait in the kernel's queue of half-open connections, which is
         * smaller than our table, and in nobody's order */

        (void) net_set(fd, IPPROTO_TCP, TCP_FASTOPEN, NET_BACKLOG);

        if (!bound && listen(fd, NET_BACKLOG) == -1) {
            failed = "listen()";
        }
    }

    if (failed == NULL) {
        return fd;
    }

    log_line(log, "cannot listen on %s (%s): %s: %s", address->text,
             type == SOCK_DGRAM ? "UDP" : "TCP", failed, strerror(errno));

    if (fd != -1) {
        close(fd);
    }

    return -1;
}


/* Returns the call that failed, or NULL. */
static const char *
net_address_prepare(int fd, const net_address_t *address, int type,
    bool shared)
{
    /* :: and 0.0.0.0 are two addresses, whatever bindv6only says */

    if (address->sockaddr.ss_family == AF_INET6
        && !net_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
    {
        return "setsockopt(IPV6_V6ONLY)";
    }

    /* connections of the process before are still in TIME_WAIT */

    if (type == SOCK_STREAM && !net_set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) {
        return "setsockopt(SO_REUSEADDR)";
    }

    if (shared && !net_set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) {
        return "setsockopt(SO_REUSEPORT)";
    }

    if (bind(fd, (const struct sockaddr *) &address->sockaddr, address->len)
        == -1)
    {
        return "bind()";
    }

    return NULL;
}


static const char *
net_address_udp(int fd, int family, bool wildcard)
{
    bool  v6 = family == AF_INET6;

    (void) net_set(fd, SOL_SOCKET, SO_RCVBUF, NET_RECEIVE_BUFFER);

    /* a forged ICMP must not make us send fragments, nor lower the path's
     * MTU for others */

    if (!net_set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                 v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
                 v6 ? IPV6_PMTUDISC_OMIT : IP_PMTUDISC_OMIT))
    {
        return "setsockopt(MTU_DISCOVER)";
    }

    /* an answer leaves from the address that was asked */

    if (wildcard
        && !net_set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                    v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1))
    {
        return "setsockopt(PKTINFO)";
    }

    return NULL;
}


/* An int option; errno says why not. */
static bool
net_set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}
