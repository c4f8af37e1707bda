
/*
 * Content-Digest (RFC 9530 2).  Enters: a request with its whole body.
 * Always: every digest that we know is computed anew and must be right; one
 * that is right does not make up for another that is wrong.
 */

#include "device_message.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "device_field.h"
#include "device_key.h"


/* The field in all its lines: more than both digests and some unknown ones
 * need. */
#define DEVICE_DIGEST_FIELD_MAX  1024

#define DEVICE_SHA512_LEN        64


static device_reason_t device_digest_members(store_span_t value,
    store_span_t body, bool *known, device_error_t *error);
static size_t device_digest_len(store_span_t name);
static device_reason_t device_digest_check(const device_field_member_t *member,
    size_t len, store_span_t body, device_error_t *error);
static bool device_digest_make(uint8_t *made, size_t len, store_span_t body);


device_reason_t
device_signature_digest(const device_message_t *message,
    device_error_t *error)
{
    bool               known;
    uint8_t            joined[DEVICE_DIGEST_FIELD_MAX];
    store_span_t       value;
    device_room_t      room;
    device_reason_t    reason;
    device_presence_t  presence;

    room.at = joined;
    room.left = sizeof(joined);

    presence = device_message_field(message, "content-digest", &room, &value);

    if (presence == DEVICE_UNREADABLE) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "Content-Digest is too long or not ASCII");
    }

    if (presence == DEVICE_ABSENT) {
        value.data = NULL;
        value.len = 0;
    }

    reason = device_digest_members(value, message->body, &known, error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    /* a body of no bytes needs none, though one that is sent must be right:
     * some clients send it always */

    if (!known && message->body.len > 0) {
        return device_refuse(error, DEVICE_DIGEST_REQUIRED, NULL,
                             "a body needs a Content-Digest of sha-256 or "
                             "sha-512");
    }

    return DEVICE_OK;
}


/* Sets known where there is a digest that counts. */
static device_reason_t
device_digest_members(store_span_t value, store_span_t body, bool *known,
    device_error_t *error)
{
    size_t                  len;
    device_reason_t         reason;
    device_keys_seen_t      seen;
    device_field_parser_t   parser;
    device_field_member_t   member;

    *known = false;
    seen.nkeys = 0;

    device_field_dictionary(&parser, value);

    while (device_field_member(&parser, &member)) {

        if (!device_keys_seen_add(&seen, member.key)) {
            return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                 "Content-Digest must have at most %d "
                                 "members, each algorithm once",
                                 DEVICE_SIGNATURES_MAX);
        }

        len = device_digest_len(member.key);
        if (len == 0) {
            continue;
        }

        *known = true;

        reason = device_digest_check(&member, len, body, error);
        if (reason != DEVICE_OK) {
            return reason;
        }
    }

    if (parser.failed) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "Content-Digest is no dictionary");
    }

    return DEVICE_OK;
}


/* 0 for what is too weak or unknown: RFC 9530 5 deprecates md5, sha and the
 * checksums, and a body vouched for by these alone is not vouched for. */
static size_t
device_digest_len(store_span_t name)
{
    if (device_span_is(name, "sha-256")) {
        return DEVICE_SHA256_LEN;
    }

    return device_span_is(name, "sha-512") ? DEVICE_SHA512_LEN : 0;
}


/* A digest is no secret; the constant time costs nothing and spares the next
 * reader the question. */
static device_reason_t
device_digest_check(const device_field_member_t *member, size_t len,
    store_span_t body, device_error_t *error)
{
    size_t   sent_len;
    uint8_t  sent[DEVICE_SHA512_LEN], made[DEVICE_SHA512_LEN];

    sent_len = sizeof(sent);

    if (member->value.type != DEVICE_FIELD_BYTES
        || !device_field_decode(member->value.text, sent, &sent_len))
    {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "a digest of Content-Digest is no base64");
    }

    if (!device_digest_make(made, len, body)) {
        return device_refuse(error, DEVICE_INTERNAL, NULL,
                             "no digest could be made");
    }

    if (sent_len != len || CRYPTO_memcmp(sent, made, len) != 0) {
        return device_refuse(error, DEVICE_DIGEST_MISMATCH, NULL,
                             "Content-Digest is not the %.*s of the body "
                             "received (%zu bytes)",
                             (int) member->key.len,
                             (const char *) member->key.data, body.len);
    }

    return DEVICE_OK;
}


static bool
device_digest_make(uint8_t *made, size_t len, store_span_t body)
{
    bool  done;

    if (len == DEVICE_SHA256_LEN) {
        return device_sha256(made, body);
    }

    done = EVP_Digest(body.data, body.len, made, NULL, EVP_sha512(), NULL)
           == 1;
    ERR_clear_error();

    return done;
}
