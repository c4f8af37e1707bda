
/*
 * Whether we answer: asked of the threads once a second, and told to whoever
 * looks after us.  The main thread only.
 */

#ifndef HEALTH_H
#define HEALTH_H


#include "net.h"
#include "supervisor.h"

#include <time.h>


typedef struct {
    net_t               *net;
    const supervisor_t  *supervisor;
    log_t               *log;
    bool                 ready;      /* a first answer was had, and told */
    bool                 served;     /* ... out of a store, the last time */
} health_t;


/* The threads run. */
void health_init(health_t *health, net_t *net, const supervisor_t *supervisor,
    log_t *log);

/* When to check next: soon where nothing has been answered so far. */
struct timespec health_wait(const health_t *health);

/*
 * Asks, and tells.  False where a thread has hung for so long that the process
 * must not go on, which is logged; the thread cannot be waited for then.
 */
bool health_check(health_t *health);

/* Around a reading of the configuration anew. */
void health_reload(const health_t *health, bool begin);


#endif /* HEALTH_H */
