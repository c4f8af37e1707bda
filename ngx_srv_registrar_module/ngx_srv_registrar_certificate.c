
/*
 * The peer's certificate, believed only where the TLS layer's own verdict on
 * this connection stands for the server that serves this request.
 *
 * nginx lets every handshake through (its verify callback returns 1) and
 * checks per request; and without SNI a Host field selects another server than
 * the one whose client CA verified the chain.  So all of it is checked again.
 *
 * A session that is resumed brings the verdict of the handshake that it began
 * with.  TLS 1.3 resumes before SNI has chosen the server, so that this may
 * have been another server with another CA; and CAs and CRLs may have changed
 * since.  Its certificate is verified anew.
 */

#include "ngx_srv_registrar_request.h"


static device_reason_t ngx_srv_registrar_certificate_verified(
    ngx_http_request_t *r, device_error_t *error);
static device_reason_t ngx_srv_registrar_certificate_again(
    ngx_http_request_t *r, X509 *cert, ngx_srv_registrar_issuer_t *issuer,
    device_error_t *error);
static device_reason_t ngx_srv_registrar_certificate_issuer(
    ngx_http_request_t *r, STACK_OF(X509) *chain,
    ngx_srv_registrar_issuer_t *issuer);
static ngx_int_t ngx_srv_registrar_certificate_name(ngx_http_request_t *r,
    X509 *cert, store_span_t *name);
static device_reason_t ngx_srv_registrar_certificate_der(
    ngx_http_request_t *r, X509 *cert, store_span_t *der);
static device_reason_t ngx_srv_registrar_certificate_spki(
    ngx_http_request_t *r, X509 *cert, store_span_t *spki);


device_reason_t
ngx_srv_registrar_certificate(ngx_http_request_t *r, store_span_t *der,
    store_span_t *spki, ngx_srv_registrar_issuer_t *issuer,
    device_error_t *error)
{
    X509              *cert;
    ngx_connection_t  *c;
    device_reason_t    reason;

    c = r->connection;

    if (c->ssl == NULL) {
        return DEVICE_TLS_REQUIRED;
    }

    /* first: on a foreign connection the rest says nothing */

    reason = ngx_srv_registrar_certificate_verified(r, error);

    if (reason == DEVICE_MISDIRECTED) {
        return reason;
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);

    if (cert == NULL) {
        return device_refuse(error, DEVICE_CERTIFICATE_REQUIRED, NULL,
                             "the client sent no certificate");
    }

    if (reason == DEVICE_OK && SSL_session_reused(c->ssl->connection)) {
        reason = ngx_srv_registrar_certificate_again(r, cert, issuer, error);

    } else if (reason == DEVICE_OK) {
        reason = ngx_srv_registrar_certificate_issuer(r,
                           SSL_get0_verified_chain(c->ssl->connection),
                           issuer);
    }

    if (reason == DEVICE_OK && der) {
        reason = ngx_srv_registrar_certificate_der(r, cert, der);
    }

    if (reason == DEVICE_OK && spki) {
        reason = ngx_srv_registrar_certificate_spki(r, cert, spki);
    }

    X509_free(cert);

    return reason;
}


static device_reason_t
ngx_srv_registrar_certificate_verified(ngx_http_request_t *r,
    device_error_t *error)
{
    long                      rc;
    const char               *s;
    ngx_connection_t         *c;
    ngx_http_ssl_srv_conf_t  *sscf;

    c = r->connection;
    sscf = ngx_http_get_module_srv_conf(r, ngx_http_ssl_module);

    if (sscf->ssl.ctx == NULL
        || SSL_get_SSL_CTX(c->ssl->connection) != sscf->ssl.ctx)
    {
        return device_refuse(error, DEVICE_MISDIRECTED, NULL,
                             "the TLS connection was made for another server");
    }

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        return device_refuse(error, DEVICE_CERTIFICATE_REFUSED, NULL, "%s",
                             X509_verify_cert_error_string(rc));
    }

    if (sscf->verify == 0) {
        return device_refuse(error, DEVICE_CERTIFICATE_REQUIRED, NULL,
                             "this server asks for no certificate");
    }

    if (sscf->ocsp && ngx_ssl_ocsp_get_status(c, &s) != NGX_OK) {
        return device_refuse(error, DEVICE_CERTIFICATE_REFUSED, NULL, "%s", s);
    }

    return DEVICE_OK;
}


/*
 * By this server's CAs and CRLs, as OpenSSL does in a full handshake.  A
 * session keeps no intermediate certificates, so a chain that needs some which
 * only the client has is refused too: MISDIRECTED wants a connection of its
 * own.
 */
static device_reason_t
ngx_srv_registrar_certificate_again(ngx_http_request_t *r, X509 *cert,
    ngx_srv_registrar_issuer_t *issuer, device_error_t *error)
{
    SSL                      *ssl;
    X509_STORE               *store;
    X509_STORE_CTX           *ctx;
    device_reason_t           reason;
    X509_VERIFY_PARAM        *param;
    ngx_http_ssl_srv_conf_t  *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_ssl_module);
    ssl = r->connection->ssl->connection;
    store = SSL_CTX_get_cert_store(sscf->ssl.ctx);
    reason = DEVICE_INTERNAL;

    ctx = X509_STORE_CTX_new();

    if (ctx && X509_STORE_CTX_init(ctx, store, cert, NULL) == 1
        && X509_STORE_CTX_set_default(ctx, "ssl_client") == 1)
    {
        param = X509_STORE_CTX_get0_param(ctx);

        /* ssl_verify_depth, and what OpenSSL's security level asks of keys */

        X509_VERIFY_PARAM_set1(param, SSL_get0_param(ssl));
        X509_VERIFY_PARAM_set_auth_level(param, SSL_get_security_level(ssl));

        ngx_srv_registrar_forgive_expired(r, ctx);

        reason = DEVICE_OK;

        if (X509_verify_cert(ctx) != 1
            || X509_STORE_CTX_get_error(ctx) != X509_V_OK)
        {
            reason = device_refuse(error, DEVICE_MISDIRECTED, NULL,
                                   "the TLS session was resumed and its "
                                   "certificate does not verify here: %s",
                                   X509_verify_cert_error_string(
                                       X509_STORE_CTX_get_error(ctx)));

        } else {
            reason = ngx_srv_registrar_certificate_issuer(r,
                                           X509_STORE_CTX_get0_chain(ctx),
                                           issuer);
        }
    }

    X509_STORE_CTX_free(ctx);
    ERR_clear_error();

    return reason;
}


/* The one next to the leaf, which signed it; a leaf that is trusted as it
 * stands is its own.  The key and not the certificate: that may be renewed. */
static device_reason_t
ngx_srv_registrar_certificate_issuer(ngx_http_request_t *r,
    STACK_OF(X509) *chain, ngx_srv_registrar_issuer_t *issuer)
{
    int               n;
    X509             *cert;
    store_span_t      spki;
    device_reason_t   reason;

    if (issuer == NULL) {
        return DEVICE_OK;
    }

    n = chain ? sk_X509_num(chain) : 0;

    if (n == 0) {
        return DEVICE_INTERNAL;
    }

    cert = sk_X509_value(chain, n > 1 ? 1 : 0);
    reason = ngx_srv_registrar_certificate_spki(r, cert, &spki);

    if (reason != DEVICE_OK) {
        return reason;
    }

    issuer->known = device_sha256(issuer->digest, spki);

    return issuer->known
           && ngx_srv_registrar_certificate_name(r, cert, &issuer->name)
              == NGX_OK
           ? DEVICE_OK : DEVICE_INTERNAL;
}


/* RFC 2253's form, as nginx's $ssl_client_i_dn. */
static ngx_int_t
ngx_srv_registrar_certificate_name(ngx_http_request_t *r, X509 *cert,
    store_span_t *name)
{
    BIO     *bio;
    long     len;
    char    *text;
    u_char  *p;

    bio = BIO_new(BIO_s_mem());
    if (bio == NULL) {
        return NGX_ERROR;
    }

    if (X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
                           XN_FLAG_RFC2253) < 0)
    {
        BIO_free(bio);
        return NGX_ERROR;
    }

    len = BIO_get_mem_data(bio, &text);
    p = ngx_pnalloc(r->pool, len + 1);

    if (p) {
        ngx_memcpy(p, text, len);
        name->data = p;
        name->len = len;
    }

    BIO_free(bio);

    return p ? NGX_OK : NGX_ERROR;
}


static device_reason_t
ngx_srv_registrar_certificate_der(ngx_http_request_t *r, X509 *cert,
    store_span_t *der)
{
    int      len;
    u_char  *p, *data;

    len = i2d_X509(cert, NULL);
    if (len <= 0) {
        return DEVICE_INTERNAL;
    }

    data = ngx_pnalloc(r->pool, len);
    if (data == NULL) {
        return DEVICE_INTERNAL;
    }

    p = data;

    if (i2d_X509(cert, &p) != len) {
        return DEVICE_INTERNAL;
    }

    der->data = data;
    der->len = len;

    return DEVICE_OK;
}


/* From the certificate as it was parsed in the handshake: the public key is
 * not decoded again. */
static device_reason_t
ngx_srv_registrar_certificate_spki(ngx_http_request_t *r, X509 *cert,
    store_span_t *spki)
{
    int           len;
    u_char       *p, *data;
    X509_PUBKEY  *key;

    key = X509_get_X509_PUBKEY(cert);

    len = i2d_X509_PUBKEY(key, NULL);
    if (len <= 0) {
        return DEVICE_INTERNAL;
    }

    data = ngx_pnalloc(r->pool, len);
    if (data == NULL) {
        return DEVICE_INTERNAL;
    }

    p = data;

    if (i2d_X509_PUBKEY(key, &p) != len) {
        return DEVICE_INTERNAL;
    }

    spki->data = data;
    spki->len = len;

    return DEVICE_OK;
}
