
/*
 * `srv_registrar_log`: one line for each change, written when its commit is
 * durable, whatever becomes of the reply: who, what, from where, with which
 * key.
 *
 * nginx keeps its named formats to its own log module, so the format stands
 * here in the directive, in log_format's language: texts, variables, and
 * escape=.
 */

#include "ngx_srv_registrar_request.h"


typedef enum {
    NGX_SRV_REGISTRAR_ESCAPE_DEFAULT = 0,
    NGX_SRV_REGISTRAR_ESCAPE_JSON
} ngx_srv_registrar_escape_t;


/* A piece of a line: text, or a variable where index is not NGX_ERROR. */
typedef struct {
    ngx_str_t                    text;
    ngx_int_t                    index;
    ngx_srv_registrar_escape_t   escape;
} ngx_srv_registrar_log_part_t;


static ngx_int_t ngx_srv_registrar_log_compile(ngx_conf_t *cf,
    ngx_srv_registrar_log_t *log, ngx_str_t *format,
    ngx_srv_registrar_escape_t escape);
static ngx_int_t ngx_srv_registrar_log_variable(ngx_conf_t *cf,
    ngx_str_t *format, size_t *at, ngx_srv_registrar_log_part_t *part);
static void ngx_srv_registrar_log_write(ngx_http_request_t *r,
    ngx_srv_registrar_log_t *log);
static ngx_int_t ngx_srv_registrar_log_line(ngx_http_request_t *r,
    ngx_srv_registrar_log_t *log, ngx_str_t *line);
static size_t ngx_srv_registrar_log_len(ngx_http_request_t *r,
    ngx_srv_registrar_log_t *log);
static u_char *ngx_srv_registrar_log_escape(u_char *p, const u_char *data,
    size_t len, ngx_srv_registrar_escape_t escape);


static ngx_str_t  ngx_srv_registrar_log_format = ngx_string(
    "{\"time\":\"$time_iso8601\",\"change\":\"$srv_registrar_change\","
    "\"fqdn\":\"$srv_registrar_fqdn\",\"keyid\":\"$srv_registrar_keyid\","
    "\"address\":\"$remote_addr\",\"door\":\"$srv_registrar_door\","
    "\"identity\":\"$srv_registrar_identity\","
    "\"request_id\":\"$request_id\"}");


/* srv_registrar_log path [escape=default|json] [format ...]; several add
 * up. */
char *
ngx_srv_registrar_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_srv_registrar_main_conf_t *rmcf = conf;

    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_srv_registrar_log_t     *log;
    ngx_srv_registrar_escape_t   escape;

    value = cf->args->elts;

    log = ngx_array_push(&rmcf->logs);
    if (log == NULL) {
        return NGX_CONF_ERROR;
    }

    log->failed = 0;
    log->parts = ngx_array_create(cf->pool, 8,
                                  sizeof(ngx_srv_registrar_log_part_t));
    log->file = ngx_conf_open_file(cf->cycle, &value[1]);

    if (log->parts == NULL || log->file == NULL) {
        return NGX_CONF_ERROR;
    }

    i = 2;
    escape = NGX_SRV_REGISTRAR_ESCAPE_DEFAULT;

    if (i < cf->args->nelts && ngx_strncmp(value[i].data, "escape=", 7) == 0)
    {
        if (ngx_strcmp(value[i].data + 7, "json") == 0) {
            escape = NGX_SRV_REGISTRAR_ESCAPE_JSON;

        } else if (ngx_strcmp(value[i].data + 7, "default") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in "
                               "\"srv_registrar_log\": it must be "
                               "\"escape=default\" or \"escape=json\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        i++;
    }

    if (i == cf->args->nelts) {
        return ngx_srv_registrar_log_compile(cf, log,
                                             &ngx_srv_registrar_log_format,
                                             NGX_SRV_REGISTRAR_ESCAPE_JSON)
               == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    for ( /* void */ ; i < cf->args->nelts; i++) {
        if (ngx_srv_registrar_log_compile(cf, log, &value[i], escape)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_srv_registrar_log_compile(ngx_conf_t *cf, ngx_srv_registrar_log_t *log,
    ngx_str_t *format, ngx_srv_registrar_escape_t escape)
{
    size_t                         at, begin;
    ngx_srv_registrar_log_part_t  *part;

    for (at = 0; at < format->len; /* void */ ) {

        part = ngx_array_push(log->parts);
        if (part == NULL) {
            return NGX_ERROR;
        }

        ngx_str_null(&part->text);
        part->escape = escape;
        part->index = NGX_ERROR;

        if (format->data[at] == '$') {

            if (ngx_srv_registrar_log_variable(cf, format, &at, part)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            continue;
        }

        begin = at;

        while (at < format->len && format->data[at] != '$') {
            at++;
        }

        part->text.data = format->data + begin;
        part->text.len = at - begin;
    }

    return NGX_OK;
}


/* $name or ${name}; *at moves behind it. */
static ngx_int_t
ngx_srv_registrar_log_variable(ngx_conf_t *cf, ngx_str_t *format, size_t *at,
    ngx_srv_registrar_log_part_t *part)
{
    u_char      c;
    size_t      begin;
    ngx_str_t   name;
    ngx_uint_t  bracket;

    begin = *at + 1;
    bracket = begin < format->len && format->data[begin] == '{';
    begin += bracket;

    for (*at = begin; *at < format->len; (*at)++) {
        c = format->data[*at];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9') || c == '_'))
        {
            break;
        }
    }

    name.data = format->data + begin;
    name.len = *at - begin;

    if (name.len == 0
        || (bracket && (*at == format->len || format->data[*at] != '}')))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid variable in \"srv_registrar_log\" "
                           "format \"%V\"", format);
        return NGX_ERROR;
    }

    *at += bracket;

    part->index = ngx_http_get_variable_index(cf, &name);

    return part->index == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


void
ngx_srv_registrar_log_change(ngx_http_request_t *r)
{
    ngx_uint_t                      i;
    ngx_srv_registrar_log_t        *log;
    ngx_srv_registrar_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_srv_registrar_module);
    log = rmcf->logs.elts;

    for (i = 0; i < rmcf->logs.nelts; i++) {
        ngx_srv_registrar_log_write(r, &log[i]);
    }
}


/* One write for a line, so that those of several workers do not mix. */
static void
ngx_srv_registrar_log_write(ngx_http_request_t *r,
    ngx_srv_registrar_log_t *log)
{
    ssize_t    n;
    ngx_str_t  line;

    if (ngx_srv_registrar_log_line(r, log, &line) != NGX_OK) {
        return;
    }

    n = ngx_write_fd(log->file->fd, line.data, line.len);

    if (n == (ssize_t) line.len) {
        return;
    }

    /* as the access log does: a full disk is told once a minute */

    if (ngx_time() - log->failed > 59) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, ngx_errno,
                      "srv_registrar: " ngx_write_fd_n " to \"%s\" failed",
                      log->file->name.data);
        log->failed = ngx_time();
    }
}


static ngx_int_t
ngx_srv_registrar_log_line(ngx_http_request_t *r,
    ngx_srv_registrar_log_t *log, ngx_str_t *line)
{
    u_char                        *p;
    ngx_uint_t                     i;
    ngx_http_variable_value_t     *v;
    ngx_srv_registrar_log_part_t  *part;

    part = log->parts->elts;

    /* all of them before one is measured: a variable may set another one that
     * stands before it, as a map does that has a named capture */

    for (i = 0; i < log->parts->nelts; i++) {
        if (part[i].index != NGX_ERROR) {
            (void) ngx_http_get_flushed_variable(r, part[i].index);
        }
    }

    p = ngx_pnalloc(r->pool, ngx_srv_registrar_log_len(r, log));
    if (p == NULL) {
        return NGX_ERROR;
    }

    line->data = p;

    for (i = 0; i < log->parts->nelts; i++) {

        if (part[i].index == NGX_ERROR) {
            p = ngx_cpymem(p, part[i].text.data, part[i].text.len);
            continue;
        }

        v = &r->variables[part[i].index];

        if (v->valid && !v->not_found) {
            p = ngx_srv_registrar_log_escape(p, v->data, v->len,
                                             part[i].escape);

        } else if (part[i].escape == NGX_SRV_REGISTRAR_ESCAPE_DEFAULT) {
            *p++ = '-';
        }
    }

    *p++ = LF;

    line->len = p - line->data;

    return NGX_OK;
}


/* The most that the line takes with the values that its variables have now;
 * asks for none. */
static size_t
ngx_srv_registrar_log_len(ngx_http_request_t *r, ngx_srv_registrar_log_t *log)
{
    size_t                         len;
    ngx_uint_t                     i;
    ngx_http_variable_value_t     *v;
    ngx_srv_registrar_log_part_t  *part;

    len = 1;                             /* LF */
    part = log->parts->elts;

    for (i = 0; i < log->parts->nelts; i++) {

        if (part[i].index == NGX_ERROR) {
            len += part[i].text.len;
            continue;
        }

        v = &r->variables[part[i].index];

        len += (v->valid && !v->not_found) ? 6 * (size_t) v->len
                                           : sizeof("-") - 1;
    }

    return len;
}


/* Of a variable's text nothing may end the line or its quotes: \xXX, or in
 * JSON \u00XX.  Bytes above 0x7e are a peer's and in no known charset. */
static u_char *
ngx_srv_registrar_log_escape(u_char *p, const u_char *data, size_t len,
    ngx_srv_registrar_escape_t escape)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (data[i] >= 0x20 && data[i] <= 0x7e && data[i] != '"'
            && data[i] != '\\')
        {
            *p++ = data[i];
            continue;
        }

        p = ngx_sprintf(p, escape == NGX_SRV_REGISTRAR_ESCAPE_JSON
                           ? "\\u%04xd" : "\\x%02Xd", (uint32_t) data[i]);
    }

    return p;
}
