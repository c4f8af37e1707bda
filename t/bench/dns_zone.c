/* units: t/tools/fleet/fleet.c */

/*
 * dns_zone N [ZONE]
 *
 * Writes the fleet that `store_fill --devices N` writes into a store as a zone
 * file, for other servers.
 */

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../tools/fleet/fleet.h"


int
main(int argc, char **argv)
{
    char           label[FLEET_LABEL_LEN];
    uint8_t        a[4];
    const char    *zone;
    unsigned long  i, n;

    if (argc < 2 || (n = strtoul(argv[1], NULL, 10)) == 0) {
        errx(2, "usage: dns_zone N [ZONE]");
    }

    zone = argc > 2 ? argv[2] : "devices.example";

    printf("$ORIGIN %s.\n"
           "$TTL %u\n"
           "@ SOA ns hostmaster 1 3600 600 86400 60\n"
           "@ NS ns\n"
           "ns A 192.0.2.53\n", zone, FLEET_TTL);

    for (i = 0; i < n; i++) {
        fleet_label(label, i, n);
        fleet_address(a, i);

        printf("%.*s A %u.%u.%u.%u\n", FLEET_LABEL_LEN, label, a[0], a[1],
               a[2], a[3]);
        printf("%s.%.*s SRV 0 0 %u %.*s\n", FLEET_SERVICE, FLEET_LABEL_LEN,
               label, FLEET_PORT, FLEET_LABEL_LEN, label);
    }

    if (fflush(stdout) == EOF || ferror(stdout)) {
        err(1, "standard output");
    }

    return 0;
}
