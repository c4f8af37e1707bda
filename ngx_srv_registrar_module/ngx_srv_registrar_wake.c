
/*
 * Requests whose jobs have ended are answered, a slice of them in each turn of
 * the event loop.
 *
 * What enters: a task's jobs, with their results.  What always holds: they are
 * woken in the order in which they were queued; a request that waits has
 * main->blocked raised by one and r->aio set, and both are undone before its
 * write event handler is called; while one is left the waker is posted, and
 * store->busy keeps the worker alive.
 *
 * Answering takes longer than committing: a whole batch in one turn would let
 * every other connection of the worker wait for tens of milliseconds.
 */

#include "ngx_srv_registrar_request.h"


/* The least that a slice takes, us: some twenty replies.  With 150 the rate
 * was a sixteenth lower, since requests then come a few at a time and batches
 * get smaller; with 600 everybody else waited half as long again.
 *
 * A reply brings the device's next request, which takes longer than the reply:
 * a slice that took a fixed share of the turn would make each turn longer than
 * the one before.  So the share grows with what is to be answered, up to as
 * long as the rest of the turn, since answers must not starve under a flood. */
#define NGX_SRV_REGISTRAR_SLICE  250


static void ngx_srv_registrar_wake_slice(ngx_event_t *ev);
static uint64_t ngx_srv_registrar_wake_spent(void);
static void ngx_srv_registrar_wake_request(ngx_http_request_t *r);
static void ngx_srv_registrar_wake_log(ngx_srv_registrar_job_t *job);


void
ngx_srv_registrar_wake_init(ngx_srv_registrar_store_t *store)
{
    store->last_ended = &store->ended;

    store->waker.handler = ngx_srv_registrar_wake_slice;
    store->waker.data = store;
    store->waker.log = ngx_cycle->log;
}


void
ngx_srv_registrar_wake_add(ngx_srv_registrar_store_t *store,
    ngx_srv_registrar_job_t *jobs)
{
    if (jobs == NULL) {
        return;
    }

    if (store->ended == NULL) {
        store->sliced = ngx_srv_registrar_wake_spent();
        ngx_post_event(&store->waker, &ngx_posted_events);
    }

    *store->last_ended = jobs;

    for ( /* void */ ; jobs; jobs = jobs->next) {
        store->last_ended = &jobs->next;
        store->nended++;
    }
}


/* A job dies with its request.  One at least is woken in each slice. */
static void
ngx_srv_registrar_wake_slice(ngx_event_t *ev)
{
    ngx_srv_registrar_store_t *store = ev->data;

    uint64_t                  end, share;
    ngx_srv_registrar_job_t  *job;

    share = (ngx_srv_registrar_wake_spent() - store->sliced) * store->nended
            / NGX_SRV_REGISTRAR_ENDED;

    end = ngx_srv_registrar_usec() + ngx_max(share, NGX_SRV_REGISTRAR_SLICE);

    do {
        job = store->ended;
        store->ended = job->next;
        store->nended--;

        if (store->ended == NULL) {
            store->last_ended = &store->ended;
        }

        ngx_srv_registrar_wake_log(job);
        ngx_srv_registrar_wake_request(job->request);

    } while (store->ended && ngx_srv_registrar_usec() < end);

    store->sliced = ngx_srv_registrar_wake_spent();

    if (store->ended) {
        ngx_post_event(ev, &ngx_posted_next_events);
    }

    ngx_srv_registrar_commit_next(store);
}


/* The event loop's time on a processor, us: what it waited for one, because a
 * commit had it, is no reason for a longer turn. */
static uint64_t
ngx_srv_registrar_wake_spent(void)
{
    struct timespec  spent;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);

    return (uint64_t) spent.tv_sec * 1000000 + spent.tv_nsec / 1000;
}


/* As ngx_http_copy_thread_event_handler. */
static void
ngx_srv_registrar_wake_request(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    r->main->blocked--;
    r->aio = 0;

#if (NGX_HTTP_V2)

    if (r->stream) {
        c->write->ready = 1;
        c->write->active = 0;
    }

#endif

#if (nginx_version >= 1025004)

    if (r->done || r->main->terminated) {
        c->write->handler(c->write);
        return;
    }

#else

    if (r->done) {
        c->write->handler(c->write);
        return;
    }

#endif

    r->write_event_handler(r);
    ngx_http_run_posted_requests(c);
}


/* Whatever becomes of the reply, the change is there. */
static void
ngx_srv_registrar_wake_log(ngx_srv_registrar_job_t *job)
{
    if (job->committed) {
        ngx_srv_registrar_log_change(job->request);
    }
}


void
ngx_srv_registrar_wake_exit(ngx_srv_registrar_store_t *store)
{
    ngx_srv_registrar_job_t  *job;

    for (job = store->ended; job; job = job->next) {
        ngx_srv_registrar_wake_log(job);
    }

    if (!store->in_flight) {
        return;
    }

    for (job = store->work.jobs; job; job = job->next) {
        ngx_srv_registrar_wake_log(job);
    }
}
