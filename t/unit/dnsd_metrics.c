/* units: dnsd/metrics_text.c dnsd/stats.c dnsd/wire_name.c
   dnsd/wire_query.c dnsd/wire_writer.c */

/*
 * What an answer is counted as, and the text of all metrics at its longest.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metrics_text.h"


static const uint8_t  query[WIRE_HEADER_LEN] = { 0 };
static const uint8_t  response[WIRE_HEADER_LEN] = { 0, 0, 0x80 };


/* The counters that one answer has moved, as "at:n at:n". */
static void
counted(char *text, size_t size, const answer_t *answer)
{
    size_t        len = 0;
    unsigned      i;
    stats_t      *stats = calloc(1, sizeof(*stats));
    stats_sum_t  *sum = calloc(1, sizeof(*sum));

    assert_non_null(stats);
    assert_non_null(sum);
    stats_answer(stats, STATS_TCP, true, answer);
    stats_sum(sum, stats);
    text[0] = '\0';

    for (i = 0; i < STATS_COUNTERS; i++) {
        if (sum->counters[i] != 0) {
            len += (size_t) snprintf(text + len, size - len, "%u:%u ", i,
                                     (unsigned) sum->counters[i]);
        }
    }

    free(stats);
    free(sum);
}


static void
answers(void **state)
{
    size_t    i;
    char      got[128], expected[128];
    uint8_t   reply[WIRE_HEADER_LEN] = { 0, 0, 0, WIRE_NXDOMAIN };

    /* TCP and IPv6: the fourth row of outcomes */

    enum { ROW = STATS_AT_ANSWERS + 3 * STATS_OUTCOMES };

    static const struct {
        answer_outcome_t  outcome;
        answer_cookie_t   cookie;
        answer_limit_t    limit;
        int               ede;
        wire_verdict_t    verdict;
        size_t            question_end;
        const uint8_t    *query;
        size_t            query_len;
        unsigned          moved[4];      /* but for the type's; 0 ends */
    } cases[] = {
        { ANSWER_NOERROR, 0, 0, ANSWER_EDE_NONE, WIRE_VERDICT_OK, 20, query,
          12, { ROW + ANSWER_NOERROR } },
        { ANSWER_TRUNCATED, 0, 0, ANSWER_EDE_NONE, WIRE_VERDICT_OK, 20, query,
          12, { ROW + STATS_TRUNCATED_NXDOMAIN } },
        { ANSWER_NOERROR, ANSWER_COOKIE_VALID, 0, 0, WIRE_VERDICT_OK, 20,
          query, 12, { ROW + ANSWER_NOERROR,
                       STATS_AT_COOKIES + ANSWER_COOKIE_VALID,
                       STATS_AT_EDES } },
        { ANSWER_SERVFAIL, 0, 0, STATS_EDES, WIRE_VERDICT_OK, 20, query, 12,
          { ROW + ANSWER_SERVFAIL } },
        { ANSWER_DROPPED, 0, ANSWER_LIMIT_DROPPED, 18, WIRE_VERDICT_OK, 20,
          query, 12, { ROW + ANSWER_DROPPED,
                       STATS_AT_LIMITS + ANSWER_LIMIT_DROPPED,
                       STATS_AT_DROPS + STATS_DROP_LIMITED } },
        { ANSWER_DROPPED, 0, 0, ANSWER_EDE_NONE, WIRE_VERDICT_DROP, 0, query,
          0, { ROW + ANSWER_DROPPED, STATS_AT_DROPS + STATS_DROP_UNWANTED } },
        { ANSWER_DROPPED, 0, 0, ANSWER_EDE_NONE, WIRE_VERDICT_DROP, 0, query,
          11, { ROW + ANSWER_DROPPED, STATS_AT_DROPS + STATS_DROP_SHORT } },
        { ANSWER_DROPPED, 0, 0, ANSWER_EDE_NONE, WIRE_VERDICT_DROP, 0,
          response, 12, { ROW + ANSWER_DROPPED,
                          STATS_AT_DROPS + STATS_DROP_RESPONSE } },
        { ANSWER_DROPPED, 0, 0, ANSWER_EDE_NONE, WIRE_VERDICT_DROP, 0, query,
          12, { ROW + ANSWER_DROPPED, STATS_AT_DROPS + STATS_DROP_OTHER } }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool      known = cases[i].question_end != 0;
        size_t    len;
        unsigned  k, at;
        answer_t  answer = {
            .query = cases[i].query,
            .query_len = cases[i].query_len,
            .reply = reply,
            .reply_len = sizeof(reply),
            .outcome = cases[i].outcome,
            .cookie = cases[i].cookie,
            .limit = cases[i].limit,
            .ede = cases[i].ede,
            .verdict = cases[i].verdict
        };

        answer.parsed.question_end = cases[i].question_end;
        answer.parsed.type = WIRE_TYPE_SRV;

        for (at = 0; strcmp(stats_type_text(at), known ? "SRV" : "none") != 0;
             at++)
        {
            assert_true(at < STATS_TYPES - 1);
        }

        /* in the order of their places: the type's is the second */

        len = (size_t) snprintf(expected, sizeof(expected), "%u:1 %u:1 ",
                                cases[i].moved[0], STATS_AT_TYPES + at);

        for (k = 1; cases[i].moved[k] != 0; k++) {
            len += (size_t) snprintf(expected + len, sizeof(expected) - len,
                                     "%u:1 ", cases[i].moved[k]);
        }

        counted(got, sizeof(got), &answer);
        assert_string_equal(got, expected);
    }
}


/* Every time has a bucket, the bounds belong to the lower one. */
static void
durations(void **state)
{
    unsigned  i;
    stats_t  *stats = calloc(1, sizeof(*stats));

    (void) state;
    assert_non_null(stats);

    for (i = 1; i < STATS_BUCKETS - 1; i++) {
        assert_true(stats_bounds[i] > stats_bounds[i - 1]);
    }

    for (i = 0; i < STATS_SAMPLE - 1; i++) {
        assert_int_equal(stats_received(stats), 0);
    }

    assert_int_not_equal(stats_received(stats), 0);

    stats_sent(stats, 0, 5);
    stats_sent(stats, stats_now() - 2000000000, 5);
    stats_sent(stats, stats_now(), 3);
    assert_int_equal(stats->counters[STATS_AT_BUCKETS + STATS_BUCKETS - 1],
                     5);
    assert_true(stats->counters[STATS_AT_TIME] >= 10000000000);

    free(stats);
}


/* With every transport in use and every number as long as can be. */
static void
longest(void **state)
{
    char             *text = malloc(METRICS_TEXT_MAX);
    size_t            len;
    metrics_facts_t  *facts = malloc(sizeof(*facts));

    (void) state;

    assert_non_null(text);
    assert_non_null(facts);
    memset(facts, 0x7f, sizeof(*facts));
    facts->store.open = true;
    facts->store.clock_stepped = true;
    facts->reload_failed = true;

    len = metrics_text(facts, text, METRICS_TEXT_MAX);
    assert_in_range(len, 1, METRICS_TEXT_MAX / 2);
    assert_int_equal(strlen(text), len);
    assert_int_equal(text[len - 1], '\n');
    assert_non_null(strstr(text, "transport=\"xdp\",family=\"ipv6\""));

    /* too little room gives nothing, and not a part */

    assert_int_equal(metrics_text(facts, text, len), 0);
    assert_int_equal(metrics_text(facts, text, len + 1), len);
    assert_int_equal(metrics_text(facts, text, 1), 0);

    free(facts);
    free(text);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(durations),
        cmocka_unit_test(longest)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
