
/*
 * One request of a device, from its first check to its reply.
 *
 * Each step returns a device_reason_t and leaves the words in ctx->error;
 * only ngx_srv_registrar_refuse turns a reason into a reply and a log line.
 */

#ifndef NGX_SRV_REGISTRAR_REQUEST_H
#define NGX_SRV_REGISTRAR_REQUEST_H


#include "device_credential_request.h"
#include "device_dyndns2.h"
#include "ngx_srv_registrar_store.h"


typedef struct {
    device_reason_t             reason;      /* DEVICE_REASONS: none yet */
    device_error_t              error;
    ngx_srv_registrar_zone_t   *zone;        /* NULL: not known yet */
    store_key_t                 key;         /* of the device's value */
    char                        fqdn[DEVICE_FQDN_MAX + 1];   /* "" while not
                                                                known */
    device_address_t            source;
    store_span_t                body;
    ngx_str_t                   body_room;   /* of a body in pieces */
    store_span_t                identity;    /* of an enrolment, as text */

    device_message_t            message;
    device_signature_t          signature;

    store_span_t                bytes;       /* the value's copy; empty:
                                                none */
    store_device_t              device;
    const store_issuers_t      *issuers;     /* with the value */
    device_claim_t              claim;
    int64_t                     now;         /* lease time */
    int64_t                     held;        /* lease_clock_held, or 0 */

    device_change_t            *change;
    device_dyndns2_call_t      *call;        /* dyndns2: once it is parsed */
    ngx_srv_registrar_job_t    *job;

    device_credential_request_t  *credentials;

    unsigned                    pieces:1;    /* the body is read by us */
} ngx_srv_registrar_ctx_t;


/* request: the context, made where there is none; NULL for want of memory. */
ngx_srv_registrar_ctx_t *ngx_srv_registrar_ctx(ngx_http_request_t *r);

/* Sets ctx->zone, key and fqdn from a label and a zone; BAD_REQUEST where the
 * name would be too long. */
device_reason_t ngx_srv_registrar_set_name(ngx_srv_registrar_ctx_t *ctx,
    ngx_srv_registrar_zone_t *zone, store_span_t label);

/* The zone that a location is for: *zone is NULL where any zone will do. */
device_reason_t ngx_srv_registrar_set_zone(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_zone_t **zone);

/* Reads the device's value into ctx: bytes, device, now.  UNKNOWN_KEY where
 * there is none. */
device_reason_t ngx_srv_registrar_read_device(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);

/* Sets ctx's name from a device's FQDN; UNKNOWN_KEY where it lies in no zone
 * of this location. */
device_reason_t ngx_srv_registrar_set_fqdn(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, store_span_t fqdn);

/* Runs a job's rules on a snapshot, before the queue: a refusal then costs
 * nobody a transaction.  The transaction decides; the outcome is kept only
 * for what a refusal says: when to come back. */
device_reason_t ngx_srv_registrar_preview(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job);

/* body: reads the body into ctx and enters the door.  Returns NGX_DONE, or
 * what nginx refuses it with. */
ngx_int_t ngx_srv_registrar_read_body(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);

/* The location's door, with the body in ctx. */
ngx_int_t ngx_srv_registrar_enter(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);

/* Allocates a job for ctx and queues it; the request then waits.  Returns
 * NGX_DONE, or the result of a refusal. */
ngx_int_t ngx_srv_registrar_wait(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job);


/* message: the request as signed (RFC 9421), and its verification, which
 * fills ctx up to claim.  claimed: sets the name alone, of a device of this
 * location's zones, whose signature it says to have; ctx is the caller's own
 * and zero.  signed: is there a signature at all? */
device_reason_t ngx_srv_registrar_verify(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
void ngx_srv_registrar_claimed(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_uint_t ngx_srv_registrar_signed(ngx_http_request_t *r);


/*
 * certificate: a peer certificate that has verified, on a connection of the
 * server that serves the request: its DER, that of its public key, and who
 * signed it.  What is not wanted is NULL.  The memory is the request's.
 */
device_reason_t ngx_srv_registrar_certificate(ngx_http_request_t *r,
    store_span_t *der, store_span_t *spki, ngx_srv_registrar_issuer_t *issuer,
    device_error_t *error);

/* expired: lets a verification forgive what the server of r forgives. */
void ngx_srv_registrar_forgive_expired(ngx_http_request_t *r,
    X509_STORE_CTX *ctx);


/* The doors: begin is called with the body in ctx, finish with the job's
 * result.  They return what ngx_http_finalize_request takes; NGX_DONE: the
 * request waits. */
ngx_int_t ngx_srv_registrar_enroll(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_key(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_records(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_credentials(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_acme_dns(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_dyndns2(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_admin(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_enroll_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_records_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_credentials_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_acme_dns_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_dyndns2_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);
ngx_int_t ngx_srv_registrar_admin_finish(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx);

/* identity: who the client certificate says the device is: ctx's name, and
 * the enrolment's identity, policy and limits.  rules: these last two alone. */
device_reason_t ngx_srv_registrar_enroll_name(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job);
void ngx_srv_registrar_enroll_rules(ngx_http_request_t *r,
    device_enrollment_t *enrollment);

/* Makes an enrolment that its preview has let through one under another name
 * than ctx's, which becomes that name. */
device_reason_t ngx_srv_registrar_enroll_rename(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, ngx_srv_registrar_job_t *job);


/*
 * Refusals in a door's own words.  ngx_srv_registrar_refuse has logged and
 * dropped the body; these send (ngx_srv_registrar_reply) and return what it
 * returned.
 */
ngx_int_t ngx_srv_registrar_acme_dns_refuse(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_reason_t reason);
ngx_int_t ngx_srv_registrar_dyndns2_refuse(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_reason_t reason);


/* reply: sends a text from the heap (device_reply_*, strdup), which it takes
 * over and wipes. */
ngx_int_t ngx_srv_registrar_reply(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, char *json);
ngx_int_t ngx_srv_registrar_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);

/* problem: the one way to refuse: logs, and sends ctx->error as a problem
 * document.  Takes the reason that ctx->error was filled for, or any other. */
ngx_int_t ngx_srv_registrar_refuse(ngx_http_request_t *r,
    ngx_srv_registrar_ctx_t *ctx, device_reason_t reason);
const char *ngx_srv_registrar_reason_name(device_reason_t reason);

/* "ok", "refused" (the client's affair) or "failed" (ours); "none" of
 * DEVICE_REASONS. */
const char *ngx_srv_registrar_result(device_reason_t reason);


/* log: writes a line for the change that the request's job has made. */
void ngx_srv_registrar_log_change(ngx_http_request_t *r);

#endif /* NGX_SRV_REGISTRAR_REQUEST_H */
