
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
static const char *cookie_secrets_parse(answer_secrets_t *secrets, char *text);
static bool cookie_secrets_line(answer_secrets_t *secrets, const char *line);
static int cookie_secrets_digit(char c);


bool
cookie_secrets_read(answer_secrets_t *secrets, const char *path, log_t *log)
{
    int               fd;
    bool              good;
    char              text[COOKIE_SECRETS_FILE];
    const char       *wrong;
    answer_secrets_t  found = { .n = 0 };

    /* opening a FIFO would wait for somebody to write */

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd == -1) {
        log_line(log, "cookie-secrets %s: %s", path, strerror(errno));
        return false;
    }

    good = cookie_secrets_load(fd, text, sizeof(text), path, log);
    close(fd);

    if (good) {
        wrong = cookie_secrets_parse(&found, text);

        if (wrong != NULL) {
            log_line(log, "cookie-secrets %s: %s", path, wrong);
            good = false;
        }
    }

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


/* NULL, or what is wrong; the text is cut into its lines. */
static const char *
cookie_secrets_parse(answer_secrets_t *secrets, char *text)
{
    char  *line, *rest = text;

    for ( ;; ) {
        line = strsep(&rest, "\n");

        if (line == NULL) {
            break;
        }

        line[strcspn(line, "\r")] = '\0';

        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }

        if (secrets->n == ANSWER_SECRETS_MAX) {
            return "more than two secrets";
        }

        if (!cookie_secrets_line(secrets, line)) {
            return "a line is not 32 hexadecimal digits";
        }
    }

    return secrets->n == 0 ? "no secret in it" : NULL;
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
