
/*
 * The line `key` of an srv_registrar_zone block.
 *
 * Keys are read here alone, by the master and by `nginx -t`, so that their
 * files may be root's; the workers inherit them.  Roles come from the DNSKEY's
 * flags: one with SEP is a KSK, which signs the keys.  Without an active ZSK
 * of its algorithm it is a CSK, and signs all.
 */

#include "ngx_srv_registrar_zone.h"


static char *ngx_srv_registrar_key_state(ngx_conf_t *cf,
    ngx_srv_registrar_key_t *key);
static char *ngx_srv_registrar_key_read(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block, ngx_srv_registrar_key_t *key);
static void ngx_srv_registrar_key_cleanup(void *data);


char *
ngx_srv_registrar_zone_key(ngx_conf_t *cf, ngx_srv_registrar_block_t *block)
{
    ngx_str_t                *value;
    ngx_srv_registrar_key_t  *key;

    value = cf->args->elts;

    if (block->nkeys == NGX_SRV_REGISTRAR_KEYS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"key\" \"%V\" is one above the %d keys that a "
                           "zone can have", &value[1], NGX_SRV_REGISTRAR_KEYS);
        return NGX_CONF_ERROR;
    }

    key = &block->keys[block->nkeys];

    key->path = value[1];
    key->at = ngx_srv_registrar_place(cf);

    if (ngx_srv_registrar_key_state(cf, key) != NGX_CONF_OK
        || ngx_srv_registrar_key_read(cf, block, key) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    block->nkeys++;

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_key_state(ngx_conf_t *cf, ngx_srv_registrar_key_t *key)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts == 2 || ngx_strcmp(value[2].data, "active") == 0) {
        key->state = NGX_SRV_REGISTRAR_KEY_ACTIVE;

    } else if (ngx_strcmp(value[2].data, "published") == 0) {
        key->state = NGX_SRV_REGISTRAR_KEY_PUBLISHED;

    } else if (ngx_strcmp(value[2].data, "retired") == 0) {
        key->state = NGX_SRV_REGISTRAR_KEY_RETIRED;

    } else {
        return ngx_srv_registrar_zone_invalid(cf, 2,
                                  "\"published\", \"active\" or \"retired\"");
    }

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_key_read(ngx_conf_t *cf, ngx_srv_registrar_block_t *block,
    ngx_srv_registrar_key_t *key)
{
    char                 error[DNSSEC_ERROR_MAX];
    ngx_str_t            path;
    ngx_uint_t           i;
    dnssec_span_t        zone;
    device_zone_t       *policy;
    ngx_pool_cleanup_t  *cln;

    policy = &block->zone->policy;
    path = key->path;

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    key->key = dnssec_key_read((char *) path.data, error);

    if (key->key == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"key\" \"%V\": %s",
                           &key->path, error);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_srv_registrar_key_cleanup;
    cln->data = key->key;

    zone = dnssec_key_zone(key->key);

    if (zone.len != policy->name_len
        || ngx_memcmp(zone.data, policy->name, zone.len) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"key\" \"%V\" is a key of another zone than "
                           "\"%s\"", &key->path, policy->text);
        return NGX_CONF_ERROR;
    }

    /* a signature names its key by these two (RFC 4034 3.1) */

    for (i = 0; i < block->nkeys; i++) {
        if (dnssec_key_tag(block->keys[i].key) == dnssec_key_tag(key->key)
            && dnssec_key_algorithm(block->keys[i].key)
               == dnssec_key_algorithm(key->key))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"key\" \"%V\" has the tag %d of \"key\" "
                               "\"%V\", and its algorithm", &key->path,
                               (int) dnssec_key_tag(key->key),
                               &block->keys[i].path);
            return NGX_CONF_ERROR;
        }
    }

    if (dnssec_key_exposed(key->key)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"key\" \"%V\": any user of this machine may read "
                           "the private key", &key->path);
    }

    return NGX_CONF_OK;
}


static void
ngx_srv_registrar_key_cleanup(void *data)
{
    dnssec_key_free(data);
}


ngx_uint_t
ngx_srv_registrar_key_is_ksk(ngx_srv_registrar_key_t *key)
{
    return dnssec_key_flags(key->key) & DNSSEC_FLAGS_SEP ? 1 : 0;
}


ngx_srv_registrar_key_t *
ngx_srv_registrar_key_find(ngx_srv_registrar_block_t *block,
    ngx_srv_registrar_key_t *like, ngx_uint_t ksk, ngx_uint_t active)
{
    ngx_uint_t                i;
    ngx_srv_registrar_key_t  *key;

    for (i = 0; i < block->nkeys; i++) {
        key = &block->keys[i];

        if (dnssec_key_algorithm(key->key) == dnssec_key_algorithm(like->key)
            && ngx_srv_registrar_key_is_ksk(key) == ksk
            && (!active || key->state == NGX_SRV_REGISTRAR_KEY_ACTIVE))
        {
            return key;
        }
    }

    return NULL;
}
