
/*
 * A private key as PEM, down to its 32 bytes.
 *
 * By hand: OpenSSL's readers of PEM and of PKCS #8 leave the key in memory
 * that they give back as it is.  What is no key of the algorithm is found out
 * when its public key is not the DNSKEY's.
 */

#include "dnssec_key_file.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>


#define DER_INTEGER    0x02
#define DER_OCTETS     0x04
#define DER_OID        0x06
#define DER_SEQUENCE   0x30


/* Bytes that are left to read. */
typedef struct {
    const uint8_t  *at;
    size_t          left;
} der_t;


/* 1.3.101.112 (RFC 8410 3), 1.2.840.10045.2.1 (RFC 5480 2.1.1). */
static const uint8_t  der_ed25519[] = { 0x2b, 0x65, 0x70 };
static const uint8_t  der_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1 };


static const char *pem_body(const char *text, size_t *len);
static size_t pem_decode(uint8_t *bytes, const char *body, size_t len);
static bool der_key(uint8_t secret[DNSSEC_SECRET_LEN], uint8_t *algorithm,
    der_t *der);
static bool der_secret(uint8_t secret[DNSSEC_SECRET_LEN], der_t *der);
static bool der_take(der_t *der, uint8_t tag, der_t *value);


bool
dnssec_pem_parse(uint8_t secret[DNSSEC_SECRET_LEN], uint8_t *algorithm,
    const char *text, size_t len, char error[DNSSEC_ERROR_MAX])
{
    bool         taken = false;
    uint8_t     *bytes;
    der_t        der;
    const char  *body;

    body = pem_body(text, &len);
    bytes = OPENSSL_secure_zalloc(len + 1);

    if (body != NULL && bytes != NULL) {
        der.at = bytes;
        der.left = pem_decode(bytes, body, len);
        taken = der_key(secret, algorithm, &der);
    }

    OPENSSL_secure_clear_free(bytes, len + 1);

    return taken
           || dnssec_fail(error, "holds no private key of P-256 or Ed25519 "
                          "that needs no password");
}


/* What stands between the two lines; NULL: they are not there. */
static const char *
pem_body(const char *text, size_t *len)
{
    const char  *begin, *end;

    static const char  first[] = "-----BEGIN PRIVATE KEY-----";

    begin = strstr(text, first);

    if (begin == NULL) {
        return NULL;
    }

    begin += sizeof(first) - 1;
    end = strstr(begin, "-----END PRIVATE KEY-----");

    if (end == NULL) {
        return NULL;
    }

    *len = (size_t) (end - begin);

    return begin;
}


/* Base64 with white space in it.  Padding adds zeros, which the DER's own
 * lengths leave out.  0 where it is none. */
static size_t
pem_decode(uint8_t *bytes, const char *body, size_t len)
{
    int      n = -1;
    char    *digits;
    size_t   i, k = 0;

    digits = OPENSSL_secure_zalloc(len + 1);

    if (digits == NULL) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (strchr(" \t\r\n", body[i]) == NULL) {
            digits[k++] = body[i];
        }
    }

    if (k != 0) {
        n = EVP_DecodeBlock(bytes, (const uint8_t *) digits, (int) k);
    }

    OPENSSL_secure_clear_free(digits, len + 1);

    return n < 0 ? 0 : (size_t) n;
}


/* PKCS #8 (RFC 5958 2) around a seed (RFC 8410 7) or an EC key (RFC 5915
 * 3). */
static bool
der_key(uint8_t secret[DNSSEC_SECRET_LEN], uint8_t *algorithm, der_t *der)
{
    der_t  key, version, kind, oid, inner;

    if (!der_take(der, DER_SEQUENCE, &key)
        || !der_take(&key, DER_INTEGER, &version)
        || !der_take(&key, DER_SEQUENCE, &kind)
        || !der_take(&kind, DER_OID, &oid)
        || !der_take(&key, DER_OCTETS, &inner))
    {
        return false;
    }

    if (oid.left == sizeof(der_ed25519)
        && memcmp(oid.at, der_ed25519, sizeof(der_ed25519)) == 0)
    {
        *algorithm = DNSSEC_ED25519;
        return der_secret(secret, &inner);
    }

    *algorithm = DNSSEC_ECDSAP256SHA256;

    return oid.left == sizeof(der_ec)
           && memcmp(oid.at, der_ec, sizeof(der_ec)) == 0
           && der_take(&inner, DER_SEQUENCE, &key)
           && der_take(&key, DER_INTEGER, &version)
           && der_secret(secret, &key);
}


/* 32 bytes, but a scalar may come with fewer or more zeros before it. */
static bool
der_secret(uint8_t secret[DNSSEC_SECRET_LEN], der_t *der)
{
    der_t  octets;

    if (!der_take(der, DER_OCTETS, &octets)) {
        return false;
    }

    for ( ; octets.left > DNSSEC_SECRET_LEN && *octets.at == 0; octets.at++) {
        octets.left--;
    }

    if (octets.left == 0 || octets.left > DNSSEC_SECRET_LEN) {
        return false;
    }

    memset(secret, 0, DNSSEC_SECRET_LEN - octets.left);
    memcpy(secret + DNSSEC_SECRET_LEN - octets.left, octets.at, octets.left);

    return true;
}


/* The next value where it has that tag; a key has less than 256 bytes. */
static bool
der_take(der_t *der, uint8_t tag, der_t *value)
{
    size_t  head, len;

    if (der->left < 2 || der->at[0] != tag) {
        return false;
    }

    head = 2;
    len = der->at[1];

    if (len == 0x81 && der->left > 2) {
        head = 3;
        len = der->at[2];
    }

    if (len > der->left - head || (head == 2 && len > 0x7f)) {
        return false;
    }

    value->at = der->at + head;
    value->left = len;
    der->at += head + len;
    der->left -= head + len;

    return true;
}
