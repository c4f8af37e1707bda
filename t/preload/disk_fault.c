/*
 * A disk that stalls or fails when a test says so, for LD_PRELOAD into nginx.
 *
 * Calls on a file named data.mdb are looked at; whatever else passes.  The
 * file that $DISK_FAULT names says what happens, and is read at each call, so
 * that a test can change its mind while the server runs:
 *
 *     sync hold          fdatasync waits until the file says something else,
 *                        and $DISK_FAULT.held appears when one waits
 *     data error 28      writes of pages fail with ENOSPC
 *     meta error 5       writes of the meta pages fail with EIO
 *     sync delay 20      each fdatasync takes 20 ms longer
 *
 * Without the file, or where it is empty, the disk is well.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>


#define FILE_NAME  "/data.mdb"

/* LMDB's two meta pages lie at the file's beginning. */
#define META_END   8192

/* A held call looks so often whether it may go on, us. */
#define HOLD_STEP  2000


static char  disk_control[4096];


static void disk_init(void) __attribute__((constructor));
static bool disk_fails(int fd, const char *op);
static bool disk_is_store(int fd);
static bool disk_order(char *op, char *action, int *arg);
static void disk_hold(const char *op);
static ssize_t disk_pwrite(const char *symbol, int fd, const void *data,
    size_t len, off_t offset);


/* nginx forgets the environment that it was started with. */
static void
disk_init(void)
{
    const char  *path;

    path = getenv("DISK_FAULT");

    if (path != NULL) {
        (void) snprintf(disk_control, sizeof(disk_control), "%s", path);
    }
}


int
fdatasync(int fd)
{
    int  (*next)(int);

    if (disk_fails(fd, "sync")) {
        return -1;
    }

    next = (int (*)(int)) dlsym(RTLD_NEXT, "fdatasync");

    return next(fd);
}


ssize_t
pwrite(int fd, const void *data, size_t len, off_t offset)
{
    return disk_pwrite("pwrite", fd, data, len, offset);
}


ssize_t
pwrite64(int fd, const void *data, size_t len, off_t offset)
{
    return disk_pwrite("pwrite64", fd, data, len, offset);
}


static ssize_t
disk_pwrite(const char *symbol, int fd, const void *data, size_t len,
    off_t offset)
{
    ssize_t  (*next)(int, const void *, size_t, off_t);

    if (disk_fails(fd, offset < META_END ? "meta" : "data")) {
        return -1;
    }

    next = (ssize_t (*)(int, const void *, size_t, off_t))
               dlsym(RTLD_NEXT, symbol);

    return next(fd, data, len, offset);
}


ssize_t
writev(int fd, const struct iovec *iov, int n)
{
    ssize_t  (*next)(int, const struct iovec *, int);

    /* LMDB writes the meta pages by pwrite only */

    if (disk_fails(fd, "data")) {
        return -1;
    }

    next = (ssize_t (*)(int, const struct iovec *, int))
               dlsym(RTLD_NEXT, "writev");

    return next(fd, iov, n);
}


/* True, and errno set, where the call has to fail. */
static bool
disk_fails(int fd, const char *op)
{
    int   arg;
    char  ordered[16], action[16];

    if (!disk_is_store(fd)
        || !disk_order(ordered, action, &arg)
        || strcmp(ordered, op) != 0)
    {
        return false;
    }

    if (strcmp(action, "error") == 0) {
        errno = arg;
        return true;
    }

    if (strcmp(action, "delay") == 0) {
        usleep((useconds_t) arg * 1000);

    } else {
        disk_hold(op);
    }

    return false;
}


static bool
disk_is_store(int fd)
{
    char     link[64], path[4096];
    ssize_t  n;

    (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);

    n = readlink(link, path, sizeof(path) - 1);

    if (n < (ssize_t) sizeof(FILE_NAME)) {
        return false;
    }

    path[n] = '\0';

    return strcmp(path + n - (sizeof(FILE_NAME) - 1), FILE_NAME) == 0;
}


static bool
disk_order(char *op, char *action, int *arg)
{
    int      fd, fields;
    char     text[64];
    ssize_t  n;

    fd = open(disk_control, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        return false;
    }

    n = read(fd, text, sizeof(text) - 1);
    (void) close(fd);

    if (n <= 0) {
        return false;
    }

    text[n] = '\0';
    *arg = 0;
    fields = sscanf(text, "%15s %15s %d", op, action, arg);

    return fields >= 2;
}


static void
disk_hold(const char *op)
{
    int   fd, arg;
    char  path[4128], ordered[16], action[16];

    (void) snprintf(path, sizeof(path), "%s.held", disk_control);

    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd != -1) {
        (void) close(fd);
    }

    while (disk_order(ordered, action, &arg)
           && strcmp(ordered, op) == 0
           && strcmp(action, "hold") == 0)
    {
        usleep(HOLD_STEP);
    }
}
