
/*
 * In the place of the other net_xdp*.c files where libxdp or libbpf was not
 * there to build them.
 */

#include "net_xdp.h"


net_xdp_t *
net_xdp_create(const net_options_t *options, net_thread_t *threads,
    log_t *log)
{
    (void) threads;

    log_line(log, "--xdp %s: this dnsd was built without AF_XDP",
             options->xdp[0].name);

    return NULL;
}


void
net_xdp_destroy(net_xdp_t *xdp)
{
    (void) xdp;
}
