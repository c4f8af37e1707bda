/*
 * Clocks that a test sets, for LD_PRELOAD.
 *
 * CLOCK_REALTIME runs ahead by the seconds that the file named by
 * $CLOCK_AHEAD says, CLOCK_MONOTONIC by those of $MONOTONIC_AHEAD; it is read
 * at each call, so that the clock can step while a server runs.  Without the
 * file the clock is right.  Each leaves the other clocks alone: a step of the
 * wall clock does so, and timers that have run out are no step.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>


static char  clock_file[4096];
static char  clock_monotonic_file[4096];


static void clock_init(void) __attribute__((constructor));
static void clock_name(char *file, size_t size, const char *variable);
static long clock_ahead(const char *file);


/* nginx forgets the environment that it was started with. */
static void
clock_init(void)
{
    clock_name(clock_file, sizeof(clock_file), "CLOCK_AHEAD");
    clock_name(clock_monotonic_file, sizeof(clock_monotonic_file),
               "MONOTONIC_AHEAD");
}


static void
clock_name(char *file, size_t size, const char *variable)
{
    const char  *path;

    path = getenv(variable);

    if (path != NULL) {
        (void) snprintf(file, size, "%s", path);
    }
}


/* Not by the next library's function: a sanitizer's may be in between. */
int
clock_gettime(clockid_t id, struct timespec *now)
{
    int  rc;

    rc = (int) syscall(SYS_clock_gettime, id, now);

    if (rc == 0 && id == CLOCK_REALTIME) {
        now->tv_sec += clock_ahead(clock_file);
    }

    if (rc == 0 && (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE)) {
        now->tv_sec += clock_ahead(clock_monotonic_file);
    }

    return rc;
}


static long
clock_ahead(const char *file)
{
    int      fd;
    char     text[32];
    ssize_t  len;

    if (file[0] == '\0') {
        return 0;
    }

    fd = open(file, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return 0;
    }

    len = read(fd, text, sizeof(text) - 1);
    (void) close(fd);

    if (len <= 0) {
        return 0;
    }

    text[len] = '\0';

    return strtol(text, NULL, 10);
}
