
/*
 * Frames go round: the kernel fills those of the fill ring and shows them in
 * the receive ring; from there they come back through the fill ring at once,
 * or through the transmit and completion rings.  Each ring has more room than
 * there are frames, so none is ever full and no frame is lost.
 *
 * Half of them at most wait to be sent.  Where the wire is slower than the
 * answers, or is not there, further answers are lost, as a socket's would be;
 * with all frames there, no query could come in any more that would set
 * things going again.
 */

#include "net_xdp_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <xdp/xsk.h>


/* A power of two.  A burst of 1024 queries is what the buffer of a socket takes
 * (net_address.c), too, and about three milliseconds of work.  All frames come
 * in turn: of twice as many more would have left the processor's cache. */
#define SOCKET_FRAMES   1024
#define SOCKET_MEMORY   ((size_t) SOCKET_FRAMES * NET_XDP_FRAME_SIZE)

#define SOCKET_SENDING  (SOCKET_FRAMES / 2)

/* Twice, because the kernel may show a frame to us before it tells that it has
 * taken it out of the ring that we put it into. */
#define SOCKET_RING     (2 * SOCKET_FRAMES)

/* For 2 s in all, in ms: the kernel takes a moment to let go of the queues of
 * a process that has just ended, most likely the dnsd before. */
#define SOCKET_TRIES    100
#define SOCKET_PAUSE    20

/* Of sendto(): the kernel sends 32 frames in one. */
#define SOCKET_KICKS    4


struct net_xdp_socket_s {
    struct xsk_socket    *xsk;
    struct xsk_umem      *umem;
    uint8_t              *memory;
    struct xsk_ring_prod  fill;
    struct xsk_ring_cons  complete;
    struct xsk_ring_cons  receive;
    struct xsk_ring_prod  transmit;
    unsigned              sending;      /* frames that are not back yet */
};


static const char *net_xdp_socket_open(net_xdp_socket_t *sock,
    const char *interface, unsigned queue);
static void net_xdp_socket_close(net_xdp_socket_t *sock);
static void net_xdp_socket_reclaim(net_xdp_socket_t *sock);
static void net_xdp_socket_fill(net_xdp_socket_t *sock, uint64_t address);
static void net_xdp_socket_kick(net_xdp_socket_t *sock);


net_xdp_socket_t *
net_xdp_socket_create(const char *interface, unsigned queue, log_t *log)
{
    unsigned               tries;
    const char            *failed;
    net_xdp_socket_t      *sock;
    const struct timespec  pause = { .tv_nsec = SOCKET_PAUSE * 1000000 };

    sock = calloc(1, sizeof(*sock));

    if (sock == NULL) {
        log_line(log, "no memory for an AF_XDP socket");
        return NULL;
    }

    for (tries = 1; /* void */ ; tries++) {
        failed = net_xdp_socket_open(sock, interface, queue);

        if (failed == NULL) {
            return sock;
        }

        if (errno != EBUSY || tries == SOCKET_TRIES) {
            break;
        }

        net_xdp_socket_close(sock);
        (void) nanosleep(&pause, NULL);
    }

    log_line(log, "--xdp %s: queue %u: %s: %s", interface, queue, failed,
             strerror(errno));
    net_xdp_socket_destroy(sock);

    return NULL;
}


void
net_xdp_socket_destroy(net_xdp_socket_t *sock)
{
    if (sock != NULL) {
        net_xdp_socket_close(sock);
        free(sock);
    }
}


int
net_xdp_socket_fd(const net_xdp_socket_t *sock)
{
    return xsk_socket__fd(sock->xsk);
}


unsigned
net_xdp_socket_receive(net_xdp_socket_t *sock, net_xdp_packet_t *packets,
    unsigned n)
{
    uint32_t                at;
    unsigned                i;
    const struct xdp_desc  *frame;

    net_xdp_socket_reclaim(sock);

    n = xsk_ring_cons__peek(&sock->receive, n, &at);

    for (i = 0; i < n; i++) {
        frame = xsk_ring_cons__rx_desc(&sock->receive, at + i);
        packets[i].data = sock->memory + frame->addr;
        packets[i].len = frame->len;

        /* no driver leaves more than that before a packet; an answer has to
         * have its room */

        if (frame->addr % NET_XDP_FRAME_SIZE > NET_XDP_HEADROOM) {
            packets[i].len = 0;
        }

        /* another processor has written it: waiting for all at once */

        __builtin_prefetch(packets[i].data);
        __builtin_prefetch(packets[i].data + 64);
    }

    if (n != 0) {
        xsk_ring_cons__release(&sock->receive, n);
    }

    return n;
}


void
net_xdp_socket_send(net_xdp_socket_t *sock, const net_xdp_packet_t *packets,
    unsigned n)
{
    uint32_t          at = 0;
    uint64_t          address;
    unsigned          i, nfilled = 0, nsent = 0;
    struct xdp_desc  *frame;

    for (i = 0; i < n; i++) {
        address = (uint64_t) (packets[i].data - sock->memory);

        if (packets[i].len == 0 || sock->sending + nsent == SOCKET_SENDING) {
            net_xdp_socket_fill(sock, address);
            nfilled++;
            continue;
        }

        (void) xsk_ring_prod__reserve(&sock->transmit, 1, &at);
        frame = xsk_ring_prod__tx_desc(&sock->transmit, at);
        frame->addr = address;
        frame->len = (uint32_t) packets[i].len;
        frame->options = 0;
        nsent++;
    }

    if (nfilled != 0) {
        xsk_ring_prod__submit(&sock->fill, nfilled);
    }

    if (nsent != 0) {
        xsk_ring_prod__submit(&sock->transmit, nsent);
        sock->sending += nsent;
    }

    if (sock->sending != 0) {
        net_xdp_socket_kick(sock);
    }
}


/* Returns the call that failed, with errno set, or NULL. */
static const char *
net_xdp_socket_open(net_xdp_socket_t *sock, const char *interface,
    unsigned queue)
{
    int                             error;
    unsigned                        i;
    void                           *memory;
    const struct xsk_umem_config    umem = {
        .fill_size = SOCKET_RING,
        .comp_size = SOCKET_RING,
        .frame_size = NET_XDP_FRAME_SIZE
    };
    const struct xsk_socket_config  config = {
        .rx_size = SOCKET_RING,
        .tx_size = SOCKET_RING,
        .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
        .bind_flags = XDP_USE_NEED_WAKEUP
    };

    memory = mmap(NULL, SOCKET_MEMORY, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        return "mmap()";
    }

    sock->memory = memory;

    error = xsk_umem__create(&sock->umem, memory, SOCKET_MEMORY, &sock->fill,
                             &sock->complete, &umem);

    if (error != 0) {
        errno = -error;
        return "cannot register its memory";
    }

    error = xsk_socket__create(&sock->xsk, interface, queue, sock->umem,
                               &sock->receive, &sock->transmit, &config);

    if (error != 0) {
        errno = -error;
        return "cannot make a socket";
    }

    for (i = 0; i < SOCKET_FRAMES; i++) {
        net_xdp_socket_fill(sock, (uint64_t) i * NET_XDP_FRAME_SIZE);
    }

    xsk_ring_prod__submit(&sock->fill, SOCKET_FRAMES);

    return NULL;
}


/* Also after half of net_xdp_socket_open, which may follow again. */
static void
net_xdp_socket_close(net_xdp_socket_t *sock)
{
    if (sock->xsk != NULL) {
        xsk_socket__delete(sock->xsk);
    }

    if (sock->umem != NULL) {
        (void) xsk_umem__delete(sock->umem);
    }

    if (sock->memory != NULL) {
        munmap(sock->memory, SOCKET_MEMORY);
    }

    memset(sock, 0, sizeof(*sock));
}


/* What was sent is room again. */
static void
net_xdp_socket_reclaim(net_xdp_socket_t *sock)
{
    uint32_t  at;
    unsigned  i, n;

    n = xsk_ring_cons__peek(&sock->complete, SOCKET_FRAMES, &at);

    if (n == 0) {
        return;
    }

    for (i = 0; i < n; i++) {
        net_xdp_socket_fill(sock,
                            *xsk_ring_cons__comp_addr(&sock->complete, at + i));
    }

    sock->sending -= n;
    xsk_ring_cons__release(&sock->complete, n);
    xsk_ring_prod__submit(&sock->fill, n);
}


/* Not yet submitted.  An address within a frame stands for the frame. */
static void
net_xdp_socket_fill(net_xdp_socket_t *sock, uint64_t address)
{
    uint32_t  at = 0;

    (void) xsk_ring_prod__reserve(&sock->fill, 1, &at);
    *xsk_ring_prod__fill_addr(&sock->fill, at) = address;
}


/* EAGAIN: there is more than it takes in one go.  What the interface cannot
 * take now goes with the next batch. */
static void
net_xdp_socket_kick(net_xdp_socket_t *sock)
{
    unsigned  i;

    if (!xsk_ring_prod__needs_wakeup(&sock->transmit)) {
        return;
    }

    for (i = 0; i < SOCKET_KICKS; i++) {
        if (sendto(net_xdp_socket_fd(sock), NULL, 0, MSG_DONTWAIT, NULL, 0)
            != -1 || errno != EAGAIN)
        {
            return;
        }
    }
}
