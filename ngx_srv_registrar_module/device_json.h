
/*
 * JSON text from jansson trees, for replies and reports.  Internal to the
 * device_* files that write them: the one header that shows a jansson type.
 */

#ifndef DEVICE_JSON_H
#define DEVICE_JSON_H


#include <jansson.h>

#include "device_request.h"


/* An object under construction; the first failure sticks. */
typedef struct {
    json_t  *object;
    bool     failed;
} device_json_t;


void device_json_begin(device_json_t *json);

/* Adds a member at the end; takes value, NULL is a failure. */
void device_json_set(device_json_t *json, const char *name, json_t *value);

void device_json_integer(device_json_t *json, const char *name,
    int64_t value);

/* Text that a peer may have written: what is not UTF-8 becomes U+FFFD. */
void device_json_text(device_json_t *json, const char *name,
    const char *text);
json_t *device_json_string(const char *text);

/* The members that a request had and nobody knows, as paths, so that a
 * developer sees the typing mistake in the reply. */
json_t *device_json_ignored(const char (*ignored)[DEVICE_IGNORED_LEN],
    size_t n);

/* Left out where the address is NULL or of no family. */
void device_json_address(device_json_t *json, const char *name,
    const device_address_t *address);

/* An RRset as replies show it: name, type, ttl, expires_at, data.  fqdn: of
 * its value, wire form.  NULL where it is not one that a device may have. */
json_t *device_json_rrset(const store_rrset_t *rrset, store_span_t fqdn);

/*
 * The text, for device_reply_free, or NULL where anything failed; json is
 * spent.  The text is written once into memory of its own size: no copy of a
 * key stays behind in a buffer that grew.
 */
char *device_json_finish(device_json_t *json);


#endif /* DEVICE_JSON_H */
