
/*
 * suspend, resume, remove, issuers: one transaction each.  dnsd shows what it
 * changed with its next snapshot, nginx refuses the key with its next request.
 */

#include "srvctl.h"

#include "device_hex.h"
#include "dnssec_rrsig.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define CHANGE_ISSUER  "issuer:"


/* An issuer as it is named on the command line: by digest or by number. */
typedef struct {
    uint16_t  number;                /* 0: by digest */
    uint8_t   digest[STORE_DIGEST_LEN];
    bool      found;
} change_issuer_t;


static int change_state(srvctl_t *ctl, int argc, char **argv,
    device_admin_t action);
static int change_device(srvctl_t *ctl, const char *name,
    device_admin_t action);
static void change_apply(srvctl_t *ctl, store_txn_t *txn,
    const store_key_t *key, const device_outcome_t *outcome,
    device_admin_t action);
static int change_issuer(srvctl_t *ctl, const char *text, bool suspended);
static bool change_issuer_parse(change_issuer_t *issuer, const char *text);
static bool change_issuer_visit(void *data, const store_issuer_t *issuer);
static void change_touch(srvctl_t *ctl, store_txn_t *txn);
static void change_serial(srvctl_t *ctl, store_txn_t *txn, store_span_t zone);
static bool issuers_line(void *data, const store_issuer_t *issuer);


int
srvctl_suspend(srvctl_t *ctl, int argc, char **argv)
{
    return change_state(ctl, argc, argv, DEVICE_ADMIN_SUSPEND);
}


int
srvctl_resume(srvctl_t *ctl, int argc, char **argv)
{
    return change_state(ctl, argc, argv, DEVICE_ADMIN_RESUME);
}


static int
change_state(srvctl_t *ctl, int argc, char **argv, device_admin_t action)
{
    int     status;
    size_t  prefix = strlen(CHANGE_ISSUER);

    if (argc != 2) {
        warnx("ID is the SHA-256 of an issuer's key, or its number "
              "(srvctl issuers)");
        return SRVCTL_USAGE;
    }

    srvctl_open(ctl, true);

    status = strncmp(argv[1], CHANGE_ISSUER, prefix) == 0
             ? change_issuer(ctl, argv[1] + prefix,
                             action == DEVICE_ADMIN_SUSPEND)
             : change_device(ctl, argv[1], action);

    srvctl_close(ctl);

    return status;
}


int
srvctl_remove(srvctl_t *ctl, int argc, char **argv)
{
    int  status;

    if (argc != 2) {
        return SRVCTL_USAGE;
    }

    srvctl_open(ctl, true);
    status = change_device(ctl, argv[1], DEVICE_ADMIN_REMOVE);
    srvctl_close(ctl);

    return status;
}


static int
change_device(srvctl_t *ctl, const char *name, device_admin_t action)
{
    uint8_t            buffer[STORE_VALUE_MAX];
    store_key_t        key;
    store_txn_t       *txn;
    store_status_t     status;
    device_place_t     place = { .key = &key, .buffer = buffer,
                                 .keep_signatures = true };
    device_error_t     error;
    device_reason_t    reason;
    device_outcome_t   outcome;

    if (!srvctl_key(ctl, name, &key)) {
        return EXIT_FAILURE;
    }

    txn = srvctl_begin(ctl);
    status = store_get(txn, &key, &place.bytes);

    if (status != STORE_OK) {
        store_abort(txn);
        warnx("%s: %s", name, status == STORE_NOT_FOUND
                              ? "there is no device of this name"
                              : store_status_text(status));
        return EXIT_FAILURE;
    }

    place.now = lease_clock_now(&ctl->clock);
    place.issuers = &ctl->issuers;

    reason = device_admin(&place, action, &outcome, &error);

    if (reason != DEVICE_OK) {
        store_abort(txn);
        warnx("%s: %s", name, error.detail);
        return EXIT_FAILURE;
    }

    change_apply(ctl, txn, &key, &outcome, action);

    return srvctl_commit(ctl, txn);
}


/* The transaction keeps its first failure: the commit tells of it. */
static void
change_apply(srvctl_t *ctl, store_txn_t *txn, const store_key_t *key,
    const device_outcome_t *outcome, device_admin_t action)
{
    store_span_t  zone, label;

    if (action == DEVICE_ADMIN_REMOVE) {
        (void) store_delete(txn, key);

    } else if (outcome->put) {
        (void) store_put(txn, key, outcome->bytes);
    }

    if (outcome->dns_changed
        && store_key_parse((store_span_t) { key->data, key->len }, &zone,
                           &label))
    {
        change_serial(ctl, txn, zone);
    }
}


static int
change_issuer(srvctl_t *ctl, const char *text, bool suspended)
{
    bool              changed;
    store_txn_t      *txn;
    store_status_t    status;
    change_issuer_t   issuer;

    if (!change_issuer_parse(&issuer, text)) {
        warnx("issuer:%s: 64 hexadecimal digits (SHA-256 of the authority's "
              "public key), or a number that \"srvctl issuers\" shows", text);
        return EXIT_FAILURE;
    }

    txn = srvctl_begin(ctl);
    status = store_issuers_visit(txn, change_issuer_visit, &issuer);

    if (status == STORE_OK && issuer.number != 0 && !issuer.found) {
        store_abort(txn);
        warnx("issuer:%s: no issuer has this number", text);
        return EXIT_FAILURE;
    }

    if (status == STORE_OK) {
        status = store_issuer_suspend(txn, issuer.digest,
                                      (store_span_t) { NULL, 0 }, suspended,
                                      &changed);
    }

    if (status != STORE_OK) {
        store_abort(txn);
        warnx("issuer:%s: %s", text, store_status_text(status));
        return EXIT_FAILURE;
    }

    if (changed) {
        change_touch(ctl, txn);
    }

    return srvctl_commit(ctl, txn);
}


static bool
change_issuer_parse(change_issuer_t *issuer, const char *text)
{
    char   *end;
    size_t  len = strlen(text);

    memset(issuer, 0, sizeof(*issuer));

    if (len < 5 && len > 0 && strspn(text, "0123456789") == len) {
        issuer->number = (uint16_t) strtoul(text, &end, 10);
        return issuer->number != 0;
    }

    return len == 2 * STORE_DIGEST_LEN
           && device_hex_read(issuer->digest, (const uint8_t *) text,
                              STORE_DIGEST_LEN);
}


static bool
change_issuer_visit(void *data, const store_issuer_t *issuer)
{
    change_issuer_t  *wanted = data;

    if (issuer->number != wanted->number) {
        return true;
    }

    memcpy(wanted->digest, issuer->digest, STORE_DIGEST_LEN);
    wanted->found = true;

    return false;
}


/* Devices of one issuer may lie in any zone, and which do would take a walk
 * over all of them: a serial that moves for nothing costs a transfer. */
static void
change_touch(srvctl_t *ctl, store_txn_t *txn)
{
    unsigned       i;
    store_zone_t  *zone;

    for (i = 0; i < ctl->zones->n; i++) {
        zone = &ctl->zones->zones[i];
        change_serial(ctl, txn, (store_span_t) { zone->name,
                                                 zone->name_len });
    }
}


/* A signed zone's serial is left to the registrar, whose next commit moves it:
 * here are no keys, and an SOA without a signature would make each negative
 * answer worthless until then. */
static void
change_serial(srvctl_t *ctl, store_txn_t *txn, store_span_t zone)
{
    store_key_t    key;
    store_span_t   bytes, apex = { NULL, 0 };
    store_rrset_t  rrset;
    store_value_t  value;

    if (store_key_make(&key, zone, apex)
        && store_get(txn, &key, &bytes) == STORE_OK
        && store_value_open_made(&value, &key, bytes)
        && store_rrset_find(&value, apex, DNSSEC_TYPE_DNSKEY, &rrset))
    {
        return;
    }

    (void) store_zone_touch(txn, zone, lease_clock_now(&ctl->clock));
}


int
srvctl_issuers(srvctl_t *ctl, int argc, char **argv)
{
    store_status_t  status;

    (void) argv;

    if (argc != 1) {
        return SRVCTL_USAGE;
    }

    srvctl_open(ctl, false);
    status = store_issuers_visit(ctl->txn, issuers_line, NULL);
    srvctl_close(ctl);

    if (status != STORE_OK) {
        warnx("the table of issuers: %s", store_status_text(status));
        return EXIT_FAILURE;
    }

    return EXIT_SUCCESS;
}


static bool
issuers_line(void *data, const store_issuer_t *issuer)
{
    char  digest[2 * STORE_DIGEST_LEN + 1];

    (void) data;

    device_hex_write(digest, issuer->digest, STORE_DIGEST_LEN);
    printf("%u %s %s %.*s\n", issuer->number, digest,
           issuer->suspended ? "suspended" : "active",
           (int) issuer->name.len, (const char *) issuer->name.data);

    return true;
}
