
/*
 * Values of each kind for the tests of values and of their writer.
 */

#ifndef T_STORE_SAMPLE_H
#define T_STORE_SAMPLE_H


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_value.h"


#define BYTES(s)  { (const uint8_t *) (s), sizeof(s) - 1 }
#define SRV       33
#define A         1


typedef struct {
    store_key_t   key;
    store_span_t  name;          /* the key's bytes */
    store_span_t  bytes;
    uint8_t       buffer[STORE_VALUE_MAX];
} sample_t;


static const store_span_t  zone = BYTES("\7devices\7example\0");
static const store_span_t  hex = BYTES("2247eae3630b46565dc68ad351991292");
static const store_span_t  www = BYTES("www");
static const store_span_t  none = { NULL, 0 };
static const store_span_t  xmpp = BYTES("\14_xmpp-server\4_tcp");


static inline void
sample_key(sample_t *sample, store_span_t label)
{
    assert_true(store_key_make(&sample->key, zone, label));

    sample->name.data = sample->key.data;
    sample->name.len = sample->key.len;
}


static inline void
sample_device(store_device_t *device)
{
    memset(device, 0, sizeof(store_device_t));

    memset(device->identity, 0x11, STORE_IDENTITY_LEN);
    device->epoch = 1;
    device->rekeyed = 65535;
    device->enrolled = 1790000000;
    device->seen = UINT32_MAX;
    device->enroll_limit = 1790000001;
    device->lease = 7200;
    device->lease_end = 1790007200;
    device->has_active = true;
    device->active.algorithm = STORE_HMAC_SHA256;
    device->active.secret = 7;
    device->active.last_created = 1790000002;
    memset(device->active.generation, 0x22, STORE_GENERATION_LEN);
}


static inline void
write_rrset(store_writer_t *writer, store_span_t owner, uint16_t type,
    const uint8_t *rdata, uint16_t len, int splice)
{
    store_rr_t     rr = { rdata, len, splice };
    store_rrset_t  rrset = {
        .owner = owner, .type = type, .ttl = 60, .expires = 1790007200,
        .door = STORE_DOOR_RECORDS
    };

    store_writer_rrset_begin(writer, &rrset);
    store_writer_rr(writer, &rr);
    store_writer_rrset_end(writer);
}


static inline void
write_usual(store_writer_t *writer)
{
    write_rrset(writer, xmpp, SRV, (const uint8_t *) "\0\0\0\0\x3b\xa5", 6,
                6);
    write_rrset(writer, none, A, (const uint8_t *) "\xcb\0\x71\7", 4, -1);
}


static inline void
make_device(sample_t *sample, const store_device_t *device)
{
    store_writer_t  writer;

    sample_key(sample, hex);
    store_writer_device(&writer, sample->buffer, sizeof(sample->buffer),
                        device);
    write_usual(&writer);

    assert_true(store_writer_finish(&writer, sample->name, &sample->bytes));
}


static inline void
make_usual(sample_t *sample)
{
    store_device_t  device;

    sample_device(&device);
    make_device(sample, &device);
}


/* All that a device can have. */
static inline void
make_full(sample_t *sample)
{
    store_device_t  device;

    sample_device(&device);

    device.state = STORE_DEVICE_SUSPENDED;
    device.active.algorithm = STORE_ECDSA_P256_SHA256;
    device.active.secret = 0;
    device.active.public_key_len = 64;
    memset(device.active.public_key, 0x33, 64);
    device.has_pending = true;
    device.pending.algorithm = STORE_ED25519;
    device.pending.public_key_len = 32;
    device.pending.expires = 1790086400;
    memset(device.pending.public_key, 0x44, 32);
    device.acme_dns.counter = 65535;
    device.acme_dns.secret = 7;
    device.issuer = 259;
    device.dyndns2.counter = 1;
    device.dyndns2.secret = 8;

    make_device(sample, &device);
}


static inline void
make_static(sample_t *sample)
{
    store_writer_t  writer;

    sample_key(sample, www);
    store_writer_static(&writer, sample->buffer, sizeof(sample->buffer));
    write_usual(&writer);

    assert_true(store_writer_finish(&writer, sample->name, &sample->bytes));
}


static inline void
make_apex(sample_t *sample)
{
    uint8_t         digest[STORE_DIGEST_LEN];
    store_writer_t  writer;

    memset(digest, 0x55, sizeof(digest));

    sample_key(sample, none);
    store_writer_apex(&writer, sample->buffer, sizeof(sample->buffer),
                      digest);
    write_usual(&writer);

    assert_true(store_writer_finish(&writer, sample->name, &sample->bytes));
}


#endif /* T_STORE_SAMPLE_H */
