
/*
 * Limits the answers to a prefix of addresses (rate_limit.h): IPv4's /24 and
 * IPv6's /56, as a forger has to be stopped whose victim has as many.
 *
 * Never limited: TCP and clients with a valid cookie, since their addresses
 * are their own; prefixes that the operator exempts.
 */

#include "net_internal.h"

#include "client.h"
#include "rate_limit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>


/* 2 MB, touched as it is used: an authoritative server talks to some thousand
 * prefixes within a second; with half of it, a large one's would push each
 * other out. */
#define NET_LIMIT_ROWS   32768

#define NET_LIMIT_TEXT   64

/* Log lines of one second about limits that ended. */
#define NET_LIMIT_LINES  4


static bool net_limit_exempt(const net_limit_policy_t *policy,
    const answer_t *answer, const net_exchange_t *exchange);
static void net_limit_subject(rate_limit_answer_t *counted,
    const answer_t *answer);
static void net_limit_text(char *text, size_t size, uint64_t prefix);


rate_limit_t *
net_limit_create(void)
{
    uint8_t  seed[32];

    if (getrandom(seed, sizeof(seed), 0) != (ssize_t) sizeof(seed)) {
        return NULL;
    }

    return rate_limit_create(NET_LIMIT_ROWS, seed);
}


void
net_limit(net_thread_t *thread, answer_t *answer,
    const net_exchange_t *exchange)
{
    bool                       begins = false;
    char                       text[NET_LIMIT_TEXT];
    rate_limit_answer_t        counted;
    const net_limit_policy_t  *policy = &thread->policy->limit;

    if (net_limit_exempt(policy, answer, exchange)) {
        return;
    }

    counted.prefix = client_prefix(answer->client, CLIENT_NETWORK);
    net_limit_subject(&counted, answer);

    switch (rate_limit_count(thread->limit, &policy->rate, &counted,
                             exchange->now, &begins))
    {

    case RATE_LIMIT_PASS:
        return;

    case RATE_LIMIT_SLIPS:
        answer_shorten(answer);
        answer->limit = ANSWER_LIMIT_SLIPPED;
        break;

    default:
        answer->reply_len = 0;
        answer->outcome = ANSWER_DROPPED;
        answer->limit = ANSWER_LIMIT_DROPPED;
        break;
    }

    if (begins) {
        net_limit_text(text, sizeof(text), counted.prefix);
        log_peer(thread->log, "rate limit: answers to %s are limited", text);
    }
}


void
net_limit_tell(rate_limit_t *limit, int64_t now, log_t *log)
{
    char      text[NET_LIMIT_TEXT];
    unsigned  i;
    uint32_t  held;
    uint64_t  prefix;

    for (i = 0; i < NET_LIMIT_LINES; i++) {
        if (!rate_limit_ended(limit, now, &prefix, &held)) {
            return;
        }

        net_limit_text(text, sizeof(text), prefix);
        log_line(log, "rate limit: answers to %s are no longer limited, "
                 "%lu were", text, (unsigned long) held);
    }
}


static bool
net_limit_exempt(const net_limit_policy_t *policy, const answer_t *answer,
    const net_exchange_t *exchange)
{
    return answer->reply_len == 0
           || answer->cookie == ANSWER_COOKIE_VALID
           || net_prefix_match(policy->exempt, policy->nexempt,
                               exchange->peer);
}


/*
 * Names that do not exist are without number, so they are counted by zone.
 * Others are counted by the label next to the apex, whatever is asked of it:
 * a device whose addresses are looked up has no AAAA as a rule, so answers
 * without data are as usual as others and belong to their names.
 */
static void
net_limit_subject(rate_limit_answer_t *counted, const answer_t *answer)
{
    size_t                at;
    const lookup_node_t  *node = &answer->node;

    counted->kind = RATE_LIMIT_ERRORS;

    switch (answer->outcome) {

    case ANSWER_NXDOMAIN:
        counted->kind = RATE_LIMIT_ABSENT;
        at = node->zone_at;
        break;

    case ANSWER_NOERROR:
    case ANSWER_NODATA:
    case ANSWER_TRUNCATED:
        counted->kind = RATE_LIMIT_NAMES;
        at = node->label_at;
        break;

    default:
        return;
    }

    /* what is in no zone of ours has no name there: class CH, a cookie */

    if (node->place == LOOKUP_PLACE_NONE) {
        counted->kind = RATE_LIMIT_ERRORS;
        return;
    }

    counted->subject = node->name.data + at;
    counted->len = node->name.len - at;
}


static void
net_limit_text(char *text, size_t size, uint64_t prefix)
{
    int       i;
    char      address[INET6_ADDRSTRLEN];
    uint8_t   bytes[16] = { 0 };
    uint64_t  left = prefix;

    if (prefix & CLIENT_IPV4) {
        for (i = 2; i >= 0; i--, left >>= 8) {
            bytes[i] = (uint8_t) left;
        }

        (void) inet_ntop(AF_INET, bytes, address, sizeof(address));
        snprintf(text, size, "%s/24", address);
        return;
    }

    for (i = 6; i >= 0; i--, left >>= 8) {
        bytes[i] = (uint8_t) left;
    }

    (void) inet_ntop(AF_INET6, bytes, address, sizeof(address));
    snprintf(text, size, "%s/56", address);
}
