
/*
 * The module: its hooks, and nothing else.
 *
 * init_module runs in the master, under nginx -t and, without a master, at
 * each reload; only the last of these has a store to hand over.  init_process
 * also runs in the cache manager and loader, which have no business here.
 */

#include "ngx_srv_registrar_metrics.h"


static ngx_int_t ngx_srv_registrar_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_srv_registrar_init_module(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_srv_registrar_module_ctx = {
    ngx_srv_registrar_add_variables,       /* preconfiguration */
    ngx_srv_registrar_postconfiguration,   /* postconfiguration */

    ngx_srv_registrar_create_main_conf,    /* create main configuration */
    ngx_srv_registrar_init_main_conf,      /* init main configuration */

    ngx_srv_registrar_create_srv_conf,     /* create server configuration */
    ngx_srv_registrar_merge_srv_conf,      /* merge server configuration */

    ngx_srv_registrar_create_loc_conf,     /* create location configuration */
    ngx_srv_registrar_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_srv_registrar_module = {
    NGX_MODULE_V1,
    &ngx_srv_registrar_module_ctx,         /* module context */
    ngx_srv_registrar_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_srv_registrar_init_module,         /* init module */
    ngx_srv_registrar_store_init,          /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_srv_registrar_store_exit,          /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_srv_registrar_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_srv_registrar_metrics_log;

    return NGX_OK;
}


static ngx_int_t
ngx_srv_registrar_init_module(ngx_cycle_t *cycle)
{
    ngx_srv_registrar_store_look(cycle);

    return ngx_srv_registrar_store_adopt(cycle);
}
