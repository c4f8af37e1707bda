
/*
 * Parsing and writing acme-dns's messages.  Whatever is not plainly well
 * formed is refused: acme-dns's own parser is Go's, which takes the last of
 * two members of one name; no client sends two.
 */

#include "device_acme_dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "device_object.h"


#define UUID_DIGITS      32
#define URN_PREFIX       "urn:uuid:"
#define URN_PREFIX_LEN   9
#define ERROR_REPLY_MAX  64


static store_span_t device_acme_dns_uuid_bare(store_span_t field);
static bool device_acme_dns_hyphen_at(size_t i);
static int device_acme_dns_hex(uint8_t c);
static bool device_acme_dns_alphabet(const uint8_t *data, size_t len);
static device_reason_t device_acme_dns_member(json_t *object,
    const char *name, json_t **value, device_error_t *error);
static device_reason_t device_acme_dns_text(json_t *object, const char *name,
    char *text, size_t size, device_error_t *error);


bool
device_acme_dns_user_parse(char user[DEVICE_UUID_LEN + 1],
    store_span_t field)
{
    int           digit;
    char          text[DEVICE_UUID_LEN + 1];
    bool          hyphens;
    size_t        i, at;
    store_span_t  bare;

    bare = device_acme_dns_uuid_bare(field);
    hyphens = (bare.len == DEVICE_UUID_LEN);

    if (!hyphens && bare.len != UUID_DIGITS) {
        return false;
    }

    at = 0;

    for (i = 0; i < DEVICE_UUID_LEN; i++) {

        if (device_acme_dns_hyphen_at(i)) {

            if (hyphens && bare.data[at++] != '-') {
                return false;
            }

            text[i] = '-';
            continue;
        }

        digit = device_acme_dns_hex(bare.data[at++]);

        if (digit < 0) {
            return false;
        }

        text[i] = "0123456789abcdef"[digit];
    }

    text[i] = '\0';
    memcpy(user, text, sizeof(text));

    return true;
}


/* Without braces or URN prefix (RFC 9562 4); those two go with hyphens
 * only. */
static store_span_t
device_acme_dns_uuid_bare(store_span_t field)
{
    store_span_t  bare = field;

    if (field.len == DEVICE_UUID_LEN + 2
        && field.data[0] == '{' && field.data[field.len - 1] == '}')
    {
        bare.data++;
        bare.len -= 2;

    } else if (field.len == DEVICE_UUID_LEN + URN_PREFIX_LEN
               && strncasecmp((const char *) field.data, URN_PREFIX,
                              URN_PREFIX_LEN) == 0)
    {
        bare.data += URN_PREFIX_LEN;
        bare.len -= URN_PREFIX_LEN;
    }

    return bare;
}


static bool
device_acme_dns_hyphen_at(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}


static int
device_acme_dns_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


bool
device_acme_dns_key_valid(store_span_t field)
{
    return field.len == DEVICE_PASSWORD_LEN
           && device_acme_dns_alphabet(field.data, field.len);
}


/* base64url's, RFC 4648 5. */
static bool
device_acme_dns_alphabet(const uint8_t *data, size_t len)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < len; i++) {
        c = data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z')
            && !(c >= 'a' && c <= 'z') && c != '-' && c != '_')
        {
            return false;
        }
    }

    return true;
}


device_reason_t
device_acme_dns_update_parse(device_acme_dns_update_t *update,
    store_span_t body, device_error_t *error)
{
    json_t           *root;
    device_reason_t   reason;

    reason = device_body_load(&root, body, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = device_acme_dns_text(root, "subdomain", update->subdomain,
                                  sizeof(update->subdomain), error);

    if (reason == DEVICE_OK) {
        reason = device_acme_dns_text(root, "txt", update->txt,
                                      sizeof(update->txt), error);
    }

    json_decref(root);

    update->subdomain_len = (reason == DEVICE_OK) ? strlen(update->subdomain)
                                                  : 0;

    return reason;
}


device_reason_t
device_acme_dns_txt_check(const device_acme_dns_update_t *update,
    device_error_t *error)
{
    if (strlen(update->txt) == DEVICE_CHALLENGE_LEN
        && device_acme_dns_alphabet((const uint8_t *) update->txt,
                                    DEVICE_CHALLENGE_LEN))
    {
        return DEVICE_OK;
    }

    return device_refuse(error, DEVICE_RDATA_INVALID, "txt",
                         "expected: %d characters of base64url",
                         DEVICE_CHALLENGE_LEN);
}


device_reason_t
device_acme_dns_register_parse(store_span_t body, device_error_t *error)
{
    json_t           *root, *value;
    device_reason_t   reason;

    reason = device_body_load(&root, body, error);

    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = device_acme_dns_member(root, "allowfrom", &value, error);

    if (reason == DEVICE_OK && value != NULL && !json_is_null(value)) {

        if (!json_is_array(value)) {
            reason = device_refuse(error, DEVICE_JSON_INVALID, "allowfrom",
                                   "expected: a list");

        } else if (json_array_size(value) != 0) {
            reason = device_refuse(error, DEVICE_MEMBER_INVALID, "allowfrom",
                                   "no list of addresses is kept");
        }
    }

    json_decref(root);

    return reason;
}


/* NULL where it is not there; two spellings of one name are refused. */
static device_reason_t
device_acme_dns_member(json_t *object, const char *name, json_t **value,
    device_error_t *error)
{
    json_t      *member;
    const char  *spelling;

    *value = NULL;

    json_object_foreach(object, spelling, member) {

        if (strcasecmp(spelling, name) != 0) {
            continue;
        }

        if (*value != NULL) {
            return device_refuse(error, DEVICE_JSON_INVALID, name,
                                 "the member is there twice");
        }

        *value = member;
    }

    return DEVICE_OK;
}


/* A text that is longer than the room is cut, and so equals nothing that
 * would have fit. */
static device_reason_t
device_acme_dns_text(json_t *object, const char *name, char *text,
    size_t size, device_error_t *error)
{
    json_t           *value;
    device_reason_t   reason;

    text[0] = '\0';

    reason = device_acme_dns_member(object, name, &value, error);

    if (reason != DEVICE_OK || value == NULL || json_is_null(value)) {
        return reason;
    }

    if (!json_is_string(value)) {
        return device_refuse(error, DEVICE_JSON_INVALID, name,
                             "expected: a string");
    }

    (void) snprintf(text, size, "%s", json_string_value(value));

    return DEVICE_OK;
}


char *
device_acme_dns_update_reply(const char txt[DEVICE_CHALLENGE_LEN])
{
    char    *text;
    size_t   size;

    size = sizeof("{\"txt\": \"\"}") + DEVICE_CHALLENGE_LEN;
    text = malloc(size);

    if (text != NULL) {
        (void) snprintf(text, size, "{\"txt\": \"%.*s\"}",
                        DEVICE_CHALLENGE_LEN, txt);
    }

    return text;
}


char *
device_acme_dns_register_reply(const device_credential_t *credential,
    const char *fqdn)
{
    int     label_len;
    char   *text;
    size_t  size;

    static const char  format[] =
        "{\"username\":\"%s\",\"password\":\"%s\","
        "\"fulldomain\":\"_acme-challenge.%s\","
        "\"subdomain\":\"%.*s\",\"allowfrom\":[]}";

    label_len = (int) strcspn(fqdn, ".");
    size = sizeof(format) + strlen(credential->user)
           + strlen(credential->password) + strlen(fqdn)
           + (size_t) label_len;

    text = malloc(size);

    if (text != NULL) {
        (void) snprintf(text, size, format, credential->user,
                        credential->password, fqdn, label_len, fqdn);
    }

    return text;
}


char *
device_acme_dns_error_reply(const char *word)
{
    char  *text;

    text = malloc(ERROR_REPLY_MAX);

    if (text != NULL) {
        (void) snprintf(text, ERROR_REPLY_MAX, "{\"error\": \"%s\"}", word);
    }

    return text;
}
