/* units: dnsd/dnstap_queue.c */

/*
 * The ring that dnstap's frames wait in, at its edges.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dnstap_queue.h"


/* Reads frames byte by byte, whose bodies count on. */
typedef struct {
    unsigned  at;                /* in the frame's length */
    uint32_t  left;              /* of its body */
    uint8_t   next;
} reader_t;


static void
check(reader_t *reader, uint8_t byte)
{
    if (reader->at < 4) {
        reader->left = reader->left << 8 | byte;
        reader->at++;
        return;
    }

    if (byte != reader->next++) {
        fail();
    }

    if (--reader->left == 0) {
        reader->at = 0;
    }
}


/* Frames of all sizes through the ring many times over: what comes out is what
 * went in, whatever the pieces in which it is taken. */
static void
queue_order(void **state)
{
    size_t          i, n, taken, room = 3000;
    uint8_t         body[3004], put = 0;
    unsigned        seed = 1, k, pieces;
    uint64_t        in = 0, out = 0;
    reader_t        reader = { 0, 0, 0 };
    struct iovec    iov[2];
    dnstap_queue_t  queue;

    (void) state;

    assert_true(dnstap_queue_init(&queue));

    while (in < 5ull * DNSTAP_QUEUE_SIZE) {
        n = (size_t) rand_r(&seed) % room + 1;

        for (i = 0; i < n; i++) {
            body[i] = put++;
        }

        if (dnstap_queue_put(&queue,
                             (uint8_t []) { 0, 0, (uint8_t) (n >> 8),
                                            (uint8_t) n }, 4, body, n))
        {
            in += 4 + n;

        } else {
            put = (uint8_t) (put - n);
            assert_true(in - out + 4 + n > DNSTAP_QUEUE_SIZE);
        }

        if (rand_r(&seed) % 3 != 0 && in - out < DNSTAP_QUEUE_SIZE - 4000) {
            continue;
        }

        pieces = dnstap_queue_peek(&queue, iov);
        taken = 0;

        for (k = 0; k < pieces; k++) {
            taken += iov[k].iov_len;
        }

        assert_int_equal(taken, in - out);
        taken = (size_t) rand_r(&seed) % (taken + 1);

        for (i = 0; i < taken; i++) {
            check(&reader, i < iov[0].iov_len
                           ? ((uint8_t *) iov[0].iov_base)[i]
                           : ((uint8_t *) iov[1].iov_base)[i
                                                          - iov[0].iov_len]);
        }

        dnstap_queue_take(&queue, taken);
        out += taken;
        assert_true(queue.end >= out);
        assert_true(queue.end - out < room + 4);
    }

    dnstap_queue_cleanup(&queue);
}


/* A frame that is half taken counts as one when all is thrown away, and what
 * comes then begins with a whole one. */
static void
queue_empty(void **state)
{
    struct iovec    iov[2];
    dnstap_queue_t  queue;

    static const uint8_t  head[4] = { 0, 0, 0, 6 };

    (void) state;

    assert_true(dnstap_queue_init(&queue));
    assert_int_equal(dnstap_queue_empty(&queue), 0);

    assert_true(dnstap_queue_put(&queue, head, 4, (const uint8_t *) "first.",
                                 6));
    assert_true(dnstap_queue_put(&queue, head, 4, (const uint8_t *) "second",
                                 6));
    assert_true(dnstap_queue_put(&queue, head, 4, (const uint8_t *) "third.",
                                 6));
    dnstap_queue_take(&queue, 13);
    assert_int_equal(dnstap_queue_empty(&queue), 2);
    assert_int_equal(dnstap_queue_peek(&queue, iov), 0);

    assert_true(dnstap_queue_put(&queue, head, 4, (const uint8_t *) "fourth",
                                 6));
    assert_int_equal(dnstap_queue_peek(&queue, iov), 1);
    assert_int_equal(iov[0].iov_len, 10);
    assert_memory_equal(iov[0].iov_base, "\0\0\0\6fourth", 10);

    /* between two frames nothing is half taken */

    dnstap_queue_take(&queue, 10);
    assert_int_equal(dnstap_queue_empty(&queue), 0);
    dnstap_queue_cleanup(&queue);
}


/* Exactly full is possible, one byte more is not. */
static void
queue_full(void **state)
{
    size_t           len = DNSTAP_QUEUE_SIZE - 4;
    uint8_t         *body = calloc(1, len + 1), head[4];
    dnstap_queue_t   queue;

    (void) state;

    assert_non_null(body);
    assert_true(dnstap_queue_init(&queue));

    head[0] = (uint8_t) (len >> 24);
    head[1] = (uint8_t) (len >> 16);
    head[2] = (uint8_t) (len >> 8);
    head[3] = (uint8_t) len;

    assert_false(dnstap_queue_put(&queue, head, 4, body, len + 1));
    assert_true(dnstap_queue_put(&queue, head, 4, body, len));
    assert_false(dnstap_queue_put(&queue, head, 1, body, 0));
    assert_int_equal(dnstap_queue_empty(&queue), 1);
    assert_true(dnstap_queue_put(&queue, head, 4, body, len));

    dnstap_queue_cleanup(&queue);
    free(body);
}


/* A turn is what was there when it began, whatever is put meanwhile. */
static void
queue_turn(void **state)
{
    struct iovec    iov[2];
    dnstap_queue_t  queue;

    static const uint8_t  head[4] = { 0, 0, 0, 6 };

    (void) state;

    assert_true(dnstap_queue_init(&queue));
    dnstap_queue_begin(&queue);
    assert_int_equal(dnstap_queue_turn(&queue, iov), 0);

    assert_true(dnstap_queue_put(&queue, head, 4, (const uint8_t *) "first.",
                                 6));
    assert_int_equal(dnstap_queue_turn(&queue, iov), 0);
    dnstap_queue_begin(&queue);
    assert_true(dnstap_queue_put(&queue, head, 4, (const uint8_t *) "second",
                                 6));
    assert_int_equal(dnstap_queue_turn(&queue, iov), 1);
    assert_int_equal(iov[0].iov_len, 10);

    /* interrupted, it goes on to where it was to end */

    dnstap_queue_take(&queue, 3);
    dnstap_queue_begin(&queue);
    assert_int_equal(dnstap_queue_turn(&queue, iov), 1);
    assert_int_equal(iov[0].iov_len, 7);
    dnstap_queue_take(&queue, 7);
    assert_int_equal(dnstap_queue_turn(&queue, iov), 0);

    dnstap_queue_begin(&queue);
    assert_int_equal(dnstap_queue_turn(&queue, iov), 1);
    assert_int_equal(iov[0].iov_len, 10);

    /* thrown away within a turn: that has ended, too */

    dnstap_queue_take(&queue, 1);
    assert_int_equal(dnstap_queue_empty(&queue), 1);
    assert_int_equal(dnstap_queue_turn(&queue, iov), 0);
    dnstap_queue_begin(&queue);
    assert_int_equal(dnstap_queue_turn(&queue, iov), 0);

    dnstap_queue_cleanup(&queue);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(queue_order),
        cmocka_unit_test(queue_empty),
        cmocka_unit_test(queue_full),
        cmocka_unit_test(queue_turn)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
