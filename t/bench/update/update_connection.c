
/*
 * One TLS connection that never waits.  Sessions are not resumed: where a
 * connection is opened, a whole handshake is what shall be measured.
 */

#include "update.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>


static int update_verify(X509_STORE_CTX *ctx, void *data);
static int update_again(update_connection_t *connection, int result);
static int update_read(update_connection_t *connection);
static bool update_reply_whole(const update_connection_t *connection);


SSL_CTX *
update_context(const update_options_t *options)
{
    SSL_CTX  *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL) {
        errx(1, "no TLS");
    }

    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);

    if (options->ca != NULL) {
        if (SSL_CTX_load_verify_file(context, options->ca) != 1) {
            errx(2, "%s: no certificates", options->ca);
        }

        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_cert_verify_callback(context, update_verify, context);
    }

    return context;
}


void
update_context_free(SSL_CTX *context)
{
    X509_free(SSL_CTX_get_app_data(context));
    SSL_CTX_free(context);
}


/*
 * The chain is verified once, and then known by the certificate: its price is
 * the client's, and kept the server waiting.  That the server has the key is
 * seen in each handshake still.
 */
static int
update_verify(X509_STORE_CTX *ctx, void *data)
{
    X509  *leaf = X509_STORE_CTX_get0_cert(ctx);
    X509  *known = SSL_CTX_get_app_data(data);

    if (known != NULL && X509_cmp(known, leaf) == 0) {
        return 1;
    }

    if (X509_verify_cert(ctx) != 1) {
        return 0;
    }

    if (known == NULL && X509_up_ref(leaf) == 1) {
        (void) SSL_CTX_set_app_data(data, leaf);
    }

    return 1;
}


void
update_connection_open(update_connection_t *connection, SSL_CTX *context,
    const update_options_t *options, const update_identity_t *identity)
{
    int            on = 1;
    struct linger  linger = { .l_onoff = 1 };

    connection->fd = socket(options->server.ss_family,
                            SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* on loopback a connection stands when connect() returns */

    if (connection->fd == -1
        || connect(connection->fd, (const void *) &options->server,
                   options->server_len) == -1
        || fcntl(connection->fd, F_SETFL, O_NONBLOCK) == -1)
    {
        err(1, "connect");
    }

    (void) setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on,
                      sizeof(on));

    /* thousands a second would use up all ports: no TIME_WAIT */

    (void) setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger,
                      sizeof(linger));

    connection->ssl = SSL_new(context);

    if (connection->ssl == NULL
        || SSL_set_fd(connection->ssl, connection->fd) != 1
        || SSL_set_tlsext_host_name(connection->ssl, options->host) != 1
        || SSL_set1_host(connection->ssl, options->host) != 1)
    {
        errx(1, "no TLS connection");
    }

    if (identity != NULL
        && (SSL_use_certificate(connection->ssl, identity->certificate) != 1
            || SSL_use_PrivateKey(connection->ssl, identity->key) != 1))
    {
        errx(1, "a certificate is refused");
    }

    SSL_set_connect_state(connection->ssl);
    connection->state = UPDATE_HANDSHAKE;
}


void
update_connection_close(update_connection_t *connection)
{
    if (connection->state == UPDATE_CLOSED) {
        return;
    }

    (void) SSL_shutdown(connection->ssl);
    SSL_free(connection->ssl);
    (void) close(connection->fd);
    connection->state = UPDATE_CLOSED;
}


int
update_connection_advance(update_connection_t *connection)
{
    int  n;

    ERR_clear_error();

    switch (connection->state) {

    case UPDATE_HANDSHAKE:
        n = SSL_do_handshake(connection->ssl);

        if (n == 1) {
            connection->state = UPDATE_IDLE;
            return 1;
        }

        return update_again(connection, n);

    case UPDATE_WRITING:
        n = SSL_write(connection->ssl, connection->request,
                      (int) connection->request_len);

        if (n <= 0) {
            return update_again(connection, n);
        }

        connection->reply_len = 0;
        connection->state = UPDATE_READING;

        return update_read(connection);

    case UPDATE_READING:
        return update_read(connection);

    default:
        return 0;
    }
}


static int
update_again(update_connection_t *connection, int result)
{
    int  error = SSL_get_error(connection->ssl, result);

    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
           ? 0 : -1;
}


static int
update_read(update_connection_t *connection)
{
    int  n;

    for ( ;; ) {
        n = SSL_read(connection->ssl,
                     connection->reply + connection->reply_len,
                     (int) (UPDATE_REPLY_MAX - connection->reply_len));

        if (n <= 0) {
            return update_again(connection, n);
        }

        connection->reply_len += (size_t) n;
        connection->reply[connection->reply_len] = '\0';

        if (update_reply_whole(connection)) {
            connection->state = UPDATE_IDLE;
            return 1;
        }

        if (connection->reply_len == UPDATE_REPLY_MAX) {
            return -1;
        }
    }
}


/* Every reply here has a length (RFC 9112 section 6.2). */
static bool
update_reply_whole(const update_connection_t *connection)
{
    const char  *body = update_reply_body(connection);
    const char  *length;

    if (body == NULL) {
        return false;
    }

    length = strcasestr(connection->reply, "\r\nContent-Length:");

    if (length == NULL || length > body) {
        errx(1, "a reply without a length: %.200s", connection->reply);
    }

    return (size_t) (connection->reply + connection->reply_len - body)
           >= strtoul(length + sizeof("\r\nContent-Length:") - 1, NULL, 10);
}


unsigned
update_reply_status(const update_connection_t *connection)
{
    return strncmp(connection->reply, "HTTP/1.1 ", 9) == 0
           ? (unsigned) strtoul(connection->reply + 9, NULL, 10) : 0;
}


const char *
update_reply_body(const update_connection_t *connection)
{
    const char  *end = strstr(connection->reply, "\r\n\r\n");

    return end == NULL ? NULL : end + 4;
}
