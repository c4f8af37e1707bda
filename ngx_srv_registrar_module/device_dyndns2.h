
/*
 * The dyndns2 protocol: what a call asks for, and the words that answer it.
 *
 * Enters: a query string of any bytes.  Leaves: wishes for the addresses of
 * one device, checked against the request's source, and a body that holds
 * nothing but the protocol's words and addresses: clients search all of it
 * for a word, so that a host's name in it could read as success.
 *
 * Pure; any thread.
 */

#ifndef DEVICE_DYNDNS2_H
#define DEVICE_DYNDNS2_H


#include "device_request.h"
#include "store_value.h"


/* As the classic servers have it; a device has one name. */
#define DEVICE_DYNDNS2_HOSTS_MAX   20

/* Twenty lines of a word, two addresses and what stands between. */
#define DEVICE_DYNDNS2_ANSWER_MAX  \
    (DEVICE_DYNDNS2_HOSTS_MAX * (2 * DEVICE_ADDRESS_TEXT_MAX + 16))


typedef enum {
    DEVICE_DYNDNS2_UNNAMED = 0,
    DEVICE_DYNDNS2_KEEP,             /* "preserve" */
    DEVICE_DYNDNS2_REMOVE,           /* an empty value */
    DEVICE_DYNDNS2_STATED,
    DEVICE_DYNDNS2_PREFIX            /* a network: the host's part is the
                                        stored address's */
} device_dyndns2_mode_t;

/* What a call says of one family. */
typedef struct {
    device_dyndns2_mode_t  mode;
    device_address_t       address;  /* of STATED and PREFIX */
    uint8_t                bits;     /* of PREFIX */
} device_dyndns2_family_t;

typedef struct {
    store_span_t             hosts;  /* a list with commas; data NULL: the
                                        device that the user names */
    bool                     observed;   /* no address is stated: the
                                            source's is meant */
    device_dyndns2_family_t  ipv4;
    device_dyndns2_family_t  ipv6;
} device_dyndns2_call_t;


/*
 * Parses a query string, which is decoded in place: call's spans point into
 * it.  IPv4 is taken from the first of myip, myipv4 and ip that speaks of it,
 * IPv6 from the first of myipv6, ipv6, myip and ip.  An empty value removes;
 * that of a shared one (myip, ip) means IPv4, and only beside an address:
 * alone it is what ddclient sends when it has not found its address.
 * DUPLICATE for more than one address of a family or more hosts than the
 * protocol allows, MEMBER_INVALID for anything that is no address.  Other
 * parameters are legacy and mean nothing here.
 */
device_reason_t device_dyndns2_parse(device_dyndns2_call_t *call,
    uint8_t *query, size_t len, device_error_t *error);

/* Whether the call is for the device at all: no host was named, or it is
 * among them. */
bool device_dyndns2_own(const device_dyndns2_call_t *call, const char *fqdn);

/*
 * The wishes of /nic/update.  A family that is not named is kept; where no
 * address is stated the source's is set.  An address of the source's family
 * has to be the source's (IPv6: of its /64), as everywhere: ADDRESS_MISMATCH.
 * One of the other family cannot be observed and is taken where the zone's
 * `stated_address` is on.  ADDRESS_NOT_ALLOWED as in device_address.h.
 * stored: the device's value, or NULL; only a PREFIX looks at it.
 */
device_reason_t device_dyndns2_update(device_address_wish_t *ipv4,
    device_address_wish_t *ipv6, const device_dyndns2_call_t *call,
    const device_subject_t *subject, const store_value_t *stored,
    device_error_t *error);

/* The wishes of /nic/delete: the families named, or both. */
void device_dyndns2_delete(device_address_wish_t *ipv4,
    device_address_wish_t *ipv6, const device_dyndns2_call_t *call);


/*
 * The body for a call that was parsed: a line for each host in the order of
 * the call, NUL-terminated.  reason is that of the device itself (OK: the
 * wishes were granted, changed or not); hosts that are not it are told so.
 */
void device_dyndns2_answer(char out[DEVICE_DYNDNS2_ANSWER_MAX],
    const device_dyndns2_call_t *call, const char *fqdn,
    device_reason_t reason, bool changed, const device_address_wish_t *ipv4,
    const device_address_wish_t *ipv6);

/* The word of a refusal; "good" for OK. */
const char *device_dyndns2_word(device_reason_t reason);


#endif /* DEVICE_DYNDNS2_H */
