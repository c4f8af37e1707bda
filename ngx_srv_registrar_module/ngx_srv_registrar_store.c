
/*
 * The store as a worker sees it from one moment to the next: reading on the
 * event loop, the time, and what is made of a task's end: a fresh environment
 * taken, a dead one let go, the log told where the state changed.
 */

#include "ngx_srv_registrar_store.h"


/* How often things are looked at.  A store that was replaced serves old data
 * for so long, in ticks of a second; a dead reader pins pages so long, ms. */
#define NGX_SRV_REGISTRAR_CHECK_TICKS    5
#define NGX_SRV_REGISTRAR_READERS_TIME   30000

/* A snapshot is held for less than a second, but for a backup.  One that is as
 * old as this pins what commits free: some pages for each, which is told of
 * from when it is worth a look. */
#define NGX_SRV_REGISTRAR_HELD           60000    /* ms */
#define NGX_SRV_REGISTRAR_HELD_COMMITS   100

/* Seconds without a failure after which a store works again: in a full one a
 * small update may still succeed between two that fail. */
#define NGX_SRV_REGISTRAR_CALM           10


static void ngx_srv_registrar_store_install(ngx_srv_registrar_store_t *store);
static void ngx_srv_registrar_store_uninstall(
    ngx_srv_registrar_store_t *store);
static void ngx_srv_registrar_store_report(ngx_srv_registrar_store_t *store,
    store_status_t status, const char *text);
static void ngx_srv_registrar_store_fill(ngx_srv_registrar_store_t *store);
static void ngx_srv_registrar_store_held(ngx_srv_registrar_store_t *store);
static store_status_t ngx_srv_registrar_store_renew(
    ngx_srv_registrar_store_t *store);
static store_status_t ngx_srv_registrar_store_issuers(
    ngx_srv_registrar_store_t *store);
static void ngx_srv_registrar_store_clock(ngx_srv_registrar_store_t *store,
    const lease_clock_mark_t *mark);


/* The order: an environment that was opened has nothing else to tell; one that
 * was replaced or is dead is let go only after its failure was told. */
void
ngx_srv_registrar_store_settle(ngx_srv_registrar_store_t *store)
{
    ngx_srv_registrar_work_t  *work;

    work = &store->work;

    if (work->todo & NGX_SRV_REGISTRAR_OPEN) {

        if (work->env) {
            ngx_srv_registrar_store_install(store);

        } else {
            ngx_srv_registrar_store_report(store, work->open_error.status,
                                           work->open_error.text);
        }

        return;
    }

    if (work->replaced) {
        store->reopen = 1;
        work->replaced = 0;
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "srv_registrar: store \"%V\" was replaced",
                      &store->conf->path);

        /* that was why */

        if (work->status == STORE_REOPEN) {
            work->status = STORE_OK;
        }
    }

    if (work->todo & NGX_SRV_REGISTRAR_READERS) {
        ngx_srv_registrar_store_fill(store);
        ngx_srv_registrar_store_held(store);
    }

    if (work->status != STORE_OK) {
        store->failed = ngx_time();
        ngx_srv_registrar_store_report(store, work->status,
                                       store_status_text(work->status));

    } else if (work->wrote
               && ngx_time() - store->failed > NGX_SRV_REGISTRAR_CALM)
    {
        ngx_srv_registrar_store_report(store, STORE_OK, NULL);
    }

    if (store->env && (work->status == STORE_REOPEN || store->reopen)) {
        ngx_srv_registrar_store_uninstall(store);
        return;
    }

    /* what failed is tried again at the next tick */

    store->due |= work->failed;
}


/* A store counts as open once it has been read: one whose mark is damaged would
 * otherwise be found out by the first request. */
static void
ngx_srv_registrar_store_install(ngx_srv_registrar_store_t *store)
{
    store_status_t   status;
    ngx_file_info_t  fi;

    store->env = store->work.env;

    status = store_read_open(store->env, &store->snapshot);

    if (status == STORE_OK) {
        status = ngx_srv_registrar_store_renew(store);
    }

    if (status != STORE_OK) {
        ngx_srv_registrar_store_report(store, status,
                                       store_status_text(status));
        ngx_srv_registrar_store_uninstall(store);
        return;
    }

    store_read_reset(store->snapshot);

    if (ngx_file_info(store->conf->path.data, &fi) != NGX_FILE_ERROR) {
        store->device = fi.st_dev;
        store->inode = fi.st_ino;
    }

    if (store->leader) {
        store->looked = ngx_current_msec;
        store->due |= NGX_SRV_REGISTRAR_PUBLISH|NGX_SRV_REGISTRAR_READERS;
    }

    ngx_srv_registrar_store_report(store, STORE_OK, NULL);

    ngx_srv_registrar_commit_run(store);
}


/* Only while no task is in flight.  The environment is closed by the task
 * that opens the next one, since a process may have it open only once. */
static void
ngx_srv_registrar_store_uninstall(ngx_srv_registrar_store_t *store)
{
    store_read_close(store->snapshot);

    store->snapshot = NULL;
    store->issuers_set = 0;
    store->work.old = store->env;
    store->env = NULL;
    store->reopen = 0;
    store->due = 0;
}


/* One line for each change, not one for each second. */
static void
ngx_srv_registrar_store_report(ngx_srv_registrar_store_t *store,
    store_status_t status, const char *text)
{
    if (status == store->reported) {
        return;
    }

    store->reported = status;

    if (status == STORE_OK) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "srv_registrar: store \"%V\" works again",
                      &store->conf->path);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "srv_registrar: store \"%V\": %s",
                  &store->conf->path, text);
}


/* Once for each level on the way up, and again after it has been below. */
static void
ngx_srv_registrar_store_fill(ngx_srv_registrar_store_t *store)
{
    uint64_t       percent;
    ngx_uint_t     i, level;
    store_usage_t  *usage;

    static ngx_uint_t  levels[] = { 70, 85, 95 };

    usage = &store->work.usage;

    if (usage->map_size == 0) {
        return;
    }

    percent = usage->used / (usage->map_size / 100 + 1);
    level = 0;

    for (i = 0; i < 3; i++) {
        if (percent >= levels[i]) {
            level = levels[i];
        }
    }

    if (level > store->fill) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "srv_registrar: store \"%V\" is filled to %uL%%: raise "
                      "\"srv_registrar_map_size\"",
                      &store->conf->path, percent);
    }

    store->fill = level;
}


/* Once for each snapshot that somebody forgets. */
static void
ngx_srv_registrar_store_held(ngx_srv_registrar_store_t *store)
{
    store_usage_t  *usage;

    usage = &store->work.usage;

    if (usage->oldest_pid == 0 || usage->oldest != store->held) {
        store->held = usage->oldest;
        store->held_since = ngx_current_msec;
        store->held_told = 0;
        return;
    }

    if (store->held_told
        || usage->txn - usage->oldest <= NGX_SRV_REGISTRAR_HELD_COMMITS
        || ngx_current_msec - store->held_since < NGX_SRV_REGISTRAR_HELD)
    {
        return;
    }

    store->held_told = 1;

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "srv_registrar: store \"%V\": process %l has held a "
                  "snapshot for %M ms and %uL commits, whose pages cannot be "
                  "used again", &store->conf->path, usage->oldest_pid,
                  ngx_current_msec - store->held_since,
                  usage->txn - usage->oldest);
}


store_status_t
ngx_srv_registrar_store_read(ngx_srv_registrar_store_t *store,
    const store_key_t *key, ngx_pool_t *pool, store_span_t *bytes)
{
    u_char         *copy;
    store_span_t    span;
    store_status_t  status;

    bytes->data = NULL;
    bytes->len = 0;

    if (store == NULL || store->env == NULL) {
        return STORE_ABSENT;
    }

    status = ngx_srv_registrar_store_renew(store);

    if (status == STORE_OK) {
        status = store_get(store->snapshot, key, &span);
    }

    /* copied, since a request waits longer than a snapshot may be held */

    if (status == STORE_OK) {

        copy = NULL;

        if (span.len > STORE_VALUE_MAX) {
            status = STORE_DAMAGED;

        } else {
            copy = ngx_pnalloc(pool, span.len);
            status = (copy != NULL) ? STORE_OK : STORE_NO_MEMORY;
        }

        if (copy) {
            ngx_memcpy(copy, span.data, span.len);
            bytes->data = copy;
            bytes->len = span.len;
        }
    }

    store_read_reset(store->snapshot);

    if (status == STORE_REOPEN) {
        store->reopen = 1;
    }

    return status;
}


store_status_t
ngx_srv_registrar_store_issuer(ngx_srv_registrar_store_t *store,
    const uint8_t *digest, uint16_t *number)
{
    store_issuer_t  issuer;
    store_status_t  status;

    *number = STORE_ISSUER_UNKNOWN;

    if (store == NULL || store->env == NULL) {
        return STORE_ABSENT;
    }

    status = ngx_srv_registrar_store_renew(store);

    if (status != STORE_OK) {
        return status;
    }

    status = store_issuer_find(store->snapshot, digest, &issuer);

    if (status == STORE_OK) {
        *number = issuer.number;
    }

    store_read_reset(store->snapshot);

    return status == STORE_NOT_FOUND ? STORE_OK : status;
}


store_status_t
ngx_srv_registrar_store_issuers_visit(ngx_srv_registrar_store_t *store,
    store_issuer_visitor_t visitor, void *data)
{
    store_status_t  status;

    if (store == NULL || store->env == NULL) {
        return STORE_ABSENT;
    }

    status = ngx_srv_registrar_store_renew(store);

    if (status == STORE_OK) {
        status = store_issuers_visit(store->snapshot, visitor, data);
        store_read_reset(store->snapshot);
    }

    return status;
}


/* Takes a snapshot, and with it the time and who is suspended: the mark in the
 * snapshot is what the clock must not fall below.  One that is known already,
 * as most are while updates come in crowds, has nothing new to tell. */
static store_status_t
ngx_srv_registrar_store_renew(ngx_srv_registrar_store_t *store)
{
    uint64_t            txn;
    store_status_t      status;
    lease_clock_mark_t  mark;

    status = store_read_renew(store->snapshot);

    if (status != STORE_OK) {
        return status;
    }

    txn = store_txn_id(store->snapshot);

    if (store->issuers_set && txn == store->seen) {
        ngx_srv_registrar_store_clock(store, NULL);
        return STORE_OK;
    }

    status = ngx_srv_registrar_store_issuers(store);

    if (status != STORE_OK) {
        store_read_reset(store->snapshot);
        return status;
    }

    status = store_get_mark(store->snapshot, &mark);

    if (status == STORE_OK || status == STORE_NOT_FOUND) {
        ngx_srv_registrar_store_clock(store, status == STORE_OK ? &mark
                                                                : NULL);
        store->seen = txn;
        return STORE_OK;
    }

    store_read_reset(store->snapshot);

    return status;
}


/* The table is read again only where it has changed. */
static store_status_t
ngx_srv_registrar_store_issuers(ngx_srv_registrar_store_t *store)
{
    uint32_t        generation;
    store_status_t  status;

    status = store_issuers_generation(store->snapshot, &generation);

    if (status != STORE_OK
        || (store->issuers_set && generation == store->issuers.generation))
    {
        return status;
    }

    status = store_issuers_read(store->snapshot, &store->issuers);
    store->issuers_set = status == STORE_OK;

    return status;
}


/* The one place in a worker that tells of the clock: threads have copies, and
 * keep quiet. */
static void
ngx_srv_registrar_store_clock(ngx_srv_registrar_store_t *store,
    const lease_clock_mark_t *mark)
{
    lease_clock_event_t    event;
    lease_clock_reading_t  reading;

    boot_clock_read(&reading);

    if (store->clock_set) {
        event = lease_clock_update(&store->clock, &reading, mark);

    } else {
        event = lease_clock_init(&store->clock, &reading, mark);
        store->clock_set = 1;
    }

    switch (event) {

    case LEASE_CLOCK_STEADY:
        break;

    case LEASE_CLOCK_STEP_SEEN:
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "srv_registrar: the system clock says %L, leases run "
                      "at %L: not believed before it has stood for an hour",
                      (int64_t) reading.wall,
                      (int64_t) lease_clock_now(&store->clock));
        break;

    case LEASE_CLOCK_STEP_ADOPTED:
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "srv_registrar: the system clock has stood for an hour, "
                      "leases now run at %L",
                      (int64_t) lease_clock_now(&store->clock));
        break;

    case LEASE_CLOCK_STEP_GONE:
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "srv_registrar: the system clock is back");
        break;
    }
}


int64_t
ngx_srv_registrar_store_now(ngx_srv_registrar_store_t *store, int64_t *held)
{
    *held = 0;

    /* no store was ever open: nothing will be accepted by this time */

    if (store == NULL || !store->clock_set) {
        return ngx_time();
    }

    if (!lease_clock_held(&store->clock, held)) {
        *held = 0;
    }

    return lease_clock_now(&store->clock);
}


void
ngx_srv_registrar_store_tick(ngx_event_t *ev)
{
    ngx_msec_t                  sweep;
    ngx_connection_t           *dummy;
    ngx_srv_registrar_store_t  *store;

    dummy = ev->data;
    store = dummy->data;

    if (ngx_exiting) {
        return;
    }

    ngx_add_timer(ev, NGX_SRV_REGISTRAR_TICK);

    store->ticks++;

    if (store->env && store->reopen && !store->in_flight) {
        ngx_srv_registrar_store_uninstall(store);
    }

    if (store->env == NULL) {
        store->due |= NGX_SRV_REGISTRAR_OPEN;
        ngx_srv_registrar_commit_run(store);
        return;
    }

    /* so that the clock is read each second, and a step of it is seen and
     * waited out also where nobody asks */

    if (ngx_srv_registrar_store_renew(store) == STORE_OK) {
        store_read_reset(store->snapshot);
    }

    if (store->ticks % NGX_SRV_REGISTRAR_CHECK_TICKS == 0) {
        store->due |= NGX_SRV_REGISTRAR_CHECK;
    }

    if (store->leader) {

        if (ngx_current_msec - store->looked
            >= NGX_SRV_REGISTRAR_READERS_TIME)
        {
            store->looked = ngx_current_msec;
            store->due |= NGX_SRV_REGISTRAR_READERS;
        }

        sweep = store->conf->sweep;

        if (sweep && ngx_current_msec - store->swept >= sweep) {
            store->swept = ngx_current_msec;
            store->due |= NGX_SRV_REGISTRAR_SWEEP;
        }
    }

    ngx_srv_registrar_commit_run(store);
}
