
/*
 * Giving up what only binding needed.
 */

#ifndef PRIVILEGES_H
#define PRIVILEGES_H


#include "log.h"


/* Who the process will be; looked up before anything is bound, so that a
 * mistake costs no outage. */
typedef struct {
    const char  *user;           /* NULL: stay who we are */
    const char  *group;          /* NULL: the user's own */
    unsigned     uid;
    unsigned     gid;
} privileges_t;


/* False where a name is not known or cannot be had, which is logged. */
bool privileges_find(privileges_t *privileges, const char *user,
    const char *group, log_t *log);

/* The group alone. */
bool privileges_find_group(privileges_t *privileges, const char *group,
    log_t *log);

/* Neither core dumps nor a debugger of the same user from now on; who becomes
 * another user has to say so again (privileges_drop does).  False is
 * logged. */
bool privileges_hide(log_t *log);

/*
 * Becomes that user for good, makes sure of it, and gives up all
 * capabilities, now and for whatever might be run.  Root that stays root keeps
 * the one by which it reads the store of another user.  False where that
 * fails, which is logged: the process must not go on.
 */
bool privileges_drop(const privileges_t *privileges, log_t *log);


#endif /* PRIVILEGES_H */
