
/*
 * Frame Streams: a frame is its length and its bytes; a length of 0 announces
 * a control frame: its length, its type, and fields.  All numbers are 32 bits,
 * big-endian.
 */

#include "dnstap_stream.h"

#include "dnstap.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>


#define DNSTAP_CONTENT          "protobuf:dnstap.Dnstap"
#define DNSTAP_CONTENT_LEN      (sizeof(DNSTAP_CONTENT) - 1)
#define DNSTAP_CONTENT_FIELD    1

/* ms for the whole handshake: a collector that is there answers at once. */
#define DNSTAP_OPEN_TIMEOUT     5000

/* ms for its last word: dnsd must not hang on somebody else's end. */
#define DNSTAP_CLOSE_TIMEOUT    1000


/* A connection in the making. */
typedef struct {
    int          fd;
    int          stop;           /* -1: nothing ends the wait */
    int64_t      deadline;       /* ms */
    const char  *failed;
} dnstap_peer_t;


static const char *dnstap_handshake(dnstap_peer_t *peer);
static bool dnstap_send(dnstap_peer_t *peer, dnstap_control_t type,
    bool content);
static bool dnstap_receive(dnstap_peer_t *peer, dnstap_control_t type);
static bool dnstap_read(dnstap_peer_t *peer, uint8_t *bytes, size_t len);
static bool dnstap_wait(dnstap_peer_t *peer, short events);
static uint8_t *dnstap_put32(uint8_t *p, uint32_t value);
static uint32_t dnstap_get32(const uint8_t *p);


bool
dnstap_options_parse(dnstap_options_t *options, const char *text)
{
    if (strncmp(text, "unix:/", 6) != 0
        || strlen(text + 5) >= sizeof(options->path))
    {
        return false;
    }

    strcpy(options->path, text + 5);

    return true;
}


int
dnstap_stream_open(const char *path, int stop, const char **failed)
{
    dnstap_peer_t       peer = { .stop = stop };
    struct sockaddr_un  address = { .sun_family = AF_UNIX };

    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    peer.deadline = dnstap_now() + DNSTAP_OPEN_TIMEOUT;
    peer.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (peer.fd == -1) {
        *failed = strerror(errno);
        return -1;
    }

    /* EAGAIN, a full backlog, is a failure like others: we come again */

    if (connect(peer.fd, (const struct sockaddr *) &address, sizeof(address))
        == -1)
    {
        *failed = strerror(errno);

    } else {
        *failed = dnstap_handshake(&peer);
    }

    if (*failed != NULL) {
        close(peer.fd);
        return -1;
    }

    return peer.fd;
}


/* READY, ACCEPT, START.  NULL, or why not. */
static const char *
dnstap_handshake(dnstap_peer_t *peer)
{
    peer->failed = "the handshake failed";

    if (dnstap_send(peer, DNSTAP_CONTROL_READY, true)
        && dnstap_receive(peer, DNSTAP_CONTROL_ACCEPT)
        && dnstap_send(peer, DNSTAP_CONTROL_START, true))
    {
        return NULL;
    }

    return peer->failed;
}


void
dnstap_stream_close(int fd)
{
    dnstap_peer_t  peer = { .fd = fd, .stop = -1 };

    peer.deadline = dnstap_now() + DNSTAP_CLOSE_TIMEOUT;

    if (dnstap_send(&peer, DNSTAP_CONTROL_STOP, false)) {
        (void) dnstap_receive(&peer, DNSTAP_CONTROL_FINISH);
    }

    close(fd);
}


/* So little always fits a socket's buffer that is empty; one that is not, is a
 * collector's that reads nothing. */
static bool
dnstap_send(dnstap_peer_t *peer, dnstap_control_t type, bool content)
{
    uint8_t  frame[20 + DNSTAP_CONTENT_LEN], *p = frame;

    p = dnstap_put32(p, 0);
    p = dnstap_put32(p, content ? 12 + DNSTAP_CONTENT_LEN : 4);
    p = dnstap_put32(p, type);

    if (content) {
        p = dnstap_put32(p, DNSTAP_CONTENT_FIELD);
        p = dnstap_put32(p, DNSTAP_CONTENT_LEN);
        memcpy(p, DNSTAP_CONTENT, DNSTAP_CONTENT_LEN);
        p += DNSTAP_CONTENT_LEN;
    }

    return send(peer->fd, frame, (size_t) (p - frame), MSG_NOSIGNAL)
           == p - frame;
}


static bool
dnstap_receive(dnstap_peer_t *peer, dnstap_control_t type)
{
    uint8_t   frame[DNSTAP_CONTROL_MAX];
    uint32_t  len;

    if (!dnstap_read(peer, frame, 8)) {
        return false;
    }

    len = dnstap_get32(frame + 4);

    if (dnstap_get32(frame) != 0 || len > sizeof(frame)) {
        peer->failed = "it sent what is no control frame";
        return false;
    }

    if (!dnstap_read(peer, frame, len)) {
        return false;
    }

    peer->failed = "it does not take dnstap";

    return dnstap_control_is(frame, len, type);
}


bool
dnstap_control_is(const uint8_t *frame, size_t len, dnstap_control_t type)
{
    bool    named = false;
    size_t  at, field_len;

    if (len < 4 || dnstap_get32(frame) != type) {
        return false;
    }

    for (at = 4; at < len; at += 8 + field_len) {
        if (len - at < 8) {
            return false;
        }

        field_len = dnstap_get32(frame + at + 4);

        if (field_len > len - at - 8) {
            return false;
        }

        if (dnstap_get32(frame + at) == DNSTAP_CONTENT_FIELD
            && field_len == DNSTAP_CONTENT_LEN
            && memcmp(frame + at + 8, DNSTAP_CONTENT, field_len) == 0)
        {
            named = true;
        }
    }

    return type != DNSTAP_CONTROL_ACCEPT || named;
}


static bool
dnstap_read(dnstap_peer_t *peer, uint8_t *bytes, size_t len)
{
    ssize_t  n;

    while (len > 0) {
        n = recv(peer->fd, bytes, len, 0);

        if (n > 0) {
            bytes += n;
            len -= (size_t) n;

        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            peer->failed = n == 0 ? "it closed the connection"
                                  : strerror(errno);
            return false;

        } else if (!dnstap_wait(peer, POLLIN)) {
            return false;
        }
    }

    return true;
}


static bool
dnstap_wait(dnstap_peer_t *peer, short events)
{
    int64_t        left = peer->deadline - dnstap_now();
    struct pollfd  fds[] = {
        { .fd = peer->fd, .events = events },
        { .fd = peer->stop, .events = POLLIN }
    };

    if (left <= 0 || poll(fds, 2, (int) left) <= 0) {
        peer->failed = "it does not answer";
        return false;
    }

    peer->failed = "dnsd ends";

    return fds[1].revents == 0;
}


static uint8_t *
dnstap_put32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t) (value >> 24);
    p[1] = (uint8_t) (value >> 16);
    p[2] = (uint8_t) (value >> 8);
    p[3] = (uint8_t) value;

    return p + 4;
}


static uint32_t
dnstap_get32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


int64_t
dnstap_now(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
