/* units: ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * The secrets file: what is refused, and where it says so.
 */

#include "device_text.h"
#include "device_key.h"


#define NAME_HEX  "000102030405060708090a0b0c0d0e0f"                          \
                  "101112131415161718191a1b1c1d1e1f"
#define KEY_HEX   "202122232425262728292a2b2c2d2e2f"                          \
                  "303132333435363738393A3B3C3D3E3F"


typedef struct {
    store_span_t  text;
    const char   *detail;            /* NULL: taken */
} secrets_case_t;

static const secrets_case_t  secrets_files[] = {
    { SPAN("name " NAME_HEX "\nkey 1 " KEY_HEX "\n"), NULL },
    { SPAN("# all\r\n\r\n  key\t1  " KEY_HEX " # first\r\nname " NAME_HEX),
      NULL },
    { SPAN("key 65535 " KEY_HEX "\nname " NAME_HEX "\nkey 7 " NAME_HEX),
      NULL },

    { SPAN(""), "there is no name secret" },
    { SPAN("key 1 " KEY_HEX "\n"), "there is no name secret" },
    { SPAN("name " NAME_HEX "\n"), "there is no key secret" },
    { SPAN("name " NAME_HEX "\nname " NAME_HEX "\nkey 1 " KEY_HEX),
      "line 2: a second name secret" },
    { SPAN("name " NAME_HEX "\nkey 1 " KEY_HEX "\n\nkey 1 " NAME_HEX),
      "line 4: a second key secret of this number" },
    { SPAN("name " NAME_HEX "\nkey 0 " KEY_HEX),
      "line 2: the number of a key secret must be 1 to 65535" },
    { SPAN("key 65536 " KEY_HEX),
      "line 1: the number of a key secret must be 1 to 65535" },
    { SPAN("key 01 " KEY_HEX),
      "line 1: the number of a key secret must be 1 to 65535" },
    { SPAN("key -1 " KEY_HEX),
      "line 1: the number of a key secret must be 1 to 65535" },
    { SPAN("key 1 " KEY_HEX "0"),
      "line 1: the secret must have 64 hex digits" },
    { SPAN("name 0" NAME_HEX), "line 1: the secret must have 64 hex digits" },
    { SPAN("name g00102030405060708090a0b0c0d0e0f"
           "101112131415161718191a1b1c1d1e1f"),
      "line 1: the secret must have 64 hex digits" },
    { SPAN("name " NAME_HEX " x"),
      "line 1: must be \"name <64 hex digits>\" or"
      " \"key <number> <64 hex digits>\"" },
    { SPAN("\n\nnames " NAME_HEX),
      "line 3: must be \"name <64 hex digits>\" or"
      " \"key <number> <64 hex digits>\"" },
    { SPAN("key 1 2 " KEY_HEX),
      "line 1: must be \"name <64 hex digits>\" or"
      " \"key <number> <64 hex digits>\"" },
    { SPAN("\0"), "line 1: must be \"name <64 hex digits>\" or"
                  " \"key <number> <64 hex digits>\"" },
};


static void
secrets_file_is_checked(void **state)
{
    bool              ok;
    size_t            i;
    device_error_t    error;
    device_secrets_t  secrets, zero;

    (void) state;
    memset(&zero, 0, sizeof(zero));

    for (i = 0; i < sizeof(secrets_files) / sizeof(secrets_files[0]); i++) {
        ok = device_secrets_parse(&secrets, secrets_files[i].text, &error);

        if (ok != (secrets_files[i].detail == NULL)) {
            fail_msg("%s: %d", (const char *) secrets_files[i].text.data, ok);
        }

        if (!ok) {
            assert_string_equal(error.detail, secrets_files[i].detail);
            assert_memory_equal(&secrets, &zero, sizeof(zero));
        }
    }
}


static void
secrets_are_found_by_number(void **state)
{
    uint8_t           name[DEVICE_SECRET_LEN], key[DEVICE_SECRET_LEN];
    device_error_t    error;
    device_secrets_t  secrets;

    (void) state;
    count_up(name, sizeof(name), 0x00);
    count_up(key, sizeof(key), 0x20);

    assert_true(device_secrets_parse(&secrets, secrets_files[2].text,
                                     &error));
    assert_int_equal(secrets.nkeys, 2);
    assert_int_equal(secrets.newest, 0);
    assert_memory_equal(secrets.name, name, sizeof(name));
    assert_memory_equal(device_secrets_find(&secrets, 65535), key,
                        sizeof(key));
    assert_memory_equal(device_secrets_find(&secrets, 7), name, sizeof(name));
    assert_null(device_secrets_find(&secrets, 8));
}


static void
too_many_secrets_are_refused(void **state)
{
    int               i, at;
    char              text[4096];
    device_error_t    error;
    device_secrets_t  secrets;

    (void) state;

    at = snprintf(text, sizeof(text), "name %s\n", NAME_HEX);

    for (i = 1; i <= DEVICE_SECRETS_MAX; i++) {
        at += snprintf(text + at, sizeof(text) - (size_t) at, "key %d %s\n",
                       i, KEY_HEX);
    }

    assert_true(device_secrets_parse(&secrets, span(text), &error));
    assert_int_equal(secrets.newest, DEVICE_SECRETS_MAX - 1);

    snprintf(text + at, sizeof(text) - (size_t) at, "key 99 %s\n", KEY_HEX);

    assert_false(device_secrets_parse(&secrets, span(text), &error));
    assert_string_equal(error.detail, "line 18: too many key secrets");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(secrets_file_is_checked),
        cmocka_unit_test(secrets_are_found_by_number),
        cmocka_unit_test(too_many_secrets_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
