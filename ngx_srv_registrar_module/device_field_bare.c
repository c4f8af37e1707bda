
/*
 * Keys and bare items of Structured Fields (RFC 9651 4.2.3.1 and 4.2.3.3), and
 * the base64 of byte sequences.  Decimals, dates and display strings are no
 * part of the subset: no field of ours has them.
 */

#include "device_field_bare.h"

#include <string.h>


/* RFC 9651 3.3.1: fifteen digits, so that no sum of two overflows. */
#define DEVICE_FIELD_DIGITS_MAX  15


static bool device_field_integer(device_field_parser_t *parser,
    device_field_bare_t *bare);
static bool device_field_string(device_field_parser_t *parser,
    device_field_bare_t *bare);
static bool device_field_token(device_field_parser_t *parser,
    device_field_bare_t *bare);
static bool device_field_bytes(device_field_parser_t *parser,
    device_field_bare_t *bare);
static bool device_field_boolean(device_field_parser_t *parser,
    device_field_bare_t *bare);
static bool device_field_is_digit(uint8_t byte);
static bool device_field_is_lower(uint8_t byte);
static bool device_field_is_alpha(uint8_t byte);
static int device_field_sextet(uint8_t byte);


/* Lower case only: a key in another case is another key to RFC 9651, and a
 * mistake to everybody who wrote it. */
bool
device_field_key(device_field_parser_t *parser, store_span_t *key)
{
    uint8_t         byte;
    const uint8_t  *start;

    start = parser->at;

    if (start == parser->end
        || (!device_field_is_lower(*start) && *start != '*'))
    {
        return device_field_fail(parser);
    }

    while (parser->at < parser->end) {
        byte = *parser->at;

        if (!device_field_is_lower(byte) && !device_field_is_digit(byte)
            && byte != '_' && byte != '-' && byte != '.' && byte != '*')
        {
            break;
        }

        parser->at++;
    }

    *key = device_field_since(parser, start);

    return true;
}


bool
device_field_bare(device_field_parser_t *parser, device_field_bare_t *bare)
{
    uint8_t  first;

    memset(bare, 0, sizeof(*bare));

    if (parser->at == parser->end) {
        return device_field_fail(parser);
    }

    /* the first byte says what it is; no two kinds share one */

    first = *parser->at;

    if (first == '"') {
        return device_field_string(parser, bare);
    }

    if (first == ':') {
        return device_field_bytes(parser, bare);
    }

    if (first == '?') {
        return device_field_boolean(parser, bare);
    }

    if (first == '-' || device_field_is_digit(first)) {
        return device_field_integer(parser, bare);
    }

    if (first == '*' || device_field_is_alpha(first)) {
        return device_field_token(parser, bare);
    }

    return device_field_fail(parser);
}


/*
 * Canonical: RFC 9651 4.2.7 lets a parser take missing padding and bits left
 * over.  Then one signature would have several texts, and a log or a cache
 * that compares them would see several signatures.
 */
bool
device_field_decode(store_span_t text, uint8_t *out, size_t *len)
{
    int       sextet;
    size_t    i, padding, room, done;
    uint32_t  bits;

    room = *len;
    done = 0;
    bits = 0;

    if (text.len % 4 != 0) {
        return false;
    }

    /* two at most; a third is met below as a character and refused */

    padding = 0;

    while (padding < 2 && padding < text.len
           && text.data[text.len - 1 - padding] == '=')
    {
        padding++;
    }

    for (i = 0; i < text.len - padding; i++) {
        sextet = device_field_sextet(text.data[i]);
        if (sextet < 0) {
            return false;
        }

        bits = (bits << 6 | (uint32_t) sextet) & 0xffffff;

        /* each but the first of four completes a byte */

        if (i % 4 != 0) {
            if (done == room) {
                return false;
            }

            out[done++] = (uint8_t) (bits >> (6 - 2 * (i % 4)));
        }
    }

    /* one encoding of each value only: bits that are left over are zero */

    if (padding != 0 && (bits & (padding == 1 ? 0x03 : 0x0f)) != 0) {
        return false;
    }

    *len = done;

    return true;
}


/* Leading zeros and "-0" are integers to 4.2.4; their text is what was
 * signed, so two spellings do no harm. */
static bool
device_field_integer(device_field_parser_t *parser, device_field_bare_t *bare)
{
    bool            negative;
    size_t          digits;
    const uint8_t  *start;

    start = parser->at;
    negative = (*start == '-');
    digits = 0;

    if (negative) {
        parser->at++;
    }

    while (parser->at < parser->end && device_field_is_digit(*parser->at)) {
        if (digits == DEVICE_FIELD_DIGITS_MAX) {
            return device_field_fail(parser);
        }

        bare->integer = bare->integer * 10 + (*parser->at - '0');
        digits++;
        parser->at++;
    }

    /* a point makes it a decimal, which no field of ours has */

    if (digits == 0 || device_field_at(parser, '.')) {
        return device_field_fail(parser);
    }

    if (negative) {
        bare->integer = -bare->integer;
    }

    bare->type = DEVICE_FIELD_INTEGER;
    bare->text = device_field_since(parser, start);

    return true;
}


/* 4.2.5: visible ASCII and SP; a backslash stands before '"' and itself
 * only. */
static bool
device_field_string(device_field_parser_t *parser, device_field_bare_t *bare)
{
    const uint8_t  *start;

    parser->at++;
    start = parser->at;

    while (parser->at < parser->end) {

        if (*parser->at == '"') {
            bare->type = DEVICE_FIELD_STRING;
            bare->text = device_field_since(parser, start);
            parser->at++;
            return true;
        }

        if (*parser->at == '\\') {
            parser->at++;

            if (!device_field_at(parser, '"')
                && !device_field_at(parser, '\\'))
            {
                break;
            }
        }

        if (*parser->at < 0x20 || *parser->at > 0x7e) {
            break;
        }

        parser->at++;
    }

    return device_field_fail(parser);
}


/* 4.2.6: ':' and '/' beside the tchar of RFC 9110 5.6.2.  strchr finds the
 * NUL that ends its set, hence the test before it. */
static bool
device_field_token(device_field_parser_t *parser, device_field_bare_t *bare)
{
    uint8_t         byte;
    const uint8_t  *start;

    start = parser->at;

    while (parser->at < parser->end) {
        byte = *parser->at;

        if (!device_field_is_alpha(byte) && !device_field_is_digit(byte)
            && (byte == '\0' || strchr("!#$%&'*+-.^_`|~:/", byte) == NULL))
        {
            break;
        }

        parser->at++;
    }

    bare->type = DEVICE_FIELD_TOKEN;
    bare->text = device_field_since(parser, start);

    return true;
}


/* The alphabet is checked here, the rest by device_field_decode. */
static bool
device_field_bytes(device_field_parser_t *parser, device_field_bare_t *bare)
{
    const uint8_t  *start;

    parser->at++;
    start = parser->at;

    while (parser->at < parser->end
           && (device_field_sextet(*parser->at) >= 0 || *parser->at == '='))
    {
        parser->at++;
    }

    if (!device_field_at(parser, ':')) {
        return device_field_fail(parser);
    }

    bare->type = DEVICE_FIELD_BYTES;
    bare->text = device_field_since(parser, start);
    parser->at++;

    return true;
}


/* 4.2.8 */
static bool
device_field_boolean(device_field_parser_t *parser, device_field_bare_t *bare)
{
    const uint8_t  *start;

    start = parser->at;
    parser->at++;

    if (!device_field_at(parser, '0') && !device_field_at(parser, '1')) {
        return device_field_fail(parser);
    }

    bare->type = DEVICE_FIELD_BOOLEAN;
    bare->integer = *parser->at - '0';
    parser->at++;
    bare->text = device_field_since(parser, start);

    return true;
}


static bool
device_field_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}


static bool
device_field_is_lower(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z';
}


static bool
device_field_is_alpha(uint8_t byte)
{
    return device_field_is_lower(byte) || (byte >= 'A' && byte <= 'Z');
}


/* The value of a character of base64 (RFC 4648 4), or -1. */
static int
device_field_sextet(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return byte - 'A';
    }

    if (byte >= 'a' && byte <= 'z') {
        return byte - 'a' + 26;
    }

    if (byte >= '0' && byte <= '9') {
        return byte - '0' + 52;
    }

    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}
