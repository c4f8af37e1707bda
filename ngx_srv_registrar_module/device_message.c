
/*
 * The fields of a request as a signature sees them.  Enters: field lines in
 * the order received, as hostile as they came.  Leaves: trimmed values.
 */

#include "device_message.h"

#include <string.h>


static bool device_message_named(store_span_t name, store_span_t lower);
static bool device_room_add(device_room_t *room, const void *data,
    size_t len);


/* nginx 1.22 keeps equal fields apart and in order; nothing here relies on
 * their being neighbours. */
bool
device_message_line(const device_message_t *message, store_span_t name,
    size_t *at, store_span_t *value)
{
    const device_header_t  *header;

    while (*at < message->nheaders) {
        header = &message->headers[(*at)++];

        if (!device_message_named(header->name, name)) {
            continue;
        }

        *value = header->value;

        while (value->len > 0
               && (value->data[0] == ' ' || value->data[0] == '\t'))
        {
            value->data++;
            value->len--;
        }

        while (value->len > 0
               && (value->data[value->len - 1] == ' '
                   || value->data[value->len - 1] == '\t'))
        {
            value->len--;
        }

        return true;
    }

    return false;
}


/* What was written into the room stays there: a signature's spans live as
 * long as it does. */
device_presence_t
device_message_field(const device_message_t *message, const char *name,
    device_room_t *room, store_span_t *value)
{
    size_t         at;
    store_span_t   line, lower;
    device_room_t  start;

    lower.data = (const uint8_t *) name;
    lower.len = strlen(name);

    at = 0;
    start = *room;

    if (!device_message_line(message, lower, &at, value)) {
        return DEVICE_ABSENT;
    }

    /* in one line as in several: a proxy may join them, and whoever sends a
     * thousand signatures is not worth the reading */

    if (value->len > room->left) {
        return DEVICE_UNREADABLE;
    }

    while (device_message_line(message, lower, &at, &line)) {

        if (value->data != start.at
            && !device_room_add(room, value->data, value->len))
        {
            return DEVICE_UNREADABLE;
        }

        if (!device_room_add(room, ", ", 2)
            || !device_room_add(room, line.data, line.len))
        {
            return DEVICE_UNREADABLE;
        }

        /* from the second line on the value lies in the room */

        value->data = start.at;
        value->len = start.left - room->left;
    }

    return device_message_clean(*value)
           ? DEVICE_PRESENT : DEVICE_UNREADABLE;
}


bool
device_message_clean(store_span_t value)
{
    size_t   i;
    uint8_t  byte;

    for (i = 0; i < value.len; i++) {
        byte = value.data[i];

        /* the base is ASCII, RFC 9421 2.5; CR and LF would begin a line of
         * it that nobody has signed */

        if ((byte < 0x20 && byte != '\t') || byte > 0x7e) {
            return false;
        }
    }

    return true;
}


/* Eight keys compared with each other cost less than any structure that would
 * find them faster. */
bool
device_keys_seen_add(device_keys_seen_t *seen, store_span_t key)
{
    size_t  i;

    if (seen->nkeys == DEVICE_SIGNATURES_MAX) {
        return false;
    }

    for (i = 0; i < seen->nkeys; i++) {
        if (device_span_equal(seen->keys[i], key)) {
            return false;
        }
    }

    seen->keys[seen->nkeys++] = key;

    return true;
}


/* Field names have no case (RFC 9110 5.1).  Only letters are folded: '[' and
 * '{' differ by the same bit. */
static bool
device_message_named(store_span_t name, store_span_t lower)
{
    size_t   i;
    uint8_t  byte;

    if (name.len != lower.len) {
        return false;
    }

    for (i = 0; i < name.len; i++) {
        byte = name.data[i];

        if (byte >= 'A' && byte <= 'Z') {
            byte |= 0x20;
        }

        if (byte != lower.data[i]) {
            return false;
        }
    }

    return true;
}


static bool
device_room_add(device_room_t *room, const void *data, size_t len)
{
    if (len > room->left) {
        return false;
    }

    if (len > 0) {
        memcpy(room->at, data, len);
        room->at += len;
        room->left -= len;
    }

    return true;
}
