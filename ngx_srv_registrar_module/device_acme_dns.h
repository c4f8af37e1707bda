
/*
 * acme-dns's protocol, as its clients speak it: the fields and bodies of
 * /update and /register, and the replies, byte for byte.
 *
 * Enters: hostile text.  Leaves: parts in one spelling, or a reason.  What a
 * client is told of a reason is the caller's affair.  Pure; any thread.
 */

#ifndef DEVICE_ACME_DNS_H
#define DEVICE_ACME_DNS_H


#include "device_credential.h"
#include "device_door.h"


/* Texts as they came, cut where they are longer than any that could be valid:
 * to one more than that, so that what was cut is not valid either. */
typedef struct {
    char    subdomain[STORE_LABEL_MAX + 2];
    size_t  subdomain_len;
    char    txt[DEVICE_CHALLENGE_LEN + 2];
} device_acme_dns_update_t;


/*
 * X-Api-User: a UUID in any form that acme-dns takes (with hyphens, with
 * none, in braces, as a URN), written as text in lower case, NUL-terminated.
 * False, and nothing written, for anything else.
 */
bool device_acme_dns_user_parse(char user[DEVICE_UUID_LEN + 1],
    store_span_t field);

/* X-Api-Key: true for 40 characters of base64url's alphabet. */
bool device_acme_dns_key_valid(store_span_t field);

/*
 * The body of /update, {"subdomain": ..., "txt": ...}; names of members are
 * found without case, as Go's clients send them.  JSON_INVALID where it is
 * no such object or says a member twice; a member that is missing is "".
 */
device_reason_t device_acme_dns_update_parse(
    device_acme_dns_update_t *update, store_span_t body,
    device_error_t *error);

/* RDATA_INVALID unless txt is a challenge's value: 43 characters of
 * base64url's alphabet (RFC 8555 8.4). */
device_reason_t device_acme_dns_txt_check(
    const device_acme_dns_update_t *update, device_error_t *error);

/*
 * The body of /register, nothing or {"allowfrom": [...]}.  JSON_INVALID;
 * MEMBER_INVALID where allowfrom lists anything: we keep no such list, and to
 * forget one in silence would open what somebody wanted closed.
 */
device_reason_t device_acme_dns_register_parse(store_span_t body,
    device_error_t *error);


/*
 * Replies, for device_reply_free, or NULL for want of memory.  Their spaces
 * and the order of their members are acme-dns's own: clients cut them up with
 * sed.  What goes in has been checked and needs no escape.
 */
char *device_acme_dns_update_reply(const char txt[DEVICE_CHALLENGE_LEN]);
char *device_acme_dns_register_reply(const device_credential_t *credential,
    const char *fqdn);
char *device_acme_dns_error_reply(const char *word);


#endif /* DEVICE_ACME_DNS_H */
