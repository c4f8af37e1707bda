
/*
 * The files of a store that `load` makes: none before it, and none left where
 * it fails.
 */

#include "load_files.h"

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


#define LOAD_FILES  (sizeof(load_files) / sizeof(load_files[0]))


static const char *const  load_files[] = { "data.mdb", "lock.mdb" };


/* A store is never added to: what of both would win? */
void
load_unused(const srvctl_t *ctl)
{
    char         data[PATH_MAX];
    struct stat  file;

    if (snprintf(data, sizeof(data), "%s/data.mdb", ctl->path)
        >= (int) sizeof(data))
    {
        errx(EXIT_FAILURE, "%s: too long", ctl->path);
    }

    if (stat(data, &file) == 0 && file.st_size != 0) {
        errx(EXIT_FAILURE, "%s: there is a store already; move it away", data);
    }
}


/* There was no store, or load_unused() had refused; an empty one would keep
 * the next try out. */
void
load_undo(const srvctl_t *ctl)
{
    size_t  i;
    char    path[PATH_MAX];

    for (i = 0; i < LOAD_FILES; i++) {
        snprintf(path, sizeof(path), "%s/%s", ctl->path, load_files[i]);

        if (unlink(path) == -1) {
            warn("%s", path);
        }
    }
}
