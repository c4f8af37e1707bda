
/*
 * The store of the process: opened when it appears, left when it is replaced
 * or has failed.
 *
 * All of it runs on one thread.  A store that follows another is opened only
 * after that one is closed: the two may have the lock file in common, and
 * closing it drops the process's locks on it.  Readers wait meanwhile, by
 * their mutexes; they do not while there is no store to be closed.
 */

#include "lookup_internal.h"

#include "boot_clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>


struct lookup_source_s {
    const char      *path;
    log_t           *log;
    store_t         *store;          /* NULL: none is open */
    _Atomic bool     open;           /* the same, for any thread */
    store_error_t    told;           /* the state that was logged last */
    unsigned         n;
    lookup_t         readers[];
};


static bool lookup_source_failed(lookup_source_t *source,
    store_status_t *status);
static void lookup_source_leave(lookup_source_t *source);
static void lookup_source_lock(lookup_source_t *source);
static void lookup_source_unlock(lookup_source_t *source);
static store_status_t lookup_source_open(lookup_source_t *source,
    bool locked);
static store_status_t lookup_source_attach(lookup_source_t *source,
    store_t *store);
static void lookup_source_tell(lookup_source_t *source,
    const store_error_t *error);


lookup_source_t *
lookup_source_create(const char *path, unsigned readers, log_t *log)
{
    unsigned                i;
    lookup_source_t        *source;
    lease_clock_reading_t   reading;

    source = calloc(1, sizeof(*source) + readers * sizeof(lookup_t));

    if (source == NULL) {
        return NULL;
    }

    source->path = path;
    source->log = log;
    source->n = readers;
    source->told.status = STORE_OK;

    for (i = 0; i < readers; i++) {
        pthread_mutex_init(&source->readers[i].mutex, NULL);
        source->readers[i].log = log;
        source->readers[i].first = i == 0;
        atomic_init(&source->readers[i].failure, STORE_OK);
    }

    /* its first call is to come from a single thread */

    boot_clock_read(&reading);

    return source;
}


void
lookup_source_destroy(lookup_source_t *source)
{
    unsigned  i;

    if (source == NULL) {
        return;
    }

    lookup_source_lock(source);
    lookup_source_leave(source);
    lookup_source_unlock(source);

    for (i = 0; i < source->n; i++) {
        pthread_mutex_destroy(&source->readers[i].mutex);
    }

    free(source);
}


/* LMDB never clears a slot with the id of the process that looks: by another
 * process it is seen that nobody lives under it.  That one opens the store,
 * which clears what is dead, and ends. */
void
lookup_source_clear(const lookup_source_t *source)
{
    pid_t             pid = fork();
    store_t          *store;
    store_error_t     error;
    store_options_t   options = { .path = source->path };

    if (pid == 0) {
        if (store_open(&store, &options, &error) == STORE_OK) {
            store_close(store);
        }

        _exit(EXIT_SUCCESS);
    }

    while (pid > 0 && waitpid(pid, NULL, 0) == -1 && errno == EINTR) {
        continue;
    }
}


lookup_source_status_t
lookup_source_check(lookup_source_t *source)
{
    store_status_t  status = STORE_OK;

    if (source->store == NULL) {
        status = lookup_source_open(source, false);

    } else if (store_replaced(source->store)) {

        /* a restored copy, most likely; the old one's pages are still mapped
         * and would be served for ever */

        log_line(source->log, "store: %s was replaced", source->path);

        lookup_source_lock(source);
        lookup_source_leave(source);
        status = lookup_source_open(source, true);
        lookup_source_unlock(source);

    } else if (lookup_source_failed(source, &status)) {
        log_line(source->log, "store: %s: %s; opening it again", source->path,
                 store_status_text(status));

        lookup_source_lock(source);
        lookup_source_leave(source);
        status = lookup_source_open(source, true);
        lookup_source_unlock(source);
    }

    return status == STORE_OK ? LOOKUP_SOURCE_OK
           : status == STORE_UNLOCKED ? LOOKUP_SOURCE_UNLOCKED
           : LOOKUP_SOURCE_WAITING;
}


void
lookup_source_facts(const lookup_source_t *source, lookup_facts_t *facts)
{
    int64_t                 held;
    unsigned                i;
    const lookup_shown_t   *shown;
    lease_clock_reading_t   reading;

    boot_clock_read(&reading);
    memset(facts, 0, sizeof(*facts));
    facts->open = atomic_load(&source->open);

    for (i = 0; i < source->n; i++) {
        shown = &source->readers[i].shown;

        /* a thread that nobody asked lately has not seen the newest */

        if (atomic_load(&shown->txn_id) >= facts->txn_id) {
            facts->txn_id = atomic_load(&shown->txn_id);
            facts->committed = atomic_load(&shown->committed);
            facts->zones = atomic_load(&shown->zones);
        }

        facts->clock_stepped |= atomic_load(&shown->clock_stepped);
        facts->damaged += atomic_load(&shown->damaged);
        held = atomic_load(&shown->held);

        if (held != 0 && reading.boottime - held > facts->age) {
            facts->age = reading.boottime - held;
        }
    }
}


lookup_t *
lookup_source_reader(lookup_source_t *source, unsigned i)
{
    return &source->readers[i];
}


/* A reader notes why it could not go on; only here that is looked at, so a
 * failing store is opened again once a second and not once a query. */
static bool
lookup_source_failed(lookup_source_t *source, store_status_t *status)
{
    unsigned  i;

    for (i = 0; i < source->n; i++) {
        *status = (store_status_t) atomic_load(&source->readers[i].failure);

        if (*status != STORE_OK) {
            return true;
        }
    }

    return false;
}


/* All transactions end before the environment does.  The readers must be
 * locked. */
static void
lookup_source_leave(lookup_source_t *source)
{
    unsigned  i;

    for (i = 0; i < source->n; i++) {
        (void) lookup_attach(&source->readers[i], NULL);
    }

    store_close(source->store);
    source->store = NULL;
    atomic_store(&source->open, false);
}


/* Always in this order, and a reader's thread takes only its own: no two can
 * wait for each other. */
static void
lookup_source_lock(lookup_source_t *source)
{
    unsigned  i;

    for (i = 0; i < source->n; i++) {
        pthread_mutex_lock(&source->readers[i].mutex);
    }
}


static void
lookup_source_unlock(lookup_source_t *source)
{
    unsigned  i;

    for (i = 0; i < source->n; i++) {
        pthread_mutex_unlock(&source->readers[i].mutex);
    }
}


/* Opens the store and gives it to the readers, which are locked or not. */
static store_status_t
lookup_source_open(lookup_source_t *source, bool locked)
{
    store_t          *store;
    store_error_t     error = { STORE_OK, "" };
    store_options_t   options = { .path = source->path };

    error.status = store_open(&store, &options, &error);

    if (error.status == STORE_OK) {
        if (!locked) {
            lookup_source_lock(source);
        }

        error.status = lookup_source_attach(source, store);

        if (!locked) {
            lookup_source_unlock(source);
        }

        if (error.status != STORE_OK) {
            strncpy(error.text, "it was opened but cannot be read",
                    sizeof(error.text) - 1);
        }
    }

    lookup_source_tell(source, &error);

    return error.status;
}


/* All readers or none: half of the threads must not say SERVFAIL for ever. */
static store_status_t
lookup_source_attach(lookup_source_t *source, store_t *store)
{
    unsigned        i;
    store_status_t  status = STORE_OK;

    /* kept before the first reader has it: a failure leaves by one way */

    source->store = store;

    for (i = 0; i < source->n && status == STORE_OK; i++) {
        status = lookup_attach(&source->readers[i], store);
    }

    if (status != STORE_OK) {
        lookup_source_leave(source);
    }

    atomic_store(&source->open, source->store != NULL);

    return status;
}


/* One line for each change of state, however often it is looked at. */
static void
lookup_source_tell(lookup_source_t *source, const store_error_t *error)
{
    if (error->status == STORE_OK) {
        log_line(source->log, "store: serving %s", source->path);

    } else if (error->status != source->told.status
               || strcmp(error->text, source->told.text) != 0)
    {
        log_line(source->log, "store: %s: %s: %s%s", source->path,
                 store_status_text(error->status), error->text,
                 error->status == STORE_UNLOCKED
                 ? "" : "; answering SERVFAIL until that changes");
    }

    source->told = *error;
}
