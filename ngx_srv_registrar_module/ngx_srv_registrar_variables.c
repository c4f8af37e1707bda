
/*
 * Variables: what a verified certificate says of its device, for identities,
 * limits and logs; and what became of the request.  The first kind is empty
 * unless the certificate passed every check that enrolment makes.  Of the
 * second, the door and the name are there before the request has come to the
 * door: limits look at them by then.
 */

#include "ngx_srv_registrar_metrics.h"
#include "ngx_srv_registrar_request.h"
#include "device_hex.h"


typedef enum {
    NGX_SRV_REGISTRAR_SPKI = 0,
    NGX_SRV_REGISTRAR_SERIAL,
    NGX_SRV_REGISTRAR_HARDWARE
} ngx_srv_registrar_fact_t;

typedef enum {
    NGX_SRV_REGISTRAR_FQDN = 0,
    NGX_SRV_REGISTRAR_DOOR,
    NGX_SRV_REGISTRAR_RESULT,
    NGX_SRV_REGISTRAR_REASON,
    NGX_SRV_REGISTRAR_CHANGE,
    NGX_SRV_REGISTRAR_KEYID,
    NGX_SRV_REGISTRAR_GENERATION,
    NGX_SRV_REGISTRAR_HASH
} ngx_srv_registrar_outcome_t;


static ngx_int_t ngx_srv_registrar_certificate_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_srv_registrar_outcome_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_srv_registrar_early_name(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static const char *ngx_srv_registrar_outcome_text(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_uint_t which, char *buffer);
static const char *ngx_srv_registrar_keyid_text(ngx_srv_registrar_ctx_t *ctx,
    char *buffer);
static const char *ngx_srv_registrar_identity_text(
    ngx_srv_registrar_ctx_t *ctx, char *buffer);
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

    { ngx_string("srv_registrar_fqdn"), NULL,
      ngx_srv_registrar_outcome_variable, NGX_SRV_REGISTRAR_FQDN,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("srv_registrar_door"), NULL,
      ngx_srv_registrar_outcome_variable, NGX_SRV_REGISTRAR_DOOR,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("srv_registrar_result"), NULL,
      ngx_srv_registrar_outcome_variable, NGX_SRV_REGISTRAR_RESULT,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("srv_registrar_reason"), NULL,
      ngx_srv_registrar_outcome_variable, NGX_SRV_REGISTRAR_REASON,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("srv_registrar_change"), NULL,
      ngx_srv_registrar_outcome_variable, NGX_SRV_REGISTRAR_CHANGE,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("srv_registrar_keyid"), NULL,
      ngx_srv_registrar_outcome_variable, NGX_SRV_REGISTRAR_KEYID,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("srv_registrar_generation"), NULL,
      ngx_srv_registrar_outcome_variable, NGX_SRV_REGISTRAR_GENERATION,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("srv_registrar_identity"), NULL,
      ngx_srv_registrar_outcome_variable, NGX_SRV_REGISTRAR_HASH,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

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
    store_span_t    der, spki;
    device_error_t  error;

    v->not_found = 1;

    if (ngx_srv_registrar_certificate(r, &der, &spki, NULL, &error)
        != DEVICE_OK)
    {
        return NGX_OK;
    }

    switch (data) {

    case NGX_SRV_REGISTRAR_SPKI:
        ok = device_identity_spki(spki, text);
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
ngx_srv_registrar_outcome_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    char                      buffer[DEVICE_KEYID_MAX + 1];
    const char               *text;
    ngx_srv_registrar_ctx_t  *ctx, early;

    ctx = ngx_http_get_module_ctx(r, ngx_srv_registrar_module);

    if (ctx == NULL) {

        /* not the request's own yet: nginx may still learn whose address it
         * came from, or send it to another location */

        ngx_memzero(&early, sizeof(early));
        early.reason = DEVICE_REASONS;
        ctx = &early;

        if (data == NGX_SRV_REGISTRAR_FQDN) {
            ngx_srv_registrar_early_name(r, ctx);
        }
    }

    text = ngx_srv_registrar_outcome_text(r, ctx, data, buffer);

    if (text == NULL || text[0] == '\0') {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_srv_registrar_variable_set(r, v, text, ngx_strlen(text));
}


/* Where nothing but a signature says who it is. */
static void
ngx_srv_registrar_early_name(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    if (rlcf->door == NGX_SRV_REGISTRAR_RECORDS
        || rlcf->door == NGX_SRV_REGISTRAR_KEY
        || rlcf->door == NGX_SRV_REGISTRAR_CREDENTIALS)
    {
        ngx_srv_registrar_claimed(r, ctx);
    }
}


/* NULL where there is nothing to say yet; buffer holds a keyid. */
static const char *
ngx_srv_registrar_outcome_text(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_uint_t which, char *buffer)
{
    const char                    *text;
    ngx_srv_registrar_loc_conf_t  *rlcf;

    switch (which) {

    case NGX_SRV_REGISTRAR_FQDN:
        return ctx->fqdn;

    case NGX_SRV_REGISTRAR_DOOR:
        rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);
        return rlcf->door == NGX_SRV_REGISTRAR_NONE
               ? NULL
               : (const char *) ngx_srv_registrar_door_name(rlcf->door)->data;

    case NGX_SRV_REGISTRAR_RESULT:
        return ctx->reason == DEVICE_REASONS
               ? NULL : ngx_srv_registrar_result(ctx->reason);

    case NGX_SRV_REGISTRAR_REASON:
        return ctx->reason == DEVICE_REASONS
               ? NULL : ngx_srv_registrar_reason_name(ctx->reason);

    case NGX_SRV_REGISTRAR_CHANGE:
        return ctx->job && ctx->job->committed
               ? ngx_srv_registrar_change_name(
                     ngx_srv_registrar_job_change(ctx->job))
               : NULL;

    case NGX_SRV_REGISTRAR_KEYID:
        return ngx_srv_registrar_keyid_text(ctx, buffer);

    case NGX_SRV_REGISTRAR_GENERATION:
        text = ngx_srv_registrar_keyid_text(ctx, buffer);
        return text ? ngx_strchr(text, '/') + 1 : NULL;

    default: /* NGX_SRV_REGISTRAR_HASH */
        return ngx_srv_registrar_identity_text(ctx, buffer);
    }
}


/* The key that the request was signed with; of an enrolment or a rotation the
 * one that it made.  A signature that has not verified names nobody. */
static const char *
ngx_srv_registrar_keyid_text(ngx_srv_registrar_ctx_t *ctx, char *buffer)
{
    ngx_uint_t      i;
    const uint8_t  *generation;

    generation = ctx->claim.generation;

    if (ctx->job && ctx->job->committed
        && (ctx->job->type == NGX_SRV_REGISTRAR_JOB_ENROLL
            || ctx->job->type == NGX_SRV_REGISTRAR_JOB_RENAME
            || ctx->job->type == NGX_SRV_REGISTRAR_JOB_ROTATE))
    {
        generation = ctx->job->outcome.device.pending.generation;
    }

    for (i = 0; i < STORE_GENERATION_LEN; i++) {
        if (generation[i]) {
            return device_keyid_write(buffer, ctx->fqdn, generation) ? buffer
                                                                     : NULL;
        }
    }

    return NULL;
}


/* Four bytes of the identity's hash tell two devices apart in a log, and
 * nothing about either. */
static const char *
ngx_srv_registrar_identity_text(ngx_srv_registrar_ctx_t *ctx, char *buffer)
{
    if (ctx->job == NULL || !ctx->job->committed) {
        return NULL;
    }

    device_hex_write(buffer, ctx->job->outcome.device.identity, 4);

    return buffer;
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
