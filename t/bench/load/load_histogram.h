
/*
 * Latencies, in buckets of 1/64 of their power of two: under 2 % wide.
 */

#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H


#include <stdint.h>


#define LOAD_BUCKETS  (64 * 40)


typedef struct {
    uint64_t  n;
    uint64_t  buckets[LOAD_BUCKETS];
} load_histogram_t;


void load_histogram_add(load_histogram_t *histogram, uint64_t ns);

/* The time that a share of them did not exceed, in microseconds: a bucket's
 * lower end.  0 where there are none. */
double load_histogram_us(const load_histogram_t *histogram, double share);


#endif /* LOAD_HISTOGRAM_H */
