
/*
 * Whose rights the store's files are opened with.
 *
 * The directory belongs to nginx's workers, who face the internet: whoever has
 * taken one over can put links there that lead to root's files, and LMDB
 * follows them, makes what is missing and writes.  It also believes what the
 * files say of themselves.  So root touches them with no more rights than the
 * directory's owner has, and has no others left when he reads them.  What is
 * made thereby belongs to the owner, too.  Where that is root himself nobody
 * else may write.
 */

#include "srvctl.h"

#include <err.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


void
srvctl_yield(const char *directory)
{
    mode_t       others;
    struct stat  owner;

    if (geteuid() != 0 || stat(directory, &owner) == -1) {
        return;
    }

    if (owner.st_uid == 0) {

        /* there is nobody's rights to take; root's group is root */

        others = owner.st_gid == 0 ? S_IWOTH : S_IWOTH | S_IWGRP;

        if (S_ISDIR(owner.st_mode) && owner.st_mode & others) {
            errx(EXIT_FAILURE, "%s: root's, and others may write there: give "
                 "it to the user of nginx's workers", directory);
        }

        return;
    }

    if (setgroups(1, &owner.st_gid) == -1
        || setresgid(owner.st_gid, owner.st_gid, owner.st_gid) == -1
        || setresuid(owner.st_uid, owner.st_uid, owner.st_uid) == -1)
    {
        err(EXIT_FAILURE, "%s: cannot take the rights of its owner",
            directory);
    }
}
