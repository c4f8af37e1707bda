
/*
 * Looks at files and directories.  Binds nothing and opens no store: it may
 * run beside a dnsd that serves.  One mistake keeps no other from being told.
 */

#include "check.h"

#include "cookie_secrets.h"
#include "privileges.h"
#include "sign.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>


/* A path, a colon and a number. */
#define CHECK_WHERE_MAX  (PATH_MAX + 16)


/* Looks at what one setting says. */
typedef struct {
    const char  *name;
    bool       (*look)(const settings_t *settings, log_t *log);
} check_t;


static bool check_user(const settings_t *settings, log_t *log);
static bool check_group(const settings_t *settings, log_t *log);
static bool check_store(const settings_t *settings, log_t *log);
static bool check_xdp(const settings_t *settings, log_t *log);
static bool check_secrets(const settings_t *settings, log_t *log);
static bool check_keys(const settings_t *settings, log_t *log);


static const check_t  checks[] = {
    { "user", check_user },
    { "group", check_group },
    { "store", check_store },
    { "xdp", check_xdp },
    { "cookie-secrets", check_secrets },
    { "keys", check_keys }
};


bool
check_settings(const settings_t *settings, const char *file, bool good,
    log_t *log)
{
    int     line;
    char    where[CHECK_WHERE_MAX];
    size_t  i;

    for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        line = settings_line(settings, checks[i].name);

        if (file != NULL && line > 0) {
            snprintf(where, sizeof(where), "%s:%d", file, line);
            log->where = where;
        }

        good = checks[i].look(settings, log) && good;
        log->where = NULL;
    }

    if (good) {
        log_line(log, "no mistakes found");
    }

    return good;
}


static bool
check_user(const settings_t *settings, log_t *log)
{
    privileges_t  privileges;

    return settings->user[0] == '\0'
           || privileges_find(&privileges, settings->user, NULL, log);
}


/* Without a user there is nobody to be in it. */
static bool
check_group(const settings_t *settings, log_t *log)
{
    privileges_t  privileges;

    if (settings->group[0] == '\0') {
        return true;
    }

    return settings_line(settings, "user") == 0 && !settings->unread
           ? privileges_find(&privileges, NULL, settings->group, log)
           : privileges_find_group(&privileges, settings->group, log);
}


/* A store that is not there yet is waited for: told, but no mistake. */
static bool
check_store(const settings_t *settings, log_t *log)
{
    struct stat  st;
    const char  *path = settings->store;

    if (path[0] == '\0') {
        return true;
    }

    if (stat(path, &st) == -1) {
        log_line(log, "%s--store %s: %s", errno == ENOENT ? "warning: " : "",
                 path, strerror(errno));
        return errno == ENOENT;
    }

    if (!S_ISDIR(st.st_mode)) {
        log_line(log, "--store %s: %s", path, strerror(ENOTDIR));
        return false;
    }

    return true;
}


static bool
check_xdp(const settings_t *settings, log_t *log)
{
    bool      good = true;
    unsigned  i;

    for (i = 0; i < settings->nxdp; i++) {
        if (if_nametoindex(settings->xdp[i].name) == 0) {
            log_line(log, "--xdp %s: %s", settings->xdp[i].name,
                     strerror(errno));
            good = false;
        }
    }

    return good;
}


static bool
check_secrets(const settings_t *settings, log_t *log)
{
    bool              good;
    answer_secrets_t  secrets;

    if (!settings->cookies || settings->cookie_secrets[0] == '\0') {
        return true;
    }

    good = cookie_secrets_read(&secrets, settings->cookie_secrets, log);
    explicit_bzero(&secrets, sizeof(secrets));

    return good;
}


/* By whoever may read them: who starts dnsd as root checks as root. */
static bool
check_keys(const settings_t *settings, log_t *log)
{
    sign_t   *sign;
    unsigned  threads = settings->threads;

    if (settings->keys[0] == '\0') {
        return true;
    }

    if (!privileges_hide(log)) {
        return false;
    }

    sign = sign_create(settings->keys, threads > 0 ? threads : 1, log);
    sign_destroy(sign);

    return sign != NULL;
}
