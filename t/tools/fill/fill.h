
/*
 * What the files of store_fill share; store_fill.c describes the program.
 */

#ifndef FILL_H
#define FILL_H


#include "dnssec_key.h"
#include "store_zone.h"


/* Of one zone: two algorithms, and a roll of each. */
#define FILL_KEYS  4


typedef struct {
    uint8_t   label[STORE_LABEL_MAX];
    size_t    label_len;
    uint8_t   owner[STORE_NAME_MAX];
    size_t    owner_len;
    uint16_t  type;
    uint32_t  ttl;
    int64_t   expires;
    uint8_t  *rdata;
    uint16_t  len;
    int       splice;
    bool      done;
} fill_rr_t;


typedef struct {
    uint8_t       name[STORE_NAME_MAX];      /* wire, lower case */
    size_t        name_len;
    fill_rr_t    *rrs;                       /* of the zone or the device */
    size_t        n;
    uint8_t       label[STORE_LABEL_MAX];    /* of the device; len 0: none */
    size_t        label_len;
    uint8_t       state;
    bool          touched;
    dnssec_key_t *keys[FILL_KEYS];           /* all sign all */
    size_t        nkeys;
    store_span_t *statics;                   /* labels, to be signed */
    size_t        nstatics;
} fill_zone_t;


typedef struct {
    store_txn_t         *txn;
    lease_clock_t        clock;
    fill_zone_t          zone;
    store_span_t         names[STORE_ZONES_MAX];
    size_t               nnames;
    unsigned             line;
} fill_t;


/* Reads the text on standard input, into the transaction that is open. */
void fill_text(fill_t *fill);

/* The lines "zone" and "rr". */
void fill_zone_line(fill_t *fill, const char *name);
void fill_rr_line(fill_t *fill, const char *text);

/* Writes what was gathered: the zone's own RRs, or a device. */
void fill_flush(fill_t *fill);

/* The same, and moves the serial where devices were written. */
void fill_zone_end(fill_t *fill);

/* The line "key", and the DNSKEY records that come of it. */
void fill_key_line(fill_t *fill, const char *base);
void fill_keys_write(fill_t *fill, store_writer_t *writer);

/* Signs a value that was made, into the buffer; does nothing without keys. */
void fill_sign(fill_t *fill, const store_key_t *key, uint8_t *buffer,
    store_span_t *bytes);
void fill_sign_zone(fill_t *fill);

/* Exits where a status is not STORE_OK. */
void fill_check(const fill_t *fill, store_status_t status,
    const char *what);


#endif /* FILL_H */
