
/*
 * A device with records in a signed zone, and what the sweep does to it.
 */

#ifndef DEVICE_SIGN_WORLD_H
#define DEVICE_SIGN_WORLD_H


#include "device_world.h"

#include "device_signing.h"


/* As SPAN, for what is initialised before there is a function. */
#define NAME(text)  { (const uint8_t *) text, sizeof(text) - 1 }

#define SELF_INIT   NAME("")
#define XMPP_INIT   NAME("\14_xmpp-server\4_tcp")
#define HOST_INIT   NAME("\4host")
#define CHILD_INIT  NAME("\5child")


typedef struct {
    store_span_t  owner;
    uint16_t      type;
    uint32_t      ttl;
    int64_t       lease;             /* s from NOW; 0: none */
    const char   *rdata;
    size_t        len;
    int           splice;
} record_t;

#define A4(text)   text, 4, -1

static signing_t  signing;


static inline int
begin(void **unused)
{
    (void) unused;
    signing_begin(&signing);

    return 0;
}


static inline int
end(void **unused)
{
    (void) unused;
    signing_end(&signing);

    return 0;
}


/* Each test begins with one key of a kind. */
static inline int
reset(void **unused)
{
    (void) unused;

    signing.signer.zsks[0] = signing.keys[2];
    signing.signer.nzsks = 1;
    signing.room = 0;
    signing.signer.margin = SIGNING_MARGIN;
    signing.signer.negative_ttl = SIGNING_TTL;

    return 0;
}


/* Stores a device with some records, unsigned. */
static inline void
put(world_t *world, const record_t *items, size_t n)
{
    size_t          i;
    uint8_t         rrs[64][300], *at;
    store_rr_t      rr;
    store_device_t  device;
    store_rrset_t   rrsets[64];

    memset(rrsets, 0, sizeof(rrsets));
    assert_in_range(n, 0, 64);

    for (i = 0; i < n; i++) {
        rr.data = (const uint8_t *) items[i].rdata;
        rr.len = (uint16_t) items[i].len;
        rr.splice = items[i].splice;
        at = rrs[i];
        assert_true(store_rr_write(&at, at + sizeof(rrs[i]), &rr));

        rrsets[i].owner = items[i].owner;
        rrsets[i].type = items[i].type;
        rrsets[i].ttl = items[i].ttl;
        rrsets[i].expires = items[i].lease ? NOW + items[i].lease : 0;
        rrsets[i].door = STORE_DOOR_RECORDS;
        rrsets[i].count = 1;
        rrsets[i].rrs = (store_span_t) { rrs[i], (size_t) (at - rrs[i]) };
    }

    world_init_device(world);
    world->signer = &signing.signer;
    device = world_device(world);
    device.lease = 7200;
    device.lease_end = NOW + 7200;
    world_store(world, &device, rrsets, n);
}


static inline bool
due(world_t *world)
{
    device_place_t  place = world_place(world);

    return device_sign_due(&place);
}


/* A sweep; returns how many signatures it made. */
static inline unsigned
sweep(world_t *world)
{
    bool      gone;
    unsigned  made;

    assert_int_equal(world_sweep(world, &gone), DEVICE_OK);
    assert_false(gone);

    made = world->again ? world->first.signatures : world->outcome.signatures;

    if (world->outcome.put && world->signer != NULL
        && !world->outcome.unsigned_value)
    {
        signing_check(&world->key, (store_span_t) { world->value,
                                                    world->len },
                      &signing, world->now);
    }

    return made;
}


#endif /* DEVICE_SIGN_WORLD_H */
