
/*
 * The contents of key files: text to bytes.  Internal to dnssec_key.c; apart
 * from it so that a fuzzer can reach them without files.
 *
 * Each returns false with a sentence in error that does not name the file.
 */

#ifndef DNSSEC_KEY_FILE_H
#define DNSSEC_KEY_FILE_H


#include "dnssec_key.h"


/* Of both algorithms: P-256's scalar, Ed25519's seed. */
#define DNSSEC_SECRET_LEN  32

#define DNSSEC_NAME_MAX    255


typedef struct {
    uint8_t   zone[DNSSEC_NAME_MAX];     /* wire form, lower case */
    size_t    zone_len;
    uint8_t   rdata[DNSSEC_DNSKEY_MAX];
    size_t    rdata_len;
} dnssec_dnskey_t;


/* A whole file.  text is NUL-terminated, holds no other NUL and lies in
 * OpenSSL's secure heap; dnssec_file_free cleanses it. */
typedef struct {
    char     *text;
    size_t    len;
    bool      exposed;                   /* readable by others */
} dnssec_file_t;


/* errno is the reason where error is empty. */
bool dnssec_file_read(dnssec_file_t *file, const char *path,
    char error[DNSSEC_ERROR_MAX]);
void dnssec_file_free(dnssec_file_t *file);

/* <base>.key: one DNSKEY record of a zone's key, with comments. */
bool dnssec_dnskey_parse(dnssec_dnskey_t *dnskey, const char *text, size_t len,
    char error[DNSSEC_ERROR_MAX]);

/* <base>.private: lines of a name and a value. */
bool dnssec_private_parse(uint8_t secret[DNSSEC_SECRET_LEN],
    uint8_t *algorithm, const char *text, char error[DNSSEC_ERROR_MAX]);

/* <base>.pem: PKCS #8, not encrypted: dnssec_key_pem.c. */
bool dnssec_pem_parse(uint8_t secret[DNSSEC_SECRET_LEN], uint8_t *algorithm,
    const char *text, size_t len, char error[DNSSEC_ERROR_MAX]);

/* Says it and returns false. */
bool dnssec_fail(char error[DNSSEC_ERROR_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));


#endif /* DNSSEC_KEY_FILE_H */
