
/*
 * A device's value while a transaction works on it: the old one opened, its
 * facts and RRsets as a list that may be changed, and the new one sealed from
 * that.  Internal to the device_transaction.h family.
 *
 * Spans of the RRsets point into the old value, into the update or into the
 * draft itself; all of them must live until device_draft_seal.
 */

#ifndef DEVICE_DRAFT_H
#define DEVICE_DRAFT_H


#include "device_transaction.h"


/* An RRset takes 14 bytes of a value at least, so that a full one has 585;
 * an update adds its own and the two address RRsets.  With less room, a value
 * that a larger limit once let in could not be opened any more. */
#define DEVICE_DRAFT_MAX  (STORE_VALUE_MAX / 14 + DEVICE_RRSETS_MAX + 2)


/* What enrolment and the doors' credentials may add to a value: a pending key
 * with the largest public key and two credentials take about 100 bytes.  A
 * registration that filled a value to the brim would lock its device out of
 * every new key. */
#define DEVICE_KEY_ROOM   128


typedef enum {
    DEVICE_DRAFT_ABSENT = 0,         /* no value: rrsets and device are zero */
    DEVICE_DRAFT_FOREIGN,            /* the zone's own: apex or static */
    DEVICE_DRAFT_DEVICE
} device_draft_found_t;

/* About 36 KiB: on the stack of a thread, never in a request. */
typedef struct {
    const device_place_t  *place;
    device_draft_found_t   found;
    store_value_t          old;              /* of DEVICE_DRAFT_DEVICE */
    store_device_t         device;
    store_rrset_t          rrsets[DEVICE_DRAFT_MAX];
    size_t                 nrrsets;
    bool                   overflow;         /* sticks; seal fails then */
    size_t                 stripped;         /* RRs of RRSIG and NSEC that
                                                the old value has */
    bool                   sign_failed;      /* not for want of room */
    size_t                 data_len;         /* of the sealed value, without
                                                signatures */
    uint8_t                addresses[2][32]; /* encoded RRs of A and AAAA */
} device_draft_t;


/*
 * Opens the value of place.  OK also where there is none or it is foreign;
 * STORE_UNAVAILABLE where it fails its checks: a damaged value is never
 * replaced, an operator has to look at it.
 */
device_reason_t device_draft_open(device_draft_t *draft,
    const device_place_t *place, device_error_t *error);

/* Puts an RRset, in place of the one of its owner and type. */
void device_draft_set(device_draft_t *draft, const store_rrset_t *rrset);

/* Removes the RRset of this owner and type, where there is one. */
void device_draft_remove(device_draft_t *draft, store_span_t owner,
    uint16_t type);

/* Removes what keep refuses; the rest stays in its order. */
void device_draft_filter(device_draft_t *draft,
    bool (*keep)(const device_draft_t *draft, const store_rrset_t *rrset));

/* A filter: keeps what is live at place->now. */
bool device_draft_live(const device_draft_t *draft,
    const store_rrset_t *rrset);

/*
 * Whether DNS shows something else by the draft than by the old value:
 * owners, types, TTLs and RRs as sets; expiries do not count.  An expired
 * RRset of the old value that the draft lacks or renews is a difference:
 * transfers show the store as committed, so a secondary may still serve it.
 */
bool device_draft_differs(const device_draft_t *draft);

/*
 * Sets or removes the A (family 4) or AAAA (6) of the name itself, as wish
 * says; like has ttl, expires, door and own_lease of one that is set.
 */
void device_draft_address(device_draft_t *draft,
    const device_address_wish_t *wish, uint8_t family,
    const store_rrset_t *like);

/*
 * The end of each request for records: holds the draft against the zone's
 * limits (NULL: none but the format's), seals it and says whether DNS changed.
 * OK, or TOO_MUCH with outcome zeroed.
 */
device_reason_t device_draft_finish(device_draft_t *draft,
    const device_zone_t *zone, device_outcome_t *outcome,
    device_error_t *error);

/*
 * Writes the draft into place->buffer, its RRsets ordered by owner and type,
 * and fills outcome's bytes, put and device.  False where it does not fit into
 * a value.
 */
bool device_draft_seal(device_draft_t *draft, device_outcome_t *outcome);

/* now + seconds, at most what a value can hold (32 bits, until 2106). */
int64_t device_time_add(int64_t now, uint64_t seconds);


#endif /* DEVICE_DRAFT_H */
