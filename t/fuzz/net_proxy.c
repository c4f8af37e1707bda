
/* units: dnsd/net_proxy.c */

/*
 * Headers of the PROXY protocol.  Whatever comes: a header does not change its
 * mind when more follows it, and nothing is asked for without a bound.
 */

#include "net_proxy.h"

#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static net_proxy_result_t
parse(const uint8_t *data, size_t n, net_proxy_header_t *header)
{
    uint8_t             *copy = malloc(n);
    net_proxy_result_t   result;

    if (n != 0) {
        memcpy(copy, data, n);
    }

    result = net_proxy_parse(copy, n, header);
    free(copy);

    return result;
}


static void
require(int condition)
{
    if (!condition) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t               n;
    net_proxy_header_t   header, first;
    net_proxy_result_t   result, before = NET_PROXY_MORE;

    /* all beginnings, but for the middle of long ones */

    for (n = 0; n <= size; n = n == 128 && size > 256 ? size - 8 : n + 1) {
        result = parse(data, n, &header);
        require(header.len <= NET_PROXY_MAX || result == NET_PROXY_BAD);

        switch (result) {

        case NET_PROXY_MORE:
            require(before == NET_PROXY_MORE);
            require(n < NET_PROXY_MAX && (header.len == 0 || header.len > n));
            break;

        case NET_PROXY_DONE:
            require(header.len != 0 && header.len <= n);
            require(before == NET_PROXY_DONE || header.len == n || n > 128);

            if (before == NET_PROXY_DONE) {
                require(memcmp(&header, &first, sizeof(header)) == 0);
            }

            first = header;
            break;

        default:
            require(before != NET_PROXY_DONE);
            break;
        }

        before = result;
    }

    return 0;
}
