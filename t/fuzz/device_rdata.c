/* units: ngx_srv_registrar_module/device_rdata.c
   ngx_srv_registrar_module/device_rdata_target.c
   ngx_srv_registrar_module/device_rdata_plain.c
   ngx_srv_registrar_module/device_rdata_write.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_reason.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/crc32c.c */

/*
 * RDATA of any text: what is taken can be printed, and the print is taken
 * and means the same bytes.  The first byte chooses the type.
 */

#include <stdlib.h>
#include <string.h>

#include "device_rdata.h"


static const uint8_t  fqdn_bytes[] = "\2d1\7devices\7example";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static size_t
parse(uint16_t type, store_span_t text, uint8_t *buffer, store_rr_t *rr)
{
    uint8_t          *at;
    store_span_t      fqdn;
    store_rrset_t     rrset;
    device_error_t    error;
    store_rr_iter_t   iter;

    at = buffer;
    fqdn = (store_span_t) { fqdn_bytes, sizeof(fqdn_bytes) };

    if (device_rdata_parse(type, text, fqdn, &at, buffer + STORE_VALUE_MAX,
                           "data", &error)
        != DEVICE_OK)
    {
        return 0;
    }

    memset(&rrset, 0, sizeof(rrset));
    rrset.rrs = (store_span_t) { buffer, (size_t) (at - buffer) };
    rrset.count = 1;

    store_rr_begin(&iter, &rrset);

    if (!store_rr_next(&iter, rr) || iter.at != at) {
        abort();
    }

    return rrset.rrs.len;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t      len, n;
    uint8_t     buffer[STORE_VALUE_MAX], again[STORE_VALUE_MAX];
    uint16_t    types[DEVICE_TYPES_MAX], type;
    store_rr_t  rr, second;

    static char  text[8 * STORE_VALUE_MAX];

    if (size < 1) {
        return 0;
    }

    n = device_types_default(types);
    types[n++] = DEVICE_TYPE_CAA;
    type = types[data[0] % n];

    len = parse(type, (store_span_t) { data + 1, size - 1 }, buffer, &rr);

    if (len == 0) {

        /* and bytes that no parser made, to be printed */

        rr = (store_rr_t) { data + 1, (uint16_t) ((size - 1) & 0x1fff), -1 };
        device_rdata_write(type, &rr, (store_span_t) { fqdn_bytes,
                           sizeof(fqdn_bytes) }, text, sizeof(text));
        return 0;
    }

    if (!device_rdata_write(type, &rr, (store_span_t) { fqdn_bytes,
                            sizeof(fqdn_bytes) }, text, sizeof(text)))
    {
        abort();
    }

    if (parse(type, (store_span_t) { (uint8_t *) text, strlen(text) }, again,
              &second)
        != len
        || memcmp(buffer, again, len) != 0)
    {
        abort();
    }

    return 0;
}
