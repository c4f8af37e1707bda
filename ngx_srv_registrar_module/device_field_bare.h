
/*
 * Bare items of Structured Fields: between device_field.c, which walks
 * dictionaries and lists, and device_field_bare.c, which knows what a string,
 * a token or a byte sequence looks like.  Nobody else includes it.
 */

#ifndef DEVICE_FIELD_BARE_H
#define DEVICE_FIELD_BARE_H


#include "device_field.h"


/* Moves over one key (RFC 9651 4.2.3.3) or one bare item (4.2.3.1); false
 * where there is none, and the parser has then failed. */
bool device_field_key(device_field_parser_t *parser, store_span_t *key);
bool device_field_bare(device_field_parser_t *parser,
    device_field_bare_t *bare);


static inline bool
device_field_fail(device_field_parser_t *parser)
{
    parser->failed = true;

    return false;
}


static inline bool
device_field_at(const device_field_parser_t *parser, uint8_t byte)
{
    return parser->at < parser->end && *parser->at == byte;
}


/* From start to where the parser stands. */
static inline store_span_t
device_field_since(const device_field_parser_t *parser, const uint8_t *start)
{
    store_span_t  span;

    span.data = start;
    span.len = (size_t) (parser->at - start);

    return span;
}


#endif /* DEVICE_FIELD_BARE_H */
