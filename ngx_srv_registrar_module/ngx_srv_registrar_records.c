
/*
 * PUT, PATCH, DELETE and GET /v1/records, all signed.  A GET is answered from
 * the snapshot that its signature was verified on; the others are parsed here
 * and decided in the committing transaction.
 */

#include "ngx_srv_registrar_request.h"


static device_reason_t ngx_srv_registrar_parse_update(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static ngx_int_t ngx_srv_registrar_records_reply(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t bytes, bool changed);


ngx_int_t
ngx_srv_registrar_records(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    device_reason_t           reason;
    ngx_srv_registrar_job_t  *job;

    reason = ngx_srv_registrar_verify(r, ctx);

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    if (r->method == NGX_HTTP_GET) {
        return ngx_srv_registrar_records_reply(r, ctx, ctx->bytes, false);
    }

    job = ngx_pcalloc(r->pool, sizeof(ngx_srv_registrar_job_t));
    if (job == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
    }

    job->type = NGX_SRV_REGISTRAR_JOB_APPLY;

    if (r->method == NGX_HTTP_DELETE) {
        job->method = DEVICE_WITHDRAW;
        return ngx_srv_registrar_wait(r, ctx, job);
    }

    job->method = (r->method == NGX_HTTP_PUT) ? DEVICE_REPLACE : DEVICE_MERGE;

    reason = ngx_srv_registrar_parse_update(r, ctx);

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    return ngx_srv_registrar_wait(r, ctx, job);
}


/* Only after the signature has verified: JSON of strangers is never parsed. */
static device_reason_t
ngx_srv_registrar_parse_update(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    void             *memory;
    size_t            len;
    uint8_t           wire[STORE_NAME_MAX];
    store_span_t      name;
    device_reason_t   reason;
    device_update_t   update;
    device_subject_t  subject;

    name.data = (u_char *) ctx->fqdn;
    name.len = ngx_strlen(ctx->fqdn);

    if (!device_name_parse(name, wire, &len)) {
        return DEVICE_INTERNAL;
    }

    subject.zone = &ctx->zone->policy;
    subject.fqdn.data = wire;
    subject.fqdn.len = len;
    subject.source = ctx->source;

    reason = device_update_parse(&update, &subject, ctx->body, &ctx->error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    memory = ngx_palloc(r->pool, device_change_size(&update));
    if (memory == NULL) {
        return DEVICE_INTERNAL;
    }

    ctx->change = device_change_make(&update, memory);

    return DEVICE_OK;
}


ngx_int_t
ngx_srv_registrar_records_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    return ngx_srv_registrar_records_reply(r, ctx, ctx->job->outcome.bytes,
                                           ctx->job->outcome.records_changed);
}


static ngx_int_t
ngx_srv_registrar_records_reply(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t bytes, bool changed)
{
    ngx_str_t               type = ngx_string("application/json");
    device_records_reply_t  reply;

    reply.key = &ctx->key;
    reply.bytes = bytes;
    reply.fqdn = ctx->fqdn;
    reply.observed = &ctx->source;
    reply.now = ctx->now;
    reply.dnssec = (ctx->zone->signer != NULL);
    reply.changed = changed;
    reply.change = ctx->change;

    /* random() has 31 bits: without the shift devices would spread over half of
     * the time that they may */

    reply.jitter = (uint32_t) ngx_random() << 1;

    ctx->reason = DEVICE_OK;

    return ngx_srv_registrar_reply(r, NGX_HTTP_OK, &type,
                                   device_reply_records(&reply));
}
