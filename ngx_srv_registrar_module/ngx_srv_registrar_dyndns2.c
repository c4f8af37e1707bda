
/*
 * The door dyndns2: GET .../update and .../delete with a device's name and
 * password, and .../checkip, which tells everybody the own address.
 *
 * What always holds: a body says nothing but the protocol's words and
 * addresses.  What concerns a host is told with status 200, since clients
 * read no other's body.
 */

#include "ngx_srv_registrar_request.h"


static ngx_uint_t ngx_srv_registrar_dyndns2_ends(ngx_http_request_t *r,
    const char *segment);
static ngx_int_t ngx_srv_registrar_dyndns2_address(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static ngx_int_t ngx_srv_registrar_dyndns2_change(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_uint_t update);
static device_reason_t ngx_srv_registrar_dyndns2_form(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_dyndns2_user(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_dyndns2_parse(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_dyndns2_wishes(
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job);
static ngx_int_t ngx_srv_registrar_dyndns2_answer(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_uint_t status, device_reason_t reason);
static ngx_uint_t ngx_srv_registrar_dyndns2_status(
    ngx_srv_registrar_ctx_t *ctx, device_reason_t reason);


ngx_int_t
ngx_srv_registrar_dyndns2(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    if (ngx_srv_registrar_dyndns2_ends(r, "/checkip")
        || ngx_srv_registrar_dyndns2_ends(r, "/myip"))
    {
        return ngx_srv_registrar_dyndns2_address(r, ctx);
    }

    if (ngx_srv_registrar_dyndns2_ends(r, "/update")) {
        return ngx_srv_registrar_dyndns2_change(r, ctx, 1);
    }

    if (ngx_srv_registrar_dyndns2_ends(r, "/delete")) {
        return ngx_srv_registrar_dyndns2_change(r, ctx, 0);
    }

    return ngx_srv_registrar_refuse(r, ctx, DEVICE_NOT_FOUND);
}


static ngx_uint_t
ngx_srv_registrar_dyndns2_ends(ngx_http_request_t *r, const char *segment)
{
    size_t  len;

    len = ngx_strlen(segment);

    return r->uri.len >= len
           && ngx_memcmp(r->uri.data + r->uri.len - len, segment, len) == 0;
}


/* The form of the first such server: clients search it for the words before
 * the address, or for anything like an address. */
static ngx_int_t
ngx_srv_registrar_dyndns2_address(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    char        address[DEVICE_ADDRESS_TEXT_MAX];
    char        text[DEVICE_ADDRESS_TEXT_MAX + 128];
    ngx_str_t   type = ngx_string("text/html");

    if (ctx->source.family == 0) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_ADDRESS_NOT_ALLOWED);
    }

    device_address_write(address, &ctx->source);

    ngx_sprintf((u_char *) text,
                "<html><head><title>Current IP Check</title></head>"
                "<body>Current IP Address: %s</body></html>" CRLF "%Z",
                address);

    ctx->reason = DEVICE_OK;

    return ngx_srv_registrar_reply(r, NGX_HTTP_OK, &type, strdup(text));
}


static ngx_int_t
ngx_srv_registrar_dyndns2_change(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_uint_t update)
{
    device_reason_t           reason;
    ngx_srv_registrar_job_t  *job;

    job = ngx_pcalloc(r->pool, sizeof(ngx_srv_registrar_job_t));
    if (job == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
    }

    reason = ngx_srv_registrar_dyndns2_form(r, ctx);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_dyndns2_user(r, ctx);
    }

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_dyndns2_parse(r, ctx);
    }

    if (reason == DEVICE_OK && update) {
        reason = ngx_srv_registrar_dyndns2_wishes(ctx, job);
    }

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    if (!update) {
        device_dyndns2_delete(&job->ipv4, &job->ipv6, ctx->call);
    }

    job->type = NGX_SRV_REGISTRAR_JOB_ADDRESS;
    job->door.door = STORE_DOOR_DYNDNS2;
    job->door.credential = ctx->device.dyndns2;

    return ngx_srv_registrar_wait(r, ctx, job);
}


static device_reason_t
ngx_srv_registrar_dyndns2_form(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_str_t  allow = ngx_string("GET");

    if (r->connection->ssl == NULL) {
        return device_refuse(&ctx->error, DEVICE_TLS_REQUIRED, NULL,
                             "passwords are taken over TLS only");
    }

    if (r->method == NGX_HTTP_GET) {
        return DEVICE_OK;
    }

    /* HEAD is safe by definition (RFC 9110 9.2.1), and this is not */

    if (ngx_srv_registrar_header(r, "Allow", &allow) != NGX_OK) {
        return DEVICE_INTERNAL;
    }

    return device_refuse(&ctx->error, DEVICE_METHOD_NOT_ALLOWED, NULL,
                         "allowed here: GET");
}


/* Basic authentication (RFC 7617).  The user is the FQDN; one that is not
 * known takes as long as a wrong password. */
static device_reason_t
ngx_srv_registrar_dyndns2_user(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_int_t                       rc;
    store_span_t                    user, password;
    device_reason_t                 reason;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    rc = ngx_http_auth_basic_user(r);

    if (rc == NGX_ERROR) {
        return DEVICE_INTERNAL;
    }

    if (rc != NGX_OK) {
        return device_refuse(&ctx->error, DEVICE_SIGNATURE_REQUIRED, NULL,
                             "no user and password");
    }

    user.len = r->headers_in.user.len;
    user.data = ngx_pnalloc(r->pool, user.len + 1);

    if (user.data == NULL) {
        return DEVICE_INTERNAL;
    }

    ngx_strlow((u_char *) user.data, r->headers_in.user.data, user.len);

    password.data = r->headers_in.passwd.data;
    password.len = r->headers_in.passwd.len;

    reason = ngx_srv_registrar_set_fqdn(r, ctx, user);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_read_device(r, ctx);
    }

    if (reason != DEVICE_OK && reason != DEVICE_UNKNOWN_KEY
        && reason != DEVICE_LABEL_INVALID)
    {
        return reason;
    }

    return device_credential_check(reason == DEVICE_OK ? &ctx->device : NULL,
                                   rmcf->secrets, STORE_DOOR_DYNDNS2,
                                   ctx->fqdn, user, password);
}


static device_reason_t
ngx_srv_registrar_dyndns2_parse(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    u_char                 *query;
    device_reason_t         reason;
    device_dyndns2_call_t  *call;

    call = ngx_palloc(r->pool, sizeof(device_dyndns2_call_t));
    query = ngx_pnalloc(r->pool, r->args.len + 1);

    if (call == NULL || query == NULL) {
        return DEVICE_INTERNAL;
    }

    if (r->args.len) {
        /* else its data is NULL */
        ngx_memcpy(query, r->args.data, r->args.len);
    }

    reason = device_dyndns2_parse(call, query, r->args.len, &ctx->error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    /* from here on there are hosts to answer for */

    ctx->call = call;

    if (!device_dyndns2_own(call, ctx->fqdn)) {
        return device_refuse(&ctx->error, DEVICE_NOT_FOUND, "hostname",
                             "not the user's host");
    }

    return DEVICE_OK;
}


static device_reason_t
ngx_srv_registrar_dyndns2_wishes(ngx_srv_registrar_ctx_t *ctx,
    ngx_srv_registrar_job_t *job)
{
    store_span_t      key;
    store_value_t     stored;
    device_subject_t  subject;

    key.data = ctx->key.data;
    key.len = ctx->key.len;

    if (!store_value_open(&stored, key, ctx->bytes)) {
        return DEVICE_INTERNAL;
    }

    ngx_memzero(&subject, sizeof(device_subject_t));

    subject.zone = &ctx->zone->policy;
    subject.source = ctx->source;

    return device_dyndns2_update(&job->ipv4, &job->ipv6, ctx->call, &subject,
                                 &stored, &ctx->error);
}


ngx_int_t
ngx_srv_registrar_dyndns2_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ctx->reason = DEVICE_OK;

    return ngx_srv_registrar_dyndns2_answer(r, ctx, NGX_HTTP_OK, DEVICE_OK);
}


ngx_int_t
ngx_srv_registrar_dyndns2_refuse(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_reason_t reason)
{
    ngx_str_t   basic = ngx_string("Basic realm=\"dyndns2\"");
    ngx_uint_t  status;

    status = ngx_srv_registrar_dyndns2_status(ctx, reason);

    if (status == NGX_HTTP_UNAUTHORIZED
        && ngx_srv_registrar_header(r, "WWW-Authenticate", &basic) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_srv_registrar_dyndns2_answer(r, ctx, status, reason);
}


static ngx_int_t
ngx_srv_registrar_dyndns2_answer(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_uint_t status, device_reason_t reason)
{
    char                      text[DEVICE_DYNDNS2_ANSWER_MAX];
    ngx_str_t                 type = ngx_string("text/plain");
    ngx_srv_registrar_job_t  *job = ctx->job;

    if (status == NGX_HTTP_OK && ctx->call) {
        device_dyndns2_answer(text, ctx->call, ctx->fqdn, reason,
                              job && job->outcome.records_changed,
                              job ? &job->ipv4 : NULL,
                              job ? &job->ipv6 : NULL);

    } else {
        ngx_sprintf((u_char *) text, "%s\n%Z", device_dyndns2_word(reason));
    }

    return ngx_srv_registrar_reply(r, status, &type, strdup(text));
}


/* inadyn takes 401 and 403 for a wrong password and 5xx for later; ddclient
 * reads what comes with 200. */
static ngx_uint_t
ngx_srv_registrar_dyndns2_status(ngx_srv_registrar_ctx_t *ctx,
    device_reason_t reason)
{
    switch (reason) {

    case DEVICE_SIGNATURE_REQUIRED:
    case DEVICE_SIGNATURE_INVALID:
    case DEVICE_UNKNOWN_KEY:
        return NGX_HTTP_UNAUTHORIZED;

    case DEVICE_TLS_REQUIRED:
    case DEVICE_SUSPENDED:
        return NGX_HTTP_FORBIDDEN;

    case DEVICE_NOT_FOUND:
        return ctx->call ? NGX_HTTP_OK : NGX_HTTP_NOT_FOUND;

    case DEVICE_MEMBER_INVALID:
    case DEVICE_DUPLICATE:
    case DEVICE_ADDRESS_MISMATCH:
    case DEVICE_ADDRESS_NOT_ALLOWED:
    case DEVICE_TOO_MUCH:
        return NGX_HTTP_OK;

    case DEVICE_METHOD_NOT_ALLOWED:
        return NGX_HTTP_NOT_ALLOWED;

    case DEVICE_BODY_TOO_LARGE:
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;

    case DEVICE_BAD_REQUEST:
        return NGX_HTTP_BAD_REQUEST;

    case DEVICE_TOO_EARLY:
        return 425;                      /* RFC 8470 5.2 */

    default:
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }
}
