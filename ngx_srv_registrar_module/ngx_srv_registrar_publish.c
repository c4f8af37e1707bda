
/*
 * Publication of the zone files, by the leader's first task: their contents
 * were checked when the configuration was read, so what can still go wrong is
 * the store, or a device that has taken a static name's label.
 */

#include "ngx_srv_registrar_store.h"


static store_status_t ngx_srv_registrar_publish_zones(
    ngx_srv_registrar_work_t *work, store_txn_t *txn, ngx_log_t *log);


void
ngx_srv_registrar_publish(ngx_srv_registrar_work_t *work, ngx_log_t *log)
{
    store_txn_t         *txn;
    store_status_t       status;
    lease_clock_mark_t   mark;

    status = store_write_begin(work->env, &txn);

    if (status == STORE_OK) {
        status = ngx_srv_registrar_publish_zones(work, txn, log);

        if (status == STORE_OK) {
            lease_clock_mark(&work->clock, &mark);
            status = store_commit(txn, &mark);

        } else {
            store_abort(txn);
        }
    }

    if (status != STORE_OK) {
        work->status = status;
        work->failed |= NGX_SRV_REGISTRAR_PUBLISH;
        return;
    }

    work->wrote = 1;
}


static store_status_t
ngx_srv_registrar_publish_zones(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_log_t *log)
{
    bool                        changed;
    char                        conflict[STORE_LABEL_MAX + 1];
    int64_t                     now;
    ngx_uint_t                  i, n;
    store_span_t                names[STORE_ZONES_MAX];
    store_status_t              status;
    ngx_srv_registrar_zone_t  **zones;

    zones = work->conf->zones.elts;
    n = work->conf->zones.nelts;

    now = ngx_srv_registrar_work_now(work, txn);

    for (i = 0; i < n; i++) {

        names[i].data = zones[i]->policy.name;
        names[i].len = zones[i]->policy.name_len;

        status = store_zone_publish(txn,
                                    device_zonefile_content(zones[i]->file),
                                    now, &changed, conflict);

        if (status == STORE_CONFLICT) {

            /* the operator's to solve; the old data stays and is served */

            ngx_log_error(NGX_LOG_ALERT, log, 0,
                          "srv_registrar: the file of zone \"%s\" has the "
                          "name \"%s\", which is a device's: the zone stays "
                          "as it was published before",
                          zones[i]->policy.text, conflict);
            continue;
        }

        if (status != STORE_OK) {
            return status;
        }

        if (changed) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0,
                          "srv_registrar: zone \"%s\" published",
                          zones[i]->policy.text);
        }
    }

    return store_zones_withdraw_others(txn, names, n, &changed);
}
