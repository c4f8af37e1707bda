
/*
 * The replies to an enrolment and to what is refused.  Enters: results of the
 * device_* family.  Leaves: JSON for the wire.  One of them carries a key:
 * each copy of it that is made here is cleansed here, or by
 * device_reply_free.  Any thread.
 */

#include "device_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_json.h"
#include "device_rdata.h"


/* base64url of DEVICE_KEY_LEN bytes, and a NUL */
#define KEY_TEXT_MAX  (4 * ((DEVICE_KEY_LEN + 2) / 3) + 1)


static void reply_key(device_json_t *json, const uint8_t *hmac_key);
static void reply_leases(device_json_t *json, const device_zone_t *zone);
static void reply_services(device_json_t *json, const device_zone_t *zone);


char *
device_reply_enroll(const device_enroll_reply_t *reply)
{
    char            keyid[DEVICE_KEYID_MAX + 1];
    const char     *algorithm;
    device_json_t   json;

    algorithm = device_algorithm_name(reply->key->algorithm);

    if (algorithm == NULL
        || !device_keyid_write(keyid, reply->fqdn, reply->key->generation))
    {
        return NULL;
    }

    device_json_begin(&json);

    device_json_text(&json, "fqdn", reply->fqdn);
    device_json_text(&json, "keyid", keyid);
    device_json_text(&json, "algorithm", algorithm);

    if (reply->hmac_key != NULL) {
        reply_key(&json, reply->hmac_key);
    }

    if (reply->key->expires > 0) {
        device_json_integer(&json, "key_expires_at", reply->key->expires);
    }

    if (reply->records_url != NULL) {
        device_json_text(&json, "records_url", reply->records_url);
    }

    reply_leases(&json, reply->zone);

    /* where any service may be registered there is no list to give */

    if (reply->zone->nservices > 0) {
        reply_services(&json, reply->zone);
    }

    device_json_address(&json, "observed_address", reply->observed);
    device_json_integer(&json, "server_time", reply->now);

    return device_json_finish(&json);
}


/* As a JWK: RFC 7517, RFC 7518 3.2 and 6.4. */
static void
reply_key(device_json_t *json, const uint8_t *hmac_key)
{
    char  k[KEY_TEXT_MAX];

    device_base64url_write(k, hmac_key, DEVICE_KEY_LEN);

    device_json_object(json, "key");
    device_json_text(json, "kty", "oct");
    device_json_text(json, "alg", "HS256");
    device_json_text(json, "k", k);
    device_json_object_end(json);

    device_cleanse(k, sizeof(k));
}


static void
reply_leases(device_json_t *json, const device_zone_t *zone)
{
    device_json_object(json, "lease");
    device_json_integer(json, "min", zone->lease_min);
    device_json_integer(json, "default", zone->lease_default);
    device_json_integer(json, "max", zone->lease_max);
    device_json_object_end(json);
}


static void
reply_services(device_json_t *json, const device_zone_t *zone)
{
    char    owner[DEVICE_NAME_TEXT_MAX];
    size_t  i;

    device_json_array(json, "services");

    for (i = 0; i < zone->nservices; i++) {
        device_owner_write(owner, zone->services[i]);
        device_json_text(json, NULL, owner);
    }

    device_json_array_end(json);
}


char *
device_reply_problem(const device_problem_t *problem)
{
    char            type[96];
    device_json_t   json;

    snprintf(type, sizeof(type), "urn:srv-registrar:problem:%s",
             problem->type);

    device_json_begin(&json);

    /* RFC 9457 3.1, and extension members (3.2) */

    device_json_text(&json, "type", type);
    device_json_text(&json, "title", problem->title);
    device_json_integer(&json, "status", problem->status);

    if (problem->detail != NULL && problem->detail[0] != '\0') {
        device_json_text(&json, "detail", problem->detail);
    }

    if (problem->member != NULL && problem->member[0] != '\0') {
        device_json_text(&json, "member", problem->member);
    }

    device_json_address(&json, "observed_address", problem->observed);

    if (problem->server_time != 0) {
        device_json_integer(&json, "server_time", problem->server_time);
    }

    if (problem->last_created >= 0) {
        device_json_integer(&json, "last_created", problem->last_created);
    }

    return device_json_finish(&json);
}


void
device_reply_free(char *text)
{
    if (text != NULL) {
        device_cleanse(text, strlen(text));
        free(text);
    }
}
