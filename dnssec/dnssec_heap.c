
/*
 * The secure heap.  OpenSSL makes and uses it; here is how large, and what to
 * tell the operator whose limits forbid it.
 */

#include "dnssec_heap.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <sys/resource.h>


/* While the files of one key are read: their texts and what is parsed. */
#define HEAP_READING     32768

/* A key takes 32 bytes, a signature of P-256 that is being made 0.5 KB.  A heap
 * that is full makes signatures fail, so both have four times of it. */
#define HEAP_KEY         128
#define HEAP_SIGNATURE   2048

/* The smallest piece: a scalar.  Smaller ones would only cost tables. */
#define HEAP_PIECE       32


bool
dnssec_heap_init(size_t keys, unsigned threads, char error[DNSSEC_ERROR_MAX])
{
    size_t         size, wanted;
    struct rlimit  limit = { 0, 0 };

    (void) OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);

    wanted = HEAP_READING + keys * HEAP_KEY
             + (size_t) threads * HEAP_SIGNATURE;

    for (size = HEAP_READING; size < wanted; size *= 2) {
        continue;                       /* it takes powers of two alone */
    }

    /* 2: it is there, but without all of what it is for */

    if (CRYPTO_secure_malloc_init(size, HEAP_PIECE) == 1) {
        return true;
    }

    (void) getrlimit(RLIMIT_MEMLOCK, &limit);

    snprintf(error, DNSSEC_ERROR_MAX, "cannot lock %zu KiB of memory for "
             "private keys: RLIMIT_MEMLOCK is %llu KiB (LimitMEMLOCK= of a "
             "unit, ulimit -l of a shell)", size / 1024,
             (unsigned long long) limit.rlim_cur / 1024);

    return false;
}
