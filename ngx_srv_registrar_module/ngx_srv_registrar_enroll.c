
/*
 * POST /v1/enroll and POST /v1/key: whoever the certificate, or the active
 * key, says the device is gets a new pending key.
 *
 * What always holds: an identity comes from a certificate that has verified;
 * a key is made for one generation and leaves in one reply only.
 */

#include "ngx_srv_registrar_request.h"


static device_reason_t ngx_srv_registrar_new_key(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_enrollment_t *enrollment,
    bool *new_name);
static device_reason_t ngx_srv_registrar_enroll_proof(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job);
static char *ngx_srv_registrar_records_url(ngx_http_request_t *r);


ngx_int_t
ngx_srv_registrar_enroll(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    bool                      new_name;
    device_reason_t           reason;
    ngx_srv_registrar_job_t  *job;

    job = ngx_pcalloc(r->pool, sizeof(ngx_srv_registrar_job_t));
    if (job == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
    }

    job->type = NGX_SRV_REGISTRAR_JOB_ENROLL;
    new_name = false;

    /* the name first: a proof's keyid has to be of that name */

    reason = ngx_srv_registrar_enroll_name(r, ctx, job);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_new_key(r, ctx, &job->enrollment,
                                           &new_name);
    }

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_enroll_proof(r, ctx, job);
    }

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_preview(r, ctx, job);
    }

    if (reason == DEVICE_OK && new_name && ctx->bytes.len) {
        reason = ngx_srv_registrar_enroll_rename(r, ctx, job);
    }

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    return ngx_srv_registrar_wait(r, ctx, job);
}


ngx_int_t
ngx_srv_registrar_key(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    bool                      new_name;
    device_reason_t           reason;
    ngx_srv_registrar_job_t  *job;

    job = ngx_pcalloc(r->pool, sizeof(ngx_srv_registrar_job_t));
    if (job == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
    }

    job->type = NGX_SRV_REGISTRAR_JOB_ROTATE;
    new_name = false;

    ngx_srv_registrar_enroll_rules(r, &job->enrollment);

    reason = ngx_srv_registrar_verify(r, ctx);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_new_key(r, ctx, &job->enrollment,
                                           &new_name);
    }

    if (reason == DEVICE_OK && new_name) {
        reason = device_refuse(&ctx->error, DEVICE_MEMBER_INVALID, "new_name",
                               "a name is changed by enrolling");
    }

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    /* a rotation is by key, not by certificate: the device stays who it is */

    ngx_memcpy(job->enrollment.identity, ctx->device.identity,
               STORE_IDENTITY_LEN);
    job->enrollment.epoch = ctx->device.epoch;

    return ngx_srv_registrar_wait(r, ctx, job);
}


/* The device's own public key, or one derived from the newest secret; either
 * way under a generation that never was before. */
static device_reason_t
ngx_srv_registrar_new_key(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx,
    device_enrollment_t *enrollment, bool *new_name)
{
    bool                            given;
    device_reason_t                 reason;
    store_device_key_t             *key;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    key = &enrollment->key;
    given = false;

    reason = device_key_request_parse(key, &given, new_name, ctx->body,
                                      &ctx->error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (!given) {
        key->algorithm = STORE_HMAC_SHA256;
        key->public_key_len = 0;
        key->secret = rmcf->secrets->keys[rmcf->secrets->newest].number;
    }

    return device_generation_make(key->generation) ? DEVICE_OK
                                                   : DEVICE_INTERNAL;
}


/* Only `srv_registrar_reenroll proof` looks at a signature: a device that has
 * lost its clock can enrol otherwise. */
static device_reason_t
ngx_srv_registrar_enroll_proof(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job)
{
    device_reason_t  reason;

    if (job->enrollment.policy != DEVICE_REENROLL_PROOF
        || !ngx_srv_registrar_signed(r))
    {
        return DEVICE_OK;
    }

    reason = ngx_srv_registrar_verify(r, ctx);

    if (reason == DEVICE_OK) {
        job->claim = ctx->claim;
        job->enrollment.claim = &job->claim;
    }

    return reason;
}


device_reason_t
ngx_srv_registrar_preview(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx,
    ngx_srv_registrar_job_t *job)
{
    uint8_t                         buffer[STORE_VALUE_MAX];
    device_place_t                  place;
    store_status_t                  status;
    device_reason_t                 reason;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    reason = ngx_srv_registrar_read_device(r, ctx);

    if (reason != DEVICE_OK && reason != DEVICE_UNKNOWN_KEY) {
        return reason;
    }

    if (job->issuer.known) {
        status = ngx_srv_registrar_store_issuer(rmcf->store,
                                                job->issuer.digest,
                                                &job->enrollment.issuer);

        if (status != STORE_OK) {
            return ngx_srv_registrar_store_reason(status);
        }
    }

    ngx_memzero(&place, sizeof(device_place_t));

    place.key = &ctx->key;
    place.bytes = ctx->bytes;
    place.now = ctx->now;
    place.buffer = buffer;
    place.issuers = ctx->issuers;

    job->zone = ctx->zone;
    ctx->job = job;

    reason = ngx_srv_registrar_job_rules(job, &place);

    /* of the outcome, the new value is nobody's */

    job->outcome.bytes.data = NULL;
    job->outcome.bytes.len = 0;

    if (reason != DEVICE_OK) {
        ctx->error = job->error;
    }

    return reason;
}


/* After the commit: the key that is derived here is the one that was stored. */
ngx_int_t
ngx_srv_registrar_enroll_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    char                           *json;
    uint8_t                         hmac_key[DEVICE_KEY_LEN];
    ngx_str_t                       type = ngx_string("application/json");
    const uint8_t                  *secret, *identity;
    store_device_key_t             *key;
    device_enroll_reply_t           reply;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    /* as it was stored, with its expiry */

    key = &ctx->job->outcome.device.pending;
    identity = ctx->job->outcome.device.identity;

    ngx_memzero(&reply, sizeof(device_enroll_reply_t));

    reply.zone = &ctx->zone->policy;
    reply.fqdn = ctx->fqdn;
    reply.key = key;
    reply.observed = &ctx->source;
    reply.now = ctx->now;
    reply.records_url = ngx_srv_registrar_records_url(r);

    if (key->algorithm == STORE_HMAC_SHA256) {

        secret = device_secrets_find(rmcf->secrets, key->secret);

        if (secret == NULL
            || !device_key_derive(hmac_key, secret, key->generation,
                                  ctx->fqdn))
        {
            return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
        }

        reply.hmac_key = hmac_key;
    }

    json = device_reply_enroll(&reply);

    device_cleanse(hmac_key, sizeof(hmac_key));

    /* four bytes of the identity's hash tell two devices apart in a log, and
     * nothing about either */

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "srv_registrar: %s \"%s\" identity %02xd%02xd%02xd%02xd, "
                  "key of %s",
                  ctx->job->type == NGX_SRV_REGISTRAR_JOB_ROTATE ? "rotated"
                  : ctx->job->type == NGX_SRV_REGISTRAR_JOB_RENAME ? "renamed"
                  : ctx->job->outcome.created ? "enrolled" : "enrolled again",
                  ctx->fqdn,
                  identity[0], identity[1], identity[2], identity[3],
                  device_algorithm_name(key->algorithm));

    ctx->reason = DEVICE_OK;

    return ngx_srv_registrar_reply(r, ctx->job->outcome.created
                                      ? NGX_HTTP_CREATED : NGX_HTTP_OK,
                                   &type, json);
}


/* NULL where it cannot be told; the device then uses what it was built for. */
static char *
ngx_srv_registrar_records_url(ngx_http_request_t *r)
{
    u_char                        *p;
    ngx_str_t                      url, host;
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    if (rlcf->records_url) {

        if (ngx_http_complex_value(r, rlcf->records_url, &url) != NGX_OK
            || url.len == 0)
        {
            return NULL;
        }

        p = ngx_pnalloc(r->pool, url.len + 1);
        if (p == NULL) {
            return NULL;
        }

        ngx_sprintf(p, "%V%Z", &url);

        return (char *) p;
    }

    if (r->headers_in.host) {
        host = r->headers_in.host->value;

    } else if (r->host_start) {
        host.data = r->host_start;
        host.len = r->host_end - r->host_start;

    } else {
        return NULL;
    }

    p = ngx_pnalloc(r->pool, host.len + sizeof("https:///v1/records"));
    if (p == NULL) {
        return NULL;
    }

    ngx_sprintf(p, "https://%V/v1/records%Z", &host);

    return (char *) p;
}
