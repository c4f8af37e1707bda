/* units: store/store_key.c store/store_value.c store/store_value_check.c
   store/crc32c.c ngx_srv_registrar_module/device_credential_request.c
   ngx_srv_registrar_module/device_credential.c
   ngx_srv_registrar_module/device_reply_credentials.c
   ngx_srv_registrar_module/device_reply.c
   ngx_srv_registrar_module/device_json.c
   ngx_srv_registrar_module/device_object.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_jwk.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * Bodies of POST /v1/credentials, and the replies, byte by byte.
 */

#include "device_text.h"
#include "device_credential_request.h"
#include "device_reply.h"


#define LABEL  "8be376ddb1c07aa7cce0794b8ba66cfd"
#define FQDN   LABEL ".devices.example.net"
#define ACME   (1u << STORE_DOOR_ACME_DNS)
#define DYN    (1u << STORE_DOOR_DYNDNS2)


static void
test_request(void **state)
{
    static const struct {
        const char       *body;
        device_reason_t   reason;
        uint32_t          issue, rotate;
        const char       *member;
    } cases[] = {
        { "", DEVICE_OK, 0, 0, "" },
        { "{}", DEVICE_OK, 0, 0, "" },
        { "{\"issue\":[]}", DEVICE_OK, 0, 0, "" },
        { "{\"issue\":[\"acme-dns\"]}", DEVICE_OK, ACME, 0, "" },
        { "{\"issue\":[\"dyndns2\",\"acme-dns\",\"dyndns2\"]}", DEVICE_OK,
          ACME | DYN, 0, "" },
        { "{\"issue\":[\"dyndns2\"],\"rotate\":[\"acme-dns\"]}", DEVICE_OK,
          DYN, ACME, "" },
        { "{\"issue\":\"dyndns2\"}", DEVICE_MEMBER_INVALID, 0, 0, "issue" },
        { "{\"rotate\":null}", DEVICE_MEMBER_INVALID, 0, 0, "rotate" },
        { "{\"rotate\":[\"acme-dns\",2]}", DEVICE_MEMBER_INVALID, 0, 0,
          "rotate[1]" },
        { "{\"issue\":[\"records\"]}", DEVICE_MEMBER_INVALID, 0, 0,
          "issue[0]" },
        { "{\"issue\":[\"\"]}", DEVICE_MEMBER_INVALID, 0, 0, "issue[0]" },
        { "[]", DEVICE_JSON_INVALID, 0, 0, "" },
        { "{\"issue\":[", DEVICE_JSON_INVALID, 0, 0, "" },
    };

    size_t                       i;
    device_error_t               error;
    device_reason_t              reason;
    device_credential_request_t  request;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&error, 0, sizeof(error));
        reason = device_credential_request_parse(&request,
                                                 span(cases[i].body), &error);
        if (reason != cases[i].reason
            || strcmp(error.member, cases[i].member) != 0)
        {
            fail_msg("%s: reason %d, member %s", cases[i].body, reason,
                     error.member);
        }

        if (reason == DEVICE_OK) {
            assert_int_equal(request.issue, cases[i].issue);
            assert_int_equal(request.rotate, cases[i].rotate);
            assert_int_equal(request.nignored, 0);
        }
    }
}


static void
test_ignored(void **state)
{
    size_t                       i, len;
    char                         body[1024];
    device_error_t               error;
    device_credential_request_t  request;

    (void) state;

    /* more than are told, one of them unprintable and long */

    len = (size_t) sprintf(body, "{\"\\u00e4%080d\":1", 7);

    for (i = 0; i < 20; i++) {
        len += (size_t) sprintf(body + len, ",\"m%zu\":1", i);
    }

    strcpy(body + len, "}");

    assert_int_equal(device_credential_request_parse(&request, span(body),
                                                     &error), DEVICE_OK);
    assert_int_equal(request.nignored, DEVICE_IGNORED_MAX);
    assert_int_equal(strlen(request.ignored[0]), DEVICE_IGNORED_LEN - 1);
    assert_memory_equal(request.ignored[0], "??0000", 6);
    assert_string_equal(request.ignored[1], "m0");
}


static void
test_reply(void **state)
{
    char                        *text;
    store_device_t               device;
    device_secrets_t             secrets;
    device_credentials_reply_t   reply;
    device_credential_request_t  request;

    (void) state;

    memset(&device, 0, sizeof(device));
    memset(&request, 0, sizeof(request));
    memset(&secrets, 0, sizeof(secrets));
    secrets.nkeys = 1;
    secrets.keys[0].number = 1;
    count_up(secrets.keys[0].bytes, DEVICE_SECRET_LEN, 0x20);

    reply.fqdn = FQDN;
    reply.device = &device;
    reply.secrets = &secrets;
    reply.request = &request;
    reply.now = 1790000000;

    assert_int_equal(device_reply_credentials(&reply, &text), DEVICE_OK);
    assert_string_equal(text, "{\"fqdn\":\"" FQDN "\",\"credentials\":[],"
                        "\"server_time\":1790000000}");
    device_reply_free(text);

    device.acme_dns = (store_credential_t) { 1, 1 };
    device.dyndns2 = (store_credential_t) { 1, 1 };
    strcpy(request.ignored[request.nignored++], "isue");

    assert_int_equal(device_reply_credentials(&reply, &text), DEVICE_OK);
    assert_string_equal(text, "{\"fqdn\":\"" FQDN "\",\"credentials\":["
        "{\"door\":\"acme-dns\","
        "\"username\":\"7bb9c653-6ced-4dab-bbf5-d328fa134e36\","
        "\"password\":\"FEgWJByQGsmN0-KDwIxcgM5X0LFBhFoehdegTXkF\","
        "\"subdomain\":\"" LABEL "\","
        "\"fulldomain\":\"_acme-challenge." FQDN "\"},"
        "{\"door\":\"dyndns2\",\"username\":\"" FQDN "\","
        "\"password\":\"0p7fCR5-rMTwTfbE4cwC1vU-WTYQ9zAMk1HN3xXP\"}],"
        "\"server_time\":1790000000,\"ignored\":[\"isue\"]}");
    device_reply_free(text);

    device.dyndns2.secret = 2;
    assert_int_equal(device_reply_credentials(&reply, &text),
                     DEVICE_SECRET_UNAVAILABLE);
    assert_null(text);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_reply)
    };

    return cmocka_run_group_tests_name("device_credential_request", tests,
                                       NULL, NULL);
}
