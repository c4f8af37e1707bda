package SrvRegistrar::Configuration;

# The nginx.conf of a test bench: a template with slots, which
# SrvRegistrar::configure fills.

use strict;
use warnings;

use Carp qw(croak);

# A server of HTTP/2, for the slot `servers`: at a port of its own, since
# "http2" belongs to a listening socket.

use constant HTTP2 => <<'END';
server {
    listen %%ADDRESS%%:%%DNS_PORT%% ssl http2;
    server_name registrar.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    location = /v1/records { srv_registrar records; }
}
END


# The whole text.  Takes the bench (a SrvRegistrar) and its slots.

sub text
{
    my ($self) = @_;

    my %s = (
        (map { $_ => '' } qw(main http zone dnssec server enroll records key
            credentials servers)),
        connections => 512,
        lease   => '30s 2h 1d',
        service => '_xmpp-server._tcp _xmpps-server._tcp _xmpp-client._tcp',
        %{ $self->{slots} },
    );

    $s{zone_base} //= "ttl 60s;\nlease $s{lease};\nservice $s{service};\n"
        . 'allow_address 127.0.0.0/8 ::1;';

    my $text = $s{full} // template();
    my %value = (
        DIR      => $self->{dir},
        ADDRESS  => $self->{address},
        PORT     => $self->{port},
        DNS_PORT => $self->{dns_port},
        MODULE   => SrvRegistrar->BUILD . '/ngx_srv_registrar_module.so',
        WORKERS  => $self->{workers},
        USER     => $< == 0 ? 'user root;' : '',
        LEVEL    => $ENV{SRV_DEBUG} ? 'debug' : 'info',
        ZONE     => $self->{zone},
        %s,
    );

    # Twice, since slots may hold the others.
    for (1, 2) {
        $text =~ s/%%(\w+)%%/$value{$1} \/\/ croak("no $1")/ge;
    }

    return $text;
}


sub template
{
    return <<'END';
load_module %%MODULE%%;
%%USER%%
daemon off;
worker_processes %%WORKERS%%;
pid %%DIR%%/nginx.pid;
error_log %%DIR%%/error.log %%LEVEL%%;
thread_pool srv_registrar threads=1;
%%main%%
events {
    worker_connections %%connections%%;
}
http {
    access_log %%DIR%%/access.log;
    client_body_temp_path %%DIR%%/temp/body;
    proxy_temp_path %%DIR%%/temp/proxy;
    fastcgi_temp_path %%DIR%%/temp/fastcgi;
    uwsgi_temp_path %%DIR%%/temp/uwsgi;
    scgi_temp_path %%DIR%%/temp/scgi;

    srv_registrar_store %%DIR%%/store;
    srv_registrar_secrets %%DIR%%/secrets;
    srv_registrar_zone %%ZONE%% {
        file %%DIR%%/%%ZONE%%.zone;
        %%zone_base%%
        %%dnssec%%
        %%zone%%
    }
    %%http%%

    server {
        listen %%ADDRESS%%:%%PORT%% ssl;
        server_name registrar.example;
        ssl_certificate %%DIR%%/server.pem;
        ssl_certificate_key %%DIR%%/server.key;
        ssl_client_certificate %%DIR%%/manufacturer.pem;
        ssl_verify_client optional;
        error_page 400 413 495 496 = @problem;
        %%server%%

        location = /v1/enroll {
            srv_registrar enroll;
            %%enroll%%
        }
        location = /v1/records {
            srv_registrar records;
            %%records%%
        }
        location = /v1/key {
            srv_registrar key;
            %%key%%
        }
        location = /v1/credentials {
            srv_registrar credentials;
            %%credentials%%
        }
        location @problem {
            srv_registrar problem;
        }
    }
    %%servers%%
}
END
}


1;
