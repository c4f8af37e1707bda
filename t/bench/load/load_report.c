
/*
 * What a load found: a line each, a name and a number.
 */

#include "load.h"

#include <inttypes.h>
#include <stdio.h>


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
    printf("p50_us %.1f\n", load_histogram_us(&report->latency, 0.5));
    printf("p99_us %.1f\n", load_histogram_us(&report->latency, 0.99));
    printf("p999_us %.1f\n", load_histogram_us(&report->latency, 0.999));
}
