/* units: dnsd/dnstap.c dnsd/dnstap_frame.c dnsd/dnstap_queue.c
   dnsd/dnstap_stream.c dnsd/log.c */

/*
 * dnstap's frames, byte by byte; control frames as a collector should not send
 * them, and one that is slow.  The ring is in dnsd_dnstap_queue.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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


/* A sender with queues, and the socket that its collector listens on. */
typedef struct {
    int                 fd;
    char                dir[32];
    log_t               log;
    dnstap_t           *dnstap;
    dnstap_origin_t     origin;
    struct sockaddr_in  peer;
    struct sockaddr_un  address;
} tap_t;


static int
tap_open(tap_t *tap, unsigned queues)
{
    dnstap_options_t  options;

    memset(tap, 0, sizeof(*tap));
    strcpy(tap->dir, "/tmp/dnsd-dnstap.XXXXXX");
    assert_non_null(mkdtemp(tap->dir));

    tap->peer.sin_family = AF_INET;
    tap->address.sun_family = AF_UNIX;
    snprintf(tap->address.sun_path, sizeof(tap->address.sun_path), "%s/tap",
             tap->dir);
    strcpy(options.path, tap->address.sun_path);

    tap->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(tap->fd, (struct sockaddr *) &tap->address,
                          sizeof(tap->address)), 0);
    assert_int_equal(listen(tap->fd, 1), 0);

    log_init(&tap->log);
    dnstap_origin_init(&tap->origin, "i", 1, "v");
    tap->dnstap = dnstap_create(&options, &tap->origin, queues, &tap->log);
    assert_non_null(tap->dnstap);

    return tap->fd;
}


static bool
tap_put(tap_t *tap, unsigned queue, const uint8_t *message, size_t len)
{
    dnstap_exchange_t  exchange = {
        .protocol = DNSTAP_UDP,
        .peer = (const struct sockaddr *) &tap->peer,
        .local = (const struct sockaddr *) &tap->peer
    };

    return dnstap_put(tap->dnstap, queue, DNSTAP_AUTH_QUERY, &exchange,
                      message, len);
}


static void
tap_close(tap_t *tap)
{
    close(tap->fd);
    unlink(tap->address.sun_path);
    rmdir(tap->dir);
}


/* dnsd's end waits for what is left, but not for as long as it likes. */
static void
slow_end(void **state)
{
    tap_t      tap;
    int64_t    begin;
    uint8_t    message[4096] = { 0 };
    pthread_t  thread;

    (void) state;

    (void) tap_open(&tap, 1);
    assert_int_equal(pthread_create(&thread, NULL, slow_collector, &tap.fd),
                     0);
    assert_true(dnstap_start(tap.dnstap));

    while (!tap_put(&tap, 0, message, sizeof(message))) {
        (void) poll(NULL, 0, 1);
    }

    while (tap_put(&tap, 0, message, sizeof(message))) {
        continue;
    }

    begin = dnstap_now();
    dnstap_destroy(tap.dnstap);
    assert_in_range(dnstap_now() - begin, 0, 3000);

    pthread_join(thread, NULL);
    tap_close(&tap);
}


/* A collector that counts what comes until a frame of the second queue: its
 * message has another first byte. */
typedef struct {
    int            fd;
    atomic_bool    done;
    uint64_t       before;       /* bytes */
} patient_t;


static void *
patient_collector(void *data)
{
    patient_t  *patient = data;
    int         fd = accept(patient->fd, NULL, NULL);
    char        bytes[16384];
    ssize_t     n;

    static const uint8_t  accepted[] =
        "\0\0\0\0\0\0\0\42\0\0\0\1" NAMED;

    n = recv(fd, bytes, 42, MSG_WAITALL);

    if (n == 42) {
        n = send(fd, accepted, sizeof(accepted) - 1, MSG_NOSIGNAL);
    }

    while (n > 0 && !patient->done) {
        (void) poll(NULL, 0, 1);             /* slower than who puts */
        n = recv(fd, bytes, sizeof(bytes), 0);

        if (n > 0 && memchr(bytes, '!', (size_t) n) != NULL) {
            atomic_store(&patient->done, true);
        }

        patient->before += n > 0 ? (uint64_t) n : 0;

        if (patient->before > 8ull * DNSTAP_QUEUE_SIZE) {
            break;
        }
    }

    atomic_store(&patient->done, true);

    while (n > 0) {
        n = recv(fd, bytes, sizeof(bytes), 0);
    }

    close(fd);

    return NULL;
}


/* One thread that puts more than is collected does not keep another's frame
 * waiting for longer than its ring is. */
static void
busy_neighbour(void **state)
{
    bool                other = false;
    tap_t               tap;
    uint8_t             message[4096] = { 0 };
    patient_t           patient = { .before = 0 };
    pthread_t           thread;

    (void) state;

    atomic_init(&patient.done, false);
    patient.fd = tap_open(&tap, 2);
    assert_int_equal(pthread_create(&thread, NULL, patient_collector,
                                    &patient), 0);
    assert_true(dnstap_start(tap.dnstap));

    while (!tap_put(&tap, 0, message, sizeof(message))) {
        (void) poll(NULL, 0, 1);
    }

    while (!atomic_load(&patient.done)) {
        while (tap_put(&tap, 0, message, sizeof(message))) {
            continue;
        }

        if (!other) {
            other = tap_put(&tap, 1, (const uint8_t *) "!", 1);
        }

        dnstap_wake(tap.dnstap);
    }

    assert_true(other);
    assert_in_range(patient.before, 1, 4ull * DNSTAP_QUEUE_SIZE);

    dnstap_destroy(tap.dnstap);
    pthread_join(thread, NULL);
    tap_close(&tap);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(frame),
        cmocka_unit_test(longest),
        cmocka_unit_test(control),
        cmocka_unit_test(slow_end),
        cmocka_unit_test(busy_neighbour)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
