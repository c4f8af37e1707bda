#!/usr/bin/perl

# What is logged: a peer's mistakes as info, on one line each and escaped;
# never a key, a body or a certificate.  And the variables for access logs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(decode_base64url encode_base64);
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(
    http => 'log_format device "$request_method $srv_registrar_fqdn '
        . '$srv_registrar_reason $status";',
    server => 'access_log %%DIR%%/device.log device;');
$t->start();

my $device = $t->device('device');

$device->enroll();
is(outcome($device->register(1)), '200', 'registered');

my $fqdn = $device->fqdn;
my $evil = "x\\n2026/01/01 00:00:00 forged \\u001b[31m";

is(outcome($device->patch("{\"address\": {\"ipv4\": \"$evil\"}}",
       sign => { created => time() })), '422 member-invalid address.ipv4',
   'a hostile value');
is(outcome($device->patch("{\"services\": [{\"service\": \"_a\\\"b\\u00e9\", "
       . '"port": 1}]}', sign => { created => time() })),
   '422 name-invalid services[0].service', 'another');
is(outcome($device->show(sign => { keyid => "$fqdn/00000000" })),
   '401 unknown-key', 'an unknown key');
is(outcome($t->request('GET', '/v1/records')), '401 signature-required',
   'no signature');
is(outcome($t->request('PUT', '/v1/records', body => 'secret body' x 10)),
   '401 signature-required', 'a body');
is(outcome($t->request('POST', '/v1/enroll')), '401 certificate-required',
   'no certificate');


# nginx writes its logs when the replies have gone.

ok(SrvRegistrar::wait_until(sub {
    6 <= (() = $t->read('error.log') =~ /refused: /g)
}), 'six refusals in the log');

my $log = $t->read('error.log');

unlike($log, qr/^\S+ \S+ \[(?!notice|info|debug)/m, 'none is an error');
unlike($log, qr/[^\x0a\x20-\x7e]/, 'printable ASCII alone');
like($log, qr/refused: member-invalid, fqdn "\Q$fqdn\E".*x\\x0A2026.*\\x1B/,
     'hostile bytes are escaped');
like($log, qr/refused: unknown-key, .*keyid "\Q$fqdn\E\/00000000"/,
     'a refusal names the keyid');
like($log, qr/enrolled "\Q$fqdn\E" identity [0-9a-f]{8}, key of hmac-sha256/,
     'an enrolment');

my $key = decode_base64url($device->{key}{k});

for my $form ($device->{key}{k}, unpack('H*', $key), encode_base64($key, ''),
    '22' x 8, '11' x 8, 'secret body', 'BEGIN CERTIFICATE')
{
    ok(index($log, $form) < 0, 'no secrets, no bodies');
}

my @expected = ("POST $fqdn ok 201", "PUT $fqdn ok 200",
    "PATCH $fqdn member-invalid 422", "PATCH $fqdn name-invalid 422",
    "GET $fqdn unknown-key 401", 'GET - signature-required 401',
    'PUT - signature-required 401', 'POST - certificate-required 401');

ok(SrvRegistrar::wait_until(sub {
    @expected <= (() = $t->read('device.log') =~ /\n/g)
}), 'the access log is written');
is_deeply([sort split(/\n/, $t->read('device.log'))], [sort @expected],
          '... with the variables');

done_testing();
