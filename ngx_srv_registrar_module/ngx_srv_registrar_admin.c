
/*
 * `srv_registrar admin`: what an operator does in an emergency, by JSON over
 * a location that the operator protects.  By the path's end:
 *
 *   GET, PATCH, DELETE  .../devices/<name>
 *   GET                 .../issuers
 *   PATCH               .../issuers/<SHA-256 of its public key>
 *
 * PATCH takes {"state": "suspended"} or {"state": "active"}.  A browser asks
 * before it sends PATCH or DELETE for a foreign page, and gets no consent:
 * nobody's page acts from inside an operator's network.
 */

#include "ngx_srv_registrar_metrics.h"
#include "ngx_srv_registrar_request.h"
#include "device_hex.h"


static ngx_uint_t ngx_srv_registrar_admin_path(ngx_http_request_t *r,
    const char *kind, store_span_t *name);
static device_reason_t ngx_srv_registrar_admin_device(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job,
    store_span_t name);
static device_reason_t ngx_srv_registrar_admin_issuer(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job,
    store_span_t name);
static ngx_int_t ngx_srv_registrar_admin_issuers(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static ngx_int_t ngx_srv_registrar_admin_report(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t bytes);
static ngx_int_t ngx_srv_registrar_admin_reply(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, char *json);


ngx_int_t
ngx_srv_registrar_admin(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    store_span_t              name;
    device_reason_t           reason;
    ngx_srv_registrar_job_t  *job;

    job = ngx_pcalloc(r->pool, sizeof(ngx_srv_registrar_job_t));
    if (job == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
    }

    if (ngx_srv_registrar_admin_path(r, "/devices/", &name)) {
        reason = ngx_srv_registrar_admin_device(r, ctx, job, name);

        if (reason == DEVICE_OK && r->method == NGX_HTTP_GET) {
            return ngx_srv_registrar_admin_report(r, ctx, ctx->bytes);
        }

    } else if (ngx_srv_registrar_admin_path(r, "/issuers/", &name)) {
        reason = ngx_srv_registrar_admin_issuer(r, ctx, job, name);

    } else if (ngx_srv_registrar_admin_path(r, "/issuers", &name)
               && r->method == NGX_HTTP_GET)
    {
        return ngx_srv_registrar_admin_issuers(r, ctx);

    } else {
        reason = device_refuse(&ctx->error, DEVICE_NOT_FOUND, NULL,
                               "devices/<name> or issuers/<sha256>");
    }

    return reason == DEVICE_OK ? ngx_srv_registrar_wait(r, ctx, job)
                               : ngx_srv_registrar_refuse(r, ctx, reason);
}


/* True where the path ends in kind and, if that ends in '/', one name. */
static ngx_uint_t
ngx_srv_registrar_admin_path(ngx_http_request_t *r, const char *kind,
    store_span_t *name)
{
    size_t   len;
    u_char  *p, *end;

    len = ngx_strlen(kind);
    end = r->uri.data + r->uri.len;
    p = end;

    if (kind[len - 1] == '/') {
        while (p > r->uri.data && p[-1] != '/') {
            p--;
        }
    }

    name->data = p;
    name->len = end - p;

    return (size_t) (p - r->uri.data) >= len
           && ngx_strncmp(p - len, kind, len) == 0
           && (name->len != 0) == (kind[len - 1] == '/');
}


/* Reads the device and what is to be done to it. */
static device_reason_t
ngx_srv_registrar_admin_device(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job,
    store_span_t name)
{
    device_reason_t  reason;

    job->type = NGX_SRV_REGISTRAR_JOB_ADMIN;
    job->admin = DEVICE_ADMIN_REMOVE;

    reason = ngx_srv_registrar_set_fqdn(r, ctx, name);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_read_device(r, ctx);
    }

    if (reason == DEVICE_UNKNOWN_KEY) {
        return device_refuse(&ctx->error, DEVICE_NOT_FOUND, NULL,
                             "there is no device of this name");
    }

    if (r->method == NGX_HTTP_DELETE && reason == DEVICE_INTERNAL) {
        /* a value that is damaged can still be removed */
        return DEVICE_OK;
    }

    if (reason == DEVICE_OK && r->method == NGX_HTTP_PATCH) {
        return device_admin_parse(&job->admin, ctx->body, &ctx->error);
    }

    return reason;
}


static device_reason_t
ngx_srv_registrar_admin_issuer(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job,
    store_span_t name)
{
    job->type = NGX_SRV_REGISTRAR_JOB_ISSUER;

    if (r->method != NGX_HTTP_PATCH
        || name.len != 2 * STORE_DIGEST_LEN
        || !device_hex_read(job->issuer.digest, name.data, STORE_DIGEST_LEN))
    {
        return device_refuse(&ctx->error, DEVICE_NOT_FOUND, NULL,
                             "an issuer is named by the SHA-256 of its public "
                             "key in hex, and takes PATCH");
    }

    return device_admin_parse(&job->admin, ctx->body, &ctx->error);
}


ngx_int_t
ngx_srv_registrar_admin_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    u_char                    digest[2 * STORE_DIGEST_LEN + 1];
    const char               *name;
    ngx_srv_registrar_job_t  *job;

    job = ctx->job;
    name = ctx->fqdn;

    if (job->type == NGX_SRV_REGISTRAR_JOB_ISSUER) {
        device_hex_write((char *) digest, job->issuer.digest,
                         STORE_DIGEST_LEN);
        name = (const char *) digest;
    }

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "srv_registrar: %s \"%s\"",
                  ngx_srv_registrar_change_name(
                      ngx_srv_registrar_job_change(job)), name);

    if (job->type == NGX_SRV_REGISTRAR_JOB_ISSUER) {
        return ngx_srv_registrar_admin_issuers(r, ctx);
    }

    if (job->admin == DEVICE_ADMIN_REMOVE) {
        ctx->reason = DEVICE_OK;
        r->headers_out.status = NGX_HTTP_NO_CONTENT;
        r->header_only = 1;

        return ngx_http_send_header(r);
    }

    return ngx_srv_registrar_admin_report(r, ctx, job->outcome.put
                                                  ? job->outcome.bytes
                                                  : ctx->bytes);
}


static ngx_int_t
ngx_srv_registrar_admin_report(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t bytes)
{
    device_report_t  report;

    report.key = &ctx->key;
    report.bytes = bytes;
    report.issuers = ctx->issuers;
    report.now = ctx->now;

    return ngx_srv_registrar_admin_reply(r, ctx, device_report(&report));
}


static ngx_int_t
ngx_srv_registrar_admin_issuers(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    store_status_t                  status;
    device_issuers_report_t        *report;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    report = device_issuers_report_begin();
    status = ngx_srv_registrar_store_issuers_visit(rmcf->store,
                                                   device_issuers_report_add,
                                                   report);

    if (status != STORE_OK) {
        device_reply_free(device_issuers_report_finish(report));
        device_refuse(&ctx->error, ngx_srv_registrar_store_reason(status),
                      NULL, "%s", store_status_text(status));
        return ngx_srv_registrar_refuse(r, ctx, ctx->error.reason);
    }

    return ngx_srv_registrar_admin_reply(r, ctx,
                                       device_issuers_report_finish(report));
}


static ngx_int_t
ngx_srv_registrar_admin_reply(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, char *json)
{
    ngx_str_t  type = ngx_string("application/json");

    ctx->reason = json ? DEVICE_OK : DEVICE_INTERNAL;

    return ngx_srv_registrar_reply(r, NGX_HTTP_OK, &type, json);
}
