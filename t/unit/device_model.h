
/*
 * The rules of device_transaction.h said once more, over plain fields: no
 * encoding, no drafts, no order of RRsets.  For device_model.c, which walks
 * both at random.
 */

#ifndef DEVICE_MODEL_H
#define DEVICE_MODEL_H


#include "device_transaction.h"


#define SLOTS       6
#define BELOW       3        /* addresses below the name, which nobody here
                                comes from */
#define MAX_RRSETS  4
#define MAX_RRS     3
#define BURST       3
#define INTERVAL    2000


typedef struct {
    uint8_t   n;                     /* RRs; 0: not there */
    char      content;
    uint32_t  ttl;
    int64_t   expires;
    uint8_t   door;
    bool      own;
} model_rrset_t;

typedef struct {
    bool           there;
    bool           suspended;
    char           active, pending;  /* generations; 0: none */
    int64_t        last, pending_expires;
    int64_t        enrolled, seen, limit, lease, lease_end;
    unsigned       rekeyed;
    model_rrset_t  rrsets[SLOTS];
} model_t;


static inline device_reason_t
model_replay(int64_t last, int64_t created, int64_t now)
{
    return created > last ? DEVICE_OK
           : last > now + 60 ? DEVICE_RE_ENROLL : DEVICE_STALE_SIGNATURE;
}


static inline device_reason_t
model_new_key(model_t *model, char generation, int64_t now)
{
    int64_t  due;

    due = model->limit > now ? model->limit : now;

    if (due - now > INTERVAL * (BURST - 1)) {
        return DEVICE_TOO_MANY_ENROLLMENTS;
    }

    model->limit = due + INTERVAL;
    model->pending = generation;
    model->pending_expires = now + 3600;
    model->seen = now;
    model->enrolled = model->there ? model->enrolled : now;
    model->rekeyed += model->there;
    model->there = true;

    return DEVICE_OK;
}


static inline device_reason_t
model_enroll(model_t *model, char generation, device_reenroll_t policy,
    const device_claim_t *claim, int64_t now)
{
    device_reason_t  reason;

    if (model->there && model->suspended) {
        return DEVICE_SUSPENDED;
    }

    if (model->active && policy == DEVICE_REENROLL_EXPIRED
        && model->lease_end > now)
    {
        return DEVICE_ENROLLED_ALREADY;
    }

    if (model->active && policy == DEVICE_REENROLL_PROOF) {

        if ((char) claim->generation[0] != model->active) {
            return DEVICE_PROOF_REQUIRED;
        }

        reason = model_replay(model->last, claim->created, now);
        if (reason != DEVICE_OK) {
            return reason;
        }

        model->last = claim->created;
    }

    return model_new_key(model, generation, now);
}


static inline device_reason_t
model_claim(model_t *model, const device_claim_t *claim, bool rotate,
    int64_t now)
{
    char             generation;
    bool             pending;
    device_reason_t  reason;

    generation = (char) claim->generation[0];
    pending = model->pending == generation && model->pending_expires > now;

    if (model->active != generation && !pending) {
        return DEVICE_UNKNOWN_KEY;
    }

    if (model->suspended) {
        return DEVICE_SUSPENDED;
    }

    if (rotate && pending) {
        return DEVICE_UNKNOWN_KEY;
    }

    reason = model_replay(pending ? 0 : model->last, claim->created, now);
    if (reason != DEVICE_OK) {
        return reason;
    }

    if (pending) {
        model->active = generation;
        model->pending = 0;
    }

    model->last = claim->created;
    model->seen = now;

    return DEVICE_OK;
}


static inline device_reason_t
model_apply(model_t *model, device_method_t method,
    uint32_t lease,
    const model_rrset_t *wishes, const bool *named, int64_t now)
{
    int             i;
    unsigned        n;
    model_rrset_t  *rrset;

    if (method == DEVICE_WITHDRAW) {
        memset(model->rrsets, 0, sizeof(model->rrsets));
        model->lease_end = 0;
        return DEVICE_OK;
    }

    model->lease = lease ? lease : model->lease ? model->lease : 7200;
    model->lease_end = now + model->lease;

    for (i = 0, n = 0; i < SLOTS; i++) {
        rrset = &model->rrsets[i];

        if (rrset->expires <= now) {
            rrset->n = 0;
        }

        if (named[i]) {
            *rrset = wishes[i];
            rrset->expires = wishes[i].own ? wishes[i].expires
                                           : model->lease_end;

        } else if (rrset->door == STORE_DOOR_RECORDS && !rrset->own
                   && i != BELOW)
        {
            rrset->expires = model->lease_end;
        }

        if (!named[i] && rrset->door == STORE_DOOR_RECORDS
            && method == DEVICE_REPLACE)
        {
            rrset->n = 0;
        }

        n += rrset->n > 0;

        if (rrset->n > MAX_RRS) {
            return DEVICE_TOO_MUCH;
        }
    }

    return n > MAX_RRSETS ? DEVICE_TOO_MUCH : DEVICE_OK;
}


/* What expired and stands there still is no change; that it goes, or is
 * written again, is one. */
static inline bool
model_changed(const model_t *old, const model_t *new, int64_t now)
{
    int                   i;
    const model_rrset_t  *a, *b;

    for (i = 0; i < SLOTS; i++) {
        a = &old->rrsets[i];
        b = &new->rrsets[i];

        if (a->n != b->n
            || (a->n > 0 && (a->content != b->content || a->ttl != b->ttl
                             || (a->expires <= now && b->expires > now))))
        {
            return true;
        }
    }

    return false;
}


static inline bool
model_sweep(model_t *model, int64_t now, int64_t reserve)
{
    int   i;
    bool  live;

    live = model->lease_end > now;

    if (model->pending && model->pending_expires <= now) {
        model->pending = 0;
    }

    for (i = 0; i < SLOTS; i++) {
        if (model->rrsets[i].expires <= now) {
            model->rrsets[i].n = 0;
        }
        live = live || model->rrsets[i].n > 0;
    }

    return model->there && !model->suspended && !live && !model->pending
           && model->seen + reserve <= now;
}


#endif /* DEVICE_MODEL_H */
