
/*
 * The body of a request, as one span.
 *
 * What enters: a request whose form has been checked.  What leaves: ctx->body,
 * at most DEVICE_BODY_MAX bytes, or a refusal.  What always holds: a body
 * never goes to a file, and the limit counts the body's own bytes, however
 * small its chunks are.
 *
 * A body that says its length is read by nginx into one buffer.  One that does
 * not is taken piece by piece as it comes: nginx would keep the heads of the
 * chunks with it, six bytes for each chunk at least, and go to a file where
 * its buffer is full.
 */

#include "ngx_srv_registrar_request.h"


/* The first piece's room where the end is not known: what most updates need;
 * it doubles as needed. */
#define NGX_SRV_REGISTRAR_BODY_ROOM  1024


static void ngx_srv_registrar_body_handler(ngx_http_request_t *r);
static void ngx_srv_registrar_body_read_handler(ngx_http_request_t *r);
static device_reason_t ngx_srv_registrar_body_whole(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_body_take(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
static device_reason_t ngx_srv_registrar_body_append(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_chain_t *in);
static device_reason_t ngx_srv_registrar_body_room(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, size_t len);
static void ngx_srv_registrar_body_done(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_reason_t reason);


ngx_int_t
ngx_srv_registrar_read_body(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_int_t  rc;

    /* where another module has had it read (mirror), it is there already */

    if (r->headers_in.chunked && r->request_body == NULL) {
        r->request_body_no_buffering = 1;
        ctx->pieces = 1;
    }

    rc = ngx_http_read_client_request_body(r, ngx_srv_registrar_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/* The body is there; or, without a length, its beginning. */
static void
ngx_srv_registrar_body_handler(ngx_http_request_t *r)
{
    ngx_srv_registrar_ctx_t  *ctx;

    if (r->reading_body) {
        r->read_event_handler = ngx_srv_registrar_body_read_handler;
        ngx_srv_registrar_body_read_handler(r);
        return;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_srv_registrar_module);

    ngx_srv_registrar_body_done(r, ctx, ngx_srv_registrar_body_whole(r, ctx));
}


/* Until nothing comes: events are edge-triggered. */
static void
ngx_srv_registrar_body_read_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    device_reason_t           reason;
    ngx_srv_registrar_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_srv_registrar_module);

    do {
        reason = ngx_srv_registrar_body_take(r, ctx);

        if (reason != DEVICE_OK || !r->reading_body) {
            ngx_srv_registrar_body_done(r, ctx, reason);
            return;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_finalize_request(r, rc);
            return;
        }

    } while (r->request_body->bufs || !r->reading_body);
}


/* Used where it lies, in nginx's one buffer; but not in a large one of which
 * it may fill a part. */
static device_reason_t
ngx_srv_registrar_body_whole(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_chain_t  *cl;

    if (r->request_body == NULL) {
        return DEVICE_INTERNAL;
    }

    cl = r->request_body->bufs;

    if (cl && cl->next == NULL && ngx_buf_in_memory_only(cl->buf)
        && !(ctx->pieces && r->request_body->buf))
    {
        ctx->body.data = cl->buf->pos;
        ctx->body.len = cl->buf->last - cl->buf->pos;

        return DEVICE_OK;
    }

    return ngx_srv_registrar_body_append(r, ctx, cl);
}


/* What has come, so that nginx can use its buffer again. */
static device_reason_t
ngx_srv_registrar_body_take(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    ngx_chain_t      *cl, *next;
    device_reason_t   reason;

    cl = r->request_body->bufs;
    r->request_body->bufs = NULL;

    reason = ngx_srv_registrar_body_append(r, ctx, cl);

    for ( /* void */ ; cl; cl = next) {
        next = cl->next;
        cl->buf->pos = cl->buf->last;
        ngx_free_chain(r->pool, cl);
    }

    return reason;
}


static device_reason_t
ngx_srv_registrar_body_append(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_chain_t *in)
{
    size_t            len, left;
    ngx_chain_t      *cl;
    device_reason_t   reason;

    left = DEVICE_BODY_MAX - ctx->body.len;
    len = 0;

    for (cl = in; cl; cl = cl->next) {

        /* a file's body is larger than any that we take, and is never read
         * back; the last buffer may be of no kind at all */

        if (cl->buf->in_file
            || (size_t) (cl->buf->last - cl->buf->pos) > left - len)
        {
            return device_refuse(&ctx->error, DEVICE_BODY_TOO_LARGE, NULL,
                                 "a body has at most %d bytes",
                                 DEVICE_BODY_MAX);
        }

        len += cl->buf->last - cl->buf->pos;
    }

    reason = ngx_srv_registrar_body_room(r, ctx, ctx->body.len + len);

    if (reason != DEVICE_OK) {
        return reason;
    }

    for (cl = in; cl; cl = cl->next) {
        len = cl->buf->last - cl->buf->pos;

        if (len) {
            ngx_memcpy(ctx->body_room.data + ctx->body.len, cl->buf->pos, len);
            ctx->body.len += len;
        }
    }

    return DEVICE_OK;
}


static device_reason_t
ngx_srv_registrar_body_room(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, size_t len)
{
    size_t   size;
    u_char  *p;

    if (ctx->body.data && len <= ctx->body_room.len) {
        return DEVICE_OK;
    }

    size = len;

    if (r->reading_body) {
        size = ngx_max(len, 2 * ctx->body_room.len);
        size = ngx_max(size, NGX_SRV_REGISTRAR_BODY_ROOM);
        size = ngx_min(size, DEVICE_BODY_MAX);
    }

    p = ngx_pnalloc(r->pool, size + 1);
    if (p == NULL) {
        return DEVICE_INTERNAL;
    }

    if (ctx->body.len) {
        ngx_memcpy(p, ctx->body_room.data, ctx->body.len);
    }

    if (ctx->body_room.data) {
        (void) ngx_pfree(r->pool, ctx->body_room.data);
    }

    ctx->body_room.data = p;
    ctx->body_room.len = size;
    ctx->body.data = p;

    return DEVICE_OK;
}


static void
ngx_srv_registrar_body_done(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_reason_t reason)
{
    ngx_int_t                 rc;
    ngx_event_t              *rev;
    ngx_http_request_body_t  *rb;

    r->read_event_handler = ngx_http_block_reading;

    rev = r->connection->read;

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    if (r->reading_body) {

        /* the rest of it is no request */

        r->keepalive = 0;
    }

    rb = r->request_body;

    if (ctx->pieces && !r->reading_body && rb->buf) {

        /* not kept while the request waits for the commit */

        (void) ngx_pfree(r->pool, rb->buf->start);
        rb->buf = NULL;
        rb->bufs = NULL;
    }

    rc = (reason == DEVICE_OK) ? ngx_srv_registrar_enter(r, ctx)
                               : ngx_srv_registrar_refuse(r, ctx, reason);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }

    /* else: the request's count, raised by the reading, is given back when
     * the commit has ended */
}
