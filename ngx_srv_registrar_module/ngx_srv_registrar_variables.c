
/*
 * Variables: what a verified certificate says of its device, for identities,
 * limits and logs; and what became of the request.  The first kind is empty
 * unless the certificate passed every check that enrolment makes.
 */

#include "ngx_srv_registrar_request.h"


typedef enum {
    NGX_SRV_REGISTRAR_SPKI = 0,
    NGX_SRV_REGISTRAR_SERIAL,
    NGX_SRV_REGISTRAR_HARDWARE
} ngx_srv_registrar_fact_t;


static ngx_int_t ngx_srv_registrar_certificate_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_srv_registrar_fqdn_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_srv_registrar_reason_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_srv_registrar_variable_set(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, const char *text, size_t len);


static ngx_http_variable_t  ngx_srv_registrar_variables[] = {

    { ngx_string("srv_registrar_spki_sha256"), NULL,
      ngx_srv_registrar_certificate_variable, NGX_SRV_REGISTRAR_SPKI, 0, 0 },

    { ngx_string("srv_registrar_subject_serial"), NULL,
      ngx_srv_registrar_certificate_variable, NGX_SRV_REGISTRAR_SERIAL, 0, 0 },

    { ngx_string("srv_registrar_hardware_module"), NULL,
      ngx_srv_registrar_certificate_variable, NGX_SRV_REGISTRAR_HARDWARE,
      0, 0 },

    { ngx_string("srv_registrar_fqdn"), NULL, ngx_srv_registrar_fqdn_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("srv_registrar_reason"), NULL,
      ngx_srv_registrar_reason_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_srv_registrar_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_srv_registrar_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/* Not found, rather than an error, where there is nothing to say: a log format
 * or a map must work for every request. */
static ngx_int_t
ngx_srv_registrar_certificate_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    bool            ok;
    char            text[DEVICE_IDENTITY_MAX + 1];
    size_t          len;
    store_span_t    der;
    device_error_t  error;

    v->not_found = 1;

    if (ngx_srv_registrar_certificate(r, &der, NULL, &error) != DEVICE_OK) {
        return NGX_OK;
    }

    switch (data) {

    case NGX_SRV_REGISTRAR_SPKI:
        ok = device_identity_spki(der, text);
        len = 2 * 32;
        break;

    case NGX_SRV_REGISTRAR_SERIAL:
        ok = device_identity_serial(der, text, &len);
        break;

    default: /* NGX_SRV_REGISTRAR_HARDWARE */
        ok = device_identity_hardware(der, text, &len);
        break;
    }

    if (!ok) {
        return NGX_OK;
    }

    return ngx_srv_registrar_variable_set(r, v, text, len);
}


static ngx_int_t
ngx_srv_registrar_fqdn_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_srv_registrar_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_srv_registrar_module);

    if (ctx == NULL || ctx->fqdn[0] == '\0') {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_srv_registrar_variable_set(r, v, ctx->fqdn,
                                          ngx_strlen(ctx->fqdn));
}


static ngx_int_t
ngx_srv_registrar_reason_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const char               *name;
    ngx_srv_registrar_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_srv_registrar_module);

    if (ctx == NULL || ctx->reason == DEVICE_REASONS) {
        v->not_found = 1;
        return NGX_OK;
    }

    name = ngx_srv_registrar_reason_name(ctx->reason);

    return ngx_srv_registrar_variable_set(r, v, name, ngx_strlen(name));
}


/* Copied: the text is on a stack, or may change before the log is written. */
static ngx_int_t
ngx_srv_registrar_variable_set(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, const char *text, size_t len)
{
    v->data = ngx_pnalloc(r->pool, len + 1);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(v->data, text, len);

    v->len = len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}
