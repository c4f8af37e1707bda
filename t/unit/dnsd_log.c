/* units: dnsd/log.c */

/*
 * Log lines into pipes and sockets that nobody empties: who writes them loses
 * lines and never waits, also where another thread has been quicker.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"


#define WAIT  20                             /* s, where a line takes none */


/* There is always room, as another thread may take it afterwards. */
int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
    (void) n;
    (void) timeout;

    fds[0].revents = POLLOUT;

    return 1;
}


/* One that waits here is ended by the alarm. */
static void
crowd(int stderr_new)
{
    int    i, kept = dup(STDERR_FILENO);
    log_t  log;

    assert_int_equal(dup2(stderr_new, STDERR_FILENO), STDERR_FILENO);
    log_init(&log);
    (void) alarm(WAIT);

    for (i = 0; i < 10000; i++) {
        log_line(&log, "a line of many that nobody reads, number %d", i);
    }

    (void) alarm(0);
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(kept), 0);

    if (log.fd != STDERR_FILENO) {
        assert_int_equal(close(log.fd), 0);
    }
}


static void
full(int fds[2])
{
    crowd(fds[1]);

    /* others who have it keep it as it was */

    assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
}


static void
pipe_is_full(void **state)
{
    int  fds[2];

    (void) state;

    assert_int_equal(pipe(fds), 0);
    full(fds);
}


static void
socket_is_full(void **state)
{
    int  fds[2];

    (void) state;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    full(fds);
}


/* What there is room for comes whole, in its order. */
static void
lines_arrive(void **state)
{
    int      fds[2], kept = dup(STDERR_FILENO);
    char     text[256];
    log_t    log;
    ssize_t  n;

    (void) state;

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);

    log_init(&log);
    log_line(&log, "one");
    log_peer(&log, "two %d", 2);

    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    n = read(fds[0], text, sizeof(text));
    assert_int_equal(n, 22);
    assert_memory_equal(text, "dnsd: one\ndnsd: two 2\n", 22);

    assert_int_equal(close(log.fd), 0);
    assert_int_equal(close(kept), 0);
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(lines_arrive),
        cmocka_unit_test(pipe_is_full),
        cmocka_unit_test(socket_is_full)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
