
/*
 * AF_XDP.  A batch is taken from a queue, answered from one snapshot, and
 * each answer goes back in the frame that its query came in.
 *
 * The sockets stay bound to all addresses: what the filter does not redirect,
 * or came by another interface, is answered through them.
 */

#include "net_xdp.h"
#include "net_xdp_frame.h"
#include "net_xdp_interface.h"
#include "net_xdp_program.h"
#include "net_xdp_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define NET_XDP_BATCH   LOOKUP_BATCH

/* Batches of one queue before others have their turn, as with UDP's. */
#define NET_XDP_ROUNDS  8


/* Of a thread: its queues take turns with it. */
typedef struct {
    net_xdp_packet_t    packets[NET_XDP_BATCH];
    net_xdp_frame_t     frames[NET_XDP_BATCH];
    net_xdp_address_t   peers[NET_XDP_BATCH];
    net_xdp_address_t   locals[NET_XDP_BATCH];
    answer_t            answers[NET_XDP_BATCH];
    uint8_t             replies[NET_XDP_BATCH][NET_XDP_FRAME_ROOM];
} net_xdp_batch_t;


typedef struct {
    net_event_t         event;
    net_xdp_socket_t   *sock;
    net_xdp_batch_t    *batch;
    size_t              reply_size;
    const char         *interface;
} net_xdp_queue_t;


typedef struct {
    net_xdp_interface_t  interface;
    int                  link;
    net_xdp_queue_t     *queues;
} net_xdp_port_t;


struct net_xdp_s {
    net_xdp_batch_t    *batches;         /* of thread i */
    unsigned            n;
    net_xdp_port_t      ports[];
};


static bool net_xdp_port_open(net_xdp_port_t *port, net_xdp_t *xdp,
    const net_options_t *options, net_thread_t *threads, log_t *log);
static bool net_xdp_port_queues(net_xdp_port_t *port, net_xdp_t *xdp,
    unsigned nthreads, log_t *log);
static bool net_xdp_port_start(net_xdp_port_t *port, net_thread_t *threads,
    unsigned nthreads, int map, log_t *log);
static void net_xdp_port_close(net_xdp_port_t *port);
static void net_xdp_batch_init(net_xdp_batch_t *batch);
static void net_xdp_handler(net_thread_t *thread, net_event_t *event,
    uint32_t events);
static void net_xdp_answer(net_thread_t *thread, net_xdp_queue_t *queue,
    unsigned n);
static void net_xdp_query(net_xdp_queue_t *queue, unsigned i);
static void net_xdp_reply(net_xdp_batch_t *batch, unsigned i);
static void net_xdp_gone(net_thread_t *thread, const net_xdp_queue_t *queue);


net_xdp_t *
net_xdp_create(const net_options_t *options, net_thread_t *threads,
    log_t *log)
{
    unsigned    i;
    net_xdp_t  *xdp;

    xdp = calloc(1, sizeof(*xdp) + options->nxdp * sizeof(net_xdp_port_t));

    if (xdp != NULL) {
        xdp->batches = calloc(options->nthreads, sizeof(net_xdp_batch_t));
    }

    if (xdp == NULL || xdp->batches == NULL) {
        log_line(log, "no memory for the AF_XDP buffers");
        net_xdp_destroy(xdp);
        return NULL;
    }

    for (i = 0; i < options->nxdp; i++) {

        /* counted before, so that a half-made one is cleaned up, too */

        xdp->n++;
        xdp->ports[i].link = -1;

        if (!net_xdp_interface_get(&xdp->ports[i].interface,
                                   options->xdp[i].name, options->addresses,
                                   options->naddresses, log)
            || !net_xdp_port_open(&xdp->ports[i], xdp, options, threads, log))
        {
            net_xdp_destroy(xdp);
            return NULL;
        }
    }

    return xdp;
}


void
net_xdp_destroy(net_xdp_t *xdp)
{
    unsigned  i;

    if (xdp == NULL) {
        return;
    }

    for (i = 0; i < xdp->n; i++) {
        net_xdp_port_close(&xdp->ports[i]);
    }

    free(xdp->batches);
    free(xdp);
}


/* The filter comes first: where somebody else's is attached, nothing of ours
 * has begun. */
static bool
net_xdp_port_open(net_xdp_port_t *port, net_xdp_t *xdp,
    const net_options_t *options, net_thread_t *threads, log_t *log)
{
    int                         map;
    bool                        good;
    const net_xdp_interface_t  *interface = &port->interface;

    if (interface->mtu < WIRE_UDP_MIN + NET_XDP_IP_HEADERS) {
        log_line(log, "--xdp %s: answers need an MTU of %d", interface->name,
                 WIRE_UDP_MIN + NET_XDP_IP_HEADERS);
        return false;
    }

    port->queues = calloc(interface->queues, sizeof(*port->queues));

    if (port->queues == NULL) {
        log_line(log, "no memory for the queues of %s", interface->name);
        return false;
    }

    port->link = net_xdp_program_attach(interface, &map, log);

    good = port->link != -1
           && net_xdp_port_queues(port, xdp, options->nthreads, log)
           && net_xdp_port_start(port, threads, options->nthreads, map, log);

    if (map >= 0) {
        close(map);
    }

    return good;
}


/* A socket for each queue. */
static bool
net_xdp_port_queues(net_xdp_port_t *port, net_xdp_t *xdp, unsigned nthreads,
    log_t *log)
{
    size_t            room;
    unsigned          i;
    net_xdp_queue_t  *queue;

    room = port->interface.mtu + ETH_HLEN;

    if (room > NET_XDP_FRAME_ROOM) {
        room = NET_XDP_FRAME_ROOM;
    }

    for (i = 0; i < port->interface.queues; i++) {
        queue = &port->queues[i];
        queue->sock = net_xdp_socket_create(port->interface.name, i, log);

        if (queue->sock == NULL) {
            return false;
        }

        queue->event.handler = net_xdp_handler;
        queue->event.fd = net_xdp_socket_fd(queue->sock);
        queue->batch = &xdp->batches[i % nthreads];
        queue->reply_size = room - NET_XDP_HEADERS_MAX;
        queue->interface = port->interface.name;

        net_xdp_batch_init(queue->batch);
    }

    return true;
}


static bool
net_xdp_port_start(net_xdp_port_t *port, net_thread_t *threads,
    unsigned nthreads, int map, log_t *log)
{
    unsigned          i;
    net_xdp_queue_t  *queue;

    for (i = 0; i < port->interface.queues; i++) {
        queue = &port->queues[i];

        if (!net_event_add(&threads[i % nthreads], &queue->event, EPOLLIN)
            || !net_xdp_program_redirect(map, i, queue->event.fd))
        {
            log_line(log, "--xdp %s: queue %u: %s", port->interface.name, i,
                     strerror(errno));
            return false;
        }
    }

    return true;
}


/* Also after half of net_xdp_port_open.  The filter goes first: from then on
 * the kernel gives queries to the sockets of the next process. */
static void
net_xdp_port_close(net_xdp_port_t *port)
{
    unsigned  i;

    if (port->link != -1) {
        close(port->link);
    }

    if (port->queues != NULL) {
        for (i = 0; i < port->interface.queues; i++) {
            net_xdp_socket_destroy(port->queues[i].sock);
        }
    }

    free(port->queues);
}


/* What no batch changes is set once. */
static void
net_xdp_batch_init(net_xdp_batch_t *batch)
{
    unsigned  i;

    for (i = 0; i < NET_XDP_BATCH; i++) {
        batch->answers[i].reply = batch->replies[i];
    }
}


/* To look for more costs no system call, so a short batch is not the last. */
static void
net_xdp_handler(net_thread_t *thread, net_event_t *event, uint32_t events)
{
    int64_t           received;
    unsigned          round, n;
    net_xdp_queue_t  *queue = (net_xdp_queue_t *) event;
    net_xdp_batch_t  *batch = queue->batch;

    if (events & (EPOLLERR | EPOLLHUP)) {
        net_xdp_gone(thread, queue);
        return;
    }

    for (round = 0; round < NET_XDP_ROUNDS; round++) {
        n = net_xdp_socket_receive(queue->sock, batch->packets,
                                   NET_XDP_BATCH);

        if (n == 0) {
            return;
        }

        received = stats_received(&thread->stats);

        net_xdp_answer(thread, queue, n);
        net_xdp_socket_send(queue->sock, batch->packets, n);

        stats_sent(&thread->stats, received, n);
    }
}


/* The snapshot lives here and no longer: nothing in between can wait. */
static void
net_xdp_answer(net_thread_t *thread, net_xdp_queue_t *queue, unsigned n)
{
    unsigned          i;
    net_exchange_t    exchange;
    net_xdp_batch_t  *batch = queue->batch;
    answer_context_t  context = {
        .policy = &thread->policy->answer,
        .now = net_wall(),
        .sign = thread->sign
    };

    for (i = 0; i < n; i++) {
        net_xdp_query(queue, i);
    }

    net_tap_received(thread, &exchange);

    (void) lookup_begin(thread->lookup);
    answer_queries(thread->lookup, &context, batch->answers, n);
    lookup_end(thread->lookup);

    exchange.transport = NET_XDP;
    exchange.now = net_now();

    for (i = 0; i < n; i++) {
        exchange.peer = &batch->peers[i].any;
        exchange.local = &batch->locals[i].any;
        net_settle(thread, &batch->answers[i], &exchange);

        net_xdp_reply(batch, i);
    }
}


/* What is no packet is a query of no bytes: dropped, and counted as such. */
static void
net_xdp_query(net_xdp_queue_t *queue, unsigned i)
{
    net_xdp_batch_t   *batch = queue->batch;
    answer_t          *answer = &batch->answers[i];
    net_xdp_frame_t   *frame = &batch->frames[i];
    net_xdp_packet_t  *packet = &batch->packets[i];

    answer->query = packet->data;
    answer->query_len = 0;
    answer->reply_size = queue->reply_size;

    if (net_xdp_frame_parse(frame, packet->data, packet->len)) {
        answer->query = frame->payload;
        answer->query_len = frame->payload_len;
    }

    net_xdp_frame_addresses(frame, &batch->peers[i], &batch->locals[i]);
    answer->client = net_client(&batch->peers[i].any);
}


static void
net_xdp_reply(net_xdp_batch_t *batch, unsigned i)
{
    const answer_t  *answer = &batch->answers[i];

    batch->packets[i].len = answer->reply_len == 0
        ? 0 : net_xdp_frame_reply(&batch->frames[i], answer->reply,
                                  answer->reply_len);
}


/* Level-triggered, it would be told again and again. */
static void
net_xdp_gone(net_thread_t *thread, const net_xdp_queue_t *queue)
{
    log_line(thread->log, "--xdp %s: the interface is gone",
             queue->interface);
    (void) epoll_ctl(thread->epoll, EPOLL_CTL_DEL, queue->event.fd, NULL);
}
