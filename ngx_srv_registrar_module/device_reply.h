
/*
 * The JSON of replies.  Each function returns a NUL-terminated text that the
 * caller frees with device_reply_free, or NULL for want of memory or where
 * what it is given is not a value of a device.  Any thread.
 */

#ifndef DEVICE_REPLY_H
#define DEVICE_REPLY_H


#include "device_transaction.h"


typedef struct {
    const device_zone_t      *zone;
    const char               *fqdn;          /* text, no final dot */
    const store_device_key_t *key;           /* the new one */
    const uint8_t            *hmac_key;      /* DEVICE_KEY_LEN, or NULL where
                                                the device has its own */
    const char               *records_url;   /* NULL: left out */
    const device_address_t   *observed;
    int64_t                   now;
} device_enroll_reply_t;

/* The answer to POST /v1/enroll and /v1/key.  It carries a key: the caller
 * cleanses it before freeing (device_reply_free does). */
char *device_reply_enroll(const device_enroll_reply_t *reply);


typedef struct {
    const store_key_t      *key;
    store_span_t            bytes;           /* the device's value */
    const char             *fqdn;
    const device_address_t *observed;
    int64_t                 now;
    bool                    dnssec;          /* the zone is signed */
    bool                    changed;
    const device_change_t  *change;          /* for `ignored`; or NULL */
    uint32_t                jitter;          /* random; spreads refresh_after */
} device_records_reply_t;

/*
 * The answer to GET, PUT, PATCH, DELETE /v1/records: fqdn, records (live
 * ones: name, type, ttl, expires_at, data), address {ipv4, ipv6} as published,
 * observed_address, lease, expires_at, refresh_after (seconds: 80 % of what is
 * left of the shortest lease that a refresh renews, plus up to 5 %; RFC 9664),
 * dnssec, server_time, changed, ignored.
 */
char *device_reply_records(const device_records_reply_t *reply);


typedef struct {
    const char  *type;               /* "stale-signature": becomes
                                        urn:srv-registrar:problem:<type> */
    int          status;
    const char  *title;
    const char  *detail;             /* NULL or "": left out */
    const char  *member;             /* likewise */
    const device_address_t  *observed;       /* NULL: left out */
    int64_t      server_time;        /* 0: left out */
    int64_t      last_created;       /* -1: left out */
} device_problem_t;

/* application/problem+json, RFC 9457.  Invalid UTF-8 in detail or member is
 * replaced. */
char *device_reply_problem(const device_problem_t *problem);

void device_reply_free(char *text);


#endif /* DEVICE_REPLY_H */
