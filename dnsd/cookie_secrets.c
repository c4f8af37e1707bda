
/*
 * The file of cookie secrets, and the secret of a server that has none.
 *
 * Whoever knows a secret can make cookies for any address, so the file is
 * checked as a key would be; its digits are never logged.
 */

#include "cookie_secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>


/* Two lines, and some for remarks. */
#define COOKIE_SECRETS_FILE  4096


static bool cookie_secrets_load(int fd, char *text, size_t size,
    const char *path, log_t *log);
static bool cookie_secrets_parse(answer_secrets_t *secrets, char *text,
    const char *path, log_t *log);
static bool cookie_secrets_line(answer_secrets_t *secrets, const char *line);
static int cookie_secrets_digit(char c);


bool
cookie_secrets_read(answer_secrets_t *secrets, const char *path, log_t *log)
{
    int               fd;
    bool              good;
    char              text[COOKIE_SECRETS_FILE];
    answer_secrets_t  found = { .n = 0 };

    /* opening a FIFO would wait for somebody to write */

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd == -1) {
        log_line(log, "cookie-secrets %s: %s", path, strerror(errno));
        return false;
    }

    good = cookie_secrets_load(fd, text, sizeof(text), path, log);
    close(fd);

    good = good && cookie_secrets_parse(&found, text, path, log);

    explicit_bzero(text, sizeof(text));

    if (good) {
        *secrets = found;
    }

    explicit_bzero(&found, sizeof(found));

    return good;
}


bool
cookie_secrets_random(answer_secrets_t *secrets, log_t *log)
{
    ssize_t  n;

    /* so few bytes come whole, without a signal in between (getrandom(2)) */

    n = getrandom(secrets->secrets[0], SIPHASH_KEY_LEN, 0);

    if (n != SIPHASH_KEY_LEN) {
        log_line(log, "no random bytes for a cookie secret: %s",
                 n == -1 ? strerror(errno) : "too few");
        return false;
    }

    secrets->n = 1;

    return true;
}


/* The whole file as a string, if nobody else could have read or written it. */
static bool
cookie_secrets_load(int fd, char *text, size_t size, const char *path,
    log_t *log)
{
    size_t       len = 0;
    ssize_t      n;
    struct stat  st;

    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        log_line(log, "cookie-secrets %s: not a file", path);
        return false;
    }

    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        log_line(log, "cookie-secrets %s: belongs to user %u", path,
                 (unsigned) st.st_uid);
        return false;
    }

    if (st.st_mode & (S_IWGRP | S_IRWXO)) {
        log_line(log, "cookie-secrets %s: mode %04o gives it to others; "
                 "0640 at most", path, (unsigned) st.st_mode & 07777);
        return false;
    }

    do {
        n = read(fd, text + len, size - 1 - len);
        len += n > 0 ? (size_t) n : 0;
    } while (n > 0 && len < size - 1);

    text[len] = '\0';

    if (n == -1 || len == size - 1 || strlen(text) != len) {
        log_line(log, "cookie-secrets %s: %s", path,
                 n == -1 ? strerror(errno) : "not a file of secrets");
        return false;
    }

    return true;
}


/* Cuts the text into its lines.  Each that is wrong is told by its number:
 * what stands there may be most of a secret. */
static bool
cookie_secrets_parse(answer_secrets_t *secrets, char *text, const char *path,
    log_t *log)
{
    bool       good = true;
    char      *line, *rest = text;
    unsigned   number;

    for (number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
        line[strcspn(line, "\r")] = '\0';

        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }

        if (secrets->n == ANSWER_SECRETS_MAX) {
            log_line(log, "cookie-secrets %s:%u: more than two secrets", path,
                     number);
            return false;
        }

        if (!cookie_secrets_line(secrets, line)) {
            log_line(log, "cookie-secrets %s:%u: not 32 hexadecimal digits",
                     path, number);
            good = false;
        }
    }

    if (good && secrets->n == 0) {
        log_line(log, "cookie-secrets %s: no secret in it", path);
        good = false;
    }

    return good;
}


static bool
cookie_secrets_line(answer_secrets_t *secrets, const char *line)
{
    int       high, low;
    size_t    i;
    uint8_t  *secret = secrets->secrets[secrets->n];

    if (strlen(line) != 2 * SIPHASH_KEY_LEN) {
        return false;
    }

    for (i = 0; i < SIPHASH_KEY_LEN; i++) {
        high = cookie_secrets_digit(line[2 * i]);
        low = cookie_secrets_digit(line[2 * i + 1]);

        if (high == -1 || low == -1) {
            return false;
        }

        secret[i] = (uint8_t) (high << 4 | low);
    }

    secrets->n++;

    return true;
}


static int
cookie_secrets_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : -1;
}
