
/*
 * The files of a key, read.  Enters: what ldns-keygen, dnssec-keygen or keymgr
 * wrote, or what somebody made of it.  Leaves: the DNSKEY's bytes, and the
 * private key as its 32 bytes.  Always: text with a private key lies in
 * OpenSSL's secure heap, where there is one, and is cleansed; no password is
 * ever asked for.
 */

#include "dnssec_key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <ldns/ldns.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


/* A file of these tools has 100 to 500 bytes; what is larger is none. */
#define FILE_LEN_MAX   16384

/* The longest value of interest is 44 digits of base64. */
#define BASE64_LEN     44


/* What is read of a .private file. */
typedef struct {
    const char  *format;
    const char  *algorithm;
    const char  *key;
    size_t       key_len;
} private_t;


static bool file_load(int fd, dnssec_file_t *file,
    char error[DNSSEC_ERROR_MAX]);
static bool dnskey_take(dnssec_dnskey_t *dnskey, const ldns_rr *rr,
    char error[DNSSEC_ERROR_MAX]);
static bool dnskey_check(const dnssec_dnskey_t *dnskey,
    char error[DNSSEC_ERROR_MAX]);
static bool private_lines(private_t *found, const char *text,
    char error[DNSSEC_ERROR_MAX]);
static bool private_decode(uint8_t secret[DNSSEC_SECRET_LEN],
    uint8_t algorithm, const private_t *found, char error[DNSSEC_ERROR_MAX]);


bool
dnssec_file_read(dnssec_file_t *file, const char *path,
    char error[DNSSEC_ERROR_MAX])
{
    int   fd;
    bool  loaded;

    memset(file, 0, sizeof(*file));
    error[0] = '\0';

    /* a FIFO would block here, and the reload with it */

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

    if (fd == -1) {
        return false;
    }

    loaded = file_load(fd, file, error);

    if (!loaded) {
        dnssec_file_free(file);
    }

    (void) close(fd);

    return loaded;
}


static bool
file_load(int fd, dnssec_file_t *file, char error[DNSSEC_ERROR_MAX])
{
    ssize_t      n;
    struct stat  stat;

    if (fstat(fd, &stat) == -1) {
        return false;
    }

    if (!S_ISREG(stat.st_mode) || stat.st_size > FILE_LEN_MAX) {
        return dnssec_fail(error, "is no key's file");
    }

    file->exposed = (stat.st_mode & S_IROTH) != 0;
    file->len = (size_t) stat.st_size;
    file->text = OPENSSL_secure_zalloc(file->len + 1);

    if (file->text == NULL) {
        return dnssec_fail(error, "no memory");
    }

    n = read(fd, file->text, file->len);

    if (n < 0) {
        return false;
    }

    /* somebody is writing it now; and text has no NUL */

    if ((size_t) n != file->len || strlen(file->text) != file->len) {
        return dnssec_fail(error, "is no key's file");
    }

    return true;
}


void
dnssec_file_free(dnssec_file_t *file)
{
    int  saved = errno;

    OPENSSL_secure_clear_free(file->text, file->len + 1);
    file->text = NULL;
    errno = saved;
}


bool
dnssec_dnskey_parse(dnssec_dnskey_t *dnskey, const char *text, size_t len,
    char error[DNSSEC_ERROR_MAX])
{
    FILE         *stream;
    size_t        n;
    ldns_rr      *rr;
    ldns_status   status;

    /* fmemopen takes no bytes for an error */

    stream = (len == 0) ? NULL : fmemopen((void *) text, len, "r");

    if (stream == NULL) {
        return dnssec_fail(error, "holds no DNSKEY record");
    }

    n = 0;
    status = LDNS_STATUS_OK;
    dnskey->rdata_len = 0;
    error[0] = '\0';

    while (error[0] == '\0' && !feof(stream)) {
        rr = NULL;
        status = ldns_rr_new_frm_fp(&rr, stream, NULL, NULL, NULL);

        if (status == LDNS_STATUS_SYNTAX_EMPTY) {
            continue;
        }

        if (status != LDNS_STATUS_OK) {
            (void) dnssec_fail(error, "holds what is no record (%s)",
                               ldns_get_errorstr_by_id(status));

        } else if (n++ > 0) {
            (void) dnssec_fail(error, "holds more than one record");

        } else {
            (void) dnskey_take(dnskey, rr, error);
        }

        ldns_rr_free(rr);
    }

    (void) fclose(stream);

    if (error[0] == '\0' && n == 0) {
        return dnssec_fail(error, "holds no DNSKEY record");
    }

    return error[0] == '\0';
}


static bool
dnskey_take(dnssec_dnskey_t *dnskey, const ldns_rr *rr,
    char error[DNSSEC_ERROR_MAX])
{
    size_t          i;
    const ldns_rdf  *rdf;

    if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_DNSKEY
        || ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
    {
        return dnssec_fail(error, "holds no DNSKEY record");
    }

    rdf = ldns_rr_owner(rr);
    dnskey->zone_len = ldns_rdf_size(rdf);

    if (dnskey->zone_len > sizeof(dnskey->zone)) {
        return dnssec_fail(error, "names no zone");
    }

    memcpy(dnskey->zone, ldns_rdf_data(rdf), dnskey->zone_len);

    /* no length byte lies among the letters */

    for (i = 0; i < dnskey->zone_len; i++) {
        if (dnskey->zone[i] >= 'A' && dnskey->zone[i] <= 'Z') {
            dnskey->zone[i] |= 0x20;
        }
    }

    for (i = 0; i < ldns_rr_rd_count(rr); i++) {
        rdf = ldns_rr_rdf(rr, i);

        if (ldns_rdf_size(rdf) > sizeof(dnskey->rdata) - dnskey->rdata_len) {
            return dnssec_fail(error, "is a key of no algorithm of ours: "
                               "ECDSAP256SHA256 (13) and ED25519 (15)");
        }

        memcpy(dnskey->rdata + dnskey->rdata_len, ldns_rdf_data(rdf),
               ldns_rdf_size(rdf));
        dnskey->rdata_len += ldns_rdf_size(rdf);
    }

    return dnskey_check(dnskey, error);
}


static bool
dnskey_check(const dnssec_dnskey_t *dnskey, char error[DNSSEC_ERROR_MAX])
{
    size_t           len;
    unsigned         flags;
    const uint8_t   *rdata;

    rdata = dnskey->rdata;
    len = dnskey->rdata_len;

    if (len < 4) {
        return dnssec_fail(error, "holds a DNSKEY record that is cut short");
    }

    if (rdata[3] != DNSSEC_ECDSAP256SHA256 && rdata[3] != DNSSEC_ED25519) {
        return dnssec_fail(error, "is a key of algorithm %u; taken are "
                           "ECDSAP256SHA256 (13) and ED25519 (15)",
                           (unsigned) rdata[3]);
    }

    /* RFC 4034 2.1.1, 2.1.2; RFC 5011 7 */

    flags = (unsigned) rdata[0] << 8 | rdata[1];

    if (flags & 0x0080) {
        return dnssec_fail(error, "is a key that was revoked");
    }

    if ((flags & ~DNSSEC_FLAGS_SEP) != DNSSEC_FLAGS_ZONE || rdata[2] != 3) {
        return dnssec_fail(error, "is no zone's key: flags %u, protocol %u",
                           flags, (unsigned) rdata[2]);
    }

    /* RFC 6605 4: x and y; RFC 8080 3 */

    if (len != (rdata[3] == DNSSEC_ECDSAP256SHA256 ? 4u + 64 : 4u + 32)) {
        return dnssec_fail(error, "holds a public key of %zu bytes", len - 4);
    }

    return true;
}


bool
dnssec_private_parse(uint8_t secret[DNSSEC_SECRET_LEN], uint8_t *algorithm,
    const char *text, char error[DNSSEC_ERROR_MAX])
{
    char           *end;
    unsigned long   number;
    private_t       found;

    if (!private_lines(&found, text, error)) {
        return false;
    }

    /* a later minor number adds fields, a major one changes them */

    if (found.format == NULL || strncmp(found.format, "v1.", 3) != 0) {
        return dnssec_fail(error, "is not of Private-key-format v1");
    }

    if (found.algorithm == NULL) {
        return dnssec_fail(error, "names no Algorithm");
    }

    number = strtoul(found.algorithm, &end, 10);

    if (number != DNSSEC_ECDSAP256SHA256 && number != DNSSEC_ED25519) {
        return dnssec_fail(error, "is a key of another algorithm than "
                           "ECDSAP256SHA256 (13) and ED25519 (15)");
    }

    *algorithm = (uint8_t) number;

    return private_decode(secret, *algorithm, &found, error);
}


/* What else stands there (when the key was made, when it was to be used) is
 * nothing to us: the configuration says what a key is for. */
static bool
private_lines(private_t *found, const char *text,
    char error[DNSSEC_ERROR_MAX])
{
    size_t       n;
    const char  *line, *value, **field;

    memset(found, 0, sizeof(*found));

    for (line = text; *line != '\0'; line += strspn(line, "\r\n")) {
        n = strcspn(line, ":\r\n");
        value = line + n;
        field = NULL;

        if (*value == ':') {
            value++;
            value += strspn(value, " \t");

            if (n == 18 && strncmp(line, "Private-key-format", n) == 0) {
                field = &found->format;

            } else if (n == 9 && strncmp(line, "Algorithm", n) == 0) {
                field = &found->algorithm;

            } else if (n == 10 && strncmp(line, "PrivateKey", n) == 0) {
                field = &found->key;
                found->key_len = strcspn(value, " \t\r\n");
            }
        }

        if (field != NULL) {
            if (*field != NULL) {
                return dnssec_fail(error, "says %.*s twice", (int) n, line);
            }

            *field = value;
        }

        line = value + strcspn(value, "\r\n");
    }

    return true;
}


static bool
private_decode(uint8_t secret[DNSSEC_SECRET_LEN], uint8_t algorithm,
    const private_t *found, char error[DNSSEC_ERROR_MAX])
{
    int      n;
    size_t   len, pad;
    uint8_t  bytes[BASE64_LEN / 4 * 3];

    if (found->key == NULL || found->key_len == 0) {
        return dnssec_fail(error, "holds no PrivateKey");
    }

    n = -1;
    pad = 0;

    if (found->key_len <= BASE64_LEN && found->key_len % 4 == 0) {
        n = EVP_DecodeBlock(bytes, (const uint8_t *) found->key,
                            (int) found->key_len);

        while (pad < 2 && found->key[found->key_len - 1 - pad] == '=') {
            pad++;
        }

        /* OpenSSL takes one in the middle for a zero */

        if (memchr(found->key, '=', found->key_len - pad) != NULL) {
            n = -1;
        }
    }

    /* a scalar that begins with zeros is written without them by some */

    len = (n < (int) pad) ? 0 : (size_t) n - pad;

    if (len > 0 && (len == DNSSEC_SECRET_LEN
                    || (algorithm == DNSSEC_ECDSAP256SHA256
                        && len < DNSSEC_SECRET_LEN)))
    {
        memset(secret, 0, DNSSEC_SECRET_LEN - len);
        memcpy(secret + DNSSEC_SECRET_LEN - len, bytes, len);

    } else {
        len = 0;
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));

    return len > 0
           || dnssec_fail(error, "holds a PrivateKey that is not one of 32 "
                          "bytes in base64");
}


bool
dnssec_fail(char error[DNSSEC_ERROR_MAX], const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    (void) vsnprintf(error, DNSSEC_ERROR_MAX, format, args);
    va_end(args);

    return false;
}
