/* units: dnsd/net_xdp_frame.c */

/*
 * Any bytes, as a frame, and the reply to it, which must be a frame that is
 * taken, too.  An odd first byte has the sums made right, by which nearly
 * everything else would be refused.
 */

#include "net_xdp_frame.h"
#include "../unit/net_xdp_sample.h"

#include <stdlib.h>
#include <string.h>


#define REPLY  100


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
must(int condition)
{
    if (!condition) {
        abort();
    }
}


/* A UDP sum of the pseudo-header alone needs no length to be right. */
static void
seal(uint8_t *bytes, size_t size)
{
    bool  v6 = bytes[12] == 0x86;

    if (size < NET_XDP_HEADERS_MAX) {
        return;
    }

    sample_put(bytes + (v6 ? SAMPLE_V6_UDP : SAMPLE_V4_UDP) + 6,
               sample_udp_sum(bytes, v6, true));

    if (!v6) {
        sample_put(bytes + 24, 0);
        sample_put(bytes + 24, 0xffff - sample_sum(bytes + 14, 20));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t              len;
    uint8_t            *bytes, reply[REPLY];
    net_xdp_frame_t     frame, again;
    net_xdp_address_t   peer, local;

    if (size == 0) {
        return 0;
    }

    /* room for the reply behind headers of any kind */

    bytes = malloc(size + NET_XDP_HEADERS_MAX + REPLY);
    must(bytes != NULL);
    memcpy(bytes, data + 1, --size);
    memset(reply, 'r', sizeof(reply));

    if (data[0] & 1) {
        seal(bytes, size);
    }

    if (net_xdp_frame_parse(&frame, bytes, size)) {
        must(frame.payload >= bytes
             && frame.payload + frame.payload_len <= bytes + size);

        net_xdp_frame_addresses(&frame, &peer, &local);
        must(peer.any.sa_family == (frame.v6 ? AF_INET6 : AF_INET));

        len = net_xdp_frame_reply(&frame, reply, sizeof(reply));
        must(len <= NET_XDP_HEADERS_MAX + REPLY);

        /* from our side: what must not be a source may have been a target, and
         * a reply to port 0 never is */

        if (net_xdp_frame_parse(&again, bytes, len)) {
            must(again.payload_len == sizeof(reply));
            must(memcmp(again.payload, reply, sizeof(reply)) == 0);
        }
    }

    free(bytes);

    return 0;
}
