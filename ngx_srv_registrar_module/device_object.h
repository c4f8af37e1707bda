
/*
 * Members of JSON objects in a request's body, checked for type and range.
 * Internal to the files that parse bodies; jansson's struct stays opaque.
 * Any thread.
 */

#ifndef DEVICE_OBJECT_H
#define DEVICE_OBJECT_H


#include "device_wish.h"


#define DEVICE_PATH_MAX  64      /* "services[999].priority" and room */


struct json_t;

/* An object that is being read; the tree is its owner's. */
typedef struct {
    device_wishes_t  *wishes;
    struct json_t    *object;
    const char       *path;          /* "" or "services[1]." */
} device_object_t;


/* A body's root, always an object; empty counts as {}.  The caller owns
 * it. */
device_reason_t device_body_load(struct json_t **root, store_span_t body,
    device_error_t *error);

/* Leaves *number alone where the member is not there. */
device_reason_t device_object_integer(device_object_t *object,
    const char *name, int64_t least, int64_t most, int64_t *number);

/* text->data is NULL where the member is not there. */
device_reason_t device_object_text(device_object_t *object, const char *name,
    bool required, store_span_t *text);

/* MEMBER_INVALID with the member's value; expected NULL: it is missing. */
device_reason_t device_object_refuse(device_object_t *object,
    const char *name, const char *expected);

/* Notes members that nobody reads, as paths: a typing mistake must show. */
void device_object_unknown(device_object_t *object,
    const char *const *known);

/* Notes one of them. */
void device_ignored_note(char (*ignored)[DEVICE_IGNORED_LEN], size_t *n,
    const char *path, const char *name);


#endif /* DEVICE_OBJECT_H */
