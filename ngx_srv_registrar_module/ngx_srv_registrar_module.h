
/*
 * The registrar's configuration, and what its files share of nginx.
 *
 * The files of this family are glue: they turn nginx's requests, timers and
 * thread tasks into calls of device_* (the rules) and store/ (the data).  A
 * configuration is made once, by the directives, and only read after that.
 */

#ifndef NGX_SRV_REGISTRAR_MODULE_H
#define NGX_SRV_REGISTRAR_MODULE_H


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "device_identity.h"
#include "device_reply.h"
#include "device_sign.h"
#include "device_signature.h"
#include "device_zonefile.h"


typedef struct ngx_srv_registrar_store_s  ngx_srv_registrar_store_t;


/* Of a directive, for what is found out about it when its block has ended and
 * ngx_conf_log_error() would name that end. */
typedef struct {
    u_char                      *file;
    ngx_uint_t                   line;
} ngx_srv_registrar_place_t;


typedef struct {
    device_zone_t                policy;
    device_zonefile_t           *file;
    device_signer_t             *signer;     /* NULL: the zone is not signed */
} ngx_srv_registrar_zone_t;


/* One per http block. */
typedef struct {
    ngx_str_t                    path;       /* of the store, NUL behind it */
    ngx_srv_registrar_place_t    path_at;
    off_t                        map_size;   /* bytes */
    ngx_str_t                    secrets_file;
    device_secrets_t            *secrets;
    ngx_array_t                  zones;      /* of ngx_srv_registrar_zone_t * */
    ngx_srv_registrar_place_t    zones_at;   /* the first */
    ngx_uint_t                   signing;    /* a zone of them is signed */
    ngx_srv_registrar_place_t    signing_at; /* the first "dnssec on" */
    ngx_thread_pool_t           *pool;
    ngx_cycle_t                 *cycle;      /* that the pool belongs to */
    ngx_uint_t                   queue;      /* jobs that may wait */
    ngx_msec_t                   sweep;      /* between sweeps; 0: off */
    ngx_uint_t                   used;       /* some location serves devices */
    ngx_shm_zone_t              *metrics;    /* NULL without a zone */
    ngx_array_t                  logs;       /* of ngx_srv_registrar_log_t */
    ngx_srv_registrar_store_t   *store;      /* of this process; NULL in the
                                                master */
} ngx_srv_registrar_main_conf_t;


typedef enum {
    NGX_SRV_REGISTRAR_NONE = 0,
    NGX_SRV_REGISTRAR_ENROLL,
    NGX_SRV_REGISTRAR_RECORDS,
    NGX_SRV_REGISTRAR_KEY,
    NGX_SRV_REGISTRAR_CREDENTIALS,
    NGX_SRV_REGISTRAR_ACME_DNS,
    NGX_SRV_REGISTRAR_DYNDNS2,
    NGX_SRV_REGISTRAR_ADMIN,
    NGX_SRV_REGISTRAR_METRICS,
    NGX_SRV_REGISTRAR_PROBLEM,
    NGX_SRV_REGISTRAR_DOORS                  /* their number */
} ngx_srv_registrar_door_t;


typedef struct {
    ngx_srv_registrar_door_t     door;
    ngx_http_complex_value_t    *zone_value; /* zone=; NULL: not given */
    ngx_srv_registrar_zone_t    *zone;       /* the one, where it is known */
    ngx_srv_registrar_place_t    at;         /* of `srv_registrar` */

    ngx_str_t                    space;      /* of the identity */
    ngx_http_complex_value_t    *identity;   /* NULL: the key's SHA-256 */
    ngx_http_complex_value_t    *label;      /* NULL: derived */
    ngx_http_complex_value_t    *records_url;
    ngx_uint_t                   reenroll;   /* device_reenroll_t */
    time_t                       pending_key;    /* s */
    time_t                       limit;      /* s an enrolment; 0: no limit */
    ngx_int_t                    burst;
    time_t                       new_name;   /* s between names; 0: none */
    ngx_uint_t                   acme_dns_register; /* by certificate: 1 */
} ngx_srv_registrar_loc_conf_t;


/* One per server. */
typedef struct {
    ngx_flag_t                   expired;    /* certificates are forgiven */
} ngx_srv_registrar_srv_conf_t;


/* A file that changes are written to. */
typedef struct {
    ngx_open_file_t             *file;
    ngx_array_t                 *parts;      /* of the line */
    time_t                       failed;     /* told last */
} ngx_srv_registrar_log_t;


extern ngx_module_t  ngx_srv_registrar_module;


/* Of the directive that is being read. */
static ngx_inline ngx_srv_registrar_place_t
ngx_srv_registrar_place(ngx_conf_t *cf)
{
    ngx_srv_registrar_place_t  at;

    at.file = cf->conf_file->file.name.data;
    at.line = cf->conf_file->line;

    return at;
}


/* conf: directives.  loc_conf functions are nginx's hooks. */
extern ngx_command_t  ngx_srv_registrar_commands[];

void *ngx_srv_registrar_create_main_conf(ngx_conf_t *cf);
char *ngx_srv_registrar_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_srv_registrar_create_loc_conf(ngx_conf_t *cf);
char *ngx_srv_registrar_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

/* location: the directive, and the check after merging. */
char *ngx_srv_registrar(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_srv_registrar_check_location(ngx_conf_t *cf,
    ngx_srv_registrar_loc_conf_t *rlcf);

/* zone: the block, what a zone needs beside it when the http block is known,
 * and finding.  find takes a presentation name, folded or not, and returns NULL
 * for a zone that is not configured. */
char *ngx_srv_registrar_zone_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_srv_registrar_check_zones(ngx_conf_t *cf,
    ngx_srv_registrar_main_conf_t *rmcf);
ngx_srv_registrar_zone_t *ngx_srv_registrar_zone_find(
    ngx_srv_registrar_main_conf_t *rmcf, ngx_str_t *name);
ngx_srv_registrar_zone_t *ngx_srv_registrar_zone_find_wire(
    ngx_srv_registrar_main_conf_t *rmcf, store_span_t name);

/* secrets */
char *ngx_srv_registrar_secrets(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* location: "enroll", ... */
ngx_str_t *ngx_srv_registrar_door_name(ngx_srv_registrar_door_t door);

/* expired: nginx's hooks. */
void *ngx_srv_registrar_create_srv_conf(ngx_conf_t *cf);
char *ngx_srv_registrar_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);

/* log */
char *ngx_srv_registrar_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* variables */
ngx_int_t ngx_srv_registrar_add_variables(ngx_conf_t *cf);

/* the doors' content handlers */
ngx_int_t ngx_srv_registrar_handler(ngx_http_request_t *r);
ngx_int_t ngx_srv_registrar_problem_handler(ngx_http_request_t *r);
ngx_int_t ngx_srv_registrar_metrics_handler(ngx_http_request_t *r);


#endif /* NGX_SRV_REGISTRAR_MODULE_H */
