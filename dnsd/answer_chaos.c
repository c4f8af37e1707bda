
/*
 * Names in class CH under which servers speak of themselves: id.server
 * (RFC 4892), and those that BIND made common.  Only what the operator has
 * chosen is told; the default tells nothing.
 */

#include "answer_internal.h"

#include <string.h>


typedef struct {
    const char             *name;        /* on the wire, lower case */
    size_t                  len;
    const answer_text_t    *text;
} answer_chaos_t;


static const answer_text_t *answer_chaos_find(const answer_policy_t *policy,
    const wire_name_t *name);


wire_rcode_t
answer_chaos(answer_work_t *work, const answer_policy_t *policy,
    const wire_query_t *query)
{
    const answer_text_t  *text = answer_chaos_find(policy, &query->name);

    if (text == NULL) {
        work->ede = ANSWER_EDE_NOT_AUTHORITATIVE;
        return WIRE_REFUSED;
    }

    work->finish.flags = WIRE_FLAG_AA;

    if (query->type != WIRE_TYPE_TXT && query->type != WIRE_TYPE_ANY) {
        work->negative = true;
        return WIRE_NOERROR;
    }

    /* the owner is the question's name; one character-string fits the least
     * reply that there is, so that nothing is ever cut off */

    wire_write16(&work->writer, 0xC000 | WIRE_HEADER_LEN);
    wire_write16(&work->writer, WIRE_TYPE_TXT);
    wire_write16(&work->writer, WIRE_CLASS_CH);
    wire_write32(&work->writer, 0);
    wire_write16(&work->writer, (uint16_t) (1 + text->len));
    wire_write(&work->writer, &text->len, 1);
    wire_write(&work->writer, text->data, text->len);

    work->finish.answers = 1;

    return WIRE_NOERROR;
}


/* NULL where the name is none of these, or nothing was chosen for it. */
static const answer_text_t *
answer_chaos_find(const answer_policy_t *policy, const wire_name_t *name)
{
    size_t  i;

    const answer_chaos_t  names[] = {
        { "\7version\4bind", 14, &policy->version },
        { "\7version\6server", 16, &policy->version },
        { "\2id\6server", 11, &policy->identity },
        { "\10hostname\4bind", 15, &policy->identity }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (name->len == names[i].len
            && memcmp(name->data, names[i].name, name->len) == 0)
        {
            return names[i].text->len == 0 ? NULL : names[i].text;
        }
    }

    return NULL;
}
