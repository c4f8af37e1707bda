/*
 * A wall clock that a test sets, for LD_PRELOAD.
 *
 * CLOCK_REALTIME runs ahead by the seconds that the file named by
 * $CLOCK_AHEAD says; it is read at each call, so that the clock can step
 * while a server runs.  Without the file the clock is right.  The other
 * clocks are left alone, as a step leaves them.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>


static char  clock_file[4096];


static void clock_init(void) __attribute__((constructor));
static long clock_ahead(void);


/* nginx forgets the environment that it was started with. */
static void
clock_init(void)
{
    const char  *path;

    path = getenv("CLOCK_AHEAD");

    if (path != NULL) {
        (void) snprintf(clock_file, sizeof(clock_file), "%s", path);
    }
}


/* Not by the next library's function: a sanitizer's may be in between. */
int
clock_gettime(clockid_t id, struct timespec *now)
{
    int  rc;

    rc = (int) syscall(SYS_clock_gettime, id, now);

    if (rc == 0 && id == CLOCK_REALTIME) {
        now->tv_sec += clock_ahead();
    }

    return rc;
}


static long
clock_ahead(void)
{
    int      fd;
    char     text[32];
    ssize_t  len;

    if (clock_file[0] == '\0') {
        return 0;
    }

    fd = open(clock_file, O_RDONLY|O_CLOEXEC);

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
