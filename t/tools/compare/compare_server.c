
/*
 * The servers that are asked: a batch at a time over UDP, single questions
 * over a connection that is kept.
 */

#include "compare.h"

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


#define COMPARE_WAIT   2000   /* ms: loopback needs none, a busy machine may */
#define COMPARE_TRIES  15


struct compare_address_s {
    struct sockaddr_storage  storage;
    socklen_t                len;
};


static unsigned compare_server_collect(compare_server_t *server, size_t n,
    unsigned missing);
static bool compare_stream_open(compare_server_t *server);
static bool compare_stream_read(int fd, uint8_t *data, size_t len);


void
compare_server_open(compare_server_t *server, const char *text)
{
    char             *name, *host, *port;
    struct addrinfo  *found, hints = { .ai_flags = AI_NUMERICHOST,
                                       .ai_socktype = SOCK_DGRAM };

    name = strdup(text);
    host = name != NULL ? strchr(name, '=') : NULL;
    port = host != NULL ? strchr(host, '@') : NULL;

    if (port == NULL) {
        errx(2, "%s: not name=address@port", text);
    }

    *host++ = '\0';
    *port++ = '\0';

    if (getaddrinfo(host, port, &hints, &found) != 0) {
        errx(2, "%s: not name=address@port", text);
    }

    server->name = name;
    server->tcp = -1;
    server->replies = malloc(sizeof(*server->replies) * COMPARE_BATCH);
    server->message = malloc(COMPARE_MESSAGE_MAX);
    server->address = malloc(sizeof(*server->address));
    server->udp = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (server->replies == NULL || server->message == NULL
        || server->address == NULL || server->udp == -1
        || connect(server->udp, found->ai_addr, found->ai_addrlen) == -1)
    {
        err(1, "%s", text);
    }

    memcpy(&server->address->storage, found->ai_addr, found->ai_addrlen);
    server->address->len = found->ai_addrlen;
    freeaddrinfo(found);
}


/* The ID says which question of which batch: what comes late is left. */
void
compare_server_ask(compare_server_t *server,
    const compare_question_t *questions, size_t n)
{
    size_t    i;
    unsigned  try, missing = (unsigned) n;
    uint8_t   query[COMPARE_QUESTION_MAX];

    memset(server->lengths, 0, sizeof(server->lengths));
    server->batch++;

    for (try = 0; try < COMPARE_TRIES && missing > 0; try++) {
        for (i = 0; i < n; i++) {
            if (server->lengths[i] != 0) {
                continue;
            }

            memcpy(query, questions[i].data, questions[i].len);
            query[0] = server->batch;
            query[1] = (uint8_t) i;
            (void) send(server->udp, query, questions[i].len, 0);
        }

        missing = compare_server_collect(server, n, missing);
    }
}


/* Takes what comes; returns how many are still missing. */
static unsigned
compare_server_collect(compare_server_t *server, size_t n, unsigned missing)
{
    ssize_t        len;
    uint8_t        reply[COMPARE_UDP_MAX];
    struct pollfd  wait = { .fd = server->udp, .events = POLLIN };

    while (missing > 0) {
        len = recv(server->udp, reply, sizeof(reply), MSG_DONTWAIT);

        if (len == -1) {
            if (errno != EAGAIN || poll(&wait, 1, COMPARE_WAIT) <= 0) {
                break;
            }

            continue;
        }

        if (len < 12 || reply[0] != server->batch || reply[1] >= n
            || server->lengths[reply[1]] != 0)
        {
            continue;
        }

        memcpy(server->replies[reply[1]], reply, (size_t) len);
        server->lengths[reply[1]] = (size_t) len;
        missing--;
    }

    return missing;
}


/* A server closes a connection that has been idle: then another is made. */
compare_reply_t
compare_server_stream(compare_server_t *server,
    const compare_question_t *question)
{
    size_t    len;
    unsigned  try;
    uint8_t   head[2], query[2 + COMPARE_QUESTION_MAX];

    /* in one piece: the second would wait for an acknowledgement */

    query[0] = (uint8_t) (question->len >> 8);
    query[1] = (uint8_t) question->len;
    memcpy(query + 2, question->data, question->len);

    for (try = 0; try < COMPARE_TRIES; try++) {
        if (server->tcp == -1 && !compare_stream_open(server)) {
            continue;
        }

        if (send(server->tcp, query, question->len + 2, MSG_NOSIGNAL) > 0
            && compare_stream_read(server->tcp, head, 2))
        {
            len = (size_t) head[0] << 8 | head[1];

            if (compare_stream_read(server->tcp, server->message, len)) {
                return (compare_reply_t) { server->message, len,
                                           COMPARE_MESSAGE_MAX };
            }
        }

        close(server->tcp);
        server->tcp = -1;
    }

    return (compare_reply_t) { NULL, 0, 0 };
}


static bool
compare_stream_open(compare_server_t *server)
{
    struct timeval  wait = { .tv_sec = COMPARE_WAIT / 1000 };

    server->tcp = socket(server->address->storage.ss_family,
                         SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (server->tcp == -1) {
        err(1, "socket");
    }

    (void) setsockopt(server->tcp, SOL_SOCKET, SO_RCVTIMEO, &wait,
                      sizeof(wait));

    if (connect(server->tcp, (struct sockaddr *) &server->address->storage,
                server->address->len) == -1)
    {
        close(server->tcp);
        server->tcp = -1;
    }

    return server->tcp != -1;
}


static bool
compare_stream_read(int fd, uint8_t *data, size_t len)
{
    ssize_t  n;

    while (len > 0) {
        n = recv(fd, data, len, 0);

        if (n <= 0) {
            return false;
        }

        data += n;
        len -= (size_t) n;
    }

    return true;
}
