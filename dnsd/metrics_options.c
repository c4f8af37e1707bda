
/*
 * Where metrics may be served.  They tell a stranger what is asked and how
 * often, so that a mistyped address must not show them to all.
 */

#include "metrics.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>


static bool metrics_loopback(const net_address_t *address);


bool
metrics_options_parse(metrics_options_t *options, const char *text)
{
    bool         exposed;
    const char  *path;

    if (strncmp(text, "unix:", 5) == 0) {
        path = text + 5;

        if (path[0] != '/' || strlen(path) >= sizeof(options->path)) {
            return false;
        }

        strcpy(options->path, path);

        return true;
    }

    exposed = strncmp(text, "exposed:", 8) == 0;

    /* without a port it would be that of DNS */

    return strchr(text, '@') != NULL
           && net_address_parse(&options->address, text + (exposed ? 8 : 0))
           && (exposed || metrics_loopback(&options->address));
}


static bool
metrics_loopback(const net_address_t *address)
{
    const struct sockaddr_in   *sin = (const void *) &address->sockaddr;
    const struct sockaddr_in6  *sin6 = (const void *) &address->sockaddr;

    return address->sockaddr.ss_family == AF_INET6
           ? IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr)
           : ntohl(sin->sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}
