
/*
 * Structured Fields (RFC 9651), the strict subset that RFC 9421 and RFC 9530
 * need: dictionaries of byte sequences, and of inner lists of strings with
 * parameters.  Enters: a field's value.  Leaves: views into it, nothing is
 * copied; a caller that needs bytes exactly as sent (the signature base) uses
 * `raw`.  Always: no byte outside visible ASCII and SP is accepted, duplicate
 * keys are refused rather than overwritten (stricter than RFC 9651 3.2: a
 * second value under one label is an attack or a mistake).
 * Pure; any thread.
 */

#ifndef DEVICE_FIELD_H
#define DEVICE_FIELD_H


#include <stdbool.h>

#include "store_key.h"


#define DEVICE_FIELD_PARAMS_MAX  12


typedef enum {
    DEVICE_FIELD_INTEGER,
    DEVICE_FIELD_STRING,             /* text: between the quotes, raw */
    DEVICE_FIELD_TOKEN,
    DEVICE_FIELD_BYTES,              /* text: the base64 between the colons */
    DEVICE_FIELD_BOOLEAN,
    DEVICE_FIELD_INNER_LIST
} device_field_type_t;

typedef struct {
    device_field_type_t  type;
    store_span_t         text;
    int64_t              integer;    /* also of a boolean: 0 or 1 */
} device_field_bare_t;

typedef struct {
    store_span_t         name;
    device_field_bare_t  value;
} device_field_param_t;

/* A member of a dictionary, or an item of an inner list. */
typedef struct {
    store_span_t          key;       /* of a dictionary's member */
    device_field_bare_t   value;     /* of an inner list: text is what lies
                                        between its parentheses */
    store_span_t          raw;       /* value and parameters as they stand */
    device_field_param_t  params[DEVICE_FIELD_PARAMS_MAX];
    size_t                nparams;
} device_field_member_t;

typedef struct {
    const uint8_t  *at;
    const uint8_t  *end;
    bool            failed;          /* malformed: nothing of it counts */
    bool            started;
} device_field_parser_t;


/* Walks a dictionary (RFC 9651 4.2.2).  next is false at the end and at the
 * first mistake; then look at failed.  Duplicate keys are the caller's to
 * refuse: it knows which keys matter. */
void device_field_dictionary(device_field_parser_t *parser,
    store_span_t value);
bool device_field_member(device_field_parser_t *parser,
    device_field_member_t *member);

/* Walks the items of an inner list, given its member's value.text. */
void device_field_inner_list(device_field_parser_t *parser,
    store_span_t text);
bool device_field_item(device_field_parser_t *parser,
    device_field_member_t *item);

/* Decodes a byte sequence's text: canonical base64 with padding.  *len is
 * the room before, the length after.  False where malformed or too long. */
bool device_field_decode(store_span_t text, uint8_t *out, size_t *len);


#endif /* DEVICE_FIELD_H */
