
/*
 * The mechanism of settings: finds the row, has it parse the value, and says
 * what is wrong and where.  What each setting means is settings_table.c's.
 */

#include "settings_internal.h"

#include <stdio.h>
#include <string.h>


#define SETTINGS_WHERE_MAX  (PATH_MAX + 32)

/* Columns of --help. */
#define SETTINGS_HELP_AT    26


static const settings_row_t *settings_find(const char *name);
static void settings_wrong(const settings_source_t *source, const char *name,
    const char *value, const char *text);
static bool settings_set_one(settings_source_t *source,
    const settings_row_t *row, const char *value);
static bool settings_add(settings_source_t *source, const settings_row_t *row,
    const char *value);
static bool settings_listed(const settings_row_t *row, const char *list,
    unsigned n, const char *element);
static void settings_expected(const settings_row_t *row, char *text,
    size_t size);


void
settings_init(settings_t *settings)
{
    const settings_row_t  *row;

    memset(settings, 0, sizeof(*settings));

    for (row = settings_table; row->name != NULL; row++) {
        if (row->preset != NULL) {
            (void) row->parse(row, (char *) settings + row->at, row->preset);
        }
    }
}


settings_form_t
settings_form(const char *name)
{
    const settings_row_t  *row = settings_find(name);

    if (row == NULL) {
        return SETTINGS_UNKNOWN;
    }

    return row->flags & SETTINGS_IS_FLAG ? SETTINGS_FLAG : SETTINGS_VALUE;
}


void
settings_source_init(settings_source_t *source, settings_t *settings,
    const char *file, log_t *log)
{
    memset(source, 0, sizeof(*source));
    source->settings = settings;
    source->file = file;
    source->log = log;
}


bool
settings_set(settings_source_t *source, const char *name, const char *value)
{
    bool                   set;
    unsigned              *seen;
    char                   text[64];
    const settings_row_t  *row = settings_find(name);

    if (row == NULL) {
        settings_wrong(source, name, value, "there is no such setting");
        return false;
    }

    seen = &source->seen[row - settings_table];

    /* a wrapper may add to a command line: there, the last one counts */

    if (row->list == 0 && *seen != 0 && source->file != NULL) {
        snprintf(text, sizeof(text), "given twice, first in line %u", *seen);
        settings_wrong(source, name, value, text);
        return false;
    }

    set = row->list != 0 ? settings_add(source, row, value)
                         : settings_set_one(source, row, value);

    *seen = source->file != NULL ? source->line : 1;
    source->settings->lines[row - settings_table] =
        source->file != NULL ? (int) source->line : SETTINGS_OPTION;

    return set;
}


int
settings_line(const settings_t *settings, const char *name)
{
    const settings_row_t  *row = settings_find(name);

    return row != NULL ? settings->lines[row - settings_table] : 0;
}


bool
settings_read(settings_t *settings, const char *path, log_t *log)
{
    bool                good = true;
    char                text[CONFIG_FILE_MAX];
    size_t              len;
    config_t            config;
    const char         *wrong;
    config_result_t     result;
    settings_source_t   source;

    if (!config_read(path, text, &len, &wrong)) {
        log_line(log, "%s: %s", path, wrong);
        settings->unread = true;
        return false;
    }

    config_init(&config, text, len);
    settings_source_init(&source, settings, path, log);

    while ((result = config_next(&config)) != CONFIG_END) {
        source.line = config.line;

        if (result == CONFIG_WRONG) {
            log_line(log, "%s:%u: %s", path, config.line, config.wrong);
            good = false;

        } else if (!settings_set(&source, config.name, config.value)) {
            good = false;
        }
    }

    return good;
}


void
settings_keep_fixed(settings_t *next, const settings_t *running, log_t *log)
{
    size_t                 size;
    const settings_row_t  *row;

    for (row = settings_table; row->name != NULL; row++) {
        if (row->flags & SETTINGS_IS_LIVE) {
            continue;
        }

        size = row->list != 0 ? row->list * row->size : row->size;

        if (memcmp((char *) next + row->at, (const char *) running + row->at,
                   size)
            == 0)
        {
            continue;
        }

        log_line(log, "%s: a change takes effect with the next start",
                 row->name);

        memcpy((char *) next + row->at, (const char *) running + row->at,
               size);

        if (row->list != 0) {
            memcpy((char *) next + row->count_at,
                   (const char *) running + row->count_at, sizeof(unsigned));
        }
    }
}


void
settings_help(void)
{
    int                    n;
    size_t                 len;
    const char            *line, *end;
    const settings_row_t  *row;

    for (row = settings_table; row->name != NULL; row++) {
        n = printf("  --%s %s", row->name,
                   row->flags & SETTINGS_IS_FLAG ? "" : row->argument);

        if (n >= SETTINGS_HELP_AT) {
            n = printf("\n") - 1;
        }

        for (line = row->help; *line != '\0'; line = end + (*end == '\n')) {
            len = strcspn(line, "\n");
            end = line + len;
            printf("%*s%.*s\n", SETTINGS_HELP_AT - n, "", (int) len, line);
            n = 0;
        }
    }
}


const char *
settings_reread(const settings_t *settings, unsigned i)
{
    const char            *path;
    const settings_row_t  *row;

    for (row = settings_table; row->name != NULL; row++) {
        path = (const char *) settings + row->at;

        if ((row->flags & SETTINGS_IS_FILE) && path[0] != '\0' && i-- == 0) {
            return path;
        }
    }

    return NULL;
}


static const settings_row_t *
settings_find(const char *name)
{
    const settings_row_t  *row;

    for (row = settings_table; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return row;
        }
    }

    return NULL;
}


/* As the operator wrote it, where the operator wrote it. */
static void
settings_wrong(const settings_source_t *source, const char *name,
    const char *value, const char *text)
{
    char  where[SETTINGS_WHERE_MAX] = "--";

    if (source->file != NULL) {
        snprintf(where, sizeof(where), "%s:%u: ", source->file, source->line);
    }

    log_line(source->log, "%s%s %.200s: %s", where, name, value, text);
}


static bool
settings_set_one(settings_source_t *source, const settings_row_t *row,
    const char *value)
{
    char  text[256], *field = (char *) source->settings + row->at;

    /* what a longer value left behind would look like a change */

    memset(field, 0, row->size);

    if (row->parse(row, field, value)) {
        return true;
    }

    settings_expected(row, text, sizeof(text));
    settings_wrong(source, row->name, value, text);

    return false;
}


/* One more of a list. */
static bool
settings_add(settings_source_t *source, const settings_row_t *row,
    const char *value)
{
    char       text[256], *element;
    char      *list = (char *) source->settings + row->at;
    unsigned  *count = (void *) ((char *) source->settings + row->count_at);

    if (source->seen[row - settings_table] == 0) {
        memset(list, 0, row->list * row->size);
        *count = 0;
    }

    if (*count == row->list) {
        snprintf(text, sizeof(text), "more than %u of them", row->list);
        settings_wrong(source, row->name, value, text);
        return false;
    }

    element = list + *count * row->size;

    if (!row->parse(row, element, value)) {
        memset(element, 0, row->size);
        settings_expected(row, text, sizeof(text));
        settings_wrong(source, row->name, value, text);
        return false;
    }

    if (settings_listed(row, list, *count, element)) {
        memset(element, 0, row->size);
        settings_wrong(source, row->name, value, "given twice");
        return false;
    }

    ++*count;

    return true;
}


static bool
settings_listed(const settings_row_t *row, const char *list, unsigned n,
    const char *element)
{
    unsigned  i;

    for (i = 0; i < n; i++, list += row->size) {
        if (row->same != NULL ? row->same(list, element)
                              : memcmp(list, element, row->size) == 0)
        {
            return true;
        }
    }

    return false;
}


static void
settings_expected(const settings_row_t *row, char *text, size_t size)
{
    if (row->expected != NULL) {
        snprintf(text, size, "not %s", row->expected);

    } else {
        snprintf(text, size, "not a number from %lu to %lu", row->min,
                 row->max);
    }
}
