/* units: dnssec/dnssec_key_file.c dnssec/dnssec_key_pem.c */

/*
 * Key files of any text.  The first byte chooses the file: the DNSKEY record,
 * the private key in lines, or in PEM.  What is taken is within its bounds.
 */

#include <stdlib.h>
#include <string.h>

#include "dnssec_key_file.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_dnskey(const dnssec_dnskey_t *dnskey)
{
    if (dnskey->zone_len == 0 || dnskey->zone_len > DNSSEC_NAME_MAX
        || dnskey->zone[dnskey->zone_len - 1] != 0
        || dnskey->rdata_len != (dnskey->rdata[3] == 13 ? 68u : 36u))
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char             *text, error[DNSSEC_ERROR_MAX];
    uint8_t           secret[DNSSEC_SECRET_LEN], algorithm;
    dnssec_dnskey_t   dnskey;

    if (size == 0) {
        return 0;
    }

    text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    algorithm = 0;

    /* what dnssec_file_read lets through has no NUL in it */

    if (strlen(text) == size - 1) {

        switch (data[0] % 3) {

        case 0:
            if (dnssec_dnskey_parse(&dnskey, text, size - 1, error)) {
                check_dnskey(&dnskey);
            }

            break;

        case 1:
            if (dnssec_private_parse(secret, &algorithm, text, error)
                && algorithm != 13 && algorithm != 15)
            {
                abort();
            }

            break;

        default:
            (void) dnssec_pem_parse(secret, &algorithm, text, size - 1, error);
        }
    }

    free(text);

    return 0;
}
