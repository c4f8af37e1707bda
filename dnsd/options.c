
/*
 * The command line.  Every mistake is named with the option and its value.
 */

#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define OPTIONS_VERSION  "0.1.0"

/* More threads than this only by request: the answers of a small fleet fit
 * one. */
#define OPTIONS_THREADS  16


/* No option has a short form: numbers that no character has. */
enum {
    OPTION_STORE = 1,
    OPTION_LISTEN,
    OPTION_THREADS,
    OPTION_USER,
    OPTION_GROUP,
    OPTION_UDP_SIZE,
    OPTION_VERBOSE,
    OPTION_VERSION,
    OPTION_HELP
};


static const struct option  options_table[] = {
    { "store",    required_argument, NULL, OPTION_STORE },
    { "listen",   required_argument, NULL, OPTION_LISTEN },
    { "threads",  required_argument, NULL, OPTION_THREADS },
    { "user",     required_argument, NULL, OPTION_USER },
    { "group",    required_argument, NULL, OPTION_GROUP },
    { "udp-size", required_argument, NULL, OPTION_UDP_SIZE },
    { "verbose",  no_argument,       NULL, OPTION_VERBOSE },
    { "version",  no_argument,       NULL, OPTION_VERSION },
    { "help",     no_argument,       NULL, OPTION_HELP },
    { NULL,       0,                 NULL, 0 }
};


static const char  options_help[] =
    "usage: dnsd --store DIR --listen ADDR[@PORT] [--listen ...]\n"
    "            [--threads N] [--user USER] [--group GROUP]\n"
    "            [--udp-size BYTES] [--verbose] [--version] [--help]\n"
    "\n"
    "  --store DIR       the directory of the registrar's store\n"
    "  --listen ADDR     an IPv4 or IPv6 address to answer on, UDP and TCP;\n"
    "                    @PORT where it is not 53\n"
    "  --threads N       1 to 64; as many as there are processors, 16 at most\n"
    "  --user USER       becomes this user when the sockets are bound\n"
    "  --group GROUP     and this group instead of the user's own\n"
    "  --udp-size BYTES  largest UDP answer, 512 to 4096; 1232\n"
    "  --verbose         logs counters once a minute\n";


static options_result_t options_take(options_t *options, int option,
    const char *value, log_t *log);
static options_result_t options_listen(options_t *options, const char *value,
    log_t *log);
static options_result_t options_number(const char *name, const char *value,
    unsigned long min, unsigned long max, unsigned long *number, log_t *log);
static unsigned options_processors(void);


options_result_t
options_parse(options_t *options, int argc, char **argv, log_t *log)
{
    int               option;
    options_result_t  result;

    /* every other option is absent, empty or off */

    memset(options, 0, sizeof(*options));
    options->threads = options_processors();
    options->policy.answer.udp_size = ANSWER_UDP_SIZE;
    options->policy.tcp.idle = NET_TCP_IDLE;

    for ( ;; ) {
        option = getopt_long(argc, argv, "", options_table, NULL);

        if (option == -1) {
            break;
        }

        result = options_take(options, option, optarg, log);

        if (result != OPTIONS_RUN) {
            return result;
        }
    }

    if (optind < argc) {
        log_line(log, "\"%s\" is not an option", argv[optind]);
        return OPTIONS_WRONG;
    }

    if (options->store == NULL) {
        log_line(log, "--store is missing (see --help)");
        return OPTIONS_WRONG;
    }

    if (options->naddresses == 0) {
        log_line(log, "--listen is missing (see --help)");
        return OPTIONS_WRONG;
    }

    return OPTIONS_RUN;
}


/* One option.  Of one that is given twice the last counts, but for addresses,
 * which add up. */
static options_result_t
options_take(options_t *options, int option, const char *value, log_t *log)
{
    unsigned long      number = 0;
    options_result_t   result = OPTIONS_RUN;

    switch (option) {

    case OPTION_STORE:
        options->store = value;
        break;

    case OPTION_LISTEN:
        result = options_listen(options, value, log);
        break;

    case OPTION_THREADS:
        result = options_number("threads", value, 1, NET_THREADS_MAX, &number,
                                log);
        options->threads = (unsigned) number;
        break;

    case OPTION_USER:
        options->user = value;
        break;

    case OPTION_GROUP:
        options->group = value;
        break;

    case OPTION_UDP_SIZE:
        result = options_number("udp-size", value, WIRE_UDP_MIN,
                                NET_UDP_SIZE_MAX, &number, log);
        options->policy.answer.udp_size = (uint16_t) number;
        break;

    case OPTION_VERBOSE:
        options->verbose = true;
        break;

    case OPTION_VERSION:
        printf("dnsd %s\n", OPTIONS_VERSION);
        return OPTIONS_DONE;

    case OPTION_HELP:
        fputs(options_help, stdout);
        return OPTIONS_DONE;

    default:
        return OPTIONS_WRONG;           /* getopt has said what */
    }

    return result;
}


static options_result_t
options_listen(options_t *options, const char *value, log_t *log)
{
    unsigned        i;
    net_address_t  *address = &options->addresses[options->naddresses];

    if (options->naddresses == NET_ADDRESSES_MAX) {
        log_line(log, "--listen: more than %d addresses", NET_ADDRESSES_MAX);
        return OPTIONS_WRONG;
    }

    if (!net_address_parse(address, value)) {
        log_line(log, "--listen %s: not an IPv4 or IPv6 address, with @PORT "
                 "(1 to 65535) where it is not 53", value);
        return OPTIONS_WRONG;
    }

    /* the second would take half of the first one's packets */

    for (i = 0; i < options->naddresses; i++) {
        if (address->len == options->addresses[i].len
            && memcmp(&address->sockaddr, &options->addresses[i].sockaddr,
                      address->len) == 0)
        {
            log_line(log, "--listen %s: given twice", value);
            return OPTIONS_WRONG;
        }
    }

    options->naddresses++;

    return OPTIONS_RUN;
}


/* strtoul alone would take " 1", "-1" and "1x".  *number is set also where it
 * is refused; the caller then does not go on. */
static options_result_t
options_number(const char *name, const char *value, unsigned long min,
    unsigned long max, unsigned long *number, log_t *log)
{
    char  *end;

    errno = 0;
    *number = strtoul(value, &end, 10);

    if (errno != 0 || value[0] < '0' || value[0] > '9' || *end != '\0'
        || *number < min || *number > max)
    {
        log_line(log, "--%s %s: not a number from %lu to %lu", name, value,
                 min, max);
        return OPTIONS_WRONG;
    }

    return OPTIONS_RUN;
}


/* Those that we may run on: a container is often given fewer than there are. */
static unsigned
options_processors(void)
{
    int        n;
    cpu_set_t  set;

    CPU_ZERO(&set);

    if (sched_getaffinity(0, sizeof(set), &set) == -1) {
        return 1;
    }

    n = CPU_COUNT(&set);

    return n < 1 ? 1 : n > OPTIONS_THREADS ? OPTIONS_THREADS : (unsigned) n;
}
