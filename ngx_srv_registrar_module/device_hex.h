
/*
 * One hexadecimal digit, in either case.  Keyids, whose digits have one case,
 * have a parser of their own.  Pure; any thread.
 */

#ifndef DEVICE_HEX_H
#define DEVICE_HEX_H


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


#endif /* DEVICE_HEX_H */
