
/*
 * A reader's own mapping of the data file, for the walker: LMDB does not tell
 * where its map is.
 *
 * It is the same file and the same pages in memory, so that what LMDB's slot
 * protects it protects here.  Nothing depends on it: without a mapping, or
 * with one that cannot be used, store_get and its like ask LMDB.
 */

#include "store_lmdb.h"

#include <sys/mman.h>
#include <sys/stat.h>


static uint64_t store_mapping_size(const store_t *store);


/* As large as LMDB's: so it has room for what the file will grow to, and ends
 * where a snapshot makes LMDB ask for a larger one. */
void
store_mapping_open(store_t *store)
{
    int          fd;
    void        *map;
    MDB_envinfo  info;

    if (store->writer
        || mdb_env_info(store->env, &info) != 0
        || mdb_env_get_fd(store->env, &fd) != 0)
    {
        return;
    }

    map = mmap(NULL, info.me_mapsize, PROT_READ, MAP_SHARED, fd, 0);

    if (map != MAP_FAILED) {
        store->map = map;
        store->map_size = info.me_mapsize;
    }
}


void
store_mapping_close(store_t *store)
{
    if (store->map != NULL) {
        (void) munmap((void *) store->map, store->map_size);
        store->map = NULL;
    }
}


/*
 * Finds the snapshot that LMDB has just given.  What is mapped beyond the
 * file's end must not be touched (SIGBUS), so its size is asked for whenever
 * the snapshot claims pages that were not there before; the claim itself is
 * not believed.
 */
void
store_mapping_look(store_txn_t *txn)
{
    store_view_t  *view = &txn->view;

    txn->viewed = false;

    if (txn->store->map == NULL) {
        return;
    }

    if (txn->file_size == 0) {
        txn->file_size = store_mapping_size(txn->store);
    }

    if (!store_view_find(view, txn->store->map, txn->file_size,
                         mdb_txn_id(txn->txn)))
    {
        return;
    }

    if (view->last >= view->pages) {
        txn->file_size = store_mapping_size(txn->store);
        view->pages = txn->file_size / view->page_size;
    }

    txn->viewed = true;
}


/* How much of the map there is a file for; it never shrinks in LMDB's hands. */
static uint64_t
store_mapping_size(const store_t *store)
{
    int          fd;
    struct stat  st;

    if (mdb_env_get_fd(store->env, &fd) != 0 || fstat(fd, &st) == -1
        || st.st_size < 0)
    {
        return 0;
    }

    return (uint64_t) st.st_size < store->map_size ? (uint64_t) st.st_size
                                                   : store->map_size;
}
