
/*
 * One line of a zone file to one RR.  Enters: the operator's text.  Leaves:
 * an RR that a registrar zone can have, its names in lower case.
 *
 * ldns wraps numbers that are too large, so each integer that it read is
 * compared with the token that it read it from.
 */

#include "device_zonefile_rr.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldns/ldns.h>

#include "device_rdata.h"


#define TTL_MAX     0x7fffffff   /* s; RFC 2181 8 */
#define TTL_UNSET   0x80000000   /* what a line may not say */
#define TOKENS_MAX  16           /* TTL, class, type, and the fields of RDATA
                                    up to the last integer: NAPTR, SOA */


struct device_zone_parser_s {
    store_span_t  zone;
    ldns_rdf     *origin;
    ldns_rdf     *previous;          /* the last owner */
    uint32_t      ttl;
};

typedef struct {
    char    *at[TOKENS_MAX];
    size_t   n;
} device_zone_tokens_t;


static bool device_zone_directive(device_zone_parser_t *parser, char *line,
    const char **problem);
static const char *device_zone_check(const ldns_rr *rr, char *line);
static void device_zone_tokens(device_zone_tokens_t *tokens, char *line);
static bool device_zone_integer_kept(const ldns_rdf *field,
    const char *token);
static bool device_ttl_parse(const char *text, uint32_t most,
    uint32_t *ttl);
static const char *device_zone_type_refused(uint16_t type, bool apex);
static const char *device_zone_copy(const device_zone_parser_t *parser,
    ldns_rr *parsed, device_zone_rr_t **rr);
static const char *device_zone_refused(const device_zone_parser_t *parser,
    device_zone_rr_t *rr);
static bool device_zone_wildcard(store_span_t name);
static bool device_zone_place(device_zone_rr_t *rr, store_span_t zone);


device_zone_parser_t *
device_zone_parser_new(store_span_t zone)
{
    device_zone_parser_t  *parser;

    parser = calloc(1, sizeof(device_zone_parser_t));

    if (parser == NULL) {
        return NULL;
    }

    parser->zone = zone;
    parser->ttl = TTL_UNSET;
    parser->origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, zone.len,
                                           zone.data);

    if (parser->origin == NULL) {
        free(parser);
        return NULL;
    }

    return parser;
}


void
device_zone_parser_free(device_zone_parser_t *parser)
{
    if (parser != NULL) {
        ldns_rdf_deep_free(parser->origin);
        ldns_rdf_deep_free(parser->previous);
        free(parser);
    }
}


bool
device_zone_parser_line(device_zone_parser_t *parser, char *line,
    unsigned number, device_zone_rr_t **rr, device_error_t *error)
{
    ldns_rr      *parsed;
    const char   *problem;
    ldns_status   status;

    *rr = NULL;
    problem = NULL;

    if (device_zone_directive(parser, line, &problem)) {
        goto done;
    }

    status = ldns_rr_new_frm_str(&parsed, line, parser->ttl, parser->origin,
                                 &parser->previous);

    if (status != LDNS_STATUS_OK) {
        problem = ldns_get_errorstr_by_id(status);
        goto done;
    }

    problem = device_zone_check(parsed, line);

    if (problem == NULL) {
        problem = device_zone_copy(parser, parsed, rr);
    }

    ldns_rr_free(parsed);

done:

    if (problem == NULL) {

        if (*rr != NULL) {
            (*rr)->line = number;
        }

        return true;
    }

    device_refuse(error, DEVICE_RDATA_INVALID, NULL, "line %u: %s", number,
                  problem);

    return false;
}


/* False where the line is no directive. */
static bool
device_zone_directive(device_zone_parser_t *parser, char *line,
    const char **problem)
{
    ldns_rdf              *origin, *joined;
    device_zone_tokens_t   tokens;

    if (line[0] != '$') {
        return false;
    }

    device_zone_tokens(&tokens, line);

    if (tokens.n != 2) {
        *problem = "a directive is $ORIGIN <name> or $TTL <seconds>";

    } else if (strcasecmp(tokens.at[0], "$TTL") == 0) {

        if (!device_ttl_parse(tokens.at[1], TTL_MAX, &parser->ttl)) {
            *problem = "not a TTL (RFC 2181 section 8)";
        }

    } else if (strcasecmp(tokens.at[0], "$ORIGIN") == 0) {
        origin = NULL;

        if (ldns_str2rdf_dname(&origin, tokens.at[1]) != LDNS_STATUS_OK) {
            *problem = "not a name";
            return true;
        }

        /* without a final dot: relative to the origin before */

        if (!ldns_dname_str_absolute(tokens.at[1])) {
            joined = ldns_dname_cat_clone(origin, parser->origin);
            ldns_rdf_deep_free(origin);
            origin = joined;
        }

        if (origin == NULL) {
            *problem = "the name is too long";
            return true;
        }

        ldns_rdf_deep_free(parser->origin);
        parser->origin = origin;

    } else {
        *problem = "no directives but $ORIGIN and $TTL are taken";
    }

    return true;
}


/* What can be said of the RR alone.  Cuts the line into tokens. */
static const char *
device_zone_check(const ldns_rr *rr, char *line)
{
    bool                  repeated;
    size_t                i, at;
    uint32_t              ttl;
    device_zone_tokens_t  tokens;

    if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN) {
        return "no class but IN is served";
    }

    repeated = (line[0] == ' ');
    device_zone_tokens(&tokens, line);

    /* [owner] [TTL] [class] type: device_zonelines_next() left this order */

    for (at = repeated ? 0 : 1; at < tokens.n; at++) {

        if (tokens.at[at][0] >= '0' && tokens.at[at][0] <= '9') {
            if (!device_ttl_parse(tokens.at[at], TTL_MAX, &ttl)) {
                return "not a TTL (RFC 2181 section 8)";
            }

        } else if (strcasecmp(tokens.at[at], "IN") != 0
                   && strncasecmp(tokens.at[at], "CLASS", 5) != 0)
        {
            break;
        }
    }

    if (ldns_rr_ttl(rr) == TTL_UNSET) {
        return "no TTL: $TTL is missing";
    }

    at++;

    /* bytes in hexadecimal (RFC 3597 5): no integer to be wrapped */

    if (at < tokens.n && strcmp(tokens.at[at], "\\#") == 0) {
        return NULL;
    }

    for (i = 0; i < ldns_rr_rd_count(rr) && at + i < tokens.n; i++) {
        if (!device_zone_integer_kept(ldns_rr_rdf(rr, i), tokens.at[at + i]))
        {
            return "a number is out of range";
        }
    }

    /* of SvcParams, ldns wraps the port (RFC 9460 7.2) */

    for (i = at; i < tokens.n && ldns_rr_get_type(rr) >= LDNS_RR_TYPE_SVCB
         && ldns_rr_get_type(rr) <= LDNS_RR_TYPE_HTTPS; i++)
    {
        if (strncmp(tokens.at[i], "port=", 5) == 0
            && (!device_ttl_parse(tokens.at[i] + 5, UINT16_MAX, &ttl)))
        {
            return "a port is an integer of 0 to 65535, without quotes";
        }
    }

    return NULL;
}


/* The first tokens of a line, in place; quotes hold one together. */
static void
device_zone_tokens(device_zone_tokens_t *tokens, char *line)
{
    bool  quoted;

    for (tokens->n = 0; tokens->n < TOKENS_MAX; /* void */) {

        while (*line == ' ') {
            line++;
        }

        if (*line == '\0') {
            return;
        }

        tokens->at[tokens->n++] = line;

        for (quoted = false; *line != '\0'; line++) {

            if (*line == ' ' && !quoted) {
                *line++ = '\0';
                break;
            }

            if (*line == '"') {
                quoted = !quoted;
            }

            if (*line == '\\' && line[1] != '\0') {
                line++;
            }
        }
    }
}


static bool
device_zone_integer_kept(const ldns_rdf *field, const char *token)
{
    uint32_t  kept, said;

    switch (ldns_rdf_get_type(field)) {

    case LDNS_RDF_TYPE_INT8:
    case LDNS_RDF_TYPE_ALG:
    case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
    case LDNS_RDF_TYPE_SELECTOR:
    case LDNS_RDF_TYPE_MATCHING_TYPE:
        kept = ldns_rdf2native_int8(field);
        break;

    case LDNS_RDF_TYPE_INT16:
    case LDNS_RDF_TYPE_CERT_ALG:
        kept = ldns_rdf2native_int16(field);
        break;

    case LDNS_RDF_TYPE_INT32:
    case LDNS_RDF_TYPE_PERIOD:
        kept = ldns_rdf2native_int32(field);
        break;

    default:
        return true;
    }

    /* TLSA's and CERT's fields may be words, which cannot wrap */

    if ((token[0] < '0' || token[0] > '9') && token[0] != '-'
        && token[0] != '+')
    {
        return ldns_rdf_get_type(field) != LDNS_RDF_TYPE_INT8
               && ldns_rdf_get_type(field) != LDNS_RDF_TYPE_INT16;
    }

    return device_ttl_parse(token, UINT32_MAX, &said) && said == kept;
}


/* Digits, or digits with units as BIND takes them: 1h30m. */
static bool
device_ttl_parse(const char *text, uint32_t most, uint32_t *ttl)
{
    size_t       i;
    uint64_t     sum, part;
    const char  *unit;

    static const char      units[] = "smhdw";
    static const uint64_t  seconds[] = { 1, 60, 3600, 86400, 604800 };

    sum = 0;

    for (i = 0; text[i] != '\0'; /* void */) {

        if (text[i] < '0' || text[i] > '9') {
            return false;
        }

        for (part = 0; text[i] >= '0' && text[i] <= '9'; i++) {
            part = part * 10 + (uint64_t) (text[i] - '0');

            if (part > most) {
                return false;
            }
        }

        if (text[i] != '\0') {
            unit = strchr(units, text[i] | 0x20);

            if (unit == NULL) {
                return false;
            }

            part *= seconds[unit - units];
            i++;
        }

        sum += part;

        if (sum > most) {
            return false;
        }
    }

    *ttl = (uint32_t) sum;

    return i != 0;
}


static const char *
device_zone_type_refused(uint16_t type, bool apex)
{
    switch (type) {

    case LDNS_RR_TYPE_SOA:
        return apex ? NULL : "SOA stands at the apex alone";

    case LDNS_RR_TYPE_NS:
        return apex ? NULL : "delegations are not served: NS below the apex";

    case LDNS_RR_TYPE_DS:
        return "delegations are not served: DS";

    case LDNS_RR_TYPE_DNAME:
        return "DNAME is not served: it would cover devices";

    case LDNS_RR_TYPE_CNAME:
        return apex ? "CNAME cannot stand at the apex" : NULL;

    case LDNS_RR_TYPE_RRSIG:
    case LDNS_RR_TYPE_NSEC:
    case LDNS_RR_TYPE_NSEC3:
    case LDNS_RR_TYPE_NSEC3PARAM:
    case LDNS_RR_TYPE_DNSKEY:
    case LDNS_RR_TYPE_CDS:
    case LDNS_RR_TYPE_CDNSKEY:
    case LDNS_RR_TYPE_KEY:
    case LDNS_RR_TYPE_SIG:
    case LDNS_RR_TYPE_NXT:
    case LDNS_RR_TYPE_ZONEMD:
        return "the zone changes all the time: it cannot come signed";

    default:
        break;
    }

    /* RFC 6895 3.1: QTYPEs and meta-types are no data */

    if (type == 0 || type == LDNS_RR_TYPE_OPT || (type >= 128 && type <= 255))
    {
        return "not a type of data";
    }

    return NULL;
}


static const char *
device_zone_copy(const device_zone_parser_t *parser, ldns_rr *parsed,
    device_zone_rr_t **rr)
{
    size_t             i, len;
    uint8_t           *at;
    ldns_rdf          *owner, *field;
    const char        *problem;
    device_zone_rr_t  *copy;

    /* names in RDATA too: lookups chase CNAMEs without folding */

    ldns_rr2canonical(parsed);

    owner = ldns_rr_owner(parsed);
    len = ldns_rdf_size(owner);

    for (i = 0; i < ldns_rr_rd_count(parsed); i++) {
        len += ldns_rdf_size(ldns_rr_rdf(parsed, i));
    }

    copy = calloc(1, sizeof(device_zone_rr_t) + len);

    if (copy == NULL) {
        return "no memory";
    }

    at = (uint8_t *) (copy + 1);

    copy->type = (uint16_t) ldns_rr_get_type(parsed);
    copy->ttl = ldns_rr_ttl(parsed);
    copy->owner = (store_span_t) { at, ldns_rdf_size(owner) };
    copy->rdata = (store_span_t) { at + copy->owner.len,
                                   len - copy->owner.len };

    store_name_fold(at, ldns_rdf_data(owner), copy->owner.len);
    at += copy->owner.len;

    for (i = 0; i < ldns_rr_rd_count(parsed); i++) {
        field = ldns_rr_rdf(parsed, i);

        if (ldns_rdf_size(field) != 0) {
            memcpy(at, ldns_rdf_data(field), ldns_rdf_size(field));
            at += ldns_rdf_size(field);
        }
    }

    problem = device_zone_refused(parser, copy);

    if (problem != NULL) {
        free(copy);
        return problem;
    }

    *rr = copy;

    return NULL;
}


static const char *
device_zone_refused(const device_zone_parser_t *parser, device_zone_rr_t *rr)
{
    if (!store_name_valid(rr->owner) || !device_zone_place(rr, parser->zone))
    {
        return "the name lies outside the zone";
    }

    if (device_zone_wildcard(rr->owner)) {
        return "wildcards are not served: one would answer for devices";
    }

    return device_zone_type_refused(rr->type, rr->label.len == 0);
}


/* Also in the middle, where RFC 4592 2.1.1 makes it an ordinary label: it is
 * hardly meant as one. */
static bool
device_zone_wildcard(store_span_t name)
{
    size_t  i;

    for (i = 0; i < name.len; i += 1 + (size_t) name.data[i]) {
        if (name.data[i] == 1 && name.data[i + 1] == '*') {
            return true;
        }
    }

    return false;
}


/* Finds the label next to the apex and what lies below it. */
static bool
device_zone_place(device_zone_rr_t *rr, store_span_t zone)
{
    size_t          i;
    const uint8_t  *name;

    name = rr->owner.data;
    rr->below = (store_span_t) { name, 0 };
    rr->label = (store_span_t) { name, 0 };

    for (i = 0; i + zone.len < rr->owner.len; i += 1 + (size_t) name[i]) {
        rr->below.len = i;
        rr->label = (store_span_t) { name + i + 1, name[i] };
    }

    return i + zone.len == rr->owner.len
           && memcmp(name + i, zone.data, zone.len) == 0;
}
