
/*
 * Who in this process has the store open.
 *
 * The registry below is the one piece of process-wide state: LMDB allows a
 * process to open an environment once only, and without a master two cycles
 * live in one process for a while after a reload.
 *
 * Nothing here opens a store in the master, the cache manager or under
 * nginx -t.
 */

#include "ngx_srv_registrar_metrics.h"


static ngx_uint_t ngx_srv_registrar_store_writable(ngx_cycle_t *cycle,
    ngx_file_info_t *fi);
static ngx_int_t ngx_srv_registrar_store_attach(ngx_cycle_t *cycle,
    ngx_srv_registrar_main_conf_t *rmcf, ngx_uint_t inlined);
static ngx_srv_registrar_store_t *ngx_srv_registrar_store_find(
    ngx_srv_registrar_main_conf_t *rmcf, ngx_file_info_t *fi);
static ngx_srv_registrar_store_t *ngx_srv_registrar_store_create(
    ngx_cycle_t *cycle);
static void ngx_srv_registrar_store_detach(void *data);
static void ngx_srv_registrar_store_let_go(ngx_srv_registrar_store_t *store);


static struct {
    ngx_srv_registrar_store_t  *first;
    ngx_uint_t                  started;     /* init_process has run */
} ngx_srv_registrar_registry;


ngx_int_t
ngx_srv_registrar_store_init(ngx_cycle_t *cycle)
{
    ngx_srv_registrar_main_conf_t  *rmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    ngx_srv_registrar_registry.started = 1;

    rmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_srv_registrar_module);

    if (rmcf == NULL || rmcf->zones.nelts == 0) {
        return NGX_OK;
    }

    ngx_srv_registrar_metrics_begin(rmcf);

    return ngx_srv_registrar_store_attach(cycle, rmcf, 0);
}


/* Only now is the workers' user known.  No more than a warning: the directory
 * may come later, and the workers wait for it. */
void
ngx_srv_registrar_store_look(ngx_cycle_t *cycle)
{
    ngx_err_t                       err;
    const char                     *problem;
    ngx_file_info_t                 fi;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_srv_registrar_module);

    if (rmcf == NULL || rmcf->zones.nelts == 0) {
        return;
    }

    err = 0;

    if (ngx_file_info(rmcf->path.data, &fi) == NGX_FILE_ERROR) {
        err = ngx_errno;
        problem = "cannot be found";

    } else if (!ngx_is_dir(&fi)) {
        problem = "is not a directory";

    } else if (!ngx_srv_registrar_store_writable(cycle, &fi)) {
        problem = "cannot be written by the workers' user";

    } else {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cycle->log, err,
                  "\"srv_registrar_store\" \"%V\" %s: as long as that is so "
                  "devices get 503, in %s:%ui", &rmcf->path, problem,
                  rmcf->path_at.file, rmcf->path_at.line);
}


/* False where it surely is not: of groups no more is asked than whether one
 * may. */
static ngx_uint_t
ngx_srv_registrar_store_writable(ngx_cycle_t *cycle, ngx_file_info_t *fi)
{
    ngx_uid_t         user;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);
    user = (geteuid() == 0) ? (ngx_uid_t) ccf->user : geteuid();

    if (user == 0) {
        return 1;
    }

    if (fi->st_uid == user) {
        return (fi->st_mode & (S_IWUSR|S_IXUSR)) == (S_IWUSR|S_IXUSR);
    }

    return (fi->st_mode & (S_IWGRP|S_IWOTH)) != 0;
}


ngx_int_t
ngx_srv_registrar_store_adopt(ngx_cycle_t *cycle)
{
    ngx_srv_registrar_main_conf_t  *rmcf;

    if (!ngx_srv_registrar_registry.started
        || ngx_process != NGX_PROCESS_SINGLE
        || ngx_test_config)
    {
        return NGX_OK;
    }

    rmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_srv_registrar_module);

    if (rmcf == NULL || rmcf->zones.nelts == 0) {
        return NGX_OK;
    }

    /* nginx starts no threads for this cycle, and the old one's go away */

    if (ngx_srv_registrar_store_attach(cycle, rmcf, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    rmcf->store->due |= NGX_SRV_REGISTRAR_PUBLISH;

    return NGX_OK;
}


static ngx_int_t
ngx_srv_registrar_store_attach(ngx_cycle_t *cycle,
    ngx_srv_registrar_main_conf_t *rmcf, ngx_uint_t inlined)
{
    ngx_file_info_t             fi;
    ngx_pool_cleanup_t         *cln;
    ngx_srv_registrar_store_t  *store;

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    if (ngx_file_info(rmcf->path.data, &fi) == NGX_FILE_ERROR) {
        ngx_memzero(&fi, sizeof(ngx_file_info_t));
    }

    store = ngx_srv_registrar_store_find(rmcf, &fi);

    if (store == NULL) {
        store = ngx_srv_registrar_store_create(cycle);
        if (store == NULL) {
            return NGX_ERROR;
        }

        store->device = fi.st_dev;
        store->inode = fi.st_ino;
    }

    store->refs++;
    store->conf = rmcf;
    store->inlined = inlined;
    rmcf->store = store;

    cln->handler = ngx_srv_registrar_store_detach;
    cln->data = store;

    if (store->env == NULL && !store->in_flight) {

        /* the one place that may wait: nobody is being served yet */

        store->work.conf = rmcf;
        ngx_srv_registrar_work_open(&store->work);
        store->due = 0;
        store->work.todo = NGX_SRV_REGISTRAR_OPEN;
        ngx_srv_registrar_store_settle(store);
    }

    return NGX_OK;
}


static ngx_srv_registrar_store_t *
ngx_srv_registrar_store_find(ngx_srv_registrar_main_conf_t *rmcf,
    ngx_file_info_t *fi)
{
    ngx_srv_registrar_store_t  *store;

    for (store = ngx_srv_registrar_registry.first; store; store = store->next) {

        if (fi->st_ino != 0
            && store->device == fi->st_dev && store->inode == fi->st_ino)
        {
            return store;
        }

        if (ngx_strcmp(store->conf->path.data, rmcf->path.data) == 0) {
            return store;
        }
    }

    return NULL;
}


static ngx_srv_registrar_store_t *
ngx_srv_registrar_store_create(ngx_cycle_t *cycle)
{
    ngx_srv_registrar_store_t  *store;

    /* not from the cycle's pool: it may outlive the cycle */

    store = ngx_calloc(sizeof(ngx_srv_registrar_store_t), cycle->log);
    if (store == NULL) {
        return NULL;
    }

    store->leader = (ngx_process == NGX_PROCESS_SINGLE || ngx_worker == 0);
    store->last = &store->waiting;

    store->dummy.fd = (ngx_socket_t) -1;
    store->dummy.data = store;

    store->tick.handler = ngx_srv_registrar_store_tick;
    store->tick.data = &store->dummy;
    store->tick.log = cycle->log;
    store->tick.cancelable = 1;

    ngx_srv_registrar_commit_init(store);

    ngx_add_timer(&store->tick, NGX_SRV_REGISTRAR_TICK);

    store->next = ngx_srv_registrar_registry.first;
    ngx_srv_registrar_registry.first = store;

    return store;
}


/* A cycle is being destroyed.  No request of it is left, so that no job of
 * it is either; a task for another cycle may well be in flight. */
static void
ngx_srv_registrar_store_detach(void *data)
{
    ngx_srv_registrar_store_t *store = data;

    if (--store->refs == 0 && !store->in_flight) {
        ngx_srv_registrar_store_free(store);
    }
}


void
ngx_srv_registrar_store_free(ngx_srv_registrar_store_t *store)
{
    ngx_srv_registrar_store_t  **link;

    link = &ngx_srv_registrar_registry.first;

    while (*link != store) {
        link = &(*link)->next;
    }

    *link = store->next;

    if (store->tick.timer_set) {
        ngx_del_timer(&store->tick);
    }

    if (store->busy.timer_set) {
        ngx_del_timer(&store->busy);
    }

    ngx_srv_registrar_store_let_go(store);

    ngx_free(store);
}


/* The last task may have ended without its completion: what it opened is then
 * known to it alone. */
static void
ngx_srv_registrar_store_let_go(ngx_srv_registrar_store_t *store)
{
    if (store->in_flight && store->work.todo & NGX_SRV_REGISTRAR_OPEN) {
        store_close(store->work.env);
    }

    store_read_close(store->snapshot);
    store_close(store->env);
    store_close(store->work.old);

    store->in_flight = 0;
    store->snapshot = NULL;
    store->env = NULL;
    store->work.old = NULL;
}


/* The thread pools have been joined by now: their exit hooks run first. */
void
ngx_srv_registrar_store_exit(ngx_cycle_t *cycle)
{
    ngx_srv_registrar_store_t  *store;

    for (store = ngx_srv_registrar_registry.first; store; store = store->next) {
        ngx_srv_registrar_wake_exit(store);
        ngx_srv_registrar_store_let_go(store);
    }
}
