
/*
 * One end of a connection, in as few bytes as its family needs: there are many
 * of them.
 */

#ifndef NET_ENDPOINT_H
#define NET_ENDPOINT_H


#include <netinet/in.h>
#include <sys/socket.h>


typedef union {
    struct sockaddr      any;
    struct sockaddr_in   v4;
    struct sockaddr_in6  v6;
} net_endpoint_t;


#endif /* NET_ENDPOINT_H */
