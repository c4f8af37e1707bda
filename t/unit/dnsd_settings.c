/* units: dnsd/config.c dnsd/settings.c dnsd/settings_parse.c
   dnsd/settings_table.c dnsd/net_address.c dnsd/net_handed.c
   dnsd/net_prefix.c dnsd/metrics_options.c dnsd/dnstap_stream.c */

/*
 * Settings: lines of a file, the rows of the table, and which source wins.
 * What is logged lands in `said`.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "settings_internal.h"


static char  said[4096];


/* In place of dnsd's. */
void
log_line(log_t *log, const char *format, ...)
{
    size_t   len = strlen(said);
    va_list  args;

    (void) log;

    va_start(args, format);
    vsnprintf(said + len, sizeof(said) - len - 1, format, args);
    va_end(args);
    strcat(said, "\n");
}


static const settings_row_t *
row_of(const char *name)
{
    const settings_row_t  *row;

    for (row = settings_table; strcmp(row->name, name) != 0; row++) {
        assert_non_null(row->name);
    }

    return row;
}


/* A line of which nothing behind it may be read. */
static config_result_t
parse(config_t *config, const char *text, size_t len)
{
    char             *copy = malloc(len + (len == 0));
    config_result_t   result;

    assert_non_null(copy);
    memcpy(copy, text, len);
    config_init(config, copy, len);
    result = config_next(config);
    free(copy);

    return result;
}


static void
lines(void **state)
{
    size_t    i;
    config_t  config;

    (void) state;

#define LINE(s)  s, sizeof(s) - 1

    static const struct {
        const char  *text;
        size_t       len;
        const char  *name;       /* NULL: no setting */
        const char  *value;      /* NULL: wrong */
    } cases[] = {
        { LINE(""), NULL, "" },
        { LINE("\n\n \t\r\n# a b"), NULL, "" },
        { LINE("a b"), "a", "b" },
        { LINE("\ta\t b \t# c"), "a", "b" },
        { LINE("a b\r\n"), "a", "b" },
        { LINE("a b#c"), "a", "b#c" },
        { LINE("a #b"), "a", NULL },
        { LINE("a \"#b\""), "a", "#b" },
        { LINE("a \"\""), "a", "" },
        { LINE("a \"b c\" # d"), "a", "b c" },
        { LINE("a \"\\\"\\\\\""), "a", "\"\\" },
        { LINE("a \xc3\xa4"), "a", "\xc3\xa4" },
        { LINE("a \\b"), "a", "\\b" },
        { LINE("a"), "a", NULL },
        { LINE("a b c"), "a", NULL },
        { LINE("a \"b"), "a", NULL },
        { LINE("a \"b\\"), "a", NULL },
        { LINE("a \"b\\c\""), "a", NULL },
        { LINE("a \"b\"c"), "a", NULL },
        { LINE("a b\"c\""), "a", NULL },
        { LINE("\"a\" b"), "a", NULL },
        { LINE("a b\0"), "a", NULL },
        { LINE("a b\x1b"), "a", NULL },
        { LINE("a b\x7f"), "a", NULL },
        { LINE("a \r b"), "a", NULL },
        { LINE("a \"b\nc\""), "a", NULL }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        switch (parse(&config, cases[i].text, cases[i].len)) {

        case CONFIG_SETTING:
            assert_non_null(cases[i].name);
            assert_non_null(cases[i].value);
            assert_string_equal(config.name, cases[i].name);
            assert_string_equal(config.value, cases[i].value);
            break;

        case CONFIG_END:
            assert_null(cases[i].name);
            break;

        default:
            assert_null(cases[i].value);
            assert_non_null(config.wrong);
        }
    }
}


/* The longest name and value, and one byte more. */
static void
lengths(void **state)
{
    char      text[CONFIG_NAME_MAX + CONFIG_VALUE_MAX + 4];
    size_t    len;
    config_t  config;

    (void) state;

    len = CONFIG_NAME_MAX - 1;
    memset(text, 'n', sizeof(text));
    memcpy(text + len, " v", 2);
    assert_int_equal(parse(&config, text, len + 2), CONFIG_SETTING);
    assert_int_equal(strlen(config.name), len);

    memset(text, 'n', sizeof(text));
    memcpy(text + len + 1, " v", 2);
    assert_int_equal(parse(&config, text, len + 3), CONFIG_WRONG);

    len = CONFIG_VALUE_MAX - 1;
    memset(text, 'v', sizeof(text));
    memcpy(text, "n ", 2);
    assert_int_equal(parse(&config, text, len + 2), CONFIG_SETTING);
    assert_int_equal(strlen(config.value), len);
    assert_int_equal(parse(&config, text, len + 3), CONFIG_WRONG);

    memcpy(text, "n \"", 3);
    text[len + 3] = '"';
    assert_int_equal(parse(&config, text, len + 4), CONFIG_SETTING);
    assert_int_equal(strlen(config.value), len);
    text[len + 3] = 'v';
    text[len + 4] = '"';
    assert_int_equal(parse(&config, text, len + 5), CONFIG_WRONG);
}


/* --help puts it beside the names, in 80 columns. */
static bool
narrow(const char *help)
{
    size_t  len;

    for (; *help != '\0'; help += len + (help[len] == '\n')) {
        len = strcspn(help, "\n");

        if (len > 80 - 26) {
            fprintf(stderr, "%.*s\n", (int) len, help);
            return false;
        }
    }

    return true;
}


/* Every row: its preset is good, it has help, and its field is one that fits
 * what the row says of it. */
static void
table(void **state)
{
    settings_t             settings;
    settings_source_t      source;
    const settings_row_t  *row, *other;

    (void) state;

    settings_init(&settings);
    assert_int_equal(settings.policy.answer.udp_size, ANSWER_UDP_SIZE);
    assert_in_range(settings.threads, 1, 16);

    for (row = settings_table; row->name != NULL; row++) {
        assert_non_null(row->argument);
        assert_non_null(row->help);
        assert_non_null(row->parse);
        assert_true(narrow(row->help));
        assert_true(row->at + row->size <= sizeof(settings));
        assert_true(strlen(row->name) < CONFIG_NAME_MAX);
        assert_int_not_equal(settings_form(row->name), SETTINGS_UNKNOWN);

        for (other = settings_table; other != row; other++) {
            assert_string_not_equal(row->name, other->name);
        }

        said[0] = '\0';
        settings_source_init(&source, &settings, "f", NULL);
        source.line = 7;

        if (row->preset != NULL) {
            assert_true(settings_set(&source, row->name, row->preset));
            assert_string_equal(said, "");
        }

        /* nothing takes an empty text, and what is said names the line */

        source.seen[row - settings_table] = 0;
        assert_false(settings_set(&source, row->name, ""));
        assert_memory_equal(said, "f:7: ", 5);
        assert_non_null(strstr(said, row->name));
    }

    assert_int_equal(settings_form("config"), SETTINGS_UNKNOWN);
    assert_int_equal(settings_form(""), SETTINGS_UNKNOWN);
}


/* Of a single one in a file the second is wrong; on the command line the last
 * one counts, and it wins over the file. */
static void
single(void **state)
{
    settings_t         settings;
    settings_source_t  source;

    (void) state;

    said[0] = '\0';
    settings_init(&settings);
    settings_source_init(&source, &settings, "f", NULL);
    source.line = 1;
    assert_true(settings_set(&source, "user", "a-long-name"));
    source.line = 2;
    assert_false(settings_set(&source, "user", "b"));
    assert_string_equal(said, "f:2: user b: given twice, first in line 1\n");
    assert_string_equal(settings.user, "a-long-name");

    settings_source_init(&source, &settings, NULL, NULL);
    assert_true(settings_set(&source, "user", "c"));
    assert_true(settings_set(&source, "user", "d"));

    /* no rest of the longer one is left behind */

    assert_int_equal(settings.user[0], 'd');
    assert_int_equal(settings.user[2], '\0');
    assert_int_equal(settings.user[10], '\0');

    said[0] = '\0';
    assert_false(settings_set(&source, "udp-size", "511"));
    assert_string_equal(said, "--udp-size 511: not a number from 512 to "
                        "4096\n");
}


/* A list adds up in one source, and a later source begins it anew. */
static void
list(void **state)
{
    char               text[32];
    unsigned           i;
    settings_t         settings;
    settings_source_t  source;

    (void) state;

    said[0] = '\0';
    settings_init(&settings);
    settings_source_init(&source, &settings, "f", NULL);

    for (i = 1; i <= NET_ADDRESSES_MAX; i++) {
        source.line = i;
        snprintf(text, sizeof(text), "192.0.2.%u", i);
        assert_true(settings_set(&source, "listen", text));
    }

    assert_false(settings_set(&source, "listen", "192.0.2.99"));
    assert_string_equal(said, "f:32: listen 192.0.2.99: more than 32 of "
                        "them\n");
    assert_int_equal(settings.naddresses, NET_ADDRESSES_MAX);

    settings_source_init(&source, &settings, NULL, NULL);
    assert_true(settings_set(&source, "listen", "::1"));
    assert_int_equal(settings.naddresses, 1);
    assert_string_equal(settings.addresses[0].text, "::1@53");
    assert_string_equal(settings.addresses[1].text, "");

    said[0] = '\0';
    assert_false(settings_set(&source, "listen", "0:0::1@53"));
    assert_string_equal(said, "--listen 0:0::1@53: given twice\n");
    assert_int_equal(settings.naddresses, 1);
    assert_string_equal(settings.addresses[1].text, "");
}


/* Widths from a byte to a long, each with its bounds. */
static void
numbers(void **state)
{
    size_t    i;
    uint64_t  field;

    static const struct {
        size_t         size;
        unsigned long  max;
        const char    *value;
        bool           good;
    } cases[] = {
        { 1, 255, "255", true },
        { 1, 255, "256", false },
        { 1, 1000, "256", false },
        { 2, 65535, "65535", true },
        { 2, 70000, "65536", false },
        { 4, UINT32_MAX, "4294967295", true },
        { 4, ULONG_MAX, "4294967296", false },
        { 8, ULONG_MAX, "4294967296", true },
        { 8, ULONG_MAX, "99999999999999999999", false },
        { 3, 255, "1", false },
        { 4, 255, "0x10", false },
        { 4, 255, "+1", false },
        { 4, 255, "1 ", false },
        { 4, 255, "007", true }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        settings_row_t  row = {
            .size = cases[i].size,
            .max = cases[i].max
        };

        field = 0;
        assert_int_equal(settings_parse_number(&row, &field, cases[i].value),
                         cases[i].good);

        /* where numbers have their low byte first */

        if (cases[i].good) {
            assert_int_equal(field, strtoul(cases[i].value, NULL, 10));
        }
    }
}


/* A fixed setting stays and is told; a live one changes. */
static void
fixed(void **state)
{
    settings_t         running, next;
    settings_source_t  source;

    (void) state;

    settings_init(&running);
    settings_source_init(&source, &running, "f", NULL);
    source.line = 1;
    assert_true(settings_set(&source, "listen", "192.0.2.1"));
    assert_true(settings_set(&source, "listen", "192.0.2.2"));
    assert_true(settings_set(&source, "user", "one"));

    settings_init(&next);
    settings_source_init(&source, &next, "f", NULL);
    assert_true(settings_set(&source, "listen", "192.0.2.1"));
    assert_true(settings_set(&source, "user", "one"));
    assert_true(settings_set(&source, "udp-size", "600"));

    said[0] = '\0';
    settings_keep_fixed(&next, &running, NULL);
    assert_string_equal(said, "listen: a change takes effect with the next "
                        "start\n");
    assert_int_equal(next.naddresses, 2);
    assert_string_equal(next.addresses[1].text, "192.0.2.2@53");
    assert_int_equal(next.policy.answer.udp_size, 600);

    said[0] = '\0';
    settings_keep_fixed(&next, &running, NULL);
    assert_string_equal(said, "");
    assert_true(row_of("udp-size")->flags & SETTINGS_IS_LIVE);
    assert_false(row_of("user")->flags & SETTINGS_IS_LIVE);
}


/* A file of many mistakes: each is told, and what is good between them is
 * taken, which does not matter. */
static void
whole_file(void **state)
{
    int         fd;
    char        path[] = "/tmp/dnsd-settings-XXXXXX";
    settings_t  settings;

    static const char  text[] =
        "user one\n\nuser two\nudp-size \"600\nbogus 1\nudp-size 600\n";

    (void) state;

    fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);

    said[0] = '\0';
    settings_init(&settings);
    assert_false(settings_read(&settings, path, NULL));
    unlink(path);

    assert_non_null(strstr(said, ":3: user two: given twice, first in line 1"));
    assert_non_null(strstr(said, ":4: a quote without its end"));
    assert_non_null(strstr(said, ":5: bogus 1: there is no such setting"));
    assert_int_equal(settings.policy.answer.udp_size, 600);

    said[0] = '\0';
    assert_false(settings_read(&settings, path, NULL));
    assert_non_null(strstr(said, "No such file"));
    assert_false(settings_read(&settings, "/dev/zero", NULL));
    assert_non_null(strstr(said, "/dev/zero: not a regular file"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(lengths),
        cmocka_unit_test(table),
        cmocka_unit_test(single),
        cmocka_unit_test(list),
        cmocka_unit_test(numbers),
        cmocka_unit_test(fixed),
        cmocka_unit_test(whole_file)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
