/* units: dnsd/sign.c dnsd/sign_budget.c dnsd/sign_keys.c dnsd/sign_share.c
   dnsd/log.c dnsd/siphash.c
   dnssec/dnssec_heap.c dnssec/dnssec_key.c dnssec/dnssec_key_file.c
   dnssec/dnssec_key_pem.c dnssec/dnssec_rrsig.c */

/*
 * Signatures on the spot: by which key, for how long, and how many a second.
 * The two keys are RFC 6605's and RFC 8080's, of example.net and example.com.
 */

#include "dnssec_files.h"

#include "sign.h"
#include "sign_budget.h"
#include "sign_keys.h"

#include <pthread.h>
#include <time.h>


#define SECOND   INT64_C(1000000000)
#define NOW      INT64_C(1790000000)

#define NET      "\7example\3net"
#define COM      "\7example\3com"

#define SPAN(s)  ((wire_span_t) { (const uint8_t *) (s), sizeof(s) })


typedef struct {
    files_t   files;
    log_t     log;
    sign_t   *sign;
} world_t;


/* One for all: the memory for keys can be had once. */
static int
world_setup(void **state)
{
    char            second[192];
    static world_t  world;

    log_init(&world.log);
    files_begin(&world.files);
    files_put(&world.files, ".key", P256_KEY);
    files_put(&world.files, ".private", P256_PRIVATE);

    (void) snprintf(second, sizeof(second), "%s", world.files.base);
    (void) strcat(world.files.base, "2");
    files_put(&world.files, ".key", ED25519_KEY);
    files_put(&world.files, ".private", ED25519_PRIVATE);
    strcpy(world.files.base, second);

    world.sign = sign_create(world.files.dir, 2, &world.log);
    *state = &world;

    return world.sign == NULL;
}


static int
world_teardown(void **state)
{
    world_t  *world = *state;

    sign_destroy(world->sign);
    files_end(&world->files);

    return 0;
}


/* Of a denial that everybody has. */
static sign_status_t
sign_one(world_t *world, const sign_wanted_t *wanted, dnssec_rrsig_t *parsed)
{
    size_t                len;
    sign_status_t         status;
    static uint8_t        rrsig[DNSSEC_RRSIG_MAX];
    static const uint8_t  rdata[] = { 1, 0, 0, 6, 0, 0, 0, 0, 0, 3 };
    sign_record_t         record = {
        .owner = { (const uint8_t *) "\1x" NET, sizeof("\1x" NET) },
        .type = DNSSEC_TYPE_NSEC,
        .ttl = 60,
        .rdata = { rdata, sizeof(rdata) }
    };

    if (wanted->algorithm == DNSSEC_ED25519) {
        record.owner.data = (const uint8_t *) "\1x" COM;
    }

    status = sign_rrsig(world->sign, wanted, &record, rrsig, &len);

    if (status == SIGN_OK) {
        assert_true(dnssec_rrsig_parse(parsed, (dnssec_span_t) { rrsig,
                                                                 len }));
    }

    return status;
}


static sign_wanted_t
wanted_net(void)
{
    return (sign_wanted_t) {
        .zone = SPAN(NET), .algorithm = 13, .tag = 55648, .now = NOW,
        .client = SPAN("\300\0\2")
    };
}


static void
rrsig_fields(void **state)
{
    world_t         *world = *state;
    sign_wanted_t    wanted = wanted_net();
    dnssec_rrsig_t   rrsig;

    assert_int_equal(sign_one(world, &wanted, &rrsig), SIGN_OK);
    assert_int_equal(rrsig.covered, DNSSEC_TYPE_NSEC);
    assert_int_equal(rrsig.algorithm, 13);
    assert_int_equal(rrsig.labels, 3);
    assert_int_equal(rrsig.ttl, 60);
    assert_int_equal(rrsig.inception, NOW - 3600);
    assert_int_equal(rrsig.expiration, NOW + 15 * 86400);
    assert_int_equal(rrsig.tag, 55648);
    assert_int_equal(rrsig.signer.len, sizeof(NET));
    assert_memory_equal(rrsig.signer.data, NET, sizeof(NET));
}


static void
which_key(void **state)
{
    world_t         *world = *state;
    sign_wanted_t    wanted = { .zone = SPAN(COM), .algorithm = 15,
                                .tag = 3613, .now = NOW };
    dnssec_rrsig_t   rrsig;

    assert_int_equal(sign_one(world, &wanted, &rrsig), SIGN_OK);
    assert_int_equal(rrsig.algorithm, 15);

    wanted.zone = SPAN(NET);
    assert_int_equal(sign_one(world, &wanted, &rrsig), SIGN_NO_KEY);

    wanted = wanted_net();
    wanted.tag++;
    assert_int_equal(sign_one(world, &wanted, &rrsig), SIGN_NO_KEY);

    wanted = wanted_net();
    wanted.algorithm = 15;
    assert_int_equal(sign_one(world, &wanted, &rrsig), SIGN_NO_KEY);
}


/* What is no key's zone is not signed, whoever asks. */
static void
not_in_zone(void **state)
{
    size_t           len;
    world_t         *world = *state;
    uint8_t          rrsig[DNSSEC_RRSIG_MAX];
    sign_wanted_t    wanted = wanted_net();
    sign_record_t    record = {
        .owner = SPAN(COM), .type = DNSSEC_TYPE_NSEC, .ttl = 60,
        .rdata = SPAN("\0\0")
    };

    assert_int_equal(sign_rrsig(world->sign, &wanted, &record, rrsig, &len),
                     SIGN_FAILED);
}


static void
rates(void **state)
{
    int              i, made[2] = { 0, 0 };
    world_t         *world = *state;
    uint8_t          client[] = { 10, 0, 0, 0 };
    sign_wanted_t    wanted = wanted_net();
    dnssec_rrsig_t   rrsig;

    wanted.client = SPAN("\300\0\4");
    sign_set_rates(world->sign, &(sign_rates_t) { .udp = 3, .stream = 2 });

    /* a clock that goes on may allow for one more, and after a second of a
     * machine that does something else for as many again */

    for (i = 0; i < 20; i++) {
        wanted.stream = i % 2 != 0;
        made[wanted.stream] += sign_one(world, &wanted, &rrsig) == SIGN_OK;
    }

    assert_in_range(made[0], 1, 9);
    assert_in_range(made[1], 1, 9);

    /* what is left is for others, until all is gone */

    wanted.stream = false;
    assert_int_equal(sign_one(world, &wanted, &rrsig), SIGN_SHARE);
    wanted.client = SPAN("\300\0\3");
    assert_int_equal(sign_one(world, &wanted, &rrsig), SIGN_OK);

    for (i = 0; i < 250 && sign_one(world, &wanted, &rrsig) != SIGN_BUDGET;
         i++)
    {
        client[2] = (uint8_t) i;
        wanted.client.data = client;
    }

    assert_in_range(i, 0, 249);

    /* a key that is not there is no matter of budgets */

    wanted.tag++;
    assert_int_equal(sign_one(world, &wanted, &rrsig), SIGN_NO_KEY);

    sign_set_rates(world->sign, &(sign_rates_t) { .udp = SIGN_RATE_MAX,
                                                  .stream = SIGN_RATE_MAX });
    wanted = wanted_net();

    for (i = 0; sign_one(world, &wanted, &rrsig) != SIGN_OK; i++) {
        assert_in_range(i, 0, 100000000);
    }
}


/* One of UDP's is left, which forged addresses take; a client that has shown
 * its own has those of TCP, too. */
static void
proven(void **state)
{
    int              i;
    world_t         *world = *state;
    uint8_t          forged[] = { 10, 0, 0, 0 };
    sign_wanted_t    wanted = wanted_net();
    dnssec_rrsig_t   rrsig;

    sign_set_rates(world->sign, &(sign_rates_t) { .udp = 1, .stream = 1000 });

    for (i = 0; i < 250 && sign_one(world, &wanted, &rrsig) != SIGN_BUDGET;
         i++)
    {
        forged[1] = (uint8_t) i;
        wanted.client = (wire_span_t) { forged, 4 };
    }

    assert_in_range(i, 0, 249);

    wanted = wanted_net();
    wanted.proven = true;

    for (i = 0; i < 100; i++) {
        assert_int_equal(sign_one(world, &wanted, &rrsig), SIGN_OK);
    }

    sign_set_rates(world->sign, &(sign_rates_t) { .udp = SIGN_RATE_MAX,
                                                  .stream = SIGN_RATE_MAX });
}


static unsigned
take(sign_budget_t *budget, unsigned rate, int64_t now, unsigned n)
{
    unsigned  taken = 0, left = sign_budget_left(budget, rate, now);

    while (n-- > 0) {
        taken += sign_budget_take(budget, rate, now);
        assert_int_equal(sign_budget_left(budget, rate, now), left - taken);
    }

    return taken;
}


static void
budget(void **state)
{
    int64_t        now = 5 * SECOND;
    sign_budget_t  full = { 0 }, one = { 0 };

    (void) state;

    assert_int_equal(take(&full, 10, now, 100), 10);
    assert_int_equal(take(&full, 10, now + SECOND / 10 - 1, 100), 0);
    assert_int_equal(take(&full, 10, now + SECOND / 10, 100), 1);
    assert_int_equal(take(&full, 10, now + SECOND, 100), 9);

    /* of a long silence a second's worth is kept */

    assert_int_equal(take(&full, 10, now + 100 * SECOND, 100), 10);

    /* another thread's clock is a little behind */

    assert_int_equal(take(&full, 10, now + 99 * SECOND, 100), 0);

    /* what was spent at one rate is spent at another */

    assert_int_equal(take(&full, 1000, now + 100 * SECOND, 100), 0);
    assert_int_equal(take(&full, 1000, now + 101 * SECOND, 5000), 1000);

    assert_int_equal(take(&one, 1, now, 10), 1);
    assert_int_equal(take(&one, 1, now + SECOND - 1, 10), 0);
    assert_int_equal(take(&one, 1, now + SECOND, 10), 1);
    assert_int_equal(take(&one, SIGN_RATE_MAX, now + 9 * SECOND, 3000000),
                     SIGN_RATE_MAX);
}


typedef struct {
    sign_budget_t  *budget;
    sign_t         *sign;
    unsigned        taken;
} taker_t;


static void *
taker_run(void *data)
{
    unsigned  i;
    taker_t  *taker = data;

    for (i = 0; i < 40000; i++) {
        taker->taken += sign_budget_take(taker->budget, 50000, 7 * SECOND);
    }

    return NULL;
}


/* Nothing is given twice, and nothing is lost. */
static void
budget_threads(void **state)
{
    unsigned       i, taken = 0;
    taker_t        takers[4];
    pthread_t      threads[4];
    sign_budget_t  budget = { 0 };

    (void) state;

    for (i = 0; i < 4; i++) {
        takers[i] = (taker_t) { .budget = &budget };
        assert_int_equal(pthread_create(&threads[i], NULL, taker_run,
                                        &takers[i]), 0);
    }

    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        taken += takers[i].taken;
    }

    assert_int_equal(taken, 50000);
}


static void *
signer_run(void *data)
{
    unsigned          i;
    taker_t          *taker = data;
    size_t            len;
    uint8_t           rrsig[DNSSEC_RRSIG_MAX];
    sign_wanted_t     wanted = wanted_net();
    sign_record_t     record = {
        .owner = SPAN(NET), .type = DNSSEC_TYPE_NSEC, .ttl = 60,
        .rdata = SPAN("\0\0")
    };

    for (i = 0; i < 500; i++) {
        taker->taken += sign_rrsig(taker->sign, &wanted, &record, rrsig,
                                   &len) == SIGN_OK;
    }

    return NULL;
}


/* By one key at a time, in memory that is for two threads. */
static void
sign_threads(void **state)
{
    unsigned    i;
    world_t    *world = *state;
    taker_t     takers[2];
    pthread_t   threads[2];

    for (i = 0; i < 2; i++) {
        takers[i] = (taker_t) { .sign = world->sign };
        assert_int_equal(pthread_create(&threads[i], NULL, signer_run,
                                        &takers[i]), 0);
    }

    for (i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(takers[i].taken, 500);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(rrsig_fields),
        cmocka_unit_test(which_key),
        cmocka_unit_test(not_in_zone),
        cmocka_unit_test(rates),
        cmocka_unit_test(sign_threads),
        cmocka_unit_test(proven),
        cmocka_unit_test(budget),
        cmocka_unit_test(budget_threads)
    };

    return cmocka_run_group_tests_name("dnsd_sign", tests, world_setup,
                                       world_teardown);
}
