/* units: store/crc32c.c */

/* CRC-32C by the processor and by the table. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crc32c.h"


/* RFC 3720 appendix B.4, and both ways of computing on all lengths. */
static void
test_crc32c(void **state)
{
    size_t   i;
    uint8_t  data[100];

    (void) state;

    memset(data, 0, 32);
    assert_int_equal(crc32c(0, data, 32), 0x8a9136aa);

    memset(data, 0xff, 32);
    assert_int_equal(crc32c(0, data, 32), 0x62a8ab43);

    for (i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) i;
    }

    assert_int_equal(crc32c(0, data, 32), 0x46dd794e);
    assert_int_equal(crc32c(0, (const uint8_t *) "123456789", 9),
                     0xe3069283);

    for (i = 0; i <= sizeof(data); i++) {
        assert_int_equal(crc32c(0, data, i), crc32c_portable(0, data, i));
        assert_int_equal(crc32c(crc32c(0, data, i), data + i,
                                sizeof(data) - i),
                         crc32c(0, data, sizeof(data)));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_crc32c)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
