
/*
 * A signed zone beside that of dnsd_world.h, made here without the registrar:
 * its values as docs/store-format.md says, its signatures by dnssec/.
 */

#ifndef DNSD_SIGNED_H
#define DNSD_SIGNED_H


#include "dnsd_world.h"


#define SIGNED_ZONE   "\6signed\7example\0"
#define SIGNED_NAME(s)  s SIGNED_ZONE
#define SIGNED_TTL    300
#define SIGNED_MINIMUM  60
#define SIGNED_NOW    1790000000     /* lease time of the queries */
#define SIGNED_ENDS   (SIGNED_NOW + 20)          /* of short leases */
#define SIGNED_LATER  (SIGNED_NOW + 100000)      /* of the others */
#define SIGNED_UNTIL  (SIGNED_NOW + 14 * 86400)  /* of signatures */
#define SIGNED_SETS   16
#define SIGNED_RRS    4

/* The keys of RFC 6605 6.1 and RFC 8080 6.1, as ZSKs of the zone. */
#define SIGNED_P256   "signed.example. 3600 IN DNSKEY 256 3 13 " \
    "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+" \
    "e+MAnLr+Wi9xMWyQLc8NAA==\n"
#define SIGNED_P256_PRIVATE \
    "Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\n" \
    "PrivateKey: GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=\n"
#define SIGNED_ED25519  "signed.example. 3600 IN DNSKEY 256 3 15 " \
    "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n"
#define SIGNED_ED25519_PRIVATE \
    "Private-key-format: v1.2\nAlgorithm: 15 (ED25519)\n" \
    "PrivateKey: ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=\n"


/* An RRset to be signed: of its RRs only some may be there. */
typedef struct {
    const char  *owner;              /* relative, NULL: the name itself */
    size_t       owner_len;
    uint16_t     type;
    int64_t      expires;
    struct {
        const char  *data;
        size_t       len;
        int          splice;         /* 0: none; else 1 + where */
    } rrs[SIGNED_RRS];
} signed_set_t;


/* How a value is signed where it is not as usual. */
typedef struct {
    int64_t   inception;             /* 0: an hour ago */
    int64_t   expiration;            /* 0: in two weeks */
    unsigned  over;                  /* bits of keys whose signatures are */
    uint32_t  nsec_ttl;              /* 0: as the SOA says */
    bool      no_nsec;
    bool      no_nsec_rrsig;
    bool      unsigned_sets;
} signed_how_t;


typedef struct {
    unsigned             n;
    const dnssec_key_t  *keys[2];
} signed_keys_t;


static signed_keys_t  signed_keys;


static inline const dnssec_key_t *
signed_key(const char *public, const char *private)
{
    char           dir[] = "/tmp/dnsd-keys-XXXXXX", file[64];
    char           error[DNSSEC_ERROR_MAX];
    unsigned       i;
    FILE          *out;
    dnssec_key_t  *key;

    WORLD_MUST(mkdtemp(dir) != NULL);

    for (i = 0; i < 2; i++) {
        snprintf(file, sizeof(file), "%s/K.%s", dir, i ? "private" : "key");
        out = fopen(file, "w");
        WORLD_MUST(out != NULL && fputs(i ? private : public, out) >= 0);
        WORLD_MUST(fclose(out) == 0);
    }

    snprintf(file, sizeof(file), "%s/K", dir);
    key = dnssec_key_read(file, error);
    WORLD_MUST(key != NULL);

    for (i = 0; i < 2; i++) {
        snprintf(file, sizeof(file), "%s/K.%s", dir, i ? "private" : "key");
        unlink(file);
    }

    rmdir(dir);

    return key;
}


/* A whole RDATA, with what is spliced. */
static inline dnssec_span_t
signed_rdata(const signed_set_t *set, unsigned i, const uint8_t *fqdn,
    size_t fqdn_len, uint8_t **at)
{
    size_t          len = set->rrs[i].len, head = len;
    uint8_t        *start = *at;
    dnssec_span_t   span;

    if (set->rrs[i].splice != 0) {
        head = (size_t) set->rrs[i].splice - 1;
    }

    memcpy(*at, set->rrs[i].data, head);
    *at += head;

    if (set->rrs[i].splice != 0) {
        memcpy(*at, fqdn, fqdn_len);
        *at += fqdn_len;
        memcpy(*at, set->rrs[i].data + head, len - head);
        *at += len - head;
    }

    span.data = start;
    span.len = (size_t) (*at - start);

    return span;
}


/* The signatures of one RRset, each an RR of the RRSIG RRset that is open. */
static inline void
signed_rrsigs(store_writer_t *writer, const uint8_t *owner, size_t owner_len,
    uint16_t type, uint32_t ttl, const dnssec_span_t *rdata, size_t n,
    const signed_how_t *how)
{
    size_t          len;
    uint8_t         rrsig[DNSSEC_RRSIG_MAX];
    unsigned        k;
    dnssec_rrset_t  rrset = { { owner, owner_len }, type, ttl, rdata, n };

    for (k = 0; k < signed_keys.n; k++) {
        WORLD_MUST(dnssec_rrsig_make(signed_keys.keys[k], &rrset,
                                     how->inception != 0 ? how->inception
                                     : SIGNED_NOW - 3600,
                                     how->over & 1u << k ? SIGNED_NOW
                                     : how->expiration != 0 ? how->expiration
                                     : SIGNED_UNTIL, rrsig, &len));
        world_rr(writer, rrsig, len, -1);
    }
}


static inline bool
signed_same(const signed_set_t *a, const signed_set_t *b)
{
    return a->owner_len == b->owner_len
           && (a->owner_len == 0
               || memcmp(a->owner, b->owner, a->owner_len) == 0);
}


/* The RRSIG RRset of the owner of sets[first]; nsec where it has one. */
static inline void
signed_owner(store_writer_t *writer, const signed_set_t *sets, size_t n,
    size_t first, const uint8_t *fqdn, size_t fqdn_len,
    const dnssec_span_t *nsec, const signed_how_t *how)
{
    size_t          i, r, owner_len = sets[first].owner_len;
    uint8_t         owner[WIRE_NAME_MAX], buffer[8192], *at;
    dnssec_span_t   rdata[SIGNED_RRS];
    store_rrset_t   rrset = {
        .owner = { (const uint8_t *) sets[first].owner, owner_len },
        .type = 46, .ttl = SIGNED_TTL
    };

    if (owner_len != 0) {
        memcpy(owner, sets[first].owner, owner_len);
    }

    memcpy(owner + owner_len, fqdn, fqdn_len);
    store_writer_rrset_begin(writer, &rrset);

    for (i = first; i < n; i++) {
        if (!signed_same(&sets[i], &sets[first]) || sets[i].type == 0) {
            continue;
        }

        at = buffer;

        for (r = 0; r < SIGNED_RRS && sets[i].rrs[r].data != NULL; r++) {
            rdata[r] = signed_rdata(&sets[i], (unsigned) r, fqdn, fqdn_len,
                                    &at);
        }

        signed_rrsigs(writer, owner, owner_len + fqdn_len, sets[i].type,
                      SIGNED_TTL, rdata, r, how);
    }

    if (nsec != NULL && !how->no_nsec_rrsig) {
        signed_rrsigs(writer, fqdn, fqdn_len, 47,
                      how->nsec_ttl ? how->nsec_ttl : SIGNED_MINIMUM, nsec, 1,
                      how);
    }

    store_writer_rrset_end(writer);
}


/* The NSEC of the value's own name; *rdata is what is signed.  Returns when it
 * ends. */
static inline void
signed_nsec(store_writer_t *writer, const signed_set_t *sets, size_t n,
    const uint8_t *fqdn, size_t fqdn_len, uint8_t *buffer,
    dnssec_span_t *rdata, const signed_how_t *how)
{
    size_t          i, j, len, ntypes = 0;
    uint8_t         stored[512];
    uint16_t        types[SIGNED_SETS + 2], t;
    int64_t         first = INT64_MAX, last = 0, expires;
    store_rrset_t   rrset = { .type = 47 };

    types[ntypes++] = 46;
    types[ntypes++] = 47;

    for (i = 0; i < n; i++) {
        expires = sets[i].expires != 0 ? sets[i].expires : INT64_MAX;
        last = expires > last ? expires : last;

        if (sets[i].owner_len == 0) {
            types[ntypes++] = sets[i].type;
            first = expires < first ? expires : first;
        }
    }

    for (i = 0; i < ntypes; i++) {
        for (j = i + 1; j < ntypes; j++) {
            if (types[j] < types[i]) {
                t = types[i];
                types[i] = types[j];
                types[j] = t;
            }
        }
    }

    expires = ntypes > 2 ? first : last;
    rrset.expires = expires == INT64_MAX ? 0 : expires;
    rrset.ttl = how->nsec_ttl ? how->nsec_ttl : SIGNED_MINIMUM;

    memcpy(stored, "\1\0", 2);
    len = dnssec_bitmap_write(stored + 2, types, ntypes);
    store_writer_rrset_begin(writer, &rrset);
    world_rr(writer, stored, 2 + len, 2);
    store_writer_rrset_end(writer);

    memcpy(buffer, "\1\0", 2);
    memcpy(buffer + 2, fqdn, fqdn_len);
    memcpy(buffer + 2 + fqdn_len, stored + 2, len);
    *rdata = (dnssec_span_t) { buffer, 2 + fqdn_len + len };
}


/* Adds sets to a value whose header was written, with what signs them. */
static inline void
signed_write(store_writer_t *writer, const char *label,
    const signed_set_t *sets, size_t n, const signed_how_t *how)
{
    size_t          i, j, r, label_len = strlen(label), fqdn_len = 0;
    uint8_t         fqdn[WIRE_NAME_MAX], buffer[1024];
    signed_set_t    own = { .type = 0 };
    dnssec_span_t   nsec;
    signed_how_t    usual = { 0 };
    store_rrset_t   rrset;

    how = how != NULL ? how : &usual;

    if (label_len > 0) {
        fqdn[0] = (uint8_t) label_len;
        memcpy(fqdn + 1, label, label_len);
        fqdn_len = label_len + 1;
    }

    memcpy(fqdn + fqdn_len, SIGNED_ZONE, sizeof(SIGNED_ZONE) - 1);
    fqdn_len += sizeof(SIGNED_ZONE) - 1;

    for (i = 0; i < n; i++) {
        rrset = (store_rrset_t) {
            .owner = { (const uint8_t *) sets[i].owner, sets[i].owner_len },
            .type = sets[i].type, .ttl = SIGNED_TTL,
            .expires = sets[i].expires
        };
        store_writer_rrset_begin(writer, &rrset);

        for (r = 0; r < SIGNED_RRS && sets[i].rrs[r].data != NULL; r++) {
            world_rr(writer, sets[i].rrs[r].data, sets[i].rrs[r].len,
                     sets[i].rrs[r].splice - 1);
        }

        store_writer_rrset_end(writer);
    }

    if (how->unsigned_sets) {
        return;
    }

    if (!how->no_nsec) {
        signed_nsec(writer, sets, n, fqdn, fqdn_len, buffer, &nsec, how);
    }

    for (i = 0; i < n; i++) {
        for (j = 0; j < i && !signed_same(&sets[j], &sets[i]); j++) {
            /* void */
        }

        if (j == i) {
            signed_owner(writer, sets, n, i, fqdn, fqdn_len,
                         sets[i].owner_len == 0 && !how->no_nsec ? &nsec
                         : NULL, how);
        }
    }

    for (i = 0; i < n && sets[i].owner_len != 0; i++) {
        /* void */
    }

    if (i == n && !how->no_nsec) {
        signed_owner(writer, &own, 1, 0, fqdn, fqdn_len, &nsec, how);
    }
}


static inline store_span_t
signed_seal(store_writer_t *writer, const char *label, store_key_t *key)
{
    store_span_t  bytes;

    WORLD_MUST(store_key_make(key, WORLD_SPAN(SIGNED_ZONE),
                              (store_span_t) { (const uint8_t *) label,
                                               strlen(label) }));
    WORLD_MUST(store_writer_finish(writer,
                                   (store_span_t) { key->data, key->len },
                                   &bytes));
    return bytes;
}


static inline void
signed_device(store_txn_t *txn, const char *label, const signed_set_t *sets,
    size_t n, const signed_how_t *how)
{
    uint8_t         buffer[STORE_VALUE_MAX];
    store_key_t     key;
    store_device_t  device;
    store_writer_t  writer;
    store_span_t    bytes;

    memset(&device, 0, sizeof(device));
    store_writer_device(&writer, buffer, sizeof(buffer), &device);
    signed_write(&writer, label, sets, n, how);
    bytes = signed_seal(&writer, label, &key);
    WORLD_MUST(store_put(txn, &key, bytes) == STORE_OK);
}


#define SIGNED_RR(s)      { s, sizeof(s) - 1, 0 }
#define SIGNED_OWNER(s)   s, sizeof(s) - 1
#define SIGNED_SELF       NULL, 0
#define SIGNED_N(sets)    (sizeof(sets) / sizeof(sets[0]))
#define SIGNED_SOA_RDATA  "\3ns1" SIGNED_ZONE "\1h\0" "\0\0\0\1" "\0\0\16\20" \
                          "\0\0\2\130" "\0\1\121\200" "\0\0\0\74"


static inline void
signed_publish(store_txn_t *txn, const signed_how_t *how)
{
    bool                  changed;
    char                  conflict[STORE_LABEL_MAX + 1];
    uint8_t               digest[STORE_DIGEST_LEN] = { 3 };
    uint8_t               apex[4096], www[4096];
    unsigned              k;
    store_key_t           key;
    store_static_t        statics[1];
    store_writer_t        writer;
    store_zone_content_t  content = { .statics = statics, .nstatics = 1 };
    signed_set_t          sets[3] = {
        { SIGNED_SELF, 6, 0, { SIGNED_RR(SIGNED_SOA_RDATA) } },
        { SIGNED_SELF, 2, 0, { SIGNED_RR("\3ns1" SIGNED_ZONE) } },
        { SIGNED_SELF, 48, 0, { { NULL, 0, 0 } } }
    };

    static const signed_set_t  names[] = {
        { SIGNED_SELF, 5, 0, { SIGNED_RR("\2v4" SIGNED_ZONE) } },
        { SIGNED_OWNER("\4gone"), 5, 0,
          { SIGNED_RR("\6absent" SIGNED_ZONE) } },
        { SIGNED_OWNER("\3out"), 5, 0, { SIGNED_RR("\3www\5other\4test\0") } },
        { SIGNED_OWNER("\4late"), 5, 0,
          { SIGNED_RR("\4late" SIGNED_ZONE) } }
    };

    for (k = 0; k < signed_keys.n; k++) {
        dnssec_span_t  rdata = dnssec_key_rdata(signed_keys.keys[k]);

        sets[2].rrs[k].data = (const char *) rdata.data;
        sets[2].rrs[k].len = rdata.len;
    }

    store_writer_apex(&writer, apex, sizeof(apex), digest);
    signed_write(&writer, "", sets, 3, how);
    content.apex = signed_seal(&writer, "", &key);

    store_writer_static(&writer, www, sizeof(www));
    signed_write(&writer, "www", names, SIGNED_N(names), NULL);
    statics[0].label = WORLD_SPAN("www");
    statics[0].bytes = signed_seal(&writer, "www", &key);

    memcpy(content.digest, digest, sizeof(digest));
    content.name = WORLD_SPAN(SIGNED_ZONE);

    WORLD_MUST(store_zone_publish(txn, &content, SIGNED_NOW - 10, &changed,
                                  conflict) == STORE_OK && changed);

    /* publishing sets a serial of its own, and drops the SOA's signatures */

    WORLD_MUST(store_key_make(&key, content.name, (store_span_t) { NULL, 0 }));
    WORLD_MUST(store_put(txn, &key, content.apex) == STORE_OK);
}


/* The fleet: "v4" as a device is, "ent" with nothing at its own name, "mixed"
 * with one RRset that ends, "short" that ends altogether, and others of which
 * something is amiss. */
static inline void
signed_devices(store_txn_t *txn)
{
    static const signed_how_t  expired = { .expiration = SIGNED_NOW,
                                           .inception = SIGNED_NOW - 7200 };
    static const signed_how_t  early = { .inception = SIGNED_NOW + 1 };
    static const signed_how_t  bare = { .unsigned_sets = true };
    static const signed_how_t  alone = { .no_nsec = true };
    static const signed_how_t  half = { .no_nsec_rrsig = true };
    static const signed_how_t  slow = { .nsec_ttl = 200 };

    static const signed_set_t  v4[] = {
        { SIGNED_SELF, 1, SIGNED_LATER, { SIGNED_RR("\300\0\2\1") } },
        { SIGNED_OWNER("\4_sip\4_tcp"), 33, SIGNED_LATER,
          { { "\0\0\0\0\73\245", 6, 7 } } }
    };
    static const signed_set_t  ent[] = {
        { SIGNED_OWNER("\1b\1a"), 16, SIGNED_ENDS, { SIGNED_RR("\1x") } },
        { SIGNED_OWNER("\1c"), 16, SIGNED_LATER,
          { SIGNED_RR("\1x"), SIGNED_RR("\1y"), SIGNED_RR("\1z") } }
    };
    static const signed_set_t  mixed[] = {
        { SIGNED_SELF, 1, SIGNED_ENDS, { SIGNED_RR("\300\0\2\1") } },
        { SIGNED_SELF, 28, SIGNED_LATER, { SIGNED_RR("0123456789abcdef") } },
        { SIGNED_SELF, 257, 0, { SIGNED_RR("\0\5issueca") } }
    };
    static const signed_set_t  brief[] = {
        { SIGNED_SELF, 1, SIGNED_ENDS, { SIGNED_RR("\300\0\2\1") } },
        { SIGNED_OWNER("\1a"), 1, SIGNED_ENDS, { SIGNED_RR("\300\0\2\1") } }
    };
    static const signed_set_t  far[] = {
        { SIGNED_SELF, 33, SIGNED_LATER,
          { SIGNED_RR("\0\0\0\0\0\1\3old" SIGNED_ZONE),
            SIGNED_RR("\0\0\0\0\0\1\5mixed" SIGNED_ZONE) } }
    };

    signed_device(txn, "v4", v4, SIGNED_N(v4), NULL);
    signed_device(txn, "ent", ent, SIGNED_N(ent), NULL);
    signed_device(txn, "mixed", mixed, SIGNED_N(mixed), NULL);
    signed_device(txn, "short", brief, SIGNED_N(brief), NULL);
    signed_device(txn, "far", far, SIGNED_N(far), NULL);
    signed_device(txn, "old", v4, SIGNED_N(v4), &expired);
    signed_device(txn, "early", v4, SIGNED_N(v4), &early);
    signed_device(txn, "bare", v4, SIGNED_N(v4), &bare);
    signed_device(txn, "alone", v4, SIGNED_N(v4), &alone);
    signed_device(txn, "half", v4, SIGNED_N(v4), &half);
    signed_device(txn, "slow", v4, SIGNED_N(v4), &slow);
}


/* Which keys the zone is to be signed with: one, or two. */
static inline void
signed_keys_init(unsigned n)
{
    signed_keys.n = n;
    signed_keys.keys[0] = signed_key(SIGNED_P256, SIGNED_P256_PRIVATE);

    if (n > 1) {
        signed_keys.keys[1] = signed_key(SIGNED_ED25519,
                                         SIGNED_ED25519_PRIVATE);
    }
}


static inline void
signed_keys_cleanup(void)
{
    unsigned  i;

    for (i = 0; i < signed_keys.n; i++) {
        dnssec_key_free((dnssec_key_t *) signed_keys.keys[i]);
    }
}


static inline void
signed_zone(store_txn_t *txn)
{
    signed_publish(txn, NULL);
    signed_devices(txn);
}


#endif /* DNSD_SIGNED_H */
