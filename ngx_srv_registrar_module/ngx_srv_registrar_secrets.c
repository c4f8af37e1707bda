
/*
 * The secrets file.  What enters: the operator's file, read by the master
 * (as root, usually).  What leaves: device_secrets_t in the configuration,
 * forgotten with it.  The text itself is wiped at once.
 */

#include "ngx_srv_registrar_module.h"


/* Sixteen key secrets with comments fit twice over. */
#define NGX_SRV_REGISTRAR_SECRETS_MAX  16384


static ngx_int_t ngx_srv_registrar_secrets_load(ngx_conf_t *cf,
    ngx_srv_registrar_main_conf_t *rmcf, u_char *text, size_t *len);
static ngx_int_t ngx_srv_registrar_secrets_read(ngx_conf_t *cf,
    ngx_file_t *file, u_char *text, size_t *len);
static void ngx_srv_registrar_secrets_cleanup(void *data);


char *
ngx_srv_registrar_secrets(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_main_conf_t *rmcf = conf;

    bool                 ok;
    size_t               len;
    u_char               text[NGX_SRV_REGISTRAR_SECRETS_MAX];
    ngx_str_t           *value;
    store_span_t         span;
    device_error_t       error;
    ngx_pool_cleanup_t  *cln;

    if (rmcf->secrets) {
        return "is duplicate";
    }

    value = cf->args->elts;
    rmcf->secrets_file = value[1];

    if (ngx_conf_full_name(cf->cycle, &rmcf->secrets_file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(device_secrets_t));
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    /* first, so that every way out of here forgets what was read */

    cln->handler = ngx_srv_registrar_secrets_cleanup;
    rmcf->secrets = cln->data;
    ngx_memzero(rmcf->secrets, sizeof(device_secrets_t));

    if (ngx_srv_registrar_secrets_load(cf, rmcf, text, &len) != NGX_OK) {
        device_cleanse(text, sizeof(text));
        return NGX_CONF_ERROR;
    }

    span.data = text;
    span.len = len;

    ngx_memzero(&error, sizeof(device_error_t));

    ok = device_secrets_parse(rmcf->secrets, span, &error);

    device_cleanse(text, sizeof(text));

    if (!ok) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"srv_registrar_secrets\" \"%V\": %s",
                           &rmcf->secrets_file, error.detail);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_srv_registrar_secrets_load(ngx_conf_t *cf,
    ngx_srv_registrar_main_conf_t *rmcf, u_char *text, size_t *len)
{
    ngx_int_t   rc;
    ngx_file_t  file;

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.name = rmcf->secrets_file;
    file.log = cf->log;
    file.fd = ngx_open_file(file.name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"srv_registrar_secrets\": open \"%V\" failed",
                           &file.name);
        return NGX_ERROR;
    }

    rc = ngx_srv_registrar_secrets_read(cf, &file, text, len);

    if (ngx_close_file(file.fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", &file.name);
    }

    return rc;
}


/* Looked at through the descriptor: what is checked is what is read. */
static ngx_int_t
ngx_srv_registrar_secrets_read(ngx_conf_t *cf, ngx_file_t *file,
    u_char *text, size_t *len)
{
    ssize_t          n;
    ngx_file_info_t  fi;

    if (ngx_fd_info(file->fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", &file->name);
        return NGX_ERROR;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"srv_registrar_secrets\" \"%V\" is not a file",
                           &file->name);
        return NGX_ERROR;
    }

    /* the group may read, for those who run nginx without root */

    if (fi.st_mode & (S_IWGRP|S_IRWXO)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"srv_registrar_secrets\" \"%V\" is open to "
                           "others (mode 0%d%d%d): make it 0600 or 0640",
                           &file->name, (int) (fi.st_mode >> 6 & 7),
                           (int) (fi.st_mode >> 3 & 7),
                           (int) (fi.st_mode & 7));
        return NGX_ERROR;
    }

    if (ngx_file_size(&fi) >= NGX_SRV_REGISTRAR_SECRETS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"srv_registrar_secrets\" \"%V\" is larger than "
                           "%d bytes", &file->name,
                           NGX_SRV_REGISTRAR_SECRETS_MAX);
        return NGX_ERROR;
    }

    n = ngx_read_file(file, text, (size_t) ngx_file_size(&fi), 0);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    *len = n;

    return NGX_OK;
}


static void
ngx_srv_registrar_secrets_cleanup(void *data)
{
    device_cleanse(data, sizeof(device_secrets_t));
}
