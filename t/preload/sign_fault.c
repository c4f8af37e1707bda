/*
 * An OpenSSL that signs no zone while the file that $SIGN_FAULT names is
 * there, for LD_PRELOAD into nginx.  TLS signs by the same function and goes
 * on: only calls from the module fail.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


typedef int (*sign_fn)(void *ctx, unsigned char *out, size_t *outlen,
    const unsigned char *data, size_t len);


static char  sign_control[4096];


static void sign_init(void) __attribute__((constructor));
int EVP_DigestSign(void *ctx, unsigned char *out, size_t *outlen,
    const unsigned char *data, size_t len);


/* nginx forgets the environment that it was started with. */
static void
sign_init(void)
{
    const char  *path;

    path = getenv("SIGN_FAULT");

    if (path != NULL) {
        (void) snprintf(sign_control, sizeof(sign_control), "%s", path);
    }
}


int
EVP_DigestSign(void *ctx, unsigned char *out, size_t *outlen,
    const unsigned char *data, size_t len)
{
    void     *symbol;
    Dl_info   caller;
    sign_fn   next;

    if (sign_control[0] != '\0' && access(sign_control, F_OK) == 0
        && dladdr(__builtin_return_address(0), &caller) != 0
        && strstr(caller.dli_fname, "ngx_srv_registrar") != NULL)
    {
        return 0;
    }

    symbol = dlsym(RTLD_NEXT, "EVP_DigestSign");
    memcpy(&next, &symbol, sizeof(next));

    return next(ctx, out, outlen, data, len);
}
