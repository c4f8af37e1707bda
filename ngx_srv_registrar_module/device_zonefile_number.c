
/*
 * Numbers of a zone file.  Enters: a line, and the RR that ldns made of it.
 * Always: ldns wraps numbers that are too large (a port of 65536 becomes 0),
 * so each integer that it read is compared with the token that it read it
 * from, and a TTL is never what the operator did not write.
 */

#include "device_zonefile_rr.h"

#include <string.h>
#include <strings.h>

#include <ldns/ldns.h>


static bool device_zone_integer_kept(const ldns_rdf *field,
    const char *token);
static bool device_zone_port_kept(const ldns_rr *rr,
    const device_zone_tokens_t *tokens, size_t at);


const char *
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
            if (!device_ttl_parse(tokens.at[at], DEVICE_ZONE_TTL_MAX, &ttl)) {
                return "not a TTL (RFC 2181 section 8)";
            }

        } else if (strcasecmp(tokens.at[at], "IN") != 0
                   && strncasecmp(tokens.at[at], "CLASS", 5) != 0)
        {
            break;
        }
    }

    if (ldns_rr_ttl(rr) == DEVICE_ZONE_TTL_UNSET) {
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

    return device_zone_port_kept(rr, &tokens, at)
           ? NULL : "a port is an integer of 0 to 65535, without quotes";
}


void
device_zone_tokens(device_zone_tokens_t *tokens, char *line)
{
    bool  quoted;

    for (tokens->n = 0; tokens->n < DEVICE_ZONE_TOKENS_MAX; /* void */) {

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
        return true;                 /* bytes, names: nothing to be wrapped */
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


/* Of SvcParams, ldns wraps the port (RFC 9460 7.2).  The RDATA begins at token
 * `at`. */
static bool
device_zone_port_kept(const ldns_rr *rr, const device_zone_tokens_t *tokens,
    size_t at)
{
    uint32_t  port;

    if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SVCB
        && ldns_rr_get_type(rr) != LDNS_RR_TYPE_HTTPS)
    {
        return true;
    }

    for (/* void */; at < tokens->n; at++) {
        if (strncmp(tokens->at[at], "port=", 5) == 0
            && !device_ttl_parse(tokens->at[at] + 5, UINT16_MAX, &port))
        {
            return false;
        }
    }

    return true;
}


bool
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

            if (part > most) {       /* before another digit overflows it */
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
