
/*
 * The body of POST /v1/credentials, and the reply to it.
 */

#ifndef DEVICE_CREDENTIAL_REQUEST_H
#define DEVICE_CREDENTIAL_REQUEST_H


#include "device_credential.h"
#include "device_request.h"


/* Doors as bits, 1 << store_door_t. */
typedef struct {
    uint32_t  issue;
    uint32_t  rotate;
    char      ignored[DEVICE_IGNORED_MAX][DEVICE_IGNORED_LEN];
    size_t    nignored;
} device_credential_request_t;


/* {"issue": ["acme-dns", ...], "rotate": [...]}, both optional; empty counts
 * as {}.  MEMBER_INVALID where a door has another name. */
device_reason_t device_credential_request_parse(
    device_credential_request_t *request, store_span_t body,
    device_error_t *error);


typedef struct {
    const char                         *fqdn;
    const store_device_t               *device;
    const device_secrets_t             *secrets;
    const device_credential_request_t  *request;     /* for `ignored` */
    int64_t                             now;
} device_credentials_reply_t;

/*
 * fqdn, credentials (door, username, password, and for acme-dns subdomain and
 * fulldomain, as its clients keep them), server_time, ignored.  The text is
 * for device_reply_free, which cleanses it.  SECRET_UNAVAILABLE, INTERNAL or
 * OK.
 */
device_reason_t device_reply_credentials(
    const device_credentials_reply_t *reply, char **text);


#endif /* DEVICE_CREDENTIAL_REQUEST_H */
