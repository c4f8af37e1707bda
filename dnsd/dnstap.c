
/*
 * The thread that sends, and what it shares with those that put.
 *
 * libfstrm was considered.  Its thread writes without a bound, so that a
 * collector that stops reading would keep dnsd from ending, and what it throws
 * away while nobody is connected is not counted (docs/architecture.md).
 */

#include "dnstap.h"

#include "dnstap_queue.h"
#include "dnstap_stream.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>


/* ms between two attempts to connect. */
#define DNSTAP_RETRY   1000

/* ms for what is left at the end. */
#define DNSTAP_END     1000

/* ms after frames were sent, before it is asked to be woken again: under load
 * one system call takes what many queries have put. */
#define DNSTAP_GATHER  5


struct dnstap_s {
    log_t             *log;
    dnstap_options_t   options;
    dnstap_origin_t    origin;
    int                stop;         /* eventfds */
    int                wake;
    int                fd;           /* -1: not connected */
    unsigned           at;           /* the queue that is sent from next */
    bool               told;         /* that it cannot be connected */
    bool               started;
    pthread_t          thread;
    _Atomic bool       connected;
    _Atomic bool       asleep;       /* wants to be woken */
    _Atomic uint64_t   lost;
    unsigned           n;
    dnstap_queue_t     queues[];
};


static void *dnstap_run(void *data);
static void dnstap_end(dnstap_t *dnstap);
static void dnstap_connect(dnstap_t *dnstap);
static void dnstap_disconnect(dnstap_t *dnstap, const char *why);
static bool dnstap_flush(dnstap_t *dnstap, bool *sent);
static bool dnstap_flush_queue(dnstap_t *dnstap, dnstap_queue_t *queue,
    bool *sent);
static bool dnstap_rest(dnstap_t *dnstap);
static bool dnstap_poll(dnstap_t *dnstap, short events, int timeout);


dnstap_t *
dnstap_create(const dnstap_options_t *options, const dnstap_origin_t *origin,
    unsigned threads, log_t *log)
{
    size_t     size;
    dnstap_t  *dnstap;

    /* the positions of a queue are to have cache lines of their own */

    size = sizeof(*dnstap) + threads * sizeof(dnstap_queue_t);
    dnstap = aligned_alloc(_Alignof(dnstap_t), size);

    if (dnstap == NULL) {
        log_line(log, "no memory for dnstap");
        return NULL;
    }

    memset(dnstap, 0, size);
    dnstap->log = log;
    dnstap->options = *options;
    dnstap->origin = *origin;
    dnstap->fd = -1;
    dnstap->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    dnstap->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    for (dnstap->n = 0; dnstap->n < threads; dnstap->n++) {
        if (!dnstap_queue_init(&dnstap->queues[dnstap->n])) {
            break;
        }
    }

    if (dnstap->n < threads || dnstap->stop == -1 || dnstap->wake == -1) {
        log_line(log, "cannot set up dnstap: %s", strerror(errno));
        dnstap_destroy(dnstap);
        return NULL;
    }

    return dnstap;
}


bool
dnstap_start(dnstap_t *dnstap)
{
    int  error;

    error = pthread_create(&dnstap->thread, NULL, dnstap_run, dnstap);

    if (error != 0) {
        log_line(dnstap->log, "cannot start dnstap's thread: %s",
                 strerror(error));
        return false;
    }

    dnstap->started = true;

    return true;
}


void
dnstap_destroy(dnstap_t *dnstap)
{
    unsigned  i;
    uint64_t  one = 1;

    if (dnstap == NULL) {
        return;
    }

    if (dnstap->started
        && write(dnstap->stop, &one, sizeof(one)) != -1)
    {
        pthread_join(dnstap->thread, NULL);
    }

    for (i = 0; i < dnstap->n; i++) {
        dnstap_queue_cleanup(&dnstap->queues[i]);
    }

    if (dnstap->stop != -1) {
        close(dnstap->stop);
    }

    if (dnstap->wake != -1) {
        close(dnstap->wake);
    }

    free(dnstap);
}


bool
dnstap_put(dnstap_t *dnstap, unsigned i, dnstap_type_t type,
    const dnstap_exchange_t *exchange, const uint8_t *message, size_t len)
{
    size_t   head_len;
    uint8_t  head[DNSTAP_HEAD_MAX];

    if (!atomic_load_explicit(&dnstap->connected, memory_order_relaxed)) {
        return false;
    }

    head_len = dnstap_frame_head(head, &dnstap->origin, type, exchange, len);

    return dnstap_queue_put(&dnstap->queues[i], head, head_len, message, len);
}


/* Either this sees that the sender is asleep, or the sender, which looks at the
 * queues once more before it sleeps, sees what was put: the fences of both make
 * sure of it. */
void
dnstap_wake(dnstap_t *dnstap)
{
    uint64_t  one = 1;
    ssize_t   ignored;

    atomic_thread_fence(memory_order_seq_cst);

    if (atomic_load_explicit(&dnstap->asleep, memory_order_relaxed)
        && atomic_exchange(&dnstap->asleep, false))
    {
        ignored = write(dnstap->wake, &one, sizeof(one));
        (void) ignored;
    }
}


uint64_t
dnstap_lost(const dnstap_t *dnstap)
{
    return atomic_load_explicit(&dnstap->lost, memory_order_relaxed);
}


static void *
dnstap_run(void *data)
{
    int        retry = 0;
    bool       sent, stopped = false;
    dnstap_t  *dnstap = data;

    while (!stopped) {
        if (dnstap->fd == -1) {
            stopped = dnstap_poll(dnstap, 0, retry);
            retry = DNSTAP_RETRY;

            if (!stopped) {
                dnstap_connect(dnstap);
            }

        } else if (!dnstap_flush(dnstap, &sent)) {
            stopped = dnstap->fd != -1 && dnstap_poll(dnstap, POLLOUT, -1);

        } else if (sent) {
            stopped = dnstap_poll(dnstap, 0, DNSTAP_GATHER);

        } else {
            stopped = dnstap_rest(dnstap);
        }
    }

    dnstap_end(dnstap);

    return NULL;
}


/* A collector that takes what is left within a second is told the end.  One
 * that takes a little now and then gets no more time than one that takes
 * nothing: dnsd waits for this thread. */
static void
dnstap_end(dnstap_t *dnstap)
{
    bool           sent;
    int64_t        left, deadline = dnstap_now() + DNSTAP_END;
    struct pollfd  writable = { .fd = dnstap->fd, .events = POLLOUT };

    atomic_store(&dnstap->connected, false);

    while (dnstap->fd != -1) {
        if (dnstap_flush(dnstap, &sent)) {
            if (!sent) {
                break;
            }

            continue;
        }

        left = deadline - dnstap_now();

        if (dnstap->fd != -1
            && (left <= 0 || poll(&writable, 1, (int) left) != 1))
        {
            dnstap_disconnect(dnstap, "it does not read what is left");
        }
    }

    if (dnstap->fd != -1) {
        dnstap_stream_close(dnstap->fd);
    }
}


/* Where it cannot, that is told once. */
static void
dnstap_connect(dnstap_t *dnstap)
{
    const char  *failed;

    dnstap->fd = dnstap_stream_open(dnstap->options.path, dnstap->stop,
                                    &failed);

    if (dnstap->fd == -1) {
        if (!dnstap->told) {
            log_line(dnstap->log, "dnstap: %s: %s; messages are dropped",
                     dnstap->options.path, failed);
            dnstap->told = true;
        }

        return;
    }

    atomic_store(&dnstap->connected, true);
    dnstap->told = false;
    log_line(dnstap->log, "dnstap: connected to %s", dnstap->options.path);
}


/* The next connection begins with a whole frame. */
static void
dnstap_disconnect(dnstap_t *dnstap, const char *why)
{
    unsigned  i;

    log_line(dnstap->log, "dnstap: %s: %s; messages are dropped",
             dnstap->options.path, why);
    dnstap->told = true;

    atomic_store(&dnstap->connected, false);
    close(dnstap->fd);
    dnstap->fd = -1;

    for (i = 0; i < dnstap->n; i++) {
        atomic_fetch_add(&dnstap->lost,
                         dnstap_queue_empty(&dnstap->queues[i]));
    }
}


/* Sends what the socket takes now, a turn of each queue.  False where something
 * of that is left, or where the connection was lost.  A frame that was begun
 * is ended before another queue has its turn. */
static bool
dnstap_flush(dnstap_t *dnstap, bool *sent)
{
    unsigned  i;

    *sent = false;

    for (i = 0; i < dnstap->n; i++) {
        if (!dnstap_flush_queue(dnstap, &dnstap->queues[dnstap->at], sent)) {
            return false;
        }

        dnstap->at = (dnstap->at + 1) % dnstap->n;
    }

    return true;
}


static bool
dnstap_flush_queue(dnstap_t *dnstap, dnstap_queue_t *queue, bool *sent)
{
    ssize_t        n;
    struct iovec   iov[2];
    struct msghdr  message = { .msg_iov = iov };

    dnstap_queue_begin(queue);

    for ( ;; ) {
        message.msg_iovlen = dnstap_queue_turn(queue, iov);

        if (message.msg_iovlen == 0) {
            return true;
        }

        n = sendmsg(dnstap->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0) {
            dnstap_queue_take(queue, (size_t) n);
            *sent = true;

        } else if (errno == EAGAIN) {
            return false;

        } else if (errno != EINTR) {
            dnstap_disconnect(dnstap, strerror(errno));
            return false;
        }
    }
}


/* With nothing to send.  Who puts something from now on wakes; what was put
 * before is seen here. */
static bool
dnstap_rest(dnstap_t *dnstap)
{
    bool          stopped = false;
    unsigned      i, n = 0;
    uint64_t      woken;
    ssize_t       ignored;
    struct iovec  iov[2];

    atomic_store(&dnstap->asleep, true);
    atomic_thread_fence(memory_order_seq_cst);

    for (i = 0; i < dnstap->n; i++) {
        n += dnstap_queue_peek(&dnstap->queues[i], iov);
    }

    if (n == 0) {
        stopped = dnstap_poll(dnstap, 0, -1);
    }

    atomic_store(&dnstap->asleep, false);
    ignored = read(dnstap->wake, &woken, sizeof(woken));
    (void) ignored;

    return stopped;
}


/* True where dnsd ends.  A collector has nothing to say meanwhile: it closes,
 * or it does not keep to the protocol. */
static bool
dnstap_poll(dnstap_t *dnstap, short events, int timeout)
{
    struct pollfd  fds[] = {
        { .fd = dnstap->stop, .events = POLLIN },
        { .fd = dnstap->fd, .events = (short) (POLLIN | events) },
        { .fd = timeout == -1 && events == 0 ? dnstap->wake : -1,
          .events = POLLIN }
    };

    if (poll(fds, 3, timeout) > 0 && (fds[1].revents & ~POLLOUT) != 0) {
        dnstap_disconnect(dnstap, "it closed the connection");
    }

    return fds[0].revents != 0;
}
