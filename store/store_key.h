
/*
 * Every key of the store is built here.
 *
 *   <zone, wire form, lower case, with its root byte> <label, lower case>
 *
 * The apex is the empty label.  A wire name begins with a length of at most
 * 63, so keys that begin with 0xFF are free for the store itself:
 *
 *   FF 'F'          format record        FF 'C'   commit mark
 *   FF 'Z'          zone table           FF 'S' <zone>   its static labels
 *   FF 'I'          issuers
 *
 * Pure; any thread.
 */

#ifndef STORE_KEY_H
#define STORE_KEY_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>


#define STORE_NAME_MAX   255      /* a wire name, RFC 1035 2.3.4 */
#define STORE_LABEL_MAX  63
#define STORE_KEY_MAX    (STORE_NAME_MAX + STORE_LABEL_MAX)
#define STORE_LABELS_MAX 128


/* Bytes that somebody else owns; for how long is said where one is given. */
typedef struct {
    const uint8_t  *data;
    size_t          len;
} store_span_t;


static inline bool
store_span_equal(store_span_t a, store_span_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


typedef struct {
    uint8_t   data[STORE_KEY_MAX];
    uint16_t  len;
    uint8_t   zone_len;          /* of the zone's wire name; 0: a meta key */
} store_key_t;


/*
 * Builds the key of a label under a zone's apex.  zone is a valid wire name
 * (store_name_valid) of at least one label, label has 0 (the apex) to 63
 * bytes of any value.  Both are folded to lower case.
 * False where a bound is broken; the key is then unset.
 */
bool store_key_make(store_key_t *key, store_span_t zone, store_span_t label);

/* The two parts of a key made above or read from the store; false where the
 * bytes are not a zone's key (a meta key, or hostile). */
bool store_key_parse(store_span_t bytes, store_span_t *zone,
    store_span_t *label);

/* The store's own keys: 'F', 'C', 'Z', 'I'; 'S' takes a zone, others an empty
 * span. */
void store_key_meta(store_key_t *key, uint8_t which, store_span_t zone);

/*
 * True where name is one whole uncompressed wire name: labels of 1 to 63,
 * ended by the root byte exactly at len, 255 at most.
 */
bool store_name_valid(store_span_t name);

/* ASCII lower case of len bytes, in place or from src to dst. */
void store_name_fold(uint8_t *dst, const uint8_t *src, size_t len);

/*
 * A device's label: 1 to 63 of a-z, 0-9 and '-', not at either end '-',
 * never beginning with '_' (RFC 1123 2.1).
 */
bool store_label_is_device(store_span_t label);


#endif /* STORE_KEY_H */
