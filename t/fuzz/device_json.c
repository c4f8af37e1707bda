/* units: store/store_value.c store/store_value_check.c store/store_key.c
   store/crc32c.c ngx_srv_registrar_module/device_json.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * JSON of any text: jansson reads what is written, and writes it the same.
 */

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "device_json.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char           *text, *again;
    json_t         *parsed;
    int64_t         number;
    device_json_t   json;

    number = 0;
    memcpy(&number, data, size < sizeof(number) ? size : sizeof(number));

    device_json_begin(&json);
    device_json_span(&json, "text", (store_span_t) { data, size });
    device_json_array(&json, "list");
    device_json_integer(&json, NULL, number);
    device_json_object(&json, NULL);
    device_json_object_end(&json);
    device_json_span(&json, NULL, (store_span_t) { data, size / 2 });
    device_json_array_end(&json);
    device_json_boolean(&json, "even", number % 2 == 0);
    text = device_json_finish(&json);

    /* NUL is a text's byte as any other one */

    parsed = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    if (parsed == NULL) {
        abort();
    }

    again = json_dumps(parsed, JSON_COMPACT);

    if (again == NULL || strcmp(again, text) != 0) {
        abort();
    }

    json_decref(parsed);
    free(again);
    free(text);

    return 0;
}
