
/*
 * A process that is stopped (SIGSTOP) while it holds a snapshot: by whoever
 * takes one next while the file STOP_FILE is there.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>


int  mdb_txn_renew(void *txn);


int
mdb_txn_renew(void *txn)
{
    int   rc, (*next)(void *);

    *(void **) &next = dlsym(RTLD_NEXT, "mdb_txn_renew");
    rc = next(txn);

    if (rc == 0 && access(getenv("STOP_FILE"), F_OK) == 0) {
        (void) raise(SIGSTOP);
    }

    return rc;
}
