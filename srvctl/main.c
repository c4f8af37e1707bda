
/*
 * srvctl: the operator's hand on the store, with nginx up or down.  It works
 * on the file directly, as one more of its readers and writers, and so needs
 * to run as a user who may: root, or nginx's own.
 */

#include "srvctl.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define SRVCTL_VERSION      "0.1.0"
#define SRVCTL_COMMAND_MAX  32       /* "srvctl issuers" and more */


typedef struct {
    const char  *name;
    int        (*run)(srvctl_t *ctl, int argc, char **argv);
    const char  *arguments;
    const char  *text;
} srvctl_command_t;


static const srvctl_command_t  srvctl_commands[] = {
    { "list", srvctl_list, "[--json] [--state STATE]", "the devices" },
    { "show", srvctl_show, "NAME", "all of a device, as JSON" },
    { "suspend", srvctl_suspend, "NAME | issuer:ID",
      "serve it no more, refuse its keys; lose nothing" },
    { "resume", srvctl_resume, "NAME | issuer:ID", "the way back" },
    { "remove", srvctl_remove, "NAME", "forget a device and free its name" },
    { "issuers", srvctl_issuers, "",
      "the authorities that devices enrolled with" },
    { "ds", srvctl_ds, "[--anchor] ZONE",
      "what a parent is told of a signed zone's keys" },
    { "stats", srvctl_stats, "", "size, fill and readers of the store" },
    { "check", srvctl_check, "", "open every value, name what is damaged" },
    { "backup", srvctl_backup, "DIR", "a copy, consistent under load" },
    { "restore", srvctl_restore, "[--force] DIR",
      "put a copy in the store's place" },
    { "dump", srvctl_dump, "", "everything as lines of JSON" },
    { "load", srvctl_load, "<FILE", "such lines into an empty store" }
};


static int srvctl_command(const srvctl_command_t *command, srvctl_t *ctl,
    int argc, char **argv);
static int srvctl_usage(FILE *file, int status);


int
main(int argc, char **argv)
{
    size_t    i;
    int       option;
    srvctl_t  ctl = { .path = SRVCTL_STORE };

    static const struct option  options[] = {
        { "store",   required_argument, NULL, 's' },
        { "help",    no_argument,       NULL, 'h' },
        { "version", no_argument,       NULL, 'v' },
        { NULL,      0,                 NULL, 0 }
    };

    /* "+": what stands after the command is the command's own */

    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {

        switch (option) {

        case 's':
            ctl.path = optarg;
            break;

        case 'h':
            return srvctl_usage(stdout, EXIT_SUCCESS);

        case 'v':
            printf("srvctl %s\n", SRVCTL_VERSION);
            return EXIT_SUCCESS;

        default:
            return srvctl_usage(stderr, SRVCTL_USAGE);
        }
    }

    argc -= optind;
    argv += optind;
    optind = 0;                      /* getopt of the command begins anew */

    for (i = 0; argc > 0 && i < sizeof(srvctl_commands)
                                / sizeof(srvctl_commands[0]); i++)
    {
        if (strcmp(argv[0], srvctl_commands[i].name) == 0) {
            return srvctl_command(&srvctl_commands[i], &ctl, argc, argv);
        }
    }

    if (argc > 0) {
        fprintf(stderr, "srvctl: \"%s\" is not a command\n", argv[0]);
    }

    return srvctl_usage(stderr, SRVCTL_USAGE);
}


static int
srvctl_command(const srvctl_command_t *command, srvctl_t *ctl, int argc,
    char **argv)
{
    int   status;
    char  name[SRVCTL_COMMAND_MAX];

    snprintf(name, sizeof(name), "srvctl %s", command->name);
    argv[0] = name;

    status = command->run(ctl, argc, argv);

    /* a list that a full disk cut short is not a list */

    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_SUCCESS) {
        warn("standard output");
        status = EXIT_FAILURE;
    }

    if (status == SRVCTL_USAGE) {
        fprintf(stderr, "usage: %s%s%s\n", name,
                command->arguments[0] ? " " : "", command->arguments);
    }

    return status;
}


static int
srvctl_usage(FILE *file, int status)
{
    size_t                   i;
    char                     line[80];
    const srvctl_command_t  *command;

    fputs("usage: srvctl [--store DIR] COMMAND ...\n\n", file);

    for (i = 0; i < sizeof(srvctl_commands) / sizeof(srvctl_commands[0]);
         i++)
    {
        command = &srvctl_commands[i];
        snprintf(line, sizeof(line), "%s %s", command->name,
                 command->arguments);
        fprintf(file, "  %-32s %s\n", line, command->text);
    }

    fprintf(file, "\n  --store DIR                      the store; %s\n",
            SRVCTL_STORE);

    return status;
}
