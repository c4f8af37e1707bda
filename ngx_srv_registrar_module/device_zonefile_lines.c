
/*
 * The logical lines of a zone file (RFC 1035 5.1).  Enters: a file's bytes.
 * Leaves: lines without comments and parentheses, TTL before class, numbered,
 * so that every complaint can name its line.  Pure.
 */

#include "device_zonefile_rr.h"

#include <string.h>
#include <strings.h>


typedef struct {
    bool    quoted;
    bool    joined;                  /* within parentheses */
    bool    filled;                  /* something but spaces is there */
    size_t  len;
} device_zoneline_t;


static const char *device_zonelines_char(device_zonelines_t *lines,
    device_zoneline_t *state, char *out, char c);
static void device_zonelines_comment(device_zonelines_t *lines);
static void device_zonelines_ttl_first(char *line);
static bool device_zonelines_class(const char *word, size_t len);


bool
device_zonelines_next(device_zonelines_t *lines,
    char out[DEVICE_ZONELINE_MAX], unsigned *number, const char **problem)
{
    char               c;
    device_zoneline_t  state;

    state = (device_zoneline_t) { 0 };
    *problem = NULL;
    *number = lines->line;

    while (lines->at < lines->end) {
        c = *lines->at++;

        if (c == '\n') {
            lines->line++;

            if (state.quoted) {
                *problem = "a quote is not closed";
                return false;
            }

            if (!state.joined) {
                if (state.filled) {
                    break;
                }

                state.len = 0;
                *number = lines->line;
                continue;
            }

            c = ' ';
        }

        *problem = device_zonelines_char(lines, &state, out, c);

        if (*problem != NULL) {
            return false;
        }
    }

    if (state.quoted || state.joined) {
        *problem = "the file ends within quotes or parentheses";
        return false;
    }

    out[state.len] = '\0';
    device_zonelines_ttl_first(out);

    return state.filled;
}


static const char *
device_zonelines_char(device_zonelines_t *lines, device_zoneline_t *state,
    char *out, char c)
{
    if (c == '\t' || c == '\r') {
        c = ' ';
    }

    if ((unsigned char) c < 0x20 || c == 0x7f) {
        return "a control character";
    }

    /* room for this one, for what an escape takes, and for the end */

    if (state->len + 3 > DEVICE_ZONELINE_MAX) {
        return "the line is too long";
    }

    if (c == '\\') {
        if (lines->at == lines->end || *lines->at == '\n') {
            return "a backslash ends the line";
        }

        out[state->len++] = c;
        c = *lines->at++;

    } else if (c == '"') {
        state->quoted = !state->quoted;

    } else if (!state->quoted) {

        switch (c) {

        case ';':
            device_zonelines_comment(lines);
            return NULL;

        case '(':
        case ')':
            if (state->joined == (c == '(')) {
                return "parentheses do not pair";
            }

            state->joined = !state->joined;
            c = ' ';
            break;
        }
    }

    state->filled |= (c != ' ');
    out[state->len++] = c;

    return NULL;
}


static void
device_zonelines_comment(device_zonelines_t *lines)
{
    while (lines->at < lines->end && *lines->at != '\n') {
        lines->at++;
    }
}


/*
 * [owner] [TTL] [class] type and [owner] [class] [TTL] type are both right
 * (RFC 1035 5.1); ldns takes the first alone.  So a class before a TTL changes
 * places with it; the line keeps its length.
 */
static void
device_zonelines_ttl_first(char *line)
{
    char    *class, *ttl, word[sizeof("CLASS65535")];
    size_t   class_len, ttl_len, gap;

    for (class = line; *class != '\0' && *class != ' '; class++) {
        if (*class == '\\' && class[1] != '\0') {
            class++;
        }
    }

    class += strspn(class, " ");
    class_len = strcspn(class, " ");
    gap = strspn(class + class_len, " ");
    ttl = class + class_len + gap;
    ttl_len = strcspn(ttl, " ");

    if (ttl[0] < '0' || ttl[0] > '9' || class_len > sizeof(word)
        || !device_zonelines_class(class, class_len))
    {
        return;
    }

    memcpy(word, class, class_len);
    memmove(class, ttl, ttl_len);
    memset(class + ttl_len, ' ', gap);
    memcpy(class + ttl_len + gap, word, class_len);
}


/* Those that no zone has too, for a refusal that says so. */
static bool
device_zonelines_class(const char *word, size_t len)
{
    if (len == 2) {
        return strncasecmp(word, "IN", 2) == 0
               || strncasecmp(word, "CH", 2) == 0
               || strncasecmp(word, "HS", 2) == 0;
    }

    return len > 5 && strncasecmp(word, "CLASS", 5) == 0;
}
