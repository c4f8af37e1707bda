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
 * Any request: lines of the input are, in order, the authority, the path, the
 * query, then field values under names by turns; what stands after an empty
 * line is the body.  A base that is made has one line for each component.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "device_signature.h"


#define HEADERS_MAX  16


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static store_span_t
next_line(store_span_t *input)
{
    size_t          len;
    store_span_t    line;
    const uint8_t  *newline;

    newline = input->len == 0 ? NULL : memchr(input->data, '\n', input->len);
    len = newline == NULL ? input->len : (size_t) (newline - input->data);

    line.data = input->data;
    line.len = len;

    len += (newline != NULL);
    input->data += len;
    input->len -= len;

    return line;
}


static void
check_base(const uint8_t *base, size_t len)
{
    size_t  i, lines, components;

    lines = 0;
    components = 0;

    for (i = 0; i < len; i++) {
        lines += (base[i] == '\n');

        if (base[i] == '\0' || base[i] == '\r' || base[i] > 0x7e) {
            abort();
        }

        components += (base[i] == '\n' && i + 1 < len && base[i + 1] == '"');
    }

    if (components != lines) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t              i, len;
    uint8_t             scratch[1024], base[2048];
    store_span_t        input, line;
    device_error_t      error;
    device_header_t     headers[HEADERS_MAX];
    device_message_t    message;
    device_signature_t  signature;

    static const char  *const names[] = {
        "Signature-Input", "Signature", "Content-Digest", "date"
    };

    memset(&message, 0, sizeof(message));
    input.data = data;
    input.len = size;

    message.method.data = (const uint8_t *) "PUT";
    message.method.len = 3;
    message.scheme.data = (const uint8_t *) "https";
    message.scheme.len = 5;
    message.authority = next_line(&input);
    message.path = next_line(&input);
    message.query = next_line(&input);
    message.has_query = message.query.len > 0;

    for (i = 0; i < HEADERS_MAX && input.len > 0; i++) {
        line = next_line(&input);

        if (line.len == 0) {
            break;
        }

        headers[i].name.data = (const uint8_t *) names[i % 4];
        headers[i].name.len = strlen(names[i % 4]);
        headers[i].value = line;
    }

    message.headers = headers;
    message.nheaders = i;
    message.body = input;

    (void) device_signature_digest(&message, &error);

    if (device_signature_parse(&message, &signature, scratch,
                               sizeof(scratch), &error)
        != DEVICE_OK)
    {
        return 0;
    }

    if (signature.signature_len == 0
        || signature.signature_len > DEVICE_SIGNATURE_LEN_MAX
        || strlen(signature.fqdn) > 253
        || signature.created < 0)
    {
        abort();
    }

    (void) device_signature_window(&signature, 1790000000, 0, &error);

    len = sizeof(base);

    if (device_signature_base(&message, &signature, base, &len, &error)
        == DEVICE_OK)
    {
        check_base(base, len);
    }

    return 0;
}
