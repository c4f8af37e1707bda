/*
 * Clocks that a test sets, for LD_PRELOAD.
 *
 * CLOCK_REALTIME runs ahead by the seconds that the file named by
 * $CLOCK_AHEAD says, CLOCK_MONOTONIC by those of $MONOTONIC_AHEAD,
 * CLOCK_BOOTTIME by those of $BOOTTIME_AHEAD; it is read at each call, so that
 * the clock can step while a server runs.  "=1000" stands still at that
 * second.  Without the file the clock is right.  Each leaves the other clocks
 * alone: a step of the wall clock does so, and timers that have run out are no
 * step.
 *
 * The file named by $BOOT_ID is read in place of the kernel's: another id is a
 * machine that was started anew.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>


static char  clock_file[4096];
static char  clock_monotonic_file[4096];
static char  clock_boottime_file[4096];
static char  clock_boot_id_file[4096];


static void clock_init(void) __attribute__((constructor));
static void clock_name(char *file, size_t size, const char *variable);
static void clock_move(struct timespec *now, const char *file);


/* nginx forgets the environment that it was started with. */
static void
clock_init(void)
{
    clock_name(clock_file, sizeof(clock_file), "CLOCK_AHEAD");
    clock_name(clock_monotonic_file, sizeof(clock_monotonic_file),
               "MONOTONIC_AHEAD");
    clock_name(clock_boottime_file, sizeof(clock_boottime_file),
               "BOOTTIME_AHEAD");
    clock_name(clock_boot_id_file, sizeof(clock_boot_id_file), "BOOT_ID");
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
        clock_move(now, clock_file);
    }

    if (rc == 0 && (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE)) {
        clock_move(now, clock_monotonic_file);
    }

    if (rc == 0 && id == CLOCK_BOOTTIME) {
        clock_move(now, clock_boottime_file);
    }

    return rc;
}


static void
clock_move(struct timespec *now, const char *file)
{
    int      fd;
    char     text[32];
    ssize_t  len;

    if (file[0] == '\0') {
        return;
    }

    fd = (int) syscall(SYS_openat, AT_FDCWD, file, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return;
    }

    len = read(fd, text, sizeof(text) - 1);
    (void) close(fd);

    if (len <= 0) {
        return;
    }

    text[len] = '\0';

    if (text[0] == '=') {
        now->tv_sec = strtol(text + 1, NULL, 10);
        now->tv_nsec = 0;

    } else {
        now->tv_sec += strtol(text, NULL, 10);
    }
}


int
open(const char *path, int flags, ...)
{
    mode_t   mode;
    va_list  args;

    va_start(args, flags);
    mode = flags & (O_CREAT|O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);

    if (clock_boot_id_file[0] != '\0'
        && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0)
    {
        path = clock_boot_id_file;
    }

    return (int) syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}


int
open64(const char *path, int flags, ...)
    __attribute__((alias("open")));
