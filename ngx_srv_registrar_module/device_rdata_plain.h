
/*
 * The RDATA that nearly every reply shows, without ldns: a tenth of its
 * price.  Internal to device_rdata_write.c.
 */

#ifndef DEVICE_RDATA_PLAIN_H
#define DEVICE_RDATA_PLAIN_H


#include "device_rdata.h"


/*
 * As device_rdata_write, and the same text to the byte; false also for what is
 * ldns's to judge: other types, names with other bytes than letters, digits,
 * '-' and '_', and all that is not what its type says.
 */
bool device_rdata_plain(uint16_t type, const store_rr_t *rr,
    store_span_t fqdn, char *out, size_t size);


#endif /* DEVICE_RDATA_PLAIN_H */
