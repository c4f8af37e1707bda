/* units: ngx_srv_registrar_module/device_dyndns2.c
   ngx_srv_registrar_module/device_dyndns2_query.c
   ngx_srv_registrar_module/device_address.c
   ngx_srv_registrar_module/device_reason.c store/store_value.c
   store/store_value_check.c store/store_key.c store/crc32c.c */

/*
 * Any bytes as the query of a dyndns2 call.  What is answered consists of the
 * protocol's words and addresses, whatever stood in the query.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "device_dyndns2.h"


#define FQDN  "a.devices.example"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_wish(const device_address_wish_t *wish, const device_zone_t *zone)
{
    if (wish->mode == DEVICE_ADDRESS_UNSTATED) {
        abort();
    }

    if (wish->mode == DEVICE_ADDRESS_SET
        && !device_address_allowed(zone, &wish->address))
    {
        abort();
    }
}


/* Each line is a word, or "good" or "nochg" with addresses. */
static void
check_answer(char *answer)
{
    char  *line, *rest;

    static const char *const  words[] = {
        "good", "nochg", "nohost", "notfqdn", "dnserr", NULL
    };
    const char *const  *word;

    for (line = strtok_r(answer, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
    {
        for (word = words; *word != NULL; word++) {
            if (strncmp(line, *word, strlen(*word)) == 0) {
                break;
            }
        }

        if (*word == NULL) {
            abort();
        }

        line += strlen(*word);

        if (strspn(line, " ,.:0123456789abcdef") != strlen(line)) {
            abort();
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                   answer[DEVICE_DYNDNS2_ANSWER_MAX];
    uint8_t               *query;
    device_zone_t          zone;
    device_error_t         error;
    device_reason_t        reason;
    device_subject_t       subject;
    device_dyndns2_call_t  call;
    device_address_wish_t  ipv4, ipv6;

    query = malloc(size + 1);

    if (query == NULL) {
        return 0;
    }

    if (size > 0) {
        memcpy(query, data, size);
    }

    memset(&zone, 0, sizeof(zone));
    memset(&subject, 0, sizeof(subject));
    memset(&error, 0, sizeof(error));
    zone.stated_address = true;
    subject.zone = &zone;
    subject.source = (device_address_t) { 4, { 8, 8, 8, 8 } };

    if (device_dyndns2_parse(&call, query, size, &error) == DEVICE_OK) {

        reason = device_dyndns2_update(&ipv4, &ipv6, &call, &subject, NULL,
                                       &error);

        if (reason == DEVICE_OK) {
            check_wish(&ipv4, &zone);
            check_wish(&ipv6, &zone);
        }

        (void) device_dyndns2_own(&call, FQDN);
        device_dyndns2_answer(answer, &call, FQDN, reason, size % 2 == 0,
                              &ipv4, &ipv6);
        check_answer(answer);
    }

    free(query);

    return 0;
}
