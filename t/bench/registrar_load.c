/* units: t/bench/update/update_sign.c t/bench/update/update_fleet.c
   t/bench/update/update_connection.c t/bench/update/update_identity.c
   t/bench/update/update_run.c t/bench/load/load_histogram.c
   t/bench/load/load_address.c t/tools/fleet/fleet.c */

/*
 * registrar_load --server ADDR@PORT --devices N --secret HEX [option ...]
 *
 * Plays a made-up fleet (store_fill --devices N) that talks to a registrar
 * over TLS, and says how it went.  A request that is refused as stale is
 * signed again, as a device does.
 *
 *   --host NAME          of the server; registrar.example
 *   --zone NAME          devices.example
 *   --ca FILE            checks the server's certificate
 *   --mode change        PUT of another port each time
 *          refresh       PATCH {}
 *          enroll        POST with a certificate, a new one each time
 *          get           nothing signed
 *   --path PATH          in place of the mode's own: it is asked the same
 *   --any                any 2xx is a right reply
 *   --connections N      64
 *   --fresh              opens a connection for each request
 *   --seconds S          1
 *   --count N            at most so many requests; enroll needs it
 *   --rate N             begins so many a second, instead of as many as are
 *                        answered
 *   --issuer FILE, --issuer-key FILE   of client certificates
 *   --seed N             begins with another device
 *   --acknowledged FILE  gets each device's label and last port
 *
 * It says "ready 1" when its connections stand, and begins when there is a
 * line or the end on standard input.  Exits with 1 where a request was
 * refused or got no reply.
 */

#include "update/update.h"

#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/load_address.h"


#define UPDATE_CONNECTIONS_MAX  16384


static void update_options_parse(update_options_t *options, int argc,
    char **argv);
static void update_option(update_options_t *options, int option);
static void update_options_check(const update_options_t *options);
static update_mode_t update_mode(const char *text);
static void update_secret(uint8_t secret[UPDATE_KEY_LEN], const char *text);
static unsigned long update_number(const char *text, unsigned long max);
static void update_report_print(const update_report_t *report);


int
main(int argc, char **argv)
{
    update_fleet_t    fleet = { .next = 0 };
    update_options_t  options;
    update_report_t  *report = calloc(1, sizeof(update_report_t));

    if (report == NULL) {
        err(1, "calloc");
    }

    (void) signal(SIGPIPE, SIG_IGN);

    update_options_parse(&options, argc, argv);
    update_fleet_init(&fleet, &options);
    update_run(&options, &fleet, report);
    update_report_print(report);

    if (options.acknowledged != NULL) {
        update_fleet_save(&fleet, options.acknowledged);
    }

    if (report->refused + report->broken + report->late != 0) {
        errx(1, "not all were acknowledged: %s", report->complaint);
    }

    update_fleet_cleanup(&fleet);
    free(report);

    return 0;
}


static void
update_options_parse(update_options_t *options, int argc, char **argv)
{
    int  option;

    static const struct option  table[] = {
        { "server",       required_argument, NULL, 'a' },
        { "devices",      required_argument, NULL, 'n' },
        { "secret",       required_argument, NULL, 'k' },
        { "host",         required_argument, NULL, 'h' },
        { "zone",         required_argument, NULL, 'z' },
        { "ca",           required_argument, NULL, 'c' },
        { "mode",         required_argument, NULL, 'm' },
        { "path",         required_argument, NULL, 'p' },
        { "any",          no_argument,       NULL, 'y' },
        { "connections",  required_argument, NULL, 'w' },
        { "fresh",        no_argument,       NULL, 'f' },
        { "seconds",      required_argument, NULL, 's' },
        { "count",        required_argument, NULL, 'o' },
        { "rate",         required_argument, NULL, 'r' },
        { "issuer",       required_argument, NULL, 'i' },
        { "issuer-key",   required_argument, NULL, 'j' },
        { "seed",         required_argument, NULL, 'x' },
        { "acknowledged", required_argument, NULL, 'l' },
        { NULL,           0,                 NULL, 0 }
    };

    *options = (update_options_t) {
        .host = "registrar.example",
        .zone = "devices.example",
        .connections = 64,
        .seconds = 1
    };

    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        update_option(options, option);
    }

    if (optind != argc || options->server_len == 0) {
        errx(2, "usage: registrar_load --server ADDR@PORT --devices N [...]");
    }

    update_options_check(options);
}


static void
update_option(update_options_t *options, int option)
{
    switch (option) {

    case 'a':
        options->server_len = load_address(&options->server, optarg);
        break;

    case 'n':
        options->devices = update_number(optarg, 1ul << 32);
        break;

    case 'k':
        update_secret(options->secret, optarg);
        break;

    case 'h':
        options->host = optarg;
        break;

    case 'z':
        options->zone = optarg;
        break;

    case 'c':
        options->ca = optarg;
        break;

    case 'm':
        options->mode = update_mode(optarg);
        break;

    case 'p':
        options->path = optarg;
        break;

    case 'y':
        options->any = true;
        break;

    case 'w':
        options->connections = (unsigned) update_number(optarg,
                                              UPDATE_CONNECTIONS_MAX);
        break;

    case 'f':
        options->fresh = true;
        break;

    case 's':
        options->seconds = strtod(optarg, NULL);
        break;

    case 'o':
        options->count = update_number(optarg, 10000000);
        break;

    case 'r':
        options->rate = (double) update_number(optarg, 10000000);
        break;

    case 'i':
        options->issuer = optarg;
        break;

    case 'j':
        options->issuer_key = optarg;
        break;

    case 'x':
        options->seed = update_number(optarg, UINT32_MAX);
        break;

    case 'l':
        options->acknowledged = optarg;
        break;

    default:
        exit(2);
    }
}


static void
update_options_check(const update_options_t *options)
{
    if (options->devices <= options->connections) {
        errx(2, "fewer devices than connections");
    }

    if ((options->issuer != NULL || options->mode == UPDATE_ENROLL)
        && (options->issuer == NULL || options->issuer_key == NULL
            || options->count == 0 || !options->fresh))
    {
        errx(2, "certificates need --issuer, --issuer-key, --count, --fresh");
    }
}


static update_mode_t
update_mode(const char *text)
{
    size_t  i;

    static const char *const  modes[] = { "change", "refresh", "enroll",
                                          "get" };

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(text, modes[i]) == 0) {
            return (update_mode_t) i;
        }
    }

    errx(2, "%s: no mode", text);
}


static void
update_secret(uint8_t secret[UPDATE_KEY_LEN], const char *text)
{
    size_t  i;

    if (strlen(text) != 2 * UPDATE_KEY_LEN) {
        errx(2, "a secret has %d hex digits", 2 * UPDATE_KEY_LEN);
    }

    for (i = 0; i < UPDATE_KEY_LEN; i++) {
        if (sscanf(text + 2 * i, "%2hhx", &secret[i]) != 1) {
            errx(2, "a secret has hex digits");
        }
    }
}


static unsigned long
update_number(const char *text, unsigned long max)
{
    char           *end;
    unsigned long   number = strtoul(text, &end, 10);

    if (*end != '\0' || number == 0 || number > max) {
        errx(2, "%s: not 1 to %lu", text, max);
    }

    return number;
}


static void
update_report_print(const update_report_t *report)
{
    const load_histogram_t  *latency = &report->latency;

    printf("sent %" PRIu64 "\n", report->sent);
    printf("acknowledged %" PRIu64 "\n", report->acknowledged);
    printf("changed %" PRIu64 "\n", report->changed);
    printf("stale %" PRIu64 "\n", report->stale);
    printf("refused %" PRIu64 "\n", report->refused);
    printf("broken %" PRIu64 "\n", report->broken);
    printf("late %" PRIu64 "\n", report->late);
    printf("seconds %.6f\n", report->seconds);
    printf("rate %.1f\n", report->rate);
    printf("p50_us %.1f\n", load_histogram_us(latency, 0.5));
    printf("p99_us %.1f\n", load_histogram_us(latency, 0.99));
    printf("p999_us %.1f\n", load_histogram_us(latency, 0.999));
}
