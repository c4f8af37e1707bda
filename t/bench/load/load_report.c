
/*
 * What a load found: a line each, a name and a number.
 */

#include "load.h"

#include <inttypes.h>
#include <stdio.h>


/* 2^6 buckets of each power of two. */
#define LOAD_BUCKET_BITS  6


static double load_report_percentile(const load_report_t *report,
    double share);


void
load_report_latency(load_report_t *report, uint64_t ns)
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

    report->latency[bucket]++;
}


void
load_report_print(const load_report_t *report)
{
    double  answered = report->answered ? (double) report->answered : 1;

    printf("sent %" PRIu64 "\n", report->sent);
    printf("answered %" PRIu64 "\n", report->answered);
    printf("lost %" PRIu64 "\n", report->lost);
    printf("late %" PRIu64 "\n", report->late);
    printf("wrong %" PRIu64 "\n", report->wrong);
    printf("skipped %" PRIu64 "\n", report->skipped);
    printf("seconds %.6f\n", report->seconds);
    printf("qps %.0f\n", (double) report->answered / report->seconds);
    printf("bytes %.1f\n", (double) report->bytes / answered);
    printf("srv %" PRIu64 "\n", report->kinds[LOAD_SRV]);
    printf("a %" PRIu64 "\n", report->kinds[LOAD_A]);
    printf("nxdomain %" PRIu64 "\n", report->kinds[LOAD_NXDOMAIN]);
    printf("nodata %" PRIu64 "\n", report->kinds[LOAD_NODATA]);
    printf("added %" PRIu64 "\n", report->added);
    printf("p50_us %.1f\n", load_report_percentile(report, 0.5));
    printf("p99_us %.1f\n", load_report_percentile(report, 0.99));
    printf("p999_us %.1f\n", load_report_percentile(report, 0.999));
}


/* In microseconds; a bucket's lower end. */
static double
load_report_percentile(const load_report_t *report, double share)
{
    double     wanted = (double) report->answered * share;
    uint64_t   n = 0;
    unsigned   bucket, shift;

    for (bucket = 0; bucket < LOAD_BUCKETS - 1; bucket++) {
        n += report->latency[bucket];

        if ((double) n > wanted) {
            break;
        }
    }

    shift = bucket < 2u << LOAD_BUCKET_BITS
            ? 0 : (bucket >> LOAD_BUCKET_BITS) - 1;

    return (double) ((uint64_t) (bucket - (shift << LOAD_BUCKET_BITS))
                     << shift) / 1e3;
}
