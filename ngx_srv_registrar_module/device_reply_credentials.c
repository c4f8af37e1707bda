
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


/* The list under construction, with references of our own that keep the texts
 * of passwords alive until they are cleansed: jansson frees them as they
 * are. */
typedef struct {
    json_t  *list;
    json_t  *passwords[DOORS];
    size_t   npasswords;
} credentials_t;


static device_reason_t credentials_add(credentials_t *credentials,
    const device_credentials_reply_t *reply, uint8_t door);
static void credentials_acme_dns(device_json_t *json, const char *fqdn);
static void credentials_cleanse(credentials_t *credentials);


device_reason_t
device_reply_credentials(const device_credentials_reply_t *reply, char **text)
{
    size_t           i;
    device_json_t    json;
    credentials_t    credentials;
    device_reason_t  reason;

    *text = NULL;

    memset(&credentials, 0, sizeof(credentials));
    credentials.list = json_array();

    reason = (credentials.list != NULL) ? DEVICE_OK : DEVICE_INTERNAL;

    for (i = 0; reason == DEVICE_OK && i < DOORS; i++) {
        reason = credentials_add(&credentials, reply, credential_doors[i]);
    }

    if (reason != DEVICE_OK) {
        json_decref(credentials.list);
        credentials_cleanse(&credentials);
        return reason;
    }

    device_json_begin(&json);
    device_json_text(&json, "fqdn", reply->fqdn);
    device_json_set(&json, "credentials", credentials.list);
    device_json_integer(&json, "server_time", reply->now);

    if (reply->request->nignored > 0) {
        device_json_set(&json, "ignored",
                        device_json_ignored(reply->request->ignored,
                                            reply->request->nignored));
    }

    *text = device_json_finish(&json);
    credentials_cleanse(&credentials);

    return (*text != NULL) ? DEVICE_OK : DEVICE_INTERNAL;
}


static device_reason_t
credentials_add(credentials_t *credentials,
    const device_credentials_reply_t *reply, uint8_t door)
{
    json_t                    *password;
    device_json_t              json;
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

    password = json_string(credential.password);
    credentials->passwords[credentials->npasswords++] = json_incref(password);

    device_json_begin(&json);
    device_json_text(&json, "door", device_door_name(door));
    device_json_text(&json, "username", credential.user);
    device_json_set(&json, "password", password);

    if (door == STORE_DOOR_ACME_DNS) {
        credentials_acme_dns(&json, reply->fqdn);
    }

    device_cleanse(&credential, sizeof(credential));

    if (json.failed) {
        json_decref(json.object);
        return DEVICE_INTERNAL;
    }

    return json_array_append_new(credentials->list, json.object) == 0
           ? DEVICE_OK : DEVICE_INTERNAL;
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


/* A string's text is memory of jansson's heap that nobody else refers to by
 * now: writing through it is sound. */
static void
credentials_cleanse(credentials_t *credentials)
{
    size_t   i;
    json_t  *password;

    for (i = 0; i < credentials->npasswords; i++) {
        password = credentials->passwords[i];

        if (password != NULL) {
            device_cleanse((char *) json_string_value(password),
                           json_string_length(password));
            json_decref(password);
        }
    }
}
