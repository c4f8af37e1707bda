
/*
 * The little of HTTP that a scraper needs (RFC 9110, RFC 9112): one request,
 * one response, and the connection is closed.
 *
 * What enters: any bytes.  What leaves: a verdict on them, and the head of a
 * response.  Pure.
 */

#ifndef METRICS_HTTP_H
#define METRICS_HTTP_H


#include <stdbool.h>
#include <stddef.h>


/* A scraper's request has some 300 bytes; a browser's is below this, too. */
#define METRICS_HTTP_REQUEST_MAX   4096

#define METRICS_HTTP_HEAD_MAX      256


/* The values are the status codes. */
typedef enum {
    METRICS_HTTP_MORE = 0,       /* the request is not there whole */
    METRICS_HTTP_OK = 200,
    METRICS_HTTP_BAD = 400,
    METRICS_HTTP_NOT_FOUND = 404,
    METRICS_HTTP_NOT_ALLOWED = 405,
    METRICS_HTTP_TOO_LARGE = 431,
    METRICS_HTTP_VERSION = 505
} metrics_http_status_t;


/* Looks at the n bytes that have come so far; *head: send no content. */
metrics_http_status_t metrics_http_parse(const char *bytes, size_t n,
    bool *head);

/* Writes the head of a response, METRICS_HTTP_HEAD_MAX bytes at most; returns
 * its length.  Other statuses than OK come without content. */
size_t metrics_http_head(metrics_http_status_t status, size_t content_len,
    char *text);


#endif /* METRICS_HTTP_H */
