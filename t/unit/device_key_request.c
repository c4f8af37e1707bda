/* units: ngx_srv_registrar_module/device_key_request.c
   ngx_srv_registrar_module/device_object.c
   ngx_srv_registrar_module/device_jwk.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * Bodies of enrolments and of requests for a new key.
 */

#include "device_text.h"
#include "device_key.h"
#include "device_request.h"


/* RFC 8032 7.1 test 1, RFC 8037 A.2 */
#define ED25519 "\"kty\":\"OKP\",\"crv\":\"Ed25519\"," \
                "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static void
test_key_request(void **state)
{
    static const struct {
        const char       *body;
        device_reason_t   reason;
        bool              given;
    } cases[] = {
        { "", DEVICE_OK, false },
        { "{}", DEVICE_OK, false },
        { "{\"other\":1}", DEVICE_OK, false },
        { "{\"public_key\":{" ED25519 "}}", DEVICE_OK, true },
        { "{\"public_key\":{" ED25519 ",\"kid\":\"a\"}}", DEVICE_OK, true },
        { "{\"public_key\":null}", DEVICE_MEMBER_INVALID, false },
        { "{\"public_key\":\"x\"}", DEVICE_MEMBER_INVALID, false },
        { "{\"public_key\":{}}", DEVICE_PUBLIC_KEY_INVALID, false },
        { "{\"public_key\":{\"kty\":1}}", DEVICE_PUBLIC_KEY_INVALID, false },
        { "{\"public_key\":{" ED25519 ",\"d\":\"AAAA\"}}",
          DEVICE_PUBLIC_KEY_INVALID, false },
        { "{\"public_key\":{" ED25519 ",\"d\":null}}",
          DEVICE_PUBLIC_KEY_INVALID, false },
        { "{\"public_key\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}",
          DEVICE_PUBLIC_KEY_INVALID, false },
        { "[]", DEVICE_JSON_INVALID, false },
        { "{", DEVICE_JSON_INVALID, false }
    };

    bool                given, renamed;
    size_t              i;
    device_error_t      error;
    device_reason_t     reason;
    store_device_key_t  key;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&key, 0, sizeof(key));
        reason = device_key_request_parse(&key, &given, &renamed,
                                          span(cases[i].body), &error);

        if (reason != cases[i].reason || given != cases[i].given) {
            fail_msg("%s: reason %d", cases[i].body, reason);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_key_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
