
/*
 * Large buffers.
 *
 * The last that was given back is the next that is taken: what is seldom
 * needed is never touched.
 */

#include "net_pool.h"

#include <stdlib.h>


struct net_pool_s {
    net_link_t    taken;         /* held longest first */
    unsigned      n;             /* not taken */
    net_block_t **free;          /* a stack of n */
    net_block_t  *blocks;
    uint8_t      *bytes;
};


net_pool_t *
net_pool_create(unsigned blocks, size_t size)
{
    unsigned     i;
    net_pool_t  *pool = calloc(1, sizeof(*pool));

    if (pool == NULL) {
        return NULL;
    }

    net_list_init(&pool->taken);
    pool->free = calloc(blocks, sizeof(net_block_t *));
    pool->blocks = calloc(blocks, sizeof(net_block_t));
    pool->bytes = calloc(blocks, size);

    if (pool->free == NULL || pool->blocks == NULL || pool->bytes == NULL) {
        net_pool_destroy(pool);
        return NULL;
    }

    pool->n = blocks;

    for (i = 0; i < blocks; i++) {
        pool->free[i] = &pool->blocks[i];
        pool->blocks[i].bytes = pool->bytes + i * size;
    }

    return pool;
}


void
net_pool_destroy(net_pool_t *pool)
{
    if (pool != NULL) {
        free(pool->free);
        free(pool->blocks);
        free(pool->bytes);
        free(pool);
    }
}


net_block_t *
net_pool_take(net_pool_t *pool, void *holder)
{
    net_block_t  *block;

    if (pool->n == 0) {
        return NULL;
    }

    block = pool->free[--pool->n];
    block->holder = holder;
    net_list_add(&pool->taken, &block->link);

    return block;
}


void
net_pool_give(net_pool_t *pool, net_block_t *block)
{
    net_list_remove(&block->link);
    block->holder = NULL;
    pool->free[pool->n++] = block;
}


void *
net_pool_holder(const net_pool_t *pool)
{
    net_block_t  *block = net_list_first(&pool->taken, net_block_t, link);

    return block == NULL ? NULL : block->holder;
}
