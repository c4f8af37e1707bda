
/*
 * A batch of jobs in one write transaction, on the task's thread.
 *
 * What always holds: a job whose reason is DEVICE_OK when the task ends is
 * durable.  A job that is refused harms no other.  Where the commit fails
 * every job of the batch gets that failure, the refused ones too: they were
 * judged against values that never came to be.
 */

#include "ngx_srv_registrar_store.h"


/* Jobs after which the event loop comes first, where both have one processor:
 * half a millisecond, before the pages that they changed are written in one go.
 * A quarter would cost a fifth of the rate; with four times as many the event
 * loop waits for all of it. */
#define NGX_SRV_REGISTRAR_STRETCH  128


/* The values that a job reads, and writes where it is accepted. */
typedef struct {
    ngx_uint_t          n;
    const store_key_t  *key[NGX_SRV_REGISTRAR_VALUES];
    uint8_t             buffer[NGX_SRV_REGISTRAR_VALUES][STORE_VALUE_MAX];
    store_span_t        bytes[NGX_SRV_REGISTRAR_VALUES]; /* to be put */
} ngx_srv_registrar_values_t;


static void ngx_srv_registrar_batch_prepare(ngx_srv_registrar_work_t *work,
    ngx_log_t *log);
static void ngx_srv_registrar_batch_presign(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_log_t *log);
static void ngx_srv_registrar_batch_save(ngx_srv_registrar_job_t *job,
    const ngx_srv_registrar_values_t *values, ngx_log_t *log);
static device_reason_t ngx_srv_registrar_batch_keep(
    ngx_srv_registrar_job_t *job, ngx_log_t *log);
static void ngx_srv_registrar_batch_release(ngx_srv_registrar_work_t *work);
static store_status_t ngx_srv_registrar_batch_jobs(
    ngx_srv_registrar_work_t *work, store_txn_t *txn, ngx_log_t *log);
static store_status_t ngx_srv_registrar_batch_job(
    ngx_srv_registrar_work_t *work, store_txn_t *txn,
    store_issuers_t *issuers, ngx_srv_registrar_job_t *job, ngx_log_t *log);
static store_status_t ngx_srv_registrar_batch_issuer(store_txn_t *txn,
    store_issuers_t *issuers, ngx_srv_registrar_job_t *job);
static device_reason_t ngx_srv_registrar_batch_rules(
    ngx_srv_registrar_work_t *work, store_txn_t *txn,
    const store_issuers_t *issuers, ngx_srv_registrar_job_t *job,
    ngx_srv_registrar_values_t *values);
static void ngx_srv_registrar_batch_values(ngx_srv_registrar_job_t *job,
    ngx_srv_registrar_values_t *values);
static device_reason_t ngx_srv_registrar_batch_rename(
    ngx_srv_registrar_work_t *work, ngx_srv_registrar_job_t *job,
    const device_place_t *places, ngx_srv_registrar_values_t *values);
static store_status_t ngx_srv_registrar_batch_suspend(
    ngx_srv_registrar_work_t *work, store_txn_t *txn,
    store_issuers_t *issuers, ngx_srv_registrar_job_t *job);
static store_status_t ngx_srv_registrar_batch_touch(
    ngx_srv_registrar_work_t *work, store_txn_t *txn);
static ngx_uint_t ngx_srv_registrar_batch_touched(
    ngx_srv_registrar_job_t *first, ngx_srv_registrar_job_t *job);
static void ngx_srv_registrar_batch_failed(ngx_srv_registrar_work_t *work,
    store_status_t status);


void
ngx_srv_registrar_batch(ngx_srv_registrar_work_t *work, ngx_log_t *log)
{
    store_txn_t              *txn;
    store_status_t            status;
    lease_clock_mark_t        mark;
    ngx_srv_registrar_job_t  *job;

    if (work->env == NULL || work->todo & NGX_SRV_REGISTRAR_OPEN) {

        /* queued while the environment went away */

        ngx_srv_registrar_batch_failed(work, STORE_ABSENT);
        return;
    }

    ngx_srv_registrar_batch_prepare(work, log);

    status = store_write_begin(work->env, &txn);

    if (status == STORE_OK) {
        status = ngx_srv_registrar_batch_jobs(work, txn, log);

        if (status == STORE_OK) {
            lease_clock_mark(&work->clock, &mark);
            status = store_commit(txn, &mark);

        } else {
            store_abort(txn);
        }
    }

    ngx_srv_registrar_batch_release(work);

    if (status != STORE_OK) {
        work->status = status;
        ngx_srv_registrar_batch_failed(work, status);
        return;
    }

    work->wrote = 1;

    for (job = work->jobs; job; job = job->next) {
        job->committed = (job->reason == DEVICE_OK);
    }
}


/*
 * Signs before the lock: the rules run on what is committed now, and what they
 * make is kept.  In the transaction they run again, on what stands there then,
 * and take the signatures over where nothing else has come between.  A failure
 * here costs only time.
 */
static void
ngx_srv_registrar_batch_prepare(ngx_srv_registrar_work_t *work,
    ngx_log_t *log)
{
    store_txn_t              *txn;
    ngx_srv_registrar_job_t  *job;

    for (job = work->jobs; job; job = job->next) {
        if (job->zone && job->zone->signer) {
            break;
        }
    }

    if (job == NULL || store_read_open(work->env, &txn) != STORE_OK) {
        return;
    }

    if (store_read_renew(txn) == STORE_OK) {
        ngx_srv_registrar_batch_presign(work, txn, log);
    }

    store_read_reset(txn);
    store_read_close(txn);
}


static void
ngx_srv_registrar_batch_presign(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_log_t *log)
{
    store_issuers_t              issuers;
    ngx_srv_registrar_job_t     *job;
    ngx_srv_registrar_values_t   values;

    (void) ngx_srv_registrar_work_now(work, txn);

    if (store_issuers_read(txn, &issuers) != STORE_OK) {
        return;
    }

    for (job = work->jobs; job; job = job->next) {

        if (job->type == NGX_SRV_REGISTRAR_JOB_ISSUER
            || job->zone->signer == NULL)
        {
            continue;
        }

        if (ngx_srv_registrar_batch_rules(work, txn, &issuers, job, &values)
            == DEVICE_OK)
        {
            ngx_srv_registrar_batch_save(job, &values, log);
        }

        ngx_memzero(&job->outcome, sizeof(device_outcome_t));
        ngx_memzero(&job->error, sizeof(device_error_t));
    }
}


/* A copy, since the rules run once more. */
static void
ngx_srv_registrar_batch_save(ngx_srv_registrar_job_t *job,
    const ngx_srv_registrar_values_t *values, ngx_log_t *log)
{
    u_char      *copy;
    ngx_uint_t   i;

    for (i = 0; i < values->n; i++) {

        if (values->bytes[i].len == 0) {
            continue;
        }

        copy = ngx_alloc(values->bytes[i].len, log);
        if (copy == NULL) {
            return;
        }

        ngx_memcpy(copy, values->bytes[i].data, values->bytes[i].len);

        job->prepared[i].data = copy;
        job->prepared[i].len = values->bytes[i].len;
    }
}


static void
ngx_srv_registrar_batch_release(ngx_srv_registrar_work_t *work)
{
    ngx_uint_t                i;
    ngx_srv_registrar_job_t  *job;

    for (job = work->jobs; job; job = job->next) {
        for (i = 0; i < NGX_SRV_REGISTRAR_VALUES; i++) {

            if (job->prepared[i].len) {
                ngx_free((void *) job->prepared[i].data);
            }

            job->prepared[i].data = NULL;
            job->prepared[i].len = 0;
        }
    }
}


/* The new value, for the reply: what lies in the map dies with the transaction,
 * and what lies here with the job. */
static device_reason_t
ngx_srv_registrar_batch_keep(ngx_srv_registrar_job_t *job, ngx_log_t *log)
{
    store_span_t  *bytes;

    bytes = &job->outcome.bytes;

    if (bytes->len == 0) {
        return DEVICE_OK;
    }

    job->value = ngx_alloc(bytes->len, log);
    if (job->value == NULL) {
        return DEVICE_INTERNAL;
    }

    ngx_memcpy(job->value, bytes->data, bytes->len);
    bytes->data = job->value;

    return DEVICE_OK;
}


/* Not OK: nothing of this may be committed. */
static store_status_t
ngx_srv_registrar_batch_jobs(ngx_srv_registrar_work_t *work, store_txn_t *txn,
    ngx_log_t *log)
{
    ngx_uint_t                n;
    store_status_t            status;
    store_issuers_t           issuers;
    ngx_srv_registrar_job_t  *job;

    (void) ngx_srv_registrar_work_now(work, txn);

    status = store_issuers_read(txn, &issuers);

    n = 0;

    for (job = work->jobs; job && status == STORE_OK; job = job->next) {
        status = ngx_srv_registrar_batch_job(work, txn, &issuers, job, log);

        if (++n % NGX_SRV_REGISTRAR_STRETCH == 0) {
            ngx_srv_registrar_work_give_way(work);
        }
    }

    return status == STORE_OK ? ngx_srv_registrar_batch_touch(work, txn)
                              : status;
}


static store_status_t
ngx_srv_registrar_batch_job(ngx_srv_registrar_work_t *work, store_txn_t *txn,
    store_issuers_t *issuers, ngx_srv_registrar_job_t *job, ngx_log_t *log)
{
    ngx_uint_t                   i;
    store_status_t               status;
    ngx_srv_registrar_values_t   values;

    if (job->type == NGX_SRV_REGISTRAR_JOB_ISSUER) {
        return ngx_srv_registrar_batch_suspend(work, txn, issuers, job);
    }

    if (job->issuer.known) {
        status = ngx_srv_registrar_batch_issuer(txn, issuers, job);

        if (status != STORE_OK) {
            job->reason = ngx_srv_registrar_store_reason(status);
            return STORE_OK;
        }
    }

    job->reason = ngx_srv_registrar_batch_rules(work, txn, issuers, job,
                                                &values);

    if (job->reason == DEVICE_OK) {
        job->reason = ngx_srv_registrar_batch_keep(job, log);
    }

    if (job->reason != DEVICE_OK) {
        return STORE_OK;
    }

    for (i = 0; i < values.n; i++) {
        if (values.bytes[i].len) {
            (void) store_put(txn, values.key[i], values.bytes[i]);
        }
    }

    if (job->type == NGX_SRV_REGISTRAR_JOB_ADMIN
        && job->admin == DEVICE_ADMIN_REMOVE)
    {
        (void) store_delete(txn, &job->key);
    }

    return STORE_OK;
}


/* What the job makes of the values that stand in this transaction; writes
 * none. */
static device_reason_t
ngx_srv_registrar_batch_rules(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, const store_issuers_t *issuers,
    ngx_srv_registrar_job_t *job, ngx_srv_registrar_values_t *values)
{
    ngx_uint_t       i;
    device_place_t   places[NGX_SRV_REGISTRAR_VALUES], *place;
    store_status_t   status;
    device_reason_t  reason;

    job->now = lease_clock_now(&work->clock);

    ngx_srv_registrar_batch_values(job, values);

    for (i = 0; i < values->n; i++) {

        place = &places[i];
        ngx_memzero(place, sizeof(device_place_t));

        place->key = values->key[i];
        place->now = job->now;
        place->buffer = values->buffer[i];
        place->issuers = issuers;
        place->signer = job->zone->signer;
        place->prepared = job->prepared[i];

        status = store_get(txn, place->key, &place->bytes);

        if (status == STORE_NOT_FOUND) {
            place->bytes.data = NULL;
            place->bytes.len = 0;

        } else if (status != STORE_OK) {
            return ngx_srv_registrar_store_reason(status);
        }
    }

    if (job->type == NGX_SRV_REGISTRAR_JOB_RENAME) {
        return ngx_srv_registrar_batch_rename(work, job, places, values);
    }

    reason = ngx_srv_registrar_job_rules(job, &places[0]);
    work->signatures += job->outcome.signatures;

    if (reason == DEVICE_OK && job->outcome.put) {
        values->bytes[0] = job->outcome.bytes;
    }

    return reason;
}


/* One, and of a device with another name three, or two where it has its first
 * name still. */
static void
ngx_srv_registrar_batch_values(ngx_srv_registrar_job_t *job,
    ngx_srv_registrar_values_t *values)
{
    ngx_srv_registrar_rename_t  *rename = job->rename;

    ngx_memzero(values->bytes, sizeof(values->bytes));

    values->n = 1;
    values->key[0] = &job->key;

    if (job->type == NGX_SRV_REGISTRAR_JOB_RENAME) {
        values->n = 3;
        values->key[1] = &rename->current;
        values->key[2] = rename->same ? &rename->current : &rename->root;
    }
}


static device_reason_t
ngx_srv_registrar_batch_rename(ngx_srv_registrar_work_t *work,
    ngx_srv_registrar_job_t *job, const device_place_t *places,
    ngx_srv_registrar_values_t *values)
{
    device_rename_t   rename;
    device_reason_t   reason;
    device_renamed_t  renamed;

    rename.fresh = &places[0];
    rename.current = &places[1];
    rename.root = &places[2];
    rename.interval = job->rename->interval;

    reason = device_rename(&rename, &job->enrollment, &renamed, &job->error);
    job->outcome = renamed.fresh;

    if (reason != DEVICE_OK) {
        return reason;
    }

    job->outcome.dns_changed = renamed.current.dns_changed;

    work->signatures += renamed.fresh.signatures + renamed.current.signatures
                        + renamed.root.signatures;

    values->bytes[0] = renamed.fresh.bytes;
    values->bytes[1] = renamed.current.bytes;

    if (!job->rename->same) {
        values->bytes[2] = renamed.root.bytes;
    }

    /* the reply has no use for the value */

    job->outcome.bytes.data = NULL;
    job->outcome.bytes.len = 0;

    return DEVICE_OK;
}


/* The issuer's devices may lie in any zone. */
static store_status_t
ngx_srv_registrar_batch_suspend(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, store_issuers_t *issuers, ngx_srv_registrar_job_t *job)
{
    bool                        changed;
    ngx_uint_t                  i;
    store_status_t              status;
    ngx_srv_registrar_zone_t  **zones;

    job->now = lease_clock_now(&work->clock);

    status = store_issuer_suspend(txn, job->issuer.digest, job->issuer.name,
                                  job->admin == DEVICE_ADMIN_SUSPEND,
                                  &changed);

    /* for the jobs that come after it in this batch */

    if (status == STORE_OK) {
        status = store_issuers_read(txn, issuers);
    }

    job->reason = ngx_srv_registrar_store_reason(status);

    if (status != STORE_OK || !changed) {
        return STORE_OK;
    }

    zones = work->conf->zones.elts;

    for (i = 0; i < work->conf->zones.nelts && status == STORE_OK; i++) {
        status = ngx_srv_registrar_zone_touch(work, txn, zones[i], job->now);
    }

    return status;
}


/* An issuer that comes for the first time gets its number here; where there is
 * none left its devices are of no issuer. */
static store_status_t
ngx_srv_registrar_batch_issuer(store_txn_t *txn, store_issuers_t *issuers,
    ngx_srv_registrar_job_t *job)
{
    uint16_t        number;
    store_status_t  status;

    status = store_issuer_add(txn, job->issuer.digest, job->issuer.name,
                              &number);

    if (status == STORE_TOO_LARGE) {
        job->enrollment.issuer = STORE_ISSUER_UNKNOWN;
        return STORE_OK;
    }

    if (status != STORE_OK) {
        return status;
    }

    job->enrollment.issuer = number;

    /* the first of its batch */

    return store_issuer_suspended(issuers, number)
           ? store_issuers_read(txn, issuers) : STORE_OK;
}


/* One step of the serial for each zone, however many of its devices changed
 * (RFC 1982). */
static store_status_t
ngx_srv_registrar_batch_touch(ngx_srv_registrar_work_t *work,
    store_txn_t *txn)
{
    store_status_t            status;
    ngx_srv_registrar_job_t  *job;

    status = STORE_OK;

    for (job = work->jobs; job && status == STORE_OK; job = job->next) {

        if (job->reason != DEVICE_OK || !job->outcome.dns_changed
            || ngx_srv_registrar_batch_touched(work->jobs, job))
        {
            continue;
        }

        status = ngx_srv_registrar_zone_touch(work, txn, job->zone,
                                              job->now);
    }

    return status;
}


static ngx_uint_t
ngx_srv_registrar_batch_touched(ngx_srv_registrar_job_t *first,
    ngx_srv_registrar_job_t *job)
{
    for ( /* void */ ; first != job; first = first->next) {
        if (first->zone == job->zone && first->reason == DEVICE_OK
            && first->outcome.dns_changed)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_srv_registrar_batch_failed(ngx_srv_registrar_work_t *work,
    store_status_t status)
{
    ngx_srv_registrar_job_t  *job;

    for (job = work->jobs; job; job = job->next) {
        job->reason = ngx_srv_registrar_store_reason(status);
        device_refuse(&job->error, job->reason, NULL, "%s",
                      store_status_text(status));
    }
}


int64_t
ngx_srv_registrar_work_now(ngx_srv_registrar_work_t *work, store_txn_t *txn)
{
    lease_clock_mark_t     mark;
    lease_clock_reading_t  reading;

    boot_clock_read(&reading);

    /* what the clock has to tell, the event loop's own clock tells */

    if (store_get_mark(txn, &mark) == STORE_OK) {
        (void) lease_clock_update(&work->clock, &reading, &mark);

    } else {
        (void) lease_clock_update(&work->clock, &reading, NULL);
    }

    return lease_clock_now(&work->clock);
}
