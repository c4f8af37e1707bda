/* units: dnsd/sign_share.c dnsd/sign_budget.c dnsd/siphash.c */

/*
 * Who gets how many of a budget of signatures: crowds of clients that ask all
 * the time, by a clock of the test's own.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"
#include "sign_share.h"

#include <pthread.h>
#include <string.h>


#define START    (INT64_C(1000) * SIGN_BUDGET_SECOND)
#define SECONDS  6
#define TICK     (SIGN_BUDGET_SECOND / 250)    /* of a coarse clock */
#define CLIENTS  200


/* How often each asks in a tick, and what it got in the last half of all the
 * seconds. */
typedef struct {
    unsigned  asks;
    unsigned  every;                 /* ticks; 0: each */
    unsigned  got;
    unsigned  had;                   /* ... refused for what it had had */
    unsigned  none;
} client_t;


static sign_share_t  share;


static int
setup(void **state)
{
    unsigned  i;

    (void) state;
    memset(&share, 0, sizeof(share));

    for (i = 0; i < SIPHASH_KEY_LEN; i++) {
        share.key[i] = (uint8_t) (i + 1);
    }

    return 0;
}


/* All of them ask in turn, tick for tick. */
static void
crowd(client_t *clients, unsigned n, unsigned rate)
{
    bool      counts;
    int64_t   now;
    unsigned  i, k, tick = 0;

    for (now = START; now < START + SECONDS * SIGN_BUDGET_SECOND; now += TICK) {
        counts = now >= START + SECONDS / 2 * SIGN_BUDGET_SECOND;
        tick++;

        for (i = 0; i < n; i++) {
            if (clients[i].every != 0 && tick % clients[i].every != 0) {
                continue;
            }

            for (k = 0; k < clients[i].asks; k++) {
                switch (sign_share_take(&share, i + 1, rate, now)) {

                case SIGN_SHARE_TAKEN:
                    clients[i].got += counts;
                    break;

                case SIGN_SHARE_HAD:
                    clients[i].had += counts;
                    break;

                default:
                    clients[i].none += counts;
                    break;
                }
            }
        }
    }

    for (i = 0; i < n; i++) {
        clients[i].got /= SECONDS / 2;
    }
}


/* Nobody else wants any. */
static void
alone(void **state)
{
    client_t  client = { .asks = 100 };

    (void) state;

    crowd(&client, 1, 4000);
    assert_in_range(client.got, 3950, 4000);
    assert_true(client.had > 0);
    assert_int_equal(client.none, 0);
}


/* One wants all of it, others a little: they get what they want. */
static void
a_flood(void **state)
{
    unsigned  i;
    client_t  clients[11] = { { .asks = 100 } };

    (void) state;

    for (i = 1; i < 11; i++) {
        clients[i] = (client_t) { .asks = 1, .every = 5 };  /* 50 a second */
    }

    crowd(clients, 11, 4000);

    for (i = 1; i < 11; i++) {
        assert_int_equal(clients[i].got, 50);
        assert_int_equal(clients[i].had + clients[i].none, 0);
    }

    assert_in_range(clients[0].got, 3400, 3600);
}


/* Many want as much as they can get: to each the same, and something for one
 * that comes by now and then. */
static void
many_floods(void **state)
{
    unsigned  i, all = 0;
    client_t  clients[CLIENTS + 1];

    (void) state;

    for (i = 0; i < CLIENTS; i++) {
        clients[i] = (client_t) { .asks = 5 };
    }

    clients[CLIENTS] = (client_t) { .asks = 1, .every = 50 };   /* 5 a second */
    crowd(clients, CLIENTS + 1, 4000);

    for (i = 0; i < CLIENTS; i++) {
        assert_in_range(clients[i].got, 10, 30);
        all += clients[i].got;
    }

    assert_in_range(all, 3600, 4000);
    assert_int_equal(clients[CLIENTS].got, 5);
    assert_int_equal(clients[CLIENTS].had + clients[CLIENTS].none, 0);
}


/* A rate of a few, and of as many as there may be. */
static void
rates(void **state)
{
    client_t  few[2] = { { .asks = 10 }, { .asks = 1, .every = 500 } };
    unsigned  i;

    (void) state;

    crowd(few, 2, 4);
    assert_in_range(few[0].got, 3, 4);
    assert_int_equal(few[1].had + few[1].none, 0);

    setup(NULL);
    few[0].got = 0;
    crowd(few, 1, 1);
    assert_int_equal(few[0].got, 1);

    setup(NULL);

    for (i = 0; i < 500000; i++) {
        assert_int_equal(sign_share_take(&share, 1, 1000000, START),
                         SIGN_SHARE_TAKEN);
    }

    assert_int_equal(sign_share_take(&share, 1, 1000000, START),
                     SIGN_SHARE_HAD);
}


/* Forged addresses without number take what there is; nobody is told that he
 * has had his share who has had none. */
static void
forged(void **state)
{
    unsigned  i, taken = 0;

    (void) state;

    for (i = 0; i < 5000; i++) {
        taken += sign_share_take(&share, UINT64_C(77) << 32 | i, 1000, START)
                 == SIGN_SHARE_TAKEN;
    }

    assert_in_range(taken, 950, 1000);   /* a few meet in one place */
    assert_int_equal(sign_share_take(&share, 1, 1000, START), SIGN_SHARE_NONE);
}


/* After a silence of any length nothing is held against anybody; another
 * thread's clock may be a little behind. */
static void
silence(void **state)
{
    unsigned  i, seconds, had = 0;
    int64_t   now = START;

    (void) state;

    for (seconds = 1; seconds < 10; seconds++) {
        for (i = 0; i < 100; i++) {
            had += sign_share_take(&share, 1, 100, now) == SIGN_SHARE_HAD;
        }

        assert_int_equal(had, 50 * seconds);
        now += (1 + seconds) * SIGN_BUDGET_SECOND;
        assert_int_equal(sign_share_take(&share, 1, 100, now),
                         SIGN_SHARE_TAKEN);
        now += 2 * SIGN_BUDGET_SECOND;
    }

    for (i = 0; i < 100; i++) {
        (void) sign_share_take(&share, 1, 100, now);
    }

    assert_int_equal(sign_share_take(&share, 1, 100, now - 1), SIGN_SHARE_HAD);
    assert_int_equal(sign_share_take(&share, 1, 100, now), SIGN_SHARE_HAD);
}


typedef struct {
    uint64_t  prefix;
    unsigned  taken;
} taker_t;


static void *
taker_run(void *data)
{
    unsigned   i;
    taker_t   *taker = data;

    for (i = 0; i < 100000; i++) {
        taker->taken += sign_share_take(&share, taker->prefix, 50000, START)
                        == SIGN_SHARE_TAKEN;
    }

    return NULL;
}


/* Nothing is given twice, and a prefix is one whichever thread it meets. */
static void
threads(void **state)
{
    unsigned   i, taken = 0;
    taker_t    takers[4];
    pthread_t  ids[4];

    (void) state;

    for (i = 0; i < 4; i++) {
        takers[i] = (taker_t) { .prefix = 1 };
        assert_int_equal(pthread_create(&ids[i], NULL, taker_run, &takers[i]),
                         0);
    }

    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(ids[i], NULL), 0);
        taken += takers[i].taken;
    }

    assert_in_range(taken, 25000, 25004);
}


#define PREFIX(ipv4, ...)                                                     \
    client_prefix((wire_span_t) { (const uint8_t []) { __VA_ARGS__ },         \
                                  sizeof((const uint8_t []) { __VA_ARGS__ })  \
                                }, ipv4)
#define MAPPED  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255
#define SITE    32, 1, 13, 184, 0, 0, 1


static void
prefixes(void **state)
{
    (void) state;

    assert_int_equal(PREFIX(3, 192, 0, 2, 1), UINT64_C(0x100000000C00002));
    assert_true(PREFIX(3, 192, 0, 2, 1) == PREFIX(3, 192, 0, 2, 255));
    assert_true(PREFIX(3, 192, 0, 2, 1) != PREFIX(3, 192, 0, 3, 1));
    assert_true(PREFIX(4, 192, 0, 2, 1) != PREFIX(4, 192, 0, 2, 2));
    assert_true(PREFIX(4, 192, 0, 2, 1) == PREFIX(4, MAPPED, 192, 0, 2, 1));
    assert_true(PREFIX(3, SITE, 1, 0, 0, 0, 0, 0, 0, 0, 1)
                == PREFIX(4, SITE, 2, 3, 0, 0, 0, 0, 0, 0, 9));
    assert_true(PREFIX(3, SITE, 1, 0, 0, 0, 0, 0, 0, 0, 1)
                != PREFIX(3, 32, 1, 13, 184, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0,
                          1));
    assert_true(PREFIX(4, 0, 0, 0, 0)
                != PREFIX(4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    assert_true(client_prefix((wire_span_t) { NULL, 0 }, 3) != 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(alone, setup),
        cmocka_unit_test_setup(a_flood, setup),
        cmocka_unit_test_setup(many_floods, setup),
        cmocka_unit_test_setup(rates, setup),
        cmocka_unit_test_setup(forged, setup),
        cmocka_unit_test_setup(silence, setup),
        cmocka_unit_test_setup(threads, setup),
        cmocka_unit_test(prefixes)
    };

    return cmocka_run_group_tests_name("dnsd_sign_share", tests, NULL, NULL);
}
