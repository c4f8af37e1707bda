
/*
 * The door that acme-dns's clients know: POST .../update sets a challenge at
 * _acme-challenge.<FQDN>, POST .../register hands out a credential to whom a
 * client certificate names, GET .../health tells that we are here.
 *
 * What always holds: a client sees acme-dns's own statuses and bodies and no
 * other; of a wrong user, key or subdomain it learns only that something was
 * wrong, and after the same work.
 */

#include "ngx_srv_registrar_request.h"

#include "device_acme_dns.h"


typedef struct {
    ngx_uint_t   status;
    const char  *word;
} ngx_srv_registrar_acme_dns_error_t;


static ngx_uint_t ngx_srv_registrar_acme_dns_is(ngx_http_request_t *r,
    const char *name);
static ngx_int_t ngx_srv_registrar_acme_dns_method(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_str_t *allow);
static ngx_int_t ngx_srv_registrar_acme_dns_health(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static ngx_int_t ngx_srv_registrar_acme_dns_update(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_acme_dns_check(
    ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx,
    device_acme_dns_update_t *update);
static device_reason_t ngx_srv_registrar_acme_dns_device(
    ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx,
    const device_acme_dns_update_t *update);
static store_span_t ngx_srv_registrar_acme_dns_field(ngx_http_request_t *r,
    const char *name);
static ngx_int_t ngx_srv_registrar_acme_dns_register(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static ngx_int_t ngx_srv_registrar_acme_dns_registered(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static ngx_int_t ngx_srv_registrar_acme_dns_plain(ngx_http_request_t *r,
    ngx_uint_t status, const char *text);


/* What acme-dns says; the rest is "db_error".  A body that cannot be read is
 * told apart below: an update's is a failed authentication. */
static const ngx_srv_registrar_acme_dns_error_t
    ngx_srv_registrar_acme_dns_errors[DEVICE_REASONS] =
{
    [DEVICE_BAD_REQUEST] = { 401, "forbidden" },
    [DEVICE_TLS_REQUIRED] = { 401, "forbidden" },
    [DEVICE_SIGNATURE_INVALID] = { 401, "forbidden" },
    [DEVICE_UNKNOWN_KEY] = { 401, "forbidden" },
    [DEVICE_SUSPENDED] = { 401, "forbidden" },

    [DEVICE_TOO_EARLY] = { 425, "forbidden" },
    [DEVICE_MISDIRECTED] = { 421, "forbidden" },
    [DEVICE_CERTIFICATE_REQUIRED] = { 401, "forbidden" },
    [DEVICE_CERTIFICATE_REFUSED] = { 401, "forbidden" },
    [DEVICE_IDENTITY_MISSING] = { 401, "forbidden" },
    [DEVICE_LABEL_INVALID] = { 401, "forbidden" },
    [DEVICE_LABEL_TAKEN] = { 401, "forbidden" },
    [DEVICE_ENROLLED_ALREADY] = { 401, "forbidden" },
    [DEVICE_PROOF_REQUIRED] = { 401, "forbidden" },
    [DEVICE_TOO_MANY_ENROLLMENTS] = { 429, "forbidden" },

    [DEVICE_RDATA_INVALID] = { 400, "bad_txt" },
    [DEVICE_NAME_INVALID] = { 400, "bad_subdomain" },
    [DEVICE_MEMBER_INVALID] = { 400, "invalid_allowfrom_cidr" },
    [DEVICE_JSON_INVALID] = { 400, "malformed_json_payload" },
    [DEVICE_BODY_TOO_LARGE] = { 400, "malformed_json_payload" }
};


ngx_int_t
ngx_srv_registrar_acme_dns(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    ngx_str_t                      get = ngx_string("GET, HEAD");
    ngx_str_t                      post = ngx_string("POST");
    ngx_srv_registrar_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_srv_registrar_module);

    if (ngx_srv_registrar_acme_dns_is(r, "/update")) {

        if (r->method != NGX_HTTP_POST) {
            return ngx_srv_registrar_acme_dns_method(r, ctx, &post);
        }

        return ngx_srv_registrar_acme_dns_update(r, ctx);
    }

    if (ngx_srv_registrar_acme_dns_is(r, "/register")
        && rlcf->acme_dns_register)
    {
        if (r->method != NGX_HTTP_POST) {
            return ngx_srv_registrar_acme_dns_method(r, ctx, &post);
        }

        return ngx_srv_registrar_acme_dns_register(r, ctx);
    }

    if (ngx_srv_registrar_acme_dns_is(r, "/health")) {

        if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
            return ngx_srv_registrar_acme_dns_method(r, ctx, &get);
        }

        return ngx_srv_registrar_acme_dns_health(r, ctx);
    }

    return ngx_srv_registrar_refuse(r, ctx, DEVICE_NOT_FOUND);
}


/* Is name the last segment of the path? */
static ngx_uint_t
ngx_srv_registrar_acme_dns_is(ngx_http_request_t *r, const char *name)
{
    size_t  len;

    len = ngx_strlen(name);

    return r->uri.len >= len
           && ngx_memcmp(r->uri.data + r->uri.len - len, name, len) == 0;
}


static ngx_int_t
ngx_srv_registrar_acme_dns_method(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_str_t *allow)
{
    if (ngx_srv_registrar_header(r, "Allow", allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_srv_registrar_refuse(r, ctx, DEVICE_METHOD_NOT_ALLOWED);
}


static ngx_int_t
ngx_srv_registrar_acme_dns_health(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_http_complex_value_t  empty;

    ngx_memzero(&empty, sizeof(ngx_http_complex_value_t));

    ctx->reason = DEVICE_OK;

    return ngx_http_send_response(r, NGX_HTTP_OK, NULL, &empty);
}


static ngx_int_t
ngx_srv_registrar_acme_dns_update(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    device_reason_t            reason;
    ngx_srv_registrar_job_t   *job;
    device_acme_dns_update_t   update;

    reason = ngx_srv_registrar_acme_dns_check(r, ctx, &update);

    /* only those who may write learn what they wrote wrong */

    if (reason == DEVICE_OK) {
        reason = device_acme_dns_txt_check(&update, &ctx->error);
    }

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    job = ngx_pcalloc(r->pool, sizeof(ngx_srv_registrar_job_t));
    if (job == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
    }

    job->type = NGX_SRV_REGISTRAR_JOB_CHALLENGE;
    job->door.door = STORE_DOOR_ACME_DNS;
    job->door.credential = ctx->device.acme_dns;

    ngx_memcpy(job->challenge, update.txt, DEVICE_CHALLENGE_LEN);

    return ngx_srv_registrar_wait(r, ctx, job);
}


/* Who is it, and is the name his? */
static device_reason_t
ngx_srv_registrar_acme_dns_check(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_acme_dns_update_t *update)
{
    char                            user[DEVICE_UUID_LEN + 1];
    store_span_t                    user_span, password;
    device_reason_t                 reason;
    const store_device_t           *device;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    if (r->connection->ssl == NULL) {
        return device_refuse(&ctx->error, DEVICE_TLS_REQUIRED, NULL,
                             "passwords are taken over TLS only");
    }

    password = ngx_srv_registrar_acme_dns_field(r, "X-Api-Key");
    user_span = ngx_srv_registrar_acme_dns_field(r, "X-Api-User");

    if (!device_acme_dns_user_parse(user, user_span)
        || !device_acme_dns_key_valid(password))
    {
        return device_refuse(&ctx->error, DEVICE_SIGNATURE_INVALID, NULL,
                             "X-Api-User or X-Api-Key is malformed");
    }

    user_span.data = (u_char *) user;
    user_span.len = DEVICE_UUID_LEN;

    reason = device_acme_dns_update_parse(update, ctx->body, &ctx->error);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_acme_dns_device(r, ctx, update);
    }

    if (reason != DEVICE_OK && reason != DEVICE_UNKNOWN_KEY) {
        return reason;
    }

    /* an unknown subdomain costs what a known one costs */

    device = (reason == DEVICE_OK) ? &ctx->device : NULL;

    return device_credential_check(device, rmcf->secrets, STORE_DOOR_ACME_DNS,
                                   ctx->fqdn, user_span, password);
}


/* UNKNOWN_KEY where no device of the zone has this label; acme-dns compares
 * subdomains with case. */
static device_reason_t
ngx_srv_registrar_acme_dns_device(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, const device_acme_dns_update_t *update)
{
    store_span_t               label;
    device_reason_t            reason;
    ngx_srv_registrar_zone_t  *zone;

    reason = ngx_srv_registrar_set_zone(r, ctx, &zone);

    if (reason != DEVICE_OK) {
        return reason;
    }

    label.data = (u_char *) update->subdomain;
    label.len = update->subdomain_len;

    if (zone == NULL || !store_label_is_device(label)
        || ngx_srv_registrar_set_name(ctx, zone, label) != DEVICE_OK)
    {
        return DEVICE_UNKNOWN_KEY;
    }

    return ngx_srv_registrar_read_device(r, ctx);
}


/* A field that comes twice counts as malformed, as one that is not there. */
static store_span_t
ngx_srv_registrar_acme_dns_field(ngx_http_request_t *r, const char *name)
{
    size_t            len;
    ngx_uint_t        i, n;
    store_span_t      value;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    value.data = NULL;
    value.len = 0;

    len = ngx_strlen(name);
    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != len
                || ngx_strncasecmp(h[i].key.data, (u_char *) name, len) != 0)
            {
                continue;
            }

            value.data = h[i].value.data;
            value.len = h[i].value.len;
            n++;
        }
    }

    if (n != 1) {
        value.data = NULL;
        value.len = 0;
    }

    return value;
}


static ngx_int_t
ngx_srv_registrar_acme_dns_register(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    device_reason_t                 reason;
    ngx_srv_registrar_job_t        *job;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    job = ngx_pcalloc(r->pool, sizeof(ngx_srv_registrar_job_t));
    if (job == NULL) {
        return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
    }

    job->type = NGX_SRV_REGISTRAR_JOB_REGISTER;
    job->secret = rmcf->secrets->keys[rmcf->secrets->newest].number;

    reason = ngx_srv_registrar_enroll_name(r, ctx, job);

    if (reason == DEVICE_OK) {
        reason = device_acme_dns_register_parse(ctx->body, &ctx->error);
    }

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_preview(r, ctx, job);
    }

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    return ngx_srv_registrar_wait(r, ctx, job);
}


ngx_int_t
ngx_srv_registrar_acme_dns_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_str_t  type = ngx_string("application/json");

    if (ctx->job->type == NGX_SRV_REGISTRAR_JOB_REGISTER) {
        return ngx_srv_registrar_acme_dns_registered(r, ctx);
    }

    ctx->reason = DEVICE_OK;

    return ngx_srv_registrar_reply(r, NGX_HTTP_OK, &type,
                            device_acme_dns_update_reply(ctx->job->challenge));
}


static ngx_int_t
ngx_srv_registrar_acme_dns_registered(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    char                           *json;
    ngx_str_t                       type = ngx_string("application/json");
    device_reason_t                 reason;
    device_credential_t             credential;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    reason = device_credential_derive(&credential, rmcf->secrets,
                                      &ctx->job->outcome.device.acme_dns,
                                      STORE_DOOR_ACME_DNS, ctx->fqdn);

    if (reason != DEVICE_OK) {
        return ngx_srv_registrar_refuse(r, ctx, reason);
    }

    json = device_acme_dns_register_reply(&credential, ctx->fqdn);

    device_cleanse(&credential, sizeof(device_credential_t));

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "srv_registrar: acme-dns credential for \"%s\"%s",
                  ctx->fqdn, ctx->job->outcome.created ? ", a new name" : "");

    ctx->reason = DEVICE_OK;

    return ngx_srv_registrar_reply(r, NGX_HTTP_CREATED, &type, json);
}


ngx_int_t
ngx_srv_registrar_acme_dns_refuse(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_reason_t reason)
{
    ngx_str_t                            type = ngx_string("application/json");
    ngx_srv_registrar_acme_dns_error_t   error;

    if (reason == DEVICE_NOT_FOUND) {
        return ngx_srv_registrar_acme_dns_plain(r, NGX_HTTP_NOT_FOUND,
                                                "404 page not found\n");
    }

    if (reason == DEVICE_METHOD_NOT_ALLOWED) {
        return ngx_srv_registrar_acme_dns_plain(r, NGX_HTTP_NOT_ALLOWED,
                                                "Method Not Allowed\n");
    }

    error = ngx_srv_registrar_acme_dns_errors[reason];

    if (error.word == NULL) {
        error.status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        error.word = "db_error";

    } else if ((reason == DEVICE_JSON_INVALID
                || reason == DEVICE_BODY_TOO_LARGE)
               && !ngx_srv_registrar_acme_dns_is(r, "/register"))
    {
        error = ngx_srv_registrar_acme_dns_errors[DEVICE_SIGNATURE_INVALID];
    }

    return ngx_srv_registrar_reply(r, error.status, &type,
                                   device_acme_dns_error_reply(error.word));
}


static ngx_int_t
ngx_srv_registrar_acme_dns_plain(ngx_http_request_t *r, ngx_uint_t status,
    const char *text)
{
    ngx_str_t  type = ngx_string("text/plain; charset=utf-8");

    return ngx_srv_registrar_reply(r, status, &type, strdup(text));
}
