
/*
 * The ring holds frames as they are sent: the reader hands its bytes to the
 * kernel as they lie there.
 */

#include "dnstap_queue.h"

#include <stdlib.h>
#include <string.h>


#define DNSTAP_QUEUE_MASK  (DNSTAP_QUEUE_SIZE - 1)


static void dnstap_queue_copy(dnstap_queue_t *queue, uint64_t at,
    const uint8_t *data, size_t len);
static unsigned dnstap_queue_span(const dnstap_queue_t *queue, uint64_t head,
    struct iovec iov[2]);
static uint64_t dnstap_queue_next(const dnstap_queue_t *queue,
    uint64_t frame);


bool
dnstap_queue_init(dnstap_queue_t *queue)
{
    queue->bytes = malloc(DNSTAP_QUEUE_SIZE);
    queue->end = 0;
    queue->turn = 0;
    atomic_init(&queue->head, 0);
    atomic_init(&queue->tail, 0);

    return queue->bytes != NULL;
}


void
dnstap_queue_cleanup(dnstap_queue_t *queue)
{
    free(queue->bytes);
}


bool
dnstap_queue_put(dnstap_queue_t *queue, const uint8_t *head, size_t head_len,
    const uint8_t *body, size_t body_len)
{
    uint64_t  at, tail;

    at = atomic_load_explicit(&queue->head, memory_order_relaxed);
    tail = atomic_load_explicit(&queue->tail, memory_order_acquire);

    if (DNSTAP_QUEUE_SIZE - (at - tail) < head_len + body_len) {
        return false;
    }

    dnstap_queue_copy(queue, at, head, head_len);
    dnstap_queue_copy(queue, at + head_len, body, body_len);
    atomic_store_explicit(&queue->head, at + head_len + body_len,
                          memory_order_release);

    return true;
}


static void
dnstap_queue_copy(dnstap_queue_t *queue, uint64_t at, const uint8_t *data,
    size_t len)
{
    size_t  from = at & DNSTAP_QUEUE_MASK, first = DNSTAP_QUEUE_SIZE - from;

    if (first > len) {
        first = len;
    }

    memcpy(queue->bytes + from, data, first);
    memcpy(queue->bytes, data + first, len - first);
}


unsigned
dnstap_queue_peek(const dnstap_queue_t *queue, struct iovec iov[2])
{
    return dnstap_queue_span(queue,
                             atomic_load_explicit(&queue->head,
                                                  memory_order_acquire), iov);
}


/* One that was interrupted goes on. */
void
dnstap_queue_begin(dnstap_queue_t *queue)
{
    if (atomic_load_explicit(&queue->tail, memory_order_relaxed)
        >= queue->turn)
    {
        queue->turn = atomic_load_explicit(&queue->head,
                                           memory_order_acquire);
    }
}


unsigned
dnstap_queue_turn(const dnstap_queue_t *queue, struct iovec iov[2])
{
    return dnstap_queue_span(queue, queue->turn, iov);
}


/* From the tail to there. */
static unsigned
dnstap_queue_span(const dnstap_queue_t *queue, uint64_t head,
    struct iovec iov[2])
{
    size_t    from, len, first;
    uint64_t  tail;

    tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);

    from = tail & DNSTAP_QUEUE_MASK;
    len = head > tail ? (size_t) (head - tail) : 0;
    first = DNSTAP_QUEUE_SIZE - from < len ? DNSTAP_QUEUE_SIZE - from : len;

    iov[0] = (struct iovec) { queue->bytes + from, first };
    iov[1] = (struct iovec) { queue->bytes, len - first };

    return len == 0 ? 0 : len == first ? 1 : 2;
}


void
dnstap_queue_take(dnstap_queue_t *queue, size_t n)
{
    uint64_t  tail;

    tail = atomic_load_explicit(&queue->tail, memory_order_relaxed) + n;

    /* a length is read before the writer may use its bytes again */

    while (queue->end < tail) {
        queue->end = dnstap_queue_next(queue, queue->end);
    }

    atomic_store_explicit(&queue->tail, tail, memory_order_release);
}


unsigned
dnstap_queue_empty(dnstap_queue_t *queue)
{
    unsigned  frames;
    uint64_t  head, tail;

    head = atomic_load_explicit(&queue->head, memory_order_acquire);
    tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    frames = queue->end != tail;

    while (queue->end < head) {
        queue->end = dnstap_queue_next(queue, queue->end);
        frames++;
    }

    atomic_store_explicit(&queue->tail, head, memory_order_release);

    return frames;
}


/* Where the frame ends that begins there. */
static uint64_t
dnstap_queue_next(const dnstap_queue_t *queue, uint64_t frame)
{
    uint32_t  len = 0;
    unsigned  i;

    for (i = 0; i < 4; i++) {
        len = len << 8 | queue->bytes[(frame + i) & DNSTAP_QUEUE_MASK];
    }

    return frame + 4 + len;
}
