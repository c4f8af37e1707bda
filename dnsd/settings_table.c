
/*
 * Every setting, one row each, in the order of --help.  To add one: a field in
 * settings_t or in a structure that it holds, a row here, and its lines in
 * dnsd(8).
 */

#include "settings_internal.h"


/* A constant's number as a preset. */
#define SETTINGS_TEXT(number)   SETTINGS_QUOTE(number)
#define SETTINGS_QUOTE(number)  #number


static bool settings_complete_proxy(const settings_t *settings, log_t *log);


const settings_row_t  settings_table[] = {

    { .name = "store",
      .argument = "DIR",
      .help = "the directory of the registrar's store",
      .parse = settings_parse_text,
      .expected = "a path of at most 4095 bytes",
      .min = 1,
      SETTINGS_FIELD(store) },

    { .name = "listen",
      .argument = "ADDR[@PORT]",
      .help = "an IPv4 or IPv6 address to answer on, UDP and TCP;\n"
              "@PORT where it is not 53; may be repeated",
      .parse = settings_parse_address,
      .expected = "an IPv4 or IPv6 address, with @PORT (1 to 65535) where it "
                  "is not 53",
      .same = settings_same_address,
      SETTINGS_LIST(addresses, naddresses) },

    { .name = "threads",
      .argument = "N",
      .help = "1 to 64, or auto: as many as there are processors,\n"
              "16 at most",
      .preset = "auto",
      .parse = settings_parse_threads,
      .expected = "a number from 1 to 64, nor auto",
      .min = 1,
      .max = NET_THREADS_MAX,
      SETTINGS_FIELD(threads) },

    { .name = "xdp",
      .argument = "INTERFACE",
      .help = "takes UDP queries from this interface past the\n"
              "kernel's stack (AF_XDP); may be repeated",
      .parse = settings_parse_text,
      .expected = "the name of a network interface",
      .min = 1,
      SETTINGS_LIST(xdp, nxdp) },

    { .name = "user",
      .argument = "USER",
      .help = "becomes this user when the sockets are bound",
      .parse = settings_parse_text,
      .expected = "a user's name",
      .min = 1,
      SETTINGS_FIELD(user) },

    { .name = "group",
      .argument = "GROUP",
      .help = "and this group instead of the user's own",
      .parse = settings_parse_text,
      .expected = "a group's name",
      .min = 1,
      SETTINGS_FIELD(group) },

    { .name = "udp-size",
      .argument = "BYTES",
      .help = "largest UDP answer, 512 to 4096; "
              SETTINGS_TEXT(ANSWER_UDP_SIZE),
      .preset = SETTINGS_TEXT(ANSWER_UDP_SIZE),
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_number,
      .min = WIRE_UDP_MIN,
      .max = NET_UDP_SIZE_MAX,
      SETTINGS_FIELD(policy.answer.udp_size) },

    { .name = "tcp-connections",
      .argument = "N",
      .help = "TCP connections at a time; 32768, or as many as\n"
              "RLIMIT_NOFILE allows",
      .parse = settings_parse_number,
      .min = 1,
      .max = NET_TCP_CONNECTIONS_MAX,
      SETTINGS_FIELD(tcp_connections) },

    { .name = "tcp-connections-per-address",
      .argument = "N",
      .help = "of one IPv4 address or IPv6 /64; a quarter of all",
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_number,
      .min = 1,
      .max = NET_TCP_CONNECTIONS_MAX,
      SETTINGS_FIELD(policy.tcp.per_address) },

    { .name = "tcp-idle",
      .argument = "SECONDS",
      .help = "closes a TCP connection that asks nothing for so long,\n"
              "sooner where there are many; "
              SETTINGS_TEXT(NET_TCP_IDLE),
      .preset = SETTINGS_TEXT(NET_TCP_IDLE),
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_number,
      .min = 1,
      .max = NET_TCP_IDLE_MAX,
      SETTINGS_FIELD(policy.tcp.idle) },

    { .name = "listen-proxy",
      .argument = "ADDR[@PORT]",
      .help = "answers proxies there: TCP with a header of the PROXY\n"
              "protocol; may be repeated",
      .parse = settings_parse_address,
      .expected = "an IPv4 or IPv6 address, with @PORT (1 to 65535) where it "
                  "is not 53",
      .same = settings_same_address,
      SETTINGS_LIST(proxy_addresses, nproxy_addresses) },

    { .name = "proxy-from",
      .argument = "PREFIX",
      .help = "a proxy that is believed: 192.0.2.1 or ::1/128;\n"
              "may be repeated",
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_prefix,
      .expected = "an address or a prefix (192.0.2.0/24, 2001:db8::/32) "
                  "without bits beyond its length",
      SETTINGS_LIST(policy.tcp.proxies, policy.tcp.nproxies) },

    { .name = "nsid",
      .argument = "TEXT|0xHEX",
      .help = "the name of this server, for clients that ask by EDNS",
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_bytes,
      .expected = "1 to 255 bytes, nor 0x and their hexadecimal digits",
      SETTINGS_FIELD(policy.answer.nsid) },

    { .name = "identity",
      .argument = "TEXT",
      .help = "the same for id.server and hostname.bind in class CH",
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_bytes,
      .expected = "1 to 255 bytes, nor 0x and their hexadecimal digits",
      SETTINGS_FIELD(policy.answer.identity) },

    { .name = "version-text",
      .argument = "TEXT",
      .help = "what version.server and version.bind say",
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_bytes,
      .expected = "1 to 255 bytes, nor 0x and their hexadecimal digits",
      SETTINGS_FIELD(policy.answer.version) },

    { .name = "cookies",
      .argument = "on|off",
      .help = "DNS cookies; on",
      .preset = "on",
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_flag,
      .expected = "on or off",
      SETTINGS_FIELD(cookies) },

    { .name = "cookie-secrets",
      .argument = "FILE",
      .help = "their secrets, one or two lines of 32 hexadecimal\n"
              "digits; else a random one",
      .flags = SETTINGS_IS_LIVE | SETTINGS_IS_FILE,
      .parse = settings_parse_text,
      .expected = "a path of at most 4095 bytes",
      .min = 1,
      SETTINGS_FIELD(cookie_secrets) },

    { .name = "rate-limit",
      .argument = "N",
      .help = "UDP answers a second about one name to one /24 or\n"
              "IPv6 /56, 0 for no limit; " SETTINGS_TEXT(RATE_LIMIT_DEFAULT),
      .preset = SETTINGS_TEXT(RATE_LIMIT_DEFAULT),
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_number,
      .max = RATE_LIMIT_MAX,
      SETTINGS_FIELD(policy.limit.rate.rate) },

    { .name = "rate-limit-slip",
      .argument = "N",
      .help = "sends one of N limited answers, truncated; 0: none; "
              SETTINGS_TEXT(RATE_LIMIT_SLIP),
      .preset = SETTINGS_TEXT(RATE_LIMIT_SLIP),
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_number,
      .max = RATE_LIMIT_SLIP_MAX,
      SETTINGS_FIELD(policy.limit.rate.slip) },

    { .name = "rate-limit-exempt",
      .argument = "PREFIX",
      .help = "addresses without that limit; may be repeated",
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_prefix,
      .expected = "an address or a prefix (192.0.2.0/24, 2001:db8::/32) "
                  "without bits beyond its length",
      SETTINGS_LIST(policy.limit.exempt, policy.limit.nexempt) },

    { .name = "keys",
      .argument = "DIR",
      .help = "private keys of signed zones: denials are signed by\n"
              "them; read at start alone",
      .parse = settings_parse_text,
      .expected = "a path of at most 4095 bytes",
      .min = 1,
      SETTINGS_FIELD(keys) },

    { .name = "sign-rate",
      .argument = "N",
      .help = "signatures a second for UDP; " SETTINGS_TEXT(SIGN_RATE),
      .preset = SETTINGS_TEXT(SIGN_RATE),
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_number,
      .min = 1,
      .max = SIGN_RATE_MAX,
      SETTINGS_FIELD(policy.sign.udp) },

    { .name = "sign-rate-tcp",
      .argument = "N",
      .help = "the same for TCP; " SETTINGS_TEXT(SIGN_RATE_TCP),
      .preset = SETTINGS_TEXT(SIGN_RATE_TCP),
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_number,
      .min = 1,
      .max = SIGN_RATE_MAX,
      SETTINGS_FIELD(policy.sign.stream) },

    { .name = "metrics",
      .argument = "ADDRESS",
      .help = "serves metrics for Prometheus by HTTP: unix:PATH,\n"
              "ADDR@PORT of a loopback address, or\n"
              "exposed:ADDR@PORT of any",
      .parse = settings_parse_metrics,
      .expected = "unix:PATH with a whole path, ADDR@PORT of a loopback "
                  "address, or exposed:ADDR@PORT",
      SETTINGS_FIELD(metrics) },

    { .name = "dnstap",
      .argument = "unix:PATH",
      .help = "sends queries and responses to a dnstap collector",
      .parse = settings_parse_dnstap,
      .expected = "unix:PATH with a whole path",
      SETTINGS_FIELD(dnstap) },

    { .name = "dnstap-messages",
      .argument = "on|off",
      .help = "whether it does; on",
      .preset = "on",
      .flags = SETTINGS_IS_LIVE,
      .parse = settings_parse_flag,
      .expected = "on or off",
      SETTINGS_FIELD(policy.tap) },

    { .name = "sandbox",
      .argument = "on|off",
      .help = "gives up all but what serving takes; on",
      .preset = "on",
      .flags = SETTINGS_IS_FLAG,
      .parse = settings_parse_flag,
      .expected = "on or off",
      SETTINGS_FIELD(sandbox) },

    { .name = "verbose",
      .argument = "on|off",
      .help = "logs counters once a minute",
      .flags = SETTINGS_IS_LIVE | SETTINGS_IS_FLAG,
      .parse = settings_parse_flag,
      .expected = "on or off",
      SETTINGS_FIELD(verbose) },

    { .name = NULL }
};


_Static_assert(sizeof(settings_table) / sizeof(settings_table[0])
               <= SETTINGS_ROWS_MAX, "settings_source_t has too few places");


bool
settings_complete(const settings_t *settings, bool handed, log_t *log)
{
    bool  good = true;

    if (settings->unread) {
        return false;
    }

    if (settings_line(settings, "store") == 0) {
        log_line(log, "--store is missing (see --help)");
        good = false;
    }

    /* what was handed over cannot say which of it is a proxy's */

    if (settings_line(settings, "listen") == 0
        && (!handed || settings->nproxy_addresses != 0))
    {
        log_line(log, "--listen is missing (see --help)");
        good = false;
    }

    return settings_complete_proxy(settings, log) && good;
}


/* Who may speak for others is never left to a default; and an address asks for
 * a header of each connection or of none. */
static bool
settings_complete_proxy(const settings_t *settings, log_t *log)
{
    bool                  good = true;
    unsigned              i, k;
    const net_address_t  *address;

    if (settings->nproxy_addresses != 0
        && settings_line(settings, "proxy-from") == 0)
    {
        log_line(log, "--listen-proxy %s: --proxy-from is missing, which says "
                 "who is believed", settings->proxy_addresses[0].text);
        good = false;
    }

    for (i = 0; i < settings->nproxy_addresses; i++) {
        address = &settings->proxy_addresses[i];

        for (k = 0; k < settings->naddresses; k++) {
            if (settings_same_address(address, &settings->addresses[k])) {
                log_line(log, "--listen-proxy %s: --listen has it, too",
                         address->text);
                good = false;
            }
        }
    }

    return good;
}
