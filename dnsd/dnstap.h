
/*
 * dnstap: every query and its response, to a collector behind a unix socket,
 * by Frame Streams.
 *
 * A thread that answers puts frames into a queue of its own and never waits;
 * what a queue does not take, or nobody is there to collect, is dropped and
 * counted.  One thread more sends them.
 */

#ifndef DNSTAP_H
#define DNSTAP_H


#include "dnstap_frame.h"
#include "log.h"

#include <stdbool.h>
#include <sys/un.h>


typedef struct dnstap_s  dnstap_t;


/* The collector's socket; empty: none. */
typedef struct {
    char  path[sizeof(((struct sockaddr_un *) 0)->sun_path)];
} dnstap_options_t;


/* "unix:PATH".  False where it is not.  *options must be zeroed. */
bool dnstap_options_parse(dnstap_options_t *options, const char *text);

/* Queues for so many threads.  Connects to nobody yet.  NULL is logged. */
dnstap_t *dnstap_create(const dnstap_options_t *options,
    const dnstap_origin_t *origin, unsigned threads, log_t *log);

/* Begins to connect, and to send.  False is logged. */
bool dnstap_start(dnstap_t *dnstap);

/* Sends what is there to a collector that takes it at once, and ends.  The
 * threads must have ended.  NULL is allowed. */
void dnstap_destroy(dnstap_t *dnstap);

/*
 * Thread number i: puts one message.  False where it is dropped.  After the
 * last one of a batch or of an exchange dnstap_wake has to follow.
 */
bool dnstap_put(dnstap_t *dnstap, unsigned i, dnstap_type_t type,
    const dnstap_exchange_t *exchange, const uint8_t *message, size_t len);
void dnstap_wake(dnstap_t *dnstap);

/* Frames that were put and then lost with a connection.  Any thread. */
uint64_t dnstap_lost(const dnstap_t *dnstap);


#endif /* DNSTAP_H */
