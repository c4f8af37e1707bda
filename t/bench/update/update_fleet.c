
/*
 * Whose turn it is.  A stride near the golden ratio of the fleet visits every
 * device once before any a second time, and neighbours in time are far apart
 * in the store: the worst order for its pages, and that of real devices.
 */

#include "update.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../tools/fleet/fleet.h"
#include "update_sign.h"


#define UPDATE_PORT_MIN  1024

/* A prime below the number of ports above that. */
#define UPDATE_PORTS     64499


static void update_fleet_write(update_fleet_t *fleet,
    update_connection_t *connection);
static void update_bare(update_fleet_t *fleet,
    update_connection_t *connection, const char *method, const char *path);
static unsigned long update_divisor(unsigned long a, unsigned long b);


void
update_fleet_init(update_fleet_t *fleet, const update_options_t *options)
{
    int                     n;
    const struct sockaddr  *sa = (const void *) &options->server;

    /* the port stands at the same place in both families */

    n = snprintf(fleet->authority, sizeof(fleet->authority), "%s:%u",
                 options->host, ntohs(sa->sa_family == AF_INET6
                     ? ((const struct sockaddr_in6 *) sa)->sin6_port
                     : ((const struct sockaddr_in *) sa)->sin_port));

    if (n < 0 || (size_t) n >= sizeof(fleet->authority)
        || strlen(options->zone) > 200)
    {
        errx(2, "a name is too long");
    }

    fleet->options = options;
    fleet->devices = calloc(options->devices, sizeof(update_device_t));
    fleet->stride = (unsigned long) ((double) options->devices * 0.618) | 1;

    while (update_divisor(fleet->stride, options->devices) != 1) {
        fleet->stride += 2;
    }

    fleet->next = options->seed % options->devices;
    fleet->port = (uint16_t) (options->seed * 7919 % UPDATE_PORTS);

    if (fleet->devices == NULL) {
        err(1, "calloc");
    }

    if (options->issuer != NULL) {
        fleet->identities = update_identities(options, options->count);
    }
}


void
update_fleet_cleanup(update_fleet_t *fleet)
{
    if (fleet->identities != NULL) {
        update_identities_free(fleet->identities, fleet->options->count);
    }

    free(fleet->devices);
}


void
update_fleet_next(update_fleet_t *fleet, update_connection_t *connection)
{
    uint32_t          now = (uint32_t) time(NULL);
    update_device_t  *device;

    /* at most one request of a device is in flight */

    do {
        connection->device = fleet->next;
        device = &fleet->devices[fleet->next];
        fleet->next = (fleet->next + fleet->stride) % fleet->options->devices;
    } while (device->busy);

    fleet->port = (uint16_t) ((fleet->port + 1) % UPDATE_PORTS);

    device->busy = true;
    connection->port = (uint16_t) (UPDATE_PORT_MIN + fleet->port);
    connection->attempts = 1;
    connection->created = now > device->created ? now : device->created + 1;

    update_fleet_write(fleet, connection);
}


void
update_fleet_again(update_fleet_t *fleet, update_connection_t *connection,
    uint32_t last)
{
    connection->attempts++;
    connection->created = last + 1;
    update_fleet_write(fleet, connection);
}


void
update_fleet_done(update_fleet_t *fleet,
    const update_connection_t *connection, bool acknowledged)
{
    update_device_t  *device = &fleet->devices[connection->device];

    device->busy = false;
    device->created = connection->created;

    if (acknowledged && fleet->options->mode == UPDATE_CHANGE) {
        device->port = connection->port;
    }
}


void
update_fleet_save(const update_fleet_t *fleet, const char *path)
{
    char            label[FLEET_LABEL_LEN];
    FILE           *file = fopen(path, "w");
    unsigned long   i;

    if (file == NULL) {
        err(1, "%s", path);
    }

    for (i = 0; i < fleet->options->devices; i++) {
        if (fleet->devices[i].port != 0) {
            fleet_label(label, i, fleet->options->devices);
            fprintf(file, "%.*s %u\n", FLEET_LABEL_LEN, label,
                    fleet->devices[i].port);
        }
    }

    if (fclose(file) != 0) {
        err(1, "%s", path);
    }
}


static void
update_fleet_write(update_fleet_t *fleet, update_connection_t *connection)
{
    char                     fqdn[256], body[128];
    const update_options_t  *options = fleet->options;
    const char              *path = options->path;
    update_message_t         message;

    if (options->mode == UPDATE_GET) {
        update_bare(fleet, connection, "GET", path ? path : "/");
        return;
    }

    if (options->mode == UPDATE_ENROLL) {
        update_bare(fleet, connection, "POST", path ? path : "/v1/enroll");
        return;
    }

    fleet_label(fqdn, connection->device, options->devices);
    snprintf(fqdn + FLEET_LABEL_LEN, sizeof(fqdn) - FLEET_LABEL_LEN, ".%s",
             options->zone);

    snprintf(body, sizeof(body), "{\"services\":[{\"service\":\"%s\","
             "\"port\":%u}]}", FLEET_SERVICE, connection->port);

    message = (update_message_t) {
        .method = options->mode == UPDATE_CHANGE ? "PUT" : "PATCH",
        .authority = fleet->authority,
        .path = path ? path : "/v1/records",
        .body = options->mode == UPDATE_CHANGE ? body : "{}",
        .fqdn = fqdn,
        .secret = options->secret,
        .created = connection->created
    };

    connection->request_len = update_sign(connection->request,
                                          sizeof(connection->request),
                                          &message);
}


static void
update_bare(update_fleet_t *fleet, update_connection_t *connection,
    const char *method, const char *path)
{
    int  n;

    n = snprintf(connection->request, sizeof(connection->request),
                 "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", method, path,
                 fleet->authority, fleet->options->mode == UPDATE_ENROLL
                                   ? "Content-Length: 0\r\n" : "");

    if (n < 0 || (size_t) n >= sizeof(connection->request)) {
        errx(2, "a request is too long");
    }

    connection->request_len = (size_t) n;
}


static unsigned long
update_divisor(unsigned long a, unsigned long b)
{
    unsigned long  rest;

    while (b != 0) {
        rest = a % b;
        a = b;
        b = rest;
    }

    return a;
}
