
/*
 * Directives: docs/directives.md describes each.  Everything that can be
 * wrong is found here, when the configuration is read, and named with the
 * directive and its value; the store is never touched.
 */

#include "ngx_srv_registrar_metrics.h"


static char *ngx_srv_registrar_map_size(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_srv_registrar_pending_key(ngx_conf_t *cf, void *post,
    void *data);
static ngx_thread_pool_t *ngx_srv_registrar_default_pool(ngx_conf_t *cf,
    ngx_srv_registrar_place_t *at);
static char *ngx_srv_registrar_identity(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_srv_registrar_enroll_limit(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_srv_registrar_new_name(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_srv_registrar_store_path(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_srv_registrar_thread_pool(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_srv_registrar_sweep_time(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* Not "default": aio threads share that one, and an update would wait behind
 * the file reads of others. */
static ngx_str_t  ngx_srv_registrar_pool = ngx_string("srv_registrar");


static ngx_conf_enum_t  ngx_srv_registrar_reenroll[] = {
    { ngx_string("always"), DEVICE_REENROLL_ALWAYS },
    { ngx_string("proof"), DEVICE_REENROLL_PROOF },
    { ngx_string("expired"), DEVICE_REENROLL_EXPIRED },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_srv_registrar_acme_dns_register[] = {
    { ngx_string("off"), 0 },
    { ngx_string("certificate"), 1 },
    { ngx_null_string, 0 }
};


static ngx_conf_post_t  ngx_srv_registrar_map_size_post = {
    ngx_srv_registrar_map_size
};


static ngx_conf_post_t  ngx_srv_registrar_pending_key_post = {
    ngx_srv_registrar_pending_key
};


/* A million waiting updates are 90 GB: above it somebody has miscounted. */
static ngx_conf_num_bounds_t  ngx_srv_registrar_queue_bounds = {
    ngx_conf_check_num_bounds, 1, 1000000
};


ngx_command_t  ngx_srv_registrar_commands[] = {

    { ngx_string("srv_registrar_store"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_srv_registrar_store_path,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("srv_registrar_map_size"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_off_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_srv_registrar_main_conf_t, map_size),
      &ngx_srv_registrar_map_size_post },

    { ngx_string("srv_registrar_secrets"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_srv_registrar_secrets,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("srv_registrar_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_srv_registrar_zone_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("srv_registrar_thread_pool"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_srv_registrar_thread_pool,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("srv_registrar_queue"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_srv_registrar_main_conf_t, queue),
      &ngx_srv_registrar_queue_bounds },

    { ngx_string("srv_registrar_sweep"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_srv_registrar_sweep_time,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("srv_registrar_log"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_srv_registrar_log,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("srv_registrar_identity"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_srv_registrar_identity,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("srv_registrar_label"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_srv_registrar_loc_conf_t, label),
      NULL },

    { ngx_string("srv_registrar_records_url"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_srv_registrar_loc_conf_t, records_url),
      NULL },

    { ngx_string("srv_registrar_reenroll"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_srv_registrar_loc_conf_t, reenroll),
      &ngx_srv_registrar_reenroll },

    { ngx_string("srv_registrar_pending_key"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_srv_registrar_loc_conf_t, pending_key),
      &ngx_srv_registrar_pending_key_post },

    { ngx_string("srv_registrar_enroll_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_srv_registrar_enroll_limit,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("srv_registrar_expired_certificates"),
      NGX_HTTP_SRV_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_srv_registrar_srv_conf_t, expired),
      NULL },

    { ngx_string("srv_registrar_new_name"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_srv_registrar_new_name,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("srv_registrar_acme_dns_register"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_srv_registrar_loc_conf_t, acme_dns_register),
      &ngx_srv_registrar_acme_dns_register },

    { ngx_string("srv_registrar"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_srv_registrar,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


void *
ngx_srv_registrar_create_main_conf(ngx_conf_t *cf)
{
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_pcalloc(cf->pool, sizeof(ngx_srv_registrar_main_conf_t));
    if (rmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&rmcf->zones, cf->pool, 2,
                       sizeof(ngx_srv_registrar_zone_t *))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&rmcf->logs, cf->pool, 1,
                       sizeof(ngx_srv_registrar_log_t))
        != NGX_OK)
    {
        return NULL;
    }

    rmcf->map_size = NGX_CONF_UNSET;
    rmcf->queue = NGX_CONF_UNSET_UINT;
    rmcf->sweep = NGX_CONF_UNSET_MSEC;
    rmcf->cycle = cf->cycle;

    return rmcf;
}


char *
ngx_srv_registrar_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_srv_registrar_main_conf_t *rmcf = conf;

    /* address space alone; a 32-bit machine has to say less */

    if (rmcf->map_size == NGX_CONF_UNSET) {
        rmcf->map_size = (off_t) 16 * 1024 * 1024 * 1024;
    }

    /* sixteen batches, a slow disk's few seconds: who waits longer gives up and
     * asks again.  A minute: expired data is not served anyhow, so that half
     * would only look at the same values more often. */

    ngx_conf_init_uint_value(rmcf->queue, 4096);
    ngx_conf_init_msec_value(rmcf->sweep, 60000);

    if (rmcf->zones.nelts == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_srv_registrar_check_zones(cf, rmcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    /* one that is defined nowhere is refused by nginx in the end, so that the
     * directives may stand in any order */

    if (rmcf->pool == NULL) {
        rmcf->pool = ngx_srv_registrar_default_pool(cf, &rmcf->zones_at);
    }

    if (rmcf->pool == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_srv_registrar_metrics_add(cf, rmcf) == NGX_OK ? NGX_CONF_OK
                                                             : NGX_CONF_ERROR;
}


/* nginx takes a pool's place from cf, to name it where nobody defines the
 * pool: here the zone's, which asks for it. */
static ngx_thread_pool_t *
ngx_srv_registrar_default_pool(ngx_conf_t *cf, ngx_srv_registrar_place_t *at)
{
    ngx_conf_t       asking;
    ngx_conf_file_t  file;

    file = *cf->conf_file;
    file.file.name.data = at->file;
    file.line = at->line;

    asking = *cf;
    asking.conf_file = &file;

    return ngx_thread_pool_add(&asking, &ngx_srv_registrar_pool);
}


void *
ngx_srv_registrar_create_loc_conf(ngx_conf_t *cf)
{
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_pcalloc(cf->pool, sizeof(ngx_srv_registrar_loc_conf_t));
    if (rlcf == NULL) {
        return NULL;
    }

    rlcf->reenroll = NGX_CONF_UNSET_UINT;
    rlcf->pending_key = NGX_CONF_UNSET;
    rlcf->limit = NGX_CONF_UNSET;
    rlcf->burst = NGX_CONF_UNSET;
    rlcf->acme_dns_register = NGX_CONF_UNSET_UINT;
    rlcf->new_name = NGX_CONF_UNSET;

    return rlcf;
}


char *
ngx_srv_registrar_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_srv_registrar_loc_conf_t *prev = parent;
    ngx_srv_registrar_loc_conf_t *conf = child;

    /* identity and name space only together: each names nobody by itself */

    if (conf->identity == NULL) {
        conf->identity = prev->identity;
        conf->space = prev->space;
    }

    if (conf->label == NULL) {
        conf->label = prev->label;
    }

    if (conf->records_url == NULL) {
        conf->records_url = prev->records_url;
    }

    /* a day for a new key: a device that was switched off meanwhile can still
     * use it; twice that keeps a clone's twice as long.  Ten at once let a
     * technician reset a device again and again; one a minute after that */

    ngx_conf_merge_uint_value(conf->reenroll, prev->reenroll,
                              DEVICE_REENROLL_ALWAYS);
    ngx_conf_merge_sec_value(conf->pending_key, prev->pending_key, 86400);
    ngx_conf_merge_sec_value(conf->limit, prev->limit, 60);
    ngx_conf_merge_value(conf->burst, prev->burst, 10);
    /* a name a month: a device is sold now and then, and each name it had stays
     * taken for good */

    ngx_conf_merge_sec_value(conf->new_name, prev->new_name, 30 * 86400);
    ngx_conf_merge_uint_value(conf->acme_dns_register,
                              prev->acme_dns_register, 0);

    return ngx_srv_registrar_check_location(cf, conf);
}


/* LMDB needs some pages for its free list before it can take a value. */
static char *
ngx_srv_registrar_map_size(ngx_conf_t *cf, void *post, void *data)
{
    off_t *size = data;

    if (*size < 1024 * 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"srv_registrar_map_size\" %O is below 1m",
                           *size);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_pending_key(ngx_conf_t *cf, void *post, void *data)
{
    time_t *lifetime = data;

    return *lifetime ? NGX_CONF_OK : "must not be zero";
}


static char *
ngx_srv_registrar_identity(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_loc_conf_t *rlcf = conf;

    ngx_str_t                         *value;
    ngx_http_compile_complex_value_t   ccv;

    if (rlcf->identity) {
        return "is duplicate";
    }

    value = cf->args->elts;

    /* an empty name space is the default identity's own */

    if (value[1].len == 0 || value[1].len > DEVICE_IDENTITY_MAX
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '$'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name space \"%V\" in "
                           "\"srv_registrar_identity\": it must be a constant "
                           "that is not empty", &value[1]);
        return NGX_CONF_ERROR;
    }

    rlcf->space = value[1];

    rlcf->identity = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (rlcf->identity == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = rlcf->identity;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* <interval> [burst=<number>], or "off". */
static char *
ngx_srv_registrar_enroll_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_loc_conf_t *rlcf = conf;

    ngx_str_t  *value;

    if (rlcf->limit != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        rlcf->limit = 0;
        rlcf->burst = 0;
        return (cf->args->nelts == 2) ? NGX_CONF_OK : "takes only \"off\"";
    }

    rlcf->limit = ngx_parse_time(&value[1], 1);

    if (rlcf->limit == (time_t) NGX_ERROR || rlcf->limit == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid interval \"%V\" in "
                           "\"srv_registrar_enroll_limit\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "burst=", 6) == 0) {
        rlcf->burst = ngx_atoi(value[2].data + 6, value[2].len - 6);
    }

    if (rlcf->burst <= 0 || rlcf->burst > 1000000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in "
                           "\"srv_registrar_enroll_limit\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* Relative to nginx's prefix, as its own paths of data are. */
static char *
ngx_srv_registrar_store_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_main_conf_t *rmcf = conf;

    ngx_str_t  *value;

    if (rmcf->path.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty path";
    }

    rmcf->path = value[1];
    rmcf->path_at = ngx_srv_registrar_place(cf);

    if (ngx_conf_full_name(cf->cycle, &rmcf->path, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* May name a pool that is defined further down. */
static char *
ngx_srv_registrar_thread_pool(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_main_conf_t *rmcf = conf;

    ngx_str_t  *value;

    if (rmcf->pool) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rmcf->pool = ngx_thread_pool_add(cf, &value[1]);

    return rmcf->pool ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* off, or the least time between two names of a device. */
static char *
ngx_srv_registrar_new_name(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_loc_conf_t *rlcf = conf;

    ngx_str_t  *value;

    if (rlcf->new_name != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        rlcf->new_name = 0;
        return NGX_CONF_OK;
    }

    rlcf->new_name = ngx_parse_time(&value[1], 1);

    if (rlcf->new_name == (time_t) NGX_ERROR || rlcf->new_name == 0
        || rlcf->new_name > (time_t) NGX_MAX_INT32_VALUE)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in "
                           "\"srv_registrar_new_name\": it must be \"off\" "
                           "or a time", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_sweep_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_main_conf_t *rmcf = conf;

    ngx_int_t   ms;
    ngx_str_t  *value;

    if (rmcf->sweep != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        rmcf->sweep = 0;
        return NGX_CONF_OK;
    }

    /* below a second sweeps would be all that the thread does */

    ms = ngx_parse_time(&value[1], 0);

    if (ms == NGX_ERROR || ms < 1000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"srv_registrar_sweep\": "
                           "a time of at least 1s, or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    rmcf->sweep = ms;

    return NGX_CONF_OK;
}
