
/*
 * Random questions: names that exist, names near them and names that do not,
 * in any case, of every type, with and without EDNS.  The same seed and names
 * give the same questions.
 */

#include "compare.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define COMPARE_HEADER_LEN  12
#define COMPARE_LABEL_MAX   63
#define COMPARE_UDP_MIN     512    /* also what a smaller size means */


static const uint16_t  compare_usual[] = {
    1, 28, 33, 16, 5, 2, 6, 15, 12, 52, 44, 64, 65, 256, 257, 35
};

/* DS, DNSKEY, RRSIG, NSEC, NULL, 0, MAILB, OPT, and one that nobody knows. */
static const uint16_t  compare_rare[] = {
    43, 48, 46, 47, 10, 0, 253, 41, 65400
};

static const char *const  compare_labels[] = {
    "\4_tcp", "\4_udp", "\1x", "\3www", "\17_acme-challenge", "\1*",
    "\14_xmpp-server", "\3a.b", "\2\0\377", "\1 "
};

#define COMPARE_COUNT(a)  (sizeof(a) / sizeof((a)[0]))


static uint32_t compare_random(compare_source_t *source, uint32_t n);
static void compare_owner_read(compare_owner_t *owner, char *line);
static const compare_owner_t *compare_name_make(compare_source_t *source,
    compare_name_t *name);
static void compare_name_put(compare_name_t *name, const uint8_t *label,
    const compare_name_t *rest);
static const compare_name_t *compare_name_any(compare_source_t *source);
static void compare_name_cut(compare_name_t *name);
static void compare_name_damage(compare_source_t *source,
    compare_name_t *name);
static void compare_name_case(compare_source_t *source, compare_name_t *name);
static uint16_t compare_type_make(compare_source_t *source,
    const compare_owner_t *owner);
static void compare_opt_make(compare_source_t *source,
    compare_question_t *question);
static void compare_write16(compare_question_t *question, uint16_t value);
static bool compare_name_read(compare_name_t *name, const char *text);


void
compare_source_read(compare_source_t *source, uint64_t seed)
{
    char    line[1024];
    size_t  size = 0;

    source->owners = NULL;
    source->n = 0;
    source->random = seed * 2654435761U + 1;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (source->n == size) {
            size = size * 2 + 64;
            source->owners = realloc(source->owners,
                                     size * sizeof(compare_owner_t));

            if (source->owners == NULL) {
                err(1, "realloc");
            }
        }

        compare_owner_read(&source->owners[source->n++], line);
    }

    if (source->n == 0) {
        errx(1, "no names");
    }
}


void
compare_question_make(compare_source_t *source, compare_question_t *question)
{
    uint16_t                flags = 0;
    compare_name_t          name;
    const compare_owner_t  *owner;

    static const uint16_t  bits[] = { 0x0100, 0x0020, 0x0010 };

    /* RD, AD and CD mean nothing to an authoritative server */

    if (compare_random(source, 4) == 0) {
        flags = bits[compare_random(source, COMPARE_COUNT(bits))];
    }

    question->len = 0;
    compare_write16(question, 0);
    compare_write16(question, flags);
    compare_write16(question, 1);
    compare_write16(question, 0);
    compare_write16(question, 0);
    compare_write16(question, 0);

    owner = compare_name_make(source, &name);
    memcpy(question->data + question->len, name.data, name.len);
    question->len += name.len;

    question->type = compare_type_make(source, owner);
    compare_write16(question, question->type);
    compare_write16(question, 1);
    question->limit = COMPARE_UDP_MIN;

    if (compare_random(source, 10) >= 3) {
        compare_opt_make(source, question);
    }
}


/* xorshift64: not for secrets. */
static uint32_t
compare_random(compare_source_t *source, uint32_t n)
{
    source->random ^= source->random << 13;
    source->random ^= source->random >> 7;
    source->random ^= source->random << 17;

    return (uint32_t) (source->random >> 16) % n;
}


/* A name that exists, or what becomes of it; returns the one it came from. */
static const compare_owner_t *
compare_name_make(compare_source_t *source, compare_name_t *name)
{
    uint32_t                kind = compare_random(source, 100);
    const uint8_t          *label;
    const compare_owner_t  *owner;

    label = (const uint8_t *)
            compare_labels[compare_random(source,
                                          COMPARE_COUNT(compare_labels))];
    owner = &source->owners[compare_random(source, (uint32_t) source->n)];
    *name = owner->name;

    if (kind < 12) {
        compare_name_cut(name);

    } else if (kind < 22) {
        compare_name_put(name, label, compare_name_any(source));

    } else if (kind < 32) {
        compare_name_damage(source, name);

    } else if (kind < 37) {
        compare_name_put(name, label, &source->owners[0].name);

    } else if (kind < 42) {

        /* the first label of one name before another's rest */

        compare_name_t  rest = *compare_name_any(source);

        compare_name_cut(&rest);
        compare_name_put(name, compare_name_any(source)->data, &rest);

    } else if (kind < 44) {
        (void) compare_name_read(name, "www.other.test");
    }

    if (compare_random(source, 2) == 0) {
        compare_name_case(source, name);
    }

    return owner;
}


/* What would be too long stays as it is. */
static void
compare_name_put(compare_name_t *name, const uint8_t *label,
    const compare_name_t *rest)
{
    size_t  size = (size_t) label[0] + 1;

    if (label[0] == 0 || size + rest->len > COMPARE_NAME_MAX) {
        return;
    }

    memmove(name->data + size, rest->data, rest->len);
    memcpy(name->data, label, size);
    name->len = (uint8_t) (size + rest->len);
}


static const compare_name_t *
compare_name_any(compare_source_t *source)
{
    return &source->owners[compare_random(source,
                                          (uint32_t) source->n)].name;
}


static void
compare_name_cut(compare_name_t *name)
{
    size_t  size = (size_t) name->data[0] + 1;

    if (size < name->len) {
        memmove(name->data, name->data + size, name->len - size);
        name->len = (uint8_t) (name->len - size);
    }
}


/* One byte of the first label, to anything. */
static void
compare_name_damage(compare_source_t *source, compare_name_t *name)
{
    if (name->data[0] > 0) {
        name->data[1 + compare_random(source, name->data[0])] =
            (uint8_t) compare_random(source, 256);
    }
}


static void
compare_name_case(compare_source_t *source, compare_name_t *name)
{
    size_t   i, left = 0;
    uint8_t  c;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (left == 0) {
            left = c;
            continue;
        }

        left--;

        if (c >= 'a' && c <= 'z' && compare_random(source, 2) == 0) {
            name->data[i] = (uint8_t) (c - 'a' + 'A');
        }
    }
}


/* ANY is answered by everybody's own taste; 249 to 252 are no questions about
 * data. */
static uint16_t
compare_type_make(compare_source_t *source, const compare_owner_t *owner)
{
    uint32_t  type, kind = compare_random(source, 100);

    if (kind < 40 && owner->ntypes > 0) {
        return owner->types[compare_random(source,
                                           (uint32_t) owner->ntypes)];
    }

    if (kind < 80) {
        return compare_usual[compare_random(source,
                                            COMPARE_COUNT(compare_usual))];
    }

    if (kind < 95) {
        return compare_rare[compare_random(source,
                                           COMPARE_COUNT(compare_rare))];
    }

    do {
        type = compare_random(source, 65536);
    } while (type == 255 || (type >= 249 && type <= 252));

    return (uint16_t) type;
}


static void
compare_opt_make(compare_source_t *source, compare_question_t *question)
{
    uint16_t  size;

    static const uint16_t  sizes[] = { 0, 511, 512, 1232, 1232, 4096, 65535 };

    size = compare_random(source, 2) == 0
           ? sizes[compare_random(source, COMPARE_COUNT(sizes))]
           : (uint16_t) (512 + compare_random(source, 3585));

    question->limit = size < COMPARE_UDP_MIN ? COMPARE_UDP_MIN
                      : size > COMPARE_UDP_MAX ? COMPARE_UDP_MAX
                      : size;
    question->data[COMPARE_HEADER_LEN - 1] = 1;
    question->data[question->len++] = 0;
    compare_write16(question, 41);
    compare_write16(question, size);
    compare_write16(question, 0);

    /* DO, or flags that nobody knows */

    compare_write16(question, compare_random(source, 3) == 0 ? 0x8000
                              : compare_random(source, 10) == 0 ? 0x0180 : 0);

    if (compare_random(source, 10) == 0) {
        compare_write16(question, 6);
        compare_write16(question, 65001);
        compare_write16(question, 2);
        compare_write16(question, 0x4142);

    } else {
        compare_write16(question, 0);
    }
}


static void
compare_write16(compare_question_t *question, uint16_t value)
{
    question->data[question->len++] = (uint8_t) (value >> 8);
    question->data[question->len++] = (uint8_t) value;
}


static void
compare_owner_read(compare_owner_t *owner, char *line)
{
    char  *word, *rest = NULL;

    word = strtok_r(line, " \n", &rest);
    owner->ntypes = 0;

    if (word == NULL || !compare_name_read(&owner->name, word)) {
        errx(1, "\"%s\" does not begin with a name", line);
    }

    while ((word = strtok_r(NULL, " \n", &rest)) != NULL
           && owner->ntypes < COMPARE_TYPES_MAX)
    {
        owner->types[owner->ntypes++] = (uint16_t) strtoul(word, NULL, 10);
    }
}


/* Plain names without escapes. */
static bool
compare_name_read(compare_name_t *name, const char *text)
{
    size_t  size, len = 0;

    while (*text != '\0') {
        size = strcspn(text, ".");

        if (size == 0 || size > COMPARE_LABEL_MAX
            || len + size + 2 > COMPARE_NAME_MAX)
        {
            return false;
        }

        name->data[len] = (uint8_t) size;
        memcpy(name->data + len + 1, text, size);
        len += size + 1;
        text += size;
        text += *text == '.';
    }

    name->data[len] = 0;
    name->len = (uint8_t) (len + 1);

    return true;
}
