
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


static json_t *reply_key(const uint8_t *hmac_key);
static void reply_cleanse_key(json_t *key);
static json_t *reply_leases(const device_zone_t *zone);
static json_t *reply_services(const device_zone_t *zone);


char *
device_reply_enroll(const device_enroll_reply_t *reply)
{
    char           *text;
    char            keyid[DEVICE_KEYID_MAX + 1];
    json_t         *key;
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

    key = NULL;

    if (reply->hmac_key != NULL) {
        key = reply_key(reply->hmac_key);
        json_incref(key);
        device_json_set(&json, "key", key);
    }

    if (reply->key->expires > 0) {
        device_json_integer(&json, "key_expires_at", reply->key->expires);
    }

    if (reply->records_url != NULL) {
        device_json_text(&json, "records_url", reply->records_url);
    }

    device_json_set(&json, "lease", reply_leases(reply->zone));

    /* where any service may be registered there is no list to give */

    if (reply->zone->nservices > 0) {
        device_json_set(&json, "services", reply_services(reply->zone));
    }

    device_json_address(&json, "observed_address", reply->observed);
    device_json_integer(&json, "server_time", reply->now);

    text = device_json_finish(&json);

    /* the reference of our own kept the key's text alive until here: jansson
     * would free it as it is */

    reply_cleanse_key(key);

    return text;
}


/* As a JWK: RFC 7517, RFC 7518 3.2 and 6.4. */
static json_t *
reply_key(const uint8_t *hmac_key)
{
    char            k[KEY_TEXT_MAX];
    device_json_t   json;

    device_base64url_write(k, hmac_key, DEVICE_KEY_LEN);

    device_json_begin(&json);
    device_json_set(&json, "kty", json_string("oct"));
    device_json_set(&json, "alg", json_string("HS256"));
    device_json_set(&json, "k", json_string(k));

    device_cleanse(k, sizeof(k));

    if (json.failed) {
        reply_cleanse_key(json.object);
        return NULL;
    }

    return json.object;
}


/* Cleanses and releases the last reference.  A string's text is memory of
 * jansson's heap that nobody else refers to: writing through it is sound. */
static void
reply_cleanse_key(json_t *key)
{
    json_t  *k;

    k = json_object_get(key, "k");

    if (k != NULL) {
        device_cleanse((char *) json_string_value(k), json_string_length(k));
    }

    json_decref(key);
}


static json_t *
reply_leases(const device_zone_t *zone)
{
    return json_pack("{s:I, s:I, s:I}",
                     "min", (json_int_t) zone->lease_min,
                     "default", (json_int_t) zone->lease_default,
                     "max", (json_int_t) zone->lease_max);
}


static json_t *
reply_services(const device_zone_t *zone)
{
    char     owner[DEVICE_NAME_TEXT_MAX];
    size_t   i;
    json_t  *services;

    services = json_array();

    for (i = 0; i < zone->nservices; i++) {
        device_owner_write(owner, zone->services[i]);

        if (json_array_append_new(services, device_json_string(owner)) != 0) {
            json_decref(services);
            return NULL;
        }
    }

    return services;
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
