
/*
 * Shared by the settings*.c files: a row of the table.
 */

#ifndef SETTINGS_INTERNAL_H
#define SETTINGS_INTERNAL_H


#include "settings.h"


typedef struct settings_row_s  settings_row_t;


/* Bits of a row. */
#define SETTINGS_IS_LIVE    1        /* SIGHUP changes it */
#define SETTINGS_IS_FLAG    2        /* on the command line alone means on */
#define SETTINGS_IS_FILE    4        /* a file that SIGHUP reads again */


struct settings_row_s {
    const char      *name;
    const char      *argument;       /* as --help shows it */
    const char      *help;           /* lines, parted by newlines */
    const char      *preset;         /* where nothing is said, as in a file;
                                        NULL: nothing, or found out at start */
    unsigned         flags;

    /* Writes the value, false where it is not as `expected` says: "not ..."
     * is what the operator is told (NULL: the bounds).  The field is zeroed
     * before. */
    bool           (*parse)(const settings_row_t *row, void *field,
                            const char *value);
    const char      *expected;
    unsigned long    min;            /* of a number, or of a text's length */
    unsigned long    max;

    /* The field; of a list its first element, how many there may be, and the
     * number that counts them. */
    size_t           at;
    size_t           size;
    unsigned         list;           /* 0: no list */
    size_t           count_at;

    /* True where two elements may not be in one list; NULL: equal bytes. */
    bool           (*same)(const void *a, const void *b);
};


#define SETTINGS_FIELD(member)                                               \
    .at = offsetof(settings_t, member),                                      \
    .size = sizeof(((settings_t *) 0)->member)

#define SETTINGS_LIST(member, count)                                         \
    .at = offsetof(settings_t, member),                                      \
    .size = sizeof(((settings_t *) 0)->member[0]),                           \
    .list = sizeof(((settings_t *) 0)->member)                               \
            / sizeof(((settings_t *) 0)->member[0]),                         \
    .count_at = offsetof(settings_t, count)


/* Ends with a row without a name. */
extern const settings_row_t  settings_table[];


/* Forms of values, as a row's `parse` and `same`. */
bool settings_parse_text(const settings_row_t *row, void *field,
    const char *value);
bool settings_parse_number(const settings_row_t *row, void *field,
    const char *value);
bool settings_parse_threads(const settings_row_t *row, void *field,
    const char *value);
bool settings_parse_flag(const settings_row_t *row, void *field,
    const char *value);
bool settings_parse_address(const settings_row_t *row, void *field,
    const char *value);
bool settings_parse_bytes(const settings_row_t *row, void *field,
    const char *value);
bool settings_parse_prefix(const settings_row_t *row, void *field,
    const char *value);
bool settings_parse_metrics(const settings_row_t *row, void *field,
    const char *value);
bool settings_parse_dnstap(const settings_row_t *row, void *field,
    const char *value);
bool settings_same_address(const void *a, const void *b);


#endif /* SETTINGS_INTERNAL_H */
