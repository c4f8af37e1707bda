
/*
 * `srv_registrar metrics`: what was counted, in Prometheus' text format
 * (0.0.4).  Only counters that have counted are shown of those with labels;
 * whom to let look is the operator's to say, with allow and deny.
 */

#include "ngx_srv_registrar_metrics.h"

#include "ngx_srv_registrar_request.h"


/* Every counter of every door and reason in use would come to some 50 KB. */
#define NGX_SRV_REGISTRAR_TEXT  (128 * 1024)


typedef struct {
    u_char                             *p;
    u_char                             *end;
    const ngx_srv_registrar_metrics_t  *metrics;
} ngx_srv_registrar_text_t;


static void ngx_srv_registrar_text_requests(ngx_srv_registrar_text_t *text);
static void ngx_srv_registrar_text_changes(ngx_srv_registrar_text_t *text);
static void ngx_srv_registrar_text_commits(ngx_srv_registrar_text_t *text);
static void ngx_srv_registrar_text_histogram(ngx_srv_registrar_text_t *text,
    const char *name, const ngx_srv_registrar_histogram_t *histogram,
    const ngx_uint_t *bounds, ngx_uint_t unit);
static u_char *ngx_srv_registrar_text_decimal(u_char *p, u_char *end,
    uint64_t value, ngx_uint_t unit);
static void ngx_srv_registrar_text_store(ngx_srv_registrar_text_t *text);
static void ngx_srv_registrar_text_gauge(ngx_srv_registrar_text_t *text,
    const char *name, const char *help, uint64_t value);
static ngx_int_t ngx_srv_registrar_text_send(ngx_http_request_t *r,
    ngx_srv_registrar_text_t *text, u_char *start);


ngx_int_t
ngx_srv_registrar_metrics_handler(ngx_http_request_t *r)
{
    u_char                         *start;
    ngx_int_t                       rc;
    ngx_srv_registrar_text_t        text;
    ngx_srv_registrar_main_conf_t  *rmcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);

    if (rmcf->metrics == NULL) {
        return NGX_HTTP_NOT_FOUND;       /* there is no zone */
    }

    start = ngx_palloc(r->pool, NGX_SRV_REGISTRAR_TEXT);
    if (start == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text.p = start;
    text.end = start + NGX_SRV_REGISTRAR_TEXT;
    text.metrics = rmcf->metrics->data;

    ngx_srv_registrar_text_requests(&text);
    ngx_srv_registrar_text_changes(&text);
    ngx_srv_registrar_text_commits(&text);
    ngx_srv_registrar_text_store(&text);

    return ngx_srv_registrar_text_send(r, &text, start);
}


static void
ngx_srv_registrar_text_requests(ngx_srv_registrar_text_t *text)
{
    const char    *reason;
    ngx_uint_t     door, i;
    ngx_atomic_t   n;

    text->p = ngx_slprintf(text->p, text->end,
        "# HELP srv_registrar_requests_total Requests that ended, by door "
        "and by what was said.\n"
        "# TYPE srv_registrar_requests_total counter\n");

    for (door = 0; door < NGX_SRV_REGISTRAR_DOORS; door++) {

        for (i = 0; i <= DEVICE_REASONS; i++) {

            n = text->metrics->requests[door][i];
            if (n == 0) {
                continue;
            }

            reason = (i == DEVICE_REASONS) ? "abandoned"
                                           : ngx_srv_registrar_reason_name(i);

            text->p = ngx_slprintf(text->p, text->end,
                "srv_registrar_requests_total{door=\"%V\",result=\"%s\","
                "reason=\"%s\"} %uA\n",
                ngx_srv_registrar_door_name(door),
                ngx_srv_registrar_result(i), reason, n);
        }
    }
}


static void
ngx_srv_registrar_text_changes(ngx_srv_registrar_text_t *text)
{
    ngx_uint_t  i;

    text->p = ngx_slprintf(text->p, text->end,
        "# HELP srv_registrar_changes_total Changes that were committed.\n"
        "# TYPE srv_registrar_changes_total counter\n");

    for (i = NGX_SRV_REGISTRAR_UNCHANGED + 1; i < NGX_SRV_REGISTRAR_CHANGES;
         i++)
    {
        text->p = ngx_slprintf(text->p, text->end,
            "srv_registrar_changes_total{change=\"%s\"} %uA\n",
            ngx_srv_registrar_change_name(i), text->metrics->changes[i]);
    }
}


static void
ngx_srv_registrar_text_commits(ngx_srv_registrar_text_t *text)
{
    uint64_t                            waiting;
    ngx_uint_t                          i;
    const ngx_srv_registrar_metrics_t  *metrics;

    metrics = text->metrics;

    text->p = ngx_slprintf(text->p, text->end,
        "# HELP srv_registrar_commits_total Transactions for requests.\n"
        "# TYPE srv_registrar_commits_total counter\n"
        "srv_registrar_commits_total{result=\"ok\"} %uA\n"
        "srv_registrar_commits_total{result=\"failed\"} %uA\n",
        metrics->commits, metrics->commits_failed);

    text->p = ngx_slprintf(text->p, text->end,
        "# HELP srv_registrar_commit_jobs Requests of a transaction.\n"
        "# TYPE srv_registrar_commit_jobs histogram\n");
    ngx_srv_registrar_text_histogram(text, "srv_registrar_commit_jobs",
        &metrics->commit_jobs, ngx_srv_registrar_commit_jobs_bounds, 1);

    text->p = ngx_slprintf(text->p, text->end,
        "# HELP srv_registrar_commit_seconds Time of a transaction, the wait "
        "for the lock and the disk included.\n"
        "# TYPE srv_registrar_commit_seconds histogram\n");
    ngx_srv_registrar_text_histogram(text, "srv_registrar_commit_seconds",
        &metrics->commit_time, ngx_srv_registrar_commit_time_bounds, 1000000);

    text->p = ngx_slprintf(text->p, text->end,
        "# HELP srv_registrar_signatures_total DNSSEC signatures made.\n"
        "# TYPE srv_registrar_signatures_total counter\n"
        "srv_registrar_signatures_total %uA\n", metrics->signatures);

    waiting = 0;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        waiting += metrics->waiting[i];
    }

    ngx_srv_registrar_text_gauge(text, "srv_registrar_queue_jobs",
        "Requests that wait for a commit.", waiting);
}


/* Values are counted in units of which `unit` are one of the metric's. */
static void
ngx_srv_registrar_text_histogram(ngx_srv_registrar_text_t *text,
    const char *name, const ngx_srv_registrar_histogram_t *histogram,
    const ngx_uint_t *bounds, ngx_uint_t unit)
{
    uint64_t    n;
    ngx_uint_t  i;

    n = 0;

    for (i = 0; i < NGX_SRV_REGISTRAR_BUCKETS - 1; i++) {
        n += histogram->buckets[i];

        text->p = ngx_slprintf(text->p, text->end, "%s_bucket{le=\"", name);
        text->p = ngx_srv_registrar_text_decimal(text->p, text->end,
                                                 bounds[i], unit);
        text->p = ngx_slprintf(text->p, text->end, "\"} %uL\n", n);
    }

    n += histogram->buckets[i];

    text->p = ngx_slprintf(text->p, text->end,
                           "%s_bucket{le=\"+Inf\"} %uL\n%s_sum ", name, n,
                           name);
    text->p = ngx_srv_registrar_text_decimal(text->p, text->end,
                                             histogram->sum, unit);
    text->p = ngx_slprintf(text->p, text->end, "\n%s_count %uL\n", name, n);
}


/* unit is 1 or a million; nginx's "%f" has no double that is large enough. */
static u_char *
ngx_srv_registrar_text_decimal(u_char *p, u_char *end, uint64_t value,
    ngx_uint_t unit)
{
    p = ngx_slprintf(p, end, "%uL", value / unit);

    return unit == 1 ? p : ngx_slprintf(p, end, ".%06uL", value % unit);
}


/* Looked at from time to time by one worker; absent until it has. */
static void
ngx_srv_registrar_text_store(ngx_srv_registrar_text_t *text)
{
    const store_usage_t                *usage;
    const ngx_srv_registrar_census_t   *census;
    const ngx_srv_registrar_metrics_t  *metrics;

    metrics = text->metrics;

    if (metrics->usage_set) {
        usage = &metrics->usage;

        ngx_srv_registrar_text_gauge(text, "srv_registrar_store_map_bytes",
            "The most that the store may hold.", usage->map_size);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_store_used_bytes",
            "Up to the last page of the store that was ever used.",
            usage->used);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_store_values",
            "Values in the store, devices and others.", usage->entries);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_store_commit",
            "Number of the last commit.", usage->txn);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_store_readers",
            "Slots of readers in use.", usage->readers);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_store_readers_max",
            "Slots of readers.", usage->readers_max);
        ngx_srv_registrar_text_gauge(text,
            "srv_registrar_store_oldest_reader_commits",
            "Commits since the oldest snapshot that is held.",
            usage->txn - usage->oldest);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_clock_held",
            "1 while a step of the system clock is not believed.",
            metrics->clock_held);
    }

    if (metrics->census_set) {
        census = &metrics->census;

        ngx_srv_registrar_text_gauge(text, "srv_registrar_devices",
            "Devices in the store, as of the last sweep.", census->devices);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_devices_live",
            "Devices with a record that lives.", census->live);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_devices_suspended",
            "Devices that are suspended themselves.", census->suspended);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_rrsets_live",
            "RRsets of devices that live.", census->rrsets);
    }

    if (metrics->signed_set) {
        ngx_srv_registrar_text_gauge(text, "srv_registrar_values_to_sign",
            "Values of signed zones, as of the last sweep.",
            metrics->census.to_sign);
        ngx_srv_registrar_text_gauge(text, "srv_registrar_values_unsigned",
            "Values of signed zones that the last sweep left without "
            "signatures that they need.", metrics->census.lacking);
    }
}


static void
ngx_srv_registrar_text_gauge(ngx_srv_registrar_text_t *text, const char *name,
    const char *help, uint64_t value)
{
    text->p = ngx_slprintf(text->p, text->end,
                           "# HELP %s %s\n# TYPE %s gauge\n%s %uL\n",
                           name, help, name, name, value);
}


static ngx_int_t
ngx_srv_registrar_text_send(ngx_http_request_t *r,
    ngx_srv_registrar_text_t *text, u_char *start)
{
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = start;
    b->last = text->p;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;
    ngx_str_set(&r->headers_out.content_type, "text/plain; version=0.0.4");
    r->headers_out.content_type_len = sizeof("text/plain") - 1;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
