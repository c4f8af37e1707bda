
/*
 * All metrics as text, in the exposition format of Prometheus (version 0.0.4).
 * Pure: facts in, text out.
 */

#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H


#include "lookup.h"
#include "stats.h"


/* Twice of what there is with every transport in use. */
#define METRICS_TEXT_MAX  49152


typedef struct {
    stats_sum_t      stats;
    lookup_facts_t   store;
    unsigned         threads;
    double           started;        /* s since 1970 */
    double           cpu;            /* s, user and system */
    uint64_t         reloads;        /* that were done */
    uint64_t         reloads_failed;
    bool             reload_failed;  /* the last one */
} metrics_facts_t;


/* Returns the length; 0 where size is too small, which METRICS_TEXT_MAX is
 * not.  Ends with a NUL that is not counted. */
size_t metrics_text(const metrics_facts_t *facts, char *text, size_t size);


#endif /* METRICS_TEXT_H */
