
/*
 * JSON text, written as it goes: for replies and reports.  Internal to the
 * device_* files that write them.
 *
 * A value has a name where it is a member of an object, and NULL where it is
 * an element of an array.  Nobody checks that names are there once, nor that
 * what was begun is ended: that is the caller's to see to.
 */

#ifndef DEVICE_JSON_H
#define DEVICE_JSON_H


#include "device_request.h"


/* A text under construction; the first failure sticks. */
typedef struct {
    char    *text;
    size_t   len;
    size_t   size;
    bool     comma;      /* before what comes next */
    bool     failed;
} device_json_t;


/* The outermost object; device_json_finish ends it. */
void device_json_begin(device_json_t *json);

void device_json_object(device_json_t *json, const char *name);
void device_json_object_end(device_json_t *json);
void device_json_array(device_json_t *json, const char *name);
void device_json_array_end(device_json_t *json);

void device_json_integer(device_json_t *json, const char *name,
    int64_t value);
void device_json_boolean(device_json_t *json, const char *name, bool value);

/* Text that a peer may have written: what is not UTF-8 becomes U+FFFD. */
void device_json_text(device_json_t *json, const char *name,
    const char *text);
void device_json_span(device_json_t *json, const char *name,
    store_span_t text);

/* The members that a request had and nobody knows, as paths, so that a
 * developer sees the typing mistake in the reply.  Left out where none is. */
void device_json_ignored(device_json_t *json,
    const char (*ignored)[DEVICE_IGNORED_LEN], size_t n);

/* Left out where the address is NULL or of no family. */
void device_json_address(device_json_t *json, const char *name,
    const device_address_t *address);

/* An RRset as replies show it: name, type, ttl, expires_at, data, as members
 * of the object that is begun.  fqdn: of its value, wire form.  A failure where
 * it is not one that a device may have. */
void device_json_rrset(device_json_t *json, const store_rrset_t *rrset,
    store_span_t fqdn);

/*
 * The text, for device_reply_free, or NULL where anything failed; json is
 * spent.  No copy of what was written stays behind in a buffer that grew.
 */
char *device_json_finish(device_json_t *json);


#endif /* DEVICE_JSON_H */
