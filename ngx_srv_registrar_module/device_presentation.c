
/*
 * The tokens of presentation form.  device_presentation.h says what is taken
 * and why it is less than a zone file may say.
 */

#include "device_presentation.h"

#include <string.h>

#include "device_hex.h"


/* Of a peer's text in a refusal: enough to recognise it, and it leaves room
 * for the words. */
#define EXCERPT_MAX  80


static const char *device_token_quoted(device_presentation_t *form,
    device_token_t *token);
static const char *device_token_bare(device_presentation_t *form,
    device_token_t *token, bool value);
static const char *device_token_skip_quotes(device_presentation_t *form);


void
device_presentation_init(device_presentation_t *form, store_span_t text,
    store_span_t fqdn, const char *member, device_error_t *error)
{
    /* an empty text may have no pointer, and nothing is added to that */

    form->at = text.data;
    form->end = (text.len != 0) ? text.data + text.len : text.data;
    form->fqdn = fqdn;
    form->member = member;
    form->error = error;
    form->reason = DEVICE_OK;
    form->splice = -1;
    form->len = 0;
}


void
device_presentation_refuse(device_presentation_t *form,
    device_reason_t reason, const char *what, store_span_t text)
{
    int  len;

    if (form->reason != DEVICE_OK) {
        return;
    }

    len = (text.len > EXCERPT_MAX) ? EXCERPT_MAX : (int) text.len;

    form->reason = device_refuse(form->error, reason, form->member,
                                 (len != 0) ? "%s: %.*s" : "%s", what, len,
                                 (len != 0) ? (const char *) text.data : "");
}


/* Spaces alone part tokens: a tab, which a zone file may have, is a control
 * character here. */
bool
device_presentation_next(device_presentation_t *form, device_token_t *token,
    bool value)
{
    const char  *problem;

    if (form->reason != DEVICE_OK) {
        return false;
    }

    while (form->at < form->end && *form->at == ' ') {
        form->at++;
    }

    if (form->at == form->end) {
        return false;
    }

    token->raw.data = form->at;
    token->quoted = (*form->at == '"');

    if (token->quoted) {
        problem = device_token_quoted(form, token);

    } else {
        problem = device_token_bare(form, token, value);
    }

    if (problem == NULL && form->at < form->end && *form->at != ' ') {
        problem = "a space is missing after a closing quote";
    }

    /* the refusal shows all from the token on: where it ends is what failed */

    if (problem != NULL) {
        token->raw.len = (size_t) (form->end - token->raw.data);
        device_presentation_refuse(form, DEVICE_RDATA_INVALID, problem,
                                   token->raw);
        return false;
    }

    return true;
}


/* Both return NULL, or what is wrong. */
static const char *
device_token_quoted(device_presentation_t *form, device_token_t *token)
{
    const char  *problem;

    problem = device_token_skip_quotes(form);

    if (problem == NULL) {
        token->raw.data++;
        token->raw.len = (size_t) (form->at - token->raw.data) - 1;
    }

    return problem;
}


static const char *
device_token_bare(device_presentation_t *form, device_token_t *token,
    bool value)
{
    const char  *problem;

    /* no escape is undone here: what it means is the field's to know, and most
     * fields take none */

    for ( /* void */ ; form->at < form->end && *form->at != ' '; form->at++) {

        switch (*form->at) {

        case '"':
            if (!value || form->at[-1] != '=') {
                return "a quote inside a token";
            }

            problem = device_token_skip_quotes(form);
            token->raw.len = (size_t) (form->at - token->raw.data);

            return problem;

        case ';':
        case '(':
        case ')':
            return "comments and parentheses are not allowed outside quotes";

        case '\\':

            /* RFC 3597 5 is a way to say any bytes, past every check */

            if (form->end - form->at < 2 || form->at[1] == '#') {
                return "a backslash that escapes nothing, or \\#";
            }

            form->at++;

            if (*form->at == ' ') {
                return "an escaped space belongs inside quotes";
            }

            break;
        }

        if (*form->at < 0x20 || *form->at > 0x7e) {
            return "bytes outside printable ASCII are written \\DDD";
        }
    }

    token->raw.len = (size_t) (form->at - token->raw.data);

    return NULL;
}


/* From an opening quote to behind the closing one. */
static const char *
device_token_skip_quotes(device_presentation_t *form)
{
    for (form->at++; form->at < form->end; form->at++) {

        if (*form->at == '"') {
            form->at++;
            return NULL;
        }

        if (*form->at == '\\' && ++form->at == form->end) {
            break;
        }

        if (*form->at < 0x20 || *form->at > 0x7e) {
            return "bytes outside printable ASCII are written \\DDD";
        }
    }

    return "a quote is not closed";
}


bool
device_presentation_token(device_presentation_t *form, device_token_t *token,
    const char *what)
{
    if (device_presentation_next(form, token, false)) {
        return true;
    }

    if (form->reason == DEVICE_OK) {
        form->reason = device_refuse(form->error, DEVICE_RDATA_INVALID,
                                     form->member, "%s is missing", what);
    }

    return false;
}


void
device_presentation_finish(device_presentation_t *form)
{
    device_token_t  token;

    if (device_presentation_next(form, &token, false)) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "more than the type has fields",
                                   token.raw);
    }
}


/* 0 where refused; the form then has its reason, and nobody uses the 0. */
uint32_t
device_presentation_integer(device_presentation_t *form, const char *what,
    unsigned bytes, uint32_t most)
{
    int             len;
    uint8_t         octet;
    uint32_t        number;
    device_token_t  token;

    if (!device_presentation_token(form, &token, what)) {
        return 0;
    }

    if (token.quoted || !device_number_parse(token.raw, most, &number)) {
        len = (token.raw.len > EXCERPT_MAX) ? EXCERPT_MAX
                                            : (int) token.raw.len;
        form->reason = device_refuse(form->error, DEVICE_RDATA_INVALID,
                                     form->member,
                                     "%s is an integer of 0 to %u, not %.*s",
                                     what, (unsigned) most, len,
                                     (const char *) token.raw.data);
        return 0;
    }

    if (bytes == 1) {
        octet = (uint8_t) number;
        device_presentation_append(form, &octet, 1);

    } else {
        device_presentation_append16(form, number);
    }

    return number;
}


bool
device_number_parse(store_span_t text, uint32_t most, uint32_t *number)
{
    size_t    i;
    uint64_t  value;

    /* ten digits cannot leave 64 bits */

    if (text.len == 0 || text.len > 10) {
        return false;
    }

    value = 0;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }

        value = value * 10 + (uint64_t) (text.data[i] - '0');
    }

    *number = (uint32_t) value;

    return value <= most;
}


size_t
device_presentation_hex(device_presentation_t *form, const char *what)
{
    int             digit;
    size_t          i, digits;
    uint8_t         octet;
    device_token_t  token;

    octet = 0;
    digits = 0;

    while (device_presentation_next(form, &token, false)) {

        for (i = 0; i < token.raw.len; i++) {
            digit = token.quoted ? -1 : device_hex_digit(token.raw.data[i]);

            if (digit < 0) {
                device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                           "not hexadecimal", token.raw);
                return 0;
            }

            octet = (uint8_t) (octet << 4 | digit);

            if (++digits % 2 == 0) {
                device_presentation_append(form, &octet, 1);
            }
        }
    }

    /* RFC 6698 2.2: spaces may stand anywhere between the digits, so that only
     * all of them together are whole bytes or not */

    if (digits == 0 || digits % 2 != 0) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID, what,
                                   (store_span_t) { NULL, 0 });
    }

    return digits / 2;
}


size_t
device_presentation_unescape(device_presentation_t *form, store_span_t raw,
    const char *what)
{
    size_t    i, len;
    uint8_t   octet;
    uint32_t  number;

    len = 0;

    for (i = 0; i < raw.len && form->reason == DEVICE_OK; i++, len++) {
        octet = raw.data[i];

        /* the tokeniser has seen that something follows a backslash */

        if (octet == '\\') {
            octet = raw.data[++i];

            if (octet >= '0' && octet <= '9') {

                if (raw.len - i < 3
                    || !device_number_parse((store_span_t) { raw.data + i, 3 },
                                            255, &number))
                {
                    device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                               what, raw);
                    return 0;
                }

                octet = (uint8_t) number;
                i += 2;
            }
        }

        device_presentation_append(form, &octet, 1);
    }

    return len;
}


/* Also called with the form's own bytes (device_svcb_write): they lie before
 * form->len and do not overlap what is written. */
void
device_presentation_append(device_presentation_t *form, const void *bytes,
    size_t len)
{
    if (form->reason != DEVICE_OK) {
        return;
    }

    if (len > sizeof(form->data) - form->len) {
        device_presentation_refuse(form, DEVICE_TOO_MUCH,
                                   "more data than a registration may have",
                                   (store_span_t) { NULL, 0 });
        return;
    }

    if (len != 0) {
        memcpy(form->data + form->len, bytes, len);
        form->len += len;
    }
}


void
device_presentation_append16(device_presentation_t *form, uint32_t number)
{
    uint8_t  bytes[2];

    bytes[0] = (uint8_t) (number >> 8);
    bytes[1] = (uint8_t) number;

    device_presentation_append(form, bytes, sizeof(bytes));
}
