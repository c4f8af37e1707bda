
/*
 * Labels and addresses of a made-up fleet, from numbers alone.  Called for
 * each query of a load, so no printf here.
 */

#include "fleet.h"

#include <limits.h>


/* The golden ratio's share of 2^64: neighbours differ in every digit. */
#define FLEET_GOLDEN  0x9e3779b97f4a7c15ul


static void fleet_hex(char *text, uint64_t number);


/* Half of a label spreads the fleet evenly over all labels, as a hash would;
 * the other half only looks like one. */
void
fleet_label(char label[FLEET_LABEL_LEN], unsigned long i, unsigned long n)
{
    fleet_hex(label, (ULONG_MAX / n) * i);
    fleet_hex(label + 16, i * FLEET_GOLDEN);
}


void
fleet_absent_label(char label[FLEET_LABEL_LEN], unsigned long i,
    unsigned long n)
{
    fleet_hex(label, (ULONG_MAX / n) * i + 1);
    fleet_hex(label + 16, i * FLEET_GOLDEN);
}


void
fleet_address(uint8_t address[4], unsigned long i)
{
    address[0] = 198;
    address[1] = (uint8_t) (18 + (i >> 16 & 1));
    address[2] = (uint8_t) (i >> 8);
    address[3] = (uint8_t) i;
}


static void
fleet_hex(char *text, uint64_t number)
{
    int                digit;
    static const char  digits[] = "0123456789abcdef";

    for (digit = 15; digit >= 0; digit--) {
        text[digit] = digits[number & 0xf];
        number >>= 4;
    }
}
