/* units: ngx_srv_registrar_module/device_rdata_plain.c store/store_key.c */

/*
 * RDATA of any bytes: what is printed without ldns is what ldns prints.  The
 * first byte chooses the type, the second says where the name is spliced in.
 */

#include <stdlib.h>
#include <string.h>

#include "../unit/device_by_ldns.h"
#include "device_rdata_plain.h"


static const uint8_t  fqdn_bytes[] = "\2d1\7devices\7example";

static const uint16_t  types[] = {
    DEVICE_TYPE_A, DEVICE_TYPE_AAAA, DEVICE_TYPE_SRV, DEVICE_TYPE_TXT,
    DEVICE_TYPE_TLSA, DEVICE_TYPE_SSHFP
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char          ours[LDNS_TEXT_MAX], theirs[LDNS_TEXT_MAX];
    size_t        room;
    uint16_t      type;
    store_rr_t    rr;
    store_span_t  fqdn = { fqdn_bytes, sizeof(fqdn_bytes) };

    if (size < 2 || size - 2 > LDNS_RDATA_MAX - sizeof(fqdn_bytes)) {
        return 0;
    }

    type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
    rr.data = data + 2;
    rr.len = (uint16_t) (size - 2);
    rr.splice = (data[1] == 0) ? -1
                : (data[1] < 0x80) ? (int) rr.len
                : (data[1] & 0x7f) % (rr.len + 1);

    if (!device_rdata_plain(type, &rr, fqdn, ours, sizeof(ours))) {
        return 0;
    }

    if (!by_ldns(type, &rr, fqdn, theirs) || strcmp(ours, theirs) != 0) {
        abort();
    }

    /* what does not fit is not begun to be shown */

    room = strlen(ours);

    if (device_rdata_plain(type, &rr, fqdn, theirs, room)) {
        abort();
    }

    return 0;
}
