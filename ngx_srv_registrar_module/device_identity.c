
/*
 * Identities out of certificates, and names out of identities.  Enters: DER
 * that a chain was verified for, which says that a CA signed it and nothing
 * about its sanity.  Always: what would be ambiguous is refused (bytes after
 * the certificate, two attributes where one is wanted, NUL and control
 * characters in a text), and OpenSSL's error queue is left empty.
 */

#include "device_identity.h"

#include "device_hex.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>



/* id-on-hardwareModuleName, RFC 4108 5 */
#define DEVICE_HARDWARE_OID  "1.3.6.1.5.5.7.8.4"


static X509 *device_certificate_parse(store_span_t der);
static const ASN1_STRING *device_certificate_serial(X509 *certificate);
static bool device_identity_text(char *out, size_t *len,
    const ASN1_STRING *string);
static const ASN1_STRING *device_certificate_hardware(
    const GENERAL_NAMES *names);
static bool device_hardware_text(char *out, size_t *len,
    const ASN1_STRING *sequence);
static bool device_hardware_header(const uint8_t **at, const uint8_t *end,
    int tag, bool constructed, long *length);
static bool device_name_derive(uint8_t mac[DEVICE_SHA256_LEN],
    const uint8_t name_secret[DEVICE_SECRET_LEN], const char *purpose,
    store_span_t space, store_span_t identity, store_span_t epoch);


/* The whole of it with its algorithm: the same bits under another algorithm are
 * another key. */
bool
device_identity_spki(store_span_t spki, char out[65])
{
    bool     done;
    uint8_t  hash[DEVICE_SHA256_LEN];

    done = spki.len > 0
           && device_sha256(hash, spki);

    if (done) {
        device_hex_write(out, hash, sizeof(hash));
    }

    ERR_clear_error();

    return done;
}


bool
device_identity_serial(store_span_t der, char *out, size_t *len)
{
    bool                done;
    X509               *certificate;
    const ASN1_STRING  *string;

    certificate = device_certificate_parse(der);
    if (certificate == NULL) {
        return false;
    }

    string = device_certificate_serial(certificate);
    done = string != NULL && device_identity_text(out, len, string);

    X509_free(certificate);
    ERR_clear_error();

    return done;
}


bool
device_identity_hardware(store_span_t der, char *out, size_t *len)
{
    bool                done;
    X509               *certificate;
    GENERAL_NAMES      *names;
    const ASN1_STRING  *sequence;

    certificate = device_certificate_parse(der);
    if (certificate == NULL) {
        return false;
    }

    /* NULL also where the extension is there twice; which of two OpenSSL would
     * take is no matter then */

    names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

    sequence = names == NULL ? NULL : device_certificate_hardware(names);
    done = sequence != NULL && device_hardware_text(out, len, sequence);

    GENERAL_NAMES_free(names);
    X509_free(certificate);
    ERR_clear_error();

    return done;
}


bool
device_label_derive(char label[DEVICE_LABEL_LEN + 1],
    const uint8_t name_secret[DEVICE_SECRET_LEN], store_span_t space,
    store_span_t identity, uint16_t epoch)
{
    uint8_t       mac[DEVICE_SHA256_LEN], number[2];
    store_span_t  span;

    number[0] = (uint8_t) (epoch >> 8);
    number[1] = (uint8_t) epoch;

    span.data = number;
    span.len = sizeof(number);

    if (!device_name_derive(mac, name_secret, "label", space, identity, span))
    {
        return false;
    }

    device_hex_write(label, mac, DEVICE_LABEL_LEN / 2);

    return true;
}


/* Without the epoch: a name that was given anew after abuse still belongs to
 * the same device. */
bool
device_identity_hash(uint8_t hash[STORE_IDENTITY_LEN],
    const uint8_t name_secret[DEVICE_SECRET_LEN], store_span_t space,
    store_span_t identity)
{
    uint8_t       mac[DEVICE_SHA256_LEN];
    store_span_t  none = { NULL, 0 };

    if (!device_name_derive(mac, name_secret, "identity", space, identity,
                            none))
    {
        return false;
    }

    memcpy(hash, mac, STORE_IDENTITY_LEN);

    return true;
}


/* NULL where it is not one certificate and nothing else. */
static X509 *
device_certificate_parse(store_span_t der)
{
    X509           *certificate;
    const uint8_t  *at;

    if (der.len == 0 || der.len > INT32_MAX) {
        return NULL;
    }

    at = der.data;
    certificate = d2i_X509(NULL, &at, (long) der.len);

    if (certificate != NULL && at != der.data + der.len) {
        X509_free(certificate);
        certificate = NULL;
    }

    ERR_clear_error();

    return certificate;
}


/* The one serialNumber of the subject, or NULL: the first of two would be
 * another one's choice than the CA's.  The name is asked for anew each time,
 * since its constness differs among OpenSSL's versions. */
static const ASN1_STRING *
device_certificate_serial(X509 *certificate)
{
    int  at, next;

    at = X509_NAME_get_index_by_NID(X509_get_subject_name(certificate),
                                    NID_serialNumber, -1);
    if (at < 0) {
        return NULL;
    }

    next = X509_NAME_get_index_by_NID(X509_get_subject_name(certificate),
                                      NID_serialNumber, at);
    if (next >= 0) {
        return NULL;
    }

    return X509_NAME_ENTRY_get_data(
               X509_NAME_get_entry(X509_get_subject_name(certificate), at));
}


/* Any string type that X.520 allows becomes UTF-8, so that a CA which goes
 * from PrintableString to UTF8String renames nobody. */
static bool
device_identity_text(char *out, size_t *len, const ASN1_STRING *string)
{
    int       size;
    bool      clean;
    size_t    i;
    uint8_t  *text;

    text = NULL;
    size = ASN1_STRING_to_UTF8(&text, string);

    if (size < 0) {
        return false;
    }

    clean = size > 0 && size <= DEVICE_IDENTITY_MAX;

    for (i = 0; clean && i < (size_t) size; i++) {

        /* C0, DEL, and C1, which UTF-8 writes as C2 80 to C2 9F */

        if (text[i] < 0x20 || text[i] == 0x7f
            || (text[i] == 0xc2 && i + 1 < (size_t) size
                && text[i + 1] < 0xa0))
        {
            clean = false;
        }
    }

    if (clean) {
        memcpy(out, text, (size_t) size);
        out[size] = '\0';
        *len = (size_t) size;
    }

    OPENSSL_free(text);

    return clean;
}


/* The SEQUENCE of the one hardwareModuleName, or NULL. */
static const ASN1_STRING *
device_certificate_hardware(const GENERAL_NAMES *names)
{
    int                 i;
    char                oid[sizeof(DEVICE_HARDWARE_OID) + 1];
    ASN1_TYPE          *value;
    ASN1_OBJECT        *type;
    const ASN1_STRING  *found;
    const GENERAL_NAME *name;

    found = NULL;

    for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        name = sk_GENERAL_NAME_value(names, i);

        if (GENERAL_NAME_get0_otherName(name, &type, &value) != 1
            || OBJ_obj2txt(oid, sizeof(oid), type, 1) < 0
            || strcmp(oid, DEVICE_HARDWARE_OID) != 0)
        {
            continue;
        }

        if (found != NULL || value->type != V_ASN1_SEQUENCE) {
            return NULL;
        }

        found = value->value.sequence;
    }

    return found;
}


/* HardwareModuleName ::= SEQUENCE { hwType OBJECT IDENTIFIER,
 *                                   hwSerialNum OCTET STRING }
 * as "<OID>:<hex>".  Each header must account for all bytes that follow. */
static bool
device_hardware_text(char *out, size_t *len, const ASN1_STRING *sequence)
{
    int             size;
    long            length;
    ASN1_OBJECT    *type;
    const uint8_t  *at, *end;

    at = ASN1_STRING_get0_data(sequence);
    end = at + ASN1_STRING_length(sequence);

    if (!device_hardware_header(&at, end, V_ASN1_SEQUENCE, true, &length)
        || length != end - at)
    {
        return false;
    }

    type = d2i_ASN1_OBJECT(NULL, &at, end - at);
    if (type == NULL) {
        return false;
    }

    size = OBJ_obj2txt(out, DEVICE_IDENTITY_MAX + 1, type, 1);
    ASN1_OBJECT_free(type);

    if (size <= 0 || size > DEVICE_IDENTITY_MAX
        || !device_hardware_header(&at, end, V_ASN1_OCTET_STRING, false,
                                   &length)
        || length != end - at
        || length == 0
        || length > (DEVICE_IDENTITY_MAX - 1 - size) / 2)
    {
        return false;
    }

    out[size++] = ':';
    device_hex_write(out + size, at, (size_t) length);
    *len = (size_t) size + 2 * (size_t) length;

    return true;
}


/* Moves over one header of this tag, definite length, inside end. */
static bool
device_hardware_header(const uint8_t **at, const uint8_t *end, int tag,
    bool constructed, long *length)
{
    int  kind, found, class;

    if (*at == end) {
        return false;
    }

    kind = ASN1_get_object(at, length, &found, &class, end - *at);

    /* 0x80 is an error, 0x01 the indefinite length of BER */

    return kind == (constructed ? V_ASN1_CONSTRUCTED : 0)
           && found == tag
           && class == V_ASN1_UNIVERSAL;
}


/*
 * The input is written so that no two sets of parts give the same bytes:
 * fixed texts end in NUL, the others are preceded by their lengths.
 */
static bool
device_name_derive(uint8_t mac[DEVICE_SHA256_LEN],
    const uint8_t name_secret[DEVICE_SECRET_LEN], const char *purpose,
    store_span_t space, store_span_t identity, store_span_t epoch)
{
    uint8_t       space_len[2], identity_len[4];
    store_span_t  parts[7];

    if (space.len > UINT16_MAX || identity.len > INT32_MAX) {
        return false;
    }

    space_len[0] = (uint8_t) (space.len >> 8);
    space_len[1] = (uint8_t) space.len;

    identity_len[0] = (uint8_t) (identity.len >> 24);
    identity_len[1] = (uint8_t) (identity.len >> 16);
    identity_len[2] = (uint8_t) (identity.len >> 8);
    identity_len[3] = (uint8_t) identity.len;

    parts[0] = (store_span_t) { (const uint8_t *) "srv-registrar",
                                sizeof("srv-registrar") };
    parts[1] = (store_span_t) { (const uint8_t *) purpose,
                                strlen(purpose) + 1 };
    parts[2] = (store_span_t) { space_len, sizeof(space_len) };
    parts[3] = space;
    parts[4] = (store_span_t) { identity_len, sizeof(identity_len) };
    parts[5] = identity;
    parts[6] = epoch;

    return device_hmac(mac, name_secret, parts, 7);
}
