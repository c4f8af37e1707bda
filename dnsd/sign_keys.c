
/*
 * A directory of keys.  What enters is what the operator put there; a file
 * that is no key is no reason to guess: it is named, and dnsd does not start.
 *
 * A key of which the public half alone is there is none of ours: a KSK's
 * belongs into the zone, its private half elsewhere.
 */

#include "sign_keys.h"

#include "dnssec_heap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define SIGN_KEYS_NAME  256          /* of a zone, as text */

/* Whose files these are is root's affair: under systemd credentials belong to
 * root's group, and an ACL shows as its permissions. */
#define SIGN_KEYS_ROOT  0


typedef struct {
    dnssec_key_t  *key;
    char          *path;             /* of the private half */
} sign_keys_entry_t;


struct sign_keys_s {
    size_t             n;
    sign_keys_entry_t  entries[];
};


static sign_keys_t *sign_keys_read_names(const char *directory,
    struct dirent **names, unsigned n, log_t *log);
static int sign_keys_wanted(const struct dirent *name);
static bool sign_keys_add(sign_keys_t *keys, const char *directory,
    const char *name, log_t *log);
static void sign_keys_exposed(const char *path, log_t *log);
static bool sign_keys_sort(sign_keys_t *keys, log_t *log);
static bool sign_keys_alike(const dnssec_key_t *a, const dnssec_key_t *b);
static bool sign_keys_has_zsk(const sign_keys_t *keys,
    const dnssec_key_t *key);
static void sign_keys_drop(sign_keys_t *keys, size_t i);
static bool sign_keys_is_ksk(const dnssec_key_t *key);
static const char *sign_keys_zone(const dnssec_key_t *key,
    char text[SIGN_KEYS_NAME]);


sign_keys_t *
sign_keys_read(const char *directory, unsigned threads, log_t *log)
{
    int              i, n;
    char             error[DNSSEC_ERROR_MAX];
    sign_keys_t     *keys = NULL;
    struct dirent  **names;

    n = scandir(directory, &names, sign_keys_wanted, alphasort);

    if (n == -1) {
        log_line(log, "--keys %s: %s", directory, strerror(errno));
        return NULL;
    }

    if (n == 0) {
        log_line(log, "--keys %s: no private key there (.private or .pem)",
                 directory);

    } else if (!dnssec_heap_init((size_t) n, threads, error)) {
        log_line(log, "--keys %s: %s", directory, error);

    } else {
        keys = sign_keys_read_names(directory, names, (unsigned) n, log);
    }

    for (i = 0; i < n; i++) {
        free(names[i]);
    }

    free(names);

    return keys;
}


void
sign_keys_free(sign_keys_t *keys)
{
    size_t  i;

    if (keys == NULL) {
        return;
    }

    for (i = 0; i < keys->n; i++) {
        dnssec_key_free(keys->entries[i].key);
        free(keys->entries[i].path);
    }

    free(keys);
}


/* A handful, and a signature takes a thousand times as long. */
const dnssec_key_t *
sign_keys_find(const sign_keys_t *keys, wire_span_t zone, uint8_t algorithm,
    uint16_t tag)
{
    size_t               i;
    dnssec_span_t        name;
    const dnssec_key_t  *key;

    for (i = 0; i < keys->n; i++) {
        key = keys->entries[i].key;
        name = dnssec_key_zone(key);

        if (dnssec_key_tag(key) == tag
            && dnssec_key_algorithm(key) == algorithm
            && name.len == zone.len
            && memcmp(name.data, zone.data, zone.len) == 0)
        {
            return key;
        }
    }

    return NULL;
}


void
sign_keys_hidden(const sign_keys_t *keys, log_t *log)
{
    int     fd;
    size_t  i;

    for (i = 0; i < keys->n; i++) {
        fd = open(keys->entries[i].path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd == -1) {
            continue;
        }

        close(fd);
        log_line(log, "warning: %s: can still be read by dnsd at work; let "
                 "root alone read it, and give it a directory that is not "
                 "beside dnsd's other files", keys->entries[i].path);
    }
}


static sign_keys_t *
sign_keys_read_names(const char *directory, struct dirent **names, unsigned n,
    log_t *log)
{
    bool          good = true;
    unsigned      i;
    sign_keys_t  *keys;

    keys = calloc(1, sizeof(*keys) + n * sizeof(keys->entries[0]));

    if (keys == NULL) {
        log_line(log, "--keys %s: no memory", directory);
        return NULL;
    }

    /* every mistake is told */

    for (i = 0; i < n; i++) {
        good = sign_keys_add(keys, directory, names[i]->d_name, log) && good;
    }

    if (!good || !sign_keys_sort(keys, log)) {
        sign_keys_free(keys);
        return NULL;
    }

    return keys;
}


/* Names that begin with a dot are an editor's, or a mount's. */
static int
sign_keys_wanted(const struct dirent *name)
{
    const char  *ending = strrchr(name->d_name, '.');

    return name->d_name[0] != '.'
           && (strcmp(ending != NULL ? ending : "", ".private") == 0
               || strcmp(ending != NULL ? ending : "", ".pem") == 0);
}


static bool
sign_keys_add(sign_keys_t *keys, const char *directory, const char *name,
    log_t *log)
{
    char                path[PATH_MAX], error[DNSSEC_ERROR_MAX];
    uint8_t             signature[DNSSEC_SIGNATURE_LEN];
    sign_keys_entry_t  *entry = &keys->entries[keys->n];

    if (snprintf(path, sizeof(path), "%s/%s", directory, name)
        >= (int) sizeof(path))
    {
        log_line(log, "--keys %s: too long a path", directory);
        return false;
    }

    entry->key = dnssec_key_read(path, error);

    if (entry->key == NULL) {
        log_line(log, "--keys %s: %s", directory, error);
        return false;
    }

    /* counted at once: what is there is freed */

    keys->n++;
    entry->path = strdup(path);

    if (entry->path == NULL) {
        log_line(log, "--keys %s: no memory", directory);
        return false;
    }

    /* with the first one OpenSSL gets together what it needs, chance for
     * instance: while that can still be had from anywhere */

    if (!dnssec_key_sign(entry->key, (const uint8_t *) name, strlen(name),
                         signature))
    {
        log_line(log, "--keys %s: OpenSSL cannot sign by it", path);
        return false;
    }

    sign_keys_exposed(path, log);

    return true;
}


static void
sign_keys_exposed(const char *path, log_t *log)
{
    mode_t       others = S_IRWXO;
    struct stat  st;

    if (stat(path, &st) == -1) {
        return;                         /* read, and gone */
    }

    if (st.st_gid != SIGN_KEYS_ROOT) {
        others |= S_IRWXG;
    }

    if (st.st_mode & others) {
        log_line(log, "warning: %s: a private key that others may read "
                 "(mode %04o)", path, (unsigned) st.st_mode & 07777);
    }
}


/* Leaves the keys that sign denials: ZSKs, and a CSK where a zone has no ZSK
 * of the algorithm.  A KSK beside them is not kept. */
static bool
sign_keys_sort(sign_keys_t *keys, log_t *log)
{
    char                 zone[SIGN_KEYS_NAME];
    size_t               i, k;
    const dnssec_key_t  *key;

    for (i = 0; i < keys->n; i++) {
        for (k = i + 1; k < keys->n; k++) {
            if (sign_keys_alike(keys->entries[i].key, keys->entries[k].key)) {
                log_line(log, "%s: a key of the same zone, algorithm and tag "
                         "as %s", keys->entries[k].path,
                         keys->entries[i].path);
                return false;
            }
        }
    }

    for (i = 0; i < keys->n; i++) {
        key = keys->entries[i].key;

        if (!sign_keys_is_ksk(key)) {
            continue;
        }

        if (sign_keys_has_zsk(keys, key)) {
            log_line(log, "warning: %s: a key-signing key, which dnsd does "
                     "not need: not used; keep it elsewhere",
                     keys->entries[i].path);
            sign_keys_drop(keys, i--);

        } else {
            log_line(log, "warning: %s: a key-signing key for all of %s: "
                     "whoever takes over dnsd can replace the zone's keys; a "
                     "zone-signing key beside it would be safer",
                     keys->entries[i].path, sign_keys_zone(key, zone));
        }
    }

    for (i = 0; i < keys->n; i++) {
        key = keys->entries[i].key;
        log_line(log, "keys: %s: algorithm %u, tag %u",
                 sign_keys_zone(key, zone), dnssec_key_algorithm(key),
                 dnssec_key_tag(key));
    }

    return true;
}


/* Which of them a signature is of could not be told. */
static bool
sign_keys_alike(const dnssec_key_t *a, const dnssec_key_t *b)
{
    dnssec_span_t  one = dnssec_key_zone(a), two = dnssec_key_zone(b);

    return dnssec_key_tag(a) == dnssec_key_tag(b)
           && dnssec_key_algorithm(a) == dnssec_key_algorithm(b)
           && one.len == two.len
           && memcmp(one.data, two.data, one.len) == 0;
}


static bool
sign_keys_has_zsk(const sign_keys_t *keys, const dnssec_key_t *key)
{
    size_t               i;
    dnssec_span_t        zone, other;
    const dnssec_key_t  *zsk;

    zone = dnssec_key_zone(key);

    for (i = 0; i < keys->n; i++) {
        zsk = keys->entries[i].key;
        other = dnssec_key_zone(zsk);

        if (!sign_keys_is_ksk(zsk)
            && dnssec_key_algorithm(zsk) == dnssec_key_algorithm(key)
            && other.len == zone.len
            && memcmp(other.data, zone.data, zone.len) == 0)
        {
            return true;
        }
    }

    return false;
}


static void
sign_keys_drop(sign_keys_t *keys, size_t i)
{
    dnssec_key_free(keys->entries[i].key);
    free(keys->entries[i].path);

    keys->n--;
    memmove(&keys->entries[i], &keys->entries[i + 1],
            (keys->n - i) * sizeof(keys->entries[0]));
}


static bool
sign_keys_is_ksk(const dnssec_key_t *key)
{
    return dnssec_key_flags(key) & DNSSEC_FLAGS_SEP;
}


/* For people: what a host's name does not have is a question mark. */
static const char *
sign_keys_zone(const dnssec_key_t *key, char text[SIGN_KEYS_NAME])
{
    size_t         at = 0, end, len = 0;
    dnssec_span_t  zone = dnssec_key_zone(key);

    while (at < zone.len && zone.data[at] != 0) {
        end = at + 1 + zone.data[at];

        for (at++; at < end && at < zone.len; at++) {
            text[len++] = zone.data[at] > 0x20 && zone.data[at] < 0x7f
                          ? (char) zone.data[at] : '?';
        }

        text[len++] = '.';
    }

    text[len] = '\0';

    return text;
}
