/* units: ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_jwk.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * Keys: derivation, keyids and verification.  The derivation's vectors were
 * computed by another program (Python's hmac and cryptography) and stand in
 * docs/http-api.md; the signatures are those of RFC 9421 B.2.
 */

#include "device_text.h"
#include "device_field.h"
#include "device_key.h"


#define FQDN  "8be376ddb1c07aa7cce0794b8ba66cfd.devices.example.net"


static const store_span_t  secrets_text = SPAN(
    "name 000102030405060708090a0b0c0d0e0f"
    "101112131415161718191a1b1c1d1e1f\n"
    "key 1 202122232425262728292a2b2c2d2e2f"
    "303132333435363738393a3b3c3d3e3f\n");

static const uint8_t  derived[DEVICE_KEY_LEN] = {
    0xcf, 0x81, 0xf1, 0x36, 0xee, 0xd7, 0x16, 0xaa,
    0x22, 0x98, 0xa7, 0xdd, 0x87, 0xf8, 0x9c, 0x5e,
    0x14, 0x38, 0x5f, 0x74, 0xb9, 0x59, 0xc3, 0x62,
    0x5a, 0x39, 0xd4, 0xe6, 0x69, 0x06, 0x82, 0xdb
};


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

    assert_true(device_secrets_parse(&vector->secrets, secrets_text,
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(key_and_keyid_are_the_vectors),
        cmocka_unit_test(keyid_is_taken_apart),
        cmocka_unit_test(generations_differ),
        cmocka_unit_test(base64url_has_no_padding),
        cmocka_unit_test(vectors_verify_and_nothing_else_does),
        cmocka_unit_test(algorithms_do_not_mix),
        cmocka_unit_test(verification_fails_closed),
        cmocka_unit_test(algorithms_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
