
/*
 * RDATA back to presentation form: what dig would print.  Enters: an RR of the
 * store, whose bytes are not trusted to be what its type says.  What is plain
 * is device_rdata_plain.c's, anything else ldns's.  Any thread.
 */

#include "device_rdata_plain.h"

#include <string.h>

#include <ldns/ldns.h>


#define RR_HEAD_LEN  11      /* root owner, type, class, TTL, RDLENGTH */


static ldns_rr *device_rr_open(uint16_t type, const store_rr_t *rr,
    store_span_t fqdn);
static bool device_svcb_sound(const uint8_t *rdata, size_t len);
static bool device_svcb_value_sound(uint32_t key, const uint8_t *value,
    size_t len);
static bool device_rr_print(ldns_buffer *buffer, const ldns_rr *rr);
static bool device_text_copy(char *out, size_t size, const uint8_t *text,
    size_t len);


bool
device_rdata_write(uint16_t type, const store_rr_t *rr, store_span_t fqdn,
    char *out, size_t size)
{
    bool          done;
    ldns_rr      *parsed;
    ldns_buffer  *buffer;

    if (device_rdata_plain(type, rr, fqdn, out, size)) {
        return true;
    }

    if (device_type_name(type) == NULL) {
        return false;
    }

    parsed = device_rr_open(type, rr, fqdn);
    buffer = ldns_buffer_new(LDNS_MIN_BUFLEN);
    done = false;

    if (parsed != NULL && buffer != NULL && device_rr_print(buffer, parsed)) {
        done = device_text_copy(out, size, ldns_buffer_begin(buffer),
                                ldns_buffer_position(buffer));
    }

    ldns_buffer_free(buffer);
    ldns_rr_free(parsed);

    return done;
}


static ldns_rr *
device_rr_open(uint16_t type, const store_rr_t *rr, store_span_t fqdn)
{
    size_t    i, at, len, head;
    uint8_t   wire[RR_HEAD_LEN + STORE_VALUE_MAX + STORE_NAME_MAX];
    ldns_rr  *parsed;

    if (rr->len > STORE_VALUE_MAX || rr->splice > (int) rr->len
        || (rr->splice >= 0 && !store_name_valid(fqdn)))
    {
        return NULL;
    }

    len = rr->len + ((rr->splice >= 0) ? fqdn.len : 0);
    head = (rr->splice >= 0) ? (size_t) rr->splice : rr->len;

    memset(wire, 0, RR_HEAD_LEN);
    ldns_write_uint16(wire + 1, type);
    ldns_write_uint16(wire + 3, LDNS_RR_CLASS_IN);
    ldns_write_uint16(wire + 9, (uint16_t) len);
    at = RR_HEAD_LEN;

    memcpy(wire + at, rr->data, head);
    at += head;

    if (rr->splice >= 0) {
        memcpy(wire + at, fqdn.data, fqdn.len);
        at += fqdn.len;
        memcpy(wire + at, rr->data + head, rr->len - head);
        at += rr->len - head;
    }

    if ((type == DEVICE_TYPE_SVCB || type == DEVICE_TYPE_HTTPS)
        && !device_svcb_sound(wire + RR_HEAD_LEN, len))
    {
        return NULL;
    }

    head = 0;

    if (ldns_wire2rr(&parsed, wire, at, &head, LDNS_SECTION_ANSWER)
        != LDNS_STATUS_OK)
    {
        return NULL;
    }

    /* a compression pointer would have been followed: RDATA has none */

    for (i = 0; i < ldns_rr_rd_count(parsed); i++) {
        len -= ldns_rdf_size(ldns_rr_rdf(parsed, i));
    }

    if (len != 0) {
        ldns_rr_free(parsed);
        return NULL;
    }

    return parsed;
}


/* ldns asserts the shape of SvcParams when it prints them, and so would take
 * the process down with a damaged value. */
static bool
device_svcb_sound(const uint8_t *rdata, size_t len)
{
    size_t    at, size;
    int64_t   last;
    uint32_t  key;

    /* behind the priority, the target's labels */

    for (at = 2; at < len && rdata[at] != 0; at += 1 + (size_t) rdata[at]) {
        if (rdata[at] > STORE_LABEL_MAX) {
            return false;
        }
    }

    last = -1;

    for (at++; at + 4 <= len; at += size) {
        key = ldns_read_uint16(rdata + at);
        size = ldns_read_uint16(rdata + at + 2);
        at += 4;

        if ((int64_t) key <= last || size > len - at
            || !device_svcb_value_sound(key, rdata + at, size))
        {
            return false;
        }

        last = key;
    }

    return at == len;
}


/* RFC 9460 7, 8: what a parser of ours can have left. */
static bool
device_svcb_value_sound(uint32_t key, const uint8_t *value, size_t len)
{
    size_t  at;

    switch (key) {

    case 0:     /* mandatory */
        return len != 0 && len % 2 == 0;

    case 1:     /* alpn */
        for (at = 0; at < len; at += 1 + (size_t) value[at]) {
            if (value[at] == 0) {
                return false;
            }
        }

        return len != 0 && at == len;

    case 2:     /* no-default-alpn */
        return len == 0;

    case 3:     /* port */
        return len == 2;

    case 4:     /* address hints are never taken */
    case 6:
        return false;

    case 5:     /* ech */
    case 7:     /* dohpath */
        return len != 0;

    default:
        return true;
    }
}


static bool
device_rr_print(ldns_buffer *buffer, const ldns_rr *rr)
{
    size_t  i;

    for (i = 0; i < ldns_rr_rd_count(rr); i++) {

        if (i != 0) {
            ldns_buffer_printf(buffer, " ");
        }

        if (ldns_rdf2buffer_str(buffer, ldns_rr_rdf(rr, i))
            != LDNS_STATUS_OK)
        {
            return false;
        }
    }

    return i != 0 && ldns_buffer_status_ok(buffer);
}


/* ldns leaves a tab as it is, where dig and our parser have \009. */
static bool
device_text_copy(char *out, size_t size, const uint8_t *text, size_t len)
{
    size_t  i, at, need;

    at = 0;

    for (i = 0; i < len; i++) {
        need = (text[i] == '\t') ? 4 : 1;

        if (size - at <= need) {
            return false;
        }

        memcpy(out + at, (need == 4) ? "\\009" : (const char *) &text[i],
               need);
        at += need;
    }

    if (at == size) {
        return false;
    }

    out[at] = '\0';

    return true;
}
