
/*
 * One thread that hangs: whoever receives next while the file HANG_FILE is
 * there never comes back.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


int
recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
    struct timespec *timeout)
{
    static atomic_bool     hung;
    const struct timespec  second = { .tv_sec = 1 };

    int  (*next)(int, struct mmsghdr *, unsigned, int, struct timespec *);

    if (access(getenv("HANG_FILE"), F_OK) == 0
        && !atomic_exchange(&hung, 1))
    {
        for ( ;; ) {
            (void) nanosleep(&second, NULL);
        }
    }

    *(void **) &next = dlsym(RTLD_NEXT, "recvmmsg");

    return next(fd, messages, n, flags, timeout);
}
