
/*
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4): the checksum of the store's
 * values.  It finds accidents, not attacks.  Pure; any thread.
 */

#ifndef CRC32C_H
#define CRC32C_H


#include <stddef.h>
#include <stdint.h>


/* Continues a checksum over len more bytes; the first call passes 0. */
uint32_t crc32c(uint32_t crc, const uint8_t *data, size_t len);

/* The same without the processor's instruction, for machines that have
 * none and for the test that compares the two. */
uint32_t crc32c_portable(uint32_t crc, const uint8_t *data, size_t len);


#endif /* CRC32C_H */
