
/*
 * Denial of existence, compact (RFC 9824): one NSEC record at the very name
 * that was asked for, so that nobody can walk the zone.  Its types are those
 * that live there now; of a name that does not exist, NXNAME.
 *
 * The record for a value's own name is in the store with its signatures (a
 * device without IPv6 is asked for AAAA all the time), and is true as long as
 * it lives.  All others are made and signed here, once it is known that they
 * fit.
 */

#include "answer_internal.h"

#include <string.h>


/* A window of the bitmap for each type: two bytes and 32. */
#define ANSWER_BITMAP_TYPES  (LOOKUP_TYPES_MAX + 3)
#define ANSWER_BITMAP_MAX    (ANSWER_BITMAP_TYPES * 34)


/* An NSEC record being made.  Its RDATA is signed as it is: no name in it is
 * folded (RFC 6840 5.1), and ours are in lower case. */
typedef struct {
    sign_wanted_t  wanted;
    sign_record_t  record;
    uint8_t        rdata[WIRE_NAME_MAX + ANSWER_BITMAP_MAX];
} answer_nsec_t;


static answer_piece_t answer_denial_stored(answer_work_t *work,
    const lookup_node_t *node, uint32_t ttl, uint16_t *count);
static void answer_denial_make(answer_nsec_t *nsec, answer_work_t *work,
    const lookup_node_t *node, uint32_t ttl);
static answer_piece_t answer_denial_write(answer_work_t *work,
    answer_nsec_t *nsec, uint16_t *count);
static answer_piece_t answer_denial_sign(answer_work_t *work,
    answer_nsec_t *nsec, uint16_t *count);
static bool answer_denial_room(const answer_work_t *work,
    const answer_nsec_t *nsec);
static bool answer_denial_complete(const lookup_signers_t *signers,
    const sign_status_t *statuses);
static answer_piece_t answer_denial_failed(answer_work_t *work,
    sign_status_t status);
static bool answer_label_next(uint8_t *label, bool room);
static size_t answer_type_insert(uint16_t *types, size_t n, uint16_t type);


answer_piece_t
answer_denial(answer_work_t *work, const lookup_node_t *node, uint32_t ttl,
    uint16_t *count)
{
    answer_nsec_t   nsec;
    answer_piece_t  piece;

    if (!work->absent) {
        piece = answer_denial_stored(work, node, ttl, count);

        if (piece != ANSWER_PIECE_FAILED) {
            return piece;
        }
    }

    answer_denial_make(&nsec, work, node, ttl);

    return answer_denial_write(work, &nsec, count);
}


/* FAILED where there is none that could be used, which is no fault. */
static answer_piece_t
answer_denial_stored(answer_work_t *work, const lookup_node_t *node,
    uint32_t ttl, uint16_t *count)
{
    lookup_rrset_t       nsec;
    lookup_signatures_t  signatures;

    if (!lookup_denial(work->lookup, node, &nsec)
        || lookup_signatures(work->lookup, node, WIRE_TYPE_NSEC, &signatures)
           != LOOKUP_SIGNED)
    {
        return ANSWER_PIECE_FAILED;
    }

    /* it was made with the SOA's numbers of its day; RFC 9077 3 wants those
     * of today where they are lower */

    if (nsec.ttl > ttl) {
        nsec.ttl = ttl;
    }

    return answer_signed_write(work, node, &nsec, count, NULL);
}


static void
answer_denial_make(answer_nsec_t *nsec, answer_work_t *work,
    const lookup_node_t *node, uint32_t ttl)
{
    size_t       n;
    uint16_t     types[ANSWER_BITMAP_TYPES];
    wire_name_t  next;

    nsec->wanted.zone.data = node->name.data + node->zone_at;
    nsec->wanted.zone.len = node->name.len - node->zone_at;
    nsec->wanted.client = work->answer->client;
    nsec->wanted.stream = work->context->stream;
    nsec->wanted.proven = work->context->stream
                          || work->answer->cookie == ANSWER_COOKIE_VALID;
    nsec->wanted.now = lookup_time(work->lookup);

    answer_successor(&next, node->name, nsec->wanted.zone.len);
    memcpy(nsec->rdata, next.data, next.len);

    n = work->absent ? 0 : lookup_types(work->lookup, node, types);
    n = answer_type_insert(types, n, WIRE_TYPE_RRSIG);
    n = answer_type_insert(types, n, WIRE_TYPE_NSEC);

    if (work->absent) {
        n = answer_type_insert(types, n, WIRE_TYPE_NXNAME);
    }

    nsec->record.owner = node->name;
    nsec->record.type = WIRE_TYPE_NSEC;
    nsec->record.ttl = ttl;
    nsec->record.rdata.data = nsec->rdata;
    nsec->record.rdata.len = next.len
        + dnssec_bitmap_write(nsec->rdata + next.len, types, n);
}


/* The order is ascending, and stays so. */
static size_t
answer_type_insert(uint16_t *types, size_t n, uint16_t type)
{
    size_t  at = n;

    for ( ; at > 0 && types[at - 1] > type; at--) {
        types[at] = types[at - 1];
    }

    types[at] = type;

    return n + 1;
}


static answer_piece_t
answer_denial_write(answer_work_t *work, answer_nsec_t *nsec, uint16_t *count)
{
    uint16_t              n = 1;
    wire_mark_t           mark = wire_mark(&work->writer);
    answer_piece_t        piece = ANSWER_PIECE_WRITTEN;
    const sign_record_t  *record = &nsec->record;

    answer_rr_head(&work->writer, record->owner, record->type, record->ttl);
    wire_write16(&work->writer, (uint16_t) record->rdata.len);
    wire_write(&work->writer, record->rdata.data, record->rdata.len);

    if (work->writer.overflow) {
        piece = ANSWER_PIECE_TOO_LARGE;

    } else if (work->secure) {
        piece = answer_denial_sign(work, nsec, &n);
    }

    if (piece != ANSWER_PIECE_WRITTEN) {
        wire_restore(&work->writer, mark);
        return piece;
    }

    *count = (uint16_t) (*count + n);

    return ANSWER_PIECE_WRITTEN;
}


/*
 * By each key that signs the SOA.  During a roll dnsd may not have been given
 * the new one yet, or the old one no longer: one of each algorithm is what a
 * validator needs (RFC 6840 5.11).
 */
static answer_piece_t
answer_denial_sign(answer_work_t *work, answer_nsec_t *nsec, uint16_t *count)
{
    size_t                   len;
    uint8_t                  rrsig[DNSSEC_RRSIG_MAX];
    unsigned                 i;
    sign_status_t            statuses[LOOKUP_SIGNERS_MAX];
    const lookup_signers_t  *signers = work->signers;

    if (!answer_denial_room(work, nsec)) {
        return ANSWER_PIECE_TOO_LARGE;
    }

    for (i = 0; i < signers->n; i++) {
        nsec->wanted.algorithm = signers->signers[i].algorithm;
        nsec->wanted.tag = signers->signers[i].tag;

        statuses[i] = work->context->sign == NULL ? SIGN_NO_KEY
                      : sign_rrsig(work->context->sign, &nsec->wanted,
                                   &nsec->record, rrsig, &len);

        if (statuses[i] == SIGN_OK) {
            answer_rr_head(&work->writer, nsec->record.owner, WIRE_TYPE_RRSIG,
                           nsec->record.ttl);
            wire_write16(&work->writer, (uint16_t) len);
            wire_write(&work->writer, rrsig, len);
            (*count)++;

        } else if (statuses[i] != SIGN_NO_KEY) {
            return answer_denial_failed(work, statuses[i]);
        }
    }

    if (!answer_denial_complete(signers, statuses)) {
        return answer_denial_failed(work, SIGN_NO_KEY);
    }

    work->dnssec = ANSWER_DNSSEC_MADE;

    return work->writer.overflow ? ANSWER_PIECE_TOO_LARGE
                                 : ANSWER_PIECE_WRITTEN;
}


/* True where a signature of each key fits: none is made for a reply that ends
 * with TC. */
static bool
answer_denial_room(const answer_work_t *work, const answer_nsec_t *nsec)
{
    size_t         one;
    wire_writer_t  trial = work->writer;

    answer_rr_head(&trial, nsec->record.owner, WIRE_TYPE_RRSIG,
                   nsec->record.ttl);

    one = trial.at - work->writer.at + 2 + DNSSEC_RRSIG_FIXED
          + nsec->wanted.zone.len + DNSSEC_SIGNATURE_LEN;

    return !trial.overflow
           && one * work->signers->n <= trial.limit - work->writer.at;
}


/* True where each algorithm has a signature, and there is one at all. */
static bool
answer_denial_complete(const lookup_signers_t *signers,
    const sign_status_t *statuses)
{
    unsigned  i, j;

    for (i = 0; i < signers->n; i++) {
        for (j = 0; j < signers->n; j++) {
            if (statuses[j] == SIGN_OK
                && signers->signers[j].algorithm
                   == signers->signers[i].algorithm)
            {
                break;
            }
        }

        if (j == signers->n) {
            return false;
        }
    }

    return signers->n > 0;
}


static answer_piece_t
answer_denial_failed(answer_work_t *work, sign_status_t status)
{
    work->dnssec = status == SIGN_BUDGET ? ANSWER_DNSSEC_BUDGET
                   : status == SIGN_SHARE ? ANSWER_DNSSEC_SHARE
                   : status == SIGN_NO_KEY ? ANSWER_DNSSEC_NO_KEY
                   : ANSWER_DNSSEC_FAILED;
    work->ede = ANSWER_EDE_OTHER;

    return ANSWER_PIECE_FAILED;
}


/*
 * A child of one zero byte is the first name below, and so the next one
 * (RFC 4034 6.1).  A name of 254 or 255 bytes has no room for children: then
 * it is the next name beside it, or beside the first of its parents that has
 * one; and where there is none, it is the zone's last, and its own name comes
 * next.
 */
void
answer_successor(wire_name_t *next, wire_span_t name, size_t zone_len)
{
    size_t  at, label;

    if (name.len + 2 <= WIRE_NAME_MAX) {
        next->data[0] = 1;
        next->data[1] = 0;
        memcpy(next->data + 2, name.data, name.len);
        next->len = (uint8_t) (name.len + 2);
        return;
    }

    for (at = 0; name.len - at > zone_len; at += (size_t) name.data[at] + 1) {
        memcpy(next->data, name.data + at, (size_t) name.data[at] + 1);

        if (!answer_label_next(next->data, name.len - at < WIRE_NAME_MAX)) {
            continue;
        }

        label = (size_t) name.data[at] + 1;
        next->len = (uint8_t) (next->data[0] + 1 + name.len - at - label);
        memcpy(next->data + next->data[0] + 1, name.data + at + label,
               name.len - at - label);
        return;
    }

    memcpy(next->data, name.data + at, zone_len);
    next->len = (uint8_t) zone_len;
}


/* The least label above all that begin with this one.  False where there is
 * none: it is the last. */
static bool
answer_label_next(uint8_t *label, bool room)
{
    uint8_t  *last;

    if (room && label[0] < WIRE_LABEL_MAX) {
        label[++label[0]] = 0;
        return true;
    }

    while (label[0] > 0 && label[label[0]] == 0xFF) {
        label[0]--;
    }

    if (label[0] == 0) {
        return false;
    }

    /* upper case sorts as lower case does */

    last = &label[label[0]];
    *last = (uint8_t) (*last == 'A' - 1 ? 'Z' + 1 : *last + 1);

    return true;
}
