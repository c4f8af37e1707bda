
/*
 * Log lines.  A line that cannot be written is lost: a full pipe must not
 * stop the answers.
 */

#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


/* Ten times as many would fill 100 MB a day, and nobody reads them; with
 * fewer, one broken peer hides all others. */
#define LOG_PEER_LINES  5

/* Bytes; below PIPE_BUF, so that lines of two threads never mix. */
#define LOG_LINE_MAX    1024


static void log_write(const char *format, va_list args, unsigned suppressed);
static bool log_peer_allowed(log_t *log);


void
log_init(log_t *log, bool verbose)
{
    atomic_init(&log->verbose, verbose);
    atomic_init(&log->window, 0);
    atomic_init(&log->lines, 0);
    atomic_init(&log->suppressed, 0);
}


void
log_line(log_t *log, const char *format, ...)
{
    va_list  args;

    (void) log;

    va_start(args, format);
    log_write(format, args, 0);
    va_end(args);
}


void
log_verbose(log_t *log, const char *format, ...)
{
    va_list  args;

    if (!log->verbose) {
        return;
    }

    va_start(args, format);
    log_write(format, args, 0);
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
    log_write(format, args, atomic_exchange(&log->suppressed, 0));
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
log_write(const char *format, va_list args, unsigned suppressed)
{
    int      n;
    char     line[LOG_LINE_MAX];
    size_t   len = sizeof("dnsd: ") - 1;
    ssize_t  ignored;

    struct pollfd  full = { .fd = STDERR_FILENO, .events = POLLOUT };

    /* a pipe that is writable takes a line at once; one that nobody empties
     * would stop a thread that holds a snapshot */

    if (poll(&full, 1, 0) != 1 || !(full.revents & POLLOUT)) {
        return;
    }

    memcpy(line, "dnsd: ", len);

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

    ignored = write(STDERR_FILENO, line, len);
    (void) ignored;
}
