
/*
 * What is derived from a secret: HKDF-SHA256 (RFC 5869), and HMAC-SHA256
 * (RFC 2104) under it or under such a key.
 *
 * Both are made of plain digests: OpenSSL's own objects for them take several
 * times as long to set up as the hashing takes, and each update needs both,
 * once.  Always: a derived key lives on the stack and is cleansed before the
 * function returns; OpenSSL's error queue is left empty.  Any thread.
 */

#include "device_key.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>


#define DEVICE_SHA256_LEN    DEVICE_KEY_MAC_LEN
#define DEVICE_SHA256_BLOCK  64


static EVP_MD_CTX *device_sha256_open(void);
static bool device_hkdf_sha256(EVP_MD_CTX *ctx, uint8_t *out, size_t len,
    const uint8_t secret[DEVICE_SECRET_LEN], store_span_t salt,
    store_span_t info);
static bool device_hmac_sha256(EVP_MD_CTX *ctx,
    uint8_t mac[DEVICE_SHA256_LEN], store_span_t key,
    const store_span_t *parts, size_t n);


/*
 * The generation as salt makes a key that no other enrolment of this name had
 * or will have; the name as info binds it to one device, should two of them
 * ever be given one generation.
 */
bool
device_key_derive(uint8_t key[DEVICE_KEY_LEN],
    const uint8_t secret[DEVICE_SECRET_LEN],
    const uint8_t generation[STORE_GENERATION_LEN], const char *fqdn)
{
    store_span_t  salt = { generation, STORE_GENERATION_LEN };
    store_span_t  info = { (const uint8_t *) fqdn, strlen(fqdn) };

    return device_hkdf(key, DEVICE_KEY_LEN, secret, salt, info);
}


bool
device_key_mac(uint8_t mac[DEVICE_KEY_MAC_LEN],
    const uint8_t secret[DEVICE_SECRET_LEN],
    const uint8_t generation[STORE_GENERATION_LEN], const char *fqdn,
    store_span_t base)
{
    bool          made;
    uint8_t       derived[DEVICE_KEY_LEN];
    EVP_MD_CTX   *ctx;
    store_span_t  key = { derived, sizeof(derived) };
    store_span_t  salt = { generation, STORE_GENERATION_LEN };
    store_span_t  info = { (const uint8_t *) fqdn, strlen(fqdn) };

    ctx = device_sha256_open();

    made = ctx != NULL
           && device_hkdf_sha256(ctx, derived, sizeof(derived), secret, salt,
                                 info)
           && device_hmac_sha256(ctx, mac, key, &base, 1);

    EVP_MD_CTX_free(ctx);
    OPENSSL_cleanse(derived, sizeof(derived));
    ERR_clear_error();

    return made;
}


bool
device_hkdf(uint8_t *out, size_t len,
    const uint8_t secret[DEVICE_SECRET_LEN], store_span_t salt,
    store_span_t info)
{
    bool         derived;
    EVP_MD_CTX  *ctx;

    ctx = device_sha256_open();
    derived = ctx != NULL
              && device_hkdf_sha256(ctx, out, len, secret, salt, info);

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    return derived;
}


bool
device_hmac(uint8_t mac[DEVICE_KEY_MAC_LEN],
    const uint8_t secret[DEVICE_SECRET_LEN], const store_span_t *parts,
    size_t n)
{
    bool          made;
    EVP_MD_CTX   *ctx;
    store_span_t  key = { secret, DEVICE_SECRET_LEN };

    ctx = device_sha256_open();
    made = ctx != NULL && device_hmac_sha256(ctx, mac, key, parts, n);

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    return made;
}


/* Freeing it wipes it. */
static EVP_MD_CTX *
device_sha256_open(void)
{
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();

    if (ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


/* RFC 5869 2 */
static bool
device_hkdf_sha256(EVP_MD_CTX *ctx, uint8_t *out, size_t len,
    const uint8_t secret[DEVICE_SECRET_LEN], store_span_t salt,
    store_span_t info)
{
    bool          made;
    size_t        n;
    uint8_t       prk[DEVICE_SHA256_LEN], block[DEVICE_SHA256_LEN], counter;
    store_span_t  parts[3];

    parts[0] = (store_span_t) { secret, DEVICE_SECRET_LEN };
    made = len <= 255 * sizeof(block)
           && device_hmac_sha256(ctx, prk, salt, parts, 1);

    /* the first block has none before it */

    parts[0] = (store_span_t) { block, 0 };
    parts[1] = info;
    parts[2] = (store_span_t) { &counter, 1 };

    for (counter = 1; made && len != 0; counter++) {
        made = device_hmac_sha256(ctx, block, (store_span_t) {
                                      prk, sizeof(prk) }, parts, 3);

        n = (len < sizeof(block)) ? len : sizeof(block);
        memcpy(out, block, made ? n : 0);
        out += n;
        len -= n;
        parts[0].len = sizeof(block);
    }

    OPENSSL_cleanse(prk, sizeof(prk));
    OPENSSL_cleanse(block, sizeof(block));

    return made;
}


/* RFC 2104 2, for keys of a block at most; a context that was opened starts
 * over. */
static bool
device_hmac_sha256(EVP_MD_CTX *ctx, uint8_t mac[DEVICE_SHA256_LEN],
    store_span_t key, const store_span_t *parts, size_t n)
{
    bool     made;
    size_t   i;
    uint8_t  pad[DEVICE_SHA256_BLOCK], inner[DEVICE_SHA256_LEN];

    if (key.len > sizeof(pad)) {
        return false;
    }

    memset(pad, 0x36, sizeof(pad));

    for (i = 0; i < key.len; i++) {
        pad[i] ^= key.data[i];
    }

    made = EVP_DigestInit_ex(ctx, NULL, NULL) == 1
           && EVP_DigestUpdate(ctx, pad, sizeof(pad)) == 1;

    for (i = 0; made && i < n; i++) {
        made = EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
    }

    for (i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }

    made = made
           && EVP_DigestFinal_ex(ctx, inner, NULL) == 1
           && EVP_DigestInit_ex(ctx, NULL, NULL) == 1
           && EVP_DigestUpdate(ctx, pad, sizeof(pad)) == 1
           && EVP_DigestUpdate(ctx, inner, sizeof(inner)) == 1
           && EVP_DigestFinal_ex(ctx, mac, NULL) == 1;

    OPENSSL_cleanse(pad, sizeof(pad));
    OPENSSL_cleanse(inner, sizeof(inner));

    return made;
}
