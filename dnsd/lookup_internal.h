
/*
 * Shared by the lookup*.c files: a reader's state.  The reader's
 * thread holds `mutex` from lookup_begin to lookup_end; the source takes it
 * to give or take away the store.
 */

#ifndef LOOKUP_INTERNAL_H
#define LOOKUP_INTERNAL_H


#include "lookup.h"
#include "store.h"
#include "store_issuers.h"
#include "store_zone.h"

#include <pthread.h>
#include <stdatomic.h>


/* What a reader tells others: it alone writes, and nobody waits. */
typedef struct {
    _Atomic uint64_t     txn_id;
    _Atomic int64_t      committed;
    _Atomic unsigned     zones;
    _Atomic bool         clock_stepped;
    _Atomic int64_t      held;          /* since when (boottime, s); 0: no
                                           snapshot is held */
    _Atomic uint64_t     damaged;
} lookup_shown_t;


struct lookup_s {
    pthread_mutex_t      mutex;
    log_t               *log;
    bool                 first;         /* tells of clock events for all */
    _Atomic int          failure;       /* store_status_t: the source is to
                                           open the store again */

    store_txn_t         *txn;           /* NULL: no store */
    bool                 ready;         /* holds a snapshot */
    int64_t              begun;         /* ms, when it was taken */
    bool                 known;         /* the fields below are set */
    uint64_t             txn_id;        /* that they are from */
    bool                 marked;        /* mark is set */
    lease_clock_mark_t   mark;
    bool                 clocked;       /* clock is set */
    lease_clock_t        clock;
    lookup_shown_t       shown;
    int64_t              now;           /* lease time of this batch, s */
    store_zones_t        zones;
    store_issuers_t      issuers;
    lookup_node_t        apex;          /* of this batch's last negative answer
                                           of another value than its own */
    uint8_t              apex_name[WIRE_NAME_MAX];
    lookup_signers_t     signers;       /* of the zone below */
    uint64_t             signers_txn;   /* that they are from */
    size_t               signers_len;   /* of its name; 0: of none */
    uint8_t              signers_zone[WIRE_NAME_MAX];

    store_key_t          keys[LOOKUP_BATCH];
    store_span_t         values[LOOKUP_BATCH];
    store_status_t       statuses[LOOKUP_BATCH];
};


/* Gives a reader a store, or takes it away (NULL).  The caller holds the
 * reader's mutex. */
store_status_t lookup_attach(lookup_t *lookup, store_t *store);

/* The value of a node that was found. */
store_value_t lookup_value(const lookup_node_t *node);

/* Shows an RRset of a node's value. */
void lookup_rrset_set(const lookup_t *lookup, const lookup_node_t *node,
    const store_rrset_t *from, lookup_rrset_t *rrset);

/* Signatures and NSEC: data about data. */
static inline bool
lookup_is_meta(uint16_t type)
{
    return type == WIRE_TYPE_RRSIG || type == WIRE_TYPE_NSEC;
}


#endif /* LOOKUP_INTERNAL_H */
