
/*
 * The clock by which leases run: a rule, not a call.
 *
 * What enters: readings of the system's clocks and the mark that the last
 * commit left in the store.  What leaves: the lease time, in seconds since
 * 1970.  What always holds:
 *
 *   - it never stands below the time of the last commit;
 *   - between readings it advances by CLOCK_BOOTTIME;
 *   - a wall clock that stands an hour or less away is followed, but not by
 *     more than that in little steps: one that stands still, or runs at
 *     another speed, is as far away as one that has jumped;
 *   - a wall clock that stands further away is adopted only after it has
 *     stood there for an hour, and raises an alarm at once; it is never
 *     adopted where that would take the clock below the last commit.
 *
 * So a clock that jumps ten years empties no zone, and a machine that boots
 * in 1970 goes on where its last commit stood.  Where the boot id of the mark
 * is that of the reading, the time between the two is known exactly, however
 * long nothing was committed; only after a reboot is the wall clock judged
 * against the mark itself.
 *
 * A process that only reads goes by the marks of those that write: leases are
 * times of their clock (lease_clock_follow).
 *
 * Pure: no system call, no global.  A clock belongs to one thread, or to the
 * caller's lock.
 */

#ifndef LEASE_CLOCK_H
#define LEASE_CLOCK_H


#include <stdbool.h>
#include <stdint.h>


/* The largest difference that is followed at once, and how long a larger
 * one has to stand.  Half would alarm on a careless summer-time change;
 * double would keep dead registrations for two hours after a repair. */
#define LEASE_CLOCK_STEP  3600

/* How far a wall clock may wander within an hour and still count as one that
 * runs.  With a whole hour one that stands still would; a tenth would keep
 * out one that is being put right. */
#define LEASE_CLOCK_WANDER  (LEASE_CLOCK_STEP / 2)

#define LEASE_CLOCK_BOOT_ID_LEN  16


/* What the system's clocks say, in seconds (read by boot_clock.h). */
typedef struct {
    int64_t   wall;                               /* CLOCK_REALTIME */
    int64_t   boottime;                           /* CLOCK_BOOTTIME */
    uint8_t   boot_id[LEASE_CLOCK_BOOT_ID_LEN];   /* of the kernel */
} lease_clock_reading_t;


/* What a commit leaves in the store: the lease time and when it was so. */
typedef struct {
    int64_t   time;                               /* lease time, s */
    int64_t   boottime;                           /* s */
    uint8_t   boot_id[LEASE_CLOCK_BOOT_ID_LEN];
} lease_clock_mark_t;


typedef enum {
    LEASE_CLOCK_STEADY = 0,
    LEASE_CLOCK_STEP_SEEN,       /* told once: the wall clock is far away */
    LEASE_CLOCK_STEP_ADOPTED,    /* told once: it stood there for an hour */
    LEASE_CLOCK_STEP_GONE        /* told once: it came back by itself */
} lease_clock_event_t;


typedef struct {
    int64_t   now;               /* lease time at the last reading, s */
    int64_t   floor;             /* time of the last commit known, s */
    int64_t   wall;              /* of the last reading, s */
    int64_t   boottime;          /* of the last reading, s */
    uint8_t   boot_id[LEASE_CLOCK_BOOT_ID_LEN];
    bool      stepped;           /* the wall clock is far away */
    int64_t   step_seen;         /* boottime when that began, s */
    int64_t   step_offset;       /* wall - boottime of the step, s */
    int64_t   drift;             /* by which the wall was followed, s; what is
                                    an hour old counts half */
    int64_t   drift_since;       /* boottime when that was halved, s */
    int64_t   followed;          /* boottime of the mark followed last, s */
} lease_clock_t;


/*
 * Sets the clock from a first reading and the store's mark; mark is NULL
 * where nothing was ever committed (the wall clock is then believed).
 */
lease_clock_event_t lease_clock_init(lease_clock_t *clock,
    const lease_clock_reading_t *reading, const lease_clock_mark_t *mark);

/*
 * Takes a new reading, and the newest mark where one is known (or NULL).
 * Returns what the caller should log.  A wall clock that wanders while it
 * is far away (by more than LEASE_CLOCK_WANDER from where it was) starts the
 * hour anew.
 */
lease_clock_event_t lease_clock_update(lease_clock_t *clock,
    const lease_clock_reading_t *reading, const lease_clock_mark_t *mark);

/*
 * The same for a process that only reads: a new mark of this boot is what the
 * time is, also where our own clock has gone on meanwhile.  Two programs that
 * see a step at different times would else adopt it at different times, and
 * one of them find dead what the other has just granted.
 */
lease_clock_event_t lease_clock_follow(lease_clock_t *clock,
    const lease_clock_reading_t *reading, const lease_clock_mark_t *mark);

/* The lease time of the last reading, in seconds since 1970. */
int64_t lease_clock_now(const lease_clock_t *clock);

/*
 * True while a step is held back; *wall is then what the wall clock said at
 * the last reading.  A signature's window is open around it too: it may be
 * the right time (a machine that was off for a day), and replay does not
 * depend on the window.
 */
bool lease_clock_held(const lease_clock_t *clock, int64_t *wall);

/* The mark for a commit made at the last reading. */
void lease_clock_mark(const lease_clock_t *clock, lease_clock_mark_t *mark);


#endif /* LEASE_CLOCK_H */
