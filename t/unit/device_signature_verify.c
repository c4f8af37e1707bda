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
 * What a well-formed signature has to pass: the digest of the body, the
 * window of time, the key.
 */

#include "device_signed.h"
#include "device_key.h"


#define SHA256  "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
#define SHA512  "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwA" \
                "gBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
#define EMPTY   "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
#define WRONG   "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPA=:"

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
        cmocka_unit_test(digest_is_recomputed),
        cmocka_unit_test(window_is_kept),
        cmocka_unit_test(whole_request_verifies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
