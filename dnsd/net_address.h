
/*
 * Addresses to listen on, and their sockets.
 */

#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H


#include "log.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>


#define NET_ADDRESS_TEXT  80       /* an IPv6 literal, its zone, the port */


struct net_handed_s;


typedef struct {
    struct sockaddr_storage  sockaddr;
    socklen_t                len;
    bool                     wildcard;
    char                     text[NET_ADDRESS_TEXT];
} net_address_t;


/* ADDR or ADDR@PORT, numeric: 192.0.2.53, 2001:db8::53, ::1@5300.  False
 * where it is neither. */
bool net_address_parse(net_address_t *address, const char *text);

/* Address and port; what else belongs to it does not count. */
bool net_address_equal(const net_address_t *a, const net_address_t *b);

bool net_address_wildcard(const net_address_t *address);

/* True where nobody has the address for sockets of that type: SO_REUSEPORT
 * alone would let a second dnsd of the same user share the port silently.  Logs
 * why not.  Sockets that were handed over (net_handed.h; NULL: none) are ours
 * to use. */
bool net_address_free(const net_address_t *address, int type,
    struct net_handed_s *handed, log_t *log);

/* A bound socket, of SOCK_DGRAM or listening of SOCK_STREAM, not blocking,
 * shared by SO_REUSEPORT or handed over.  -1 where it cannot be had, which is
 * logged. */
int net_address_open(const net_address_t *address, int type,
    struct net_handed_s *handed, log_t *log);


#endif /* NET_ADDRESS_H */
