
/*
 * Two ways to load a server.
 *
 * The closed loop keeps the window full: each answer makes room for the next
 * query.  It finds the server's limit.  It never sleeps: a client that must be
 * woken for each answer makes the server pay for the wakeup.
 *
 * The open loop sends at the times that the rate demands, whatever becomes of
 * the answers, and counts latency from those times: a server that stalls
 * cannot hide the queries that it kept from being sent.
 */

#include "load.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


/* Packets of a system call. */
#define LOAD_BATCH  64

/* On loopback an answer takes microseconds; what is not there after half of a
 * second has been dropped. */
#define LOAD_LOST_AFTER  500000000u

/* Between looks for what was lost. */
#define LOAD_LOST_EVERY  50000000u

/* Answers are cut here: those to the questions asked are far shorter. */
#define LOAD_REPLY_MAX  1500


typedef struct {
    int          fd;
    unsigned     nslots;
    unsigned     nbusy;
    unsigned     next;                  /* where the search for a slot begins */
    load_slot_t  slots[LOAD_SLOTS_MAX];
} load_flow_t;


typedef struct {
    const load_options_t  *options;
    load_question_t       *question;
    load_report_t         *report;
    uint64_t               now;
    uint64_t               end;
    uint64_t               looked;      /* for lost ones, at this time */
    unsigned               nflows;
    struct mmsghdr         out[LOAD_BATCH];
    struct mmsghdr         in[LOAD_BATCH];
    struct iovec           out_iov[LOAD_BATCH];
    struct iovec           in_iov[LOAD_BATCH];
    uint8_t                replies[LOAD_BATCH][LOAD_REPLY_MAX];
    load_flow_t            flows[];
} load_t;


static load_t *load_create(const load_options_t *options,
    load_question_t *question, load_report_t *report);
static void load_closed(load_t *load);
static void load_open(load_t *load);
static void load_fill(load_t *load, load_flow_t *flow);
static load_slot_t *load_slot_take(load_t *load, load_flow_t *flow,
    uint64_t since);
static void load_send(load_t *load, load_flow_t *flow, unsigned n);
static void load_receive(load_t *load, load_flow_t *flow);
static void load_drain(load_t *load);
static void load_look_for_lost(load_t *load);


void
load_run(const load_options_t *options, load_question_t *question,
    load_report_t *report)
{
    load_t    *load = load_create(options, question, report);
    uint64_t   start = load_now();

    load->now = load->looked = start;
    load->end = start + (uint64_t) (options->seconds * 1e9);

    if (options->rate > 0) {
        load_open(load);

    } else {
        load_closed(load);
    }

    report->seconds = (double) (load->now - start) / 1e9;

    load_drain(load);
    free(load);
}


static load_t *
load_create(const load_options_t *options, load_question_t *question,
    load_report_t *report)
{
    load_t       *load;
    unsigned      i, rest;
    load_flow_t  *flow;

    load = calloc(1, sizeof(*load) + options->sockets * sizeof(load_flow_t));

    if (load == NULL) {
        err(1, "calloc");
    }

    load->options = options;
    load->question = question;
    load->report = report;
    load->nflows = options->sockets;

    for (i = 0; i < LOAD_BATCH; i++) {
        load->out[i].msg_hdr.msg_iov = &load->out_iov[i];
        load->out[i].msg_hdr.msg_iovlen = 1;
        load->in[i].msg_hdr.msg_iov = &load->in_iov[i];
        load->in[i].msg_hdr.msg_iovlen = 1;
        load->in_iov[i].iov_base = load->replies[i];
        load->in_iov[i].iov_len = LOAD_REPLY_MAX;
    }

    rest = options->window % options->sockets;

    for (i = 0; i < load->nflows; i++) {
        flow = &load->flows[i];
        flow->fd = load_connect(options);
        flow->nslots = options->window / options->sockets + (i < rest);
    }

    return load;
}


static void
load_closed(load_t *load)
{
    unsigned  i;

    while (load->now < load->end) {
        for (i = 0; i < load->nflows; i++) {
            load_receive(load, &load->flows[i]);
            load_fill(load, &load->flows[i]);
        }

        load_look_for_lost(load);
    }
}


static void
load_open(load_t *load)
{
    double        due = (double) load->now;
    const double  gap = 1e9 / load->options->rate;
    unsigned      i, turn = 0;
    load_flow_t  *flow;

    while (load->now < load->end) {
        for ( /* void */ ; due <= (double) load->now; due += gap) {
            flow = &load->flows[turn++ % load->nflows];

            if (flow->nbusy == flow->nslots) {
                load->report->skipped++;
                continue;
            }

            load->out_iov[0].iov_base =
                load_slot_take(load, flow, (uint64_t) due)->query;
            load_send(load, flow, 1);
        }

        for (i = 0; i < load->nflows; i++) {
            load_receive(load, &load->flows[i]);
        }

        load_look_for_lost(load);
    }
}


static void
load_fill(load_t *load, load_flow_t *flow)
{
    unsigned  n;

    while (flow->nbusy < flow->nslots) {
        for (n = 0; n < LOAD_BATCH && flow->nbusy < flow->nslots; n++) {
            load->out_iov[n].iov_base =
                load_slot_take(load, flow, load->now)->query;
        }

        load_send(load, flow, n);
    }
}


/* A free slot with the next question.  There is one: nbusy says so. */
static load_slot_t *
load_slot_take(load_t *load, load_flow_t *flow, uint64_t since)
{
    unsigned      i;
    load_slot_t  *slot;

    do {
        i = flow->next++ % flow->nslots;
        slot = &flow->slots[i];
    } while (slot->busy);

    slot->busy = true;
    slot->since = since;
    slot->id = (uint16_t) (((slot->id & 0xff00) + 0x100) | i);
    flow->nbusy++;

    load_question_next(load->question, slot);

    return slot;
}


/* out_iov[].iov_base points to the queries of n slots. */
static void
load_send(load_t *load, load_flow_t *flow, unsigned n)
{
    int           sent;
    unsigned      i, at = 0;
    load_slot_t  *slot;

    for (i = 0; i < n; i++) {
        slot = (load_slot_t *) ((char *) load->out_iov[i].iov_base
                                - offsetof(load_slot_t, query));
        load->out_iov[i].iov_len = slot->len;
    }

    load->report->sent += n;

    while (at < n) {
        sent = sendmmsg(flow->fd, load->out + at, n - at, 0);

        if (sent > 0) {
            at += (unsigned) sent;

        } else if (errno != EINTR && errno != ECONNREFUSED) {
            err(1, "sendmmsg");
        }
    }
}


static void
load_receive(load_t *load, load_flow_t *flow)
{
    int           i, n;
    uint16_t      id;
    load_slot_t  *slot;

    load->now = load_now();

    if (flow->nbusy == 0) {
        return;
    }

    n = recvmmsg(flow->fd, load->in, LOAD_BATCH, MSG_DONTWAIT, NULL);

    if (n == -1) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED) {
            err(1, "recvmmsg");
        }

        return;
    }

    load->now = load_now();

    for (i = 0; i < n; i++) {
        if (load->in[i].msg_len < 2) {
            load->report->late++;
            continue;
        }

        id = (uint16_t) (load->replies[i][0] << 8 | load->replies[i][1]);
        slot = &flow->slots[id & 0xff];

        if (!slot->busy || slot->id != id) {
            load->report->late++;
            continue;
        }

        slot->busy = false;
        flow->nbusy--;

        load_histogram_add(&load->report->latency, load->now - slot->since);
        load_reply_check(load->options, slot, load->replies[i],
                         load->in[i].msg_len, load->report);
    }
}


/* What is on its way at the end: the server spends time on it, so it counts. */
static void
load_drain(load_t *load)
{
    unsigned  i, busy;

    load->end = load->now + LOAD_LOST_AFTER;

    do {
        for (i = 0, busy = 0; i < load->nflows; i++) {
            load_receive(load, &load->flows[i]);
            busy += load->flows[i].nbusy;
        }
    } while (busy != 0 && load->now < load->end);

    load->report->lost += busy;

    for (i = 0; i < load->nflows; i++) {
        (void) close(load->flows[i].fd);
    }
}


static void
load_look_for_lost(load_t *load)
{
    unsigned      i, s;
    load_flow_t  *flow;
    load_slot_t  *slot;

    if (load->now - load->looked < LOAD_LOST_EVERY) {
        return;
    }

    load->looked = load->now;

    for (i = 0; i < load->nflows; i++) {
        flow = &load->flows[i];

        for (s = 0; s < flow->nslots; s++) {
            slot = &flow->slots[s];

            if (slot->busy && slot->since + LOAD_LOST_AFTER < load->now) {
                slot->busy = false;
                flow->nbusy--;
                load->report->lost++;
            }
        }
    }
}


int
load_connect(const load_options_t *options)
{
    int  fd;

    fd = socket(options->server.ss_family, SOCK_DGRAM, 0);

    if (fd == -1) {
        err(1, "socket");
    }

    if (connect(fd, (const struct sockaddr *) &options->server,
                options->server_len) == -1)
    {
        err(1, "connect");
    }

    return fd;
}


uint64_t
load_now(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}
