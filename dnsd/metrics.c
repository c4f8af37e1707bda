
/*
 * Where metrics come from and go to.  Gathering reads counters of threads
 * that go on counting, and stops none of them.
 */

#include "metrics.h"

#include "metrics_server.h"
#include "metrics_text.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define METRICS_BACKLOG  16


struct metrics_s {
    log_t                  *log;
    metrics_server_t       *server;      /* NULL: nobody is served */
    const net_t            *net;
    const lookup_source_t  *source;
    unsigned                threads;
    double                  started;     /* s since 1970 */
    _Atomic uint64_t        reloads;
    _Atomic uint64_t        reloads_failed;
    _Atomic bool            reload_failed;
};


static int metrics_listen(const metrics_options_t *options, log_t *log);
static const char *metrics_bind(int fd, const metrics_options_t *options);
static const char *metrics_bind_path(int fd, const char *path);
static size_t metrics_content(const void *data, char *text, size_t size);
static void metrics_gather(const metrics_t *metrics, metrics_facts_t *facts);


metrics_t *
metrics_create(const metrics_options_t *options, log_t *log)
{
    int               fd;
    metrics_t        *metrics = calloc(1, sizeof(*metrics));
    struct timespec   now;

    if (metrics == NULL) {
        log_line(log, "no memory for the metrics");
        return NULL;
    }

    clock_gettime(CLOCK_REALTIME, &now);
    metrics->started = (double) now.tv_sec + (double) now.tv_nsec / 1e9;
    metrics->log = log;

    if (options->path[0] == '\0' && options->address.len == 0) {
        return metrics;
    }

    fd = metrics_listen(options, log);

    if (fd != -1) {
        metrics->server = metrics_server_create(fd, log);
    }

    if (metrics->server == NULL) {
        metrics_destroy(metrics);
        return NULL;
    }

    return metrics;
}


bool
metrics_start(metrics_t *metrics, const net_t *net,
    const lookup_source_t *source, unsigned threads)
{
    metrics->net = net;
    metrics->source = source;
    metrics->threads = threads;

    return metrics->server == NULL
           || metrics_server_start(metrics->server, metrics_content, metrics);
}


void
metrics_destroy(metrics_t *metrics)
{
    if (metrics != NULL) {
        metrics_server_destroy(metrics->server);
        free(metrics);
    }
}


void
metrics_reloaded(metrics_t *metrics, bool done)
{
    atomic_fetch_add(done ? &metrics->reloads : &metrics->reloads_failed, 1);
    atomic_store(&metrics->reload_failed, !done);
}


void
metrics_dump(const metrics_t *metrics)
{
    char  *text, *line, *rest, *value;

    text = malloc(METRICS_TEXT_MAX);

    if (text == NULL) {
        return;
    }

    (void) metrics_content(metrics, text, METRICS_TEXT_MAX);

    for (line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
    {
        value = strrchr(line, ' ');

        if (line[0] != '#' && value != NULL && strcmp(value, " 0") != 0) {
            log_line(metrics->log, "stats: %s", line);
        }
    }

    free(text);
}


void
metrics_counters(const metrics_t *metrics)
{
    int          n;
    char         text[512];
    size_t       len = 0;
    unsigned     i;
    uint64_t     count;
    stats_sum_t  sum;

    net_stats(metrics->net, &sum);

    for (i = 0; i < ANSWER_OUTCOMES; i++) {
        count = stats_outcome(&sum, i);

        if (i == ANSWER_TRUNCATED) {
            count += stats_outcome(&sum, STATS_TRUNCATED_NXDOMAIN);
        }

        n = snprintf(text + len, sizeof(text) - len, " %s %llu",
                     answer_outcome_text((answer_outcome_t) i),
                     (unsigned long long) count);

        if (n < 0 || (size_t) n >= sizeof(text) - len) {
            break;
        }

        len += (size_t) n;
    }

    log_line(metrics->log, "counters:%s", text);
}


/* A listening socket, -1 is logged. */
static int
metrics_listen(const metrics_options_t *options, log_t *log)
{
    int          fd;
    const char  *failed = "socket()";

    fd = socket(options->path[0] != '\0' ? AF_UNIX
                : options->address.sockaddr.ss_family,
                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd != -1) {
        failed = metrics_bind(fd, options);
    }

    if (failed == NULL && listen(fd, METRICS_BACKLOG) == -1) {
        failed = "listen()";
    }

    if (failed == NULL) {
        return fd;
    }

    log_line(log, "cannot serve metrics on %s: %s: %s",
             options->path[0] != '\0' ? options->path : options->address.text,
             failed, strerror(errno));

    if (fd != -1) {
        close(fd);
    }

    return -1;
}


/* Returns the call that failed, or NULL. */
static const char *
metrics_bind(int fd, const metrics_options_t *options)
{
    int  one = 1;

    if (options->path[0] != '\0') {
        return metrics_bind_path(fd, options->path);
    }

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1) {
        return "setsockopt(SO_REUSEADDR)";
    }

    if (options->address.sockaddr.ss_family == AF_INET6
        && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) == -1)
    {
        return "setsockopt(IPV6_V6ONLY)";
    }

    return bind(fd, (const struct sockaddr *) &options->address.sockaddr,
                options->address.len) == -1 ? "bind()" : NULL;
}


/* A socket on which nobody listens was left by a process before; anything else
 * at that path is not ours to remove.  Whoever reaches the directory may read
 * what any local user may read from a loopback address. */
static const char *
metrics_bind_path(int fd, const char *path)
{
    int                 bound;
    mode_t              mask;
    struct stat         st;
    struct sockaddr_un  address = { .sun_family = AF_UNIX };

    strcpy(address.sun_path, path);

    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)
        && connect(fd, (const struct sockaddr *) &address, sizeof(address))
           == -1
        && errno == ECONNREFUSED)
    {
        (void) unlink(path);
    }

    /* not chmod() afterwards: root would do that to whatever the directory's
     * owner has put there meanwhile, a link to /etc/shadow for instance */

    mask = umask(0111);
    bound = bind(fd, (const struct sockaddr *) &address, sizeof(address));
    (void) umask(mask);

    return bound == -1 ? "bind()" : NULL;
}


static size_t
metrics_content(const void *data, char *text, size_t size)
{
    metrics_facts_t  facts;

    metrics_gather(data, &facts);

    return metrics_text(&facts, text, size);
}


static void
metrics_gather(const metrics_t *metrics, metrics_facts_t *facts)
{
    struct rusage  usage;

    net_stats(metrics->net, &facts->stats);
    lookup_source_facts(metrics->source, &facts->store);

    facts->threads = metrics->threads;
    facts->started = metrics->started;
    facts->reloads = atomic_load(&metrics->reloads);
    facts->reloads_failed = atomic_load(&metrics->reloads_failed);
    facts->reload_failed = atomic_load(&metrics->reload_failed);
    facts->cpu = 0;

    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        facts->cpu = (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                     + (double) (usage.ru_utime.tv_usec
                                 + usage.ru_stime.tv_usec) / 1e6;
    }
}
