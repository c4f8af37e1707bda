
/*
 * The protocol of systemd's services.
 *
 * What the environment says enters; it comes from whoever started us, who
 * could as well have started something else, so mistakes in it are told and
 * not guessed around.  The socket is connected at once: later neither its
 * path nor connect() can be had (sandbox.h).
 */

#include "supervisor.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>


/* Two sockets an address, and as many of each as there are threads, is 4096;
 * who hands over more than this means somebody else. */
#define SUPERVISOR_SOCKETS_MAX  4096

#define SUPERVISOR_TEXT         256    /* one message */


static bool supervisor_connect(supervisor_t *supervisor, const char *path,
    log_t *log);
static bool supervisor_number(const char *name, unsigned long long max,
    unsigned long long *number, log_t *log);
static bool supervisor_meant(const char *name, bool unset);


static const char *const  supervisor_words[] = {
    [SUPERVISOR_READY] = "READY=1\n",
    [SUPERVISOR_RELOADING] = "RELOADING=1\n",
    [SUPERVISOR_STOPPING] = "STOPPING=1\n",
    [SUPERVISOR_ALIVE] = "WATCHDOG=1\n",
    [SUPERVISOR_STATUS] = ""
};


bool
supervisor_open(supervisor_t *supervisor, log_t *log)
{
    bool                good;
    const char         *path = getenv("NOTIFY_SOCKET");
    unsigned long long  sockets = 0, watchdog = 0;

    supervisor->fd = -1;

    good = (!supervisor_meant("LISTEN_PID", false)
            || supervisor_number("LISTEN_FDS", SUPERVISOR_SOCKETS_MAX,
                                 &sockets, log))
           && (!supervisor_meant("WATCHDOG_PID", true)
               || supervisor_number("WATCHDOG_USEC", INT64_MAX, &watchdog,
                                    log))
           && (path == NULL || supervisor_connect(supervisor, path, log));

    supervisor->nsockets = (unsigned) sockets;
    supervisor->watchdog = supervisor->fd != -1
                           ? (int64_t) (watchdog / 1000) : 0;

    (void) unsetenv("NOTIFY_SOCKET");
    (void) unsetenv("LISTEN_PID");
    (void) unsetenv("LISTEN_FDS");
    (void) unsetenv("LISTEN_FDNAMES");
    (void) unsetenv("WATCHDOG_PID");
    (void) unsetenv("WATCHDOG_USEC");

    return good;
}


void
supervisor_close(supervisor_t *supervisor)
{
    if (supervisor->fd != -1) {
        close(supervisor->fd);
        supervisor->fd = -1;
    }
}


void
supervisor_tell(const supervisor_t *supervisor, supervisor_state_t state,
    const char *status)
{
    int              n;
    char             text[SUPERVISOR_TEXT], since[48] = "";
    struct timespec  now;

    if (supervisor->fd == -1) {
        return;
    }

    /* by it a reload is told from the one before (Type=notify-reload) */

    if (state == SUPERVISOR_RELOADING) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        snprintf(since, sizeof(since), "MONOTONIC_USEC=%lld\n",
                 (long long) now.tv_sec * 1000000 + now.tv_nsec / 1000);
    }

    n = snprintf(text, sizeof(text), "%s%s%s%s", supervisor_words[state],
                 since, status != NULL ? "STATUS=" : "",
                 status != NULL ? status : "");

    /* a status that is longer is cut; what stands before it never is */

    if (n >= (int) sizeof(text)) {
        n = (int) sizeof(text) - 1;
    }

    (void) send(supervisor->fd, text, (size_t) n, MSG_DONTWAIT|MSG_NOSIGNAL);
}


/* A path, or with "@" for its first byte a name in the abstract space. */
static bool
supervisor_connect(supervisor_t *supervisor, const char *path, log_t *log)
{
    size_t              len = strlen(path);
    const char         *failed = "not a path of a socket";
    struct sockaddr_un  address = { .sun_family = AF_UNIX };

    if ((path[0] == '/' || path[0] == '@') && len > 1
        && len < sizeof(address.sun_path))
    {
        memcpy(address.sun_path, path, len);

        if (path[0] == '@') {
            address.sun_path[0] = '\0';
        }

        supervisor->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (supervisor->fd != -1
            && connect(supervisor->fd, (struct sockaddr *) &address,
                       (socklen_t) (offsetof(struct sockaddr_un, sun_path)
                                    + len)) == 0)
        {
            return true;
        }

        failed = strerror(errno);
    }

    log_line(log, "NOTIFY_SOCKET=%s: %s", path, failed);
    supervisor_close(supervisor);

    return false;
}


/* Digits only: strtoull alone takes "-1" and "1x".  Unset is 0. */
static bool
supervisor_number(const char *name, unsigned long long max,
    unsigned long long *number, log_t *log)
{
    char        *end;
    const char  *value = getenv(name);

    *number = 0;

    if (value == NULL) {
        return true;
    }

    errno = 0;
    *number = strtoull(value, &end, 10);

    if (errno != 0 || value[0] < '0' || value[0] > '9' || *end != '\0'
        || *number > max)
    {
        log_line(log, "%s=%s: not a number from 0 to %llu", name, value, max);
        return false;
    }

    return true;
}


/* A process that inherited another one's environment is not.  Unset means
 * whoever is asked for the watchdog, and nobody for sockets
 * (sd_watchdog_enabled(3), sd_listen_fds(3)). */
static bool
supervisor_meant(const char *name, bool unset)
{
    const char  *value = getenv(name);

    return value == NULL ? unset
                         : strtoll(value, NULL, 10) == (long long) getpid();
}
