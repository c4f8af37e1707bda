
/*
 * Internal to device_zonefile*.c: the lines of a zone file, and the RRs on
 * them.  ldns parses; its types stay in device_zonefile_rr.c.
 */

#ifndef DEVICE_ZONEFILE_RR_H
#define DEVICE_ZONEFILE_RR_H


#include "device_zonefile.h"


#define DEVICE_ZONELINE_MAX  65536   /* bytes of one logical line; RDATA of a
                                        value has 8 KiB */


typedef struct {
    const char  *at;
    const char  *end;
    unsigned     line;               /* of at, from 1 */
} device_zonelines_t;

/*
 * The next line that is not empty: comments gone, what parentheses join made
 * one line, a TTL before the class.  *number is where it begins.  False at
 * the end, or with *problem set.
 */
bool device_zonelines_next(device_zonelines_t *lines,
    char out[DEVICE_ZONELINE_MAX], unsigned *number, const char **problem);


/* One RR; bytes lie behind the struct, free() frees all. */
typedef struct {
    unsigned      line;
    store_span_t  owner;             /* wire, lower case */
    store_span_t  label;             /* next to the apex; empty at the apex */
    store_span_t  below;             /* owner relative to the label */
    uint16_t      type;
    uint32_t      ttl;               /* s */
    store_span_t  rdata;             /* wire, names in lower case */
} device_zone_rr_t;

/* What lines before say to the lines after: $ORIGIN, $TTL, the last owner. */
typedef struct device_zone_parser_s  device_zone_parser_t;

/* NULL for want of memory.  zone must outlive it. */
device_zone_parser_t *device_zone_parser_new(store_span_t zone);
void device_zone_parser_free(device_zone_parser_t *parser);

/*
 * One line.  *rr is the caller's to free, and NULL for a directive.  False
 * with error->detail ("line 7: ...").
 */
bool device_zone_parser_line(device_zone_parser_t *parser, char *line,
    unsigned number, device_zone_rr_t **rr, device_error_t *error);


#define DEVICE_ZONE_TTL_MAX     0x7fffffff   /* s; RFC 2181 8 */
#define DEVICE_ZONE_TTL_UNSET   0x80000000   /* what a line may not say */
#define DEVICE_ZONE_TOKENS_MAX  16   /* TTL, class, type, and the fields of
                                        RDATA up to the last integer: NAPTR,
                                        SOA */

/* Words of a line, which holds them. */
typedef struct {
    char    *at[DEVICE_ZONE_TOKENS_MAX];
    size_t   n;
} device_zone_tokens_t;

struct ldns_struct_rr;

/* NULL, or what is wrong with the RR's class, TTL or numbers.  Cuts the line
 * that it was read from into tokens. */
const char *device_zone_check(const struct ldns_struct_rr *rr, char *line);

/* The first tokens of a line, in place; quotes hold one together. */
void device_zone_tokens(device_zone_tokens_t *tokens, char *line);

/* Digits, or digits with units as BIND takes them: 1h30m. */
bool device_ttl_parse(const char *text, uint32_t most, uint32_t *ttl);


/*
 * All RRs of a zone together: sorts them by label, owner, type and RDATA,
 * frees equal ones, and checks what they say about each other.  *n is their
 * number before and after.
 */
bool device_zone_check_all(device_zone_rr_t **rrs, size_t *n,
    store_span_t zone, device_error_t *error,
    char warning[DEVICE_WARNING_MAX]);

bool device_zone_same_rrset(const device_zone_rr_t *a,
    const device_zone_rr_t *b);

/* The order of bytes, a shorter one before its extensions. */
int device_span_compare(store_span_t a, store_span_t b);


#endif /* DEVICE_ZONEFILE_RR_H */
