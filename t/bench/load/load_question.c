
/*
 * The questions of a load.  All is drawn from one seed, so that every server
 * is asked the same.
 */

#include "load.h"

#include <string.h>

#include "../../tools/fleet/fleet.h"


#define LOAD_TYPE_A     1
#define LOAD_TYPE_AAAA  28
#define LOAD_TYPE_SRV   33
#define LOAD_TYPE_OPT   41


static size_t load_name_write(uint8_t *data, const char *text, size_t size);
static uint64_t load_random(load_question_t *question);
static load_kind_t load_kind(load_question_t *question);
static uint8_t *load_header_write(uint8_t *at, const load_slot_t *slot,
    bool edns);
static uint8_t *load_opt_write(uint8_t *at, const load_options_t *options);
static uint8_t *load_put16(uint8_t *at, uint16_t number);


bool
load_question_init(load_question_t *question, const load_options_t *options)
{
    size_t    len;
    unsigned  kind;

    /* the longest owner is that of an SRV record */

    len = load_name_write(question->zone, options->zone,
                          sizeof(question->zone) - FLEET_LABEL_LEN
                          - sizeof(FLEET_SERVICE) - 2);

    question->options = options;
    question->zone_len = len;
    question->mix = 0;
    question->random = options->seed * 2 + 1;

    for (kind = 0; kind < LOAD_KINDS; kind++) {
        question->mix += options->mix[kind];
    }

    return len != 0 && question->mix != 0;
}


/* Returns the length, 0 where it is no name or does not fit. */
static size_t
load_name_write(uint8_t *data, const char *text, size_t size)
{
    size_t  len, at = 0;

    while (*text != '\0') {
        len = strcspn(text, ".");

        if (len == 0 || len > 63 || at + len + 2 > size) {
            return 0;
        }

        data[at] = (uint8_t) len;
        memcpy(data + at + 1, text, len);
        at += len + 1;
        text += len + (text[len] == '.');
    }

    data[at] = 0;

    return at + 1;
}


void
load_question_next(load_question_t *question, load_slot_t *slot)
{
    char                   label[FLEET_LABEL_LEN];
    uint8_t               *at;
    uint16_t               type = LOAD_TYPE_SRV;
    unsigned long          i;
    const load_options_t  *options = question->options;

    slot->kind = load_kind(question);
    i = load_random(question) % options->devices;

    at = load_header_write(slot->query, slot, options->edns != 0);

    if (slot->kind == LOAD_NXDOMAIN) {
        fleet_absent_label(label, i, options->devices);

    } else {
        fleet_label(label, i, options->devices);
    }

    if (slot->kind == LOAD_SRV || slot->kind == LOAD_NXDOMAIN) {
        at += load_name_write(at, FLEET_SERVICE, LOAD_QUERY_MAX) - 1;

    } else {
        type = slot->kind == LOAD_A ? LOAD_TYPE_A : LOAD_TYPE_AAAA;
    }

    *at++ = FLEET_LABEL_LEN;
    memcpy(at, label, FLEET_LABEL_LEN);
    at += FLEET_LABEL_LEN;

    memcpy(at, question->zone, question->zone_len);
    at += question->zone_len;

    at = load_put16(at, type);
    at = load_put16(at, 1);                        /* IN */

    if (options->edns != 0) {
        at = load_opt_write(at, options);
    }

    slot->len = (size_t) (at - slot->query);
}


/* splitmix64: every seed is a good one. */
static uint64_t
load_random(load_question_t *question)
{
    uint64_t  z = question->random += 0x9e3779b97f4a7c15ul;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;

    return z ^ (z >> 31);
}


static load_kind_t
load_kind(load_question_t *question)
{
    unsigned  kind, n = (unsigned) (load_random(question) % question->mix);

    for (kind = 0; kind < LOAD_KINDS - 1; kind++) {
        if (n < question->options->mix[kind]) {
            break;
        }

        n -= question->options->mix[kind];
    }

    return kind;
}


/* No flags: a resolver does not ask an authority for recursion. */
static uint8_t *
load_header_write(uint8_t *at, const load_slot_t *slot, bool edns)
{
    at = load_put16(at, slot->id);
    at = load_put16(at, 0);
    at = load_put16(at, 1);
    at = load_put16(at, 0);
    at = load_put16(at, 0);

    return load_put16(at, edns);
}


/* RFC 6891 6.1.2 */
static uint8_t *
load_opt_write(uint8_t *at, const load_options_t *options)
{
    *at++ = 0;
    at = load_put16(at, LOAD_TYPE_OPT);
    at = load_put16(at, options->edns);
    at = load_put16(at, 0);
    at = load_put16(at, options->dnssec_ok ? 0x8000 : 0);

    return load_put16(at, 0);
}


static uint8_t *
load_put16(uint8_t *at, uint16_t number)
{
    at[0] = (uint8_t) (number >> 8);
    at[1] = (uint8_t) number;

    return at + 2;
}
