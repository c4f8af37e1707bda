
/*
 * A batch of jobs in one write transaction, on the task's thread.
 *
 * What always holds: a job whose reason is DEVICE_OK when the task ends is
 * durable.  A job that is refused harms no other.  Where the commit fails
 * every job of the batch gets that failure, the refused ones too: they were
 * judged against values that never came to be.
 */

#include "ngx_srv_registrar_store.h"


static void ngx_srv_registrar_batch_job(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, store_issuers_t *issuers,
    ngx_srv_registrar_job_t *job, ngx_log_t *log);
static device_reason_t ngx_srv_registrar_batch_keep(
    ngx_srv_registrar_job_t *job, ngx_log_t *log);
static store_status_t ngx_srv_registrar_batch_issuer(store_txn_t *txn,
    store_issuers_t *issuers, ngx_srv_registrar_job_t *job);
static void ngx_srv_registrar_batch_rename(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, const store_issuers_t *issuers,
    ngx_srv_registrar_job_t *job);
static void ngx_srv_registrar_batch_suspend(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, store_issuers_t *issuers,
    ngx_srv_registrar_job_t *job);
static void ngx_srv_registrar_batch_touch(ngx_srv_registrar_work_t *work,
    store_txn_t *txn);
static ngx_uint_t ngx_srv_registrar_batch_touched(
    ngx_srv_registrar_job_t *first, ngx_srv_registrar_job_t *job);
static void ngx_srv_registrar_batch_failed(ngx_srv_registrar_work_t *work,
    store_status_t status);


void
ngx_srv_registrar_batch(ngx_srv_registrar_work_t *work, ngx_log_t *log)
{
    store_txn_t              *txn;
    store_status_t            status;
    store_issuers_t           issuers;
    lease_clock_mark_t        mark;
    ngx_srv_registrar_job_t  *job;

    if (work->env == NULL || work->todo & NGX_SRV_REGISTRAR_OPEN) {

        /* queued while the environment went away */

        ngx_srv_registrar_batch_failed(work, STORE_ABSENT);
        return;
    }

    status = store_write_begin(work->env, &txn);

    if (status != STORE_OK) {
        work->status = status;
        ngx_srv_registrar_batch_failed(work, status);
        return;
    }

    (void) ngx_srv_registrar_work_now(work, txn);

    status = store_issuers_read(txn, &issuers);

    if (status != STORE_OK) {
        store_abort(txn);
        work->status = status;
        ngx_srv_registrar_batch_failed(work, status);
        return;
    }

    for (job = work->jobs; job; job = job->next) {
        ngx_srv_registrar_batch_job(work, txn, &issuers, job, log);
    }

    ngx_srv_registrar_batch_touch(work, txn);

    lease_clock_mark(&work->clock, &mark);

    status = store_commit(txn, &mark);

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


static void
ngx_srv_registrar_batch_job(ngx_srv_registrar_work_t *work, store_txn_t *txn,
    store_issuers_t *issuers, ngx_srv_registrar_job_t *job, ngx_log_t *log)
{
    uint8_t         buffer[STORE_VALUE_MAX];
    store_status_t  status;
    device_place_t  place;

    if (job->type == NGX_SRV_REGISTRAR_JOB_ISSUER) {
        ngx_srv_registrar_batch_suspend(work, txn, issuers, job);
        return;
    }

    if (job->issuer.known) {
        status = ngx_srv_registrar_batch_issuer(txn, issuers, job);

        if (status != STORE_OK) {
            job->reason = ngx_srv_registrar_store_reason(status);
            return;
        }
    }

    if (job->type == NGX_SRV_REGISTRAR_JOB_RENAME) {
        ngx_srv_registrar_batch_rename(work, txn, issuers, job);
        return;
    }

    ngx_memzero(&place, sizeof(device_place_t));

    place.key = &job->key;
    place.now = lease_clock_now(&work->clock);
    place.buffer = buffer;
    place.issuers = issuers;

    job->now = place.now;

    status = store_get(txn, &job->key, &place.bytes);

    if (status == STORE_NOT_FOUND) {
        place.bytes.data = NULL;
        place.bytes.len = 0;

    } else if (status != STORE_OK) {
        /* sticky: the commit will fail and tell all */
        job->reason = ngx_srv_registrar_store_reason(status);
        return;
    }

    job->reason = ngx_srv_registrar_job_rules(job, &place);

    if (job->reason == DEVICE_OK) {
        job->reason = ngx_srv_registrar_batch_keep(job, log);
    }

    if (job->reason != DEVICE_OK) {
        return;
    }

    if (job->outcome.put) {
        (void) store_put(txn, &job->key, job->outcome.bytes);
    }

    if (job->type == NGX_SRV_REGISTRAR_JOB_ADMIN
        && job->admin == DEVICE_ADMIN_REMOVE)
    {
        (void) store_delete(txn, &job->key);
    }
}


/* Three values, or two where the device has its first name still. */
static void
ngx_srv_registrar_batch_rename(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, const store_issuers_t *issuers,
    ngx_srv_registrar_job_t *job)
{
    uint8_t                      buffers[3][STORE_VALUE_MAX];
    ngx_uint_t                   i;
    device_place_t               places[3];
    store_status_t               status;
    device_rename_t              rename;
    device_renamed_t             renamed;
    ngx_srv_registrar_rename_t  *keys = job->rename;

    const store_key_t  *key[3] = {
        keys->same ? &keys->current : &keys->root, &keys->current, &job->key
    };

    job->now = lease_clock_now(&work->clock);

    ngx_memzero(places, sizeof(places));

    for (i = 0; i < 3; i++) {
        places[i].key = key[i];
        places[i].now = job->now;
        places[i].buffer = buffers[i];
        places[i].issuers = issuers;

        status = store_get(txn, key[i], &places[i].bytes);

        if (status == STORE_NOT_FOUND) {
            places[i].bytes.data = NULL;
            places[i].bytes.len = 0;

        } else if (status != STORE_OK) {
            job->reason = ngx_srv_registrar_store_reason(status);
            return;
        }
    }

    rename.root = &places[0];
    rename.current = &places[1];
    rename.fresh = &places[2];
    rename.interval = keys->interval;

    job->reason = device_rename(&rename, &job->enrollment, &renamed,
                                &job->error);
    job->outcome = renamed.fresh;

    if (job->reason != DEVICE_OK) {
        return;
    }

    job->outcome.dns_changed = renamed.current.dns_changed;

    (void) store_put(txn, key[1], renamed.current.bytes);
    (void) store_put(txn, key[2], renamed.fresh.bytes);

    if (!keys->same) {
        (void) store_put(txn, key[0], renamed.root.bytes);
    }

    /* the reply has no use for the value */

    job->outcome.bytes.data = NULL;
    job->outcome.bytes.len = 0;
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


/* The issuer's devices may lie in any zone. */
static void
ngx_srv_registrar_batch_suspend(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, store_issuers_t *issuers, ngx_srv_registrar_job_t *job)
{
    bool                        changed;
    ngx_uint_t                  i;
    store_span_t                name;
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
        return;
    }

    zones = work->conf->zones.elts;

    for (i = 0; i < work->conf->zones.nelts; i++) {
        name.data = zones[i]->policy.name;
        name.len = zones[i]->policy.name_len;
        (void) store_zone_touch(txn, name, job->now);
    }
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

    job->enrollment.issuer = number;

    /* the first of its batch */

    return status == STORE_OK && store_issuer_suspended(issuers, number)
           ? store_issuers_read(txn, issuers) : status;
}


device_reason_t
ngx_srv_registrar_job_rules(ngx_srv_registrar_job_t *job,
    const device_place_t *place)
{
    const device_zone_t  *zone = &job->zone->policy;

    switch (job->type) {

    case NGX_SRV_REGISTRAR_JOB_ENROLL:
        return device_enroll(place, &job->enrollment, &job->outcome,
                             &job->error);

    case NGX_SRV_REGISTRAR_JOB_ROTATE:
        return device_rotate(place, &job->claim, &job->enrollment,
                             &job->outcome, &job->error);

    case NGX_SRV_REGISTRAR_JOB_CREDENTIALS:
        return device_credentials(place, &job->claim, job->issue, job->rotate,
                                  job->secret, &job->outcome, &job->error);

    case NGX_SRV_REGISTRAR_JOB_CHALLENGE:
        return device_door_challenge(place, zone, &job->door, job->challenge,
                                     zone->challenge_lease, &job->outcome,
                                     &job->error);

    case NGX_SRV_REGISTRAR_JOB_ADDRESS:
        return device_door_address(place, zone, &job->door, &job->ipv4,
                                   &job->ipv6, zone->dyndns2_lease,
                                   &job->outcome, &job->error);

    case NGX_SRV_REGISTRAR_JOB_ADMIN:
        return device_admin(place, job->admin, &job->outcome, &job->error);

    case NGX_SRV_REGISTRAR_JOB_REGISTER:
        return device_door_register(place, &job->enrollment, job->secret,
                                    &job->outcome, &job->error);

    default: /* NGX_SRV_REGISTRAR_JOB_APPLY */
        return device_apply(place, zone, &job->claim, job->method, job->change,
                            &job->outcome, &job->error);
    }
}


/* One step of the serial for each zone, however many of its devices changed
 * (RFC 1982). */
static void
ngx_srv_registrar_batch_touch(ngx_srv_registrar_work_t *work,
    store_txn_t *txn)
{
    store_span_t              zone;
    ngx_srv_registrar_job_t  *job;

    for (job = work->jobs; job; job = job->next) {

        if (job->reason != DEVICE_OK || !job->outcome.dns_changed
            || ngx_srv_registrar_batch_touched(work->jobs, job))
        {
            continue;
        }

        zone.data = job->zone->policy.name;
        zone.len = job->zone->policy.name_len;

        /* NOT_FOUND: the zone has not been published yet */

        (void) store_zone_touch(txn, zone, job->now);
    }
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
