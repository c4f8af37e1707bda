
/*
 * Serials: the SOA of an apex, read and moved.  The apex is written anew
 * through the writer, so nothing here knows its bytes; a SOA's numbers are
 * the last twenty of its RDATA (RFC 1035 section 3.3.13).
 */

#include "store_zone_parts.h"

#include <string.h>


#define STORE_TYPE_SOA     6

/* Serial, refresh, retry, expire, minimum. */
#define STORE_SOA_NUMBERS  20

/* Two names of 255, the numbers. */
#define STORE_SOA_MAX      (2 * STORE_NAME_MAX + STORE_SOA_NUMBERS)


static bool store_soa_find(const store_value_t *apex, store_rrset_t *rrset,
    store_rr_t *rr);
static void store_signatures_write(store_writer_t *writer,
    const store_rrset_t *rrset);
static void store_soa_write(store_writer_t *writer,
    const store_rrset_t *rrset, const store_rr_t *rr, uint32_t serial);


uint32_t
store_zone_serial_next(uint32_t serial, int64_t now)
{
    uint32_t  next;

    next = serial + 1;

    if (store_serial_above((uint32_t) now, next)) {
        next = (uint32_t) now;
    }

    /* Some secondaries take 0 for "none so far". */

    return next != 0 ? next : 1;
}


bool
store_serial_above(uint32_t a, uint32_t b)
{
    /* RFC 1982 section 3.2; two that are 2^31 apart are not ordered */

    return a != b && a - b < 0x80000000u;
}


bool
store_zone_serial(const store_value_t *apex, uint32_t *serial)
{
    store_rr_t     rr;
    store_rrset_t  rrset;

    if (!store_soa_find(apex, &rrset, &rr)) {
        return false;
    }

    *serial = store_get32(rr.data + rr.len - STORE_SOA_NUMBERS);

    return true;
}


/* An apex without exactly one SOA is no zone (RFC 1035 section 5.2). */
static bool
store_soa_find(const store_value_t *apex, store_rrset_t *rrset,
    store_rr_t *rr)
{
    store_rr_iter_t  rrs;

    if (apex->kind != STORE_KIND_APEX
        || !store_rrset_find(apex, (store_span_t) { NULL, 0 },
                             STORE_TYPE_SOA, rrset)
        || rrset->count != 1)
    {
        return false;
    }

    store_rr_begin(&rrs, rrset);

    /* two names come before the numbers, of a byte at least */

    return store_rr_next(&rrs, rr)
           && rr->splice == -1
           && rr->len >= STORE_SOA_NUMBERS + 2
           && rr->len <= STORE_SOA_MAX;
}


store_status_t
store_zone_touch(store_txn_t *txn, store_span_t zone, int64_t now)
{
    uint32_t        serial;
    store_key_t     key;
    store_span_t    bytes;
    store_value_t   apex;
    store_status_t  status;

    if (!store_key_make(&key, zone, (store_span_t) { NULL, 0 })) {
        return STORE_NOT_FOUND;
    }

    status = store_get(txn, &key, &bytes);

    if (status != STORE_OK) {
        return status;
    }

    if (!store_value_open(&apex, (store_span_t) { key.data, key.len }, bytes)
        || !store_zone_serial(&apex, &serial))
    {
        return STORE_DAMAGED;
    }

    return store_put_apex(txn, zone, &apex,
                          store_zone_serial_next(serial, now));
}


/* Copies all RRsets as they are, but for the SOA's and its signatures: the apex
 * has a handful, and a commit does this once for each zone. */
store_status_t
store_put_apex(store_txn_t *txn, store_span_t zone,
    const store_value_t *apex, uint32_t serial)
{
    uint8_t             buffer[STORE_VALUE_MAX];
    store_rr_t          rr;
    store_key_t         key;
    store_span_t        bytes;
    store_rrset_t       rrset, soa;
    store_writer_t      writer;
    store_rrset_iter_t  iter;

    if (!store_key_make(&key, zone, (store_span_t) { NULL, 0 })
        || !store_soa_find(apex, &soa, &rr))
    {
        return STORE_DAMAGED;
    }

    store_writer_apex(&writer, buffer, sizeof(buffer),
                      store_value_digest(apex));

    store_rrset_begin(&iter, apex);

    while (store_rrset_next(&iter, &rrset)) {

        if (rrset.rrs.data == soa.rrs.data) {
            store_soa_write(&writer, &rrset, &rr, serial);

        } else if (rrset.type == STORE_TYPE_RRSIG) {
            store_signatures_write(&writer, &rrset);

        } else {
            store_writer_rrset(&writer, &rrset);
        }
    }

    if (!store_writer_finish(&writer, (store_span_t) { key.data, key.len },
                             &bytes))
    {
        return STORE_TOO_LARGE;
    }

    return store_put(txn, &key, bytes);
}


static void
store_soa_write(store_writer_t *writer, const store_rrset_t *rrset,
    const store_rr_t *rr, uint32_t serial)
{
    uint8_t     rdata[STORE_SOA_MAX];
    store_rr_t  moved;

    memcpy(rdata, rr->data, rr->len);
    store_set32(rdata + rr->len - STORE_SOA_NUMBERS, serial);

    moved = *rr;
    moved.data = rdata;

    store_writer_rrset_begin(writer, rrset);
    store_writer_rr(writer, &moved);
    store_writer_rrset_end(writer);
}


/* An RRSIG over the SOA of before would be taken for one over this: who moves
 * a serial signs it, or leaves it without (device_sign.h). */
static void
store_signatures_write(store_writer_t *writer, const store_rrset_t *rrset)
{
    bool             begun;
    store_rr_t       rr;
    store_rr_iter_t  rrs;

    begun = false;
    store_rr_begin(&rrs, rrset);

    while (store_rr_next(&rrs, &rr)) {

        /* the type that is covered comes first (RFC 4034 3.1) */

        if (rr.len >= 2 && store_get16(rr.data) == STORE_TYPE_SOA) {
            continue;
        }

        if (!begun) {
            store_writer_rrset_begin(writer, rrset);
            begun = true;
        }

        store_writer_rr(writer, &rr);
    }

    if (begun) {
        store_writer_rrset_end(writer);
    }
}
