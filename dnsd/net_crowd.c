
/*
 * The crowd of a thread's connections.
 *
 * Members stand in the order of their last answers, once among all and once
 * among those of their peer; peers are found by a hash, and stand in ranks by
 * the number of their members.  A rank changes by one at a time, so the
 * highest is always known, and every step here takes the same short time
 * however large the crowd is.
 */

#include "net_crowd.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>


/* A peer with so many is no hoarder yet: a resolver behind a translator, or a
 * few hosts of one site.  Among such only time counts, so that somebody who
 * asks twice at once does not lose to somebody who is silent. */
#define NET_CROWD_MANY  8


struct net_peer_s {
    net_prefix_t   address;
    unsigned       members;
    net_link_t     own;           /* oldest first */
    net_peer_t    *next;          /* of the same hash, or unused */
    net_peer_t    *rival;         /* the next of the same rank */
    net_peer_t   **rival_at;      /* what points at this one */
};


struct net_crowd_s {
    unsigned       size;
    unsigned       used;
    unsigned       most;          /* the highest rank that is not empty */
    unsigned       touched;       /* peers that have ever been used */
    uint64_t       mask;
    uint64_t       keys[2];       /* a peer must not be able to choose whom it
                                     shares a bucket with */
    net_link_t     recent;        /* oldest first */
    net_peer_t    *unused;
    net_peer_t    *peers;
    net_peer_t   **buckets;
    net_peer_t   **ranks;         /* by members; 1 to size */
};


static net_peer_t *net_crowd_find(const net_crowd_t *crowd,
    const net_prefix_t *address);
static net_peer_t *net_crowd_admit(net_crowd_t *crowd,
    const net_prefix_t *address);
static void net_crowd_forget(net_crowd_t *crowd, net_peer_t *peer);
static net_peer_t **net_crowd_bucket(const net_crowd_t *crowd,
    const net_prefix_t *address);
static void net_crowd_rank(net_crowd_t *crowd, net_peer_t *peer);
static void net_crowd_unrank(net_peer_t *peer);


net_crowd_t *
net_crowd_create(unsigned size)
{
    size_t        nbuckets = 16;
    net_crowd_t  *crowd = calloc(1, sizeof(*crowd));

    if (crowd == NULL) {
        return NULL;
    }

    while (nbuckets < size) {
        nbuckets *= 2;
    }

    crowd->size = size;
    crowd->mask = nbuckets - 1;
    crowd->peers = calloc(size, sizeof(net_peer_t));
    crowd->buckets = calloc(nbuckets, sizeof(net_peer_t *));
    crowd->ranks = calloc((size_t) size + 1, sizeof(net_peer_t *));
    net_list_init(&crowd->recent);

    if (crowd->peers == NULL || crowd->buckets == NULL
        || crowd->ranks == NULL
        || getrandom(crowd->keys, sizeof(crowd->keys), 0)
           != sizeof(crowd->keys))
    {
        net_crowd_destroy(crowd);
        return NULL;
    }

    return crowd;
}


void
net_crowd_destroy(net_crowd_t *crowd)
{
    if (crowd != NULL) {
        free(crowd->peers);
        free(crowd->buckets);
        free(crowd->ranks);
        free(crowd);
    }
}


unsigned
net_crowd_used(const net_crowd_t *crowd)
{
    return crowd->used;
}


void
net_crowd_join(net_crowd_t *crowd, net_member_t *member,
    const struct sockaddr *address, int64_t now)
{
    net_peer_t    *peer;
    net_prefix_t   prefix;

    assert(crowd->used < crowd->size);

    net_prefix_of(&prefix, address, 32, 64);
    peer = net_crowd_find(crowd, &prefix);

    if (peer == NULL) {
        peer = net_crowd_admit(crowd, &prefix);

    } else {
        net_crowd_unrank(peer);
    }

    peer->members++;
    net_crowd_rank(crowd, peer);

    member->peer = peer;
    member->since = now;
    net_list_add(&crowd->recent, &member->recent);
    net_list_add(&peer->own, &member->own);
    crowd->used++;
}


void
net_crowd_leave(net_crowd_t *crowd, net_member_t *member)
{
    net_peer_t  *peer = member->peer;

    net_list_remove(&member->recent);
    net_list_remove(&member->own);
    member->peer = NULL;
    crowd->used--;

    net_crowd_unrank(peer);

    /* the last of the highest rank is now one below it */

    if (peer->members == crowd->most && crowd->ranks[crowd->most] == NULL) {
        crowd->most--;
    }

    peer->members--;

    if (peer->members == 0) {
        net_crowd_forget(crowd, peer);

    } else {
        net_crowd_rank(crowd, peer);
    }
}


void
net_crowd_touch(net_crowd_t *crowd, net_member_t *member, int64_t now)
{
    net_list_remove(&member->recent);
    net_list_add(&crowd->recent, &member->recent);

    net_list_remove(&member->own);
    net_list_add(&member->peer->own, &member->own);

    member->since = now;
}


net_member_t *
net_crowd_oldest(const net_crowd_t *crowd)
{
    return net_list_first(&crowd->recent, net_member_t, recent);
}


net_member_t *
net_crowd_surplus(const net_crowd_t *crowd, const struct sockaddr *address,
    unsigned limit)
{
    net_peer_t    *peer;
    net_prefix_t   prefix;

    net_prefix_of(&prefix, address, 32, 64);
    peer = net_crowd_find(crowd, &prefix);

    return peer == NULL || peer->members < limit
           ? NULL : net_list_first(&peer->own, net_member_t, own);
}


net_member_t *
net_crowd_worst(const net_crowd_t *crowd)
{
    if (crowd->most <= NET_CROWD_MANY) {
        return net_crowd_oldest(crowd);
    }

    return net_list_first(&crowd->ranks[crowd->most]->own, net_member_t, own);
}


static net_peer_t *
net_crowd_find(const net_crowd_t *crowd, const net_prefix_t *address)
{
    net_peer_t  *peer;

    for (peer = *net_crowd_bucket(crowd, address);
         peer != NULL;
         peer = peer->next)
    {
        if (memcmp(&peer->address, address, sizeof(*address)) == 0) {
            return peer;
        }
    }

    return NULL;
}


/* There is always one unused: each peer has a member, and not all places of
 * members are taken. */
static net_peer_t *
net_crowd_admit(net_crowd_t *crowd, const net_prefix_t *address)
{
    net_peer_t  **bucket = net_crowd_bucket(crowd, address);
    net_peer_t   *peer = crowd->unused;

    if (peer != NULL) {
        crowd->unused = peer->next;

    } else {
        peer = &crowd->peers[crowd->touched++];
    }

    peer->address = *address;
    peer->members = 0;
    net_list_init(&peer->own);
    peer->next = *bucket;
    *bucket = peer;

    return peer;
}


static void
net_crowd_forget(net_crowd_t *crowd, net_peer_t *peer)
{
    net_peer_t  **at = net_crowd_bucket(crowd, &peer->address);

    while (*at != peer) {
        at = &(*at)->next;
    }

    *at = peer->next;
    peer->next = crowd->unused;
    crowd->unused = peer;
}


/* A product of keyed halves, folded: one multiplication, and no order of
 * addresses shows in it. */
static net_peer_t **
net_crowd_bucket(const net_crowd_t *crowd, const net_prefix_t *address)
{
    uint64_t           halves[2];
    unsigned __int128  product;

    memcpy(halves, address->address, sizeof(halves));
    product = (unsigned __int128) (halves[0] ^ crowd->keys[0])
              * (halves[1] ^ crowd->keys[1] ^ address->v6);

    return &crowd->buckets[((uint64_t) product ^ (uint64_t) (product >> 64))
                           & crowd->mask];
}


static void
net_crowd_rank(net_crowd_t *crowd, net_peer_t *peer)
{
    net_peer_t  **rank = &crowd->ranks[peer->members];

    peer->rival = *rank;
    peer->rival_at = rank;

    if (*rank != NULL) {
        (*rank)->rival_at = &peer->rival;
    }

    *rank = peer;

    if (crowd->most < peer->members) {
        crowd->most = peer->members;
    }
}


static void
net_crowd_unrank(net_peer_t *peer)
{
    *peer->rival_at = peer->rival;

    if (peer->rival != NULL) {
        peer->rival->rival_at = peer->rival_at;
    }
}
