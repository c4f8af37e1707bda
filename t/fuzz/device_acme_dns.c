/* units: ngx_srv_registrar_module/device_acme_dns.c
   ngx_srv_registrar_module/device_object.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * Any bytes as fields and bodies of acme-dns's requests.  What passes has the
 * one form that the store and the replies rely on.
 */

#include <stdlib.h>
#include <string.h>

#include "device_acme_dns.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_update(store_span_t input)
{
    char                      *reply;
    device_error_t             error;
    device_acme_dns_update_t   update;

    if (device_acme_dns_update_parse(&update, input, &error) != DEVICE_OK) {
        return;
    }

    if (strlen(update.subdomain) != update.subdomain_len) {
        abort();
    }

    if (device_acme_dns_txt_check(&update, &error) != DEVICE_OK) {
        return;
    }

    reply = device_acme_dns_update_reply(update.txt);

    if (reply == NULL || strstr(reply, update.txt) == NULL
        || strlen(reply) != sizeof("{\"txt\": \"\"}") - 1
                            + DEVICE_CHALLENGE_LEN)
    {
        abort();
    }

    free(reply);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char            user[DEVICE_UUID_LEN + 1];
    store_span_t    input;
    device_error_t  error;

    input.data = data;
    input.len = size;

    if (device_acme_dns_user_parse(user, input)
        && (strlen(user) != DEVICE_UUID_LEN
            || strspn(user, "0123456789abcdef-") != DEVICE_UUID_LEN))
    {
        abort();
    }

    (void) device_acme_dns_key_valid(input);
    (void) device_acme_dns_register_parse(input, &error);

    check_update(input);

    return 0;
}
