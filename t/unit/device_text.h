
/*
 * Spans of the texts that the tests of device_* are written in.
 */

#ifndef DEVICE_TEXT_H
#define DEVICE_TEXT_H


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_key.h"


/* For tables: the length counts a NUL inside, unlike span()'s. */
#define SPAN(text)  { (const uint8_t *) (text), sizeof(text) - 1 }


/* It lives as long as the text does. */
static inline store_span_t
span(const char *text)
{
    return (store_span_t) { (const uint8_t *) text, strlen(text) };
}


/* Bytes of from, from + 1, ...: keys and generations of the vectors. */
static inline void
count_up(uint8_t *bytes, size_t len, uint8_t from)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        bytes[i] = (uint8_t) (from + i);
    }
}


#endif /* DEVICE_TEXT_H */
