/* units: ngx_srv_registrar_module/device_jwk.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * Public keys as JWKs: the two that are taken, and what is not a key that a
 * signature could be checked with.
 */

#include "device_text.h"
#include "device_key.h"


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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(jwk_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
