/* units: ngx_srv_registrar_module/device_identity.c
          ngx_srv_registrar_module/device_hkdf.c */

/*
 * Any bytes as a certificate.  An identity that comes out is bounded,
 * NUL-terminated at its length and free of control characters; OpenSSL's
 * error queue stays empty.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "device_identity.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_text(const char *text, size_t len)
{
    size_t  i;

    if (len == 0 || len > DEVICE_IDENTITY_MAX || strlen(text) != len) {
        abort();
    }

    for (i = 0; i < len; i++) {
        if ((uint8_t) text[i] < 0x20 || text[i] == 0x7f) {
            abort();
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char          text[DEVICE_IDENTITY_MAX + 1];
    size_t        len;
    store_span_t  der;

    der.data = data;
    der.len = size;

    if (device_identity_serial(der, text, &len)) {
        check_text(text, len);
    }

    if (device_identity_hardware(der, text, &len)) {
        check_text(text, len);
    }

    if (ERR_peek_error() != 0) {
        abort();
    }

    return 0;
}
