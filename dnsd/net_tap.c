
/*
 * What dnstap is told: each query as it came, and what was sent for it, once
 * nothing changes it any more.
 */

#include "net_internal.h"


static void net_tap_put(net_thread_t *thread, dnstap_type_t type,
    const dnstap_exchange_t *exchange, const uint8_t *message, size_t len);


void
net_tap(net_thread_t *thread, const answer_t *answer,
    const net_exchange_t *exchange)
{
    dnstap_exchange_t  tapped = {
        .peer = exchange->peer,
        .local = exchange->local,
        .received = exchange->received
    };

    static const dnstap_protocol_t  protocols[NET_TRANSPORTS] = {
        [NET_UDP] = DNSTAP_UDP,
        [NET_TCP] = DNSTAP_TCP,
        [NET_TLS] = DNSTAP_DOT,
        [NET_XDP] = DNSTAP_UDP
    };

    tapped.protocol = protocols[exchange->transport];

    /* a packet that was not even looked at is no query */

    if (answer->query_len == 0) {
        return;
    }

    net_tap_put(thread, DNSTAP_AUTH_QUERY, &tapped, answer->query,
                answer->query_len);

    if (answer->reply_len != 0) {
        clock_gettime(CLOCK_REALTIME, &tapped.responded);
        net_tap_put(thread, DNSTAP_AUTH_RESPONSE, &tapped, answer->reply,
                    answer->reply_len);
    }

    dnstap_wake(thread->dnstap);
}


static void
net_tap_put(net_thread_t *thread, dnstap_type_t type,
    const dnstap_exchange_t *exchange, const uint8_t *message, size_t len)
{
    bool  put = dnstap_put(thread->dnstap, thread->number, type, exchange,
                           message, len);

    stats_event(&thread->stats, put ? STATS_TAP_SENT : STATS_TAP_DROPPED);
}
