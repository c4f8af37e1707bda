
/*
 * Client certificates as a factory makes them: each with a key of its own,
 * all of one CA.
 */

#include "update.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>


#define UPDATE_VALID  (24 * 3600L)


static X509 *update_issuer_read(const char *path);
static EVP_PKEY *update_issuer_key_read(const char *path);
static X509 *update_certificate(EVP_PKEY *key, unsigned long serial,
    X509 *issuer, EVP_PKEY *issuer_key);


update_identity_t *
update_identities(const update_options_t *options, unsigned long n)
{
    X509               *issuer = update_issuer_read(options->issuer);
    EVP_PKEY           *key = update_issuer_key_read(options->issuer_key);
    unsigned long       i;
    update_identity_t  *identities;

    identities = calloc(n, sizeof(update_identity_t));

    if (identities == NULL) {
        err(1, "calloc");
    }

    for (i = 0; i < n; i++) {
        identities[i].key = EVP_EC_gen("P-256");

        if (identities[i].key == NULL) {
            errx(1, "no key");
        }

        identities[i].certificate = update_certificate(identities[i].key,
                                                       i + 1, issuer, key);
    }

    X509_free(issuer);
    EVP_PKEY_free(key);

    return identities;
}


void
update_identities_free(update_identity_t *identities, unsigned long n)
{
    unsigned long  i;

    for (i = 0; i < n; i++) {
        X509_free(identities[i].certificate);
        EVP_PKEY_free(identities[i].key);
    }

    free(identities);
}


static X509 *
update_issuer_read(const char *path)
{
    FILE  *file = fopen(path, "r");
    X509  *issuer;

    if (file == NULL) {
        err(2, "%s", path);
    }

    issuer = PEM_read_X509(file, NULL, NULL, NULL);
    (void) fclose(file);

    if (issuer == NULL) {
        errx(2, "%s: no certificate", path);
    }

    return issuer;
}


static EVP_PKEY *
update_issuer_key_read(const char *path)
{
    FILE      *file = fopen(path, "r");
    EVP_PKEY  *key;

    if (file == NULL) {
        err(2, "%s", path);
    }

    key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void) fclose(file);

    if (key == NULL) {
        errx(2, "%s: no key", path);
    }

    return key;
}


static X509 *
update_certificate(EVP_PKEY *key, unsigned long serial, X509 *issuer,
    EVP_PKEY *issuer_key)
{
    char        name[32];
    X509       *certificate = X509_new();
    X509_NAME  *subject = X509_NAME_new();

    snprintf(name, sizeof(name), "device-%lu", serial);

    if (certificate == NULL || subject == NULL
        || X509_set_version(certificate, X509_VERSION_3) != 1
        || ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial)
           != 1
        || X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) == NULL
        || X509_gmtime_adj(X509_getm_notAfter(certificate), UPDATE_VALID)
           == NULL
        || X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                      (const uint8_t *) name, -1, -1, 0) != 1
        || X509_set_subject_name(certificate, subject) != 1
        || X509_set_issuer_name(certificate, X509_get_subject_name(issuer))
           != 1
        || X509_set_pubkey(certificate, key) != 1
        || X509_sign(certificate, issuer_key, EVP_sha256()) == 0)
    {
        errx(1, "a certificate cannot be made");
    }

    X509_NAME_free(subject);

    return certificate;
}
