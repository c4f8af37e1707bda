
/*
 * The credentials of acme-dns and dyndns2 clients.
 *
 * Enters: the operator's secrets, a device's counters, what a client sent.
 * Leaves: a user and a password, or whether they are right.  Always: a wrong
 * name and a wrong password cost the same work and are the same refusal; a
 * derived password lives on the stack and is cleansed.  Any thread.
 */

#include "device_credential.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>


#define UUID_BYTES      16
#define PASSWORD_BYTES  30      /* 40 characters of base64url, no padding */

#define PREFIX          "srv-registrar"

/* s; a day would let two rotations on one day meet a store lost the day
 * after, a minute would come round within weeks. */
#define COUNTER_STEP    3600

/* of HKDF's info: the prefix, a door, a purpose, an FQDN, and the NULs */
#define INFO_MAX        (sizeof(PREFIX) + 16 + 16 + 254)


static bool credential_expand(uint8_t *out, size_t len,
    const uint8_t *secret, uint16_t counter, const char *const parts[3]);
static void uuid_write(char text[DEVICE_UUID_LEN + 1],
    uint8_t bytes[UUID_BYTES]);
static bool text_is(store_span_t given, const char *expected, bool fold);


const char *
device_door_name(uint8_t door)
{
    switch (door) {

    case STORE_DOOR_ACME_DNS:
        return "acme-dns";

    case STORE_DOOR_DYNDNS2:
        return "dyndns2";

    default:
        return NULL;
    }
}


uint8_t
device_door_parse(store_span_t name)
{
    uint8_t  door;

    for (door = STORE_DOOR_ACME_DNS; door <= STORE_DOOR_DYNDNS2; door++) {

        if (name.len == strlen(device_door_name(door))
            && memcmp(name.data, device_door_name(door), name.len) == 0)
        {
            return door;
        }
    }

    return STORE_DOOR_NONE;
}


const store_credential_t *
device_credential_find(const store_device_t *device, uint8_t door)
{
    switch (door) {

    case STORE_DOOR_ACME_DNS:
        return &device->acme_dns;

    case STORE_DOOR_DYNDNS2:
        return &device->dyndns2;

    default:
        return NULL;
    }
}


/*
 * The first counter comes of the time, in steps that end after seven years: a
 * store that was lost, or a name given again after its reservation, does not
 * make a password valid that was rotated away before, as a first counter of 1
 * would.
 */
void
device_credential_issue(store_credential_t *credential, uint16_t secret,
    int64_t now)
{
    if (credential->counter == 0) {
        credential->counter = (uint16_t) (now / COUNTER_STEP % UINT16_MAX + 1);
        credential->secret = secret;
    }
}


void
device_credential_rotate(store_credential_t *credential, uint16_t secret,
    int64_t now)
{
    if (credential->counter == 0) {
        device_credential_issue(credential, secret, now);
        return;
    }

    credential->counter = (uint16_t) (credential->counter % UINT16_MAX + 1);
    credential->secret = secret;
}


device_reason_t
device_credential_derive(device_credential_t *out,
    const device_secrets_t *secrets, const store_credential_t *credential,
    uint8_t door, const char *fqdn)
{
    bool            made;
    uint8_t         bytes[PASSWORD_BYTES];
    const char     *parts[3] = { device_door_name(door), "password", fqdn };
    const uint8_t  *secret;

    memset(out, 0, sizeof(*out));

    if (parts[0] == NULL || strlen(fqdn) >= sizeof(out->user)) {
        return DEVICE_INTERNAL;
    }

    secret = device_secrets_find(secrets, credential->secret);

    if (secret == NULL) {
        return DEVICE_SECRET_UNAVAILABLE;
    }

    made = credential_expand(bytes, PASSWORD_BYTES, secret,
                             credential->counter, parts);
    device_base64url_write(out->password, bytes, PASSWORD_BYTES);

    if (door == STORE_DOOR_ACME_DNS) {
        parts[1] = "user";
        made = credential_expand(bytes, UUID_BYTES, secret,
                                 credential->counter, parts)
               && made;
        uuid_write(out->user, bytes);

    } else {
        memcpy(out->user, fqdn, strlen(fqdn) + 1);
    }

    device_cleanse(bytes, sizeof(bytes));

    if (!made) {
        device_cleanse(out, sizeof(*out));
        return DEVICE_INTERNAL;
    }

    return DEVICE_OK;
}


device_reason_t
device_credentials_ready(const store_device_t *device,
    const device_secrets_t *secrets, uint32_t rotate)
{
    uint8_t                    door;
    const store_credential_t  *credential;

    for (door = STORE_DOOR_ACME_DNS; door <= STORE_DOOR_DYNDNS2; door++) {
        credential = device_credential_find(device, door);

        if (credential->counter != 0 && !(rotate & 1u << door)
            && device_secrets_find(secrets, credential->secret) == NULL)
        {
            return DEVICE_SECRET_UNAVAILABLE;
        }
    }

    return DEVICE_OK;
}


/* The name of the module first, so that no key of a device (whose info is an
 * FQDN alone) and no credential can ever be the same bytes. */
static bool
credential_expand(uint8_t *out, size_t len, const uint8_t *secret,
    uint16_t counter, const char *const parts[3])
{
    int      n;
    char     info[INFO_MAX];
    uint8_t  salt[2];

    salt[0] = (uint8_t) (counter >> 8);
    salt[1] = (uint8_t) counter;

    n = snprintf(info, sizeof(info), "%s%c%s%c%s%c%s", PREFIX, 0, parts[0], 0,
                 parts[1], 0, parts[2]);

    return n > 0 && (size_t) n < sizeof(info)
           && device_hkdf(out, len, secret, (store_span_t) { salt, 2 },
                          (store_span_t) { (uint8_t *) info, (size_t) n });
}


/* In the form of a random one: version 4, RFC 9562 section 5.4.  acme-dns's
 * clients check no more, its servers parse it. */
static void
uuid_write(char text[DEVICE_UUID_LEN + 1], uint8_t bytes[UUID_BYTES])
{
    char    *p;
    size_t   i;

    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;

    p = text;

    for (i = 0; i < UUID_BYTES; i++) {

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *p++ = '-';
        }

        p += snprintf(p, 3, "%02x", bytes[i]);
    }
}


device_reason_t
device_credential_check(const store_device_t *device,
    const device_secrets_t *secrets, uint8_t door, const char *fqdn,
    store_span_t user, store_span_t password)
{
    bool                       known, right;
    device_reason_t            reason;
    device_credential_t        expected;
    store_credential_t         nobody;
    const store_credential_t  *credential;

    credential = (device != NULL) ? device_credential_find(device, door)
                                  : NULL;
    known = (credential != NULL && credential->counter != 0);

    if (!known) {

        /* counter 0 is never issued: nobody knows this password */

        nobody.counter = 0;
        nobody.secret = secrets->keys[secrets->newest].number;
        credential = &nobody;
    }

    reason = device_credential_derive(&expected, secrets, credential, door,
                                      fqdn);

    if (reason != DEVICE_OK) {
        return reason;
    }

    /* both are compared, whichever is wrong */

    right = text_is(user, expected.user, true);
    right = text_is(password, expected.password, false) && right;

    device_cleanse(&expected, sizeof(expected));

    if (!right || !known) {
        return DEVICE_SIGNATURE_INVALID;
    }

    return (device->state == STORE_DEVICE_ACTIVE) ? DEVICE_OK
                                                  : DEVICE_SUSPENDED;
}


/* A length is no secret: every credential of a door has the same, or is the
 * name that the client itself has sent. */
static bool
text_is(store_span_t given, const char *expected, bool fold)
{
    uint8_t  copy[254 + 1];

    if (given.len != strlen(expected) || given.len > sizeof(copy)) {
        return false;
    }

    if (!fold) {
        return CRYPTO_memcmp(given.data, expected, given.len) == 0;
    }

    store_name_fold(copy, given.data, given.len);

    return CRYPTO_memcmp(copy, expected, given.len) == 0;
}
