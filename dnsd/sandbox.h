
/*
 * What dnsd may still do once it serves: read its store, write its reader
 * slot, read its own files again, answer.  Whoever takes it over by a packet
 * gets no program, no file, no connection and no other process by it.
 */

#ifndef SANDBOX_H
#define SANDBOX_H


#include "log.h"


#define SANDBOX_FILES  16


/* Paths, of which those that are NULL do not count.  A file may be replaced,
 * and need not be there yet; the directory that it is in must be. */
typedef struct {
    const char  *store;              /* read, and its lock file written */
    const char  *reread[SANDBOX_FILES];      /* read */
    bool         connects;           /* to unix sockets, again and again */
    bool         links;              /* looks up names of interfaces */
} sandbox_options_t;


/*
 * Gives up all else, for good.  Before any thread is started: a rule about
 * files holds for the calling thread and those that it starts.  What the
 * kernel does not know is logged and left out; false where it knows and
 * refuses, which is logged: the process must not go on.
 *
 * From then on a call that is not allowed ends the process, with a line that
 * names it; a file that is not allowed is a refusal (EACCES) like any other.
 */
bool sandbox_enter(const sandbox_options_t *options, log_t *log);


#endif /* SANDBOX_H */
