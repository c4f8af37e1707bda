/* units: dnsd/answer_cookie.c dnsd/cookie_secrets.c dnsd/log.c dnsd/siphash.c
   dnsd/wire_query.c dnsd/wire_name.c */

/*
 * SipHash, cookies and the file of their secrets: the vectors of the hash's
 * authors and of RFC 9018, and every way in which a cookie can be wrong.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "answer_cookie.h"
#include "cookie_secrets.h"


#define BYTES(s)  (const uint8_t *) (s), sizeof(s) - 1
#define SPAN(s)   ((wire_span_t) { BYTES(s) })

/* 198.51.100.100, and the cookies of RFC 9018 A.1 to A.4. */
#define CLIENT    SPAN("\306\63\144\144")
#define A1_CLIENT  "\x24\x64\xc4\xab\xcf\x10\xc9\x57"
#define A1        A1_CLIENT "\1\0\0\0\x5c\xf7\x9f\x11" \
                  "\x1f\x81\x30\xc3\xee\xe2\x94\x80"
#define A1_TIME   1559731985
#define A_SECRET  "\xe5\xe9\x73\xe5\xa6\xb2\xa4\x3f\x48\xe7\xdc\x84\x9e\x37" \
                  "\xbf\xcf"


static answer_secrets_t
secrets_of(const char *first, const char *second)
{
    answer_secrets_t  secrets = { .n = 1 };

    memcpy(secrets.secrets[0], first, SIPHASH_KEY_LEN);

    if (second != NULL) {
        secrets.n = 2;
        memcpy(secrets.secrets[1], second, SIPHASH_KEY_LEN);
    }

    return secrets;
}


/* The key is 00 01 .. 0f and the message 00 01 .. , as in the paper. */
static void
siphash_vectors(void **state)
{
    size_t   i;
    uint8_t  key[SIPHASH_KEY_LEN], message[64];

    (void) state;

    static const struct {
        size_t    len;
        uint64_t  hash;
    } cases[] = {
        { 0, UINT64_C(0x726fdb47dd0e0e31) },
        { 1, UINT64_C(0x74f839c593dc67fd) },
        { 7, UINT64_C(0xab0200f58b01d137) },
        { 8, UINT64_C(0x93f5f5799a932462) },
        { 9, UINT64_C(0x9e0082df0ba9e4b0) },
        { 15, UINT64_C(0xa129ca6149be45e5) },
        { 16, UINT64_C(0x3f2acc7f57c29bdb) },
        { 20, UINT64_C(0xbed65cf21aa2ee98) },
        { 63, UINT64_C(0x958a324ceb064572) }
    };

    for (i = 0; i < sizeof(message); i++) {
        message[i] = (uint8_t) i;
    }

    memcpy(key, message, sizeof(key));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(siphash_2_4(key, message, cases[i].len),
                         cases[i].hash);
    }
}


static void
cookie_vectors(void **state)
{
    size_t            i;
    uint8_t           cookie[ANSWER_COOKIE_LEN];
    answer_cookie_t   result;
    answer_secrets_t  secrets;

    (void) state;

    static const struct {
        const char       *secret;
        const char       *older;
        wire_span_t       client;
        wire_span_t       option;
        uint32_t          now;
        answer_cookie_t   result;
        const char       *cookie;
    } cases[] = {
        { A_SECRET, NULL, { BYTES("\306\63\144\144") }, { BYTES(A1_CLIENT) },
          A1_TIME, ANSWER_COOKIE_CLIENT, A1 },
        { A_SECRET, NULL, { BYTES("\306\63\144\144") }, { BYTES(A1) },
          1559734385, ANSWER_COOKIE_VALID,
          A1_CLIENT "\1\0\0\0\x5c\xf7\xa8\x71"
          "\xd4\xa5\x64\xa1\x44\x2a\xca\x77" },

        /* with reserved bytes set, an hour and more ago; and in time */

        { A_SECRET, NULL, { BYTES("\313\0\161\313") },
          { BYTES("\xfc\x93\xfc\x62\x80\x7d\xdb\x86\1\xab\xcd\xef\x5c\xf7\x8f"
                  "\x71\xa3\x14\x22\x7b\x66\x79\xeb\xf5") },
          1559734700, ANSWER_COOKIE_INVALID,
          "\xfc\x93\xfc\x62\x80\x7d\xdb\x86\1\0\0\0\x5c\xf7\xa9\xac"
          "\xf7\x3a\x78\x10\xac\xa2\x38\x1e" },
        { A_SECRET, NULL, { BYTES("\313\0\161\313") },
          { BYTES("\xfc\x93\xfc\x62\x80\x7d\xdb\x86\1\xab\xcd\xef\x5c\xf7\x8f"
                  "\x71\xa3\x14\x22\x7b\x66\x79\xeb\xf5") },
          1559727985, ANSWER_COOKIE_VALID,
          "\xfc\x93\xfc\x62\x80\x7d\xdb\x86\1\xab\xcd\xef\x5c\xf7\x8f\x71"
          "\xa3\x14\x22\x7b\x66\x79\xeb\xf5" },

        /* IPv6, and a secret that has been replaced */

        { "\x44\x55\x36\xbc\xd2\x51\x32\x98\x07\x5a\x5d\x37\x96\x63\xc9\x62",
          "\xdd\x3b\xdf\x93\x44\xb6\x78\xb1\x85\xa6\xf5\xcb\x60\xfc\xa7\x15",
          { BYTES("\x20\x01\x0d\xb8\x02\x20\0\1\x59\xde\xd0\xf4\x87\x69\x82"
                  "\xb8") },
          { BYTES("\x22\x68\x1a\xb9\x7d\x52\xc2\x98\1\0\0\0\x5c\xf7\xc5\x79"
                  "\x26\x55\x6b\xd0\x93\x4c\x72\xf8") },
          1559741961, ANSWER_COOKIE_VALID,
          "\x22\x68\x1a\xb9\x7d\x52\xc2\x98\1\0\0\0\x5c\xf7\xc6\x09"
          "\xa6\xbb\x79\xd1\x66\x25\x50\x7a" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        secrets = secrets_of(cases[i].secret, cases[i].older);
        result = answer_cookie_check(&secrets, cases[i].option,
                                     cases[i].client, cases[i].now, cookie);

        assert_int_equal(result, cases[i].result);
        assert_memory_equal(cookie, cases[i].cookie, ANSWER_COOKIE_LEN);
    }
}


/* An hour back, five minutes ahead, and a new one after half an hour. */
static void
cookie_window(void **state)
{
    size_t            i;
    uint8_t           cookie[ANSWER_COOKIE_LEN];
    answer_secrets_t  secrets = secrets_of(A_SECRET, NULL);

    (void) state;

    static const struct {
        int               age;
        answer_cookie_t   result;
        bool              renewed;
    } cases[] = {
        { 0, ANSWER_COOKIE_VALID, false },
        { 1799, ANSWER_COOKIE_VALID, false },
        { 1800, ANSWER_COOKIE_VALID, true },
        { 3600, ANSWER_COOKIE_VALID, true },
        { 3601, ANSWER_COOKIE_INVALID, true },
        { -300, ANSWER_COOKIE_VALID, false },
        { -301, ANSWER_COOKIE_INVALID, true },
        { 0x40000000, ANSWER_COOKIE_INVALID, true }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t  now = (uint32_t) A1_TIME + (uint32_t) cases[i].age;

        assert_int_equal(answer_cookie_check(&secrets, SPAN(A1), CLIENT, now,
                                             cookie), cases[i].result);
        assert_int_equal(memcmp(cookie, A1, sizeof(cookie)) != 0,
                         cases[i].renewed);
        assert_int_equal(wire_get32(cookie + 12),
                         cases[i].renewed ? now : (uint32_t) A1_TIME);
    }
}


/* The seconds come round in 2106. */
static void
cookie_wrap(void **state)
{
    uint8_t           cookie[ANSWER_COOKIE_LEN], again[ANSWER_COOKIE_LEN];
    answer_secrets_t  secrets = secrets_of(A_SECRET, NULL);

    (void) state;

    assert_int_equal(answer_cookie_check(&secrets, SPAN(A1_CLIENT), CLIENT,
                                         UINT32_MAX - 10, cookie),
                     ANSWER_COOKIE_CLIENT);
    assert_int_equal(answer_cookie_check(&secrets,
                         (wire_span_t) { cookie, sizeof(cookie) }, CLIENT,
                         100, again), ANSWER_COOKIE_VALID);
    assert_memory_equal(cookie, again, sizeof(cookie));
}


/* No address has more than 16 bytes, and no more of them are read. */
static void
cookie_long_client(void **state)
{
    uint8_t           cookie[ANSWER_COOKIE_LEN], again[ANSWER_COOKIE_LEN];
    answer_secrets_t  secrets = secrets_of(A_SECRET, NULL);

    (void) state;

    (void) answer_cookie_check(&secrets, SPAN(A1_CLIENT),
                               SPAN("0123456789abcdefX"), A1_TIME, cookie);
    assert_int_equal(answer_cookie_check(&secrets,
                         (wire_span_t) { cookie, sizeof(cookie) },
                         SPAN("0123456789abcdef"), A1_TIME, again),
                     ANSWER_COOKIE_VALID);
}


/* A peer without an address has a cookie of its own, which is nobody else's:
 * not that of an address of zeros, either. */
static void
cookie_no_client(void **state)
{
    uint8_t           cookie[ANSWER_COOKIE_LEN], again[ANSWER_COOKIE_LEN];
    wire_span_t       option = { cookie, sizeof(cookie) };
    wire_span_t       nobody = { NULL, 0 };
    answer_secrets_t  secrets = secrets_of(A_SECRET, NULL);

    (void) state;

    assert_int_equal(answer_cookie_check(&secrets, SPAN(A1_CLIENT), nobody,
                                         A1_TIME, cookie),
                     ANSWER_COOKIE_CLIENT);
    assert_int_equal(answer_cookie_check(&secrets, option, nobody, A1_TIME,
                                         again), ANSWER_COOKIE_VALID);
    assert_int_equal(answer_cookie_check(&secrets, option, SPAN("\0\0\0\0"),
                                         A1_TIME, again),
                     ANSWER_COOKIE_INVALID);
}


/* Whatever differs in one bit is not ours. */
static void
cookie_forged(void **state)
{
    size_t            i;
    uint8_t           option[ANSWER_COOKIE_LEN], cookie[ANSWER_COOKIE_LEN];
    wire_span_t       span = { option, sizeof(option) };
    answer_secrets_t  secrets = secrets_of(A_SECRET, NULL);

    (void) state;

    for (i = 0; i < 8 * sizeof(option); i++) {
        memcpy(option, A1, sizeof(option));
        option[i / 8] ^= (uint8_t) (1 << i % 8);
        assert_int_equal(answer_cookie_check(&secrets, span, CLIENT, A1_TIME,
                                             cookie), ANSWER_COOKIE_INVALID);
        assert_memory_equal(cookie, option, ANSWER_COOKIE_CLIENT_LEN);
    }

    assert_int_equal(answer_cookie_check(&secrets, SPAN(A1),
                                         SPAN("\306\63\144\145"), A1_TIME,
                                         cookie), ANSWER_COOKIE_INVALID);

    secrets.secrets[0][3] ^= 1;
    assert_int_equal(answer_cookie_check(&secrets, SPAN(A1), CLIENT, A1_TIME,
                                         cookie), ANSWER_COOKIE_INVALID);
}


static void
cookie_lengths(void **state)
{
    size_t            len;
    uint8_t          *option, cookie[ANSWER_COOKIE_LEN];
    answer_secrets_t  secrets = secrets_of(A_SECRET, NULL);

    (void) state;

    for (len = 0; len < 64; len++) {
        option = malloc(len + (len == 0));
        assert_non_null(option);
        memset(option, 1, len);

        assert_int_equal(answer_cookie_check(&secrets,
                             (wire_span_t) { option, len }, CLIENT, A1_TIME,
                             cookie),
                         len == 8 ? ANSWER_COOKIE_CLIENT
                         : len >= 16 && len <= 40 ? ANSWER_COOKIE_INVALID
                         : ANSWER_COOKIE_MALFORMED);
        free(option);
    }
}


#define HEX_A  "e5e973e5a6b2a43f48e7dc849e37bfcf"
#define HEX_B  "DD3BDF9344B678B185A6F5CB60FCA715"


static void
secrets_file(void **state)
{
    int               fd;
    log_t             log;
    char              path[] = "/tmp/dnsd-secrets-XXXXXX";
    size_t            i, len;
    answer_secrets_t  secrets;

    (void) state;

    static const struct {
        const char  *text;
        mode_t       mode;
        unsigned     n;          /* 0: refused */
    } cases[] = {
        { HEX_A "\n", 0600, 1 },
        { HEX_A, 0400, 1 },
        { HEX_A "\n" HEX_B "\n", 0640, 2 },
        { "# from the first of May\n" HEX_A "\r\n\n" HEX_B, 0440, 2 },
        { HEX_A "\n" HEX_B "\n" HEX_A "\n", 0600, 0 },
        { "", 0600, 0 },
        { "# nothing\n", 0600, 0 },
        { HEX_A "0\n", 0600, 0 },
        { "e5e973e5a6b2a43f48e7dc849e37bfc\n", 0600, 0 },
        { "e5e973e5a6b2a43f48e7dc849e37bfcg\n", 0600, 0 },
        { " " HEX_A "\n", 0600, 0 },
        { HEX_A "\n", 0604, 0 },
        { HEX_A "\n", 0660, 0 },
        { HEX_A "\n", 0602, 0 },
        { HEX_A "\n", 0601, 0 }
    };

    log_init(&log);
    fd = mkstemp(path);
    assert_true(fd != -1);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = strlen(cases[i].text);
        memset(&secrets, 0x55, sizeof(secrets));
        secrets.n = 7;

        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, cases[i].text, len, 0), len);
        assert_int_equal(fchmod(fd, cases[i].mode), 0);
        assert_int_equal(cookie_secrets_read(&secrets, path, &log),
                         cases[i].n != 0);
        assert_int_equal(secrets.n, cases[i].n != 0 ? cases[i].n : 7);
        assert_int_equal(secrets.secrets[0][0], cases[i].n != 0 ? 0xE5 : 0x55);

        if (cases[i].n == 2) {
            assert_int_equal(secrets.secrets[1][15], 0x15);
        }
    }

    close(fd);
    unlink(path);
    assert_false(cookie_secrets_read(&secrets, path, &log));
    assert_false(cookie_secrets_read(&secrets, "/tmp", &log));
    assert_false(cookie_secrets_read(&secrets, "/dev/zero", &log));
}


/* What is not text, or does not end. */
static void
secrets_odd_file(void **state)
{
    int               fd;
    log_t             log;
    char              path[] = "/tmp/dnsd-secrets-XXXXXX";
    answer_secrets_t  secrets = { .n = 0 };
    static char       many[8192];

    (void) state;

    log_init(&log);
    fd = mkstemp(path);
    assert_true(fd != -1);

    assert_int_equal(pwrite(fd, HEX_A "\n\0\n", 35, 0), 35);
    assert_false(cookie_secrets_read(&secrets, path, &log));

    memset(many, '\n', sizeof(many));
    assert_int_equal(pwrite(fd, many, sizeof(many), 0), sizeof(many));
    assert_int_equal(pwrite(fd, HEX_A, 32, 0), 32);
    assert_false(cookie_secrets_read(&secrets, path, &log));

    close(fd);
    unlink(path);
}


static void
secrets_random(void **state)
{
    log_t             log;
    answer_secrets_t  one, two;

    (void) state;

    log_init(&log);
    assert_true(cookie_secrets_random(&one, &log));
    assert_true(cookie_secrets_random(&two, &log));
    assert_int_equal(one.n, 1);
    assert_memory_not_equal(one.secrets[0], two.secrets[0], SIPHASH_KEY_LEN);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(siphash_vectors),
        cmocka_unit_test(cookie_vectors),
        cmocka_unit_test(cookie_window),
        cmocka_unit_test(cookie_wrap),
        cmocka_unit_test(cookie_long_client),
        cmocka_unit_test(cookie_no_client),
        cmocka_unit_test(cookie_forged),
        cmocka_unit_test(cookie_lengths),
        cmocka_unit_test(secrets_file),
        cmocka_unit_test(secrets_odd_file),
        cmocka_unit_test(secrets_random)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
