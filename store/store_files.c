
/*
 * The store's files, looked at from outside: before LMDB opens them, when it
 * could not, and for their modes.
 *
 * LMDB's locks are lost where a process opens the lock file a second time and
 * closes it (fcntl locks belong to the process), so nothing here opens it:
 * stat, access and chmod only.
 */

#include "store_lmdb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define STORE_LOCK_MODE  0660    /* a reader writes its slot */


static store_status_t store_look_locks(const store_t *store,
    store_error_t *error);
static bool store_holds_file(const struct stat *file);
static bool store_lock_replaced(const store_t *store);


/* What can be told before LMDB touches anything. */
store_status_t
store_look(const store_t *store, store_error_t *error)
{
    struct stat  dir, data;

    if (stat(store->path, &dir) == -1) {
        return store_error_set(error, store_status_of(errno), "%s: %s",
                               store->path, strerror(errno));
    }

    if (!S_ISDIR(dir.st_mode)) {
        return store_error_set(error, STORE_ABSENT, "%s: not a directory",
                               store->path);
    }

    if (stat(store->data, &data) == -1) {

        if (errno == ENOENT && store->writer) {
            return store_look_locks(store, error);
        }

        return store_error_set(error, store_status_of(errno), "%s: %s",
                               store->data, strerror(errno));
    }

    if (!S_ISREG(data.st_mode)) {
        return store_error_set(error, STORE_FOREIGN, "%s: not a regular file",
                               store->data);
    }

    if (data.st_size == 0 && !store->writer) {
        return store_error_set(error, STORE_ABSENT, "%s: empty so far",
                               store->data);
    }

    return store_look_locks(store, error);
}


static store_status_t
store_look_locks(const store_t *store, store_error_t *error)
{
    struct stat  lock;

    if (stat(store->lock, &lock) == -1) {

        /* A reader that starts as root would make a lock file that the
         * registrar's workers cannot write: it leaves that to them. */

        if (errno == ENOENT && !store->writer) {
            return store_error_set(error, STORE_ABSENT,
                               "%s: not there; the registrar makes it",
                               store->lock);
        }

        return STORE_OK;
    }

    if (store_holds_file(&lock)) {
        return store_error_set(error, STORE_IO,
                               "%s: open in this process already, or since "
                               "before it was forked", store->lock);
    }

    return STORE_OK;
}


/* True where a descriptor of this process leads to the file. */
static bool
store_holds_file(const struct stat *file)
{
    DIR            *dir;
    bool            held;
    struct stat     fd;
    struct dirent  *entry;

    dir = opendir("/proc/self/fd");

    if (dir == NULL) {
        return false;
    }

    held = false;

    while (!held && (entry = readdir(dir)) != NULL) {

        if (entry->d_name[0] == '.' || fstat(atoi(entry->d_name), &fd) == -1) {
            continue;
        }

        held = fd.st_dev == file->st_dev && fd.st_ino == file->st_ino;
    }

    closedir(dir);

    return held;
}


/* By path for the lock file: a descriptor of our own must not be. */
store_status_t
store_set_modes(const store_t *store, store_error_t *error)
{
    int          fd, rc;
    struct stat  st;

    rc = mdb_env_get_fd(store->env, &fd);

    if (rc == 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid()
        && (st.st_mode & 07777) != STORE_DATA_MODE)
    {
        rc = fchmod(fd, STORE_DATA_MODE) == -1 ? errno : 0;
    }

    if (rc != 0) {
        return store_error_set(error, store_status_of(rc), "%s: chmod: %s",
                               store->data, strerror(rc));
    }

    if (stat(store->lock, &st) == 0 && st.st_uid == geteuid()
        && (st.st_mode & 07777) != STORE_LOCK_MODE
        && chmod(store->lock, STORE_LOCK_MODE) == -1)
    {
        return store_error_set(error, store_status_of(errno),
                               "%s: chmod: %s", store->lock, strerror(errno));
    }

    return STORE_OK;
}


/* LMDB does not say which of the files it could not open. */
const char *
store_denied_path(const store_t *store)
{
    int  mode;

    mode = store->writer ? R_OK|W_OK : R_OK;

    if (faccessat(AT_FDCWD, store->data, mode, AT_EACCESS) == -1
        && errno != ENOENT)
    {
        return store->data;
    }

    if (faccessat(AT_FDCWD, store->lock, R_OK|W_OK, AT_EACCESS) == -1
        && errno != ENOENT)
    {
        return store->lock;
    }

    return store->path;
}


/*
 * LMDB keeps its descriptor of the lock file to itself, so the file is known
 * by what stood at the path.  What stood there before LMDB came counts: where
 * another one is there by now, the two differ, and the store is opened again.
 */
void
store_look_lock(store_t *store)
{
    struct stat  lock;

    if (!store->lock_known && stat(store->lock, &lock) == 0) {
        store->lock_known = true;
        store->lock_device = lock.st_dev;
        store->lock_inode = lock.st_ino;
    }
}


bool
store_replaced(const store_t *store)
{
    int          fd;
    struct stat  path, open;

    if (stat(store->data, &path) == -1
        || mdb_env_get_fd(store->env, &fd) != 0
        || fstat(fd, &open) == -1)
    {
        return false;
    }

    /* A backup has no lock file.  Until the registrar has made one a reader
     * could not open the store, and would have none to answer from. */

    if (!store->writer && access(store->lock, F_OK) == -1) {
        return false;
    }

    return path.st_dev != open.st_dev || path.st_ino != open.st_ino
           || store_lock_replaced(store);
}


/* Who opens the store from now on takes other locks than we do: two would
 * write at once, and over the pages that a reader looks at. */
static bool
store_lock_replaced(const store_t *store)
{
    struct stat  lock;

    if (stat(store->lock, &lock) == -1) {
        return errno == ENOENT;
    }

    return !store->lock_known || lock.st_dev != store->lock_device
           || lock.st_ino != store->lock_inode;
}
