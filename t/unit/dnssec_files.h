
/*
 * Keys in files, for the tests of dnssec/: the ones of RFC 6605 6.1 and RFC
 * 8080 6.1, and a directory to put them into.
 */

#ifndef DNSSEC_FILES_H
#define DNSSEC_FILES_H


#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dnssec_key.h"


#define P256_KEY  "example.net. 3600 IN DNSKEY 257 3 13 " \
    "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+" \
    "e+MAnLr+Wi9xMWyQLc8NAA==\n"
#define P256_SECRET  "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ="
#define P256_PRIVATE \
    "Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\n" \
    "PrivateKey: " P256_SECRET "\n"

#define ED25519_KEY  "example.com. 3600 IN DNSKEY 257 3 15 " \
    "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n"
#define ED25519_SECRET  "ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI="
#define ED25519_PRIVATE \
    "Private-key-format: v1.2\nAlgorithm: 15 (ED25519)\n" \
    "PrivateKey: " ED25519_SECRET "\n"


typedef struct {
    char  dir[64];
    char  base[128];             /* <dir>/K */
} files_t;


static void
files_begin(files_t *files)
{
    strcpy(files->dir, "/tmp/srv-dnssec.XXXXXX");
    assert_non_null(mkdtemp(files->dir));
    (void) snprintf(files->base, sizeof(files->base), "%s/K", files->dir);
}


static void
files_end(files_t *files)
{
    char  command[128];

    (void) snprintf(command, sizeof(command), "rm -rf %s", files->dir);
    assert_int_equal(system(command), 0);
}


/* text NULL: there is no such file. */
static void
files_put(files_t *files, const char *ending, const char *text)
{
    char   name[192];
    FILE  *out;

    (void) snprintf(name, sizeof(name), "%s%s", files->base, ending);
    (void) unlink(name);

    if (text == NULL) {
        return;
    }

    out = fopen(name, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(name, 0600), 0);
}


static inline dnssec_key_t *
files_key(files_t *files, const char *public, const char *private)
{
    char           error[DNSSEC_ERROR_MAX];
    dnssec_key_t  *key;

    files_put(files, ".key", public);
    files_put(files, ".private", private);

    key = dnssec_key_read(files->base, error);

    if (key == NULL) {
        print_message("%s\n", error);
    }

    assert_non_null(key);

    return key;
}


#endif /* DNSSEC_FILES_H */
