
/*
 * The operator's hand on a device: what can be done to it without its key, and
 * what can be told of it.  The same rules of transactions as for requests
 * (device_transaction.h).  Any thread.
 */

#ifndef DEVICE_ADMIN_H
#define DEVICE_ADMIN_H


#include "device_transaction.h"


typedef enum {
    DEVICE_ADMIN_SUSPEND = 1,        /* not served, key refused; all is kept */
    DEVICE_ADMIN_RESUME,
    DEVICE_ADMIN_REMOVE              /* everything goes, the name is free */
} device_admin_t;

/*
 * NOT_FOUND where there is no device, STORE_UNAVAILABLE for a damaged value
 * (REMOVE takes that away, too, where the label is a device's).  OK: with
 * REMOVE the value is to be deleted; else outcome->put says whether there is
 * anything to store.  outcome->dns_changed as ever.
 */
device_reason_t device_admin(const device_place_t *place,
    device_admin_t action, device_outcome_t *outcome, device_error_t *error);


/* {"state": "suspended"} or {"state": "active"}. */
device_reason_t device_admin_parse(device_admin_t *action, store_span_t body,
    device_error_t *error);


typedef struct {
    const store_key_t      *key;
    store_span_t            bytes;       /* the device's value */
    const store_issuers_t  *issuers;
    int64_t                 now;
} device_report_t;

/*
 * A device as operators see it, JSON in one line without its end: fqdn, state
 * ("active", "suspended", "issuer-suspended", "moved"), identity (the hash's
 * first bytes, in hex), issuer (number; left out where not known),
 * enrolled_at, seen_at, rekeyed, lease and expires_at of the registration,
 * keys (status, keyid, algorithm, secret, last_created, expires_at; no secret
 * is in the store), credentials (the doors that have one), records (expired
 * ones too, with `live`).  Free with device_reply_free.  NULL for want of
 * memory, or where it is not a sound value of a device.
 */
char *device_report(const device_report_t *report);


/* The table of issuers, JSON: {"issuers": [{"number", "sha256", "name",
 * "state"}, ...]}.  begin may give NULL, for want of memory; finish then gives
 * NULL, too. */
typedef struct device_issuers_report_s  device_issuers_report_t;

device_issuers_report_t *device_issuers_report_begin(void);

/* A store_issuer_visitor_t; data is the report. */
bool device_issuers_report_add(void *data, const store_issuer_t *issuer);

/* The text, for device_reply_free; the report is spent. */
char *device_issuers_report_finish(device_issuers_report_t *report);


#endif /* DEVICE_ADMIN_H */
