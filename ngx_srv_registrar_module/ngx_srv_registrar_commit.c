
/*
 * The queue of verified jobs, and the one thread task that takes it into a
 * transaction.
 *
 * What always holds: a job that was accepted gets its result exactly once; a
 * request that waits has main->blocked raised by one and r->aio set.  While a
 * task is in flight, or one of its requests is still to be woken, a timer that
 * is not cancelable keeps the worker alive, since thread tasks alone do not.
 */

#include "ngx_srv_registrar_metrics.h"
#include "ngx_srv_registrar_request.h"


/* Only to keep the worker alive and to say that a disk is slow; half or
 * double would change nothing but the log. */
#define NGX_SRV_REGISTRAR_SLOW  60000


static ngx_uint_t ngx_srv_registrar_commit_take(
    ngx_srv_registrar_store_t *store);
static void ngx_srv_registrar_commit_fail(ngx_srv_registrar_store_t *store);
static void ngx_srv_registrar_work_handler(void *data, ngx_log_t *log);
static void ngx_srv_registrar_work_commit(ngx_srv_registrar_work_t *work,
    ngx_log_t *log);
static void ngx_srv_registrar_commit_done(ngx_event_t *ev);
static void ngx_srv_registrar_commit_slow(ngx_event_t *ev);


void
ngx_srv_registrar_commit_init(ngx_srv_registrar_store_t *store)
{
    store->task.ctx = &store->work;
    store->task.handler = ngx_srv_registrar_work_handler;
    store->task.event.handler = ngx_srv_registrar_commit_done;
    store->task.event.data = store;
    store->task.event.log = ngx_cycle->log;

    store->busy.handler = ngx_srv_registrar_commit_slow;
    store->busy.data = &store->dummy;
    store->busy.log = ngx_cycle->log;

    ngx_srv_registrar_wake_init(store);
}


ngx_int_t
ngx_srv_registrar_commit_add(ngx_srv_registrar_store_t *store,
    ngx_srv_registrar_job_t *job)
{
    ngx_http_request_t  *r;

    if (store->nwaiting >= store->conf->queue) {
        return NGX_BUSY;
    }

    r = job->request;

    r->main->blocked++;
    r->aio = 1;

    job->next = NULL;
    *store->last = job;
    store->last = &job->next;
    store->nwaiting++;

    ngx_srv_registrar_commit_run(store);
    ngx_srv_registrar_metrics_queue(store);

    return NGX_OK;
}


void
ngx_srv_registrar_commit_run(ngx_srv_registrar_store_t *store)
{
    if (store->in_flight
        || store->nended > NGX_SRV_REGISTRAR_ENDED
        || !ngx_srv_registrar_commit_take(store))
    {
        return;
    }

    store->in_flight = 1;

    ngx_add_timer(&store->busy, NGX_SRV_REGISTRAR_SLOW);

    if (store->inlined) {

        /* no master and a reload: nginx has no threads for us any more */

        ngx_srv_registrar_work_handler(&store->work, ngx_cycle->log);
        ngx_post_event(&store->task.event, &ngx_posted_events);
        return;
    }

    if (ngx_thread_task_post(store->conf->pool, &store->task) == NGX_OK) {
        return;
    }

    /* the pool's queue is full, or worse; the completion still runs */

    ngx_srv_registrar_commit_fail(store);
    store->task.event.active = 0;
    ngx_post_event(&store->task.event, &ngx_posted_events);
}


/* Fills the task with what is due.  An environment that is not there can only
 * be opened; jobs that wait meanwhile are told so by the task. */
static ngx_uint_t
ngx_srv_registrar_commit_take(ngx_srv_registrar_store_t *store)
{
    ngx_uint_t                  n;
    ngx_srv_registrar_job_t   **link;
    ngx_srv_registrar_work_t   *work;

    work = &store->work;

    work->todo = store->due;
    work->conf = store->conf;
    work->env = store->env;
    work->clock = store->clock;
    work->status = STORE_OK;
    work->failed = 0;
    work->more = 0;
    work->wrote = 0;
    work->counted = 0;
    work->signatures = 0;
    work->njobs = 0;
    work->jobs = NULL;
#if (NGX_LINUX)
    work->processor = sched_getcpu();
#endif

    if (ngx_exiting) {
        work->todo = 0;
    }

    link = &store->waiting;

    for (n = 0; *link && n < NGX_SRV_REGISTRAR_BATCH; n++) {
        link = &(*link)->next;
    }

    if (n) {
        work->todo |= NGX_SRV_REGISTRAR_COMMIT;
        work->jobs = store->waiting;
        work->njobs = n;

        store->waiting = *link;
        *link = NULL;

        if (store->waiting == NULL) {
            store->last = &store->waiting;
        }

        store->nwaiting -= n;
    }

    store->due = 0;

    return work->todo;
}


static void
ngx_srv_registrar_commit_fail(ngx_srv_registrar_store_t *store)
{
    ngx_srv_registrar_job_t  *job;

    for (job = store->work.jobs; job; job = job->next) {
        job->reason = DEVICE_BUSY;
    }

    store->work.failed = store->work.todo & ~NGX_SRV_REGISTRAR_COMMIT;
    store->work.todo = 0;
}


/* On the thread. */
static void
ngx_srv_registrar_work_handler(void *data, ngx_log_t *log)
{
    ngx_srv_registrar_work_t *work = data;

    int  cleared;

    if (work->todo & NGX_SRV_REGISTRAR_OPEN) {
        ngx_srv_registrar_work_open(work);
    }

    if (work->todo & NGX_SRV_REGISTRAR_COMMIT) {
        ngx_srv_registrar_work_commit(work, log);
    }

    if (work->env == NULL || work->todo & NGX_SRV_REGISTRAR_OPEN) {
        return;
    }

    if (work->todo & NGX_SRV_REGISTRAR_CHECK || work->status == STORE_REOPEN) {
        work->replaced = store_replaced(work->env);
    }

    /* readers and sweeps come round again by themselves */

    if (work->status != STORE_OK) {
        work->failed = work->todo & NGX_SRV_REGISTRAR_PUBLISH;
        return;
    }

    if (work->todo & NGX_SRV_REGISTRAR_PUBLISH) {
        ngx_srv_registrar_publish(work, log);
    }

    if (work->status == STORE_OK && work->todo & NGX_SRV_REGISTRAR_READERS) {
        ngx_memzero(&work->usage, sizeof(store_usage_t));
        (void) store_clear_readers(work->env, &cleared);
        (void) store_usage(work->env, &work->usage);
    }

    if (work->status == STORE_OK && work->todo & NGX_SRV_REGISTRAR_SWEEP) {
        ngx_srv_registrar_sweep(work, log);
    }
}


/*
 * Where a worker is bound to one processor (worker_cpu_affinity), its threads
 * are bound with it, and the event loop waits while this one runs.  On a
 * processor of its own it goes on, since others may wait for the writer's lock.
 */
void
ngx_srv_registrar_work_give_way(const ngx_srv_registrar_work_t *work)
{
#if (NGX_LINUX)

    if (sched_getcpu() == work->processor) {
        ngx_sched_yield();
    }

#endif
}


/* With the wait for the writer's lock: what a client waits for. */
static void
ngx_srv_registrar_work_commit(ngx_srv_registrar_work_t *work, ngx_log_t *log)
{
    uint64_t  begin;

    begin = ngx_srv_registrar_usec();
    ngx_srv_registrar_batch(work, log);
    work->elapsed = (ngx_uint_t) (ngx_srv_registrar_usec() - begin);
}


uint64_t
ngx_srv_registrar_usec(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}


/* On the thread, or before the worker serves. */
void
ngx_srv_registrar_work_open(ngx_srv_registrar_work_t *work)
{
    store_options_t  options;

    store_close(work->old);
    work->old = NULL;

    ngx_memzero(&options, sizeof(store_options_t));
    ngx_memzero(&work->open_error, sizeof(store_error_t));

    options.path = (char *) work->conf->path.data;
    options.writer = true;
    options.map_size = (size_t) work->conf->map_size;

    work->env = NULL;
    (void) store_open(&work->env, &options, &work->open_error);
}


/* The task has ended.  What arrived meanwhile goes first, so that the disk
 * works while this batch is being answered. */
static void
ngx_srv_registrar_commit_done(ngx_event_t *ev)
{
    ngx_srv_registrar_store_t *store = ev->data;

    ngx_srv_registrar_job_t  *jobs;

    ev->complete = 0;

    if (store->refs == 0) {

        /* no cycle, and so neither a request nor a configuration */

        ngx_srv_registrar_store_free(store);
        return;
    }

    ngx_srv_registrar_metrics_work(store);

    jobs = store->work.jobs;
    store->work.jobs = NULL;
    store->in_flight = 0;

    if (store->work.more) {
        store->due |= NGX_SRV_REGISTRAR_SWEEP;
    }

    ngx_srv_registrar_store_settle(store);

    ngx_srv_registrar_wake_add(store, jobs);
    ngx_srv_registrar_commit_next(store);
}


void
ngx_srv_registrar_commit_next(ngx_srv_registrar_store_t *store)
{
    if (!store->in_flight && (store->waiting || store->work.more)) {
        ngx_srv_registrar_commit_run(store);
    }

    if (!store->in_flight && store->ended == NULL && store->busy.timer_set) {
        ngx_del_timer(&store->busy);
    }

    ngx_srv_registrar_metrics_queue(store);
}


static void
ngx_srv_registrar_commit_slow(ngx_event_t *ev)
{
    ngx_connection_t           *dummy;
    ngx_srv_registrar_store_t  *store;

    dummy = ev->data;
    store = dummy->data;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "srv_registrar: a commit to \"%V\" takes more than %d s",
                  &store->conf->path, NGX_SRV_REGISTRAR_SLOW / 1000);

    ngx_add_timer(ev, NGX_SRV_REGISTRAR_SLOW);
}


device_reason_t
ngx_srv_registrar_store_reason(store_status_t status)
{
    switch (status) {

    case STORE_OK:
        return DEVICE_OK;

    case STORE_FULL:
    case STORE_NO_SPACE:
        return DEVICE_STORE_FULL;

    case STORE_TOO_LARGE:
        return DEVICE_TOO_MUCH;

    case STORE_DAMAGED:
    case STORE_NO_MEMORY:
        return DEVICE_INTERNAL;

    default:
        return DEVICE_STORE_UNAVAILABLE;
    }
}
