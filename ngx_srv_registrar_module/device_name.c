
/*
 * Names between presentation and wire form (RFC 1035 3.1, 5.1).  Enters:
 * hostile text.  Leaves: names of letters, digits, '-' and '_' in lower case,
 * in wire form; no escape is taken, so that a name has one spelling.  The
 * way back takes any wire name.  Pure; any thread.
 */

#include "device_rdata.h"

#include <string.h>


static bool device_labels_parse(store_span_t text, size_t size, uint8_t *out,
    size_t *len);
static char *device_label_write(char *out, const uint8_t *label, size_t len);


bool
device_owner_parse(store_span_t text, size_t fqdn_len,
    uint8_t out[STORE_NAME_MAX], size_t *len)
{
    *len = 0;

    if (text.len == 1 && text.data[0] == '@') {
        return true;
    }

    /* the owner has no root byte, fqdn_len counts the one of both */

    if (fqdn_len >= STORE_NAME_MAX) {
        return false;
    }

    return device_labels_parse(text, STORE_NAME_MAX - fqdn_len, out, len);
}


bool
device_name_parse(store_span_t text, uint8_t *out, size_t *len)
{
    *len = 0;

    if (text.len != 0 && text.data[text.len - 1] == '.') {
        text.len--;
    }

    if (!device_labels_parse(text, STORE_NAME_MAX - 1, out, len)) {
        return false;
    }

    out[(*len)++] = 0;

    return true;
}


/* At least one label; size bounds the bytes of all. */
static bool
device_labels_parse(store_span_t text, size_t size, uint8_t *out, size_t *len)
{
    size_t   i, at;
    uint8_t  c;

    /* the length byte takes the place of the dot before the label */

    if (text.len == 0 || text.len + 1 > size) {
        return false;
    }

    /* at: where the length byte of the label in hand belongs; it is known when
     * the label has ended */

    at = 0;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c == '.') {
            if (i == at || i - at > STORE_LABEL_MAX) {
                return false;
            }

            out[at] = (uint8_t) (i - at);
            at = i + 1;
            continue;
        }

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')
            && c != '-' && c != '_')
        {
            return false;
        }

        out[i + 1] = c;
    }

    if (i == at || i - at > STORE_LABEL_MAX) {
        return false;
    }

    out[at] = (uint8_t) (i - at);
    *len = text.len + 1;

    return true;
}


bool
device_name_write(char out[DEVICE_NAME_TEXT_MAX], store_span_t name)
{
    if (!store_name_valid(name)) {
        return false;
    }

    if (name.len == 1) {
        out[0] = '.';
        out[1] = '\0';
        return true;
    }

    device_owner_write(out, (store_span_t) { name.data, name.len - 1 });

    return true;
}


/* Bounded also where labels lie about their length: it stops there. */
void
device_owner_write(char out[DEVICE_NAME_TEXT_MAX], store_span_t owner)
{
    size_t  i, len;

    if (owner.len == 0) {
        *out++ = '@';
    }

    for (i = 0; i < owner.len; i += len) {

        if (i != 0) {
            *out++ = '.';
        }

        len = owner.data[i++];

        if (len > owner.len - i) {
            break;
        }

        out = device_label_write(out, owner.data + i, len);
    }

    *out = '\0';
}


/* RFC 1035 5.1: \DDD for what is not visible, a backslash before what means
 * something in a zone file. */
static char *
device_label_write(char *out, const uint8_t *label, size_t len)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < len; i++) {
        c = label[i];

        if (c <= 0x20 || c > 0x7e) {
            *out++ = '\\';
            *out++ = (char) ('0' + c / 100);
            *out++ = (char) ('0' + c / 10 % 10);
            *out++ = (char) ('0' + c % 10);
            continue;
        }

        if (strchr(".\\\"();@$", c) != NULL) {
            *out++ = '\\';
        }

        *out++ = (char) c;
    }

    return out;
}
