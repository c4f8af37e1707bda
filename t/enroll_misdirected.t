#!/usr/bin/perl

# nginx picks the CA by SNI and the server by Host; without SNI it lets the
# two differ.  A certificate of one server's CA must not enrol at another's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->{certificates}->ca('other-ca');
$t->{certificates}->certificate('other-device', ca => 'other-ca');

$t->configure(servers => <<'END');
srv_registrar_zone other.example {
    file %%DIR%%/other.example.zone;
}
server {
    listen %%ADDRESS%%:%%PORT%% ssl;
    server_name other.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    ssl_client_certificate %%DIR%%/other-ca.pem;
    ssl_verify_client optional;
    error_page 400 413 495 496 = @problem;
    location = /v1/enroll { srv_registrar enroll zone=other.example; }
    location @problem { srv_registrar problem; }
}
server {
    listen %%ADDRESS%%:%%PORT%% ssl;
    server_name plain.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    location = /v1/enroll { srv_registrar enroll zone=other.example; }
}
END
(my $zone = $t->ZONE) =~ s/devices\.example/other.example/;
$t->write('other.example.zone', $zone);

# Two zones: the bench's own door has to say which.
$t->configure(enroll => '');
my $conf = $t->configuration();
$conf =~ s/srv_registrar enroll;/srv_registrar enroll zone=devices.example;/;
$t->configure(full => $conf);
$t->start();

$t->device('device');


sub enroll
{
    my ($cert, $sni, $host) = @_;

    return outcome($t->request('POST', '/v1/enroll', cert => $cert,
        sni => $sni, host => $host));
}


is(enroll('device', 'registrar.example', 'registrar.example'), '201',
   'at the right server');
is(enroll('other-device', 'other.example', 'other.example'), '201',
   'at the other one');

is(enroll('device', '', 'other.example'), '421 misdirected',
   'no SNI, a foreign Host: the certificate says nothing there');
is(enroll('other-device', '', 'other.example'), '421 misdirected',
   'not even with a certificate of that CA');
is(enroll('device', '', 'plain.example'), '421 misdirected',
   'nor where nobody is asked for one');
is(enroll(undef, '', 'other.example'), '421 misdirected',
   'without a certificate as well');
is(enroll('device', '', 'registrar.example'), '200',
   'no SNI, the Host of the server that is the default');
is(enroll('device', '', 'unknown.example'), '200',
   'no SNI, a Host that nobody has');

# With SNI nginx itself sees the difference.
like(enroll('device', 'registrar.example', 'other.example'), qr/^421/,
     'SNI and Host differ');
like(enroll('other-device', 'other.example', 'registrar.example'), qr/^421/,
     'and the other way round');

is(enroll('device', 'other.example', 'other.example'),
   '403 certificate-refused', 'a certificate of the wrong CA');
is(enroll('other-device', 'registrar.example', 'registrar.example'),
   '403 certificate-refused', 'and the other way round');

done_testing();
