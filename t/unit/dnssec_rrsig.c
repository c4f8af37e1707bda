/* units: dnssec/dnssec_key.c dnssec/dnssec_key_file.c
   dnssec/dnssec_key_pem.c dnssec/dnssec_rrsig.c */

/*
 * Signatures of RRsets, held against ldns: RRsets of all kinds at random, in
 * any order, with names in any case and RRs that come twice.
 */

#include "dnssec_files.h"
#include "dnssec_rrsig.h"

#include <ldns/ldns.h>
#include <time.h>


#define ROUNDS      600
#define RRS_MAX     9
#define RDATA_SIZE  300


/* What stands in the RDATA of a type: bytes, strings, names, then bytes
 * again. */
typedef struct {
    uint16_t  type;
    size_t    fixed;
    size_t    strings;
    size_t    names;
    size_t    tail;
} shape_t;

static const shape_t  shapes[] = {
    { 1, 4, 0, 0, 0 },       /* A */
    { 28, 16, 0, 0, 0 },     /* AAAA */
    { 2, 0, 0, 1, 0 },       /* NS */
    { 5, 0, 0, 1, 0 },       /* CNAME */
    { 6, 0, 0, 2, 20 },      /* SOA */
    { 12, 0, 0, 1, 0 },      /* PTR */
    { 15, 2, 0, 1, 0 },      /* MX */
    { 16, 0, 2, 0, 0 },      /* TXT */
    { 17, 0, 0, 2, 0 },      /* RP */
    { 18, 2, 0, 1, 0 },      /* AFSDB */
    { 33, 6, 0, 1, 0 },      /* SRV */
    { 35, 4, 3, 1, 0 },      /* NAPTR */
    { 36, 2, 0, 1, 0 },      /* KX */
    { 39, 0, 0, 1, 0 },      /* DNAME */
    { 44, 22, 0, 0, 0 },     /* SSHFP */
    { 48, 68, 0, 0, 0 },     /* DNSKEY */
    { 52, 35, 0, 0, 0 },     /* TLSA */
    { 64, 2, 0, 1, 0 },      /* SVCB: its name keeps its case */
};

typedef struct {
    uint8_t        bytes[RRS_MAX][RDATA_SIZE];
    dnssec_span_t  rdata[2 * RRS_MAX];
    size_t         n;
    uint8_t        owner[128];
    size_t         owner_len;
} random_t;

static const char  *zones[] = { "\7example\3net", "\7example\3com" };


static size_t
random_name(uint8_t *out, const char *alphabet)
{
    size_t   i, labels, len;
    uint8_t  *p = out;

    for (labels = (size_t) rand() % 4; labels > 0; labels--) {
        len = 1 + (size_t) rand() % 12;
        *p++ = (uint8_t) len;

        for (i = 0; i < len; i++) {
            *p++ = (uint8_t) alphabet[(size_t) rand() % strlen(alphabet)];
        }
    }

    *p++ = 0;

    return (size_t) (p - out);
}


static size_t
random_rdata(uint8_t *out, const shape_t *shape)
{
    size_t    i, n;
    uint8_t  *p = out;

    for (i = 0; i < shape->fixed; i++) {
        *p++ = (uint8_t) (rand() % 3 + 'A');
    }

    for (i = 0; i < shape->strings; i++) {
        *p++ = (uint8_t) (n = (size_t) rand() % 20);

        while (n-- > 0) {
            *p++ = (uint8_t) (rand() % 90 + 'A' - 32);
        }
    }

    for (i = 0; i < shape->names; i++) {
        p += random_name(p, "ABCabcXYZ-09_");
    }

    for (i = 0; i < shape->tail; i++) {
        *p++ = (uint8_t) rand();
    }

    return (size_t) (p - out);
}


static void
random_rrset(random_t *made, dnssec_rrset_t *rrset, const char *zone)
{
    size_t          i;
    const shape_t  *shape;

    shape = &shapes[(size_t) rand() % (sizeof(shapes) / sizeof(shapes[0]))];

    made->owner_len = random_name(made->owner, "abcxyz-09_") - 1;
    memcpy(made->owner + made->owner_len, zone, strlen(zone) + 1);
    made->owner_len += strlen(zone) + 1;

    made->n = 1 + (size_t) rand() % RRS_MAX;

    for (i = 0; i < made->n; i++) {
        made->rdata[i].data = made->bytes[i];
        made->rdata[i].len = random_rdata(made->bytes[i], shape);
    }

    rrset->owner = (dnssec_span_t) { made->owner, made->owner_len };
    rrset->type = shape->type;
    rrset->ttl = (uint32_t) rand() % 100000;
    rrset->rdata = made->rdata;
    rrset->n = made->n;
}


static ldns_rr *
to_ldns(dnssec_span_t owner, uint16_t type, uint32_t ttl, dnssec_span_t rdata)
{
    size_t    at;
    uint8_t   wire[1024], *p = wire;
    ldns_rr  *rr;

    memcpy(p, owner.data, owner.len);
    p += owner.len;
    ldns_write_uint16(p, type);
    ldns_write_uint16(p + 2, 1);
    ldns_write_uint32(p + 4, ttl);
    ldns_write_uint16(p + 8, (uint16_t) rdata.len);
    p += 10;
    memcpy(p, rdata.data, rdata.len);
    p += rdata.len;

    at = 0;
    assert_int_equal(ldns_wire2rr(&rr, wire, (size_t) (p - wire), &at,
                                  LDNS_SECTION_ANSWER), LDNS_STATUS_OK);

    return rr;
}


/* What ldns is given has each RR once: it does not look for doubles. */
static ldns_status
verify(const dnssec_key_t *key, const dnssec_rrset_t *rrset, size_t n,
    dnssec_span_t rrsig)
{
    size_t         i, j;
    ldns_rr       *rr, *signature, *dnskey;
    ldns_status    status;
    ldns_rr_list  *list = ldns_rr_list_new();

    for (i = 0; i < n; i++) {
        rr = to_ldns(rrset->owner, rrset->type, rrset->ttl, rrset->rdata[i]);
        ldns_rr2canonical(rr);

        for (j = 0; j < ldns_rr_list_rr_count(list); j++) {
            if (ldns_rr_compare(ldns_rr_list_rr(list, j), rr) == 0) {
                break;
            }
        }

        if (j < ldns_rr_list_rr_count(list)) {
            ldns_rr_free(rr);
            continue;
        }

        ldns_rr_free(rr);
        ldns_rr_list_push_rr(list, to_ldns(rrset->owner, rrset->type,
                                           rrset->ttl, rrset->rdata[i]));
    }

    signature = to_ldns(rrset->owner, DNSSEC_TYPE_RRSIG, rrset->ttl, rrsig);
    dnskey = to_ldns(dnssec_key_zone(key), DNSSEC_TYPE_DNSKEY, 3600,
                     dnssec_key_rdata(key));

    status = ldns_verify_rrsig(list, signature, dnskey);

    ldns_rr_free(signature);
    ldns_rr_free(dnskey);
    ldns_rr_list_deep_free(list);

    return status;
}


static void
signs_as_ldns_verifies(void **state)
{
    int              round, i;
    size_t           len, j, k;
    files_t          files;
    uint8_t          rrsig[DNSSEC_RRSIG_MAX];
    random_t         made;
    dnssec_key_t    *keys[2];
    dnssec_span_t    swapped;
    dnssec_rrset_t   rrset;
    dnssec_rrsig_t   parsed;

    (void) state;

    files_begin(&files);
    keys[0] = files_key(&files, P256_KEY, P256_PRIVATE);
    keys[1] = files_key(&files, ED25519_KEY, ED25519_PRIVATE);
    srand(9824);

    for (round = 0; round < ROUNDS; round++) {
        i = round % 2;
        random_rrset(&made, &rrset, zones[i]);

        /* some twice, and all in another order */

        for (j = 0; j < made.n / 3; j++) {
            made.rdata[rrset.n++] = made.rdata[j];
        }

        for (j = rrset.n; j > 1; j--) {
            k = (size_t) rand() % j;
            swapped = made.rdata[k];
            made.rdata[k] = made.rdata[j - 1];
            made.rdata[j - 1] = swapped;
        }

        assert_true(dnssec_rrsig_make(keys[i], &rrset, time(NULL) - 3600,
                                      time(NULL) + 86400, rrsig, &len));
        assert_int_equal(verify(keys[i], &rrset, rrset.n,
                                (dnssec_span_t) { rrsig, len }),
                         LDNS_STATUS_OK);

        assert_true(dnssec_rrsig_parse(&parsed,
                                       (dnssec_span_t) { rrsig, len }));
        assert_int_equal(parsed.covered, rrset.type);
        assert_int_equal(parsed.ttl, rrset.ttl);
        assert_int_equal(parsed.tag, dnssec_key_tag(keys[i]));
        assert_int_equal(parsed.algorithm, dnssec_key_algorithm(keys[i]));
        assert_int_equal(parsed.signer.len, strlen(zones[i]) + 1);
        assert_int_equal(parsed.expiration - parsed.inception, 86400 + 3600);

        /* and not with another original TTL */

        rrsig[7] ^= 1;
        assert_int_not_equal(verify(keys[i], &rrset, rrset.n,
                                    (dnssec_span_t) { rrsig, len }),
                             LDNS_STATUS_OK);
    }

    dnssec_key_free(keys[0]);
    dnssec_key_free(keys[1]);
    files_end(&files);
}


/* An asterisk in front is no label (RFC 4034 3.1.3), one elsewhere is. */
static void
counts_labels(void **state)
{
    size_t          i, len;
    files_t         files;
    uint8_t         rrsig[DNSSEC_RRSIG_MAX];
    dnssec_key_t   *key;
    dnssec_span_t   address = { (const uint8_t *) "\300\0\2\1", 4 };
    dnssec_rrsig_t  parsed;

    static const struct {
        const char  *owner;
        int          labels;
    } cases[] = {
        { "\7example\3net", 2 },
        { "\1a\7example\3net", 3 },
        { "\1*\7example\3net", 2 },
        { "\1*\1a\7example\3net", 3 },
        { "\1a\1*\7example\3net", 4 },
        { "\2**\7example\3net", 3 },
    };

    (void) state;

    files_begin(&files);
    key = files_key(&files, P256_KEY, P256_PRIVATE);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        dnssec_rrset_t  rrset = {
            { (const uint8_t *) cases[i].owner, strlen(cases[i].owner) + 1 },
            1, 60, &address, 1
        };

        assert_true(dnssec_rrsig_make(key, &rrset, 0, 1, rrsig, &len));
        assert_true(dnssec_rrsig_parse(&parsed,
                                       (dnssec_span_t) { rrsig, len }));
        assert_int_equal(parsed.labels, cases[i].labels);
    }

    dnssec_key_free(key);
    files_end(&files);
}


static void
refuses_what_is_no_rrset(void **state)
{
    size_t         i, len;
    files_t        files;
    uint8_t        rrsig[DNSSEC_RRSIG_MAX];
    dnssec_key_t  *key;

    static const struct {
        const char  *owner;
        size_t       owner_len;
        uint16_t     type;
        const char  *rdata;
        size_t       rdata_len;
        bool         made;
    } cases[] = {
        { "\7example\3net", 13, 33, "abcdef\1a", 9, true },
        { "\7example\3net", 13, 33, "abcdef\1a", 8, false },
        { "\7example\3net", 13, 33, "abcdef", 6, false },
        { "\7example\3net", 13, 33, "abc", 3, false },
        { "\7example\3net", 13, 2, "\300\14", 3, false },
        { "\7example\3net", 13, 6, "\1a\0\1b", 5, false },
        { "\7example\3net", 13, 35, "abcd\1x\1y", 8, false },
        { "\7example\3net", 13, 35, "abcd\1x\1y\1z\1n", 13, true },
        { "\7example\3net", 13, 35, "abcd\377", 5, false },
        { "\7example\3net", 13, 1, "", 0, true },
        { "\7example\3net", 12, 1, "abcd", 4, false },
        { "\7example\3net\0", 14, 1, "abcd", 4, false },
        { "\7example\3com", 13, 1, "abcd", 4, false },
        { "\10xexample\3net", 14, 1, "abcd", 4, false },
        { "\3net", 5, 1, "abcd", 4, false },
        { "", 1, 1, "abcd", 4, false },
        { "", 0, 1, "abcd", 4, false },
    };

    (void) state;

    files_begin(&files);
    key = files_key(&files, P256_KEY, P256_PRIVATE);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        dnssec_span_t   rdata = { (const uint8_t *) cases[i].rdata,
                                  cases[i].rdata_len };
        dnssec_rrset_t  rrset = {
            { (const uint8_t *) cases[i].owner, cases[i].owner_len },
            cases[i].type, 60, &rdata, 1
        };

        assert_int_equal(dnssec_rrsig_make(key, &rrset, 0, 1, rrsig, &len),
                         cases[i].made);

        rrset.n = 0;
        assert_false(dnssec_rrsig_make(key, &rrset, 0, 1, rrsig, &len));
    }

    dnssec_key_free(key);
    files_end(&files);
}


static void
parses_rrsigs_only(void **state)
{
    size_t          n;
    uint8_t         rdata[18 + 5 + 64 + 1] = { 0 };
    dnssec_rrsig_t  parsed;

    (void) state;

    memcpy(rdata + 18, "\3net", 5);

    for (n = 0; n <= sizeof(rdata); n++) {
        assert_int_equal(dnssec_rrsig_parse(&parsed,
                                            (dnssec_span_t) { rdata, n }),
                         n == 18 + 5 + 64);
    }

    memset(rdata + 18, 1, sizeof(rdata) - 18);
    assert_false(dnssec_rrsig_parse(&parsed, (dnssec_span_t) { rdata, 87 }));

    rdata[18] = 0xc0;
    assert_false(dnssec_rrsig_parse(&parsed, (dnssec_span_t) { rdata, 87 }));
}


/* RFC 1982 3.2 */
static void
compares_times(void **state)
{
    (void) state;

    assert_true(dnssec_time_after(2, 1));
    assert_false(dnssec_time_after(1, 2));
    assert_false(dnssec_time_after(1, 1));
    assert_true(dnssec_time_after(1, UINT32_MAX));
    assert_false(dnssec_time_after(UINT32_MAX, 1));
    assert_true(dnssec_time_after(0x7fffffff, 0));
    assert_false(dnssec_time_after(0x80000000, 0));
}


static void
writes_bitmaps(void **state)
{
    size_t            i;
    uint8_t           out[5 * 34];

    static const struct {
        uint16_t     types[6];
        size_t       n;
        const char  *bytes;
        size_t       len;
    } cases[] = {
        { { 0 }, 0, "", 0 },
        { { 1 }, 1, "\0\1\x40", 3 },
        { { 1, 28, 33, 46, 47 }, 5, "\0\6\x40\0\0\x08\x40\x03", 8 },
        /* RFC 4034 4.3 */
        { { 1, 15, 46, 47, 1234 }, 5,
          "\0\6\x40\1\0\0\0\3\4\x1b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
          "\0\0\0\0\0\0\x20", 37 },
        { { 46, 47, 128 }, 3, "\0\x11\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\x80",
          19 },
        { { 255, 256, 257, 65535 }, 4,
          "\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
          "\0\1\1\1\xc0\xff\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
          "\0\0\0\0\0\0\0\0\1", 71 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(out, 0xee, sizeof(out));
        assert_int_equal(dnssec_bitmap_write(out, cases[i].types, cases[i].n),
                         cases[i].len);
        assert_memory_equal(out, cases[i].bytes, cases[i].len);
        assert_int_equal(out[cases[i].len], 0xee);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(signs_as_ldns_verifies),
        cmocka_unit_test(counts_labels),
        cmocka_unit_test(refuses_what_is_no_rrset),
        cmocka_unit_test(parses_rrsigs_only),
        cmocka_unit_test(compares_times),
        cmocka_unit_test(writes_bitmaps),
    };

    return cmocka_run_group_tests_name("dnssec_rrsig", tests, NULL, NULL);
}
