#!/usr/bin/perl

# A TLS session that is resumed brings the verdict of the handshake that it
# began with.  In TLS 1.3 it is resumed before SNI chooses the server: begun
# without SNI at the default server, it passed with that server's CA at ours.
#
# Such a session does not enrol here; one that began here does.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(program);

my $t = SrvRegistrar->new(workers => 1);
my $certificates = $t->{certificates};
my $openssl = program('openssl');

$certificates->ca('other-ca');
$certificates->certificate('other-device', ca => 'other-ca');
$certificates->certificate('device', ca => 'manufacturer');

# The server before the bench's own is the default.
$t->configure(http => <<'END', server => <<'END');
server {
    listen %%ADDRESS%%:%%PORT%% ssl;
    server_name other.example;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    ssl_client_certificate %%DIR%%/other-ca.pem;
    ssl_verify_client optional;
    location / { return 200 "verify: $ssl_client_verify\n"; }
}
END
ssl_protocols TLSv1.2 TLSv1.3;
add_header X-Resumed $ssl_session_reused always;
END
$t->start();


# openssl's client keeps sessions in files.  The session ticket of TLS 1.3
# comes after the handshake, so a request is made each time.

sub exchange
{
    my ($cert, $session, $host, @options) = @_;

    my ($method, $path) = $host eq 'other.example' ? qw(GET /)
                                                   : qw(POST /v1/enroll);
    my $request = $t->path('request');

    $t->write('request', join("\r\n", "$method $path HTTP/1.1", "Host: $host",
        'Content-Length: 0', 'Connection: close', '', ''));

    my @command = ($openssl, 's_client', '-quiet', '-ign_eof', '-connect',
        "$t->{address}:$t->{port}", '-cert', $certificates->pem($cert),
        '-key', $certificates->key($cert), @options);

    push(@command, -e $session ? '-sess_in' : '-sess_out', $session);

    my $reply = `@command <$request 2>/dev/null`;
    my ($status) = $reply =~ m{^HTTP/1.1 (\d+)};
    my ($type) = $reply =~ /problem:([a-z-]+)/;
    my ($resumed) = $reply =~ /^X-Resumed: (\S)/m;

    return join(' ', $status // 'no reply', $type // (),
        ($resumed // '') eq 'r' ? 'resumed' : ());
}


for my $version ('tls1_2', 'tls1_3') {
    my $session = $t->path("$version.own");
    my @ours = ("-$version", '-servername', 'registrar.example');

    like(exchange('device', $session, 'registrar.example', @ours),
         qr/^20[01]$/, "$version: a device enrols");
    is(exchange('device', $session, 'registrar.example', @ours),
       '200 resumed', '... and again, with its session');

    $session = $t->path("$version.other");

    is(exchange('other-device', $session, 'other.example', "-$version",
                '-noservername'), '200', '... a session of another server');
    like(exchange('other-device', $session, 'registrar.example', @ours),
         qr/^421\b/, '... does not enrol here');
    like(exchange('other-device', $session, 'registrar.example', "-$version",
                  '-noservername'), qr/^421\b/, '... without SNI neither');
}

done_testing();
