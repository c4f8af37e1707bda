
/*
 * Refusals: the one table from a reason to its name, HTTP status, log level
 * and title, and the one function that answers with a problem document
 * (RFC 9457).  A peer's fault is logged as info: any scanner can cause it.
 */

#include "ngx_srv_registrar_request.h"


/* Seconds over which devices spread their next attempt: a wiped store makes
 * a whole fleet unknown at once. */
#define NGX_SRV_REGISTRAR_SPREAD  30


typedef enum {
    NGX_SRV_REGISTRAR_NO_RETRY = 0,
    NGX_SRV_REGISTRAR_RETRY,             /* after a second */
    NGX_SRV_REGISTRAR_RETRY_SOON,        /* 1 to 5 s */
    NGX_SRV_REGISTRAR_RETRY_SPREAD       /* 1 to 30 s */
} ngx_srv_registrar_retry_t;

typedef struct {
    const char                 *name;
    ngx_uint_t                  status;
    ngx_uint_t                  level;
    ngx_srv_registrar_retry_t   retry;
    const char                 *title;
} ngx_srv_registrar_reason_t;


static device_reason_t ngx_srv_registrar_nginx_reason(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_nginx_certificate(
    ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx);
static void ngx_srv_registrar_problem_log(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, const ngx_srv_registrar_reason_t *entry);
static ngx_str_t ngx_srv_registrar_escape(ngx_http_request_t *r,
    const u_char *data, size_t len);
static ngx_int_t ngx_srv_registrar_retry_after(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, const ngx_srv_registrar_reason_t *entry);
static char *ngx_srv_registrar_problem_text(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, const ngx_srv_registrar_reason_t *entry);


#define INFO   NGX_LOG_INFO
#define ERR    NGX_LOG_ERR

#define NO     NGX_SRV_REGISTRAR_NO_RETRY
#define AFTER  NGX_SRV_REGISTRAR_RETRY
#define SOON   NGX_SRV_REGISTRAR_RETRY_SOON
#define SPREAD NGX_SRV_REGISTRAR_RETRY_SPREAD

static const ngx_srv_registrar_reason_t
    ngx_srv_registrar_reasons[DEVICE_REASONS] =
{
    [DEVICE_OK] = { "ok", 200, INFO, NO, "" },

    [DEVICE_BAD_REQUEST] = { "bad-request", 400, INFO, NO,
        "The request is malformed" },
    [DEVICE_NOT_FOUND] = { "not-found", 404, INFO, NO,
        "There is nothing here" },
    [DEVICE_METHOD_NOT_ALLOWED] = { "method-not-allowed", 405, INFO, NO,
        "The method is not allowed here" },
    [DEVICE_BODY_TOO_LARGE] = { "body-too-large", 413, INFO, NO,
        "The body is too large" },
    [DEVICE_MISDIRECTED] = { "misdirected", 421, INFO, NO,
        "The connection was made for another server" },
    [DEVICE_TLS_REQUIRED] = { "tls-required", 403, INFO, NO,
        "TLS is required" },
    [DEVICE_TOO_EARLY] = { "too-early", 425, INFO, NO,
        "The request came before the TLS handshake has ended" },

    [DEVICE_CERTIFICATE_REQUIRED] = { "certificate-required", 401, INFO, NO,
        "A client certificate is required" },
    [DEVICE_CERTIFICATE_REFUSED] = { "certificate-refused", 403, INFO, NO,
        "The client certificate was refused" },
    [DEVICE_IDENTITY_MISSING] = { "identity-missing", 403, INFO, NO,
        "The certificate names no device" },
    [DEVICE_LABEL_INVALID] = { "label-invalid", 403, INFO, NO,
        "The device's name cannot be a label" },
    [DEVICE_LABEL_TAKEN] = { "label-taken", 409, INFO, NO,
        "The name belongs to somebody else" },
    [DEVICE_ENROLLED_ALREADY] = { "enrolled-already", 409, INFO, NO,
        "The device is enrolled and its lease lives" },
    [DEVICE_PROOF_REQUIRED] = { "proof-required", 403, INFO, NO,
        "Enrolling again needs a signature with the active key" },
    [DEVICE_TOO_MANY_ENROLLMENTS] = { "too-many-enrollments", 429, INFO,
        SPREAD, "The device enrols too often" },
    [DEVICE_SUSPENDED] = { "suspended", 403, INFO, NO,
        "The device is suspended" },
    [DEVICE_PUBLIC_KEY_INVALID] = { "public-key-invalid", 422, INFO, NO,
        "The public key cannot be used" },

    [DEVICE_SIGNATURE_REQUIRED] = { "signature-required", 401, INFO, NO,
        "The request has to be signed" },
    [DEVICE_SIGNATURE_MALFORMED] = { "signature-malformed", 400, INFO, NO,
        "The signature is malformed" },
    [DEVICE_SIGNATURE_INCOMPLETE] = { "signature-incomplete", 401, INFO, NO,
        "The signature does not cover what it must" },
    [DEVICE_SIGNATURE_INVALID] = { "signature-invalid", 401, INFO, NO,
        "The signature is wrong" },
    [DEVICE_SIGNATURE_EXPIRED] = { "signature-expired", 401, INFO, NO,
        "The signature has expired" },
    [DEVICE_UNKNOWN_KEY] = { "unknown-key", 401, INFO, SPREAD,
        "The key is not known; enrol again" },
    [DEVICE_CLOCK_SKEW] = { "clock-skew", 401, INFO, NO,
        "The signature's time is too far from the server's" },
    [DEVICE_STALE_SIGNATURE] = { "stale-signature", 401, INFO, AFTER,
        "A later signature was accepted before" },
    [DEVICE_RE_ENROLL] = { "re-enroll", 401, INFO, NO,
        "The key was used with a time in the future; enrol again" },
    [DEVICE_DIGEST_REQUIRED] = { "digest-required", 400, INFO, NO,
        "A body needs a Content-Digest" },
    [DEVICE_DIGEST_MISMATCH] = { "digest-mismatch", 400, INFO, NO,
        "The body is not that of the Content-Digest" },
    [DEVICE_TARGET_MISMATCH] = { "target-mismatch", 400, INFO, NO,
        "The request's target and Host differ" },

    [DEVICE_JSON_INVALID] = { "json-invalid", 400, INFO, NO,
        "The body is not valid JSON" },
    [DEVICE_MEMBER_INVALID] = { "member-invalid", 422, INFO, NO,
        "A member has a wrong value" },
    [DEVICE_NAME_INVALID] = { "name-invalid", 422, INFO, NO,
        "A name is not valid" },
    [DEVICE_RDATA_INVALID] = { "rdata-invalid", 422, INFO, NO,
        "Record data is not valid" },
    [DEVICE_DUPLICATE] = { "duplicate", 422, INFO, NO,
        "The same thing is said twice" },
    [DEVICE_SERVICE_NOT_ALLOWED] = { "service-not-allowed", 403, INFO, NO,
        "The service may not be registered here" },
    [DEVICE_TYPE_NOT_ALLOWED] = { "type-not-allowed", 403, INFO, NO,
        "The record type may not be registered here" },
    [DEVICE_TARGET_OUTSIDE] = { "target-outside", 422, INFO, NO,
        "A target lies outside the device's own names" },
    [DEVICE_TOO_MUCH] = { "too-much", 422, INFO, NO,
        "The registration is too large" },
    [DEVICE_ADDRESS_MISMATCH] = { "address-mismatch", 422, INFO, NO,
        "The address is not that of the request" },
    [DEVICE_ADDRESS_NOT_ALLOWED] = { "address-not-allowed", 422, INFO, NO,
        "The address cannot be reached from everywhere" },

    /* what the operator can do about the store is told at each change of its
     * state, not for each request */

    [DEVICE_STORE_FULL] = { "store-full", 507, INFO, SPREAD,
        "The store is full" },
    [DEVICE_STORE_UNAVAILABLE] = { "store-unavailable", 503, INFO, SOON,
        "The store cannot be used at the moment" },
    [DEVICE_SECRET_UNAVAILABLE] = { "secret-unavailable", 503, ERR, SOON,
        "This worker lacks the key's secret" },
    [DEVICE_BUSY] = { "busy", 503, INFO, SOON,
        "Too much is waiting" },
    [DEVICE_INTERNAL] = { "internal", 500, ERR, SOON,
        "An internal error" }
};

#undef INFO
#undef ERR
#undef NO
#undef AFTER
#undef SOON
#undef SPREAD


const char *
ngx_srv_registrar_reason_name(device_reason_t reason)
{
    return ngx_srv_registrar_reasons[reason].name;
}


const char *
ngx_srv_registrar_result(device_reason_t reason)
{
    if (reason == DEVICE_REASONS) {
        return "none";
    }

    if (reason == DEVICE_OK) {
        return "ok";
    }

    return ngx_srv_registrar_reasons[reason].status >= 500 ? "failed"
                                                           : "refused";
}


ngx_int_t
ngx_srv_registrar_refuse(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx,
    device_reason_t reason)
{
    ngx_int_t                          rc;
    ngx_str_t                          type;
    ngx_srv_registrar_loc_conf_t      *rlcf;
    const ngx_srv_registrar_reason_t  *entry;

    entry = &ngx_srv_registrar_reasons[reason];

    if (ctx->error.reason != reason) {
        /* words of another step */
        ngx_memzero(&ctx->error, sizeof(device_error_t));
    }

    ctx->reason = reason;

    ngx_srv_registrar_problem_log(r, ctx, entry);

    if (ngx_srv_registrar_retry_after(r, ctx, entry) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    /* nginx would put the status of its own refusal back */

    r->err_status = 0;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    if (rlcf->door == NGX_SRV_REGISTRAR_ACME_DNS) {
        return ngx_srv_registrar_acme_dns_refuse(r, ctx, reason);
    }

    if (rlcf->door == NGX_SRV_REGISTRAR_DYNDNS2) {
        return ngx_srv_registrar_dyndns2_refuse(r, ctx, reason);
    }

    ngx_str_set(&type, "application/problem+json");

    return ngx_srv_registrar_reply(r, entry->status, &type,
                               ngx_srv_registrar_problem_text(r, ctx, entry));
}


static void
ngx_srv_registrar_problem_log(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, const ngx_srv_registrar_reason_t *entry)
{
    ngx_str_t  keyid, detail, member;

    keyid = ngx_srv_registrar_escape(r, ctx->signature.keyid.data,
                                     ctx->signature.keyid.len);
    member = ngx_srv_registrar_escape(r, (u_char *) ctx->error.member,
                                      ngx_strlen(ctx->error.member));
    detail = ngx_srv_registrar_escape(r, (u_char *) ctx->error.detail,
                                      ngx_strlen(ctx->error.detail));

    ngx_log_error(entry->level, r->connection->log, 0,
                  "srv_registrar: refused: %s, fqdn \"%s\", keyid \"%V\", "
                  "member \"%V\": %V",
                  entry->name, ctx->fqdn, &keyid, &member, &detail);
}


/* A peer's text, with what a log cannot show as \xXX. */
static ngx_str_t
ngx_srv_registrar_escape(ngx_http_request_t *r, const u_char *data,
    size_t len)
{
    size_t      i;
    u_char     *p;
    ngx_str_t   text;

    ngx_str_null(&text);

    /* the longest that anybody needs to see */

    len = ngx_min(len, 512);

    p = ngx_pnalloc(r->pool, 4 * len + 1);
    if (p == NULL) {
        return text;
    }

    text.data = p;

    for (i = 0; i < len; i++) {
        if (data[i] < 0x20 || data[i] > 0x7e || data[i] == '"'
            || data[i] == '\\')
        {
            p = ngx_sprintf(p, "\\x%02Xd", (uint32_t) data[i]);

        } else {
            *p++ = data[i];
        }
    }

    text.len = p - text.data;

    return text;
}


static ngx_int_t
ngx_srv_registrar_retry_after(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, const ngx_srv_registrar_reason_t *entry)
{
    int64_t    seconds;
    ngx_str_t  value;

    switch (entry->retry) {

    case NGX_SRV_REGISTRAR_NO_RETRY:
        seconds = 0;
        break;

    case NGX_SRV_REGISTRAR_RETRY:
        seconds = 1;
        break;

    case NGX_SRV_REGISTRAR_RETRY_SOON:
        seconds = 1 + ngx_random() % 5;
        break;

    default: /* NGX_SRV_REGISTRAR_RETRY_SPREAD */
        seconds = 1 + ngx_random() % NGX_SRV_REGISTRAR_SPREAD;
        break;
    }

    /* what the rules have computed is better than a guess */

    if (ctx->job && ctx->job->outcome.retry_after > 0) {
        seconds = ctx->job->outcome.retry_after;
    }

    if (seconds == 0) {
        return NGX_OK;
    }

    value.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%L", seconds) - value.data;

    return ngx_srv_registrar_header(r, "Retry-After", &value);
}


/* Extension members go only with the reasons whose cure they are: a device sets
 * its clock, or states another address. */
static char *
ngx_srv_registrar_problem_text(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, const ngx_srv_registrar_reason_t *entry)
{
    int64_t                         held;
    device_problem_t                problem;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    ngx_memzero(&problem, sizeof(device_problem_t));

    problem.type = entry->name;
    problem.status = (int) entry->status;
    problem.title = entry->title;
    problem.detail = ctx->error.detail;
    problem.member = ctx->error.member;
    problem.last_created = -1;

    switch (ctx->reason) {

    case DEVICE_STALE_SIGNATURE:
    case DEVICE_RE_ENROLL:
        if (ctx->job) {
            problem.last_created = ctx->job->outcome.last_created;
        }

        /* fall through */

    case DEVICE_CLOCK_SKEW:
    case DEVICE_SIGNATURE_EXPIRED:
        problem.server_time = ngx_srv_registrar_store_now(rmcf->store, &held);
        break;

    case DEVICE_ADDRESS_MISMATCH:
    case DEVICE_ADDRESS_NOT_ALLOWED:
        problem.observed = &ctx->source;
        break;

    default:
        break;
    }

    return device_reply_problem(&problem);
}


/*
 * `srv_registrar problem`: nginx's own refusals in our form, by way of
 * error_page.  Only that way: as a location of its own it does not exist.
 */
ngx_int_t
ngx_srv_registrar_problem_handler(ngx_http_request_t *r)
{
    ngx_srv_registrar_ctx_t  *ctx;

    if (r != r->main || !r->internal) {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx = ngx_srv_registrar_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_srv_registrar_refuse(r, ctx,
                                    ngx_srv_registrar_nginx_reason(r, ctx));
}


/* error_page with `=` does not tell what the refusal was, so it is looked for
 * again, in the order in which nginx comes to it. */
static device_reason_t
ngx_srv_registrar_nginx_reason(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    off_t            body;
    device_reason_t  reason;

    switch (r->err_status) {

    case NGX_HTTP_NOT_FOUND:
        return DEVICE_NOT_FOUND;

    case NGX_HTTP_NOT_ALLOWED:
        return DEVICE_METHOD_NOT_ALLOWED;

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return DEVICE_BODY_TOO_LARGE;

    case NGX_HTTP_MISDIRECTED_REQUEST:
        return DEVICE_MISDIRECTED;

    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return DEVICE_BUSY;

    case NGX_HTTP_INTERNAL_SERVER_ERROR:
        return DEVICE_INTERNAL;
    }

    if (r->http_connection->ssl && r->connection->ssl == NULL) {
        return DEVICE_TLS_REQUIRED;
    }

    reason = ngx_srv_registrar_nginx_certificate(r, ctx);
    if (reason != DEVICE_OK) {
        return reason;
    }

    body = r->headers_in.content_length_n;

    if (r->request_body && r->request_body->chunked) {
        body += r->request_body->chunked->size;
    }

    if (body > DEVICE_BODY_MAX) {
        return DEVICE_BODY_TOO_LARGE;
    }

    return DEVICE_BAD_REQUEST;
}


/* As ngx_http_process_request judges the certificate (495 and 496). */
static device_reason_t
ngx_srv_registrar_nginx_certificate(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    device_reason_t           reason;
    ngx_http_ssl_srv_conf_t  *sscf;

    if (r->connection->ssl == NULL) {
        return DEVICE_OK;
    }

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_ssl_module);

    if (sscf->verify == 0) {
        return DEVICE_OK;
    }

    reason = ngx_srv_registrar_certificate(r, NULL, NULL, NULL, &ctx->error);

    if (reason == DEVICE_CERTIFICATE_REQUIRED && sscf->verify != 1) {
        /* it was optional: something else was wrong */
        return DEVICE_OK;
    }

    return reason;
}
