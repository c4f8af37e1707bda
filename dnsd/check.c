
/*
 * Looks at files and directories.  Binds nothing and opens no store: it may
 * run beside a dnsd that serves.
 */

#include "check.h"

#include "cookie_secrets.h"
#include "privileges.h"
#include "sign.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>


static bool check_store(const char *path, log_t *log);
static bool check_keys(const settings_t *settings, log_t *log);


bool
check_settings(const settings_t *settings, log_t *log)
{
    answer_secrets_t  secrets;

    if (!check_store(settings->store, log)) {
        return false;
    }

    if (settings->cookies && settings->cookie_secrets[0] != '\0'
        && !cookie_secrets_read(&secrets, settings->cookie_secrets, log))
    {
        return false;
    }

    if (settings->keys[0] != '\0' && !check_keys(settings, log)) {
        return false;
    }

    log_line(log, "no mistakes found");

    return true;
}


/* A store that is not there yet is waited for: told, but no mistake. */
static bool
check_store(const char *path, log_t *log)
{
    struct stat  st;

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


/* By whoever may read them: who starts dnsd as root checks as root. */
static bool
check_keys(const settings_t *settings, log_t *log)
{
    sign_t  *sign;

    if (!privileges_hide(log)) {
        return false;
    }

    sign = sign_create(settings->keys, settings->threads, log);
    sign_destroy(sign);

    return sign != NULL;
}
