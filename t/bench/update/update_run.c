
/*
 * The loops.  Closed: each reply makes room for the next request, which finds
 * the server's limit.  Open: requests are begun when the rate demands it, and
 * latency counts from then, so that a server that stalls cannot hide those
 * that it kept waiting.
 */

#include "update.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>


#define UPDATE_EVENTS  256

/* For replies that are still out when the time is over. */
#define UPDATE_DRAIN   10000000000u     /* ns */

/* A device signs again that often before it gives up. */
#define UPDATE_ATTEMPTS  3


typedef struct {
    const update_options_t  *options;
    update_fleet_t          *fleet;
    update_report_t         *report;
    SSL_CTX                 *context;
    int                      epoll;
    bool                     running;
    unsigned                 ready;         /* handshakes done beforehand */
    unsigned                 busy;
    unsigned                 nidle;
    update_connection_t    **idle;
    update_connection_t     *connections;
    uint64_t                 begin;         /* ns, as all times */
    uint64_t                 end;
    uint64_t                 last;          /* reply */
    uint64_t                 steady;        /* each connection has had one */
} update_loop_t;


static void update_loop_init(update_loop_t *loop);
static void update_loop_open(update_loop_t *loop,
    update_connection_t *connection);
static void update_loop_wait_ready(void);
static void update_loop_go(update_loop_t *loop);
static uint64_t update_loop_due(update_loop_t *loop, uint64_t now);
static bool update_loop_more(const update_loop_t *loop, uint64_t now);
static void update_loop_begin(update_loop_t *loop,
    update_connection_t *connection, uint64_t since);
static void update_loop_drive(update_loop_t *loop,
    update_connection_t *connection);
static bool update_loop_reply(update_loop_t *loop,
    update_connection_t *connection);
static void update_loop_broken(update_loop_t *loop,
    update_connection_t *connection);
static void update_loop_poll(update_loop_t *loop, uint64_t until);
static double update_loop_rate(const update_loop_t *loop, uint64_t now);


void
update_run(const update_options_t *options, update_fleet_t *fleet,
    update_report_t *report)
{
    unsigned       i;
    update_loop_t  loop = {
        .options = options,
        .fleet = fleet,
        .report = report,
        .context = update_context(options)
    };

    update_loop_init(&loop);
    update_loop_wait_ready();
    update_loop_go(&loop);

    report->late = loop.busy;
    report->seconds = (double) (loop.last - loop.begin) / 1e9;

    if (report->rate == 0 && report->seconds > 0) {
        report->rate = (double) report->acknowledged / report->seconds;
    }

    for (i = 0; i < options->connections; i++) {
        update_connection_close(&loop.connections[i]);
    }

    free(loop.connections);
    free(loop.idle);
    update_context_free(loop.context);
    (void) close(loop.epoll);
}


static void
update_loop_init(update_loop_t *loop)
{
    unsigned  i, n = loop->options->connections;

    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->connections = calloc(n, sizeof(update_connection_t));
    loop->idle = calloc(n, sizeof(update_connection_t *));

    if (loop->epoll == -1 || loop->connections == NULL || loop->idle == NULL) {
        err(1, "connections");
    }

    for (i = 0; i < n; i++) {
        loop->idle[loop->nidle++] = &loop->connections[i];

        if (!loop->options->fresh) {
            update_loop_open(loop, &loop->connections[i]);
        }
    }

    while (!loop->options->fresh && loop->ready < n) {
        update_loop_poll(loop, update_now() + UPDATE_DRAIN);
    }
}


static void
update_loop_open(update_loop_t *loop, update_connection_t *connection)
{
    update_fleet_t      *fleet = loop->fleet;
    update_identity_t   *identity = NULL;
    struct epoll_event   event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLET,
        .data.ptr = connection
    };

    if (fleet->identities != NULL) {
        identity = &fleet->identities[loop->report->sent
                                      % loop->options->count];
    }

    update_connection_open(connection, loop->context, loop->options,
                           identity);

    /* edges alone, so that there is nothing to change while it lives */

    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, connection->fd, &event) == -1) {
        err(1, "epoll_ctl");
    }
}


static void
update_loop_wait_ready(void)
{
    char  line[16];

    printf("ready 1\n");
    fflush(stdout);

    /* a line and its end say the same */

    if (fgets(line, sizeof(line), stdin) == NULL) {
        return;
    }
}


static void
update_loop_go(update_loop_t *loop)
{
    uint64_t  now = update_now();

    loop->running = true;
    loop->begin = loop->last = now;
    loop->end = now + (uint64_t) (loop->options->seconds * 1e9);

    while (update_loop_more(loop, now)) {
        update_loop_poll(loop, update_loop_due(loop, now));
        now = update_now();
    }

    loop->report->rate = update_loop_rate(loop, now);

    while (loop->busy != 0 && now < loop->end + UPDATE_DRAIN) {
        update_loop_poll(loop, loop->end + UPDATE_DRAIN);
        now = update_now();
    }
}


/* Begins what is due; returns when the next will be. */
static uint64_t
update_loop_due(update_loop_t *loop, uint64_t now)
{
    double    rate = loop->options->rate;
    uint64_t  due = now;

    while (loop->nidle != 0 && update_loop_more(loop, now)) {

        if (rate != 0) {
            due = loop->begin
                  + (uint64_t) ((double) loop->report->sent * 1e9 / rate);

            if (due > now) {
                return due < loop->end ? due : loop->end;
            }
        }

        update_loop_begin(loop, loop->idle[--loop->nidle], due);
    }

    /* all connections are busy: a reply comes before anything else */

    return loop->end;
}


/*
 * Without the beginning, when all connections come at once, and without the
 * end, when fewer and fewer are at work: both last as long as a reply takes,
 * and would be held against who answers late.  0 where the run is too short
 * for that.
 */
static double
update_loop_rate(const update_loop_t *loop, uint64_t now)
{
    uint64_t  n = loop->report->acknowledged;
    unsigned  first = loop->options->connections;

    return n < 2ul * first || now <= loop->steady ? 0
           : (double) (n - first) * 1e9 / (double) (now - loop->steady);
}


static bool
update_loop_more(const update_loop_t *loop, uint64_t now)
{
    return loop->running && now < loop->end
           && (loop->options->count == 0
               || loop->report->sent < loop->options->count);
}


static void
update_loop_begin(update_loop_t *loop, update_connection_t *connection,
    uint64_t since)
{
    if (connection->state == UPDATE_CLOSED) {
        update_loop_open(loop, connection);

    } else {
        connection->state = UPDATE_WRITING;
    }

    update_fleet_next(loop->fleet, connection);

    connection->since = since;
    loop->report->sent++;
    loop->busy++;

    update_loop_drive(loop, connection);
}


static void
update_loop_drive(update_loop_t *loop, update_connection_t *connection)
{
    int             result;
    update_state_t  before;

    do {
        before = connection->state;
        result = update_connection_advance(connection);

        if (result == 0) {
            return;
        }

        if (result == -1) {
            update_loop_broken(loop, connection);
            return;
        }

        if (before == UPDATE_HANDSHAKE && connection->request_len == 0) {
            loop->ready++;
            return;
        }

        if (before == UPDATE_HANDSHAKE) {
            connection->state = UPDATE_WRITING;
        }

    } while (before == UPDATE_HANDSHAKE
             || !update_loop_reply(loop, connection));

    /* the main loop takes it from here, so that this does not recurse */

    loop->idle[loop->nidle++] = connection;
}


/* False where the device has to sign again. */
static bool
update_loop_reply(update_loop_t *loop, update_connection_t *connection)
{
    bool              right;
    uint64_t          now = update_now();
    unsigned          status = update_reply_status(connection);
    const char       *body = update_reply_body(connection), *last;
    update_report_t  *report = loop->report;

    last = strstr(body, "\"last_created\":");

    if (status >= 400 && last != NULL && connection->attempts < UPDATE_ATTEMPTS)
    {
        report->stale++;
        update_fleet_again(loop->fleet, connection, (uint32_t) strtoul(
                           last + strlen("\"last_created\":"), NULL, 10));
        connection->state = UPDATE_WRITING;

        return false;
    }

    right = status / 100 == 2
            && (loop->options->any || strstr(body, "\"fqdn\":") != NULL);

    if (right) {
        if (++report->acknowledged == loop->options->connections) {
            loop->steady = now;
        }

        report->changed += strstr(body, "\"changed\":true") != NULL;
        load_histogram_add(&report->latency, now - connection->since);

    } else if (report->refused++ == 0) {
        snprintf(report->complaint, sizeof(report->complaint), "%u %s",
                 status, body);
    }

    update_fleet_done(loop->fleet, connection, right);

    if (loop->options->fresh) {
        update_connection_close(connection);
    }

    loop->last = now;
    loop->busy--;

    return true;
}


static void
update_loop_broken(update_loop_t *loop, update_connection_t *connection)
{
    if (!loop->running) {
        errx(1, "no TLS handshake");
    }

    /* an idle one that the server closed is found when it is used */

    loop->report->broken++;
    update_connection_close(connection);
    update_fleet_done(loop->fleet, connection, false);

    loop->busy--;
    loop->idle[loop->nidle++] = connection;
}


static void
update_loop_poll(update_loop_t *loop, uint64_t until)
{
    int                 i, n;
    uint64_t            now = update_now(), wait;
    struct timespec     timeout = { 0 };
    struct epoll_event  events[UPDATE_EVENTS];

    if (until > now) {
        wait = until - now;
        timeout.tv_sec = (time_t) (wait / 1000000000u);
        timeout.tv_nsec = (long) (wait % 1000000000u);
    }

    n = epoll_pwait2(loop->epoll, events, UPDATE_EVENTS, &timeout, NULL);

    if (n == -1 && errno != EINTR) {
        err(1, "epoll_pwait2");
    }

    for (i = 0; i < n; i++) {
        update_loop_drive(loop, events[i].data.ptr);
    }
}


uint64_t
update_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}
