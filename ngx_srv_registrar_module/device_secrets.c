
/*
 * The operator's secrets file.  Enters: its whole text.  Leaves: the name
 * secret and the key secrets, or an error that names the line and never what
 * stands in it.  On failure nothing of a secret stays behind.
 *
 * The file is the operator's, yet read as strictly as a peer's bytes: a digit
 * lost in an editor would otherwise give every device another name.
 */

#include "device_key.h"

#include <openssl/crypto.h>
#include <string.h>

#include "device_hex.h"


#define DEVICE_SECRETS_WORDS_MAX  3


typedef struct {
    store_span_t  words[DEVICE_SECRETS_WORDS_MAX];
    size_t        nwords;            /* beyond MAX: too many */
} device_secrets_line_t;


static store_span_t device_secrets_cut(store_span_t *text);
static void device_secrets_split(device_secrets_line_t *line,
    store_span_t text);
static const char *device_secrets_line(device_secrets_t *secrets,
    const device_secrets_line_t *line, bool *named);
static const char *device_secrets_key(device_secrets_t *secrets,
    store_span_t number, store_span_t digits);
static bool device_secrets_number(store_span_t word, uint16_t *number);
static bool device_secrets_hex(store_span_t word,
    uint8_t bytes[DEVICE_SECRET_LEN]);
static bool device_secrets_word_is(store_span_t word, const char *text);


bool
device_secrets_parse(device_secrets_t *secrets, store_span_t text,
    device_error_t *error)
{
    bool                   named;
    size_t                 number;
    const char            *mistake;
    device_secrets_line_t  line;

    memset(secrets, 0, sizeof(*secrets));
    named = false;
    mistake = NULL;

    for (number = 1; text.len > 0 && mistake == NULL; number++) {
        device_secrets_split(&line, device_secrets_cut(&text));
        mistake = device_secrets_line(secrets, &line, &named);
    }

    if (mistake != NULL) {
        device_refuse(error, DEVICE_SECRET_UNAVAILABLE, NULL,
                      "line %zu: %s", number - 1, mistake);

    } else if (!named) {
        device_refuse(error, DEVICE_SECRET_UNAVAILABLE, NULL,
                      "there is no name secret");

    } else if (secrets->nkeys == 0) {
        device_refuse(error, DEVICE_SECRET_UNAVAILABLE, NULL,
                      "there is no key secret");

    } else {
        return true;
    }

    /* half a file is no file: nobody shall find a key in it */

    OPENSSL_cleanse(secrets, sizeof(*secrets));

    return false;
}


/* Sixteen at most; the search's time says nothing but a version number, which
 * the store holds in the clear. */
const uint8_t *
device_secrets_find(const device_secrets_t *secrets, uint16_t number)
{
    size_t  i;

    for (i = 0; i < secrets->nkeys; i++) {
        if (secrets->keys[i].number == number) {
            return secrets->keys[i].bytes;
        }
    }

    return NULL;
}


/* Takes the first line off a text that is not empty. */
static store_span_t
device_secrets_cut(store_span_t *text)
{
    size_t          len;
    store_span_t    line;
    const uint8_t  *newline;

    newline = memchr(text->data, '\n', text->len);
    len = newline == NULL ? text->len : (size_t) (newline - text->data);

    line.data = text->data;
    line.len = len;

    if (newline != NULL) {
        len++;
    }

    text->data += len;
    text->len -= len;

    return line;
}


/* Words stand between SP, HTAB and CR (an editor of another system left the
 * last); '#' ends the line. */
static void
device_secrets_split(device_secrets_line_t *line, store_span_t text)
{
    bool     inside;
    size_t   i;
    uint8_t  byte;

    line->nwords = 0;
    inside = false;

    for (i = 0; i < text.len && text.data[i] != '#'; i++) {
        byte = text.data[i];

        if (byte == ' ' || byte == '\t' || byte == '\r') {
            inside = false;
            continue;
        }

        if (!inside) {
            inside = true;
            line->nwords++;

            if (line->nwords > DEVICE_SECRETS_WORDS_MAX) {
                return;
            }

            line->words[line->nwords - 1].data = &text.data[i];
            line->words[line->nwords - 1].len = 0;
        }

        line->words[line->nwords - 1].len++;
    }
}


/* NULL, or what is wrong. */
static const char *
device_secrets_line(device_secrets_t *secrets,
    const device_secrets_line_t *line, bool *named)
{
    if (line->nwords == 0) {
        return NULL;
    }

    if (line->nwords == 2 && device_secrets_word_is(line->words[0], "name")) {

        if (*named) {
            return "a second name secret";
        }

        *named = true;

        return device_secrets_hex(line->words[1], secrets->name)
               ? NULL : "the secret must have 64 hex digits";
    }

    if (line->nwords == 3 && device_secrets_word_is(line->words[0], "key")) {
        return device_secrets_key(secrets, line->words[1], line->words[2]);
    }

    return "must be \"name <64 hex digits>\" or"
           " \"key <number> <64 hex digits>\"";
}


static const char *
device_secrets_key(device_secrets_t *secrets, store_span_t number,
    store_span_t digits)
{
    device_secret_t  *key;

    if (secrets->nkeys == DEVICE_SECRETS_MAX) {
        return "too many key secrets";
    }

    key = &secrets->keys[secrets->nkeys];

    if (!device_secrets_number(number, &key->number)) {
        return "the number of a key secret must be 1 to 65535";
    }

    if (device_secrets_find(secrets, key->number) != NULL) {
        return "a second key secret of this number";
    }

    if (!device_secrets_hex(digits, key->bytes)) {
        return "the secret must have 64 hex digits";
    }

    /* the highest number is the newest, wherever it stands in the file */

    if (secrets->nkeys == 0
        || key->number > secrets->keys[secrets->newest].number)
    {
        secrets->newest = secrets->nkeys;
    }

    secrets->nkeys++;

    return NULL;
}


static bool
device_secrets_number(store_span_t word, uint16_t *number)
{
    size_t    i;
    uint32_t  value;

    /* no leading zero: "01" and "1" would look like two numbers */

    if (word.len > 5 || word.data[0] == '0') {
        return false;
    }

    value = 0;

    for (i = 0; i < word.len; i++) {
        if (word.data[i] < '0' || word.data[i] > '9') {
            return false;
        }

        value = value * 10 + (word.data[i] - '0');
    }

    if (value > UINT16_MAX) {
        return false;
    }

    *number = (uint16_t) value;

    return true;
}


/* Exactly 32 bytes: a shorter secret is not padded, a longer one not cut. */
static bool
device_secrets_hex(store_span_t word, uint8_t bytes[DEVICE_SECRET_LEN])
{
    int     high, low;
    size_t  i;

    if (word.len != 2 * DEVICE_SECRET_LEN) {
        return false;
    }

    for (i = 0; i < DEVICE_SECRET_LEN; i++) {
        high = device_hex_digit(word.data[2 * i]);
        low = device_hex_digit(word.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }

        bytes[i] = (uint8_t) (high << 4 | low);
    }

    return true;
}


static bool
device_secrets_word_is(store_span_t word, const char *text)
{
    return word.len == strlen(text)
           && memcmp(word.data, text, word.len) == 0;
}
