
/*
 * The command line: --name value or --name=value, each name whole.  Every
 * mistake is named with the option and its value.
 */

#include "options.h"

#include "version.h"

#include <stdio.h>
#include <string.h>


/* Walks the command line. */
typedef struct {
    const options_t  *options;
    log_t            *log;
    int               at;            /* of the next argument */
    char              name[CONFIG_NAME_MAX];
    const char       *value;         /* NULL: none, and none is needed */
} options_cursor_t;


typedef enum {
    OPTION_SETTING = 0,
    OPTION_CONFIG,
    OPTION_CHECK,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_END,
    OPTION_WRONG                     /* logged */
} option_t;


static const char  options_usage[] =
    "usage: dnsd --store DIR --listen ADDR[@PORT] [--name value ...]\n"
    "       dnsd --config FILE [--check] [--name value ...]\n"
    "\n"
    "  --config FILE           lines of `name value`; what the command line\n"
    "                          says wins\n"
    "  --check                 looks for mistakes and ends\n"
    "  --help, --version\n";


static option_t options_next(options_cursor_t *cursor);
static option_t options_which(const char *name);
static bool options_value(options_cursor_t *cursor, option_t option);


options_result_t
options_parse(options_t *options, int argc, char **argv, log_t *log)
{
    options_cursor_t  cursor = { .options = options, .log = log, .at = 1 };

    options->argc = argc;
    options->argv = argv;
    options->config = NULL;
    options->check = false;
    options->handed = false;

    for ( ;; ) {
        switch (options_next(&cursor)) {

        case OPTION_SETTING:
            break;

        case OPTION_CONFIG:
            options->config = cursor.value;
            break;

        case OPTION_CHECK:
            options->check = true;
            break;

        case OPTION_HELP:
            fputs(options_usage, stdout);
            settings_help();
            return OPTIONS_DONE;

        case OPTION_VERSION:
            printf("dnsd %s\n", DNSD_VERSION);
            return OPTIONS_DONE;

        case OPTION_END:
            return OPTIONS_RUN;

        default:
            return OPTIONS_WRONG;
        }
    }
}


bool
options_load(const options_t *options, settings_t *settings, log_t *log)
{
    bool                good = true;
    option_t            option;
    options_cursor_t    cursor = { .options = options, .log = log, .at = 1 };
    settings_source_t   source;

    settings_init(settings);

    if (options->config != NULL) {
        good = settings_read(settings, options->config, log);
    }

    settings_source_init(&source, settings, NULL, log);

    while ((option = options_next(&cursor)) != OPTION_END) {
        if (option == OPTION_SETTING
            && !settings_set(&source, cursor.name,
                             cursor.value != NULL ? cursor.value : "on"))
        {
            good = false;
        }
    }

    return settings_complete(settings, options->handed, log) && good;
}


/* The next option, with its value.  An argument that is none ends the walk. */
static option_t
options_next(options_cursor_t *cursor)
{
    option_t     option;
    const char  *argument, *equals;

    if (cursor->at >= cursor->options->argc) {
        return OPTION_END;
    }

    argument = cursor->options->argv[cursor->at++];

    if (strncmp(argument, "--", 2) != 0) {
        log_line(cursor->log, "\"%s\" is not an option", argument);
        return OPTION_WRONG;
    }

    equals = strchr(argument, '=');
    cursor->value = equals != NULL ? equals + 1 : NULL;

    /* a name that does not fit is none of ours, and stays none when it is
     * cut */

    snprintf(cursor->name, sizeof(cursor->name), "%.*s",
             (int) strcspn(argument + 2, "="), argument + 2);

    option = options_which(cursor->name);

    if (option == OPTION_WRONG) {
        log_line(cursor->log, "%s: unrecognized option", argument);
        return OPTION_WRONG;
    }

    return options_value(cursor, option) ? option : OPTION_WRONG;
}


static option_t
options_which(const char *name)
{
    unsigned  i;

    static const char *const  names[] = {
        [OPTION_CONFIG] = "config",
        [OPTION_CHECK] = "check",
        [OPTION_HELP] = "help",
        [OPTION_VERSION] = "version"
    };

    for (i = OPTION_CONFIG; i <= OPTION_VERSION; i++) {
        if (strcmp(name, names[i]) == 0) {
            return (option_t) i;
        }
    }

    return settings_form(name) == SETTINGS_UNKNOWN ? OPTION_WRONG
                                                   : OPTION_SETTING;
}


/* Takes the next argument for its value where it needs one. */
static bool
options_value(options_cursor_t *cursor, option_t option)
{
    bool  setting = option == OPTION_SETTING;

    if (option == OPTION_CONFIG
        || (setting && settings_form(cursor->name) == SETTINGS_VALUE))
    {
        if (cursor->value == NULL && cursor->at < cursor->options->argc) {
            cursor->value = cursor->options->argv[cursor->at++];
        }

        if (cursor->value == NULL) {
            log_line(cursor->log, "--%s: its value is missing", cursor->name);
            return false;
        }

        return true;
    }

    if (!setting && cursor->value != NULL) {
        log_line(cursor->log, "--%s: takes no value", cursor->name);
        return false;
    }

    return true;
}
