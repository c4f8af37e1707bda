
/*
 * RRsets into a reply.
 *
 * RDATA comes from the store uncompressed, with a name left out where it ends
 * in the value's own (a splice).  Names inside RDATA are compressed only for
 * the types of RFC 1035 that every resolver knows (RFC 3597 4), and never for
 * SRV (RFC 2782).
 */

#include "answer_rrset.h"

#include <string.h>


/* Two names, five numbers. */
#define ANSWER_SOA_MAX  (2 * WIRE_NAME_MAX + 20)


/* Where the names stand in a type's RDATA. */
typedef struct {
    uint16_t  type;
    uint8_t   before;            /* bytes before the first name */
    uint8_t   names;
    uint8_t   after;             /* bytes behind the last one, exactly */
    bool      target;            /* has addresses worth adding */
} answer_layout_t;


static const answer_layout_t  answer_compressed[] = {
    { WIRE_TYPE_NS,    0, 1, 0,  true  },
    { WIRE_TYPE_CNAME, 0, 1, 0,  false },
    { WIRE_TYPE_SOA,   0, 2, 20, false },
    { WIRE_TYPE_PTR,   0, 1, 0,  false },
    { WIRE_TYPE_MX,    2, 1, 0,  true  }
};


static const answer_layout_t *answer_layout_find(uint16_t type);
static void answer_rr_write(wire_writer_t *writer, uint16_t type,
    const lookup_rr_t *rr, answer_targets_t *targets);
static bool answer_names_write(wire_writer_t *writer,
    const answer_layout_t *layout, wire_span_t rdata);
static size_t answer_name_length(wire_span_t rdata);
static bool answer_rdata_join(const lookup_rr_t *rr, uint8_t *buffer,
    size_t size, wire_span_t *rdata);
static void answer_target_note(answer_targets_t *targets,
    const wire_writer_t *writer, size_t at);


bool
answer_rrset_write(wire_writer_t *writer, wire_span_t owner,
    const lookup_rrset_t *rrset, uint16_t *count, answer_targets_t *targets)
{
    size_t            rdlength_at;
    uint16_t          n = 0;
    lookup_rr_t       rr;
    wire_mark_t       mark = wire_mark(writer);
    lookup_rr_iter_t  iter;

    lookup_rr_begin(&iter, rrset);

    while (!writer->overflow && lookup_rr_next(&iter, &rr)) {
        answer_rr_head(writer, owner, rrset->type, rrset->ttl);

        rdlength_at = writer->at;
        wire_write16(writer, 0);

        answer_rr_write(writer, rrset->type, &rr, targets);
        wire_patch16(writer, rdlength_at,
                     (uint16_t) (writer->at - rdlength_at - 2));
        n++;
    }

    if (writer->overflow) {
        wire_restore(writer, mark);
        return false;
    }

    *count = (uint16_t) (*count + n);

    return true;
}


/* Their TTL is that of what they cover (RFC 4034 3), as it goes out. */
bool
answer_signatures_write(wire_writer_t *writer, wire_span_t owner, uint32_t ttl,
    const lookup_signatures_t *signatures, uint16_t *count)
{
    uint16_t             n = 0;
    wire_mark_t          mark = wire_mark(writer);
    wire_span_t          rdata;
    lookup_signatures_t  iter = *signatures;

    while (!writer->overflow && lookup_signature_next(&iter, &rdata)) {
        answer_rr_head(writer, owner, WIRE_TYPE_RRSIG, ttl);
        wire_write16(writer, (uint16_t) rdata.len);
        wire_write(writer, rdata.data, rdata.len);
        n++;
    }

    if (writer->overflow) {
        wire_restore(writer, mark);
        return false;
    }

    *count = (uint16_t) (*count + n);

    return true;
}


void
answer_rr_head(wire_writer_t *writer, wire_span_t owner, uint16_t type,
    uint32_t ttl)
{
    wire_write_name(writer, owner);
    wire_write16(writer, type);
    wire_write16(writer, WIRE_CLASS_IN);
    wire_write32(writer, ttl);
}


/* The first RR decides: a CNAME has only one (RFC 2181 10.1). */
bool
answer_rrset_cname(const lookup_rrset_t *rrset, wire_name_t *target)
{
    wire_span_t       rdata;
    lookup_rr_t       rr;
    lookup_rr_iter_t  iter;

    lookup_rr_begin(&iter, rrset);

    if (!lookup_rr_next(&iter, &rr)
        || !answer_rdata_join(&rr, target->data, sizeof(target->data), &rdata)
        || answer_name_length(rdata) != rdata.len)
    {
        return false;
    }

    target->len = (uint8_t) rdata.len;
    wire_fold(target->data, target->len);

    return true;
}


bool
answer_rrset_negative_ttl(const lookup_rrset_t *rrset, uint32_t *ttl)
{
    uint8_t           buffer[ANSWER_SOA_MAX];
    uint32_t          minimum;
    wire_span_t       rdata;
    lookup_rr_t       rr;
    lookup_rr_iter_t  iter;

    lookup_rr_begin(&iter, rrset);

    if (!lookup_rr_next(&iter, &rr)
        || !answer_rdata_join(&rr, buffer, sizeof(buffer), &rdata)
        || rdata.len < 22)
    {
        return false;
    }

    minimum = wire_get32(rdata.data + rdata.len - 4);
    *ttl = minimum < rrset->ttl ? minimum : rrset->ttl;

    return true;
}


/* Five entries: a device's types are in none, and are through in no time. */
static const answer_layout_t *
answer_layout_find(uint16_t type)
{
    size_t  i;

    for (i = 0;
         i < sizeof(answer_compressed) / sizeof(answer_compressed[0]); i++)
    {
        if (answer_compressed[i].type == type) {
            return &answer_compressed[i];
        }
    }

    return NULL;
}


/* RDATA, by its pieces or, where names in it may be compressed, joined first:
 * a splice may stand in the middle of a name. */
static void
answer_rr_write(wire_writer_t *writer, uint16_t type, const lookup_rr_t *rr,
    answer_targets_t *targets)
{
    size_t                  target = writer->at;
    uint8_t                 buffer[ANSWER_SOA_MAX];
    wire_span_t             rdata;
    const answer_layout_t  *layout = answer_layout_find(type);

    /* RDATA that is not as its type says is passed on as it is */

    if (layout == NULL || !answer_rdata_join(rr, buffer, sizeof(buffer), &rdata)
        || !answer_names_write(writer, layout, rdata))
    {
        wire_write(writer, rr->head.data, rr->head.len);
        wire_write(writer, rr->fqdn.data, rr->fqdn.len);
        wire_write(writer, rr->tail.data, rr->tail.len);
    }

    if (targets == NULL) {
        return;
    }

    if (layout != NULL && layout->target) {
        answer_target_note(targets, writer, target + layout->before);

    } else if (type == WIRE_TYPE_SRV) {
        answer_target_note(targets, writer, target + 6);

    } else if (type == WIRE_TYPE_SVCB || type == WIRE_TYPE_HTTPS) {
        answer_target_note(targets, writer, target + 2);
    }
}


/* False, with nothing written, where rdata is not what the layout says. */
static bool
answer_names_write(wire_writer_t *writer, const answer_layout_t *layout,
    wire_span_t rdata)
{
    size_t       len;
    unsigned     i;
    wire_span_t  rest = rdata, names[2];

    if (rest.len < layout->before) {
        return false;
    }

    rest.data += layout->before;
    rest.len -= layout->before;

    for (i = 0; i < layout->names; i++) {
        len = answer_name_length(rest);

        if (len == 0) {
            return false;
        }

        names[i] = (wire_span_t) { rest.data, len };
        rest.data += len;
        rest.len -= len;
    }

    if (rest.len != layout->after) {
        return false;
    }

    wire_write(writer, rdata.data, layout->before);

    for (i = 0; i < layout->names; i++) {
        wire_write_name(writer, names[i]);
    }

    wire_write(writer, rest.data, rest.len);

    return true;
}


/* The length of the uncompressed name that rdata begins with, or 0. */
static size_t
answer_name_length(wire_span_t rdata)
{
    size_t  at = 0;

    while (at < rdata.len && at < WIRE_NAME_MAX
           && rdata.data[at] <= WIRE_LABEL_MAX)
    {
        if (rdata.data[at] == 0) {
            return at + 1;
        }

        at += (size_t) rdata.data[at] + 1;
    }

    return 0;
}


/* False where it is longer than the buffer: then it is not of a type whose
 * names are compressed, or broken. */
static bool
answer_rdata_join(const lookup_rr_t *rr, uint8_t *buffer, size_t size,
    wire_span_t *rdata)
{
    size_t              len = 0;
    unsigned            i;
    const wire_span_t  *pieces[] = { &rr->head, &rr->fqdn, &rr->tail };

    for (i = 0; i < 3; i++) {
        if (pieces[i]->len > size - len) {
            return false;
        }

        if (pieces[i]->len > 0) {
            memcpy(buffer + len, pieces[i]->data, pieces[i]->len);
            len += pieces[i]->len;
        }
    }

    *rdata = (wire_span_t) { buffer, len };

    return true;
}


/* The target is read back from the reply, so that splices and compression
 * need no second thought. */
static void
answer_target_note(answer_targets_t *targets, const wire_writer_t *writer,
    size_t at)
{
    size_t       i, pos = at;
    wire_name_t  name, other;

    if (writer->overflow || targets->n == ANSWER_TARGETS_MAX
        || !wire_name_parse(&name, writer->data, writer->at, &pos)
        || name.len == 1)
    {
        return;                     /* "." has no addresses */
    }

    for (i = 0; i < targets->n; i++) {
        pos = targets->at[i];

        if (wire_name_parse(&other, writer->data, writer->at, &pos)
            && other.len == name.len
            && wire_equal(other.data, name.data, name.len))
        {
            return;
        }
    }

    targets->at[targets->n++] = (uint16_t) at;
}
