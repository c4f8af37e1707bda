
/*
 * Log lines.  A line that cannot be written at once is lost: a full pipe must
 * not stop the answers.
 *
 * To ask first whether there is room is not enough, since another thread may
 * take it.  O_NONBLOCK is not ours to set: it would hold for all who have
 * stderr in common with us, a shell perhaps.  So a pipe is opened once more,
 * by which the flag is our own, and a socket is told with each line.  For a
 * file or a terminal there is no such way; a disk that hangs is waited for.
 */

#include "log.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


/* Ten times as many would fill 100 MB a day, and nobody reads them; with
 * fewer, one broken peer hides all others. */
#define LOG_PEER_LINES  5

/* Bytes; below PIPE_BUF, so that lines of two threads never mix. */
#define LOG_LINE_MAX    1024


static bool log_peer_allowed(log_t *log);
static void log_write(log_t *log, const char *format, va_list args,
    unsigned suppressed);
static void log_send(log_t *log, const char *line, size_t len);


void
log_init(log_t *log)
{
    int          fd;
    struct stat  file;

    log->fd = STDERR_FILENO;
    log->socket = false;
    log->where = NULL;

    if (fstat(STDERR_FILENO, &file) == 0) {
        log->socket = S_ISSOCK(file.st_mode);

        /* without /proc, or where it is somebody else's, as it is */

        fd = S_ISFIFO(file.st_mode)
             ? open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
             : -1;

        log->fd = fd == -1 ? STDERR_FILENO : fd;
    }

    atomic_init(&log->window, 0);
    atomic_init(&log->lines, 0);
    atomic_init(&log->suppressed, 0);
}


void
log_line(log_t *log, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    log_write(log, format, args, 0);
    va_end(args);
}


void
log_peer(log_t *log, const char *format, ...)
{
    va_list  args;

    if (!log_peer_allowed(log)) {
        atomic_fetch_add(&log->suppressed, 1);
        return;
    }

    va_start(args, format);
    log_write(log, format, args, atomic_exchange(&log->suppressed, 0));
    va_end(args);
}


/* Two threads at the turn of a second may let a line too many through. */
static bool
log_peer_allowed(log_t *log)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);

    if (atomic_exchange(&log->window, (int64_t) now.tv_sec)
        != (int64_t) now.tv_sec)
    {
        atomic_store(&log->lines, 0);
    }

    return atomic_fetch_add(&log->lines, 1) < LOG_PEER_LINES;
}


static void
log_write(log_t *log, const char *format, va_list args, unsigned suppressed)
{
    int     n;
    char    line[LOG_LINE_MAX];
    size_t  len = sizeof("dnsd: ") - 1;

    memcpy(line, "dnsd: ", len);

    if (log->where != NULL) {
        n = snprintf(line + len, sizeof(line) / 2, "%s: ", log->where);
        len += (size_t) n < sizeof(line) / 2 ? (size_t) n
                                             : sizeof(line) / 2 - 1;
    }

    n = vsnprintf(line + len, sizeof(line) - len - 1, format, args);

    if (n < 0) {
        return;
    }

    len += (size_t) n;

    /* cut, with room for the newline */

    if (len > sizeof(line) - 2) {
        len = sizeof(line) - 2;
    }

    if (suppressed > 0) {
        n = snprintf(line + len, sizeof(line) - len - 1,
                     " (%u such lines left out)", suppressed);
        len += (size_t) n;

        if (len > sizeof(line) - 2) {
            len = sizeof(line) - 2;
        }
    }

    line[len++] = '\n';

    log_send(log, line, len);
}


static void
log_send(log_t *log, const char *line, size_t len)
{
    ssize_t        ignored = 0;
    struct pollfd  full = { .fd = log->fd, .events = POLLOUT };

    if (log->socket) {
        ignored = send(log->fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    } else if (poll(&full, 1, 0) == 1 && (full.revents & POLLOUT)) {
        ignored = write(log->fd, line, len);
    }

    (void) ignored;
}
