
/*
 * What the tests of message signatures share: fields as a device would send
 * them, and a request that has no fields so far.
 */

#ifndef DEVICE_SIGNED_H
#define DEVICE_SIGNED_H


#include "device_text.h"
#include "device_signature.h"


#define HEADERS_MAX  4

#define KEYID   "keyid=\"dev.example.net/01020304\""
#define LIST    "(\"@method\" \"@authority\" \"@path\")"
#define GOOD    LIST ";created=1790000000;" KEYID
#define BYTES   ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=:"

#define INPUT(text)      { SPAN("Signature-Input"), SPAN(text) }
#define SIGNATURE(text)  { SPAN("Signature"), SPAN(text) }
#define SIG1             SIGNATURE("sig1=" BYTES)
#define DIGEST(text)     { SPAN("Content-Digest"), SPAN(text) }

#define NOTHING          { NULL, 0 }

#define MALFORMED  DEVICE_SIGNATURE_MALFORMED
#define REQUIRED   DEVICE_SIGNATURE_REQUIRED


static const device_message_t  plain = {
    SPAN("GET"), SPAN("https"), SPAN("registrar.example.net"),
    SPAN("/v1/records"), { NULL, 0 }, false, NULL, 0, { NULL, 0 }
};


static inline size_t
count_headers(const device_header_t headers[HEADERS_MAX])
{
    size_t  n;

    for (n = 0; n < HEADERS_MAX && headers[n].name.len > 0; n++) {
        /* until one that is unset */
    }

    return n;
}


static inline device_reason_t
parse(const device_message_t *message, device_signature_t *signature,
    device_error_t *error)
{
    static uint8_t  scratch[2048];

    return device_signature_parse(message, signature, scratch,
                                  sizeof(scratch), error);
}


#endif /* DEVICE_SIGNED_H */
