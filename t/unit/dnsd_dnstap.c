/* units: dnsd/dnstap.c dnsd/dnstap_frame.c dnsd/dnstap_queue.c
   dnsd/dnstap_stream.c dnsd/log.c */

/*
 * dnstap's frames, byte by byte; the ring that they wait in, at its edges;
 * control frames as a collector should not send them, and one that is slow.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dnstap.h"
#include "dnstap_frame.h"
#include "dnstap_queue.h"
#include "dnstap_stream.h"


static void
frame(void **state)
{
    size_t              len;
    uint8_t             head[DNSTAP_HEAD_MAX];
    dnstap_origin_t     origin;
    struct sockaddr_in  peer = { .sin_family = AF_INET }, local = peer;
    dnstap_exchange_t   exchange = {
        .protocol = DNSTAP_UDP,
        .peer = (const struct sockaddr *) &peer,
        .local = (const struct sockaddr *) &local,
        .received = { 300, 0x01020304 },
        .responded = { 1, 2 }
    };

    static const uint8_t  query[] = {
        0, 0, 0, 43,                         /* all that follows */
        0x0a, 1, 'i', 0x12, 1, 'v', 0x78, 1,
        0x72, 33,                            /* the message */
        0x08, 1, 0x10, 1, 0x18, 1,           /* AUTH_QUERY, INET, UDP */
        0x22, 4, 192, 0, 2, 1, 0x30, 0xb9, 0x60,
        0x38, 0xb9, 0x60,                    /* no address: a wildcard */
        0x40, 0xac, 2, 0x4d, 4, 3, 2, 1,
        0x52, 5
    };

    (void) state;

    peer.sin_addr.s_addr = htonl(0xc0000201);
    peer.sin_port = htons(12345);
    local.sin_port = peer.sin_port;

    dnstap_origin_init(&origin, "i", 1, "v");
    len = dnstap_frame_head(head, &origin, DNSTAP_AUTH_QUERY, &exchange, 5);
    assert_int_equal(len, sizeof(query));
    assert_memory_equal(head, query, sizeof(query));

    len = dnstap_frame_head(head, &origin, DNSTAP_AUTH_RESPONSE, &exchange,
                            300);
    assert_int_equal(head[2] << 8 | head[3], len - 4 + 300);
    assert_memory_equal(head + len - 3, ((uint8_t []) { 0x72, 0xac, 2 }), 3);
}


/* Nothing is ever longer than the room that callers give. */
static void
longest(void **state)
{
    char                 text[1000];
    size_t               len;
    uint8_t             *head = malloc(DNSTAP_HEAD_MAX);
    dnstap_origin_t      origin;
    struct sockaddr_in6  v6 = { .sin6_family = AF_INET6, .sin6_port = 0xffff };
    dnstap_exchange_t    exchange = {
        .protocol = DNSTAP_DOT,
        .peer = (const struct sockaddr *) &v6,
        .local = (const struct sockaddr *) &v6,
        .received = { -1, 999999999 },
        .responded = { -1, 999999999 }
    };

    (void) state;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memset(&v6.sin6_addr, 0xff, 16);
    assert_non_null(head);

    dnstap_origin_init(&origin, text, sizeof(text) - 1, text);
    len = dnstap_frame_head(head, &origin, DNSTAP_AUTH_RESPONSE, &exchange,
                            UINT32_MAX - DNSTAP_HEAD_MAX);
    assert_true(len <= DNSTAP_HEAD_MAX);

    /* empty texts are left out */

    dnstap_origin_init(&origin, "", 0, "");
    assert_int_equal(origin.len, 2);
    free(head);
}


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


static void
control(void **state)
{
    size_t    i, n;
    uint8_t  *copy;

#define CONTENT    "protobuf:dnstap.Dnstap"
#define NAMED      "\0\0\0\1\0\0\0\26" CONTENT
#define FRAME(s)   (const uint8_t *) (s), sizeof(s) - 1

    static const struct {
        const uint8_t  *frame;
        size_t          len;
        bool            good;
    } cases[] = {
        { FRAME("\0\0\0\1" NAMED), true },
        { FRAME("\0\0\0\1\0\0\0\1\0\0\0\1x" NAMED), true },
        { FRAME("\0\0\0\1" NAMED "\0\0\0\1\0\0\0\0"), true },
        { FRAME("\0\0\0\1\0\0\0\2\0\0\0\26" CONTENT), false },
        { FRAME("\0\0\0\1"), false },
        { FRAME("\0\0\0\2" NAMED), false },
        { FRAME("\0\0\0\1" NAMED "\0\0\0\1\0\0\0\1"), false },
        { FRAME("\0\0\0\1" NAMED "\0\0\0\1\377\377\377\377"), false },
        { FRAME("\0\0\0\1" NAMED "\0\0\0\1\0\0\0"), false },
        { FRAME("\0\0\0"), false },
        { FRAME(""), false }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        n = cases[i].len;
        copy = malloc(n + (n == 0));
        assert_non_null(copy);
        memcpy(copy, cases[i].frame, n);
        assert_int_equal(dnstap_control_is(copy, n, DNSTAP_CONTROL_ACCEPT),
                         cases[i].good);
        free(copy);
    }

    assert_true(dnstap_control_is((const uint8_t *) "\0\0\0\5", 4,
                                  DNSTAP_CONTROL_FINISH));
}


/* A collector that takes a little every tenth of a second, as long as
 * anything comes. */
static void *
slow_collector(void *data)
{
    int      fd = accept(*(int *) data, NULL, NULL);
    char     bytes[32768];
    ssize_t  n;

    static const uint8_t  accepted[] =
        "\0\0\0\0\0\0\0\42\0\0\0\1" NAMED;

    n = recv(fd, bytes, 42, MSG_WAITALL);

    if (n == 42) {
        n = send(fd, accepted, sizeof(accepted) - 1, MSG_NOSIGNAL);
    }

    while (n > 0) {
        (void) poll(NULL, 0, 100);
        n = recv(fd, bytes, sizeof(bytes), 0);
    }

    close(fd);

    return NULL;
}


/* dnsd's end waits for what is left, but not for as long as it likes. */
static void
slow_end(void **state)
{
    int                 fd;
    char                dir[] = "/tmp/dnsd-dnstap.XXXXXX";
    log_t               log;
    int64_t             begin;
    uint8_t             message[4096] = { 0 };
    dnstap_t           *dnstap;
    pthread_t           thread;
    struct sockaddr_in  peer = { .sin_family = AF_INET };
    struct sockaddr_un  address = { .sun_family = AF_UNIX };
    dnstap_origin_t     origin;
    dnstap_options_t    options;
    dnstap_exchange_t   exchange = {
        .protocol = DNSTAP_UDP,
        .peer = (const struct sockaddr *) &peer,
        .local = (const struct sockaddr *) &peer
    };

    (void) state;

    assert_non_null(mkdtemp(dir));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/tap", dir);
    strcpy(options.path, address.sun_path);

    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *) &address, sizeof(address)),
                     0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, slow_collector, &fd), 0);

    log_init(&log, false);
    dnstap_origin_init(&origin, "i", 1, "v");
    dnstap = dnstap_create(&options, &origin, 1, &log);
    assert_non_null(dnstap);
    assert_true(dnstap_start(dnstap));

    while (!dnstap_put(dnstap, 0, DNSTAP_AUTH_QUERY, &exchange, message,
                       sizeof(message)))
    {
        (void) poll(NULL, 0, 1);
    }

    while (dnstap_put(dnstap, 0, DNSTAP_AUTH_QUERY, &exchange, message,
                      sizeof(message)))
    {
        continue;
    }

    begin = dnstap_now();
    dnstap_destroy(dnstap);
    assert_in_range(dnstap_now() - begin, 0, 3000);

    pthread_join(thread, NULL);
    close(fd);
    unlink(address.sun_path);
    rmdir(dir);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(frame),
        cmocka_unit_test(longest),
        cmocka_unit_test(queue_order),
        cmocka_unit_test(queue_empty),
        cmocka_unit_test(queue_full),
        cmocka_unit_test(control),
        cmocka_unit_test(slow_end)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
