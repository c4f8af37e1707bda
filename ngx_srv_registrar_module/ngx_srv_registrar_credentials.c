
/*
 * POST /v1/credentials: what a device's clients of other protocols log in
 * with.
 *
 * What always holds: a reply carries passwords, so even one that only lists
 * them spends its signature in a transaction: it cannot be had again by
 * sending the same bytes.
 */

#include "ngx_srv_registrar_request.h"


ngx_int_t
ngx_srv_registrar_credentials(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    device_reason_t                 reason;
    ngx_srv_registrar_job_t        *job;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    job = ngx_pcalloc(r->pool, sizeof(ngx_srv_registrar_job_t));
    ctx->credentials = ngx_palloc(r->pool,
                                  sizeof(device_credential_request_t));

    if (job == NULL || ctx->credentials == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
    }

    reason = ngx_srv_registrar_verify(r, ctx);

    if (reason == DEVICE_OK) {
        reason = device_credential_request_parse(ctx->credentials, ctx->body,
                                                 &ctx->error);
    }

    /* what the reply cannot tell is not begun: a refusal spends nothing */

    if (reason == DEVICE_OK) {
        reason = device_credentials_ready(&ctx->device, rmcf->secrets,
                                          ctx->credentials->rotate);
    }

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    job->type = NGX_SRV_REGISTRAR_JOB_CREDENTIALS;
    job->issue = ctx->credentials->issue;
    job->rotate = ctx->credentials->rotate;
    job->secret = rmcf->secrets->keys[rmcf->secrets->newest].number;

    return ngx_srv_registrar_wait(r, ctx, job);
}


ngx_int_t
ngx_srv_registrar_credentials_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    char                           *json;
    ngx_str_t                       type = ngx_string("application/json");
    device_reason_t                 reason;
    device_credentials_reply_t      reply;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    reply.fqdn = ctx->fqdn;
    reply.device = &ctx->job->outcome.device;
    reply.secrets = rmcf->secrets;
    reply.request = ctx->credentials;
    reply.now = ctx->now;

    reason = device_reply_credentials(&reply, &json);

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    if (ctx->job->issue || ctx->job->rotate) {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "srv_registrar: credentials of \"%s\"%s%s", ctx->fqdn,
                      ctx->job->issue ? " issued" : "",
                      ctx->job->rotate ? " rotated" : "");
    }

    ctx->reason = DEVICE_OK;

    return ngx_srv_registrar_reply(r, NGX_HTTP_OK, &type, json);
}
