
/*
 * A device's signed requests (RFC 9421, RFC 9530), from its name alone: its
 * key is derived as the registrar does it.
 */

#ifndef UPDATE_SIGN_H
#define UPDATE_SIGN_H


#include <stddef.h>
#include <stdint.h>


typedef struct {
    const char     *method;
    const char     *authority;
    const char     *path;
    const char     *body;
    const char     *fqdn;
    const uint8_t  *secret;      /* of 32 bytes */
    uint32_t        created;
} update_message_t;


/* Returns the length of the request. */
size_t update_sign(char *request, size_t size,
    const update_message_t *message);


#endif /* UPDATE_SIGN_H */
