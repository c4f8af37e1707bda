
/*
 * What the commands of srvctl(8) share.  A command prints its result to
 * stdout and its complaints to stderr, and returns the process's exit status.
 */

#ifndef SRVCTL_H
#define SRVCTL_H


#include "device_admin.h"
#include "store_issuers.h"
#include "store_zone.h"


#define SRVCTL_STORE  "/var/lib/srv-registrar"

#define SRVCTL_USAGE  2              /* exit status of a wrong command line */

/* Values to a snapshot.  A walk through a large store must not pin the pages
 * that the registrar frees meanwhile; so it sees each value as it is at one
 * moment, and all of them as they are at several. */
#define SRVCTL_SLICE  1000


typedef struct {
    const char      *path;           /* the store's directory */
    size_t           room;           /* bytes that the map must have beyond
                                        the file; 0: it stays as it is */
    store_t         *store;
    store_txn_t     *txn;            /* of a reader; holds a snapshot */
    lease_clock_t    clock;
    store_zones_t   *zones;
    store_issuers_t  issuers;
} srvctl_t;


/* Root's rights are given up for good, but for those of the directory's owner.
 * Ends the process where that cannot be done. */
void srvctl_yield(const char *directory);

/* Opens an existing store, with the rights of its owner from then on, and looks
 * at tables and clock; ends the process where that cannot be done.  Never makes
 * a store. */
void srvctl_open(srvctl_t *ctl, bool writer);

/* The same; false after a complaint, with nothing to close. */
bool srvctl_try(srvctl_t *ctl, bool writer);
void srvctl_close(srvctl_t *ctl);

/* Reads the clocks anew; the mark that the transaction shows counts. */
void srvctl_time(srvctl_t *ctl, store_txn_t *txn);

/* Begins a write transaction; ends the process where that cannot be done.
 * commit: EXIT_SUCCESS, or a complaint and EXIT_FAILURE. */
store_txn_t *srvctl_begin(srvctl_t *ctl);
int srvctl_commit(srvctl_t *ctl, store_txn_t *txn);

/* The key of a device's name, as text; a complaint and false where it lies in
 * no zone of the store, or not next to the apex of one. */
bool srvctl_key(const srvctl_t *ctl, const char *name, store_key_t *key);

/* The name of a key, or its bytes in hex where it is none. */
#define SRVCTL_NAME_MAX  (2 * STORE_KEY_MAX + DEVICE_NAME_TEXT_MAX)
void srvctl_name(char text[SRVCTL_NAME_MAX], store_span_t key);

/* All values but the store's own records, in key order, each slice of them
 * with a snapshot of its own.  EXIT_FAILURE after a complaint. */
int srvctl_walk(srvctl_t *ctl, store_visitor_t visitor, void *data);

/*
 * The greatest `created` that a registrar with this clock can have accepted;
 * raises that of a device's keys to it (false where they have it); and that of
 * all keys of a store, open as a writer's (false after a complaint: some may
 * have been changed).
 */
int64_t srvctl_spent(const lease_clock_t *clock);
bool srvctl_spend_device(store_device_t *device, int64_t created);
bool srvctl_spend(srvctl_t *ctl);


/* argv[0] is "srvctl" and the command's name, as getopt() speaks of it.
 * SRVCTL_USAGE: main() tells how it is used. */
int srvctl_list(srvctl_t *ctl, int argc, char **argv);
int srvctl_show(srvctl_t *ctl, int argc, char **argv);
int srvctl_suspend(srvctl_t *ctl, int argc, char **argv);
int srvctl_resume(srvctl_t *ctl, int argc, char **argv);
int srvctl_remove(srvctl_t *ctl, int argc, char **argv);
int srvctl_issuers(srvctl_t *ctl, int argc, char **argv);
int srvctl_ds(srvctl_t *ctl, int argc, char **argv);
int srvctl_stats(srvctl_t *ctl, int argc, char **argv);
int srvctl_check(srvctl_t *ctl, int argc, char **argv);
int srvctl_backup(srvctl_t *ctl, int argc, char **argv);
int srvctl_restore(srvctl_t *ctl, int argc, char **argv);
int srvctl_dump(srvctl_t *ctl, int argc, char **argv);
int srvctl_load(srvctl_t *ctl, int argc, char **argv);


#endif /* SRVCTL_H */
