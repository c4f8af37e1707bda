
/*
 * The lines of an srv_registrar_zone block: each sets one part of the zone's
 * policy, or says what its value must be.
 */

#include "ngx_srv_registrar_zone.h"


/* One of set and add: add is called for each argument, and its line may stand
 * in a block more than once. */
typedef struct {
    ngx_str_t    name;
    ngx_uint_t   least;          /* arguments */
    ngx_uint_t   most;
    char      *(*set)(ngx_conf_t *cf, ngx_srv_registrar_block_t *block);
    char      *(*add)(ngx_conf_t *cf, device_zone_t *policy, ngx_uint_t i,
                      store_span_t text);
} ngx_srv_registrar_line_t;


static char *ngx_srv_registrar_zone_file(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_ttl(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_lease(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_reserve(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_door_lease(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_stated(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_bound(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block);
static char *ngx_srv_registrar_zone_list(ngx_conf_t *cf,
    ngx_srv_registrar_line_t *line, device_zone_t *policy);
static char *ngx_srv_registrar_zone_service(ngx_conf_t *cf,
    device_zone_t *policy, ngx_uint_t i, store_span_t text);
static char *ngx_srv_registrar_zone_type(ngx_conf_t *cf,
    device_zone_t *policy, ngx_uint_t i, store_span_t text);
static char *ngx_srv_registrar_zone_address(ngx_conf_t *cf,
    device_zone_t *policy, ngx_uint_t i, store_span_t text);
static char *ngx_srv_registrar_zone_time(ngx_conf_t *cf, ngx_uint_t i,
    uint32_t *time);


static ngx_srv_registrar_line_t  ngx_srv_registrar_lines[] = {
    { ngx_string("file"), 1, 1, ngx_srv_registrar_zone_file, NULL },
    { ngx_string("ttl"), 1, 1, ngx_srv_registrar_zone_ttl, NULL },
    { ngx_string("lease"), 3, 3, ngx_srv_registrar_zone_lease, NULL },
    { ngx_string("reserve"), 1, 1, ngx_srv_registrar_zone_reserve, NULL },
    { ngx_string("challenge_lease"), 1, 1, ngx_srv_registrar_zone_door_lease,
      NULL },
    { ngx_string("dyndns2_lease"), 1, 1, ngx_srv_registrar_zone_door_lease,
      NULL },
    { ngx_string("stated_address"), 1, 1, ngx_srv_registrar_zone_stated,
      NULL },
    { ngx_string("service"), 1, DEVICE_SERVICES_MAX, NULL,
      ngx_srv_registrar_zone_service },
    { ngx_string("type"), 1, DEVICE_TYPES_MAX, NULL,
      ngx_srv_registrar_zone_type },
    { ngx_string("allow_address"), 1, DEVICE_CIDRS_MAX, NULL,
      ngx_srv_registrar_zone_address },
    { ngx_string("max_rrsets"), 1, 1, ngx_srv_registrar_zone_bound, NULL },
    { ngx_string("max_rrs"), 1, 1, ngx_srv_registrar_zone_bound, NULL },
    { ngx_string("max_bytes"), 1, 1, ngx_srv_registrar_zone_bound, NULL },
    { ngx_string("dnssec"), 1, 1, ngx_srv_registrar_zone_dnssec, NULL },
    { ngx_string("key"), 1, 2, ngx_srv_registrar_zone_key, NULL },
    { ngx_null_string, 0, 0, NULL, NULL }
};


char *
ngx_srv_registrar_zone_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_srv_registrar_block_t *block = conf;

    ngx_str_t                 *value;
    ngx_srv_registrar_line_t  *line;

    value = cf->args->elts;

    /* the block is read by this handler alone: nginx's own include would ask
     * its modules */

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

        return line->set ? line->set(cf, block)
               : ngx_srv_registrar_zone_list(cf, line, &block->zone->policy);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown parameter \"%V\" in \"srv_registrar_zone\"",
                       &value[0]);
    return NGX_CONF_ERROR;
}


static char *
ngx_srv_registrar_zone_file(ngx_conf_t *cf, ngx_srv_registrar_block_t *block)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (block->file.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"file\" of \"srv_registrar_zone\" is duplicate");
        return NGX_CONF_ERROR;
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


static char *
ngx_srv_registrar_zone_door_lease(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block)
{
    ngx_str_t      *value;
    device_zone_t  *policy = &block->zone->policy;

    value = cf->args->elts;

    return ngx_srv_registrar_zone_time(cf, 1, value[0].data[0] == 'c'
                                              ? &policy->challenge_lease
                                              : &policy->dyndns2_lease);
}


static char *
ngx_srv_registrar_zone_stated(ngx_conf_t *cf,
    ngx_srv_registrar_block_t *block)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "on") == 0) {
        block->zone->policy.stated_address = true;

    } else if (ngx_strcmp(value[1].data, "off") == 0) {
        block->zone->policy.stated_address = false;

    } else {
        return ngx_srv_registrar_zone_invalid(cf, 1, "\"on\" or \"off\"");
    }

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_zone_list(ngx_conf_t *cf, ngx_srv_registrar_line_t *line,
    device_zone_t *policy)
{
    char          *rv;
    ngx_str_t     *value;
    ngx_uint_t     i;
    store_span_t   text;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        text.data = value[i].data;
        text.len = value[i].len;

        rv = line->add(cf, policy, i, text);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


/* "_xmpp-server._tcp": two labels that begin with '_' (RFC 2782).  The bound
 * of a name is that of one below a derived label. */
static char *
ngx_srv_registrar_zone_service(ngx_conf_t *cf, device_zone_t *policy,
    ngx_uint_t i, store_span_t text)
{
    size_t    len;
    uint8_t   wire[STORE_NAME_MAX], *copy;

    if (!device_owner_parse(text, DEVICE_LABEL_LEN + 1 + policy->name_len,
                            wire, &len)
        || len < 4 || wire[1] != '_'
        || (size_t) wire[0] + 2 >= len || wire[wire[0] + 2] != '_'
        || (size_t) wire[0] + 1 + wire[wire[0] + 1] + 1 != len)
    {
        return ngx_srv_registrar_zone_invalid(cf, i, "_service._proto");
    }

    if (policy->nservices == DEVICE_SERVICES_MAX) {
        return ngx_srv_registrar_zone_invalid(cf, i, "among the first 64");
    }

    copy = ngx_pnalloc(cf->pool, len);
    if (copy == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(copy, wire, len);

    policy->services[policy->nservices].data = copy;
    policy->services[policy->nservices++].len = len;

    return NGX_CONF_OK;
}


static char *
ngx_srv_registrar_zone_type(ngx_conf_t *cf, device_zone_t *policy,
    ngx_uint_t i, store_span_t text)
{
    uint16_t  type;

    type = device_type_parse(text);

    if (type == 0 || policy->ntypes == DEVICE_TYPES_MAX) {
        return ngx_srv_registrar_zone_invalid(cf, i,
                          "SRV, TXT, A, AAAA, TLSA, SSHFP, SVCB, HTTPS, URI "
                          "or CAA");
    }

    policy->types[policy->ntypes++] = type;

    return NGX_CONF_OK;
}


/* Parsed into its place; a refused one is not counted, and the configuration
 * is gone anyhow. */
static char *
ngx_srv_registrar_zone_address(ngx_conf_t *cf, device_zone_t *policy,
    ngx_uint_t i, store_span_t text)
{
    if (policy->nallowed == DEVICE_CIDRS_MAX
        || !device_cidr_parse(&policy->allowed[policy->nallowed], text))
    {
        return ngx_srv_registrar_zone_invalid(cf, i,
                              "one of at most 32 addresses or ranges "
                              "(192.168.0.0/16), without bits beyond its "
                              "length");
    }

    policy->nallowed++;

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

    /* a size, so that max_bytes may be written 4k */

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


/* Zero would be no lease at all, or a TTL that no resolver may cache; above 31
 * bits a TTL is none (RFC 2181 8). */
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


char *
ngx_srv_registrar_zone_invalid(ngx_conf_t *cf, ngx_uint_t i, const char *must)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\": it must be %s",
                       &value[i], &value[0], must);
    return NGX_CONF_ERROR;
}
