
/*
 * Between the files that read an srv_registrar_zone block.
 */

#ifndef NGX_SRV_REGISTRAR_ZONE_H
#define NGX_SRV_REGISTRAR_ZONE_H


#include "ngx_srv_registrar_module.h"


/* Keys of a zone: two pairs, each in the middle of a roll, and as many of
 * another algorithm. */
#define NGX_SRV_REGISTRAR_KEYS  DEVICE_SIGN_KEYS_MAX


typedef enum {
    NGX_SRV_REGISTRAR_KEY_PUBLISHED = 0,
    NGX_SRV_REGISTRAR_KEY_ACTIVE,
    NGX_SRV_REGISTRAR_KEY_RETIRED
} ngx_srv_registrar_key_state_t;

typedef struct {
    dnssec_key_t                   *key;     /* of the cycle's pool */
    ngx_srv_registrar_key_state_t   state;
    ngx_str_t                       path;    /* as it was given */
    ngx_srv_registrar_place_t       at;      /* of the line */
} ngx_srv_registrar_key_t;

typedef struct {
    ngx_srv_registrar_zone_t  *zone;
    ngx_str_t                  file;
    ngx_flag_t                 dnssec;       /* NGX_CONF_UNSET: not said */
    ngx_srv_registrar_place_t  dnssec_at;
    ngx_srv_registrar_key_t    keys[NGX_SRV_REGISTRAR_KEYS];
    ngx_uint_t                 nkeys;
} ngx_srv_registrar_block_t;


/* What the keys add to the apex of a signed zone: a DNSKEY each, and a CDS and
 * a CDNSKEY of some. */
typedef struct {
    device_zone_extras_t   extras;
    device_zone_extra_t    extra[3 * NGX_SRV_REGISTRAR_KEYS];
    uint8_t                cds[NGX_SRV_REGISTRAR_KEYS][36];
    uint8_t                state[4 * NGX_SRV_REGISTRAR_KEYS];
} ngx_srv_registrar_apex_t;


/* cf->handler of the block: one line. */
char *ngx_srv_registrar_zone_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);

/* dnssec: lines of the block. */
char *ngx_srv_registrar_zone_dnssec(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
char *ngx_srv_registrar_zone_key(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);

/* dnssec_key: whether the key has the SEP flag. */
ngx_uint_t ngx_srv_registrar_key_is_ksk(ngx_srv_registrar_key_t *key);

/* dnssec_key: a key of the algorithm of `like`, in this role; an active one, or
 * any; NULL where there is none. */
ngx_srv_registrar_key_t *ngx_srv_registrar_key_find(
    ngx_srv_registrar_block_t *block, ngx_srv_registrar_key_t *like,
    ngx_uint_t ksk, ngx_uint_t active);

/* dnssec: holds the keys against each other when all lines are known, and
 * fills apex, which the zone file is read with.  extras.n stays 0 for a zone
 * that is not signed. */
char *ngx_srv_registrar_dnssec_apex(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block, ngx_srv_registrar_apex_t *apex);

/* dnssec: zone->signer of a signed zone, whose file was read. */
char *ngx_srv_registrar_dnssec_signer(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);

/* Tells that argument i of the directive is not what it must be. */
char *ngx_srv_registrar_zone_invalid(ngx_conf_t *cf, ngx_uint_t i,
    const char *must);


#endif /* NGX_SRV_REGISTRAR_ZONE_H */
