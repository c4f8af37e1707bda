
/*
 * The forms that values have.  Each function writes a field that is all zero,
 * or says that the value is not of that form.
 */

#include "settings_internal.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>


/* More threads than this only by request: the answers of a small fleet fit
 * one. */
#define SETTINGS_THREADS  16


static unsigned settings_processors(void);
static int settings_hex_digit(char c);


/* From row->min bytes to what the field holds. */
bool
settings_parse_text(const settings_row_t *row, void *field, const char *value)
{
    size_t  len = strlen(value);

    if (len < row->min || len >= row->size) {
        return false;
    }

    memcpy(field, value, len);

    return true;
}


/* strtoul alone would take " 1", "-1" and "1x".  The field may have any
 * width. */
bool
settings_parse_number(const settings_row_t *row, void *field,
    const char *value)
{
    char           *end;
    uint8_t         byte;
    uint16_t        word;
    uint32_t        number;
    unsigned long   parsed;

    errno = 0;
    parsed = strtoul(value, &end, 10);

    if (errno != 0 || value[0] < '0' || value[0] > '9' || *end != '\0'
        || parsed < row->min || parsed > row->max)
    {
        return false;
    }

    byte = (uint8_t) parsed;
    word = (uint16_t) parsed;
    number = (uint32_t) parsed;

    switch (row->size) {

    case sizeof(byte):
        memcpy(field, &byte, sizeof(byte));
        return parsed == byte;

    case sizeof(word):
        memcpy(field, &word, sizeof(word));
        return parsed == word;

    case sizeof(number):
        memcpy(field, &number, sizeof(number));
        return parsed == number;

    default:
        memcpy(field, &parsed, sizeof(parsed));
        return row->size == sizeof(parsed);
    }
}


bool
settings_parse_threads(const settings_row_t *row, void *field,
    const char *value)
{
    unsigned  n;

    if (strcmp(value, "auto") != 0) {
        return settings_parse_number(row, field, value);
    }

    n = settings_processors();
    memcpy(field, &n, sizeof(n));

    return true;
}


bool
settings_parse_flag(const settings_row_t *row, void *field, const char *value)
{
    bool  on = strcmp(value, "on") == 0;

    (void) row;

    memcpy(field, &on, sizeof(on));

    return on || strcmp(value, "off") == 0;
}


bool
settings_parse_address(const settings_row_t *row, void *field,
    const char *value)
{
    (void) row;

    return net_address_parse(field, value);
}


/* An answer_text_t, as it stands or in hexadecimal. */
bool
settings_parse_bytes(const settings_row_t *row, void *field,
    const char *value)
{
    int             high, low;
    size_t          len = strlen(value);
    answer_text_t  *text = field;

    (void) row;

    if (strncmp(value, "0x", 2) != 0) {
        if (len == 0 || len > ANSWER_TEXT_MAX) {
            return false;
        }

        text->len = (uint8_t) len;
        memcpy(text->data, value, len);

        return true;
    }

    if (len == 2 || len % 2 != 0 || (len - 2) / 2 > ANSWER_TEXT_MAX) {
        return false;
    }

    for (value += 2; *value != '\0'; value += 2) {
        high = settings_hex_digit(value[0]);
        low = settings_hex_digit(value[1]);

        if (high == -1 || low == -1) {
            return false;
        }

        text->data[text->len++] = (uint8_t) (high << 4 | low);
    }

    return true;
}


static int
settings_hex_digit(char c)
{
    const char  *at;
    static const char  digits[] = "0123456789abcdef0123456789ABCDEF";

    at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int) (at - digits) % 16 : -1;
}


bool
settings_parse_prefix(const settings_row_t *row, void *field,
    const char *value)
{
    (void) row;

    return net_prefix_parse(field, value);
}


bool
settings_parse_metrics(const settings_row_t *row, void *field,
    const char *value)
{
    (void) row;

    return metrics_options_parse(field, value);
}


bool
settings_parse_dnstap(const settings_row_t *row, void *field,
    const char *value)
{
    (void) row;

    return dnstap_options_parse(field, value);
}


/* The second would take half of the first one's packets.  Their texts may
 * differ. */
bool
settings_same_address(const void *a, const void *b)
{
    const net_address_t  *one = a, *two = b;

    return one->len == two->len
           && memcmp(&one->sockaddr, &two->sockaddr, one->len) == 0;
}


/* Those that we may run on: a container is often given fewer than there are. */
static unsigned
settings_processors(void)
{
    int        n;
    cpu_set_t  set;

    CPU_ZERO(&set);

    if (sched_getaffinity(0, sizeof(set), &set) == -1) {
        return 1;
    }

    n = CPU_COUNT(&set);

    return n < 1 ? 1 : n > SETTINGS_THREADS ? SETTINGS_THREADS : (unsigned) n;
}
