
/*
 * A zone's key.  Enters: the name of its files.  Leaves: the DNSKEY's RDATA,
 * its tag and DS, signatures.  Always: the public key was made from the
 * private one and is that of the DNSKEY, so that what is signed verifies; the
 * error queue of OpenSSL is left empty, since the same thread may speak TLS.
 */

#include "dnssec_key.h"
#include "dnssec_key_file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define PATH_LEN_MAX  4096

/* SEQUENCE of two INTEGERs of 33 bytes at most, with their headers. */
#define P256_DER_MAX  (2 + 2 * (2 + 32 + 1))

/* A SubjectPublicKeyInfo of P-256; x and y are its end (RFC 5480 2). */
#define P256_SPKI_LEN  (27 + 64)


struct dnssec_key_s {
    EVP_PKEY        *pkey;
    EVP_MD_CTX      *begun;       /* of a signature: each one is a copy, which
                                     spares the search for the algorithm */
    dnssec_dnskey_t  dnskey;
    uint16_t         tag;
    bool             exposed;
};


/* An EC private key without the public one, which OpenSSL then makes
 * (RFC 5915 3): version 1, the scalar between these, prime256v1. */
static const uint8_t  p256_head[] = {
    0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20
};

static const uint8_t  p256_tail[] = {
    0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07
};


static bool key_path(char *file, const char *path, const char *ending,
    char error[DNSSEC_ERROR_MAX]);
static bool key_read_public(dnssec_key_t *key, const char *path,
    char error[DNSSEC_ERROR_MAX]);
static bool key_read_private(dnssec_key_t *key, const char *path,
    char error[DNSSEC_ERROR_MAX]);
static bool key_parse_private(dnssec_key_t *key, const char *name,
    const dnssec_file_t *file, bool pem, char error[DNSSEC_ERROR_MAX]);
static bool key_make(dnssec_key_t *key,
    const uint8_t secret[DNSSEC_SECRET_LEN]);
static EVP_PKEY *p256_private(const uint8_t secret[DNSSEC_SECRET_LEN]);
static EVP_PKEY *ed25519_private(const uint8_t secret[DNSSEC_SECRET_LEN]);
static bool key_is_pair(const dnssec_key_t *key);
static bool key_fail(char error[DNSSEC_ERROR_MAX], const char *name,
    const char *why);
static bool p256_flatten(uint8_t signature[DNSSEC_SIGNATURE_LEN],
    const uint8_t *der, size_t len);


dnssec_key_t *
dnssec_key_read(const char *path, char error[DNSSEC_ERROR_MAX])
{
    dnssec_key_t  *key;

    error[0] = '\0';
    key = calloc(1, sizeof(*key));

    if (key == NULL) {
        (void) dnssec_fail(error, "no memory");
        return NULL;
    }

    if (!key_read_public(key, path, error)
        || !key_read_private(key, path, error))
    {
        dnssec_key_free(key);
        return NULL;
    }

    key->tag = dnssec_tag(dnssec_key_rdata(key));

    return key;
}


void
dnssec_key_free(dnssec_key_t *key)
{
    if (key == NULL) {
        return;
    }

    EVP_MD_CTX_free(key->begun);
    EVP_PKEY_free(key->pkey);
    free(key);
}


static bool
key_read_public(dnssec_key_t *key, const char *path,
    char error[DNSSEC_ERROR_MAX])
{
    char           name[PATH_LEN_MAX], why[DNSSEC_ERROR_MAX];
    bool           parsed;
    dnssec_file_t  file;

    if (!key_path(name, path, ".key", error)) {
        return false;
    }

    parsed = dnssec_file_read(&file, name, why)
             && dnssec_dnskey_parse(&key->dnskey, file.text, file.len, why);

    if (!parsed) {
        (void) key_fail(error, name, why);
    }

    dnssec_file_free(&file);

    return parsed;
}


static bool
key_read_private(dnssec_key_t *key, const char *path,
    char error[DNSSEC_ERROR_MAX])
{
    char           name[PATH_LEN_MAX], why[DNSSEC_ERROR_MAX];
    bool           pem, taken;
    dnssec_file_t  file;

    pem = false;

    if (!key_path(name, path, ".private", error)) {
        return false;
    }

    taken = dnssec_file_read(&file, name, why);

    /* only where there is none: one that may not be read must not hide
     * behind a complaint about the other */

    if (!taken && why[0] == '\0' && errno == ENOENT) {
        pem = true;

        if (!key_path(name, path, ".pem", error)) {
            return false;
        }

        taken = dnssec_file_read(&file, name, why);

        if (!taken && why[0] == '\0' && errno == ENOENT) {
            return dnssec_fail(error, "%.200s: there is neither .private nor "
                               ".pem of it", path);
        }
    }

    taken = taken ? key_parse_private(key, name, &file, pem, error)
                  : key_fail(error, name, why);

    dnssec_file_free(&file);

    return taken;
}


static bool
key_parse_private(dnssec_key_t *key, const char *name,
    const dnssec_file_t *file, bool pem, char error[DNSSEC_ERROR_MAX])
{
    bool      taken;
    char      why[DNSSEC_ERROR_MAX];
    uint8_t   algorithm, *secret;

    secret = OPENSSL_secure_zalloc(DNSSEC_SECRET_LEN);

    if (secret == NULL) {
        return key_fail(error, name, "no memory");
    }

    key->exposed = file->exposed;

    taken = pem ? dnssec_pem_parse(secret, &algorithm, file->text, file->len,
                                   why)
                : dnssec_private_parse(secret, &algorithm, file->text, why);

    if (taken && algorithm != dnssec_key_algorithm(key)) {
        taken = dnssec_fail(why, "is of another algorithm than the DNSKEY");
    }

    if (taken && !key_make(key, secret)) {
        taken = dnssec_fail(why, "is not the private key of the DNSKEY");
    }

    OPENSSL_secure_clear_free(secret, DNSSEC_SECRET_LEN);

    return taken || key_fail(error, name, why);
}


/* False also where the two are no pair. */
static bool
key_make(dnssec_key_t *key, const uint8_t secret[DNSSEC_SECRET_LEN])
{
    bool           made;
    const EVP_MD  *digest;

    if (dnssec_key_algorithm(key) == DNSSEC_ED25519) {
        digest = NULL;
        key->pkey = ed25519_private(secret);

    } else {
        digest = EVP_sha256();
        key->pkey = p256_private(secret);
    }

    key->begun = EVP_MD_CTX_new();

    made = key->pkey != NULL
           && key->begun != NULL
           && key_is_pair(key)
           && EVP_DigestSignInit(key->begun, NULL, digest, NULL, key->pkey)
              == 1;

    ERR_clear_error();

    return made;
}


static EVP_PKEY *
p256_private(const uint8_t secret[DNSSEC_SECRET_LEN])
{
    uint8_t         der[sizeof(p256_head) + DNSSEC_SECRET_LEN
                        + sizeof(p256_tail)];
    EVP_PKEY       *pkey;
    const uint8_t  *at;

    memcpy(der, p256_head, sizeof(p256_head));
    memcpy(der + sizeof(p256_head), secret, DNSSEC_SECRET_LEN);
    memcpy(der + sizeof(p256_head) + DNSSEC_SECRET_LEN, p256_tail,
           sizeof(p256_tail));

    at = der;
    pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, sizeof(der));

    OPENSSL_cleanse(der, sizeof(der));

    return pkey;
}


/* OpenSSL keeps what it is given as bytes outside of its secure heap, and a
 * copy of that key in it. */
static EVP_PKEY *
ed25519_private(const uint8_t secret[DNSSEC_SECRET_LEN])
{
    EVP_PKEY  *given, *kept = NULL;

    given = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret,
                                         DNSSEC_SECRET_LEN);

    if (given != NULL) {
        kept = EVP_PKEY_dup(given);
    }

    EVP_PKEY_free(given);               /* which cleanses it */

    return kept;
}


/* Whether the public key that belongs to the private one is the DNSKEY's. */
static bool
key_is_pair(const dnssec_key_t *key)
{
    size_t          len;
    uint8_t         made[P256_SPKI_LEN], *at;
    dnssec_span_t   rdata;

    rdata = dnssec_key_rdata(key);

    if (dnssec_key_algorithm(key) == DNSSEC_ED25519) {
        len = sizeof(made);

        return EVP_PKEY_get_raw_public_key(key->pkey, made, &len) == 1
               && len == rdata.len - 4
               && memcmp(made, rdata.data + 4, len) == 0;
    }

    if (i2d_PUBKEY(key->pkey, NULL) != P256_SPKI_LEN) {
        return false;
    }

    at = made;

    return i2d_PUBKEY(key->pkey, &at) == P256_SPKI_LEN
           && memcmp(made + P256_SPKI_LEN - 64, rdata.data + 4, 64) == 0;
}


/* The base name may come with the ending of either file. */
static bool
key_path(char *file, const char *path, const char *ending,
    char error[DNSSEC_ERROR_MAX])
{
    int                 n;
    size_t              i, len, end;
    static const char  *endings[] = { ".key", ".private", ".pem" };

    len = strlen(path);

    for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        end = strlen(endings[i]);

        if (len > end && strcmp(path + len - end, endings[i]) == 0) {
            len -= end;
            break;
        }
    }

    n = (len < PATH_LEN_MAX)
        ? snprintf(file, PATH_LEN_MAX, "%.*s%s", (int) len, path, ending)
        : PATH_LEN_MAX;

    return n < PATH_LEN_MAX || dnssec_fail(error, "the path is too long");
}


static bool
key_fail(char error[DNSSEC_ERROR_MAX], const char *name, const char *why)
{
    return dnssec_fail(error, "%.120s: %.120s", name,
                       why[0] != '\0' ? why : strerror(errno));
}


dnssec_span_t
dnssec_key_zone(const dnssec_key_t *key)
{
    return (dnssec_span_t) { key->dnskey.zone, key->dnskey.zone_len };
}


dnssec_span_t
dnssec_key_rdata(const dnssec_key_t *key)
{
    return (dnssec_span_t) { key->dnskey.rdata, key->dnskey.rdata_len };
}


uint16_t
dnssec_key_flags(const dnssec_key_t *key)
{
    return (uint16_t) (key->dnskey.rdata[0] << 8 | key->dnskey.rdata[1]);
}


uint8_t
dnssec_key_algorithm(const dnssec_key_t *key)
{
    return key->dnskey.rdata[3];
}


uint16_t
dnssec_key_tag(const dnssec_key_t *key)
{
    return key->tag;
}


bool
dnssec_key_exposed(const dnssec_key_t *key)
{
    return key->exposed;
}


/* RFC 4034 appendix B: a sum of 16-bit words with one fold of the carry. */
uint16_t
dnssec_tag(dnssec_span_t rdata)
{
    size_t    i;
    uint32_t  sum;

    sum = 0;

    for (i = 0; i < rdata.len; i++) {
        sum += (i & 1) ? rdata.data[i] : (uint32_t) rdata.data[i] << 8;
    }

    return (uint16_t) (sum + (sum >> 16));
}


bool
dnssec_ds_digest(dnssec_span_t zone, dnssec_span_t rdata, uint8_t digest[32])
{
    bool         made;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();

    made = ctx != NULL
           && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
           && EVP_DigestUpdate(ctx, zone.data, zone.len) == 1
           && EVP_DigestUpdate(ctx, rdata.data, rdata.len) == 1
           && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    return made;
}


bool
dnssec_key_sign(const dnssec_key_t *key, const uint8_t *data, size_t len,
    uint8_t signature[DNSSEC_SIGNATURE_LEN])
{
    bool         made;
    size_t       n;
    uint8_t      out[P256_DER_MAX];
    EVP_MD_CTX  *ctx;

    n = sizeof(out);
    ctx = EVP_MD_CTX_new();

    made = ctx != NULL
           && EVP_MD_CTX_copy_ex(ctx, key->begun) == 1
           && EVP_DigestSign(ctx, out, &n, data, len) == 1;

    if (made && dnssec_key_algorithm(key) == DNSSEC_ECDSAP256SHA256) {
        made = p256_flatten(signature, out, n);

    } else if (made) {
        made = (n == DNSSEC_SIGNATURE_LEN);
        memcpy(signature, out, DNSSEC_SIGNATURE_LEN);
    }

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    return made;
}


/* RFC 6605 4: r and s, each padded to 32 bytes. */
static bool
p256_flatten(uint8_t signature[DNSSEC_SIGNATURE_LEN], const uint8_t *der,
    size_t len)
{
    bool        made;
    ECDSA_SIG  *pair;

    pair = d2i_ECDSA_SIG(NULL, &der, (long) len);

    made = pair != NULL
           && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32) == 32
           && BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32) == 32;

    ECDSA_SIG_free(pair);

    return made;
}
