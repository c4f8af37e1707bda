
/*
 * Which signature is ours, and whether it says all that our profile wants
 * (RFC 9421 3.2, steps 1 to 6).  Which components it has to cover is
 * device_signature_cover.c's to know, what their values are is
 * device_signature_base.c's, and Content-Digest device_signature_digest.c's.
 *
 * Always: work is bounded before it is done: at most DEVICE_SIGNATURES_MAX
 * members are looked at.  Nothing is believed yet: who passes here has a
 * well-formed claim and no more, and every reason given before the key has
 * spoken tells only of the request's form, never of the store.
 */

#include "device_message.h"

#include <string.h>

#include "device_field.h"
#include "device_key.h"


static device_reason_t device_signature_select(store_span_t input,
    device_signature_t *signature, device_field_member_t *ours,
    device_error_t *error);
static bool device_signature_is_ours(device_signature_t *signature,
    const device_field_member_t *member);
static device_reason_t device_signature_params(device_signature_t *signature,
    const device_field_member_t *ours, device_error_t *error);
static bool device_signature_param(device_signature_t *signature,
    const device_field_param_t *param, bool *created);
static bool device_signature_canonical(store_span_t raw);
static device_reason_t device_signature_value(device_signature_t *signature,
    store_span_t value, store_span_t label, device_error_t *error);
static bool device_signature_fresh(const device_signature_t *signature,
    int64_t centre);
static bool device_signature_lives(const device_signature_t *signature,
    int64_t centre);


/* Cheapest first: the fields' length, whose signature it is, its parameters,
 * its components; the other field is read for a claim of ours only. */
device_reason_t
device_signature_parse(const device_message_t *message,
    device_signature_t *signature, uint8_t *scratch, size_t scratch_size,
    device_error_t *error)
{
    unsigned               covered;
    store_span_t           input, value;
    device_room_t          room;
    device_reason_t        reason;
    device_presence_t      presence;
    device_field_member_t  ours;

    memset(signature, 0, sizeof(*signature));

    room.at = scratch;
    room.left = scratch_size;

    presence = device_message_field(message, "signature-input", &room,
                                    &input);

    if (presence == DEVICE_ABSENT) {
        return device_refuse(error, DEVICE_SIGNATURE_REQUIRED, NULL,
                             "there is no Signature-Input");
    }

    if (presence == DEVICE_UNREADABLE) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "Signature-Input is too long or not ASCII");
    }

    reason = device_signature_select(input, signature, &ours, error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = device_signature_params(signature, &ours, error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    reason = device_signature_components(signature, &covered, error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    if (!device_signature_canonical(signature->params)) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "Signature-Input has a space or a zero too "
                             "many");
    }

    if (device_message_field(message, "signature", &room, &value)
        != DEVICE_PRESENT)
    {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "Signature is missing, too long or not ASCII");
    }

    reason = device_signature_value(signature, value, ours.key, error);
    if (reason != DEVICE_OK) {
        return reason;
    }

    return device_signature_covers(message, covered, error);
}


bool
device_signature_split(const device_message_t *message)
{
    size_t        at, i;
    store_span_t  line;

    static const store_span_t  names[] = {
        { (const uint8_t *) "signature-input", 15 },
        { (const uint8_t *) "signature", 9 }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        at = 0;

        if (device_message_line(message, names[i], &at, &line)
            && device_message_line(message, names[i], &at, &line))
        {
            return true;
        }
    }

    return false;
}


device_reason_t
device_signature_window(const device_signature_t *signature, int64_t now,
    int64_t held_wall, device_error_t *error)
{
    bool  held;

    /* while the lease clock holds back a step of the wall clock, devices with
     * the old time and with the new one are both right */

    held = (held_wall != 0);

    if (device_signature_lives(signature, now)
        || (held && device_signature_lives(signature, held_wall)))
    {
        return DEVICE_OK;
    }

    if (device_signature_fresh(signature, now)
        || (held && device_signature_fresh(signature, held_wall)))
    {
        return device_refuse(error, DEVICE_SIGNATURE_EXPIRED, NULL,
                             "expired at %lld, the server's time is %lld",
                             (long long) signature->expires,
                             (long long) now);
    }

    return device_refuse(error, DEVICE_CLOCK_SKEW, NULL,
                         "created is %lld, the server's time is %lld",
                         (long long) signature->created, (long long) now);
}


bool
device_signature_alg_agrees(const device_signature_t *signature,
    uint8_t algorithm)
{
    const char  *name;

    if (signature->alg.len == 0) {
        return true;
    }

    name = device_algorithm_name(algorithm);

    return name != NULL && device_span_is(signature->alg, name);
}


/* Finds the one member that is ours; what the others say is not judged
 * beyond their syntax. */
static device_reason_t
device_signature_select(store_span_t input, device_signature_t *signature,
    device_field_member_t *ours, device_error_t *error)
{
    bool                   found;
    device_keys_seen_t     seen;
    device_field_parser_t  parser;
    device_field_member_t  member;

    found = false;
    seen.nkeys = 0;

    device_field_dictionary(&parser, input);

    while (device_field_member(&parser, &member)) {

        if (member.value.type != DEVICE_FIELD_INNER_LIST
            || !device_keys_seen_add(&seen, member.key))
        {
            return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                 "Signature-Input must have at most %d "
                                 "members, inner lists, each label once",
                                 DEVICE_SIGNATURES_MAX);
        }

        if (!device_signature_is_ours(signature, &member)) {
            continue;
        }

        if (found) {
            return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                 "two signatures claim a key of ours");
        }

        found = true;
        *ours = member;
    }

    if (parser.failed) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "Signature-Input is no dictionary");
    }

    if (!found) {
        return device_refuse(error, DEVICE_SIGNATURE_REQUIRED, NULL,
                             "no signature has a keyid of the form "
                             "<fqdn>/<8 hex digits>");
    }

    signature->components = ours->value.text;
    signature->params = ours->raw;

    return DEVICE_OK;
}


/* True by its keyid, which is taken apart into signature on the way; a second
 * one overwrites the first, and is refused for being there. */
static bool
device_signature_is_ours(device_signature_t *signature,
    const device_field_member_t *member)
{
    size_t                       i;
    const device_field_param_t  *param, *keyid;

    keyid = NULL;

    for (i = 0; i < member->nparams; i++) {
        param = &member->params[i];

        if (device_span_is(param->name, "keyid")) {
            keyid = param;

        } else if (device_span_is(param->name, "tag")
                   && (param->value.type != DEVICE_FIELD_STRING
                       || !device_span_is(param->value.text, "srv-reg")))
        {
            return false;
        }
    }

    if (keyid == NULL
        || keyid->value.type != DEVICE_FIELD_STRING
        || !device_keyid_parse(signature->fqdn, signature->tag,
                               keyid->value.text))
    {
        return false;
    }

    signature->keyid = keyid->value.text;

    return true;
}


/* RFC 9421 2.3 */
static device_reason_t
device_signature_params(device_signature_t *signature,
    const device_field_member_t *ours, device_error_t *error)
{
    bool    created;
    size_t  i;

    created = false;

    for (i = 0; i < ours->nparams; i++) {
        if (!device_signature_param(signature, &ours->params[i], &created)) {
            return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                 "the parameter %.*s is unknown or has a "
                                 "wrong value",
                                 (int) (ours->params[i].name.len < 64
                                        ? ours->params[i].name.len : 64),
                                 (const char *) ours->params[i].name.data);
        }
    }

    if (!created) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "the parameter created is missing");
    }

    if (signature->expires != 0 && signature->expires < signature->created) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "expires lies before created");
    }

    return DEVICE_OK;
}


static bool
device_signature_param(device_signature_t *signature,
    const device_field_param_t *param, bool *created)
{
    const device_field_bare_t  *value;

    value = &param->value;

    if (device_span_is(param->name, "created")) {
        *created = true;
        signature->created = value->integer;

        return value->type == DEVICE_FIELD_INTEGER && value->integer >= 0;
    }

    if (device_span_is(param->name, "expires")) {
        signature->expires = value->integer;

        /* 0 stands for "not given" */
        return value->type == DEVICE_FIELD_INTEGER && value->integer > 0;
    }

    if (device_span_is(param->name, "alg")) {
        signature->alg = value->text;

        return value->type == DEVICE_FIELD_STRING && value->text.len > 0;
    }

    /* keyid and tag have had their say; a nonce adds nothing to the rule
     * that created must grow */

    return (device_span_is(param->name, "keyid")
            || device_span_is(param->name, "tag")
            || device_span_is(param->name, "nonce"))
           && value->type == DEVICE_FIELD_STRING;
}


/*
 * The parameters are signed as RFC 9651 4.1 writes them (RFC 9421 2.3), and
 * our base has them as they were sent: the two have to be the same bytes.  Of
 * what passed the checks before, spaces and numbers alone can be written in
 * two ways.
 */
static bool
device_signature_canonical(store_span_t raw)
{
    bool            quoted;
    const uint8_t  *p, *last;

    quoted = false;
    last = raw.data + raw.len - 1;

    for (p = raw.data; p < last; p++) {

        if (quoted) {
            quoted = (*p != '"');
            p += (*p == '\\');
            continue;
        }

        quoted = (*p == '"');

        /* one, between two components */

        if (*p == ' ' && (p[-1] != '"' || p[1] != '"')) {
            return false;
        }

        if (*p == '=' && (p[1] == '-'
                          || (p[1] == '0' && p + 1 < last && p[2] >= '0'
                              && p[2] <= '9')))
        {
            return false;
        }
    }

    return true;
}


/* The member of Signature that has our label (RFC 9421 4.2). */
static device_reason_t
device_signature_value(device_signature_t *signature, store_span_t value,
    store_span_t label, device_error_t *error)
{
    device_keys_seen_t     seen;
    device_field_parser_t  parser;
    device_field_member_t  member;

    seen.nkeys = 0;

    device_field_dictionary(&parser, value);

    while (device_field_member(&parser, &member)) {

        if (!device_keys_seen_add(&seen, member.key)) {
            return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                 "Signature must have at most %d members, "
                                 "each label once", DEVICE_SIGNATURES_MAX);
        }

        /* the others' values are theirs, and not even decoded */

        if (!device_span_equal(member.key, label)) {
            continue;
        }

        signature->signature_len = sizeof(signature->signature);

        if (member.value.type != DEVICE_FIELD_BYTES || member.nparams != 0
            || !device_field_decode(member.value.text, signature->signature,
                                    &signature->signature_len)
            || signature->signature_len == 0)
        {
            return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                 "the signature is not 1 to %d bytes in "
                                 "base64", DEVICE_SIGNATURE_LEN_MAX);
        }
    }

    if (parser.failed) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "Signature is no dictionary");
    }

    if (signature->signature_len == 0) {
        return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                             "Signature has no member of this label");
    }

    return DEVICE_OK;
}


/* Both ends belong to it.  created has fifteen digits at most: no overflow. */
static bool
device_signature_fresh(const device_signature_t *signature, int64_t centre)
{
    return signature->created >= centre - DEVICE_CREATED_PAST
           && signature->created <= centre + DEVICE_CREATED_FUTURE;
}


static bool
device_signature_lives(const device_signature_t *signature, int64_t centre)
{
    return device_signature_fresh(signature, centre)
           && (signature->expires == 0 || signature->expires >= centre);
}
