/* units: t/bench/load/load_address.c */

/*
 * dns_reflect ADDR@PORT SIZE BATCH
 *
 * Sends each packet back, as SIZE bytes: what the kernel takes for a query and
 * an answer, which no server can undercut.  BATCH packets at most are taken
 * by one recvmmsg and sent by one sendmmsg; 1 is recvfrom and sendto.
 */

#include "load/load_address.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


#define REFLECT_BATCH_MAX  64
#define REFLECT_SIZE_MAX   1500

/* QR of the header's third byte, so that it passes for an answer. */
#define REFLECT_FLAGS  2
#define REFLECT_QR     0x80


typedef struct {
    struct mmsghdr           messages[REFLECT_BATCH_MAX];
    struct iovec             iov[REFLECT_BATCH_MAX];
    struct sockaddr_storage  peers[REFLECT_BATCH_MAX];
    uint8_t                  packets[REFLECT_BATCH_MAX][REFLECT_SIZE_MAX];
} reflect_batch_t;


static int reflect_open(const char *text);
static void reflect_single(int fd, size_t size);
static void reflect_batches(int fd, size_t size, unsigned width);
static void reflect_send(int fd, struct mmsghdr *messages, unsigned n);


int
main(int argc, char **argv)
{
    int       fd;
    size_t    size;
    unsigned  width;

    if (argc != 4) {
        errx(2, "usage: dns_reflect ADDR@PORT SIZE BATCH");
    }

    size = strtoul(argv[2], NULL, 10);
    width = (unsigned) strtoul(argv[3], NULL, 10);

    if (size < 12 || size > REFLECT_SIZE_MAX || width == 0
        || width > REFLECT_BATCH_MAX)
    {
        errx(2, "12 to %d bytes, batches of 1 to %d", REFLECT_SIZE_MAX,
             REFLECT_BATCH_MAX);
    }

    fd = reflect_open(argv[1]);

    if (width == 1) {
        reflect_single(fd, size);
    }

    reflect_batches(fd, size, width);
}


static int
reflect_open(const char *text)
{
    int                      fd;
    socklen_t                len;
    struct sockaddr_storage  address;

    len = load_address(&address, text);
    fd = socket(address.ss_family, SOCK_DGRAM, 0);

    if (fd == -1 || bind(fd, (struct sockaddr *) &address, len) == -1) {
        err(1, "%s", text);
    }

    return fd;
}


/* Until a signal ends it, as the other one. */
static void
reflect_single(int fd, size_t size)
{
    uint8_t                  packet[REFLECT_SIZE_MAX] = { 0 };
    socklen_t                len;
    struct sockaddr_storage  peer;

    for ( ;; ) {
        len = sizeof(peer);

        if (recvfrom(fd, packet, sizeof(packet), 0,
                     (struct sockaddr *) &peer, &len) == -1)
        {
            continue;
        }

        packet[REFLECT_FLAGS] |= REFLECT_QR;
        (void) sendto(fd, packet, size, 0, (struct sockaddr *) &peer, len);
    }
}


static void
reflect_batches(int fd, size_t size, unsigned width)
{
    int               n;
    unsigned          i;
    reflect_batch_t  *batch;

    batch = calloc(1, sizeof(*batch));

    if (batch == NULL) {
        err(1, "calloc");
    }

    for (i = 0; i < width; i++) {
        batch->iov[i].iov_base = batch->packets[i];
        batch->messages[i].msg_hdr.msg_iov = &batch->iov[i];
        batch->messages[i].msg_hdr.msg_iovlen = 1;
        batch->messages[i].msg_hdr.msg_name = &batch->peers[i];
    }

    for ( ;; ) {
        for (i = 0; i < width; i++) {
            batch->iov[i].iov_len = REFLECT_SIZE_MAX;
            batch->messages[i].msg_hdr.msg_namelen = sizeof(batch->peers[i]);
        }

        n = recvmmsg(fd, batch->messages, width, MSG_WAITFORONE, NULL);

        for (i = 0; n > 0 && i < (unsigned) n; i++) {
            batch->packets[i][REFLECT_FLAGS] |= REFLECT_QR;
            batch->iov[i].iov_len = size;
        }

        if (n > 0) {
            reflect_send(fd, batch->messages, (unsigned) n);
        }
    }
}


static void
reflect_send(int fd, struct mmsghdr *messages, unsigned n)
{
    int       sent;
    unsigned  at = 0;

    while (at < n) {
        sent = sendmmsg(fd, messages + at, n - at, 0);
        at += sent > 0 ? (unsigned) sent : 1;
    }
}
