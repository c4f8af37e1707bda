
/*
 * Keys that zones are signed with: read from the files that the usual tools
 * make, and used.  For the registrar, which signs where data changes, and for
 * dnsd, which signs denials on the spot; knows no store, no nginx, no clock.
 *
 * A key is two files of one base name: the DNSKEY record as text, in
 * <base>.key, and the private key, as <base>.private (ldns-keygen and
 * dnssec-keygen) or <base>.pem (PKCS #8, as Knot keeps it).
 */

#ifndef DNSSEC_KEY_H
#define DNSSEC_KEY_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


#define DNSSEC_ECDSAP256SHA256  13       /* RFC 6605 */
#define DNSSEC_ED25519          15       /* RFC 8080 */

/* Of both, in DNS's form: r and s, or RFC 8032's. */
#define DNSSEC_SIGNATURE_LEN    64

/* RDATA of a DNSKEY: flags, protocol, algorithm, key (RFC 4034 2.1). */
#define DNSSEC_DNSKEY_MAX       (4 + 64)

#define DNSSEC_FLAGS_ZONE       0x0100   /* set in every key of ours */
#define DNSSEC_FLAGS_SEP        0x0001   /* a KSK, or a CSK */

#define DNSSEC_ERROR_MAX        256


typedef struct {
    const uint8_t  *data;
    size_t          len;
} dnssec_span_t;


typedef struct dnssec_key_s  dnssec_key_t;


/*
 * Reads a key: path is the base name, or that with one of the endings.  The
 * two files must belong together.  NULL with a sentence in error: missing,
 * unreadable, another algorithm, a revoked key, not a zone's key.
 * Blocks on the disk; at start and when configuration is read.  The private
 * part lies in OpenSSL's secure heap where the process has made one.  Owned by
 * the caller; afterwards any number of threads may use it.
 */
dnssec_key_t *dnssec_key_read(const char *path, char error[DNSSEC_ERROR_MAX]);

void dnssec_key_free(dnssec_key_t *key);

/* The zone's name, in wire form and lower case: the DNSKEY's owner. */
dnssec_span_t dnssec_key_zone(const dnssec_key_t *key);

/* The DNSKEY's RDATA, and what is read from it. */
dnssec_span_t dnssec_key_rdata(const dnssec_key_t *key);
uint16_t dnssec_key_flags(const dnssec_key_t *key);
uint8_t dnssec_key_algorithm(const dnssec_key_t *key);
uint16_t dnssec_key_tag(const dnssec_key_t *key);

/* Any user of the machine may read the private key's file: its mode, as it was
 * when it was read. */
bool dnssec_key_exposed(const dnssec_key_t *key);

/* The tag of any DNSKEY's RDATA (RFC 4034 appendix B). */
uint16_t dnssec_tag(dnssec_span_t rdata);

/* DS of SHA-256 (RFC 4509): the digest of owner and RDATA.  False where
 * OpenSSL fails. */
bool dnssec_ds_digest(dnssec_span_t zone, dnssec_span_t rdata,
    uint8_t digest[32]);

/* Signs bytes.  False where OpenSSL fails.  Takes memory from the heap (OpenSSL
 * does) and 20 to 60 us. */
bool dnssec_key_sign(const dnssec_key_t *key, const uint8_t *data, size_t len,
    uint8_t signature[DNSSEC_SIGNATURE_LEN]);


#endif /* DNSSEC_KEY_H */
