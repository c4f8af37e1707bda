/* units: dnssec/dnssec_key.c dnssec/dnssec_key_file.c
   dnssec/dnssec_key_pem.c */

/*
 * Keys from files: those that the usual tools make, tags and DS held against
 * ldns, and every kind of file that is none or belongs to another key.
 */

#include "dnssec_files.h"

#include <fcntl.h>
#include <ldns/ldns.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>


#define SIGNATURES  200
#define THREADS     4


typedef struct {
    const char  *public, *private, *pem;
    const char  *error;              /* a part of the sentence */
} broken_t;

#define PRIVATE(algorithm, key) \
    "Private-key-format: v1.2\nAlgorithm: " algorithm "\nPrivateKey: " key "\n"

static const broken_t  broken[] = {
    /* the public one */
    { NULL, P256_PRIVATE, NULL, "K.key: No such file" },
    { "", P256_PRIVATE, NULL, "no DNSKEY record" },
    { "; nothing\n", P256_PRIVATE, NULL, "no DNSKEY record" },
    { "a key\n", P256_PRIVATE, NULL, "no record" },
    { P256_KEY P256_KEY, P256_PRIVATE, NULL, "more than one" },
    { "example.net. IN A 192.0.2.1\n", P256_PRIVATE, NULL, "no DNSKEY" },
    { "example.net. CH DNSKEY 257 3 13 AAAA\n", P256_PRIVATE, NULL,
      "no DNSKEY" },
    { "example.net. IN DNSKEY 257 3 13 AAAA\n", P256_PRIVATE, NULL,
      "public key of 3 bytes" },
    { "example.net. IN DNSKEY 257 3 8 AwEAAcw=\n", P256_PRIVATE, NULL,
      "algorithm 8" },
    { "example.net. IN DNSKEY 257 3 14 "
      "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RC"
      "OpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40\n",
      P256_PRIVATE, NULL, "no algorithm of ours" },
    { "example.net. IN DNSKEY 385 3 13 "
      "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+"
      "e+MAnLr+Wi9xMWyQLc8NAA==\n", P256_PRIVATE, NULL, "revoked" },
    { "example.net. IN DNSKEY 1 3 13 "
      "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+"
      "e+MAnLr+Wi9xMWyQLc8NAA==\n", P256_PRIVATE, NULL, "no zone's key" },
    { "example.net. IN DNSKEY 257 2 13 "
      "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+"
      "e+MAnLr+Wi9xMWyQLc8NAA==\n", P256_PRIVATE, NULL, "no zone's key" },

    /* the private one */
    { P256_KEY, NULL, NULL, "neither .private nor .pem" },
    { P256_KEY, "", NULL, "Private-key-format" },
    { P256_KEY, PRIVATE("13", P256_SECRET) "PrivateKey: AAAA\n", NULL,
      "PrivateKey twice" },
    { P256_KEY, "Private-key-format: v2.0\nAlgorithm: 13\nPrivateKey: "
      P256_SECRET "\n", NULL, "Private-key-format v1" },
    { P256_KEY, "Private-key-format: v1.2\nPrivateKey: " P256_SECRET "\n",
      NULL, "no Algorithm" },
    { P256_KEY, "Private-key-format: v1.2\nAlgorithm: 13\n", NULL,
      "no PrivateKey" },
    { P256_KEY, PRIVATE("13", ""), NULL, "no PrivateKey" },
    { P256_KEY, PRIVATE("8", P256_SECRET), NULL, "another algorithm" },
    { P256_KEY, PRIVATE("269", P256_SECRET), NULL, "another algorithm" },
    { P256_KEY, PRIVATE("15 (ED25519)", ED25519_SECRET), NULL,
      "another algorithm than the DNSKEY" },
    { P256_KEY, PRIVATE("13", ED25519_SECRET), NULL,
      "not the private key of the DNSKEY" },
    { P256_KEY, PRIVATE("13",
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), NULL,
      "not the private key of the DNSKEY" },
    { P256_KEY, PRIVATE("13", "GU6SnQ/Ou"), NULL, "not one of 32" },
    { P256_KEY, PRIVATE("13", "!!!!"), NULL, "not one of 32" },
    { P256_KEY, PRIVATE("13", "===="), NULL, "not one of 32" },
    { P256_KEY, PRIVATE("13", P256_SECRET "AAAA"), NULL, "not one of 32" },
    { ED25519_KEY, PRIVATE("15", "AAAA"), NULL, "not one of 32" },
    { ED25519_KEY, PRIVATE("15", P256_SECRET), NULL,
      "not the private key of the DNSKEY" },

    /* .private comes first, whatever else there is */
    { P256_KEY, "", "", "K.private: " },

    { P256_KEY, NULL, "", "no private key of P-256 or Ed25519" },
    { P256_KEY, NULL, "-----BEGIN PRIVATE KEY-----\nAAAA\n"
      "-----END PRIVATE KEY-----\n", "no private key of P-256 or Ed25519" },
    { P256_KEY, NULL, "-----BEGIN PRIVATE KEY-----END PRIVATE KEY-----\n",
      "no private key of P-256 or Ed25519" },
};


/* A PEM of a key that is made here. */
static char *
pem_of(EVP_PKEY *pkey, const char *password)
{
    BIO   *bio = BIO_new(BIO_s_mem());
    char  *data, *text;
    long   len;

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey,
                     password ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL,
                     (void *) password), 1);

    len = BIO_get_mem_data(bio, &data);
    text = strndup(data, (size_t) len);
    BIO_free(bio);
    EVP_PKEY_free(pkey);

    return text;
}


static void
refuse(files_t *files, const broken_t *item)
{
    char           error[DNSSEC_ERROR_MAX];
    dnssec_key_t  *key;

    files_put(files, ".key", item->public);
    files_put(files, ".private", item->private);
    files_put(files, ".pem", item->pem);

    key = dnssec_key_read(files->base, error);

    if (key != NULL || strstr(error, item->error) == NULL) {
        print_message("got \"%s\" for \"%s\"\n", error, item->error);
    }

    assert_null(key);
    assert_non_null(strstr(error, item->error));
    assert_int_equal(ERR_peek_error(), 0);
}


static void
refuses_broken_files(void **state)
{
    size_t    i;
    files_t   files;
    broken_t  item = { P256_KEY, NULL, NULL,
                       "no private key of P-256 or Ed25519" };

    (void) state;

    files_begin(&files);

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        refuse(&files, &broken[i]);
    }

    /* one that a password protects is not asked for, other curves and kinds
     * are not taken, nor is a key of another's */

    item.pem = pem_of(EVP_EC_gen("P-256"), "secret");
    refuse(&files, &item);
    free((char *) item.pem);

    item.pem = pem_of(EVP_EC_gen("P-384"), NULL);
    refuse(&files, &item);
    free((char *) item.pem);

    item.pem = pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), NULL);
    refuse(&files, &item);
    free((char *) item.pem);

    item.error = "not the private key of the DNSKEY";

    item.pem = pem_of(EVP_EC_gen("P-256"), NULL);
    refuse(&files, &item);
    free((char *) item.pem);

    item.pem = pem_of(EVP_EC_gen("secp256k1"), NULL);
    refuse(&files, &item);
    free((char *) item.pem);

    files_end(&files);
}


static void
refuses_what_is_no_file(void **state)
{
    int      fd;
    char     name[192], error[DNSSEC_ERROR_MAX], path[5000];
    files_t  files;

    (void) state;

    files_begin(&files);
    (void) snprintf(name, sizeof(name), "%s.key", files.base);

    assert_int_equal(mkdir(name, 0700), 0);
    assert_null(dnssec_key_read(files.base, error));
    assert_non_null(strstr(error, "is no key's file"));
    assert_int_equal(rmdir(name), 0);

    /* and one that nobody writes into does not hold us up */

    assert_int_equal(mkfifo(name, 0600), 0);
    assert_null(dnssec_key_read(files.base, error));
    assert_non_null(strstr(error, "is no key's file"));
    assert_int_equal(unlink(name), 0);

    fd = open(name, O_CREAT|O_WRONLY, 0600);
    assert_int_equal(write(fd, "a\0b", 3), 3);
    assert_null(dnssec_key_read(files.base, error));
    assert_non_null(strstr(error, "is no key's file"));

    assert_int_equal(ftruncate(fd, 1 << 20), 0);
    assert_null(dnssec_key_read(files.base, error));
    assert_non_null(strstr(error, "is no key's file"));
    assert_int_equal(close(fd), 0);

    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_null(dnssec_key_read(path, error));
    assert_non_null(strstr(error, "too long"));

    files_end(&files);
}


static void
reads_any_ending(void **state)
{
    size_t         i;
    char           name[192], error[DNSSEC_ERROR_MAX];
    files_t        files;
    dnssec_key_t  *key;

    static const char  *endings[] = { "", ".key", ".private", ".pem" };

    (void) state;

    files_begin(&files);
    dnssec_key_free(files_key(&files, P256_KEY, P256_PRIVATE));

    for (i = 0; i < 4; i++) {
        (void) snprintf(name, sizeof(name), "%s%s", files.base, endings[i]);
        key = dnssec_key_read(name, error);
        assert_non_null(key);
        assert_int_equal(dnssec_key_tag(key), 55648);
        dnssec_key_free(key);
    }

    files_end(&files);
}


/* Of the file with the private key; the other one is for everybody. */
static void
tells_who_may_read(void **state)
{
    char           name[192], error[DNSSEC_ERROR_MAX];
    files_t        files;
    dnssec_key_t  *key;

    (void) state;

    files_begin(&files);
    key = files_key(&files, P256_KEY, P256_PRIVATE);
    assert_false(dnssec_key_exposed(key));
    dnssec_key_free(key);

    (void) snprintf(name, sizeof(name), "%s.private", files.base);
    assert_int_equal(chmod(name, 0644), 0);
    key = dnssec_key_read(files.base, error);
    assert_true(dnssec_key_exposed(key));
    dnssec_key_free(key);

    files_end(&files);
}


/* RFC 6605 6.1, RFC 8080 6.1: tag, and DS. */
static void
has_the_tag_and_ds_of_the_rfcs(void **state)
{
    files_t        files;
    uint8_t        digest[32];
    dnssec_key_t  *key;

    (void) state;

    files_begin(&files);

    key = files_key(&files, P256_KEY, P256_PRIVATE);
    assert_int_equal(dnssec_key_tag(key), 55648);
    assert_int_equal(dnssec_key_flags(key), 257);
    assert_int_equal(dnssec_key_algorithm(key), 13);
    assert_int_equal(dnssec_key_zone(key).len, 13);
    assert_memory_equal(dnssec_key_zone(key).data, "\7example\3net", 13);
    assert_true(dnssec_ds_digest(dnssec_key_zone(key), dnssec_key_rdata(key),
                                 digest));
    assert_memory_equal(digest, "\xb4\xc8\xc1\xfe\x2e\x74\x77\x12\x7b\x27"
                        "\x11\x56\x56\xad\x62\x56\xf4\x24\x62\x5b\xf5\xc1"
                        "\xe2\x77\x0c\xe6\xd6\xe3\x7d\xf6\x1d\x17", 32);
    dnssec_key_free(key);

    key = files_key(&files, ED25519_KEY, ED25519_PRIVATE);
    assert_int_equal(dnssec_key_tag(key), 3613);
    assert_true(dnssec_ds_digest(dnssec_key_zone(key), dnssec_key_rdata(key),
                                 digest));
    assert_memory_equal(digest, "\x3a\xa5\xab\x37\xef\xce\x57\xf7\x37\xfc"
                        "\x16\x27\x01\x3f\xee\x07\xbd\xf2\x41\xbd\x10\xf3"
                        "\xb1\x96\x4a\xb5\x5c\x78\xe7\x9a\x30\x4b", 32);
    dnssec_key_free(key);

    files_end(&files);
}


static void
has_the_tags_of_ldns(void **state)
{
    int        round;
    size_t     i, len;
    uint8_t    rdata[DNSSEC_DNSKEY_MAX];

    (void) state;
    srand(4034);

    for (round = 0; round < 2000; round++) {
        len = 5 + (size_t) rand() % (sizeof(rdata) - 4);

        for (i = 0; i < len; i++) {
            rdata[i] = (uint8_t) (rand() % 4 ? rand() : 0xff);
        }

        /* the algorithm before there were tags has another sum */

        rdata[3] = 13;
        assert_int_equal(dnssec_tag((dnssec_span_t) { rdata, len }),
                         ldns_calc_keytag_raw(rdata, len));
    }
}


static bool
have(const char *tool)
{
    char  command[128];

    (void) snprintf(command, sizeof(command),
                    "PATH=$PATH:/usr/sbin command -v %s >/dev/null", tool);

    return system(command) == 0;
}


/* Runs a shell's line, which says the base names that it made. */
static void
reads_what_a_tool_made(const char *tool, const char *line)
{
    int            n;
    char           command[1024], path[300], name[128], error[DNSSEC_ERROR_MAX];
    FILE          *out;
    files_t        files;
    dnssec_key_t  *key;

    if (!have(tool)) {
        print_message("%s is not installed\n", tool);
        skip();
    }

    files_begin(&files);
    (void) snprintf(command, sizeof(command),
                    "cd %s && PATH=$PATH:/usr/sbin && exec 2>/dev/null && %s",
                    files.dir, line);

    n = 0;
    out = popen(command, "r");
    assert_non_null(out);

    while (fscanf(out, "%127s", name) == 1) {
        (void) snprintf(path, sizeof(path), "%s/%s", files.dir, name);
        key = dnssec_key_read(path, error);

        if (key == NULL) {
            print_message("%s: %s\n", name, error);
        }

        assert_non_null(key);
        assert_int_equal(dnssec_key_zone(key).len, 17);
        assert_memory_equal(dnssec_key_zone(key).data,
                            "\7devices\7example", 17);
        assert_int_equal(dnssec_key_algorithm(key), n < 2 ? 13 : 15);
        assert_int_equal(dnssec_key_flags(key), n % 2 ? 256 : 257);
        dnssec_key_free(key);
        n++;
    }

    assert_int_equal(pclose(out), 0);
    assert_int_equal(n, 4);
    files_end(&files);
}


static void
reads_keys_of_ldns_keygen(void **state)
{
    (void) state;

    reads_what_a_tool_made("ldns-keygen",
        "for a in ECDSAP256SHA256 ED25519; do "
        "ldns-keygen -a $a -k devices.example; "
        "ldns-keygen -a $a devices.example; done");
}


static void
reads_keys_of_dnssec_keygen(void **state)
{
    (void) state;

    reads_what_a_tool_made("dnssec-keygen",
        "for a in ECDSAP256SHA256 ED25519; do "
        "dnssec-keygen -q -a $a -f KSK Devices.Example; "
        "dnssec-keygen -q -a $a Devices.Example; done");
}


static void
reads_keys_of_keymgr(void **state)
{
    (void) state;

    reads_what_a_tool_made("keymgr",
        "for a in ECDSAP256SHA256 ED25519; do for k in yes no; do "
        "id=$(keymgr -D . devices.example generate algorithm=$a ksk=$k) && "
        "keymgr -D . devices.example dnskey $id >keys/$id.key && "
        "echo keys/$id; done; done");
}


static EVP_PKEY *
public_key(const dnssec_key_t *key)
{
    EVP_PKEY       *pkey;
    uint8_t         der[27 + 64];
    const uint8_t  *at = der;
    dnssec_span_t   rdata = dnssec_key_rdata(key);

    static const uint8_t  prefix[27] = {
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
        0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
        0x07, 0x03, 0x42, 0x00, 0x04
    };

    if (dnssec_key_algorithm(key) == DNSSEC_ED25519) {
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                           rdata.data + 4, 32);
    }

    memcpy(der, prefix, sizeof(prefix));
    memcpy(der + sizeof(prefix), rdata.data + 4, 64);
    pkey = d2i_PUBKEY(NULL, &at, sizeof(der));

    return pkey;
}


static void
verify(const dnssec_key_t *key, const uint8_t *data, size_t len,
    const uint8_t *signature)
{
    uint8_t        der[80], *at = der;
    size_t         n = 64;
    EVP_PKEY      *pkey = public_key(key);
    ECDSA_SIG     *pair;
    EVP_MD_CTX    *ctx = EVP_MD_CTX_new();
    const EVP_MD  *digest = NULL;

    memcpy(der, signature, 64);

    if (dnssec_key_algorithm(key) == DNSSEC_ECDSAP256SHA256) {
        digest = EVP_sha256();
        pair = ECDSA_SIG_new();
        ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL),
                       BN_bin2bn(signature + 32, 32, NULL));
        n = (size_t) i2d_ECDSA_SIG(pair, &at);
        ECDSA_SIG_free(pair);
    }

    if (EVP_DigestVerifyInit(ctx, NULL, digest, NULL, pkey) != 1
        || EVP_DigestVerify(ctx, der, n, data, len) != 1)
    {
        abort();                 /* a thread cannot fail a test */
    }

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}


static void *
sign_often(void *data)
{
    int                  i;
    uint8_t              signature[DNSSEC_SIGNATURE_LEN], text[100] = { 0 };
    const dnssec_key_t  *key = data;

    for (i = 0; i < SIGNATURES; i++) {
        text[i % 100]++;

        if (!dnssec_key_sign(key, text, sizeof(text), signature)) {
            abort();
        }

        verify(key, text, sizeof(text), signature);
    }

    return NULL;
}


/* One key, several threads; r and s of fewer than 32 bytes come by. */
static void
signs_in_threads(void **state)
{
    int            i, j;
    files_t        files;
    pthread_t      threads[THREADS];
    dnssec_key_t  *key;

    static const char  *keys[2][2] = {
        { P256_KEY, P256_PRIVATE }, { ED25519_KEY, ED25519_PRIVATE }
    };

    (void) state;

    files_begin(&files);

    for (i = 0; i < 2; i++) {
        key = files_key(&files, keys[i][0], keys[i][1]);

        for (j = 0; j < THREADS; j++) {
            assert_int_equal(pthread_create(&threads[j], NULL, sign_often,
                                            key), 0);
        }

        for (j = 0; j < THREADS; j++) {
            assert_int_equal(pthread_join(threads[j], NULL), 0);
        }

        dnssec_key_free(key);
    }

    files_end(&files);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(refuses_broken_files),
        cmocka_unit_test(refuses_what_is_no_file),
        cmocka_unit_test(reads_any_ending),
        cmocka_unit_test(tells_who_may_read),
        cmocka_unit_test(has_the_tag_and_ds_of_the_rfcs),
        cmocka_unit_test(has_the_tags_of_ldns),
        cmocka_unit_test(reads_keys_of_ldns_keygen),
        cmocka_unit_test(reads_keys_of_dnssec_keygen),
        cmocka_unit_test(reads_keys_of_keymgr),
        cmocka_unit_test(signs_in_threads),
    };

    return cmocka_run_group_tests_name("dnssec_key", tests, NULL, NULL);
}
