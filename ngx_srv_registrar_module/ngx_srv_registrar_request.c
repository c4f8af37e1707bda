
/*
 * A request's way through the doors: checks that all doors share, the wait for
 * the commit, and back.
 *
 * What always holds: a door runs for a main request as its client sent it.
 * After error_page, try_files or a rewrite the request is another one than
 * was signed or verified, so those get nothing.
 */

#include "ngx_srv_registrar_request.h"


static device_reason_t ngx_srv_registrar_check_form(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_check_method(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static ngx_uint_t ngx_srv_registrar_early_data(ngx_http_request_t *r);
static void ngx_srv_registrar_job_cleanup(void *data);
static void ngx_srv_registrar_wake_handler(ngx_http_request_t *r);
static ngx_int_t ngx_srv_registrar_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);


ngx_int_t
ngx_srv_registrar_handler(ngx_http_request_t *r)
{
    device_reason_t           reason;
    ngx_srv_registrar_ctx_t  *ctx;

    if (r != r->main || r->internal) {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx = ngx_srv_registrar_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    reason = ngx_srv_registrar_check_form(r, ctx);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_check_method(r, ctx);
    }

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    return ngx_srv_registrar_read_body(r, ctx);
}


/* Also for the problem handler, whose request lost its context on the way
 * through error_page. */
ngx_srv_registrar_ctx_t *
ngx_srv_registrar_ctx(ngx_http_request_t *r)
{
    ngx_srv_registrar_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_srv_registrar_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_srv_registrar_ctx_t));
        if (ctx == NULL) {
            return NULL;
        }

        ctx->reason = DEVICE_REASONS;
        device_address_from_sockaddr(&ctx->source, r->connection->sockaddr);

        ngx_http_set_ctx(r, ctx, ngx_srv_registrar_module);
    }

    return ctx;
}


/* What can be told before a byte of the body is read. */
static device_reason_t
ngx_srv_registrar_check_form(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    if (r->headers_in.content_length_n > DEVICE_BODY_MAX) {
        return device_refuse(&ctx->error, DEVICE_BODY_TOO_LARGE, NULL,
                             "a body has at most %d bytes", DEVICE_BODY_MAX);
    }

    /* RFC 8470 5.2: whoever has the bytes of early data can send them again,
     * and only a handshake that ends shows that the client did.  Enrolments
     * and passwords would be taken twice; a signature is good for once, but
     * an attacker's copy of it that comes first would publish another source */

    if (ngx_srv_registrar_early_data(r)) {
        return device_refuse(&ctx->error, DEVICE_TOO_EARLY, NULL,
                             "send it again without TLS early data");
    }

    /* acme-dns and dyndns2 say so in their own words */

    if ((rlcf->door == NGX_SRV_REGISTRAR_ENROLL
         || rlcf->door == NGX_SRV_REGISTRAR_KEY
         || rlcf->door == NGX_SRV_REGISTRAR_CREDENTIALS)
        && r->connection->ssl == NULL)
    {
        return device_refuse(&ctx->error, DEVICE_TLS_REQUIRED, NULL,
                             "keys are handed out over TLS only");
    }

    return DEVICE_OK;
}


static ngx_uint_t
ngx_srv_registrar_early_data(ngx_http_request_t *r)
{
#ifdef SSL_ERROR_EARLY_DATA_REJECTED
    /* BoringSSL */
    return r->connection->ssl
           && SSL_in_early_data(r->connection->ssl->connection);
#else
    return r->connection->ssl
           && !SSL_is_init_finished(r->connection->ssl->connection);
#endif
}


/* OPTIONS and HEAD are refused like any other: no method is let through
 * without a signature. */
static device_reason_t
ngx_srv_registrar_check_method(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_str_t                      allow;
    ngx_uint_t                     methods;
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    switch (rlcf->door) {

    case NGX_SRV_REGISTRAR_RECORDS:
        methods = NGX_HTTP_GET|NGX_HTTP_PUT|NGX_HTTP_PATCH|NGX_HTTP_DELETE;
        ngx_str_set(&allow, "GET, PUT, PATCH, DELETE");
        break;

    case NGX_SRV_REGISTRAR_ACME_DNS:
        /* which of them, hangs on the path */
        methods = NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST;
        ngx_str_set(&allow, "GET, HEAD, POST");
        break;

    case NGX_SRV_REGISTRAR_ADMIN:
        methods = NGX_HTTP_GET|NGX_HTTP_PATCH|NGX_HTTP_DELETE;
        ngx_str_set(&allow, "GET, PATCH, DELETE");
        break;

    case NGX_SRV_REGISTRAR_DYNDNS2:
        methods = NGX_HTTP_GET|NGX_HTTP_HEAD;
        ngx_str_set(&allow, "GET, HEAD");
        break;

    default:
        methods = NGX_HTTP_POST;
        ngx_str_set(&allow, "POST");
    }

    if (r->method & methods) {
        return DEVICE_OK;
    }

    /* RFC 9110 15.5.6 */

    if (ngx_srv_registrar_header(r, "Allow", &allow) != NGX_OK) {
        return DEVICE_INTERNAL;
    }

    return device_refuse(&ctx->error, DEVICE_METHOD_NOT_ALLOWED, NULL,
                         "allowed here: %s", (char *) allow.data);
}


ngx_int_t
ngx_srv_registrar_enter(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    switch (rlcf->door) {

    case NGX_SRV_REGISTRAR_ENROLL:
        return ngx_srv_registrar_enroll(r, ctx);

    case NGX_SRV_REGISTRAR_KEY:
        return ngx_srv_registrar_key(r, ctx);

    case NGX_SRV_REGISTRAR_RECORDS:
        return ngx_srv_registrar_records(r, ctx);

    case NGX_SRV_REGISTRAR_CREDENTIALS:
        return ngx_srv_registrar_credentials(r, ctx);

    case NGX_SRV_REGISTRAR_ACME_DNS:
        return ngx_srv_registrar_acme_dns(r, ctx);

    case NGX_SRV_REGISTRAR_DYNDNS2:
        return ngx_srv_registrar_dyndns2(r, ctx);

    case NGX_SRV_REGISTRAR_ADMIN:
        return ngx_srv_registrar_admin(r, ctx);

    default:
        return NGX_HTTP_NOT_FOUND;
    }
}


device_reason_t
ngx_srv_registrar_set_zone(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_zone_t **zone)
{
    ngx_str_t                       name;
    ngx_srv_registrar_loc_conf_t   *rlcf;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);
    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    *zone = rlcf->zone;

    if (rlcf->zone || rlcf->zone_value == NULL) {
        return DEVICE_OK;
    }

    if (ngx_http_complex_value(r, rlcf->zone_value, &name) != NGX_OK) {
        return DEVICE_INTERNAL;
    }

    *zone = ngx_srv_registrar_zone_find(rmcf, &name);

    if (*zone == NULL) {
        return device_refuse(&ctx->error, DEVICE_NOT_FOUND, NULL,
                             "no such zone here");
    }

    return DEVICE_OK;
}


device_reason_t
ngx_srv_registrar_set_name(ngx_srv_registrar_ctx_t *ctx,
    ngx_srv_registrar_zone_t *zone, store_span_t label)
{
    size_t        len;
    u_char       *p;
    store_span_t  name;

    len = ngx_strlen(zone->policy.text);

    if (label.len + 1 + len > sizeof(ctx->fqdn) - 1) {
        return device_refuse(&ctx->error, DEVICE_LABEL_INVALID, NULL,
                             "the name is longer than 253 characters");
    }

    name.data = zone->policy.name;
    name.len = zone->policy.name_len;

    if (!store_key_make(&ctx->key, name, label)) {
        return DEVICE_LABEL_INVALID;
    }

    p = ngx_cpymem((u_char *) ctx->fqdn, label.data, label.len);
    *p++ = '.';
    ngx_memcpy(p, zone->policy.text, len + 1);

    ctx->zone = zone;

    return DEVICE_OK;
}


device_reason_t
ngx_srv_registrar_set_fqdn(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t fqdn)
{
    u_char                         *dot;
    ngx_str_t                       rest;
    store_span_t                    label;
    device_reason_t                 reason;
    ngx_srv_registrar_zone_t       *zone, *only;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    reason = ngx_srv_registrar_set_zone(r, ctx, &only);

    if (reason != DEVICE_OK) {
        return reason;
    }

    dot = ngx_strlchr((u_char *) fqdn.data, (u_char *) fqdn.data + fqdn.len,
                      '.');
    if (dot == NULL) {
        return DEVICE_UNKNOWN_KEY;
    }

    label.data = fqdn.data;
    label.len = dot - fqdn.data;

    rest.data = dot + 1;
    rest.len = fqdn.len - label.len - 1;

    zone = ngx_srv_registrar_zone_find(rmcf, &rest);

    if (zone == NULL || (only && zone != only)
        || !store_label_is_device(label))
    {
        return DEVICE_UNKNOWN_KEY;
    }

    return ngx_srv_registrar_set_name(ctx, zone, label);
}


device_reason_t
ngx_srv_registrar_read_device(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    store_span_t                    key;
    store_value_t                   value;
    store_status_t                  status;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    status = ngx_srv_registrar_store_read(rmcf->store, &ctx->key, r->pool,
                                          &ctx->bytes);

    /* after the read, which has brought the clock up to the last commit */

    ctx->now = ngx_srv_registrar_store_now(rmcf->store, &ctx->held);

    if (rmcf->store) {
        ctx->issuers = &rmcf->store->issuers;
    }

    if (status == STORE_NOT_FOUND) {
        return DEVICE_UNKNOWN_KEY;
    }

    if (status != STORE_OK) {
        return device_refuse(&ctx->error,
                             ngx_srv_registrar_store_reason(status), NULL,
                             "%s", store_status_text(status));
    }

    key.data = ctx->key.data;
    key.len = ctx->key.len;

    if (!store_value_open(&value, key, ctx->bytes)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "srv_registrar: the value of \"%s\" is damaged",
                      ctx->fqdn);
        return DEVICE_INTERNAL;
    }

    if (value.kind != STORE_KIND_DEVICE) {
        return DEVICE_UNKNOWN_KEY;
    }

    store_value_device(&value, &ctx->device);

    return DEVICE_OK;
}


/* Everything that can fail comes before the queue: a job in it is answered by
 * the commit alone. */
ngx_int_t
ngx_srv_registrar_wait(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx,
    ngx_srv_registrar_job_t *job)
{
    ngx_pool_cleanup_t             *cln;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    job->request = r;
    job->zone = ctx->zone;
    job->key = ctx->key;
    job->claim = ctx->claim;
    job->change = ctx->change;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
    }

    job->value = NULL;
    cln->handler = ngx_srv_registrar_job_cleanup;
    cln->data = job;

    if (rmcf->store == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_STORE_UNAVAILABLE);
    }

    ctx->job = job;

    /* no look at whether the client is still there: its update is committed
     * either way, and a reply that nobody reads does no harm */

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_srv_registrar_wake_handler;

    if (ngx_srv_registrar_commit_add(rmcf->store, job) != NGX_OK) {
        r->write_event_handler = ngx_http_request_empty_handler;
        device_refuse(&ctx->error, DEVICE_BUSY, NULL,
                      "too many updates are waiting");
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_BUSY);
    }

    return NGX_DONE;
}


/* With the pool, which stays while the job is with the thread. */
static void
ngx_srv_registrar_job_cleanup(void *data)
{
    ngx_srv_registrar_job_t *job = data;

    ngx_free(job->value);
}


/* The commit has ended; or the connection became writable while it has not. */
static void
ngx_srv_registrar_wake_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_srv_registrar_ctx_t  *ctx;
    ngx_srv_registrar_job_t  *job;

    if (r->aio) {
        /* a write event of the connection, not our commit */
        return;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    ctx = ngx_http_get_module_ctx(r, ngx_srv_registrar_module);
    job = ctx->job;

    if (job->now) {
        ctx->now = job->now;
    }

    if (job->reason != DEVICE_OK) {
        ctx->error = job->error;
        rc = ngx_srv_registrar_refuse(r, ctx, job->reason);

    } else {
        rc = ngx_srv_registrar_finish(r, ctx);
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_srv_registrar_finish(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    switch (ctx->job->type) {

    case NGX_SRV_REGISTRAR_JOB_APPLY:
        return ngx_srv_registrar_records_finish(r, ctx);

    case NGX_SRV_REGISTRAR_JOB_CREDENTIALS:
        return ngx_srv_registrar_credentials_finish(r, ctx);

    case NGX_SRV_REGISTRAR_JOB_CHALLENGE:
    case NGX_SRV_REGISTRAR_JOB_REGISTER:
        return ngx_srv_registrar_acme_dns_finish(r, ctx);

    case NGX_SRV_REGISTRAR_JOB_ADDRESS:
        return ngx_srv_registrar_dyndns2_finish(r, ctx);

    case NGX_SRV_REGISTRAR_JOB_ADMIN:
    case NGX_SRV_REGISTRAR_JOB_ISSUER:
        return ngx_srv_registrar_admin_finish(r, ctx);

    default: /* NGX_SRV_REGISTRAR_JOB_ENROLL, JOB_ROTATE */
        return ngx_srv_registrar_enroll_finish(r, ctx);
    }
}
