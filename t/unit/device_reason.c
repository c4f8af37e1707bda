/* units: ngx_srv_registrar_module/device_reason.c */

/*
 * Refusals as they are told.
 */

#include "device_text.h"
#include "device_reason.h"


/* A text that is cut stays UTF-8. */
static void
refusals_are_cut_at_a_character(void **state)
{
    char            text[400];
    size_t          i, len;
    device_error_t  error;

    (void) state;

    for (i = 0; i < 8; i++) {
        memset(text, 'a', i);

        for (len = i; len < 390; len += 3) {
            memcpy(text + len, "\xe2\x82\xac", 4);
        }

        assert_int_equal(device_refuse(&error, DEVICE_NAME_INVALID, text,
                                       "%s", text), DEVICE_NAME_INVALID);

        len = strlen(error.detail);
        assert_true(len >= sizeof(error.detail) - 3);
        assert_int_equal((len - i) % 3, 0);

        len = strlen(error.member);
        assert_true(len >= sizeof(error.member) - 3);
        assert_int_equal((len - i) % 3, 0);
    }

    device_refuse(&error, DEVICE_NOT_FOUND, NULL, "%d", 7);
    assert_string_equal(error.member, "");
    assert_string_equal(error.detail, "7");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(refusals_are_cut_at_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
