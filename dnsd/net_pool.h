
/*
 * A bounded number of large buffers, for the few messages that need one; one
 * thread's alone.
 */

#ifndef NET_POOL_H
#define NET_POOL_H


#include "net_list.h"

#include <stdint.h>


typedef struct net_pool_s  net_pool_t;


typedef struct {
    net_link_t   link;
    void        *holder;
    uint8_t     *bytes;
} net_block_t;


/* Blocks of `size` bytes, whose memory is touched as they are used.  NULL
 * where there is none. */
net_pool_t *net_pool_create(unsigned blocks, size_t size);
void net_pool_destroy(net_pool_t *pool);

/* NULL where all are taken. */
net_block_t *net_pool_take(net_pool_t *pool, void *holder);
void net_pool_give(net_pool_t *pool, net_block_t *block);

/* Who took the block that has been held longest; NULL where none is taken. */
void *net_pool_holder(const net_pool_t *pool);


#endif /* NET_POOL_H */
