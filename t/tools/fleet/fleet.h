
/*
 * A made-up fleet: of a device's number its label and its address.  What fills
 * the store, what writes the same fleet for other servers and what asks about
 * it agree because they all ask here.
 */

#ifndef FLEET_H
#define FLEET_H


#include <stdint.h>


#define FLEET_LABEL_LEN  32

/* Every device has an A record, and one SRV record of this service at this
 * port whose target is the device itself. */
#define FLEET_SERVICE  "_xmpp-server._tcp"
#define FLEET_PORT     15269
#define FLEET_TTL      60


/* Labels rise with i, below n: stores and trees fill in order. */
void fleet_label(char label[FLEET_LABEL_LEN], unsigned long i,
    unsigned long n);

/* A label that no device has, next to that of device i. */
void fleet_absent_label(char label[FLEET_LABEL_LEN], unsigned long i,
    unsigned long n);

/* Out of 198.18.0.0/15, which is there for benchmarks (RFC 2544). */
void fleet_address(uint8_t address[4], unsigned long i);


#endif /* FLEET_H */
