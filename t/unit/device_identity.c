/* units: ngx_srv_registrar_module/device_identity.c
          ngx_srv_registrar_module/device_hkdf.c */

/*
 * Identities: certificates made here with every oddity that a CA could sign,
 * and the derivation of names against vectors that another program computed
 * (they stand in docs/http-api.md).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "device_identity.h"


#define SPAN(text)   { (const uint8_t *) (text), sizeof(text) - 1 }
#define NOTHING      SPAN("")

#define ATTRIBUTES_MAX  3
#define MODULES_MAX     3

/* hwType 1.3.6.1.4.1.99.1 */
#define HW_OID     "\x06\x07\x2b\x06\x01\x04\x01\x63\x01"
#define HW_GOOD    "\x30\x0e" HW_OID "\x04\x03\x01\x02\xab"


typedef struct {
    int           type;              /* of an ASN.1 string; 0: none */
    store_span_t  value;
} attribute_t;

/* What a certificate shall hold. */
typedef struct {
    attribute_t   serials[ATTRIBUTES_MAX];
    store_span_t  modules[MODULES_MAX];      /* hardwareModuleName, in DER */
} recipe_t;


/* A name with place for the serials: 'A', 'B' or 'C', of the right length.
 * OpenSSL would not sign what some of them are to be. */
static X509_NAME *
make_subject(const recipe_t *recipe)
{
    size_t      i;
    uint8_t     place[1024];
    X509_NAME  *name;

    name = X509_NAME_new();
    assert_non_null(name);
    assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName,
                         V_ASN1_PRINTABLESTRING,
                         (const unsigned char *) "device", 6, -1, 0), 1);

    for (i = 0; i < ATTRIBUTES_MAX; i++) {
        if (recipe->serials[i].type != 0) {
            memset(place, 'A' + (int) i, sizeof(place));
            assert_int_equal(X509_NAME_add_entry_by_NID(name,
                                 NID_serialNumber, V_ASN1_PRINTABLESTRING,
                                 place, (int) recipe->serials[i].value.len,
                                 -1, 0),
                             1);
        }
    }

    return name;
}


static void
fill_serials(uint8_t *der, size_t len, const recipe_t *recipe)
{
    int      header;
    size_t   i, size;
    uint8_t  place[1024], *at;

    for (i = 0; i < ATTRIBUTES_MAX; i++) {
        size = recipe->serials[i].value.len;
        memset(place, 'A' + (int) i, sizeof(place));
        header = size < 128 ? 2 : size < 256 ? 3 : 4;

        while (size > 0
               && (at = memmem(der, len, place, size)) != NULL)
        {
            at[-header] = (uint8_t) recipe->serials[i].type;
            memcpy(at, recipe->serials[i].value.data, size);
        }
    }
}


static void
add_modules(X509 *certificate, const recipe_t *recipe)
{
    size_t          i;
    ASN1_TYPE      *value;
    ASN1_OBJECT    *type;
    GENERAL_NAME   *name;
    GENERAL_NAMES  *names;

    names = GENERAL_NAMES_new();
    assert_non_null(names);

    for (i = 0; i < MODULES_MAX; i++) {
        if (recipe->modules[i].len == 0) {
            continue;
        }

        type = OBJ_txt2obj("1.3.6.1.5.5.7.8.4", 1);
        value = ASN1_TYPE_new();
        name = GENERAL_NAME_new();
        assert_true(type != NULL && value != NULL && name != NULL);

        if (recipe->modules[i].data[0] == 0x30) {
            ASN1_STRING  *sequence = ASN1_STRING_new();

            assert_non_null(sequence);
            assert_int_equal(ASN1_STRING_set(sequence,
                                 recipe->modules[i].data,
                                 (int) recipe->modules[i].len), 1);
            ASN1_TYPE_set(value, V_ASN1_SEQUENCE, sequence);

        } else {
            ASN1_STRING  *string = ASN1_STRING_type_new(V_ASN1_UTF8STRING);

            assert_non_null(string);
            assert_int_equal(ASN1_STRING_set(string,
                                 recipe->modules[i].data,
                                 (int) recipe->modules[i].len), 1);
            ASN1_TYPE_set(value, V_ASN1_UTF8STRING, string);
        }

        assert_int_equal(GENERAL_NAME_set0_othername(name, type, value), 1);
        assert_true(sk_GENERAL_NAME_push(names, name) > 0);
    }

    if (sk_GENERAL_NAME_num(names) > 0) {
        assert_int_equal(X509_add1_ext_i2d(certificate, NID_subject_alt_name,
                                           names, 0, 0), 1);
    }

    GENERAL_NAMES_free(names);
}


/* DER of a certificate of the key whose seed is 00 01 ... 1f. */
static store_span_t
make_certificate(const recipe_t *recipe)
{
    int           len;
    X509         *certificate;
    uint8_t       seed[32], *der;
    EVP_PKEY     *pkey;
    X509_NAME    *name;
    store_span_t  span;

    for (len = 0; len < 32; len++) {
        seed[len] = (uint8_t) len;
    }

    pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    certificate = X509_new();
    assert_true(pkey != NULL && certificate != NULL);

    name = make_subject(recipe);

    assert_int_equal(X509_set_version(certificate, 2), 1);
    assert_int_equal(X509_set_subject_name(certificate, name), 1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_int_equal(X509_set_pubkey(certificate, pkey), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 60));
    add_modules(certificate, recipe);
    assert_true(X509_sign(certificate, pkey, NULL) > 0);

    der = NULL;
    len = i2d_X509(certificate, &der);
    assert_true(len > 0);

    fill_serials(der, (size_t) len, recipe);

    X509_NAME_free(name);
    X509_free(certificate);
    EVP_PKEY_free(pkey);

    span.data = der;
    span.len = (size_t) len;

    return span;
}


static void
free_certificate(store_span_t span)
{
    OPENSSL_free((void *) span.data);
}


typedef struct {
    recipe_t     recipe;
    const char  *identity;           /* NULL: refused */
} identity_case_t;

#define X32   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X512  X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32 X32

static const identity_case_t  serials[] = {
    { { { { V_ASN1_PRINTABLESTRING, SPAN("SN-0001") } }, { NOTHING } },
      "SN-0001" },
    { { { { V_ASN1_UTF8STRING, SPAN("s\xc3\xa9rie 1") } }, { NOTHING } },
      "s\xc3\xa9rie 1" },
    { { { { V_ASN1_T61STRING, SPAN("s\xe9rie") } }, { NOTHING } },
      "s\xc3\xa9rie" },
    { { { { V_ASN1_BMPSTRING, SPAN("\0S\x20\xac") } }, { NOTHING } },
      "S\xe2\x82\xac" },
    { { { { V_ASN1_UTF8STRING, SPAN(X512) } }, { NOTHING } }, X512 },

    { { { { 0, NOTHING } }, { NOTHING } }, NULL },
    { { { { V_ASN1_PRINTABLESTRING, SPAN("SN-1") },
          { V_ASN1_PRINTABLESTRING, SPAN("SN-1") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_UTF8STRING, SPAN(X512 "x") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_PRINTABLESTRING, SPAN("SN\0-1") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_UTF8STRING, SPAN("SN-1\0") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_UTF8STRING, SPAN("SN\n1") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_UTF8STRING, SPAN("SN\x7f") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_UTF8STRING, SPAN("SN\xc2\x85") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_UTF8STRING, SPAN("SN\xff") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_UTF8STRING, SPAN("SN\xc0\x80") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_UTF8STRING, SPAN("SN\xc3") } }, { NOTHING } }, NULL },
    { { { { V_ASN1_BMPSTRING, SPAN("\0S\0\0") } }, { NOTHING } }, NULL },
};


#define MODULE(der)  { { { 0, NOTHING } }, { SPAN(der) } }

static const identity_case_t  modules[] = {
    { MODULE(HW_GOOD), "1.3.6.1.4.1.99.1:0102ab" },
    { MODULE("\x30\x07\x06\x02\x2a\x03\x04\x01\xff"), "1.2.3:ff" },

    { { { { 0, NOTHING } }, { NOTHING } }, NULL },
    { { { { 0, NOTHING } }, { SPAN(HW_GOOD), SPAN(HW_GOOD) } }, NULL },
    { { { { 0, NOTHING } }, { SPAN(HW_GOOD), SPAN("text") } }, NULL },
    { MODULE("text"), NULL },

    /* lengths that do not add up, missing and superfluous parts */
    { MODULE("\x30\x0d" HW_OID "\x04\x02\x01\x02\xab"), NULL },
    { MODULE("\x30\x0f" HW_OID "\x04\x04\x01\x02\xab"), NULL },
    { MODULE("\x30\x0d" HW_OID "\x04\x03\x01\x02\xab"), NULL },
    { MODULE("\x30\x10" HW_OID "\x04\x03\x01\x02\xab\x05\x00"), NULL },
    { MODULE(HW_GOOD "\x00"), NULL },
    { MODULE("\x30\x09" HW_OID), NULL },
    { MODULE("\x30\x00"), NULL },
    { MODULE("\x30"), NULL },
    { MODULE("\x30\x05\x04\x03\x01\x02\xab"), NULL },

    /* an empty serial, another type, a constructed string, BER lengths */
    { MODULE("\x30\x0b" HW_OID "\x04\x00"), NULL },
    { MODULE("\x30\x0e" HW_OID "\x0c\x03\x01\x02\xab"), NULL },
    { MODULE("\x30\x0e" HW_OID "\x84\x03\x01\x02\xab"), NULL },
    { MODULE("\x30\x10" HW_OID "\x24\x05\x04\x03\x01\x02\xab"), NULL },
    { MODULE("\x30\x80" HW_OID "\x04\x03\x01\x02\xab\x00\x00"), NULL },
    { MODULE("\x30\x12" HW_OID "\x24\x80\x04\x03\x01\x02\xab\x00\x00"),
      NULL },

    /* an OID that ends within a number */
    { MODULE("\x30\x07\x06\x02\x2a\x83\x04\x01\xff"), NULL },
    { MODULE("\x30\x05\x06\x00\x04\x01\xff"), NULL },
};


static void
check(const identity_case_t *cases, size_t n,
    bool (*identity)(store_span_t der, char *out, size_t *len))
{
    bool          ok;
    char          out[DEVICE_IDENTITY_MAX + 1];
    size_t        i, len;
    store_span_t  der;

    for (i = 0; i < n; i++) {
        der = make_certificate(&cases[i].recipe);
        len = 12345;
        ok = identity(der, out, &len);
        free_certificate(der);

        if (ok != (cases[i].identity != NULL)) {
            fail_msg("case %zu: %d", i, ok);
        }

        if (ok) {
            assert_string_equal(out, cases[i].identity);
            assert_int_equal(len, strlen(out));
        }

        /* TLS of the same thread must find nothing of ours */
        assert_int_equal(ERR_peek_error(), 0);
    }
}


static void
serial_is_the_only_one(void **state)
{
    (void) state;

    check(serials, sizeof(serials) / sizeof(serials[0]),
          device_identity_serial);
}


static void
hardware_is_the_only_one(void **state)
{
    (void) state;

    check(modules, sizeof(modules) / sizeof(modules[0]),
          device_identity_hardware);
}


/* The longest serial that fits, and one byte more. */
static void
hardware_is_bounded(void **state)
{
    char      out[DEVICE_IDENTITY_MAX + 1];
    size_t    len, serial;
    recipe_t  recipe;
    uint8_t   module[512];

    store_span_t  der;

    (void) state;
    memset(&recipe, 0, sizeof(recipe));

    /* "1.2.3:" and 253 times two digits make 512 */

    for (serial = 253; serial <= 254; serial++) {
        memset(module, 0xee, sizeof(module));
        module[0] = 0x30;
        module[1] = 0x82;
        module[2] = (uint8_t) ((serial + 7) >> 8);
        module[3] = (uint8_t) (serial + 7);
        memcpy(module + 4, "\x06\x02\x2a\x03\x04\x81", 6);
        module[10] = (uint8_t) serial;
        recipe.modules[0].data = module;
        recipe.modules[0].len = serial + 11;

        der = make_certificate(&recipe);
        assert_int_equal(device_identity_hardware(der, out, &len),
                         serial == 253);
        free_certificate(der);

        if (serial == 253) {
            assert_int_equal(len, 512);
            assert_int_equal(strlen(out), 512);
        }
    }
}


static void
spki_is_the_hash(void **state)
{
    int            len;
    char           out[65];
    X509          *certificate;
    uint8_t       *bytes;
    recipe_t       recipe;
    store_span_t   der, spki;
    const uint8_t *at;

    (void) state;
    memset(&recipe, 0, sizeof(recipe));

    der = make_certificate(&recipe);
    at = der.data;
    certificate = d2i_X509(NULL, &at, (long) der.len);
    assert_non_null(certificate);

    bytes = NULL;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
    assert_true(len > 0);

    spki.data = bytes;
    spki.len = (size_t) len;
    assert_true(device_identity_spki(spki, out));
    assert_string_equal(out, "a050837d85070582ccf7394b0988847c"
                             "c312cb88259b894899f6f239cf1791a5");

    spki.len = 0;
    assert_false(device_identity_spki(spki, out));

    OPENSSL_free(bytes);
    X509_free(certificate);
    free_certificate(der);
}


/* No prefix is a certificate, nor one with a byte behind it. */
static void
certificate_is_whole(void **state)
{
    char          out[DEVICE_IDENTITY_MAX + 1];
    size_t        len, i;
    uint8_t      *copy;
    store_span_t  der, part;

    (void) state;

    der = make_certificate(&serials[0].recipe);

    for (i = 0; i <= der.len + 1; i++) {
        copy = malloc(der.len + 1);
        assert_non_null(copy);
        memset(copy, 0, der.len + 1);
        memcpy(copy, der.data, der.len);
        part.data = copy;
        part.len = i;

        assert_int_equal(device_identity_serial(part, out, &len),
                         i == der.len);
        free(copy);
    }

    free_certificate(der);
    assert_int_equal(ERR_peek_error(), 0);
}


typedef struct {
    store_span_t  space;
    store_span_t  identity;
    uint16_t      epoch;
    const char   *label;
    const char   *hash;
} name_case_t;

#define EMPTY_HASH  "e3b0c44298fc1c149afbf4c8996fb924"                        \
                    "27ae41e4649b934ca495991b7852b855"

static const name_case_t  names[] = {
    { NOTHING, SPAN(EMPTY_HASH), 0, "8be376ddb1c07aa7cce0794b8ba66cfd",
      "c919aaf90f2afff2c2bbebbd338d65b2" },
    { NOTHING, SPAN(EMPTY_HASH), 1, "539e1affa5992bcba2ed011e6af1a1e3",
      "c919aaf90f2afff2c2bbebbd338d65b2" },
    { SPAN("acme"), SPAN("SN-0001"), 0, "b12a6c72e2e2554528ae61d685524e58",
      "7f76ab60ace19effab78b1c5d400ccfc" },
    { SPAN("acme"), SPAN("SN-0001"), 65535,
      "70e96cd20ee0da043afa288f641dae1c",
      "7f76ab60ace19effab78b1c5d400ccfc" },
};


static void
names_are_the_vectors(void **state)
{
    char     label[DEVICE_LABEL_LEN + 1], text[2 * STORE_IDENTITY_LEN + 1];
    size_t   i, j;
    uint8_t  secret[DEVICE_SECRET_LEN], hash[STORE_IDENTITY_LEN];

    (void) state;

    for (i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t) i;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(device_label_derive(label, secret, names[i].space,
                                        names[i].identity, names[i].epoch));
        assert_string_equal(label, names[i].label);

        assert_true(device_identity_hash(hash, secret, names[i].space,
                                         names[i].identity));

        for (j = 0; j < sizeof(hash); j++) {
            snprintf(text + 2 * j, 3, "%02x", hash[j]);
        }

        assert_string_equal(text, names[i].hash);
    }
}


/* What moves from the name space into the identity makes another name. */
static void
names_do_not_run_together(void **state)
{
    char          one[DEVICE_LABEL_LEN + 1], two[DEVICE_LABEL_LEN + 1];
    uint8_t       secret[DEVICE_SECRET_LEN] = { 0 };
    store_span_t  ab = SPAN("ab"), c = SPAN("c"), a = SPAN("a"),
                  bc = SPAN("bc"), large;

    (void) state;

    assert_true(device_label_derive(one, secret, ab, c, 0));
    assert_true(device_label_derive(two, secret, a, bc, 0));
    assert_string_not_equal(one, two);

    large.data = calloc(1, 65536);
    large.len = 65536;
    assert_non_null(large.data);
    assert_false(device_label_derive(one, secret, large, c, 0));
    large.len = 65535;
    assert_true(device_label_derive(one, secret, large, c, 0));
    free((void *) large.data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(serial_is_the_only_one),
        cmocka_unit_test(hardware_is_the_only_one),
        cmocka_unit_test(hardware_is_bounded),
        cmocka_unit_test(spki_is_the_hash),
        cmocka_unit_test(certificate_is_whole),
        cmocka_unit_test(names_are_the_vectors),
        cmocka_unit_test(names_do_not_run_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
