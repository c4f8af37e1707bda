
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short inputs.
 * DNS cookies are made of it (RFC 9018 4.4).
 */

#ifndef SIPHASH_H
#define SIPHASH_H


#include <stddef.h>
#include <stdint.h>


#define SIPHASH_KEY_LEN  16


/* Pure; any thread.  A protocol that wants bytes takes the little end
 * first. */
uint64_t siphash_2_4(const uint8_t key[SIPHASH_KEY_LEN], const uint8_t *data,
    size_t len);


#endif /* SIPHASH_H */
