
/*
 * An RRset in its canonical form (RFC 4034 6), and its signature.
 *
 * Enters: an RRset with whole names, from a store or made on the spot.
 * Leaves: an RRSIG's RDATA.  Always: no RDATA is read beyond its end, and what
 * cannot be brought into the canonical form is not signed, since a signature
 * over another form would never verify.
 */

#include "dnssec_rrsig.h"

#include <stdlib.h>
#include <string.h>


/* Before an RR's RDATA: type, class, TTL, length. */
#define RR_FIXED   10

#define OWNER_MAX  255
#define CLASS_IN   1


/*
 * Where the names stand in the RDATA of the types whose names are made lower
 * case: RFC 4034 6.2 (3) as RFC 6840 5.1 corrects it, without A6 (RFC 6563).
 * All of them are of RFC 1035 to 3597, and none of them are in types later.
 */
typedef struct {
    uint16_t  type;
    uint8_t   fixed;         /* bytes before */
    uint8_t   strings;       /* <character-string>s after those */
    uint8_t   names;
} names_t;

static const names_t  names_of[] = {
    { 2, 0, 0, 1 },          /* NS */
    { 3, 0, 0, 1 },          /* MD */
    { 4, 0, 0, 1 },          /* MF */
    { 5, 0, 0, 1 },          /* CNAME */
    { 6, 0, 0, 2 },          /* SOA */
    { 7, 0, 0, 1 },          /* MB */
    { 8, 0, 0, 1 },          /* MG */
    { 9, 0, 0, 1 },          /* MR */
    { 12, 0, 0, 1 },         /* PTR */
    { 14, 0, 0, 2 },         /* MINFO */
    { 15, 2, 0, 1 },         /* MX */
    { 17, 0, 0, 2 },         /* RP */
    { 18, 2, 0, 1 },         /* AFSDB */
    { 21, 2, 0, 1 },         /* RT */
    { 24, 18, 0, 1 },        /* SIG */
    { 26, 2, 0, 2 },         /* PX */
    { 30, 0, 0, 1 },         /* NXT */
    { 33, 6, 0, 1 },         /* SRV */
    { 35, 4, 3, 1 },         /* NAPTR */
    { 36, 2, 0, 1 },         /* KX */
    { 39, 0, 0, 1 },         /* DNAME */
    { 46, 18, 0, 1 },        /* RRSIG */
};


/* What is signed: the RRSIG's RDATA but for the signature, then each RR. */
typedef struct {
    uint8_t        *bytes;
    size_t          len;
    dnssec_span_t   rdata[DNSSEC_RRS_MAX];   /* canonical; in bytes */
    size_t          n;
} signed_t;


static bool rrset_valid(const dnssec_key_t *key, const dnssec_rrset_t *rrset);
static bool name_is_within(dnssec_span_t name, dnssec_span_t zone);
static size_t name_len(const uint8_t *data, size_t len);
static uint8_t name_labels(dnssec_span_t owner);
static void rrsig_head(uint8_t *out, const dnssec_key_t *key,
    const dnssec_rrset_t *rrset, int64_t inception, int64_t expiration);
static bool rdata_lower(uint8_t *rdata, size_t len, uint16_t type);
static bool canonical(signed_t *made, const dnssec_rrset_t *rrset,
    uint8_t *scratch);
static int rdata_compare(const void *a, const void *b);
static void rrs_write(signed_t *made, const dnssec_rrset_t *rrset);
static uint16_t get16(const uint8_t *p);
static uint32_t get32(const uint8_t *p);
static uint8_t *set16(uint8_t *p, uint16_t value);
static uint8_t *set32(uint8_t *p, uint32_t value);


bool
dnssec_rrsig_make(const dnssec_key_t *key, const dnssec_rrset_t *rrset,
    int64_t inception, int64_t expiration, uint8_t *rrsig, size_t *len)
{
    bool           made;
    size_t         i, head, rdata;
    signed_t       whole;
    dnssec_span_t  zone;

    if (!rrset_valid(key, rrset)) {
        return false;
    }

    zone = dnssec_key_zone(key);
    head = DNSSEC_RRSIG_FIXED + zone.len;

    for (i = 0, rdata = 0; i < rrset->n; i++) {
        rdata += rrset->rdata[i].len;
    }

    /* the RDATA lie behind what is signed while they are sorted */

    whole.bytes = malloc(head + rdata
                         + rrset->n * (rrset->owner.len + RR_FIXED) + rdata);

    if (whole.bytes == NULL) {
        return false;
    }

    rrsig_head(rrsig, key, rrset, inception, expiration);
    memcpy(whole.bytes, rrsig, head);
    whole.len = head;

    made = canonical(&whole, rrset,
                     whole.bytes + head + rdata
                     + rrset->n * (rrset->owner.len + RR_FIXED));

    if (made) {
        rrs_write(&whole, rrset);
        made = dnssec_key_sign(key, whole.bytes, whole.len, rrsig + head);
        *len = head + DNSSEC_SIGNATURE_LEN;
    }

    free(whole.bytes);

    return made;
}


static bool
rrset_valid(const dnssec_key_t *key, const dnssec_rrset_t *rrset)
{
    size_t  i;

    if (rrset->n == 0 || rrset->n > DNSSEC_RRS_MAX
        || rrset->owner.len > OWNER_MAX
        || name_len(rrset->owner.data, rrset->owner.len) != rrset->owner.len
        || !name_is_within(rrset->owner, dnssec_key_zone(key)))
    {
        return false;
    }

    for (i = 0; i < rrset->n; i++) {
        if (rrset->rdata[i].len > UINT16_MAX) {
            return false;
        }
    }

    return true;
}


/* The zone's name ends the other one, at a label's start.  Both are names. */
static bool
name_is_within(dnssec_span_t name, dnssec_span_t zone)
{
    size_t  at;

    for (at = 0; name.len - at > zone.len; at += 1u + name.data[at]) {
        /* void */
    }

    return name.len - at == zone.len
           && memcmp(name.data + at, zone.data, zone.len) == 0;
}


/* Of the name that stands at data, with its root byte; 0 where none does. */
static size_t
name_len(const uint8_t *data, size_t len)
{
    size_t  at;

    for (at = 0; at < len && at < OWNER_MAX; at += 1u + data[at]) {

        if (data[at] == 0) {
            return at + 1;
        }

        /* 0xc0: a pointer; stored RDATA has none */

        if (data[at] > 63) {
            return 0;
        }
    }

    return 0;
}


/* RFC 4034 3.1.3: neither the root's nor an asterisk in front. */
static uint8_t
name_labels(dnssec_span_t owner)
{
    size_t   at;
    uint8_t  n;

    n = 0;

    for (at = 0; owner.data[at] != 0; at += 1u + owner.data[at]) {
        n++;
    }

    if (owner.data[0] == 1 && owner.data[1] == '*') {
        n--;
    }

    return n;
}


/* RFC 4034 3.1 */
static void
rrsig_head(uint8_t *out, const dnssec_key_t *key, const dnssec_rrset_t *rrset,
    int64_t inception, int64_t expiration)
{
    dnssec_span_t  zone;

    zone = dnssec_key_zone(key);

    out = set16(out, rrset->type);
    *out++ = dnssec_key_algorithm(key);
    *out++ = name_labels(rrset->owner);
    out = set32(out, rrset->ttl);
    out = set32(out, (uint32_t) expiration);
    out = set32(out, (uint32_t) inception);
    out = set16(out, dnssec_key_tag(key));
    memcpy(out, zone.data, zone.len);
}


/* Copies each RDATA, brings it into canonical form, and sorts them, each
 * once (RFC 4034 6.3). */
static bool
canonical(signed_t *made, const dnssec_rrset_t *rrset, uint8_t *scratch)
{
    size_t  i;

    for (i = 0; i < rrset->n; i++) {

        if (rrset->rdata[i].len > 0) {
            memcpy(scratch, rrset->rdata[i].data, rrset->rdata[i].len);
        }

        made->rdata[i].data = scratch;
        made->rdata[i].len = rrset->rdata[i].len;

        if (!rdata_lower(scratch, rrset->rdata[i].len, rrset->type)) {
            return false;
        }

        scratch += rrset->rdata[i].len;
    }

    qsort(made->rdata, rrset->n, sizeof(made->rdata[0]), rdata_compare);

    made->n = 1;

    for (i = 1; i < rrset->n; i++) {
        if (rdata_compare(&made->rdata[made->n - 1], &made->rdata[i]) != 0) {
            made->rdata[made->n++] = made->rdata[i];
        }
    }

    return true;
}


/* False where the RDATA ends before its last name does. */
static bool
rdata_lower(uint8_t *rdata, size_t len, uint16_t type)
{
    size_t          i, n, at, end;
    const names_t  *names;

    names = NULL;

    for (i = 0; i < sizeof(names_of) / sizeof(names_of[0]); i++) {
        if (names_of[i].type == type) {
            names = &names_of[i];
        }
    }

    if (names == NULL) {
        return true;
    }

    at = names->fixed;

    for (i = 0; i < names->strings && at < len; i++) {
        at += 1u + rdata[at];
    }

    for (i = 0; i < names->names; i++) {

        n = (at < len) ? name_len(rdata + at, len - at) : 0;

        if (n == 0) {
            return false;
        }

        for (end = at + n; at < end; at++) {
            if (rdata[at] >= 'A' && rdata[at] <= 'Z') {
                rdata[at] |= 0x20;
            }
        }
    }

    return true;
}


/* As octets from the left; what is absent sorts before zero. */
static int
rdata_compare(const void *a, const void *b)
{
    int                   order;
    size_t                len;
    const dnssec_span_t  *one = a, *other = b;

    len = one->len < other->len ? one->len : other->len;
    order = (len > 0) ? memcmp(one->data, other->data, len) : 0;

    if (order != 0) {
        return order;
    }

    return (one->len > other->len) - (one->len < other->len);
}


/* RFC 4034 3.1.8.1 */
static void
rrs_write(signed_t *made, const dnssec_rrset_t *rrset)
{
    size_t    i;
    uint8_t  *p;

    p = made->bytes + made->len;

    for (i = 0; i < made->n; i++) {
        memcpy(p, rrset->owner.data, rrset->owner.len);
        p += rrset->owner.len;

        p = set16(p, rrset->type);
        p = set16(p, CLASS_IN);
        p = set32(p, rrset->ttl);
        p = set16(p, (uint16_t) made->rdata[i].len);

        memcpy(p, made->rdata[i].data, made->rdata[i].len);
        p += made->rdata[i].len;
    }

    made->len = (size_t) (p - made->bytes);
}


bool
dnssec_rrsig_parse(dnssec_rrsig_t *rrsig, dnssec_span_t rdata)
{
    const uint8_t  *p = rdata.data;

    if (rdata.len <= DNSSEC_RRSIG_FIXED) {
        return false;
    }

    rrsig->covered = get16(p);
    rrsig->algorithm = p[2];
    rrsig->labels = p[3];
    rrsig->ttl = get32(p + 4);
    rrsig->expiration = get32(p + 8);
    rrsig->inception = get32(p + 12);
    rrsig->tag = get16(p + 16);

    rrsig->signer.data = p + DNSSEC_RRSIG_FIXED;
    rrsig->signer.len = name_len(p + DNSSEC_RRSIG_FIXED,
                                 rdata.len - DNSSEC_RRSIG_FIXED);

    /* of our algorithms: a signature of 64 bytes and nothing after it */

    return rrsig->signer.len > 0
           && rdata.len - DNSSEC_RRSIG_FIXED - rrsig->signer.len
              == DNSSEC_SIGNATURE_LEN;
}


bool
dnssec_time_after(uint32_t a, uint32_t b)
{
    return a != b && a - b < (uint32_t) 1 << 31;
}


size_t
dnssec_bitmap_write(uint8_t *out, const uint16_t *types, size_t n)
{
    size_t    i;
    uint8_t  *p, *window;

    p = out;
    window = NULL;

    for (i = 0; i < n; i++) {

        if (window == NULL || window[0] != types[i] >> 8) {
            window = p;
            window[0] = (uint8_t) (types[i] >> 8);
            window[1] = 0;
            p += 2;
        }

        /* ascending: the byte is the last of the window, or one after it */

        while (window[1] <= (types[i] & 0xff) / 8) {
            window[1]++;
            *p++ = 0;
        }

        p[-1] |= (uint8_t) (0x80 >> (types[i] & 7));
    }

    return (size_t) (p - out);
}


static uint16_t
get16(const uint8_t *p)
{
    return (uint16_t) (p[0] << 8 | p[1]);
}


static uint32_t
get32(const uint8_t *p)
{
    return (uint32_t) get16(p) << 16 | get16(p + 2);
}


static uint8_t *
set16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t) (value >> 8);
    p[1] = (uint8_t) value;

    return p + 2;
}


static uint8_t *
set32(uint8_t *p, uint32_t value)
{
    return set16(set16(p, (uint16_t) (value >> 16)), (uint16_t) value);
}
