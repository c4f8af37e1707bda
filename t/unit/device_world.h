
/*
 * One device's place in a store, for the tests of what a request does to it:
 * a value in memory, the transaction's outcome put there or not.
 */

#ifndef DEVICE_WORLD_H
#define DEVICE_WORLD_H


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device_transaction.h"


#define NOW       1800000000
#define IDENTITY  'i'

#define SPAN(text)  ((store_span_t) { (const uint8_t *) text, \
                                      sizeof(text) - 1 })

#define XMPP       SPAN("\14_xmpp-server\4_tcp")
#define CHALLENGE  SPAN("\17_acme-challenge")
#define HOST       SPAN("\4host")
#define SELF       SPAN("")

#define TYPE_A     1
#define TYPE_TXT   16
#define TYPE_AAAA  28
#define TYPE_SRV   33


typedef struct {
    store_key_t       key;
    device_zone_t     zone;
    int64_t           now;
    store_issuers_t   issuers;
    uint8_t           value[STORE_VALUE_MAX];    /* as it is stored */
    size_t            len;
    uint8_t           buffer[STORE_VALUE_MAX];
    device_outcome_t  outcome;
    device_error_t    error;

    /* of a signed zone: each rule runs twice, as before the write lock and
     * under it */
    const device_signer_t  *signer;
    bool                    again;
    device_outcome_t        first;
    uint8_t                 prepared[STORE_VALUE_MAX];
} world_t;


static inline void
world_init(world_t *world)
{
    memset(world, 0, sizeof(*world));

    assert_true(store_key_make(&world->key, SPAN("\7devices\7example\0"),
                               SPAN("2247eae3630b46565dc68ad351991292")));

    world->now = NOW;
    world->zone.ttl = 60;
    world->zone.lease_min = 30;
    world->zone.lease_default = 7200;
    world->zone.lease_max = 86400;
    world->zone.reserve = 1000000;
    world->zone.max_rrsets = 8;
    world->zone.max_rrs = 4;
    world->zone.max_bytes = 4096;
}


static inline store_span_t
world_key(const world_t *world)
{
    return (store_span_t) { world->key.data, world->key.len };
}


static inline device_place_t
world_place(world_t *world)
{
    device_place_t  place;

    memset(&place, 0, sizeof(place));

    place.key = &world->key;
    place.bytes = (store_span_t) { world->value, world->len };
    place.now = world->now;
    place.buffer = world->buffer;
    place.issuers = &world->issuers;
    place.signer = world->signer;
    world->again = false;

    return place;
}


/* Whether the rule is to run once more, with what it prepared. */
static inline bool
world_again(world_t *world, device_place_t *place, device_reason_t reason)
{
    if (world->signer == NULL || reason != DEVICE_OK || !world->outcome.put) {
        return false;
    }

    world->again = true;
    world->first = world->outcome;
    memcpy(world->prepared, world->buffer, world->outcome.bytes.len);
    place->prepared = (store_span_t) { world->prepared,
                                       world->outcome.bytes.len };

    return true;
}


/* What the committing transaction does with an outcome. */
static inline device_reason_t
world_commit(world_t *world, device_reason_t reason)
{
    if (reason != DEVICE_OK) {
        assert_false(world->outcome.put);
        assert_false(world->outcome.dns_changed);

    } else if (world->outcome.put) {
        assert_ptr_equal(world->outcome.bytes.data, world->buffer);

        /* under the lock nothing is left to sign, and all is the same */

        if (world->again) {
            assert_int_equal(world->outcome.signatures, 0);
            assert_int_equal(world->outcome.dns_changed,
                             world->first.dns_changed);
            assert_int_equal(world->outcome.bytes.len, world->first.bytes.len);
            assert_memory_equal(world->buffer, world->prepared,
                                world->outcome.bytes.len);
        }

        memcpy(world->value, world->buffer, world->outcome.bytes.len);
        world->len = world->outcome.bytes.len;
    }

    return reason;
}


static inline void
world_store(world_t *world, const store_device_t *device,
    const store_rrset_t *rrsets, size_t n)
{
    size_t          i;
    store_span_t    bytes;
    store_writer_t  writer;

    store_writer_device(&writer, world->buffer, sizeof(world->buffer),
                        device);

    for (i = 0; i < n; i++) {
        store_writer_rrset(&writer, &rrsets[i]);
    }

    assert_true(store_writer_finish(&writer, world_key(world), &bytes));

    memcpy(world->value, bytes.data, bytes.len);
    world->len = bytes.len;
}


/* A device with a key in use, seen now, and no records. */
static inline void
world_init_device(world_t *world)
{
    store_device_t  device;

    world_init(world);

    memset(&device, 0, sizeof(device));
    memset(device.identity, IDENTITY, sizeof(device.identity));
    device.seen = NOW;
    device.has_active = true;
    memset(device.active.generation, 'a', STORE_GENERATION_LEN);
    device.active.secret = 1;
    device.active.algorithm = STORE_HMAC_SHA256;

    world_store(world, &device, NULL, 0);
}


static inline store_value_t
world_value(const world_t *world)
{
    store_value_t  value;

    assert_true(store_value_open(&value, world_key(world),
                             (store_span_t) { world->value, world->len }));
    return value;
}


static inline store_device_t
world_device(const world_t *world)
{
    store_value_t   value;
    store_device_t  device;

    value = world_value(world);
    store_value_device(&value, &device);

    return device;
}


static inline bool
world_rrset(const world_t *world, store_span_t owner, uint16_t type,
    store_rrset_t *rrset)
{
    store_value_t  value;

    value = world_value(world);

    return store_rrset_find(&value, owner, type, rrset);
}


static inline size_t
world_rrsets(const world_t *world)
{
    size_t              n;
    store_value_t       value;
    store_rrset_t       rrset;
    store_rrset_iter_t  iter;

    value = world_value(world);
    store_rrset_begin(&iter, &value);

    n = 0;

    while (store_rrset_next(&iter, &rrset)) {
        n += store_rrset_is_data(&rrset);
    }

    return n;
}


/* A key of which every byte of the generation is `generation`. */
static inline store_device_key_t
world_device_key(char generation)
{
    store_device_key_t  key;

    memset(&key, 0, sizeof(key));
    memset(key.generation, generation, sizeof(key.generation));
    key.secret = 1;
    key.algorithm = STORE_HMAC_SHA256;

    return key;
}


static inline device_claim_t
world_claim(char generation, int64_t created)
{
    device_claim_t  claim;

    memset(&claim, 0, sizeof(claim));
    memset(claim.generation, generation, sizeof(claim.generation));
    claim.created = created;

    return claim;
}


static inline device_enrollment_t
world_enrollment(char generation)
{
    device_enrollment_t  enrollment;

    memset(&enrollment, 0, sizeof(enrollment));
    memset(enrollment.identity, IDENTITY, sizeof(enrollment.identity));
    enrollment.epoch = 3;
    enrollment.key = world_device_key(generation);
    enrollment.pending_lifetime = 3600;

    return enrollment;
}


static inline device_reason_t
world_enroll(world_t *world, const device_enrollment_t *enrollment)
{
    device_place_t   place = world_place(world);
    device_reason_t  reason;

    reason = device_enroll(&place, enrollment, &world->outcome,
                           &world->error);

    if (world_again(world, &place, reason)) {
        reason = device_enroll(&place, enrollment, &world->outcome,
                               &world->error);
    }

    return world_commit(world, reason);
}


static inline device_reason_t
world_rotate(world_t *world, const device_claim_t *claim,
    const device_enrollment_t *enrollment)
{
    device_place_t   place = world_place(world);
    device_reason_t  reason;

    reason = device_rotate(&place, claim, enrollment, &world->outcome,
                           &world->error);

    if (world_again(world, &place, reason)) {
        reason = device_rotate(&place, claim, enrollment, &world->outcome,
                               &world->error);
    }

    return world_commit(world, reason);
}


/* In memory that has just the room. */
static inline device_change_t *
world_change(const device_update_t *update)
{
    void  *memory;

    if (update == NULL) {
        return NULL;
    }

    memory = malloc(device_change_size(update));
    assert_non_null(memory);

    return device_change_make(update, memory);
}


static inline device_reason_t
world_apply(world_t *world, const device_claim_t *claim,
    device_method_t method, const device_update_t *update)
{
    device_place_t    place = world_place(world);
    device_reason_t   reason;
    device_change_t  *change;

    change = world_change(update);

    reason = device_apply(&place, &world->zone, claim, method, change,
                          &world->outcome, &world->error);

    if (world_again(world, &place, reason)) {
        reason = device_apply(&place, &world->zone, claim, method, change,
                              &world->outcome, &world->error);
    }

    free(change);

    return world_commit(world, reason);
}


static inline device_reason_t
world_sweep(world_t *world, bool *gone)
{
    device_place_t   place = world_place(world);
    device_reason_t  reason;

    reason = device_sweep(&place, &world->zone, &world->outcome, gone);

    if (world_again(world, &place, reason)) {
        reason = device_sweep(&place, &world->zone, &world->outcome, gone);
    }

    return world_commit(world, reason);
}


/* Adds a wish of n RRs, each of two bytes: `content` and its number.  The
 * numbers begin at `first` and go round, so that equal sets can be written in
 * different orders. */
static inline device_wish_t *
world_wish(device_update_t *update, store_span_t owner, uint16_t type,
    char content, uint8_t n, uint8_t first)
{
    uint8_t         i, bytes[2], *at, *start;
    store_rr_t      rr;
    device_wish_t  *wish;

    wish = &update->wishes[update->nwishes];
    start = update->rrs + update->nwishes++ * 64;
    at = start;

    for (i = 0; i < n; i++) {
        bytes[0] = (uint8_t) content;
        bytes[1] = (uint8_t) ((first + i) % n);
        rr.data = bytes;
        rr.len = sizeof(bytes);
        rr.splice = -1;
        assert_true(store_rr_write(&at, start + 64, &rr));
    }

    memset(wish, 0, sizeof(*wish));
    wish->rrset.owner = owner;
    wish->rrset.type = type;
    wish->rrset.ttl = 60;
    wish->rrset.count = n;
    wish->rrset.rrs.data = start;
    wish->rrset.rrs.len = (size_t) (at - start);

    return wish;
}


/* Adds a TXT RRset of another door, as a later door will write it. */
static inline void
world_write_door(world_t *world, store_span_t owner, char content,
    uint8_t door, int64_t expires)
{
    size_t              n;
    store_rrset_t       rrsets[16];
    store_value_t       value;
    store_device_t      device;
    store_rrset_iter_t  iter;

    static device_update_t  other;

    value = world_value(world);
    device = world_device(world);
    store_rrset_begin(&iter, &value);

    for (n = 0; store_rrset_next(&iter, &rrsets[n]); n++) { /* void */ }

    other.nwishes = 0;
    rrsets[n] = world_wish(&other, owner, TYPE_TXT, content, 1, 0)->rrset;
    rrsets[n].door = door;
    rrsets[n].expires = expires;

    world_store(world, &device, rrsets, n + 1);
}


#endif /* DEVICE_WORLD_H */
