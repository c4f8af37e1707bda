
/*
 * The reply to POST /v1/credentials.  Enters: a device's counters and the
 * secrets.  Leaves: JSON that carries passwords: each copy of one that is made
 * here is cleansed here, or by device_reply_free.  Any thread.
 */

#include "device_credential_request.h"

#include <stdio.h>
#include <string.h>

#include "device_json.h"


#define CHALLENGE_NAME  "_acme-challenge."


static const uint8_t  credential_doors[] = {
    STORE_DOOR_ACME_DNS, STORE_DOOR_DYNDNS2
};

#define DOORS  (sizeof(credential_doors) / sizeof(credential_doors[0]))


static device_reason_t credentials_add(device_json_t *json,
    const device_credentials_reply_t *reply, uint8_t door);
static void credentials_acme_dns(device_json_t *json, const char *fqdn);


device_reason_t
device_reply_credentials(const device_credentials_reply_t *reply, char **text)
{
    size_t           i;
    device_json_t    json;
    device_reason_t  reason;

    device_json_begin(&json);
    device_json_text(&json, "fqdn", reply->fqdn);
    device_json_array(&json, "credentials");

    reason = DEVICE_OK;

    for (i = 0; reason == DEVICE_OK && i < DOORS; i++) {
        reason = credentials_add(&json, reply, credential_doors[i]);
    }

    device_json_array_end(&json);
    device_json_integer(&json, "server_time", reply->now);
    device_json_ignored(&json, reply->request->ignored,
                        reply->request->nignored);

    if (reason != DEVICE_OK) {
        json.failed = true;
    }

    *text = device_json_finish(&json);

    return (*text != NULL || reason != DEVICE_OK) ? reason : DEVICE_INTERNAL;
}


static device_reason_t
credentials_add(device_json_t *json, const device_credentials_reply_t *reply,
    uint8_t door)
{
    device_reason_t            reason;
    device_credential_t        credential;
    const store_credential_t  *stored;

    stored = device_credential_find(reply->device, door);

    if (stored->counter == 0) {
        return DEVICE_OK;
    }

    reason = device_credential_derive(&credential, reply->secrets, stored,
                                      door, reply->fqdn);

    if (reason != DEVICE_OK) {
        return reason;
    }

    device_json_object(json, NULL);
    device_json_text(json, "door", device_door_name(door));
    device_json_text(json, "username", credential.user);
    device_json_text(json, "password", credential.password);

    if (door == STORE_DOOR_ACME_DNS) {
        credentials_acme_dns(json, reply->fqdn);
    }

    device_json_object_end(json);
    device_cleanse(&credential, sizeof(credential));

    return DEVICE_OK;
}


/* What acme-dns's own /register replies, so that a client's account file can
 * be made of it. */
static void
credentials_acme_dns(device_json_t *json, const char *fqdn)
{
    char    text[sizeof(CHALLENGE_NAME) + 254];
    size_t  len;

    len = strcspn(fqdn, ".");
    snprintf(text, sizeof(text), "%.*s", (int) len, fqdn);
    device_json_text(json, "subdomain", text);

    snprintf(text, sizeof(text), CHALLENGE_NAME "%s", fqdn);
    device_json_text(json, "fulldomain", text);
}
