/* units: store/store_key.c
   ngx_srv_registrar_module/device_acme_dns.c
   ngx_srv_registrar_module/device_object.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * acme-dns's messages: what its clients send, and what they cut out of the
 * replies.
 */

#include "device_text.h"
#include "device_acme_dns.h"


#define UUID  "c36f50e8-4632-44f0-83fe-e070fef28a10"
#define VALUE "___validation_token_received_from_the_ca___"


static void
test_user(void **state)
{
    static const struct {
        const char  *field;
        bool         valid;
    } cases[] = {
        { UUID, true },
        { "C36F50E8-4632-44F0-83FE-E070FEF28A10", true },
        { "c36f50e8463244f083fee070fef28a10", true },
        { "{" UUID "}", true },
        { "urn:uuid:" UUID, true },
        { "URN:UUID:" UUID, true },
        { "", false },
        { "{" UUID "]", false },
        { "{c36f50e8463244f083fee070fef28a10}", false },
        { "urn:uuid;" UUID, false },
        { "c36f50e8-4632-44f0-83fe-e070fef28a1", false },
        { UUID "0", false },
        { "c36f50e8-4632-44f0-83fe-e070fef28a1g", false },
        { "c36f50e84-632-44f0-83fe-e070fef28a10", false },
        { "c36f50e8_4632_44f0_83fe_e070fef28a10", false },
        { "c36f50e8-463244f083fee070fef28a10", false },
        { " c36f50e8463244f083fee070fef28a1", false }
    };

    char    user[DEVICE_UUID_LEN + 1];
    bool    valid;
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        strcpy(user, "untouched");
        valid = device_acme_dns_user_parse(user, span(cases[i].field));

        if (valid != cases[i].valid
            || strcmp(user, valid ? UUID : "untouched") != 0)
        {
            fail_msg("%s: %d, %s", cases[i].field, valid, user);
        }
    }
}


static void
test_key(void **state)
{
    (void) state;

    assert_true(device_acme_dns_key_valid(
                    span("0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZaz")));
    assert_false(device_acme_dns_key_valid(
                    span("0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZa")));
    assert_false(device_acme_dns_key_valid(
                    span("0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZaz0")));
    assert_false(device_acme_dns_key_valid(
                    span("0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZa+")));
    assert_false(device_acme_dns_key_valid(span("")));
}


static void
test_update(void **state)
{
    static const struct {
        const char       *body;
        device_reason_t   reason;
        const char       *subdomain;
        const char       *txt;
    } cases[] = {
        { "{\"subdomain\":\"a\",\"txt\":\"" VALUE "\"}", DEVICE_OK, "a",
          VALUE },
        /* goacmedns, cert-manager */
        { "{\"SubDomain\":\"a\",\"Txt\":\"" VALUE "\"}\n", DEVICE_OK, "a",
          VALUE },
        { "{\"txt\": \"\", \"subdomain\": \"A\", \"x\": [1]}", DEVICE_OK,
          "A", "" },
        { "{\"subdomain\":\"a\"}", DEVICE_OK, "a", "" },
        { "{\"subdomain\":null,\"txt\":null}", DEVICE_OK, "", "" },
        { "{}", DEVICE_OK, "", "" },
        { "", DEVICE_OK, "", "" },
        { "{\"subdomain\":\"a\",\"txt\":1}", DEVICE_JSON_INVALID, "", "" },
        { "{\"subdomain\":{},\"txt\":\"\"}", DEVICE_JSON_INVALID, "", "" },
        { "{\"subdomain\":\"a\",\"subdomain\":\"b\"}", DEVICE_JSON_INVALID,
          "", "" },
        { "{\"subdomain\":\"a\",\"SUBDOMAIN\":\"b\"}", DEVICE_JSON_INVALID,
          "", "" },
        { "{\"subdomain\":\"a\\u0000\"}", DEVICE_JSON_INVALID, "", "" },
        { "{\"subdomain\":\"a\"} x", DEVICE_JSON_INVALID, "", "" },
        { "[]", DEVICE_JSON_INVALID, "", "" },
        { "subdomain=a&txt=b", DEVICE_JSON_INVALID, "", "" }
    };

    size_t                     i;
    device_error_t             error;
    device_reason_t            reason;
    device_acme_dns_update_t   update;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&update, 0xff, sizeof(update));
        reason = device_acme_dns_update_parse(&update,
                                              span(cases[i].body), &error);

        if (reason != cases[i].reason
            || (reason == DEVICE_OK
                && (strcmp(update.subdomain, cases[i].subdomain) != 0
                    || update.subdomain_len != strlen(update.subdomain)
                    || strcmp(update.txt, cases[i].txt) != 0)))
        {
            fail_msg("%s: %d", cases[i].body, reason);
        }
    }
}


/* What does not fit must not become something that is valid. */
static void
test_long(void **state)
{
    size_t                     i;
    char                       body[512];
    device_error_t             error;
    device_acme_dns_update_t   update;

    (void) state;

    for (i = STORE_LABEL_MAX - 1; i < 200; i++) {
        snprintf(body, sizeof(body),
                 "{\"subdomain\":\"%0*d\",\"txt\":\"" VALUE "%0*d\"}",
                 (int) i, 0, (int) i, 0);

        assert_int_equal(device_acme_dns_update_parse(&update, span(body),
                                                      &error), DEVICE_OK);
        assert_int_equal(store_label_is_device(span(update.subdomain)),
                         i <= STORE_LABEL_MAX);
        assert_int_equal(update.subdomain_len, strlen(update.subdomain));
        assert_int_equal(device_acme_dns_txt_check(&update, &error),
                         DEVICE_RDATA_INVALID);
    }
}


static void
test_txt(void **state)
{
    static const struct {
        const char       *txt;
        device_reason_t   reason;
    } cases[] = {
        { VALUE, DEVICE_OK },
        { "0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcz", DEVICE_OK },
        { "", DEVICE_RDATA_INVALID },
        { "__validation_token_received_from_the_ca___",
          DEVICE_RDATA_INVALID },
        { VALUE "_", DEVICE_RDATA_INVALID },
        { "___validation_token_received_from_the_ca__=",
          DEVICE_RDATA_INVALID },
        { "___validation token_received_from_the_ca___",
          DEVICE_RDATA_INVALID },
        { "___validation_token_received_from_the_ca_\xc3\xa4",
          DEVICE_RDATA_INVALID }
    };

    size_t                     i;
    device_error_t             error;
    device_acme_dns_update_t   update;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        strcpy(update.txt, cases[i].txt);

        if (device_acme_dns_txt_check(&update, &error) != cases[i].reason) {
            fail_msg("%s", cases[i].txt);
        }
    }
}


static void
test_register(void **state)
{
    static const struct {
        const char       *body;
        device_reason_t   reason;
    } cases[] = {
        { "", DEVICE_OK },
        { "{}", DEVICE_OK },
        { "{\"allowfrom\":[]}", DEVICE_OK },
        { "{\"AllowFrom\":null}", DEVICE_OK },
        { "{\"other\":1}", DEVICE_OK },
        { "{\"allowfrom\":[\"192.0.2.0/24\"]}", DEVICE_MEMBER_INVALID },
        { "{\"AllowFrom\":[\"192.0.2.0/24\"]}", DEVICE_MEMBER_INVALID },
        { "{\"allowfrom\":[1]}", DEVICE_MEMBER_INVALID },
        { "{\"allowfrom\":\"192.0.2.0/24\"}", DEVICE_JSON_INVALID },
        { "{\"allowfrom\":[],\"ALLOWFROM\":[\"::/0\"]}",
          DEVICE_JSON_INVALID },
        { "[]", DEVICE_JSON_INVALID },
        { "{", DEVICE_JSON_INVALID }
    };

    size_t           i;
    device_error_t   error;
    device_reason_t  reason;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        reason = device_acme_dns_register_parse(span(cases[i].body),
                                                &error);

        if (reason != cases[i].reason) {
            fail_msg("%s: %d", cases[i].body, reason);
        }
    }
}


static void
test_replies(void **state)
{
    char                 *text;
    device_credential_t   credential;

    (void) state;

    text = device_acme_dns_update_reply(VALUE "and what lies behind");
    assert_string_equal(text, "{\"txt\": \"" VALUE "\"}");
    free(text);

    text = device_acme_dns_error_reply("forbidden");
    assert_string_equal(text, "{\"error\": \"forbidden\"}");
    free(text);

    strcpy(credential.user, UUID);
    strcpy(credential.password, "0123456789012345678901234567890123456789");

    text = device_acme_dns_register_reply(&credential, "d1.devices.example");
    assert_string_equal(text, "{\"username\":\"" UUID "\",\"password\":"
        "\"0123456789012345678901234567890123456789\",\"fulldomain\":"
        "\"_acme-challenge.d1.devices.example\",\"subdomain\":\"d1\","
        "\"allowfrom\":[]}");
    free(text);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_txt),
        cmocka_unit_test(test_register),
        cmocka_unit_test(test_replies)
    };

    return cmocka_run_group_tests_name("device_acme_dns", tests, NULL, NULL);
}
