/* units: dnsd/rate_limit.c */

/*
 * The table of the rate limit, by a clock of our own.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rate_limit.h"


#define START  1000000               /* ms */


static const uint8_t  seed[32] = "a seed that is not random at all";

static const rate_limit_policy_t  policy = { .rate = 20, .slip = 2 };


/* Counts n answers at one moment; returns how many pass. */
static unsigned
count(rate_limit_t *limit, const rate_limit_answer_t *answer, unsigned n,
    int64_t now)
{
    bool      begins = false;
    unsigned  i, passed = 0;

    for (i = 0; i < n; i++) {
        passed += rate_limit_count(limit, &policy, answer, now, &begins)
                  == RATE_LIMIT_PASS;
    }

    return passed;
}


static rate_limit_answer_t
named(uint64_t prefix, const char *name)
{
    return (rate_limit_answer_t) {
        .prefix = prefix, .kind = RATE_LIMIT_NAMES,
        .subject = (const uint8_t *) name, .len = strlen(name)
    };
}


/* A second's worth at once, and then what time gives, to the answer. */
static void
rate(void **state)
{
    unsigned             i, passed = 0;
    rate_limit_t        *limit = rate_limit_create(64, seed);
    rate_limit_answer_t  answer = named(1, "name");

    (void) state;

    assert_non_null(limit);
    assert_int_equal(count(limit, &answer, 100, START), 20);
    assert_int_equal(count(limit, &answer, 100, START + 49), 0);
    assert_int_equal(count(limit, &answer, 100, START + 50), 1);
    assert_int_equal(count(limit, &answer, 100, START + 1050), 20);
    assert_int_equal(count(limit, &answer, 100, START + 9000), 20);

    /* asked at moments that are no multiple of what one answer is worth */

    for (i = 1; i <= 1000; i++) {
        passed += count(limit, &answer, 3, START + 9000 + i * 7);
    }

    assert_in_range(passed, 139, 140);
    rate_limit_destroy(limit);
}


/* Who had much of a high rate is not in debt under a low one. */
static void
rate_lowered(void **state)
{
    bool                 begins = false;
    unsigned             i;
    rate_limit_t        *limit = rate_limit_create(64, seed);
    rate_limit_answer_t  answer = named(1, "name");
    rate_limit_policy_t  high = { .rate = RATE_LIMIT_MAX };

    (void) state;

    for (i = 0; i < RATE_LIMIT_MAX; i++) {
        assert_int_equal(rate_limit_count(limit, &high, &answer, START,
                                          &begins), RATE_LIMIT_PASS);
    }

    assert_int_equal(rate_limit_count(limit, &high, &answer, START, &begins),
                     RATE_LIMIT_DROPS);
    assert_int_equal(count(limit, &answer, 100, START), 0);
    assert_int_equal(count(limit, &answer, 100, START + 500), 10);
    rate_limit_destroy(limit);
}


/* A clock that another thread has read a tick later. */
static void
rate_clock_behind(void **state)
{
    rate_limit_t        *limit = rate_limit_create(64, seed);
    rate_limit_answer_t  answer = named(1, "name");

    (void) state;

    assert_int_equal(count(limit, &answer, 30, START), 20);
    assert_int_equal(count(limit, &answer, 30, START - 4), 0);
    assert_int_equal(count(limit, &answer, 30, START - 4), 0);
    assert_int_equal(count(limit, &answer, 30, START + 50), 1);
    rate_limit_destroy(limit);
}


/* 32 bits of milliseconds come round every seven weeks. */
static void
rate_clock_wraps(void **state)
{
    rate_limit_t        *limit = rate_limit_create(64, seed);
    rate_limit_answer_t  answer = named(1, "name");

    (void) state;

    assert_int_equal(count(limit, &answer, 30, UINT32_MAX - 20), 20);
    assert_int_equal(count(limit, &answer, 30, (int64_t) UINT32_MAX + 80), 2);
    rate_limit_destroy(limit);
}


/* Who was away for longer than half of that is as new, and makes room for
 * newcomers before one who is there. */
static void
rate_long_away(void **state)
{
    int64_t              later = START + INT64_C(30) * 24 * 3600 * 1000;
    rate_limit_t        *limit = rate_limit_create(2, seed);
    rate_limit_answer_t  answer = named(1, "name"), other = named(2, "name");

    (void) state;

    assert_int_equal(count(limit, &answer, 30, START), 20);
    assert_int_equal(count(limit, &answer, 30, later), 20);
    assert_int_equal(count(limit, &answer, 30, later + 1000), 20);

    later += later - START;
    assert_int_equal(count(limit, &other, 30, later), 20);

    answer = named(3, "name");
    assert_int_equal(count(limit, &answer, 1, later), 1);
    assert_int_equal(count(limit, &other, 30, later), 0);
    rate_limit_destroy(limit);
}


static void
kinds(void **state)
{
    char                 name[32];
    unsigned             i, passed = 0;
    rate_limit_t        *limit = rate_limit_create(64, seed);
    rate_limit_answer_t  answer = { .prefix = 9, .kind = RATE_LIMIT_ERRORS };

    (void) state;

    assert_int_equal(count(limit, &answer, 100, START), 20);

    answer = named(9, "zone");
    answer.kind = RATE_LIMIT_ABSENT;
    assert_int_equal(count(limit, &answer, 100, START), 20);

    /* any number of names get sixteen times as many as one */

    for (i = 0; i < 4000; i++) {
        snprintf(name, sizeof(name), "%u.example", i);
        answer = named(9, name);
        passed += count(limit, &answer, 1, START);
    }

    assert_int_equal(passed, 16 * 20);

    /* and another prefix is another's */

    answer = named(10, "zone");
    assert_int_equal(count(limit, &answer, 100, START), 20);
    rate_limit_destroy(limit);
}


static void
slip(void **state)
{
    bool                  begins = false;
    unsigned              i, n, slips;
    rate_limit_t         *limit;
    rate_limit_answer_t   answer = named(1, "name");
    rate_limit_policy_t   slipping = { .rate = 1 };
    rate_limit_verdict_t  verdict;

    (void) state;

    for (n = 0; n < 5; n++) {
        limit = rate_limit_create(2, seed);
        slipping.slip = n;
        slips = 0;

        for (i = 0; i < 121; i++) {
            verdict = rate_limit_count(limit, &slipping, &answer, START,
                                       &begins);
            assert_int_equal(verdict == RATE_LIMIT_PASS, i == 0);
            slips += verdict == RATE_LIMIT_SLIPS;
        }

        assert_int_equal(slips, n == 0 ? 0 : 120 / n);
        rate_limit_destroy(limit);
    }
}


/* Once when it begins, once when it has been over for a while. */
static void
told(void **state)
{
    bool                  begins;
    unsigned              i, told_of = 0;
    uint32_t              held;
    uint64_t              prefix;
    rate_limit_t         *limit = rate_limit_create(64, seed);
    rate_limit_answer_t   answer = named(77, "name");

    (void) state;

    assert_false(rate_limit_ended(limit, START, &prefix, &held));

    for (i = 0; i < 50; i++) {
        begins = false;
        (void) rate_limit_count(limit, &policy, &answer, START, &begins);
        assert_int_equal(begins, i == 20);
        told_of += begins;
    }

    assert_int_equal(told_of, 1);
    assert_false(rate_limit_ended(limit, START + 9999, &prefix, &held));
    assert_true(rate_limit_ended(limit, START + 10000, &prefix, &held));
    assert_int_equal(prefix, 77);
    assert_int_equal(held, 30);
    assert_false(rate_limit_ended(limit, START + 10000, &prefix, &held));

    begins = false;
    assert_int_equal(count(limit, &answer, 20, START + 20000), 20);
    (void) rate_limit_count(limit, &policy, &answer, START + 20000, &begins);
    assert_true(begins);
    rate_limit_destroy(limit);
}


/* Whoever is under attack keeps his row however many others come along. */
static void
sprayed(void **state)
{
    uint64_t             i;
    unsigned             passed = 0;
    rate_limit_t        *limit = rate_limit_create(2, seed);
    rate_limit_answer_t  victim = named(1, "name"), other;

    (void) state;

    for (i = 0; i < 1000; i++) {
        passed += count(limit, &victim, 2, START + (int64_t) i);
        other = named(100 + i, "name");
        assert_int_equal(count(limit, &other, 1, START + (int64_t) i), 1);
    }

    assert_in_range(passed, 20, 40);
    rate_limit_destroy(limit);
}


/* A row that is taken from one that was limited tells of nobody. */
static void
evicted(void **state)
{
    uint32_t             held;
    uint64_t             prefix;
    rate_limit_t        *limit = rate_limit_create(2, seed);
    rate_limit_answer_t  answer = named(1, "name");

    (void) state;

    assert_int_equal(count(limit, &answer, 30, START), 20);

    answer = named(2, "name");
    assert_int_equal(count(limit, &answer, 1, START + 1000), 1);
    answer = named(3, "name");
    assert_int_equal(count(limit, &answer, 30, START + 2000), 20);
    answer = named(1, "name");
    assert_int_equal(count(limit, &answer, 1, START + 2000), 1);

    assert_true(rate_limit_ended(limit, START + 60000, &prefix, &held));
    assert_int_equal(prefix, 3);
    assert_int_equal(held, 10);
    assert_false(rate_limit_ended(limit, START + 60000, &prefix, &held));
    rate_limit_destroy(limit);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(rate),
        cmocka_unit_test(rate_lowered),
        cmocka_unit_test(rate_clock_behind),
        cmocka_unit_test(rate_clock_wraps),
        cmocka_unit_test(rate_long_away),
        cmocka_unit_test(kinds),
        cmocka_unit_test(slip),
        cmocka_unit_test(told),
        cmocka_unit_test(sprayed),
        cmocka_unit_test(evicted)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
