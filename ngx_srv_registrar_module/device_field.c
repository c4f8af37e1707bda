
/*
 * The parser of Structured Fields (RFC 9651 4.2), as strict as
 * device_field.h says: dictionaries, inner lists, parameters.  Every function
 * moves parser->at over what it has understood, or sets parser->failed; after
 * a failure nothing is read any more.
 */

#include "device_field_bare.h"

#include <string.h>


static void device_field_begin(device_field_parser_t *parser,
    store_span_t value);
static void device_field_spaces(device_field_parser_t *parser);
static bool device_field_separator(device_field_parser_t *parser);
static bool device_field_member_value(device_field_parser_t *parser,
    device_field_member_t *member);
static bool device_field_list(device_field_parser_t *parser,
    device_field_member_t *member);
static bool device_field_params(device_field_parser_t *parser,
    device_field_member_t *member);
static bool device_field_param(device_field_parser_t *parser,
    device_field_param_t *param);


void
device_field_dictionary(device_field_parser_t *parser, store_span_t value)
{
    device_field_begin(parser, value);
}


bool
device_field_member(device_field_parser_t *parser,
    device_field_member_t *member)
{
    const uint8_t  *start;

    if (!device_field_separator(parser)) {
        return false;
    }

    memset(member, 0, sizeof(*member));

    if (!device_field_key(parser, &member->key)) {
        return false;
    }

    if (device_field_at(parser, '=')) {
        parser->at++;
        start = parser->at;

        if (!device_field_member_value(parser, member)) {
            return false;
        }

    } else {
        /* a key alone is a true boolean, 4.2.2 */
        start = parser->at;
        member->value.type = DEVICE_FIELD_BOOLEAN;
        member->value.integer = 1;
    }

    if (!device_field_params(parser, member)) {
        return false;
    }

    member->raw = device_field_since(parser, start);

    /* what follows is looked at now, so that no member of a malformed rest
     * is handed out */

    device_field_spaces(parser);

    if (parser->at < parser->end && *parser->at != ',') {
        return device_field_fail(parser);
    }

    return true;
}


void
device_field_inner_list(device_field_parser_t *parser, store_span_t text)
{
    device_field_begin(parser, text);
}


bool
device_field_item(device_field_parser_t *parser, device_field_member_t *item)
{
    const uint8_t  *start;

    if (parser->failed) {
        return false;
    }

    device_field_spaces(parser);

    if (parser->at == parser->end) {
        return false;
    }

    memset(item, 0, sizeof(*item));

    /* raw keeps the quotes and parameters: it is a line's name in a
     * signature base */

    start = parser->at;

    if (!device_field_bare(parser, &item->value)
        || !device_field_params(parser, item))
    {
        return false;
    }

    item->raw = device_field_since(parser, start);

    if (parser->at < parser->end && *parser->at != ' ') {
        return device_field_fail(parser);
    }

    return true;
}


/* An empty span may have no pointer at all, and nothing is added to that. */
static void
device_field_begin(device_field_parser_t *parser, store_span_t value)
{
    parser->at = value.data;
    parser->end = value.len == 0 ? value.data : value.data + value.len;
    parser->failed = false;
    parser->started = false;
}


/* SP alone: HTAB, which RFC 9651 lets stand around commas, is a byte that
 * no signer writes. */
static void
device_field_spaces(device_field_parser_t *parser)
{
    while (device_field_at(parser, ' ')) {
        parser->at++;
    }
}


/* Goes to where a member begins; false at the end. */
static bool
device_field_separator(device_field_parser_t *parser)
{
    if (parser->failed) {
        return false;
    }

    device_field_spaces(parser);

    if (parser->at == parser->end) {
        return false;
    }

    if (!parser->started) {
        parser->started = true;
        return true;
    }

    /* the member before has made sure of the comma */

    parser->at++;
    device_field_spaces(parser);

    if (parser->at == parser->end) {
        /* a trailing comma, 4.2.2 */
        return device_field_fail(parser);
    }

    return true;
}


/* A member's value is an item or an inner list; an item of a list is never a
 * list, so there is no depth to bound. */
static bool
device_field_member_value(device_field_parser_t *parser,
    device_field_member_t *member)
{
    if (device_field_at(parser, '(')) {
        return device_field_list(parser, member);
    }

    return device_field_bare(parser, &member->value);
}


/* An inner list up to its closing parenthesis, 4.2.1.2.  Its items are parsed
 * here to find that, and again by who wants them. */
static bool
device_field_list(device_field_parser_t *parser,
    device_field_member_t *member)
{
    const uint8_t          *start;
    device_field_member_t   item;

    parser->at++;
    start = parser->at;

    for ( ;; ) {
        device_field_spaces(parser);

        if (device_field_at(parser, ')')) {
            member->value.type = DEVICE_FIELD_INNER_LIST;
            member->value.text = device_field_since(parser, start);
            parser->at++;
            return true;
        }

        /* the rest of item is written before it is read: no memset for
         * each of what may be a thousand items */

        item.nparams = 0;

        if (!device_field_bare(parser, &item.value)
            || !device_field_params(parser, &item))
        {
            return false;
        }

        if (!device_field_at(parser, ' ') && !device_field_at(parser, ')')) {
            return device_field_fail(parser);
        }
    }
}


/*
 * Parameters up to the first byte that begins none, 4.2.3.2.  There the RFC
 * lets a second value under one name replace the first; two readers could
 * then disagree over what was signed, so here it is a mistake.
 */
static bool
device_field_params(device_field_parser_t *parser,
    device_field_member_t *member)
{
    size_t                 i;
    device_field_param_t  *param;

    while (device_field_at(parser, ';')) {
        parser->at++;
        device_field_spaces(parser);

        if (member->nparams == DEVICE_FIELD_PARAMS_MAX) {
            return device_field_fail(parser);
        }

        param = &member->params[member->nparams];

        if (!device_field_param(parser, param)) {
            return false;
        }

        for (i = 0; i < member->nparams; i++) {
            if (member->params[i].name.len == param->name.len
                && memcmp(member->params[i].name.data, param->name.data,
                          param->name.len) == 0)
            {
                return device_field_fail(parser);
            }
        }

        member->nparams++;
    }

    return true;
}


static bool
device_field_param(device_field_parser_t *parser, device_field_param_t *param)
{
    memset(param, 0, sizeof(*param));

    if (!device_field_key(parser, &param->name)) {
        return false;
    }

    if (!device_field_at(parser, '=')) {
        param->value.type = DEVICE_FIELD_BOOLEAN;
        param->value.integer = 1;
        return true;
    }

    parser->at++;

    return device_field_bare(parser, &param->value);
}
