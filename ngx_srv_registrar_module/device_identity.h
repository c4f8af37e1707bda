
/*
 * Who a device is, and the name that follows from it.
 *
 * Enters: a certificate in DER (verified by the caller!), or any text that
 * the operator chose as identity.  Leaves: an identity's text and hash, and a
 * label.  Always: the same name secret, name space, identity and epoch give
 * the same label, on any machine and after any loss.
 */

#ifndef DEVICE_IDENTITY_H
#define DEVICE_IDENTITY_H


#include "device_key.h"


#define DEVICE_LABEL_LEN       32    /* hex digits of a derived label */
#define DEVICE_IDENTITY_MAX    512   /* bytes of an identity's text */


/* SHA-256 of a SubjectPublicKeyInfo in DER, 64 lower-case hex digits and a
 * NUL.  Not of the certificate: to parse one again takes OpenSSL 3 as long as a
 * quarter of the handshake. */
bool device_identity_spki(store_span_t spki, char out[65]);

/*
 * The subject's X.520 serialNumber (2.5.4.5) as UTF-8.  Exactly one must be
 * there; control characters, NUL and more than DEVICE_IDENTITY_MAX bytes are
 * refused.  *len is set; out has DEVICE_IDENTITY_MAX + 1 bytes.
 */
bool device_identity_serial(store_span_t der, char *out, size_t *len);

/*
 * SAN otherName hardwareModuleName (RFC 4108 5): "<hwType OID dotted>:<hex of
 * hwSerialNum>".  Exactly one must be there.
 */
bool device_identity_hardware(store_span_t der, char *out, size_t *len);


/* Names are derived over  "srv-registrar" 00 purpose 00
 * u16 len(space) space  u32 len(identity) identity  u16 epoch  (big-endian),
 * keyed with the name secret, by HMAC-SHA256.  purpose: "label" or
 * "identity" (the latter without the epoch). */

/* The default label: the first 32 hex digits. */
bool device_label_derive(char label[DEVICE_LABEL_LEN + 1],
    const uint8_t name_secret[DEVICE_SECRET_LEN], store_span_t space,
    store_span_t identity, uint16_t epoch);

/* What the store keeps of an identity: the first 16 bytes. */
bool device_identity_hash(uint8_t hash[STORE_IDENTITY_LEN],
    const uint8_t name_secret[DEVICE_SECRET_LEN], store_span_t space,
    store_span_t identity);


#endif /* DEVICE_IDENTITY_H */
