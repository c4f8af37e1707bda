
/*
 * Reads lines.  What enters is any bytes; what leaves is bounded, ended with
 * NUL, and free of control characters.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


/* One line of the text, without its newline. */
typedef struct {
    const char  *at;
    const char  *end;
} config_line_t;


static bool config_line_next(config_t *config, config_line_t *line);
static const char *config_line_parse(config_t *config, config_line_t *line);
static const char *config_word(config_line_t *line, char *word, size_t size);
static const char *config_quoted(config_line_t *line, char *text,
    size_t size);
static void config_space(config_line_t *line);
static bool config_printable(const config_line_t *line);
static const char *config_read_fd(int fd, char *text, size_t *len);


void
config_init(config_t *config, const char *text, size_t len)
{
    config->at = text;
    config->end = text + len;
    config->line = 0;
    config->wrong = NULL;
    config->name[0] = '\0';
    config->value[0] = '\0';
}


config_result_t
config_next(config_t *config)
{
    config_line_t  line;

    while (config_line_next(config, &line)) {
        if (!config_printable(&line)) {
            config->wrong = "a control character";
            return CONFIG_WRONG;
        }

        config_space(&line);

        if (line.at == line.end) {
            continue;
        }

        config->wrong = config_line_parse(config, &line);

        return config->wrong == NULL ? CONFIG_SETTING : CONFIG_WRONG;
    }

    return CONFIG_END;
}


/* A carriage return before the newline belongs to it: files travel. */
static bool
config_line_next(config_t *config, config_line_t *line)
{
    const char  *newline;

    if (config->at == config->end) {
        return false;
    }

    line->at = config->at;
    newline = memchr(config->at, '\n', (size_t) (config->end - config->at));

    if (newline == NULL) {
        line->end = config->end;
        config->at = config->end;

    } else {
        line->end = newline;
        config->at = newline + 1;
    }

    if (line->end > line->at && line->end[-1] == '\r') {
        line->end--;
    }

    config->line++;

    return true;
}


/* NULL, or what is wrong.  The line is not empty. */
static const char *
config_line_parse(config_t *config, config_line_t *line)
{
    const char  *wrong;

    wrong = config_word(line, config->name, sizeof(config->name));

    if (wrong != NULL) {
        return wrong;
    }

    config_space(line);

    if (line->at == line->end) {
        return "a name without a value";
    }

    wrong = *line->at == '"'
            ? config_quoted(line, config->value, sizeof(config->value))
            : config_word(line, config->value, sizeof(config->value));

    if (wrong != NULL) {
        return wrong;
    }

    config_space(line);

    return line->at == line->end
           ? NULL : "more than one value (quote a text that has spaces)";
}


/* Up to white space; a quote in its midst is most likely a mistake. */
static const char *
config_word(config_line_t *line, char *word, size_t size)
{
    size_t  len = 0;

    while (line->at < line->end && *line->at != ' ' && *line->at != '\t') {
        if (*line->at == '"') {
            return "a quote inside of a word";
        }

        if (len == size - 1) {
            return "a word that is too long";
        }

        word[len++] = *line->at++;
    }

    word[len] = '\0';

    return NULL;
}


static const char *
config_quoted(config_line_t *line, char *text, size_t size)
{
    size_t  len = 0;

    for (line->at++; line->at < line->end && *line->at != '"'; line->at++) {
        if (*line->at == '\\') {
            line->at++;

            if (line->at == line->end
                || (*line->at != '"' && *line->at != '\\'))
            {
                return "a backslash before neither a quote nor a backslash";
            }
        }

        if (len == size - 1) {
            return "a text that is too long";
        }

        text[len++] = *line->at;
    }

    if (line->at == line->end) {
        return "a quote without its end";
    }

    line->at++;
    text[len] = '\0';

    /* "a"b is no value that anybody means */

    if (line->at < line->end && *line->at != ' ' && *line->at != '\t') {
        return "no space behind a quoted text";
    }

    return NULL;
}


/* White space, and the comment that may follow it.  A # within a word is part
 * of the word. */
static void
config_space(config_line_t *line)
{
    while (line->at < line->end && (*line->at == ' ' || *line->at == '\t')) {
        line->at++;
    }

    if (line->at < line->end && *line->at == '#') {
        line->at = line->end;
    }
}


static bool
config_printable(const config_line_t *line)
{
    const char  *p;

    for (p = line->at; p < line->end; p++) {
        if (((unsigned char) *p < 0x20 && *p != '\t') || *p == 0x7f) {
            return false;
        }
    }

    return true;
}


bool
config_read(const char *path, char *text, size_t *len, const char **wrong)
{
    int  fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd == -1) {
        *wrong = strerror(errno);
        return false;
    }

    *wrong = config_read_fd(fd, text, len);
    close(fd);

    return *wrong == NULL;
}


static const char *
config_read_fd(int fd, char *text, size_t *len)
{
    ssize_t      n;
    struct stat  st;

    if (fstat(fd, &st) == -1) {
        return strerror(errno);
    }

    if (!S_ISREG(st.st_mode)) {
        return "not a regular file";
    }

    /* what is left of a file that an editor writes meanwhile is parsed, and
     * most likely refused: whole or not at all is the caller's promise */

    for (*len = 0; *len < CONFIG_FILE_MAX; *len += (size_t) n) {
        n = read(fd, text + *len, CONFIG_FILE_MAX - *len);

        if (n == 0) {
            return NULL;
        }

        if (n == -1) {
            return strerror(errno);
        }
    }

    return "larger than 64 KiB";
}
