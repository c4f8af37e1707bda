
/*
 * One line of a zone file to one RR.  Enters: the operator's text.  Leaves:
 * an RR that a registrar zone can have, its names in lower case.  ldns parses;
 * what it read is compared with the text in device_zonefile_number.c.
 */

#include "device_zonefile_rr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldns/ldns.h>


#define PROBLEM_MAX  128             /* a type's name, and what is wrong */


struct device_zone_parser_s {
    store_span_t  zone;
    ldns_rdf     *origin;
    ldns_rdf     *previous;          /* the last owner */
    uint32_t      ttl;               /* s, of lines that say none; UNSET until
                                        a $TTL: RFC 2308 4 has no default */
    char          problem[PROBLEM_MAX];    /* where one has to be composed */
};


static bool device_zone_directive(device_zone_parser_t *parser, char *line,
    const char **problem);
static const char *device_zone_type_refused(device_zone_parser_t *parser,
    uint16_t type, bool apex);
static const char *device_zone_copy(device_zone_parser_t *parser,
    ldns_rr *parsed, device_zone_rr_t **rr);
static const char *device_zone_refused(device_zone_parser_t *parser,
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
    parser->ttl = DEVICE_ZONE_TTL_UNSET;
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

    /* an owner that is left out is the one before (RFC 1035 5.1): ldns keeps it
     * in parser->previous */

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

        if (!device_ttl_parse(tokens.at[1], DEVICE_ZONE_TTL_MAX,
                              &parser->ttl))
        {
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


/* NULL, or why a registrar zone cannot have the type there. */
static const char *
device_zone_type_refused(device_zone_parser_t *parser, uint16_t type,
    bool apex)
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
        snprintf(parser->problem, PROBLEM_MAX, "%s is not the file's: the zone "
                 "changes all the time, and \"dnssec on\" signs it",
                 ldns_rr_descript(type)->_name);
        return parser->problem;

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
device_zone_copy(device_zone_parser_t *parser, ldns_rr *parsed,
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

    /* one allocation: the RR and its bytes live and die together */

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
device_zone_refused(device_zone_parser_t *parser, device_zone_rr_t *rr)
{
    if (!store_name_valid(rr->owner) || !device_zone_place(rr, parser->zone))
    {
        return "the name lies outside the zone";
    }

    if (device_zone_wildcard(rr->owner)) {
        return "wildcards are not served: one would answer for devices";
    }

    return device_zone_type_refused(parser, rr->type, rr->label.len == 0);
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
