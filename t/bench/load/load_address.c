
/*
 * Addresses of the command line.
 */

#include "load_address.h"

#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


socklen_t
load_address(struct sockaddr_storage *address, const char *text)
{
    int               result;
    char              host[64], port[8];
    socklen_t         len;
    struct addrinfo  *found;

    const struct addrinfo  hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
        .ai_socktype = SOCK_DGRAM
    };

    if (sscanf(text, "%63[^@]@%7s", host, port) != 2) {
        errx(2, "%s: not ADDR@PORT", text);
    }

    result = getaddrinfo(host, port, &hints, &found);

    if (result != 0) {
        errx(2, "%s: %s", text, gai_strerror(result));
    }

    len = found->ai_addrlen;
    memcpy(address, found->ai_addr, len);
    freeaddrinfo(found);

    return len;
}
