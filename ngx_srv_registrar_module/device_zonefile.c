
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


#define FILE_MAX      (16 * 1024 * 1024)     /* DEVICE_STATICS_MAX labels of
                                                4 KiB each */
#define COUNT_MAX     255    /* store_rrset_t.count */

#define TYPE_SOA      6
#define SOA_NUMBERS   20     /* serial, refresh, retry, expire, minimum */


struct device_zonefile_s {
    store_zone_content_t   content;
    uint8_t                name[STORE_NAME_MAX];

    device_zone_rr_t     **rrs;
    size_t                 nrrs;
    size_t                 size;         /* of rrs */

    store_static_t        *statics;
    uint8_t               *apex;         /* memory of content.apex */
    store_span_t           state;        /* while it is read; of the extras */
};


static char *device_file_load(const char *path, size_t *len,
    device_error_t *error);
static bool device_zonefile_lines(device_zonefile_t *file, const char *text,
    size_t len, device_error_t *error);
static bool device_zonefile_append(device_zonefile_t *file,
    device_zone_rr_t *rr, device_error_t *error);
static const device_zone_rr_t *device_zonefile_soa(
    const device_zonefile_t *file);
static uint32_t device_soa_number(const device_zone_rr_t *soa, size_t i);
static bool device_zonefile_extras(device_zonefile_t *file,
    const device_zone_extras_t *extras, device_error_t *error);
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
    const device_zone_extras_t *extras, device_error_t *error,
    char warning[DEVICE_WARNING_MAX])
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

    /* each line alone, then all together, and values only of what is sound */

    done = device_zonefile_lines(file, text, len, error)
           && device_zonefile_extras(file, extras, error)
           && device_zone_check_all(file->rrs, &file->nrrs, file->content.name,
                                 error, warning)
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


void
device_zonefile_times(const device_zonefile_t *file,
    device_zone_times_t *times)
{
    size_t                   i;
    uint32_t                 minimum;
    const device_zone_rr_t  *soa;

    soa = device_zonefile_soa(file);
    minimum = device_soa_number(soa, 4);

    times->expire = device_soa_number(soa, 3);
    times->negative = (soa->ttl < minimum) ? soa->ttl : minimum;
    times->ttl_max = 0;

    for (i = 0; i < file->nrrs; i++) {
        if (file->rrs[i]->ttl > times->ttl_max) {
            times->ttl_max = file->rrs[i]->ttl;
        }
    }
}


/* Asked at each enrolment; labels are sorted. */
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


/* A byte more than is allowed is asked for: that is how a file that is larger,
 * or grows meanwhile, shows. */
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
    number = 0;
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

    /* 64 do for a zone of a few names; doubled, so that a large file is copied
     * no more than twice over */

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


/* NULL only before the RRs were checked. */
static const device_zone_rr_t *
device_zonefile_soa(const device_zonefile_t *file)
{
    size_t  i;

    for (i = 0; i < file->nrrs; i++) {
        if (file->rrs[i]->type == TYPE_SOA) {
            return file->rrs[i];
        }
    }

    return NULL;
}


/* RFC 1035 3.3.13: the numbers stand at the end. */
static uint32_t
device_soa_number(const device_zone_rr_t *soa, size_t i)
{
    const uint8_t  *p;

    p = soa->rdata.data + soa->rdata.len - SOA_NUMBERS + 4 * i;

    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


/* Among the file's own: what is checked and written of those holds for these.
 * Without an SOA the zone is none, and is refused for that. */
static bool
device_zonefile_extras(device_zonefile_t *file,
    const device_zone_extras_t *extras, device_error_t *error)
{
    size_t                   i, len;
    uint8_t                 *p;
    device_zone_rr_t        *rr;
    const device_zone_rr_t  *soa;

    soa = device_zonefile_soa(file);

    if (extras == NULL || soa == NULL) {
        return true;
    }

    file->state = extras->state;

    for (i = 0; i < extras->n; i++) {

        len = extras->extra[i].rdata.len;
        rr = calloc(1, sizeof(device_zone_rr_t) + len);

        if (rr == NULL) {
            return device_zonefile_fail(error, "no memory");
        }

        p = (uint8_t *) (rr + 1);
        memcpy(p, extras->extra[i].rdata.data, len);

        rr->owner = file->content.name;
        rr->label = (store_span_t) { p, 0 };
        rr->below = (store_span_t) { p, 0 };
        rr->type = extras->extra[i].type;
        rr->ttl = soa->ttl;
        rr->rdata = (store_span_t) { p, len };

        if (!device_zonefile_append(file, rr, error)) {
            return false;
        }
    }

    return true;
}


/* Over owner, type, TTL and RDATA of each, their lengths before them, and
 * over the state of the keys where there are some. */
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
           && (file->state.len == 0
               || EVP_DigestUpdate(context, file->state.data, file->state.len)
                  == 1)
           && EVP_DigestFinal_ex(context, file->content.digest, NULL) == 1;

    EVP_MD_CTX_free(context);

    return done || device_zonefile_fail(error, "SHA-256 is not available");
}


/* RRs lie sorted by label, so each run of one label is one value. */
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


/* Writes one RRset, without a lease: what the operator says stays until he says
 * otherwise.  Returns where the next one begins. */
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
