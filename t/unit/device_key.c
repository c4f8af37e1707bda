/* units: ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_jwk.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * Secrets, derivation, verification and JWKs.  The derivation's vectors were
 * computed by another program (Python's hmac and cryptography) and stand in
 * docs/http-api.md; the signatures are those of RFC 9421 B.2.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "device_field.h"
#include "device_key.h"


#define SPAN(text)  { (const uint8_t *) (text), sizeof(text) - 1 }

#define FQDN  "8be376ddb1c07aa7cce0794b8ba66cfd.devices.example.net"

#define NAME_HEX  "000102030405060708090a0b0c0d0e0f"                          \
                  "101112131415161718191a1b1c1d1e1f"
#define KEY_HEX   "202122232425262728292a2b2c2d2e2f"                          \
                  "303132333435363738393A3B3C3D3E3F"


static const uint8_t  derived[DEVICE_KEY_LEN] = {
    0xcf, 0x81, 0xf1, 0x36, 0xee, 0xd7, 0x16, 0xaa,
    0x22, 0x98, 0xa7, 0xdd, 0x87, 0xf8, 0x9c, 0x5e,
    0x14, 0x38, 0x5f, 0x74, 0xb9, 0x59, 0xc3, 0x62,
    0x5a, 0x39, 0xd4, 0xe6, 0x69, 0x06, 0x82, 0xdb
};


static store_span_t
span(const char *text)
{
    store_span_t  made;

    made.data = (const uint8_t *) text;
    made.len = strlen(text);

    return made;
}


static void
count_up(uint8_t *bytes, size_t len, uint8_t from)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        bytes[i] = (uint8_t) (from + i);
    }
}


typedef struct {
    store_span_t  text;
    const char   *detail;            /* NULL: taken */
} secrets_case_t;

static const secrets_case_t  secrets_files[] = {
    { SPAN("name " NAME_HEX "\nkey 1 " KEY_HEX "\n"), NULL },
    { SPAN("# all\r\n\r\n  key\t1  " KEY_HEX " # first\r\nname " NAME_HEX),
      NULL },
    { SPAN("key 65535 " KEY_HEX "\nname " NAME_HEX "\nkey 7 " NAME_HEX),
      NULL },

    { SPAN(""), "there is no name secret" },
    { SPAN("key 1 " KEY_HEX "\n"), "there is no name secret" },
    { SPAN("name " NAME_HEX "\n"), "there is no key secret" },
    { SPAN("name " NAME_HEX "\nname " NAME_HEX "\nkey 1 " KEY_HEX),
      "line 2: a second name secret" },
    { SPAN("name " NAME_HEX "\nkey 1 " KEY_HEX "\n\nkey 1 " NAME_HEX),
      "line 4: a second key secret of this number" },
    { SPAN("name " NAME_HEX "\nkey 0 " KEY_HEX),
      "line 2: the number of a key secret must be 1 to 65535" },
    { SPAN("key 65536 " KEY_HEX),
      "line 1: the number of a key secret must be 1 to 65535" },
    { SPAN("key 01 " KEY_HEX),
      "line 1: the number of a key secret must be 1 to 65535" },
    { SPAN("key -1 " KEY_HEX),
      "line 1: the number of a key secret must be 1 to 65535" },
    { SPAN("key 1 " KEY_HEX "0"),
      "line 1: the secret must have 64 hex digits" },
    { SPAN("name 0" NAME_HEX), "line 1: the secret must have 64 hex digits" },
    { SPAN("name g00102030405060708090a0b0c0d0e0f"
           "101112131415161718191a1b1c1d1e1f"),
      "line 1: the secret must have 64 hex digits" },
    { SPAN("name " NAME_HEX " x"),
      "line 1: must be \"name <64 hex digits>\" or"
      " \"key <number> <64 hex digits>\"" },
    { SPAN("\n\nnames " NAME_HEX),
      "line 3: must be \"name <64 hex digits>\" or"
      " \"key <number> <64 hex digits>\"" },
    { SPAN("key 1 2 " KEY_HEX),
      "line 1: must be \"name <64 hex digits>\" or"
      " \"key <number> <64 hex digits>\"" },
    { SPAN("\0"), "line 1: must be \"name <64 hex digits>\" or"
                  " \"key <number> <64 hex digits>\"" },
};


static void
secrets_file_is_checked(void **state)
{
    bool              ok;
    size_t            i;
    device_error_t    error;
    device_secrets_t  secrets, zero;

    (void) state;
    memset(&zero, 0, sizeof(zero));

    for (i = 0; i < sizeof(secrets_files) / sizeof(secrets_files[0]); i++) {
        ok = device_secrets_parse(&secrets, secrets_files[i].text, &error);

        if (ok != (secrets_files[i].detail == NULL)) {
            fail_msg("%s: %d", (const char *) secrets_files[i].text.data, ok);
        }

        if (!ok) {
            assert_string_equal(error.detail, secrets_files[i].detail);
            assert_memory_equal(&secrets, &zero, sizeof(zero));
        }
    }
}


static void
secrets_are_found_by_number(void **state)
{
    uint8_t           name[DEVICE_SECRET_LEN], key[DEVICE_SECRET_LEN];
    device_error_t    error;
    device_secrets_t  secrets;

    (void) state;
    count_up(name, sizeof(name), 0x00);
    count_up(key, sizeof(key), 0x20);

    assert_true(device_secrets_parse(&secrets, secrets_files[2].text,
                                     &error));
    assert_int_equal(secrets.nkeys, 2);
    assert_int_equal(secrets.newest, 0);
    assert_memory_equal(secrets.name, name, sizeof(name));
    assert_memory_equal(device_secrets_find(&secrets, 65535), key,
                        sizeof(key));
    assert_memory_equal(device_secrets_find(&secrets, 7), name, sizeof(name));
    assert_null(device_secrets_find(&secrets, 8));
}


static void
too_many_secrets_are_refused(void **state)
{
    int               i, at;
    char              text[4096];
    device_error_t    error;
    device_secrets_t  secrets;

    (void) state;

    at = snprintf(text, sizeof(text), "name %s\n", NAME_HEX);

    for (i = 1; i <= DEVICE_SECRETS_MAX; i++) {
        at += snprintf(text + at, sizeof(text) - (size_t) at, "key %d %s\n",
                       i, KEY_HEX);
    }

    assert_true(device_secrets_parse(&secrets, span(text), &error));
    assert_int_equal(secrets.newest, DEVICE_SECRETS_MAX - 1);

    snprintf(text + at, sizeof(text) - (size_t) at, "key 99 %s\n", KEY_HEX);

    assert_false(device_secrets_parse(&secrets, span(text), &error));
    assert_string_equal(error.detail, "line 18: too many key secrets");
}


static void
key_and_keyid_are_the_vectors(void **state)
{
    char     keyid[DEVICE_KEYID_MAX + 1], text[44], longest[256];
    uint8_t  secret[32], generation[16], key[DEVICE_KEY_LEN];

    (void) state;
    count_up(secret, sizeof(secret), 0x20);
    count_up(generation, sizeof(generation), 0x40);

    assert_true(device_keyid_write(keyid, FQDN, generation));
    assert_string_equal(keyid, FQDN "/ba22b7dc");

    assert_true(device_key_derive(key, secret, generation, FQDN));
    assert_memory_equal(key, derived, sizeof(derived));

    device_base64url_write(text, key, sizeof(key));
    assert_string_equal(text, "z4HxNu7XFqoimKfdh_icXhQ4X3S5WcNiWjnU5mkGgts");

    /* a name of 253 fits, one of 254 is none */
    memset(longest, 'a', sizeof(longest));
    longest[253] = '\0';
    assert_true(device_keyid_write(keyid, longest, generation));
    assert_int_equal(strlen(keyid), DEVICE_KEYID_MAX);
    longest[253] = 'a';
    longest[254] = '\0';
    assert_false(device_keyid_write(keyid, longest, generation));
}


typedef struct {
    const char  *keyid;
    const char  *fqdn;               /* NULL: refused */
} keyid_case_t;

#define L63  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const keyid_case_t  keyids[] = {
    { "a.b/01234567", "a.b" },
    { "A-1.Dev_x.EXAMPLE/89abcdef", "a-1.dev_x.example" },
    { L63 "." L63 "." L63 "." "a" "/01234567", L63 "." L63 "." L63 ".a" },
    { L63 "." L63 "." L63 "."
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "/01234567",
      L63 "." L63 "." L63 "."
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    { L63 "." L63 "." L63 "."
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "/01234567", NULL },
    { "a" L63 ".b/01234567", NULL },
    { "", NULL },
    { "/01234567", NULL },
    { "a/01234567", NULL },
    { ".a/01234567", NULL },
    { "a./01234567", NULL },
    { "a.b./01234567", NULL },
    { "a..b/01234567", NULL },
    { "-a.b/01234567", NULL },
    { "a-.b/01234567", NULL },
    { "a.b-/01234567", NULL },
    { "a.-b/01234567", NULL },
    { "a.b/0123456", NULL },
    { "a.b/012345678", NULL },
    { "a.b/0123456A", NULL },
    { "a.b/0123456g", NULL },
    { "a.b01234567", NULL },
    { "a.b/c/01234567", NULL },
    { "a b.c/01234567", NULL },
    { "a.*/01234567", NULL },
    { "a\\.b.c/01234567", NULL },
};


static void
keyid_is_taken_apart(void **state)
{
    bool     ok;
    char     fqdn[254];
    size_t   i;
    uint8_t  tag[4];

    (void) state;

    for (i = 0; i < sizeof(keyids) / sizeof(keyids[0]); i++) {
        memset(tag, 0x77, sizeof(tag));
        ok = device_keyid_parse(fqdn, tag, span(keyids[i].keyid));

        if (ok != (keyids[i].fqdn != NULL)) {
            fail_msg("%s: %d", keyids[i].keyid, ok);
        }

        if (ok) {
            assert_string_equal(fqdn, keyids[i].fqdn);
            assert_memory_equal(tag, i == 1 ? "\x89\xab\xcd\xef"
                                            : "\x01\x23\x45\x67", 4);

        } else {
            assert_memory_equal(tag, "\x77\x77\x77\x77", 4);
        }
    }
}


static void
generations_differ(void **state)
{
    uint8_t  one[STORE_GENERATION_LEN], two[STORE_GENERATION_LEN];

    (void) state;

    assert_true(device_generation_make(one));
    assert_true(device_generation_make(two));
    assert_memory_not_equal(one, two, sizeof(one));
}


static void
base64url_has_no_padding(void **state)
{
    char  text[8];

    (void) state;

    device_base64url_write(text, (const uint8_t *) "", 0);
    assert_string_equal(text, "");
    device_base64url_write(text, (const uint8_t *) "\xfb", 1);
    assert_string_equal(text, "-w");
    device_base64url_write(text, (const uint8_t *) "\xff\xff", 2);
    assert_string_equal(text, "__8");
    device_base64url_write(text, (const uint8_t *) "foo", 3);
    assert_string_equal(text, "Zm9v");
}


/* RFC 9421 B.2.4, a response's. */
static const char  p256_base[] =
    "\"@status\": 200\n"
    "\"content-type\": application/json\n"
    "\"content-digest\": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41Q"
    "JgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n"
    "\"content-length\": 23\n"
    "\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\""
    " \"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"";

/* B.2.6 */
static const char  ed25519_base[] =
    "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
    "\"@method\": POST\n"
    "\"@path\": /foo\n"
    "\"@authority\": example.com\n"
    "\"content-type\": application/json\n"
    "\"content-length\": 18\n"
    "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\""
    " \"content-type\" \"content-length\");created=1618884473"
    ";keyid=\"test-key-ed25519\"";

/* The example request of docs/http-api.md. */
static const char  hmac_base[] =
    "\"@method\": PUT\n"
    "\"@authority\": registrar.example.net\n"
    "\"@path\": /v1/records\n"
    "\"content-digest\": "
    "sha-256=:DdBHgZ6gjeMZmahiBt8Vhoxqj07MWYzDKYdsnwdm1Xo=:\n"
    "\"@signature-params\": (\"@method\" \"@authority\" \"@path\""
    " \"content-digest\");created=1790000000;keyid=\"" FQDN "/ba22b7dc\""
    ";alg=\"hmac-sha256\"";


typedef struct {
    store_device_key_t  key;
    device_secrets_t    secrets;
    store_span_t        base;
    uint8_t             signature[64];
    size_t              len;
} vector_t;


static void
vector_make(vector_t *vector, uint8_t algorithm)
{
    store_span_t     text;
    device_error_t   error;
    device_reason_t  reason;

    static const char  *const signatures[] = {
        NULL,
        "3hp5eE+qpXnniTztFCb0cd0zuga5vgBPIrtJLI3lT/I=",
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w"
        "6vuQv5lIp5WPpBKRCw==",
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5e"
        "CdlYUEkLIj+32oiasw==",
    };

    memset(vector, 0, sizeof(*vector));
    vector->key.algorithm = algorithm;
    reason = DEVICE_OK;

    switch (algorithm) {

    case STORE_HMAC_SHA256:
        vector->key.secret = 1;
        count_up(vector->key.generation, STORE_GENERATION_LEN, 0x40);
        vector->base = span(hmac_base);
        break;

    case STORE_ED25519:
        reason = device_key_from_jwk(&vector->key, "OKP", "Ed25519",
            "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs", NULL, NULL,
            &error);
        vector->base = span(ed25519_base);
        break;

    default:
        reason = device_key_from_jwk(&vector->key, "EC", "P-256",
            "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA",
            "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0", NULL, &error);
        vector->base = span(p256_base);
    }

    assert_int_equal(reason, DEVICE_OK);
    assert_int_equal(vector->key.algorithm, algorithm);

    assert_true(device_secrets_parse(&vector->secrets, secrets_files[0].text,
                                     &error));

    text = span(signatures[algorithm]);
    vector->len = sizeof(vector->signature);
    assert_true(device_field_decode(text, vector->signature, &vector->len));
}


static device_reason_t
vector_verify(vector_t *vector)
{
    uint8_t          *copy;
    store_span_t      signature;
    device_reason_t   reason;

    copy = malloc(vector->len == 0 ? 1 : vector->len);
    assert_non_null(copy);
    memcpy(copy, vector->signature, vector->len);
    signature.data = copy;
    signature.len = vector->len;

    reason = device_key_verify(&vector->key, &vector->secrets, FQDN,
                               vector->base, signature);
    free(copy);

    return reason;
}


static void
vectors_verify_and_nothing_else_does(void **state)
{
    size_t    bit;
    uint8_t   algorithm;
    vector_t  vector;

    (void) state;

    for (algorithm = 1; algorithm <= 3; algorithm++) {
        vector_make(&vector, algorithm);
        assert_int_equal(vector_verify(&vector), DEVICE_OK);

        for (bit = 0; bit < vector.len * 8; bit++) {
            vector.signature[bit / 8] ^= (uint8_t) (1 << bit % 8);
            assert_int_equal(vector_verify(&vector),
                             DEVICE_SIGNATURE_INVALID);
            vector.signature[bit / 8] ^= (uint8_t) (1 << bit % 8);
        }

        vector.base.len--;
        assert_int_equal(vector_verify(&vector), DEVICE_SIGNATURE_INVALID);
        vector.base.len++;

        vector.len--;
        assert_int_equal(vector_verify(&vector), DEVICE_SIGNATURE_INVALID);
        vector.len = 0;
        assert_int_equal(vector_verify(&vector), DEVICE_SIGNATURE_INVALID);

        /* an HMAC with something behind it */
        vector.len = 33;
        assert_int_equal(vector_verify(&vector), DEVICE_SIGNATURE_INVALID);

        vector.len = 64;
        memset(vector.signature, 0, sizeof(vector.signature));
        assert_int_equal(vector_verify(&vector), DEVICE_SIGNATURE_INVALID);
        memset(vector.signature, 0xff, sizeof(vector.signature));
        assert_int_equal(vector_verify(&vector), DEVICE_SIGNATURE_INVALID);
    }
}


/* The stored key decides: no signature passes as another algorithm's. */
static void
algorithms_do_not_mix(void **state)
{
    uint8_t   made, stored;
    vector_t  vector, other;

    (void) state;

    for (made = 1; made <= 3; made++) {
        for (stored = 1; stored <= 3; stored++) {
            if (made == stored) {
                continue;
            }

            vector_make(&vector, made);
            vector_make(&other, stored);
            vector.key = other.key;

            assert_int_equal(vector_verify(&vector),
                             DEVICE_SIGNATURE_INVALID);
        }
    }
}


static void
verification_fails_closed(void **state)
{
    vector_t  vector;

    (void) state;

    vector_make(&vector, STORE_HMAC_SHA256);
    vector.key.secret = 2;
    assert_int_equal(vector_verify(&vector), DEVICE_SECRET_UNAVAILABLE);
    vector.key.secret = 1;
    vector.key.generation[0] ^= 1;
    assert_int_equal(vector_verify(&vector), DEVICE_SIGNATURE_INVALID);
    vector.key.algorithm = 0;
    assert_int_equal(vector_verify(&vector), DEVICE_INTERNAL);
    vector.key.algorithm = 4;
    assert_int_equal(vector_verify(&vector), DEVICE_INTERNAL);

    vector_make(&vector, STORE_ED25519);
    vector.key.public_key_len = 0;
    assert_int_equal(vector_verify(&vector), DEVICE_INTERNAL);

    vector_make(&vector, STORE_ECDSA_P256_SHA256);
    vector.key.public_key[0] ^= 1;
    assert_int_equal(vector_verify(&vector), DEVICE_INTERNAL);
}


static void
algorithms_have_names(void **state)
{
    (void) state;

    assert_string_equal(device_algorithm_name(1), "hmac-sha256");
    assert_string_equal(device_algorithm_name(2), "ed25519");
    assert_string_equal(device_algorithm_name(3), "ecdsa-p256-sha256");
    assert_null(device_algorithm_name(0));
    assert_null(device_algorithm_name(4));
}


#define ED_X  "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"
#define EC_X  "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA"
#define EC_Y  "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0"
#define ZERO  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

typedef struct {
    const char  *kty, *crv, *x, *y, *d;
    const char  *member;             /* NULL: taken */
} jwk_case_t;

static const jwk_case_t  jwks[] = {
    { "OKP", "Ed25519", ED_X, NULL, NULL, NULL },
    { "EC", "P-256", EC_X, EC_Y, NULL, NULL },

    { NULL, "Ed25519", ED_X, NULL, NULL, "public_key.kty" },
    { "oct", NULL, NULL, NULL, NULL, "public_key.kty" },
    { "okp", "Ed25519", ED_X, NULL, NULL, "public_key.kty" },
    { "OKP", NULL, ED_X, NULL, NULL, "public_key.crv" },
    { "OKP", "X25519", ED_X, NULL, NULL, "public_key.crv" },
    { "OKP", "P-256", ED_X, NULL, NULL, "public_key.crv" },
    { "EC", "secp256k1", EC_X, EC_Y, NULL, "public_key.crv" },
    { "EC", "Ed25519", EC_X, EC_Y, NULL, "public_key.crv" },
    { "OKP", "Ed25519", ED_X, NULL, ED_X, "public_key.d" },
    { "EC", "P-256", EC_X, EC_Y, "", "public_key.d" },
    { "OKP", "Ed25519", ED_X, EC_Y, NULL, "public_key.y" },
    { "OKP", "Ed25519", NULL, NULL, NULL, "public_key.x" },
    { "EC", "P-256", NULL, EC_Y, NULL, "public_key.x" },
    { "EC", "P-256", EC_X, NULL, NULL, "public_key.y" },

    /* not the one base64url of 32 bytes */
    { "OKP", "Ed25519", ED_X "=", NULL, NULL, "public_key.x" },
    { "OKP", "Ed25519", "", NULL, NULL, "public_key.x" },
    { "OKP", "Ed25519", "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs", NULL,
      NULL, "public_key.x" },
    { "OKP", "Ed25519", "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bt", NULL,
      NULL, "public_key.x" },
    { "OKP", "Ed25519", " rQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs", NULL,
      NULL, "public_key.x" },
    { "EC", "P-256", EC_X, EC_Y "A", NULL, "public_key.y" },

    /* not on the curve; the last one y = 2 of Ed25519 */
    { "EC", "P-256", EC_X, EC_X, NULL, "public_key.x" },
    { "EC", "P-256", ZERO, ZERO, NULL, "public_key.x" },
    { "OKP", "Ed25519", "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL,
      NULL, "public_key.x" },

    /* small order: 0, 1, p - 1, both of order 8, with the sign of x */
    { "OKP", "Ed25519", ZERO, NULL, NULL, "public_key.x" },
    { "OKP", "Ed25519", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA", NULL,
      NULL, "public_key.x" },
    { "OKP", "Ed25519", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL,
      NULL, "public_key.x" },
    { "OKP", "Ed25519", "7P_______________________________________38", NULL,
      NULL, "public_key.x" },
    { "OKP", "Ed25519", "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU", NULL,
      NULL, "public_key.x" },
    { "OKP", "Ed25519", "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU", NULL,
      NULL, "public_key.x" },
    { "OKP", "Ed25519", "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o", NULL,
      NULL, "public_key.x" },

    /* y not below p: p (0 again), p + 3, 2^255 - 1 */
    { "OKP", "Ed25519", "7f_______________________________________38", NULL,
      NULL, "public_key.x" },
    { "OKP", "Ed25519", "8P_______________________________________38", NULL,
      NULL, "public_key.x" },
    { "OKP", "Ed25519", "__________________________________________8", NULL,
      NULL, "public_key.x" },
};


static void
jwk_is_checked(void **state)
{
    size_t              i;
    device_error_t      error;
    device_reason_t     reason;
    store_device_key_t  key, untouched;

    (void) state;
    memset(&untouched, 0x55, sizeof(untouched));

    for (i = 0; i < sizeof(jwks) / sizeof(jwks[0]); i++) {
        memset(&key, 0x55, sizeof(key));
        memset(&error, 0, sizeof(error));
        reason = device_key_from_jwk(&key, jwks[i].kty, jwks[i].crv,
                                     jwks[i].x, jwks[i].y, jwks[i].d, &error);

        if (jwks[i].member == NULL) {
            assert_int_equal(reason, DEVICE_OK);
            continue;
        }

        if (reason != DEVICE_PUBLIC_KEY_INVALID
            || strcmp(error.member, jwks[i].member) != 0)
        {
            fail_msg("JWK %zu: reason %d, \"%s\"", i, (int) reason,
                     error.member);
        }

        assert_int_equal(error.reason, reason);
        assert_memory_equal(&key, &untouched, sizeof(key));
    }
}


/* A text that is cut stays UTF-8. */
static void
refusals_are_cut_at_a_character(void **state)
{
    char            text[400];
    size_t          i, len;
    device_error_t  error;

    (void) state;

    for (i = 0; i < 8; i++) {
        memset(text, 'a', i);

        for (len = i; len < 390; len += 3) {
            memcpy(text + len, "\xe2\x82\xac", 4);
        }

        assert_int_equal(device_refuse(&error, DEVICE_NAME_INVALID, text,
                                       "%s", text), DEVICE_NAME_INVALID);

        len = strlen(error.detail);
        assert_true(len >= sizeof(error.detail) - 3);
        assert_int_equal((len - i) % 3, 0);

        len = strlen(error.member);
        assert_true(len >= sizeof(error.member) - 3);
        assert_int_equal((len - i) % 3, 0);
    }

    device_refuse(&error, DEVICE_NOT_FOUND, NULL, "%d", 7);
    assert_string_equal(error.member, "");
    assert_string_equal(error.detail, "7");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(secrets_file_is_checked),
        cmocka_unit_test(secrets_are_found_by_number),
        cmocka_unit_test(too_many_secrets_are_refused),
        cmocka_unit_test(key_and_keyid_are_the_vectors),
        cmocka_unit_test(keyid_is_taken_apart),
        cmocka_unit_test(generations_differ),
        cmocka_unit_test(base64url_has_no_padding),
        cmocka_unit_test(vectors_verify_and_nothing_else_does),
        cmocka_unit_test(algorithms_do_not_mix),
        cmocka_unit_test(verification_fails_closed),
        cmocka_unit_test(algorithms_have_names),
        cmocka_unit_test(jwk_is_checked),
        cmocka_unit_test(refusals_are_cut_at_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
