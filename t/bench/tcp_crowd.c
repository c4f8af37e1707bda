
/* units: t/bench/load/load_address.c */

/*
 * tcp_crowd ADDR@PORT IDLE DRIPPING SOURCES EVERY
 *
 * Connections that harm by being there: IDLE ones that say nothing, and
 * DRIPPING ones that send a byte of a query all EVERY seconds and read
 * nothing.
 * They come from 127.0.1.1 and so on, SOURCES addresses in turn.  Says "ready"
 * and holds them until its standard input ends.
 */

#include "load/load_address.h"

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>


/* A second's: each connection's byte has one of its own. */
#define CROWD_TICKS  1000


/* www.devices.example A, and how long that is. */
static const uint8_t  crowd_query[] =
    "\0\x25" "\0\1\0\0\0\1\0\0\0\0\0\0"
    "\3www\7devices\7example\0" "\0\1\0\1";


static int crowd_connect(const struct sockaddr_storage *server,
    socklen_t len, unsigned source);
static void crowd_drip(const int *sockets, unsigned n, uint64_t tick,
    unsigned ticks);
static void crowd_limit(unsigned wanted);


int
main(int argc, char **argv)
{
    int                     *sockets;
    unsigned                 i, idle, dripping, sources, ticks;
    uint64_t                 tick;
    socklen_t                len;
    struct pollfd            input = { .fd = 0, .events = POLLIN };
    struct sockaddr_storage  server;

    if (argc != 6) {
        errx(2, "usage: tcp_crowd ADDR@PORT IDLE DRIPPING SOURCES EVERY");
    }

    len = load_address(&server, argv[1]);
    idle = (unsigned) atoi(argv[2]);
    dripping = (unsigned) atoi(argv[3]);
    sources = (unsigned) atoi(argv[4]);
    ticks = (unsigned) atoi(argv[5]) * CROWD_TICKS;
    crowd_limit(idle + dripping + 16);
    sockets = calloc((size_t) idle + dripping + 1, sizeof(int));

    if (sockets == NULL || sources == 0 || ticks == 0) {
        errx(2, "no memory, no sources or no time");
    }

    for (i = 0; i < idle + dripping; i++) {
        sockets[i] = crowd_connect(&server, len, i % sources);
    }

    printf("ready\n");
    fflush(stdout);

    for (tick = 0; poll(&input, 1, 1000 / CROWD_TICKS) == 0; tick++) {
        crowd_drip(sockets + idle, dripping, tick, ticks);
    }

    free(sockets);

    return 0;
}


/* The kernel chooses the port with the connection, so that one address has as
 * many as there are ports for each server. */
static int
crowd_connect(const struct sockaddr_storage *server, socklen_t len,
    unsigned source)
{
    int                 fd, on = 1;
    struct sockaddr_in  from = { .sin_family = AF_INET };

    fd = socket(server->ss_family, SOCK_STREAM, 0);
    from.sin_addr.s_addr = htonl(0x7f000101 + source);

    if (fd == -1
        || setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
                      sizeof(on)) == -1
        || bind(fd, (struct sockaddr *) &from, sizeof(from)) == -1
        || connect(fd, (const struct sockaddr *) server, len) == -1)
    {
        err(1, "a connection");
    }

    return fd;
}


/* Whoever was closed meanwhile drips in vain. */
static void
crowd_drip(const int *sockets, unsigned n, uint64_t tick, unsigned ticks)
{
    unsigned  i;
    size_t    at = tick / ticks % (sizeof(crowd_query) - 1);

    for (i = (unsigned) (tick % ticks); i < n; i += ticks) {
        (void) send(sockets[i], crowd_query + at, 1,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}


static void
crowd_limit(unsigned wanted)
{
    struct rlimit  limit = { .rlim_cur = wanted, .rlim_max = wanted };

    if (setrlimit(RLIMIT_NOFILE, &limit) == -1) {
        getrlimit(RLIMIT_NOFILE, &limit);

        if (limit.rlim_max < wanted) {
            errx(1, "at most %lu descriptors", (unsigned long) limit.rlim_max);
        }

        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}
