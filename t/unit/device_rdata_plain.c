/* units: ngx_srv_registrar_module/device_rdata_plain.c store/store_key.c */

/*
 * What is written without ldns is what ldns writes: over RDATA as its types
 * say, and over RDATA that something is wrong with.
 */

#include "device_text.h"
#include "device_by_ldns.h"
#include "device_rdata_plain.h"


#define ROUNDS  4000


static const uint8_t       fqdn_bytes[] = "\1" "d\7devices\7example";
static const store_span_t  fqdn = { fqdn_bytes, sizeof(fqdn_bytes) };

static const uint16_t  types[] = {
    DEVICE_TYPE_A, DEVICE_TYPE_AAAA, DEVICE_TYPE_SRV, DEVICE_TYPE_TXT,
    DEVICE_TYPE_TLSA, DEVICE_TYPE_SSHFP
};

#define TYPES  (sizeof(types) / sizeof(types[0]))


/* xorshift: the same cases in every run */
static uint32_t
random_below(uint32_t n)
{
    static uint32_t  state = 2463534242;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;

    return state % n;
}


static void
check(uint16_t type, const store_rr_t *rr, bool sound)
{
    bool    plain;
    char    ours[LDNS_TEXT_MAX], theirs[LDNS_TEXT_MAX];
    size_t  len;

    plain = device_rdata_plain(type, rr, fqdn, ours, sizeof(ours));

    if (sound) {
        assert_true(plain);
    }

    if (!plain) {
        return;
    }

    assert_true(by_ldns(type, rr, fqdn, theirs));
    assert_string_equal(ours, theirs);

    /* to the byte, and not one less */

    len = strlen(ours);
    assert_true(device_rdata_plain(type, rr, fqdn, ours, len + 1));
    assert_string_equal(ours, theirs);
    assert_false(device_rdata_plain(type, rr, fqdn, ours, len));
}


/* A name of up to three labels that need no escape; the root byte where it is
 * not to be spliced. */
static size_t
make_name(uint8_t *out, bool spliced)
{
    size_t  at, n, len;

    at = 0;

    for (n = random_below(4); n != 0; n--) {
        len = 1 + random_below(random_below(8) ? 12 : 63);
        out[at++] = (uint8_t) len;

        while (len-- != 0) {
            out[at++] = (uint8_t) "abcxyzABCXYZ0189-_"[random_below(18)];
        }
    }

    if (!spliced) {
        out[at++] = 0;
    }

    return at;
}


static size_t
make_txt(uint8_t *out)
{
    size_t  at, n, len;

    at = 0;

    for (n = 1 + random_below(3); n != 0; n--) {
        len = random_below(random_below(4) ? 20 : 256);
        out[at++] = (uint8_t) len;

        while (len-- != 0) {
            out[at++] = (uint8_t) (random_below(2) ? random_below(256)
                                   : (uint32_t) "\"\\\t;() a.@$"
                                     [random_below(11)]);
        }
    }

    return at;
}


static void
make(uint16_t type, uint8_t *bytes, store_rr_t *rr)
{
    size_t  i, len;

    rr->data = bytes;
    rr->splice = -1;

    for (i = 0; i < 80; i++) {
        bytes[i] = (uint8_t) (random_below(3) ? random_below(256) : 0);
    }

    switch (type) {

    case DEVICE_TYPE_A:
        len = 4;
        break;

    case DEVICE_TYPE_AAAA:
        len = 16;
        break;

    case DEVICE_TYPE_SRV:
        rr->splice = (int) random_below(2) - 1;
        len = 6 + make_name(bytes + 6, rr->splice >= 0);

        if (rr->splice >= 0) {
            rr->splice = (int) len;
        }

        break;

    case DEVICE_TYPE_TXT:
        len = make_txt(bytes);
        break;

    default:
        len = 4 + random_below(70);
    }

    rr->len = (uint16_t) len;
}


static void
test_sound(void **unused)
{
    size_t      i, n;
    uint8_t     bytes[1024];
    store_rr_t  rr;

    (void) unused;

    for (i = 0; i < TYPES; i++) {
        for (n = 0; n < ROUNDS; n++) {
            make(types[i], bytes, &rr);
            check(types[i], &rr, true);
        }
    }
}


static void
test_unsound(void **unused)
{
    size_t      i, n;
    uint8_t     bytes[1024];
    store_rr_t  rr;

    (void) unused;

    for (i = 0; i < TYPES; i++) {
        for (n = 0; n < ROUNDS; n++) {
            make(types[i], bytes, &rr);

            /* longer, shorter, spliced elsewhere, another byte, or another
             * type's */

            rr.len = (uint16_t) (rr.len + random_below(3) - 1);
            bytes[random_below(rr.len + 1)] = (uint8_t) random_below(256);

            if (random_below(3) == 0 || rr.splice > (int) rr.len) {
                rr.splice = (int) random_below(rr.len + 1);
            }

            check(types[random_below(2) ? i : random_below(TYPES)], &rr,
                  false);
        }
    }
}


static void
test_left(void **unused)
{
    size_t      i;
    char        out[512];
    uint8_t     long_name[6 + 4 * 64];
    store_rr_t  rr = { (const uint8_t *) "\0\0\0\0\0\0\3a.b\0", 11, -1 };

    (void) unused;

    /* other types, and what means something in a name */

    assert_false(device_rdata_plain(DEVICE_TYPE_SRV, &rr, fqdn, out,
                                    sizeof(out)));
    assert_false(device_rdata_plain(DEVICE_TYPE_CAA, &rr, fqdn, out,
                                    sizeof(out)));
    assert_false(device_rdata_plain(DEVICE_TYPE_TXT, &rr, fqdn, out, 0));

    /* no root byte; a name of more than 255 bytes, and one less */

    rr.len = 10;
    assert_false(device_rdata_plain(DEVICE_TYPE_SRV, &rr, fqdn, out,
                                    sizeof(out)));

    memset(long_name, 'a', sizeof(long_name));

    for (i = 0; i < 4; i++) {
        long_name[6 + i * 64] = 63;
    }

    rr = (store_rr_t) { long_name, 6 + 3 * 64 + 45, 6 + 3 * 64 + 45 };
    long_name[6 + 3 * 64] = 44;
    assert_false(device_rdata_plain(DEVICE_TYPE_SRV, &rr, fqdn, out,
                                    sizeof(out)));

    rr.len--;
    rr.splice--;
    long_name[6 + 3 * 64] = 43;
    assert_true(device_rdata_plain(DEVICE_TYPE_SRV, &rr, fqdn, out,
                                   sizeof(out)));

    /* the root itself is written with a dot that no label has */

    rr = (store_rr_t) { long_name, 6, 6 };
    assert_false(device_rdata_plain(DEVICE_TYPE_SRV, &rr,
                                    (store_span_t) { fqdn_bytes + 18, 1 },
                                    out, sizeof(out)));

    /* a root byte before the splice */

    long_name[6 + 64] = 0;
    rr.len = rr.splice = 6 + 65;
    assert_false(device_rdata_plain(DEVICE_TYPE_SRV, &rr, fqdn, out,
                                    sizeof(out)));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_unsound),
        cmocka_unit_test(test_left),
    };

    return cmocka_run_group_tests_name("device_rdata_plain", tests, NULL,
                                       NULL);
}
