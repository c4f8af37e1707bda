
/*
 * list and show: what there is, for people in columns, for programs in JSON.
 */

#include "srvctl.h"

#include "device_rdata.h"
#include "device_reply.h"

#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    const srvctl_t  *ctl;
    const char      *state;          /* NULL: all */
    bool             json;
    int64_t          now;
} list_t;


static bool list_value(void *data, store_span_t key, store_span_t bytes);
static const char *list_state(const list_t *list, const store_value_t *value,
    const store_device_t *device);
static void list_line(const list_t *list, const char *name,
    const char *state, const store_value_t *value,
    const store_device_t *device);
static void list_address(const list_t *list, const store_value_t *value,
    uint16_t type);
static char *list_report(const srvctl_t *ctl, const store_key_t *key,
    store_span_t bytes);


int
srvctl_list(srvctl_t *ctl, int argc, char **argv)
{
    int     option, status;
    list_t  list = { .ctl = ctl };

    static const struct option  options[] = {
        { "json",  no_argument,       NULL, 'j' },
        { "state", required_argument, NULL, 's' },
        { NULL,    0,                 NULL, 0 }
    };

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {

        switch (option) {

        case 'j':
            list.json = true;
            break;

        case 's':
            list.state = optarg;

            if (strcmp(optarg, "active") != 0
                && strcmp(optarg, "silent") != 0
                && strcmp(optarg, "suspended") != 0
                && strcmp(optarg, "moved") != 0
                && strcmp(optarg, "issuer-suspended") != 0)
            {
                errx(SRVCTL_USAGE, "--state %s: active, silent, suspended, "
                     "issuer-suspended or moved", optarg);
            }

            break;

        default:
            return SRVCTL_USAGE;
        }
    }

    if (optind != argc) {
        return SRVCTL_USAGE;
    }

    srvctl_open(ctl, false);
    list.now = lease_clock_now(&ctl->clock);

    status = srvctl_walk(ctl, list_value, &list);
    srvctl_close(ctl);

    return status;
}


/* A damaged value is `check`'s to name; here it only is no device. */
static bool
list_value(void *data, store_span_t key, store_span_t bytes)
{
    char           *json, name[SRVCTL_NAME_MAX];
    list_t         *list = data;
    const char     *state;
    store_key_t     slot;
    store_value_t   value;
    store_device_t  device;

    if (!store_value_open(&value, key, bytes)
        || value.kind != STORE_KIND_DEVICE)
    {
        return true;
    }

    store_value_device(&value, &device);
    state = list_state(list, &value, &device);

    if (list->state != NULL && strcmp(list->state, state) != 0) {
        return true;
    }

    if (!list->json) {
        srvctl_name(name, key);
        list_line(list, name, state, &value, &device);
        return true;
    }

    memcpy(slot.data, key.data, key.len);
    slot.len = (uint16_t) key.len;

    json = list_report(list->ctl, &slot, bytes);

    if (json != NULL) {
        puts(json);
        device_reply_free(json);
    }

    return true;
}


/* silent: nothing of it shows, though nobody has suspended it. */
static const char *
list_state(const list_t *list, const store_value_t *value,
    const store_device_t *device)
{
    store_rrset_t       rrset;
    store_rrset_iter_t  iter;

    if (!store_value_served(value)) {
        return store_value_state(value) == STORE_DEVICE_MOVED ? "moved"
                                                              : "suspended";
    }

    if (store_issuer_suspended(&list->ctl->issuers, device->issuer)) {
        return "issuer-suspended";
    }

    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)) {
        if (store_rrset_is_data(&rrset)
            && store_rrset_live(&rrset, list->now))
        {
            return "active";
        }
    }

    return "silent";
}


/* Name, state, seconds of lease left, seconds since it was seen, addresses. */
static void
list_line(const list_t *list, const char *name, const char *state,
    const store_value_t *value, const store_device_t *device)
{
    int64_t  left = device->lease_end - list->now;

    printf("%s %s %" PRId64 " %" PRId64, name, state, left > 0 ? left : 0,
           list->now - device->seen);

    list_address(list, value, DEVICE_TYPE_A);
    list_address(list, value, DEVICE_TYPE_AAAA);
    putchar('\n');
}


static void
list_address(const list_t *list, const store_value_t *value, uint16_t type)
{
    char             text[INET6_ADDRSTRLEN];
    store_rr_t       rr;
    store_rrset_t    rrset;
    store_rr_iter_t  iter;

    if (!store_rrset_find(value, (store_span_t) { NULL, 0 }, type, &rrset)
        || !store_rrset_live(&rrset, list->now))
    {
        return;
    }

    store_rr_begin(&iter, &rrset);

    if (store_rr_next(&iter, &rr)
        && rr.len == (type == DEVICE_TYPE_A ? 4 : 16)
        && inet_ntop(type == DEVICE_TYPE_A ? AF_INET : AF_INET6, rr.data,
                     text, sizeof(text)) != NULL)
    {
        printf(" %s", text);
    }
}


int
srvctl_show(srvctl_t *ctl, int argc, char **argv)
{
    char            *json;
    int              status = EXIT_FAILURE;
    store_key_t      key;
    store_span_t     bytes;
    store_status_t   found;

    if (argc != 2) {
        return SRVCTL_USAGE;
    }

    srvctl_open(ctl, false);

    if (srvctl_key(ctl, argv[1], &key)) {
        found = store_get(ctl->txn, &key, &bytes);
        json = found == STORE_OK ? list_report(ctl, &key, bytes) : NULL;

        if (json != NULL) {
            puts(json);
            device_reply_free(json);
            status = EXIT_SUCCESS;

        } else if (found == STORE_OK) {
            warnx("%s: not a device, or damaged (srvctl check)", argv[1]);

        } else {
            warnx("%s: %s", argv[1], found == STORE_NOT_FOUND
                                     ? "there is no device of this name"
                                     : store_status_text(found));
        }
    }

    srvctl_close(ctl);

    return status;
}


static char *
list_report(const srvctl_t *ctl, const store_key_t *key, store_span_t bytes)
{
    return device_report(&(device_report_t) {
                             .key = key,
                             .bytes = bytes,
                             .issuers = &ctl->issuers,
                             .now = lease_clock_now(&ctl->clock)
                         });
}
