
/*
 * EDNS options: read from the query's list, written into the reply's.
 *
 * The usual query has none, and then nothing here costs more than to find
 * that out.
 */

#include "answer_edns.h"

#include <string.h>


/* RFC 8467 4.1: replies of one size tell an onlooker nothing. */
#define ANSWER_PADDING_BLOCK  468


static bool answer_edns_has(const answer_t *answer, unsigned code);
static wire_rcode_t answer_edns_cookie(answer_edns_t *edns,
    const answer_context_t *context, answer_t *answer);
static bool answer_edns_error(answer_edns_t *edns, int code,
    answer_dnssec_t dnssec);
static bool answer_edns_option(answer_edns_t *edns, uint16_t code,
    const void *data, size_t len);
static void answer_edns_padding(answer_edns_t *edns, size_t reply_len);


wire_rcode_t
answer_edns_begin(answer_edns_t *edns, const answer_context_t *context,
    answer_t *answer)
{
    uint8_t  timeout[2];

    wire_writer_init(&edns->writer, edns->data, sizeof(edns->data));

    if (answer->parsed.options.present == 0) {
        return WIRE_NOERROR;
    }

    if (answer_edns_has(answer, WIRE_OPTION_COOKIE)
        && answer_edns_cookie(edns, context, answer) != WIRE_NOERROR)
    {
        return WIRE_FORMERR;
    }

    /* RFC 7828 3.3.2: over UDP it is ignored; a query's is empty (3.2.1) */

    if (context->stream && answer_edns_has(answer, WIRE_OPTION_KEEPALIVE)) {
        if (answer->parsed.options.keepalive_len != 0) {
            return WIRE_FORMERR;
        }

        if (context->keepalive != 0) {
            timeout[0] = (uint8_t) (context->keepalive >> 8);
            timeout[1] = (uint8_t) context->keepalive;
            (void) answer_edns_option(edns, WIRE_OPTION_KEEPALIVE, timeout,
                                      sizeof(timeout));
        }
    }

    return WIRE_NOERROR;
}


size_t
answer_edns_len(const answer_edns_t *edns, const answer_t *answer)
{
    return answer->parsed.edns ? WIRE_OPT_LEN + edns->writer.at : 0;
}


/* The order is that of worth; padding is last, since it counts the others
 * (RFC 7830 3 allows any place). */
wire_span_t
answer_edns_finish(answer_edns_t *edns, const answer_context_t *context,
    answer_t *answer, int ede, size_t reply_len, size_t limit)
{
    size_t                left;
    const answer_text_t  *nsid = &context->policy->nsid;

    if (!answer->parsed.edns) {
        return (wire_span_t) { NULL, 0 };
    }

    left = limit - reply_len - WIRE_OPT_LEN;

    if (edns->writer.limit > left) {
        edns->writer.limit = left;
    }

    if (ede != ANSWER_EDE_NONE
        && answer_edns_error(edns, ede, answer->dnssec))
    {
        answer->ede = ede;
    }

    if (answer->parsed.options.present != 0) {
        if (nsid->len != 0 && answer_edns_has(answer, WIRE_OPTION_NSID)) {
            (void) answer_edns_option(edns, WIRE_OPTION_NSID, nsid->data,
                                      nsid->len);
        }

        if (context->padded && answer_edns_has(answer, WIRE_OPTION_PADDING)) {
            answer_edns_padding(edns, reply_len + WIRE_OPT_LEN);
        }
    }

    return (wire_span_t) { edns->data, edns->writer.at };
}


static bool
answer_edns_has(const answer_t *answer, unsigned code)
{
    return (answer->parsed.options.present & WIRE_OPTION_BIT(code)) != 0;
}


/* RFC 7873 5.2: whatever becomes of the query, its reply has a cookie that is
 * good.  A bad one alone refuses nothing: see answer_shorten. */
static wire_rcode_t
answer_edns_cookie(answer_edns_t *edns, const answer_context_t *context,
    answer_t *answer)
{
    uint8_t                  cookie[ANSWER_COOKIE_LEN];
    const answer_secrets_t  *secrets = &context->policy->secrets;

    if (secrets->n == 0) {
        return WIRE_NOERROR;
    }

    answer->cookie = answer_cookie_check(secrets,
                                         answer->parsed.options.cookie,
                                         answer->client, context->now, cookie);

    if (answer->cookie == ANSWER_COOKIE_MALFORMED) {
        return WIRE_FORMERR;
    }

    (void) answer_edns_option(edns, WIRE_OPTION_COOKIE, cookie,
                              sizeof(cookie));

    return WIRE_NOERROR;
}


/* "Other" alone says nothing, so it comes with words (RFC 8914 4.1). */
static bool
answer_edns_error(answer_edns_t *edns, int code, answer_dnssec_t dnssec)
{
    size_t       len = 2;
    uint8_t      data[2 + 32];
    const char  *text = "damaged data";

    data[0] = (uint8_t) (code >> 8);
    data[1] = (uint8_t) code;

    if (code == ANSWER_EDE_OTHER) {
        switch (dnssec) {

        case ANSWER_DNSSEC_BUDGET:
        case ANSWER_DNSSEC_SHARE:
            text = "no more signatures now";
            break;

        case ANSWER_DNSSEC_NO_KEY:
            text = "no key to sign with";
            break;

        case ANSWER_DNSSEC_FAILED:
            text = "signing failed";
            break;

        default:
            break;
        }

        len += strlen(text);
        memcpy(data + 2, text, len - 2);
    }

    return answer_edns_option(edns, WIRE_OPTION_EDE, data, len);
}


/* Whole or not at all. */
static bool
answer_edns_option(answer_edns_t *edns, uint16_t code, const void *data,
    size_t len)
{
    wire_mark_t  begin = wire_mark(&edns->writer);

    wire_write16(&edns->writer, code);
    wire_write16(&edns->writer, (uint16_t) len);
    wire_write(&edns->writer, data, len);

    if (edns->writer.overflow) {
        wire_restore(&edns->writer, begin);
        return false;
    }

    return true;
}


/* Up to the next block, or not at all where the limit is nearer. */
static void
answer_edns_padding(answer_edns_t *edns, size_t reply_len)
{
    size_t  over;

    static const uint8_t  zeros[ANSWER_PADDING_BLOCK];

    over = (reply_len + edns->writer.at + WIRE_OPTION_FIXED)
           % ANSWER_PADDING_BLOCK;

    (void) answer_edns_option(edns, WIRE_OPTION_PADDING, zeros,
                              over == 0 ? 0 : ANSWER_PADDING_BLOCK - over);
}
