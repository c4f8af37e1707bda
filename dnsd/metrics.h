
/*
 * Metrics: gathered from all threads, told to scrapers by HTTP on a listener
 * of their own, and to the log.
 *
 * A thread of its own serves them, one that answers no query.
 */

#ifndef METRICS_H
#define METRICS_H


#include "log.h"
#include "lookup.h"
#include "net.h"

#include <sys/un.h>


typedef struct metrics_s  metrics_t;


/* Where to listen: on a socket's path, on an address, or nowhere. */
typedef struct {
    char           path[sizeof(((struct sockaddr_un *) 0)->sun_path)];
    net_address_t  address;          /* len 0: none */
} metrics_options_t;


/* "unix:PATH", "ADDR@PORT" of a loopback address, "exposed:ADDR@PORT" of any.
 * False where it is none of them.  *options must be zeroed. */
bool metrics_options_parse(metrics_options_t *options, const char *text);

/* Binds; may need root.  NULL where that fails, which is logged. */
metrics_t *metrics_create(const metrics_options_t *options, log_t *log);

/* Begins to serve, if there is a listener.  False is logged.  Both must
 * outlive the metrics. */
bool metrics_start(metrics_t *metrics, const net_t *net,
    const lookup_source_t *source, unsigned threads);

/* NULL is allowed. */
void metrics_destroy(metrics_t *metrics);

/* Settings were read again; `done` says whether they hold.  One thread. */
void metrics_reloaded(metrics_t *metrics, bool done);

/* Logs what is not 0, a line each, as scrapers get it.  After metrics_start. */
void metrics_dump(const metrics_t *metrics);

/* Logs one line with the number of packets of each outcome. */
void metrics_counters(const metrics_t *metrics);


#endif /* METRICS_H */
