
/*
 * Queries.  One pass over the message; each record that the header counts
 * must be there whole, and nothing may follow the last one.
 */

#include "wire.h"


#define WIRE_RR_FIXED       10     /* type, class, TTL, RDLENGTH */
#define WIRE_OPCODE_SHIFT   11
#define WIRE_OPCODE_MASK    0x0F

/* Of a TSIG's RDATA: time (48 bits) and fudge behind the algorithm; then MAC
 * size, original ID, error and the length of other data. */
#define WIRE_TSIG_TIME      8
#define WIRE_TSIG_FIXED     8


typedef struct {
    const uint8_t  *message;
    size_t          len;
    size_t          at;
} wire_cursor_t;


typedef struct {
    wire_name_t     owner;
    uint16_t        type;
    uint16_t        class;
    uint32_t        ttl;
    wire_span_t     rdata;
} wire_record_t;


static inline void wire_query_clear(wire_query_t *query);
static inline wire_verdict_t wire_header_parse(wire_query_t *query,
    const uint8_t *message, size_t len);
static bool wire_question_parse(wire_query_t *query, wire_cursor_t *cursor);
static bool wire_record_parse(wire_record_t *record, wire_cursor_t *cursor);
static wire_verdict_t wire_additional_parse(wire_query_t *query,
    wire_cursor_t *cursor, unsigned n);
static bool wire_tsig_parse(wire_tsig_t *tsig, const wire_record_t *record);
static wire_verdict_t wire_opt_parse(wire_query_t *query,
    const wire_record_t *record);
static bool wire_options_parse(wire_options_t *options, wire_span_t rdata);
static void wire_option_keep(wire_options_t *options, unsigned code,
    wire_span_t data);


wire_verdict_t
wire_query_parse(wire_query_t *query, const uint8_t *message, size_t len)
{
    unsigned        nquestions, nauthority;
    wire_cursor_t   cursor = { message, len, WIRE_HEADER_LEN };
    wire_record_t   record;
    wire_verdict_t  verdict;

    wire_query_clear(query);

    verdict = wire_header_parse(query, message, len);
    if (verdict != WIRE_VERDICT_OK) {
        return verdict;
    }

    /* RFC 9619 3: one question; without any it is about cookies, or nothing */

    nquestions = wire_get16(message + 4);

    if (nquestions > 1
        || (nquestions == 1 && !wire_question_parse(query, &cursor)))
    {
        return WIRE_VERDICT_FORMERR;
    }

    /* an IXFR query carries its SOA there (RFC 1995 3), no other anything */

    nauthority = wire_get16(message + 8);

    if (wire_get16(message + 6) != 0 || nauthority > 1
        || (nauthority == 1
            && (nquestions == 0 || query->type != WIRE_TYPE_IXFR)))
    {
        return WIRE_VERDICT_FORMERR;
    }

    if (nauthority == 1 && !wire_record_parse(&record, &cursor)) {
        return WIRE_VERDICT_FORMERR;
    }

    verdict = wire_additional_parse(query, &cursor, wire_get16(message + 10));

    /* RFC 8945 5.2.1: whatever it asks, and of whatever zone */

    if (query->tsig.at != 0 && verdict == WIRE_VERDICT_OK) {
        return WIRE_VERDICT_NOTAUTH;
    }

    if (nquestions == 1 || verdict != WIRE_VERDICT_OK) {
        return verdict;
    }

    /* RFC 7873 5.4 */

    return query->options.present & WIRE_OPTION_BIT(WIRE_OPTION_COOKIE)
           ? WIRE_VERDICT_COOKIE : WIRE_VERDICT_FORMERR;
}


static inline void
wire_query_clear(wire_query_t *query)
{
    query->question_end = 0;
    query->edns = false;
    query->dnssec_ok = false;
    query->compact_ok = false;
    query->payload = WIRE_UDP_MIN;
    query->options.present = 0;
    query->tsig.at = 0;
}


/* Whether the rest is to be looked at. */
static inline wire_verdict_t
wire_header_parse(wire_query_t *query, const uint8_t *message, size_t len)
{
    /* never answer an answer: one forged packet would set two servers at
     * each other for ever */

    if (len < WIRE_HEADER_LEN || (wire_get16(message + 2) & WIRE_FLAG_QR)) {
        return WIRE_VERDICT_DROP;
    }

    query->flags = wire_get16(message + 2);

    /* what follows the header is defined by an opcode that we do not know
     * (RFC 8906 8.1.4 wants the bare header back) */

    if (((query->flags >> WIRE_OPCODE_SHIFT) & WIRE_OPCODE_MASK)
        != WIRE_OPCODE_QUERY)
    {
        return WIRE_VERDICT_NOTIMP;
    }

    return WIRE_VERDICT_OK;
}


uint16_t
wire_get16(const uint8_t *data)
{
    return (uint16_t) (data[0] << 8 | data[1]);
}


uint32_t
wire_get32(const uint8_t *data)
{
    return (uint32_t) wire_get16(data) << 16 | wire_get16(data + 2);
}


/* A pointer in the question could lead only into the header or to itself, so
 * the name is always there as it is echoed. */
static bool
wire_question_parse(wire_query_t *query, wire_cursor_t *cursor)
{
    if (!wire_name_parse(&query->name, cursor->message, cursor->len,
                         &cursor->at)
        || cursor->len - cursor->at < 4)
    {
        return false;
    }

    query->type = wire_get16(cursor->message + cursor->at);
    query->class = wire_get16(cursor->message + cursor->at + 2);

    cursor->at += 4;
    query->question_end = cursor->at;
    wire_fold(query->name.data, query->name.len);

    return true;
}


/* Any record: its bounds are checked also where its contents do not matter. */
static bool
wire_record_parse(wire_record_t *record, wire_cursor_t *cursor)
{
    const uint8_t  *fixed;

    if (!wire_name_parse(&record->owner, cursor->message, cursor->len,
                         &cursor->at)
        || cursor->len - cursor->at < WIRE_RR_FIXED)
    {
        return false;
    }

    fixed = cursor->message + cursor->at;
    cursor->at += WIRE_RR_FIXED;

    record->type = wire_get16(fixed);
    record->class = wire_get16(fixed + 2);
    record->ttl = wire_get32(fixed + 4);
    record->rdata.len = wire_get16(fixed + 8);
    record->rdata.data = cursor->message + cursor->at;

    if (record->rdata.len > cursor->len - cursor->at) {
        return false;
    }

    cursor->at += record->rdata.len;

    return true;
}


static wire_verdict_t
wire_additional_parse(wire_query_t *query, wire_cursor_t *cursor, unsigned n)
{
    bool            opt = false;
    size_t          at;
    wire_record_t   record;
    wire_verdict_t  verdict = WIRE_VERDICT_OK;

    while (n-- > 0) {

        /* RFC 8945 5.2: TSIG is the last record, and whole, or the message is
         * broken */

        at = cursor->at;

        if (query->tsig.at != 0 || !wire_record_parse(&record, cursor)) {
            return WIRE_VERDICT_FORMERR;
        }

        if (record.type == WIRE_TYPE_TSIG) {
            if (!wire_tsig_parse(&query->tsig, &record)) {
                return WIRE_VERDICT_FORMERR;
            }

            query->tsig.at = at;
        }

        if (record.type != WIRE_TYPE_OPT) {
            continue;
        }

        if (opt) {
            return WIRE_VERDICT_FORMERR;    /* RFC 6891 6.1.1 */
        }

        opt = true;
        verdict = wire_opt_parse(query, &record);

        if (verdict == WIRE_VERDICT_FORMERR) {
            return verdict;
        }
    }

    return cursor->at == cursor->len ? verdict : WIRE_VERDICT_FORMERR;
}


/* RFC 8945 4.2.  The algorithm's name has no pointers: it begins the RDATA, and
 * there is nothing before it to lead to. */
static bool
wire_tsig_parse(wire_tsig_t *tsig, const wire_record_t *record)
{
    size_t        at = 0;
    wire_span_t   rdata = record->rdata;
    wire_name_t   algorithm;

    if (record->class != WIRE_CLASS_ANY || record->ttl != 0
        || !wire_name_parse(&algorithm, rdata.data, rdata.len, &at)
        || rdata.len - at < WIRE_TSIG_TIME + WIRE_TSIG_FIXED)
    {
        return false;
    }

    at += WIRE_TSIG_TIME;
    tsig->terms = (wire_span_t) { rdata.data, at };
    tsig->reply_len = record->owner.len + WIRE_RR_FIXED + at + WIRE_TSIG_FIXED;

    rdata.data += at;
    rdata.len -= at + WIRE_TSIG_FIXED;

    /* the MAC, and behind its ID and error the other data, fill it */

    if (rdata.len < wire_get16(rdata.data)) {
        return false;
    }

    at = wire_get16(rdata.data);

    return rdata.len - at == wire_get16(rdata.data + at + 6);
}


static wire_verdict_t
wire_opt_parse(wire_query_t *query, const wire_record_t *record)
{
    if (record->owner.len != 1) {
        return WIRE_VERDICT_FORMERR;        /* RFC 6891 6.1.2 */
    }

    query->edns = true;
    query->dnssec_ok = (record->ttl & WIRE_EDNS_DO) != 0;
    query->compact_ok = query->dnssec_ok
                        && (record->ttl & WIRE_EDNS_CO) != 0;

    /* a class of an OPT is a size, and below 512 means 512 (ibid. 6.2.3) */

    if (record->class > WIRE_UDP_MIN) {
        query->payload = record->class;
    }

    if (((record->ttl >> 16) & 0xFF) != 0) {
        return WIRE_VERDICT_BADVERS;        /* RFC 6891 6.1.3 */
    }

    return wire_options_parse(&query->options, record->rdata)
           ? WIRE_VERDICT_OK : WIRE_VERDICT_FORMERR;
}


/* All must be whole (RFC 6891 6.1.2), also those that mean nothing here: they
 * are passed over.  A broken OPT has no options at all. */
static bool
wire_options_parse(wire_options_t *options, wire_span_t rdata)
{
    size_t       len;
    wire_span_t  data;

    while (rdata.len > 0) {
        if (rdata.len < WIRE_OPTION_FIXED) {
            break;
        }

        len = wire_get16(rdata.data + 2);

        if (len > rdata.len - WIRE_OPTION_FIXED) {
            break;
        }

        data = (wire_span_t) { rdata.data + WIRE_OPTION_FIXED, len };
        wire_option_keep(options, wire_get16(rdata.data), data);

        rdata.data = data.data + len;
        rdata.len -= WIRE_OPTION_FIXED + len;
    }

    if (rdata.len > 0) {
        options->present = 0;
    }

    return rdata.len == 0;
}


/* What is in an NSID or padding of a query does not matter (RFC 5001 2.1,
 * RFC 7830 3); of the others only the form is left to the caller. */
static void
wire_option_keep(wire_options_t *options, unsigned code, wire_span_t data)
{
    if (code > WIRE_OPTION_PADDING
        || (options->present & WIRE_OPTION_BIT(code)))
    {
        return;
    }

    switch (code) {

    case WIRE_OPTION_COOKIE:
        options->cookie = data;
        break;

    case WIRE_OPTION_KEEPALIVE:
        options->keepalive_len = (uint16_t) data.len;
        break;

    case WIRE_OPTION_NSID:
    case WIRE_OPTION_PADDING:
        break;

    default:
        return;
    }

    options->present |= WIRE_OPTION_BIT(code);
}
