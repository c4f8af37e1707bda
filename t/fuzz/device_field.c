/* units: ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c */

/*
 * Any bytes as a dictionary, its inner lists and byte sequences.  What is
 * handed out lies within the input.
 */

#include <stdint.h>
#include <stdlib.h>

#include "device_field.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_span(store_span_t span, const uint8_t *data, size_t size)
{
    if (span.len > 0
        && (span.data < data || span.data + span.len > data + size))
    {
        abort();
    }
}


static void
check_member(const device_field_member_t *member, const uint8_t *data,
    size_t size)
{
    size_t  i;

    check_span(member->key, data, size);
    check_span(member->raw, data, size);
    check_span(member->value.text, data, size);

    if (member->nparams > DEVICE_FIELD_PARAMS_MAX) {
        abort();
    }

    for (i = 0; i < member->nparams; i++) {
        check_span(member->params[i].name, data, size);
        check_span(member->params[i].value.text, data, size);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                 len;
    uint8_t                out[64];
    store_span_t           input;
    device_field_parser_t  parser, list;
    device_field_member_t  member, item;

    input.data = data;
    input.len = size;

    len = sizeof(out);
    (void) device_field_decode(input, out, &len);

    device_field_dictionary(&parser, input);

    while (device_field_member(&parser, &member)) {
        check_member(&member, data, size);

        if (member.value.type == DEVICE_FIELD_BYTES) {
            len = sizeof(out);
            (void) device_field_decode(member.value.text, out, &len);
        }

        if (member.value.type != DEVICE_FIELD_INNER_LIST) {
            continue;
        }

        device_field_inner_list(&list, member.value.text);

        while (device_field_item(&list, &item)) {
            check_member(&item, data, size);
        }

        /* the dictionary has parsed it before */

        if (list.failed) {
            abort();
        }
    }

    return 0;
}
