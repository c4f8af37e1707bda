
/*
 * Replies.  The JSON text is sent from where device_reply_* made it, and
 * wiped with the request: an enrolment's carries a key.
 */

#include "ngx_srv_registrar_request.h"


static void ngx_srv_registrar_reply_cleanup(void *data);


ngx_int_t
ngx_srv_registrar_reply(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, char *json)
{
    ngx_buf_t           *b;
    ngx_int_t            rc;
    ngx_str_t            no_store = ngx_string("no-store");
    ngx_chain_t          out;
    ngx_pool_cleanup_t  *cln;

    if (json == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        device_reply_free(json);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_srv_registrar_reply_cleanup;
    cln->data = json;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = (u_char *) json;
    b->last = b->pos + ngx_strlen(json);
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = status;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = b->last - b->pos;

    /* RFC 9111 5.2.2.5: an enrolment's reply has a key in it, and no other is
     * right for a moment longer */

    if (ngx_srv_registrar_header(r, "Cache-Control", &no_store) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static void
ngx_srv_registrar_reply_cleanup(void *data)
{
    device_reply_free(data);
}


ngx_int_t
ngx_srv_registrar_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}
