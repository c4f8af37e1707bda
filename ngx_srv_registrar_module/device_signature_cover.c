
/*
 * What a signature covers, and whether that is all that makes a request what
 * it is.  Enters: the components of a signature that claims to be ours.
 * Always: each of them is one whose value we can compute, and stands there
 * once; at most DEVICE_COMPONENTS_MAX are looked at.
 */

#include "device_message.h"

#include <string.h>

#include "device_field.h"


/* What a set of components covers. */
#define DEVICE_COVERS_METHOD     0x01
#define DEVICE_COVERS_AUTHORITY  0x02
#define DEVICE_COVERS_PATH       0x04
#define DEVICE_COVERS_QUERY      0x08
#define DEVICE_COVERS_DIGEST     0x10


/* RFC 9421 2.2; @query-param needs a parameter, @status is a response's. */
static const struct {
    const char  *name;
    unsigned     covers;
} device_components[] = {
    { "@method",         DEVICE_COVERS_METHOD },
    { "@authority",      DEVICE_COVERS_AUTHORITY },
    { "@path",           DEVICE_COVERS_PATH },
    { "@query",          DEVICE_COVERS_QUERY },
    { "@target-uri",     DEVICE_COVERS_AUTHORITY | DEVICE_COVERS_PATH
                         | DEVICE_COVERS_QUERY },
    { "@scheme",         0 },
    { "@request-target", 0 },
    { "content-digest",  DEVICE_COVERS_DIGEST },
};


static bool device_component_valid(const device_field_member_t *item,
    unsigned *covers);


/* RFC 9421 2: each component once; else two lines of the base had one name,
 * and a reader could take the one that was not meant. */
device_reason_t
device_signature_components(const device_signature_t *signature,
    unsigned *covered, device_error_t *error)
{
    size_t                 i, n;
    unsigned               covers;
    store_span_t           names[DEVICE_COMPONENTS_MAX];
    device_field_parser_t  parser;
    device_field_member_t  item;

    *covered = 0;
    n = 0;

    device_field_inner_list(&parser, signature->components);

    while (device_field_item(&parser, &item)) {

        if (n == DEVICE_COMPONENTS_MAX) {
            return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                 "more than %d components",
                                 DEVICE_COMPONENTS_MAX);
        }

        if (!device_component_valid(&item, &covers)) {
            return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                 "the component %.*s is not supported",
                                 (int) (item.raw.len < 64 ? item.raw.len
                                                          : 64),
                                 (const char *) item.raw.data);
        }

        for (i = 0; i < n; i++) {
            if (device_span_equal(names[i], item.value.text)) {
                return device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                                     "a component is covered twice");
            }
        }

        names[n++] = item.value.text;
        *covered |= covers;
    }

    /* the member was parsed before with its list: it cannot fail now */

    return parser.failed
           ? device_refuse(error, DEVICE_SIGNATURE_MALFORMED, NULL,
                           "the components are no list")
           : DEVICE_OK;
}


/* No parameter is taken: each of them (sf, bs, key, req, tr, name) changes
 * what the value is. */
static bool
device_component_valid(const device_field_member_t *item, unsigned *covers)
{
    size_t        i;
    uint8_t       byte;
    store_span_t  name;

    if (item->value.type != DEVICE_FIELD_STRING || item->nparams != 0) {
        return false;
    }

    name = item->value.text;
    *covers = 0;

    for (i = 0;
         i < sizeof(device_components) / sizeof(device_components[0]);
         i++)
    {
        if (device_span_is(name, device_components[i].name)) {
            *covers = device_components[i].covers;
            return true;
        }
    }

    /* a field name, lower case (2.1) */

    for (i = 0; i < name.len; i++) {
        byte = name.data[i];

        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9')
            && (byte == '\0' || strchr("!#$%&'*+-.^_`|~", byte) == NULL))
        {
            return false;
        }
    }

    return name.len > 0;
}


/* Our policy, not the signer's, says what must be covered (RFC 9421 7.2.1). */
device_reason_t
device_signature_covers(const device_message_t *message, unsigned covered,
    device_error_t *error)
{
    const char  *missing;

    if ((covered & DEVICE_COVERS_METHOD) == 0) {
        missing = "@method";

    } else if ((covered & DEVICE_COVERS_AUTHORITY) == 0) {
        missing = "@authority";

    } else if ((covered & DEVICE_COVERS_PATH) == 0) {
        missing = "@path";

    } else if (message->has_query && (covered & DEVICE_COVERS_QUERY) == 0) {
        missing = "@query";

    } else if (message->body.len > 0
               && (covered & DEVICE_COVERS_DIGEST) == 0)
    {
        missing = "content-digest";

    } else {
        return DEVICE_OK;
    }

    return device_refuse(error, DEVICE_SIGNATURE_INCOMPLETE, NULL,
                         "the signature does not cover \"%s\"", missing);
}
