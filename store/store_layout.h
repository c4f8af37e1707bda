
/*
 * Internal to store/: the bytes of values and records, for the files that
 * read and write them.  docs/store-format.md is the specification; numbers
 * are in network byte order, nothing is aligned.
 */

#ifndef STORE_LAYOUT_H
#define STORE_LAYOUT_H


#include "store_key.h"


/* Every value and record but the format record begins with these. */
#define STORE_AT_CRC      0
#define STORE_AT_KIND     4
#define STORE_HEAD_LEN    5

/* The commit mark: its times and boot id. */
#define STORE_AT_TIME     5
#define STORE_AT_BOOTTIME 9
#define STORE_AT_BOOT_ID  13
#define STORE_MARK_LEN    29

/* The apex's header. */
#define STORE_AT_DIGEST   5
#define STORE_APEX_LEN    37

/* A device's header, its keys apart. */
#define STORE_AT_STATE    5
#define STORE_AT_KEYS     6
#define STORE_AT_IDENTITY 7
#define STORE_AT_EPOCH    23
#define STORE_AT_REKEYED  25
#define STORE_AT_ENROLLED 27
#define STORE_AT_SEEN     31
#define STORE_AT_LIMIT    35
#define STORE_AT_LEASE    39
#define STORE_AT_END      43
#define STORE_DEVICE_LEN  47

/* Bits of the byte at STORE_AT_KEYS. */
#define STORE_KEYS_ACTIVE   0x01
#define STORE_KEYS_PENDING  0x02
#define STORE_KEYS_ACME_DNS 0x04     /* the door's credential */
#define STORE_KEYS_DYNDNS2  0x08
#define STORE_KEYS_ISSUER   0x10     /* its number, 2 bytes, not 0 */

/* A credential, after the keys: counter 2, number of the secret 2. */
#define STORE_CREDENTIAL_LEN  4

#define STORE_ISSUER_NUMBER_LEN  2   /* before the keys */

/* An RRset after its owner: type 2, ttl 4, expires 4, bits 1, count 1. */
#define STORE_RRSET_LEN      12
#define STORE_RRSET_OWN      0x80     /* bits: has a lease of its own */
#define STORE_RRSET_DOOR     0x0f     /* bits: store_door_t */

/* An RR's first two bytes; a splice's place takes two more. */
#define STORE_RR_SPLICED     0x8000
#define STORE_RR_LEN         0x7fff

/* A 128th RRset of one device is a mistake or an attack: it bounds the
 * search for duplicates, which runs on each query. */
#define STORE_RRSETS_MAX     128

#define STORE_TTL_MAX        0x7fffffff   /* RFC 2181 section 8 */


static inline uint16_t
store_get16(const uint8_t *p)
{
    return (uint16_t) (p[0] << 8 | p[1]);
}


static inline uint32_t
store_get32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | (uint32_t) p[3];
}


static inline void
store_set16(uint8_t *p, uint16_t n)
{
    p[0] = (uint8_t) (n >> 8);
    p[1] = (uint8_t) n;
}


static inline void
store_set32(uint8_t *p, uint32_t n)
{
    p[0] = (uint8_t) (n >> 24);
    p[1] = (uint8_t) (n >> 16);
    p[2] = (uint8_t) (n >> 8);
    p[3] = (uint8_t) n;
}


/* Bytes of an algorithm's public key; 0 where none is stored (HMAC). */
size_t store_public_key_len(uint8_t algorithm);


/*
 * CRC-32C over key, then bytes with the four at `at` taken as zero.  So a
 * value under a wrong key fails as a flipped bit does.  bytes.len >= at + 4.
 */
uint32_t store_crc(store_span_t key, store_span_t bytes, size_t at);

/* True where the CRC at the beginning of a value or record is right. */
bool store_sealed(store_span_t key, store_span_t bytes);

/* Writes that CRC. */
void store_seal(store_span_t key, uint8_t *bytes, size_t len);


#endif /* STORE_LAYOUT_H */
