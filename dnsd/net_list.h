
/*
 * Lists whose links lie in what they list: nothing is allocated, and whatever
 * is in one leaves it in one step.
 */

#ifndef NET_LIST_H
#define NET_LIST_H


#include <stdbool.h>
#include <stddef.h>


typedef struct net_link_s  net_link_t;


/* Also the list itself, which links to its ends. */
struct net_link_s {
    net_link_t  *prev;
    net_link_t  *next;
};


static inline void
net_list_init(net_link_t *list)
{
    list->prev = list;
    list->next = list;
}


static inline bool
net_list_empty(const net_link_t *list)
{
    return list->next == list;
}


/* At the end. */
static inline void
net_list_add(net_link_t *list, net_link_t *link)
{
    link->prev = list->prev;
    link->next = list;
    list->prev->next = link;
    list->prev = link;
}


static inline void
net_list_remove(net_link_t *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
}


/* The first, or NULL, as what it is a member of. */
#define net_list_first(list, type, member)                                   \
    (net_list_empty(list) ? NULL                                             \
     : (type *) ((char *) (list)->next - offsetof(type, member)))


#endif /* NET_LIST_H */
