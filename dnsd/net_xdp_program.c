
/*
 * The filter's way into the kernel.  The link holds the program, and the
 * program its map of sockets: only the link's descriptor need be kept.
 */

#include "net_xdp_program.h"
#include "net_xdp_filter.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>


#define PROGRAM_NAME     "dnsd"

/* It calls nothing that the kernel keeps for programs under the GPL. */
#define PROGRAM_LICENSE  "BSD"


static int net_xdp_program_load(const net_xdp_interface_t *interface,
    int map);


int
net_xdp_program_attach(const net_xdp_interface_t *interface, int *map,
    log_t *log)
{
    int          program = -1, link = -1;
    const char  *failed = NULL;

    *map = bpf_map_create(BPF_MAP_TYPE_XSKMAP, PROGRAM_NAME, sizeof(uint32_t),
                          sizeof(int), interface->queues, NULL);

    if (*map < 0) {
        failed = "cannot make a map of sockets";

    } else if ((program = net_xdp_program_load(interface, *map)) < 0) {
        failed = "cannot load the filter";

    } else if ((link = bpf_link_create(program, (int) interface->index,
                                       BPF_XDP, NULL)) < 0)
    {
        /* the one for a program that came by a link, the other for one that
         * came without */

        failed = errno == EBUSY || errno == EEXIST
                 ? "the interface has an XDP program, which is left alone"
                 : "cannot attach the filter";
    }

    if (failed != NULL) {
        log_line(log, "--xdp %s: %s: %s", interface->name, failed,
                 strerror(errno));
    }

    if (program >= 0) {
        close(program);
    }

    return link >= 0 ? link : -1;
}


bool
net_xdp_program_redirect(int map, unsigned queue, int sock)
{
    uint32_t  key = queue;

    return bpf_map_update_elem(map, &key, &sock, BPF_ANY) == 0;
}


static int
net_xdp_program_load(const net_xdp_interface_t *interface, int map)
{
    size_t           n;
    struct bpf_insn  instructions[NET_XDP_FILTER_MAX];
    LIBBPF_OPTS(bpf_prog_load_opts, options,
        .expected_attach_type = BPF_XDP);

    n = net_xdp_filter_write(&interface->filter, map, instructions);

    return bpf_prog_load(BPF_PROG_TYPE_XDP, PROGRAM_NAME, PROGRAM_LICENSE,
                         instructions, n, &options);
}
