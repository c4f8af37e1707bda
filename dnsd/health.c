
/*
 * Whether we answer.
 *
 * Ready is who has answered a question, on every thread, by the way that
 * queries take.  SERVFAIL for want of a store is such an answer: a boot does
 * not wait for a registrar that may be another machine's affair, and a
 * resolver that is told so at once asks elsewhere.  The status says it.
 *
 * The watchdog is fed only where all threads have answered since it was fed
 * last.  Without one, a thread that hangs still ends the process: it may hold
 * a snapshot, and the registrar's file grows as long as it does.
 */

#include "health.h"


/* Until the first answer: milliseconds are all that it takes. */
#define HEALTH_MOMENT  5           /* ms */

/* Asked once a second otherwise: half would wake idle threads for nothing,
 * twice would leave WatchdogSec=2 no second chance. */
#define HEALTH_PERIOD  1000        /* ms */

/* Questions that a thread may let pass, and so about as many seconds.  A page
 * of a busy disk takes a fraction of one; the file grows by what the
 * registrar commits in that time. */
#define HEALTH_MISSED  10


static void health_tell(health_t *health, bool served);


void
health_init(health_t *health, net_t *net, const supervisor_t *supervisor,
    log_t *log)
{
    health->net = net;
    health->supervisor = supervisor;
    health->log = log;
    health->ready = false;
    health->served = false;

    (void) net_pulse(net);
}


struct timespec
health_wait(const health_t *health)
{
    int64_t  ms = health->ready ? HEALTH_PERIOD : HEALTH_MOMENT;

    /* fed twice in its time, so that one late wake-up is no death */

    if (health->supervisor->watchdog != 0
        && ms > health->supervisor->watchdog / 2)
    {
        ms = health->supervisor->watchdog / 2;
    }

    return (struct timespec) { .tv_sec = ms / 1000,
                               .tv_nsec = ms % 1000 * 1000000 };
}


bool
health_check(health_t *health)
{
    bool      all, served = net_pulse_served(health->net, &all);
    unsigned  missed;

    if (!health->ready && !all) {
        return true;
    }

    missed = net_pulse(health->net);

    if (missed == 0) {
        health_tell(health, served);
        return true;
    }

    if (missed < HEALTH_MISSED) {
        return true;
    }

    log_line(health->log, "a thread has not come by %u times in a row: "
             "ending, since it may hold a snapshot of the store", missed);

    return false;
}


void
health_reload(const health_t *health, bool begin)
{
    supervisor_tell(health->supervisor,
                    begin ? SUPERVISOR_RELOADING : SUPERVISOR_READY, NULL);
}


/* The text only where it changes; it is a message each time. */
static void
health_tell(health_t *health, bool served)
{
    const char  *status = NULL;

    if (!health->ready || served != health->served) {
        status = served ? "answering"
                        : "no store to answer from: SERVFAIL";
    }

    supervisor_tell(health->supervisor,
                    health->ready ? SUPERVISOR_ALIVE : SUPERVISOR_READY,
                    status);

    health->ready = true;
    health->served = served;
}
