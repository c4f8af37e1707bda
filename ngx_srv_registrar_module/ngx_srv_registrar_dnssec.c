
/*
 * The line `dnssec` of an srv_registrar_zone block, and what is made of it and
 * of the keys: the zone's signer, and what its apex has beside the zone file.
 */

#include "ngx_srv_registrar_zone.h"


#define NGX_SRV_REGISTRAR_CDS_LEN  36    /* tag, algorithm, digest type, SHA-256
                                            (RFC 7344 3.1) */
#define NGX_SRV_REGISTRAR_SHA256   2     /* RFC 4509 */

#define NGX_SRV_REGISTRAR_DAY      86400

/* Of a signed zone's name, so that behind the longest of labels the name that
 * an NSEC calls the next one is one still (RFC 1035 3.1). */
#define NGX_SRV_REGISTRAR_SIGNED   (STORE_NAME_MAX - (1 + STORE_LABEL_MAX) - 2)

/* An EXPIRE above this, a quarter of a year, would ask for signatures that are
 * good for longer than a key shall be, s. */
#define NGX_SRV_REGISTRAR_EXPIRE   (90 * NGX_SRV_REGISTRAR_DAY)


static char *ngx_srv_registrar_dnssec_check(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static ngx_uint_t ngx_srv_registrar_dnssec_leaves(
    ngx_srv_registrar_block_t *block, ngx_srv_registrar_key_t *key);
static char *ngx_srv_registrar_dnssec_parent(ngx_conf_t *cf,
    ngx_srv_registrar_apex_t *apex, dnssec_key_t *key, uint8_t *cds);
static void ngx_srv_registrar_apex_add(ngx_srv_registrar_apex_t *apex,
    uint16_t type, const uint8_t *data, size_t len);
static void ngx_srv_registrar_dnssec_roles(ngx_srv_registrar_block_t *block,
    device_signer_t *signer, ngx_uint_t stays);
static char *ngx_srv_registrar_dnssec_fits(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_dnssec_fit(ngx_conf_t *cf,
    ngx_srv_registrar_zone_t *zone, store_span_t label, store_span_t value);


char *
ngx_srv_registrar_zone_dnssec(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (block->dnssec != NGX_CONF_UNSET) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"dnssec\" of \"srv_registrar_zone\" is "
                           "duplicate");
        return NGX_CONF_ERROR;
    }

    block->dnssec_at = ngx_srv_registrar_place(cf);

    if (ngx_strcmp(value[1].data, "on") == 0) {
        block->dnssec = 1;

    } else if (ngx_strcmp(value[1].data, "off") == 0) {
        block->dnssec = 0;

    } else {
        return ngx_srv_registrar_zone_invalid(cf, 1, "\"on\" or \"off\"");
    }

    return NGX_CONF_OK;
}


char *
ngx_srv_registrar_dnssec_apex(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block, ngx_srv_registrar_apex_t *apex)
{
    uint8_t                  *state;
    uint16_t                  tag;
    ngx_uint_t                i;
    dnssec_span_t             rdata;
    ngx_srv_registrar_key_t  *key;

    ngx_memzero(apex, sizeof(ngx_srv_registrar_apex_t));

    if (ngx_srv_registrar_dnssec_check(cf, block) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    apex->extras.extra = apex->extra;
    apex->extras.state.data = apex->state;

    for (i = 0; i < block->nkeys; i++) {

        key = &block->keys[i];
        rdata = dnssec_key_rdata(key->key);

        ngx_srv_registrar_apex_add(apex, DNSSEC_TYPE_DNSKEY, rdata.data,
                                   rdata.len);

        /* the parent shall have a DS of the key from the moment that it signs
         * until it retires */

        if (ngx_srv_registrar_key_is_ksk(key)
            && key->state == NGX_SRV_REGISTRAR_KEY_ACTIVE
            && ngx_srv_registrar_dnssec_parent(cf, apex, key->key,
                                               apex->cds[i])
               != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        tag = dnssec_key_tag(key->key);

        state = apex->state + apex->extras.state.len;
        *state++ = dnssec_key_algorithm(key->key);
        *state++ = (uint8_t) (tag >> 8);
        *state++ = (uint8_t) tag;
        *state++ = (uint8_t) key->state;

        apex->extras.state.len = state - apex->state;
    }

    return NGX_CONF_OK;
}


/*
 * A zone must be signed by each algorithm of its keys (RFC 4035 2.2), and its
 * keys by one that the parent can point at.  So an algorithm comes and goes
 * with a whole set of keys.
 */
static char *
ngx_srv_registrar_dnssec_check(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block)
{
    ngx_uint_t                i;
    ngx_srv_registrar_key_t  *key;

    if (block->nkeys == 0 && block->dnssec == 1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"srv_registrar_zone\" \"%s\" has \"dnssec on\" and "
                      "no \"key\" in %s:%ui", block->zone->policy.text,
                      block->dnssec_at.file, block->dnssec_at.line);
        return NGX_CONF_ERROR;
    }

    if (block->nkeys && block->dnssec != 1) {
        key = &block->keys[0];
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"key\" \"%V\" without \"dnssec on\" in %s:%ui",
                      &key->path, key->at.file, key->at.line);
        return NGX_CONF_ERROR;
    }

    if (block->nkeys
        && block->zone->policy.name_len > NGX_SRV_REGISTRAR_SIGNED)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"srv_registrar_zone\" \"%s\" has \"dnssec on\": its "
                      "name may then have %d bytes, so that devices find room "
                      "below it, in %s:%ui", block->zone->policy.text,
                      NGX_SRV_REGISTRAR_SIGNED - 2,
                      block->dnssec_at.file, block->dnssec_at.line);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < block->nkeys; i++) {

        key = &block->keys[i];

        if (ngx_srv_registrar_key_find(block, key, 1, 1) == NULL
            && !ngx_srv_registrar_dnssec_leaves(block, key))
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"key\" \"%V\": the zone \"%s\" has no active KSK "
                          "(flags 257) of its algorithm %d in %s:%ui",
                          &key->path, block->zone->policy.text,
                          (int) dnssec_key_algorithm(key->key),
                          key->at.file, key->at.line);
            return NGX_CONF_ERROR;
        }

        if (!ngx_srv_registrar_key_is_ksk(key)
            && key->state == NGX_SRV_REGISTRAR_KEY_RETIRED
            && ngx_srv_registrar_key_find(block, key, 0, 1) == NULL)
        {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "\"key\" \"%V\" is retired and no other ZSK of its "
                          "algorithm is active: the KSK signs all, and dnsd "
                          "needs it, in %s:%ui",
                          &key->path, key->at.file, key->at.line);
        }
    }

    return NGX_CONF_OK;
}


/* The last step of another algorithm's coming: the parent shall have no DS of
 * this one any more, while resolvers still have, and its keys go on signing. */
static ngx_uint_t
ngx_srv_registrar_dnssec_leaves(ngx_srv_registrar_block_t *block,
    ngx_srv_registrar_key_t *key)
{
    ngx_uint_t  i;

    if (ngx_srv_registrar_key_find(block, key, 0, 1) == NULL) {
        return 0;
    }

    for (i = 0; i < block->nkeys; i++) {
        if (ngx_srv_registrar_key_is_ksk(&block->keys[i])
            && block->keys[i].state == NGX_SRV_REGISTRAR_KEY_ACTIVE)
        {
            break;
        }
    }

    if (i == block->nkeys) {
        return 0;
    }

    for (i = 0; i < block->nkeys; i++) {
        if (ngx_srv_registrar_key_is_ksk(&block->keys[i])
            && block->keys[i].state == NGX_SRV_REGISTRAR_KEY_RETIRED
            && dnssec_key_algorithm(block->keys[i].key)
               == dnssec_key_algorithm(key->key))
        {
            return 1;
        }
    }

    return 0;
}


/* CDS and CDNSKEY, of which a parent takes the one that it likes (RFC 7344
 * 4). */
static char *
ngx_srv_registrar_dnssec_parent(ngx_conf_t *cf,
    ngx_srv_registrar_apex_t *apex, dnssec_key_t *key, uint8_t *cds)
{
    uint16_t       tag;
    dnssec_span_t  rdata;

    tag = dnssec_key_tag(key);
    rdata = dnssec_key_rdata(key);

    cds[0] = (uint8_t) (tag >> 8);
    cds[1] = (uint8_t) tag;
    cds[2] = dnssec_key_algorithm(key);
    cds[3] = NGX_SRV_REGISTRAR_SHA256;

    if (!dnssec_ds_digest(dnssec_key_zone(key), rdata, cds + 4)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "SHA-256 is not available");
        return NGX_CONF_ERROR;
    }

    ngx_srv_registrar_apex_add(apex, DNSSEC_TYPE_CDS, cds,
                               NGX_SRV_REGISTRAR_CDS_LEN);
    ngx_srv_registrar_apex_add(apex, DNSSEC_TYPE_CDNSKEY, rdata.data,
                               rdata.len);

    return NGX_CONF_OK;
}


static void
ngx_srv_registrar_apex_add(ngx_srv_registrar_apex_t *apex, uint16_t type,
    const uint8_t *data, size_t len)
{
    device_zone_extra_t  *extra;

    extra = &apex->extra[apex->extras.n++];

    extra->type = type;
    extra->rdata.data = data;
    extra->rdata.len = len;
}


char *
ngx_srv_registrar_dnssec_signer(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block)
{
    uint32_t              ttl;
    device_zone_t        *policy;
    device_signer_t      *signer;
    device_zone_times_t   times;

    policy = &block->zone->policy;

    signer = ngx_pcalloc(cf->pool, sizeof(device_signer_t));
    if (signer == NULL) {
        return NGX_CONF_ERROR;
    }

    device_zonefile_times(block->zone->file, &times);

    /* a secondary may answer for so long without us, and a resolver keep what
     * it got at the last moment for so long */

    ttl = ngx_max(times.ttl_max, ngx_max(policy->ttl, DEVICE_TTL_MAX));

    signer->margin = ngx_min(times.expire, NGX_SRV_REGISTRAR_EXPIRE)
                     + ttl + NGX_SRV_REGISTRAR_DAY;
    signer->negative_ttl = times.negative;

    /* what finds no room for all signs by the first: an algorithm on its way
     * out comes last */

    ngx_srv_registrar_dnssec_roles(block, signer, 1);
    ngx_srv_registrar_dnssec_roles(block, signer, 0);

    block->zone->signer = signer;

    return ngx_srv_registrar_dnssec_fits(cf, block);
}


/* Of algorithms that the parent shall have a DS of, or of the others. */
static void
ngx_srv_registrar_dnssec_roles(ngx_srv_registrar_block_t *block,
    device_signer_t *signer, ngx_uint_t stays)
{
    ngx_uint_t                i, ksk;
    ngx_srv_registrar_key_t  *key;

    for (i = 0; i < block->nkeys; i++) {

        key = &block->keys[i];
        ksk = ngx_srv_registrar_key_is_ksk(key);

        if (key->state == NGX_SRV_REGISTRAR_KEY_PUBLISHED
            || (ngx_srv_registrar_key_find(block, key, 1, 1) != NULL) != stays)
        {
            continue;
        }

        /* a retired one goes on: its DS may be all that a resolver has */

        if (ksk) {
            signer->ksks[signer->nksks++] = key->key;
        }

        if (key->state == NGX_SRV_REGISTRAR_KEY_ACTIVE
            && (!ksk || ngx_srv_registrar_key_find(block, key, 0, 1) == NULL))
        {
            signer->zsks[signer->nzsks++] = key->key;
        }
    }
}


/* Signatures take more room than most of what they sign.  That keys sign at all
 * shows here, too. */
static char *
ngx_srv_registrar_dnssec_fits(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block)
{
    size_t                       i;
    char                        *rv;
    store_span_t                 apex;
    const store_zone_content_t  *content;

    content = device_zonefile_content(block->zone->file);

    apex.data = NULL;
    apex.len = 0;

    rv = ngx_srv_registrar_dnssec_fit(cf, block->zone, apex, content->apex);

    for (i = 0; i < content->nstatics && rv == NGX_CONF_OK; i++) {
        rv = ngx_srv_registrar_dnssec_fit(cf, block->zone,
                                          content->statics[i].label,
                                          content->statics[i].bytes);
    }

    return rv;
}


static char *
ngx_srv_registrar_dnssec_fit(ngx_conf_t *cf, ngx_srv_registrar_zone_t *zone,
    store_span_t label, store_span_t value)
{
    uint8_t          buffer[STORE_VALUE_MAX];
    store_key_t      key;
    store_span_t     name, bytes;
    device_place_t   place;
    device_signed_t  done;
    device_reason_t  reason;

    name.data = zone->policy.name;
    name.len = zone->policy.name_len;

    ngx_memzero(&place, sizeof(device_place_t));

    place.key = &key;
    place.now = ngx_time();
    place.buffer = buffer;
    place.signer = zone->signer;

    reason = store_key_make(&key, name, label)
             ? device_sign_value(&place, value, &bytes, &done)
             : DEVICE_INTERNAL;

    if (reason == DEVICE_OK) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"srv_registrar_zone\" \"%s\": what stands at and "
                       "below \"%*s\" %s",
                       zone->policy.text, label.len ? label.len : 1,
                       label.len ? label.data : (const uint8_t *) "@",
                       reason == DEVICE_TOO_MUCH
                       ? "is too much with its signatures"
                       : "cannot be signed");
    return NGX_CONF_ERROR;
}
