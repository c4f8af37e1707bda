
/*
 * Replies in a form in which equal means equal: RRs with their names whole and
 * in lower case, each section sorted, an RR that is there twice only once.
 */

#include "compare.h"

#include <arpa/inet.h>
#include <err.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define COMPARE_TYPE_SOA   6
#define COMPARE_TYPE_OPT   41
#define COMPARE_OPTION_EDE 15
#define COMPARE_SECTIONS   3
#define COMPARE_RRS        1024
#define COMPARE_TEXT       (1 << 18)     /* names whole: more than came */

/* QR, opcode, AA, TC, RA, Z and the RCODE; RD, AD and CD are copied or not,
 * by taste. */
#define COMPARE_FLAGS      0xFECF
#define COMPARE_FLAG_TC    0x0200


typedef struct {
    const uint8_t   *data;
    size_t           len;
} compare_rr_t;


typedef struct {
    compare_rr_t     rrs[COMPARE_RRS];
    size_t           n;
} compare_section_t;


/* A reply, taken apart. */
typedef struct {
    bool                 valid;
    uint16_t             flags;
    bool                 edns;
    uint32_t             opt;          /* its TTL: RCODE, version, DO */
    compare_name_t       name;         /* of the question */
    uint32_t             question;     /* type, class */
    compare_section_t    sections[COMPARE_SECTIONS];
    uint8_t              text[COMPARE_TEXT];
    size_t               used;
} compare_parsed_t;


typedef struct {
    const uint8_t       *data;
    size_t               len;
    size_t               at;
} compare_cursor_t;


static void compare_parse(compare_parsed_t *parsed,
    const compare_reply_t *reply);
static bool compare_rr_parse(compare_parsed_t *parsed,
    compare_cursor_t *cursor, compare_section_t *section);
static bool compare_rdata_parse(compare_parsed_t *parsed,
    compare_cursor_t *cursor, uint16_t type, size_t end);
static bool compare_name_take(compare_parsed_t *parsed,
    compare_cursor_t *cursor);
static bool compare_bytes_take(compare_parsed_t *parsed,
    compare_cursor_t *cursor, size_t n);
static void compare_section_sort(compare_section_t *section);
static int compare_rr_order(const void *a, const void *b);
static bool compare_section_equal(const compare_section_t *a,
    const compare_section_t *b);
static void compare_section_keep(compare_section_t *section, uint16_t type);
static bool compare_section_complete(const compare_section_t *section,
    const compare_section_t *other, const compare_reply_t *reply);
static void compare_section_without(compare_section_t *section,
    const compare_section_t *other);
static bool compare_section_has(const compare_section_t *section,
    const compare_rr_t *rr);
static uint16_t compare_get16(const uint8_t *data);


bool
compare_equal(const compare_reply_t *ours, const compare_reply_t *theirs,
    compare_rule_t rule)
{
    static compare_parsed_t  a, b;

    compare_parse(&a, ours);
    compare_parse(&b, theirs);

    if (!a.valid || !b.valid || a.flags != b.flags || a.edns != b.edns
        || a.opt != b.opt || a.question != b.question
        || a.name.len != b.name.len
        || memcmp(a.name.data, b.name.data, a.name.len) != 0)
    {
        return false;
    }

    /* what a truncated reply still holds is to be thrown away (RFC 2181 9) */

    if (a.flags & COMPARE_FLAG_TC) {
        return true;
    }

    if (!compare_section_equal(&a.sections[0], &b.sections[0])) {
        return false;
    }

    if (rule == COMPARE_NSD) {

        /* it adds the NS and their addresses to what it found */

        compare_section_keep(&a.sections[1], COMPARE_TYPE_SOA);
        compare_section_keep(&b.sections[1], COMPARE_TYPE_SOA);

        return compare_section_equal(&a.sections[1], &b.sections[1]);
    }

    /* it repeats an HTTPS record whose target is its own owner */

    compare_section_without(&b.sections[2], &b.sections[0]);

    return compare_section_equal(&a.sections[1], &b.sections[1])
           && compare_section_complete(&a.sections[2], &b.sections[2], ours)
           && compare_section_complete(&b.sections[2], &a.sections[2], theirs);
}


bool
compare_excused(const compare_question_t *question, compare_rule_t rule)
{
    switch (rule) {

    case COMPARE_KNOT:

        /* NOTIMP for it; RFC 8906 8.1.2 wants NODATA for what is unknown */

        return question->type == 0;

    case COMPARE_NSD:

        /* follows a CNAME for those that may stand beside it (RFC 4035 2.5) */

        return question->type == 46 || question->type == 47;

    default:
        return false;
    }
}


bool
compare_truncated(const compare_reply_t *reply)
{
    return reply->len >= 12
           && (compare_get16(reply->data + 2) & COMPARE_FLAG_TC) != 0;
}


unsigned
compare_answers(const compare_reply_t *reply)
{
    return reply->len >= 12 ? compare_get16(reply->data + 6) : 0;
}


void
compare_print(const char *title, const uint8_t *data, size_t len)
{
    ldns_pkt  *packet;

    printf("--- %s, %zu bytes\n", title, len);

    if (ldns_wire2pkt(&packet, data, len) == LDNS_STATUS_OK) {
        ldns_pkt_print(stdout, packet);
        ldns_pkt_free(packet);

    } else {
        printf("not a message\n");
    }
}


static void
compare_parse(compare_parsed_t *parsed, const compare_reply_t *reply)
{
    unsigned          i, n;
    compare_cursor_t  cursor = { reply->data, reply->len, 12 };

    parsed->valid = false;
    parsed->edns = false;
    parsed->opt = 0;
    parsed->used = 0;

    for (i = 0; i < COMPARE_SECTIONS; i++) {
        parsed->sections[i].n = 0;
    }

    if (reply->len < 12 || compare_get16(reply->data + 4) != 1) {
        return;
    }

    parsed->flags = compare_get16(reply->data + 2) & COMPARE_FLAGS;

    if (!compare_name_take(parsed, &cursor)
        || reply->len - cursor.at < 4)
    {
        return;
    }

    memcpy(parsed->name.data, parsed->text, parsed->used);
    parsed->name.len = (uint8_t) parsed->used;
    parsed->question = (uint32_t) compare_get16(reply->data + cursor.at) << 16
                       | compare_get16(reply->data + cursor.at + 2);
    cursor.at += 4;

    for (i = 0; i < COMPARE_SECTIONS; i++) {
        for (n = compare_get16(reply->data + 6 + 2 * i); n > 0; n--) {
            if (!compare_rr_parse(parsed, &cursor, &parsed->sections[i])) {
                return;
            }
        }

        compare_section_sort(&parsed->sections[i]);
    }

    parsed->valid = cursor.at == reply->len;
}


/* Owner, type, class, TTL and RDATA one behind the other; an OPT is kept
 * apart. */
static bool
compare_rr_parse(compare_parsed_t *parsed, compare_cursor_t *cursor,
    compare_section_t *section)
{
    size_t          begin = parsed->used, end;
    uint16_t        type;
    const uint8_t  *fixed;

    if (!compare_name_take(parsed, cursor) || cursor->len - cursor->at < 10
        || section->n == COMPARE_RRS)
    {
        return false;
    }

    fixed = cursor->data + cursor->at;
    type = compare_get16(fixed);
    end = cursor->at + 10 + compare_get16(fixed + 8);

    if (end > cursor->len) {
        return false;
    }

    if (type == COMPARE_TYPE_OPT) {
        parsed->opt = (uint32_t) compare_get16(fixed + 4) << 16
                      | compare_get16(fixed + 6);
        parsed->used = begin;
        cursor->at = end;

        /* one, and no option that was not asked for, but for the reason of
         * an error (EDE, RFC 8914) */

        if (parsed->edns
            || (compare_get16(fixed + 8) != 0
                && compare_get16(fixed + 10) != COMPARE_OPTION_EDE))
        {
            return false;
        }

        parsed->edns = true;

        return true;
    }

    if (!compare_bytes_take(parsed, cursor, 8)) {
        return false;
    }

    cursor->at += 2;

    if (!compare_rdata_parse(parsed, cursor, type, end)) {
        return false;
    }

    section->rrs[section->n++] = (compare_rr_t) {
        parsed->text + begin, parsed->used - begin
    };

    return true;
}


static bool
compare_rdata_parse(compare_parsed_t *parsed, compare_cursor_t *cursor,
    uint16_t type, size_t end)
{
    size_t    i;
    unsigned  names;

    static const struct {
        uint16_t  type;
        uint8_t   before;
        uint8_t   names;
    } layouts[] = {
        { 2, 0, 1 }, { 5, 0, 1 }, { 6, 0, 2 }, { 12, 0, 1 }, { 15, 2, 1 },
        { 33, 6, 1 }, { 64, 2, 1 }, { 65, 2, 1 }
    };

    for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (layouts[i].type != type) {
            continue;
        }

        if (!compare_bytes_take(parsed, cursor, layouts[i].before)) {
            return false;
        }

        for (names = layouts[i].names; names > 0; names--) {
            if (!compare_name_take(parsed, cursor)) {
                return false;
            }
        }
    }

    return cursor->at <= end
           && compare_bytes_take(parsed, cursor, end - cursor->at);
}


/* A name, whole and in lower case. */
static bool
compare_name_take(compare_parsed_t *parsed, compare_cursor_t *cursor)
{
    size_t    at = cursor->at, end = 0, begin = parsed->used, size, i;
    unsigned  jumps = 0;

    for ( ;; ) {
        if (at >= cursor->len) {
            return false;
        }

        size = cursor->data[at];

        if (size >= 0xC0) {
            if (at + 2 > cursor->len || ++jumps > 64) {
                return false;
            }

            end = end == 0 ? at + 2 : end;
            at = compare_get16(cursor->data + at) & 0x3FFF;
            continue;
        }

        if (at + size + 1 > cursor->len
            || parsed->used + size + 1 > COMPARE_TEXT
            || parsed->used + size + 1 - begin > COMPARE_NAME_MAX)
        {
            return false;
        }

        for (i = 0; i <= size; i++) {
            uint8_t  c = cursor->data[at + i];

            parsed->text[parsed->used++] =
                c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
        }

        at += size + 1;

        if (size == 0) {
            cursor->at = end == 0 ? at : end;
            return true;
        }
    }
}


static bool
compare_bytes_take(compare_parsed_t *parsed, compare_cursor_t *cursor,
    size_t n)
{
    if (n > cursor->len - cursor->at || n > COMPARE_TEXT - parsed->used) {
        return false;
    }

    memcpy(parsed->text + parsed->used, cursor->data + cursor->at, n);
    parsed->used += n;
    cursor->at += n;

    return true;
}


/* Knot adds the address of a target once for each record that names it. */
static void
compare_section_sort(compare_section_t *section)
{
    size_t  i, n = 0;

    qsort(section->rrs, section->n, sizeof(section->rrs[0]),
          compare_rr_order);

    for (i = 0; i < section->n; i++) {
        if (n == 0 || compare_rr_order(&section->rrs[n - 1],
                                       &section->rrs[i]) != 0)
        {
            section->rrs[n++] = section->rrs[i];
        }
    }

    section->n = n;
}


static int
compare_rr_order(const void *a, const void *b)
{
    const compare_rr_t  *left = a, *right = b;

    if (left->len != right->len) {
        return left->len < right->len ? -1 : 1;
    }

    return memcmp(left->data, right->data, left->len);
}


static bool
compare_section_equal(const compare_section_t *a, const compare_section_t *b)
{
    size_t  i;

    if (a->n != b->n) {
        return false;
    }

    for (i = 0; i < a->n; i++) {
        if (compare_rr_order(&a->rrs[i], &b->rrs[i]) != 0) {
            return false;
        }
    }

    return true;
}


/* The type stands behind the owner. */
static void
compare_section_keep(compare_section_t *section, uint16_t type)
{
    size_t          i, n = 0;
    const uint8_t  *at;

    for (i = 0; i < section->n; i++) {
        for (at = section->rrs[i].data; *at != 0; at += *at + 1) { /* void */ }

        if (compare_get16(at + 1) == type) {
            section->rrs[n++] = section->rrs[i];
        }
    }

    section->n = n;
}


/* True where all of the other's RRs are there, or could not have fitted as
 * well: names are compressed better or worse. */
static bool
compare_section_complete(const compare_section_t *section,
    const compare_section_t *other, const compare_reply_t *reply)
{
    size_t  i, missing = 0;

    for (i = 0; i < other->n; i++) {
        if (!compare_section_has(section, &other->rrs[i])) {
            missing += other->rrs[i].len + 2;     /* and RDLENGTH */
        }
    }

    return missing == 0 || reply->len + missing > reply->limit;
}


static void
compare_section_without(compare_section_t *section,
    const compare_section_t *other)
{
    size_t  i, n = 0;

    for (i = 0; i < section->n; i++) {
        if (!compare_section_has(other, &section->rrs[i])) {
            section->rrs[n++] = section->rrs[i];
        }
    }

    section->n = n;
}


static bool
compare_section_has(const compare_section_t *section, const compare_rr_t *rr)
{
    size_t  i;

    for (i = 0; i < section->n; i++) {
        if (compare_rr_order(&section->rrs[i], rr) == 0) {
            return true;
        }
    }

    return false;
}


static uint16_t
compare_get16(const uint8_t *data)
{
    return (uint16_t) (data[0] << 8 | data[1]);
}
