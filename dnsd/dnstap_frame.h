
/*
 * One dnstap message as Protocol Buffers: what stands before the bytes of the
 * DNS message, which come last.  Field numbers are those of dnstap.proto
 * (dnstap.info).  Pure.
 */

#ifndef DNSTAP_FRAME_H
#define DNSTAP_FRAME_H


#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>


/* Of identity and version, each. */
#define DNSTAP_TEXT_MAX   255

/* Two texts, two addresses, and numbers of ten bytes at most. */
#define DNSTAP_HEAD_MAX   (4 + 2 * (3 + DNSTAP_TEXT_MAX) + 2 * 18 + 16 * 11)


/* Message.Type: only what an authoritative server sees. */
typedef enum {
    DNSTAP_AUTH_QUERY = 1,
    DNSTAP_AUTH_RESPONSE = 2
} dnstap_type_t;


/* SocketProtocol. */
typedef enum {
    DNSTAP_UDP = 1,
    DNSTAP_TCP = 2,
    DNSTAP_DOT = 3
} dnstap_protocol_t;


/* Between whom a message went, and when. */
typedef struct {
    dnstap_protocol_t       protocol;
    const struct sockaddr  *peer;        /* who asked */
    const struct sockaddr  *local;       /* where; left out where it is not
                                            of the peer's family */
    struct timespec         received;
    struct timespec         responded;   /* of a response */
} dnstap_exchange_t;


/* The fields that every message has: encoded once. */
typedef struct {
    size_t   len;
    uint8_t  bytes[2 * (3 + DNSTAP_TEXT_MAX) + 2];
} dnstap_origin_t;


/* Either text may be empty: then its field is left out.  Both are cut. */
void dnstap_origin_init(dnstap_origin_t *origin, const char *identity,
    size_t identity_len, const char *version);

/*
 * Writes the head of a frame, its length in front (Frame Streams), for a DNS
 * message of message_len bytes that follows it.  Returns the head's length,
 * DNSTAP_HEAD_MAX at most.
 */
size_t dnstap_frame_head(uint8_t *head, const dnstap_origin_t *origin,
    dnstap_type_t type, const dnstap_exchange_t *exchange,
    size_t message_len);


#endif /* DNSTAP_FRAME_H */
