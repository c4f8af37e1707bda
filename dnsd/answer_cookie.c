
/*
 * Server cookies, version 1 (RFC 9018 4):
 *
 *   client cookie (8) | 1 | 0 0 0 | timestamp (4) | hash (8)
 *
 * with hash = SipHash-2-4(all before it | the client's address), under a
 * secret that every server behind one address shares.  Nothing is kept for a
 * client.  A clock that is wrong by more than the window only makes cookies
 * of other servers invalid: their clients get a new one with the answer.
 */

#include "answer_cookie.h"

#include <endian.h>
#include <string.h>


#define ANSWER_COOKIE_VERSION     1
#define ANSWER_COOKIE_ADDRESS     16    /* bytes, the longest */

/* Bytes of an option with any server's cookie (RFC 7873 4). */
#define ANSWER_COOKIE_OPTION_MIN  16
#define ANSWER_COOKIE_OPTION_MAX  40

/* Where the timestamp and the hash stand. */
#define ANSWER_COOKIE_TIME        12
#define ANSWER_COOKIE_HASH        16

/* Seconds (RFC 9018 4.3): twice the hour would let a cookie that leaked be
 * used twice as long; half of the renewal's would make twice the hashes. */
#define ANSWER_COOKIE_PAST        3600
#define ANSWER_COOKIE_FUTURE      300
#define ANSWER_COOKIE_RENEW       1800


static bool answer_cookie_known(const answer_secrets_t *secrets,
    wire_span_t option, wire_span_t client, int32_t age, bool *renew);
static void answer_cookie_make(const answer_secrets_t *secrets,
    wire_span_t client, uint32_t now, uint8_t cookie[ANSWER_COOKIE_LEN]);
static uint64_t answer_cookie_hash(const uint8_t secret[SIPHASH_KEY_LEN],
    const uint8_t *cookie, wire_span_t client);


answer_cookie_t
answer_cookie_check(const answer_secrets_t *secrets, wire_span_t option,
    wire_span_t client, uint32_t now, uint8_t cookie[ANSWER_COOKIE_LEN])
{
    bool             renew = true;
    int32_t          age;
    answer_cookie_t  result = ANSWER_COOKIE_CLIENT;

    if (option.len != ANSWER_COOKIE_CLIENT_LEN) {

        /* RFC 7873 5.2.2 */

        if (option.len < ANSWER_COOKIE_OPTION_MIN
            || option.len > ANSWER_COOKIE_OPTION_MAX)
        {
            return ANSWER_COOKIE_MALFORMED;
        }

        result = ANSWER_COOKIE_INVALID;
    }

    if (option.len == ANSWER_COOKIE_LEN) {

        /* serial arithmetic: 32 bits of seconds come round (RFC 9018 4.3) */

        age = (int32_t) (now - wire_get32(option.data + ANSWER_COOKIE_TIME));

        if (answer_cookie_known(secrets, option, client, age, &renew)) {
            result = ANSWER_COOKIE_VALID;
        }
    }

    if (!renew) {
        memcpy(cookie, option.data, ANSWER_COOKIE_LEN);
        return result;
    }

    memcpy(cookie, option.data, ANSWER_COOKIE_CLIENT_LEN);
    answer_cookie_make(secrets, client, now, cookie);

    return result;
}


/* Whether one of our secrets made it, in time.  *renew becomes false where it
 * is still good enough to be sent back as it is. */
static bool
answer_cookie_known(const answer_secrets_t *secrets, wire_span_t option,
    wire_span_t client, int32_t age, bool *renew)
{
    unsigned  i;
    uint64_t  hash;

    if (option.data[ANSWER_COOKIE_CLIENT_LEN] != ANSWER_COOKIE_VERSION
        || age > ANSWER_COOKIE_PAST || age < -ANSWER_COOKIE_FUTURE)
    {
        return false;
    }

    memcpy(&hash, option.data + ANSWER_COOKIE_HASH, sizeof(hash));

    /* compared as one word: no byte more or less takes longer */

    for (i = 0; i < secrets->n; i++) {
        if (answer_cookie_hash(secrets->secrets[i], option.data, client)
            == hash)
        {
            *renew = i != 0 || age >= ANSWER_COOKIE_RENEW;
            return true;
        }
    }

    return false;
}


/* Behind the client's part, which is there. */
static void
answer_cookie_make(const answer_secrets_t *secrets, wire_span_t client,
    uint32_t now, uint8_t cookie[ANSWER_COOKIE_LEN])
{
    uint64_t  hash;
    uint32_t  time = htobe32(now);

    memset(cookie + ANSWER_COOKIE_CLIENT_LEN, 0, 4);
    cookie[ANSWER_COOKIE_CLIENT_LEN] = ANSWER_COOKIE_VERSION;
    memcpy(cookie + ANSWER_COOKIE_TIME, &time, sizeof(time));

    hash = answer_cookie_hash(secrets->secrets[0], cookie, client);
    memcpy(cookie + ANSWER_COOKIE_HASH, &hash, sizeof(hash));
}


/* As it stands in a cookie: the little end first (RFC 9018 4.4). */
static uint64_t
answer_cookie_hash(const uint8_t secret[SIPHASH_KEY_LEN],
    const uint8_t *cookie, wire_span_t client)
{
    uint8_t  input[ANSWER_COOKIE_HASH + ANSWER_COOKIE_ADDRESS];

    if (client.len > ANSWER_COOKIE_ADDRESS) {
        client.len = ANSWER_COOKIE_ADDRESS;
    }

    memcpy(input, cookie, ANSWER_COOKIE_HASH);

    if (client.len > 0) {
        memcpy(input + ANSWER_COOKIE_HASH, client.data, client.len);
    }

    return htole64(siphash_2_4(secret, input,
                               ANSWER_COOKIE_HASH + client.len));
}
