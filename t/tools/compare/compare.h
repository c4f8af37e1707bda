
/*
 * Shared by the files of dns_compare: random questions, replies in a form
 * that can be compared, and the servers that are asked.
 */

#ifndef COMPARE_H
#define COMPARE_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


#define COMPARE_NAME_MAX      255
#define COMPARE_QUESTION_MAX  512
#define COMPARE_UDP_MAX       4096
#define COMPARE_MESSAGE_MAX   65535
#define COMPARE_BATCH         64       /* questions on their way at a time: as
                                          many replies fit a socket's buffer */


typedef struct {
    uint8_t           data[COMPARE_NAME_MAX];
    uint8_t           len;
} compare_name_t;


#define COMPARE_TYPES_MAX     8

/* A name that exists, and types that it has. */
typedef struct {
    compare_name_t    name;
    uint16_t          types[COMPARE_TYPES_MAX];
    size_t            ntypes;
} compare_owner_t;


/* The first is the zone's own. */
typedef struct {
    compare_owner_t  *owners;
    size_t            n;
    uint64_t          random;          /* the state, never 0 */
} compare_source_t;


typedef struct {
    uint8_t           data[COMPARE_QUESTION_MAX];
    size_t            len;
    uint16_t          type;
    uint16_t          limit;           /* of a reply over UDP */
} compare_question_t;


/* Reads "NAME TYPE TYPE ...", one name a line, types as numbers; exits where
 * a line is no such thing. */
void compare_source_read(compare_source_t *source, uint64_t seed);

/* A random question; its ID is 0. */
void compare_question_make(compare_source_t *source,
    compare_question_t *question);


/* By which rule a server's replies are held against those of the first. */
typedef enum {
    COMPARE_FIRST = 0,
    COMPARE_NSD,                 /* the answer, a negative one's SOA */
    COMPARE_KNOT                 /* all sections */
} compare_rule_t;


typedef struct {
    const uint8_t    *data;
    size_t            len;             /* 0: none came */
    size_t            limit;           /* it could be that long */
} compare_reply_t;


/* True where the two say the same.  Additional records are a courtesy: what
 * might not have fitted may be missing. */
bool compare_equal(const compare_reply_t *ours,
    const compare_reply_t *theirs, compare_rule_t rule);

/* True where the question may be answered differently, and why is said where
 * it is decided. */
bool compare_excused(const compare_question_t *question,
    compare_rule_t rule);

bool compare_truncated(const compare_reply_t *reply);

/* How many RRs the answer section has. */
unsigned compare_answers(const compare_reply_t *reply);

/* Prints a message for people. */
void compare_print(const char *title, const uint8_t *data, size_t len);


typedef struct {
    const char       *name;
    compare_rule_t    rule;
    int               udp;
    int               tcp;             /* -1: not connected */
    struct compare_address_s  *address;
    uint8_t           batch;           /* counts: part of the ID */
    uint8_t         (*replies)[COMPARE_UDP_MAX];
    size_t            lengths[COMPARE_BATCH];
    uint8_t          *message;         /* the last one over TCP */
} compare_server_t;


/* "nsd=127.0.0.1@5300"; exits where it is no server. */
void compare_server_open(compare_server_t *server, const char *text);

/* Asks all of a batch over UDP, as often as it takes; what got no reply in
 * the end has the length 0. */
void compare_server_ask(compare_server_t *server,
    const compare_question_t *questions, size_t n);

/* Asks one over TCP; the reply is good until the next. */
compare_reply_t compare_server_stream(compare_server_t *server,
    const compare_question_t *question);


#endif /* COMPARE_H */
