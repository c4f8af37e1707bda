
/*
 * Keys: the operator's secrets, a device's keys, and what is computed with
 * them.  OpenSSL does the cryptography; no OpenSSL type leaves the .c file.
 * Functions that can only fail for want of memory or entropy return false
 * and the caller answers DEVICE_INTERNAL.  Any thread.
 */

#ifndef DEVICE_KEY_H
#define DEVICE_KEY_H


#include "device_reason.h"
#include "store_value.h"


#define DEVICE_SECRET_LEN    32
#define DEVICE_SECRETS_MAX   16
#define DEVICE_SHA256_LEN    32
#define DEVICE_KEY_LEN       32      /* of a derived HMAC key */
#define DEVICE_KEY_MAC_LEN   32      /* of HMAC-SHA256 */
#define DEVICE_FQDN_MAX      253     /* characters, no final dot (RFC 1035) */
#define DEVICE_TAG_LEN       4       /* bytes; it only has to tell a name's two
                                        keys apart */
#define DEVICE_KEYID_MAX     (DEVICE_FQDN_MAX + 1 + 2 * DEVICE_TAG_LEN)


/* One numbered key secret. */
typedef struct {
    uint16_t  number;                /* 1 to 65535 */
    uint8_t   bytes[DEVICE_SECRET_LEN];
} device_secret_t;

/* What the secrets file holds. */
typedef struct {
    uint8_t          name[DEVICE_SECRET_LEN];    /* derives labels; never
                                                    rotated */
    device_secret_t  keys[DEVICE_SECRETS_MAX];
    size_t           nkeys;
    size_t           newest;         /* index of the highest number: new keys */
} device_secrets_t;


/*
 * Parses a secrets file's text: one secret a line, '#' comments,
 *
 *     name <64 hex digits>
 *     key <number> <64 hex digits>
 *
 * Exactly one name and at least one key; numbers are unique.  False with
 * error->detail naming the line ("line 3: ...", never a secret's digits).
 */
bool device_secrets_parse(device_secrets_t *secrets, store_span_t text,
    device_error_t *error);

/* The secret of a number, or NULL. */
const uint8_t *device_secrets_find(const device_secrets_t *secrets,
    uint16_t number);


/* Makes a new generation from the system's entropy. */
bool device_generation_make(uint8_t generation[STORE_GENERATION_LEN]);

/*
 * Writes `<fqdn>/<8 hex digits of SHA-256(generation)>`, NUL-terminated.
 * fqdn: presentation, lower case, no final dot.
 */
bool device_keyid_write(char keyid[DEVICE_KEYID_MAX + 1], const char *fqdn,
    const uint8_t generation[STORE_GENERATION_LEN]);

/*
 * The reverse: fqdn in lower case, NUL-terminated, and the tag.
 * Strict: at least two labels of letters, digits, '-' and '_', 253 bytes at
 * most; 8 lower-case hex digits.  False, and nothing written, otherwise.
 */
bool device_keyid_parse(char fqdn[DEVICE_FQDN_MAX + 1],
    uint8_t tag[DEVICE_TAG_LEN], store_span_t keyid);

/* The first bytes of SHA-256(generation), which a keyid shows. */
bool device_generation_tag(uint8_t tag[DEVICE_TAG_LEN],
    const uint8_t generation[STORE_GENERATION_LEN]);

/* SHA-256 of what may be public: it is not wiped. */
bool device_sha256(uint8_t digest[DEVICE_SHA256_LEN], store_span_t data);

/* HKDF-SHA256 (RFC 5869) of a secret; len at most 255 * 32, the salt of 64
 * bytes at most. */
bool device_hkdf(uint8_t *out, size_t len,
    const uint8_t secret[DEVICE_SECRET_LEN], store_span_t salt,
    store_span_t info);

/* The same with salt = generation, info = fqdn. */
bool device_key_derive(uint8_t key[DEVICE_KEY_LEN],
    const uint8_t secret[DEVICE_SECRET_LEN],
    const uint8_t generation[STORE_GENERATION_LEN], const char *fqdn);

/* HMAC-SHA256 (RFC 2104) of n parts, one behind the other. */
bool device_hmac(uint8_t mac[DEVICE_KEY_MAC_LEN],
    const uint8_t secret[DEVICE_SECRET_LEN], const store_span_t *parts,
    size_t n);

/* HMAC-SHA256 of base under that key, which is forgotten at once. */
bool device_key_mac(uint8_t mac[DEVICE_KEY_MAC_LEN],
    const uint8_t secret[DEVICE_SECRET_LEN],
    const uint8_t generation[STORE_GENERATION_LEN], const char *fqdn,
    store_span_t base);

/*
 * Verifies a signature over base with a device's key; for HMAC the key is
 * derived anew.  DEVICE_OK, DEVICE_SIGNATURE_INVALID (also for a wrong
 * length), DEVICE_SECRET_UNAVAILABLE or DEVICE_INTERNAL.
 */
device_reason_t device_key_verify(const store_device_key_t *key,
    const device_secrets_t *secrets, const char *fqdn, store_span_t base,
    store_span_t signature);

/* "hmac-sha256", "ed25519", "ecdsa-p256-sha256" (RFC 9421 6.2.2), or NULL. */
const char *device_algorithm_name(uint8_t algorithm);

/* True where x || y is a point of P-256; what device_key_from_jwk asks. */
bool device_key_p256_valid(const uint8_t point[64]);

/*
 * A public key from a JWK's members (RFC 7517, 7518, 8037), all NUL-terminated
 * and NULL where absent: fills algorithm, public_key and public_key_len of key.
 * Refuses private members (`d` not NULL), other curves, points that are not
 * on the curve, low-order Ed25519 points, and anything but canonical base64url.
 */
device_reason_t device_key_from_jwk(store_device_key_t *key, const char *kty,
    const char *crv, const char *x, const char *y, const char *d,
    device_error_t *error);

/* base64url without padding, NUL-terminated; out has room for
 * 4 * ((len + 2) / 3) + 1. */
void device_base64url_write(char *out, const uint8_t *data, size_t len);

/* Forgets secrets; not optimised away. */
void device_cleanse(void *data, size_t len);


#endif /* DEVICE_KEY_H */
