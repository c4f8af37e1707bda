/* units: ngx_srv_registrar_module/device_hkdf.c */

/*
 * What is derived is what OpenSSL's own HKDF and HMAC make of the same, for
 * all lengths at the edges of blocks.
 */

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include "device_text.h"
#include "device_key.h"


#define LONGEST  (255 * 32)


static void
by_openssl(uint8_t *out, size_t len, const uint8_t *secret,
    store_span_t salt, store_span_t info)
{
    EVP_PKEY_CTX  *ctx;

    ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);

    assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_hkdf_salt(ctx, salt.data,
                                                 (int) salt.len), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_hkdf_key(ctx, secret,
                                                DEVICE_SECRET_LEN), 1);
    assert_int_equal(EVP_PKEY_CTX_add1_hkdf_info(ctx, info.data,
                                                 (int) info.len), 1);
    assert_int_equal(EVP_PKEY_derive(ctx, out, &len), 1);

    EVP_PKEY_CTX_free(ctx);
}


static void
test_hkdf(void **unused)
{
    size_t        i, j, k;
    uint8_t       bytes[300], ours[LONGEST + 1], theirs[LONGEST];
    store_span_t  salt, info;

    static const size_t  lens[] = { 1, 16, 31, 32, 33, 64, 65, 96, LONGEST };
    static const size_t  salts[] = { 1, 2, 16, 63, 64 };
    static const size_t  infos[] = { 0, 1, 21, 55, 56, 63, 64, 65, 253 };

    (void) unused;
    count_up(bytes, sizeof(bytes), 0x80);

    for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (j = 0; j < sizeof(salts) / sizeof(salts[0]); j++) {
            for (k = 0; k < sizeof(infos) / sizeof(infos[0]); k++) {
                salt = (store_span_t) { bytes + 40, salts[j] };
                info = (store_span_t) { bytes + 7, infos[k] };

                memset(ours, 0x55, sizeof(ours));
                assert_true(device_hkdf(ours, lens[i], bytes, salt, info));
                assert_int_equal(ours[lens[i]], 0x55);

                by_openssl(theirs, lens[i], bytes, salt, info);
                assert_memory_equal(ours, theirs, lens[i]);
            }
        }
    }

    /* more than a salt, and more than an output, may have */

    salt.len = 65;
    assert_false(device_hkdf(ours, 32, bytes, salt, info));
    salt.len = 16;
    assert_false(device_hkdf(ours, LONGEST + 1, bytes, salt, info));
}


static void
test_mac(void **unused)
{
    size_t        len;
    uint8_t       key[DEVICE_KEY_LEN], bytes[300];
    uint8_t       ours[DEVICE_KEY_MAC_LEN], theirs[EVP_MAX_MD_SIZE];
    store_span_t  base;

    (void) unused;
    count_up(bytes, sizeof(bytes), 3);

    assert_true(device_key_derive(key, bytes, bytes + 99, "a.example"));

    for (len = 0; len <= sizeof(bytes); len++) {
        base = (store_span_t) { bytes, len };

        assert_true(device_key_mac(ours, bytes, bytes + 99, "a.example",
                                   base));
        assert_non_null(HMAC(EVP_sha256(), key, sizeof(key), bytes, len,
                             theirs, NULL));
        assert_memory_equal(ours, theirs, sizeof(ours));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hkdf),
        cmocka_unit_test(test_mac),
    };

    return cmocka_run_group_tests_name("device_hkdf", tests, NULL, NULL);
}
