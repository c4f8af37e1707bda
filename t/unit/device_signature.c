/* units: ngx_srv_registrar_module/device_signature.c
   ngx_srv_registrar_module/device_signature_base.c
   ngx_srv_registrar_module/device_signature_digest.c
   ngx_srv_registrar_module/device_message.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * Message signatures: each rule of the profile broken once, the RFC's
 * vectors, what curl sends, and the base of every derived component.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "device_key.h"
#include "device_signature.h"


#define SPAN(text)  { (const uint8_t *) (text), sizeof(text) - 1 }

#define HEADERS_MAX  4

#define KEYID   "keyid=\"dev.example.net/01020304\""
#define LIST    "(\"@method\" \"@authority\" \"@path\")"
#define GOOD    LIST ";created=1790000000;" KEYID
#define BYTES   ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=:"

#define INPUT(text)      { SPAN("Signature-Input"), SPAN(text) }
#define SIGNATURE(text)  { SPAN("Signature"), SPAN(text) }
#define SIG1             SIGNATURE("sig1=" BYTES)


static const device_message_t  plain = {
    SPAN("GET"), SPAN("https"), SPAN("registrar.example.net"),
    SPAN("/v1/records"), { NULL, 0 }, false, NULL, 0, { NULL, 0 }
};


typedef struct {
    device_header_t  headers[HEADERS_MAX];
    device_reason_t  reason;
} parse_case_t;

#define MALFORMED  DEVICE_SIGNATURE_MALFORMED
#define REQUIRED   DEVICE_SIGNATURE_REQUIRED

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


static size_t
count_headers(const device_header_t headers[HEADERS_MAX])
{
    size_t  n;

    for (n = 0; n < HEADERS_MAX && headers[n].name.len > 0; n++) {
        /* until one that is unset */
    }

    return n;
}


static device_reason_t
parse(const device_message_t *message, device_signature_t *signature,
    device_error_t *error)
{
    static uint8_t  scratch[2048];

    return device_signature_parse(message, signature, scratch,
                                  sizeof(scratch), error);
}


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
#define NOTHING  { NULL, 0 }
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


#define SHA256  "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
#define SHA512  "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwA" \
                "gBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
#define EMPTY   "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
#define WRONG   "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPA=:"
#define DIGEST(text)  { SPAN("Content-Digest"), SPAN(text) }

typedef struct {
    bool             body;
    device_header_t  headers[HEADERS_MAX];
    device_reason_t  reason;
} digest_case_t;

static const digest_case_t  digests[] = {
    { true, { DIGEST(SHA256) }, DEVICE_OK },
    { true, { DIGEST(SHA512) }, DEVICE_OK },
    { true, { DIGEST(SHA256 ", " SHA512) }, DEVICE_OK },
    { true, { DIGEST(SHA512), DIGEST(SHA256) }, DEVICE_OK },
    { true, { DIGEST("md5=:AAAA:, " SHA256 ", sha-384=1") }, DEVICE_OK },
    { false, { { NOTHING, NOTHING } }, DEVICE_OK },
    { false, { DIGEST(EMPTY) }, DEVICE_OK },
    { false, { DIGEST("md5=:AAAA:") }, DEVICE_OK },

    { true, { { NOTHING, NOTHING } }, DEVICE_DIGEST_REQUIRED },
    { true, { DIGEST("") }, DEVICE_DIGEST_REQUIRED },
    { true, { DIGEST("md5=:AAAA:") }, DEVICE_DIGEST_REQUIRED },
    { true, { DIGEST("sha-384=:AAAA:") }, DEVICE_DIGEST_REQUIRED },

    { true, { DIGEST(WRONG) }, DEVICE_DIGEST_MISMATCH },
    { true, { DIGEST(EMPTY) }, DEVICE_DIGEST_MISMATCH },
    { true, { DIGEST(SHA512 ", " WRONG) }, DEVICE_DIGEST_MISMATCH },
    { true, { DIGEST(WRONG ", " SHA512) }, DEVICE_DIGEST_MISMATCH },
    { true, { DIGEST("sha-256=::") }, DEVICE_DIGEST_MISMATCH },
    { true, { DIGEST("sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9D:") },
      DEVICE_DIGEST_MISMATCH },
    { false, { DIGEST(SHA256) }, DEVICE_DIGEST_MISMATCH },

    { true, { DIGEST(SHA256 ", " SHA256) }, MALFORMED },
    { true, { DIGEST(SHA256), DIGEST(SHA256) }, MALFORMED },
    { true, { DIGEST(SHA256 ",") }, MALFORMED },
    { true, { DIGEST("sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=") },
      MALFORMED },
    { true, { DIGEST("sha-256=\"X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBP\"")
      }, MALFORMED },
    { true, { DIGEST("sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=:")
      }, MALFORMED },
    { true, { DIGEST("sha-256") }, MALFORMED },
    { true, { DIGEST(SHA256 "\r\n") }, MALFORMED },
    { true, { DIGEST("a,b,c,d,e,f,g,h," SHA256) }, MALFORMED },
};


static void
digest_is_recomputed(void **state)
{
    size_t            i;
    device_error_t    error;
    device_reason_t   reason;
    device_message_t  message;

    static const store_span_t  body = SPAN("{\"hello\": \"world\"}");

    (void) state;

    for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        message = plain;
        message.headers = digests[i].headers;
        message.nheaders = count_headers(digests[i].headers);

        if (digests[i].body) {
            message.body = body;
        }

        reason = device_signature_digest(&message, &error);

        if (reason != digests[i].reason) {
            fail_msg("case %zu: reason %d (%s)", i, (int) reason,
                     error.detail);
        }
    }
}


typedef struct {
    int              created, expires;       /* from now; expires 0: none */
    int              held;                   /* from now; 0: none */
    device_reason_t  reason;
} window_case_t;

static const window_case_t  windows[] = {
    { 0, 0, 0, DEVICE_OK },
    { -300, 0, 0, DEVICE_OK },
    { -301, 0, 0, DEVICE_CLOCK_SKEW },
    { 60, 0, 0, DEVICE_OK },
    { 61, 0, 0, DEVICE_CLOCK_SKEW },
    { -1000000000, 0, 0, DEVICE_CLOCK_SKEW },

    { -100, 1, 0, DEVICE_OK },
    { -100, -1, 0, DEVICE_SIGNATURE_EXPIRED },
    { -301, -200, 0, DEVICE_CLOCK_SKEW },

    { 7200, 0, 7200, DEVICE_OK },
    { 7261, 0, 7200, DEVICE_CLOCK_SKEW },
    { 6899, 0, 7200, DEVICE_CLOCK_SKEW },
    { 0, 0, 7200, DEVICE_OK },
    { 7100, 7199, 7200, DEVICE_SIGNATURE_EXPIRED },
    { 7100, 7200, 7200, DEVICE_OK },

    /* both centres hold: either may say that it has not expired */
    { -150, -100, -120, DEVICE_OK },
    { -150, -130, -120, DEVICE_SIGNATURE_EXPIRED },
    { -150, -130, 60, DEVICE_SIGNATURE_EXPIRED },
};


static void
window_is_kept(void **state)
{
    size_t              i;
    device_error_t      error;
    device_reason_t     reason;
    device_signature_t  signature;

    const int64_t  now = 1790000000;

    (void) state;

    for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        memset(&signature, 0, sizeof(signature));
        signature.created = now + windows[i].created;
        signature.expires = windows[i].expires == 0
                            ? 0 : now + windows[i].expires;

        reason = device_signature_window(&signature, now,
                                         windows[i].held == 0
                                         ? 0 : now + windows[i].held, &error);

        if (reason != windows[i].reason) {
            fail_msg("case %zu: reason %d", i, (int) reason);
        }
    }

    /* expires at now is not yet past */
    signature.created = now;
    signature.expires = now;
    assert_int_equal(device_signature_window(&signature, now, 0, &error),
                     DEVICE_OK);

    /* the largest number that a field can carry */
    signature.created = 999999999999999;
    assert_int_equal(device_signature_window(&signature, now, 0, &error),
                     DEVICE_CLOCK_SKEW);
}


#define FQDN  "8be376ddb1c07aa7cce0794b8ba66cfd.devices.example.net"

/* The example of docs/http-api.md, as curl would send it, from the request to
 * the verdict; then with each part of the request changed. */
static void
whole_request_verifies(void **state)
{
    size_t              i, len;
    uint8_t             base[DEVICE_BASE_MAX];
    store_span_t        made, value;
    device_error_t      error;
    device_secrets_t    secrets;
    device_message_t    message, changed;
    device_signature_t  signature;
    store_device_key_t  key;

    static const device_header_t  headers[] = {
        { SPAN("Host"), SPAN("registrar.example.net") },
        { SPAN("Content-Type"), SPAN("application/json") },
        DIGEST("sha-256=:DdBHgZ6gjeMZmahiBt8Vhoxqj07MWYzDKYdsnwdm1Xo=:"),
        INPUT("sig1=(\"@method\" \"@authority\" \"@path\" \"content-digest\")"
              ";created=1790000000;keyid=\"" FQDN "/ba22b7dc\""
              ";alg=\"hmac-sha256\""),
        SIGNATURE("sig1=:3hp5eE+qpXnniTztFCb0cd0zuga5vgBPIrtJLI3lT/I=:"),
    };
    static const store_span_t  text = SPAN(
        "name 000102030405060708090a0b0c0d0e0f"
        "101112131415161718191a1b1c1d1e1f\n"
        "key 1 202122232425262728292a2b2c2d2e2f"
        "303132333435363738393a3b3c3d3e3f\n");
    static const store_span_t  body = SPAN("{\"services\": [{\"service\": "
        "\"_xmpp-server._tcp\", \"port\": 15269}]}");

    (void) state;

    assert_true(device_secrets_parse(&secrets, text, &error));

    memset(&key, 0, sizeof(key));
    key.algorithm = STORE_HMAC_SHA256;
    key.secret = 1;

    for (i = 0; i < STORE_GENERATION_LEN; i++) {
        key.generation[i] = (uint8_t) (0x40 + i);
    }

    message = plain;
    message.method.data = (const uint8_t *) "PUT";
    message.headers = headers;
    message.nheaders = sizeof(headers) / sizeof(headers[0]);
    message.body = body;

    assert_int_equal(parse(&message, &signature, &error), DEVICE_OK);
    assert_int_equal(device_signature_digest(&message, &error), DEVICE_OK);
    assert_string_equal(signature.fqdn, FQDN);
    assert_memory_equal(signature.tag, "\xba\x22\xb7\xdc", 4);
    assert_true(device_signature_alg_agrees(&signature, key.algorithm));

    value.data = signature.signature;
    value.len = signature.signature_len;

    for (i = 0; i < 5; i++) {
        changed = message;

        switch (i) {

        case 1:
            changed.method.data = (const uint8_t *) "GET";
            break;

        case 2:
            changed.path.len--;
            break;

        case 3:
            changed.authority.data++;
            changed.authority.len--;
            break;

        case 4:
            changed.headers++;           /* Host is not covered */
            changed.nheaders--;
            break;
        }

        len = sizeof(base);
        assert_int_equal(device_signature_base(&changed, &signature, base,
                                               &len, &error), DEVICE_OK);
        made.data = base;
        made.len = len;

        assert_int_equal(device_key_verify(&key, &secrets, signature.fqdn,
                                           made, value),
                         i == 0 || i == 4 ? DEVICE_OK
                                          : DEVICE_SIGNATURE_INVALID);
    }
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
        cmocka_unit_test(components_have_their_values),
        cmocka_unit_test(base_fits_or_is_refused),
        cmocka_unit_test(rfc_vectors_have_their_base),
        cmocka_unit_test(digest_is_recomputed),
        cmocka_unit_test(window_is_kept),
        cmocka_unit_test(whole_request_verifies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
