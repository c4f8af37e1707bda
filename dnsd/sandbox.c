
/*
 * The sandbox, from the outside in: limits, files, then the system calls by
 * which the first two were set up.
 */

#include "sandbox_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>


static bool sandbox_limits(log_t *log);


bool
sandbox_enter(const sandbox_options_t *options, log_t *log)
{
    /* without it only root may restrict itself */

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
        log_line(log, "prctl(PR_SET_NO_NEW_PRIVS): %s", strerror(errno));
        return false;
    }

    return sandbox_limits(log) && sandbox_files(options, log)
           && sandbox_calls(options, log);
}


/*
 * A core would hold the cookies' secrets.  The number of descriptors can only
 * shrink from here on.  Not limited: processes, since the limit counts all of
 * a user and a new one is no call that is allowed; file sizes, since the log
 * may be a file.
 */
static bool
sandbox_limits(log_t *log)
{
    struct rlimit  core = { 0, 0 }, files;

    if (setrlimit(RLIMIT_CORE, &core) == -1
        || getrlimit(RLIMIT_NOFILE, &files) == -1)
    {
        log_line(log, "setrlimit(RLIMIT_CORE): %s", strerror(errno));
        return false;
    }

    files.rlim_max = files.rlim_cur;

    if (setrlimit(RLIMIT_NOFILE, &files) == -1) {
        log_line(log, "setrlimit(RLIMIT_NOFILE): %s", strerror(errno));
        return false;
    }

    return true;
}
