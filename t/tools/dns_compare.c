/* units: t/tools/compare/compare_question.c t/tools/compare/compare_reply.c
   t/tools/compare/compare_server.c */

/*
 * dns_compare SEED QUESTIONS SERVER SERVER ... < names
 *
 * Asks each server the same random questions about the names, the first of
 * which is the zone, and holds the replies of the others against those of the
 * first.  A SERVER is NAME=ADDRESS@PORT; nsd and knot are the names that have
 * a rule (compare.h).
 *
 * Prints each disagreement with the question and both replies, ten at most,
 * and a last line "SEED n: N questions, A answered, T over TCP, D
 * disagreements".  The status is 0 where there were none.
 */

#include "compare/compare.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define COMPARE_SERVERS  4
#define COMPARE_SHOWN    10     /* disagreements that are printed whole */


typedef struct {
    compare_server_t    servers[COMPARE_SERVERS];
    size_t              nservers;
    compare_question_t  questions[COMPARE_BATCH];
    unsigned long       answered;    /* with something in the answer */
    unsigned long       streamed;
    unsigned long       disagreements;
} compare_t;


static void compare_open(compare_t *compare, char **texts, size_t n);
static void compare_batch(compare_t *compare, size_t n);
static void compare_one(compare_t *compare,
    const compare_question_t *question, const compare_reply_t *replies);
static void compare_tell(compare_t *compare,
    const compare_question_t *question, const compare_server_t *theirs,
    const compare_reply_t *replies);


int
main(int argc, char **argv)
{
    size_t                    i, n;
    uint64_t                  seed;
    unsigned long             left, questions;
    static compare_t          compare;
    static compare_source_t   source;

    if (argc < 5 || argc - 3 > COMPARE_SERVERS) {
        errx(2, "usage: dns_compare SEED QUESTIONS SERVER SERVER ...");
    }

    seed = strtoull(argv[1], NULL, 10);
    questions = strtoul(argv[2], NULL, 10);

    compare_source_read(&source, seed);
    compare_open(&compare, argv + 3, (size_t) argc - 3);

    for (left = questions; left > 0; left -= n) {
        n = left < COMPARE_BATCH ? left : COMPARE_BATCH;

        for (i = 0; i < n; i++) {
            compare_question_make(&source, &compare.questions[i]);
        }

        compare_batch(&compare, n);
    }

    printf("SEED %llu: %lu questions, %lu answered, %lu over TCP, "
           "%lu disagreements\n", (unsigned long long) seed, questions,
           compare.answered, compare.streamed, compare.disagreements);

    return compare.disagreements != 0;
}


static void
compare_open(compare_t *compare, char **texts, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        compare_server_open(&compare->servers[i], texts[i]);
    }

    for (i = 1; i < n; i++) {
        if (strcmp(compare->servers[i].name, "nsd") == 0) {
            compare->servers[i].rule = COMPARE_NSD;

        } else if (strcmp(compare->servers[i].name, "knot") == 0) {
            compare->servers[i].rule = COMPARE_KNOT;

        } else {
            errx(2, "there is no rule for %s", compare->servers[i].name);
        }
    }

    compare->nservers = n;
}


/* What did not fit is asked again over TCP, as resolvers do. */
static void
compare_batch(compare_t *compare, size_t n)
{
    size_t                     i, k;
    bool                       truncated;
    compare_reply_t            replies[COMPARE_SERVERS];
    const compare_question_t  *question;

    for (k = 0; k < compare->nservers; k++) {
        compare_server_ask(&compare->servers[k], compare->questions, n);
    }

    for (i = 0; i < n; i++) {
        question = &compare->questions[i];
        truncated = false;

        for (k = 0; k < compare->nservers; k++) {
            replies[k].data = compare->servers[k].replies[i];
            replies[k].len = compare->servers[k].lengths[i];
            replies[k].limit = question->limit;
            truncated |= compare_truncated(&replies[k]);
        }

        compare_one(compare, question, replies);
        compare->answered += compare_answers(&replies[0]) > 0;

        if (!truncated) {
            continue;
        }

        for (k = 0; k < compare->nservers; k++) {
            replies[k] = compare_server_stream(&compare->servers[k],
                                               question);
        }

        compare->streamed++;
        compare_one(compare, question, replies);
    }
}


static void
compare_one(compare_t *compare, const compare_question_t *question,
    const compare_reply_t *replies)
{
    size_t                   k;
    const compare_server_t  *theirs;

    for (k = 1; k < compare->nservers; k++) {
        theirs = &compare->servers[k];

        if (!compare_excused(question, theirs->rule)
            && !compare_equal(&replies[0], &replies[k], theirs->rule))
        {
            compare_tell(compare, question, theirs, replies);
        }
    }
}


static void
compare_tell(compare_t *compare, const compare_question_t *question,
    const compare_server_t *theirs, const compare_reply_t *replies)
{
    size_t  k = (size_t) (theirs - compare->servers);

    if (compare->disagreements++ >= COMPARE_SHOWN) {
        return;
    }

    compare_print("the question", question->data, question->len);
    compare_print(compare->servers[0].name, replies[0].data, replies[0].len);
    compare_print(theirs->name, replies[k].data, replies[k].len);
}
