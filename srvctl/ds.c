
/*
 * ds: what the parent of a signed zone, or a resolver, has to be told of its
 * keys, as they stand in the store.
 *
 *   devices.example. IN DS 20547 13 2 891B700F...       for the parent
 *   trust-anchors { devices.example. static-key ...; };  --anchor: for delv -a
 *
 * Of the keys with SEP those that stand in CDNSKEY too (RFC 7344): one that is
 * published only, or that retires, the parent needs not.
 */

#include "srvctl.h"

#include "dnssec_rrsig.h"

#include <err.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define DS_SHA256     2          /* RFC 4509 */
#define DS_TEXT_MAX   (4 * DNSSEC_DNSKEY_MAX)    /* base64 and more */

/* Before the key: flags, protocol, algorithm (RFC 4034 2.1). */
#define DS_KEY_FIXED  4


typedef struct {
    const char     *zone;            /* as text, with its final dot */
    store_span_t    name;            /* wire */
    bool            anchor;
} ds_t;


static bool ds_zone(const srvctl_t *ctl, const char *text, uint8_t *wire,
    store_span_t *name);
static int ds_apex(srvctl_t *ctl, const ds_t *ds);
static bool ds_key(const ds_t *ds, const store_rrset_t *parent,
    const store_rr_t *rr, int *status);
static bool ds_has(const store_rrset_t *rrset, const store_rr_t *rr);
static bool ds_print(const ds_t *ds, dnssec_span_t rdata);
static void ds_print_anchor(const ds_t *ds, dnssec_span_t rdata);


int
srvctl_ds(srvctl_t *ctl, int argc, char **argv)
{
    ds_t      ds = { .anchor = false };
    int       option, status;
    char      text[DEVICE_NAME_TEXT_MAX + 1];
    uint8_t   wire[STORE_NAME_MAX];

    static const struct option  options[] = {
        { "anchor", no_argument, NULL, 'a' },
        { NULL,     0,           NULL, 0 }
    };

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {

        if (option != 'a') {
            return SRVCTL_USAGE;
        }

        ds.anchor = true;
    }

    if (optind != argc - 1) {
        return SRVCTL_USAGE;
    }

    srvctl_open(ctl, false);
    status = EXIT_FAILURE;

    if (ds_zone(ctl, argv[optind], wire, &ds.name)
        && device_name_write(text, ds.name))
    {
        strcat(text, ".");
        ds.zone = text;
        status = ds_apex(ctl, &ds);
    }

    srvctl_close(ctl);

    return status;
}


static bool
ds_zone(const srvctl_t *ctl, const char *text, uint8_t *wire,
    store_span_t *name)
{
    size_t         i, len;
    store_zone_t  *zone;

    if (!device_name_parse((store_span_t) { (const uint8_t *) text,
                                            strlen(text) }, wire, &len))
    {
        warnx("%s: not a domain name", text);
        return false;
    }

    for (i = 0; i < ctl->zones->n; i++) {
        zone = &ctl->zones->zones[i];

        if (zone->name_len == len && memcmp(zone->name, wire, len) == 0) {
            *name = (store_span_t) { wire, len };
            return true;
        }
    }

    warnx("%s: the store has no such zone", text);

    return false;
}


static int
ds_apex(srvctl_t *ctl, const ds_t *ds)
{
    int              status = EXIT_FAILURE;
    bool             parent, good = true;
    store_rr_t       rr;
    store_key_t      key;
    store_span_t     bytes, empty = { NULL, 0 };
    store_value_t    apex;
    store_rrset_t    keys, parents;
    store_rr_iter_t  iter;

    if (!store_key_make(&key, ds->name, empty)
        || store_get(ctl->txn, &key, &bytes) != STORE_OK
        || !store_value_open_made(&apex, &key, bytes))
    {
        warnx("%s: the apex cannot be read", ds->zone);
        return EXIT_FAILURE;
    }

    if (!store_rrset_find(&apex, empty, DNSSEC_TYPE_DNSKEY, &keys)) {
        warnx("%s: the zone is not signed", ds->zone);
        return EXIT_FAILURE;
    }

    parent = store_rrset_find(&apex, empty, DNSSEC_TYPE_CDNSKEY, &parents);

    if (ds->anchor) {
        printf("trust-anchors {\n");
    }

    store_rr_begin(&iter, &keys);

    while (good && store_rr_next(&iter, &rr)) {
        good = ds_key(ds, parent ? &parents : NULL, &rr, &status);
    }

    if (ds->anchor) {
        printf("};\n");
    }

    return good && fflush(stdout) == 0 ? status : EXIT_FAILURE;
}


/* *status becomes SUCCESS with the first key that is shown. */
static bool
ds_key(const ds_t *ds, const store_rrset_t *parent, const store_rr_t *rr,
    int *status)
{
    dnssec_span_t  rdata = { rr->data, rr->len };

    if (rr->len <= DS_KEY_FIXED || rr->len > DNSSEC_DNSKEY_MAX
        || (rr->data[1] & DNSSEC_FLAGS_SEP) == 0
        || (parent != NULL && !ds_has(parent, rr)))
    {
        return true;
    }

    if (ds->anchor) {
        ds_print_anchor(ds, rdata);

    } else if (!ds_print(ds, rdata)) {
        warnx("%s: SHA-256 is not available", ds->zone);
        return false;
    }

    *status = EXIT_SUCCESS;

    return true;
}


static bool
ds_has(const store_rrset_t *rrset, const store_rr_t *rr)
{
    store_rr_t       other;
    store_rr_iter_t  iter;

    store_rr_begin(&iter, rrset);

    while (store_rr_next(&iter, &other)) {
        if (other.len == rr->len && memcmp(other.data, rr->data, rr->len) == 0)
        {
            return true;
        }
    }

    return false;
}


static bool
ds_print(const ds_t *ds, dnssec_span_t rdata)
{
    size_t         i;
    uint8_t        digest[32];
    dnssec_span_t  zone = { ds->name.data, ds->name.len };

    if (!dnssec_ds_digest(zone, rdata, digest)) {
        return false;
    }

    printf("%s IN DS %u %u %u ", ds->zone, (unsigned) dnssec_tag(rdata),
           (unsigned) rdata.data[3], DS_SHA256);

    for (i = 0; i < sizeof(digest); i++) {
        printf("%02X", digest[i]);
    }

    printf("\n");

    return true;
}


static void
ds_print_anchor(const ds_t *ds, dnssec_span_t rdata)
{
    char  text[DS_TEXT_MAX];

    EVP_EncodeBlock((unsigned char *) text, rdata.data + DS_KEY_FIXED,
                    (int) rdata.len - DS_KEY_FIXED);

    printf("    %s static-key %u %u %u \"%s\";\n", ds->zone,
           (unsigned) rdata.data[0] << 8 | rdata.data[1],
           (unsigned) rdata.data[2], (unsigned) rdata.data[3], text);
}
