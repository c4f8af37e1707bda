
/*
 * Log lines, to stderr, whole lines in one write.  No timestamps: journald
 * and container runtimes have their own.  Any thread.
 */

#ifndef LOG_H
#define LOG_H


#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>


typedef struct {
    _Atomic int64_t   window;        /* second that peer lines count in */
    _Atomic unsigned  lines;         /* of peers in that second */
    _Atomic unsigned  suppressed;    /* since the last one that was written */
    int               fd;            /* stderr, or another way to its pipe */
    bool              socket;
    const char       *where;         /* stands in front of each line; NULL.
                                        Of a single thread alone */
} log_t;


/* What stderr is counts from here on.  Before there are threads, and before
 * privileges are dropped: a pipe is its maker's. */
void log_init(log_t *log);

/* What the operator or the system caused. */
void log_line(log_t *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What a peer can cause at will: a few lines a second, the rest counted.  The
 * caller escapes what came from the peer. */
void log_peer(log_t *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));


#endif /* LOG_H */
