
/*
 * Targets of SRV, SVCB and HTTPS.  Enters: a host name as a stranger wrote it.
 * Leaves: the labels below the device's own name, which is spliced behind
 * them.  Always: no target leads out of the device's name, since an SRV record
 * that points at somebody else's host aims the federated world at him.
 */

#include "device_presentation.h"

#include <string.h>


static void device_target_absolute(device_presentation_t *form,
    store_span_t text);
static void device_target_relative(device_presentation_t *form,
    store_span_t text);
static bool device_name_ends(store_span_t name, store_span_t suffix);


bool
device_rdata_target(device_presentation_t *form)
{
    uint8_t         root;
    device_token_t  token;

    if (!device_presentation_token(form, &token, "the target")) {
        return true;
    }

    if (token.quoted) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "a target has no quotes", token.raw);
        return true;
    }

    if (token.raw.len == 1 && token.raw.data[0] == '.') {
        root = 0;
        device_presentation_append(form, &root, 1);
        return false;
    }

    if (token.raw.data[token.raw.len - 1] == '.') {
        device_target_absolute(form, token.raw);

    } else {
        device_target_relative(form, token.raw);
    }

    return true;
}


static void
device_target_absolute(device_presentation_t *form, store_span_t text)
{
    uint8_t       wire[STORE_NAME_MAX];
    store_span_t  name;

    name.data = wire;

    if (!device_name_parse(text, wire, &name.len)) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "not a host name", text);
        return;
    }

    if (!device_name_ends(name, form->fqdn)) {
        device_presentation_refuse(form, DEVICE_TARGET_OUTSIDE,
                                   "the target lies outside the device's own "
                                   "name", text);
        return;
    }

    device_presentation_append(form, wire, name.len - form->fqdn.len);
    form->splice = (int) form->len;
}


static void
device_target_relative(device_presentation_t *form, store_span_t text)
{
    uint8_t       wire[STORE_NAME_MAX];
    store_span_t  name, parent;

    name.data = wire;

    if (!device_owner_parse(text, form->fqdn.len, wire, &name.len)) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "not a host name", text);
        return;
    }

    /* <label>.<zone>.<label>.<zone> is never meant */

    parent = form->fqdn;
    parent.data += 1 + form->fqdn.data[0];
    parent.len -= 2 + form->fqdn.data[0];

    if (parent.len != 0 && device_name_ends(name, parent)) {
        device_presentation_refuse(form, DEVICE_RDATA_INVALID,
                                   "an absolute target ends with a dot",
                                   text);
        return;
    }

    device_presentation_append(form, wire, name.len);
    form->splice = (int) form->len;
}


/* Equal or below, label by label; both with or both without root byte. */
static bool
device_name_ends(store_span_t name, store_span_t suffix)
{
    size_t  i;

    for (i = 0; i < name.len; i += 1 + (size_t) name.data[i]) {
        if (name.len - i == suffix.len) {
            return memcmp(name.data + i, suffix.data, suffix.len) == 0;
        }
    }

    return false;
}
