/* units: store/store_key.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/crc32c.c ngx_srv_registrar_module/device_draft.c
   ngx_srv_registrar_module/device_sign.c
   ngx_srv_registrar_module/device_sign_make.c
   ngx_srv_registrar_module/device_sign_nsec.c
   dnssec/dnssec_key.c dnssec/dnssec_key_file.c
   dnssec/dnssec_key_pem.c dnssec/dnssec_rrsig.c
   ngx_srv_registrar_module/device_claim.c
   ngx_srv_registrar_module/device_credential.c
   ngx_srv_registrar_module/device_enrollment.c
   ngx_srv_registrar_module/device_apply.c
   ngx_srv_registrar_module/device_change.c
   ngx_srv_registrar_module/device_sweep.c
   ngx_srv_registrar_module/device_reason.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_name.c
   ngx_srv_registrar_module/device_rdata.c
   ngx_srv_registrar_module/device_rdata_target.c
   ngx_srv_registrar_module/device_svcb.c
   ngx_srv_registrar_module/device_presentation.c
   ngx_srv_registrar_module/device_address.c */

/*
 * A device's RRsets of any kind, signatures among them, in a signed zone: the
 * sweep makes a value that it then leaves alone, and that is not due.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device_sign.h"


#define NOW  1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
must(bool holds)
{
    if (!holds) {
        abort();
    }
}


static void
write_file(const char *name, const char *text)
{
    FILE  *out = fopen(name, "w");

    must(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0);
}


/* RFC 8080 6.1 */
static const dnssec_key_t *
zone_key(void)
{
    char           dir[] = "/tmp/srv-fuzz.XXXXXX", name[64];
    char           error[DNSSEC_ERROR_MAX];
    dnssec_key_t  *key;

    must(mkdtemp(dir) != NULL);
    (void) snprintf(name, sizeof(name), "%s/K.private", dir);
    write_file(name, "Private-key-format: v1.2\nAlgorithm: 15\nPrivateKey: "
               "ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=\n");
    (void) snprintf(name, sizeof(name), "%s/K.key", dir);
    write_file(name, "example.com. IN DNSKEY 257 3 15 "
               "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n");

    key = dnssec_key_read(name, error);
    must(key != NULL);

    (void) unlink(name);
    (void) snprintf(name, sizeof(name), "%s/K.private", dir);
    (void) unlink(name);
    (void) rmdir(dir);

    return key;
}


/* The value that a store could hold, of what can be read of data. */
static bool
make_value(device_place_t *place, uint8_t *value, const uint8_t *data,
    size_t size)
{
    store_value_t       raw;
    store_rrset_t       rrset;
    store_device_t      device;
    store_writer_t      writer;
    store_rrset_iter_t  iter;

    memset(&raw, 0, sizeof(raw));
    memset(&device, 0, sizeof(device));
    raw.rrsets = (store_span_t) { data, size };
    device.seen = NOW;
    device.lease_end = NOW + 1;
    store_writer_device(&writer, value, STORE_VALUE_MAX, &device);
    store_rrset_begin(&iter, &raw);

    while (store_rrset_next(&iter, &rrset)) {
        rrset.door &= 3;
        store_writer_rrset(&writer, &rrset);
    }

    return store_writer_finish(&writer,
                               (store_span_t) { place->key->data,
                                                place->key->len },
                               &place->bytes);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool              gone;
    uint8_t           old[STORE_VALUE_MAX], value[STORE_VALUE_MAX];
    uint8_t           buffer[STORE_VALUE_MAX];
    store_key_t       key;
    device_zone_t     zone;
    device_place_t    place;
    device_signer_t   signer;
    device_outcome_t  outcome;

    static const dnssec_key_t  *zsk;

    if (zsk == NULL) {
        zsk = zone_key();
    }

    memset(&signer, 0, sizeof(signer));
    signer.zsks[0] = signer.ksks[0] = zsk;
    signer.nzsks = signer.nksks = 1;
    signer.margin = 86400;
    signer.negative_ttl = 60;

    memset(&zone, 0, sizeof(zone));
    zone.reserve = 1000;

    memset(&place, 0, sizeof(place));
    must(store_key_make(&key, (store_span_t) {
                            (const uint8_t *) "\7example\3com", 13 },
                        (store_span_t) { (const uint8_t *) "d1", 2 }));
    place.key = &key;
    place.now = NOW;
    place.buffer = buffer;
    place.signer = &signer;

    if (!make_value(&place, old, data, size)) {
        return 0;
    }

    must(device_sweep(&place, &zone, &outcome, &gone) == DEVICE_OK);

    if (!outcome.put) {
        return 0;
    }

    memcpy(value, outcome.bytes.data, outcome.bytes.len);
    place.bytes = (store_span_t) { value, outcome.bytes.len };

    /* one whose signatures find no room, or whose RDATA has no canonical
     * form, is due for ever, and all the same not written again */

    must(device_sign_due(&place) == outcome.unsigned_value);
    must(device_sweep(&place, &zone, &outcome, &gone) == DEVICE_OK);
    must(!outcome.put && !outcome.dns_changed);

    return 0;
}
