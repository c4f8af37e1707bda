
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


/* The least that a slice takes, us.  Half would cost a look at the sockets for
 * each few replies; double is felt by everybody else.
 *
 * Where the rest of a turn takes longer, because many requests arrive, a slice
 * may take half as long as that: answers must not starve while what is to be
 * answered grows. */
#define NGX_SRV_REGISTRAR_SLICE  1000


static void ngx_srv_registrar_wake_slice(ngx_event_t *ev);
static void ngx_srv_registrar_wake_request(ngx_http_request_t *r);


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
        store->sliced = ngx_srv_registrar_usec();
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

    uint64_t                  now, end, rest;
    ngx_srv_registrar_job_t  *job;

    now = ngx_srv_registrar_usec();
    rest = (now - store->sliced) / 2;
    end = now + ngx_max(rest, NGX_SRV_REGISTRAR_SLICE);

    do {
        job = store->ended;
        store->ended = job->next;
        store->nended--;

        if (store->ended == NULL) {
            store->last_ended = &store->ended;
        }

        /* whatever becomes of the reply, the change is there */

        if (job->committed) {
            ngx_srv_registrar_log_change(job->request);
        }

        ngx_srv_registrar_wake_request(job->request);

        now = ngx_srv_registrar_usec();

    } while (store->ended && now < end);

    store->sliced = now;

    if (store->ended) {
        ngx_post_event(ev, &ngx_posted_next_events);
    }

    ngx_srv_registrar_commit_next(store);
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
