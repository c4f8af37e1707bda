
/*
 * Reads the system's clocks for lease_clock.  The only file here that asks
 * the time; nothing else in store/ may include it (the time is an argument).
 */

#ifndef BOOT_CLOCK_H
#define BOOT_CLOCK_H


#include "lease_clock.h"


/*
 * Fills a reading.  The boot id is read from /proc once per process (the
 * first call must come from a single thread); where there is none it is
 * zero, which matches no other.  Cannot fail.  Any thread.
 */
void boot_clock_read(lease_clock_reading_t *reading);


#endif /* BOOT_CLOCK_H */
