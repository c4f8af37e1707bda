
/*
 * Doors on one device's place in a store, for the tests of what they do.
 */

#ifndef T_DEVICE_DOOR_H
#define T_DEVICE_DOOR_H


#include "device_world.h"

#include "device_door.h"


#define DOOR_LEASE  600

static const store_credential_t  door_acme_dns = { 7, 1 };
static const store_credential_t  door_dyndns2 = { 9, 1 };


/* A device with a key in use and both credentials. */
static inline void
door_world(world_t *world)
{
    store_device_t  device;

    world_init_device(world);

    device = world_device(world);
    device.acme_dns = door_acme_dns;
    device.dyndns2 = door_dyndns2;
    world_store(world, &device, NULL, 0);
}


/* A challenge of 43 times `content`. */
static inline device_reason_t
door_challenge(world_t *world, char content)
{
    char                 value[DEVICE_CHALLENGE_LEN];
    device_place_t       place = world_place(world);
    device_reason_t      reason;
    device_door_claim_t  claim = { STORE_DOOR_ACME_DNS, door_acme_dns };

    memset(value, content, sizeof(value));

    do {
        reason = device_door_challenge(&place, &world->zone, &claim, value,
                                       DOOR_LEASE, &world->outcome,
                                       &world->error);
    } while (!world->again && world_again(world, &place, reason));

    return world_commit(world, reason);
}


/* '-' keeps, '0' removes, another one is an address of such bytes. */
static inline device_address_wish_t
door_wish(uint8_t family, char content)
{
    device_address_wish_t  wish;

    memset(&wish, 0, sizeof(wish));

    wish.mode = content == '-' ? DEVICE_ADDRESS_KEEP
                : content == '0' ? DEVICE_ADDRESS_NONE : DEVICE_ADDRESS_SET;
    wish.address.family = family;
    memset(wish.address.bytes, content, family == 4 ? 4 : 16);

    return wish;
}


static inline device_reason_t
door_address(world_t *world, char ipv4, char ipv6)
{
    device_place_t         place = world_place(world);
    device_reason_t        reason;
    device_door_claim_t    claim = { STORE_DOOR_DYNDNS2, door_dyndns2 };
    device_address_wish_t  v4 = door_wish(4, ipv4), v6 = door_wish(6, ipv6);

    do {
        reason = device_door_address(&place, &world->zone, &claim, &v4, &v6,
                                     DOOR_LEASE, &world->outcome,
                                     &world->error);
    } while (!world->again && world_again(world, &place, reason));

    return world_commit(world, reason);
}


/* The challenges there are, oldest first, a letter each. */
static inline const char *
door_challenges(const world_t *world)
{
    size_t           n;
    store_rr_t       rr;
    store_rrset_t    rrset;
    store_rr_iter_t  iter;

    static char  text[16];

    n = 0;

    if (world_rrset(world, CHALLENGE, TYPE_TXT, &rrset)) {
        store_rr_begin(&iter, &rrset);

        while (store_rr_next(&iter, &rr)) {
            text[n++] = (char) rr.data[rr.len > 1 ? 1 : 0];
        }
    }

    text[n] = '\0';

    return text;
}


#endif /* T_DEVICE_DOOR_H */
