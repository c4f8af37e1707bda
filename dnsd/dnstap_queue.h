
/*
 * Frames on their way from one thread to another: a ring of bytes with one
 * writer and one reader, neither of which ever waits.
 */

#ifndef DNSTAP_QUEUE_H
#define DNSTAP_QUEUE_H


#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>


/* What a thread puts within some milliseconds at its fastest.  A power of two;
 * pages that are never reached cost nothing. */
#define DNSTAP_QUEUE_SIZE  (1u << 21)


/* Positions count all bytes ever; their difference is what the ring holds. */
typedef struct {
    _Alignas(64) _Atomic uint64_t  head;     /* written up to here */
    _Alignas(64) _Atomic uint64_t  tail;     /* read up to here */
    uint64_t                       end;      /* the reader's: where the frame
                                                ends that tail stands in; tail
                                                itself between two */
    uint64_t                       turn;     /* the reader's: where its turn
                                                ends, between two frames */
    uint8_t                       *bytes;
} dnstap_queue_t;


/* False where there is no memory. */
bool dnstap_queue_init(dnstap_queue_t *queue);
void dnstap_queue_cleanup(dnstap_queue_t *queue);

/* The writer: one frame in two pieces, or nothing where it does not fit. */
bool dnstap_queue_put(dnstap_queue_t *queue, const uint8_t *head,
    size_t head_len, const uint8_t *body, size_t body_len);

/* The reader: all that is there, as one or two pieces; returns how many. */
unsigned dnstap_queue_peek(const dnstap_queue_t *queue, struct iovec iov[2]);

/* The reader: what is left of a turn, which has all that was there when it
 * began, in the same way; none: it has ended.  Who puts without end does not
 * keep the others waiting so. */
void dnstap_queue_begin(dnstap_queue_t *queue);
unsigned dnstap_queue_turn(const dnstap_queue_t *queue, struct iovec iov[2]);

/* The reader: n bytes of that are gone. */
void dnstap_queue_take(dnstap_queue_t *queue, size_t n);

/* The reader: throws away all that is there, a frame that is half taken
 * included; returns how many frames. */
unsigned dnstap_queue_empty(dnstap_queue_t *queue);


#endif /* DNSTAP_QUEUE_H */
