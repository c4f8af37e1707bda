
/*
 * A process that is stopped (SIGSTOP) while it holds a snapshot: by whoever
 * takes one next while the file STOP_FILE is there.  Process 1 of a namespace
 * cannot be stopped from inside; it waits until the file is gone.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


int  mdb_txn_renew(void *txn);


int
mdb_txn_renew(void *txn)
{
    int                    rc, (*next)(void *);
    const struct timespec  moment = { .tv_nsec = 10000000 };

    *(void **) &next = dlsym(RTLD_NEXT, "mdb_txn_renew");
    rc = next(txn);

    if (rc == 0 && access(getenv("STOP_FILE"), F_OK) == 0) {
        (void) raise(SIGSTOP);

        while (getpid() == 1 && access(getenv("STOP_FILE"), F_OK) == 0) {
            (void) nanosleep(&moment, NULL);
        }
    }

    return rc;
}
