
/*
 * A connection to a collector: the bidirectional handshake of Frame Streams,
 * and its end.  Every wait here is bounded, and ends early when told to.
 */

#ifndef DNSTAP_STREAM_H
#define DNSTAP_STREAM_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>


/* A control frame that a collector may send. */
#define DNSTAP_CONTROL_MAX  512


typedef enum {
    DNSTAP_CONTROL_ACCEPT = 1,
    DNSTAP_CONTROL_START = 2,
    DNSTAP_CONTROL_STOP = 3,
    DNSTAP_CONTROL_READY = 4,
    DNSTAP_CONTROL_FINISH = 5
} dnstap_control_t;


/*
 * Connects to a path and agrees on dnstap's content type, within a few
 * seconds.  Returns a non-blocking socket, or -1 with *failed a constant or
 * errno's text.  `stop` is a descriptor that ends the wait when it becomes
 * readable.
 */
int dnstap_stream_open(const char *path, int stop, const char **failed);

/* Tells the collector that this is all, waits a moment for its word, and
 * closes. */
void dnstap_stream_close(int fd);

/*
 * Looks at a whole control frame behind its escape and length: whether it is of
 * that type, and, for ACCEPT, names our content type.  Any bytes.
 */
bool dnstap_control_is(const uint8_t *frame, size_t len,
    dnstap_control_t type);

/* ms, of the clock that only goes forward: for deadlines. */
int64_t dnstap_now(void);


#endif /* DNSTAP_STREAM_H */
