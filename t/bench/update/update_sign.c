
/*
 * Signatures of a made-up fleet.  store_fill makes a device's generation of
 * the first bytes of its label, so that keys need no enrolment: a million of
 * them would be a million requests.
 */

#include "update_sign.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>


#define UPDATE_GENERATION_LEN  16
#define UPDATE_BASE_MAX        1024

/* Of 32 bytes, with the NUL. */
#define UPDATE_BASE64_LEN      45


static void update_key(uint8_t key[32], const update_message_t *message);
static void update_hmac(uint8_t mac[32], const void *key, size_t key_len,
    const void *data, size_t len);
static size_t update_length(int n, size_t size);


size_t
update_sign(char *request, size_t size, const update_message_t *message)
{
    int      n;
    char     base[UPDATE_BASE_MAX], params[512];
    char     digest[UPDATE_BASE64_LEN], signature[UPDATE_BASE64_LEN];
    size_t   len;
    uint8_t  hash[32], key[32], mac[32];

    SHA256((const uint8_t *) message->body, strlen(message->body), hash);
    EVP_EncodeBlock((uint8_t *) digest, hash, sizeof(hash));

    /* the keyid shows the first bytes of the generation's hash */

    SHA256((const uint8_t *) message->fqdn, UPDATE_GENERATION_LEN, hash);

    n = snprintf(params, sizeof(params), "(\"@method\" \"@authority\" "
                 "\"@path\" \"content-digest\");created=%" PRIu32
                 ";keyid=\"%s/%02x%02x%02x%02x\"", message->created,
                 message->fqdn, hash[0], hash[1], hash[2], hash[3]);
    (void) update_length(n, sizeof(params));

    /* RFC 9421 section 2.5 */

    n = snprintf(base, sizeof(base), "\"@method\": %s\n\"@authority\": %s\n"
                 "\"@path\": %s\n\"content-digest\": sha-256=:%s:\n"
                 "\"@signature-params\": %s", message->method,
                 message->authority, message->path, digest, params);
    len = update_length(n, sizeof(base));

    update_key(key, message);
    update_hmac(mac, key, sizeof(key), base, len);
    EVP_EncodeBlock((uint8_t *) signature, mac, sizeof(mac));

    n = snprintf(request, size, "%s %s HTTP/1.1\r\nHost: %s\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                 "Content-Digest: sha-256=:%s:\r\nSignature-Input: sig1=%s\r\n"
                 "Signature: sig1=:%s:\r\n\r\n%s", message->method,
                 message->path, message->authority, strlen(message->body),
                 digest, params, signature, message->body);

    return update_length(n, size);
}


/* HKDF-SHA256 (RFC 5869): one block is all of it. */
static void
update_key(uint8_t key[32], const update_message_t *message)
{
    char    info[256];
    size_t  len = strlen(message->fqdn);

    update_hmac(key, message->fqdn, UPDATE_GENERATION_LEN, message->secret,
                32);

    memcpy(info, message->fqdn, len);
    info[len] = 1;

    update_hmac(key, key, 32, info, len + 1);
}


static void
update_hmac(uint8_t mac[32], const void *key, size_t key_len,
    const void *data, size_t len)
{
    uint8_t  out[32];

    if (HMAC(EVP_sha256(), key, (int) key_len, data, len, out, NULL) == NULL) {
        errx(2, "HMAC failed");
    }

    memcpy(mac, out, sizeof(out));
}


static size_t
update_length(int n, size_t size)
{
    if (n < 0 || (size_t) n >= size) {
        errx(2, "a request is too long");
    }

    return (size_t) n;
}
