/* units: store/store_key.c ngx_srv_registrar_module/device_credential.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_jwk.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * Credentials: derivation, by vectors that another program computed (Python's
 * hmac; they stand in docs/http-api.md), what is let in, and how counters
 * move.
 */

#include "device_text.h"
#include "device_credential.h"


#define FQDN   "8be376ddb1c07aa7cce0794b8ba66cfd.devices.example.net"
#define USER   "7bb9c653-6ced-4dab-bbf5-d328fa134e36"
#define PASS   "FEgWJByQGsmN0-KDwIxcgM5X0LFBhFoehdegTXkF"
#define OTHER  "0p7fCR5-rMTwTfbE4cwC1vU-WTYQ9zAMk1HN3xXP"


static device_secrets_t  secrets;


static int
setup(void **state)
{
    (void) state;

    secrets.nkeys = 1;
    secrets.keys[0].number = 1;
    count_up(secrets.keys[0].bytes, DEVICE_SECRET_LEN, 0x20);

    return 0;
}


static void
test_vectors(void **state)
{
    static const struct {
        uint8_t      door;
        uint16_t     counter;
        const char  *user, *password;
    } cases[] = {
        { STORE_DOOR_ACME_DNS, 1, USER, PASS },
        { STORE_DOOR_ACME_DNS, 2, "e9d490d1-7da4-4822-a864-f03cebdf7efe",
          "UVJN1mnkP-jx6DhI92bcOjIpZePIHgxfJ3Ef-0gK" },
        { STORE_DOOR_ACME_DNS, 0x1234,
          "f8b75eeb-5617-4897-a6c0-9f508e98e430",
          "49OMcBfGNTuc1oXyq5-GmNA4p1FsvLf_iHGkVgv0" },
        { STORE_DOOR_DYNDNS2, 1, FQDN, OTHER },
        { STORE_DOOR_DYNDNS2, 0x1234, FQDN,
          "qekjSuK5jCegKzG6j8VVt_dbOLO23NLl9wsEjFtA" }
    };

    size_t               i;
    store_credential_t   credential = { 0, 1 };
    device_credential_t  out;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        credential.counter = cases[i].counter;

        assert_int_equal(device_credential_derive(&out, &secrets, &credential,
                                                  cases[i].door, FQDN),
                         DEVICE_OK);
        assert_string_equal(out.user, cases[i].user);
        assert_string_equal(out.password, cases[i].password);
    }

    credential.secret = 2;
    assert_int_equal(device_credential_derive(&out, &secrets, &credential,
                                              STORE_DOOR_DYNDNS2, FQDN),
                     DEVICE_SECRET_UNAVAILABLE);
    assert_int_equal(device_credential_derive(&out, &secrets, &credential,
                                              STORE_DOOR_RECORDS, FQDN),
                     DEVICE_INTERNAL);
}


static void
test_check(void **state)
{
    enum { NOBODY = 1, NEVER = 2, SUSPENDED = 4, LOST = 8 };

    static const struct {
        uint8_t           door;
        int               how;
        const char       *user, *password;
        device_reason_t   reason;
    } cases[] = {
        { STORE_DOOR_ACME_DNS, 0, USER, PASS, DEVICE_OK },
        { STORE_DOOR_ACME_DNS, 0, "7BB9C653-6ced-4DAB-bbf5-d328fa134e36",
          PASS, DEVICE_OK },
        { STORE_DOOR_DYNDNS2, 0, FQDN, OTHER, DEVICE_OK },
        { STORE_DOOR_ACME_DNS, 0, USER, OTHER, DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_DYNDNS2, 0, FQDN, PASS, DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_ACME_DNS, 0, FQDN, PASS, DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_ACME_DNS, 0, USER, "", DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_ACME_DNS, 0, "", PASS, DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_ACME_DNS, 0, USER, PASS "F", DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_ACME_DNS, 0, USER,
          "fEgWJByQGsmN0-KDwIxcgM5X0LFBhFoehdegTXkF",
          DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_ACME_DNS, NOBODY, USER, PASS,
          DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_ACME_DNS, NEVER, USER, PASS, DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_RECORDS, 0, USER, PASS, DEVICE_INTERNAL },

        /* whose password is wrong learns no state */
        { STORE_DOOR_ACME_DNS, SUSPENDED, USER, PASS, DEVICE_SUSPENDED },
        { STORE_DOOR_ACME_DNS, SUSPENDED, USER, OTHER,
          DEVICE_SIGNATURE_INVALID },
        { STORE_DOOR_ACME_DNS, LOST, USER, PASS, DEVICE_SECRET_UNAVAILABLE }
    };

    size_t           i;
    store_device_t   device;
    device_reason_t  reason;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&device, 0, sizeof(device));
        device.state = cases[i].how == SUSPENDED;
        device.acme_dns.counter = cases[i].how != NEVER;
        device.acme_dns.secret = cases[i].how == LOST ? 9 : 1;
        device.dyndns2.counter = 1;
        device.dyndns2.secret = 1;

        reason = device_credential_check(cases[i].how == NOBODY ? NULL
                                                                : &device,
                                         &secrets, cases[i].door, FQDN,
                                         span(cases[i].user),
                                         span(cases[i].password));
        if (reason != cases[i].reason) {
            fail_msg("case %zu: reason %d", i, reason);
        }
    }
}


/* What a name without a credential would have derived must let nobody in. */
static void
test_counter_zero(void **state)
{
    store_device_t       device;
    store_credential_t   zero = { 0, 1 };
    device_credential_t  out;

    (void) state;

    memset(&device, 0, sizeof(device));
    assert_int_equal(device_credential_derive(&out, &secrets, &zero,
                                              STORE_DOOR_DYNDNS2, FQDN),
                     DEVICE_OK);
    assert_int_equal(device_credential_check(&device, &secrets,
                                             STORE_DOOR_DYNDNS2, FQDN,
                                             span(FQDN), span(out.password)),
                     DEVICE_SIGNATURE_INVALID);
}


static void
test_counters(void **state)
{
    int64_t             now;
    uint16_t            first;
    store_credential_t  credential = { 0, 0 };

    (void) state;

    device_credential_issue(&credential, 3, 1800000000);
    first = credential.counter;
    assert_int_not_equal(first, 0);
    assert_int_equal(credential.secret, 3);

    device_credential_issue(&credential, 4, 1900000000);
    assert_int_equal(credential.counter, first);
    assert_int_equal(credential.secret, 3);

    device_credential_rotate(&credential, 4, 1900000000);
    assert_int_equal(credential.counter, first + 1);
    assert_int_equal(credential.secret, 4);

    credential.counter = UINT16_MAX;
    device_credential_rotate(&credential, 4, 1900000000);
    assert_int_equal(credential.counter, 1);

    /* a name that lost its counter does not begin where it began before */

    for (now = 0; now < 70000 * 3600LL; now += 3600) {
        credential.counter = 0;
        device_credential_rotate(&credential, 5, now);
        assert_in_range(credential.counter, 1, UINT16_MAX);
        assert_int_equal(credential.counter, now / 3600 % 65535 + 1);
    }
}


static void
test_ready(void **state)
{
    store_device_t  device;

    (void) state;

    memset(&device, 0, sizeof(device));
    assert_int_equal(device_credentials_ready(&device, &secrets, 0),
                     DEVICE_OK);

    device.acme_dns = (store_credential_t) { 1, 2 };
    device.dyndns2 = (store_credential_t) { 1, 1 };
    assert_int_equal(device_credentials_ready(&device, &secrets, 0),
                     DEVICE_SECRET_UNAVAILABLE);
    assert_int_equal(device_credentials_ready(&device, &secrets,
                                              1u << STORE_DOOR_DYNDNS2),
                     DEVICE_SECRET_UNAVAILABLE);
    assert_int_equal(device_credentials_ready(&device, &secrets,
                                              1u << STORE_DOOR_ACME_DNS),
                     DEVICE_OK);
}


static void
test_names(void **state)
{
    (void) state;

    assert_string_equal(device_door_name(STORE_DOOR_ACME_DNS), "acme-dns");
    assert_string_equal(device_door_name(STORE_DOOR_DYNDNS2), "dyndns2");
    assert_null(device_door_name(STORE_DOOR_ADDRESS));
    assert_null(device_door_name(200));
    assert_int_equal(device_door_parse(span("acme-dns")),
                     STORE_DOOR_ACME_DNS);
    assert_int_equal(device_door_parse(span("dyndns2")), STORE_DOOR_DYNDNS2);
    assert_int_equal(device_door_parse(span("dyndns")), STORE_DOOR_NONE);
    assert_int_equal(device_door_parse(span("")), STORE_DOOR_NONE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_counter_zero),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_names)
    };

    return cmocka_run_group_tests_name("device_credential", tests, setup,
                                       NULL);
}
