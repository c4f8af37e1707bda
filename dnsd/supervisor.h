
/*
 * Whoever started us and looks after us: systemd's protocol for services,
 * spoken by hand since it is a few lines of text (sd_notify(3),
 * sd_listen_fds(3), sd_watchdog_enabled(3)).  Where nobody does, every call
 * is a no-op.  The main thread only.
 */

#ifndef SUPERVISOR_H
#define SUPERVISOR_H


#include "log.h"

#include <stdint.h>


/* Where the sockets begin that were handed over. */
#define SUPERVISOR_SOCKETS  3


typedef struct {
    int       fd;                /* connected to its socket; -1: nobody */
    unsigned  nsockets;          /* from SUPERVISOR_SOCKETS on */
    int64_t   watchdog;          /* ms in which it wants a sign of life; 0:
                                    it does not wait for any */
} supervisor_t;


typedef enum {
    SUPERVISOR_READY = 0,        /* after start, and after each reload */
    SUPERVISOR_RELOADING,
    SUPERVISOR_STOPPING,
    SUPERVISOR_ALIVE,            /* feeds the watchdog */
    SUPERVISOR_STATUS            /* nothing but the text */
} supervisor_state_t;


/*
 * Takes what the environment says, and takes it out of there.  Before any
 * thread is started.  False where it cannot be meant, which is logged.
 */
bool supervisor_open(supervisor_t *supervisor, log_t *log);
void supervisor_close(supervisor_t *supervisor);

/* Says so, with a line for people (NULL: the last one stays).  Never waits;
 * what the other side does not read is lost. */
void supervisor_tell(const supervisor_t *supervisor, supervisor_state_t state,
    const char *status);


#endif /* SUPERVISOR_H */
