
/*
 * Who the client certificate says the device is, and the name that follows:
 * identity, label, and which of its names counts.
 *
 * A derived name has epochs: a device that asked for another name left at the
 * one of epoch 0 which counts now (device_rename), so that is looked up first.
 */

#include "ngx_srv_registrar_request.h"


static device_reason_t ngx_srv_registrar_enroll_epoch(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job);
static device_reason_t ngx_srv_registrar_enroll_at(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t identity, uint16_t epoch);
static device_reason_t ngx_srv_registrar_enroll_identity(
    ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx,
    ngx_srv_registrar_issuer_t *issuer, ngx_str_t *identity);
static device_reason_t ngx_srv_registrar_enroll_label(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t identity, uint16_t epoch,
    ngx_str_t *label);


void
ngx_srv_registrar_enroll_rules(ngx_http_request_t *r,
    device_enrollment_t *enrollment)
{
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    enrollment->policy = (device_reenroll_t) rlcf->reenroll;
    enrollment->pending_lifetime = (uint32_t) rlcf->pending_key;
    enrollment->limit_interval = (uint32_t) rlcf->limit;
    enrollment->limit_burst = (uint32_t) rlcf->burst;
}


/* Certificate, identity, label: sets ctx's name and the identity's hash. */
device_reason_t
ngx_srv_registrar_enroll_name(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job)
{
    ngx_str_t                       identity;
    store_span_t                    space, text;
    device_reason_t                 reason;
    ngx_srv_registrar_zone_t       *zone;
    ngx_srv_registrar_loc_conf_t   *rlcf;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);
    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    ngx_srv_registrar_enroll_rules(r, &job->enrollment);

    zone = NULL;

    reason = ngx_srv_registrar_enroll_identity(r, ctx, &job->issuer,
                                               &identity);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_set_zone(r, ctx, &zone);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    text.data = identity.data;
    text.len = identity.len;

    ctx->identity = text;

    space.data = rlcf->space.data;
    space.len = rlcf->space.len;

    if (!device_identity_hash(job->enrollment.identity, rmcf->secrets->name,
                              space, text))
    {
        return DEVICE_INTERNAL;
    }

    ctx->zone = zone;

    reason = ngx_srv_registrar_enroll_at(r, ctx, text, 0);

    /* an operator's label has no epochs */

    if (reason != DEVICE_OK || rlcf->label) {
        return reason;
    }

    return ngx_srv_registrar_enroll_epoch(r, ctx, job);
}


/* The name of epoch 0, where the device left it, says which counts now. */
static device_reason_t
ngx_srv_registrar_enroll_epoch(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job)
{
    device_reason_t  reason;

    reason = ngx_srv_registrar_read_device(r, ctx);

    if (reason == DEVICE_UNKNOWN_KEY) {
        return DEVICE_OK;
    }

    if (reason != DEVICE_OK
        || ctx->device.state != STORE_DEVICE_MOVED
        || ngx_memcmp(ctx->device.identity, job->enrollment.identity,
                      STORE_IDENTITY_LEN) != 0)
    {
        return reason;
    }

    job->enrollment.epoch = ctx->device.epoch;

    return ngx_srv_registrar_enroll_at(r, ctx, ctx->identity,
                                       job->enrollment.epoch);
}


/* Sets ctx's name to the identity's of an epoch. */
static device_reason_t
ngx_srv_registrar_enroll_at(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t identity, uint16_t epoch)
{
    ngx_str_t        label;
    store_span_t     span;
    device_reason_t  reason;

    reason = ngx_srv_registrar_enroll_label(r, ctx, identity, epoch, &label);

    if (reason != DEVICE_OK) {
        return reason;
    }

    span.data = label.data;
    span.len = label.len;

    if (device_zonefile_has(ctx->zone->file, span)) {
        return device_refuse(&ctx->error, DEVICE_LABEL_TAKEN, NULL,
                             "the zone itself uses this name");
    }

    return ngx_srv_registrar_set_name(ctx, ctx->zone, span);
}


static device_reason_t
ngx_srv_registrar_enroll_identity(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_issuer_t *issuer,
    ngx_str_t *identity)
{
    store_span_t                   spki;
    device_reason_t                reason;
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    reason = ngx_srv_registrar_certificate(r, NULL, &spki, issuer,
                                           &ctx->error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    /* the certificate comes first also where a variable says who it is: the
     * operator's value may be made of anything */

    if (rlcf->identity == NULL) {

        identity->len = 2 * 32;
        identity->data = ngx_pnalloc(r->pool, identity->len + 1);

        if (identity->data == NULL
            || !device_identity_spki(spki, (char *) identity->data))
        {
            return DEVICE_INTERNAL;
        }

        return DEVICE_OK;
    }

    if (ngx_http_complex_value(r, rlcf->identity, identity) != NGX_OK) {
        return DEVICE_INTERNAL;
    }

    if (identity->len == 0 || identity->len > DEVICE_IDENTITY_MAX) {
        return device_refuse(&ctx->error, DEVICE_IDENTITY_MISSING, NULL,
                             "the certificate does not name the device");
    }

    return DEVICE_OK;
}


/* Derived, unless the operator has a value for it. */
static device_reason_t
ngx_srv_registrar_enroll_label(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t identity, uint16_t epoch,
    ngx_str_t *label)
{
    u_char                         *p;
    store_span_t                    space, span;
    ngx_srv_registrar_loc_conf_t   *rlcf;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);
    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    if (rlcf->label == NULL) {

        space.data = rlcf->space.data;
        space.len = rlcf->space.len;

        label->len = DEVICE_LABEL_LEN;
        label->data = ngx_pnalloc(r->pool, DEVICE_LABEL_LEN + 1);

        if (label->data == NULL
            || !device_label_derive((char *) label->data, rmcf->secrets->name,
                                    space, identity, epoch))
        {
            return DEVICE_INTERNAL;
        }

        return DEVICE_OK;
    }

    if (ngx_http_complex_value(r, rlcf->label, label) != NGX_OK) {
        return DEVICE_INTERNAL;
    }

    p = ngx_pnalloc(r->pool, label->len + 1);
    if (p == NULL) {
        return DEVICE_INTERNAL;
    }

    ngx_strlow(p, label->data, label->len);
    label->data = p;

    span.data = p;
    span.len = label->len;

    if (!store_label_is_device(span)) {
        return device_refuse(&ctx->error, DEVICE_LABEL_INVALID, NULL,
                             "\"%.*s\" is no label for a device",
                             (int) ngx_min(label->len, 80), (char *) p);
    }

    return DEVICE_OK;
}


/* The job becomes one that leaves ctx's name, which the preview has read. */
device_reason_t
ngx_srv_registrar_enroll_rename(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job)
{
    device_reason_t                reason;
    ngx_srv_registrar_rename_t    *rename;
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    if (rlcf->label || rlcf->new_name == 0) {
        return device_refuse(&ctx->error, DEVICE_MEMBER_INVALID, "new_name",
                             "devices get no other names here");
    }

    if (job->enrollment.epoch == UINT16_MAX) {
        return device_refuse(&ctx->error, DEVICE_TOO_MANY_ENROLLMENTS, NULL,
                             "there are no more names for this device");
    }

    rename = ngx_palloc(r->pool, sizeof(ngx_srv_registrar_rename_t));
    if (rename == NULL) {
        return DEVICE_INTERNAL;
    }

    rename->current = ctx->key;
    rename->same = (job->enrollment.epoch == 0);
    rename->interval = (uint32_t) rlcf->new_name;

    reason = ngx_srv_registrar_enroll_at(r, ctx, ctx->identity, 0);
    rename->root = ctx->key;

    if (reason == DEVICE_OK) {
        job->enrollment.epoch++;
        reason = ngx_srv_registrar_enroll_at(r, ctx, ctx->identity,
                                             job->enrollment.epoch);
    }

    job->type = NGX_SRV_REGISTRAR_JOB_RENAME;
    job->rename = rename;

    return reason;
}
