
/*
 * Reading the fields of a request, for the device_signature* files alone.
 * Field lines are values from RFC 9110 5.5: trimmed, and clean of everything
 * that could end a line of the signature base.  Pure; any thread.
 */

#ifndef DEVICE_MESSAGE_H
#define DEVICE_MESSAGE_H


#include "device_signature.h"


typedef enum {
    DEVICE_PRESENT = 0,
    DEVICE_ABSENT,
    DEVICE_UNREADABLE                /* a byte that may not be there, or
                                        longer than the room */
} device_presence_t;

/* Room for joined lines. */
typedef struct {
    uint8_t  *at;
    size_t    left;
} device_room_t;

/* The keys of a dictionary that have been seen. */
typedef struct {
    store_span_t  keys[DEVICE_SIGNATURES_MAX];
    size_t        nkeys;
} device_keys_seen_t;


/*
 * The next line of a field, from *at (0 at first) on; name in lower case.
 * value is trimmed of SP and HTAB, and unchecked.
 */
bool device_message_line(const device_message_t *message, store_span_t name,
    size_t *at, store_span_t *value);

/*
 * A field's lines as one value, joined with ", " (RFC 9110 5.3).  A field of
 * one line stays where it is; others are written into room.  None may be
 * longer than the room.
 */
device_presence_t device_message_field(const device_message_t *message,
    const char *name, device_room_t *room, store_span_t *value);

/* True where all bytes are visible ASCII, SP or HTAB. */
bool device_message_clean(store_span_t value);

/* Remembers a key; false where it was there before or there are too many. */
bool device_keys_seen_add(device_keys_seen_t *seen, store_span_t key);

/*
 * The components of a signature: SIGNATURE_MALFORMED, or OK with *covered, a
 * set of bits for device_signature_covers.  That one refuses with
 * SIGNATURE_INCOMPLETE where a part of the request is not in the set.
 */
device_reason_t device_signature_components(
    const device_signature_t *signature, unsigned *covered,
    device_error_t *error);
device_reason_t device_signature_covers(const device_message_t *message,
    unsigned covered, device_error_t *error);


static inline bool
device_span_equal(store_span_t one, store_span_t two)
{
    size_t  i;

    if (one.len != two.len) {
        return false;
    }

    for (i = 0; i < one.len; i++) {
        if (one.data[i] != two.data[i]) {
            return false;
        }
    }

    return true;
}


static inline bool
device_span_is(store_span_t span, const char *text)
{
    size_t  i;

    for (i = 0; i < span.len; i++) {
        if (text[i] == '\0' || span.data[i] != (uint8_t) text[i]) {
            return false;
        }
    }

    return text[i] == '\0';
}


#endif /* DEVICE_MESSAGE_H */
