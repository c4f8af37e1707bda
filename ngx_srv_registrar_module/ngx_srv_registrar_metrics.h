
/*
 * What has happened, counted in shared memory: over all workers, and over
 * reloads.  `srv_registrar metrics` shows it.
 *
 * Counters are added to by whoever has something to count, without a lock;
 * gauges have one writer each.  Event loop only.
 */

#ifndef NGX_SRV_REGISTRAR_METRICS_H
#define NGX_SRV_REGISTRAR_METRICS_H


#include "ngx_srv_registrar_store.h"


/* What a committed job has done. */
typedef enum {
    NGX_SRV_REGISTRAR_UNCHANGED = 0,     /* nothing, as far as is known */
    NGX_SRV_REGISTRAR_ENROLLED,
    NGX_SRV_REGISTRAR_REENROLLED,
    NGX_SRV_REGISTRAR_RENAMED,
    NGX_SRV_REGISTRAR_ROTATED,
    NGX_SRV_REGISTRAR_CHANGED,
    NGX_SRV_REGISTRAR_REFRESHED,
    NGX_SRV_REGISTRAR_WITHDRAWN,
    NGX_SRV_REGISTRAR_CREDENTIAL,
    NGX_SRV_REGISTRAR_CHALLENGE,
    NGX_SRV_REGISTRAR_ADDRESS,
    NGX_SRV_REGISTRAR_SUSPENDED,
    NGX_SRV_REGISTRAR_RESUMED,
    NGX_SRV_REGISTRAR_REMOVED,
    NGX_SRV_REGISTRAR_ISSUER_SUSPENDED,
    NGX_SRV_REGISTRAR_ISSUER_RESUMED,
    NGX_SRV_REGISTRAR_CHANGES            /* their number */
} ngx_srv_registrar_change_t;


#define NGX_SRV_REGISTRAR_BUCKETS  12    /* of a histogram, +Inf among them */

typedef struct {
    ngx_atomic_t  buckets[NGX_SRV_REGISTRAR_BUCKETS];    /* not cumulative */
    ngx_atomic_t  sum;
} ngx_srv_registrar_histogram_t;


/* Lies in shared memory.  A new layout gets a new size or name: a reload gives
 * the old one to the new program. */
typedef struct {
    ngx_atomic_t   requests[NGX_SRV_REGISTRAR_DOORS][DEVICE_REASONS + 1];
    ngx_atomic_t   changes[NGX_SRV_REGISTRAR_CHANGES];
    ngx_atomic_t   commits;              /* of jobs */
    ngx_atomic_t   commits_failed;
    ngx_atomic_t   signatures;           /* made */
    ngx_srv_registrar_histogram_t  commit_jobs;
    ngx_srv_registrar_histogram_t  commit_time;          /* sum in us */

    ngx_atomic_t   waiting[NGX_MAX_PROCESSES];           /* by process slot */

    /* by the leading worker, from time to time */

    ngx_atomic_t   usage_set;
    store_usage_t  usage;
    ngx_atomic_t   census_set;
    ngx_srv_registrar_census_t  census;
    ngx_atomic_t   signed_set;           /* in census, by this configuration */
    ngx_atomic_t   clock_held;
} ngx_srv_registrar_metrics_t;


/* Upper bounds of the buckets but the last. */
extern const ngx_uint_t
    ngx_srv_registrar_commit_jobs_bounds[NGX_SRV_REGISTRAR_BUCKETS - 1];
extern const ngx_uint_t
    ngx_srv_registrar_commit_time_bounds[NGX_SRV_REGISTRAR_BUCKETS - 1];


/* Asks nginx for the memory. */
ngx_int_t ngx_srv_registrar_metrics_add(ngx_conf_t *cf,
    ngx_srv_registrar_main_conf_t *rmcf);

/* A worker begins: what its slot's last one left waiting is gone. */
void ngx_srv_registrar_metrics_begin(ngx_srv_registrar_main_conf_t *rmcf);

/* After a thread task: its commit, and what it found out. */
void ngx_srv_registrar_metrics_work(ngx_srv_registrar_store_t *store);

/* After each change of the queue. */
void ngx_srv_registrar_metrics_queue(ngx_srv_registrar_store_t *store);

/* What a job did, when its commit is durable. */
ngx_srv_registrar_change_t ngx_srv_registrar_job_change(
    const ngx_srv_registrar_job_t *job);

/* "enrolled", ...; a constant. */
const char *ngx_srv_registrar_change_name(ngx_srv_registrar_change_t change);

/* log phase: counts the request. */
ngx_int_t ngx_srv_registrar_metrics_log(ngx_http_request_t *r);


#endif /* NGX_SRV_REGISTRAR_METRICS_H */
