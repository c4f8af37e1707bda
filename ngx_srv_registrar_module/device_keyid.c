
/*
 * Keyids, put together and taken apart.  Enters: what a stranger calls a key of
 * ours.  Leaves: the name and the generation's tag to look it up by.  Always: a
 * keyid is compared as octets, so its tag has one spelling; a name has none,
 * DNS knows no case.
 */

#include "device_key.h"

#include <stdio.h>
#include <string.h>


static bool device_fqdn_parse(char *fqdn, store_span_t name);
static bool device_tag_parse(uint8_t tag[DEVICE_TAG_LEN],
    const uint8_t *digits);


bool
device_keyid_write(char keyid[DEVICE_KEYID_MAX + 1], const char *fqdn,
    const uint8_t generation[STORE_GENERATION_LEN])
{
    int      len;
    uint8_t  tag[DEVICE_TAG_LEN];

    if (!device_generation_tag(tag, generation)) {
        return false;
    }

    len = snprintf(keyid, DEVICE_KEYID_MAX + 1, "%s/%02x%02x%02x%02x", fqdn,
                   tag[0], tag[1], tag[2], tag[3]);

    return len > 0 && len <= DEVICE_KEYID_MAX;
}


bool
device_keyid_parse(char fqdn[DEVICE_FQDN_MAX + 1],
    uint8_t tag[DEVICE_TAG_LEN], store_span_t keyid)
{
    char          parsed[DEVICE_FQDN_MAX + 1];
    uint8_t       parsed_tag[DEVICE_TAG_LEN];
    store_span_t  name;

    if (keyid.len < 2 * DEVICE_TAG_LEN + 1
        || keyid.data[keyid.len - 2 * DEVICE_TAG_LEN - 1] != '/')
    {
        return false;
    }

    name.data = keyid.data;
    name.len = keyid.len - 2 * DEVICE_TAG_LEN - 1;

    /* from the end, for the name is of any length and the tag of one */

    if (!device_fqdn_parse(parsed, name)
        || !device_tag_parse(parsed_tag, keyid.data + name.len + 1))
    {
        return false;
    }

    memcpy(fqdn, parsed, name.len + 1);
    memcpy(tag, parsed_tag, DEVICE_TAG_LEN);

    return true;
}


/* Labels of letters, digits, '-' (not at an end) and '_', two at least, no
 * final dot. */
static bool
device_fqdn_parse(char *fqdn, store_span_t name)
{
    size_t   i, label, labels;
    uint8_t  byte;

    if (name.len == 0 || name.len > DEVICE_FQDN_MAX) {
        return false;
    }

    label = 0;
    labels = 1;

    for (i = 0; i < name.len; i++) {
        byte = name.data[i];

        if (byte >= 'A' && byte <= 'Z') {
            byte |= 0x20;
        }

        fqdn[i] = (char) byte;

        if (byte == '.') {
            if (label == 0 || fqdn[i - 1] == '-') {
                return false;
            }

            label = 0;
            labels++;
            continue;
        }

        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9')
            && byte != '_' && (byte != '-' || label == 0))
        {
            return false;
        }

        if (++label > STORE_LABEL_MAX) {
            return false;
        }
    }

    fqdn[i] = '\0';

    return labels >= 2 && label > 0 && fqdn[i - 1] != '-';
}


/* Lower case only: see above. */
static bool
device_tag_parse(uint8_t tag[DEVICE_TAG_LEN], const uint8_t *digits)
{
    size_t   i;
    uint8_t  nibble;

    for (i = 0; i < 2 * DEVICE_TAG_LEN; i++) {

        if (digits[i] >= '0' && digits[i] <= '9') {
            nibble = digits[i] - '0';

        } else if (digits[i] >= 'a' && digits[i] <= 'f') {
            nibble = digits[i] - 'a' + 10;

        } else {
            return false;
        }

        tag[i / 2] = (uint8_t) (i % 2 == 0 ? nibble << 4
                                           : tag[i / 2] | nibble);
    }

    return true;
}
