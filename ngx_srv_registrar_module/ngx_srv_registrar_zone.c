
/*
 * The srv_registrar_zone block.  It parses its own lines through cf->handler,
 * as geo does; what leaves is a device_zone_t, which no later code questions,
 * and the contents of the zone file.
 */

#include "ngx_srv_registrar_zone.h"


static char *ngx_srv_registrar_zone_begin(ngx_conf_t *cf, ngx_str_t *name,
    ngx_srv_registrar_zone_t *zone, ngx_srv_registrar_main_conf_t *rmcf);
static void ngx_srv_registrar_zone_defaults(device_zone_t *policy);
static ngx_uint_t ngx_srv_registrar_zone_within(device_zone_t *inner,
    device_zone_t *outer);
static char *ngx_srv_registrar_zone_end(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static void ngx_srv_registrar_zone_cleanup(void *data);


char *
ngx_srv_registrar_zone_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_main_conf_t *rmcf = conf;

    char                       *rv;
    ngx_str_t                  *value;
    ngx_conf_t                  save;
    ngx_srv_registrar_zone_t  **slot;
    ngx_srv_registrar_block_t   block;
    ngx_srv_registrar_place_t   at;

    value = cf->args->elts;
    at = ngx_srv_registrar_place(cf);

    ngx_memzero(&block, sizeof(ngx_srv_registrar_block_t));

    block.dnssec = NGX_CONF_UNSET;
    block.zone = ngx_pcalloc(cf->pool, sizeof(ngx_srv_registrar_zone_t));
    if (block.zone == NULL) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_srv_registrar_zone_begin(cf, &value[1], block.zone, rmcf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    /* cf->handler gets each line of the block, as in geo and map; all of cf is
     * put back behind it, whatever came of it */

    save = *cf;
    cf->ctx = &block;
    cf->handler = ngx_srv_registrar_zone_line;
    cf->handler_conf = (char *) &block;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_srv_registrar_zone_end(cf, &block);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    slot = ngx_array_push(&rmcf->zones);
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = block.zone;

    if (rmcf->zones.nelts == 1) {
        rmcf->zones_at = at;
    }

    if (block.zone->signer && !rmcf->signing) {
        rmcf->signing = 1;
        rmcf->signing_at = block.dnssec_at;
    }

    return NGX_CONF_OK;
}


char *
ngx_srv_registrar_check_zones(ngx_conf_t *cf,
    ngx_srv_registrar_main_conf_t *rmcf)
{
    if (rmcf->path.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"srv_registrar_zone\" needs "
                      "\"srv_registrar_store\" in the http block, in %s:%ui",
                      rmcf->zones_at.file, rmcf->zones_at.line);
        return NGX_CONF_ERROR;
    }

    if (rmcf->signing && rmcf->sweep == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"dnssec on\" needs \"srv_registrar_sweep\", "
                      "which is off: signatures run out, in %s:%ui",
                      rmcf->signing_at.file, rmcf->signing_at.line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* The name, which must not overlap with another zone's (a query belongs to one
 * zone, whichever is looked at first), and the defaults. */
static char *
ngx_srv_registrar_zone_begin(ngx_conf_t *cf, ngx_str_t *name,
    ngx_srv_registrar_zone_t *zone, ngx_srv_registrar_main_conf_t *rmcf)
{
    size_t                      len;
    ngx_uint_t                  i;
    store_span_t                text, wire;
    device_zone_t              *policy;
    ngx_srv_registrar_zone_t  **zones;

    policy = &zone->policy;

    text.data = name->data;
    text.len = name->len;

    if (!device_name_parse(text, policy->name, &len) || len < 2) {
        return ngx_srv_registrar_zone_invalid(cf, 1, "a domain name");
    }

    policy->name_len = (uint8_t) len;

    wire.data = policy->name;
    wire.len = len;

    if (!device_name_write(policy->text, wire)) {
        return ngx_srv_registrar_zone_invalid(cf, 1, "a domain name");
    }

    zones = rmcf->zones.elts;

    for (i = 0; i < rmcf->zones.nelts; i++) {
        if (ngx_srv_registrar_zone_within(policy, &zones[i]->policy)
            || ngx_srv_registrar_zone_within(&zones[i]->policy, policy))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"srv_registrar_zone\" \"%V\" is, or lies "
                               "above or below, the zone \"%s\"",
                               name, zones[i]->policy.text);
            return NGX_CONF_ERROR;
        }
    }

    if (rmcf->zones.nelts == STORE_ZONES_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"srv_registrar_zone\" \"%V\" is one above the "
                           "%d zones that a store can hold",
                           name, STORE_ZONES_MAX);
        return NGX_CONF_ERROR;
    }

    ngx_srv_registrar_zone_defaults(policy);

    return NGX_CONF_OK;
}


/* What a line of the block may change. */
static void
ngx_srv_registrar_zone_defaults(device_zone_t *policy)
{
    /* a home's address may change any night: a minute of wrong answers is what
     * resolvers are allowed */

    policy->ttl = 60;

    /* two hours by default: half doubles the load of a fleet that only
     * refreshes, double keeps the dead published for four */

    policy->lease_min = 30;
    policy->lease_default = 7200;
    policy->lease_max = 86400;

    /* a device in a drawer keeps its name for a year */

    policy->reserve = 365 * 86400;

    /* clients never take a challenge away, and a CA has looked within the
     * hour; routers speak once in four weeks where nothing changes */

    policy->challenge_lease = 3600;
    policy->dyndns2_lease = 35 * 86400;
    policy->stated_address = true;

    /* several times what XMPP, SIP and Matrix need together; a device that was
     * taken over cannot fill the store */

    policy->max_rrsets = 32;
    policy->max_rrs = 8;
    policy->max_bytes = 4096;
}


/* By labels: "ample.net" is not above "example.net". */
static ngx_uint_t
ngx_srv_registrar_zone_within(device_zone_t *inner, device_zone_t *outer)
{
    size_t  at;

    for (at = 0; inner->name_len - at >= outer->name_len;
         at += 1 + inner->name[at])
    {
        if (inner->name_len - at == outer->name_len
            && ngx_memcmp(inner->name + at, outer->name, outer->name_len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* What can only be said when all lines are known. */
static char *
ngx_srv_registrar_zone_end(ngx_conf_t *cf, ngx_srv_registrar_block_t *block)
{
    char                       warning[DEVICE_WARNING_MAX];
    store_span_t               name;
    device_zone_t             *policy;
    device_error_t             error;
    ngx_pool_cleanup_t        *cln;
    ngx_srv_registrar_apex_t   apex;

    policy = &block->zone->policy;

    if (policy->ntypes == 0) {
        policy->ntypes = device_types_default(policy->types);
    }

    if (block->file.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"srv_registrar_zone\" \"%s\" has no \"file\"",
                           policy->text);
        return NGX_CONF_ERROR;
    }

    if (ngx_srv_registrar_dnssec_apex(cf, block, &apex) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    name.data = policy->name;
    name.len = policy->name_len;

    ngx_memzero(&error, sizeof(device_error_t));
    warning[0] = '\0';

    block->zone->file = device_zonefile_read((char *) block->file.data, name,
                                             apex.extras.n ? &apex.extras
                                                           : NULL,
                                             &error, warning);

    if (block->zone->file == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"srv_registrar_zone\" \"%s\": file \"%V\": %s",
                           policy->text, &block->file, error.detail);
        return NGX_CONF_ERROR;
    }

    /* not before: a cleanup without a handler does nothing */

    cln->handler = ngx_srv_registrar_zone_cleanup;
    cln->data = block->zone;

    if (warning[0] != '\0') {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"srv_registrar_zone\" \"%s\": file \"%V\": %s",
                           policy->text, &block->file, warning);
    }

    return apex.extras.n ? ngx_srv_registrar_dnssec_signer(cf, block)
                         : NGX_CONF_OK;
}


static void
ngx_srv_registrar_zone_cleanup(void *data)
{
    ngx_srv_registrar_zone_t *zone = data;

    device_zonefile_free(zone->file);
}


ngx_srv_registrar_zone_t *
ngx_srv_registrar_zone_find(ngx_srv_registrar_main_conf_t *rmcf,
    ngx_str_t *name)
{
    size_t        len;
    uint8_t       wire[STORE_NAME_MAX];
    store_span_t  span;

    span.data = name->data;
    span.len = name->len;

    if (!device_name_parse(span, wire, &len)) {
        return NULL;
    }

    span.data = wire;
    span.len = len;

    return ngx_srv_registrar_zone_find_wire(rmcf, span);
}


ngx_srv_registrar_zone_t *
ngx_srv_registrar_zone_find_wire(ngx_srv_registrar_main_conf_t *rmcf,
    store_span_t name)
{
    ngx_uint_t                  i;
    ngx_srv_registrar_zone_t  **zones;

    zones = rmcf->zones.elts;

    for (i = 0; i < rmcf->zones.nelts; i++) {
        if (name.len == zones[i]->policy.name_len
            && ngx_memcmp(name.data, zones[i]->policy.name, name.len) == 0)
        {
            return zones[i];
        }
    }

    return NULL;
}
