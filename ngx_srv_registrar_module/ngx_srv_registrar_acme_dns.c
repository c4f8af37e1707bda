
/*
 * The door acme_dns: not open yet.
 */

#include "ngx_srv_registrar_request.h"


ngx_int_t
ngx_srv_registrar_acme_dns(ngx_http_request_t *r, ngx_srv_registrar_ctx_t *ctx)
{
    return ngx_srv_registrar_refuse(r, ctx, DEVICE_NOT_FOUND);
}


ngx_int_t
ngx_srv_registrar_acme_dns_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx)
{
    return ngx_srv_registrar_refuse(r, ctx, DEVICE_INTERNAL);
}


ngx_int_t
ngx_srv_registrar_acme_dns_refuse(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_reason_t reason)
{
    return NGX_HTTP_NOT_FOUND;
}
