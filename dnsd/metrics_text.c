
/*
 * Writes the metrics.  Names end with their unit, counters with _total, and no
 * series comes and goes but those of transports that are not in use and of
 * extended errors that were never sent.
 */

#include "metrics_text.h"

#include "version.h"

#include <stdarg.h>
#include <stdio.h>


#define METRICS_NS  1e9

#define METRICS_BIT(outcome)  (1u << (outcome))


/* A bounded text; what does not fit makes all of it void. */
typedef struct {
    char    *text;
    size_t   size;
    size_t   len;
    bool     full;
} metrics_writer_t;


/* A group of counters that lie side by side, one label apart. */
typedef struct {
    const char  *name;
    const char  *help;
    const char  *label;
    unsigned     at;
    unsigned     n;
    const char  *values[8];
} metrics_group_t;


typedef struct {
    const char  *name;
    unsigned     outcomes;           /* bits */
} metrics_rcode_t;


static void metrics_queries(metrics_writer_t *writer,
    const stats_sum_t *stats);
static void metrics_responses(metrics_writer_t *writer,
    const stats_sum_t *stats);
static void metrics_by_way(metrics_writer_t *writer, const stats_sum_t *stats,
    const char *name, const char *rcode, unsigned outcomes);
static void metrics_types(metrics_writer_t *writer, const stats_sum_t *stats);
static void metrics_cookies(metrics_writer_t *writer,
    const stats_sum_t *stats);
static void metrics_dnssec(metrics_writer_t *writer,
    const stats_sum_t *stats);
static void metrics_groups(metrics_writer_t *writer,
    const stats_sum_t *stats);
static void metrics_edes(metrics_writer_t *writer, const stats_sum_t *stats);
static void metrics_connections(metrics_writer_t *writer,
    const stats_sum_t *stats);
static void metrics_duration(metrics_writer_t *writer,
    const stats_sum_t *stats);
static void metrics_store(metrics_writer_t *writer,
    const lookup_facts_t *store);
static void metrics_process(metrics_writer_t *writer,
    const metrics_facts_t *facts);
static uint64_t metrics_count(const stats_sum_t *stats, unsigned way,
    unsigned outcomes);
static void metrics_single(metrics_writer_t *writer, const char *name,
    const char *type, const char *help, double value);
static void metrics_head(metrics_writer_t *writer, const char *name,
    const char *type, const char *help);
static void metrics_line(metrics_writer_t *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));


#define METRICS_ALL  (METRICS_BIT(STATS_OUTCOMES) - 1)

#define METRICS_TRUNCATED                                                    \
    (METRICS_BIT(ANSWER_TRUNCATED) | METRICS_BIT(STATS_TRUNCATED_NXDOMAIN))


static const char *const  metrics_transports[STATS_TRANSPORTS] = {
    [STATS_UDP] = "udp",
    [STATS_TCP] = "tcp",
    [STATS_TLS] = "tls",
    [STATS_XDP] = "xdp"
};


static const metrics_rcode_t  metrics_rcodes[] = {
    { "NOERROR", METRICS_BIT(ANSWER_NOERROR) | METRICS_BIT(ANSWER_NODATA)
                 | METRICS_BIT(ANSWER_TRUNCATED) },
    { "NXDOMAIN", METRICS_BIT(ANSWER_NXDOMAIN)
                  | METRICS_BIT(STATS_TRUNCATED_NXDOMAIN) },
    { "REFUSED", METRICS_BIT(ANSWER_REFUSED) },
    { "FORMERR", METRICS_BIT(ANSWER_FORMERR) },
    { "NOTIMP", METRICS_BIT(ANSWER_NOTIMP) },
    { "SERVFAIL", METRICS_BIT(ANSWER_SERVFAIL) },
    { "BADVERS", METRICS_BIT(ANSWER_BADVERS) },
    { "BADCOOKIE", METRICS_BIT(ANSWER_BADCOOKIE) },
    { "NOTAUTH", METRICS_BIT(ANSWER_NOTAUTH) },
    { NULL, 0 }
};


static const metrics_group_t  metrics_table[] = {

    { "dnsd_queries_dropped_total",
      "Packets that got no response, by reason.",
      "reason", STATS_AT_DROPS, STATS_DROPS,
      { "unwanted", "short", "response", "limited", "other" } },

    { "dnsd_rate_limited_total",
      "Responses that the rate limit made small (slipped) or held back.",
      "action", STATS_AT_LIMITS + ANSWER_LIMIT_SLIPPED, ANSWER_LIMITS - 1,
      { "slipped", "dropped" } },

    { "dnsd_proxy_refused_total",
      "Connections of proxies that were closed unread: not from a trusted "
      "address, or without a good header.",
      "reason", STATS_AT_EVENTS + STATS_PROXY_UNTRUSTED, 2,
      { "untrusted", "malformed" } },

    { "dnsd_dnstap_frames_total",
      "Frames of dnstap, queued or thrown away.",
      "result", STATS_AT_EVENTS + STATS_TAP_SENT, 2,
      { "queued", "dropped" } },

    { NULL, NULL, NULL, 0, 0, { NULL } }
};


size_t
metrics_text(const metrics_facts_t *facts, char *text, size_t size)
{
    const stats_sum_t  *stats = &facts->stats;
    metrics_writer_t    writer = { .text = text, .size = size };

    metrics_queries(&writer, stats);
    metrics_responses(&writer, stats);
    metrics_types(&writer, stats);
    metrics_cookies(&writer, stats);
    metrics_dnssec(&writer, stats);
    metrics_groups(&writer, stats);
    metrics_edes(&writer, stats);
    metrics_connections(&writer, stats);
    metrics_duration(&writer, stats);
    metrics_store(&writer, &facts->store);
    metrics_process(&writer, facts);

    return writer.full ? 0 : writer.len;
}


static void
metrics_queries(metrics_writer_t *writer, const stats_sum_t *stats)
{
    metrics_head(writer, "dnsd_queries_total", "counter",
                 "Packets received, by what they came by.");
    metrics_by_way(writer, stats, "dnsd_queries_total", NULL, METRICS_ALL);
}


static void
metrics_responses(metrics_writer_t *writer, const stats_sum_t *stats)
{
    const metrics_rcode_t  *rcode;

    metrics_head(writer, "dnsd_responses_total", "counter",
                 "Responses sent, by RCODE.");

    for (rcode = metrics_rcodes; rcode->name != NULL; rcode++) {
        metrics_by_way(writer, stats, "dnsd_responses_total", rcode->name,
                       rcode->outcomes);
    }

    metrics_head(writer, "dnsd_responses_truncated_total", "counter",
                 "Responses with TC set.");
    metrics_by_way(writer, stats, "dnsd_responses_truncated_total", NULL,
                   METRICS_TRUNCATED);

    metrics_head(writer, "dnsd_responses_nodata_total", "counter",
                 "NOERROR responses without the type that was asked for.");
    metrics_by_way(writer, stats, "dnsd_responses_nodata_total", NULL,
                   METRICS_BIT(ANSWER_NODATA));
}


/* One line for each transport and family; rcode may be NULL. */
static void
metrics_by_way(metrics_writer_t *writer, const stats_sum_t *stats,
    const char *name, const char *rcode, unsigned outcomes)
{
    unsigned  transport, way;

    for (way = 0; way < STATS_TRANSPORTS * STATS_FAMILIES; way++) {
        transport = way / STATS_FAMILIES;

        /* not in use, as far as anybody has noticed */

        if (transport >= STATS_TLS
            && metrics_count(stats, way, METRICS_ALL) == 0)
        {
            continue;
        }

        metrics_line(writer,
                     "%s{transport=\"%s\",family=\"%s\"%s%s%s} %llu\n",
                     name, metrics_transports[transport],
                     way % STATS_FAMILIES != 0 ? "ipv6" : "ipv4",
                     rcode != NULL ? ",rcode=\"" : "",
                     rcode != NULL ? rcode : "", rcode != NULL ? "\"" : "",
                     (unsigned long long) metrics_count(stats, way,
                                                        outcomes));
    }
}


static void
metrics_types(metrics_writer_t *writer, const stats_sum_t *stats)
{
    unsigned  i;

    metrics_head(writer, "dnsd_queries_by_type_total", "counter",
                 "Packets received, by QTYPE.");

    for (i = 0; i < STATS_TYPES; i++) {
        metrics_line(writer, "dnsd_queries_by_type_total{type=\"%s\"} %llu\n",
                     stats_type_text(i),
                     (unsigned long long) stats->counters[STATS_AT_TYPES
                                                          + i]);
    }
}


/* Those without a cookie are not counted, but are the rest. */
static void
metrics_cookies(metrics_writer_t *writer, const stats_sum_t *stats)
{
    unsigned  i;
    uint64_t  count, none = 0;

    static const char *const  texts[ANSWER_COOKIES] = {
        [ANSWER_COOKIE_NONE] = "none",
        [ANSWER_COOKIE_CLIENT] = "client",
        [ANSWER_COOKIE_VALID] = "valid",
        [ANSWER_COOKIE_INVALID] = "invalid",
        [ANSWER_COOKIE_MALFORMED] = "malformed"
    };

    for (i = 0; i < STATS_TRANSPORTS * STATS_FAMILIES; i++) {
        none += metrics_count(stats, i, METRICS_ALL);
    }

    for (i = 1; i < ANSWER_COOKIES; i++) {
        count = stats->counters[STATS_AT_COOKIES + i];
        none -= count < none ? count : none;
    }

    metrics_head(writer, "dnsd_queries_cookie_total", "counter",
                 "Packets received, by the worth of their cookie.");

    for (i = 0; i < ANSWER_COOKIES; i++) {
        count = i == ANSWER_COOKIE_NONE ? none
                                        : stats->counters[STATS_AT_COOKIES + i];
        metrics_line(writer,
                     "dnsd_queries_cookie_total{cookie=\"%s\"} %llu\n",
                     texts[i], (unsigned long long) count);
    }
}


/* What the budgets of signatures are about: each transport has its own view. */
static void
metrics_dnssec(metrics_writer_t *writer, const stats_sum_t *stats)
{
    unsigned         i, transport;
    const uint64_t  *counters;

    static const char *const  texts[ANSWER_DNSSECS] = {
        [ANSWER_DNSSEC_STORED] = "stored",
        [ANSWER_DNSSEC_MADE] = "made",
        [ANSWER_DNSSEC_BUDGET] = "budget",
        [ANSWER_DNSSEC_SHARE] = "share",
        [ANSWER_DNSSEC_NO_KEY] = "no_key",
        [ANSWER_DNSSEC_FAILED] = "failed",
        [ANSWER_DNSSEC_EXPIRED] = "expired",
        [ANSWER_DNSSEC_NOT_YET] = "not_yet"
    };

    metrics_head(writer, "dnsd_responses_dnssec_total", "counter",
                 "Responses from signed zones to who asks for signatures, by "
                 "where they come from or why there are none.");

    for (transport = 0; transport < STATS_TRANSPORTS; transport++) {
        counters = &stats->counters[STATS_AT_DNSSEC
                                    + transport * ANSWER_DNSSECS];

        if (transport >= STATS_TLS
            && metrics_count(stats, transport * STATS_FAMILIES, METRICS_ALL)
               == 0
            && metrics_count(stats, transport * STATS_FAMILIES + 1,
                             METRICS_ALL) == 0)
        {
            continue;
        }

        for (i = ANSWER_DNSSEC_STORED; i < ANSWER_DNSSECS; i++) {
            metrics_line(writer, "dnsd_responses_dnssec_total{transport=\"%s\","
                         "signatures=\"%s\"} %llu\n",
                         metrics_transports[transport], texts[i],
                         (unsigned long long) counters[i]);
        }
    }
}


static void
metrics_groups(metrics_writer_t *writer, const stats_sum_t *stats)
{
    unsigned                i;
    const metrics_group_t  *group;

    for (group = metrics_table; group->name != NULL; group++) {
        metrics_head(writer, group->name, "counter", group->help);

        for (i = 0; i < group->n; i++) {
            metrics_line(writer, "%s{%s=\"%s\"} %llu\n", group->name,
                         group->label, group->values[i],
                         (unsigned long long) stats->counters[group->at + i]);
        }
    }
}


/* By number: there are names for them all, and new ones every year. */
static void
metrics_edes(metrics_writer_t *writer, const stats_sum_t *stats)
{
    unsigned  i;
    uint64_t  count;

    metrics_head(writer, "dnsd_extended_errors_total", "counter",
                 "Responses with an extended error, by its INFO-CODE.");

    for (i = 0; i < STATS_EDES; i++) {
        count = stats->counters[STATS_AT_EDES + i];

        if (count != 0) {
            metrics_line(writer,
                         "dnsd_extended_errors_total{code=\"%u\"} %llu\n", i,
                         (unsigned long long) count);
        }
    }
}


static void
metrics_connections(metrics_writer_t *writer, const stats_sum_t *stats)
{
    const uint64_t  *events = &stats->counters[STATS_AT_EVENTS];
    uint64_t         accepted, closed, idle, pressed, limited;

    accepted = events[STATS_TCP_ACCEPTED];
    closed = events[STATS_TCP_CLOSED];
    idle = events[STATS_TCP_IDLE];
    pressed = events[STATS_TCP_PRESSED];
    limited = events[STATS_TCP_LIMITED];

    /* the counters of several threads are not of one moment */

    metrics_single(writer, "dnsd_tcp_connections", "gauge",
                   "TCP connections that are open.",
                   closed < accepted ? (double) (accepted - closed) : 0);
    metrics_single(writer, "dnsd_tcp_accepted_total", "counter",
                   "TCP connections that were taken.", (double) accepted);

    metrics_head(writer, "dnsd_tcp_closed_total", "counter",
                 "TCP connections that were closed: idle for too long, to "
                 "make room, to make room for others of the same address, "
                 "or for another reason.");
    metrics_line(writer, "dnsd_tcp_closed_total{reason=\"idle\"} %llu\n",
                 (unsigned long long) idle);
    metrics_line(writer, "dnsd_tcp_closed_total{reason=\"pressed\"} %llu\n",
                 (unsigned long long) pressed);
    metrics_line(writer, "dnsd_tcp_closed_total{reason=\"address\"} %llu\n",
                 (unsigned long long) limited);
    metrics_line(writer, "dnsd_tcp_closed_total{reason=\"other\"} %llu\n",
                 (unsigned long long) (idle + pressed + limited < closed
                                       ? closed - idle - pressed - limited
                                       : 0));
}


static void
metrics_duration(metrics_writer_t *writer, const stats_sum_t *stats)
{
    unsigned     i;
    uint64_t     count = 0;

    static const char  name[] = "dnsd_answer_duration_seconds";

    metrics_head(writer, name, "histogram",
                 "From the receipt of a batch to its last response, for one "
                 "batch of eight.");

    for (i = 0; i < STATS_BUCKETS; i++) {
        count += stats->counters[STATS_AT_BUCKETS + i];

        if (i < STATS_BUCKETS - 1) {
            metrics_line(writer, "%s_bucket{le=\"%g\"} %llu\n", name,
                         (double) stats_bounds[i] / METRICS_NS,
                         (unsigned long long) count);
        }
    }

    metrics_line(writer, "%s_bucket{le=\"+Inf\"} %llu\n", name,
                 (unsigned long long) count);
    metrics_line(writer, "%s_sum %.9f\n", name,
                 (double) stats->counters[STATS_AT_TIME] / METRICS_NS);
    metrics_line(writer, "%s_count %llu\n", name,
                 (unsigned long long) count);
}


static void
metrics_store(metrics_writer_t *writer, const lookup_facts_t *store)
{
    metrics_single(writer, "dnsd_store_open", "gauge",
                   "Whether there is a store to answer from.", store->open);
    metrics_single(writer, "dnsd_store_transaction_id", "gauge",
                   "The newest commit that was seen.",
                   (double) store->txn_id);
    metrics_single(writer, "dnsd_store_commit_timestamp_seconds", "gauge",
                   "The time of that commit by the registrar's clock.",
                   (double) store->committed);
    metrics_single(writer, "dnsd_store_zones", "gauge",
                   "Zones in the store, withdrawn ones too.", store->zones);
    metrics_single(writer, "dnsd_store_snapshot_age_seconds", "gauge",
                   "Age of the oldest snapshot that a thread holds.",
                   (double) store->age);
    metrics_single(writer, "dnsd_store_damaged_values_total", "counter",
                   "Lookups that met a damaged value.",
                   (double) store->damaged);
    metrics_single(writer, "dnsd_clock_step_held", "gauge",
                   "Whether the wall clock has jumped and is not believed.",
                   store->clock_stepped);
}


static void
metrics_process(metrics_writer_t *writer, const metrics_facts_t *facts)
{
    metrics_head(writer, "dnsd_build_info", "gauge", "The version.");
    metrics_line(writer, "dnsd_build_info{version=\"%s\"} 1\n",
                 DNSD_VERSION);

    metrics_head(writer, "dnsd_config_reloads_total", "counter",
                 "Times that SIGHUP had the settings read again.");
    metrics_line(writer, "dnsd_config_reloads_total{result=\"done\"} %llu\n",
                 (unsigned long long) facts->reloads);
    metrics_line(writer, "dnsd_config_reloads_total{result=\"failed\"} %llu\n",
                 (unsigned long long) facts->reloads_failed);

    metrics_single(writer, "dnsd_config_last_reload_successful", "gauge",
                   "Whether the last such time found no mistake.",
                   !facts->reload_failed);
    metrics_single(writer, "dnsd_threads", "gauge", "Threads that answer.",
                   facts->threads);
    metrics_single(writer, "process_start_time_seconds", "gauge",
                   "When the process was started.", facts->started);
    metrics_single(writer, "process_cpu_seconds_total", "counter",
                   "Processor time, user and system.", facts->cpu);
}


/* Of one transport and family. */
static uint64_t
metrics_count(const stats_sum_t *stats, unsigned way, unsigned outcomes)
{
    uint64_t  count = 0;
    unsigned  i;

    for (i = 0; i < STATS_OUTCOMES; i++) {
        if (outcomes & METRICS_BIT(i)) {
            count += stats->counters[STATS_AT_ANSWERS + way * STATS_OUTCOMES
                                     + i];
        }
    }

    return count;
}


/* 15 digits: every number of our counters is written exactly. */
static void
metrics_single(metrics_writer_t *writer, const char *name, const char *type,
    const char *help, double value)
{
    metrics_head(writer, name, type, help);
    metrics_line(writer, "%s %.15g\n", name, value);
}


static void
metrics_head(metrics_writer_t *writer, const char *name, const char *type,
    const char *help)
{
    metrics_line(writer, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                 type);
}


static void
metrics_line(metrics_writer_t *writer, const char *format, ...)
{
    int      n;
    va_list  args;

    if (writer->full) {
        return;
    }

    va_start(args, format);
    n = vsnprintf(writer->text + writer->len, writer->size - writer->len,
                  format, args);
    va_end(args);

    if (n < 0 || (size_t) n >= writer->size - writer->len) {
        writer->full = true;
        return;
    }

    writer->len += (size_t) n;
}
