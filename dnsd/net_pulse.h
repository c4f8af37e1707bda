
/*
 * Signs of life: the main thread asks, each thread answers a question of our
 * own on the path that queries take, store included.
 */

#ifndef NET_PULSE_H
#define NET_PULSE_H


#include <stdatomic.h>
#include <stdbool.h>


struct net_thread_s;


/* A thread's; all zero: nothing was asked yet. */
typedef struct {
    unsigned          asked;         /* the main thread's */
    unsigned          missed;        /* ... in a row, without an answer */
    _Atomic unsigned  wanted;        /* what the thread is to answer */
    _Atomic unsigned  answered;      /* which one was answered last */
    _Atomic bool      served;        /* ... out of a store */
} net_pulse_t;


/* By the thread itself, when it was woken; cheap where nothing was asked. */
void net_pulse_answer(struct net_thread_s *thread);


#endif /* NET_PULSE_H */
