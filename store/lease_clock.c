
/*
 * The rule by which lease time runs; lease_clock.h says what it is.
 *
 * Each reading is judged in one way: what the time should be by CLOCK_BOOTTIME
 * is known, the wall clock agrees with it within LEASE_CLOCK_STEP and is
 * followed, or it does not and has to stand there for that long.  What is
 * followed is added up: a clock that stands still is a second away at each
 * reading, and leases would never end.
 *
 * A wall clock that is followed backwards stops at the last commit's time and
 * waits there until the wall has come up.  Going on by CLOCK_BOOTTIME instead
 * would keep the difference for ever, since each commit moves that floor.
 */

#include "lease_clock.h"

#include <string.h>


/* Stored times have 32 bits (until 2106).  What lies outside is a broken
 * clock or a damaged mark; within, no sum of two overflows. */
#define LEASE_CLOCK_MAX  UINT32_MAX


static int64_t lease_clock_clamp(int64_t seconds);
static int64_t lease_clock_expect(lease_clock_t *clock,
    const lease_clock_reading_t *reading, const lease_clock_mark_t *mark);
static bool lease_clock_same_boot(const uint8_t *a, const uint8_t *b);
static lease_clock_event_t lease_clock_judge(lease_clock_t *clock,
    int64_t expected);
static lease_clock_event_t lease_clock_hold(lease_clock_t *clock,
    int64_t expected);
static bool lease_clock_near(int64_t a, int64_t b);


lease_clock_event_t
lease_clock_init(lease_clock_t *clock, const lease_clock_reading_t *reading,
    const lease_clock_mark_t *mark)
{
    memset(clock, 0, sizeof(lease_clock_t));

    clock->boottime = lease_clock_clamp(reading->boottime);
    clock->drift_since = clock->boottime;
    memcpy(clock->boot_id, reading->boot_id, LEASE_CLOCK_BOOT_ID_LEN);

    if (mark == NULL) {
        clock->wall = lease_clock_clamp(reading->wall);
        clock->now = clock->wall;
        return LEASE_CLOCK_STEADY;
    }

    clock->now = lease_clock_clamp(mark->time);

    return lease_clock_update(clock, reading, mark);
}


lease_clock_event_t
lease_clock_update(lease_clock_t *clock, const lease_clock_reading_t *reading,
    const lease_clock_mark_t *mark)
{
    int64_t  expected;

    expected = lease_clock_expect(clock, reading, mark);

    clock->wall = lease_clock_clamp(reading->wall);
    clock->boottime = lease_clock_clamp(reading->boottime);
    memcpy(clock->boot_id, reading->boot_id, LEASE_CLOCK_BOOT_ID_LEN);

    return lease_clock_judge(clock, expected);
}


lease_clock_event_t
lease_clock_follow(lease_clock_t *clock, const lease_clock_reading_t *reading,
    const lease_clock_mark_t *mark)
{
    if (mark != NULL
        && lease_clock_clamp(mark->boottime) > clock->followed
        && lease_clock_same_boot(reading->boot_id, mark->boot_id))
    {
        clock->followed = lease_clock_clamp(mark->boottime);
        clock->floor = lease_clock_clamp(mark->time);
        clock->now = clock->floor;
        clock->boottime = clock->followed;
        memcpy(clock->boot_id, mark->boot_id, LEASE_CLOCK_BOOT_ID_LEN);
    }

    return lease_clock_update(clock, reading, mark);
}


/* The time by CLOCK_BOOTTIME, from the last reading or from the mark: that
 * which says more, since both are times that were. */
static int64_t
lease_clock_expect(lease_clock_t *clock, const lease_clock_reading_t *reading,
    const lease_clock_mark_t *mark)
{
    int64_t  boottime, expected, time, since;

    boottime = lease_clock_clamp(reading->boottime);
    expected = clock->now;

    if (boottime > clock->boottime
        && lease_clock_same_boot(reading->boot_id, clock->boot_id))
    {
        expected += boottime - clock->boottime;
    }

    time = mark != NULL ? lease_clock_clamp(mark->time) : 0;

    /* A mark that was seen before says nothing of what came after it: a
     * wall clock behind its time may have been adopted since. */

    if (time <= clock->floor) {
        return expected;
    }

    clock->floor = time;

    since = boottime - lease_clock_clamp(mark->boottime);

    if (since > 0 && lease_clock_same_boot(reading->boot_id, mark->boot_id)) {
        time += since;
    }

    return time > expected ? time : expected;
}


static int64_t
lease_clock_clamp(int64_t seconds)
{
    if (seconds < 0) {
        return 0;
    }

    return seconds < LEASE_CLOCK_MAX ? seconds : LEASE_CLOCK_MAX;
}


/* An id of zeroes was not to be had, and is nobody's. */
static bool
lease_clock_same_boot(const uint8_t *a, const uint8_t *b)
{
    static const uint8_t  none[LEASE_CLOCK_BOOT_ID_LEN];

    return memcmp(a, b, LEASE_CLOCK_BOOT_ID_LEN) == 0
           && memcmp(a, none, LEASE_CLOCK_BOOT_ID_LEN) != 0;
}


static lease_clock_event_t
lease_clock_judge(lease_clock_t *clock, int64_t expected)
{
    bool     held;
    int64_t  now, drift;

    now = clock->wall > clock->floor ? clock->wall : clock->floor;
    drift = clock->drift + now - expected;

    if (!lease_clock_near(clock->wall, expected)
        || !lease_clock_near(drift, 0))
    {
        return lease_clock_hold(clock, expected);
    }

    held = clock->stepped;

    clock->stepped = false;
    clock->now = now;
    clock->drift = drift;

    if (clock->boottime - clock->drift_since >= LEASE_CLOCK_STEP) {
        clock->drift /= 2;
        clock->drift_since = clock->boottime;
    }

    return held ? LEASE_CLOCK_STEP_GONE : LEASE_CLOCK_STEADY;
}


/* The wall clock is far away. */
static lease_clock_event_t
lease_clock_hold(lease_clock_t *clock, int64_t expected)
{
    bool     known;
    int64_t  offset;

    known = clock->stepped;
    offset = clock->wall - clock->boottime;

    clock->now = lease_clock_clamp(expected);

    if (!known || offset - clock->step_offset > LEASE_CLOCK_WANDER
        || clock->step_offset - offset > LEASE_CLOCK_WANDER)
    {
        clock->stepped = true;
        clock->step_seen = clock->boottime;
        clock->step_offset = offset;

        return known ? LEASE_CLOCK_STEADY : LEASE_CLOCK_STEP_SEEN;
    }

    if (clock->boottime - clock->step_seen < LEASE_CLOCK_STEP
        || clock->wall < clock->floor)
    {
        return LEASE_CLOCK_STEADY;
    }

    clock->stepped = false;
    clock->now = clock->wall;
    clock->drift = 0;
    clock->drift_since = clock->boottime;

    return LEASE_CLOCK_STEP_ADOPTED;
}


static bool
lease_clock_near(int64_t a, int64_t b)
{
    return a - b <= LEASE_CLOCK_STEP && b - a <= LEASE_CLOCK_STEP;
}


int64_t
lease_clock_now(const lease_clock_t *clock)
{
    return clock->now;
}


bool
lease_clock_held(const lease_clock_t *clock, int64_t *wall)
{
    if (clock->stepped) {
        *wall = clock->wall;
    }

    return clock->stepped;
}


void
lease_clock_mark(const lease_clock_t *clock, lease_clock_mark_t *mark)
{
    mark->time = clock->now;
    mark->boottime = clock->boottime;
    memcpy(mark->boot_id, clock->boot_id, LEASE_CLOCK_BOOT_ID_LEN);
}
