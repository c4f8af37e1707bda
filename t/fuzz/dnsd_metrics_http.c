/* units: dnsd/metrics_http.c dnsd/dnstap_frame.c dnsd/dnstap_stream.c */

/*
 * What a scraper and what a collector may send: any bytes.  A request is
 * judged the same however it is cut, and a verdict once given stays.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dnstap_stream.h"
#include "metrics_http.h"


/* At each place would take the square of the length. */
#define FUZZ_STEP  61


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool                   head;
    char                  *text, response[METRICS_HTTP_HEAD_MAX];
    size_t                 n;
    metrics_http_status_t  status = METRICS_HTTP_MORE;

    for (n = 0; n <= size; n += FUZZ_STEP) {
        text = malloc(n != 0 ? n : 1);

        if (text == NULL) {
            return 0;
        }

        memcpy(text, data, n);
        status = metrics_http_parse(text, n, &head);
        free(text);

        if (status != METRICS_HTTP_MORE) {
            break;
        }
    }

    if (status != METRICS_HTTP_MORE
        && (metrics_http_parse((const char *) data, size, &head) != status
            || metrics_http_head(status, size, response) == 0))
    {
        abort();
    }

    (void) dnstap_control_is(data, size, DNSTAP_CONTROL_ACCEPT);

    return 0;
}
