
/*
 * A store with a zone and some devices, a reader of it, and a query's way
 * through answer_queries, for tests of dnsd without sockets.
 */

#ifndef DNSD_WORLD_H
#define DNSD_WORLD_H


#include "answer.h"
#include "dnsd_signer.h"
#include "log.h"
#include "lookup_internal.h"
#include "store.h"
#include "store_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define WORLD_ZONE    "\7devices\7example\0"
#define WORLD_DEV1    "\4dev1\7devices\7example\0"
#define WORLD_LATER   4000000000     /* no lease here runs out before 2096 */
#define WORLD_TXTS    20             /* RRs of the TXT of dev2 and of dev5 */
#define WORLD_HOSTS   8              /* targets of dev2's SRV */

#define WORLD_SPAN(s)  ((store_span_t) { (const uint8_t *) (s), \
                                         sizeof(s) - 1 })
#define WORLD_BYTES(s)  (const uint8_t *) (s), sizeof(s) - 1

#define WORLD_TXT     16


typedef struct {
    char               path[64];
    log_t              log;
    lookup_source_t   *source;
    lookup_t          *lookup;
    uint8_t            reply[WIRE_MESSAGE_MAX];
    size_t             reply_len;
    answer_outcome_t   outcome;
    answer_t           answer;           /* the whole of it */
    answer_policy_t    policy;           /* the size is set for each query */
    sign_t            *sign;
    int64_t            now;              /* lease time; 0: the clock's */
    bool               hurried;          /* TCP keeps no idle connection */
} world_t;


/* What must not fail, in a test or out of it. */
#define WORLD_MUST(condition)                                                 \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);   \
            abort();                                                          \
        }                                                                     \
    } while (0)


static inline void
world_begin(store_writer_t *writer, store_span_t owner, uint16_t type)
{
    store_rrset_t  rrset = {
        .owner = owner, .type = type, .ttl = 300, .expires = WORLD_LATER
    };

    store_writer_rrset_begin(writer, &rrset);
}


static inline void
world_rr(store_writer_t *writer, const void *rdata, size_t len, int splice)
{
    store_rr_t  rr = { rdata, (uint16_t) len, splice };

    store_writer_rr(writer, &rr);
}


static inline void
world_one(store_writer_t *writer, store_span_t owner, uint16_t type,
    const void *rdata, size_t len, int splice)
{
    world_begin(writer, owner, type);
    world_rr(writer, rdata, len, splice);
    store_writer_rrset_end(writer);
}


static inline store_span_t
world_seal(store_writer_t *writer, store_span_t label)
{
    store_key_t   key;
    store_span_t  bytes;

    WORLD_MUST(store_key_make(&key, WORLD_SPAN(WORLD_ZONE), label));
    WORLD_MUST(store_writer_finish(writer,
                                   (store_span_t) { key.data, key.len },
                                   &bytes));
    return bytes;
}


static inline void
world_put(store_txn_t *txn, store_writer_t *writer, store_span_t label)
{
    store_key_t   key;
    store_span_t  bytes = world_seal(writer, label);

    WORLD_MUST(store_key_make(&key, WORLD_SPAN(WORLD_ZONE), label));
    WORLD_MUST(store_put(txn, &key, bytes) == STORE_OK);
}


static inline void
world_put_damaged(store_txn_t *txn, store_span_t label)
{
    store_key_t  key;

    WORLD_MUST(store_key_make(&key, WORLD_SPAN(WORLD_ZONE), label));
    WORLD_MUST(store_put(txn, &key, WORLD_SPAN("no value")) == STORE_OK);
}


static inline void
world_publish(store_txn_t *txn)
{
    bool                  changed;
    char                  conflict[STORE_LABEL_MAX + 1];
    uint8_t               digest[STORE_DIGEST_LEN] = { 1 };
    uint8_t               apex[1024], sub[1024];
    store_span_t          none = { NULL, 0 };
    store_static_t        statics[1];
    store_writer_t        writer;
    store_zone_content_t  content = { .statics = statics, .nstatics = 1 };

    store_writer_apex(&writer, apex, sizeof(apex), digest);
    world_one(&writer, none, WIRE_TYPE_SOA,
              WORLD_BYTES("\3ns1\7devices\7example\0\1h\0"
                          "\0\0\0\1\0\0\16\20\0\0\2\130\0\1\121\200\0\0\0\74"),
              -1);
    world_one(&writer, none, WIRE_TYPE_NS,
              WORLD_BYTES("\3ns1\7devices\7example\0"), -1);
    content.apex = world_seal(&writer, none);

    store_writer_static(&writer, sub, sizeof(sub));
    world_one(&writer, WORLD_SPAN("\1b\1a"), WIRE_TYPE_CNAME,
              WORLD_BYTES(WORLD_DEV1), -1);
    statics[0].label = WORLD_SPAN("www");
    statics[0].bytes = world_seal(&writer, statics[0].label);

    memcpy(content.digest, digest, sizeof(digest));
    content.name = WORLD_SPAN(WORLD_ZONE);

    WORLD_MUST(store_zone_publish(txn, &content, 1800000000, &changed,
                                  conflict) == STORE_OK && changed);
}


static inline void
world_devices(store_txn_t *txn)
{
    char            text[80];
    uint8_t         buffer[STORE_VALUE_MAX], owner[3] = { 2, 'h' };
    uint8_t         rdata[256];
    unsigned        i;
    store_span_t    none = { NULL, 0 };
    store_device_t  device;
    store_writer_t  writer;

    memset(&device, 0, sizeof(device));
    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    world_one(&writer, none, WIRE_TYPE_A, WORLD_BYTES("\300\0\2\1"), -1);
    world_one(&writer, WORLD_SPAN("\4_sip\4_tcp"), WIRE_TYPE_SRV,
              WORLD_BYTES("\0\0\0\0\73\245"), 6);
    world_put(txn, &writer, WORLD_SPAN("dev1"));

    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    world_begin(&writer, none, WORLD_TXT);

    for (i = 0; i < WORLD_TXTS; i++) {
        memset(text, 'a' + (int) i, sizeof(text));
        text[0] = 50;
        world_rr(&writer, text, 51, -1);
    }

    store_writer_rrset_end(&writer);
    world_begin(&writer, WORLD_SPAN("\1s"), WIRE_TYPE_SRV);

    for (i = 0; i < WORLD_HOSTS; i++) {
        memcpy(text, "\0\1\0\2\0\3\2hx", 9);
        text[8] = (char) ('0' + i);
        world_rr(&writer, text, 9, 9);
    }

    store_writer_rrset_end(&writer);

    for (i = 0; i < WORLD_HOSTS; i++) {
        owner[2] = (uint8_t) ('0' + i);
        world_one(&writer, (store_span_t) { owner, 3 }, WIRE_TYPE_AAAA,
                  "0123456789abcdef", 16, -1);
    }

    world_put(txn, &writer, WORLD_SPAN("dev2"));

    /* more than any UDP answer holds */

    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    world_begin(&writer, none, WORLD_TXT);

    for (i = 0; i < WORLD_TXTS; i++) {
        memset(rdata, 'a' + (int) i, sizeof(rdata));
        rdata[0] = 255;
        world_rr(&writer, rdata, sizeof(rdata), -1);
    }

    store_writer_rrset_end(&writer);
    world_put(txn, &writer, WORLD_SPAN("dev5"));

    device.state = STORE_DEVICE_SUSPENDED;
    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    world_one(&writer, none, WIRE_TYPE_A, WORLD_BYTES("\300\0\2\3"), -1);
    world_put(txn, &writer, WORLD_SPAN("dev3"));
    world_put_damaged(txn, WORLD_SPAN("dev8"));
}


/* `more`, where it is not NULL, puts a test's own values. */
static inline void
world_init_with(world_t *world, void (*more)(store_txn_t *txn))
{
    store_t             *store;
    store_txn_t         *txn;
    store_error_t        error;
    store_options_t      options = { .writer = true, .map_size = 1 << 24 };
    lease_clock_mark_t   mark = { .time = 1700000000 };

    memset(world, 0, sizeof(*world));
    strcpy(world->path, "/tmp/dnsd-unit-XXXXXX");
    WORLD_MUST(mkdtemp(world->path) != NULL);

    options.path = world->path;
    WORLD_MUST(store_open(&store, &options, &error) == STORE_OK);
    WORLD_MUST(store_write_begin(store, &txn) == STORE_OK);
    world_publish(txn);
    world_devices(txn);

    if (more != NULL) {
        more(txn);
    }

    WORLD_MUST(store_commit(txn, &mark) == STORE_OK);
    store_close(store);

    log_init(&world->log);
    world->source = lookup_source_create(world->path, 1, &world->log);
    WORLD_MUST(world->source != NULL);
    WORLD_MUST(lookup_source_check(world->source) == LOOKUP_SOURCE_OK);
    world->lookup = lookup_source_reader(world->source, 0);
}


static inline void
world_init(world_t *world)
{
    world_init_with(world, NULL);
}


static inline void
world_cleanup(world_t *world)
{
    char  file[96];

    lookup_source_destroy(world->source);

    snprintf(file, sizeof(file), "%s/data.mdb", world->path);
    unlink(file);
    snprintf(file, sizeof(file), "%s/lock.mdb", world->path);
    unlink(file);
    rmdir(world->path);
}


/* Asks; udp_size 0 means TCP.  The query is copied, so that a sanitizer sees
 * a read behind it. */
static inline size_t
world_ask(world_t *world, const uint8_t *query, size_t len, uint16_t udp_size)
{
    uint8_t  *copy = malloc(len + (len == 0));
    answer_t  answer = {
        .query = copy,
        .query_len = len,
        .client = { (const uint8_t *) "\300\0\2\11", 4 },
        .reply = world->reply,
        .reply_size = udp_size != 0 ? udp_size : sizeof(world->reply)
    };
    const answer_context_t  context = {
        .policy = &world->policy,
        .sign = world->sign,
        .stream = udp_size == 0,
        .padded = udp_size == 0,
        .keepalive = world->hurried ? 0 : 100,
        .now = 1800000000
    };

    WORLD_MUST(copy != NULL);
    world->policy.udp_size = udp_size != 0 ? udp_size : ANSWER_UDP_SIZE;

    if (len > 0) {
        memcpy(copy, query, len);
    }

    WORLD_MUST(lookup_begin(world->lookup));

    if (world->now != 0) {
        world->lookup->now = world->now;
    }

    answer_queries(world->lookup, &context, &answer, 1);
    lookup_end(world->lookup);
    free(copy);

    world->reply_len = answer.reply_len;
    world->outcome = answer.outcome;
    world->answer = answer;

    return answer.reply_len;
}


/* A reply must be whole: its sections as counted, its end where they end. */
static inline void
world_check_reply(const uint8_t *query, const uint8_t *reply, size_t len)
{
    size_t       at = WIRE_HEADER_LEN, rdlength;
    unsigned     records, i;
    wire_name_t  name;

    WORLD_MUST(len >= WIRE_HEADER_LEN);
    WORLD_MUST(memcmp(query, reply, 2) == 0);
    WORLD_MUST((wire_get16(reply + 2) & WIRE_FLAG_QR) != 0);
    WORLD_MUST(wire_get16(reply + 4) <= 1);

    if (wire_get16(reply + 4) == 1) {
        WORLD_MUST(wire_name_parse(&name, reply, len, &at) && len - at >= 4);
        at += 4;
    }

    records = (unsigned) wire_get16(reply + 6) + wire_get16(reply + 8)
              + wire_get16(reply + 10);

    for (i = 0; i < records; i++) {
        WORLD_MUST(wire_name_parse(&name, reply, len, &at));
        WORLD_MUST(len - at >= 10);
        rdlength = wire_get16(reply + at + 8);
        WORLD_MUST(len - at - 10 >= rdlength);
        at += 10 + rdlength;
    }

    WORLD_MUST(at == len);
}


#endif /* DNSD_WORLD_H */
