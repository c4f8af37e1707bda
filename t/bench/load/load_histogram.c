
/*
 * Latencies are counted rather than kept: no allocation while a load runs.
 */

#include "load_histogram.h"


/* 2^6 buckets of each power of two. */
#define LOAD_BUCKET_BITS  6


void
load_histogram_add(load_histogram_t *histogram, uint64_t ns)
{
    unsigned  shift = 0, bucket;

    while (ns >> shift >= 2u << LOAD_BUCKET_BITS) {
        shift++;
    }

    /* the first two powers of two are exact */

    bucket = (shift << LOAD_BUCKET_BITS) + (unsigned) (ns >> shift);

    if (bucket >= LOAD_BUCKETS) {
        bucket = LOAD_BUCKETS - 1;
    }

    histogram->buckets[bucket]++;
    histogram->n++;
}


double
load_histogram_us(const load_histogram_t *histogram, double share)
{
    double     wanted = (double) histogram->n * share;
    uint64_t   n = 0;
    unsigned   bucket, shift;

    if (histogram->n == 0) {
        return 0;
    }

    for (bucket = 0; bucket < LOAD_BUCKETS - 1; bucket++) {
        n += histogram->buckets[bucket];

        if ((double) n > wanted) {
            break;
        }
    }

    shift = bucket < 2u << LOAD_BUCKET_BITS
            ? 0 : (bucket >> LOAD_BUCKET_BITS) - 1;

    return (double) ((uint64_t) (bucket - (shift << LOAD_BUCKET_BITS))
                     << shift) / 1e3;
}
