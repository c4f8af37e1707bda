
/*
 * The crowd of connections: compared with a plain list, step by step.
 */

/* units: dnsd/net_crowd.c dnsd/net_prefix.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net_crowd.h"
#include "net_endpoint.h"

#include <arpa/inet.h>
#include <string.h>


#define SIZE   64
#define PEERS  12
#define STEPS  50000


/* The model: who is in, whose, and in which order they were last answered. */
typedef struct {
    net_member_t  member;
    bool          in;
    unsigned      peer;
    int64_t       since;
} place_t;


typedef struct {
    net_crowd_t  *crowd;
    unsigned      used;
    int64_t       now;
    place_t       places[SIZE];
} model_t;


/* Even ones are IPv4, odd ones IPv6; `host` is what limits do not look at. */
static net_endpoint_t
endpoint(unsigned peer, unsigned host)
{
    net_endpoint_t  ep;

    memset(&ep, 0, sizeof(ep));

    if (peer % 2 == 0) {
        ep.v4.sin_family = AF_INET;
        ep.v4.sin_addr.s_addr = htonl(0xc0000200 + peer);
        ep.v4.sin_port = htons((uint16_t) host);

    } else {
        ep.v6.sin6_family = AF_INET6;
        ep.v6.sin6_addr.s6_addr[0] = 0x20;
        ep.v6.sin6_addr.s6_addr[7] = (uint8_t) peer;
        ep.v6.sin6_addr.s6_addr[15] = (uint8_t) host;
    }

    return ep;
}


static void
enter(model_t *model, unsigned i, unsigned peer)
{
    place_t         *place = &model->places[i];
    net_endpoint_t   ep = endpoint(peer, i);

    place->in = true;
    place->peer = peer;
    place->since = ++model->now;
    model->used++;
    net_crowd_join(model->crowd, &place->member, &ep.any, model->now);
}


static void
leave(model_t *model, unsigned i)
{
    net_crowd_leave(model->crowd, &model->places[i].member);
    model->places[i].in = false;
    model->used--;
}


static void
touch(model_t *model, unsigned i)
{
    model->places[i].since = ++model->now;
    net_crowd_touch(model->crowd, &model->places[i].member, model->now);
}


/* The oldest of one peer, or of all (PEERS); NULL where there is none. */
static const net_member_t *
oldest(const model_t *model, unsigned peer)
{
    unsigned        i;
    const place_t  *place, *found = NULL;

    for (i = 0; i < SIZE; i++) {
        place = &model->places[i];

        if (place->in && (peer == PEERS || place->peer == peer)
            && (found == NULL || place->since < found->since))
        {
            found = place;
        }
    }

    return found == NULL ? NULL : &found->member;
}


static unsigned
count(const model_t *model, unsigned peer)
{
    unsigned  i, n = 0;

    for (i = 0; i < SIZE; i++) {
        n += model->places[i].in && model->places[i].peer == peer;
    }

    return n;
}


static void
compare(const model_t *model, unsigned peer)
{
    unsigned             i, n, most = 0;
    net_endpoint_t       ep = endpoint(peer, 99);
    const net_member_t  *worst = net_crowd_worst(model->crowd);

    assert_int_equal(net_crowd_used(model->crowd), model->used);
    assert_ptr_equal(net_crowd_oldest(model->crowd), oldest(model, PEERS));

    n = count(model, peer);
    assert_ptr_equal(net_crowd_surplus(model->crowd, &ep.any, n),
                     n == 0 ? NULL : oldest(model, peer));
    assert_null(net_crowd_surplus(model->crowd, &ep.any, n + 1));

    for (i = 0; i < PEERS; i++) {
        n = count(model, i);
        most = n > most ? n : most;
    }

    if (most <= 8) {
        assert_ptr_equal(worst, oldest(model, PEERS));
        return;
    }

    /* of several with as many as any, each may be the one */

    for (i = 0; i < PEERS; i++) {
        if (count(model, i) == most && worst == oldest(model, i)) {
            return;
        }
    }

    fail_msg("the worst is nobody's oldest, or not of the largest");
}


/* A small generator: the same steps each time. */
static unsigned
step(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;

    return (unsigned) (*state >> 33);
}


static void
test_model(void **state)
{
    uint64_t        seed = 1;
    unsigned        k, i, peer;
    static model_t  model;

    (void) state;

    model.crowd = net_crowd_create(SIZE);
    assert_non_null(model.crowd);
    compare(&model, 0);

    for (k = 0; k < STEPS; k++) {
        i = step(&seed) % SIZE;

        /* most are of a few, so that ranks rise high */

        peer = step(&seed) % PEERS;
        peer = step(&seed) % 2 != 0 ? peer : peer % 3;

        if (!model.places[i].in) {
            enter(&model, i, peer);

        } else if (step(&seed) % 3 == 0) {
            touch(&model, i);

        } else if (step(&seed) % 256 < 64 + k / 64 % 128) {
            leave(&model, i);
        }

        compare(&model, peer);
    }

    for (i = 0; i < SIZE; i++) {
        if (model.places[i].in) {
            leave(&model, i);
            compare(&model, model.places[i].peer);
        }
    }

    net_crowd_destroy(model.crowd);
}


/* All of one subscriber count together, however they are written. */
static void
test_addresses(void **state)
{
    net_crowd_t     *crowd = net_crowd_create(4);
    net_member_t     members[4];
    net_endpoint_t   ep;

    (void) state;

    ep = endpoint(2, 1);
    net_crowd_join(crowd, &members[0], &ep.any, 1);

    memset(&ep, 0, sizeof(ep));
    ep.v6.sin6_family = AF_INET6;
    assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.2",
                               &ep.v6.sin6_addr), 1);
    net_crowd_join(crowd, &members[1], &ep.any, 2);
    assert_ptr_equal(net_crowd_surplus(crowd, &ep.any, 2), &members[0]);

    ep = endpoint(1, 1);
    net_crowd_join(crowd, &members[2], &ep.any, 3);
    ep = endpoint(1, 2);
    net_crowd_join(crowd, &members[3], &ep.any, 4);
    assert_ptr_equal(net_crowd_surplus(crowd, &ep.any, 2), &members[2]);

    ep = endpoint(3, 1);
    assert_null(net_crowd_surplus(crowd, &ep.any, 1));

    net_crowd_destroy(crowd);
}


/* Somebody with a few loses to nobody who was answered longer ago; somebody
 * with many loses to all. */
static void
test_worst(void **state)
{
    unsigned        i;
    static model_t  model;

    (void) state;

    model.crowd = net_crowd_create(SIZE);

    for (i = 0; i < 10; i++) {
        enter(&model, i, 0);
    }

    for (i = 10; i < 18; i++) {
        enter(&model, i, 1);
    }

    enter(&model, 20, 2);
    touch(&model, 0);
    assert_ptr_equal(net_crowd_worst(model.crowd), &model.places[1].member);

    for (i = 1; i < 3; i++) {
        leave(&model, i);
    }

    assert_ptr_equal(net_crowd_worst(model.crowd), &model.places[3].member);

    for (i = 3; i < 10; i++) {
        touch(&model, i);
    }

    assert_ptr_equal(net_crowd_worst(model.crowd), &model.places[10].member);
    net_crowd_destroy(model.crowd);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_worst)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
