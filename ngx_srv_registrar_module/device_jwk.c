
/*
 * A device's own public key, as a JWK (RFC 7517; EC: RFC 7518 6.2; OKP:
 * RFC 8037 2).  Enters: members of hostile JSON.  Leaves: a key that can be
 * verified with, in the store's form, or a refusal that names the member.
 *
 * Always: a key that leaves here is a point of the curve, in its one encoding,
 * and no small-order point, under which some signature would fit every
 * message.  OpenSSL checks P-256 points on decoding; it takes any 32 bytes
 * for an Ed25519 key, so those are checked here.
 */

#include "device_key.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <string.h>

#include "device_field.h"


#define DEVICE_COORDINATE_LEN   32
#define DEVICE_COORDINATE_TEXT  43   /* of 32 bytes in base64url */


/* p = 2^255 - 19 and d of edwards25519 (RFC 8032 5.1). */
static const char  device_jwk_p[] =
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
static const char  device_jwk_d[] =
    "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

/* The y coordinates of the eight points whose order divides the cofactor;
 * little-endian, without the sign of x. */
static const uint8_t  device_jwk_small_order[][DEVICE_COORDINATE_LEN] = {
    { 0 },
    { 1 },
    { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
    { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
      0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
      0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
      0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
    { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f,
      0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
      0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6,
      0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a }
};


static device_reason_t device_jwk_ed25519(store_device_key_t *key,
    const char *crv, const char *x, const char *y, device_error_t *error);
static device_reason_t device_jwk_p256(store_device_key_t *key,
    const char *crv, const char *x, const char *y, device_error_t *error);
static device_reason_t device_jwk_curve(const char *crv, const char *wanted,
    device_error_t *error);
static device_reason_t device_jwk_coordinate(
    uint8_t out[DEVICE_COORDINATE_LEN], const char *member, const char *text,
    device_error_t *error);
static bool device_jwk_small(const uint8_t y[DEVICE_COORDINATE_LEN]);
static bool device_jwk_on_edwards(const uint8_t y[DEVICE_COORDINATE_LEN],
    bool *on_curve);


device_reason_t
device_key_from_jwk(store_device_key_t *key, const char *kty,
    const char *crv, const char *x, const char *y, const char *d,
    device_error_t *error)
{
    /* whoever sends us a private key has lost it: it must not become the
     * device's */

    if (d != NULL) {
        return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID,
                             "public_key.d", "this is a private key");
    }

    if (kty == NULL) {
        return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID,
                             "public_key.kty", "kty is missing");
    }

    if (strcmp(kty, "OKP") == 0) {
        return device_jwk_ed25519(key, crv, x, y, error);
    }

    if (strcmp(kty, "EC") == 0) {
        return device_jwk_p256(key, crv, x, y, error);
    }

    return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID, "public_key.kty",
                         "kty must be \"OKP\" or \"EC\", not \"%s\"", kty);
}


/* key is written at the end only: a refused one leaves it as it was. */
static device_reason_t
device_jwk_ed25519(store_device_key_t *key, const char *crv, const char *x,
    const char *y, device_error_t *error)
{
    bool             on_curve;
    uint8_t          public_key[DEVICE_COORDINATE_LEN];
    device_reason_t  reason;

    reason = device_jwk_curve(crv, "Ed25519", error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    if (y != NULL) {
        return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID,
                             "public_key.y", "a key of type OKP has no y");
    }

    reason = device_jwk_coordinate(public_key, "public_key.x", x, error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    if (!device_jwk_on_edwards(public_key, &on_curve)) {
        return device_refuse(error, DEVICE_INTERNAL, NULL, "no memory");
    }

    if (!on_curve || device_jwk_small(public_key)) {
        return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID,
                             "public_key.x", "not a usable Ed25519 key");
    }

    key->algorithm = STORE_ED25519;
    key->public_key_len = DEVICE_COORDINATE_LEN;
    memcpy(key->public_key, public_key, DEVICE_COORDINATE_LEN);

    return DEVICE_OK;
}


static device_reason_t
device_jwk_p256(store_device_key_t *key, const char *crv, const char *x,
    const char *y, device_error_t *error)
{
    uint8_t          point[2 * DEVICE_COORDINATE_LEN];
    device_reason_t  reason;

    reason = device_jwk_curve(crv, "P-256", error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = device_jwk_coordinate(point, "public_key.x", x, error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = device_jwk_coordinate(point + DEVICE_COORDINATE_LEN,
                                   "public_key.y", y, error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    if (!device_key_p256_valid(point)) {
        return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID,
                             "public_key.x", "x and y are no point of P-256");
    }

    key->algorithm = STORE_ECDSA_P256_SHA256;
    key->public_key_len = sizeof(point);
    memcpy(key->public_key, point, sizeof(point));

    return DEVICE_OK;
}


static device_reason_t
device_jwk_curve(const char *crv, const char *wanted, device_error_t *error)
{
    if (crv == NULL) {
        return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID,
                             "public_key.crv", "crv is missing");
    }

    if (strcmp(crv, wanted) != 0) {
        return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID,
                             "public_key.crv",
                             "crv must be \"%s\", not \"%s\"", wanted, crv);
    }

    return DEVICE_OK;
}


/* Base64url without padding (RFC 7515 2), in its one canonical form: goes
 * through the strict decoder of plain base64. */
static device_reason_t
device_jwk_coordinate(uint8_t out[DEVICE_COORDINATE_LEN], const char *member,
    const char *text, device_error_t *error)
{
    size_t        i, len;
    uint8_t       base64[DEVICE_COORDINATE_TEXT + 1];
    store_span_t  span;

    if (text == NULL) {
        return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID, member,
                             "it is missing");
    }

    span.data = base64;
    span.len = sizeof(base64);
    len = DEVICE_COORDINATE_LEN;

    if (strlen(text) == DEVICE_COORDINATE_TEXT
        && strpbrk(text, "+/=") == NULL)
    {
        for (i = 0; i < DEVICE_COORDINATE_TEXT; i++) {
            base64[i] = (uint8_t) (text[i] == '-' ? '+'
                                   : text[i] == '_' ? '/' : text[i]);
        }

        base64[i] = '=';

        if (device_field_decode(span, out, &len)
            && len == DEVICE_COORDINATE_LEN)
        {
            return DEVICE_OK;
        }
    }

    return device_refuse(error, DEVICE_PUBLIC_KEY_INVALID, member,
                         "must be 32 bytes in base64url without padding");
}


/* Under such a key R = [s]B is a valid signature of one message in eight, or
 * of all: whoever enrolled it could say that he never signed. */
static bool
device_jwk_small(const uint8_t y[DEVICE_COORDINATE_LEN])
{
    size_t   i;
    uint8_t  bare[DEVICE_COORDINATE_LEN];

    memcpy(bare, y, sizeof(bare));
    bare[DEVICE_COORDINATE_LEN - 1] &= 0x7f;

    for (i = 0;
         i < sizeof(device_jwk_small_order) / sizeof(bare);
         i++)
    {
        if (memcmp(device_jwk_small_order[i], bare, sizeof(bare)) == 0) {
            return true;
        }
    }

    return false;
}


/*
 * RFC 8032 5.1.3: y below p, and x^2 = (y^2 - 1) / (d y^2 + 1) a square.  The
 * denominator is never zero; u / v is a square where u v is.
 * False for want of memory.
 */
static bool
device_jwk_on_edwards(const uint8_t encoded[DEVICE_COORDINATE_LEN],
    bool *on_curve)
{
    int       symbol;
    bool      done;
    size_t    i;
    BIGNUM   *p, *d, *y, *u, *v;
    BN_CTX   *ctx;
    uint8_t   bytes[DEVICE_COORDINATE_LEN];

    for (i = 0; i < DEVICE_COORDINATE_LEN; i++) {
        bytes[i] = encoded[DEVICE_COORDINATE_LEN - 1 - i];
    }

    bytes[0] &= 0x7f;

    p = NULL;
    d = NULL;
    done = false;
    *on_curve = false;

    ctx = BN_CTX_new();
    y = BN_bin2bn(bytes, sizeof(bytes), NULL);
    u = BN_new();
    v = BN_new();

    if (ctx != NULL && y != NULL && u != NULL && v != NULL
        && BN_hex2bn(&p, device_jwk_p) != 0
        && BN_hex2bn(&d, device_jwk_d) != 0
        && BN_mod_sqr(u, y, p, ctx) == 1
        && BN_mod_mul(v, u, d, p, ctx) == 1
        && BN_sub_word(u, 1) == 1
        && BN_add_word(v, 1) == 1
        && BN_mod_mul(u, u, v, p, ctx) == 1)
    {
        symbol = BN_kronecker(u, p, ctx);

        /* -2 is its failure */
        done = (symbol != -2);
        *on_curve = (symbol == 0 || symbol == 1) && BN_cmp(y, p) < 0;
    }

    BN_free(p);
    BN_free(d);
    BN_free(y);
    BN_free(u);
    BN_free(v);
    BN_CTX_free(ctx);
    ERR_clear_error();

    return done;
}
