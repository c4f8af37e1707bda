/* units: ngx_srv_registrar_module/device_signature_base.c
   ngx_srv_registrar_module/device_message.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_reason.c
   ngx_srv_registrar_module/device_signature.c
   ngx_srv_registrar_module/device_signature_cover.c
   ngx_srv_registrar_module/device_signature_digest.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c */

/*
 * Signature bases: the value of every derived component, and the vectors of
 * RFC 9421 B.2.
 */

#include "device_signed.h"


/* Base of a hand-made signature. */
static device_reason_t
make_base(const device_message_t *message, const char *components,
    const char *params, char *out, size_t room)
{
    size_t              len;
    uint8_t            *exact;
    device_error_t      error;
    device_reason_t     reason;
    device_signature_t  signature;

    memset(&signature, 0, sizeof(signature));
    signature.components.data = (const uint8_t *) components;
    signature.components.len = strlen(components);
    signature.params.data = (const uint8_t *) params;
    signature.params.len = strlen(params);

    exact = malloc(room + 1);
    assert_non_null(exact);
    len = room;

    reason = device_signature_base(message, &signature, exact, &len, &error);

    if (reason == DEVICE_OK) {
        memcpy(out, exact, len);
        out[len] = '\0';
    }

    free(exact);

    return reason;
}


typedef struct {
    store_span_t  scheme;
    store_span_t  authority;
    store_span_t  path;
    store_span_t  query;
    bool          has_query;
    const char   *component;         /* without its quotes */
    const char   *value;             /* NULL: refused */
} derived_case_t;

#define HTTPS    SPAN("https")
#define HOST     SPAN("a.example")

static const derived_case_t  derived[] = {
    { HTTPS, SPAN("A.Example"), SPAN("/"), NOTHING, false, "@authority",
      "a.example" },
    { HTTPS, SPAN("a.example:443"), SPAN("/"), NOTHING, false, "@authority",
      "a.example" },
    { HTTPS, SPAN("a.example:80"), SPAN("/"), NOTHING, false, "@authority",
      "a.example:80" },
    { SPAN("http"), SPAN("a.example:80"), SPAN("/"), NOTHING, false,
      "@authority", "a.example" },
    { SPAN("http"), SPAN("a.example:443"), SPAN("/"), NOTHING, false,
      "@authority", "a.example:443" },
    { HTTPS, SPAN("a.example:8443"), SPAN("/"), NOTHING, false, "@authority",
      "a.example:8443" },
    { HTTPS, SPAN("a.example:"), SPAN("/"), NOTHING, false, "@authority",
      "a.example" },
    { HTTPS, SPAN("[2001:DB8::443]"), SPAN("/"), NOTHING, false,
      "@authority", "[2001:db8::443]" },
    { HTTPS, SPAN("[2001:db8::1]:443"), SPAN("/"), NOTHING, false,
      "@authority", "[2001:db8::1]" },
    { HTTPS, SPAN("[2001:db8::1]:444"), SPAN("/"), NOTHING, false,
      "@authority", "[2001:db8::1]:444" },
    { HTTPS, NOTHING, SPAN("/"), NOTHING, false, "@authority", NULL },
    { HTTPS, SPAN(":443"), SPAN("/"), NOTHING, false, "@authority", NULL },
    { HTTPS, SPAN("a\n"), SPAN("/"), NOTHING, false, "@authority", NULL },
    { HTTPS, SPAN("\xc3\xa9"), SPAN("/"), NOTHING, false, "@authority",
      NULL },

    { HTTPS, HOST, SPAN("/%7Ea/..//B"), NOTHING, false, "@path",
      "/%7Ea/..//B" },
    { HTTPS, HOST, NOTHING, NOTHING, false, "@path", NULL },
    { HTTPS, HOST, SPAN("/\xc3\xa9"), NOTHING, false, "@path", NULL },
    { HTTPS, HOST, SPAN("/a b"), NOTHING, false, "@path", NULL },
    { HTTPS, HOST, SPAN("/\n\"@method\": PUT"), NOTHING, false, "@path",
      NULL },

    { HTTPS, HOST, SPAN("/"), SPAN("a=%20&B"), true, "@query", "?a=%20&B" },
    { HTTPS, HOST, SPAN("/"), SPAN(""), true, "@query", "?" },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "@query", "?" },
    { HTTPS, HOST, SPAN("/"), SPAN("\n"), true, "@query", NULL },

    { SPAN("HTTPS"), HOST, SPAN("/"), NOTHING, false, "@scheme", "https" },
    { NOTHING, HOST, SPAN("/"), NOTHING, false, "@scheme", NULL },

    { HTTPS, HOST, SPAN("/p"), NOTHING, false, "@request-target", "/p" },
    { HTTPS, HOST, SPAN("/p"), SPAN("q"), true, "@request-target", "/p?q" },
    { HTTPS, HOST, SPAN("/p"), SPAN(""), true, "@request-target", "/p?" },

    { HTTPS, SPAN("A.example:443"), SPAN("/p"), SPAN("q"), true,
      "@target-uri", "https://a.example/p?q" },
    { HTTPS, SPAN("a.example:1"), SPAN("/p"), NOTHING, false, "@target-uri",
      "https://a.example:1/p" },
    { HTTPS, NOTHING, SPAN("/p"), NOTHING, false, "@target-uri", NULL },

    { HTTPS, HOST, SPAN("/"), NOTHING, false, "@method", "GET" },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "@status", NULL },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "@", NULL },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "", NULL },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "absent", NULL },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "x-one", "1" },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "x-two", "a b, , c\td" },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "x-empty", "" },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "x-lf", NULL },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "x-nul", NULL },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "x-cr", NULL },
    { HTTPS, HOST, SPAN("/"), NOTHING, false, "x-obs", NULL },
};

static const device_header_t  fields[] = {
    { SPAN("X-One"), SPAN(" 1\t") },
    { SPAN("X-Two"), SPAN("a b ") },
    { SPAN("X-Empty"), SPAN("  ") },
    { SPAN("x-two"), SPAN("") },
    { SPAN("X-LF"), SPAN("a\n\"@path\": /") },
    { SPAN("X-TWO"), SPAN("\tc\td") },
    { SPAN("x-nul"), SPAN("a\0b") },
    { SPAN("x-cr"), SPAN("a\rb") },
    { SPAN("x-obs"), SPAN("caf\xc3\xa9") },
};


static void
components_have_their_values(void **state)
{
    char              base[512], component[64], wanted[512];
    size_t            i;
    device_reason_t   reason;
    device_message_t  message;

    (void) state;

    for (i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
        message = plain;
        message.scheme = derived[i].scheme;
        message.authority = derived[i].authority;
        message.path = derived[i].path;
        message.query = derived[i].query;
        message.has_query = derived[i].has_query;
        message.headers = fields;
        message.nheaders = sizeof(fields) / sizeof(fields[0]);

        snprintf(component, sizeof(component), "\"%s\"",
                 derived[i].component);
        reason = make_base(&message, component, "(x);y", base, sizeof(base)
                                                               - 1);

        if (derived[i].value == NULL) {
            if (reason != MALFORMED) {
                fail_msg("case %zu, %s: %d", i, component, (int) reason);
            }

            continue;
        }

        assert_int_equal(reason, DEVICE_OK);
        snprintf(wanted, sizeof(wanted),
                 "%s: %s\n\"@signature-params\": (x);y", component,
                 derived[i].value);
        assert_string_equal(base, wanted);
    }
}


static void
base_fits_or_is_refused(void **state)
{
    char    base[64];
    size_t  room;

    static const char  whole[] = "\"@method\": GET\n"
                                 "\"@signature-params\": (x)";

    (void) state;

    for (room = 0; room < sizeof(whole) - 1; room++) {
        assert_int_equal(make_base(&plain, "\"@method\"", "(x)", base, room),
                         MALFORMED);
    }

    assert_int_equal(make_base(&plain, "\"@method\"", "(x)", base, room),
                     DEVICE_OK);
    assert_string_equal(base, whole);
}


/* RFC 9421 B.2.5 and B.2.6: the bases of the test request. */
static void
rfc_vectors_have_their_base(void **state)
{
    char  base[1024];

    static const device_header_t   headers[] = {
        { SPAN("Date"), SPAN("Tue, 20 Apr 2021 02:07:55 GMT") },
        { SPAN("Content-Type"), SPAN("application/json") },
        { SPAN("Content-Length"), SPAN("18") },
    };
    static const device_message_t  message = {
        SPAN("POST"), SPAN("https"), SPAN("example.com"), SPAN("/foo"),
        SPAN("param=Value&Pet=dog"), true, headers, 3,
        SPAN("{\"hello\": \"world\"}")
    };

    (void) state;

    assert_int_equal(make_base(&message,
        "\"date\" \"@authority\" \"content-type\"",
        "(\"date\" \"@authority\" \"content-type\");created=1618884473"
        ";keyid=\"test-shared-secret\"", base, sizeof(base) - 1), DEVICE_OK);
    assert_string_equal(base,
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
        "\"@authority\": example.com\n"
        "\"content-type\": application/json\n"
        "\"@signature-params\": (\"date\" \"@authority\" \"content-type\")"
        ";created=1618884473;keyid=\"test-shared-secret\"");

    assert_int_equal(make_base(&message,
        "\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "
        "\"content-length\"",
        "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\""
        " \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"",
        base, sizeof(base) - 1), DEVICE_OK);
    assert_string_equal(base,
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
        "\"@method\": POST\n"
        "\"@path\": /foo\n"
        "\"@authority\": example.com\n"
        "\"content-type\": application/json\n"
        "\"content-length\": 18\n"
        "\"@signature-params\": (\"date\" \"@method\" \"@path\""
        " \"@authority\" \"content-type\" \"content-length\")"
        ";created=1618884473;keyid=\"test-key-ed25519\"");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(components_have_their_values),
        cmocka_unit_test(base_fits_or_is_refused),
        cmocka_unit_test(rfc_vectors_have_their_base),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
