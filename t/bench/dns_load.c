/* units: t/bench/load/load_question.c t/bench/load/load_reply.c
   t/bench/load/load_run.c t/bench/load/load_first.c
   t/bench/load/load_report.c t/bench/load/load_histogram.c
   t/bench/load/load_address.c t/tools/fleet/fleet.c */

/*
 * dns_load --server ADDR@PORT --devices N [option ...]
 *
 * Asks a server about a made-up fleet (t/tools/fleet) and says how it went.
 *
 *   --zone NAME      devices.example
 *   --mix A,B,C,D    shares of SRV, A, NXDOMAIN, NODATA; 70,20,5,5
 *   --seconds S      1
 *   --window N       queries outstanding, 192
 *   --sockets N      source ports, 16
 *   --rate N         sends so many a second and measures latency, instead of
 *                    as many as are answered
 *   --edns SIZE      queries have an OPT
 *   --do             and its DO bit
 *   --signed         the zone is signed: replies without RRSIGs are wrong
 *   --seed N         draws other names
 *   --echo           takes any reply: a reflector is at the other end
 *   --first          waits for the first right answer, SECONDS at most
 *
 * Exits with 1 and names the first wrong answer if there was one.
 */

#include "load/load.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/load_address.h"


/* More than the receive buffer of an untuned socket (212,992 bytes) holds
 * would be lost to the kernel's default rather than to the server: a packet
 * is charged 768 bytes, which makes 277. */
#define LOAD_WINDOW   192
#define LOAD_SOCKETS  16


static void load_options_parse(load_options_t *options, int argc,
    char **argv);
static void load_option(load_options_t *options, int option);
static unsigned long load_number(const char *text, unsigned long max);


int
main(int argc, char **argv)
{
    load_report_t    report = { .sent = 0 };
    load_options_t   options;
    load_question_t  question;

    load_options_parse(&options, argc, argv);

    if (!load_question_init(&question, &options)) {
        errx(2, "%s: no name of a zone", options.zone);
    }

    if (options.first) {
        load_first(&options, &question);
        return 0;
    }

    load_run(&options, &question, &report);
    load_report_print(&report);

    if (report.wrong != 0) {
        errx(1, "wrong answer to %s", report.complaint);
    }

    return 0;
}


static void
load_options_parse(load_options_t *options, int argc, char **argv)
{
    int  option;

    static const struct option  table[] = {
        { "server",  required_argument, NULL, 'a' },
        { "devices", required_argument, NULL, 'n' },
        { "zone",    required_argument, NULL, 'z' },
        { "mix",     required_argument, NULL, 'm' },
        { "seconds", required_argument, NULL, 's' },
        { "window",  required_argument, NULL, 'w' },
        { "sockets", required_argument, NULL, 'p' },
        { "rate",    required_argument, NULL, 'r' },
        { "edns",    required_argument, NULL, 'e' },
        { "do",      no_argument,       NULL, 'd' },
        { "signed",  no_argument,       NULL, 'g' },
        { "seed",    required_argument, NULL, 'x' },
        { "echo",    no_argument,       NULL, 'o' },
        { "first",   no_argument,       NULL, 'f' },
        { NULL,      0,                 NULL, 0 }
    };

    *options = (load_options_t) {
        .zone = "devices.example",
        .mix = { 70, 20, 5, 5 },
        .sockets = LOAD_SOCKETS,
        .window = LOAD_WINDOW,
        .seconds = 1
    };

    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        load_option(options, option);
    }

    if (optind != argc || options->server_len == 0 || options->devices == 0) {
        errx(2, "usage: dns_load --server ADDR@PORT --devices N [...]");
    }

    if (options->sockets > options->window) {
        options->sockets = options->window;
    }

    if (options->window > options->sockets * LOAD_SLOTS_MAX) {
        errx(2, "a window of %u needs more sockets than %u", options->window,
             options->sockets);
    }
}


static void
load_option(load_options_t *options, int option)
{
    switch (option) {

    case 'a':
        options->server_len = load_address(&options->server, optarg);
        break;

    case 'n':
        options->devices = load_number(optarg, 1ul << 40);
        break;

    case 'z':
        options->zone = optarg;
        break;

    case 'm':
        if (sscanf(optarg, "%u,%u,%u,%u", &options->mix[LOAD_SRV],
                   &options->mix[LOAD_A], &options->mix[LOAD_NXDOMAIN],
                   &options->mix[LOAD_NODATA]) != LOAD_KINDS)
        {
            errx(2, "%s: not four numbers", optarg);
        }

        break;

    case 's':
        options->seconds = strtod(optarg, NULL);
        break;

    case 'w':
        options->window = (unsigned) load_number(optarg, 1u << 16);
        break;

    case 'p':
        options->sockets = (unsigned) load_number(optarg, LOAD_SOCKETS_MAX);
        break;

    case 'r':
        options->rate = (double) load_number(optarg, 10000000);
        break;

    case 'e':
        options->edns = (uint16_t) load_number(optarg, UINT16_MAX);
        break;

    case 'd':
        options->dnssec_ok = true;
        break;

    case 'g':
        options->is_signed = true;
        break;

    case 'x':
        options->seed = load_number(optarg, UINT32_MAX);
        break;

    case 'o':
        options->echo = true;
        break;

    case 'f':
        options->first = true;
        break;

    default:
        exit(2);
    }
}


static unsigned long
load_number(const char *text, unsigned long max)
{
    char           *end;
    unsigned long   number = strtoul(text, &end, 10);

    if (*end != '\0' || number == 0 || number > max) {
        errx(2, "%s: not 1 to %lu", text, max);
    }

    return number;
}
