
/*
 * Files and the rest that Landlock knows.
 *
 * The kernel's version of it decides what can be forbidden; what is newer
 * than the kernel is left out.  Its numbers stand here and not in a header of
 * the system's, which is older than the kernel as often as not; they are part
 * of the kernel's interface and never change.
 *
 * A rule holds for the inode that a path leads to now.  Stores and files are
 * replaced while dnsd runs, so the rules are about the directories that they
 * are in: a store may come, go and be another.
 */

#include "sandbox_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>


#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset  444       /* on every machine */
#define SYS_landlock_add_rule        445
#define SYS_landlock_restrict_self   446
#endif

#define SANDBOX_VERSION        1     /* asks for the version alone */
#define SANDBOX_BENEATH        1     /* a rule about a path */

/* Rights to files, one bit each. */
#define SANDBOX_EXECUTE        (UINT64_C(1) << 0)
#define SANDBOX_WRITE_FILE     (UINT64_C(1) << 1)
#define SANDBOX_READ_FILE      (UINT64_C(1) << 2)
#define SANDBOX_READ_DIR       (UINT64_C(1) << 3)
#define SANDBOX_TRUNCATE       (UINT64_C(1) << 14)

/* Bind and connect; no abstract sockets and no signals outside. */
#define SANDBOX_TCP            UINT64_C(3)
#define SANDBOX_SCOPES         UINT64_C(3)


/* What is forbidden but for the rules; as the kernel has it. */
typedef struct {
    uint64_t  files;
    uint64_t  tcp;                   /* from version 4 on */
    uint64_t  scopes;                /* 6 */
} sandbox_ruleset_t;


typedef struct {
    uint64_t  allowed;
    int32_t   fd;
} __attribute__((packed)) sandbox_beneath_t;


/* The ruleset while it is made. */
typedef struct {
    int                fd;
    sandbox_ruleset_t  forbidden;
    log_t             *log;
} sandbox_making_t;


static void sandbox_forbid(sandbox_ruleset_t *forbidden, long version);
static bool sandbox_rules(sandbox_making_t *making,
    const sandbox_options_t *options);
static bool sandbox_around(sandbox_making_t *making, const char *path,
    uint64_t allowed);
static bool sandbox_beneath(sandbox_making_t *making, const char *path,
    uint64_t allowed);
static bool sandbox_failed(log_t *log, const char *call);


bool
sandbox_files(const sandbox_options_t *options, log_t *log)
{
    bool              good;
    long              version;
    sandbox_making_t  making = { .log = log };

    version = syscall(SYS_landlock_create_ruleset, NULL, 0, SANDBOX_VERSION);

    if (version == -1 && (errno == ENOSYS || errno == EOPNOTSUPP)) {
        log_line(log, "sandbox: this kernel has no Landlock: files are left "
                 "to their permissions");
        return true;
    }

    if (version == -1) {
        return sandbox_failed(log, "landlock_create_ruleset()");
    }

    sandbox_forbid(&making.forbidden, version);

    making.fd = (int) syscall(SYS_landlock_create_ruleset, &making.forbidden,
                              sizeof(making.forbidden), 0);

    if (making.fd == -1) {
        return sandbox_failed(log, "landlock_create_ruleset()");
    }

    good = sandbox_rules(&making, options);

    if (good
        && syscall(SYS_landlock_restrict_self, making.fd, 0) == -1)
    {
        good = sandbox_failed(log, "landlock_restrict_self()");
    }

    close(making.fd);

    return good;
}


/* Everything that the version knows: version 1 has 13 rights, 2 adds moving
 * between directories, 3 truncating, 5 the ioctls of devices. */
static void
sandbox_forbid(sandbox_ruleset_t *forbidden, long version)
{
    unsigned  rights = version >= 5 ? 16 : version >= 3 ? 15
                       : version == 2 ? 14 : 13;

    forbidden->files = (UINT64_C(1) << rights) - 1;
    forbidden->tcp = version >= 4 ? SANDBOX_TCP : 0;
    forbidden->scopes = version >= 6 ? SANDBOX_SCOPES : 0;
}


/* A reader extends the lock file where it is the first to use it. */
static bool
sandbox_rules(sandbox_making_t *making, const sandbox_options_t *options)
{
    char      store[PATH_MAX];
    unsigned  i;

    /* store_open lists our descriptors */

    if (!sandbox_beneath(making, "/proc", SANDBOX_READ_DIR)
        || !sandbox_around(making, options->store,
                           SANDBOX_READ_FILE | SANDBOX_WRITE_FILE
                           | SANDBOX_TRUNCATE))
    {
        return false;
    }

    /* the path may be a link that the operator turns */

    if (realpath(options->store, store) != NULL
        && !sandbox_around(making, store,
                           SANDBOX_READ_FILE | SANDBOX_WRITE_FILE
                           | SANDBOX_TRUNCATE))
    {
        return false;
    }

#ifdef SANDBOX_CHECKED
    if (!sandbox_beneath(making, "/", SANDBOX_READ_FILE | SANDBOX_READ_DIR
                                      | SANDBOX_EXECUTE))
    {
        return false;
    }
#endif

    for (i = 0; i < SANDBOX_FILES; i++) {
        if (options->reread[i] != NULL
            && !sandbox_around(making, options->reread[i], SANDBOX_READ_FILE))
        {
            return false;
        }
    }

    return true;
}


/* The directory that a path's last part is in; where that is the root, which
 * would be everything, the path itself. */
static bool
sandbox_around(sandbox_making_t *making, const char *path, uint64_t allowed)
{
    char    directory[PATH_MAX];
    size_t  len = strlen(path);

    if (len >= sizeof(directory)) {
        log_line(making->log, "sandbox: %s: too long a path", path);
        return false;
    }

    memcpy(directory, path, len);

    while (len > 0 && directory[len - 1] == '/') {
        len--;
    }

    while (len > 0 && directory[len - 1] != '/') {
        len--;
    }

    /* "store" is in ".", "/store" in "/" */

    if (len == 0) {
        directory[len++] = '.';
    }

    directory[len] = '\0';

    return sandbox_beneath(making, len == 1 && path[0] == '/' ? path
                                                              : directory,
                           allowed);
}


/* A path that is not there is no mistake: nothing in it can be had, now
 * or once it comes, and that is said. */
static bool
sandbox_beneath(sandbox_making_t *making, const char *path, uint64_t allowed)
{
    bool               added;
    sandbox_beneath_t  rule = {
        .allowed = allowed & making->forbidden.files,
        .fd = open(path, O_PATH | O_CLOEXEC)
    };

    if (rule.fd == -1) {
        log_line(making->log, "sandbox: %s: %s; what appears there needs a "
                 "new start", path, strerror(errno));
        return true;
    }

    added = syscall(SYS_landlock_add_rule, making->fd, SANDBOX_BENEATH, &rule,
                    0) == 0
            || sandbox_failed(making->log, "landlock_add_rule()");

    close(rule.fd);

    return added;
}


static bool
sandbox_failed(log_t *log, const char *call)
{
    log_line(log, "sandbox: %s: %s", call, strerror(errno));

    return false;
}
