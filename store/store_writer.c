
/*
 * Writes a value.  Facts and RRsets of the program's own making enter; what
 * leaves was opened by store_value_open once before it is handed out, so
 * that nothing is ever written that a reader would refuse.
 *
 * The writer's first failure sticks: later steps do nothing.
 */

#include "store_value.h"
#include "store_layout.h"

#include <string.h>


static void store_writer_begin(store_writer_t *writer, uint8_t *buffer,
    size_t size, store_kind_t kind);
static uint8_t *store_writer_room(store_writer_t *writer, size_t len);
static void store_writer_bytes(store_writer_t *writer, const uint8_t *data,
    size_t len);
static void store_writer_16(store_writer_t *writer, uint16_t n);
static void store_writer_32(store_writer_t *writer, uint32_t n);
static void store_writer_time(store_writer_t *writer, int64_t time);
static void store_writer_key(store_writer_t *writer,
    const store_device_key_t *key, bool pending);
static void store_writer_credential(store_writer_t *writer,
    const store_credential_t *credential);
static void store_writer_head(store_writer_t *writer,
    const store_rrset_t *rrset, uint8_t count);


/* In the order of STORE_AT_STATE and those after it. */
void
store_writer_device(store_writer_t *writer, uint8_t *buffer, size_t size,
    const store_device_t *device)
{
    uint8_t  facts[2];

    store_writer_begin(writer, buffer, size, STORE_KIND_DEVICE);

    facts[0] = device->state;
    facts[1] = (device->has_active ? STORE_KEYS_ACTIVE : 0)
               | (device->has_pending ? STORE_KEYS_PENDING : 0)
               | (device->acme_dns.counter != 0 ? STORE_KEYS_ACME_DNS : 0)
               | (device->dyndns2.counter != 0 ? STORE_KEYS_DYNDNS2 : 0)
               | (device->issuer != 0 ? STORE_KEYS_ISSUER : 0);

    store_writer_bytes(writer, facts, sizeof(facts));
    store_writer_bytes(writer, device->identity, STORE_IDENTITY_LEN);
    store_writer_16(writer, device->epoch);
    store_writer_16(writer, device->rekeyed);
    store_writer_time(writer, device->enrolled);
    store_writer_time(writer, device->seen);
    store_writer_time(writer, device->enroll_limit);
    store_writer_32(writer, device->lease);
    store_writer_time(writer, device->lease_end);

    if (device->issuer != 0) {
        store_writer_16(writer, device->issuer);
    }

    if (device->has_active) {
        store_writer_key(writer, &device->active, false);
    }

    if (device->has_pending) {
        store_writer_key(writer, &device->pending, true);
    }

    store_writer_credential(writer, &device->acme_dns);
    store_writer_credential(writer, &device->dyndns2);
}


void
store_writer_apex(store_writer_t *writer, uint8_t *buffer, size_t size,
    const uint8_t digest[STORE_DIGEST_LEN])
{
    store_writer_begin(writer, buffer, size, STORE_KIND_APEX);
    store_writer_bytes(writer, digest, STORE_DIGEST_LEN);
}


void
store_writer_static(store_writer_t *writer, uint8_t *buffer, size_t size)
{
    store_writer_begin(writer, buffer, size, STORE_KIND_STATIC);
}


static void
store_writer_begin(store_writer_t *writer, uint8_t *buffer, size_t size,
    store_kind_t kind)
{
    uint8_t  *p;

    /* A caller's larger buffer must not make a value that no reader takes. */

    if (size > STORE_VALUE_MAX) {
        size = STORE_VALUE_MAX;
    }

    writer->start = buffer;
    writer->at = buffer;
    writer->end = buffer + size;
    writer->rrset = NULL;
    writer->failed = false;

    p = store_writer_room(writer, STORE_HEAD_LEN);

    if (p != NULL) {
        store_set32(p + STORE_AT_CRC, 0);
        p[STORE_AT_KIND] = (uint8_t) kind;
    }
}


/* The next len bytes, or NULL and the failure noted. */
static uint8_t *
store_writer_room(store_writer_t *writer, size_t len)
{
    uint8_t  *p;

    if (writer->failed || len > (size_t) (writer->end - writer->at)) {
        writer->failed = true;
        return NULL;
    }

    p = writer->at;
    writer->at += len;

    return p;
}


static void
store_writer_bytes(store_writer_t *writer, const uint8_t *data, size_t len)
{
    uint8_t  *p;

    p = store_writer_room(writer, len);

    if (p != NULL && len != 0) {
        memcpy(p, data, len);
    }
}


static void
store_writer_16(store_writer_t *writer, uint16_t n)
{
    uint8_t  bytes[2];

    store_set16(bytes, n);
    store_writer_bytes(writer, bytes, sizeof(bytes));
}


static void
store_writer_32(store_writer_t *writer, uint32_t n)
{
    uint8_t  bytes[4];

    store_set32(bytes, n);
    store_writer_bytes(writer, bytes, sizeof(bytes));
}


/* A time that 32 bits cannot hold is a mistake of the caller's; cut off, it
 * would be a lease that ended long ago, or never does. */
static void
store_writer_time(store_writer_t *writer, int64_t time)
{
    if (time < 0 || time > UINT32_MAX) {
        writer->failed = true;
        return;
    }

    store_writer_32(writer, (uint32_t) time);
}


static void
store_writer_key(store_writer_t *writer, const store_device_key_t *key,
    bool pending)
{
    bool    hmac;
    size_t  len;

    hmac = key->algorithm == STORE_HMAC_SHA256;
    len = store_public_key_len(key->algorithm);

    /* What has no place in the encoding must not be lost silently. */

    if (key->public_key_len != len
        || (!hmac && key->secret != 0)
        || (!pending && key->expires != 0))
    {
        writer->failed = true;
        return;
    }

    store_writer_bytes(writer, &key->algorithm, 1);
    store_writer_bytes(writer, key->generation, STORE_GENERATION_LEN);
    store_writer_time(writer, key->last_created);

    if (pending) {
        store_writer_time(writer, key->expires);
    }

    if (hmac) {
        store_writer_16(writer, key->secret);

    } else {
        store_writer_bytes(writer, key->public_key, len);
    }
}


/* One that was never issued takes no room: most devices have none. */
static void
store_writer_credential(store_writer_t *writer,
    const store_credential_t *credential)
{
    if (credential->counter == 0) {

        if (credential->secret != 0) {
            writer->failed = true;
        }

        return;
    }

    store_writer_16(writer, credential->counter);
    store_writer_16(writer, credential->secret);
}


void
store_writer_rrset(store_writer_t *writer, const store_rrset_t *rrset)
{
    store_writer_head(writer, rrset, rrset->count);
    store_writer_bytes(writer, rrset->rrs.data, rrset->rrs.len);
}


void
store_writer_rrset_begin(store_writer_t *writer, const store_rrset_t *rrset)
{
    store_writer_head(writer, rrset, 0);

    /* The count stands last in the head; store_writer_rr counts in place. */

    if (!writer->failed) {
        writer->rrset = writer->at - 1;
    }
}


/* Bounds that would be lost in the encoding's narrower fields; all others are
 * store_writer_finish's to find. */
static void
store_writer_head(store_writer_t *writer, const store_rrset_t *rrset,
    uint8_t count)
{
    uint8_t  last[2], owner_len;

    if (writer->rrset != NULL
        || rrset->owner.len > STORE_NAME_MAX
        || rrset->door > STORE_RRSET_DOOR)
    {
        writer->failed = true;
        return;
    }

    owner_len = (uint8_t) rrset->owner.len;

    last[0] = rrset->door | (rrset->own_lease ? STORE_RRSET_OWN : 0);
    last[1] = count;

    store_writer_bytes(writer, &owner_len, 1);
    store_writer_bytes(writer, rrset->owner.data, rrset->owner.len);
    store_writer_16(writer, rrset->type);
    store_writer_32(writer, rrset->ttl);
    store_writer_time(writer, rrset->expires);
    store_writer_bytes(writer, last, sizeof(last));
}


void
store_writer_rr(store_writer_t *writer, const store_rr_t *rr)
{
    if (writer->failed
        || writer->rrset == NULL
        || *writer->rrset == UINT8_MAX
        || !store_rr_write(&writer->at, writer->end, rr))
    {
        writer->failed = true;
        return;
    }

    (*writer->rrset)++;
}


void
store_writer_rrset_end(store_writer_t *writer)
{
    if (writer->rrset == NULL || *writer->rrset == 0) {
        writer->failed = true;
    }

    writer->rrset = NULL;
}


bool
store_writer_finish(store_writer_t *writer, store_span_t key,
    store_span_t *bytes)
{
    store_value_t  value;

    if (writer->failed || writer->rrset != NULL) {
        return false;
    }

    bytes->data = writer->start;
    bytes->len = (size_t) (writer->at - writer->start);

    /* Opened as a reader will: whatever a step above did not look at (types,
     * TTLs, owners, an RRset twice) is refused here, not on each query. */

    store_seal(key, writer->start, bytes->len);

    return store_value_open(&value, key, *bytes);
}


bool
store_rr_write(uint8_t **at, const uint8_t *end, const store_rr_t *rr)
{
    size_t    len;
    uint8_t  *p;

    if (rr->len > STORE_RR_LEN || rr->splice > rr->len || rr->splice < -1) {
        return false;
    }

    /* Where the splice goes takes two bytes, for the few RRs that have one. */

    p = *at;
    len = 2 + (rr->splice >= 0 ? 2 : 0) + (size_t) rr->len;

    if (len > (size_t) (end - p)) {
        return false;
    }

    if (rr->splice >= 0) {
        store_set16(p, STORE_RR_SPLICED | rr->len);
        store_set16(p + 2, (uint16_t) rr->splice);
        p += 4;

    } else {
        store_set16(p, rr->len);
        p += 2;
    }

    if (rr->len != 0) {
        memcpy(p, rr->data, rr->len);
    }

    *at = p + rr->len;

    return true;
}
