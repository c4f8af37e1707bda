
/*
 * The srv_registrar_zone block.  It parses its own lines through cf->handler,
 * as geo does; what leaves is a device_zone_t, which no later code questions,
 * and the contents of the zone file.
 */

#include "ngx_srv_registrar_module.h"


typedef struct {
    ngx_srv_registrar_zone_t  *zone;
    ngx_str_t                  file;
} ngx_srv_registrar_block_t;


typedef struct {
    ngx_str_t    name;
    ngx_uint_t   least;          /* arguments */
    ngx_uint_t   most;
    char      *(*set)(ngx_conf_t *cf, ngx_srv_registrar_block_t *block);
} ngx_srv_registrar_line_t;


static char *ngx_srv_registrar_zone_begin(ngx_conf_t *cf, ngx_str_t *name,
    ngx_srv_registrar_zone_t *zone, ngx_srv_registrar_main_conf_t *rmcf);
static ngx_uint_t ngx_srv_registrar_zone_within(device_zone_t *inner,
    device_zone_t *outer);
static char *ngx_srv_registrar_zone_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_srv_registrar_zone_end(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static void ngx_srv_registrar_zone_cleanup(void *data);
static char *ngx_srv_registrar_zone_file(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_ttl(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_lease(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_reserve(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_service(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_type(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_address(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_bound(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_time(ngx_conf_t *cf, ngx_uint_t i,
    uint32_t *time);
static char *ngx_srv_registrar_zone_invalid(ngx_conf_t *cf, ngx_uint_t i,
    const char *must);


static ngx_srv_registrar_line_t  ngx_srv_registrar_lines[] = {
    { ngx_string("file"), 1, 1, ngx_srv_registrar_zone_file },
    { ngx_string("ttl"), 1, 1, ngx_srv_registrar_zone_ttl },
    { ngx_string("lease"), 3, 3, ngx_srv_registrar_zone_lease },
    { ngx_string("reserve"), 1, 1, ngx_srv_registrar_zone_reserve },
    { ngx_string("service"), 1, DEVICE_SERVICES_MAX,
      ngx_srv_registrar_zone_service },
    { ngx_string("type"), 1, DEVICE_TYPES_MAX, ngx_srv_registrar_zone_type },
    { ngx_string("allow_address"), 1, DEVICE_CIDRS_MAX,
      ngx_srv_registrar_zone_address },
    { ngx_string("max_rrsets"), 1, 1, ngx_srv_registrar_zone_bound },
    { ngx_string("max_rrs"), 1, 1, ngx_srv_registrar_zone_bound },
    { ngx_string("max_bytes"), 1, 1, ngx_srv_registrar_zone_bound },
    { ngx_null_string, 0, 0, NULL }
};


char *
ngx_srv_registrar_zone_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_main_conf_t *rmcf = conf;

    char                       *rv;
    ngx_str_t                  *value;
    ngx_conf_t                  save;
    ngx_srv_registrar_zone_t  **slot;
    ngx_srv_registrar_block_t   block;

    value = cf->args->elts;

    ngx_memzero(&block, sizeof(ngx_srv_registrar_block_t));

    block.zone = ngx_pcalloc(cf->pool, sizeof(ngx_srv_registrar_zone_t));
    if (block.zone == NULL) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_srv_registrar_zone_begin(cf, &value[1], block.zone, rmcf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

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

    return NGX_CONF_OK;
}


/* The name, which must not overlap with another zone's, and the defaults. */
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

    policy->ttl = 60;
    policy->lease_min = 30;
    policy->lease_default = 7200;
    policy->lease_max = 86400;
    policy->reserve = 365 * 86400;
    policy->max_rrsets = 32;
    policy->max_rrs = 8;
    policy->max_bytes = 4096;

    return NGX_CONF_OK;
}


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


static char *
ngx_srv_registrar_zone_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_srv_registrar_block_t *block = conf;

    ngx_str_t                 *value;
    ngx_srv_registrar_line_t  *line;

    value = cf->args->elts;

    if (value[0].len == 7 && ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    for (line = ngx_srv_registrar_lines; line->name.len; line++) {

        if (value[0].len != line->name.len
            || ngx_strcmp(value[0].data, line->name.data) != 0)
        {
            continue;
        }

        if (cf->args->nelts - 1 < line->least
            || cf->args->nelts - 1 > line->most)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid number of arguments in \"%V\" of "
                               "\"srv_registrar_zone\"", &value[0]);
            return NGX_CONF_ERROR;
        }

        return line->set(cf, block);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown parameter \"%V\" in \"srv_registrar_zone\"",
                       &value[0]);
    return NGX_CONF_ERROR;
}


static char *
ngx_srv_registrar_zone_end(ngx_conf_t *cf, ngx_srv_registrar_block_t *block)
{
    char                 warning[224];
    store_span_t         name;
    device_zone_t       *policy;
    device_error_t       error;
    ngx_pool_cleanup_t  *cln;

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

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    name.data = policy->name;
    name.len = policy->name_len;

    ngx_memzero(&error, sizeof(device_error_t));
    warning[0] = '\0';

    block->zone->file = device_zonefile_read((char *) block->file.data, name,
                                             &error, warning);

    if (block->zone->file == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"srv_registrar_zone\" \"%s\": file \"%V\": %s",
                           policy->text, &block->file, error.detail);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_srv_registrar_zone_cleanup;
    cln->data = block->zone;

    if (warning[0] != '\0') {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"srv_registrar_zone\" \"%s\": file \"%V\": %s",
                           policy->text, &block->file, warning);
    }

    return NGX_CONF_OK;
}


static void
ngx_srv_registrar_zone_cleanup(void *data)
{
    ngx_srv_registrar_zone_t *zone = data;

    device_zonefile_free(zone->file);
}


static char *
ngx_srv_registrar_zone_file(ngx_conf_t *cf, ngx_srv_registrar_block_t *block)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (block->file.len) {
        return "is duplicate";
    }

    block->file = value[1];

    if (ngx_conf_full_name(cf->cycle, &block->file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_zone_ttl(ngx_conf_t *cf, ngx_srv_registrar_block_t *block)
{
    return ngx_srv_registrar_zone_time(cf, 1, &block->zone->policy.ttl);
}


static char *
ngx_srv_registrar_zone_reserve(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block)
{
    return ngx_srv_registrar_zone_time(cf, 1, &block->zone->policy.reserve);
}


static char *
ngx_srv_registrar_zone_lease(ngx_conf_t *cf, ngx_srv_registrar_block_t *block)
{
    device_zone_t *policy = &block->zone->policy;

    if (ngx_srv_registrar_zone_time(cf, 1, &policy->lease_min)
           != NGX_CONF_OK
        || ngx_srv_registrar_zone_time(cf, 2, &policy->lease_default)
           != NGX_CONF_OK
        || ngx_srv_registrar_zone_time(cf, 3, &policy->lease_max)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (policy->lease_min > policy->lease_default) {
        return ngx_srv_registrar_zone_invalid(cf, 2, "least <= default");
    }

    if (policy->lease_default > policy->lease_max) {
        return ngx_srv_registrar_zone_invalid(cf, 3, "default <= most");
    }

    return NGX_CONF_OK;
}


/* "_xmpp-server._tcp": two labels that begin with '_' (RFC 2782). */
static char *
ngx_srv_registrar_zone_service(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block)
{
    size_t          len;
    uint8_t         wire[STORE_NAME_MAX], *copy;
    ngx_str_t      *value;
    ngx_uint_t      i;
    store_span_t    text;
    device_zone_t  *policy;

    value = cf->args->elts;
    policy = &block->zone->policy;

    for (i = 1; i < cf->args->nelts; i++) {

        text.data = value[i].data;
        text.len = value[i].len;

        if (!device_owner_parse(text, DEVICE_LABEL_LEN + 1 + policy->name_len,
                                wire, &len)
            || len < 4 || wire[1] != '_'
            || (size_t) wire[0] + 2 >= len || wire[wire[0] + 2] != '_'
            || (size_t) wire[0] + 1 + wire[wire[0] + 1] + 1 != len)
        {
            return ngx_srv_registrar_zone_invalid(cf, i, "_service._proto");
        }

        if (policy->nservices == DEVICE_SERVICES_MAX) {
            return ngx_srv_registrar_zone_invalid(cf, i,
                                                  "among the first 64");
        }

        copy = ngx_pnalloc(cf->pool, len);
        if (copy == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memcpy(copy, wire, len);

        policy->services[policy->nservices].data = copy;
        policy->services[policy->nservices++].len = len;
    }

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_zone_type(ngx_conf_t *cf, ngx_srv_registrar_block_t *block)
{
    uint16_t        type;
    ngx_str_t      *value;
    ngx_uint_t      i;
    store_span_t    text;
    device_zone_t  *policy;

    value = cf->args->elts;
    policy = &block->zone->policy;

    for (i = 1; i < cf->args->nelts; i++) {

        text.data = value[i].data;
        text.len = value[i].len;

        type = device_type_parse(text);

        if (type == 0 || policy->ntypes == DEVICE_TYPES_MAX) {
            return ngx_srv_registrar_zone_invalid(cf, i,
                          "SRV, TXT, A, AAAA, TLSA, SSHFP, SVCB, HTTPS, URI "
                          "or CAA");
        }

        policy->types[policy->ntypes++] = type;
    }

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_zone_address(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block)
{
    ngx_str_t      *value;
    ngx_uint_t      i;
    store_span_t    text;
    device_zone_t  *policy;

    value = cf->args->elts;
    policy = &block->zone->policy;

    for (i = 1; i < cf->args->nelts; i++) {

        text.data = value[i].data;
        text.len = value[i].len;

        if (policy->nallowed == DEVICE_CIDRS_MAX
            || !device_cidr_parse(&policy->allowed[policy->nallowed], text))
        {
            return ngx_srv_registrar_zone_invalid(cf, i,
                              "one of at most 32 addresses or CIDR ranges");
        }

        policy->nallowed++;
    }

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_zone_bound(ngx_conf_t *cf, ngx_srv_registrar_block_t *block)
{
    uint16_t       *bound;
    ngx_int_t       n, most;
    ngx_str_t      *value;
    device_zone_t  *policy;

    value = cf->args->elts;
    policy = &block->zone->policy;

    if (ngx_strcmp(value[0].data, "max_rrsets") == 0) {
        bound = &policy->max_rrsets;
        most = 1024;

    } else if (ngx_strcmp(value[0].data, "max_rrs") == 0) {
        bound = &policy->max_rrs;
        most = 255;

    } else {
        bound = &policy->max_bytes;
        most = STORE_VALUE_MAX;
    }

    n = ngx_parse_size(&value[1]);

    if (n == NGX_ERROR || n == 0 || n > most) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" of "
                           "\"srv_registrar_zone\": it must be 1 to %i",
                           &value[1], &value[0], most);
        return NGX_CONF_ERROR;
    }

    *bound = (uint16_t) n;

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_zone_time(ngx_conf_t *cf, ngx_uint_t i, uint32_t *time)
{
    ngx_int_t   n;
    ngx_str_t  *value;

    value = cf->args->elts;

    n = ngx_parse_time(&value[i], 1);

    if (n == NGX_ERROR || n == 0 || n > NGX_MAX_INT32_VALUE) {
        return ngx_srv_registrar_zone_invalid(cf, i, "a time of 1s or more");
    }

    *time = (uint32_t) n;

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_zone_invalid(ngx_conf_t *cf, ngx_uint_t i, const char *must)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\": it must be %s",
                       &value[i], &value[0], must);
    return NGX_CONF_ERROR;
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
