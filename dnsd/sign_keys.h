
/*
 * The keys that dnsd signs with: all that are in one directory, read once,
 * at start, by whoever may read them then.
 */

#ifndef SIGN_KEYS_H
#define SIGN_KEYS_H


#include "dnssec_key.h"
#include "log.h"
#include "wire.h"


typedef struct sign_keys_s  sign_keys_t;


/*
 * Reads them into memory that is locked and in no core; from then on the
 * process writes no cores and nobody looks into it.  Once a process, before
 * privileges are dropped, for that many threads.  NULL where there is no key
 * or one is broken or cannot be read, which is logged with its file; what is
 * only unwise is logged, too.
 */
sign_keys_t *sign_keys_read(const char *directory, unsigned threads,
    log_t *log);

/* NULL is allowed. */
void sign_keys_free(sign_keys_t *keys);

/* The zone's key of that algorithm and tag; NULL: it is not among them.  The
 * name is in wire form and lower case.  Any thread. */
const dnssec_key_t *sign_keys_find(const sign_keys_t *keys, wire_span_t zone,
    uint8_t algorithm, uint16_t tag);

/* Whoever we are by now and whatever we may still do: logs where the private
 * keys' files can be had again. */
void sign_keys_hidden(const sign_keys_t *keys, log_t *log);


#endif /* SIGN_KEYS_H */
