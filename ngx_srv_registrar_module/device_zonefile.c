
/*
 * A zone file to the values that the store publishes.  Enters: the operator's
 * file.  Leaves: the apex's value, one value for each label next to it, and
 * a digest over what they say, so that a comment or another order publishes
 * nothing.  Always: RRs lie sorted by label, owner, type and RDATA.
 */

#include "device_zonefile_rr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "device_rdata.h"


#define FILE_MAX      (16 * 1024 * 1024)     /* DEVICE_STATICS_MAX labels of
                                                4 KiB each */
#define MINIMUM_WARN  300    /* s; longer, and a device that has just enrolled
                                stays unknown to resolvers that asked early */
#define COUNT_MAX     255    /* store_rrset_t.count */

#define TYPE_A        1
#define TYPE_NS       2
#define TYPE_CNAME    5
#define TYPE_SOA      6
#define TYPE_AAAA     28


struct device_zonefile_s {
    store_zone_content_t   content;
    uint8_t                name[STORE_NAME_MAX];

    device_zone_rr_t     **rrs;
    size_t                 nrrs;
    size_t                 size;         /* of rrs */

    store_static_t        *statics;
    uint8_t               *apex;         /* memory of content.apex */
};


static char *device_file_load(const char *path, size_t *len,
    device_error_t *error);
static bool device_zonefile_lines(device_zonefile_t *file, const char *text,
    size_t len, device_error_t *error);
static bool device_zonefile_append(device_zonefile_t *file,
    device_zone_rr_t *rr, device_error_t *error);
static int device_zone_rr_compare(const void *one, const void *two);
static int device_span_compare(store_span_t a, store_span_t b);
static bool device_zone_same_rrset(const device_zone_rr_t *a,
    const device_zone_rr_t *b);
static void device_zonefile_unique(device_zonefile_t *file);
static bool device_zonefile_check(device_zonefile_t *file,
    device_error_t *error, char warning[224]);
static bool device_zonefile_apex(device_zonefile_t *file,
    device_error_t *error, char warning[224]);
static bool device_zonefile_ns(device_zonefile_t *file,
    const device_zone_rr_t *ns, device_error_t *error);
static bool device_zonefile_digest(device_zonefile_t *file,
    device_error_t *error);
static bool device_zonefile_values(device_zonefile_t *file,
    device_error_t *error);
static bool device_zonefile_value(device_zonefile_t *file, size_t from,
    size_t to, store_span_t *bytes, device_error_t *error);
static size_t device_zonefile_rrset(device_zonefile_t *file, size_t from,
    size_t to, store_writer_t *writer);
static bool device_zonefile_fail(device_error_t *error, const char *what);


device_zonefile_t *
device_zonefile_read(const char *path, store_span_t zone,
    device_error_t *error, char warning[224])
{
    bool                done;
    char               *text;
    size_t              len;
    device_zonefile_t  *file;

    warning[0] = '\0';

    text = device_file_load(path, &len, error);

    if (text == NULL) {
        return NULL;
    }

    file = calloc(1, sizeof(device_zonefile_t));

    if (file == NULL || !store_name_valid(zone)) {
        device_zonefile_fail(error, "no memory, or no zone's name");
        device_zonefile_free(file);
        free(text);
        return NULL;
    }

    store_name_fold(file->name, zone.data, zone.len);
    file->content.name = (store_span_t) { file->name, zone.len };

    done = device_zonefile_lines(file, text, len, error)
           && device_zonefile_check(file, error, warning)
           && device_zonefile_digest(file, error)
           && device_zonefile_values(file, error);

    free(text);

    if (!done) {
        device_zonefile_free(file);
        return NULL;
    }

    return file;
}


const store_zone_content_t *
device_zonefile_content(const device_zonefile_t *file)
{
    return &file->content;
}


bool
device_zonefile_has(const device_zonefile_t *file, store_span_t label)
{
    int     order;
    size_t  low, high, middle;

    low = 0;
    high = file->content.nstatics;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = device_span_compare(label,
                                    file->content.statics[middle].label);

        if (order == 0) {
            return true;
        }

        if (order < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return false;
}


void
device_zonefile_free(device_zonefile_t *file)
{
    size_t  i;

    if (file == NULL) {
        return;
    }

    for (i = 0; i < file->content.nstatics; i++) {
        free((void *) file->statics[i].bytes.data);
    }

    for (i = 0; i < file->nrrs; i++) {
        free(file->rrs[i]);
    }

    free(file->statics);
    free(file->apex);
    free(file->rrs);
    free(file);
}


static char *
device_file_load(const char *path, size_t *len, device_error_t *error)
{
    char  *text;
    FILE  *stream;

    stream = fopen(path, "re");

    if (stream == NULL) {
        device_refuse(error, DEVICE_RDATA_INVALID, NULL, "%s: %s", path,
                      strerror(errno));
        return NULL;
    }

    text = malloc(FILE_MAX + 1);
    *len = (text != NULL) ? fread(text, 1, FILE_MAX + 1, stream) : 0;

    if (text == NULL || ferror(stream) || *len > FILE_MAX) {
        device_refuse(error, DEVICE_RDATA_INVALID, NULL,
                      "%s: cannot be read, or is larger than %d bytes", path,
                      FILE_MAX);
        free(text);
        text = NULL;
    }

    fclose(stream);

    return text;
}


static bool
device_zonefile_lines(device_zonefile_t *file, const char *text, size_t len,
    device_error_t *error)
{
    bool                   done;
    char                  *line;
    unsigned               number;
    const char            *problem;
    device_zone_rr_t      *rr;
    device_zonelines_t     lines;
    device_zone_parser_t  *parser;

    lines = (device_zonelines_t) { text, text + len, 1 };
    line = malloc(DEVICE_ZONELINE_MAX);
    parser = device_zone_parser_new(file->content.name);
    problem = NULL;

    done = (line != NULL && parser != NULL)
           || device_zonefile_fail(error, "no memory");

    while (done && device_zonelines_next(&lines, line, &number, &problem)) {
        done = device_zone_parser_line(parser, line, number, &rr, error)
               && (rr == NULL || device_zonefile_append(file, rr, error));
    }

    device_zone_parser_free(parser);
    free(line);

    if (problem != NULL) {
        device_refuse(error, DEVICE_RDATA_INVALID, NULL, "line %u: %s",
                      number, problem);
        return false;
    }

    return done;
}


static bool
device_zonefile_append(device_zonefile_t *file, device_zone_rr_t *rr,
    device_error_t *error)
{
    size_t             size;
    device_zone_rr_t **rrs;

    if (file->nrrs == file->size) {
        size = (file->size != 0) ? file->size * 2 : 64;
        rrs = realloc(file->rrs, size * sizeof(device_zone_rr_t *));

        if (rrs == NULL) {
            free(rr);
            return device_zonefile_fail(error, "no memory");
        }

        file->rrs = rrs;
        file->size = size;
    }

    file->rrs[file->nrrs++] = rr;

    return true;
}


/* Also by line, so that of two equal ones the first stays. */

static int
device_zone_rr_compare(const void *one, const void *two)
{
    int                      order;
    const device_zone_rr_t  *a, *b;

    a = *(device_zone_rr_t *const *) one;
    b = *(device_zone_rr_t *const *) two;

    order = device_span_compare(a->label, b->label);

    if (order == 0) {
        order = device_span_compare(a->below, b->below);
    }

    if (order == 0) {
        order = (int) a->type - (int) b->type;
    }

    if (order == 0) {
        order = device_span_compare(a->rdata, b->rdata);
    }

    if (order == 0) {
        order = (a->line > b->line) - (a->line < b->line);
    }

    return order;
}


static int
device_span_compare(store_span_t a, store_span_t b)
{
    int  order;

    order = memcmp(a.data, b.data, (a.len < b.len) ? a.len : b.len);

    return (order != 0) ? order : (a.len > b.len) - (a.len < b.len);
}


static bool
device_zone_same_owner(const device_zone_rr_t *a, const device_zone_rr_t *b)
{
    return device_span_compare(a->owner, b->owner) == 0;
}


static bool
device_zone_same_rrset(const device_zone_rr_t *a, const device_zone_rr_t *b)
{
    return a->type == b->type && device_zone_same_owner(a, b);
}


/* RFC 2181 5: an RRset has no equal RRs */

static void
device_zonefile_unique(device_zonefile_t *file)
{
    size_t             i, n;
    device_zone_rr_t  *rr, *last;

    for (i = 1, n = 1; i < file->nrrs; i++) {
        rr = file->rrs[i];
        last = file->rrs[n - 1];

        if (device_zone_same_rrset(rr, last) && rr->ttl == last->ttl
            && device_span_compare(rr->rdata, last->rdata) == 0)
        {
            free(rr);
            continue;
        }

        file->rrs[n++] = rr;
    }

    file->nrrs = n;
}


static bool
device_zonefile_check(device_zonefile_t *file, device_error_t *error,
    char warning[224])
{
    size_t             i;
    const char        *problem;
    device_zone_rr_t  *rr, *last;

    if (file->nrrs == 0) {
        return device_zonefile_fail(error, "the file has no records");
    }

    qsort(file->rrs, file->nrrs, sizeof(device_zone_rr_t *),
          device_zone_rr_compare);
    device_zonefile_unique(file);

    for (i = 1; i < file->nrrs; i++) {
        rr = file->rrs[i];
        last = file->rrs[i - 1];
        problem = NULL;

        if (!device_zone_same_owner(rr, last)) {
            continue;
        }

        /* sorted by type: a CNAME stands behind A and NS alone, so that both
         * orders occur; RFC 1034 3.6.2 */

        if (rr->type == TYPE_CNAME || last->type == TYPE_CNAME) {
            problem = "a CNAME stands beside other data";

        } else if (rr->type == last->type && rr->ttl != last->ttl) {
            problem = "one RRset has two TTLs (RFC 2181 section 5.2)";

        } else if (rr->type == TYPE_SOA && last->type == TYPE_SOA) {
            problem = "a second SOA";
        }

        if (problem != NULL) {
            device_refuse(error, DEVICE_RDATA_INVALID, NULL,
                          "line %u: %s; see line %u",
                          (rr->line > last->line) ? rr->line : last->line,
                          problem,
                          (rr->line > last->line) ? last->line : rr->line);
            return false;
        }
    }

    return device_zonefile_apex(file, error, warning);
}


static bool
device_zonefile_apex(device_zonefile_t *file, device_error_t *error,
    char warning[224])
{
    bool                     soa, ns;
    size_t                   i;
    uint32_t                 minimum;
    const uint8_t           *end;
    const device_zone_rr_t  *rr;

    soa = false;
    ns = false;

    for (i = 0; i < file->nrrs && file->rrs[i]->label.len == 0; i++) {
        rr = file->rrs[i];

        if (rr->type == TYPE_NS) {
            ns = true;

            if (!device_zonefile_ns(file, rr, error)) {
                return false;
            }
        }

        if (rr->type == TYPE_SOA && rr->rdata.len >= 4) {
            soa = true;
            end = rr->rdata.data + rr->rdata.len;
            minimum = (uint32_t) end[-4] << 24 | (uint32_t) end[-3] << 16
                      | (uint32_t) end[-2] << 8 | end[-1];

            if (minimum > MINIMUM_WARN) {
                snprintf(warning, 224, "line %u: SOA MINIMUM is %u s: a name "
                         "that was asked for too early stays unknown that "
                         "long; %u s or less is better", rr->line, minimum,
                         (unsigned) MINIMUM_WARN);
            }
        }
    }

    if (!soa) {
        return device_zonefile_fail(error, "the zone has no SOA");
    }

    return ns || device_zonefile_fail(error, "the zone has no NS");
}


/* A name server inside the zone needs an address here: nothing else has
 * one. */

static bool
device_zonefile_ns(device_zonefile_t *file, const device_zone_rr_t *ns,
    device_error_t *error)
{
    size_t                   i;
    store_span_t             zone, name;
    const device_zone_rr_t  *rr;

    zone = file->content.name;
    name = ns->rdata;

    for (i = 0; i + zone.len < name.len; i += 1 + (size_t) name.data[i]) {
        /* void */
    }

    if (i + zone.len != name.len
        || memcmp(name.data + i, zone.data, zone.len) != 0)
    {
        return true;
    }

    for (i = 0; i < file->nrrs; i++) {
        rr = file->rrs[i];

        if ((rr->type == TYPE_A || rr->type == TYPE_AAAA)
            && device_span_compare(rr->owner, name) == 0)
        {
            return true;
        }
    }

    device_refuse(error, DEVICE_RDATA_INVALID, NULL,
                  "line %u: the name server lies in the zone and has no A or "
                  "AAAA there", ns->line);

    return false;
}


/* Over owner, type, TTL and RDATA of each, their lengths before them. */

static bool
device_zonefile_digest(device_zonefile_t *file, device_error_t *error)
{
    bool                     done;
    size_t                   i;
    uint8_t                  head[10];
    EVP_MD_CTX              *context;
    const device_zone_rr_t  *rr;

    context = EVP_MD_CTX_new();
    done = context != NULL
           && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

    for (i = 0; i < file->nrrs && done; i++) {
        rr = file->rrs[i];

        head[0] = (uint8_t) (rr->owner.len >> 8);
        head[1] = (uint8_t) rr->owner.len;
        head[2] = (uint8_t) (rr->type >> 8);
        head[3] = (uint8_t) rr->type;
        head[4] = (uint8_t) (rr->ttl >> 24);
        head[5] = (uint8_t) (rr->ttl >> 16);
        head[6] = (uint8_t) (rr->ttl >> 8);
        head[7] = (uint8_t) rr->ttl;
        head[8] = (uint8_t) (rr->rdata.len >> 8);
        head[9] = (uint8_t) rr->rdata.len;

        done = EVP_DigestUpdate(context, head, sizeof(head)) == 1
               && EVP_DigestUpdate(context, rr->owner.data, rr->owner.len) == 1
               && EVP_DigestUpdate(context, rr->rdata.data, rr->rdata.len)
                  == 1;
    }

    done = done
           && EVP_DigestFinal_ex(context, file->content.digest, NULL) == 1;

    EVP_MD_CTX_free(context);

    return done || device_zonefile_fail(error, "SHA-256 is not available");
}


static bool
device_zonefile_values(device_zonefile_t *file, device_error_t *error)
{
    size_t           i, from;
    store_span_t     bytes;
    store_static_t  *entry;

    file->statics = calloc(DEVICE_STATICS_MAX, sizeof(store_static_t));

    if (file->statics == NULL) {
        return device_zonefile_fail(error, "no memory");
    }

    file->content.statics = file->statics;

    for (from = 0; from < file->nrrs; from = i) {

        for (i = from + 1; i < file->nrrs; i++) {
            if (device_span_compare(file->rrs[i]->label,
                                    file->rrs[from]->label) != 0)
            {
                break;
            }
        }

        if (file->content.nstatics == DEVICE_STATICS_MAX) {
            return device_zonefile_fail(error, "too many names next to the "
                                        "apex");
        }

        if (!device_zonefile_value(file, from, i, &bytes, error)) {
            return false;
        }

        if (file->rrs[from]->label.len == 0) {
            file->content.apex = bytes;
            file->apex = (uint8_t *) bytes.data;
            continue;
        }

        entry = &file->statics[file->content.nstatics++];
        entry->label = file->rrs[from]->label;
        entry->bytes = bytes;
    }

    return true;
}


/* Of RRs from `from` on, `to` excluded: all at or below one label. */

static bool
device_zonefile_value(device_zonefile_t *file, size_t from, size_t to,
    store_span_t *bytes, device_error_t *error)
{
    size_t                   i;
    uint8_t                  buffer[STORE_VALUE_MAX], *copy;
    store_key_t              key;
    store_writer_t           writer;
    const device_zone_rr_t  *rr;

    rr = file->rrs[from];

    if (rr->label.len == 0) {
        store_writer_apex(&writer, buffer, sizeof(buffer),
                          file->content.digest);

    } else {
        store_writer_static(&writer, buffer, sizeof(buffer));
    }

    for (i = from; i < to; /* void */) {
        i = device_zonefile_rrset(file, i, to, &writer);
    }

    if (!store_key_make(&key, file->content.name, rr->label)
        || !store_writer_finish(&writer,
                                (store_span_t) { key.data, key.len }, bytes))
    {
        device_refuse(error, DEVICE_TOO_MUCH, NULL,
                      "line %u: there is too much at and below \"%.*s\": "
                      "%d bytes are the most, %d RRs in an RRset", rr->line,
                      (rr->label.len != 0) ? (int) rr->label.len : 1,
                      (rr->label.len != 0) ? (const char *) rr->label.data
                                           : "@",
                      STORE_VALUE_MAX, COUNT_MAX);
        return false;
    }

    copy = malloc(bytes->len);

    if (copy == NULL) {
        return device_zonefile_fail(error, "no memory");
    }

    memcpy(copy, bytes->data, bytes->len);
    bytes->data = copy;

    return true;
}


static size_t
device_zonefile_rrset(device_zonefile_t *file, size_t from, size_t to,
    store_writer_t *writer)
{
    size_t                   i;
    store_rr_t               rr;
    store_rrset_t            rrset;
    const device_zone_rr_t  *first;

    first = file->rrs[from];

    rrset = (store_rrset_t) { 0 };
    rrset.owner = first->below;
    rrset.type = first->type;
    rrset.ttl = first->ttl;
    rrset.door = STORE_DOOR_NONE;

    store_writer_rrset_begin(writer, &rrset);

    for (i = from; i < to && device_zone_same_rrset(first, file->rrs[i]); i++)
    {
        rr.data = file->rrs[i]->rdata.data;
        rr.len = (uint16_t) file->rrs[i]->rdata.len;
        rr.splice = -1;

        store_writer_rr(writer, &rr);
    }

    store_writer_rrset_end(writer);

    return i;
}


static bool
device_zonefile_fail(device_error_t *error, const char *what)
{
    device_refuse(error, DEVICE_RDATA_INVALID, NULL, "%s", what);

    return false;
}
