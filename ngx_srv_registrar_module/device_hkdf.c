
/*
 * SHA-256, and what is derived from a secret by it: HKDF-SHA256 (RFC 5869),
 * and HMAC-SHA256 (RFC 2104) under it or under such a key.
 *
 * All are made of OpenSSL's plain digest, which lives on the stack: its own
 * objects take several times as long to find and to set up as the hashing
 * takes, and each update hashes a dozen times.  Always: a derived key lives on
 * the stack and is cleansed before the function returns; nothing is put into
 * OpenSSL's error queue.  Any thread.
 */

/* since 3.0 OpenSSL would rather have all of it done by EVP, which costs an
 * update 3 us more */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "device_key.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>


#define DEVICE_SHA256_BLOCK  64


static bool device_hmac_sha256(uint8_t mac[DEVICE_SHA256_LEN],
    store_span_t key, const store_span_t *parts, size_t n);


bool
device_sha256(uint8_t digest[DEVICE_SHA256_LEN], store_span_t data)
{
    SHA256_CTX  ctx;

    return SHA256_Init(&ctx) == 1
           && SHA256_Update(&ctx, data.data, data.len) == 1
           && SHA256_Final(digest, &ctx) == 1;
}


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
    store_span_t  key = { derived, sizeof(derived) };

    made = device_key_derive(derived, secret, generation, fqdn)
           && device_hmac_sha256(mac, key, &base, 1);

    OPENSSL_cleanse(derived, sizeof(derived));

    return made;
}


/* RFC 5869 2 */
bool
device_hkdf(uint8_t *out, size_t len,
    const uint8_t secret[DEVICE_SECRET_LEN], store_span_t salt,
    store_span_t info)
{
    bool          made;
    size_t        n;
    uint8_t       prk[DEVICE_SHA256_LEN], block[DEVICE_SHA256_LEN], counter;
    store_span_t  parts[3];

    parts[0] = (store_span_t) { secret, DEVICE_SECRET_LEN };
    made = len <= 255 * sizeof(block)
           && device_hmac_sha256(prk, salt, parts, 1);

    /* the first block has none before it */

    parts[0] = (store_span_t) { block, 0 };
    parts[1] = info;
    parts[2] = (store_span_t) { &counter, 1 };

    for (counter = 1; made && len != 0; counter++) {
        made = device_hmac_sha256(block, (store_span_t) { prk, sizeof(prk) },
                                  parts, 3);

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


bool
device_hmac(uint8_t mac[DEVICE_KEY_MAC_LEN],
    const uint8_t secret[DEVICE_SECRET_LEN], const store_span_t *parts,
    size_t n)
{
    store_span_t  key = { secret, DEVICE_SECRET_LEN };

    return device_hmac_sha256(mac, key, parts, n);
}


/* RFC 2104 2, for keys of a block at most. */
static bool
device_hmac_sha256(uint8_t mac[DEVICE_SHA256_LEN], store_span_t key,
    const store_span_t *parts, size_t n)
{
    bool        made;
    size_t      i;
    uint8_t     pad[DEVICE_SHA256_BLOCK], inner[DEVICE_SHA256_LEN];
    SHA256_CTX  ctx;

    if (key.len > sizeof(pad)) {
        return false;
    }

    memset(pad, 0x36, sizeof(pad));

    for (i = 0; i < key.len; i++) {
        pad[i] ^= key.data[i];
    }

    made = SHA256_Init(&ctx) == 1
           && SHA256_Update(&ctx, pad, sizeof(pad)) == 1;

    for (i = 0; made && i < n; i++) {
        made = SHA256_Update(&ctx, parts[i].data, parts[i].len) == 1;
    }

    for (i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }

    made = made
           && SHA256_Final(inner, &ctx) == 1
           && SHA256_Init(&ctx) == 1
           && SHA256_Update(&ctx, pad, sizeof(pad)) == 1
           && SHA256_Update(&ctx, inner, sizeof(inner)) == 1
           && SHA256_Final(mac, &ctx) == 1;

    OPENSSL_cleanse(pad, sizeof(pad));
    OPENSSL_cleanse(inner, sizeof(inner));
    OPENSSL_cleanse(&ctx, sizeof(ctx));

    return made;
}
