
/*
 * What the store says about a name.  The lookup*.c files are the only ones of
 * dnsd that know the store; no type of it shows here.
 *
 * A source is the store of the whole process, and follows it when it appears
 * or is replaced.  Each thread has one reader.  Between lookup_begin and
 * lookup_end a reader holds a snapshot: everything found lives until
 * lookup_end, and nothing may block in between.
 */

#ifndef LOOKUP_H
#define LOOKUP_H


#include "log.h"
#include "wire.h"


/* Names whose values are fetched at once.  Sixteen would hide half of the
 * cache misses, 64 no more of them, at twice the latency of a batch. */
#define LOOKUP_BATCH  32


typedef struct lookup_source_s  lookup_source_t;
typedef struct lookup_s         lookup_t;


typedef enum {
    LOOKUP_SOURCE_OK = 0,
    LOOKUP_SOURCE_WAITING,       /* no usable store: queries get SERVFAIL */
    LOOKUP_SOURCE_UNLOCKED       /* the lock file is on a read-only mount:
                                    the process must not go on */
} lookup_source_status_t;


/* A source for `readers` threads; path and log must outlive it.  Opens
 * nothing yet.  NULL without memory. */
lookup_source_t *lookup_source_create(const char *path, unsigned readers,
    log_t *log);

/*
 * Frees the reader slots that a dnsd before us left in the store, when it was
 * killed; the one under our own process id, too, as in a container that was
 * restarted.  Before any thread is started and before the store is opened; it
 * forks.
 */
void lookup_source_clear(const lookup_source_t *source);

/* All readers' threads must have ended. */
void lookup_source_destroy(lookup_source_t *source);

/*
 * Opens the store where it is not open, follows where it was replaced or has
 * failed, and logs each change of state once.  Called at start and then about
 * once a second, always by the same thread, never by one that answers.
 */
lookup_source_status_t lookup_source_check(lookup_source_t *source);

/* For metrics: what the readers saw with their last batches. */
typedef struct {
    bool      open;
    uint64_t  txn_id;            /* of the newest commit seen */
    int64_t   committed;         /* its lease time, s since 1970; 0: unknown */
    unsigned  zones;
    bool      clock_stepped;     /* the wall clock is not believed */
    int64_t   age;               /* of the oldest snapshot that is held, s */
    uint64_t  damaged;           /* values met that could not be opened */
} lookup_facts_t;

/* Any thread; waits for nobody. */
void lookup_source_facts(const lookup_source_t *source,
    lookup_facts_t *facts);

/* The reader of thread number i. */
lookup_t *lookup_source_reader(lookup_source_t *source, unsigned i);


typedef enum {
    LOOKUP_PLACE_NONE = 0,       /* in no zone of ours, or a withdrawn one */
    LOOKUP_PLACE_FOUND,          /* there is a value */
    LOOKUP_PLACE_ABSENT,         /* none, or a suspended device's */
    LOOKUP_PLACE_FAILED          /* no store, or a damaged value */
} lookup_place_t;


/* A name and the value that holds everything at or below its label next to
 * the apex. */
typedef struct {
    wire_span_t     name;        /* whole, lower case; the caller's */
    size_t          label_at;    /* where the value's own name begins */
    size_t          zone_at;     /* where the zone's name begins; at the apex
                                    both are 0 */
    lookup_place_t  place;
    int             kind;        /* the rest is lookup's own */
    wire_span_t     header;
    wire_span_t     rrsets;
} lookup_node_t;


typedef struct {
    uint16_t        type;
    uint16_t        count;
    uint32_t        ttl;         /* never above the lease left, s */
    wire_span_t     fqdn;        /* what is spliced into RDATA */
    wire_span_t     rrs;         /* for lookup_rr_next */
} lookup_rrset_t;


typedef struct {
    wire_span_t     rrs;
    wire_span_t     fqdn;
} lookup_rr_iter_t;


/* RDATA in up to three pieces, to be written one after the other. */
typedef struct {
    wire_span_t     head;
    wire_span_t     fqdn;        /* empty: nothing is spliced */
    wire_span_t     tail;
} lookup_rr_t;


typedef enum {
    LOOKUP_NO_ZONE = 0,
    LOOKUP_RRSET,                /* *rrset is of the type asked for */
    LOOKUP_CNAME,                /* *rrset is the name's CNAME */
    LOOKUP_NODATA,               /* the name exists, or one below it does */
    LOOKUP_NXDOMAIN,
    LOOKUP_FAILED
} lookup_result_t;


/*
 * Takes a snapshot and the time.  False where there is no store: lookups then
 * fail, and lookup_end must still be called.
 */
bool lookup_begin(lookup_t *lookup);

/*
 * Lets it go.  Ends the process, with a line, where it was stopped in between
 * and lost its slot by that: nothing that was found may be used.
 */
void lookup_end(lookup_t *lookup);

/* In between: what lookup_begin returned. */
bool lookup_ready(const lookup_t *lookup);

/* In between: the lease time by which the batch judges, s since 1970. */
int64_t lookup_time(const lookup_t *lookup);

/* Finds zone and label of name, which must be lower case. */
void lookup_node_init(lookup_t *lookup, lookup_node_t *node, wire_span_t name);

/* The apex of a node's zone. */
void lookup_node_apex(lookup_node_t *apex, const lookup_node_t *node);

/* True where b is in the value that a has: *b takes it over. */
bool lookup_node_share(const lookup_node_t *a, lookup_node_t *b);

/* Fetches the values of at most LOOKUP_BATCH nodes. */
void lookup_fetch(lookup_t *lookup, lookup_node_t *const *nodes, size_t n);

/* The same for an apex: the last one is kept until lookup_end, since a tenth of
 * all answers are negative and want the same one. */
void lookup_fetch_apex(lookup_t *lookup, lookup_node_t *apex);

/*
 * What there is for a type, WIRE_TYPE_ANY included (any one live RRset).  An
 * RRset whose lease has run out does not exist.  Signatures and NSEC records
 * are found by the functions further down alone: they make no name exist.
 */
lookup_result_t lookup_find(const lookup_t *lookup, const lookup_node_t *node,
    uint16_t type, lookup_rrset_t *rrset);

/* As many keys as the registrar lets sign at one time (device_sign.h). */
#define LOOKUP_SIGNERS_MAX  8

/* Which keys sign a zone now: those that have signed its SOA. */
typedef struct {
    bool          is_signed;     /* the apex has DNSKEY records */
    unsigned      n;
    struct {
        uint8_t   algorithm;
        uint16_t  tag;
    } signers[LOOKUP_SIGNERS_MAX];
} lookup_signers_t;

/*
 * Of a node's zone.  NULL where its apex cannot be read.  Lives until the next
 * call.  The last zone's are kept until the next commit, so that a signed
 * answer costs no look at the apex.
 */
const lookup_signers_t *lookup_signers(lookup_t *lookup,
    const lookup_node_t *node);


typedef enum {
    LOOKUP_SIGNED = 0,
    LOOKUP_UNSIGNED,             /* there is no signature */
    LOOKUP_EXPIRED,              /* none that is in its time */
    LOOKUP_NOT_YET
} lookup_validity_t;


typedef struct {
    wire_span_t   rrs;           /* lookup's own */
    uint16_t      covered;
    uint32_t      now;
} lookup_signatures_t;


/*
 * The signatures that cover a type at the node's name and are in their time,
 * for lookup_signature_next; it finds one at least where the result is
 * LOOKUP_SIGNED.
 */
lookup_validity_t lookup_signatures(const lookup_t *lookup,
    const lookup_node_t *node, uint16_t covered,
    lookup_signatures_t *signatures);
bool lookup_signature_next(lookup_signatures_t *signatures,
    wire_span_t *rdata);

/* The NSEC record that is stored for the node's name, while what it says is
 * true.  The node must be one that exists. */
bool lookup_denial(const lookup_t *lookup, const lookup_node_t *node,
    lookup_rrset_t *nsec);

/* RRsets of a value, and so types at a name. */
#define LOOKUP_TYPES_MAX  128

/* The types that live at the node's name, in ascending order, without those
 * of lookup_signatures and lookup_denial.  Returns their number. */
size_t lookup_types(const lookup_t *lookup, const lookup_node_t *node,
    uint16_t types[LOOKUP_TYPES_MAX]);

void lookup_rr_begin(lookup_rr_iter_t *iter, const lookup_rrset_t *rrset);
bool lookup_rr_next(lookup_rr_iter_t *iter, lookup_rr_t *rr);


#endif /* LOOKUP_H */
