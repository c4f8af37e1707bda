
/*
 * RRSIG and NSEC RRsets of a value (docs/store-format.md, "Signatures"): made,
 * taken over from an older value, and looked after.
 *
 * A signature is made where content changes, and taken over where it does not:
 * from the value that stands in the store, or from one that was made before
 * the write lock was taken (device_place_t.prepared).  It is taken only where
 * that value, whose checksum is right under this key, has the very RRset
 * (owner, type, TTL, bytes) beside it, where an active key made it (which its
 * expiration tells, too: tags repeat), and where it is valid for long enough.
 * So a store's value must never hold an RRSIG that does not belong to its
 * RRsets: store_put_apex, which writes another serial, drops the SOA's.
 *
 * Pure but for OpenSSL; any thread.
 */

#ifndef DEVICE_SIGN_H
#define DEVICE_SIGN_H


#include "device_transaction.h"
#include "dnssec_rrsig.h"


/* Keys that sign at one time: one an algorithm, or two while they roll. */
#define DEVICE_SIGN_KEYS_MAX  8

/* Of every signature, s.  An hour back, for resolvers whose clocks stand
 * behind; two weeks at least ahead, and a week more than is needed now, so
 * that what changes seldom is signed anew seldom. */
#define DEVICE_SIGN_BACK      3600
#define DEVICE_SIGN_AHEAD     (14 * 86400)
#define DEVICE_SIGN_SPARE     (7 * 86400)


/* What a zone's values are signed with; the configuration's, read by all
 * threads.  Keys are borrowed. */
struct device_signer_s {
    const dnssec_key_t  *zsks[DEVICE_SIGN_KEYS_MAX];   /* active ZSKs, CSKs;
                                                          the one that has
                                                          to sign first */
    size_t               nzsks;
    const dnssec_key_t  *ksks[DEVICE_SIGN_KEYS_MAX];   /* active and retired
                                                          KSKs, CSKs: they
                                                          sign DNSKEY, CDS,
                                                          CDNSKEY */
    size_t               nksks;
    uint32_t             margin;         /* s: SOA EXPIRE + greatest TTL + a
                                            day: how long after the end of its
                                            lease an RRset may be about */
    uint32_t             negative_ttl;   /* min(SOA TTL, SOA MINIMUM) */
};


typedef struct {
    unsigned  made;                  /* signatures made here and now */
    unsigned  fresh;                 /* those that the stored value has not:
                                        made, or taken from prepared */
    size_t    total;                 /* RRs: RRSIG, and the NSEC */
} device_signed_t;


/*
 * Appends the NSEC and RRSIG RRsets of n RRsets, which are those of one device
 * without any of the two types, to a writer that has been given them.  Needs
 * place->signer; uses key, bytes and prepared (donors, in this order), now.
 * False where a signature cannot be made (OpenSSL, memory; a name too long);
 * the writer then has to be thrown away.  Where the signatures of several ZSKs
 * do not fit, those of the first that do are all.  That even one's do not, the
 * writer tells.
 */
bool device_sign_write(const device_place_t *place,
    const store_rrset_t *rrsets, size_t n, store_writer_t *writer,
    device_signed_t *done);

/*
 * Whether the stored value place->bytes lacks a signature, or has one that is
 * superfluous or runs out too soon; without a signer: whether it has any.
 * Signs nothing.  For devices, statics and the apex.  False for a damaged
 * value: nothing is to be done about it here.
 */
bool device_sign_due(const device_place_t *place);

/*
 * For the apex and static values: value (sealed under place->key, with
 * signatures or without, which do not count) with its signatures, in
 * place->buffer; without a signer, with none.  DEVICE_OK; TOO_MUCH where it
 * does not fit into a value; STORE_UNAVAILABLE where value is damaged;
 * INTERNAL where it cannot be signed.  value must not lie in place->buffer;
 * it may be place->bytes.
 */
device_reason_t device_sign_value(const device_place_t *place,
    store_span_t value, store_span_t *bytes, device_signed_t *done);


#endif /* DEVICE_SIGN_H */
