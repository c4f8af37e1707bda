
/*
 * Counting.
 *
 * The memory is nginx's own shared memory, which a reload hands on as long as
 * its size is the same.  Each counter is added to in one instruction; nobody
 * waits.
 */

#include "ngx_srv_registrar_metrics.h"

#include "ngx_srv_registrar_request.h"


static ngx_int_t ngx_srv_registrar_metrics_init(ngx_shm_zone_t *zone,
    void *data);
static ngx_srv_registrar_metrics_t *ngx_srv_registrar_metrics_of(
    ngx_srv_registrar_main_conf_t *rmcf);
static void ngx_srv_registrar_metrics_observe(
    ngx_srv_registrar_histogram_t *histogram, const ngx_uint_t *bounds,
    ngx_uint_t value);
static void ngx_srv_registrar_metrics_jobs(
    ngx_srv_registrar_metrics_t *metrics, ngx_srv_registrar_store_t *store);


static ngx_str_t  ngx_srv_registrar_metrics_name =
    ngx_string("srv_registrar_metrics3");


const ngx_uint_t
    ngx_srv_registrar_commit_jobs_bounds[NGX_SRV_REGISTRAR_BUCKETS - 1] =
{
    1, 2, 4, 8, 16, 32, 64, 128, 256, 384, NGX_SRV_REGISTRAR_BATCH
};

/* us */
const ngx_uint_t
    ngx_srv_registrar_commit_time_bounds[NGX_SRV_REGISTRAR_BUCKETS - 1] =
{
    500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000,
    5000000
};


ngx_int_t
ngx_srv_registrar_metrics_add(ngx_conf_t *cf,
    ngx_srv_registrar_main_conf_t *rmcf)
{
    size_t  size;

    /* the slab allocator's own pages, and one block for all of ours */

    size = ngx_align(sizeof(ngx_srv_registrar_metrics_t), ngx_pagesize)
           + 8 * ngx_pagesize;

    rmcf->metrics = ngx_shared_memory_add(cf, &ngx_srv_registrar_metrics_name,
                                          size, &ngx_srv_registrar_module);
    if (rmcf->metrics == NULL) {
        return NGX_ERROR;
    }

    rmcf->metrics->init = ngx_srv_registrar_metrics_init;
    rmcf->metrics->data = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_srv_registrar_metrics_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t  *pool;

    if (data) {
        zone->data = data;               /* a reload: goes on */
        return NGX_OK;
    }

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }

    zone->data = ngx_slab_calloc(pool, sizeof(ngx_srv_registrar_metrics_t));
    if (zone->data == NULL) {
        return NGX_ERROR;
    }

    pool->data = zone->data;

    return NGX_OK;
}


static ngx_srv_registrar_metrics_t *
ngx_srv_registrar_metrics_of(ngx_srv_registrar_main_conf_t *rmcf)
{
    return rmcf->metrics ? rmcf->metrics->data : NULL;
}


void
ngx_srv_registrar_metrics_begin(ngx_srv_registrar_main_conf_t *rmcf)
{
    ngx_srv_registrar_metrics_t  *metrics;

    metrics = ngx_srv_registrar_metrics_of(rmcf);

    if (metrics) {
        metrics->waiting[ngx_process_slot] = 0;

        /* keys may be others now, and the old sweep's word stands for nothing
         * of it */

        metrics->signed_set = 0;
    }
}


void
ngx_srv_registrar_metrics_queue(ngx_srv_registrar_store_t *store)
{
    ngx_srv_registrar_metrics_t  *metrics;

    metrics = ngx_srv_registrar_metrics_of(store->conf);

    if (metrics) {
        metrics->waiting[ngx_process_slot] =
            store->nwaiting + (store->in_flight ? store->work.njobs : 0);
    }
}


void
ngx_srv_registrar_metrics_work(ngx_srv_registrar_store_t *store)
{
    int64_t                       held;
    ngx_srv_registrar_work_t     *work;
    ngx_srv_registrar_metrics_t  *metrics;

    work = &store->work;
    metrics = ngx_srv_registrar_metrics_of(store->conf);

    if (metrics == NULL) {
        return;
    }

    if (work->njobs) {
        ngx_srv_registrar_metrics_jobs(metrics, store);
    }

    if (work->signatures) {
        ngx_atomic_fetch_add(&metrics->signatures, work->signatures);
    }

    if (work->todo & NGX_SRV_REGISTRAR_READERS && work->usage.map_size) {
        metrics->usage = work->usage;
        metrics->usage_set = 1;
        metrics->clock_held = lease_clock_held(&store->clock, &held);
    }

    if (work->counted) {
        metrics->census = work->census;
        metrics->census_set = 1;
        metrics->signed_set = store->conf->signing;
    }
}


/* A batch with no job that was accepted is no commit that anybody sees. */
static void
ngx_srv_registrar_metrics_jobs(ngx_srv_registrar_metrics_t *metrics,
    ngx_srv_registrar_store_t *store)
{
    ngx_srv_registrar_work_t    *work;
    ngx_srv_registrar_job_t     *job;
    ngx_srv_registrar_change_t   change;

    work = &store->work;

    if (!work->wrote) {
        ngx_atomic_fetch_add(&metrics->commits_failed, 1);
        return;
    }

    ngx_atomic_fetch_add(&metrics->commits, 1);

    ngx_srv_registrar_metrics_observe(&metrics->commit_jobs,
                                      ngx_srv_registrar_commit_jobs_bounds,
                                      work->njobs);
    ngx_srv_registrar_metrics_observe(&metrics->commit_time,
                                      ngx_srv_registrar_commit_time_bounds,
                                      work->elapsed);

    for (job = work->jobs; job; job = job->next) {
        change = ngx_srv_registrar_job_change(job);
        ngx_atomic_fetch_add(&metrics->changes[change], 1);
    }
}


static void
ngx_srv_registrar_metrics_observe(ngx_srv_registrar_histogram_t *histogram,
    const ngx_uint_t *bounds, ngx_uint_t value)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_SRV_REGISTRAR_BUCKETS - 1; i++) {
        if (value <= bounds[i]) {
            break;
        }
    }

    ngx_atomic_fetch_add(&histogram->buckets[i], 1);
    ngx_atomic_fetch_add(&histogram->sum, value);
}


ngx_srv_registrar_change_t
ngx_srv_registrar_job_change(const ngx_srv_registrar_job_t *job)
{
    if (!job->committed) {
        return NGX_SRV_REGISTRAR_UNCHANGED;
    }

    switch (job->type) {

    case NGX_SRV_REGISTRAR_JOB_ENROLL:
    case NGX_SRV_REGISTRAR_JOB_REGISTER:
        return job->outcome.created ? NGX_SRV_REGISTRAR_ENROLLED
                                    : NGX_SRV_REGISTRAR_REENROLLED;

    case NGX_SRV_REGISTRAR_JOB_RENAME:
        return NGX_SRV_REGISTRAR_RENAMED;

    case NGX_SRV_REGISTRAR_JOB_ROTATE:
        return NGX_SRV_REGISTRAR_ROTATED;

    case NGX_SRV_REGISTRAR_JOB_CREDENTIALS:
        return NGX_SRV_REGISTRAR_CREDENTIAL;

    case NGX_SRV_REGISTRAR_JOB_CHALLENGE:
        return NGX_SRV_REGISTRAR_CHALLENGE;

    case NGX_SRV_REGISTRAR_JOB_ADDRESS:
        return job->outcome.records_changed ? NGX_SRV_REGISTRAR_ADDRESS
                                            : NGX_SRV_REGISTRAR_REFRESHED;

    case NGX_SRV_REGISTRAR_JOB_ISSUER:
        return job->admin == DEVICE_ADMIN_SUSPEND
               ? NGX_SRV_REGISTRAR_ISSUER_SUSPENDED
               : NGX_SRV_REGISTRAR_ISSUER_RESUMED;

    case NGX_SRV_REGISTRAR_JOB_ADMIN:
        return job->admin == DEVICE_ADMIN_SUSPEND
               ? NGX_SRV_REGISTRAR_SUSPENDED
               : job->admin == DEVICE_ADMIN_RESUME
               ? NGX_SRV_REGISTRAR_RESUMED : NGX_SRV_REGISTRAR_REMOVED;

    default: /* NGX_SRV_REGISTRAR_JOB_APPLY */

        if (job->method == DEVICE_WITHDRAW) {
            return NGX_SRV_REGISTRAR_WITHDRAWN;
        }

        return job->outcome.records_changed ? NGX_SRV_REGISTRAR_CHANGED
                                            : NGX_SRV_REGISTRAR_REFRESHED;
    }
}


const char *
ngx_srv_registrar_change_name(ngx_srv_registrar_change_t change)
{
    static const char *const  names[NGX_SRV_REGISTRAR_CHANGES] = {
        [NGX_SRV_REGISTRAR_UNCHANGED] = "none",
        [NGX_SRV_REGISTRAR_ENROLLED] = "enrolled",
        [NGX_SRV_REGISTRAR_REENROLLED] = "enrolled-again",
        [NGX_SRV_REGISTRAR_RENAMED] = "renamed",
        [NGX_SRV_REGISTRAR_ROTATED] = "rotated",
        [NGX_SRV_REGISTRAR_CHANGED] = "changed",
        [NGX_SRV_REGISTRAR_REFRESHED] = "refreshed",
        [NGX_SRV_REGISTRAR_WITHDRAWN] = "withdrawn",
        [NGX_SRV_REGISTRAR_CREDENTIAL] = "credentials",
        [NGX_SRV_REGISTRAR_CHALLENGE] = "challenge",
        [NGX_SRV_REGISTRAR_ADDRESS] = "address",
        [NGX_SRV_REGISTRAR_SUSPENDED] = "suspended",
        [NGX_SRV_REGISTRAR_RESUMED] = "resumed",
        [NGX_SRV_REGISTRAR_REMOVED] = "removed",
        [NGX_SRV_REGISTRAR_ISSUER_SUSPENDED] = "issuer-suspended",
        [NGX_SRV_REGISTRAR_ISSUER_RESUMED] = "issuer-resumed"
    };

    return names[change];
}


/* Requests that end without a reason were left by their clients. */
ngx_int_t
ngx_srv_registrar_metrics_log(ngx_http_request_t *r)
{
    ngx_srv_registrar_ctx_t        *ctx;
    ngx_srv_registrar_metrics_t    *metrics;
    ngx_srv_registrar_loc_conf_t   *rlcf;
    ngx_srv_registrar_main_conf_t  *rmcf;

    ctx = ngx_http_get_module_ctx(r, ngx_srv_registrar_module);

    if (ctx == NULL) {
        return NGX_OK;
    }

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);
    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);
    metrics = ngx_srv_registrar_metrics_of(rmcf);

    if (metrics) {
        ngx_atomic_fetch_add(&metrics->requests[rlcf->door][ctx->reason], 1);
    }

    return NGX_OK;
}
