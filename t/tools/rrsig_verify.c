
/*
 * rrsig_verify TIME
 *
 * Reads records of one signed zone, in presentation format, and verifies
 * every signature with ldns, as of TIME (seconds since 1970).  Prints a line
 * for each RRset:
 *
 *     OWNER TYPE: TAG ...          the keys whose signatures are good
 *     OWNER TYPE: bad TAG: WHY     one that is not
 *     OWNER TYPE: unsigned
 *
 * and for each signature of an RRset that is not there
 *
 *     OWNER TYPE: no such RRset
 *
 * Exits with 1 where a line is none of the first kind.
 */

#include <err.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>


static ldns_rr_list *read_records(void);
static ldns_rr_list *of_type(const ldns_rr_list *records, ldns_rr_type type);
static bool verify_all(ldns_rr_list *records, time_t now);
static bool verify_rrset(ldns_rr_list *rrset, ldns_rr_list *signatures,
    ldns_rr_list *keys, time_t now);
static ldns_status verify_one(ldns_rr_list *rrset, ldns_rr *signature,
    ldns_rr_list *keys, time_t now);
static bool covers(ldns_rr *signature, const ldns_rr *rr);
static bool orphans(ldns_rr_list *records, ldns_rr_list *signatures);
static void print_owner(const ldns_rr *rr, ldns_rr_type type);


int
main(int argc, char **argv)
{
    ldns_rr_list  *records;

    if (argc != 2) {
        errx(2, "usage: rrsig_verify TIME < records");
    }

    records = read_records();

    return verify_all(records, (time_t) atoll(argv[1])) ? EXIT_SUCCESS
                                                         : EXIT_FAILURE;
}


static ldns_rr_list *
read_records(void)
{
    int            line = 0;
    ldns_rr       *rr;
    ldns_status    status;
    ldns_rr_list  *records;

    records = ldns_rr_list_new();

    while (!feof(stdin)) {
        status = ldns_rr_new_frm_fp_l(&rr, stdin, NULL, NULL, NULL, &line);

        if (status == LDNS_STATUS_OK) {
            ldns_rr2canonical(rr);
            ldns_rr_list_push_rr(records, rr);

        } else if (status != LDNS_STATUS_SYNTAX_EMPTY) {
            errx(2, "line %d: %s", line, ldns_get_errorstr_by_id(status));
        }
    }

    ldns_rr_list_sort(records);

    return records;
}


static ldns_rr_list *
of_type(const ldns_rr_list *records, ldns_rr_type type)
{
    size_t         i;
    ldns_rr       *rr;
    ldns_rr_list  *list;

    list = ldns_rr_list_new();

    for (i = 0; i < ldns_rr_list_rr_count(records); i++) {
        rr = ldns_rr_list_rr(records, i);

        if (ldns_rr_get_type(rr) == type) {
            ldns_rr_list_push_rr(list, rr);
        }
    }

    return list;
}


static bool
verify_all(ldns_rr_list *records, time_t now)
{
    bool           good;
    ldns_rr_list  *keys, *signatures, *rest, *rrset;

    keys = of_type(records, LDNS_RR_TYPE_DNSKEY);
    signatures = of_type(records, LDNS_RR_TYPE_RRSIG);
    good = orphans(records, signatures);

    /* sorted, so that an RRset is a run; pop takes it off the end */

    rest = ldns_rr_list_clone(records);

    while ((rrset = ldns_rr_list_pop_rrset(rest)) != NULL) {

        if (ldns_rr_list_type(rrset) != LDNS_RR_TYPE_RRSIG) {
            good = verify_rrset(rrset, signatures, keys, now) && good;
        }

        ldns_rr_list_deep_free(rrset);
    }

    ldns_rr_list_free(rest);
    ldns_rr_list_free(keys);
    ldns_rr_list_free(signatures);
    ldns_rr_list_deep_free(records);

    return good;
}


static bool
verify_rrset(ldns_rr_list *rrset, ldns_rr_list *signatures,
    ldns_rr_list *keys, time_t now)
{
    bool          good;
    size_t        i, n;
    ldns_rr      *rr, *signature;
    ldns_status   status;

    rr = ldns_rr_list_rr(rrset, 0);
    good = true;
    n = 0;

    print_owner(rr, ldns_rr_get_type(rr));

    for (i = 0; i < ldns_rr_list_rr_count(signatures); i++) {
        signature = ldns_rr_list_rr(signatures, i);

        if (!covers(signature, rr)) {
            continue;
        }

        n++;
        status = verify_one(rrset, signature, keys, now);

        if (status == LDNS_STATUS_OK) {
            printf(" %u", (unsigned) ldns_rdf2native_int16(
                              ldns_rr_rrsig_keytag(signature)));
            continue;
        }

        printf(" bad %u: %s", (unsigned) ldns_rdf2native_int16(
                                  ldns_rr_rrsig_keytag(signature)),
               ldns_get_errorstr_by_id(status));
        good = false;
    }

    printf("%s\n", n == 0 ? " unsigned" : "");

    return good && n != 0;
}


static ldns_status
verify_one(ldns_rr_list *rrset, ldns_rr *signature, ldns_rr_list *keys,
    time_t now)
{
    ldns_status    status;
    ldns_rr_list  *good;

    good = ldns_rr_list_new();
    status = ldns_verify_rrsig_keylist_time(rrset, signature, keys, now, good);
    ldns_rr_list_free(good);

    return status;
}


static bool
covers(ldns_rr *signature, const ldns_rr *rr)
{
    return ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(signature))
           == ldns_rr_get_type(rr)
           && ldns_dname_compare(ldns_rr_owner(signature),
                                 ldns_rr_owner(rr)) == 0;
}


static bool
orphans(ldns_rr_list *records, ldns_rr_list *signatures)
{
    bool      good, found;
    size_t    i, k;
    ldns_rr  *signature;

    good = true;

    for (i = 0; i < ldns_rr_list_rr_count(signatures); i++) {
        signature = ldns_rr_list_rr(signatures, i);
        found = false;

        for (k = 0; k < ldns_rr_list_rr_count(records) && !found; k++) {
            found = covers(signature, ldns_rr_list_rr(records, k));
        }

        if (!found) {
            print_owner(signature, ldns_rdf2rr_type(
                                       ldns_rr_rrsig_typecovered(signature)));
            printf(" no such RRset\n");
            good = false;
        }
    }

    return good;
}


static void
print_owner(const ldns_rr *rr, ldns_rr_type type)
{
    char  *owner, *text;

    owner = ldns_rdf2str(ldns_rr_owner(rr));
    text = ldns_rr_type2str(type);

    printf("%s %s:", owner, text);

    free(owner);
    free(text);
}
