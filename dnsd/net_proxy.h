
/*
 * The header of the PROXY protocol, by which a proxy tells whose connection
 * it carries: version 2 (binary) and version 1 (a line of text, which is all
 * that nginx 1.22 writes).
 */

#ifndef NET_PROXY_H
#define NET_PROXY_H


#include "net_endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* Room for the extras that proxies are known to add, certificates apart. */
#define NET_PROXY_MAX  4096


typedef enum {
    NET_PROXY_MORE = 0,          /* nothing wrong yet */
    NET_PROXY_DONE,
    NET_PROXY_BAD
} net_proxy_result_t;


typedef struct {
    size_t          len;         /* of the header.  Also of one that is not
                                    all there, at most NET_PROXY_MAX; 0 where
                                    that cannot be said yet */
    bool            local;       /* the proxy's own connection: no source */
    bool            plain;       /* the client came to the proxy without TLS:
                                    only version 2 can say so */
    net_endpoint_t  source;      /* the client */
} net_proxy_header_t;


/* Looks at the first n bytes of a connection.  What follows the header is not
 * looked at. */
net_proxy_result_t net_proxy_parse(const uint8_t *bytes, size_t n,
    net_proxy_header_t *header);


#endif /* NET_PROXY_H */
