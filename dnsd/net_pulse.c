
/*
 * Signs of life.  A thread that hangs, in a page of a dead disk or in a loop
 * of ours, cannot be told from one that has nothing to do but by asking it;
 * and while it hangs it may hold a snapshot, which keeps the registrar from
 * using any page again.
 */

#include "net_internal.h"


/* A zone of nobody's: the zone table is looked at, and it costs no value. */
static const uint8_t  net_pulse_query[] = {
    0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,        /* one question */
    0, 0, 6, 0, 1                              /* . SOA IN */
};


/* Counted by calls and not by the clock: of a process that was stopped, or of
 * a machine that slept, the clock says that everything took too long. */
unsigned
net_pulse(net_t *net)
{
    unsigned       i, missed = 0;
    net_thread_t  *thread;
    net_pulse_t   *pulse;

    for (i = 0; i < net->n; i++) {
        thread = &net->threads[i];
        pulse = &thread->pulse;

        if (atomic_load(&pulse->answered) == pulse->asked) {
            atomic_store(&pulse->wanted, ++pulse->asked);
            pulse->missed = 0;
            net_wake(thread);

        } else {
            pulse->missed++;
        }

        missed = pulse->missed > missed ? pulse->missed : missed;
    }

    return missed;
}


bool
net_pulse_served(const net_t *net, bool *all)
{
    unsigned            i;
    bool                served = true;
    const net_pulse_t  *pulse;

    *all = true;

    for (i = 0; i < net->n; i++) {
        pulse = &net->threads[i].pulse;
        *all = *all && atomic_load(&pulse->answered) == pulse->asked;
        served = served && atomic_load(&pulse->served);
    }

    return served;
}


/* Not by net_settle: it is nobody's query, and counts as none. */
void
net_pulse_answer(net_thread_t *thread)
{
    uint8_t            reply[WIRE_UDP_MIN];
    net_pulse_t       *pulse = &thread->pulse;
    unsigned           wanted = atomic_load(&pulse->wanted);
    answer_t           answer = {
        .query = net_pulse_query,
        .query_len = sizeof(net_pulse_query),
        .reply = reply,
        .reply_size = sizeof(reply)
    };
    answer_context_t   context = { .policy = &thread->policy->answer };

    if (atomic_load(&pulse->answered) == wanted) {
        return;
    }

    (void) lookup_begin(thread->lookup);
    answer_queries(thread->lookup, &context, &answer, 1);
    lookup_end(thread->lookup);

    atomic_store(&pulse->served, answer.outcome != ANSWER_SERVFAIL);

    if (answer.reply_len != 0) {
        atomic_store(&pulse->answered, wanted);
    }
}
