
/*
 * Giving up privileges.
 *
 * Started as root without --user, dnsd stays root and says so: the store's
 * directory shows it to a group that only the operator knows, so any user
 * chosen here would be one that cannot read it.
 */

#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>


/* clang and gcc say in two ways that the leak checker is linked in. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PRIVILEGES_TRACED  1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define PRIVILEGES_TRACED  1
#endif


static bool privileges_bound(log_t *log);
static bool privileges_become(const privileges_t *privileges, log_t *log);
static bool privileges_give_up(log_t *log);
static bool privileges_confine(log_t *log);


/* getpwnam reads files, perhaps the network: before anything is served. */
bool
privileges_find(privileges_t *privileges, const char *user, const char *group,
    log_t *log)
{
    struct passwd  *pw;

    privileges->user = user;
    privileges->group = group;

    if (user == NULL && group == NULL) {
        return true;
    }

    if (user == NULL) {
        log_line(log, "--group %s: goes with --user only", group);
        return false;
    }

    pw = getpwnam(user);

    if (pw == NULL) {
        log_line(log, "--user %s: no such user", user);
        return false;
    }

    privileges->uid = pw->pw_uid;
    privileges->gid = pw->pw_gid;

    if (group != NULL && !privileges_find_group(privileges, group, log)) {
        return false;
    }

    /* a unit that names the user twice (User= and --user) is no mistake */

    if (geteuid() != 0 && geteuid() != privileges->uid) {
        log_line(log, "--user %s: only root can become another user", user);
        return false;
    }

    return true;
}


bool
privileges_find_group(privileges_t *privileges, const char *group, log_t *log)
{
    struct group  *gr = getgrnam(group);

    if (gr == NULL) {
        log_line(log, "--group %s: no such group", group);
        return false;
    }

    privileges->gid = gr->gr_gid;

    return true;
}


bool
privileges_drop(const privileges_t *privileges, log_t *log)
{
    /* while it can be done: the new user may not */

    if (!privileges_bound(log)) {
        return false;
    }

    if (privileges->user == NULL) {
        if (geteuid() == 0) {
            log_line(log, "warning: running as root; give --user");
        }

    } else if (geteuid() == 0 && !privileges_become(privileges, log)) {
        return false;
    }

    return privileges_give_up(log) && privileges_confine(log);
}


/* Numbers go on until the kernel knows no more.  Without the capability that
 * it takes there is nothing to be gained by the set, either: no_new_privs. */
static bool
privileges_bound(log_t *log)
{
    int  i;

    (void) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

    for (i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) {
        if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == -1 && errno != EPERM) {
            log_line(log, "prctl(PR_CAPBSET_DROP): %s", strerror(errno));
            return false;
        }
    }

    return true;
}


/* Groups first: afterwards we may not.  The real and saved ids too, or root
 * could be had back. */
static bool
privileges_become(const privileges_t *privileges, log_t *log)
{
    const char  *failed = NULL;

    if (initgroups(privileges->user, privileges->gid) == -1) {
        failed = "initgroups()";

    } else if (setresgid(privileges->gid, privileges->gid, privileges->gid)
               == -1)
    {
        failed = "setresgid()";

    } else if (setresuid(privileges->uid, privileges->uid, privileges->uid)
               == -1)
    {
        failed = "setresuid()";
    }

    if (failed != NULL) {
        log_line(log, "--user %s: %s: %s", privileges->user, failed,
                 strerror(errno));
        return false;
    }

    if (privileges->uid != 0 && (setuid(0) == 0 || geteuid() == 0)) {
        log_line(log, "--user %s: root could be had again",
                 privileges->user);
        return false;
    }

    return true;
}


/* By hand: libcap would be a library for one call. */
static bool
privileges_give_up(log_t *log)
{
    uint32_t                        kept;
    struct __user_cap_data_struct   sets[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
    struct __user_cap_header_struct head = {
        .version = _LINUX_CAPABILITY_VERSION_3
    };

    if (syscall(SYS_capget, &head, sets) == -1) {
        log_line(log, "capget(): %s", strerror(errno));
        return false;
    }

    kept = geteuid() == 0 ? sets[0].permitted & (1U << CAP_DAC_OVERRIDE) : 0;

    memset(sets, 0, sizeof(sets));
    sets[0].permitted = kept;
    sets[0].effective = kept;

    if (syscall(SYS_capset, &head, sets) == -1) {
        log_line(log, "capset(): %s", strerror(errno));
        return false;
    }

    return true;
}


static bool
privileges_confine(log_t *log)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
        log_line(log, "prctl(PR_SET_NO_NEW_PRIVS): %s", strerror(errno));
        return false;
    }

    return privileges_hide(log);
}


/* The leak checker of a build for tests is such a debugger. */
bool
privileges_hide(log_t *log)
{
    struct rlimit  none = { 0, 0 };

    if (setrlimit(RLIMIT_CORE, &none) == -1) {
        log_line(log, "setrlimit(RLIMIT_CORE): %s", strerror(errno));
        return false;
    }

#ifndef PRIVILEGES_TRACED
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1) {
        log_line(log, "prctl(PR_SET_DUMPABLE): %s", strerror(errno));
        return false;
    }
#endif

    return true;
}
