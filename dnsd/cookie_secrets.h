
/*
 * Where the secrets of DNS cookies come from.
 */

#ifndef COOKIE_SECRETS_H
#define COOKIE_SECRETS_H


#include "answer_cookie.h"
#include "log.h"


/* Reads a file of one or two lines of 32 hex digits; blank lines and such that
 * begin with # do not count.  Refuses a file that strangers could have read or
 * written.  False, with *secrets as it was, where it is not to be used, which
 * is logged. */
bool cookie_secrets_read(answer_secrets_t *secrets, const char *path,
    log_t *log);

/* One secret that nobody else has.  False where the system gives none, which
 * is logged. */
bool cookie_secrets_random(answer_secrets_t *secrets, log_t *log);


#endif /* COOKIE_SECRETS_H */
