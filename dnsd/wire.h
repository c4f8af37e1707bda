
/*
 * The bytes of DNS messages: names, queries, and a bounded writer.
 *
 * What enters: whatever a peer sent, of any length, any bytes.  What leaves:
 * a parsed query, or a verdict on it; replies that never pass their limit.
 * Knows no store, no zone and no socket.  Pure; any thread.
 */

#ifndef WIRE_H
#define WIRE_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


#define WIRE_HEADER_LEN   12
#define WIRE_NAME_MAX     255      /* with the root byte, RFC 1035 2.3.4 */
#define WIRE_LABEL_MAX    63
#define WIRE_UDP_MIN      512      /* RFC 1035 2.3.4, RFC 6891 6.2.3 */
#define WIRE_MESSAGE_MAX  65535
#define WIRE_OPT_LEN      11       /* an OPT without options */

/* Types that are treated in a way of their own; the others are bytes. */
#define WIRE_TYPE_A       1
#define WIRE_TYPE_NS      2
#define WIRE_TYPE_CNAME   5
#define WIRE_TYPE_SOA     6
#define WIRE_TYPE_PTR     12
#define WIRE_TYPE_MX      15
#define WIRE_TYPE_TXT     16
#define WIRE_TYPE_AAAA    28
#define WIRE_TYPE_SRV     33
#define WIRE_TYPE_OPT     41
#define WIRE_TYPE_RRSIG   46
#define WIRE_TYPE_NSEC    47
#define WIRE_TYPE_DNSKEY  48
#define WIRE_TYPE_SVCB    64
#define WIRE_TYPE_HTTPS   65
#define WIRE_TYPE_NXNAME  128      /* in bitmaps only, RFC 9824 2 */
#define WIRE_TYPE_TSIG    250
#define WIRE_TYPE_IXFR    251
#define WIRE_TYPE_AXFR    252
#define WIRE_TYPE_ANY     255

#define WIRE_CLASS_IN     1
#define WIRE_CLASS_CH     3
#define WIRE_CLASS_ANY    255

#define WIRE_OPCODE_QUERY 0

#define WIRE_FLAG_QR      0x8000
#define WIRE_FLAG_AA      0x0400
#define WIRE_FLAG_TC      0x0200
#define WIRE_FLAG_RD      0x0100
#define WIRE_FLAG_CD      0x0010

#define WIRE_EDNS_DO      0x8000
#define WIRE_EDNS_CO      0x4000   /* compact answers OK, RFC 9824 5.1 */

/* EDNS options that mean something here. */
#define WIRE_OPTION_NSID       3     /* RFC 5001 */
#define WIRE_OPTION_COOKIE     10    /* RFC 7873 */
#define WIRE_OPTION_KEEPALIVE  11    /* RFC 7828 */
#define WIRE_OPTION_PADDING    12    /* RFC 7830 */
#define WIRE_OPTION_EDE        15    /* RFC 8914 */

#define WIRE_OPTION_FIXED      4     /* code, length */

/* RCODEs, the extended one included (RFC 6895 2.3). */
typedef enum {
    WIRE_NOERROR = 0,
    WIRE_FORMERR = 1,
    WIRE_SERVFAIL = 2,
    WIRE_NXDOMAIN = 3,
    WIRE_NOTIMP = 4,
    WIRE_REFUSED = 5,
    WIRE_NOTAUTH = 9,
    WIRE_BADVERS = 16,
    WIRE_BADCOOKIE = 23
} wire_rcode_t;


/* Bytes that somebody else owns. */
typedef struct {
    const uint8_t  *data;
    size_t          len;
} wire_span_t;


/* An uncompressed name, with its root byte. */
typedef struct {
    uint8_t   data[WIRE_NAME_MAX];
    uint8_t   len;
} wire_name_t;


/* The options of a query that mean something here.  Of one that comes twice
 * the first counts. */
typedef struct {
    unsigned     present;        /* WIRE_OPTION_BIT of each that came */
    wire_span_t  cookie;         /* where COOKIE is present */
    uint16_t     keepalive_len;  /* where KEEPALIVE is */
} wire_options_t;

#define WIRE_OPTION_BIT(code)  (1U << (code))


/* A signature that nobody here can check (RFC 8945).  Its reply says so in a
 * record that has the same key, algorithm, time and fudge. */
typedef struct {
    size_t       at;             /* of the record in the query; 0: none */
    wire_span_t  terms;          /* algorithm, time, fudge */
    size_t       reply_len;      /* of the record in the reply */
} wire_tsig_t;


typedef struct {
    uint16_t        flags;          /* the header's second word, as sent */
    wire_name_t     name;           /* QNAME, in lower case */
    uint16_t        type;           /* QTYPE */
    uint16_t        class;          /* QCLASS */
    size_t          question_end;   /* 0: no question that could be echoed */
    bool            edns;           /* came with a usable OPT */
    bool            dnssec_ok;      /* the DO bit */
    bool            compact_ok;     /* the CO bit, beside DO */
    uint16_t        payload;        /* what the client says it can take */
    wire_options_t  options;        /* none without a usable OPT */
    wire_tsig_t     tsig;           /* its at; the rest only where that is
                                       not 0 */
} wire_query_t;


typedef enum {
    WIRE_VERDICT_OK = 0,
    WIRE_VERDICT_DROP,           /* a reply could only do harm */
    WIRE_VERDICT_FORMERR,
    WIRE_VERDICT_NOTIMP,
    WIRE_VERDICT_BADVERS,
    WIRE_VERDICT_COOKIE,         /* no question, but a COOKIE option */
    WIRE_VERDICT_NOTAUTH         /* good, but for a TSIG: we know no keys */
} wire_verdict_t;


/*
 * Reads the name at *at of a message into name, as sent, and moves *at behind
 * it.  Pointers lead strictly backwards, each below where the piece before it
 * began, so that no loop is possible (RFC 1035 4.1.4).  False where a bound
 * is broken; *at is then unset.
 */
bool wire_name_parse(wire_name_t *name, const uint8_t *message, size_t len,
    size_t *at);

/* ASCII lower case, in place; other bytes stay (RFC 4343 3). */
void wire_fold(uint8_t *data, size_t len);

/* True where two byte strings are equal but for ASCII case. */
bool wire_equal(const uint8_t *a, const uint8_t *b, size_t len);

/*
 * Where in a name its last `len` bytes begin, if that is at a label: the
 * place of a zone in a name below it.  False elsewhere.
 */
bool wire_name_ends_with(wire_span_t name, wire_span_t suffix, size_t *at);

/* The same for relative owners, which have no root byte: true too where the
 * two are equal or suffix is empty. */
bool wire_owner_ends_with(wire_span_t owner, wire_span_t suffix);

/* The name for a log line: one printable word, other bytes as \DDD, cut where
 * size ends it. */
void wire_name_print(char *text, size_t size, wire_span_t name);

/*
 * Parses a whole query.  With every verdict but DROP, flags, question_end,
 * edns, dnssec_ok, compact_ok, payload, options and tsig may be used for a
 * reply; name, type and class only where question_end is not 0.
 */
wire_verdict_t wire_query_parse(wire_query_t *query, const uint8_t *message,
    size_t len);

uint16_t wire_get16(const uint8_t *data);
uint32_t wire_get32(const uint8_t *data);


/* Label starts that later names may point to.  64 hold the question and the
 * targets of any usual answer; names beyond are only less compressed. */
#define WIRE_TARGETS_MAX  64

typedef struct {
    uint16_t  at;                /* offset in the message */
    uint8_t   len;               /* of the name from there on */
} wire_target_t;


/* A message being written.  The first write that does not fit sets overflow
 * and writes nothing, as do all later ones until wire_restore. */
typedef struct {
    uint8_t        *data;
    size_t          at;
    size_t          limit;
    bool            overflow;
    uint16_t        ntargets;
    wire_target_t   targets[WIRE_TARGETS_MAX];
} wire_writer_t;


typedef struct {
    size_t    at;
    uint16_t  ntargets;
} wire_mark_t;


void wire_writer_init(wire_writer_t *writer, uint8_t *data, size_t limit);

/* Truncation is one idea: take a mark, write, go back to it if it was too
 * much. */
wire_mark_t wire_mark(const wire_writer_t *writer);
void wire_restore(wire_writer_t *writer, wire_mark_t mark);

void wire_write16(wire_writer_t *writer, uint16_t value);
void wire_write32(wire_writer_t *writer, uint32_t value);
void wire_write(wire_writer_t *writer, const uint8_t *data, size_t len);

/* Puts value over two bytes that were written before. */
void wire_patch16(wire_writer_t *writer, size_t at, uint16_t value);

/* A whole name, as short as what was written before allows. */
void wire_write_name(wire_writer_t *writer, wire_span_t name);

/* The header and the question, bytes and case as in the query. */
void wire_write_question(wire_writer_t *writer, const wire_query_t *query,
    const uint8_t *message);

typedef struct {
    wire_rcode_t  rcode;
    uint16_t      flags;         /* AA and TC */
    uint16_t      answers;       /* RRs in the sections */
    uint16_t      authorities;
    uint16_t      additionals;   /* without the OPT */
    uint16_t      udp_size;      /* what our OPT says */
    bool          compact;       /* its CO bit */
    wire_span_t   options;       /* in our OPT; its RDATA */
} wire_finish_t;

/*
 * Finishes a reply, the only place that does: the OPT, if the query had one
 * (the caller has kept room for WIRE_OPT_LEN and the options behind the
 * writer's limit), and the header.  Returns the reply's length.
 */
size_t wire_finish(wire_writer_t *writer, const wire_query_t *query,
    const wire_finish_t *finish);

/*
 * Appends the TSIG that says BADKEY, which the finished reply has counted among
 * its additionals: tsig.reply_len bytes, for which the caller has kept room.
 * Returns the reply's length.
 */
size_t wire_write_tsig(wire_writer_t *writer, const wire_query_t *query,
    const uint8_t *message, size_t len);

/*
 * Cuts a finished reply down to its question and its OPT, which is the last
 * opt_len bytes of it (0: it has none), and sets RCODE and TC anew.  Returns
 * the length.
 */
size_t wire_shorten(uint8_t *reply, size_t len, const wire_query_t *query,
    size_t opt_len, wire_rcode_t rcode, bool truncated);


#endif /* WIRE_H */
