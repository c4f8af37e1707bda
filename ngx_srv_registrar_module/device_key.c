
/*
 * A device's keys at work: generations and verification.  Secrets are in
 * device_secrets.c, what is derived from them in device_hkdf.c, public keys as
 * JWK in device_jwk.c.
 *
 * Always: the algorithm is the stored key's; OpenSSL's error queue is left
 * empty, since the same thread also speaks TLS and would take what it finds
 * there for its own.
 */

#include "device_key.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <string.h>


#define DEVICE_ED25519_LEN  32
#define DEVICE_P256_LEN     32       /* of a coordinate, and of r and s */

/* SEQUENCE of two INTEGERs of 33 bytes at most, with their headers. */
#define DEVICE_P256_DER_MAX  (2 + 2 * (2 + DEVICE_P256_LEN + 1))


/* A SubjectPublicKeyInfo of P-256 up to the uncompressed point's x
 * (RFC 5480 2); OpenSSL decodes it the same in all its versions. */
static const uint8_t  device_p256_prefix[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
    0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
    0x42, 0x00, 0x04
};


static device_reason_t device_hmac_verify(const store_device_key_t *key,
    const device_secrets_t *secrets, const char *fqdn, store_span_t base,
    store_span_t signature);
static device_reason_t device_ed25519_verify(const store_device_key_t *key,
    store_span_t base, store_span_t signature);
static device_reason_t device_p256_verify(const store_device_key_t *key,
    store_span_t base, store_span_t signature);
static EVP_PKEY *device_p256_key(const uint8_t point[2 * DEVICE_P256_LEN]);
static size_t device_p256_der(uint8_t der[DEVICE_P256_DER_MAX],
    const uint8_t *signature);
static device_reason_t device_public_verify(EVP_PKEY *pkey,
    const EVP_MD *digest, const uint8_t *signature, size_t len,
    store_span_t base);


/* RAND_bytes fails where the system has no entropy yet; a device then comes
 * back later, which is better than a key that can be guessed. */
bool
device_generation_make(uint8_t generation[STORE_GENERATION_LEN])
{
    bool  made;

    made = (RAND_bytes(generation, STORE_GENERATION_LEN) == 1);

    ERR_clear_error();

    return made;
}


/* A hash, so that a keyid in somebody's log tells nothing of the salt. */
bool
device_generation_tag(uint8_t tag[DEVICE_TAG_LEN],
    const uint8_t generation[STORE_GENERATION_LEN])
{
    uint8_t       hash[DEVICE_SHA256_LEN];
    store_span_t  span = { generation, STORE_GENERATION_LEN };

    if (!device_sha256(hash, span)) {
        return false;
    }

    memcpy(tag, hash, DEVICE_TAG_LEN);

    return true;
}


device_reason_t
device_key_verify(const store_device_key_t *key,
    const device_secrets_t *secrets, const char *fqdn, store_span_t base,
    store_span_t signature)
{
    device_reason_t  reason;

    switch (key->algorithm) {

    case STORE_HMAC_SHA256:
        reason = device_hmac_verify(key, secrets, fqdn, base, signature);
        break;

    case STORE_ED25519:
        reason = device_ed25519_verify(key, base, signature);
        break;

    case STORE_ECDSA_P256_SHA256:
        reason = device_p256_verify(key, base, signature);
        break;

    default:
        /* of a version after ours: refused, never guessed */
        reason = DEVICE_INTERNAL;
    }

    ERR_clear_error();

    return reason;
}


bool
device_key_p256_valid(const uint8_t point[64])
{
    bool       valid;
    EVP_PKEY  *pkey;

    pkey = device_p256_key(point);
    valid = (pkey != NULL);

    EVP_PKEY_free(pkey);
    ERR_clear_error();

    return valid;
}


const char *
device_algorithm_name(uint8_t algorithm)
{
    switch (algorithm) {

    case STORE_HMAC_SHA256:
        return "hmac-sha256";

    case STORE_ED25519:
        return "ed25519";

    case STORE_ECDSA_P256_SHA256:
        return "ecdsa-p256-sha256";

    default:
        return NULL;
    }
}


/* RFC 4648 5, six bits at a time; held never has more than 16. */
void
device_base64url_write(char *out, const uint8_t *data, size_t len)
{
    int                bits;
    size_t             i;
    uint32_t           held;
    static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz"
                                    "0123456789-_";

    bits = 0;
    held = 0;

    for (i = 0; i < len; i++) {
        held = (held << 8 | data[i]) & 0xffff;
        bits += 8;

        while (bits >= 6) {
            bits -= 6;
            *out++ = alphabet[held >> bits & 0x3f];
        }
    }

    if (bits > 0) {
        *out++ = alphabet[held << (6 - bits) & 0x3f];
    }

    *out = '\0';
}


void
device_cleanse(void *data, size_t len)
{
    OPENSSL_cleanse(data, len);
}


/* RFC 9421 3.3.3 */
static device_reason_t
device_hmac_verify(const store_device_key_t *key,
    const device_secrets_t *secrets, const char *fqdn, store_span_t base,
    store_span_t signature)
{
    uint8_t         mac[DEVICE_KEY_MAC_LEN];
    const uint8_t  *secret;

    secret = device_secrets_find(secrets, key->secret);
    if (secret == NULL) {
        return DEVICE_SECRET_UNAVAILABLE;
    }

    if (!device_key_mac(mac, secret, key->generation, fqdn, base)) {
        return DEVICE_INTERNAL;
    }

    /* a mac cut short is no mac: 3.3.3 knows none.  The length is no secret,
     * where the first wrong byte stands is one */

    if (signature.len != sizeof(mac)
        || CRYPTO_memcmp(mac, signature.data, sizeof(mac)) != 0)
    {
        return DEVICE_SIGNATURE_INVALID;
    }

    return DEVICE_OK;
}


/* RFC 9421 3.3.6 */
static device_reason_t
device_ed25519_verify(const store_device_key_t *key, store_span_t base,
    store_span_t signature)
{
    EVP_PKEY         *pkey;
    device_reason_t   reason;

    if (key->public_key_len != DEVICE_ED25519_LEN) {
        return DEVICE_INTERNAL;
    }

    if (signature.len != 2 * DEVICE_ED25519_LEN) {
        return DEVICE_SIGNATURE_INVALID;
    }

    pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                       key->public_key, DEVICE_ED25519_LEN);

    reason = device_public_verify(pkey, NULL, signature.data, signature.len,
                                  base);
    EVP_PKEY_free(pkey);

    return reason;
}


/* RFC 9421 3.3.4 */
static device_reason_t
device_p256_verify(const store_device_key_t *key, store_span_t base,
    store_span_t signature)
{
    size_t            len;
    uint8_t           der[DEVICE_P256_DER_MAX];
    EVP_PKEY         *pkey;
    device_reason_t   reason;

    if (key->public_key_len != 2 * DEVICE_P256_LEN) {
        return DEVICE_INTERNAL;
    }

    if (signature.len != 2 * DEVICE_P256_LEN) {
        return DEVICE_SIGNATURE_INVALID;
    }

    len = device_p256_der(der, signature.data);
    if (len == 0) {
        return DEVICE_INTERNAL;
    }

    pkey = device_p256_key(key->public_key);
    reason = device_public_verify(pkey, EVP_sha256(), der, len, base);
    EVP_PKEY_free(pkey);

    return reason;
}


/* NULL where the point is not on the curve, or for want of memory. */
static EVP_PKEY *
device_p256_key(const uint8_t point[2 * DEVICE_P256_LEN])
{
    uint8_t         der[sizeof(device_p256_prefix) + 2 * DEVICE_P256_LEN];
    const uint8_t  *at;

    memcpy(der, device_p256_prefix, sizeof(device_p256_prefix));
    memcpy(der + sizeof(device_p256_prefix), point, 2 * DEVICE_P256_LEN);

    at = der;

    return d2i_PUBKEY(NULL, &at, sizeof(der));
}


/* r || s, as JOSE and RFC 9421 have it, to the DER that OpenSSL wants.  0 for
 * want of memory. */
static size_t
device_p256_der(uint8_t der[DEVICE_P256_DER_MAX], const uint8_t *signature)
{
    int         len;
    BIGNUM     *r, *s;
    uint8_t    *at;
    ECDSA_SIG  *pair;

    len = 0;
    at = der;

    pair = ECDSA_SIG_new();
    r = BN_bin2bn(signature, DEVICE_P256_LEN, NULL);
    s = BN_bin2bn(signature + DEVICE_P256_LEN, DEVICE_P256_LEN, NULL);

    if (pair == NULL || r == NULL || s == NULL
        || ECDSA_SIG_set0(pair, r, s) != 1)
    {
        BN_free(r);
        BN_free(s);

    } else {
        /* the pair owns r and s now */
        len = i2d_ECDSA_SIG(pair, &at);
    }

    ECDSA_SIG_free(pair);

    return len > 0 ? (size_t) len : 0;
}


/* pkey may be NULL: the stored key was checked when it came in, so what is
 * missing is memory. */
static device_reason_t
device_public_verify(EVP_PKEY *pkey, const EVP_MD *digest,
    const uint8_t *signature, size_t len, store_span_t base)
{
    EVP_MD_CTX       *ctx;
    device_reason_t   reason;

    if (pkey == NULL) {
        return DEVICE_INTERNAL;
    }

    ctx = EVP_MD_CTX_new();

    if (ctx == NULL
        || EVP_DigestVerifyInit(ctx, NULL, digest, NULL, pkey) != 1)
    {
        reason = DEVICE_INTERNAL;

    } else {
        /* zero is a wrong signature, below zero one that makes no sense
         * (r or s out of range): both are the peer's */
        reason = EVP_DigestVerify(ctx, signature, len, base.data, base.len)
                 == 1
                 ? DEVICE_OK : DEVICE_SIGNATURE_INVALID;
    }

    EVP_MD_CTX_free(ctx);

    return reason;
}
