
/*
 * Who has how many connections, when each was last answered, and who has to
 * go when there are too many.  Knows no socket; one thread's alone.
 */

#ifndef NET_CROWD_H
#define NET_CROWD_H


#include "net_list.h"
#include "net_prefix.h"


typedef struct net_crowd_s  net_crowd_t;
typedef struct net_peer_s   net_peer_t;


/* A connection's place in the crowd. */
typedef struct {
    net_link_t    recent;      /* among all */
    net_link_t    own;         /* among its peer's */
    net_peer_t   *peer;
    int64_t       since;       /* ms: its last answer, or when it came */
} net_member_t;


/* For so many members; memory is touched as they come.  NULL where there is
 * none. */
net_crowd_t *net_crowd_create(unsigned size);
void net_crowd_destroy(net_crowd_t *crowd);

unsigned net_crowd_used(const net_crowd_t *crowd);

/* Fewer than `size` are in it.  IPv4 counts by address, IPv6 by /64, which
 * is what one subscriber has. */
void net_crowd_join(net_crowd_t *crowd, net_member_t *member,
    const struct sockaddr *address, int64_t now);
void net_crowd_leave(net_crowd_t *crowd, net_member_t *member);

/* The member has got an answer. */
void net_crowd_touch(net_crowd_t *crowd, net_member_t *member, int64_t now);

/* Of all, or of the one peer where it has `limit` or more, the member that
 * has waited longest; NULL where there is none. */
net_member_t *net_crowd_oldest(const net_crowd_t *crowd);
net_member_t *net_crowd_surplus(const net_crowd_t *crowd,
    const struct sockaddr *address, unsigned limit);

/* Whose place a newcomer gets: that of the oldest member of the peer that has
 * most; where none has many, of the oldest of all. */
net_member_t *net_crowd_worst(const net_crowd_t *crowd);


#endif /* NET_CROWD_H */
