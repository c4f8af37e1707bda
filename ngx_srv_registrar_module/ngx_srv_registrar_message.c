
/*
 * The request as it was signed, and its verification.
 *
 * nginx routes by r->uri, which is decoded and merged; the signature covers
 * the raw target.  The two have to be the same bytes, so that what was signed
 * is what was done.
 */

#include "ngx_srv_registrar_request.h"


/* The longest Signature-Input, and what is joined of its lines and those of
 * Signature: they came in buffers of at most 4 times 8k, unless the operator
 * says otherwise.  It takes some 30 us to read that much. */
#define NGX_SRV_REGISTRAR_SCRATCH  32768


static device_reason_t ngx_srv_registrar_message(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_message_target(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_message_authority(
    ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_message_absolute(
    ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_message_headers(
    ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_message_signature(
    ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_verify_name(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_verify_key(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_verify_signature(
    ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx,
    const store_device_key_t *key);


ngx_uint_t
ngx_srv_registrar_signed(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == sizeof("Signature-Input") - 1
                && ngx_strncasecmp(h[i].key.data, (u_char *) "Signature-Input",
                                   sizeof("Signature-Input") - 1)
                   == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


/* Whatever else is wrong with the signature: a request that is good for an
 * update must not have a name here that a limit cannot see. */
void
ngx_srv_registrar_claimed(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    if (ngx_srv_registrar_message_headers(r, ctx) != DEVICE_OK) {
        return;
    }

    (void) ngx_srv_registrar_message_signature(r, ctx);

    if (ctx->signature.fqdn[0]) {
        (void) ngx_srv_registrar_verify_name(r, ctx);
    }
}


device_reason_t
ngx_srv_registrar_verify(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    device_reason_t  reason;

    reason = ngx_srv_registrar_message(r, ctx);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_message_signature(r, ctx);
    }

    if (reason == DEVICE_OK) {
        reason = device_signature_digest(&ctx->message, &ctx->error);
    }

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_verify_name(r, ctx);
    }

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_read_device(r, ctx);
    }

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_verify_key(r, ctx);
    }

    if (reason == DEVICE_OK) {
        reason = device_check_state(&ctx->device, ctx->issuers, &ctx->error);
    }

    return reason;
}


static device_reason_t
ngx_srv_registrar_message(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    device_reason_t    reason;
    device_message_t  *message;

    message = &ctx->message;

    message->method.data = r->method_name.data;
    message->method.len = r->method_name.len;

    if (r->connection->ssl) {
        message->scheme.data = (u_char *) "https";
        message->scheme.len = 5;

    } else {
        message->scheme.data = (u_char *) "http";
        message->scheme.len = 4;
    }

    message->body = ctx->body;

    reason = ngx_srv_registrar_message_target(r, ctx);

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_message_authority(r, ctx);
    }

    if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_message_headers(r, ctx);
    }

    return reason;
}


static device_reason_t
ngx_srv_registrar_message_target(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    u_char            *start, *end, *query;
    device_message_t  *message;

    message = &ctx->message;

    start = r->unparsed_uri.data;
    end = start + r->unparsed_uri.len;
    query = ngx_strlchr(start, end, '?');

    message->path.data = start;
    message->path.len = (query ? query : end) - start;
    message->has_query = (query != NULL);

    if (query) {
        message->query.data = query + 1;
        message->query.len = end - (query + 1);
    }

    if (message->path.len != r->uri.len
        || ngx_memcmp(message->path.data, r->uri.data, r->uri.len) != 0)
    {
        return device_refuse(&ctx->error, DEVICE_BAD_REQUEST, NULL,
                             "the path is not in its plain form");
    }

    return DEVICE_OK;
}


/* The Host field or :authority. */
static device_reason_t
ngx_srv_registrar_message_authority(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    device_message_t  *message;

    message = &ctx->message;

    if (r->headers_in.host) {
        message->authority.data = r->headers_in.host->value.data;
        message->authority.len = r->headers_in.host->value.len;

    } else if (r->http_version >= NGX_HTTP_VERSION_20 && r->host_start) {

        /* HTTP/3 has only the pseudo-header */

        message->authority.data = r->host_start;
        message->authority.len = r->host_end - r->host_start;
    }

    if (message->authority.len == 0) {
        return device_refuse(&ctx->error, DEVICE_BAD_REQUEST, NULL,
                             "the request names no host");
    }

    return r->http_version >= NGX_HTTP_VERSION_20
           ? DEVICE_OK : ngx_srv_registrar_message_absolute(r, ctx);
}


/*
 * Before HTTP/2 a target in absolute form names a host of its own, which nginx
 * prefers and RFC 9112 3.2.2 wants equal.  nginx keeps no sign of the form, so
 * the request line is looked at once more.
 */
static device_reason_t
ngx_srv_registrar_message_absolute(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    u_char            *p, *end, *host;
    device_message_t  *message;

    message = &ctx->message;

    p = r->request_line.data;
    end = p + r->request_line.len;

    while (p < end && *p != ' ') {
        p++;
    }

    while (p < end && *p == ' ') {
        p++;
    }

    if (p < end && *p == '/') {
        return DEVICE_OK;
    }

    /* from "://" up to what ends the authority (RFC 3986 3.2) */

    p = ngx_strlchr(p, end, ':');

    if (p == NULL || end - p < 3 || p[1] != '/' || p[2] != '/') {
        return DEVICE_BAD_REQUEST;
    }

    host = p + 3;

    for (p = host; p < end; p++) {
        if (*p == '/' || *p == '?' || *p == '#' || *p == ' ') {
            break;
        }
    }

    if ((size_t) (p - host) != message->authority.len
        || ngx_strncasecmp(host, (u_char *) message->authority.data,
                           message->authority.len)
           != 0)
    {
        return device_refuse(&ctx->error, DEVICE_TARGET_MISMATCH, NULL,
                             "the target's host and the Host field differ");
    }

    return DEVICE_OK;
}


/* In the order received, with repeated ones as they came: how they are joined
 * is the signature's affair (RFC 9421 2.1). */
static device_reason_t
ngx_srv_registrar_message_headers(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    size_t            n;
    ngx_uint_t        i;
    device_header_t  *headers;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    headers = ngx_palloc(r->pool, (n + 1) * sizeof(device_header_t));
    if (headers == NULL) {
        return DEVICE_INTERNAL;
    }

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++, n++) {
            headers[n].name.data = h[i].key.data;
            headers[n].name.len = h[i].key.len;
            headers[n].value.data = h[i].value.data;
            headers[n].value.len = h[i].value.len;
        }
    }

    ctx->message.headers = headers;
    ctx->message.nheaders = n;

    return DEVICE_OK;
}


static device_reason_t
ngx_srv_registrar_message_signature(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    uint8_t  *scratch;

    /* hardly ever: so much memory for each request that waits for its commit
     * would cost more than the verification */

    scratch = NULL;

    if (device_signature_split(&ctx->message)) {
        scratch = ngx_palloc(r->pool, NGX_SRV_REGISTRAR_SCRATCH);
        if (scratch == NULL) {
            return DEVICE_INTERNAL;
        }
    }

    return device_signature_parse(&ctx->message, &ctx->signature, scratch,
                                  NGX_SRV_REGISTRAR_SCRATCH, &ctx->error);
}


/* From the keyid's FQDN to a key of the store.  Where a name was set before
 * (an enrolment), the keyid must be of that name. */
static device_reason_t
ngx_srv_registrar_verify_name(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    store_span_t  fqdn;

    if (ctx->zone) {

        /* a key of another name proves nothing here */

        return ngx_strcmp(ctx->fqdn, ctx->signature.fqdn) == 0
               ? DEVICE_OK : DEVICE_UNKNOWN_KEY;
    }

    fqdn.data = (u_char *) ctx->signature.fqdn;
    fqdn.len = ngx_strlen(ctx->signature.fqdn);

    return ngx_srv_registrar_set_fqdn(r, ctx, fqdn);
}


static device_reason_t
ngx_srv_registrar_verify_key(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    device_reason_t            reason;
    const store_device_key_t  *key;

    key = device_key_find(&ctx->device, ctx->signature.tag, ctx->now);

    if (key == NULL) {
        return DEVICE_UNKNOWN_KEY;
    }

    /* the stored key decides; `alg` may only agree (RFC 9421 3.2) */

    if (!device_signature_alg_agrees(&ctx->signature, key->algorithm)) {
        return device_refuse(&ctx->error, DEVICE_SIGNATURE_INVALID, NULL,
                             "alg is not the algorithm of this key");
    }

    reason = ngx_srv_registrar_verify_signature(r, ctx, key);

    if (reason != DEVICE_OK) {
        return reason;
    }

    /* what the transaction needs to look again at what stands there by then */

    ngx_memcpy(ctx->claim.generation, key->generation, STORE_GENERATION_LEN);
    ctx->claim.created = ctx->signature.created;
    ctx->claim.held_wall = ctx->held;

    return device_signature_window(&ctx->signature, ctx->now, ctx->held,
                                   &ctx->error);
}


static device_reason_t
ngx_srv_registrar_verify_signature(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, const store_device_key_t *key)
{
    size_t                          len;
    uint8_t                         out[DEVICE_BASE_MAX];
    store_span_t                    base, signature;
    device_reason_t                 reason;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    len = sizeof(out);

    reason = device_signature_base(&ctx->message, &ctx->signature, out, &len,
                                   &ctx->error);

    if (reason == DEVICE_OK) {
        base.data = out;
        base.len = len;

        signature.data = ctx->signature.signature;
        signature.len = ctx->signature.signature_len;

        reason = device_key_verify(key, rmcf->secrets, ctx->fqdn, base,
                                   signature);
    }

    return reason;
}
