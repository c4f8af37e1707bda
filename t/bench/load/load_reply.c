
/*
 * Whether a reply is right: a server that answers fast and wrong must not win.
 */

#include "load.h"

#include <stdio.h>
#include <string.h>


#define LOAD_HEADER    12
#define LOAD_OPT       11

#define LOAD_QR        0x8000
#define LOAD_AA        0x0400
#define LOAD_TC        0x0200
#define LOAD_RCODE     0x000f
#define LOAD_NXRCODE   3


static uint16_t load_get16(const uint8_t *at);


void
load_reply_check(const load_options_t *options, const load_slot_t *slot,
    const uint8_t *reply, size_t len, load_report_t *report)
{
    size_t              at;
    unsigned            additional;
    static const char  *kinds[] = { "SRV", "A", "NXDOMAIN", "NODATA" };

    report->answered++;
    report->bytes += len;
    report->kinds[slot->kind]++;

    if (options->echo) {
        return;
    }

    if (load_reply_right(options, slot, reply, len)) {
        additional = load_get16(reply + 10);
        report->added += slot->kind == LOAD_SRV
                         && additional > (options->edns != 0);
        return;
    }

    if (report->wrong++ != 0) {
        return;
    }

    at = (size_t) snprintf(report->complaint, sizeof(report->complaint),
                           "%s, flags and counts %04x", kinds[slot->kind],
                           len > 3 ? load_get16(reply + 2) : 0);

    for (size_t i = 4; i + 1 < len && i < LOAD_HEADER; i += 2) {
        at += (size_t) snprintf(report->complaint + at,
                                sizeof(report->complaint) - at, " %u",
                                load_get16(reply + i));
    }

    snprintf(report->complaint + at, sizeof(report->complaint) - at,
             ", %zu bytes: %.*s", len, (int) slot->len - LOAD_HEADER,
             (const char *) slot->query + LOAD_HEADER);
}


/* The same question, the RCODE and the number of answers of its kind; a
 * negative answer has its SOA.  From a signed zone each has an RRSIG, and a
 * negative one an NSEC; a compact denial is NOERROR (RFC 9824 3.3). */
bool
load_reply_right(const load_options_t *options, const load_slot_t *slot,
    const uint8_t *reply, size_t len)
{
    bool      positive = slot->kind == LOAD_SRV || slot->kind == LOAD_A;
    size_t    question = slot->len;
    unsigned  each = options->is_signed ? 2 : 1;
    uint16_t  flags, rcode;

    /* a query's OPT is no part of the question */

    if (load_get16(slot->query + 10) != 0) {
        question -= LOAD_OPT;
    }

    if (len < question || load_get16(reply) != slot->id) {
        return false;
    }

    flags = load_get16(reply + 2);
    rcode = flags & LOAD_RCODE;

    return (flags & (LOAD_QR | LOAD_AA | LOAD_TC)) == (LOAD_QR | LOAD_AA)
           && (slot->kind == LOAD_NXDOMAIN ? rcode == LOAD_NXRCODE
                                             || options->is_signed
                                           : rcode == 0)
           && load_get16(reply + 4) == 1
           && load_get16(reply + 6) == (positive ? each : 0)
           && (positive || load_get16(reply + 8) >= (each == 2 ? 4 : 1))
           && memcmp(reply + LOAD_HEADER, slot->query + LOAD_HEADER,
                     question - LOAD_HEADER) == 0;
}


static uint16_t
load_get16(const uint8_t *at)
{
    return (uint16_t) (at[0] << 8 | at[1]);
}
