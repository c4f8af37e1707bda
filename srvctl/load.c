
/*
 * load: the lines of a dump into a store that is not there yet: devices and
 * issuers.  Zones, their apexes and static names are nginx's to publish, from
 * its zone files, when it starts; lines about them are passed over.
 *
 * What enters is a file that anybody may have edited: each member is checked,
 * and each value passes the check that a reader makes.  All of it is one
 * transaction: a store that is there is whole.
 */

#include "dump.h"
#include "load_files.h"

#include "boot_clock.h"
#include "device_hex.h"

#include <err.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    store_txn_t    *txn;
    size_t          line;            /* of the input, from 1 */
    json_t         *json;
    const char     *wrong;           /* the first member that is */
    lease_clock_t   clock;           /* goes on from the time of the dump */
    int64_t         spent;           /* srvctl_spent, when that was read */
    bool            begun;           /* the first line was there */
} load_t;


static bool load_lines(load_t *load, FILE *file);
static bool load_line(load_t *load);
static bool load_head(load_t *load);
static bool load_issuer(load_t *load);
static bool load_device_line(load_t *load);
static void load_put(load_t *load, const char *name,
    const store_device_t *device);
static void load_rrsets(load_t *load, store_writer_t *writer);
static void load_rrset(load_t *load, store_writer_t *writer, json_t *json);
static bool load_rr(store_writer_t *writer, const char *text);
static void load_facts(load_t *load, store_device_t *device);
static void load_key(load_t *load, json_t *json, store_device_key_t *key);
static int64_t load_integer(load_t *load, json_t *json, const char *name,
    int64_t most);
static size_t load_bytes(load_t *load, json_t *json, const char *name,
    uint8_t *out, size_t size);
static bool load_hex(const char *text, size_t digits, uint8_t *out);
static void load_wrong(load_t *load, const char *what);
static bool load_name(const char *text, uint8_t *wire, size_t *len);


int
srvctl_load(srvctl_t *ctl, int argc, char **argv)
{
    bool                   good;
    load_t                 load = { 0 };
    store_error_t          error;
    store_status_t         status;
    store_options_t        options = { .path = ctl->path, .writer = true };
    lease_clock_mark_t     mark;

    (void) argv;

    if (argc != 1) {
        return SRVCTL_USAGE;
    }

    srvctl_yield(ctl->path);
    load_unused(ctl);

    if (store_open(&ctl->store, &options, &error) != STORE_OK) {
        errx(EXIT_FAILURE, "%s", error.text);
    }

    status = store_write_begin(ctl->store, &load.txn);

    if (status != STORE_OK) {
        errx(EXIT_FAILURE, "%s: %s", ctl->path, store_status_text(status));
    }

    good = load_lines(&load, stdin);

    if (good && !load.begun) {
        warnx("no dump on standard input");
        good = false;
    }

    if (!good) {
        store_abort(load.txn);
        store_close(ctl->store);
        load_undo(ctl);
        warnx("nothing was loaded");
        return EXIT_FAILURE;
    }

    lease_clock_mark(&load.clock, &mark);
    status = store_commit(load.txn, &mark);
    store_close(ctl->store);

    if (status != STORE_OK) {
        load_undo(ctl);
        warnx("nothing was loaded: %s", store_status_text(status));
        return EXIT_FAILURE;
    }

    return EXIT_SUCCESS;
}


static bool
load_lines(load_t *load, FILE *file)
{
    bool          good = true;
    char         *text = NULL;
    size_t        size = 0;
    ssize_t       len;
    json_error_t  error;

    while (good && (len = getline(&text, &size, file)) > 0) {
        load->line++;
        load->wrong = NULL;
        load->json = json_loadb(text, (size_t) len, JSON_REJECT_DUPLICATES,
                                &error);

        if (load->json == NULL) {
            load->wrong = error.text;
        }

        good = load->json != NULL && load_line(load);

        if (!good) {
            warnx("line %zu: %s", load->line,
                  load->wrong != NULL ? load->wrong : "wrong");
        }

        json_decref(load->json);
    }

    if (ferror(file)) {
        warn("standard input");
        good = false;
    }

    free(text);

    return good;
}


static bool
load_line(load_t *load)
{
    const char  *kind;

    if (!load->begun) {
        return load_head(load);
    }

    if (json_object_get(load->json, "issuer") != NULL) {
        return load_issuer(load);
    }

    kind = json_string_value(json_object_get(load->json, "kind"));

    if (kind != NULL && strcmp(kind, dump_kinds[STORE_KIND_DEVICE]) == 0) {
        return load_device_line(load);
    }

    if (kind == NULL && json_object_get(load->json, "zone") == NULL) {
        load_wrong(load, "neither a device nor an issuer nor a zone");
    }

    return load->wrong == NULL;
}


static bool
load_head(load_t *load)
{
    lease_clock_mark_t     mark = { 0 };
    lease_clock_reading_t  reading;

    if (load_integer(load, load->json, "format", INT32_MAX) != DUMP_FORMAT) {
        load_wrong(load, "not a dump of a format that is known");
    }

    /* leases go on from the time of the dump, wherever the clock is here */

    boot_clock_read(&reading);
    mark.time = load_integer(load, load->json, "time", UINT32_MAX);
    (void) lease_clock_init(&load->clock, &reading, &mark);

    load->spent = srvctl_spent(&load->clock);
    load->begun = load->wrong == NULL;

    return load->begun;
}


/* In the order of their numbers, as the devices' numbers count on it. */
static bool
load_issuer(load_t *load)
{
    bool            changed;
    uint8_t         digest[STORE_DIGEST_LEN];
    uint16_t        number;
    const char     *text;
    store_span_t    name;
    store_status_t  status;

    text = json_string_value(json_object_get(load->json, "name"));

    if (load_bytes(load, load->json, "issuer", digest, sizeof(digest))
        != sizeof(digest) || text == NULL)
    {
        load_wrong(load, "issuer");
        return false;
    }

    name = (store_span_t) { (const uint8_t *) text, strlen(text) };
    status = store_issuer_add(load->txn, digest, name, &number);

    if (status == STORE_OK
        && json_is_true(json_object_get(load->json, "suspended")))
    {
        status = store_issuer_suspend(load->txn, digest, name, true,
                                      &changed);
    }

    if (status != STORE_OK) {
        load_wrong(load, store_status_text(status));
    }

    return load->wrong == NULL;
}


static bool
load_device_line(load_t *load)
{
    const char      *name;
    store_device_t   device = { 0 };

    name = json_string_value(json_object_get(load->json, "name"));

    if (name == NULL) {
        load_wrong(load, "name");
        return false;
    }

    load_facts(load, &device);

    if (load->wrong == NULL) {
        load_put(load, name, &device);
    }

    return load->wrong == NULL;
}


static void
load_put(load_t *load, const char *name, const store_device_t *device)
{
    size_t          len;
    uint8_t         buffer[STORE_VALUE_MAX], wire[STORE_NAME_MAX];
    store_key_t     key;
    store_span_t    bytes, old;
    store_writer_t  writer;

    if (!load_name(name, wire, &len) || wire[0] == 0
        || !store_key_make(&key,
                           (store_span_t) { wire + 1 + wire[0],
                                            len - 1 - wire[0] },
                           (store_span_t) { wire + 1, wire[0] }))
    {
        load_wrong(load, "name");
        return;
    }

    if (store_get(load->txn, &key, &old) != STORE_NOT_FOUND) {
        load_wrong(load, "name: a second time");
        return;
    }

    store_writer_device(&writer, buffer, sizeof(buffer), device);
    load_rrsets(load, &writer);

    if (load->wrong != NULL) {
        return;
    }

    if (!store_writer_finish(&writer, (store_span_t) { key.data, key.len },
                             &bytes))
    {
        load_wrong(load, "not a value that the store takes");

    } else if (store_put(load->txn, &key, bytes) != STORE_OK) {
        load_wrong(load, store_status_text(store_txn_status(load->txn)));
    }
}


static void
load_facts(load_t *load, store_device_t *device)
{
    json_t  *facts = json_object_get(load->json, "facts"), *key;

    device->state = (uint8_t) load_integer(load, facts, "state", UINT8_MAX);
    device->epoch = (uint16_t) load_integer(load, facts, "epoch", UINT16_MAX);
    device->rekeyed = (uint16_t) load_integer(load, facts, "rekeyed",
                                              UINT16_MAX);
    device->issuer = (uint16_t) load_integer(load, facts, "issuer",
                                             STORE_ISSUERS_MAX);
    device->enrolled = load_integer(load, facts, "enrolled", UINT32_MAX);
    device->seen = load_integer(load, facts, "seen", UINT32_MAX);
    device->enroll_limit = load_integer(load, facts, "enroll_limit",
                                        UINT32_MAX);
    device->lease = (uint32_t) load_integer(load, facts, "lease", UINT32_MAX);
    device->lease_end = load_integer(load, facts, "lease_end", UINT32_MAX);
    device->acme_dns.counter = (uint16_t) load_integer(load, facts,
                                                   "acme_dns", UINT16_MAX);
    device->acme_dns.secret = (uint16_t) load_integer(load, facts,
                                           "acme_dns_secret", UINT16_MAX);
    device->dyndns2.counter = (uint16_t) load_integer(load, facts, "dyndns2",
                                                      UINT16_MAX);
    device->dyndns2.secret = (uint16_t) load_integer(load, facts,
                                            "dyndns2_secret", UINT16_MAX);

    if (load_bytes(load, facts, "identity", device->identity,
                   STORE_IDENTITY_LEN) != STORE_IDENTITY_LEN)
    {
        load_wrong(load, "identity");
    }

    key = json_object_get(facts, "active");
    device->has_active = key != NULL;
    load_key(load, key, &device->active);

    key = json_object_get(facts, "pending");
    device->has_pending = key != NULL;
    load_key(load, key, &device->pending);

    (void) srvctl_spend_device(device, load->spent);
}


/* None where json is NULL. */
static void
load_key(load_t *load, json_t *json, store_device_key_t *key)
{
    if (json == NULL) {
        return;
    }

    key->algorithm = (uint8_t) load_integer(load, json, "algorithm",
                                            UINT8_MAX);
    key->secret = (uint16_t) load_integer(load, json, "secret", UINT16_MAX);
    key->last_created = load_integer(load, json, "last_created", UINT32_MAX);
    key->expires = load_integer(load, json, "expires", UINT32_MAX);
    key->public_key_len = (uint8_t) load_bytes(load, json, "public_key",
                                               key->public_key,
                                               STORE_PUBLIC_KEY_MAX);

    if (load_bytes(load, json, "generation", key->generation,
                   STORE_GENERATION_LEN) != STORE_GENERATION_LEN)
    {
        load_wrong(load, "generation");
    }
}


static void
load_rrsets(load_t *load, store_writer_t *writer)
{
    size_t   i;
    json_t  *json, *list = json_object_get(load->json, "rrsets");

    if (!json_is_array(list)) {
        load_wrong(load, "rrsets");
    }

    json_array_foreach(list, i, json) {
        load_rrset(load, writer, json);
    }
}


static void
load_rrset(load_t *load, store_writer_t *writer, json_t *json)
{
    size_t          i, len = 0;
    json_t         *rr, *list = json_object_get(json, "rdata");
    uint8_t         owner[STORE_NAME_MAX];
    const char     *name, *type;
    store_rrset_t   rrset = { 0 };

    name = json_string_value(json_object_get(json, "owner"));
    type = json_string_value(json_object_get(json, "type"));

    if (name == NULL || type == NULL || !load_name(name, owner, &len)
        || !json_is_array(list))
    {
        load_wrong(load, "rrsets");
        return;
    }

    rrset.owner = (store_span_t) { owner, len - 1 };
    rrset.type = (uint16_t) ldns_get_rr_type_by_name(type);
    rrset.ttl = (uint32_t) load_integer(load, json, "ttl", UINT32_MAX);
    rrset.expires = load_integer(load, json, "expires", UINT32_MAX);
    rrset.door = (uint8_t) load_integer(load, json, "door", UINT8_MAX);
    rrset.own_lease = json_is_true(json_object_get(json, "own_lease"));

    store_writer_rrset_begin(writer, &rrset);

    json_array_foreach(list, i, rr) {
        if (!json_is_string(rr)
            || !load_rr(writer, json_string_value(rr)))
        {
            load_wrong(load, "rdata");
        }
    }

    store_writer_rrset_end(writer);
}


static bool
load_rr(store_writer_t *writer, const char *text)
{
    size_t       head = strcspn(text, "."), tail;
    uint8_t      data[STORE_VALUE_MAX];
    store_rr_t   rr = { .data = data, .splice = -1 };

    tail = text[head] != '\0' ? strlen(text + head + 1) : 0;

    if (head + tail > 2 * sizeof(data)
        || !load_hex(text, head, data)
        || (tail != 0 && !load_hex(text + head + 1, tail, data + head / 2)))
    {
        return false;
    }

    if (text[head] != '\0') {
        rr.splice = (int) (head / 2);
    }

    rr.len = (uint16_t) ((head + tail) / 2);
    store_writer_rr(writer, &rr);

    return true;
}


/* 0 to most; what is not there is wrong. */
static int64_t
load_integer(load_t *load, json_t *json, const char *name, int64_t most)
{
    json_t       *value = json_object_get(json, name);
    json_int_t    number;

    number = json_integer_value(value);

    if (!json_is_integer(value) || number < 0 || number > most) {
        load_wrong(load, name);
        return 0;
    }

    return number;
}


/* At most size bytes; the number of them. */
static size_t
load_bytes(load_t *load, json_t *json, const char *name, uint8_t *out,
    size_t size)
{
    const char  *text = json_string_value(json_object_get(json, name));

    if (text == NULL || strlen(text) > 2 * size
        || !load_hex(text, strlen(text), out))
    {
        load_wrong(load, name);
        return 0;
    }

    return strlen(text) / 2;
}


static bool
load_hex(const char *text, size_t digits, uint8_t *out)
{
    return digits % 2 == 0
           && device_hex_read(out, (const uint8_t *) text, digits / 2);
}


static bool
load_name(const char *text, uint8_t *wire, size_t *len)
{
    bool       good;
    ldns_rdf  *name;

    if (ldns_str2rdf_dname(&name, text) != LDNS_STATUS_OK) {
        return false;
    }

    *len = ldns_rdf_size(name);
    good = *len > 0 && *len <= STORE_NAME_MAX;

    if (good) {
        memcpy(wire, ldns_rdf_data(name), *len);
    }

    ldns_rdf_deep_free(name);

    return good;
}


static void
load_wrong(load_t *load, const char *what)
{
    if (load->wrong == NULL) {
        load->wrong = what;
    }
}
