/* units: dnsd/answer.c dnsd/answer_chaos.c dnsd/answer_cookie.c
   dnsd/answer_denial.c dnsd/answer_signed.c dnsd/lookup_signatures.c
   dnssec/dnssec_key.c dnssec/dnssec_key_file.c
   dnssec/dnssec_key_pem.c dnssec/dnssec_rrsig.c
   dnsd/answer_edns.c dnsd/answer_rrset.c dnsd/answer_sections.c dnsd/log.c
   dnsd/lookup.c dnsd/lookup_find.c dnsd/lookup_source.c dnsd/siphash.c
   dnsd/wire_name.c dnsd/wire_query.c dnsd/wire_writer.c store/boot_clock.c
   store/crc32c.c store/lease_clock.c store/store.c store/store_access.c
   store/store_files.c store/store_format.c store/store_issuers.c
   store/store_key.c store/store_labels.c store/store_serial.c
   store/store_status.c store/store_txn.c store/store_walker.c
   store/store_mapping.c store/store_value.c store/store_value_check.c
   store/store_writer.c store/store_zone.c store/store_zones.c */

/*
 * The next name in the canonical order: what an NSEC record made on the spot
 * says.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answer_internal.h"
#include "dnsd_signer.h"


/* A label of equal bytes, but for the last. */
typedef struct {
    uint8_t  len;
    uint8_t  fill;
    uint8_t  last;
} label_t;

#define LABELS  5
#define FULL    { 63, 'a', 'a' }
#define ENDED   { 63, 0xFF, 0xFF }


/* Below the zone "\1z\0".  RFC 4034 6.1 orders labels from the right, and each
 * by its bytes; what has no room for a child is followed by its neighbour. */
static const struct {
    label_t  labels[LABELS];
    label_t  next[LABELS];
} successors[] = {
    { { { 0 } }, { { 1, 0, 0 } } },
    { { { 1, 'a', 'a' } }, { { 1, 0, 0 }, { 1, 'a', 'a' } } },

    /* 253 bytes: the last with a child */
    { { { 57, 'x', 'x' }, FULL, FULL, FULL },
      { { 1, 0, 0 }, { 57, 'x', 'x' }, FULL, FULL, FULL } },

    /* 254: a longer label, or the next one where it is as long as can be */
    { { { 58, 'x', 'x' }, FULL, FULL, FULL },
      { { 59, 'x', 0 }, FULL, FULL, FULL } },
    { { FULL, { 58, 'x', 'x' }, FULL, FULL },
      { { 63, 'a', 'b' }, { 58, 'x', 'x' }, FULL, FULL } },

    /* 255: the next label; upper case is none */
    { { { 59, 'x', 'x' }, FULL, FULL, FULL },
      { { 59, 'x', 'y' }, FULL, FULL, FULL } },
    { { { 59, 'x', '@' }, FULL, FULL, FULL },
      { { 59, 'x', '[' }, FULL, FULL, FULL } },
    { { { 59, 'x', 0xFF }, FULL, FULL, FULL },
      { { 58, 'x', 'y' }, FULL, FULL, FULL } },

    /* there is none beside it: the neighbour of what it is below */
    { { { 59, 0xFF, 0xFF }, FULL, FULL, FULL },
      { { 63, 'a', 'b' }, FULL, FULL } },
    { { { 60, 0xFF, 0xFF }, { 62, 'a', 'a' }, FULL, FULL },
      { { 63, 'a', 0 }, FULL, FULL } },

    /* the zone's last name */
    { { { 59, 0xFF, 0xFF }, ENDED, ENDED, ENDED }, { { 0 } } }
};


static wire_span_t
labels_write(uint8_t *name, const label_t *labels)
{
    size_t    i;
    uint8_t  *at = name;

    for (i = 0; i < LABELS && labels[i].len != 0; i++) {
        *at++ = labels[i].len;
        memset(at, labels[i].fill, labels[i].len);
        at += labels[i].len;
        at[-1] = labels[i].last;
    }

    memcpy(at, "\1z\0", 3);

    return (wire_span_t) { name, (size_t) (at + 3 - name) };
}


static void
successors_are_next(void **state)
{
    size_t       i;
    uint8_t      name[300], expected[300];
    wire_name_t  next;
    wire_span_t  from, to;

    (void) state;

    for (i = 0; i < sizeof(successors) / sizeof(successors[0]); i++) {
        from = labels_write(name, successors[i].labels);
        to = labels_write(expected, successors[i].next);
        answer_successor(&next, from, 3);
        assert_int_equal(next.len, to.len);
        assert_memory_equal(next.data, to.data, to.len);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(successors_are_next)
    };

    return cmocka_run_group_tests_name("dnsd_successor", tests, NULL, NULL);
}
