
/*
 * Presentation form of A, AAAA, SRV, TXT, TLSA and SSHFP.  Enters: RDATA that
 * is not trusted to be what its type says.  Always: what is not plain is left
 * to ldns, which then is right or refuses; so nothing here has to be complete.
 * Pure; any thread.
 */

#include "device_rdata_plain.h"

#include <arpa/inet.h>
#include <string.h>


#define SRV_FIXED  6         /* priority, weight, port */


/* What is written, in the caller's room, which has one byte more for the NUL;
 * sticky. */
typedef struct {
    char    *at;
    size_t   left;
    bool     failed;
} plain_t;


static void plain_address(plain_t *plain, int family, store_span_t data);
static void plain_srv(plain_t *plain, const store_rr_t *rr,
    store_span_t fqdn);
static bool plain_labels(plain_t *plain, store_span_t labels, bool ended);
static void plain_txt(plain_t *plain, store_span_t data);
static void plain_character(plain_t *plain, uint8_t c);
static void plain_numbers_hex(plain_t *plain, store_span_t data, size_t n);
static void plain_number(plain_t *plain, unsigned number);
static void plain_add(plain_t *plain, const void *text, size_t len);


bool
device_rdata_plain(uint16_t type, const store_rr_t *rr, store_span_t fqdn,
    char *out, size_t size)
{
    plain_t       plain;
    store_span_t  data;

    if (size == 0 || (rr->splice >= 0 && type != DEVICE_TYPE_SRV)) {
        return false;
    }

    plain.at = out;
    plain.left = size - 1;
    plain.failed = false;

    data = (store_span_t) { rr->data, rr->len };

    switch (type) {

    case DEVICE_TYPE_A:
        plain_address(&plain, AF_INET, data);
        break;

    case DEVICE_TYPE_AAAA:
        plain_address(&plain, AF_INET6, data);
        break;

    case DEVICE_TYPE_SRV:
        plain_srv(&plain, rr, fqdn);
        break;

    case DEVICE_TYPE_TXT:
        plain_txt(&plain, data);
        break;

    /* usage, selector, matching type (RFC 6698 2.1); algorithm and
     * fingerprint's type (RFC 4255 3.1) */

    case DEVICE_TYPE_TLSA:
        plain_numbers_hex(&plain, data, 3);
        break;

    case DEVICE_TYPE_SSHFP:
        plain_numbers_hex(&plain, data, 2);
        break;

    default:
        return false;
    }

    *plain.at = '\0';

    return !plain.failed;
}


static void
plain_address(plain_t *plain, int family, store_span_t data)
{
    char  text[INET6_ADDRSTRLEN];

    if (data.len != (family == AF_INET ? 4 : 16)
        || inet_ntop(family, data.data, text, sizeof(text)) == NULL)
    {
        plain->failed = true;
        return;
    }

    plain_add(plain, text, strlen(text));
}


/* RFC 2782.  A target that was spliced ends with the FQDN, or is it. */
static void
plain_srv(plain_t *plain, const store_rr_t *rr, store_span_t fqdn)
{
    size_t        i;
    bool          spliced;
    store_span_t  target;

    spliced = (rr->splice >= 0);

    if (rr->len < SRV_FIXED
        || (spliced && (rr->splice != rr->len || !store_name_valid(fqdn))))
    {
        plain->failed = true;
        return;
    }

    for (i = 0; i < SRV_FIXED; i += 2) {
        plain_number(plain, (unsigned) rr->data[i] << 8 | rr->data[i + 1]);
        plain_add(plain, " ", 1);
    }

    target = (store_span_t) { rr->data + SRV_FIXED, rr->len - SRV_FIXED };

    if (target.len + (spliced ? fqdn.len : 0) > STORE_NAME_MAX) {
        plain->failed = true;
        return;
    }

    if (!spliced && target.len == 1 && target.data[0] == 0) {
        plain_add(plain, ".", 1);
        return;
    }

    if (!plain_labels(plain, target, !spliced)
        || (spliced && !plain_labels(plain, fqdn, true)))
    {
        plain->failed = true;
    }
}


/* Labels, each with a dot behind it; ended: up to a root byte that is the last
 * one and not the first. */
static bool
plain_labels(plain_t *plain, store_span_t labels, bool ended)
{
    size_t   at, end;
    uint8_t  c;

    for (at = 0; at < labels.len; /* void */ ) {

        end = at + 1 + labels.data[at];

        if (labels.data[at] == 0) {
            return ended && at != 0 && end == labels.len;
        }

        if (labels.data[at] > STORE_LABEL_MAX || end > labels.len) {
            return false;
        }

        plain_add(plain, labels.data + at + 1, end - at - 1);

        while (++at < end) {
            c = labels.data[at];

            if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')
                && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            {
                return false;
            }
        }

        plain_add(plain, ".", 1);
    }

    return !ended;
}


/* RFC 1035 3.3.14 and 5.1: strings of a length byte each, always quoted. */
static void
plain_txt(plain_t *plain, store_span_t data)
{
    size_t  at, end;

    if (data.len == 0) {
        plain->failed = true;
        return;
    }

    for (at = 0; at < data.len; at = end) {

        end = at + 1 + data.data[at];

        if (end > data.len) {
            plain->failed = true;
            return;
        }

        plain_add(plain, (at != 0) ? " \"" : "\"", (at != 0) ? 2 : 1);

        while (++at < end) {
            plain_character(plain, data.data[at]);
        }

        plain_add(plain, "\"", 1);
    }
}


static void
plain_character(plain_t *plain, uint8_t c)
{
    char  escape[4];

    escape[0] = '\\';

    if (c < 0x20 || c > 0x7e) {
        escape[1] = (char) ('0' + c / 100);
        escape[2] = (char) ('0' + c / 10 % 10);
        escape[3] = (char) ('0' + c % 10);
        plain_add(plain, escape, 4);
        return;
    }

    escape[1] = (char) c;

    if (c == '"' || c == '\\') {
        plain_add(plain, escape, 2);

    } else {
        plain_add(plain, escape + 1, 1);
    }
}


/* n numbers of a byte, then the rest in hexadecimal. */
static void
plain_numbers_hex(plain_t *plain, store_span_t data, size_t n)
{
    size_t  i;
    char    digits[2];

    if (data.len <= n) {
        plain->failed = true;
        return;
    }

    for (i = 0; i < n; i++) {
        plain_number(plain, data.data[i]);
        plain_add(plain, " ", 1);
    }

    for ( /* void */ ; i < data.len; i++) {
        digits[0] = "0123456789abcdef"[data.data[i] >> 4];
        digits[1] = "0123456789abcdef"[data.data[i] & 0x0F];
        plain_add(plain, digits, 2);
    }
}


/* Of 16 bits. */
static void
plain_number(plain_t *plain, unsigned number)
{
    char  digits[5], *at;

    at = digits + sizeof(digits);

    do {
        *--at = (char) ('0' + number % 10);
        number /= 10;
    } while (number != 0);

    plain_add(plain, at, (size_t) (digits + sizeof(digits) - at));
}


static void
plain_add(plain_t *plain, const void *text, size_t len)
{
    if (plain->failed || len > plain->left) {
        plain->failed = true;
        return;
    }

    memcpy(plain->at, text, len);
    plain->at += len;
    plain->left -= len;
}
