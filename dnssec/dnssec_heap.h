
/*
 * Where private keys lie: OpenSSL's secure heap, made for this process.  It is
 * locked into memory, left out of core dumps, between pages that cannot be
 * touched, and cleansed as it is given back.
 *
 * For dnsd, which keeps keys while it faces the internet.
 */

#ifndef DNSSEC_HEAP_H
#define DNSSEC_HEAP_H


#include "dnssec_key.h"


/*
 * Once a process, before the first key is read, for that many keys and for
 * threads that sign at a time.  From then on OpenSSL reads no configuration
 * file, either: what it names would be code beside the keys.  False with a
 * sentence in error where memory cannot be had, or cannot be locked.
 */
bool dnssec_heap_init(size_t keys, unsigned threads,
    char error[DNSSEC_ERROR_MAX]);


#endif /* DNSSEC_HEAP_H */
