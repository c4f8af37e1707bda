
/*
 * Errors of the store: their texts, and the one switch that translates what
 * LMDB and the system return.
 */

#include "store_lmdb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>


static const char *const  store_status_texts[] = {
    [STORE_OK] = "no error",
    [STORE_NOT_FOUND] = "no value under the key",
    [STORE_ABSENT] = "there is no store",
    [STORE_FOREIGN] = "not a store of ours",
    [STORE_NEWER] = "the store's format is newer than this program",
    [STORE_DAMAGED] = "the store is damaged",
    [STORE_UNLOCKED] = "no reader slot: the lock file cannot be written",
    [STORE_READERS_FULL] = "all reader slots are taken",
    [STORE_FULL] = "the map is full",
    [STORE_NO_SPACE] = "no space left on the disk",
    [STORE_DENIED] = "permission denied",
    [STORE_IO] = "input/output error",
    [STORE_REOPEN] = "the environment is dead and has to be opened again",
    [STORE_NO_MEMORY] = "out of memory",
    [STORE_TOO_LARGE] = "the value is too large",
    [STORE_CONFLICT] = "a label of the zone file is a device's"
};


const char *
store_status_text(store_status_t status)
{
    if ((size_t) status >= sizeof(store_status_texts) / sizeof(char *)) {
        return "unknown status";
    }

    return store_status_texts[status];
}


/*
 * Grouped by what a caller can do about it: wait (FULL, NO_SPACE, IO), open
 * again (REOPEN), or leave it to the operator.  LMDB's numbers are negative,
 * so that the system's cannot be mistaken for them; what is not listed is an
 * I/O error, the one that promises nothing.
 */
store_status_t
store_status_of(int rc)
{
    switch (rc) {

    case MDB_SUCCESS:
        return STORE_OK;

    case MDB_NOTFOUND:
        return STORE_NOT_FOUND;

    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return STORE_FOREIGN;

    /* CURSOR_FULL is a tree deeper than any, PAGE_FULL a page without room for
     * the split that LMDB itself began: pages that say what cannot be */

    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
        return STORE_DAMAGED;

    case MDB_PANIC:
        return STORE_REOPEN;

    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
        return STORE_FULL;

    case MDB_READERS_FULL:
        return STORE_READERS_FULL;

    case MDB_BAD_VALSIZE:
        return STORE_TOO_LARGE;

    case ENOSPC:
    case EDQUOT:
        return STORE_NO_SPACE;

    case EACCES:
    case EPERM:
    case EROFS:
        return STORE_DENIED;

    case ENOENT:
    case ENOTDIR:
        return STORE_ABSENT;

    case ENOMEM:
        return STORE_NO_MEMORY;

    default:
        return STORE_IO;
    }
}


store_status_t
store_error_set(store_error_t *error, store_status_t status,
    const char *format, ...)
{
    va_list  args;

    /* cut where it is longer: a path of the operator's may be */

    if (error != NULL) {
        error->status = status;

        va_start(args, format);
        (void) vsnprintf(error->text, sizeof(error->text), format, args);
        va_end(args);
    }

    return status;
}
