#!/usr/bin/perl

# HTTP/2 lets a client use one connection for all names of a certificate.
# What the connection's own server has verified says nothing at another name:
# neither where nobody was asked for a certificate nor where another CA was.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;

use SrvRegistrar qw(outcome);

plan(skip_all => 'this curl has no HTTP/2')
    if `curl --version` !~ /\bHTTP2\b/;

my $t = SrvRegistrar->new(workers => 1);
my $certs = $t->{certificates};
my $port = $t->{dns_port};

$certs->ca('other-ca');
$certs->certificate('other-device', ca => 'other-ca');
$t->{certificates}->certificate('device', ca => 'manufacturer');

# All on one listening socket, under one server certificate; the first of them
# is whoever comes without SNI.
$t->configure(servers => join('', map { server(@$_) }
    ['open.example', ''],
    ['enroll.example', 'ssl_client_certificate %%DIR%%/manufacturer.pem;
        ssl_verify_client optional;'],
    ['other.example', 'ssl_client_certificate %%DIR%%/other-ca.pem;
        ssl_verify_client optional;']));
$t->start();

is(said(['enroll.example', 'enroll.example', 'device']), '201 1',
    'at its own name');
is(said(['other.example', 'other.example', 'other-device']), '201 1',
    'and the other CA at the other name');

# One connection, first for its own name, then for another's.

for my $case (
    ['open.example', 'device', 'nobody was asked for a certificate'],
    ['other.example', 'other-device', 'another CA was asked'],
    ['other.example', 'device', 'another CA has refused it'])
{
    my ($name, $cert, $text) = @$case;

    like(said([$name, $name, $cert], [$name, 'enroll.example', $cert]),
        qr/^\d{3} 1, 421 0$/, "coalesced: $text");
}

like(said(['enroll.example', 'enroll.example', 'device'],
    ['enroll.example', 'other.example', 'device']), qr/^200 1, 421 0$/,
    'coalesced: the right CA, for another\'s devices');
like(said(['enroll.example', 'enroll.example', 'device'],
    ['enroll.example', 'open.example', 'device']), qr/^200 1, 421 0$/,
    'coalesced: a name where nobody is asked');

# Without SNI nginx does not compare names: we do.

is(said([$t->{address}, 'enroll.example', 'device']), '421 1',
    'no SNI: the first server\'s connection');
is(said([$t->{address}, 'open.example', 'device'],
        [$t->{address}, 'enroll.example', 'device']), '401 1, 421 0',
    'no SNI, a second request');
like($t->read('reply.1'), qr/"urn:srv-registrar:problem:misdirected"/,
    '... says why');
is(said([$t->{address}, 'enroll.example', 'device'],
        [$t->{address}, 'other.example', 'device'],
        [$t->{address}, 'enroll.example', 'device']),
    '421 1, 421 0, 421 0', 'whatever it was asked before');

# A stream like any other: what was refused harms no other on the connection.

is(said(['enroll.example', 'enroll.example', 'device'],
        ['enroll.example', 'other.example', 'device'],
        ['enroll.example', 'enroll.example', 'device']),
    '200 1, 421 0, 200 0', 'the connection goes on');

$t->stop_nginx('QUIT');

done_testing();


sub server
{
    my ($name, $client) = @_;

    return <<"END";
server {
    listen %%ADDRESS%%:%%DNS_PORT%% ssl http2;
    server_name $name;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    $client
    location = /v1/enroll { srv_registrar enroll; srv_registrar_enroll_limit off; }
}
END
}


# Enrolments in turn, each [SNI or an address, :authority, certificate]:
# "201 1, 421 0" has the status and whether it took a new connection.

sub said
{
    my @args;
    my $n = 0;

    for (@_) {
        my ($name, $authority, $cert) = @$_;

        push(@args, $n ? '--next' : ());
        push(@args, '-sS', '--http2', '-k', '-X', 'POST', '-H',
            "Host: $authority", '-H', 'Content-Length: 0', '--cert',
            $certs->pem($cert), '--key', $certs->key($cert), '--resolve',
            "$name:$port:$t->{address}", '-o', $t->path('reply.' . $n++),
            '-w', '%{http_code} %{num_connects}\n',
            "https://$name:$port/v1/enroll");
    }

    my $said = SrvRegistrar::run('curl', @args);

    chomp($said);

    return $said =~ s/\n/, /gr;
}
