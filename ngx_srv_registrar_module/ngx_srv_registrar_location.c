
/*
 * The `srv_registrar` directive: what a location is for, and what it needs.
 */

#include "ngx_srv_registrar_module.h"


/* A body that says its length is read into one buffer, of that length where it
 * is at most this. */
#define NGX_SRV_REGISTRAR_BODY_BUFFER  DEVICE_BODY_MAX

/* Above this nginx itself refuses a body, before it fills a disk. */
#define NGX_SRV_REGISTRAR_BODY_LIMIT   (1024 * 1024)


static char *ngx_srv_registrar_zone_parameter(ngx_conf_t *cf,
    ngx_str_t *value, ngx_srv_registrar_loc_conf_t *rlcf);
static void ngx_srv_registrar_check_certificate(ngx_conf_t *cf,
    ngx_srv_registrar_loc_conf_t *rlcf);
static char *ngx_srv_registrar_check_zone(ngx_conf_t *cf,
    ngx_srv_registrar_main_conf_t *rmcf, ngx_srv_registrar_loc_conf_t *rlcf);


static ngx_str_t  ngx_srv_registrar_doors[NGX_SRV_REGISTRAR_DOORS] = {
    [NGX_SRV_REGISTRAR_NONE] = ngx_string("none"),
    [NGX_SRV_REGISTRAR_ENROLL] = ngx_string("enroll"),
    [NGX_SRV_REGISTRAR_RECORDS] = ngx_string("records"),
    [NGX_SRV_REGISTRAR_KEY] = ngx_string("key"),
    [NGX_SRV_REGISTRAR_CREDENTIALS] = ngx_string("credentials"),
    [NGX_SRV_REGISTRAR_ACME_DNS] = ngx_string("acme_dns"),
    [NGX_SRV_REGISTRAR_DYNDNS2] = ngx_string("dyndns2"),
    [NGX_SRV_REGISTRAR_ADMIN] = ngx_string("admin"),
    [NGX_SRV_REGISTRAR_METRICS] = ngx_string("metrics"),
    [NGX_SRV_REGISTRAR_PROBLEM] = ngx_string("problem")
};


ngx_str_t *
ngx_srv_registrar_door_name(ngx_srv_registrar_door_t door)
{
    return &ngx_srv_registrar_doors[door];
}


char *
ngx_srv_registrar(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_loc_conf_t *rlcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_core_loc_conf_t  *clcf;

    if (rlcf->door) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = NGX_SRV_REGISTRAR_ENROLL; i < NGX_SRV_REGISTRAR_DOORS; i++) {
        if (value[1].len == ngx_srv_registrar_doors[i].len
            && ngx_strcmp(value[1].data, ngx_srv_registrar_doors[i].data)
               == 0)
        {
            rlcf->door = i;
        }
    }

    if (rlcf->door == NGX_SRV_REGISTRAR_NONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"srv_registrar\": it "
                           "must be \"enroll\", \"records\", \"key\", "
                           "\"credentials\", \"acme_dns\", \"dyndns2\", "
                           "\"admin\", \"metrics\" or \"problem\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3
        && ngx_srv_registrar_zone_parameter(cf, &value[2], rlcf)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    /* for what the check after merging has to say */

    rlcf->at = ngx_srv_registrar_place(cf);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    switch (rlcf->door) {

    case NGX_SRV_REGISTRAR_PROBLEM:
        clcf->handler = ngx_srv_registrar_problem_handler;
        break;

    case NGX_SRV_REGISTRAR_METRICS:
        clcf->handler = ngx_srv_registrar_metrics_handler;
        break;

    default:
        clcf->handler = ngx_srv_registrar_handler;
        break;
    }

    return NGX_CONF_OK;
}


/* zone=<value>, which may have variables. */
static char *
ngx_srv_registrar_zone_parameter(ngx_conf_t *cf, ngx_str_t *value,
    ngx_srv_registrar_loc_conf_t *rlcf)
{
    ngx_str_t                         zone;
    ngx_http_compile_complex_value_t  ccv;

    if (rlcf->door == NGX_SRV_REGISTRAR_PROBLEM
        || rlcf->door == NGX_SRV_REGISTRAR_METRICS
        || rlcf->door == NGX_SRV_REGISTRAR_ADMIN
        || ngx_strncmp(value->data, "zone=", 5) != 0
        || value->len == 5)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"srv_registrar\"",
                           value);
        return NGX_CONF_ERROR;
    }

    zone.data = value->data + 5;
    zone.len = value->len - 5;

    rlcf->zone_value = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (rlcf->zone_value == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &zone;
    ccv.complex_value = rlcf->zone_value;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
}


/* What a location with `srv_registrar` needs.  The directive's own place is
 * named, since cf stands at the end of the http block by now. */
char *
ngx_srv_registrar_check_location(ngx_conf_t *cf,
    ngx_srv_registrar_loc_conf_t *rlcf)
{
    ngx_http_core_loc_conf_t       *clcf;
    ngx_srv_registrar_main_conf_t  *rmcf;

    if (rlcf->door == NGX_SRV_REGISTRAR_NONE
        || rlcf->door == NGX_SRV_REGISTRAR_METRICS
        || rlcf->door == NGX_SRV_REGISTRAR_PROBLEM)
    {
        return NGX_CONF_OK;
    }

    rmcf = ngx_http_conf_get_module_main_conf(cf, ngx_srv_registrar_module);
    rmcf->used = 1;

    if (rmcf->zones.nelts == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"srv_registrar\" needs an \"srv_registrar_zone\" "
                      "in the http block, in %s:%ui",
                      rlcf->at.file, rlcf->at.line);
        return NGX_CONF_ERROR;
    }

    if (rmcf->secrets == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"srv_registrar\" needs \"srv_registrar_secrets\" "
                      "in the http block, in %s:%ui",
                      rlcf->at.file, rlcf->at.line);
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->client_body_buffer_size < NGX_SRV_REGISTRAR_BODY_BUFFER) {
        clcf->client_body_buffer_size = NGX_SRV_REGISTRAR_BODY_BUFFER;
    }

    if (clcf->client_max_body_size == 0
        || clcf->client_max_body_size > NGX_SRV_REGISTRAR_BODY_LIMIT)
    {
        clcf->client_max_body_size = NGX_SRV_REGISTRAR_BODY_LIMIT;
    }

    ngx_srv_registrar_check_certificate(cf, rlcf);

    return ngx_srv_registrar_check_zone(cf, rmcf, rlcf);
}


/* No more than a warning: the server may be one that devices never reach. */
static void
ngx_srv_registrar_check_certificate(ngx_conf_t *cf,
    ngx_srv_registrar_loc_conf_t *rlcf)
{
    ngx_http_ssl_srv_conf_t  *sscf;

    if (rlcf->door != NGX_SRV_REGISTRAR_ENROLL
        && (rlcf->door != NGX_SRV_REGISTRAR_ACME_DNS
            || rlcf->acme_dns_register == 0))
    {
        return;
    }

    /* the ssl module has merged its servers by now; 3 is optional_no_ca, with
     * which nobody's certificate is verified */

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_ssl_module);

    if (sscf->verify == 0 || sscf->verify == 3) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"srv_registrar %V\" is in a server without "
                      "\"ssl_verify_client on\" or \"optional\": no device "
                      "can enrol there, in %s:%ui",
                      ngx_srv_registrar_door_name(rlcf->door),
                      rlcf->at.file, rlcf->at.line);
    }
}


/* A zone that is known now is looked up now; one with variables at each
 * request. */
static char *
ngx_srv_registrar_check_zone(ngx_conf_t *cf,
    ngx_srv_registrar_main_conf_t *rmcf, ngx_srv_registrar_loc_conf_t *rlcf)
{
    ngx_srv_registrar_zone_t  **zones;

    zones = rmcf->zones.elts;

    if (rlcf->zone_value == NULL) {

        if (rmcf->zones.nelts == 1) {
            rlcf->zone = zones[0];
            return NGX_CONF_OK;
        }

        if (rlcf->door != NGX_SRV_REGISTRAR_ENROLL
            && rlcf->door != NGX_SRV_REGISTRAR_ACME_DNS)
        {
            /* the keyid, or the user's name, says which */
            return NGX_CONF_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"srv_registrar %s\" needs \"zone=\" where there "
                      "are several zones, in %s:%ui",
                      rlcf->door == NGX_SRV_REGISTRAR_ENROLL
                      ? "enroll" : "acme_dns",
                      rlcf->at.file, rlcf->at.line);
        return NGX_CONF_ERROR;
    }

    if (rlcf->zone_value->lengths) {
        /* known when the request comes */
        return NGX_CONF_OK;
    }

    rlcf->zone = ngx_srv_registrar_zone_find(rmcf, &rlcf->zone_value->value);

    if (rlcf->zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"srv_registrar\" names the unknown zone \"%V\" "
                      "in %s:%ui", &rlcf->zone_value->value,
                      rlcf->at.file, rlcf->at.line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
