
/*
 * Policies on their way to threads: each thread sees whole ones, in order,
 * and none that is freed (ASan) or written meanwhile (TSan).
 */

/* units: dnsd/net_policy.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net_policy.h"

#include <pthread.h>
#include <string.h>


#define READERS   3
#define POLICIES  20000


typedef struct {
    pthread_t          id;
    net_policy_box_t   box;
    unsigned           last;        /* that was seen */
    unsigned           wrong;
} reader_t;


/* A number in places far apart. */
static void
policy_number(net_policy_t *policy, unsigned number)
{
    memset(policy, 0, sizeof(*policy));
    policy->tcp.idle = number;
    policy->tcp.per_address = number;
    policy->tcp.nproxies = number;
}


static void
put_all(reader_t *readers, unsigned number)
{
    unsigned            i;
    net_policy_t        policy;
    net_policy_copy_t  *copy;

    policy_number(&policy, number);
    copy = net_policy_copy(&policy, READERS);
    assert_non_null(copy);

    for (i = 0; i < READERS; i++) {
        net_policy_put(&readers[i].box, copy);
    }
}


/* As a packet thread: the policy is read many times between two looks. */
static void *
reader_run(void *data)
{
    unsigned             i;
    reader_t            *reader = data;
    const net_policy_t  *policy;

    do {
        policy = net_policy_take(&reader->box);

        for (i = 0; i < 16; i++) {
            if (policy->tcp.idle != policy->tcp.per_address
                || policy->tcp.idle != policy->tcp.nproxies
                || policy->tcp.idle < reader->last)
            {
                reader->wrong++;
            }
        }

        reader->last = policy->tcp.idle;

    } while (reader->last < POLICIES);

    return NULL;
}


static void
test_threads(void **state)
{
    unsigned         i;
    static reader_t  readers[READERS];

    (void) state;

    put_all(readers, 1);

    for (i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i].id, NULL, reader_run,
                                        &readers[i]), 0);
    }

    for (i = 2; i <= POLICIES; i++) {
        put_all(readers, i);
    }

    for (i = 0; i < READERS; i++) {
        pthread_join(readers[i].id, NULL);
        assert_int_equal(readers[i].wrong, 0);
        assert_int_equal(readers[i].last, POLICIES);
        net_policy_empty(&readers[i].box);
    }
}


/* A thread that takes nothing keeps what it has; what it missed is freed. */
static void
test_missed(void **state)
{
    reader_t             readers[READERS];
    const net_policy_t  *policy;

    (void) state;

    memset(readers, 0, sizeof(readers));
    assert_null(net_policy_take(&readers[0].box));

    put_all(readers, 1);
    policy = net_policy_take(&readers[0].box);
    put_all(readers, 2);
    put_all(readers, 3);

    assert_int_equal(policy->tcp.idle, 1);
    assert_ptr_equal(net_policy_take(&readers[1].box),
                     net_policy_take(&readers[2].box));
    assert_int_equal(net_policy_take(&readers[0].box)->tcp.idle, 3);
    assert_int_equal(net_policy_take(&readers[0].box)->tcp.idle, 3);

    put_all(readers, 4);
    net_policy_empty(&readers[0].box);
    net_policy_empty(&readers[1].box);
    net_policy_empty(&readers[2].box);
    assert_null(net_policy_take(&readers[0].box));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_missed)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
