
/*
 * The registrar's side of the store, one object per process and directory.
 *
 * What enters: jobs of verified requests, and time.  What leaves: jobs with
 * their results, after the commit.  What always holds: the event loop only
 * reads, within one call; everything that may wait for a lock or a disk runs
 * in the one thread task that is in flight, and while it is in flight the
 * environment is not replaced.
 *
 * All functions run on the event loop unless they say otherwise.
 */

#ifndef NGX_SRV_REGISTRAR_STORE_H
#define NGX_SRV_REGISTRAR_STORE_H


#include "ngx_srv_registrar_module.h"
#include "boot_clock.h"
#include "device_admin.h"
#include "device_door.h"
#include "store_issuers.h"


/* Jobs of one transaction.  Half would cost a quarter more for an update where
 * a thousand wait, since fewer of them share a page of the tree; double would
 * save less, and make the first of a batch wait longer for the last. */
#define NGX_SRV_REGISTRAR_BATCH  512

/* Jobs that have ended and are still to be answered: with more no task begins,
 * so that a flood of updates waits in the queue, whose end says so.  Half might
 * let the disk idle while a batch is answered. */
#define NGX_SRV_REGISTRAR_ENDED  (4 * NGX_SRV_REGISTRAR_BATCH)


/* A job's values: one, and of a RENAME three. */
#define NGX_SRV_REGISTRAR_VALUES  3


typedef struct ngx_srv_registrar_job_s  ngx_srv_registrar_job_t;

typedef enum {
    NGX_SRV_REGISTRAR_JOB_ENROLL = 0,
    NGX_SRV_REGISTRAR_JOB_ROTATE,
    NGX_SRV_REGISTRAR_JOB_APPLY,
    NGX_SRV_REGISTRAR_JOB_CREDENTIALS,
    NGX_SRV_REGISTRAR_JOB_CHALLENGE,
    NGX_SRV_REGISTRAR_JOB_ADDRESS,
    NGX_SRV_REGISTRAR_JOB_REGISTER,
    NGX_SRV_REGISTRAR_JOB_RENAME,
    NGX_SRV_REGISTRAR_JOB_ADMIN,
    NGX_SRV_REGISTRAR_JOB_ISSUER
} ngx_srv_registrar_job_type_t;

/* Who signed the certificate that a device enrols with. */
typedef struct {
    ngx_uint_t    known;                         /* 0: nothing else is set */
    uint8_t       digest[STORE_DIGEST_LEN];      /* of its public key */
    store_span_t  name;                          /* the request's memory */
} ngx_srv_registrar_issuer_t;


/* The other values of a RENAME; `key` of the job is the new name's. */
typedef struct {
    store_key_t    root;                         /* of epoch 0 */
    store_key_t    current;
    ngx_uint_t     same;                         /* they are one */
    uint32_t       interval;                     /* s */
} ngx_srv_registrar_rename_t;


/* What one request wants of the writer.  It lives in the request's pool,
 * which stays while main->blocked is above zero. */
struct ngx_srv_registrar_job_s {
    ngx_srv_registrar_job_t       *next;
    ngx_http_request_t            *request;
    ngx_srv_registrar_job_type_t   type;

    ngx_srv_registrar_zone_t      *zone;
    store_key_t                    key;
    device_claim_t                 claim;
    device_enrollment_t            enrollment;   /* ENROLL, ROTATE,
                                                    REGISTER */
    ngx_srv_registrar_issuer_t     issuer;       /* ENROLL, REGISTER, ISSUER */
    device_admin_t                 admin;        /* ADMIN, ISSUER */
    ngx_srv_registrar_rename_t    *rename;       /* RENAME */
    device_method_t                method;       /* APPLY */
    device_change_t               *change;       /* NULL: withdraw */
    device_door_claim_t            door;         /* CHALLENGE, ADDRESS */
    char                           challenge[DEVICE_CHALLENGE_LEN];
    device_address_wish_t          ipv4;         /* ADDRESS */
    device_address_wish_t          ipv6;
    uint32_t                       issue;        /* CREDENTIALS */
    uint32_t                       rotate;
    uint16_t                       secret;       /* CREDENTIALS, REGISTER */
    store_span_t                   prepared[NGX_SRV_REGISTRAR_VALUES];
                                                 /* the thread's: values made
                                                    before the lock */

    /* results */
    device_reason_t                reason;
    device_error_t                 error;
    device_outcome_t               outcome;
    uint8_t                       *value;        /* outcome's bytes: malloc's,
                                                    freed with the request */
    int64_t                        now;
    unsigned                       committed:1; /* durable, and accepted */
};


/* What a thread task has to do; bits of work->todo. */
#define NGX_SRV_REGISTRAR_OPEN     0x01
#define NGX_SRV_REGISTRAR_CHECK    0x02  /* was the store replaced? */
#define NGX_SRV_REGISTRAR_COMMIT   0x04
#define NGX_SRV_REGISTRAR_PUBLISH  0x08
#define NGX_SRV_REGISTRAR_READERS  0x10  /* clear stale slots, look at fill */
#define NGX_SRV_REGISTRAR_SWEEP    0x20  /* one slice */


/* What a whole sweep has seen. */
typedef struct {
    ngx_uint_t                      devices;
    ngx_uint_t                      live;        /* with something to show */
    ngx_uint_t                      suspended;   /* themselves */
    ngx_uint_t                      rrsets;      /* live ones */
    ngx_uint_t                      to_sign;     /* values of signed zones */
    ngx_uint_t                      lacking;     /* those of them that could
                                                    not be signed */
} ngx_srv_registrar_census_t;


/* A thread task's own data: the event loop leaves it alone while the task is
 * in flight. */
typedef struct {
    ngx_uint_t                      todo;
    ngx_srv_registrar_main_conf_t  *conf;
    store_t                        *env;
    store_t                        *old;         /* to be closed first */
    lease_clock_t                   clock;       /* a copy */
    ngx_srv_registrar_job_t        *jobs;
    int                             processor;   /* of who gave the task */
    store_key_t                     sweep_from;
    ngx_srv_registrar_census_t      counting;    /* of the sweep under way */
    ngx_srv_registrar_census_t      census;      /* of the last whole one */
    store_key_t                     lacks;       /* the first of `lacking` */
    ngx_uint_t                      told;        /* of what was signed: see
                                                    sweep */

    /* results */
    store_status_t                  status;      /* REOPEN, or what failed */
    store_error_t                   open_error;
    ngx_uint_t                      failed;      /* the bits that failed */
    store_usage_t                   usage;
    ngx_uint_t                      signatures;  /* made */
    ngx_uint_t                      njobs;
    ngx_uint_t                      elapsed;     /* of the commit, us */
    unsigned                        wrote:1;     /* a commit went through */
    unsigned                        replaced:1;
    unsigned                        more:1;      /* the sweep has not ended */
    unsigned                        counted:1;   /* census is new */
} ngx_srv_registrar_work_t;


struct ngx_srv_registrar_store_s {
    ngx_srv_registrar_store_t      *next;
    dev_t                           device;      /* of the directory */
    ino_t                           inode;
    ngx_uint_t                      refs;
    ngx_srv_registrar_main_conf_t  *conf;        /* the newest one's */

    store_t                        *env;         /* NULL while closed */
    store_txn_t                    *snapshot;    /* the event loop's; reset */
    uint64_t                        seen;        /* the transaction whose mark
                                                    and issuers are known,
                                                    where issuers_set */
    lease_clock_t                   clock;
    store_issuers_t                 issuers;     /* as of the last read */

    ngx_srv_registrar_job_t        *waiting;
    ngx_srv_registrar_job_t       **last;
    ngx_uint_t                      nwaiting;

    ngx_srv_registrar_job_t        *ended;       /* to be woken */
    ngx_srv_registrar_job_t       **last_ended;
    ngx_uint_t                      nended;
    ngx_event_t                     waker;
    uint64_t                        sliced;      /* us that the event loop had
                                                    spent when it last was */

    ngx_uint_t                      due;         /* work for the next task */
    ngx_thread_task_t               task;
    ngx_srv_registrar_work_t        work;
    ngx_connection_t                dummy;       /* for events' log idents */
    ngx_event_t                     busy;        /* keeps the worker alive */
    ngx_event_t                     tick;
    ngx_uint_t                      ticks;
    ngx_msec_t                      swept;       /* when a sweep began */
    ngx_msec_t                      looked;      /* at readers and fill */
    ngx_uint_t                      fill;        /* level last told, % */
    uint64_t                        held;        /* the oldest snapshot */
    ngx_msec_t                      held_since;  /* when that was first seen */
    store_status_t                  reported;    /* state last told */
    time_t                          failed;      /* when a task last failed */

    unsigned                        clock_set:1;
    unsigned                        issuers_set:1;
    unsigned                        in_flight:1;
    unsigned                        leader:1;    /* publishes and sweeps */
    unsigned                        reopen:1;    /* close when idle */
    unsigned                        held_told:1;
    unsigned                        inlined:1;   /* no threads: see run */
};


/* A second: what is due is looked at this often, ms. */
#define NGX_SRV_REGISTRAR_TICK  1000


/* registry: life cycle, as nginx's hooks.  look warns of a directory that the
 * workers will not be able to use, and opens nothing.  adopt hands the running
 * store to the new cycle of a reload without a master; elsewhere it does
 * nothing. */
void ngx_srv_registrar_store_look(ngx_cycle_t *cycle);
ngx_int_t ngx_srv_registrar_store_adopt(ngx_cycle_t *cycle);
ngx_int_t ngx_srv_registrar_store_init(ngx_cycle_t *cycle);
void ngx_srv_registrar_store_exit(ngx_cycle_t *cycle);

/* The timer of a store: starts what is due. */
void ngx_srv_registrar_store_tick(ngx_event_t *ev);

/*
 * store: copies the value under key into the pool and brings the clock up to
 * date.  STORE_NOT_FOUND leaves *bytes empty.
 */
store_status_t ngx_srv_registrar_store_read(ngx_srv_registrar_store_t *store,
    const store_key_t *key, ngx_pool_t *pool, store_span_t *bytes);

/* The number that an issuer has by now; STORE_ISSUER_UNKNOWN where it has
 * none. */
store_status_t ngx_srv_registrar_store_issuer(
    ngx_srv_registrar_store_t *store, const uint8_t *digest, uint16_t *number);

store_status_t ngx_srv_registrar_store_issuers_visit(
    ngx_srv_registrar_store_t *store, store_issuer_visitor_t visitor,
    void *data);

/* Lease time as of now; *held as lease_clock_held, or 0. */
int64_t ngx_srv_registrar_store_now(ngx_srv_registrar_store_t *store,
    int64_t *held);

/* Called by the task's completion: takes a fresh environment, or lets a dead
 * one go, and tells the log where the state changed. */
void ngx_srv_registrar_store_settle(ngx_srv_registrar_store_t *store);


/*
 * commit: queues a job.  NGX_OK: the request is blocked and its write event
 * handler will be called with the job's results in place.  NGX_BUSY: the
 * queue is full, nothing has happened.
 */
ngx_int_t ngx_srv_registrar_commit_add(ngx_srv_registrar_store_t *store,
    ngx_srv_registrar_job_t *job);

/* Starts a task where something is due and none is in flight. */
void ngx_srv_registrar_commit_run(ngx_srv_registrar_store_t *store);

/* After jobs have ended, or were woken: starts what waits, and lets the worker
 * go where nothing is left. */
void ngx_srv_registrar_commit_next(ngx_srv_registrar_store_t *store);

/* Sets up the task and its events, once. */
void ngx_srv_registrar_commit_init(ngx_srv_registrar_store_t *store);

/* A clock for spans of time, us.  Any thread. */
uint64_t ngx_srv_registrar_usec(void);

/* wake: calls the write event handlers of a task's jobs, in turns to come. */
void ngx_srv_registrar_wake_add(ngx_srv_registrar_store_t *store,
    ngx_srv_registrar_job_t *jobs);

void ngx_srv_registrar_wake_init(ngx_srv_registrar_store_t *store);

/* The process leaves without answering them, and what was committed is told to
 * the log of changes.  No task runs any more. */
void ngx_srv_registrar_wake_exit(ngx_srv_registrar_store_t *store);

/* What a job's request does to its device's value (device_transaction.h,
 * device_door.h); job->error and job->outcome are set.  Any thread. */
device_reason_t ngx_srv_registrar_job_rules(ngx_srv_registrar_job_t *job,
    const device_place_t *place);

/* What a failing store means for a request. */
device_reason_t ngx_srv_registrar_store_reason(store_status_t status);


/* Frees a store that no cycle uses and no task is in flight for. */
void ngx_srv_registrar_store_free(ngx_srv_registrar_store_t *store);


/* On the task's thread; they leave status and results in work. */
void ngx_srv_registrar_work_open(ngx_srv_registrar_work_t *work);
void ngx_srv_registrar_batch(ngx_srv_registrar_work_t *work, ngx_log_t *log);
void ngx_srv_registrar_publish(ngx_srv_registrar_work_t *work,
    ngx_log_t *log);
void ngx_srv_registrar_sweep(ngx_srv_registrar_work_t *work, ngx_log_t *log);

/* Between pieces of work, on the same thread. */
void ngx_srv_registrar_work_give_way(const ngx_srv_registrar_work_t *work);

/*
 * sign: moves a zone's serial, and signs its SOA.  NO_MEMORY where that cannot
 * be done: then nothing of the transaction may be committed.  A zone that is
 * not published is none of its failures.
 */
store_status_t ngx_srv_registrar_zone_touch(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_srv_registrar_zone_t *zone, int64_t now);

/* sign: the same for an apex whose serial has moved already. */
store_status_t ngx_srv_registrar_zone_sign(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_srv_registrar_zone_t *zone, int64_t now);

/* sign: *bytes, a value for key (an apex or a static name), with signatures; in
 * buffer (STORE_VALUE_MAX bytes).  Those of the value that stands there are
 * taken over where they fit. */
store_status_t ngx_srv_registrar_sign(ngx_srv_registrar_work_t *work,
    store_txn_t *txn, ngx_srv_registrar_zone_t *zone, const store_key_t *key,
    int64_t now, store_span_t *bytes, uint8_t *buffer);

/* The clock of a write transaction: work->clock, raised to the store's own
 * mark.  Returns the lease time. */
int64_t ngx_srv_registrar_work_now(ngx_srv_registrar_work_t *work,
    store_txn_t *txn);


#endif /* NGX_SRV_REGISTRAR_STORE_H */
