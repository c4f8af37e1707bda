
/*
 * `srv_registrar_expired_certificates`: a device that lay in a shop for years
 * has a certificate that is out of date and otherwise good.
 *
 * nginx refuses it before any handler runs, by the one error that OpenSSL
 * keeps: the last.  A certificate that is self-signed, revoked or of a foreign
 * CA, and expired too, reads "expired".  So the forgiving is done where each
 * error is told, in the verify callback, and every other error is kept: the
 * first of them is put back whenever OpenSSL's own is forgiven.
 */

#include "ngx_srv_registrar_request.h"


static int ngx_srv_registrar_verify_callback(int ok, X509_STORE_CTX *ctx);


/* Of a TLS connection: the first error that is not forgiven. */
static int  ngx_srv_registrar_error_index = -1;


void *
ngx_srv_registrar_create_srv_conf(ngx_conf_t *cf)
{
    ngx_srv_registrar_srv_conf_t  *rscf;

    rscf = ngx_pcalloc(cf->pool, sizeof(ngx_srv_registrar_srv_conf_t));
    if (rscf == NULL) {
        return NULL;
    }

    rscf->expired = NGX_CONF_UNSET;

    return rscf;
}


/* The ssl module has made the server's context by now: it comes first. */
char *
ngx_srv_registrar_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_srv_registrar_srv_conf_t *conf = child;

    ngx_http_ssl_srv_conf_t  *sscf;

    (void) parent;                       /* the directive is a server's own */

    ngx_conf_init_value(conf->expired, 0);

    if (!conf->expired) {
        return NGX_CONF_OK;
    }

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_ssl_module);

    if (sscf->ssl.ctx == NULL || sscf->verify == 0 || sscf->verify == 3) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"srv_registrar_expired_certificates\" needs "
                      "\"ssl_verify_client on\" or \"optional\" in the same "
                      "server");
        return NGX_CONF_ERROR;
    }

    if (ngx_srv_registrar_error_index == -1) {
        ngx_srv_registrar_error_index = SSL_get_ex_new_index(0, NULL, NULL,
                                                             NULL, NULL);
    }

    if (ngx_srv_registrar_error_index == -1) {
        return NGX_CONF_ERROR;
    }

    SSL_CTX_set_verify(sscf->ssl.ctx, SSL_CTX_get_verify_mode(sscf->ssl.ctx),
                       ngx_srv_registrar_verify_callback);

    return NGX_CONF_OK;
}


/* As nginx's own it lets every handshake through: the verdict is looked at
 * with the request.  Only the device's own certificate may be too old; a CA
 * that has expired vouches for nobody. */
static int
ngx_srv_registrar_verify_callback(int ok, X509_STORE_CTX *ctx)
{
    SSL   *ssl;
    long   error, first;

    if (ok) {
        return 1;
    }

    ssl = X509_STORE_CTX_get_ex_data(ctx,
                                     SSL_get_ex_data_X509_STORE_CTX_idx());
    if (ssl == NULL) {
        return 0;
    }

    /* what is let through is no error of the connection's: a signature that
     * does not fit leaves some in OpenSSL's queue, of which nginx would
     * complain later */

    ERR_clear_error();

    error = X509_STORE_CTX_get_error(ctx);
    first = (long) (intptr_t) SSL_get_ex_data(ssl,
                                              ngx_srv_registrar_error_index);

    if (error == X509_V_ERR_CERT_HAS_EXPIRED
        && X509_STORE_CTX_get_error_depth(ctx) == 0)
    {
        X509_STORE_CTX_set_error(ctx, first);
        return 1;
    }

    if (first == X509_V_OK
        && SSL_set_ex_data(ssl, ngx_srv_registrar_error_index,
                           (void *) (intptr_t) error) != 1)
    {
        return 0;
    }

    return 1;
}


void
ngx_srv_registrar_forgive_expired(ngx_http_request_t *r, X509_STORE_CTX *ctx)
{
    ngx_srv_registrar_srv_conf_t  *rscf;

    rscf = ngx_http_get_module_srv_conf(r, ngx_srv_registrar_module);

    if (!rscf->expired) {
        return;
    }

    X509_STORE_CTX_set_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx(),
                               r->connection->ssl->connection);
    X509_STORE_CTX_set_verify_cb(ctx, ngx_srv_registrar_verify_callback);
}
