#!/usr/bin/perl

# A resumed TLS session brings its certificate along: it counts where it was
# verified, and nowhere else, also when its server says something new.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new(workers => 1);
my $certs = $t->{certificates};

$certs->ca('other-ca');
$certs->certificate('other-device', ca => 'other-ca');

$t->configure(server => <<'END', servers => <<'END');
ssl_session_cache shared:one:1m;
ssl_protocols TLSv1.2 TLSv1.3;
END
server {
    listen %%ADDRESS%%:%%PORT%% ssl;
    server_name other.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    ssl_client_certificate %%DIR%%/other-ca.pem;
    ssl_verify_client optional;
    ssl_session_cache shared:one:1m;
    ssl_protocols TLSv1.2 TLSv1.3;
    error_page 400 413 495 496 = @problem;
    location = /v1/enroll { srv_registrar enroll; }
    location @problem { srv_registrar problem; }
}
END
$t->start();
$t->device('device');


# A client that remembers its session, and what it is told: "200 resumed".

sub client
{
    my ($cert, $version) = @_;

    my $context = IO::Socket::SSL::SSL_Context->new(
        SSL_ca_file         => $certs->pem('server-ca'),
        SSL_verifycn_scheme => 'none',
        SSL_verify_mode     => SSL_VERIFY_PEER,
        SSL_version         => $version,
        SSL_session_cache_size => 4,
        $cert ? (SSL_cert_file => $certs->pem($cert),
                 SSL_key_file  => $certs->key($cert)) : (),
    ) or die($SSL_ERROR);

    return sub {
        my ($sni, $host) = @_;

        my $socket = $t->{client}->connect(session => $context,
            sni => $sni) or return "no connection: $@";
        my $reply = $t->request('POST', '/v1/enroll', socket => $socket,
            host => $host // $sni);
        my $resumed = $socket->get_session_reused();

        close($socket);

        return outcome($reply) . ($resumed ? ' resumed' : '');
    };
}


# nginx may refuse by itself, or cut the connection.
my $refusal = qr/^(?:403 certificate-refused|421|.*alert access denied)/;

for my $version ('TLSv1_2', 'TLSv1_3') {
    my $device = client('device', $version);
    my $known = $version eq 'TLSv1_2' ? '201' : '200';

    is($device->('registrar.example'), $known, "$version: a full handshake");
    is($device->('registrar.example'), '200 resumed', '... resumed');
    is($device->('', 'registrar.example'), '200 resumed',
       '... without SNI, at the same server');
    like($device->('', 'other.example'), qr/^421/,
         '... and at another');
    like($device->('other.example'), $refusal,
         '... nor by its name');

    my $other = client('other-device', $version);

    like($other->('other.example'), qr/^20[01]$/,
         "$version: a device of the other server");
    like($other->('registrar.example'), $refusal,
         '... is none of ours, with its session or without');

    my $nobody = client(undef, $version);

    is($nobody->('registrar.example'), '401 certificate-required',
       "$version: without a certificate");
    like($nobody->('registrar.example'), qr/^401 certificate-required/,
         '... again');

    my $refused = client('other-device', $version);

    is($refused->('registrar.example'), '403 certificate-refused',
       "$version: a certificate that was refused");
    like($refused->('registrar.example'), qr/^403 certificate-refused/,
         '... is refused in every session');
}

done_testing();
