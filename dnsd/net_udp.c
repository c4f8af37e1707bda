
/*
 * UDP.  A batch is received, answered from one snapshot, and sent; the
 * snapshot is let go before anything is sent.
 */

#include "net_endpoint.h"
#include "net_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define NET_UDP_BATCH   LOOKUP_BATCH

/* Batches of one socket before the others have their turn: 256 packets, about a
 * millisecond.  Without a bound a flood of one address would starve the stop
 * event and TCP; with one batch each, busy sockets pay an epoll_wait for it. */
#define NET_UDP_ROUNDS  8

/* A query is a name and an OPT; what is larger is no query. */
#define NET_UDP_QUERY   4096

/* Beginnings of buffers that all lie a multiple of 4096 bytes apart would
 * compete for the same few places in the cache. */
#define NET_UDP_APART   64

/* Room for one in6_pktinfo, the larger of the two kinds. */
#define NET_UDP_CONTROL  CMSG_SPACE(sizeof(struct in6_pktinfo))


typedef struct {
    net_event_t       event;
    net_address_t     address;
} net_udp_socket_t;


typedef union {
    struct cmsghdr    align;
    uint8_t           bytes[NET_UDP_CONTROL];
} net_udp_control_t;


/* Buffers of a batch; each message keeps its own from receipt to reply. */
typedef struct {
    struct mmsghdr           in[NET_UDP_BATCH];
    struct mmsghdr           out[NET_UDP_BATCH];
    struct iovec             in_iov[NET_UDP_BATCH];
    struct iovec             out_iov[NET_UDP_BATCH];
    struct sockaddr_storage  peers[NET_UDP_BATCH];
    net_udp_control_t        control[NET_UDP_BATCH];
    uint8_t                  queries[NET_UDP_BATCH][NET_UDP_QUERY
                                                    + NET_UDP_APART];
    uint8_t                  replies[NET_UDP_BATCH][NET_UDP_SIZE_MAX
                                                    + NET_UDP_APART];
    answer_t                 answers[NET_UDP_BATCH];
} net_udp_batch_t;


struct net_udp_s {
    net_udp_batch_t    batch;
    unsigned           n;
    net_udp_socket_t   sockets[];
};


static void net_udp_handler(net_thread_t *thread, net_event_t *event,
    uint32_t events);
static int net_udp_receive(net_udp_batch_t *batch, net_udp_socket_t *sock);
static void net_udp_answer(net_thread_t *thread, const net_udp_socket_t *sock,
    unsigned n);
static bool net_udp_wanted(const struct mmsghdr *message);
static const struct sockaddr *net_udp_local(const net_udp_socket_t *sock,
    const struct msghdr *message, net_endpoint_t *local);
static unsigned net_udp_replies(net_udp_batch_t *batch, unsigned n);
static void net_udp_source(struct msghdr *message);
static void net_udp_send(net_udp_batch_t *batch, int fd, unsigned n);


/* A thread's buffers are its own, under 300 KB that stay in the cache of the
 * core it runs on. */
net_udp_t *
net_udp_create(const net_options_t *options, log_t *log)
{
    unsigned           i;
    net_udp_t         *udp;
    net_udp_socket_t  *sock;

    udp = calloc(1, sizeof(*udp)
                    + options->naddresses * sizeof(net_udp_socket_t));

    if (udp == NULL) {
        log_line(log, "no memory for the UDP buffers");
        return NULL;
    }

    for (i = 0; i < options->naddresses; i++) {
        sock = &udp->sockets[i];
        sock->event.handler = net_udp_handler;
        sock->address = options->addresses[i];
        sock->event.fd = net_address_open(&sock->address, SOCK_DGRAM,
                                          options->handed, log);

        if (sock->event.fd == -1) {
            net_udp_destroy(udp);
            return NULL;
        }

        udp->n++;
    }

    return udp;
}


void
net_udp_destroy(net_udp_t *udp)
{
    unsigned  i;

    if (udp == NULL) {
        return;
    }

    for (i = 0; i < udp->n; i++) {
        close(udp->sockets[i].event.fd);
    }

    free(udp);
}


bool
net_udp_start(net_thread_t *thread)
{
    unsigned          i;
    net_udp_t        *udp = thread->udp;
    net_udp_batch_t  *batch = &udp->batch;

    /* what no batch changes is set once */

    for (i = 0; i < NET_UDP_BATCH; i++) {
        batch->in_iov[i].iov_base = batch->queries[i];
        batch->in_iov[i].iov_len = NET_UDP_QUERY;
        batch->in[i].msg_hdr.msg_iov = &batch->in_iov[i];
        batch->in[i].msg_hdr.msg_iovlen = 1;
        batch->in[i].msg_hdr.msg_name = &batch->peers[i];

        batch->answers[i].query = batch->queries[i];
        batch->answers[i].reply = batch->replies[i];
        batch->answers[i].reply_size = NET_UDP_SIZE_MAX;
    }

    /* a socket that was handed over may be shared by threads: one of them is
     * enough for a packet */

    for (i = 0; i < udp->n; i++) {
        if (!net_event_add(thread, &udp->sockets[i].event,
                           EPOLLIN | EPOLLEXCLUSIVE))
        {
            return false;
        }
    }

    return true;
}


/* A full batch says that more is waiting; what a short one left comes with the
 * next event, since epoll is level-triggered here. */
static void
net_udp_handler(net_thread_t *thread, net_event_t *event, uint32_t events)
{
    int                n;
    int64_t            received;
    unsigned           round;
    net_udp_batch_t   *batch = &thread->udp->batch;
    net_udp_socket_t  *sock = (net_udp_socket_t *) event;

    (void) events;

    for (round = 0; round < NET_UDP_ROUNDS; round++) {
        n = net_udp_receive(batch, sock);

        if (n <= 0) {
            return;                     /* EAGAIN; others come by again */
        }

        received = stats_received(&thread->stats);

        net_udp_answer(thread, sock, (unsigned) n);
        net_udp_send(batch, event->fd, net_udp_replies(batch, (unsigned) n));

        stats_sent(&thread->stats, received, (unsigned) n);

        if (n < NET_UDP_BATCH) {
            return;
        }
    }
}


/* recvmmsg overwrites lengths and flags, so they are set for each call.  What
 * is there is taken; nobody waits for a full batch. */
static int
net_udp_receive(net_udp_batch_t *batch, net_udp_socket_t *sock)
{
    unsigned        i;
    struct msghdr  *message;

    for (i = 0; i < NET_UDP_BATCH; i++) {
        message = &batch->in[i].msg_hdr;
        message->msg_namelen = sizeof(batch->peers[i]);
        message->msg_control = sock->address.wildcard ? &batch->control[i]
                                                     : NULL;
        message->msg_controllen = sock->address.wildcard
                                  ? sizeof(batch->control[i]) : 0;
        message->msg_flags = 0;
    }

    return recvmmsg(sock->event.fd, batch->in, NET_UDP_BATCH, MSG_DONTWAIT,
                    NULL);
}


/* The snapshot lives here and no longer: nothing in between can wait. */
static void
net_udp_answer(net_thread_t *thread, const net_udp_socket_t *sock, unsigned n)
{
    bool              asked = net_tapped(thread) && sock->address.wildcard;
    unsigned          i;
    net_endpoint_t    local;
    net_exchange_t    exchange;
    net_udp_batch_t  *batch = &thread->udp->batch;
    answer_context_t  context = {
        .policy = &thread->policy->answer,
        .now = net_wall(),
        .sign = thread->sign
    };

    /* an unwanted packet is a query of no bytes: dropped and counted as such */

    for (i = 0; i < n; i++) {
        batch->answers[i].query_len = net_udp_wanted(&batch->in[i])
                                      ? batch->in[i].msg_len : 0;
        batch->answers[i].client = net_client((const struct sockaddr *)
                                              &batch->peers[i]);
    }

    net_tap_received(thread, &exchange);

    (void) lookup_begin(thread->lookup);
    answer_queries(thread->lookup, &context, batch->answers, n);
    lookup_end(thread->lookup);

    exchange.transport = NET_UDP;
    exchange.now = net_now();
    exchange.local = (const struct sockaddr *) &sock->address.sockaddr;

    for (i = 0; i < n; i++) {
        exchange.peer = (const struct sockaddr *) &batch->peers[i];

        if (asked) {
            exchange.local = net_udp_local(sock, &batch->in[i].msg_hdr,
                                           &local);
        }

        net_settle(thread, &batch->answers[i], &exchange);
    }
}


/* Nobody can listen on port 0, and what did not fit is no query. */
static bool
net_udp_wanted(const struct mmsghdr *message)
{
    const struct sockaddr_storage  *peer = message->msg_hdr.msg_name;

    if (message->msg_hdr.msg_flags & MSG_TRUNC) {
        return false;
    }

    return peer->ss_family == AF_INET6
           ? ((const struct sockaddr_in6 *) peer)->sin6_port != 0
           : ((const struct sockaddr_in *) peer)->sin_port != 0;
}


/* The address that was asked, at the socket's port; or the socket's, where the
 * kernel did not tell. */
static const struct sockaddr *
net_udp_local(const net_udp_socket_t *sock, const struct msghdr *message,
    net_endpoint_t *local)
{
    struct cmsghdr            *control = CMSG_FIRSTHDR(message);
    const struct sockaddr     *own = (const struct sockaddr *)
                                     &sock->address.sockaddr;
    const struct in_pktinfo   *info;
    const struct in6_pktinfo  *info6;

    memcpy(local, own, sock->address.len);

    if (control != NULL && control->cmsg_level == IPPROTO_IP
        && control->cmsg_type == IP_PKTINFO)
    {
        info = (const struct in_pktinfo *) CMSG_DATA(control);
        local->v4.sin_addr = info->ipi_addr;

    } else if (control != NULL && control->cmsg_level == IPPROTO_IPV6
               && control->cmsg_type == IPV6_PKTINFO)
    {
        info6 = (const struct in6_pktinfo *) CMSG_DATA(control);
        local->v6.sin6_addr = info6->ipi6_addr;
    }

    return &local->any;
}


/* Prepares what is to be sent; returns how much that is. */
static unsigned
net_udp_replies(net_udp_batch_t *batch, unsigned n)
{
    unsigned        i, nreplies = 0;
    struct iovec   *iov;
    struct msghdr  *message;

    for (i = 0; i < n; i++) {
        if (batch->answers[i].reply_len == 0) {
            continue;
        }

        iov = &batch->out_iov[nreplies];
        iov->iov_base = batch->answers[i].reply;
        iov->iov_len = batch->answers[i].reply_len;

        message = &batch->out[nreplies].msg_hdr;
        *message = batch->in[i].msg_hdr;
        message->msg_iov = iov;
        message->msg_flags = 0;

        if (message->msg_control != NULL) {
            net_udp_source(message);
        }

        nreplies++;
    }

    return nreplies;
}


/* Turns the address that was asked into the one to send from.  The interface
 * is left to routing: the way back need not be the way in. */
static void
net_udp_source(struct msghdr *message)
{
    struct cmsghdr      *control = CMSG_FIRSTHDR(message);
    struct in_pktinfo   *info;
    struct in6_pktinfo  *info6;

    if (control != NULL && control->cmsg_level == IPPROTO_IP
        && control->cmsg_type == IP_PKTINFO)
    {
        info = (struct in_pktinfo *) CMSG_DATA(control);
        info->ipi_spec_dst = info->ipi_addr;
        info->ipi_ifindex = 0;
        message->msg_controllen = CMSG_SPACE(sizeof(*info));

    } else if (control != NULL && control->cmsg_level == IPPROTO_IPV6
               && control->cmsg_type == IPV6_PKTINFO)
    {
        info6 = (struct in6_pktinfo *) CMSG_DATA(control);
        info6->ipi6_ifindex = 0;
        message->msg_controllen = CMSG_SPACE(sizeof(*info6));

    } else {
        message->msg_control = NULL;
        message->msg_controllen = 0;
    }
}


/* Never waits: where the socket's buffer is full, replies are lost, as UDP's
 * are.  An error belongs to the first message, and only that is left out. */
static void
net_udp_send(net_udp_batch_t *batch, int fd, unsigned n)
{
    int       sent;
    unsigned  at = 0;

    while (at < n) {
        sent = sendmmsg(fd, batch->out + at, n - at, MSG_DONTWAIT);

        if (sent > 0) {
            at += (unsigned) sent;
            continue;
        }

        if (errno == EINTR) {
            continue;
        }

        if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
            return;
        }

        at++;
    }
}
