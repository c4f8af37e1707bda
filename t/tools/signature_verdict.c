/* units: ngx_srv_registrar_module/device_signature.c
   ngx_srv_registrar_module/device_signature_cover.c
   ngx_srv_registrar_module/device_signature_base.c
   ngx_srv_registrar_module/device_signature_digest.c
   ngx_srv_registrar_module/device_message.c
   ngx_srv_registrar_module/device_hkdf.c
   ngx_srv_registrar_module/device_key.c
   ngx_srv_registrar_module/device_keyid.c
   ngx_srv_registrar_module/device_secrets.c
   ngx_srv_registrar_module/device_field.c
   ngx_srv_registrar_module/device_field_bare.c
   ngx_srv_registrar_module/device_reason.c */

/*
 * signature_verdict
 *
 * What the registrar makes of signed requests, without the registrar: the same
 * steps in the same order, one request a line, one verdict a line.  A line is
 *
 *     algorithm public-key now method scheme authority path query body
 *     [name value]...
 *
 * with a space between; numbers are decimal, all else hex after an 'x', and
 * a query of "-" is none.  The one device has the FQDN, the generation and the
 * secret of the vectors in docs/http-api.md.  A verdict is a reason's name;
 * where a base was made, its hex follows.
 *
 * signature_verdict --time ROUNDS
 *
 * says how long each line of the input takes, instead, in microseconds.
 */

#include "device_signature.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device_hex.h"


/* What ngx_srv_registrar_message.c has for both. */
#define SCRATCH_SIZE  32768

#define FQDN          "8be376ddb1c07aa7cce0794b8ba66cfd.devices.example.net"
#define HEADERS_MAX   2048


typedef struct {
    store_device_key_t  key;
    int64_t             now;
    device_message_t    message;
    device_header_t     headers[HEADERS_MAX];
} question_t;

typedef struct {
    device_secrets_t    secrets;
    uint8_t             scratch[SCRATCH_SIZE];
    uint8_t             base[DEVICE_BASE_MAX];
    size_t              base_len;
} answer_t;


static void read_secrets(device_secrets_t *secrets);
static void read_question(question_t *question, char *line);
static char *read_token(char **line);
static store_span_t read_hex(char **line);
static device_reason_t verify(const question_t *question, answer_t *answer);
static device_reason_t verify_key(const question_t *question,
    const device_signature_t *signature, answer_t *answer,
    device_error_t *error);
static const char *reason_name(device_reason_t reason);
static double time_of(const question_t *question, answer_t *answer,
    long rounds);


int
main(int argc, char **argv)
{
    long                rounds;
    char               *line;
    size_t              i, room;
    device_reason_t     reason;

    static answer_t     answer;
    static question_t   question;

    rounds = argc == 3 && strcmp(argv[1], "--time") == 0 ? atol(argv[2]) : 0;

    if (argc != 1 && rounds <= 0) {
        errx(2, "usage: signature_verdict [--time ROUNDS]");
    }

    read_secrets(&answer.secrets);
    line = NULL;
    room = 0;

    while (getline(&line, &room, stdin) > 0) {
        read_question(&question, line);
        reason = verify(&question, &answer);
        printf("%s ", reason_name(reason));

        if (rounds > 0) {
            printf("%.2f\n", time_of(&question, &answer, rounds));
            continue;
        }

        for (i = 0; i < answer.base_len; i++) {
            printf("%02x", answer.base[i]);
        }

        printf("\n");
    }

    free(line);

    return ferror(stdin) || fflush(stdout) != 0;
}


static void
read_secrets(device_secrets_t *secrets)
{
    store_span_t    text;
    device_error_t  error;

    static const char  file[] =
        "name 000102030405060708090a0b0c0d0e0f"
        "101112131415161718191a1b1c1d1e1f\n"
        "key 1 202122232425262728292a2b2c2d2e2f"
        "303132333435363738393a3b3c3d3e3f\n";

    text.data = (const uint8_t *) file;
    text.len = sizeof(file) - 1;

    if (!device_secrets_parse(secrets, text, &error)) {
        errx(1, "%s", error.detail);
    }
}


/* The spans lie in the line, whose digits they replace. */
static void
read_question(question_t *question, char *line)
{
    size_t             i;
    store_span_t       public_key;
    device_header_t   *header;
    device_message_t  *message;

    memset(question, 0, sizeof(*question));
    message = &question->message;

    question->key.algorithm = (uint8_t) atoi(read_token(&line));
    public_key = read_hex(&line);
    question->now = atoll(read_token(&line));

    if (public_key.len > STORE_PUBLIC_KEY_MAX) {
        errx(1, "a public key of %zu bytes", public_key.len);
    }

    memcpy(question->key.public_key, public_key.data, public_key.len);
    question->key.public_key_len = (uint8_t) public_key.len;
    question->key.secret = public_key.len == 0;

    for (i = 0; i < STORE_GENERATION_LEN; i++) {
        question->key.generation[i] = (uint8_t) (0x40 + i);
    }

    message->method = read_hex(&line);
    message->scheme = read_hex(&line);
    message->authority = read_hex(&line);
    message->path = read_hex(&line);
    message->has_query = line[0] != '-';

    if (message->has_query) {
        message->query = read_hex(&line);

    } else {
        (void) read_token(&line);
    }

    message->body = read_hex(&line);
    message->headers = question->headers;

    while (line != NULL && message->nheaders < HEADERS_MAX) {
        header = &question->headers[message->nheaders++];
        header->name = read_hex(&line);
        header->value = read_hex(&line);
    }
}


static char *
read_token(char **line)
{
    char  *token;

    token = strsep(line, " \n");

    if (token == NULL) {
        errx(1, "a line is too short");
    }

    if (*line != NULL && **line == '\0') {
        *line = NULL;
    }

    return token;
}


static store_span_t
read_hex(char **line)
{
    char          *token;
    store_span_t   span;

    token = read_token(line);
    span.data = (const uint8_t *) token;
    span.len = strlen(token + (token[0] != '\0')) / 2;

    if (token[0] != 'x'
        || !device_hex_read((uint8_t *) token, (uint8_t *) token + 1,
                            span.len))
    {
        errx(1, "not hex: %s", token);
    }

    return span;
}


/* What ngx_srv_registrar_verify does, and in its order: what may be told
 * before the key has spoken is part of what is tested. */
static device_reason_t
verify(const question_t *question, answer_t *answer)
{
    uint8_t             tag[DEVICE_TAG_LEN];
    device_error_t      error;
    device_reason_t     reason;
    device_signature_t  signature;

    answer->base_len = 0;

    reason = device_signature_parse(&question->message, &signature,
                                    answer->scratch, SCRATCH_SIZE, &error);

    if (reason == DEVICE_OK) {
        reason = device_signature_digest(&question->message, &error);
    }

    if (reason != DEVICE_OK) {
        return reason;
    }

    if (strcmp(signature.fqdn, FQDN) != 0
        || !device_generation_tag(tag, question->key.generation)
        || memcmp(tag, signature.tag, DEVICE_TAG_LEN) != 0)
    {
        return DEVICE_UNKNOWN_KEY;
    }

    return verify_key(question, &signature, answer, &error);
}


static device_reason_t
verify_key(const question_t *question, const device_signature_t *signature,
    answer_t *answer, device_error_t *error)
{
    size_t           len;
    store_span_t     base, bytes;
    device_reason_t  reason;

    if (!device_signature_alg_agrees(signature, question->key.algorithm)) {
        return DEVICE_SIGNATURE_INVALID;
    }

    len = sizeof(answer->base);

    reason = device_signature_base(&question->message, signature,
                                   answer->base, &len, error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    answer->base_len = len;

    base.data = answer->base;
    base.len = len;
    bytes.data = signature->signature;
    bytes.len = signature->signature_len;

    reason = device_key_verify(&question->key, &answer->secrets, FQDN, base,
                               bytes);

    return reason != DEVICE_OK
           ? reason
           : device_signature_window(signature, question->now, 0, error);
}


static const char *
reason_name(device_reason_t reason)
{
    switch (reason) {

    case DEVICE_OK:
        return "ok";

    case DEVICE_SIGNATURE_REQUIRED:
        return "signature-required";

    case DEVICE_SIGNATURE_MALFORMED:
        return "signature-malformed";

    case DEVICE_SIGNATURE_INCOMPLETE:
        return "signature-incomplete";

    case DEVICE_SIGNATURE_INVALID:
        return "signature-invalid";

    case DEVICE_SIGNATURE_EXPIRED:
        return "signature-expired";

    case DEVICE_UNKNOWN_KEY:
        return "unknown-key";

    case DEVICE_CLOCK_SKEW:
        return "clock-skew";

    case DEVICE_DIGEST_REQUIRED:
        return "digest-required";

    case DEVICE_DIGEST_MISMATCH:
        return "digest-mismatch";

    default:
        return "other";
    }
}


static double
time_of(const question_t *question, answer_t *answer, long rounds)
{
    long             i;
    struct timespec  start, end;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);

    for (i = 0; i < rounds; i++) {
        (void) verify(question, answer);
    }

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);

    return ((double) (end.tv_sec - start.tv_sec) * 1e6
            + (double) (end.tv_nsec - start.tv_nsec) / 1e3) / (double) rounds;
}
