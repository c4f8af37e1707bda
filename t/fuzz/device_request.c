/* units: ngx_srv_registrar_module/device_request.c
   ngx_srv_registrar_module/device_change.c
   ngx_srv_registrar_module/device_key_request.c
   ngx_srv_registrar_module/device_object.c
   ngx_srv_registrar_module/device_wish.c
   ngx_srv_registrar_module/device_wish_service.c
   ngx_srv_registrar_module/device_wish_address.c
   ngx_srv_registrar_module/device_rdata.c
   ngx_srv_registrar_module/device_rdata_target.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_reason.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_jwk.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c store/store_key.c
   store/store_value.c store/store_value_check.c store/store_writer.c
   store/crc32c.c */

/*
 * Bodies of any bytes: an update that is taken has RRsets that can be walked
 * and spans inside itself; a refusal names its reason.
 */

#include <stdlib.h>
#include <string.h>

#include "device_key.h"
#include "device_request.h"


static const uint8_t  fqdn_bytes[] = "\2d1\7devices\7example";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check(const device_update_t *update)
{
    size_t           i, n;
    store_rr_t       rr;
    store_rr_iter_t  iter;

    for (i = 0; i < update->nwishes; i++) {
        const store_rrset_t *rrset = &update->wishes[i].rrset;

        if (rrset->rrs.data < update->rrs
            || rrset->rrs.data + rrset->rrs.len
               > update->rrs + sizeof(update->rrs))
        {
            abort();
        }

        store_rr_begin(&iter, rrset);

        for (n = 0; store_rr_next(&iter, &rr); n++) {
            /* void */
        }

        if (n != rrset->count || iter.at != iter.end) {
            abort();
        }
    }
}


/* What waits is the same, in memory that has just the room. */
static void
check_change(const device_update_t *update)
{
    void                 *memory;
    size_t                i;
    device_change_t      *change;
    const store_rrset_t  *is, *was;

    memory = malloc(device_change_size(update));

    if (memory == NULL) {
        abort();
    }

    change = device_change_make(update, memory);

    for (i = 0; i < update->nwishes; i++) {
        is = &change->wishes[i].rrset;
        was = &update->wishes[i].rrset;

        if (is->owner.len != was->owner.len || is->rrs.len != was->rrs.len
            || memcmp(is->owner.data, was->owner.data, is->owner.len) != 0
            || memcmp(is->rrs.data, was->rrs.data, is->rrs.len) != 0)
        {
            abort();
        }
    }

    if (memcmp(change->ignored, update->ignored,
               update->nignored * DEVICE_IGNORED_LEN) != 0)
    {
        abort();
    }

    free(memory);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool                given, new_name;
    device_zone_t       zone;
    device_error_t      error;
    device_reason_t     reason;
    device_subject_t    subject;
    store_device_key_t  key;

    static device_update_t  update;

    memset(&zone, 0, sizeof(zone));
    zone.ttl = 60;
    zone.lease_min = 30;
    zone.lease_max = 86400;
    zone.ntypes = device_types_default(zone.types);
    zone.max_rrsets = 64;
    zone.max_rrs = 16;
    zone.max_bytes = STORE_VALUE_MAX;

    subject.zone = &zone;
    subject.fqdn = (store_span_t) { fqdn_bytes, sizeof(fqdn_bytes) };
    device_address_parse(&subject.source,
                         (store_span_t) { (uint8_t *) "198.41.0.4", 10 });

    error.reason = DEVICE_OK;
    reason = device_update_parse(&update, &subject,
                                 (store_span_t) { data, size }, &error);

    if (reason == DEVICE_OK) {
        check(&update);
        check_change(&update);

    } else if (error.reason != reason) {
        abort();
    }

    device_key_request_parse(&key, &given, &new_name,
                             (store_span_t) { data, size },
                             &error);

    return 0;
}
