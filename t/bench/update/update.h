
/*
 * What the files of registrar_load share; registrar_load.c describes the
 * program.
 */

#ifndef UPDATE_H
#define UPDATE_H


#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "../load/load_histogram.h"


#define UPDATE_KEY_LEN      32

/* Of our requests the longest takes 700 bytes, of the replies 900. */
#define UPDATE_REQUEST_MAX  2048
#define UPDATE_REPLY_MAX    8192


typedef enum {
    UPDATE_CHANGE = 0,           /* PUT of another port each time */
    UPDATE_REFRESH,              /* PATCH {} */
    UPDATE_ENROLL,               /* POST with a client certificate */
    UPDATE_GET                   /* nothing signed, nothing written */
} update_mode_t;


typedef struct {
    struct sockaddr_storage  server;
    socklen_t                server_len;
    const char              *host;          /* SNI; with the port, Host */
    const char              *path;          /* NULL: the mode's own */
    const char              *zone;
    const char              *ca;            /* that the server is checked by */
    const char              *issuer;        /* of client certificates, PEM */
    const char              *issuer_key;
    const char              *acknowledged;  /* a file; NULL: none */
    uint8_t                  secret[UPDATE_KEY_LEN];
    unsigned long            devices;
    unsigned long            seed;
    unsigned long            count;         /* requests; 0: no limit */
    unsigned                 connections;
    double                   seconds;
    double                   rate;          /* per second; 0: closed loop */
    update_mode_t            mode;
    bool                     fresh;         /* a connection for each request */
    bool                     any;           /* any 2xx will do for a reply */
} update_options_t;


/* What the client remembers of a device, as the device would. */
typedef struct {
    uint32_t  created;           /* of its last signature */
    uint16_t  port;              /* of the last update that was acknowledged;
                                    0: none */
    bool      busy;              /* one request in flight */
} update_device_t;


/* Of one client certificate. */
typedef struct {
    X509      *certificate;
    EVP_PKEY  *key;
} update_identity_t;


/* Whose turn it is, and what has to be said. */
typedef struct {
    const update_options_t  *options;
    char                     authority[300];
    update_device_t         *devices;
    unsigned long            next;
    unsigned long            stride;
    uint16_t                 port;
    update_identity_t       *identities;    /* options->count of them */
} update_fleet_t;


typedef enum {
    UPDATE_CLOSED = 0,
    UPDATE_HANDSHAKE,
    UPDATE_IDLE,
    UPDATE_WRITING,
    UPDATE_READING
} update_state_t;


typedef struct {
    int             fd;
    SSL            *ssl;
    update_state_t  state;
    unsigned long   device;
    unsigned        attempts;    /* at this update */
    uint32_t        created;
    uint16_t        port;
    uint64_t        since;       /* ns: begun, or due */
    size_t          request_len;
    size_t          reply_len;
    char            request[UPDATE_REQUEST_MAX];
    char            reply[UPDATE_REPLY_MAX + 1];
} update_connection_t;


typedef struct {
    uint64_t          sent;
    uint64_t          acknowledged;  /* 2xx, and right */
    uint64_t          changed;       /* of these, that say so */
    uint64_t          stale;         /* had to sign again */
    uint64_t          refused;       /* any other status */
    uint64_t          broken;        /* the connection ended first */
    uint64_t          late;          /* no reply when all was over */
    double            seconds;       /* from the first to the last */
    double            rate;          /* acknowledged a second, while all
                                        connections were at work */
    char              complaint[512];   /* the first refusal */
    load_histogram_t  latency;
} update_report_t;


/* Exits where the zone or the certificates cannot be had. */
void update_fleet_init(update_fleet_t *fleet, const update_options_t *options);
void update_fleet_cleanup(update_fleet_t *fleet);

/* The next device's turn: writes its request into the connection. */
void update_fleet_next(update_fleet_t *fleet, update_connection_t *connection);

/* The same update once more, signed later than last. */
void update_fleet_again(update_fleet_t *fleet, update_connection_t *connection,
    uint32_t last);

/* The update is over; acknowledged: it counts. */
void update_fleet_done(update_fleet_t *fleet,
    const update_connection_t *connection, bool acknowledged);

/* Writes a line `<label> <port>` for each device with an acknowledged
 * update. */
void update_fleet_save(const update_fleet_t *fleet, const char *path);

/* Makes n certificates, each with a key of its own. */
update_identity_t *update_identities(const update_options_t *options,
    unsigned long n);
void update_identities_free(update_identity_t *identities, unsigned long n);

/* The context for all connections. */
SSL_CTX *update_context(const update_options_t *options);
void update_context_free(SSL_CTX *context);

/* Connects and begins the handshake; identity NULL: without a certificate. */
void update_connection_open(update_connection_t *connection, SSL_CTX *context,
    const update_options_t *options, const update_identity_t *identity);
void update_connection_close(update_connection_t *connection);

/*
 * Goes on as far as it can without waiting.  1: the handshake is done, or a
 * whole reply is there (as the state was); 0: call again when the socket is
 * ready; -1: the connection ended.
 */
int update_connection_advance(update_connection_t *connection);

/* The status and the body of a whole reply, NUL-terminated. */
unsigned update_reply_status(const update_connection_t *connection);
const char *update_reply_body(const update_connection_t *connection);

/* Opens the connections, says "ready", and begins when standard input says so
 * or ends. */
void update_run(const update_options_t *options, update_fleet_t *fleet,
    update_report_t *report);

uint64_t update_now(void);


#endif /* UPDATE_H */
