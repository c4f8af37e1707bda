
/*
 * What was signed by now counts no more.
 *
 * A registrar takes a signature once, because the key in the store knows the
 * last one.  A copy from before knows an older one only: whoever has the bytes
 * of a request that was accepted since could have it accepted again.  So what
 * comes back, by restore or load, is told that its keys have signed all that
 * can have been accepted by now.  A device learns of it as of any other
 * signature that was too old: it is told which one was the last.
 *
 * Enters a store that nobody else has open.  Always: each key that can be
 * used some day, so also a pending one, and those of a device that is
 * suspended; nothing but `created` changes, and no commit moves the mark, so
 * that leases go on as they would have.
 */

#include "srvctl.h"

#include "device_draft.h"
#include "device_signature.h"

#include <err.h>


/* Values to a commit.  The pages that one replaces are free for the next but
 * one: with ten times as many a copy grows by what it is, with a tenth of it a
 * million devices wait a thousand times for the disk. */
#define SPEND_BATCH  4096


typedef struct {
    int64_t         created;
    store_key_t     key;
    store_span_t    bytes;           /* to be put; len 0: as it was */
    bool            damaged;
    uint8_t         buffer[STORE_VALUE_MAX];
} spend_t;


static store_status_t spend_batch(srvctl_t *ctl, spend_t *spend,
    store_key_t *from);
static bool spend_value(void *data, store_span_t key, store_span_t bytes);
static void spend_write(spend_t *spend, store_span_t key,
    const store_value_t *value, const store_device_t *device);


int64_t
srvctl_spent(const lease_clock_t *clock)
{
    int64_t  now, wall;

    now = lease_clock_now(clock);

    /* both are good for a signature while a step is held back, and the window
     * is open for devices whose clock is ahead */

    if (lease_clock_held(clock, &wall) && wall > now) {
        now = wall;
    }

    return device_time_add(now, DEVICE_CREATED_FUTURE);
}


bool
srvctl_spend_device(store_device_t *device, int64_t created)
{
    bool  changed = false;

    if (device->has_active && device->active.last_created < created) {
        device->active.last_created = created;
        changed = true;
    }

    if (device->has_pending && device->pending.last_created < created) {
        device->pending.last_created = created;
        changed = true;
    }

    return changed;
}


bool
srvctl_spend(srvctl_t *ctl)
{
    int64_t         wall;
    spend_t         spend;
    store_key_t     from = { .len = 0 };
    store_status_t  status;

    srvctl_time(ctl, ctl->txn);
    store_read_reset(ctl->txn);

    if (lease_clock_held(&ctl->clock, &wall)
        && wall < lease_clock_now(&ctl->clock))
    {
        warnx("the clock is wrong: it stands %lld s before the time of this "
              "copy; what was signed after that may be accepted again",
              (long long) (lease_clock_now(&ctl->clock) - wall));
    }

    spend.created = srvctl_spent(&ctl->clock);

    do {
        status = spend_batch(ctl, &spend, &from);
    } while (status == STORE_OK && from.len != 0);

    if (status != STORE_OK) {
        warnx("%s: %s", ctl->path, store_status_text(status));
    }

    return status == STORE_OK;
}


/* One value at a time: a walk may not write. */
static store_status_t
spend_batch(srvctl_t *ctl, spend_t *spend, store_key_t *from)
{
    size_t           n;
    store_txn_t     *txn;
    store_status_t   status;

    status = store_write_begin(ctl->store, &txn);

    if (status != STORE_OK) {
        return status;
    }

    for (n = 0; n < SPEND_BATCH; n++) {
        spend->bytes.len = 0;
        spend->damaged = false;

        status = store_walk(txn, from, 1, spend_value, spend);

        if (spend->damaged) {
            store_abort(txn);
            return STORE_DAMAGED;
        }

        if (spend->bytes.len != 0) {
            status = store_put(txn, &spend->key, spend->bytes);
        }

        if (status != STORE_OK) {
            store_abort(txn);
            return status;
        }

        if (from->len == 0) {
            break;
        }
    }

    return store_commit(txn, NULL);
}


static bool
spend_value(void *data, store_span_t key, store_span_t bytes)
{
    spend_t         *spend = data;
    store_value_t    value;
    store_device_t   device;

    if (!store_value_open(&value, key, bytes)) {
        spend->damaged = true;
        return false;
    }

    if (value.kind == STORE_KIND_DEVICE) {
        store_value_device(&value, &device);

        if (srvctl_spend_device(&device, spend->created)) {
            spend_write(spend, key, &value, &device);
        }
    }

    return true;
}


/* Signatures of DNSSEC are RRsets like others: what they cover is as it was. */
static void
spend_write(spend_t *spend, store_span_t key, const store_value_t *value,
    const store_device_t *device)
{
    store_span_t        zone, label;
    store_rrset_t       rrset;
    store_writer_t      writer;
    store_rrset_iter_t  iter;

    store_writer_device(&writer, spend->buffer, sizeof(spend->buffer), device);
    store_rrset_begin(&iter, value);

    while (store_rrset_next(&iter, &rrset)) {
        store_writer_rrset(&writer, &rrset);
    }

    spend->damaged = !store_key_parse(key, &zone, &label)
                     || !store_key_make(&spend->key, zone, label)
                     || !store_writer_finish(&writer, key, &spend->bytes);
}
