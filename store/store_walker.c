
/*
 * Searches in LMDB's pages, interleaved.
 *
 * One search of a big tree waits for memory most of its time: some ten cache
 * misses one after the other, each depending on the one before.  Here up to
 * STORE_SEARCHES of them go down the tree together, a node each in turn; the
 * node that a search will look at next is asked for (prefetched) before the
 * others have their turn, and is there when it comes by again.
 *
 * All of the file is hostile.  A page number is checked against the map
 * before the page is touched, an offset against the page, a node's sizes
 * against the page's end; the depth is bounded.  Whether keys are in order is
 * not checked: where they are not, a key is not found, and one is found only
 * where all of its bytes are there.
 */

#include "store_walker.h"
#include "store_pages.h"

#include <string.h>


/* As many as dnsd's batches have.  Half of it hides half of the misses. */
#define STORE_SEARCHES      32

/* LMDB's own bound, of a cursor's stack. */
#define STORE_DEPTH_MAX     32

#define STORE_CACHE_LINE    64

/* Of a value, that are asked for: an ordinary device's has two or three. */
#define STORE_VALUE_LINES   4

/* Labels are derived, and so evenly spread: where among a page's keys one
 * stands can be guessed from its first digits, so that two or three nodes are
 * looked at and not five or six, each in a cache line of its own.  Guesses of
 * a page, before its middle is looked at as ever: for keys that are not so. */
#define STORE_GUESSES       4
#define STORE_GUESS_LEN     8        /* hexadecimal digits */


/* One key on its way down.  Nodes below `low` are not above the key, those
 * from `high` on are; at_low and at_high are how many first bytes the key has
 * in common with the nearest of them, so that what lies between has, too. */
typedef struct {
    const uint8_t  *key;
    size_t          len;
    const uint8_t  *page;        /* NULL: the search has ended */
    const uint8_t  *node;        /* looked at next, at `middle` */
    uint32_t        low;
    uint32_t        high;
    uint32_t        middle;
    uint32_t        at_low;
    uint32_t        at_high;
    uint32_t        same;        /* the lesser of the two */
    uint32_t        tries;       /* guesses of a page: none where the key has
                                    too few digits */
    uint32_t        guesses;     /* that are left in this one */
    uint32_t        digits;      /* offset of the label in the key */
    uint64_t        aim;         /* what its first digits are worth */
    uint64_t        low_worth;   /* those of the nearest node below */
    uint64_t        high_worth;
    uint64_t        worth;       /* of the node that is looked at */
    bool            leaf;
    store_span_t   *value;
    store_status_t *status;
} store_search_t;


static void store_searches_run(const store_view_t *view,
    store_search_t *searches, size_t n);
static bool store_search_go(const store_view_t *view, store_search_t *search,
    uint64_t number);
static bool store_search_enter(const store_view_t *view,
    store_search_t *search);
static inline bool store_search_choose(const store_view_t *view,
    store_search_t *search);
static inline bool store_search_look(const store_view_t *view,
    store_search_t *search);
static bool store_search_end_of_key(const store_view_t *view,
    store_search_t *search, size_t len, size_t i);
static inline void store_search_narrow(store_search_t *search, bool above,
    uint32_t at);
static inline uint32_t store_search_guess(const store_search_t *search);
static inline uint64_t store_worth(const uint8_t *digits);
static bool store_search_descend(const store_view_t *view,
    store_search_t *search);
static bool store_search_found(const store_view_t *view,
    store_search_t *search, size_t key_len);
static bool store_search_overflow(const store_view_t *view,
    store_search_t *search, uint64_t number, size_t len);
static bool store_search_end(store_search_t *search, store_status_t status);
static void store_prefetch_value(const uint8_t *begin, const uint8_t *end);


/* A word of a meta page, which a writer may be writing over. */
static inline uint64_t
store_load_meta(const uint8_t *p)
{
    return __atomic_load_n((const uint64_t *) (const void *) p,
                           __ATOMIC_ACQUIRE);
}


/*
 * Transaction n's meta page is page n % 2, and n + 2 overwrites it, although
 * a reader holds n.  A number that is right before and after the root was read
 * leaves one gap: a root of n + 2 whose number is not to be seen yet.  It is
 * as good: all of its pages were written before it, and none that was freed
 * since n is used again while the reader holds n.
 */
bool
store_view_find(store_view_t *view, const uint8_t *map, size_t size,
    uint64_t txn)
{
    const uint8_t  *meta;

    if (sizeof(size_t) != 8 || size < STORE_META_LEN) {
        return false;
    }

    view->map = map;
    view->page_size = store_load32(map + STORE_AT_PAGE_SIZE);

    if (view->page_size < STORE_PAGE_MIN || view->page_size > STORE_PAGE_MAX
        || (view->page_size & (view->page_size - 1)) != 0
        || size / view->page_size < 2)
    {
        return false;
    }

    view->pages = size / view->page_size;
    meta = map + (txn & 1) * view->page_size;

    if (store_load_meta(meta + STORE_AT_TXN) != txn
        || store_load32(meta + STORE_AT_MAGIC) != STORE_PAGES_MAGIC
        || store_load32(meta + STORE_AT_VERSION) != STORE_PAGES_VERSION
        || !(store_load16(meta + STORE_AT_FLAGS) & STORE_PAGE_META)
        || store_load16(meta + STORE_AT_DB_FLAGS) != 0)
    {
        return false;
    }

    view->root = store_load_meta(meta + STORE_AT_ROOT);
    view->last = store_load_meta(meta + STORE_AT_LAST);

    return store_load_meta(meta + STORE_AT_TXN) == txn;
}


void
store_view_get(const store_view_t *view, const store_key_t *const *keys,
    size_t n, store_span_t *values, store_status_t *statuses)
{
    size_t           i, at;
    store_search_t  *search, searches[STORE_SEARCHES];

    for (at = 0; at < n; at += i) {

        for (i = 0; i < STORE_SEARCHES && at + i < n; i++) {
            search = &searches[i];

            search->key = keys[at + i]->data;
            search->len = keys[at + i]->len;
            search->at_low = 0;
            search->at_high = 0;
            search->same = 0;
            search->digits = keys[at + i]->zone_len;
            search->tries = 0;
            search->low_worth = 0;
            search->high_worth = (uint64_t) 1 << 4 * STORE_GUESS_LEN;

            if (search->len >= search->digits + STORE_GUESS_LEN) {
                search->aim = store_worth(search->key + search->digits);
                search->tries = STORE_GUESSES;
            }

            search->value = &values[at + i];
            search->status = &statuses[at + i];

            *search->value = (store_span_t) { NULL, 0 };
            *search->status = STORE_NOT_FOUND;
        }

        if (view->root != STORE_NO_PAGE) {
            store_searches_run(view, searches, i);
        }
    }
}


/* Level by level: an own tree has all of its leaves on one.  `open` holds the
 * searches that go on, `busy` those of them that are not through with their
 * page. */
static void
store_searches_run(const store_view_t *view, store_search_t *searches,
    size_t n)
{
    size_t           i, nopen, nbusy, left;
    unsigned         depth;
    store_search_t  *open[STORE_SEARCHES], *busy[STORE_SEARCHES];

    for (i = 0, nopen = 0; i < n; i++) {
        open[nopen] = &searches[i];
        nopen += store_search_go(view, &searches[i], view->root);
    }

    for (depth = 0; nopen > 0 && depth < STORE_DEPTH_MAX; depth++) {

        for (i = 0, nbusy = 0; i < nopen; i++) {
            busy[nbusy] = open[i];
            nbusy += store_search_enter(view, open[i]);
        }

        while (nbusy > 0) {
            for (i = 0, left = 0; i < nbusy; i++) {
                busy[left] = busy[i];
                left += store_search_look(view, busy[i]);
            }

            nbusy = left;
        }

        for (i = 0, left = 0; i < nopen; i++) {
            open[left] = open[i];
            left += store_search_descend(view, open[i]);
        }

        nopen = left;
    }

    for (i = 0; i < nopen; i++) {
        (void) store_search_end(open[i], STORE_DAMAGED);
    }
}


/* Asks for a page.  Its pointers to nodes follow the header, so that the first
 * lines are needed whatever the key is. */
static bool
store_search_go(const store_view_t *view, store_search_t *search,
    uint64_t number)
{
    /* 0 and 1 are the meta pages */

    if (number < 2 || number >= view->pages) {
        return store_search_end(search, STORE_DAMAGED);
    }

    search->page = view->map + number * view->page_size;

    __builtin_prefetch(search->page);
    __builtin_prefetch(search->page + STORE_CACHE_LINE);

    return true;
}


/* Begins with a page that was asked for.  A branch's first node has no key: it
 * stands for all that is below the second. */
static bool
store_search_enter(const store_view_t *view, store_search_t *search)
{
    uint16_t  lower, flags;
    uint64_t  number;

    flags = store_load16(search->page + STORE_AT_FLAGS);
    lower = store_load16(search->page + STORE_AT_LOWER);
    number = (uint64_t) (search->page - view->map) / view->page_size;

    search->leaf = !(flags & STORE_PAGE_BRANCH);
    search->low = !search->leaf;
    search->high = (lower - STORE_PAGE_HEADER) / 2u;
    search->guesses = search->tries;

    if (store_load64(search->page + STORE_AT_NUMBER) != number
        || lower < STORE_PAGE_HEADER || lower > view->page_size
        || search->high < search->low
        || (search->leaf && (!(flags & STORE_PAGE_LEAF)
                             || (flags & STORE_PAGE_FIXED))))
    {
        return store_search_end(search, STORE_DAMAGED);
    }

    return store_search_choose(view, search);
}


/* Asks for the node in the middle; false where none is left to look at. */
static inline bool
store_search_choose(const store_view_t *view, store_search_t *search)
{
    size_t  at;

    if (search->low >= search->high) {
        return false;
    }

    search->middle = store_search_guess(search);
    search->guesses -= search->guesses != 0;
    at = store_load16(search->page + STORE_PAGE_HEADER + 2 * search->middle);

    if (at > view->page_size - STORE_NODE_HEADER) {
        return store_search_end(search, STORE_DAMAGED);
    }

    search->node = search->page + at;

    __builtin_prefetch(search->node);
    __builtin_prefetch(search->node + STORE_NODE_HEADER + search->same);

    return true;
}


/* Nearly always the next eight bytes decide.  Which way is a toss-up, so that
 * a branch on it would be guessed wrongly half of the time, at the price of
 * all the rest: the bounds are moved without one. */
static inline bool
store_search_look(const store_view_t *view, store_search_t *search)
{
    size_t          len, least;
    uint32_t        at;
    uint64_t        ours, theirs;
    const uint8_t  *key;

    len = store_load16(search->node + STORE_AT_NODE_KEY);
    key = search->node + STORE_NODE_HEADER;

    if (len > view->page_size - (size_t) (key - search->page)) {
        return store_search_end(search, STORE_DAMAGED);
    }

    least = len < search->len ? len : search->len;
    search->worth = len >= search->digits + STORE_GUESS_LEN
                    ? store_worth(key + search->digits) : search->aim;

    for (at = search->same; at + sizeof(ours) <= least; at += sizeof(ours)) {
        ours = store_load_order(search->key + at);
        theirs = store_load_order(key + at);

        if (ours != theirs) {
            store_search_narrow(search, ours > theirs,
                                at + (uint32_t) __builtin_clzll(ours ^ theirs)
                                     / 8);

            return store_search_choose(view, search);
        }
    }

    return store_search_end_of_key(view, search, len, at);
}


/* Fewer than eight bytes are left of one of the two keys; i: how many they
 * have in common at least. */
static bool
store_search_end_of_key(const store_view_t *view, store_search_t *search,
    size_t len, size_t i)
{
    const uint8_t  *key = search->node + STORE_NODE_HEADER;

    /* it stands between two with more in common than it has bytes, and what
     * follows it may be the end of the map */

    if (i > len) {
        return store_search_end(search, STORE_DAMAGED);
    }

    while (i < len && i < search->len && search->key[i] == key[i]) {
        i++;
    }

    if (i == search->len && i == len) {
        search->low = search->middle + 1;
        search->at_low = (uint32_t) i;

        return search->leaf ? store_search_found(view, search, len) : false;
    }

    /* a key that is another's beginning comes before it */

    store_search_narrow(search, i == len || (i < search->len
                                             && search->key[i] > key[i]),
                        (uint32_t) i);

    return store_search_choose(view, search);
}


/* above: the search's key is above the node that was looked at; at: how many
 * bytes the two have in common. */
static inline void
store_search_narrow(store_search_t *search, bool above, uint32_t at)
{
    uint32_t  middle = search->middle, mask = 0 - (uint32_t) above;

    search->low ^= (search->low ^ (middle + 1)) & mask;
    search->at_low ^= (search->at_low ^ at) & mask;
    search->high ^= (search->high ^ middle) & ~mask;
    search->at_high ^= (search->at_high ^ at) & ~mask;

    search->low_worth ^= (search->low_worth ^ search->worth)
                         & (0 - (uint64_t) above);
    search->high_worth ^= (search->high_worth ^ search->worth)
                          & ~(0 - (uint64_t) above);

    search->same = search->at_low < search->at_high ? search->at_low
                                                    : search->at_high;
}


/* Which node to look at next; any between the bounds is as right. */
static inline uint32_t
store_search_guess(const store_search_t *search)
{
    uint64_t  span = search->high - search->low;

    if (search->guesses == 0 || search->aim < search->low_worth
        || search->aim >= search->high_worth)
    {
        return search->low + (uint32_t) span / 2;
    }

    return search->low + (uint32_t) ((search->aim - search->low_worth) * span
                                     / (search->high_worth
                                        - search->low_worth));
}


/* Eight hexadecimal digits in lower case, all at once; of other bytes
 * something. */
static inline uint64_t
store_worth(const uint8_t *digits)
{
    uint64_t  word = store_load_order(digits);

    word = (word & 0x0f0f0f0f0f0f0f0f)
           + (word >> 6 & 0x0101010101010101) * 9;
    word &= 0x0f0f0f0f0f0f0f0f;
    word = (word | word >> 4) & 0x00ff00ff00ff00ff;
    word = (word | word >> 8) & 0x0000ffff0000ffff;

    return (word | word >> 16) & 0xffffffff;
}


/* To the child whose keys are not above ours; false where the search ends. */
static bool
store_search_descend(const store_view_t *view, store_search_t *search)
{
    size_t          at;
    const uint8_t  *node;

    /* ended already, or a leaf without the key */

    if (search->page == NULL || search->leaf) {
        return false;
    }

    at = store_load16(search->page + STORE_PAGE_HEADER
                      + 2 * (search->low - 1));

    if (at > view->page_size - STORE_NODE_HEADER) {
        return store_search_end(search, STORE_DAMAGED);
    }

    node = search->page + at;

    return store_search_go(view, search,
                           store_load32(node)
                           | (uint64_t) store_load16(node
                                                     + STORE_AT_NODE_FLAGS)
                             << 32);
}


/* The first bytes were taken as equal since the neighbours' are, which holds
 * where the page is in order. */
static bool
store_search_found(const store_view_t *view, store_search_t *search,
    size_t key_len)
{
    size_t          len, room;
    uint16_t        flags;
    const uint8_t  *key, *data;

    key = search->node + STORE_NODE_HEADER;
    data = key + key_len;
    len = store_load32(search->node);
    flags = store_load16(search->node + STORE_AT_NODE_FLAGS);
    room = view->page_size - (size_t) (data - search->page);

    if (memcmp(search->key, key, key_len) != 0) {
        return store_search_end(search, STORE_DAMAGED);
    }

    if (flags == STORE_NODE_OVERFLOW && room >= sizeof(uint64_t)) {
        return store_search_overflow(view, search, store_load64(data), len);
    }

    if (flags != 0 || len > room) {
        return store_search_end(search, STORE_DAMAGED);
    }

    *search->value = (store_span_t) { data, len };
    store_prefetch_value(data, data + len);

    return store_search_end(search, STORE_OK);
}


/* A value that has pages of its own. */
static bool
store_search_overflow(const store_view_t *view, store_search_t *search,
    uint64_t number, size_t len)
{
    uint64_t        pages;
    const uint8_t  *page;

    pages = (STORE_PAGE_HEADER + len + view->page_size - 1) / view->page_size;

    if (number < 2 || number >= view->pages || pages > view->pages - number) {
        return store_search_end(search, STORE_DAMAGED);
    }

    page = view->map + number * view->page_size;

    if (store_load64(page + STORE_AT_NUMBER) != number
        || !(store_load16(page + STORE_AT_FLAGS) & STORE_PAGE_OVERFLOW)
        || store_load32(page + STORE_AT_PAGES) < pages)
    {
        return store_search_end(search, STORE_DAMAGED);
    }

    *search->value = (store_span_t) { page + STORE_PAGE_HEADER, len };

    return store_search_end(search, STORE_OK);
}


/* Returns false: the search does not go on. */
static bool
store_search_end(store_search_t *search, store_status_t status)
{
    *search->status = status;
    search->page = NULL;

    return false;
}


/* Whoever looked the key up is about to read all of its value.  Of a long one
 * the processor asks for the rest by itself. */
static void
store_prefetch_value(const uint8_t *begin, const uint8_t *end)
{
    const uint8_t  *line;
    unsigned        n;

    for (line = begin, n = 0; line < end && n < STORE_VALUE_LINES; n++) {
        __builtin_prefetch(line);
        line += STORE_CACHE_LINE;
    }

    /* the last line, where the value does not begin at one's beginning */

    __builtin_prefetch(end - (begin < end));
}
