/* units: ngx_srv_registrar_module/device_signature.c
   ngx_srv_registrar_module/device_signature_cover.c
   ngx_srv_registrar_module/device_signature_base.c
   ngx_srv_registrar_module/device_signature_digest.c
   ngx_srv_registrar_module/device_message.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * The form of Signature-Input and Signature: each rule of the profile broken
 * once.
 */

#include "device_signed.h"


typedef struct {
    device_header_t  headers[HEADERS_MAX];
    device_reason_t  reason;
} parse_case_t;

static const parse_case_t  parses[] = {

    /* taken */
    { { INPUT("sig1=" GOOD), SIG1 }, DEVICE_OK },
    { { { SPAN("SIGNATURE-input"), SPAN("\t sig1=" GOOD " \t") },
        { SPAN("sIgnature"), SPAN("sig1=" BYTES) } }, DEVICE_OK },
    { { INPUT("sig1=" GOOD ";alg=\"hmac-sha256\";nonce=\"n\""
              ";tag=\"srv-reg\";expires=1790000000"), SIG1 }, DEVICE_OK },
    { { INPUT("sig1=(\"@method\" \"@target-uri\");created=0;" KEYID), SIG1 },
      DEVICE_OK },
    { { INPUT("sig1=(\"date\" \"@scheme\" \"@request-target\" \"@query\""
              " \"@path\" \"@method\" \"@authority\" \"x-1_!~\")"
              ";created=1;" KEYID), SIG1 }, DEVICE_OK },

    /* others' signatures, and fields of several lines */
    { { INPUT("a=(\"@status\";req);foo=1;keyid=\"other\", sig1=" GOOD
              ", b=();tag=\"x\";" KEYID),
        SIGNATURE("a=:AA==:, b=:AA==:, sig1=" BYTES) }, DEVICE_OK },
    { { INPUT("a=();keyid=\"other\""), INPUT("sig1=" GOOD),
        SIGNATURE("sig1=" BYTES), SIGNATURE("a=?1") }, DEVICE_OK },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig1=" BYTES ", c=1") }, DEVICE_OK },

    /* none of ours */
    { { { { NULL, 0 }, { NULL, 0 } } }, REQUIRED },
    { { SIG1 }, REQUIRED },
    { { INPUT(""), SIG1 }, REQUIRED },
    { { INPUT("sig1=" LIST ";created=1"), SIG1 }, REQUIRED },
    { { INPUT("sig1=" LIST ";created=1;keyid=\"dev.example.net\""), SIG1 },
      REQUIRED },
    { { INPUT("sig1=" LIST ";created=1;keyid=dev.example.net/01020304"),
        SIG1 }, REQUIRED },
    { { INPUT("sig1=" LIST ";created=1;keyid=\"dev.example.net/0102030F\""),
        SIG1 }, REQUIRED },
    { { INPUT("sig1=" GOOD ";tag=\"other\""), SIG1 }, REQUIRED },
    { { INPUT("sig1=" GOOD ";tag=srv-reg"), SIG1 }, REQUIRED },

    /* dictionaries */
    { { INPUT("sig1=" GOOD ", sig1=" GOOD), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD), INPUT("sig1=();keyid=\"other\""), SIG1 },
      MALFORMED },
    { { INPUT("sig1=" GOOD ", sig2=" GOOD),
        SIGNATURE("sig1=" BYTES ", sig2=" BYTES) }, MALFORMED },
    { { INPUT("sig1=" GOOD ", x=1"), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ","), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD), INPUT(""), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD "\n"), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";nonce=\"\xc3\xa9\""), SIG1 }, MALFORMED },
    { { INPUT("a=(),b=(),c=(),d=(),e=(),f=(),g=(),sig1=" GOOD), SIG1 },
      DEVICE_OK },
    { { INPUT("a=(),b=(),c=(),d=(),e=(),f=(),g=(),h=(),sig1=" GOOD), SIG1 },
      MALFORMED },

    /* parameters */
    { { INPUT("sig1=" LIST ";" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=" LIST ";created=-1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=" LIST ";created=\"1\";" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=" LIST ";created;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=" LIST ";created=1.0;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=" LIST ";created=1;created=2;" KEYID), SIG1 },
      MALFORMED },
    { { INPUT("sig1=" GOOD ";" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";expires=1789999999"), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";expires=0"), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";expires=\"1790000000\""), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";nonce=1"), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";alg=hmac-sha256"), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";alg=\"\""), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";foo=1"), SIG1 }, MALFORMED },

    /* written in another way than RFC 9651 4.1 has it */
    { { INPUT("sig1=" GOOD "; nonce=\"a\""), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";expires=01790000000"), SIG1 }, MALFORMED },
    { { INPUT("sig1=" LIST ";created=-0;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=( \"@method\" \"@authority\" \"@path\");created=1;"
              KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\"  \"@authority\" \"@path\");created=1;"
              KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" );created=1;"
              KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD ";nonce=\" =01 \\\"  \\\\=-0\""), SIG1 },
      DEVICE_OK },
    { { INPUT("sig1=" LIST ";created=0;" KEYID), SIG1 }, DEVICE_OK },

    /* components */
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"@path\")"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\";req)"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"date\";bs)"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"date\";sf)"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"date\";tr)"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\""
              " \"a\";key=\"b\");created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"@status\")"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\""
              " \"@query-param\";name=\"a\");created=1;" KEYID), SIG1 },
      MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"@query-param\")"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\""
              " \"@signature-params\");created=1;" KEYID), SIG1 },
      MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"@Path\")"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"Date\")"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"\")"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"a b\")"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"a\\\"b\")"
              ";created=1;" KEYID), SIG1 }, MALFORMED },
    { { INPUT("sig1=(\"@method\" \"@authority\" \"@path\" date)"
              ";created=1;" KEYID), SIG1 }, MALFORMED },

    /* the signature */
    { { INPUT("sig1=" GOOD) }, MALFORMED },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig2=" BYTES) }, MALFORMED },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig1=" BYTES ", sig1=" BYTES) },
      MALFORMED },
    { { INPUT("sig1=" GOOD), SIG1, SIG1 }, MALFORMED },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig1=" BYTES ";a=1") }, MALFORMED },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig1=" BYTES ",") }, MALFORMED },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig1=\"AAAA\"") }, MALFORMED },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig1=::") }, MALFORMED },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig1=:AAA:") }, MALFORMED },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig1=:AAF=:") }, MALFORMED },
    { { INPUT("sig1=" GOOD), SIGNATURE("sig1=:"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:") }, MALFORMED },

    /* coverage */
    { { INPUT("sig1=();created=1;" KEYID), SIG1 },
      DEVICE_SIGNATURE_INCOMPLETE },
    { { INPUT("sig1=(\"@authority\" \"@path\");created=1;" KEYID), SIG1 },
      DEVICE_SIGNATURE_INCOMPLETE },
    { { INPUT("sig1=(\"@method\" \"@path\");created=1;" KEYID), SIG1 },
      DEVICE_SIGNATURE_INCOMPLETE },
    { { INPUT("sig1=(\"@method\" \"@authority\");created=1;" KEYID), SIG1 },
      DEVICE_SIGNATURE_INCOMPLETE },
    { { INPUT("sig1=(\"@method\" \"host\" \"@request-target\");created=1;"
              KEYID), SIG1 }, DEVICE_SIGNATURE_INCOMPLETE },
};


static void
form_is_checked(void **state)
{
    size_t              i;
    device_error_t      error;
    device_reason_t     reason;
    device_message_t    message;
    device_signature_t  signature;

    (void) state;

    for (i = 0; i < sizeof(parses) / sizeof(parses[0]); i++) {
        message = plain;
        message.headers = parses[i].headers;
        message.nheaders = count_headers(parses[i].headers);
        error.reason = DEVICE_OK;

        reason = parse(&message, &signature, &error);

        if (reason != parses[i].reason || error.reason != reason) {
            fail_msg("case %zu (%s): reason %d (%s)", i,
                     message.nheaders == 0 ? ""
                     : (const char *) message.headers[0].value.data,
                     (int) reason, error.detail);
        }

        if (reason == DEVICE_OK) {
            assert_string_equal(signature.fqdn, "dev.example.net");
            assert_memory_equal(signature.tag, "\1\2\3\4", 4);
            assert_int_equal(signature.signature_len, 32);
            assert_int_equal(signature.signature[31], 31);
        }
    }
}


static void
parts_are_as_sent(void **state)
{
    device_error_t      error;
    device_message_t    message;
    device_signature_t  signature;

    static const char             params[] =
        "(\"@method\" \"@authority\" \"@path\");expires=1790000300"
        ";alg=\"ed25519\";keyid=\"Dev.Example.net/01020304\""
        ";created=1790000000";
    static const device_header_t  headers[] = {
        { SPAN("Signature-Input"), SPAN(
        "sig1=(\"@method\" \"@authority\" \"@path\");expires=1790000300"
        ";alg=\"ed25519\";keyid=\"Dev.Example.net/01020304\""
        ";created=1790000000, a=()") },
        SIG1
    };

    (void) state;

    message = plain;
    message.headers = headers;
    message.nheaders = 2;

    assert_int_equal(parse(&message, &signature, &error), DEVICE_OK);
    assert_int_equal(signature.created, 1790000000);
    assert_int_equal(signature.expires, 1790000300);
    assert_string_equal(signature.fqdn, "dev.example.net");
    assert_int_equal(signature.params.len, strlen(params));
    assert_memory_equal(signature.params.data, params, strlen(params));
    assert_memory_equal(signature.keyid.data, "Dev.Example.net/01020304", 24);

    assert_true(device_signature_alg_agrees(&signature, STORE_ED25519));
    assert_false(device_signature_alg_agrees(&signature, STORE_HMAC_SHA256));
    assert_false(device_signature_alg_agrees(&signature, 0));
    signature.alg.len = 0;
    assert_true(device_signature_alg_agrees(&signature, STORE_HMAC_SHA256));
}


static void
query_and_body_must_be_covered(void **state)
{
    device_error_t      error;
    device_message_t    message;
    device_signature_t  signature;

    static const device_header_t  bare[] = { INPUT("sig1=" GOOD), SIG1 };
    static const device_header_t  query[] = {
        INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"@query\")"
              ";created=1;" KEYID), SIG1
    };
    static const device_header_t  uri[] = {
        INPUT("sig1=(\"@method\" \"@target-uri\");created=1;" KEYID), SIG1
    };
    static const device_header_t  digest[] = {
        INPUT("sig1=(\"@method\" \"@target-uri\" \"content-digest\")"
              ";created=1;" KEYID), SIG1
    };

    (void) state;

    message = plain;
    message.nheaders = 2;
    message.has_query = true;            /* an empty one */

    message.headers = bare;
    assert_int_equal(parse(&message, &signature, &error),
                     DEVICE_SIGNATURE_INCOMPLETE);
    message.headers = query;
    assert_int_equal(parse(&message, &signature, &error), DEVICE_OK);
    message.headers = uri;
    assert_int_equal(parse(&message, &signature, &error), DEVICE_OK);

    message.body.data = (const uint8_t *) "{}";
    message.body.len = 2;
    assert_int_equal(parse(&message, &signature, &error),
                     DEVICE_SIGNATURE_INCOMPLETE);
    message.headers = digest;
    assert_int_equal(parse(&message, &signature, &error), DEVICE_OK);
}


/* 24 components pass, 25 do not. */
static void
components_are_counted(void **state)
{
    int                 i, n, at;
    char                text[1024];
    device_error_t      error;
    device_header_t     headers[2] = { INPUT(""), SIG1 };
    device_message_t    message;
    device_signature_t  signature;

    (void) state;

    message = plain;
    message.headers = headers;
    message.nheaders = 2;

    for (n = DEVICE_COMPONENTS_MAX; n <= DEVICE_COMPONENTS_MAX + 1; n++) {
        at = sprintf(text, "sig1=(\"@method\" \"@target-uri\"");

        for (i = 2; i < n; i++) {
            at += sprintf(text + at, " \"x-%d\"", i);
        }

        at += sprintf(text + at, ");created=1;" KEYID);
        headers[0].value.data = (const uint8_t *) text;
        headers[0].value.len = (size_t) at;

        assert_int_equal(parse(&message, &signature, &error),
                         n == DEVICE_COMPONENTS_MAX ? DEVICE_OK : MALFORMED);
    }
}


/* A thousand lines stop at the room, a thousand members at the eighth. */
static void
floods_are_cheap(void **state)
{
    int                 i, at;
    size_t              n;
    static char         text[20000];
    uint8_t             scratch[64];
    device_error_t      error;
    device_header_t     headers[1000];
    device_message_t    message;
    device_signature_t  signature;

    (void) state;

    at = 0;

    for (i = 0; i < 1000; i++) {
        at += sprintf(text + at, "%sx%d=()", i == 0 ? "" : ", ", i);
    }

    for (n = 0; n < 1000; n++) {
        headers[n].name.data = (const uint8_t *) "signature-input";
        headers[n].name.len = 15;
        headers[n].value.data = (const uint8_t *) "sig1=()";
        headers[n].value.len = 7;
    }

    message = plain;
    message.headers = headers;
    message.nheaders = 1000;
    assert_int_equal(device_signature_parse(&message, &signature, scratch,
                                            sizeof(scratch), &error),
                     MALFORMED);

    message.nheaders = 1;
    headers[0].value.data = (const uint8_t *) text;
    headers[0].value.len = (size_t) at;
    assert_int_equal(device_signature_parse(&message, &signature, NULL, 0,
                                            &error), MALFORMED);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(form_is_checked),
        cmocka_unit_test(parts_are_as_sent),
        cmocka_unit_test(query_and_body_must_be_covered),
        cmocka_unit_test(components_are_counted),
        cmocka_unit_test(floods_are_cheap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
