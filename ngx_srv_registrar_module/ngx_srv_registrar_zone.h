
/*
 * Between the two files that read an srv_registrar_zone block.
 */

#ifndef NGX_SRV_REGISTRAR_ZONE_H
#define NGX_SRV_REGISTRAR_ZONE_H


#include "ngx_srv_registrar_module.h"


typedef struct {
    ngx_srv_registrar_zone_t  *zone;
    ngx_str_t                  file;
} ngx_srv_registrar_block_t;


/* cf->handler of the block: one line. */
char *ngx_srv_registrar_zone_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);

/* Tells that argument i of the directive is not what it must be. */
char *ngx_srv_registrar_zone_invalid(ngx_conf_t *cf, ngx_uint_t i,
    const char *must);


#endif /* NGX_SRV_REGISTRAR_ZONE_H */
