
/*
 * Credentials of the doors that know no signatures: acme-dns and dyndns2.
 *
 * Nothing secret is stored: a credential is derived from a numbered key
 * secret, the FQDN, the door and a counter; the store has the counter and the
 * secret's number (store_device_t).  They outlive a re-enrolment, since no
 * generation enters; rotating one raises its counter and takes the newest
 * secret.  Any thread.
 *
 *   HKDF-SHA256 (RFC 5869), IKM = key secret, salt = u16 counter (big-endian),
 *   info = "srv-registrar" 00 door 00 purpose 00 fqdn
 *
 * door: "acme-dns" or "dyndns2"; purpose: "password" (30 bytes, base64url:
 * 40 characters, exactly acme-dns's alphabet and length) or "user" (16 bytes,
 * as a random UUID's text, RFC 9562 5.4; acme-dns only).
 */

#ifndef DEVICE_CREDENTIAL_H
#define DEVICE_CREDENTIAL_H


#include "device_key.h"


#define DEVICE_PASSWORD_LEN  40
#define DEVICE_UUID_LEN      36


/* "acme-dns", "dyndns2", or NULL for the doors without credentials. */
const char *device_door_name(uint8_t door);

/* The door of a name, or STORE_DOOR_NONE. */
uint8_t device_door_parse(store_span_t name);

/* What the device's header has for a door; its counter is 0 where no
 * credential was ever issued, or NULL for another door. */
const store_credential_t *device_credential_find(
    const store_device_t *device, uint8_t door);

/* Issues a credential where there is none yet; or one that replaces any there
 * is.  secret: the number of the newest key secret; now: lease time. */
void device_credential_issue(store_credential_t *credential, uint16_t secret,
    int64_t now);
void device_credential_rotate(store_credential_t *credential,
    uint16_t secret, int64_t now);

/*
 * Derives both texts, NUL-terminated; user of dyndns2 is the FQDN itself.
 * SECRET_UNAVAILABLE, INTERNAL or OK.
 */
typedef struct {
    char  user[254 + 1];
    char  password[DEVICE_PASSWORD_LEN + 1];
} device_credential_t;

device_reason_t device_credential_derive(device_credential_t *out,
    const device_secrets_t *secrets, const store_credential_t *credential,
    uint8_t door, const char *fqdn);

/* SECRET_UNAVAILABLE where a credential that is not among those to rotate
 * (bits, 1 << store_door_t) hangs on a secret that is not there; else OK. */
device_reason_t device_credentials_ready(const store_device_t *device,
    const device_secrets_t *secrets, uint32_t rotate);

/*
 * Checks user and password of a door in time that tells nothing: device may
 * be NULL (no such device), and the same work is done.  OK, SUSPENDED (only
 * after the password was right), SIGNATURE_INVALID for anything wrong,
 * SECRET_UNAVAILABLE, INTERNAL.  User names compare without case.
 */
device_reason_t device_credential_check(const store_device_t *device,
    const device_secrets_t *secrets, uint8_t door, const char *fqdn,
    store_span_t user, store_span_t password);


#endif /* DEVICE_CREDENTIAL_H */
