
/*
 * Replies.  The writer never passes its limit; what does not fit is not
 * begun, and the caller goes back to its mark.
 *
 * Names are compressed against the label starts that were written before.
 * An entry of that table keeps the length of its name, so that all but the
 * right one are told apart without looking at the message.
 */

#include "wire.h"

#include <string.h>


#define WIRE_POINTER        0xC000
#define WIRE_POINTER_REACH  0x4000     /* offsets have 14 bits */

#define WIRE_TSIG_BADKEY    17         /* RFC 8945 3 */


static void wire_name_written(wire_writer_t *writer, size_t at, size_t len);
static bool wire_writer_room(wire_writer_t *writer, size_t len);
static const wire_target_t *wire_target_find(const wire_writer_t *writer,
    const uint8_t *name, size_t len);
static bool wire_target_equal(const wire_writer_t *writer, size_t at,
    const uint8_t *name);


void
wire_writer_init(wire_writer_t *writer, uint8_t *data, size_t limit)
{
    writer->data = data;
    writer->at = 0;
    writer->limit = limit;
    writer->overflow = false;
    writer->ntargets = 0;
}


wire_mark_t
wire_mark(const wire_writer_t *writer)
{
    return (wire_mark_t) { writer->at, writer->ntargets };
}


void
wire_restore(wire_writer_t *writer, wire_mark_t mark)
{
    writer->at = mark.at;
    writer->ntargets = mark.ntargets;
    writer->overflow = false;
}


void
wire_write16(wire_writer_t *writer, uint16_t value)
{
    uint8_t  bytes[2] = { (uint8_t) (value >> 8), (uint8_t) value };

    wire_write(writer, bytes, sizeof(bytes));
}


void
wire_write32(wire_writer_t *writer, uint32_t value)
{
    wire_write16(writer, (uint16_t) (value >> 16));
    wire_write16(writer, (uint16_t) value);
}


void
wire_write(wire_writer_t *writer, const uint8_t *data, size_t len)
{
    if (len > 0 && wire_writer_room(writer, len)) {
        memcpy(writer->data + writer->at, data, len);
        writer->at += len;
    }
}


void
wire_patch16(wire_writer_t *writer, size_t at, uint16_t value)
{
    if (at + 2 <= writer->at) {
        writer->data[at] = (uint8_t) (value >> 8);
        writer->data[at + 1] = (uint8_t) value;
    }
}


/* The longest suffix that stands in the message already is found first, since
 * labels are tried from the left (RFC 1035 4.1.4). */
void
wire_write_name(wire_writer_t *writer, wire_span_t name)
{
    size_t                begin = writer->at, plain = 0;
    const wire_target_t  *target = NULL;

    /* the root alone is shorter than a pointer */

    while (name.data[plain] != 0) {
        target = wire_target_find(writer, name.data + plain, name.len - plain);

        if (target != NULL) {
            break;
        }

        plain += (size_t) name.data[plain] + 1;
    }

    if (target == NULL) {
        wire_write(writer, name.data, name.len);

    } else {
        wire_write(writer, name.data, plain);
        wire_write16(writer, (uint16_t) (WIRE_POINTER | target->at));
    }

    if (!writer->overflow && plain > 0) {
        wire_name_written(writer, begin, name.len);
    }
}


/* Lets later names point to the name whose bytes stand at `at`. */
static void
wire_name_written(wire_writer_t *writer, size_t at, size_t len)
{
    /* up to the root or to the pointer: what that leads to is known */

    while (at < writer->at && writer->data[at] != 0
           && writer->data[at] <= WIRE_LABEL_MAX && at < WIRE_POINTER_REACH
           && writer->ntargets < WIRE_TARGETS_MAX)
    {
        writer->targets[writer->ntargets++] =
            (wire_target_t) { (uint16_t) at, (uint8_t) len };

        len -= (size_t) writer->data[at] + 1;
        at += (size_t) writer->data[at] + 1;
    }
}


/* The ID and, until wire_finish, the other words of the header come along. */
void
wire_write_question(wire_writer_t *writer, const wire_query_t *query,
    const uint8_t *message)
{
    size_t  len = WIRE_HEADER_LEN;

    if (query->question_end != 0) {
        len = query->question_end;
    }

    wire_write(writer, message, len);

    /* where it did not fit there is nothing of it to point to */

    if (query->question_end != 0) {
        wire_name_written(writer, WIRE_HEADER_LEN, query->name.len);
    }
}


size_t
wire_finish(wire_writer_t *writer, const wire_query_t *query,
    const wire_finish_t *finish)
{
    uint16_t  flags;

    /* RFC 3225 3, RFC 9824 5.1 */

    flags = (uint16_t) ((query->dnssec_ok ? WIRE_EDNS_DO : 0)
                        | (finish->compact ? WIRE_EDNS_CO : 0));

    /* its room was kept, so this cannot overflow */

    if (query->edns) {
        writer->limit = writer->at + WIRE_OPT_LEN + finish->options.len;

        wire_write(writer, (const uint8_t *) "", 1);
        wire_write16(writer, WIRE_TYPE_OPT);
        wire_write16(writer, finish->udp_size);
        wire_write16(writer, (uint16_t) (finish->rcode >> 4 << 8));
        wire_write16(writer, flags);
        wire_write16(writer, (uint16_t) finish->options.len);
        wire_write(writer, finish->options.data, finish->options.len);
    }

    /* the opcode stays, RD and CD are copied (RFC 1035 4.1.1, RFC 4035
     * 3.1.6), and RA, Z and AD are none of ours */

    flags = (uint16_t) (WIRE_FLAG_QR | (query->flags & 0x7800)
                        | (query->flags & (WIRE_FLAG_RD | WIRE_FLAG_CD))
                        | finish->flags | (finish->rcode & 0x0F));

    wire_patch16(writer, 2, flags);
    wire_patch16(writer, 4, query->question_end != 0);
    wire_patch16(writer, 6, finish->answers);
    wire_patch16(writer, 8, finish->authorities);
    wire_patch16(writer, 10,
                 (uint16_t) (finish->additionals + (query->edns ? 1 : 0)));

    return writer->at;
}


/* RFC 8945 5.3.2: a reply that tells of an unknown key has an empty MAC. */
size_t
wire_write_tsig(wire_writer_t *writer, const wire_query_t *query,
    const uint8_t *message, size_t len)
{
    size_t              at = query->tsig.at;
    wire_name_t         owner;
    const wire_tsig_t  *tsig = &query->tsig;

    if (!wire_name_parse(&owner, message, len, &at)) {
        return writer->at;              /* GCOVR_EXCL_LINE: parsed before */
    }

    writer->limit = writer->at + tsig->reply_len;

    wire_write(writer, owner.data, owner.len);
    wire_write16(writer, WIRE_TYPE_TSIG);
    wire_write16(writer, WIRE_CLASS_ANY);
    wire_write32(writer, 0);
    wire_write16(writer, (uint16_t) (tsig->terms.len + 8));
    wire_write(writer, tsig->terms.data, tsig->terms.len);
    wire_write16(writer, 0);
    wire_write(writer, message, 2);
    wire_write16(writer, WIRE_TSIG_BADKEY);
    wire_write16(writer, 0);

    return writer->at;
}


/* What a section held is cut out; the OPT moves up to the question. */
size_t
wire_shorten(uint8_t *reply, size_t len, const wire_query_t *query,
    size_t opt_len, wire_rcode_t rcode, bool truncated)
{
    size_t    at = WIRE_HEADER_LEN;
    uint16_t  flags = wire_get16(reply + 2);

    if (query->question_end != 0) {
        at = query->question_end;
    }

    memmove(reply + at, reply + len - opt_len, opt_len);

    if (opt_len > 0) {
        reply[at + 5] = (uint8_t) (rcode >> 4);
    }

    /* an error says nothing of the zone */

    flags = (uint16_t) ((flags & ~(WIRE_FLAG_AA | WIRE_FLAG_TC | 0x0F))
                        | (rcode & 0x0F)
                        | (truncated ? WIRE_FLAG_TC | (flags & WIRE_FLAG_AA)
                                     : 0));

    reply[2] = (uint8_t) (flags >> 8);
    reply[3] = (uint8_t) flags;
    memset(reply + 6, 0, 6);
    reply[11] = opt_len > 0;

    return at + opt_len;
}


/* The one place that compares with the limit. */
static bool
wire_writer_room(wire_writer_t *writer, size_t len)
{
    if (writer->overflow || len > writer->limit - writer->at) {
        writer->overflow = true;
    }

    return !writer->overflow;
}


/* A walk over the table: it holds a handful of entries in nearly all replies,
 * and the length alone rules out most of them. */
static const wire_target_t *
wire_target_find(const wire_writer_t *writer, const uint8_t *name, size_t len)
{
    size_t  i;

    for (i = 0; i < writer->ntargets; i++) {
        if (writer->targets[i].len == len
            && wire_target_equal(writer, writer->targets[i].at, name))
        {
            return &writer->targets[i];
        }
    }

    return NULL;
}


/* What stands in the message was written here: its pointers lead backwards
 * and its names end. */
static bool
wire_target_equal(const wire_writer_t *writer, size_t at, const uint8_t *name)
{
    size_t  size;

    for ( ;; ) {
        if (writer->data[at] > WIRE_LABEL_MAX) {
            at = wire_get16(writer->data + at) & ~(size_t) WIRE_POINTER;
            continue;
        }

        size = (size_t) writer->data[at] + 1;

        if (!wire_equal(writer->data + at, name, size)) {
            return false;
        }

        if (size == 1) {
            return true;
        }

        at += size;
        name += size;
    }
}
