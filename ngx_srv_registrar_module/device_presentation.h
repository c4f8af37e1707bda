
/*
 * Hostile presentation form (RFC 1035 5.1), one field after the other, to
 * RDATA in wire form.  Enters: one RR's data as text.  Leaves: bytes, or the
 * first refusal, which sticks: later calls do nothing, so that a type's
 * parser reads as the list of its fields.
 *
 * Taken is less than a zone file may say: no parentheses, no comments, no
 * `\#` (RFC 3597), no control characters, no byte outside ASCII, and no
 * escape but inside character-strings.  Pure; any thread.
 */

#ifndef DEVICE_PRESENTATION_H
#define DEVICE_PRESENTATION_H


#include "device_rdata.h"


typedef struct {
    store_span_t      raw;           /* as it stands, without its quotes */
    bool              quoted;
} device_token_t;

typedef struct {
    const uint8_t    *at;
    const uint8_t    *end;
    store_span_t      fqdn;
    const char       *member;        /* for the refusal */
    device_error_t   *error;
    device_reason_t   reason;        /* DEVICE_OK so far */

    int               splice;        /* as in store_rr_t */
    size_t            len;
    uint8_t           data[STORE_VALUE_MAX];
} device_presentation_t;


void device_presentation_init(device_presentation_t *form, store_span_t text,
    store_span_t fqdn, const char *member, device_error_t *error);

/* Refuses: "<what>: <the text>".  The first one counts. */
void device_presentation_refuse(device_presentation_t *form,
    device_reason_t reason, const char *what, store_span_t text);

/*
 * The next token; false at the end and after a refusal.  With `value` a token
 * may be `key="..."` (RFC 9460 2.1): its raw text then has the quotes in it.
 */
bool device_presentation_next(device_presentation_t *form,
    device_token_t *token, bool value);

/* The next token must be there: `what` is missing where it is not. */
bool device_presentation_token(device_presentation_t *form,
    device_token_t *token, const char *what);

/* Nothing may follow. */
void device_presentation_finish(device_presentation_t *form);

/* An integer of 0 to most, appended in `bytes` bytes, big-endian. */
uint32_t device_presentation_integer(device_presentation_t *form,
    const char *what, unsigned bytes, uint32_t most);

/* Digits alone to a number, at most `most`. */
bool device_number_parse(store_span_t text, uint32_t most, uint32_t *number);

/* Hex digits to the end, in any number of tokens; returns the bytes. */
size_t device_presentation_hex(device_presentation_t *form, const char *what);

/* Appends a character-string's bytes with its escapes undone; the number of
 * them.  A refusal names `what`. */
size_t device_presentation_unescape(device_presentation_t *form,
    store_span_t raw, const char *what);

void device_presentation_append(device_presentation_t *form,
    const void *bytes, size_t len);
void device_presentation_append16(device_presentation_t *form,
    uint32_t number);


/* Appends a target, with its splice; false where it is ".". */
bool device_rdata_target(device_presentation_t *form);

/* The parameters of SVCB and HTTPS (RFC 9460 2.2), to the end. */
void device_svcb_params(device_presentation_t *form);


#endif /* DEVICE_PRESENTATION_H */
