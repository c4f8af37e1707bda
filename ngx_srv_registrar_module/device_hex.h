
/*
 * Hexadecimal digits: one of either case read, bytes written in lower case.
 * Keyids, whose digits have one case, have a parser of their own.  Pure; any
 * thread.
 */

#ifndef DEVICE_HEX_H
#define DEVICE_HEX_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* Its value, or -1. */
static inline int
device_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    /* folds letters; what it makes of other bytes is no letter of the six */

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/* 2 * len digits to len bytes; false where one is none. */
static inline bool
device_hex_read(uint8_t *out, const uint8_t *digits, size_t len)
{
    int     high, low;
    size_t  i;

    for (i = 0; i < len; i++) {
        high = device_hex_digit(digits[2 * i]);
        low = device_hex_digit(digits[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }

        out[i] = (uint8_t) (high << 4 | low);
    }

    return true;
}


/* out has 2 * len + 1 bytes; NUL-terminated. */
static inline void
device_hex_write(char *out, const uint8_t *data, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        out[2 * i] = "0123456789abcdef"[data[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[data[i] & 0x0F];
    }

    out[2 * len] = '\0';
}


#endif /* DEVICE_HEX_H */
