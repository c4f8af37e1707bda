/* units: store/lease_clock.c store/boot_clock.c */

/*
 * The lease clock against clocks that jump, reboot, stand in 1970 or wander.
 * Times are small numbers around T; the boot ids are told apart by one byte.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot_clock.h"
#include "lease_clock.h"


#define T      INT64_C(1790000000)
#define HOUR   3600
#define DAY    86400
#define YEARS  (10 * INT64_C(31556952))


static lease_clock_reading_t
reading(int64_t wall, int64_t boottime, uint8_t boot)
{
    lease_clock_reading_t  r = { .wall = wall, .boottime = boottime };

    memset(r.boot_id, boot, sizeof(r.boot_id));

    return r;
}


static lease_clock_mark_t
mark_of(int64_t time, int64_t boottime, uint8_t boot)
{
    lease_clock_mark_t  m = { .time = time, .boottime = boottime };

    memset(m.boot_id, boot, sizeof(m.boot_id));

    return m;
}


static lease_clock_event_t
init(lease_clock_t *clock, int64_t wall, int64_t boottime, uint8_t boot,
    const lease_clock_mark_t *mark)
{
    lease_clock_reading_t  r = reading(wall, boottime, boot);

    return lease_clock_init(clock, &r, mark);
}


static lease_clock_event_t
update(lease_clock_t *clock, int64_t wall, int64_t boottime,
    const lease_clock_mark_t *mark)
{
    lease_clock_reading_t  r = reading(wall, boottime, 1);

    return lease_clock_update(clock, &r, mark);
}


static void
test_first_start_believes(void **state)
{
    int64_t        wall;
    lease_clock_t  clock;

    (void) state;

    assert_int_equal(init(&clock, T, 50, 1, NULL), LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T);
    assert_false(lease_clock_held(&clock, &wall));

    assert_int_equal(update(&clock, T + 10, 60, NULL), LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 10);
}


static void
test_near_wall_is_followed(void **state)
{
    lease_clock_t  clock;

    (void) state;

    (void) init(&clock, T, 50, 1, NULL);

    /* 10 s passed; the wall stands an hour before, behind, and a second more */

    assert_int_equal(update(&clock, T + 10 + HOUR, 60, NULL),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 10 + HOUR);

    assert_int_equal(update(&clock, T + 10, 60, NULL), LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 10);

    assert_int_equal(update(&clock, T + 10 + HOUR + 1, 60, NULL),
                     LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(lease_clock_now(&clock), T + 10);
}


static void
test_ten_years_forward(void **state)
{
    int64_t        wall;
    lease_clock_t  clock;

    (void) state;

    (void) init(&clock, T, 0, 1, NULL);

    assert_int_equal(update(&clock, T + YEARS, 10, NULL),
                     LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(lease_clock_now(&clock), T + 10);
    assert_true(lease_clock_held(&clock, &wall));
    assert_int_equal(wall, T + YEARS);

    assert_int_equal(update(&clock, T + YEARS + 20, 30, NULL),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 30);
    assert_true(lease_clock_held(&clock, &wall));
    assert_int_equal(wall, T + YEARS + 20);

    assert_int_equal(update(&clock, T + YEARS + 3599, 3609, NULL),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 3609);

    assert_int_equal(update(&clock, T + YEARS + 3600, 3610, NULL),
                     LEASE_CLOCK_STEP_ADOPTED);
    assert_int_equal(lease_clock_now(&clock), T + YEARS + 3600);
    assert_false(lease_clock_held(&clock, &wall));

    assert_int_equal(update(&clock, T + YEARS + 3601, 3611, NULL),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + YEARS + 3601);
}


static void
test_back_is_adopted_above_the_mark_only(void **state)
{
    lease_clock_t       clock;
    lease_clock_mark_t  mark;

    (void) state;

    /* a commit at T, then two days pass, and the wall goes a day back */

    mark = mark_of(T, 0, 1);
    (void) init(&clock, T, 0, 1, &mark);
    (void) update(&clock, T + 2 * DAY, 2 * DAY, &mark);

    assert_int_equal(update(&clock, T + DAY, 2 * DAY, &mark),
                     LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(lease_clock_now(&clock), T + 2 * DAY);

    assert_int_equal(update(&clock, T + DAY + HOUR, 2 * DAY + HOUR, &mark),
                     LEASE_CLOCK_STEP_ADOPTED);
    assert_int_equal(lease_clock_now(&clock), T + DAY + HOUR);

    /* the old mark does not bring the old time back */

    assert_int_equal(update(&clock, T + DAY + HOUR + 5, 2 * DAY + HOUR + 5,
                            &mark), LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + DAY + HOUR + 5);

    /* ten years back: below the mark, never */

    assert_int_equal(update(&clock, T - YEARS, 3 * DAY, &mark),
                     LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(update(&clock, T - YEARS + DAY, 4 * DAY, &mark),
                     LEASE_CLOCK_STEADY);
    assert_true(lease_clock_now(&clock) >= T + 2 * DAY);
}


static void
test_boots_in_1970(void **state)
{
    lease_clock_t       clock;
    lease_clock_mark_t  mark;

    (void) state;

    mark = mark_of(T, 5000, 9);

    assert_int_equal(init(&clock, 20, 20, 1, &mark), LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(lease_clock_now(&clock), T);

    assert_int_equal(update(&clock, 7220, 7220, &mark), LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 7200);

    /* the network's time comes, half an hour ahead */

    assert_int_equal(update(&clock, T + 7210 + 1800, 7230, &mark),
                     LEASE_CLOCK_STEP_GONE);
    assert_int_equal(lease_clock_now(&clock), T + 7210 + 1800);
}


static void
test_same_boot_after_a_silent_day(void **state)
{
    lease_clock_t       clock;
    lease_clock_mark_t  mark;

    (void) state;

    mark = mark_of(T, 100, 1);

    assert_int_equal(init(&clock, T + DAY, 100 + DAY, 1, &mark),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + DAY);

    /* the wall stood still meanwhile: the time is known without it */

    assert_int_equal(init(&clock, T, 100 + DAY, 1, &mark),
                     LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(lease_clock_now(&clock), T + DAY);

    /* an unknown boot id (zero) is nobody's, its own neither */

    mark = mark_of(T, 100, 0);
    assert_int_equal(init(&clock, T + DAY, 100 + DAY, 0, &mark),
                     LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(lease_clock_now(&clock), T);
}


static void
test_reboot(void **state)
{
    lease_clock_t       clock;
    lease_clock_mark_t  mark;

    (void) state;

    mark = mark_of(T, 5000, 9);

    /* half an hour off: followed at once */

    assert_int_equal(init(&clock, T + 1800, 20, 1, &mark),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 1800);

    /* a bit behind: not below the mark, and waits there */

    assert_int_equal(init(&clock, T - 1800, 20, 1, &mark),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T);
    assert_int_equal(update(&clock, T - 800, 1020, &mark),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T);
    assert_int_equal(update(&clock, T + 200, 2020, &mark),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 200);

    /* a day off: held for an hour */

    assert_int_equal(init(&clock, T + DAY, 20, 1, &mark),
                     LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(lease_clock_now(&clock), T);
    assert_int_equal(update(&clock, T + DAY + HOUR, 20 + HOUR, &mark),
                     LEASE_CLOCK_STEP_ADOPTED);
    assert_int_equal(lease_clock_now(&clock), T + DAY + HOUR);
}


static void
test_wandering_starts_the_hour_anew(void **state)
{
    lease_clock_t  clock;

    (void) state;

    (void) init(&clock, T, 0, 1, NULL);

    assert_int_equal(update(&clock, T + DAY, 0, NULL),
                     LEASE_CLOCK_STEP_SEEN);

    /* half an hour away is the same place, a second more another one */

    assert_int_equal(update(&clock, T + DAY + 1000 + HOUR / 2, 1000, NULL),
                     LEASE_CLOCK_STEADY);
    assert_int_equal(update(&clock, T + DAY + 3000 + HOUR / 2 + 1, 3000,
                            NULL), LEASE_CLOCK_STEADY);
    assert_int_equal(update(&clock, T + DAY + 3000 + HOUR, 3000 + 3599,
                            NULL), LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 6599);
    assert_int_equal(update(&clock, T + DAY + 3001 + 2 * HOUR, 3000 + 3600,
                            NULL), LEASE_CLOCK_STEP_ADOPTED);
}


/* The wall clock at a share of the true speed, read each second for a day:
 * how far lease time has gone. */
static int64_t
day_of_speed(int percent, int commit_every)
{
    int64_t             i;
    lease_clock_t       clock;
    lease_clock_mark_t  mark;

    mark = mark_of(T, 0, 1);
    (void) init(&clock, T, 0, 1, &mark);

    for (i = 1; i <= DAY; i++) {
        (void) update(&clock, T + i * percent / 100, i, &mark);

        if (commit_every != 0 && i % commit_every == 0) {
            lease_clock_mark(&clock, &mark);
        }
    }

    return lease_clock_now(&clock) - T;
}


/* Leases end: lease time runs where the wall clock stands still, with commits
 * or without.  A careless clock is followed, a frantic one is not. */
static void
test_frozen_wall_stops_nobody(void **state)
{
    (void) state;

    assert_in_range(day_of_speed(0, 0), DAY - 2 * HOUR, DAY);
    assert_in_range(day_of_speed(0, 1), DAY - 2 * HOUR, DAY);
    assert_in_range(day_of_speed(0, 700), DAY - 2 * HOUR, DAY);
    assert_in_range(day_of_speed(20, 60), DAY - 4 * HOUR, DAY);
    assert_in_range(day_of_speed(300, 60), DAY, DAY + 2 * HOUR);
    assert_int_equal(day_of_speed(100, 60), DAY);
    assert_int_equal(day_of_speed(99, 60), DAY * 99 / 100);
    assert_int_equal(day_of_speed(102, 0), DAY * 102 / 100);
}


/* A year of small steps is no jump. */
static void
test_small_steps_add_up_in_time(void **state)
{
    int64_t        hour;
    lease_clock_t  clock;

    (void) state;

    (void) init(&clock, T, 0, 1, NULL);

    for (hour = 1; hour < 365 * 24; hour++) {
        assert_int_equal(update(&clock, T + hour * (HOUR + 90), hour * HOUR,
                                NULL), LEASE_CLOCK_STEADY);
    }

    /* two large ones within an hour are one */

    (void) init(&clock, T, 0, 1, NULL);
    assert_int_equal(update(&clock, T + 2400, 1, NULL), LEASE_CLOCK_STEADY);
    assert_int_equal(update(&clock, T + 4800, 2, NULL),
                     LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(lease_clock_now(&clock), T + 2401);
    assert_int_equal(update(&clock, T + 4800 + HOUR, 2 + HOUR, NULL),
                     LEASE_CLOCK_STEP_ADOPTED);
}


/* Who only reads has the time of who writes, whatever it believed before. */
static void
test_reader_follows_the_writer(void **state)
{
    lease_clock_t          reader;
    lease_clock_mark_t     mark;
    lease_clock_reading_t  now;

    (void) state;

    mark = mark_of(T, 100, 1);
    (void) init(&reader, T, 100, 1, &mark);

    /* it has waited its hour, the writer was started anew meanwhile */

    now = reading(T + DAY, 200, 1);
    (void) lease_clock_follow(&reader, &now, &mark);
    now = reading(T + DAY + HOUR, 200 + HOUR, 1);
    assert_int_equal(lease_clock_follow(&reader, &now, &mark),
                     LEASE_CLOCK_STEP_ADOPTED);
    assert_int_equal(lease_clock_now(&reader), T + DAY + HOUR);

    mark = mark_of(T + HOUR + 300, 400 + HOUR, 1);
    now = reading(T + DAY + HOUR + 210, 410 + HOUR, 1);
    assert_int_equal(lease_clock_follow(&reader, &now, &mark),
                     LEASE_CLOCK_STEP_SEEN);
    assert_int_equal(lease_clock_now(&reader), T + HOUR + 310);

    /* an old mark is no news; one of another boot says only its time */

    now = reading(T + DAY + HOUR + 220, 420 + HOUR, 1);
    (void) lease_clock_follow(&reader, &now, &mark);
    assert_int_equal(lease_clock_now(&reader), T + HOUR + 320);

    mark = mark_of(T + 10, 9999999, 2);
    (void) lease_clock_follow(&reader, &now, &mark);
    assert_int_equal(lease_clock_now(&reader), T + HOUR + 320);
}


static void
test_step_goes_away(void **state)
{
    int64_t        wall;
    lease_clock_t  clock;

    (void) state;

    (void) init(&clock, T, 0, 1, NULL);
    (void) update(&clock, T - DAY, 100, NULL);

    assert_int_equal(update(&clock, T + 200, 200, NULL),
                     LEASE_CLOCK_STEP_GONE);
    assert_int_equal(lease_clock_now(&clock), T + 200);
    assert_false(lease_clock_held(&clock, &wall));
    assert_int_equal(update(&clock, T + 201, 201, NULL),
                     LEASE_CLOCK_STEADY);
}


/* dnsd sees what the registrar commits. */
static void
test_newer_marks(void **state)
{
    lease_clock_t       clock;
    lease_clock_mark_t  mark;

    (void) state;

    (void) init(&clock, T, 0, 1, NULL);

    /* a little ahead: a floor, passed as the wall comes up */

    mark = mark_of(T + 15, 10, 1);
    assert_int_equal(update(&clock, T + 10, 10, &mark), LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 15);
    assert_int_equal(update(&clock, T + 20, 20, &mark), LEASE_CLOCK_STEADY);
    assert_int_equal(lease_clock_now(&clock), T + 20);

    /* the registrar has adopted a step that we still hold back */

    (void) update(&clock, T + DAY, 30, &mark);
    assert_int_equal(lease_clock_now(&clock), T + 30);

    mark = mark_of(T + DAY + 5, 35, 1);
    assert_int_equal(update(&clock, T + DAY + 10, 40, &mark),
                     LEASE_CLOCK_STEP_GONE);
    assert_int_equal(lease_clock_now(&clock), T + DAY + 10);
}


static void
test_mark_round_trip(void **state)
{
    lease_clock_t       clock, other;
    lease_clock_mark_t  mark;

    (void) state;

    (void) init(&clock, T, 70, 1, NULL);
    lease_clock_mark(&clock, &mark);

    assert_int_equal(mark.time, T);
    assert_int_equal(mark.boottime, 70);
    assert_int_equal(mark.boot_id[0], 1);

    (void) init(&other, 0, 170, 1, &mark);
    assert_int_equal(lease_clock_now(&other), T + 100);
}


/* What no clock says: nothing overflows, and the rules hold. */
static void
test_absurd_values(void **state)
{
    size_t              i, k;
    lease_clock_t       clock;
    lease_clock_mark_t  mark;

    static const int64_t  absurd[] = {
        INT64_MIN, -1, 0, UINT32_MAX, (int64_t) UINT32_MAX + 1, INT64_MAX
    };

    (void) state;

    for (i = 0; i < 6; i++) {
        for (k = 0; k < 6; k++) {
            mark = mark_of(absurd[i], absurd[k], 1);

            (void) init(&clock, absurd[k], absurd[i], 1, &mark);
            (void) update(&clock, absurd[i], absurd[k], &mark);
            (void) update(&clock, T, 10, NULL);

            assert_in_range(lease_clock_now(&clock), 0, UINT32_MAX);
        }
    }
}


static void
test_boot_clock(void **state)
{
    lease_clock_reading_t  a, b;

    (void) state;

    boot_clock_read(&a);
    boot_clock_read(&b);

    assert_true(a.wall > T - 10 * YEARS);
    assert_true(b.boottime >= a.boottime);
    assert_memory_equal(a.boot_id, b.boot_id, sizeof(a.boot_id));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_first_start_believes),
        cmocka_unit_test(test_near_wall_is_followed),
        cmocka_unit_test(test_ten_years_forward),
        cmocka_unit_test(test_back_is_adopted_above_the_mark_only),
        cmocka_unit_test(test_boots_in_1970),
        cmocka_unit_test(test_same_boot_after_a_silent_day),
        cmocka_unit_test(test_reboot),
        cmocka_unit_test(test_wandering_starts_the_hour_anew),
        cmocka_unit_test(test_frozen_wall_stops_nobody),
        cmocka_unit_test(test_small_steps_add_up_in_time),
        cmocka_unit_test(test_reader_follows_the_writer),
        cmocka_unit_test(test_step_goes_away),
        cmocka_unit_test(test_newer_marks),
        cmocka_unit_test(test_mark_round_trip),
        cmocka_unit_test(test_absurd_values),
        cmocka_unit_test(test_boot_clock)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
