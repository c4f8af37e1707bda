
/*
 * A server's first answer.  Many bind before they have anything to say, and
 * refuse or stay silent meanwhile, so only a right answer counts.
 */

#include "load.h"

#include <err.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>


/* Between questions: the error of the figure. */
#define LOAD_FIRST_EVERY  200000u    /* ns */


static bool load_first_wait(int fd, const load_options_t *options,
    const load_slot_t *slot);


/* "asking" says that the server may be started now; then comes the time of the
 * first answer, of CLOCK_MONOTONIC in ns.  It is one question all the time, so
 * that an answer to any of its copies is the first. */
void
load_first(const load_options_t *options, load_question_t *question)
{
    int          fd = load_connect(options);
    uint64_t     end;
    load_slot_t  slot = { .id = 0 };

    load_question_next(question, &slot);

    printf("asking 1\n");
    fflush(stdout);

    end = load_now() + (uint64_t) (options->seconds * 1e9);

    do {
        if (load_now() > end) {
            errx(1, "no right answer within %.0f seconds", options->seconds);
        }

        /* refused where nobody listens yet */

        (void) send(fd, slot.query, slot.len, 0);
    } while (!load_first_wait(fd, options, &slot));

    printf("first %" PRIu64 "\n", load_now());
    close(fd);
}


static bool
load_first_wait(int fd, const load_options_t *options,
    const load_slot_t *slot)
{
    ssize_t          n;
    uint8_t          reply[512];
    struct pollfd    pollfd = { .fd = fd, .events = POLLIN };
    struct timespec  wait = { .tv_nsec = LOAD_FIRST_EVERY };
    const uint64_t   until = load_now() + LOAD_FIRST_EVERY;

    do {
        if (ppoll(&pollfd, 1, &wait, NULL) > 0) {
            n = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);

            if (n > 0 && (options->echo
                          || load_reply_right(options, slot, reply,
                                             (size_t) n)))
            {
                return true;
            }
        }
    } while (load_now() < until);

    return false;
}
