
/*
 * Serves connections by poll().  Nothing blocks but poll() itself; a peer that
 * sends or reads slowly keeps one of a few places for a few seconds, and the
 * oldest place is given to a newcomer where none is free.
 */

#include "metrics_server.h"

#include "metrics_http.h"
#include "metrics_text.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


/* Scrapers are one or two; more wait in the kernel's backlog. */
#define METRICS_PLACES   8

/* ms, from accept to the last byte. */
#define METRICS_TIMEOUT  5000

/* ms without accepting, where there was no descriptor or no memory for it: the
 * listener stays readable, and this would be a busy loop. */
#define METRICS_PAUSE    100

#define METRICS_OUT_MAX  (METRICS_HTTP_HEAD_MAX + METRICS_TEXT_MAX)


typedef struct {
    int      fd;                     /* -1: free */
    int64_t  deadline;               /* ms */
    size_t   in_len;
    size_t   out_at;
    size_t   out_len;                /* 0: still reading */
    char     in[METRICS_HTTP_REQUEST_MAX];
    char     out[METRICS_OUT_MAX];
} metrics_place_t;


struct metrics_server_s {
    log_t              *log;
    int                 fd;
    int                 wake;        /* an eventfd: end */
    bool                started;
    pthread_t           thread;
    metrics_content_t   content;
    const void         *data;
    metrics_place_t     places[METRICS_PLACES];
};


static void *metrics_run(void *data);
static int metrics_wait(metrics_server_t *server, struct pollfd *fds);
static void metrics_accept(metrics_server_t *server);
static void metrics_serve(metrics_server_t *server, metrics_place_t *place);
static bool metrics_read(metrics_server_t *server, metrics_place_t *place);
static bool metrics_write(metrics_place_t *place);
static void metrics_respond(metrics_server_t *server, metrics_place_t *place,
    metrics_http_status_t status, bool head);
static void metrics_close(metrics_place_t *place);
static int64_t metrics_now(void);


metrics_server_t *
metrics_server_create(int fd, log_t *log)
{
    unsigned           i;
    metrics_server_t  *server = calloc(1, sizeof(*server));

    if (server == NULL) {
        log_line(log, "no memory for the metrics");
        close(fd);
        return NULL;
    }

    server->log = log;
    server->fd = fd;
    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    for (i = 0; i < METRICS_PLACES; i++) {
        server->places[i].fd = -1;
    }

    if (server->wake == -1) {
        log_line(log, "cannot make an event for the metrics: %s",
                 strerror(errno));
        metrics_server_destroy(server);
        return NULL;
    }

    return server;
}


bool
metrics_server_start(metrics_server_t *server, metrics_content_t content,
    const void *data)
{
    int  error;

    server->content = content;
    server->data = data;

    error = pthread_create(&server->thread, NULL, metrics_run, server);

    if (error != 0) {
        log_line(server->log, "cannot start the metrics' thread: %s",
                 strerror(error));
        return false;
    }

    server->started = true;

    return true;
}


void
metrics_server_destroy(metrics_server_t *server)
{
    unsigned  i;
    uint64_t  one = 1;

    if (server == NULL) {
        return;
    }

    if (server->started && write(server->wake, &one, sizeof(one)) != -1) {
        pthread_join(server->thread, NULL);
    }

    for (i = 0; i < METRICS_PLACES; i++) {
        if (server->places[i].fd != -1) {
            metrics_close(&server->places[i]);
        }
    }

    if (server->wake != -1) {
        close(server->wake);
    }

    close(server->fd);
    free(server);
}


static void *
metrics_run(void *data)
{
    unsigned           i;
    metrics_server_t  *server = data;
    struct pollfd      fds[METRICS_PLACES + 2];

    for ( ;; ) {
        if (metrics_wait(server, fds) == -1) {
            continue;                   /* EINTR, or no memory for a moment */
        }

        if (fds[0].revents != 0) {
            return NULL;
        }

        for (i = 0; i < METRICS_PLACES; i++) {
            if (server->places[i].fd == -1) {
                continue;
            }

            if (fds[i + 2].revents != 0) {
                metrics_serve(server, &server->places[i]);

            } else if (metrics_now() >= server->places[i].deadline) {
                metrics_close(&server->places[i]);
            }
        }

        if (fds[1].revents != 0) {
            metrics_accept(server);
        }
    }
}


/* poll() ignores negative descriptors: free places cost nothing. */
static int
metrics_wait(metrics_server_t *server, struct pollfd *fds)
{
    int64_t           left, now = metrics_now(), wait = -1;
    unsigned          i;
    metrics_place_t  *place;

    fds[0] = (struct pollfd) { .fd = server->wake, .events = POLLIN };
    fds[1] = (struct pollfd) { .fd = server->fd, .events = POLLIN };

    for (i = 0; i < METRICS_PLACES; i++) {
        place = &server->places[i];
        fds[i + 2].fd = place->fd;
        fds[i + 2].events = place->out_len != 0 ? POLLOUT : POLLIN;
        fds[i + 2].revents = 0;

        if (place->fd != -1) {
            left = place->deadline > now ? place->deadline - now : 0;
            wait = wait == -1 || left < wait ? left : wait;
        }
    }

    return poll(fds, METRICS_PLACES + 2, (int) wait);
}


/* Where all places are taken, the oldest connection has had the longest time
 * of all to be done. */
static void
metrics_accept(metrics_server_t *server)
{
    int               fd;
    unsigned          i;
    struct pollfd     wake = { .fd = server->wake, .events = POLLIN };
    metrics_place_t  *place = &server->places[0];

    for (i = 0; i < METRICS_PLACES && place->fd != -1; i++) {
        if (server->places[i].fd == -1
            || server->places[i].deadline < place->deadline)
        {
            place = &server->places[i];
        }
    }

    /* before accept(): without a descriptor left, this frees one */

    if (place->fd != -1) {
        metrics_close(place);
    }

    fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd == -1) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
            || errno == ENOMEM)
        {
            (void) poll(&wake, 1, METRICS_PAUSE);
        }

        return;
    }

    place->fd = fd;
    place->deadline = metrics_now() + METRICS_TIMEOUT;
    place->in_len = 0;
    place->out_at = 0;
    place->out_len = 0;
}


static void
metrics_serve(metrics_server_t *server, metrics_place_t *place)
{
    if (place->out_len == 0 && !metrics_read(server, place)) {
        metrics_close(place);
        return;
    }

    if (place->out_len != 0 && !metrics_write(place)) {
        metrics_close(place);
    }
}


/* False where the connection is at its end. */
static bool
metrics_read(metrics_server_t *server, metrics_place_t *place)
{
    bool                   head;
    ssize_t                n;
    metrics_http_status_t  status;

    n = recv(place->fd, place->in + place->in_len,
             sizeof(place->in) - place->in_len, 0);

    if (n == -1) {
        return errno == EAGAIN || errno == EINTR;
    }

    if (n == 0) {
        return false;
    }

    place->in_len += (size_t) n;
    status = metrics_http_parse(place->in, place->in_len, &head);

    if (status != METRICS_HTTP_MORE) {
        metrics_respond(server, place, status, head);
    }

    return true;
}


/* False where all is sent, or cannot be. */
static bool
metrics_write(metrics_place_t *place)
{
    ssize_t  n;

    n = send(place->fd, place->out + place->out_at,
             place->out_len - place->out_at, MSG_NOSIGNAL);

    if (n == -1) {
        return errno == EAGAIN || errno == EINTR;
    }

    place->out_at += (size_t) n;

    return place->out_at < place->out_len;
}


/* The content is written behind the longest head, and moved up to its own. */
static void
metrics_respond(metrics_server_t *server, metrics_place_t *place,
    metrics_http_status_t status, bool head)
{
    char    *content = place->out + METRICS_HTTP_HEAD_MAX;
    size_t   len = 0;

    if (status == METRICS_HTTP_OK) {
        len = server->content(server->data, content, METRICS_TEXT_MAX);
    }

    place->out_len = metrics_http_head(status, len, place->out);

    if (!head) {
        memmove(place->out + place->out_len, content, len);
        place->out_len += len;
    }
}


static void
metrics_close(metrics_place_t *place)
{
    close(place->fd);
    place->fd = -1;
}


static int64_t
metrics_now(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
