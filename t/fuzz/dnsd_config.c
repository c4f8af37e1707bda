/* units: dnsd/config.c dnsd/settings.c dnsd/settings_parse.c
   dnsd/settings_table.c dnsd/net_address.c dnsd/net_handed.c
   dnsd/net_prefix.c dnsd/metrics_options.c dnsd/dnstap_stream.c */

/*
 * A configuration file of any bytes.  What is read is bounded and printable,
 * and every line is accounted for.
 */

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_settings(settings_t *settings, const char *text, size_t len);
static void fuzz_printable(const char *text);


/* In place of dnsd's: all is formatted, nothing is written. */
void
log_line(log_t *log, const char *format, ...)
{
    char     line[8192];
    va_list  args;

    (void) log;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    fuzz_printable(line);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char               *text;
    static settings_t   settings;    /* larger than a frame should be */

    /* a block of its own: the sanitizer sees a byte read behind it */

    text = malloc(size != 0 ? size : 1);

    if (text == NULL) {
        return 0;
    }

    memcpy(text, data, size);
    fuzz_settings(&settings, text, size);
    free(text);

    return 0;
}


static void
fuzz_settings(settings_t *settings, const char *text, size_t len)
{
    unsigned            line = 0;
    config_t            config;
    config_result_t     result;
    settings_source_t   source;

    settings_init(settings);
    settings_source_init(&source, settings, "file", NULL);
    config_init(&config, text, len);

    while ((result = config_next(&config)) != CONFIG_END) {
        if (config.line <= line) {
            abort();
        }

        line = config.line;
        source.line = line;

        if (result == CONFIG_SETTING) {
            fuzz_printable(config.name);
            fuzz_printable(config.value);
            (void) settings_set(&source, config.name, config.value);
        }
    }

    if (config.at != config.end) {
        abort();
    }
}


static void
fuzz_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (((unsigned char) *text < ' ' && *text != '\t') || *text == 0x7f) {
            abort();
        }
    }
}
