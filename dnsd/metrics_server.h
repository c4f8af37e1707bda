
/*
 * The server of the metrics: a few connections at a time, each for a few
 * seconds, in one thread.
 */

#ifndef METRICS_SERVER_H
#define METRICS_SERVER_H


#include "log.h"

#include <stddef.h>


typedef struct metrics_server_s  metrics_server_t;


/* Writes what is to be served; returns its length.  On the server's thread. */
typedef size_t (*metrics_content_t)(const void *data, char *text,
    size_t size);


/* A server of a bound, listening, non-blocking socket, which it closes in the
 * end; also where it cannot be made (NULL, logged). */
metrics_server_t *metrics_server_create(int fd, log_t *log);

/* Starts its thread.  False is logged. */
bool metrics_server_start(metrics_server_t *server,
    metrics_content_t content, const void *data);

/* Ends the thread, whatever its peers do.  NULL is allowed. */
void metrics_server_destroy(metrics_server_t *server);


#endif /* METRICS_SERVER_H */
