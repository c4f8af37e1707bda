
/*
 * Filling in a refusal.  Enters: a reason and words, some of them a peer's.
 * Leaves: an error whose texts are NUL-terminated and never end within a
 * UTF-8 sequence, so that what was valid UTF-8 stays so when it is cut.
 */

#include "device_reason.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>


static void device_reason_cut(char *text);


device_reason_t
device_refuse(device_error_t *error, device_reason_t reason,
    const char *member, const char *format, ...)
{
    int      length;
    va_list  args;

    error->reason = reason;

    length = snprintf(error->member, sizeof(error->member), "%s",
                      member == NULL ? "" : member);
    if (length >= (int) sizeof(error->member)) {
        device_reason_cut(error->member);
    }

    va_start(args, format);
    length = vsnprintf(error->detail, sizeof(error->detail), format, args);
    va_end(args);

    if (length < 0) {
        error->detail[0] = '\0';

    } else if (length >= (int) sizeof(error->detail)) {
        device_reason_cut(error->detail);
    }

    return reason;
}


/* Takes away a last character of which the tail did not fit. */
static void
device_reason_cut(char *text)
{
    size_t   len, lead, need;
    uint8_t  byte;

    len = strlen(text);
    lead = len;

    while (lead > 0 && len - lead < 3
           && ((uint8_t) text[lead - 1] & 0xc0) == 0x80)
    {
        lead--;
    }

    if (lead == 0) {
        return;
    }

    lead--;
    byte = (uint8_t) text[lead];
    need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;

    if (len - lead < need) {
        text[lead] = '\0';
    }
}
