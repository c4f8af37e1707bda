
/*
 * What the files of dns_load share; dns_load.c describes the program.
 */

#ifndef LOAD_H
#define LOAD_H


#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load_histogram.h"


/* A header, a name of 255 bytes, type and class, an OPT. */
#define LOAD_QUERY_MAX  (12 + 255 + 4 + 11)

/* Queries of one socket that wait for an answer: the ID's low byte says which
 * one, its high byte tells a late answer from a prompt one. */
#define LOAD_SLOTS_MAX    256

#define LOAD_SOCKETS_MAX  1024


typedef enum {
    LOAD_SRV = 0,                /* of a device, with its address added */
    LOAD_A,
    LOAD_NXDOMAIN,               /* SRV below a label that nobody has */
    LOAD_NODATA,                 /* AAAA of a device */
    LOAD_KINDS
} load_kind_t;


typedef struct {
    struct sockaddr_storage  server;
    socklen_t                server_len;
    const char              *zone;
    unsigned long            devices;
    unsigned                 mix[LOAD_KINDS];   /* shares of their sum */
    unsigned                 sockets;
    unsigned                 window;            /* outstanding in all */
    double                   seconds;
    double                   rate;              /* per second; 0: closed loop */
    uint16_t                 edns;              /* payload size; 0: no OPT */
    bool                     dnssec_ok;
    bool                     is_signed;         /* replies have RRSIGs */
    bool                     echo;              /* replies are not looked at */
    bool                     first;
    uint64_t                 seed;
} load_options_t;


typedef struct {
    load_kind_t  kind;
    bool         busy;
    uint64_t     since;                         /* ns */
    uint16_t     id;
    size_t       len;
    uint8_t      query[LOAD_QUERY_MAX];
} load_slot_t;


/* Makes questions: names of the fleet, drawn at random. */
typedef struct {
    const load_options_t  *options;
    uint8_t                zone[256];           /* wire */
    size_t                 zone_len;
    unsigned               mix;                 /* their sum */
    uint64_t               random;
} load_question_t;


typedef struct {
    uint64_t  sent;
    uint64_t  answered;
    uint64_t  lost;              /* no answer within LOAD_LOST_AFTER */
    uint64_t  late;              /* an answer to what was given up */
    uint64_t  wrong;
    uint64_t  skipped;           /* due, but all slots were busy */
    uint64_t  bytes;             /* of answers */
    uint64_t  kinds[LOAD_KINDS];
    uint64_t  added;             /* SRV answers with an additional record */
    double    seconds;
    char      complaint[512];    /* the first wrong answer */
    load_histogram_t  latency;
} load_report_t;


/* False where the zone's name is none. */
bool load_question_init(load_question_t *question,
    const load_options_t *options);

/* Writes the query of a slot; its ID is slot->id. */
void load_question_next(load_question_t *question, load_slot_t *slot);

/* Counts a reply to the slot's query, right or wrong. */
void load_reply_check(const load_options_t *options, const load_slot_t *slot,
    const uint8_t *reply, size_t len, load_report_t *report);

/* Whether a reply is the right one. */
bool load_reply_right(const load_options_t *options,
    const load_slot_t *slot, const uint8_t *reply,
    size_t len);

/* Runs to the end of options->seconds.  Exits where a socket fails. */
void load_run(const load_options_t *options, load_question_t *question,
    load_report_t *report);

/* Asks until the first right answer has come, and says when that was. */
void load_first(const load_options_t *options, load_question_t *question);

/* A socket that is connected to the server. */
int load_connect(const load_options_t *options);

uint64_t load_now(void);

void load_report_print(const load_report_t *report);


#endif /* LOAD_H */
