
/*
 * Names in messages and as spans.  Everything here is bounded by the lengths
 * given: no byte beyond them is read, whatever the bytes are.
 */

#include "wire.h"

#include <stdio.h>
#include <string.h>


#define WIRE_POINTER      0xC0     /* the two high bits, RFC 1035 4.1.4 */
#define WIRE_POINTER_MASK 0x3F


static uint8_t wire_lower(uint8_t c);
static uint64_t wire_lower_word(uint64_t word);
static bool wire_labels_reach(wire_span_t name, size_t rest, size_t *at);


bool
wire_name_parse(wire_name_t *name, const uint8_t *message, size_t len,
    size_t *at)
{
    size_t   pos = *at, begin = *at, end = 0, used = 0;
    uint8_t  size;

    for ( ;; ) {
        if (pos >= len) {
            return false;
        }

        size = message[pos];

        if ((size & WIRE_POINTER) == WIRE_POINTER) {
            if (pos + 2 > len) {
                return false;
            }

            if (end == 0) {
                end = pos + 2;
            }

            pos = (size_t) (size & WIRE_POINTER_MASK) << 8 | message[pos + 1];

            /* each piece lies wholly before the one that led to it: at most
             * as many jumps as there are bytes, and no loop; the header
             * holds no name */

            if (pos >= begin || pos < WIRE_HEADER_LEN) {
                return false;
            }

            begin = pos;
            continue;
        }

        /* 01 and 10 are no label types any more (RFC 6891 5) */

        if (size > WIRE_LABEL_MAX || (size_t) size + 1 > len - pos
            || used + size + 1 > WIRE_NAME_MAX)
        {
            return false;
        }

        memcpy(name->data + used, message + pos, (size_t) size + 1);
        used += (size_t) size + 1;
        pos += (size_t) size + 1;

        if (size == 0) {
            name->len = (uint8_t) used;
            *at = end != 0 ? end : pos;
            return true;
        }
    }
}


void
wire_fold(uint8_t *data, size_t len)
{
    size_t    i;
    uint64_t  word;

    /* a length byte is at most 63 and so never an upper case letter's 65 */

    for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
        memcpy(&word, data + i, sizeof(word));
        word = wire_lower_word(word);
        memcpy(data + i, &word, sizeof(word));
    }

    for ( ; i < len; i++) {
        data[i] = wire_lower(data[i]);
    }
}


bool
wire_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    size_t    i;
    uint64_t  x, y;

    for (i = 0; i + sizeof(x) <= len; i += sizeof(x)) {
        memcpy(&x, a + i, sizeof(x));
        memcpy(&y, b + i, sizeof(y));

        if (x != y && wire_lower_word(x) != wire_lower_word(y)) {
            return false;
        }
    }

    for ( ; i < len; i++) {
        if (a[i] != b[i] && wire_lower(a[i]) != wire_lower(b[i])) {
            return false;
        }
    }

    return true;
}


bool
wire_name_ends_with(wire_span_t name, wire_span_t suffix, size_t *at)
{
    /* the bytes first, since they hardly ever match by chance; then whether
     * they begin at a label and not inside one */

    if (suffix.len == 0 || suffix.len > name.len
        || memcmp(name.data + (name.len - suffix.len), suffix.data,
                  suffix.len) != 0)
    {
        return false;
    }

    return wire_labels_reach(name, suffix.len, at);
}


bool
wire_owner_ends_with(wire_span_t owner, wire_span_t suffix)
{
    size_t  at;

    if (suffix.len > owner.len) {
        return false;
    }

    if (suffix.len == 0) {
        return true;
    }

    return memcmp(owner.data + (owner.len - suffix.len), suffix.data,
                  suffix.len) == 0
           && wire_labels_reach(owner, suffix.len, &at);
}


/* Dots inside labels are escaped like every odd byte: a peer must not be able
 * to make a line look like another name's, or like a line of ours. */
void
wire_name_print(char *text, size_t size, wire_span_t name)
{
    char    *at = text;
    size_t   i, left = 0;

    for (i = 0; i < name.len && (size_t) (at - text) + 5 < size; i++) {
        uint8_t  c = name.data[i];

        if (left == 0) {
            left = c;

            if (i > 0 || c == 0) {
                *at++ = '.';
            }

            continue;
        }

        left--;

        if (c > ' ' && c < 0x7F && c != '.' && c != '\\') {
            *at++ = (char) c;

        } else {
            at += snprintf(at, 5, "\\%03u", c);
        }
    }

    *at = '\0';
}


/* True where a label of name begins exactly `rest` bytes before its end. */
static bool
wire_labels_reach(wire_span_t name, size_t rest, size_t *at)
{
    size_t  pos = 0;

    while (name.len - pos > rest) {
        pos += (size_t) name.data[pos] + 1;

        if (pos > name.len) {
            return false;
        }
    }

    *at = pos;

    return name.len - pos == rest;
}


/* Not tolower(): a locale must not change what a name is. */
static uint8_t
wire_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}


/* Eight characters at once, since every name of a query passes here.  The high
 * bits are left out of the sums, so that none runs over into the next byte:
 * what is at least 'A' and not above 'Z' gets its bit 0x20. */
static uint64_t
wire_lower_word(uint64_t word)
{
    const uint64_t  ones = 0x0101010101010101;
    uint64_t        low = word & ones * 0x7f, upper;

    upper = (low + ones * (0x80 - 'A')) & ~(low + ones * (0x7f - 'Z')) & ~word
            & ones * 0x80;

    return word | upper >> 2;
}
