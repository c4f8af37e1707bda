
/*
 * Requests are taken as strictly as RFC 9112 allows: nothing here has to guess
 * where a request ends, since nothing follows one.
 */

#include "metrics_http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>


#define METRICS_HTTP_PATH  "/metrics"


typedef struct {
    const char  *at;
    size_t       len;
} metrics_http_span_t;


static metrics_http_status_t metrics_http_request(metrics_http_span_t line,
    bool *head, bool *host_needed);
static metrics_http_status_t metrics_http_target(metrics_http_span_t target);
static bool metrics_http_field(metrics_http_span_t line, bool *host);
static bool metrics_http_line(metrics_http_span_t *rest,
    metrics_http_span_t *line);
static metrics_http_span_t metrics_http_word(metrics_http_span_t *line);
static bool metrics_http_is(metrics_http_span_t span, const char *text);


metrics_http_status_t
metrics_http_parse(const char *bytes, size_t n, bool *head)
{
    bool                   host_needed, host;
    unsigned               hosts = 0;
    metrics_http_span_t    line, rest = { bytes, n };
    metrics_http_status_t  status, more;

    *head = false;
    more = n >= METRICS_HTTP_REQUEST_MAX ? METRICS_HTTP_TOO_LARGE
                                         : METRICS_HTTP_MORE;

    /* a request that can be read is judged when it is there whole: a peer that
     * is answered earlier may be cut off by a reset while it still sends */

    if (!metrics_http_line(&rest, &line)) {
        return more;
    }

    status = metrics_http_request(line, head, &host_needed);

    for ( ;; ) {
        if (!metrics_http_line(&rest, &line)) {
            return more;
        }

        if (line.len == 0) {
            break;
        }

        if (!metrics_http_field(line, &host)) {
            return METRICS_HTTP_BAD;
        }

        hosts += host;
    }

    /* RFC 9112 3.2 */

    if (hosts > 1 || (host_needed && hosts == 0)) {
        return METRICS_HTTP_BAD;
    }

    return status;
}


/* RFC 9112 3: method, target and version, each one space apart. */
static metrics_http_status_t
metrics_http_request(metrics_http_span_t line, bool *head, bool *host_needed)
{
    metrics_http_span_t    method, target, version;
    metrics_http_status_t  status;

    method = metrics_http_word(&line);
    target = metrics_http_word(&line);
    version = line;
    *host_needed = metrics_http_is(version, "HTTP/1.1");

    if (method.len == 0 || target.len == 0 || version.len != 8
        || memcmp(version.at, "HTTP/", 5) != 0)
    {
        return METRICS_HTTP_BAD;
    }

    if (!*host_needed && !metrics_http_is(version, "HTTP/1.0")) {
        return METRICS_HTTP_VERSION;
    }

    status = metrics_http_target(target);

    if (metrics_http_is(method, "HEAD")) {
        *head = true;

    } else if (!metrics_http_is(method, "GET") && status == METRICS_HTTP_OK) {
        return METRICS_HTTP_NOT_ALLOWED;
    }

    return status;
}


/* A path, or a whole URI (RFC 9112 3.2.2); what follows a "?" is ignored. */
static metrics_http_status_t
metrics_http_target(metrics_http_span_t target)
{
    size_t  i, skip = sizeof("http://") - 1;

    if (target.len > skip && strncasecmp(target.at, "http://", skip) == 0) {
        while (skip < target.len && target.at[skip] != '/') {
            skip++;
        }

        target.at += skip;
        target.len -= skip;
    }

    for (i = 0; i < target.len && target.at[i] != '?'; i++) {
        continue;
    }

    target.len = i;

    return metrics_http_is(target, METRICS_HTTP_PATH) ? METRICS_HTTP_OK
                                                      : METRICS_HTTP_NOT_FOUND;
}


/* RFC 9112 5: a name without spaces before the colon.  Folded lines begin with
 * a space, and are none. */
static bool
metrics_http_field(metrics_http_span_t line, bool *host)
{
    size_t  n;

    for (n = 0; n < line.len && line.at[n] != ':'; n++) {
        if (line.at[n] <= ' ' || line.at[n] == 0x7f) {
            break;
        }
    }

    *host = n == 4 && strncasecmp(line.at, "Host", 4) == 0;

    return n > 0 && n < line.len && line.at[n] == ':';
}


/* The next line, if it is there whole.  Lines end with CRLF; a control
 * character in one makes it a line that nobody takes. */
static bool
metrics_http_line(metrics_http_span_t *rest, metrics_http_span_t *line)
{
    size_t       i;
    const char  *newline = memchr(rest->at, '\n', rest->len);

    if (newline == NULL) {
        return false;
    }

    line->at = rest->at;
    line->len = (size_t) (newline - rest->at);
    rest->at = newline + 1;
    rest->len -= line->len + 1;

    if (line->len == 0 || line->at[line->len - 1] != '\r') {
        *line = (metrics_http_span_t) { "\n", 1 };
        return true;
    }

    line->len--;

    for (i = 0; i < line->len; i++) {
        if (((unsigned char) line->at[i] < ' ' && line->at[i] != '\t')
            || line->at[i] == 0x7f)
        {
            *line = (metrics_http_span_t) { "\n", 1 };
            return true;
        }
    }

    return true;
}


static metrics_http_span_t
metrics_http_word(metrics_http_span_t *line)
{
    metrics_http_span_t  word = { line->at, 0 };

    while (word.len < line->len && word.at[word.len] != ' ') {
        word.len++;
    }

    if (word.len == line->len) {
        line->at += word.len;
        line->len = 0;

    } else {
        line->at += word.len + 1;
        line->len -= word.len + 1;
    }

    return word;
}


static bool
metrics_http_is(metrics_http_span_t span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}


size_t
metrics_http_head(metrics_http_status_t status, size_t content_len, char *text)
{
    int          n;
    const char  *reason = "Bad Request", *more = "";

    switch (status) {

    case METRICS_HTTP_OK:
        reason = "OK";
        more = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
        break;

    case METRICS_HTTP_NOT_FOUND:
        reason = "Not Found";
        break;

    case METRICS_HTTP_NOT_ALLOWED:
        reason = "Method Not Allowed";
        more = "Allow: GET, HEAD\r\n";          /* RFC 9110 15.5.6 */
        break;

    case METRICS_HTTP_TOO_LARGE:
        reason = "Request Header Fields Too Large";
        break;

    case METRICS_HTTP_VERSION:
        reason = "HTTP Version Not Supported";
        break;

    default:
        break;
    }

    n = snprintf(text, METRICS_HTTP_HEAD_MAX,
                 "HTTP/1.1 %u %s\r\n%sContent-Length: %zu\r\n"
                 "Connection: close\r\n\r\n",
                 (unsigned) status, reason, more,
                 status == METRICS_HTTP_OK ? content_len : 0);

    return n > 0 && n < METRICS_HTTP_HEAD_MAX ? (size_t) n : 0;
}
